"""Insertion: 1 for the best order, 0 for chance, below 0 for the worst; deletion read from the other end."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reporter.errors import UsageError
from reporter.methods.gradients import Saliency
from reporter.metrics.deletion import curves
from reporter.metrics.insertion import Insertion
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows

WEIGHTS = [3.0, -2.0, 1.5, 1.0, -0.5, 0.25]


def exact(x: torch.Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return (torch.tensor(WEIGHTS) * x).double().numpy()


def test_exact_attributions_of_a_linear_model_are_optimal() -> None:
    assert values(Insertion().measure(trial(Linear(WEIGHTS), rows(20)))) == [pytest.approx(1.0)] * 20


def test_the_opposite_order_is_the_worst() -> None:
    x = rows(20)
    assert max(values(Insertion().measure(trial(Linear(WEIGHTS), x, attributions=-exact(x))))) < -0.5


def test_shuffled_attributions_do_no_better_than_chance() -> None:
    x = rows(200)
    shuffled = np.random.default_rng(0).permuted(exact(x), axis=1)
    assert abs(np.mean(values(Insertion().measure(trial(Linear(WEIGHTS), x, attributions=shuffled))))) < 0.1


def test_the_area_is_that_of_a_curve_drawn_by_hand() -> None:
    # Scores 0, 4, 6, 5 in the order (4, 2, −1): area (0/2 + 4 + 6 + 5/2) / 3 = 12.5 / 3; the worst order has 2.5 / 3.
    net, x = Linear([1.0, 1.0, 1.0]), torch.tensor([[4.0, 2.0, -1.0]])
    asked = trial(net, x, attributions=np.array([[2.0, 4.0, -1.0]]))
    scores, _ = curves(asked.question, np.array([[[2, 1, 0]]]), np.arange(4))
    assert scores[0, 0, ::-1].tolist() == [0.0, 4.0, 6.0, 5.0]
    (measured,) = Insertion(orders=2000).measure(asked)
    # The mean over all six orders is 7.5 / 3; the order of these attributions, (2, 4, −1), has 10.5 / 3.
    assert measured.score.value == pytest.approx((10.5 - 7.5) / (12.5 - 7.5), abs=0.03)
    assert measured.score.detail == {"orders": 2000.0}


def test_undefined() -> None:
    assert "one feature" in Insertion().measure(trial(Linear([1.0]), rows(1, 1)))[0].score.undefined
    assert "every order" in Insertion().measure(trial(Linear([1.0, 1.0]), torch.ones(1, 2)))[0].score.undefined
    silent = trial(Linear(WEIGHTS), rows(1), attributions=np.zeros((1, 6)))
    assert "moves" in Insertion().measure(silent)[0].score.undefined
    assert "push" in Insertion().measure(trial(mlp(), rows(1), method=Saliency()))[0].score.undefined
    with pytest.raises(UsageError, match="orders = 0"):
        Insertion(orders=0)
