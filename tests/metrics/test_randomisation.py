"""Parameter randomisation: 1 where the weights make no difference, near 0 where they make all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reporter.errors import UsageError
from reporter.guard import guarded
from reporter.methods.guided import GuidedBackprop
from reporter.metrics.randomisation import ParameterRandomisation
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows


class Deaf(nn.Module):
    """Has weights that it does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return (x * torch.arange(1.0, 7.0)).sum(dim=1)


def test_weights_that_are_not_used_make_no_difference() -> None:
    assert values(ParameterRandomisation().measure(trial(Deaf(), rows(3), output="value"))) == [pytest.approx(1.0)] * 3


def test_attributions_of_a_trained_network_are_lost_with_its_weights() -> None:
    weights = [3.0, -2.0, 1.5, 1.0, -0.5, 0.25]
    found = values(ParameterRandomisation(copies=40).measure(trial(Linear(weights), torch.ones(1, 6))))
    assert found[0] < 0.25


def test_the_correlation_is_that_of_the_shuffled_weights() -> None:
    # At ones the attributions are the weights: the mean over shuffles of the correlation of ranks is 0.
    asked = trial(Linear([4.0, 3.0, 2.0, 1.0]), torch.ones(1, 4))
    (measured,) = ParameterRandomisation(copies=400).measure(asked)
    assert measured.score.detail["copies"] == 400.0
    assert float(measured.score.detail["correlation"]) == pytest.approx(0.0, abs=0.1)


def test_the_model_is_not_touched() -> None:
    net = mlp().train()
    asked = trial(net, rows(3))
    before = [each.clone() for each in net.parameters()]
    with guarded(asked.question.model):
        first, again = (values(ParameterRandomisation().measure(asked)) for _ in range(2))
    assert first == again
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    assert net.training


def test_methods_that_hang_hooks_work_on_the_copies() -> None:
    found = values(ParameterRandomisation(copies=3).measure(trial(mlp(), rows(2), method=GuidedBackprop())))
    assert np.isfinite(found).all()


def test_undefined() -> None:
    def said(net: Any, x: Tensor) -> str:
        return ParameterRandomisation().measure(trial(net, x))[0].score.undefined

    assert "one feature" in said(Linear([1.0]), rows(1, 1))
    assert "no weights" in said(lambda x: x.sum(dim=1), rows(1))
    assert "moves" in said(nn.Sequential(nn.Linear(6, 1), nn.Threshold(1e9, 0.0)), rows(1))

    class Stubborn(nn.Sequential):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("cannot be copied")

    assert "cannot be explained with other weights: cannot be copied" in said(Stubborn(nn.Linear(6, 3)), rows(1))
    with pytest.raises(UsageError, match="copies = 0"):
        ParameterRandomisation(copies=0)
