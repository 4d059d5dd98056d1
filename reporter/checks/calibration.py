"""Calibration: does the model still mean what it says when it states a probability?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.noise import beyond, holm
from reporter.checks.speaking import noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Confidence

LEAST_EXPECTED = 5.0  # cases of the rarer kind in a bin; bins with fewer are put together with a neighbour
_FREEDOM = 1e9  # of a normal distribution

Bins = dict[int, Confidence]


@dataclass(frozen=True)
class CalibrationShift:
    """Probabilities that are further from how often the model is right than in the reference run.

    For each bin of stated probabilities: the change of "right less stated", against the variance p (1 − p) that the
    probabilities themselves lead to expect, or the one observed where that is larger. Corrected for the number of bins;
    when none of them is sure of a change, all of them together are asked.
    """

    name: ClassVar[str] = "calibration"
    description: ClassVar[str] = "probabilities no longer match how often the model is right"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.03  # between what is stated and how often it is right, and of its change

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each range of probabilities, the largest change first."""
        if comparison.before is None:
            return []
        sides = _binned(comparison.before.confidence), _binned(comparison.after.confidence)
        if not sides[0] or not sides[1]:
            return []
        both = _together(*sides)
        # What no single range can prove may show in all of them together.
        whole = _sum(list(sides[0].values())), _sum(list(sides[1].values()))
        tested = [(before, after, *_change(before, after)) for before, after in (*both, whole)]
        chances = holm([p for *_, p in tested])
        found = []
        for (before, after, by, _), p in zip(tested, chances, strict=True):
            gap = after.right - after.stated
            notable = p <= self.alpha and by * gap > 0 and min(abs(by), abs(gap)) >= self.smallest
            found.append((abs(by) if notable else 0.0, before, after))
        told = sorted((each for each in found[: len(both)] if each[0]), key=lambda each: -each[0])
        if not told and found[-1][0]:
            return [self._told(comparison, *found[-1][1:], subject="all")]
        return the_first([self._told(comparison, before, after) for _, before, after in told])

    def _told(self, comparison: Comparison, before: Confidence, after: Confidence, subject: str = "") -> Finding:
        return noticed(
            self,
            comparison,
            "overconfident" if after.right < after.stated else "underconfident",
            subject=subject or f"{_tenth(after.stated) / 10 + 0.1:.1f}",
            stated=after.stated,
            right=after.right,
            stated_before=before.stated,
            right_before=before.right,
            rows=after.rows,
        )


def _binned(confidence: Sequence[Confidence]) -> Bins:
    """By tenths: only bins with rows are kept in an overview, so that their places say nothing."""
    found: dict[int, list[Confidence]] = defaultdict(list)
    for each in confidence:
        if each.rows:
            found[_tenth(each.stated)].append(each)
    return {place: _sum(parts) for place, parts in found.items()}


def _tenth(stated: float) -> int:
    """The place of the tenth that a probability lies in, its upper end included."""
    return min(9, max(0, math.ceil(stated * 10 - 1e-9) - 1))


def _sum(parts: Sequence[Confidence]) -> Confidence:
    rows = sum(part.rows for part in parts)
    stated, right, variance = (
        sum(part.rows * value for part, value in zip(parts, values, strict=True)) / rows
        for values in ([p.stated for p in parts], [p.right for p in parts], [p.variance for p in parts])
    )
    return Confidence(rows, stated, right, variance)


def _together(before: Bins, after: Bins) -> list[tuple[Confidence, Confidence]]:
    """Bins of both nights; neighbours are put together, from the surest down, until each side has enough to tell."""
    found: list[tuple[Confidence, Confidence]] = []
    one: list[Confidence] = []
    other: list[Confidence] = []
    for place in sorted(before.keys() | after.keys(), reverse=True):
        one += [before[place]] if place in before else []
        other += [after[place]] if place in after else []
        if one and other:
            pair = _sum(one), _sum(other)
            variance = max(pair[0].variance, pair[1].variance, _observed(*pair))
            if min(each.rows for each in pair) * variance >= LEAST_EXPECTED:
                found.append(pair)
                one, other = [], []
    if found and one and other:
        found[-1] = (_sum([found[-1][0], *one]), _sum([found[-1][1], *other]))
    return found


def _observed(before: Confidence, after: Confidence) -> float:
    right = (before.rows * before.right + after.rows * after.right) / (before.rows + after.rows)
    return right * (1 - right)


def _change(before: Confidence, after: Confidence) -> tuple[float, float]:
    """By how much "right less stated" changed, and how likely chance changes it so far."""
    by = (after.right - after.stated) - (before.right - before.stated)
    observed = _observed(before, after)
    error = math.sqrt(sum(max(each.variance, observed) / each.rows for each in (before, after)))
    return by, beyond(by, error, _FREEDOM)
