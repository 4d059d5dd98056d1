"""How far an explanation can be trusted: scores, and the rules that turn them into a grade. One place for both.

The grade says how well the attributions reflect *this* model, good or bad. Whether the model itself is any good is
another question (`Performance` in explanation.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["solid", "indicative", "unreliable"]
LEVELS: tuple[Level, ...] = ("unreliable", "indicative", "solid")  # worst first


@dataclass(frozen=True)
class Score:
    """What one metric measured.

    `value` is the metric's headline number (its docstring says which), `detail` whatever else it counted;
    `undefined` says why there is no value (a method without completeness, a model that cannot be re-run).
    """

    name: str
    value: float | None
    detail: dict[str, float | int | str] = field(default_factory=dict)
    undefined: str = ""


@dataclass(frozen=True)
class Rule:
    """One written rule: a score below `solid` is solid, below `indicative` indicative, else unreliable.

    With `better="higher"` the comparisons turn round. A score equal to a limit passes it. When the score is missing or
    undefined the explanation can be `without` at best.
    """

    metric: str
    better: Literal["lower", "higher"]
    solid: float
    indicative: float
    without: Level = "indicative"


@dataclass(frozen=True)
class Ruling:
    """What one rule made of one score; `level` is the best grade this rule allows."""

    metric: str
    level: Level
    value: float | None
    limit: float  # the limit of `solid`
    better: Literal["lower", "higher"]


@dataclass(frozen=True)
class Grade:
    """The worst level of all rulings; `rulings` are kept so that a report can say why."""

    level: Level
    rulings: tuple[Ruling, ...] = ()


# Limits were set by measuring attributions that are right, and the same with noise, shuffled, or of another model, on
# networks and forests over three data sets. What is right lies above every limit of `solid` in nearly all rows.
RULES: tuple[Rule, ...] = (
    # |Σ a − (f(x) − f(baseline))| relative to the change: beyond a tenth the parts no longer describe the whole.
    Rule("completeness", "lower", solid=0.01, indicative=0.10),
    # Area between the random-order and the ranked deletion curve, 1 = the ranking could not be better, 0 = chance.
    # Right: above 0.8 in 95 of 100 rows. Noise as large as the average attribution: about 0.8. Shuffled: below 0.3.
    Rule("deletion", "higher", solid=0.80, indicative=0.20),
    # Share of repeats (other reference rows, other seeds) in which the top feature is first. Below a third it is no
    # more than one of several, and a reader would be told another one next time.
    Rule("stability", "higher", solid=0.90, indicative=0.30),
    # Rank correlation with a second method of another kind. Where features act together a right answer may differ
    # from it, down to about 0; only when the two contradict each other is that an objection.
    Rule("agreement", "higher", solid=0.50, indicative=-0.20),
)


def grade_of(scores: Iterable[Score], rules: Iterable[Rule] = RULES) -> Grade:
    """Apply every rule to the scores; the worst ruling is the grade."""
    by_name = {score.name: score for score in scores}
    rulings = tuple(ruling(rule, by_name.get(rule.metric)) for rule in rules)
    levels: list[Level] = [r.level for r in rulings] or ["indicative"]
    return Grade(min(levels, key=LEVELS.index), rulings)


def ruling(rule: Rule, score: Score | None) -> Ruling:
    """What one rule makes of its score."""
    value = score.value if score is not None else None
    if value is None:
        return Ruling(rule.metric, rule.without, None, rule.solid, rule.better)
    sign = 1.0 if rule.better == "lower" else -1.0
    level: Level = "unreliable"
    if sign * value <= sign * rule.solid:
        level = "solid"
    elif sign * value <= sign * rule.indicative or (score is not None and score.detail.get("promised") == 0):
        level = "indicative"  # what a method never promised is no fault of it, but no merit either
    return Ruling(rule.metric, level, value, rule.solid, rule.better)


def at_least(level: Level, demanded: Level) -> bool:
    """Whether `level` meets `--require demanded`."""
    return LEVELS.index(level) >= LEVELS.index(demanded)
