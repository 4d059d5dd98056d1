"""Stability: rankings that hold, rankings that do not, and what is firm."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reporter.errors import UsageError
from reporter.methods.perturbation import ShapleyValueSampling
from reporter.metrics.stability import Stability
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows


def test_a_feature_far_ahead_stays_first() -> None:
    x = torch.tensor([[5.0, 1.0, -1.0]])
    (measured,) = Stability().measure(trial(Linear([3.0, 1.0, 0.1]), x, reference=rows(400, 3)))
    assert measured.score.value == 1.0
    assert measured.score.detail == {"repeats": 100.0, "first": 100.0, "firm": 3.0}
    assert measured.firm is not None
    assert measured.intervals is not None
    assert measured.firm.all()
    low, high = measured.intervals.T
    assert (low <= high).all()
    share = 15 / 16.1
    assert low[0] < share < high[0]


def test_two_that_tie_change_places() -> None:
    x = torch.tensor([[2.0, 2.0, -0.1]])
    (measured,) = Stability().measure(trial(Linear([1.0, 1.0, 0.5]), x, reference=rows(100, 3)))
    assert 0.1 < values([measured])[0] < 0.9
    assert measured.firm is not None
    assert measured.firm.tolist() == [False, False, True]
    assert measured.score.detail["firm"] == 0.0  # the depth from the top; the third rank is firm on its own


def test_intervals_shrink_with_the_reference() -> None:
    x = torch.tensor([[2.0, 1.5, -1.0]])
    widths = []
    for count in (10, 1000):
        (measured,) = Stability().measure(trial(Linear([1.0, 1.0, 1.0]), x, reference=rows(count, 3)))
        assert measured.intervals is not None
        widths.append(float(np.ptp(measured.intervals, axis=1).mean()))
    assert widths[0] > 4 * widths[1]


def test_a_ranking_that_hangs_on_the_baseline_does_not_hold() -> None:
    # Half of the reference rows are at −3, half at 3: the median falls on either side, and so does the reason.
    reference = torch.tensor([[3.0, 0.0], [-3.0, 0.0]] * 10 + [[0.0, 0.0]])
    net = Linear([1.0, 1.0])
    (measured,) = Stability().measure(trial(net, torch.tensor([[2.0, 2.0]]), reference=reference))
    assert values([measured])[0] < 0.9


def test_without_reference_rows_it_is_undefined() -> None:
    (measured,) = Stability().measure(trial(mlp(), rows(1)))
    assert measured.score.value is None
    assert "no reference rows" in measured.score.undefined
    assert measured.intervals is None


def test_a_sampled_method_is_repeated_with_other_seeds() -> None:
    few, many = (
        Stability().measure(
            trial(mlp(12), rows(20, 12), method=ShapleyValueSampling(n_samples=n), reference=rows(300, 12))
        )
        for n in (1, 100)
    )
    assert few[0].score.detail["repeats"] == 20.0
    assert np.mean(values(few)) < np.mean(values(many))
    (alone,) = Stability().measure(trial(mlp(), rows(1), method=ShapleyValueSampling(n_samples=2)))
    assert alone.score.value is None
    assert alone.intervals is not None
    assert np.ptp(alone.intervals, axis=1).max() > 0


def test_where_nothing_is_attributed_nothing_is_first() -> None:
    (measured,) = Stability().measure(trial(lambda x: x.sum(dim=1) * 0 + 3, rows(1), reference=rows(50)))
    assert measured.score.value == 0.0
    assert measured.firm is not None
    assert not measured.firm.any()


def test_a_large_model_gets_fewer_repeats() -> None:
    asked = trial(mlp(), rows(2), reference=rows(50))
    object.__setattr__(asked.question.model, "size", 10**12)
    assert {each.score.detail["repeats"] for each in Stability().measure(asked)} == {8.0}


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    reference = rows(50)
    whole = Stability().measure(trial(mlp(), rows(), reference=reference))
    for row in (0, 7):
        (alone,) = Stability().measure(trial(mlp(), rows()[row : row + 1], reference=reference))
        assert alone.score == whole[row].score
        np.testing.assert_allclose(np.array(alone.intervals), np.array(whole[row].intervals), atol=1e-5)


def test_settings_are_checked() -> None:
    with pytest.raises(UsageError, match="repeats = 5; a whole number from 8"):
        Stability(repeats=5)
