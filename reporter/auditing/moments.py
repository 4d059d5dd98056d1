"""Means, spreads and how two things vary together, gathered part by part and put together. No torch.

After Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979): parts
may be of any size, and nothing is lost where the mean is large beside the spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Moments:
    """Of `x` and `y`, each (things,), over rows: how many, their means, and the sums of squares about the means.

    Rows in which either is NaN do not count for that thing.
    """

    rows: Numbers
    x: Numbers
    y: Numbers
    xx: Numbers
    yy: Numbers
    xy: Numbers

    @classmethod
    def of(cls, x: Numbers, y: Numbers | None = None) -> Moments:
        """Of rows: `x` is (rows, things); `y` the same, or (rows, 1) that stands beside each; 0 where not given."""
        y = np.zeros((len(x), 1)) if y is None else y
        both = np.isfinite(x) & np.isfinite(y)
        rows = both.sum(axis=0).astype(float)
        some = np.maximum(rows, 1.0)
        x, y = np.where(both, x, 0.0), np.where(both, y, 0.0)
        mean_x, mean_y = x.sum(axis=0) / some, y.sum(axis=0) / some
        off_x, off_y = np.where(both, x - mean_x, 0.0), np.where(both, y - mean_y, 0.0)
        return cls(rows, mean_x, mean_y, (off_x**2).sum(axis=0), (off_y**2).sum(axis=0), (off_x * off_y).sum(axis=0))

    @classmethod
    def none(cls, things: int) -> Moments:
        """Of no rows."""
        return cls(*(np.zeros(things) for _ in fields(cls)))

    def __add__(self, other: Moments) -> Moments:
        rows = self.rows + other.rows
        part = np.divide(other.rows, rows, out=np.zeros_like(rows), where=rows > 0)
        far_x, far_y = other.x - self.x, other.y - self.y
        between = self.rows * part
        return Moments(
            rows,
            self.x + far_x * part,
            self.y + far_y * part,
            self.xx + other.xx + far_x**2 * between,
            self.yy + other.yy + far_y**2 * between,
            self.xy + other.xy + far_x * far_y * between,
        )

    # What they say

    @property
    def std(self) -> Numbers:
        """The standard deviation of `x` (n − 1); 0 for one row."""
        return np.sqrt(self.xx / np.maximum(self.rows - 1, 1))

    @property
    def error(self) -> Numbers:
        """The standard error of the mean of `x`."""
        return self.std / np.sqrt(np.maximum(self.rows, 1))

    @property
    def correlation(self) -> Numbers:
        """Of `x` and `y`; NaN where either does not vary."""
        size = np.sqrt(self.xx * self.yy)
        found = np.divide(self.xy, size, out=np.full_like(size, np.nan), where=size > 0)
        return np.clip(found, -1.0, 1.0)

    @property
    def ratio(self) -> tuple[Numbers, Numbers]:
        """Mean of `x` over mean of `y`, and its standard error over the rows (delta method); 0 where y is 0."""
        found = np.divide(self.x, self.y, out=np.zeros_like(self.x), where=self.y != 0)
        spread = np.maximum(self.xx - 2 * found * self.xy + found**2 * self.yy, 0.0) / np.maximum(self.rows - 1, 1)
        size = np.abs(self.y) * np.sqrt(np.maximum(self.rows, 1))
        return found, np.divide(np.sqrt(spread), size, out=np.zeros_like(size), where=size > 0)

    # As JSON holds them

    def stored(self) -> dict[str, list[float]]:
        return {each.name: getattr(self, each.name).tolist() for each in fields(self)}

    @classmethod
    def read(cls, stored: Mapping[str, Sequence[float]]) -> Moments:
        return cls(*(np.array(stored[each.name], dtype=float) for each in fields(cls)))
