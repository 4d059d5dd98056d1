"""Performance, calibration and slices: decisions whose right answer is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reporter.checks.calibration import CalibrationShift
from reporter.checks.performance import PerformanceDrop
from reporter.checks.slices import SliceGap, gap_of
from reporter.comparison import Comparison
from reporter.finding import Finding
from reporter.overview import Confidence, Quality, Slice
from tests.checks.overviews import error, of_values, overview, pair, quality, sliced, stated, values


def only(found: Iterable[Finding]) -> Finding:
    (finding,) = found
    return finding


# Performance


def test_accuracy_is_told_with_newcombe_s_interval() -> None:
    finding = only(PerformanceDrop().compare(pair({"quality": quality(0.3, 70)}, {"quality": quality(0.0, 80)})))
    assert (finding.kind, finding.severity) == ("accuracy", "critical")
    assert finding.values["before"] == 1.0
    assert finding.values["after"] == pytest.approx(0.7)
    assert finding.values["low"] < 0.3 < finding.values["high"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("before", "after", "speaks"),
    [
        (quality(0.10, 100), quality(0.15, 100), False),  # five in a hundred more are no more than chance
        (quality(0.10, 2000), quality(0.15, 2000), True),
        (quality(0.10, 10**6), quality(0.105, 10**6), False),  # certain, and too little to matter
        (quality(0.15, 2000), quality(0.10, 2000), False),  # better
        (quality(0.0, 3), quality(1.0, 3), False),
        (error(10.0, 2000), error(12.0, 2000), True),
        (error(10.0, 2000), error(10.2, 2000), False),
        (error(10.0, 40), error(12.0, 40), False),
        (quality(0.1), error(0.9), False),  # another task
    ],
)
def test_it_speaks_when_it_is_worse_beyond_chance(before: Quality, after: Quality, speaks: bool) -> None:
    found = list(PerformanceDrop().compare(pair({"quality": after}, {"quality": before})))
    assert bool(found) == speaks


def test_labels_that_are_gone_are_a_note() -> None:
    assert only(PerformanceDrop().compare(pair({"quality": None}))).severity == "info"
    assert not list(PerformanceDrop().compare(pair({}, {"quality": None})))


def test_settings_are_taken() -> None:
    drop = pair({"quality": quality(0.13)})
    assert not list(PerformanceDrop().compare(drop))
    assert list(PerformanceDrop(alpha=0.05).compare(drop))
    assert not list(PerformanceDrop(alpha=0.05, smallest=0.05).compare(drop))


# Calibration


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (stated(0.76, 0.94), stated(0.76, 0.80), ["overconfident"]),
        (stated(0.76, 0.94), stated(0.90, 0.94), ["underconfident"]),
        (stated(0.76, 0.94), stated(0.60, 0.80), ["overconfident", "overconfident"]),
        (stated(0.76, 0.80), stated(0.76, 0.80), []),  # bad, and not worse than it was
        (stated(0.76, 0.80), stated(0.76, 0.93), []),  # mended
        (stated(0.76, 0.94), stated(0.76, 0.92), []),
    ],
)
def test_probabilities_that_no_longer_hold(before: Any, after: Any, kinds: list[str]) -> None:
    assert [each.kind for each in CalibrationShift().compare(pair(after, before))] == kinds


def test_bins_without_rows_do_not_move_the_others() -> None:
    """An overview keeps bins with rows only: their places in it say nothing."""
    low = Confidence(300, 0.55, 0.55, 0.24)
    before = {"confidence": (low, *overview().confidence)}
    assert not list(CalibrationShift().compare(pair({}, before)))


def test_a_model_that_is_always_sure_is_judged_by_what_is_seen() -> None:
    sure = [{"confidence": (Confidence(1000, 1.0, right, 0.0),)} for right in (0.9, 0.885, 0.8)]
    assert not list(CalibrationShift().compare(pair(sure[1], sure[0])))
    assert list(CalibrationShift().compare(pair(sure[2], sure[0])))


def test_what_no_range_can_prove_shows_in_all_of_them() -> None:
    sides = [
        {"confidence": tuple(Confidence(110, 0.55 + i / 10, 0.55 + i / 10 - by, 0.2) for i in range(5))}
        for by in (0.12, 0.0)
    ]
    finding = only(CalibrationShift().compare(pair(*sides)))
    assert (finding.kind, finding.subject) == ("overconfident", "all")
    assert finding.values["rows"] == 550
    one = [{"confidence": each["confidence"][:1]} for each in sides]
    assert not list(CalibrationShift().compare(pair(*one)))


# Slices


def test_the_gap_is_that_to_all_other_rows() -> None:
    random = np.random.default_rng(1)
    lost, inside = random.exponential(3, 500), np.arange(500) < 120
    whole, part = (Quality("regression", len(x), x.mean(), x.std(ddof=1)) for x in (lost, lost[inside]))
    gap = gap_of(part, whole)
    assert gap is not None
    assert gap.outside == pytest.approx(lost[~inside].mean())
    expected = lost[inside].var(ddof=1) / 120 + lost[~inside].var(ddof=1) / 380
    assert gap.variance == pytest.approx(expected, rel=0.01)
    assert gap_of(whole, whole) is None


def test_a_slice_that_became_worse_is_told_and_one_that_always_was_is_not() -> None:
    assert only(SliceGap().compare(pair(sliced(0.3)))).subject == "region=north"
    assert not list(SliceGap().compare(pair(sliced(0.3), sliced(0.3))))
    assert not list(SliceGap().compare(pair(sliced(0.1), sliced(0.3))))


def test_all_slices_alike_are_no_gap() -> None:
    worse = tuple(replace(each, quality=quality(0.3, each.quality.rows)) for each in overview().slices)
    assert not list(SliceGap().compare(pair({"slices": worse, "quality": quality(0.3)})))


def test_few_rows_say_nothing() -> None:
    few = [{"slices": (Slice("region", "north", quality(wrong, 12)),), "quality": quality(0.1)} for wrong in (0.0, 0.9)]
    assert not list(SliceGap().compare(pair(few[1], few[0])))
    assert list(SliceGap(rows=10).compare(pair(few[1], few[0])))


def test_ranges_are_told_with_their_limits() -> None:
    finding = only(SliceGap().compare(pair(sliced(0.4, 2))))
    assert (finding.values["low"], finding.values["high"]) == (10.0, 20.0)
    assert finding.words["zh"].name == "年收入"


def test_slices_of_values() -> None:
    after = {"slices": (Slice("region", "north", error(20.0, 400)),), "quality": error(14.0)}
    assert only(SliceGap().compare(of_values(after))).kind == "error"
    assert not list(SliceGap().compare(Comparison(values(**after), overview())))
