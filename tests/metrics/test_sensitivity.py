"""Max-sensitivity: known for linear and quadratic models, large beside a kink, blind to units."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from reporter.errors import UsageError
from reporter.methods.gradients import InputXGradient, Saliency
from reporter.methods.perturbation import FeatureAblation
from reporter.metrics.sensitivity import MaxSensitivity
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows


def measured(net: Any, x: Tensor, **known: Any) -> float:
    return values(MaxSensitivity(**known).measure(trial(net, x, method=InputXGradient())))[0]


def test_of_a_linear_model_attributions_change_as_the_input_does() -> None:
    # One feature: a = w x, x′ within 2 % of x.
    found = measured(Linear([3.0]), torch.tensor([[5.0]]), samples=200)
    assert 0.019 < found <= 0.02
    assert measured(Linear([3.0]), torch.tensor([[5.0]]), samples=200, radius=0.1) == pytest.approx(5 * found, rel=1e-4)


def test_of_a_square_they_change_twice_as_much() -> None:
    found = values(
        MaxSensitivity(samples=400).measure(
            trial(lambda x: (x**2).sum(dim=1), torch.tensor([[5.0]]), method=InputXGradient(), output="value")
        )
    )[0]
    assert found == pytest.approx(0.04, rel=0.03)


def test_the_gradient_of_a_linear_model_does_not_change() -> None:
    assert values(MaxSensitivity().measure(trial(Linear([1.0, -2.0]), rows(3, 2), method=Saliency()))) == [0.0] * 3


def test_units_make_no_difference() -> None:
    x, scale = rows(1, 3), torch.tensor([1.0, 1000.0, 0.001])
    one = measured(Linear([1.0, 2.0, 3.0]), x)
    assert measured(Linear((torch.tensor([1.0, 2.0, 3.0]) / scale).tolist()), x * scale) == pytest.approx(one, rel=1e-4)


def test_beside_a_kink_it_is_large() -> None:
    def kinked(x: Tensor) -> Tensor:
        return torch.relu(x[:, 0] - 1) * 100 + x[:, 1]

    near = trial(kinked, torch.tensor([[0.999, 1.0]]), method=InputXGradient(), output="value")
    far = trial(kinked, torch.tensor([[0.5, 1.0]]), method=InputXGradient(), output="value")
    assert values(MaxSensitivity().measure(near))[0] > 10
    assert values(MaxSensitivity().measure(far))[0] < 0.05


def test_undefined() -> None:
    flat = trial(lambda x: x.sum(dim=1) * 0 + 1, rows(1))
    assert "moves" in MaxSensitivity().measure(flat)[0].score.undefined
    whole = trial(lambda x: x.float().sum(dim=1), torch.tensor([[1, 2, 3]]), method=FeatureAblation(), output="value")
    assert "whole numbers" in MaxSensitivity().measure(whole)[0].score.undefined
    for known in ({"samples": 0}, {"radius": 0.0}):
        with pytest.raises(UsageError, match=next(iter(known))):
            MaxSensitivity(**known)
    assert len(MaxSensitivity().measure(trial(mlp(), rows(4)))) == 4
