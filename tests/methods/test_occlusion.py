"""Occlusion: windows by shape, several inputs, what does not fit; feature permutation: several rows, silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from reporter.errors import AttributionError, UsageError
from reporter.methods.occlusion import Occlusion
from reporter.methods.permutation import FeaturePermutation
from reporter.methods.perturbation import FeatureAblation
from reporter.model import Model
from reporter.question import Question
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, mlp, rows


def total(*shapes: tuple[int, ...]) -> Question:
    """Of a model that adds up everything, from a baseline of zeros."""
    inputs = tuple(torch.rand(2, *shape) + 0.5 for shape in shapes)

    def added(*given: Tensor) -> Tensor:
        return torch.stack([each.reshape(len(each), -1).sum(dim=1) for each in given]).sum(dim=0)

    columns = sum(each[0].numel() for each in inputs)
    return Question(
        Model(added, output="value", task="regression"), inputs, tuple(torch.zeros_like(each) for each in inputs),
        torch.zeros(2, dtype=torch.long), torch.arange(columns),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "windows", "strides"),
    [
        ((6,), "1", "1"),
        ((3, 40), "3 × 4", "1 × 2"),
        ((3, 32, 16), "3 × 4 × 2", "1 × 2 × 1"),
        ((1, 4, 4), "1 × 1 × 1", "1 × 1 × 1"),
    ],
)
def test_windows_left_out_follow_from_the_shape(shape: tuple[int, ...], windows: str, strides: str) -> None:
    answer = Occlusion().attribute(total(shape))
    assert answer.settings[0] == {"sliding_window_shapes": windows, "strides": strides}
    assert (answer.attributions > 0).all()


def test_a_window_of_one_is_ablation() -> None:
    given = question(mlp(), rows(3), rows(1, seed=9))
    np.testing.assert_allclose(
        Occlusion().attribute(given).attributions, FeatureAblation().attribute(given).attributions, atol=1e-6
    )


def test_the_mean_of_the_windows_that_cover_a_number() -> None:
    x = torch.tensor([[1.0, 2.0, 4.0, 8.0, 16.0]])
    given = question(Linear([1.0] * 5), x, output="value", task="regression")
    found = Occlusion(sliding_window_shapes=(2,), strides=(2,)).attribute(given).attributions
    np.testing.assert_allclose(found, [[3, 3, 12, 12, 16]], atol=1e-5)
    found = Occlusion(sliding_window_shapes=(2,)).attribute(given).attributions
    np.testing.assert_allclose(found, [[3, 4.5, 9, 18, 24]], atol=1e-5)


def test_three_inputs() -> None:
    # Captum counts the windows of the first inputs by their product, and goes wrong from the third on.
    given = total((2,), (2, 3), (2, 2, 2))
    found = Occlusion(sliding_window_shapes=((1,), (1, 1), (1, 1, 1))).attribute(given).attributions
    wanted = torch.cat([each.reshape(2, -1) for each in given.inputs], dim=1).numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sliding_window_shapes": (7,)}, "no larger than the input"),
        ({"sliding_window_shapes": (1, 1)}, "one whole number from 1 for each axis"),
        ({"sliding_window_shapes": (0,)}, "one whole number from 1"),
        ({"sliding_window_shapes": ((1,), (1,))}, "for 2 inputs, and the model takes 1"),
        ({"sliding_window_shapes": (2,), "strides": (3,)}, "leave gaps"),
    ],
)
def test_windows_that_do_not_fit(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Occlusion(**settings).attribute(total((6,)))


def test_permutation_of_one_row_is_refused_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AttributionError, match=r"there is only one.*feature-ablation"):
        FeaturePermutation().attribute(question(mlp(), rows(1)))
    FeaturePermutation().attribute(question(mlp(), rows(5)))
    assert capsys.readouterr() == ("", "")


def test_permutation_of_a_linear_model_swaps_values() -> None:
    x = rows(6, 3)
    found = FeaturePermutation().attribute(question(Linear([1.0, 10.0, 0.0]), x)).attributions
    for column, weight in enumerate([1.0, 10.0, 0.0]):
        changed = x[:, column].numpy() - found[:, column] / weight if weight else np.array(found[:, column])
        wanted = x[:, column].numpy() if weight else np.zeros(6)
        np.testing.assert_allclose(np.sort(changed), np.sort(wanted), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=0), 0, atol=1e-4)
