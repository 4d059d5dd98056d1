"""The grade: written rules, applied as written."""

from __future__ import annotations

import pytest

from reporter.grade import LEVELS, RULES, Rule, Score, at_least, grade_of, ruling
from reporter.plugins import METRICS

GOOD = {"completeness": 0.001, "deletion": 0.97, "stability": 1.0, "agreement": 0.95}


def scores(**changed: float | None) -> list[Score]:
    return [Score(name, value) for name, value in {**GOOD, **changed}.items()]


def test_each_rule_has_its_metric() -> None:
    assert [rule.metric for rule in RULES] == METRICS.names()[: len(RULES)]
    for rule in RULES:
        assert rule.better == METRICS.load(rule.metric).better
        lower = rule.better == "lower"
        assert (rule.solid < rule.indicative) is lower


def test_all_good_is_solid() -> None:
    grade = grade_of(scores())
    assert grade.level == "solid"
    assert [each.level for each in grade.rulings] == ["solid"] * 4


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({"completeness": 0.01}, "solid"),
        ({"completeness": 0.011}, "indicative"),
        ({"completeness": 0.11}, "unreliable"),
        ({"deletion": 0.79}, "indicative"),
        ({"deletion": 0.19}, "unreliable"),
        ({"stability": 0.89}, "indicative"),
        ({"stability": 0.29}, "unreliable"),
        ({"agreement": 0.49}, "indicative"),
        ({"agreement": -0.21}, "unreliable"),
        ({"stability": None}, "indicative"),
        ({"deletion": None, "agreement": None}, "indicative"),
        ({"stability": None, "completeness": 0.5}, "unreliable"),
    ],
)
def test_the_worst_ruling_is_the_grade(changed: dict[str, float | None], level: str) -> None:
    assert grade_of(scores(**changed)).level == level


def test_what_was_not_measured_cannot_be_solid() -> None:
    assert grade_of([]).level == "indicative"
    assert grade_of(scores()[:3]).level == "indicative"
    assert grade_of([], rules=()).level == "indicative"


def test_a_ruling_keeps_its_limit() -> None:
    rule = Rule("x", "higher", solid=0.5, indicative=0.1, without="unreliable")
    assert ruling(rule, Score("x", 0.5)).level == "solid"
    assert ruling(rule, Score("x", 0.1)).level == "indicative"
    assert ruling(rule, Score("x", 0.09)).level == "unreliable"
    assert ruling(rule, None).level == "unreliable"
    assert (ruling(rule, Score("x", 0.3)).limit, ruling(rule, Score("x", 0.3)).value) == (0.5, 0.3)


def test_demands() -> None:
    assert [at_least(level, "indicative") for level in LEVELS] == [False, True, True]
