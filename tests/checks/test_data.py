"""Predictions, inputs and columns: decisions whose right answer is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from reporter.checks.columns import ColumnsChanged
from reporter.checks.inputs import InputDrift
from reporter.checks.predictions import PredictionDrift
from reporter.comparison import Comparison
from reporter.finding import Finding
from reporter.overview import Histogram
from tests.checks.overviews import LEVEL, TILTED, categories, column, many, overview, pair


def kinds(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in found]


# Predictions


def test_few_rows_may_differ_and_many_must_not_much() -> None:
    few = {"classes": {"bad": 8, "good": 12}}
    assert not list(PredictionDrift().compare(pair({"classes": {"bad": 4, "good": 16}}, few)))
    many_rows = {"classes": {"bad": 400_000, "good": 600_000}}
    assert not list(PredictionDrift().compare(pair({"classes": {"bad": 403_000, "good": 597_000}}, many_rows)))
    assert kinds(PredictionDrift().compare(pair({"classes": {"bad": 200_000, "good": 800_000}}, many_rows))) == [
        ("classes", "good")
    ]


def test_another_outcome_explained_is_no_drift() -> None:
    found = list(PredictionDrift().compare(pair({"towards": "bad", "said": column("bad", TILTED)})))
    assert [(each.kind, each.severity) for each in found] == [("incomparable", "info")]


# Inputs


def test_the_largest_shift_is_told_first() -> None:
    slight = (140, 190, 300, 370)
    after = {"columns": (column("a", slight), column("b", TILTED), column("c", LEVEL))}
    before = {"columns": tuple(column(name) for name in "abc")}
    assert kinds(InputDrift().compare(pair(after, before))) == [("numbers", "b"), ("numbers", "a")]


def test_the_number_of_columns_counts() -> None:
    """What one column alone would speak up for is no surprise among a thousand."""
    odd = column("x", (60, 38, 68, 34), rows=200)
    level = [column(f"c{i}", (50, 50, 50, 50)) for i in range(2000)]
    check = InputDrift(alpha=0.2, smallest=0.01)
    assert list(check.compare(pair({"columns": (odd,)}, {"columns": (replace(level[0], id="x"),)})))
    assert not list(check.compare(pair({"columns": (odd, *level)}, {"columns": (replace(level[0], id="x"), *level)})))


def test_a_new_value_is_told_instead_of_the_shift_it_makes() -> None:
    after = {"columns": (categories(values={"north": 300, "south": 500, "west": 200}),)}
    (finding,) = InputDrift().compare(pair(after))
    assert (finding.kind, finding.values["value"], finding.values["after"]) == ("new", "west", 0.2)
    rare = {"columns": (categories(values={"north": 400, "south": 595, "west": 5}),)}
    assert not list(InputDrift().compare(pair(rare)))


def test_other_edges_are_said_to_be_so_and_no_more() -> None:
    other = [column(f"c{i}", histogram=Histogram((1.0, 2.0, 3.0), TILTED)) for i in range(30)]
    (finding,) = InputDrift().compare(pair({"columns": tuple(other)}, {"columns": many(30, LEVEL)}))
    assert (finding.kind, finding.severity, finding.values["count"]) == ("incomparable", "info", 30)


def test_a_reader_is_not_flooded() -> None:
    found = list(InputDrift().compare(pair({"columns": many(10_000, TILTED)}, {"columns": many(10_000, LEVEL)})))
    assert len(found) == 6
    assert (found[-1].kind, found[-1].values["count"], found[-1].values["all"]) == ("more", 9_995, 10_000)


def test_six_are_told_one_by_one() -> None:
    found = list(InputDrift().compare(pair({"columns": many(6, TILTED)}, {"columns": many(6, LEVEL)})))
    assert [each.kind for each in found] == ["numbers"] * 6


# Columns


def test_without_a_reference_what_is_empty_or_constant_is_told() -> None:
    constant = column("a", low=1.0, high=1.0, std=0.0, mean=1.0)
    night = overview(columns=(constant, column("b", missing=1000), column("c"), categories("d", {"x": 1000})))
    found = list(ColumnsChanged().compare(Comparison(night)))
    assert kinds(found) == [("empty", "b"), ("constant", "a"), ("constant", "d")]
    assert found[2].values["value"] == "x"
    assert not list(ColumnsChanged().compare(Comparison(night, night)))


@pytest.mark.parametrize(
    ("before", "speaks"),
    [
        ({"x": 996, "y": 4}, False),  # chance leaves out four rows one night in sixteen
        ({"x": 980, "y": 20}, True),
        ({"x": 1000}, False),
        ({"y": 1000}, False),  # one value before and another now: that is drift, not a lost column
    ],
)
def test_a_rare_value_may_be_missing_one_night(before: dict[str, int], speaks: bool) -> None:
    night = {"columns": (categories("a", {"x": 1000}),)}
    found = list(ColumnsChanged().compare(pair(night, {"columns": (categories("a", before),)})))
    assert bool(found) == speaks


@pytest.mark.parametrize(("others", "speaks"), [(4, False), (40, True)])
def test_a_rare_number_may_be_missing_one_night(others: int, speaks: bool) -> None:
    """0 in all rows but a few that are 1: how many there were follows from mean and spread."""
    share = others / 1000
    spread = (share * (1 - share) * 1000 / 999) ** 0.5
    some: dict[str, Any] = {"histogram": Histogram((), (1000,)), "counts": (1000,)}
    before = column("a", mean=share, std=spread, low=0.0, high=1.0, **some)
    after = column("a", mean=0.0, std=0.0, low=0.0, high=0.0, **some)
    found = list(ColumnsChanged().compare(pair({"columns": (after,)}, {"columns": (before,)})))
    assert bool(found) == speaks


def test_the_worst_comes_first_and_is_critical() -> None:
    after = {"columns": (column("a", missing=1000), column("b", missing=100), column("new"))}
    before = {"columns": (column("a"), column("b"), column("gone"))}
    found = list(ColumnsChanged().compare(pair(after, before)))
    assert kinds(found) == [("gone", "gone"), ("empty", "a"), ("missing", "b"), ("new", "new")]
    assert [each.severity for each in found] == ["critical", "critical", "warning", "info"]


@pytest.mark.parametrize(("missing", "speaks"), [(3, False), (9, False), (60, True)])
def test_more_missing_cells_than_chance(missing: int, speaks: bool) -> None:
    found = list(ColumnsChanged().compare(pair({"columns": (column(missing=missing), categories())})))
    assert bool(found) == speaks


def test_no_rows_are_critical_and_nothing_is_told_but_columns_that_are_gone() -> None:
    found = list(ColumnsChanged().compare(pair({"rows": 0, "invalid": 500})))
    assert [(each.kind, each.severity) for each in found] == [("no_rows", "critical")]
    found = list(ColumnsChanged().compare(pair({"rows": 0, "invalid": 500, "columns": (column(),)})))
    assert kinds(found) == [("no_rows", ""), ("gone", "region")]


# Nights that are hardly there


def test_a_night_with_few_rows_is_told_and_one_whose_parts_failed_is_not() -> None:
    assert ("few_rows", "") in kinds(ColumnsChanged().compare(pair({"rows": 12})))
    assert ("few_rows", "") not in kinds(ColumnsChanged().compare(pair({"rows": 100})))
    known = replace(pair({"rows": 100}), history=(overview(),) * 5)
    assert ("few_rows", "") in kinds(ColumnsChanged().compare(known))
    failed = {"rows": 0, "columns": (), "failed": ("rows/000000000000",)}
    assert not list(ColumnsChanged().compare(pair(failed)))
    assert ("few_rows", "") not in kinds(ColumnsChanged().compare(pair({"rows": 12, "failed": ("rows/000000000000",)})))
