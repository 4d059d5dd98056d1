"""Gradients at the input and beside it: distributions of baselines, noise, what has no gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from reporter.errors import AttributionError, UsageError
from reporter.methods.gradients import GradientShap, InputXGradient, Saliency
from reporter.methods.noise import SmoothGrad, SmoothGradSquared, VarGrad
from tests.architectures import architecture
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, mlp, rows

WEIGHTS = [2.0, -1.0, 0.5]


def linear(x: Any, baseline: Any = 0.0) -> Any:
    return question(Linear(WEIGHTS), x, baseline, output="value", task="regression")


def test_of_a_linear_model_the_gradient_is_its_weights() -> None:
    x = rows(2, 3)
    assert Saliency(abs=False).attribute(linear(x)).attributions.tolist() == [WEIGHTS] * 2
    assert Saliency().attribute(linear(x)).attributions.tolist() == [[2.0, 1.0, 0.5]] * 2
    np.testing.assert_allclose(InputXGradient().attribute(linear(x)).attributions, (torch.tensor(WEIGHTS) * x).numpy())


def test_baselines_are_drawn_from_the_distribution_where_there_is_one() -> None:
    x, baselines = rows(2, 3), rows(200, 3, seed=5) + 4
    given = replace(linear(x), distribution=(baselines,))
    found = GradientShap(n_samples=2000).attribute(given).attributions
    np.testing.assert_allclose(found, (torch.tensor(WEIGHTS) * (x - baselines.mean(dim=0))).numpy(), atol=0.15)
    own = GradientShap(n_samples=3).attribute(linear(x, rows(1, 3, seed=9))).attributions
    np.testing.assert_allclose(own, (torch.tensor(WEIGHTS) * (x - rows(1, 3, seed=9))).numpy(), atol=1e-6)


def test_a_distribution_of_something_else_is_not_drawn_from() -> None:
    x = rows(2, 3)
    alone = GradientShap(n_samples=3).attribute(linear(x)).attributions
    for other in ((rows(5, 4),), (torch.ones(5, 3, dtype=torch.long),), (rows(5, 3), rows(5, 3))):
        assert np.array_equal(
            GradientShap(n_samples=3).attribute(replace(linear(x), distribution=other)).attributions, alone
        )


@pytest.mark.parametrize("method", [Saliency(), InputXGradient(), GradientShap(), SmoothGrad()])
def test_what_has_no_gradient_is_refused(method: Any) -> None:
    with pytest.raises(AttributionError, match="whole numbers"):
        method.attribute(architecture("recommender").question())
    flat = question(lambda x: (x > 0).float().sum(dim=1), rows(2), output="value", task="regression")
    with pytest.raises(AttributionError, match="no gradient"):
        method.attribute(flat)


# Noise


def test_of_a_linear_model_noise_in_the_gradient_averages_out() -> None:
    x = rows(2, 3)
    known: dict[str, Any] = {"attribution_method": "saliency", "stdevs": 0.5}
    assert SmoothGrad(**known).attribute(linear(x)).attributions.tolist() == [[2.0, 1.0, 0.5]] * 2
    assert SmoothGradSquared(**known).attribute(linear(x)).attributions.tolist() == [[4.0, 1.0, 0.25]] * 2
    assert not VarGrad(**known).attribute(linear(x)).attributions.any()
    # Of input x gradient the variance is that of the noise times the weight.
    found = VarGrad(nt_samples=4000, stdevs=0.5).attribute(linear(x)).attributions
    np.testing.assert_allclose(found, np.tile(0.25 * np.square(WEIGHTS), (2, 1)), rtol=0.1)


def test_noise_left_out_is_a_share_of_the_range_of_each_row() -> None:
    x = torch.tensor([[0.0, 1.0, 2.0], [0.0, 10.0, 20.0]])
    found = VarGrad(nt_samples=4000).attribute(linear(x)).attributions
    np.testing.assert_allclose(np.sqrt(found), np.outer([0.3, 3.0], np.abs(WEIGHTS)), rtol=0.1)
    assert VarGrad().attribute(linear(x)).settings[0] == {
        "attribution_method": "input-x-gradient", "nt_type": "vargrad", "nt_samples": 25, "stdevs": "15% of the range",
    }  # fmt: skip


def test_over_a_sampled_method_each_sample_has_another_seed() -> None:
    known: dict[str, Any] = {"attribution_method": "gradient-shap", "stdevs": 0.0, "nt_samples": 4}
    assert VarGrad(**known).attribute(question(mlp(), rows(2))).attributions.any()


def test_whether_signs_and_baselines_count_follows_from_the_method() -> None:
    assert SmoothGrad().directed
    assert not SmoothGrad(attribution_method="saliency").directed
    assert not SmoothGradSquared().directed
    assert not VarGrad().directed
    assert not SmoothGrad().against_baseline
    assert SmoothGrad(attribution_method="deep-lift").against_baseline


@pytest.mark.parametrize("name", ["feature-ablation", "smooth-grad", "saliencey"])
def test_methods_without_gradients_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        SmoothGrad(attribution_method=name)


@pytest.mark.parametrize("settings", [{"nt_samples": 0}, {"stdevs": -1.0}])
def test_settings_that_cannot_be(settings: Any) -> None:
    with pytest.raises(UsageError, match=next(iter(settings))):
        VarGrad(**settings)
    own = {key.replace("nt_", "n_"): value for key, value in settings.items()}
    with pytest.raises(UsageError, match=next(iter(own))):
        GradientShap(**own)
