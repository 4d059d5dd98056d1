"""Every registered metric, built in or not, keeps the same promises."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pytest
import torch

from reporter.methods.perturbation import ShapleyValueSampling
from reporter.plugins import METRICS
from tests.metrics.trials import trial
from tests.networks import Linear, mlp, rows

REFERENCE = rows(40, seed=4)
# The others judge the method, whose numbers they ask for again.
JUDGING_THE_ANSWER = [name for name in METRICS.names() if name not in ("max-sensitivity", "parameter-randomisation")]


@pytest.fixture(params=METRICS.names())
def named(request: pytest.FixtureRequest) -> tuple[str, Any]:
    return request.param, METRICS.load(request.param)()


def test_it_is_a_frozen_dataclass_that_says_what_it_is(named: tuple[str, Any]) -> None:
    kind = type(named[1])
    assert is_dataclass(kind)
    with pytest.raises(AttributeError):
        named[1].better = "higher"
    assert named[1].better in ("lower", "higher")
    assert kind.__doc__
    assert any(year in kind.__doc__ for year in map(str, range(1900, 2100))), "it names no paper"
    assert "Detail: `" in kind.__doc__


@pytest.mark.parametrize("count", [1, 5])
def test_one_score_per_row(named: tuple[str, Any], count: int) -> None:
    name, metric = named
    measured = metric.measure(trial(mlp(), rows(count), reference=REFERENCE))
    assert len(measured) == count
    for each in measured:
        assert each.score.name == name
        assert np.isfinite(each.score.value)
        assert each.score.undefined == ""
        assert all(np.isfinite(value) for value in each.score.detail.values() if not isinstance(value, str))
        if each.intervals is not None:
            assert each.intervals.shape == (6, 2)


@pytest.mark.parametrize("method", [None, ShapleyValueSampling(n_samples=2)])
def test_it_is_deterministic(named: tuple[str, Any], method: Any) -> None:
    first, again = (
        [each.score for each in named[1].measure(trial(mlp(), rows(3), reference=REFERENCE, method=method))]
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize(
    ("net", "x"),
    [
        (lambda x: x.sum(dim=1) * 0 + 1, rows(2)),
        (Linear([1.0]), rows(2, 1)),
        (lambda x: x.prod(dim=1), torch.zeros(2, 3)),
        (lambda x: x.sum(dim=1), torch.full((2, 3), 1e20)),
    ],
    ids=["constant", "one feature", "nothing moves", "huge"],
)
def test_extreme_cases_have_a_value_or_a_reason(named: tuple[str, Any], net: Any, x: torch.Tensor) -> None:
    for each in named[1].measure(trial(net, x)):
        assert (each.score.value is None) == bool(each.score.undefined)
        assert each.score.value is None or np.isfinite(each.score.value)


@pytest.mark.parametrize("named", JUDGING_THE_ANSWER, indirect=True)
def test_exact_attributions_of_a_linear_model_do_best(named: tuple[str, Any]) -> None:
    net, x = Linear([3.0, -2.0, 1.5, 1.0, -0.5, 0.25]), rows(20)
    exact = trial(net, x, reference=REFERENCE)
    wrong = np.roll(exact.answer.attributions, 1, axis=1) * 1.5
    value, worse = (
        np.mean([each.score.value for each in named[1].measure(trial(net, x, reference=REFERENCE, attributions=given))])
        for given in (exact.answer.attributions, wrong)
    )
    assert (value < worse) if named[1].better == "lower" else (value > worse)
