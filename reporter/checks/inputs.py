"""Inputs: is the model fed other rows than it was?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drift import Drift, comparable, drift, new_values
from reporter.checks.noise import holm
from reporter.checks.speaking import Values, noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Summary


@dataclass(frozen=True)
class Shift:
    """A column on both nights, and what chance makes of the difference."""

    before: Summary
    after: Summary
    drift: Drift
    fresh: str = ""  # a value that is new tonight, and its chance
    fresh_p: float = 1.0

    @property
    def fresh_share(self) -> float:
        total = sum(self.after.values.values())
        return self.after.values.get(self.fresh, 0) / total if total else 0.0


@dataclass(frozen=True)
class InputDrift:
    """Columns whose values are distributed otherwise than chance explains, or that hold values never seen before.

    Numbers: Kolmogorov–Smirnov and chi-squared at the edges of the histogram; categories: chi-squared; new values: the
    chance of having missed them. Corrected for the number of columns. The population stability index (PSI) says how far
    a column moved; 0.1 is commonly called a moderate shift, 0.25 a large one.
    """

    name: ClassVar[str] = "inputs"
    description: ClassVar[str] = "columns of the data are distributed otherwise"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.1  # PSI, less what chance adds to it
    smallest_share: float = 0.01  # of the rows, that a new value makes up

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each column, the largest shift first; one for those that were counted otherwise."""
        before, after = comparison.before, comparison.after
        if before is None:
            return []
        both = [(before.by_column[each.id], each) for each in after.columns if each.id in before.by_column]
        shifts = [found for one, other in both if (found := _shift(one, other)) is not None]
        told = the_first(list(self._told(comparison, shifts)))
        # Another kind of column is what the check of columns tells.
        apart = [other for one, other in both if one.kind == other.kind and not comparable(one, other)]
        apart = [other for other in apart if other.rows > other.missing]
        if apart:
            told.append(
                noticed(
                    self,
                    comparison,
                    "incomparable",
                    apart[0].id,
                    severity="info",
                    words=apart[0].words,
                    count=len(apart),
                )
            )
        return told

    def _told(self, comparison: Comparison, shifts: list[Shift]) -> Iterator[Finding]:
        chances = holm([each.drift.p for each in shifts] + [each.fresh_p for each in shifts])
        spoken = []
        for each, p, fresh_p in zip(shifts, chances[: len(shifts)], chances[len(shifts) :], strict=True):
            if fresh_p <= self.alpha and each.fresh_share >= self.smallest_share:
                spoken.append((each.drift.psi, "new", each))
            elif p <= self.alpha and each.drift.psi >= self.smallest:
                spoken.append((each.drift.psi, "numbers" if each.drift.ks is not None else "categories", each))
        for _, kind, each in sorted(spoken, key=lambda one: -one[0]):
            yield self._finding(comparison, kind, each)

    def _finding(self, comparison: Comparison, kind: str, each: Shift) -> Finding:
        one, other, found = each.before, each.after, each.drift
        if kind == "numbers":
            values: dict[str, Values] = {"before": one.mean, "after": other.mean, "ks": found.ks}
            values |= {"spread_before": one.std, "spread_after": other.std}
        elif kind == "new":
            values = {"after": each.fresh_share}
        else:
            values = {"before": found.share_before, "after": found.share_after}
        return noticed(
            self,
            comparison,
            kind,
            other.id,
            words=other.words,
            psi=found.psi,
            unit=other.unit,
            decimals=other.decimals,
            value=each.fresh if kind == "new" else found.moved,
            more=values,
        )


def _shift(before: Summary, after: Summary) -> Shift | None:
    found = drift(before, after)
    if found is None:
        return None
    fresh = new_values(before.values, after.values) if after.kind == "category" else {}
    value = min(fresh, key=lambda name: (fresh[name], name), default="")
    return Shift(before, after, found, value, fresh.get(value, 1.0))
