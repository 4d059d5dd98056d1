"""The figures of a night that are compared with those of another: performance, calibration, shares. Plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from reporter.overview import Confidence, Driver, Overview, Quality

Z = 1.959964  # of 95%


@dataclass(frozen=True)
class Measured:
    """A figure with its interval; `better` is "higher" or "lower"."""

    value: float
    interval: tuple[float, float]
    better: str = "higher"


def performance(quality: Quality | None) -> Measured | None:
    """Accuracy with Wilson's interval, or the mean absolute error with a normal one; None without labels."""
    if quality is None or not quality.rows:
        return None
    if quality.accuracy is not None:
        return Measured(quality.accuracy, wilson(quality.accuracy, quality.rows))
    half = Z * quality.spread / sqrt(quality.rows)
    return Measured(quality.loss, (max(0.0, quality.loss - half), quality.loss + half), "lower")


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95% interval of a share. Wilson (1927)."""
    scale = 1 + Z * Z / rows
    centre = (share + Z * Z / (2 * rows)) / scale
    half = Z * sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def calibration_error(bins: Sequence[Confidence]) -> float | None:
    """By how much the stated probability is off, on average over rows; None where none was stated."""
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.right - each.stated) for each in bins) / rows if rows else None


@dataclass(frozen=True)
class Shift:
    """How much of all influence a feature had then, and has now; None where it was not, or is not, among them."""

    driver: Driver  # of now, or of then where it is gone
    before: Driver | None
    now: Driver | None

    @property
    def change(self) -> float:
        return (self.now.share if self.now else 0.0) - (self.before.share if self.before else 0.0)

    @property
    def noise(self) -> float:
        """Half the width of the 95% interval of the change, were nothing changed."""
        return sqrt(sum(_half(each) ** 2 for each in (self.before, self.now) if each is not None))

    @property
    def beyond(self) -> bool:
        return abs(self.change) > self.noise


def shifts(before: Overview, now: Overview) -> tuple[Shift, ...]:
    """Every feature of either run: those beyond noise first, the largest change first."""
    names = {**now.by_driver, **{key: each for key, each in before.by_driver.items() if key not in now.by_driver}}
    found = [Shift(each, before.by_driver.get(key), now.by_driver.get(key)) for key, each in names.items()]
    return tuple(sorted(found, key=lambda shift: (not shift.beyond, -abs(shift.change), shift.driver.id)))


def _half(driver: Driver) -> float:
    return sqrt((Z * driver.error) ** 2 + (driver.noise or 0.0) ** 2)


def shares_of(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts as shares of their sum."""
    total = sum(counts.values())
    return {key: count / total for key, count in counts.items()} if total else {}
