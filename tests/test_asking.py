"""Asking a method: about embeddings where there are whole numbers, about each of a distribution of baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import DeepLiftShap, IntegratedGradients
from torch import nn

from reporter.explanation import Explanation
from reporter.pipeline import explain


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).eval()


X, REFERENCE = (
    torch.randn(1, 4, generator=torch.Generator().manual_seed(1)),
    torch.randn(12, 4, generator=torch.Generator().manual_seed(2)),
)


def explained(method: str, **more: object) -> Explanation:
    found = explain(
        network(),
        X,
        reference=REFERENCE,
        baselines="distribution",
        method=method,
        target=1,
        class_names=["no", "yes"],
        **more,  # type: ignore[arg-type]
    )
    assert isinstance(found, Explanation)
    return found


def test_the_answers_over_a_distribution_are_averaged() -> None:
    found = explained("integrated-gradients", n_steps=50)
    wanted = np.mean(
        [
            IntegratedGradients(network()).attribute(X, row[None], target=1, n_steps=50).detach().numpy()
            for row in REFERENCE
        ],
        axis=0,
    )
    assert np.allclose(found.attributions, wanted, atol=1e-5 * np.abs(wanted).max())
    assert found.provenance.settings["n_baselines"] == 12
    assert found.provenance.baseline.rows == 12


def test_a_method_that_draws_gets_them_all() -> None:
    found = explained("deep-lift-shap")
    with pytest.warns(UserWarning, match="Setting forward, backward hooks"):
        wanted = DeepLiftShap(network()).attribute(X, REFERENCE, target=1).detach().numpy()
    assert np.allclose(found.attributions, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("method", ["integrated-gradients", "deep-lift-shap", "kernel-shap", "shapley-values"])
def test_they_add_up_to_the_change_from_the_mean_score(method: str) -> None:
    found = explained(method)
    with torch.no_grad():
        change = float(network()(X)[0, 1] - network()(REFERENCE)[:, 1].mean())
    assert sum(f.attribution for f in found.features) == pytest.approx(change, rel=0.01)
    completeness = next(score for score in found.scores if score.name == "completeness")
    assert completeness.value is not None
    assert completeness.value <= 0.01


def test_it_is_told_as_what_it_is() -> None:
    report = explained("integrated-gradients").report()
    assert "the reference rows taken together" in report.text
    assert report.narrative.supported
    assert not report.narrative.withheld
    outcome = report.explanation.prediction.explained
    assert outcome.baseline_probability is None  # a mean score is no probability of anything
