"""Perturbation methods: Captum's numbers, any model, the same seed the same numbers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation as CaptumAblation
from captum.attr import ShapleyValueSampling as CaptumShapley

from reporter.errors import UsageError
from reporter.methods.perturbation import FeatureAblation, ShapleyValueSampling
from reporter.model import Model
from reporter.question import Question
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, Mixed, Product, mlp, rows


def test_a_linear_model_has_one_answer() -> None:
    weights, x = torch.tensor([2.0, -1.0, 0.5]), rows(4, 3)
    for method in (FeatureAblation(), ShapleyValueSampling(n_samples=1)):
        found = method.attribute(question(Linear(weights.tolist(), 4.0), x)).attributions
        np.testing.assert_allclose(found, (weights * x).numpy(), atol=1e-5)


def test_ablation_of_a_product_is_not_complete() -> None:
    asked = question(Product(), torch.tensor([[2.0, 2.0, 2.0]]))
    assert FeatureAblation().attribute(asked).attributions.tolist() == [[8.0] * 3]
    np.testing.assert_allclose(ShapleyValueSampling().attribute(asked).attributions.sum(), 8.0, rtol=1e-5)


def test_the_numbers_are_those_of_captum() -> None:
    net, x, baseline, target = mlp(), rows(), rows(1, seed=9), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    asked = question(net, x, baseline, target)
    wanted = CaptumAblation(net).attribute(x, baseline, target)
    np.testing.assert_allclose(FeatureAblation().attribute(asked).attributions, wanted.detach().numpy(), atol=1e-5)
    torch.manual_seed(asked.seed)
    wanted = CaptumShapley(net).attribute(x, baseline, target, n_samples=5, perturbations_per_eval=6)
    found = ShapleyValueSampling(n_samples=5).attribute(asked).attributions
    np.testing.assert_allclose(found, wanted.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("method", [FeatureAblation(), ShapleyValueSampling(n_samples=3)])
def test_groups_move_together(method: Any) -> None:
    net, x = mlp(), rows()
    plain = question(net, x, 0.0, 1)
    mask = torch.tensor([0, 1, 1, 2, 1, 0])
    grouped = Question(plain.model, plain.inputs, plain.baselines, plain.target, mask)
    found = grouped.by_feature(method.attribute(grouped).attributions)
    torch.manual_seed(0)
    if isinstance(method, FeatureAblation):
        wanted = CaptumAblation(net).attribute(x, target=1, feature_mask=mask[None])
    else:
        wanted = CaptumShapley(net).attribute(
            x, target=1, feature_mask=mask[None], n_samples=3, perturbations_per_eval=3
        )
    np.testing.assert_allclose(found, wanted[:, [0, 1, 3]].detach().numpy(), atol=1e-5)


def test_shapley_values_are_approached() -> None:
    net, x = mlp(4, 1), rows(1, 4)
    score = {
        kept: net(x * torch.tensor([[float(i in kept) for i in range(4)]])).item()
        for size in range(5)
        for kept in itertools.combinations(range(4), size)
    }
    exact = [
        sum(
            math.factorial(len(others)) * math.factorial(3 - len(others)) / 24
            * (score[tuple(sorted((*others, i)))] - score[others])
            for others in score
            if i not in others
        )
        for i in range(4)
    ]  # fmt: skip
    found = ShapleyValueSampling(n_samples=400).attribute(question(net, x)).attributions[0]
    np.testing.assert_allclose(found, exact, atol=0.05 * np.abs(exact).sum())
    assert found.sum() == pytest.approx(score[0, 1, 2, 3] - score[()], abs=1e-4)


def test_whole_numbers_and_floats_are_ranked_together() -> None:
    given = (rows(5, 3), torch.tensor([[1], [2], [3], [4], [0]]))
    model = Model(Mixed(), output="logits")
    asked = Question(model, given, (given[0] * 0, given[1] * 0), torch.zeros(5, dtype=torch.long), torch.arange(4))
    for method in (FeatureAblation(), ShapleyValueSampling()):
        found = method.attribute(asked).attributions
        assert found.shape == (5, 4)
        assert found[:4, 3].all()
        assert found[4, 3] == 0.0  # the same code as the baseline


def test_seeds() -> None:
    asked = question(mlp(), rows(), 0.0, 1)
    other = Question(asked.model, asked.inputs, asked.baselines, asked.target, asked.mask, seed=1)
    first, again, changed = (ShapleyValueSampling(n_samples=2).attribute(q).attributions for q in (asked, asked, other))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, changed)


@pytest.mark.parametrize("method", [FeatureAblation(), ShapleyValueSampling(n_samples=3)])
def test_a_row_does_not_depend_on_its_neighbours(method: Any) -> None:
    asked = question(mlp(), rows(), 0.0, 1)
    whole = method.attribute(asked).attributions
    for row in range(8):
        alone = method.attribute(asked.select(torch.tensor([row]))).attributions
        np.testing.assert_allclose(alone[0], whole[row], rtol=1e-4, atol=1e-5)


def test_one_feature_gets_everything() -> None:
    asked = question(lambda x: (x**2).sum(dim=1), rows(3, 1), output="value")
    for method in (FeatureAblation(), ShapleyValueSampling()):
        np.testing.assert_allclose(method.attribute(asked).attributions, rows(3, 1).numpy() ** 2, atol=1e-5)


def test_nothing_is_printed_or_warned_of(capfd: pytest.CaptureFixture[str]) -> None:
    for method in (FeatureAblation(), ShapleyValueSampling()):
        method.attribute(question(mlp(), rows(1), 0.0, 1))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("settings", [{"n_samples": 0}, {"n_samples": True}, {"perturbations_per_eval": 0}])
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="a whole number from 1"):
        ShapleyValueSampling(**settings)
