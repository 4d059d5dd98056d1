"""Heat maps: what they refer to exists, and they survive a round trip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import ExplanationError
from reporter.explanation import Explanation
from reporter.heatmap import Area, Raster, smallest_half
from tests.parts import KINDS, a_part


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_they_come_back_from_json_as_they_were(kind: str, seed: int) -> None:
    found = a_part(seed, kind)
    again = Explanation.from_json(found.to_json().encode())
    assert again == found
    assert [type(heat) for heat in again.heatmaps] == [type(heat) for heat in found.heatmaps]


def test_one_that_draws_what_is_not_there_is_refused() -> None:
    found = a_part(0, "image")
    raster = found.heatmap("raster")
    assert isinstance(raster, Raster)
    wrong = replace(raster, areas=(Area("nowhere", 0, 0, 1, 1),))
    with pytest.raises(ExplanationError, match="draws a feature that is not there"):
        replace(found, heatmaps=(wrong,))


def test_the_smallest_half() -> None:
    assert smallest_half([1.0, -1.0, 1.0, 1.0]) == 0.5
    assert smallest_half([-9.0, 1.0, 1.0, 1.0]) == 0.25
    assert smallest_half([0.0, 0.0]) == 0.0
    assert smallest_half([]) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_no_fewer_cells_would_do(sizes: list[float]) -> None:
    share = smallest_half(sizes)
    ordered = sorted(map(abs, sizes), reverse=True)
    count = round(share * len(sizes))
    if any(sizes):
        assert sum(ordered[:count]) >= sum(ordered) / 2 * (1 - 1e-12)
        assert sum(ordered[: count - 1]) < sum(ordered) / 2 * (1 + 1e-12)
