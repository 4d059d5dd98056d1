"""Slices: has the model become worse for some than for all others?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.noise import beyond, holm
from reporter.checks.speaking import Values, noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Quality, Slice


@dataclass(frozen=True)
class Gap:
    """How much more is lost in the rows of a slice than in all others, and the variance of that."""

    inside: float
    outside: float
    variance: float
    rows: int  # of the smaller part

    @property
    def by(self) -> float:
        return self.inside - self.outside


@dataclass(frozen=True)
class SliceGap:
    """A slice that is worse than the rest, newly so or clearly more than in the reference run.

    What is tested is the growth of the gap: one that merely crosses a line on some nights has not grown. Corrected for
    the number of slices. Shares of wrong classes as Agresti and Caffo, The American Statistician 54 (2000), have them.
    """

    name: ClassVar[str] = "slices"
    description: ClassVar[str] = "the model is worse for some rows than for the rest, and was not before"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.03  # growth of the gap, as a share of wrong classes
    smallest_error: float = 0.15  # growth of the gap, relative to the mean error
    rows: int = 20  # that a slice needs on both nights to be looked at

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each slice, the largest growth first."""
        before, after = comparison.before, comparison.after
        if before is None or before.quality is None or after.quality is None:
            return []
        if before.quality.task != after.quality.task:
            return []
        known = {each.id: each for each in before.slices}
        found: list[tuple[Slice, Gap, Gap]] = []
        for each in after.slices:
            if each.id in known:
                gaps = gap_of(known[each.id].quality, before.quality), gap_of(each.quality, after.quality)
                if gaps[0] is not None and gaps[1] is not None and min(gaps[0].rows, gaps[1].rows) >= self.rows:
                    found.append((each, gaps[0], gaps[1]))
        return the_first(self._told(comparison, found))

    def _told(self, comparison: Comparison, found: list[tuple[Slice, Gap, Gap]]) -> list[Finding]:
        quality = comparison.after.quality
        classes = quality is not None and quality.task == "classification"
        smallest = self.smallest if classes or quality is None else self.smallest_error * quality.loss
        chances = holm([_chance_grew(one, other) for _, one, other in found])
        spoken = []
        for (each, one, other), p in zip(found, chances, strict=True):
            grown = other.by - one.by
            if p <= self.alpha and grown >= smallest and other.by >= smallest:
                kind = "wrong" if classes else "error"
                finding = noticed(
                    self, comparison, kind, each.id, words=each.words, more=_values(comparison, each, one, other)
                )
                spoken.append((grown, finding))
        return [finding for _, finding in sorted(spoken, key=lambda each: -each[0])]


def gap_of(part: Quality, whole: Quality) -> Gap | None:
    """The gap of a part to the rest of the whole; None where nothing is left of either."""
    rest = whole.rows - part.rows
    if part.rows < 2 or rest < 2:
        return None
    # What is left may be a hair below nothing: both are rounded sums.
    outside = max(0.0, (whole.loss * whole.rows - part.loss * part.rows) / rest)
    if part.task == "classification":
        variance = _share_variance(part.loss, part.rows) + _share_variance(outside, rest)
    else:
        squares = _squares(whole) - _squares(part) - rest * outside**2
        variance = part.spread**2 / part.rows + max(0.0, squares) / (rest - 1) / rest
    return Gap(part.loss, outside, variance, min(part.rows, rest))


def _chance_grew(before: Gap, after: Gap) -> float:
    """One-sided, of the gap growing so far."""
    by = after.by - before.by
    if by <= 0:
        return 1.0
    return beyond(by, math.sqrt(before.variance + after.variance), min(before.rows, after.rows) - 1) / 2


def _share_variance(share: float, rows: int) -> float:
    share = (min(1.0, share) * rows + 1) / (rows + 2)
    return share * (1 - share) / (rows + 2)


def _squares(quality: Quality) -> float:
    return (quality.rows - 1) * quality.spread**2 + quality.rows * quality.loss**2


def _values(comparison: Comparison, each: Slice, before: Gap, after: Gap) -> dict[str, Values]:
    column, said = comparison.after.by_column.get(each.column), comparison.after.said
    low, high = each.bounds or (None, None)
    return {
        "column": each.column,
        "value": each.value,
        "low": low,
        "high": high,
        "column_unit": column.unit if column is not None else "",
        "inside": after.inside,
        "outside": after.outside,
        "gap": after.by,
        "gap_before": before.by,
        "rows": each.quality.rows,
        "unit": said.unit if said is not None else "",
    }
