"""The way from the baseline to the output: one step a feature, each beginning where the one before ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.formats.wording import Wording
from reporter.rounding import score_decimals

STEPS = 8  # features with a step of their own; the others take one together
LOST = 0.05  # of all steps: where the attributions miss more of the change, no way leads from one end to the other


@dataclass(frozen=True)
class Step:
    """One row: a feature's step, or where the way begins or ends (no change, and a line in place of a bar)."""

    label: str
    change: str  # with its sign
    reached: str  # the score after it
    direction: str  # towards, away; empty at the ends
    side: str  # "towards malignant", for whoever sees no bar
    left: float  # of the bar, percent of the axis
    width: float
    at: float  # where the score then is, percent of the axis


@dataclass(frozen=True)
class Waterfall:
    """All steps, first to last."""

    caption: str
    score: str  # heading of the score reached
    change: str  # heading of the change
    steps: tuple[Step, ...]


def waterfall_of(facts: Facts, wording: Wording) -> Waterfall | None:
    """The way of an explanation; None where the attributions do not add up to it, have no direction, or no baseline."""
    explained = facts.explanation.prediction.explained
    start, end = explained.baseline_score, explained.score
    if start is None or end is None or wording.strength or "unreliable" in facts.situations or not facts.features:
        return None
    moves = _moves(facts, wording, end - start)
    total = sum(abs(feature.attribution) for feature in facts.features)
    if not total or abs(end - start - sum(feature.attribution for feature in facts.features)) > LOST * total:
        return None
    words = wording["waterfall"]
    return Waterfall(
        caption=words["caption"].format(what=words["what"][wording.task], scale=wording.scale()),
        score=words["score"],
        change=words["change"],
        steps=tuple(_steps(facts, wording, start, end, moves)),
    )


def _moves(facts: Facts, wording: Wording, change: float) -> list[tuple[str, float]]:
    """Label and size of every step; what rounding hides is no step."""
    words = wording["waterfall"]
    own, others = facts.features[:STEPS], facts.features[STEPS:]
    if len(others) == 1:
        own, others = facts.features, ()
    moves = [(_label(f.name, f.value, wording), f.attribution) for f in own]
    if others:
        count = facts.language.count(len(others))
        label = wording["ranking"]["rest"].format(count=count, part=facts.parts["one"], parts=facts.parts["many"])
        moves.append((label, sum(f.attribution for f in others)))
    missed = change - sum(size for _, size in moves)
    if abs(missed) >= 0.5 * 10.0 ** -score_decimals(max(abs(size) for _, size in moves)):
        moves.append((words["missed"], missed))
    return moves


def _label(name: str, value: str, wording: Wording) -> str:
    shown = wording.bare(value)
    return (
        wording["waterfall"]["feature"].format(name=wording.label(name), value=shown) if shown else wording.label(name)
    )


def _steps(facts: Facts, wording: Wording, start: float, end: float, moves: list[tuple[str, float]]) -> Iterator[Step]:
    words, tongue = wording["waterfall"], facts.language
    decimals = score_decimals(max(abs(size) for _, size in moves))
    reached = [start]
    for _, size in moves:
        reached.append(reached[-1] + size)
    low, high = min(reached), max(reached)
    span = (high - low) or 1.0

    def at(score: float) -> float:
        return round(100 * (score - low) / span, 1)

    def end_of(label: str, score: float) -> Step:
        return Step(label, "", tongue.number(score, decimals), "", "", at(score), 0.0, at(score))

    yield end_of(words["start"], start)
    for (label, size), before, after in zip(moves, reached, reached[1:], strict=False):
        direction = "towards" if size > 0 else "away"
        left, right = sorted((at(before), at(after)))
        side = wording.side(direction, "side").format(name=wording.bare(facts.target.name))
        change, score = tongue.signed(size, decimals), tongue.number(after, decimals)
        yield Step(label, change, score, direction, side, left, round(right - left, 1), at(after))
    yield end_of(words["end"].format(instance=facts.instance), end)
