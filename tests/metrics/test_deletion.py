"""Deletion: 1 for the best order, 0 for chance, below 0 for the worst; the counts told beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from reporter.errors import UsageError
from reporter.metrics.deletion import Deletion
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows

WEIGHTS = [3.0, -2.0, 1.5, 1.0, -0.5, 0.25]


def test_exact_attributions_of_a_linear_model_are_optimal() -> None:
    assert values(Deletion().measure(trial(Linear(WEIGHTS), rows(20)))) == [pytest.approx(1.0)] * 20


def test_the_opposite_order_is_the_worst() -> None:
    x = rows(20)
    exact = (torch.tensor(WEIGHTS) * x).numpy()
    assert max(values(Deletion().measure(trial(Linear(WEIGHTS), x, attributions=-exact)))) < -0.5


def test_shuffled_attributions_do_no_better_than_chance() -> None:
    x = rows(200)
    exact = (torch.tensor(WEIGHTS) * x).numpy()
    shuffled = np.random.default_rng(0).permuted(exact, axis=1)
    assert abs(np.mean(values(Deletion().measure(trial(Linear(WEIGHTS), x, attributions=shuffled))))) < 0.1


def test_noise_lowers_it_step_by_step() -> None:
    x = rows(100)
    exact = trial(mlp(), x)
    noise = np.random.default_rng(0).normal(size=exact.answer.attributions.shape)
    size = np.abs(exact.answer.attributions).mean(axis=1, keepdims=True)
    means = [
        np.mean(
            values(Deletion().measure(trial(mlp(), x, attributions=exact.answer.attributions + much * size * noise)))
        )
        for much in (0.0, 1.0, 3.0)
    ]
    assert means[0] > 0.8
    assert means[0] > means[1] + 0.1 > means[2] + 0.2


def test_what_it_took_to_change_the_class_is_counted() -> None:
    # Predicted 1 while the sum is above 2.5; the baseline is predicted 0. Removing 3 alone suffices.
    net = Linear([1.0, 1.0, 1.0, 1.0], -2.5, logits=True)
    x = torch.tensor([[3.0, 1.0, 0.5, 0.2]])
    (measured,) = Deletion(orders=200).measure(trial(net, x))
    assert measured.score.detail["ranked"] == 1.0
    # By symmetry 3 stands at a random place; before it, nothing but all three others at once changes the class.
    assert measured.score.detail["random"] == pytest.approx(np.mean([1, 2, 3, 4]), abs=0.2)
    assert measured.score.detail["orders"] == 200.0


def test_no_count_where_the_class_does_not_change() -> None:
    net = Linear([1.0, 1.0], 5.0, logits=True)
    (measured,) = Deletion().measure(trial(net, torch.tensor([[2.0, 1.0]])))
    assert set(measured.score.detail) == {"orders"}


def test_no_count_for_another_target_or_a_value() -> None:
    net = Linear([1.0, 1.0, 1.0], -1.0)
    x = torch.tensor([[2.0, 1.0, 0.5]])
    for asked in (trial(net, x, target=0, output="logit"), trial(net, x)):
        (measured,) = Deletion().measure(asked)
        assert set(measured.score.detail) == {"orders"}
        assert measured.score.value == pytest.approx(1.0)


def test_undefined() -> None:
    (one,) = Deletion().measure(trial(Linear([1.0]), rows(1, 1)))
    assert (one.score.value, one.score.undefined) == (None, "there is only one feature")
    (constant,) = Deletion().measure(trial(lambda x: x.sum(dim=1) * 0 + 3, rows(1)))
    assert constant.score.undefined == "no feature moves the score"
    (flat,) = Deletion().measure(trial(lambda x: x.prod(dim=1), torch.ones(1, 4)))
    assert flat.score.undefined == "every order does the same"


def test_a_large_model_gets_fewer_orders_and_points() -> None:
    asked = trial(mlp(), rows(3))
    object.__setattr__(asked.question.model, "size", 10**12)
    for measured in Deletion().measure(asked):
        assert measured.score.detail["orders"] == 4.0
    wide = trial(lambda x: x.sum(dim=1), rows(2, 500))
    calls = 0

    def counted(x: Tensor) -> Tensor:
        nonlocal calls
        calls += len(x)
        return x.sum(dim=1)

    object.__setattr__(wide.question.model, "forward", counted)
    object.__setattr__(wide.question.model, "size", 10**12)
    Deletion().measure(wide)
    assert calls <= 2 * (4 * 7 + 32 + 3)  # points between the ends, single features, both ends and the whole


def test_the_same_seed_the_same_numbers() -> None:
    first, again = (values(Deletion().measure(trial(mlp(), rows()))) for _ in range(2))
    assert first == again


def test_settings_are_checked() -> None:
    with pytest.raises(UsageError, match="orders = 0"):
        Deletion(orders=0)
