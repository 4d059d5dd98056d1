"""Infidelity: 0 for exact attributions of an additive model, 1 for saying nothing, Captum's number beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.metrics import infidelity
from torch import Tensor

from reporter.errors import UsageError
from reporter.methods.gradients import Saliency
from reporter.metrics.infidelity import Infidelity, groups
from tests.metrics.trials import trial, values
from tests.networks import Linear, Product, mlp, rows

WEIGHTS = [3.0, -2.0, 1.5, 1.0, -0.5, 0.25]


def test_exact_attributions_of_a_linear_model_miss_nothing() -> None:
    assert values(Infidelity().measure(trial(Linear(WEIGHTS), rows(20)))) == [pytest.approx(0.0, abs=1e-10)] * 20


def test_half_of_the_attributions_miss_a_quarter_and_none_miss_all() -> None:
    x = rows(5)
    exact = (torch.tensor(WEIGHTS) * x).numpy()
    for share, missed in ((0.5, 0.25), (0.0, 1.0), (-1.0, 4.0)):
        found = values(Infidelity().measure(trial(Linear(WEIGHTS), x, attributions=share * exact)))
        assert found == [pytest.approx(missed, rel=1e-5)] * 5


def test_a_product_cannot_be_shared_out() -> None:
    # x1 x2 at (2, 2): each gets 2. One of two gone: the score falls by 4, of which 2 is told; both gone: all is told.
    (measured,) = Infidelity(samples=4000).measure(trial(Product(), torch.tensor([[2.0, 2.0]]), output="value"))
    assert measured.score.detail["infidelity"] == pytest.approx(0.5 * 4, rel=0.05)
    assert measured.score.value == pytest.approx(0.5 * 4 / 16, rel=0.05)


def test_it_is_captums_number_for_the_same_groups() -> None:
    net = mlp()
    asked = trial(net, rows(3), target=1)
    gone = torch.from_numpy(groups(6, 50, 0))
    turn = iter(gone.repeat(3, 1, 1).reshape(3, 50, 6).transpose(0, 1))

    def perturbed(x: Tensor, baseline: Tensor) -> Any:
        kept = ~next(turn)
        return (x - baseline) * ~kept, torch.where(kept, x, baseline)

    slopes = torch.from_numpy(asked.answer.attributions) / (asked.question.inputs[0] - asked.question.baselines[0])
    wanted = infidelity(
        net, perturbed, asked.question.inputs[0], slopes, asked.question.baselines[0], target=1, n_perturb_samples=50,
        max_examples_per_batch=3,
    )  # fmt: skip
    found = [float(each.score.detail["infidelity"]) for each in Infidelity(samples=50).measure(asked)]
    np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-3)


def test_groups_have_every_size() -> None:
    drawn = groups(5, 2000, 3)
    sizes = np.bincount(drawn.sum(axis=1), minlength=6)
    assert sizes[0] == 0
    assert (np.abs(sizes[1:] - 400) < 80).all()
    assert np.abs(drawn.mean(axis=0) - 0.6).max() < 0.05


def test_undefined() -> None:
    assert "moves" in Infidelity().measure(trial(lambda x: x.sum(dim=1) * 0 + 1, rows(1)))[0].score.undefined
    assert "direction" in Infidelity().measure(trial(mlp(), rows(1), method=Saliency()))[0].score.undefined
    with pytest.raises(UsageError, match="samples = 0"):
        Infidelity(samples=0)
