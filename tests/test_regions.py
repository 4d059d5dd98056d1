"""Regions: they tile the picture, areas tile it too, and cells keep the sum."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import StudyError
from reporter.heatmap import Area
from reporter.language import language
from reporter.regions import CELLS, Regions, areas, cells, declared, grid

SIDES = st.integers(1, 40)


def covered(found: tuple[Area, ...]) -> float:
    return sum((a.right - a.left) * (a.bottom - a.top) for a in found)


@given(SIDES, SIDES)
def test_a_grid_tiles_any_picture(height: int, width: int) -> None:
    regions = grid(height, width)
    sizes = np.bincount(regions.labels.reshape(-1), minlength=len(regions.ids))
    assert len(regions.ids) == min(3, height) * min(3, width)
    assert sizes.min() > 0
    assert sizes.sum() == height * width
    found = areas(regions)
    assert [a.feature for a in found] == list(regions.ids)
    assert covered(found) == pytest.approx(1)


def test_the_ninths_have_names_that_prose_knows() -> None:
    ids = grid(9, 9).ids
    assert (ids[0], ids[4]) == ("upper-left", "centre")
    assert set(ids) == set(language("en").lexicon["regions"])
    assert grid(2, 1).ids == ("upper-middle", "lower-middle")


def test_declared_boxes_take_points_by_their_middle_and_the_rest_is_one_region() -> None:
    regions = declared({"a": (0, 0, 0.5, 1), "b": (0.25, 0, 1, 0.5)}, 4, 4)
    assert regions.ids == ("a", "b", "rest")
    assert regions.labels[0].tolist() == [[0, 0, 1, 1]] * 2 + [[0, 0, 2, 2]] * 2
    assert areas(regions)[1] == Area("b", 0.5, 0.0, 1.0, 0.5)
    assert declared({"all": (0, 0, 1, 1)}, 3, 3).ids == ("all",)


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ((0.5, 0, 0.5, 1), "box"),
        ((0, 0, 1, 1.5), "box"),
        ((0, 0, 0.01, 0.01), "no point"),
        ((0, 0, 0.9, 0.9), "no point"),
    ],
)
def test_a_box_without_points_is_refused(box: tuple[float, float, float, float], problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        declared({"first": (0, 0, 0.95, 0.95), "second": box}, 8, 8)


@given(SIDES, SIDES, st.integers(1, 6), st.integers(0, 5))
def test_the_areas_of_any_segments_tile_the_picture(height: int, width: int, count: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, count, (1, height, width))
    found = areas(Regions(tuple(map(str, range(count))), labels))
    assert covered(found) == pytest.approx(1)
    for number in range(count):
        own = covered(tuple(a for a in found if a.feature == str(number)))
        assert own == pytest.approx((labels == number).mean())


def test_a_mask_by_channel_covers_what_any_channel_does() -> None:
    labels = np.zeros((3, 4, 4), dtype=np.int64)
    labels[1, :2] = 1
    regions = Regions(("a", "b"), labels)
    assert areas(regions)[-1] == Area("b", 0.0, 0.0, 1.0, 0.5)
    assert np.array_equal(regions.mask(3), labels.reshape(-1))
    assert np.array_equal(Regions(("a", "b"), labels[1:2]).mask(2), np.concatenate([labels[1].reshape(-1)] * 2))


@given(st.integers(1, 300), st.integers(1, 300))
def test_cells_are_few_and_keep_the_sum(height: int, width: int) -> None:
    values = np.random.default_rng(height).normal(size=(height, width))
    found = cells(values)
    assert found.shape == (min(height, CELLS), min(width, CELLS))
    assert found.sum() == pytest.approx(values.sum(), abs=1e-9)
    row = int(Fraction(height, len(found)) * 1)
    if len(found) > 1 and width <= CELLS:
        assert np.allclose(found[0], values[:row].sum(axis=0))
