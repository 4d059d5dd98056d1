"""What chance alone does: tests and intervals from counts and moments, and their correction for how many there are.

No threshold of a check is a number of its own: it says how often it may be wrong, and these say what that takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TWO_SIDED = 0.95  # of the intervals that are told
_EXACT = 20_000  # rows up to which the hypergeometric distribution is summed
_RARE = 1_000  # cases up to which many rows are as good as endlessly many


@dataclass(frozen=True)
class Rise:
    """From one night to the other: both values, the 95% interval of the difference, and how likely chance rises so."""

    before: float
    after: float
    low: float
    high: float
    p: float  # one-sided

    @property
    def by(self) -> float:
        return self.after - self.before


def holm(chances: Sequence[float]) -> list[float]:
    """p-values corrected for their number, whatever their dependence.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    corrected = [1.0] * len(chances)
    least = 0.0
    for place, i in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min(1.0, (len(chances) - place) * chances[i]))
        corrected[i] = least
    return corrected


def wilson(count: float, rows: int, z: float) -> tuple[float, float]:
    """Limits of a share. Wilson, Journal of the American Statistical Association 22 (1927)."""
    share = count / rows
    middle = share + z * z / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return max(0.0, (middle - half) / (1 + z * z / rows)), min(1.0, (middle + half) / (1 + z * z / rows))


def share_rise(count_before: int, rows_before: int, count_after: int, rows_after: int) -> Rise:
    """How a share rose; rows must be at least 1 each. The chance is Fisher's exact test, or its limit for many rows.

    Interval: Newcombe, Interval estimation for the difference between independent proportions, method 10, Statistics
    in Medicine 17 (1998).
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + TWO_SIDED / 2))
    before, after = count_before / rows_before, count_after / rows_after
    low_before, high_before = wilson(count_before, rows_before, z)
    low_after, high_after = wilson(count_after, rows_after, z)
    by = after - before
    low = by - math.hypot(after - low_after, high_before - before)
    high = by + math.hypot(high_after - after, before - low_before)
    p = chance_of_more(count_before, rows_before, count_after, rows_after) if by > 0 else 1.0
    return Rise(before, after, low, high, p)


def chance_of_more(count_before: int, rows_before: int, count_after: int, rows_after: int) -> float:
    """How likely at least so many of all cases fall on the second night if every row is as likely to be one."""
    rows, cases = rows_before + rows_after, count_before + count_after
    if rows <= _EXACT:
        from scipy.stats import hypergeom

        return float(hypergeom.sf(count_after - 1, rows, cases, rows_after))
    from scipy.special import bdtr, bdtrc, ndtr

    if cases <= _RARE:
        return float(bdtrc(count_after - 1, cases, rows_after / rows)) if count_after else 1.0
    if rows - cases <= _RARE:  # the other way round: few that are none, still fewer of them on the second night
        return float(bdtr(rows_after - count_after, rows - cases, rows_after / rows))
    share = cases / rows
    error = math.sqrt(share * (1 - share) * (1 / rows_before + 1 / rows_after))
    return float(ndtr(-(count_after / rows_after - count_before / rows_before) / error))


def mean_rise(
    before: float, spread_before: float, rows_before: int, after: float, spread_after: float, rows_after: int
) -> Rise:
    """How a mean rose, from standard deviations over at least 2 rows each. Welch, Biometrika 34 (1947).

    The chance is the larger of Welch's and Student's. Errors are skewed: a short night with small ones has a small
    spread as well, and would be too sure of itself; when nothing changed, both nights tell the spread.
    """
    from scipy.special import stdtr, stdtrit

    one, other = spread_before**2 / rows_before, spread_after**2 / rows_after
    by, error = after - before, math.sqrt(one + other)
    if not error:
        return Rise(before, after, by, by, 0.0 if by > 0 else 1.0)
    freedom = (one + other) ** 2 / (one**2 / (rows_before - 1) + other**2 / (rows_after - 1))
    half = float(stdtrit(freedom, 0.5 + TWO_SIDED / 2)) * error
    together = rows_before + rows_after - 2
    pooled = ((rows_before - 1) * spread_before**2 + (rows_after - 1) * spread_after**2) / together
    common = math.sqrt(pooled * (1 / rows_before + 1 / rows_after))
    p = max(float(stdtr(freedom, -by / error)), float(stdtr(together, -by / common)))
    return Rise(before, after, by - half, by + half, p)


def beyond(by: float, error: float, freedom: float) -> float:
    """How likely chance moves something by at least so many standard errors in either direction; two-sided."""
    if not by:
        return 1.0
    if not error:
        return 0.0
    from scipy.special import stdtr

    return 2 * float(stdtr(max(1.0, freedom), -abs(by) / error))
