"""Shapley values and LIME from coalitions: known answers, few samples, one feature, limits."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reporter.errors import AttributionError, UsageError
from reporter.methods.coalitions import MOST, KernelShap, ShapleyValues, usual_samples
from reporter.methods.lime import Lime, lasso
from reporter.methods.perturbation import ShapleyValueSampling
from reporter.model import Model
from reporter.question import POINTS, Question
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, mlp, rows


def brute(net: Any, x: Tensor, baseline: Tensor) -> Any:
    """Shapley values of one row by all orders of its columns."""
    count = len(x)
    found = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        point = baseline.clone()
        before = float(net(point[None]).detach().squeeze())
        for column in order:
            point[column] = x[column]
            after = float(net(point[None]).detach().squeeze())
            found[column] += after - before
            before = after
    return found / len(orders)


@pytest.mark.parametrize("method", [ShapleyValues(), KernelShap()])
def test_the_values_are_those_of_all_orders(method: Any) -> None:
    net, x, baseline = mlp(5, 1), rows(2, 5), rows(1, 5, seed=9)
    found = method.attribute(question(net, x, baseline, output="value", task="regression")).attributions
    for row in range(2):
        np.testing.assert_allclose(found[row], brute(net, x[row], baseline[0]), atol=1e-5)


@pytest.mark.parametrize("count", range(1, 12))
def test_kernel_shap_of_all_coalitions_is_exact_for_any_number_of_features(count: int) -> None:
    given = question(mlp(count, 1), rows(3, count), rows(1, count, seed=9), output="value", task="regression")
    exact = ShapleyValues().attribute(given).attributions
    np.testing.assert_allclose(KernelShap().attribute(given).attributions, exact, atol=1e-6)


@pytest.mark.parametrize("count", [13, 20, 33, 64, 100])
def test_kernel_shap_of_an_additive_model_is_exact_for_any_samples(count: int) -> None:
    weights = torch.linspace(-2, 3, count)
    given = question(Linear(weights.tolist()), rows(3, count), rows(1, count, seed=9))
    wanted = (weights * (rows(3, count) - rows(1, count, seed=9))).numpy()
    for samples in (None, 4 * count):
        found = KernelShap(n_samples=samples).attribute(given).attributions
        np.testing.assert_allclose(found, wanted, atol=2e-4)


def test_a_product_is_shared_equally() -> None:
    given = question(lambda x: x.prod(dim=1), torch.tensor([[2.0, 3.0, 4.0]]), output="value", task="regression")
    for method in (ShapleyValues(), KernelShap()):
        np.testing.assert_allclose(method.attribute(given).attributions, [[8.0, 8.0, 8.0]], atol=1e-6)


def test_one_feature_gets_everything() -> None:
    net = mlp(4, 1)
    whole = Question(
        Model(net, output="value", task="regression"), (rows(3, 4),), (torch.zeros(3, 4),),
        torch.zeros(3, dtype=torch.long), torch.zeros(4, dtype=torch.long),
    )  # fmt: skip
    change = (net(rows(3, 4)) - net(torch.zeros(3, 4)))[:, 0].detach().numpy()
    for method in (KernelShap(), KernelShap(n_samples=1), ShapleyValues(), ShapleyValueSampling()):
        found = method.attribute(whole).attributions
        np.testing.assert_allclose(found, np.repeat(change[:, None] / 4, 4, axis=1), atol=1e-6)


def test_too_many_features_for_exact_values_are_refused_with_a_way_out() -> None:
    given = question(Linear([1.0] * (MOST + 1)), rows(2, MOST + 1))
    with pytest.raises(AttributionError, match=r"32,768 runs.*up to 14 features.*kernel-shap"):
        ShapleyValues().attribute(given)
    # Only features that differ from the baseline need to be run.
    x = rows(2, MOST + 1)
    x[:, 3] = 0.0
    assert ShapleyValues().attribute(question(Linear([1.0] * (MOST + 1)), x)).attributions.any()


@pytest.mark.parametrize("count", [40, 120, 500])
def test_few_samples_are_close_and_more_are_closer(count: int) -> None:
    net = mlp(12, 1)
    given = question(net, rows(6, 12), rows(1, 12, seed=9), output="value", task="regression")
    exact = ShapleyValues().attribute(given).attributions
    found = KernelShap(n_samples=count).attribute(given).attributions
    np.testing.assert_allclose(found.sum(axis=1), exact.sum(axis=1), atol=1e-5)
    error = np.abs(found - exact).sum() / np.abs(exact).sum()
    assert error < {40: 0.6, 120: 0.3, 500: 0.12}[count]
    assert np.ptp(found, axis=1).min() > 0  # Captum's are all equal when samples are few


def test_samples_grow_with_the_features() -> None:
    counts = [usual_samples(features) for features in (1, 5, 11, 12, 50, 1000)]
    assert counts == [2, 32, 2048, 2072, 2148, 4048]
    given = question(Linear([1.0] * 20), rows(2, 20))
    assert KernelShap().attribute(given).settings[0]["n_samples"] == 2088


def test_fewer_samples_than_features_still_add_up() -> None:
    given = question(mlp(30, 1), rows(2, 30), output="value", task="regression")
    found = KernelShap(n_samples=8).attribute(given).attributions
    index = torch.arange(2)
    change = given.evaluate(given.inputs, index) - given.evaluate(given.baselines, index)
    np.testing.assert_allclose(found.sum(axis=1), change, atol=1e-5)


@pytest.mark.parametrize("method", [ShapleyValues(), KernelShap(), KernelShap(n_samples=50), Lime(n_samples=100)])
def test_a_feature_that_stands_at_its_baseline_gets_nothing(method: Any) -> None:
    x = rows(3, 8)
    x[1, 2] = 0.0
    found = method.attribute(question(mlp(8), x)).attributions
    assert found[1, 2] == 0.0
    if not isinstance(method, Lime):
        alone = method.attribute(question(mlp(8), x[1:2])).attributions[0]
        np.testing.assert_allclose(alone, found[1], atol=1e-5)


def test_wide_inputs_are_run_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter.methods import coalitions

    given = question(mlp(8), rows(3, 8))
    wanted = KernelShap(n_samples=60).attribute(given).attributions
    monkeypatch.setattr(coalitions, "POINTS", 8 * 7)
    assert POINTS > 8 * 7
    np.testing.assert_allclose(KernelShap(n_samples=60).attribute(given).attributions, wanted, atol=1e-6)


# LIME


def test_lime_says_something_of_scores_that_vary_little() -> None:
    class Small(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 1e-4 * (3 * x[:, 0] - 2 * x[:, 1])

    x = torch.ones(1, 4)
    found = Lime().attribute(question(Small(), x, output="value", task="regression")).attributions[0]
    np.testing.assert_allclose(found, [3e-4, -2e-4, 0, 0], atol=3e-5)
    assert not found[2:].any()  # the penalty takes what says nothing
    large = Lime().attribute(question(lambda x: 1e8 * Small()(x), x, output="value", task="regression")).attributions[0]
    np.testing.assert_allclose(large, 1e8 * found, rtol=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.3])
def test_the_lasso_is_that_of_scikit_learn(alpha: float) -> None:
    from sklearn.linear_model import Lasso, LinearRegression

    drawn = np.random.default_rng(0)
    given, weights = drawn.integers(0, 2, (200, 7)).astype(float), drawn.random((3, 200))
    scores = drawn.normal(size=(3, 7)) @ given.T + drawn.normal(size=(3, 200))
    found = lasso(given, scores, weights, alpha)
    for row in range(3):
        middle = np.average(scores[row], weights=weights[row])
        spread = np.sqrt(np.average((scores[row] - middle) ** 2, weights=weights[row]))
        model = Lasso(alpha=alpha * spread, tol=1e-12, max_iter=100_000) if alpha else LinearRegression()
        wanted = model.fit(given, scores[row], sample_weight=weights[row]).coef_
        np.testing.assert_allclose(found[row], wanted, atol=1e-6)


@pytest.mark.parametrize("mode", ["cosine", "euclidean"])
def test_the_distances_are_captums(mode: Any) -> None:
    from captum.attr._core.lime import get_exp_kernel_similarity_function

    given = question(mlp(), rows(2), rows(1, seed=9))
    similarity = get_exp_kernel_similarity_function(mode, 0.7)
    keep = np.random.default_rng(0).integers(0, 2, (9, 6)).astype(bool)
    found = Lime(distance_mode=mode)._distances(given, keep)
    for row in range(2):
        for number, kept in enumerate(torch.from_numpy(keep)):
            point = torch.where(kept, given.inputs[0][row], given.baselines[0][row])
            wanted = similarity(given.inputs[0][row], point, None)
            np.testing.assert_allclose(np.exp(-(found[row, number] ** 2) / (2 * 0.7**2)), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    "settings", [{"alpha": -1.0}, {"kernel_width": 0.0}, {"n_samples": 0}, {"distance_mode": "far"}]
)
def test_settings_that_cannot_be(settings: Any) -> None:
    with pytest.raises(UsageError, match=next(iter(settings))):
        Lime(**settings)
