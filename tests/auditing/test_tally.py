"""Counting part by part: the same as counting all at once, and as what numpy says of the whole."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reporter.auditing.gathering import Described, Named, overview_of
from reporter.auditing.gauge import Gauge, counted, edges_of
from reporter.auditing.moments import Moments
from reporter.auditing.tally import Part, Tally, tallied, total
from reporter.overview import Overview

NUMBERS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(3)),
    elements=st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)),
)


def equal(one: Any, other: Any) -> bool:
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-7, equal_nan=True))


@given(NUMBERS, st.integers(0, 40))
def test_moments_of_parts_are_those_of_the_whole(rows: np.ndarray[Any, Any], cut: int) -> None:
    y = np.nan_to_num(rows[:, :1]) * 2 + 1
    whole = Moments.of(rows, y)
    parts = Moments.of(rows[:cut], y[:cut]) + Moments.of(rows[cut:], y[cut:])
    for name in ("rows", "x", "y"):
        assert equal(getattr(whole, name), getattr(parts, name))
    scale = max(1.0, float(np.nanmax(np.abs(np.nan_to_num(rows)))) ** 2 * len(rows))
    for name in ("xx", "yy", "xy"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), atol=1e-9 * scale)


def test_moments_say_what_numpy_says() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(1e6, 1, (5_000, 2))  # a mean that is large beside the spread
    y = x[:, :1] + generator.normal(0, 1, (5_000, 1))
    found = Moments.of(x[:100], y[:100])
    for start in range(100, 5_000, 700):
        found = found + Moments.of(x[start : start + 700], y[start : start + 700])
    assert np.allclose(found.x, x.mean(axis=0))
    assert np.allclose(found.std, x.std(axis=0, ddof=1), rtol=1e-6)
    assert np.allclose(found.correlation[0], np.corrcoef(x[:, 0], y[:, 0])[0, 1], rtol=1e-6)


def test_the_error_of_a_share_is_what_resampling_says() -> None:
    generator = np.random.default_rng(1)
    size = np.abs(generator.standard_t(5, (2_000, 4)) * [3.0, 2.0, 1.0, 0.5])
    share, error = Moments.of(size, size.sum(axis=1, keepdims=True)).ratio
    assert np.isclose(share.sum(), 1.0)
    drawn = [size[generator.integers(0, 2_000, 2_000)] for _ in range(400)]
    repeats = np.array([part.sum(axis=0) / part.sum() for part in drawn])
    assert np.allclose(error, repeats.std(axis=0), rtol=0.15)


def test_nothing_divides_by_zero() -> None:
    none = Moments.none(2) + Moments.of(np.zeros((3, 2)), np.zeros((3, 1)))
    share, error = none.ratio
    assert share.tolist() == error.tolist() == [0.0, 0.0]
    assert np.isnan(none.correlation).all()
    assert none.std.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([], ()),
        ([2.0, 2.0], (2.0,)),
        ([1.0, 2.0, 2.0], (1.5,)),
        ([0.0, 1.0, math.nan, 3.0], (0.5, 2.0)),
    ],
)
def test_few_values_are_cut_between_them(values: list[float], edges: tuple[float, ...]) -> None:
    assert edges_of(np.array(values)) == edges


@given(arrays.arrays(np.float64, st.integers(30, 200), elements=st.floats(-1e9, 1e9)))
def test_every_value_is_counted_once(values: np.ndarray[Any, Any]) -> None:
    edges = edges_of(values)
    assert list(edges) == sorted(set(edges))
    counts = counted(np.append(values, [math.inf, math.nan]), edges)
    assert sum(counts) == len(values)
    assert len(counts) == len(edges) + 1


def part_of(rows: slice) -> Part:
    generator = np.random.default_rng(2)
    numbers, kinds = generator.normal(size=60), generator.choice(np.array(["a", "b", None], dtype=object), 60)
    wrong = generator.choice([0.0, 1.0, math.nan], 60)
    attributions = generator.normal(size=(60, 2))
    return Part(
        {"size": numbers[rows], "kind": kinds[rows].tolist()},
        said=1 / (1 + np.exp(-numbers[rows])),
        classes=["yes" if each > 0 else "no" for each in numbers[rows]],
        loss=wrong[rows],
        truth=["yes"] * len(numbers[rows]),
        confidence=0.5 + np.abs(1 / (1 + np.exp(-numbers[rows])) - 0.5),
        attributions=attributions[rows],
        values=np.stack([numbers, np.full(60, math.nan)], axis=1)[rows],
        methods={"integrated-gradients": len(numbers[rows])},
        invalid=1,
        slices={"kind": kinds[rows].tolist(), "size": numbers[rows]},
    )


GAUGE = Gauge({"size": (-1.0, 0.0, 1.0), "kind": None}, (0.25, 0.5, 0.75), {"kind": None, "size": (0.0,)})
KNOWN = Described(
    "classification",
    (Named("size"), Named("kind", kind="category")),
    (Named("size", protected=True), Named("kind", kind="category")),
    Named("yes"),
    towards="yes",
)


def gathered(tally: Tally) -> Overview:
    return overview_of(tally, GAUGE, KNOWN, study="s", slot="2026-03-01T00:00:00+00:00")


def test_parts_through_json_come_to_the_same_overview() -> None:
    whole = tallied(part_of(slice(0, 60)), GAUGE)
    parts = [tallied(part_of(slice(start, start + 20)), GAUGE) for start in (0, 20, 40)]
    read = total([Tally.read(json.loads(json.dumps(part.stored()))) for part in parts])
    one, other = gathered(whole), gathered(read)
    assert other.invalid == 3
    assert other.rows == one.rows == 60
    assert other.columns[1] == one.columns[1]
    assert other.classes == one.classes
    assert [driver.id for driver in other.drivers] == [driver.id for driver in one.drivers]
    for now, then in zip(other.drivers, one.drivers, strict=True):
        assert equal([now.share, now.error, now.mean], [then.share, then.error, then.mean])
    assert one.quality is not None
    assert other.quality is not None
    assert equal(other.quality.loss, one.quality.loss)
    assert {each.id for each in other.slices} == {"kind=a", "kind=b", "size=≤0", "size=>0"}


def test_an_overview_survives_json_and_says_what_was_counted() -> None:
    found = gathered(tallied(part_of(slice(0, 60)), GAUGE))
    assert Overview.from_json(found.to_json()) == found
    size = found.by_column["size"]
    assert size.histogram is not None
    assert size.histogram.total == 60
    assert found.by_column["kind"].missing == 60 - sum(found.by_column["kind"].values.values())
    assert sum(each.rows for each in found.confidence) == found.quality.rows  # type: ignore[union-attr]
    assert found.method == "integrated-gradients"
    assert found.by_driver["size"].protected
    assert found.by_driver["kind"].along is None
    assert math.isclose(sum(driver.share for driver in found.drivers), 1.0)
    assert Gauge.of(found) == GAUGE
    assert GAUGE.like(Gauge({"size": (5.0,)}, (), {})).columns == {"size": (5.0,), "kind": None}


def test_nothing_at_all_is_an_overview_too() -> None:
    empty = gathered(total([]))
    assert (empty.rows, empty.quality, empty.drivers, empty.said) == (0, None, (), None)
    none = gathered(tallied(Part({"size": np.empty(0)}, np.empty(0), invalid=4), GAUGE))
    assert (none.rows, none.invalid) == (0, 4)
    assert none.by_column["size"].mean is None


@pytest.mark.parametrize(
    ("rows", "usual", "told"),
    [
        ({"one": 49, "other": 51}, "", "other"),
        ({"one": 49, "other": 51}, "one", "one"),  # which half is larger is chance
        ({"one": 5, "other": 95}, "one", "other"),
        ({"other": 100}, "one", "other"),
        ({}, "one", "integrated-gradients"),
    ],
)
def test_the_method_is_another_when_it_hardly_answers_any_more(rows: dict[str, int], usual: str, told: str) -> None:
    tally, known = Tally(methods=Counter(rows)), replace(KNOWN, method="integrated-gradients")
    slot = "2026-03-01T00:00:00+00:00"
    assert overview_of(tally, GAUGE, known, study="s", slot=slot, usual_method=usual).method == told
