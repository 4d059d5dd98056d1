"""Reliability, narrative, model and cost: decisions whose right answer is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reporter.checks.cost import CostGrowth
from reporter.checks.model import ModelChanged
from reporter.checks.narrative import NarrativeChange
from reporter.checks.reliability import ReliabilityDrop
from reporter.comparison import Comparison
from reporter.finding import Finding
from reporter.overview import Cost, Overview, Reliability
from tests.checks.overviews import nights, of_values, overview, pair, told, watched


def kinds(found: Iterable[Finding]) -> list[str]:
    return [each.kind for each in found]


# Reliability


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Reliability(20, 3, 1), Reliability(17, 4, 3), []),  # two more of 24 are no more than chance
        (Reliability(20, 3, 1), Reliability(6, 4, 14), ["unreliable"]),
        (Reliability(20, 3, 1), Reliability(4, 19, 1), ["unsure"]),
        (Reliability(4, 10, 10), Reliability(20, 3, 1), []),
        (Reliability(), Reliability(0, 0, 24), []),
        (Reliability(20, 3, 1), Reliability(), ["unmeasured"]),
    ],
)
def test_grades(before: Reliability, after: Reliability, expected: list[str]) -> None:
    assert kinds(ReliabilityDrop().compare(pair({"reliability": after}, {"reliability": before}))) == expected


@pytest.mark.parametrize(
    ("name", "before", "after", "speaks"),
    [
        ("stability", 0.95, 0.6, True),
        ("stability", 0.6, 0.95, False),
        ("completeness", 0.01, 0.4, True),  # here less is better
        ("completeness", 0.4, 0.01, False),
        ("deletion", 0.9, 0.85, False),
        ("a-metric-of-ones-own", 0.9, 0.1, False),  # which way is better is not known
    ],
)
def test_scores_have_a_better_side(name: str, before: float, after: float, speaks: bool) -> None:
    sides = [{"reliability": Reliability(20, 3, 1, {name: value}, {name: 0.1})} for value in (after, before)]
    assert bool(list(ReliabilityDrop().compare(pair(*sides)))) == speaks


def test_a_score_without_a_spread_is_not_judged() -> None:
    sides = [{"reliability": Reliability(20, 3, 1, {"stability": value})} for value in (0.1, 0.9)]
    assert not list(ReliabilityDrop().compare(pair(*sides)))


# Narrative


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"outcome": "bad"}, ["outcome"]),
        ({"grade": "indicative"}, ["grade"]),
        ({"reasons": (("age", False), ("income", True))}, []),  # the same two in another order
        ({"reasons": (("income", False), ("age", False))}, ["reasons"]),  # one of them turned
        ({"probability": 0.6, "score": 9.0}, []),
        ({"text": {"en": "The outcome is good. Income decided it at 0.71."}}, []),
        ({"watched": False, "outcome": "bad"}, []),
    ],
)
def test_what_counts_as_told_otherwise(change: dict[str, Any], expected: list[str]) -> None:
    assert kinds(NarrativeChange().compare(pair(watched(**change)))) == expected


def test_a_better_grade_is_no_finding() -> None:
    assert not list(NarrativeChange().compare(pair(watched(), watched(grade="unreliable"))))


def test_the_first_new_sentence_is_quoted_numbers_aside() -> None:
    text = {
        "en": "The outcome is good. Income decided it at 0.71. Age spoke against it.",
        "zh": "结果为 good。年龄相反。",
    }
    (finding,) = NarrativeChange().compare(pair(watched(reasons=(("age", False),), text=text)))
    assert finding.values["now.en"] == "Age spoke against it."
    assert finding.values["now.zh"] == "年龄相反。"
    assert finding.instances == ("41",)


@pytest.mark.parametrize(("score", "expected"), [(203.0, []), (240.0, ["value"])])
def test_a_value_is_another_when_it_moved_far_enough(score: float, expected: list[str]) -> None:
    sides = [{"told": (told("41", f"{value:.0f} €", score=value, probability=None),)} for value in (score, 200.0)]
    assert kinds(NarrativeChange().compare(of_values(*sides))) == expected


def test_outcomes_come_first_and_only_the_same_instance_is_compared() -> None:
    after = {"told": (told("1", reasons=()), told("2", grade="unreliable"), told("3", "bad"), told("9", "bad"))}
    before = {"told": tuple(told(str(i)) for i in range(5))}
    found = list(NarrativeChange().compare(pair(after, before)))
    assert [(each.kind, each.subject) for each in found] == [("outcome", "3"), ("grade", "2"), ("reasons", "1")]


# Model


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"weight_hash": "x", "model_hash": "y"}, [("weights", "warning")]),
        ({"model_hash": "y"}, [("packing", "info")]),
        ({"weight_hash": "", "model_hash": "y"}, [("file", "warning")]),
        ({"weight_hash": "", "model_hash": ""}, []),
        ({"method": "lime"}, [("method", "info")]),
        ({"method": ""}, []),
    ],
)
def test_what_is_another_model(change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.severity) for each in ModelChanged().compare(pair(change))] == expected


# Cost


def spent(seconds: float, rows: int = 1000, peak: int | None = None) -> Overview:
    return overview(rows=rows, cost=Cost(seconds, rows, rows, peak))


@pytest.mark.parametrize(
    ("seconds", "earlier", "speaks"),
    [
        (140.0, 9, False),
        (400.0, 9, True),
        (200.0, 2, False),  # two nights do not know how much nights differ
        (400.0, 2, True),
        (400.0, 0, True),
    ],
)
def test_a_run_is_slower_than_the_nights_before(seconds: float, earlier: int, speaks: bool) -> None:
    found = list(CostGrowth().compare(Comparison(spent(seconds), spent(100.0), nights(earlier))))
    assert bool(found) == speaks
    assert all(each.kind == ("time" if earlier >= 5 else "time_before") for each in found)


def test_nights_that_differ_much_take_more() -> None:
    restless = tuple(spent(float(each)) for each in (60, 180, 90, 300, 100, 240, 70))
    assert not list(CostGrowth().compare(Comparison(spent(400.0), spent(100.0), restless)))


def test_one_night_of_trouble_does_not_hide_the_next() -> None:
    history = (spent(5000.0), *nights(8))
    assert list(CostGrowth().compare(Comparison(spent(400.0), history[0], history)))


def test_what_nobody_would_notice_is_not_told() -> None:
    quick = tuple(spent(0.1) for _ in range(9))
    assert not list(CostGrowth().compare(Comparison(spent(3.0), quick[0], quick)))


def test_a_short_night_is_no_slow_one() -> None:
    """Starting up and single explanations take their time however few rows there are."""
    assert not list(CostGrowth().compare(Comparison(spent(60.0, rows=50), spent(100.0), nights(9))))


def test_what_was_not_measured_is_not_compared() -> None:
    assert not list(CostGrowth().compare(Comparison(spent(100.0, peak=2**40), spent(100.0), ())))
    assert not list(CostGrowth().compare(Comparison(overview(cost=Cost()), spent(100.0), nights(9))))


def test_machines_as_noisy_as_they_are_stay_quiet() -> None:
    random, wrong = np.random.default_rng(4), 0
    for _ in range(400):
        seconds = 100 * random.lognormal(0, 0.25, 10)
        history = tuple(spent(float(each)) for each in seconds[:9])
        wrong += bool(list(CostGrowth().compare(Comparison(spent(float(seconds[9])), history[0], history))))
    assert wrong <= 4


def test_it_needs_neither_rows_nor_history() -> None:
    assert not list(CostGrowth().compare(Comparison(replace(overview(), cost=Cost(5.0, 0)), overview())))
