"""Drivers of both nights side by side: which feature it is, and how far its share moved beyond its noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reporter.checks.noise import beyond
from reporter.comparison import Comparison
from reporter.overview import Driver

LEAST_ATTRIBUTED = 10  # rows; from fewer no error can be told


@dataclass(frozen=True)
class Pair:
    """One feature on both nights.

    `p` says how likely the rows alone move its share so far; what other baselines and seeds would move is no such
    chance, as both nights have the same: it is a band that a change has to leave.
    """

    before: Driver
    after: Driver
    p: float  # two-sided

    @property
    def by(self) -> float:
        return self.after.share - self.before.share

    @property
    def noise(self) -> float:
        """Half of the middle 95% of the difference over other baselines and seeds."""
        return math.hypot(self.before.noise or 0.0, self.after.noise or 0.0)

    @property
    def band(self) -> float:
        """Half of the 95% interval of the difference, from the rows and from the noise of the explanations together."""
        return 1.96 * math.hypot(error_of(self.before), error_of(self.after))


def compared(comparison: Comparison) -> Comparison | None:
    """The comparison where what drives the model can be compared at all: by one method, of one outcome, enough rows."""
    before, after = comparison.before, comparison.after
    if before is None or not before.drivers or not after.drivers:
        return None
    if min(before.attributed, after.attributed) < LEAST_ATTRIBUTED:
        return None
    return comparison if (before.method, before.towards) == (after.method, after.towards) else None


def pairs(comparison: Comparison) -> list[Pair]:
    """The features that both nights have, in tonight's order; none where the nights cannot be compared."""
    both = compared(comparison)
    if both is None or both.before is None:
        return []
    known, freedom = both.before.by_driver, min(both.before.attributed, both.after.attributed) - 1
    found = []
    for after in both.after.drivers:
        before = known.get(after.id)
        if before is not None:
            error = math.hypot(before.error, after.error)
            found.append(Pair(before, after, beyond(after.share - before.share, error, freedom)))
    return found


def error_of(driver: Driver) -> float:
    """The standard error of a share, from the rows and from the noise of the explanations together."""
    return math.hypot(driver.error, (driver.noise or 0.0) / 1.96)
