"""Drift of one column between two nights: how far its distribution moved, and how likely chance moves it so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reporter.checks.noise import chance_of_more
from reporter.overview import Summary

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Cells = np.ndarray[Any, np.dtype[np.int64]]

LEAST_EXPECTED = 5.0  # rows of a cell of a chi-squared test; smaller cells are put together
_HALF = 0.5  # row added to each cell, so that an empty one does not make the PSI endless


@dataclass(frozen=True)
class Drift:
    """How far a distribution moved.

    `psi` is the population stability index less what chance alone adds to it, (cells − 1)(1/n + 1/m): about 0 where
    nothing changed, however few rows there are. `ks` is the largest distance of the two distribution functions at the
    edges of the histogram, None for categories. `p` is the smaller of both tests, doubled for numbers.
    Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation 14
    (2020).
    """

    psi: float
    p: float
    ks: float | None = None
    moved: str = ""  # of categories: the value whose share changed most, and its shares
    share_before: float = 0.0
    share_after: float = 0.0


def comparable(before: Summary, after: Summary) -> bool:
    """Whether both were counted alike: categories, or numbers between the same edges."""
    if (before.kind == "category") != (after.kind == "category"):
        return False
    if after.kind == "category":
        return True
    one, other = before.histogram, after.histogram
    return one is not None and other is not None and one.edges == other.edges


def drift(before: Summary, after: Summary) -> Drift | None:
    """How the rows that are not missing moved; None where either night has none of them, or none can be compared."""
    if not comparable(before, after):
        return None
    if after.kind == "category":
        return category_drift(*alike(before.values, after.values))
    if before.histogram is None or after.histogram is None:
        return None
    return number_drift(before.histogram.counts, after.histogram.counts)


def number_drift(before: tuple[int, ...], after: tuple[int, ...]) -> Drift | None:
    """From the counts of the same histogram: Kolmogorov–Smirnov for where values lie, chi-squared for how they spread.

    At the edges alone the first says too little rather than too much.
    """
    one, other = np.array(before, dtype=float), np.array(after, dtype=float)
    n, m = one.sum(), other.sum()
    if not n or not m:
        return None
    from scipy.special import kolmogorov

    ks = float(np.abs(np.cumsum(one) / n - np.cumsum(other) / m).max())
    distance = float(kolmogorov(math.sqrt(n * m / (n + m)) * ks))
    p = min(1.0, 2 * min(distance, _chi_squared(one, other, in_order=True)))
    return Drift(_psi(one, other), p, ks)


def category_drift(before: Mapping[str, int], after: Mapping[str, int]) -> Drift | None:
    """From the counts of the same values."""
    names = sorted(before.keys() | after.keys())
    one, other = (np.array([found.get(name, 0) for name in names], dtype=float) for found in (before, after))
    n, m = one.sum(), other.sum()
    if not n or not m:
        return None
    known = [i for i, name in enumerate(names) if name] or [0]
    # Of two classes both move as far: the one that grew is told.
    most = max(known, key=lambda i: (round(abs(other[i] / m - one[i] / n), 9), other[i] / m - one[i] / n))
    p = _chi_squared(one, other, in_order=False)
    return Drift(_psi(one, other), p, None, names[most], float(one[most] / n), float(other[most] / m))


def alike(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Counts of values so that both sides can be compared: only the most frequent ones are counted by name.

    A value that one side names may be among the rest ("") of the other, at most as often as the rarest that is named
    there. It is taken to be as frequent as on the first side, as far as that allows: what may be no change is none.
    """
    first, second = dict(before), dict(after)
    for here, there in ((first, second), (second, first)):
        rest, total = there.get("", 0), sum(there.values())
        if not rest or not sum(here.values()):
            continue
        bound = min((count for name, count in there.items() if name), default=rest)
        scale = total / sum(here.values())
        for name in sorted(here.keys() - there.keys()):
            taken = min(bound, rest, round(here[name] * scale))
            there[name], rest = taken, rest - taken
        there[""] = rest
    return first, second


def new_values(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, float]:
    """Values that are new tonight, with how likely it is that rows so frequent were all missed the first time.

    The chances are corrected for the number of values of tonight. None where the first night names only some.
    """
    n, m = sum(before.values()), sum(after.values())
    if not n or before.get("", 0):
        return {}
    found = {name: count for name, count in after.items() if name and name not in before}
    return {name: min(1.0, len(after) * chance_of_more(0, n, count, m)) for name, count in found.items()}


def _psi(before: Numbers, after: Numbers) -> float:
    used = (before + after) > 0
    before, after = before[used], after[used]
    n, m, cells = before.sum(), after.sum(), len(before)
    one, other = (before + _HALF) / (n + _HALF * cells), (after + _HALF) / (m + _HALF * cells)
    found = float(((other - one) * np.log(other / one)).sum())
    return max(0.0, found - float((cells - 1) * (1 / n + 1 / m)))


def _chi_squared(before: Numbers, after: Numbers, *, in_order: bool) -> float:
    """The p-value of both rows of counts being of one distribution; 1 where fewer than two cells are left."""
    both = before + after
    share = min(before.sum(), after.sum()) / both.sum()
    cells = _neighbours(both * share) if in_order else _rare(both * share)
    if cells.max() < 1:
        return 1.0
    one, other = np.bincount(cells, weights=before), np.bincount(cells, weights=after)
    part, total = one.sum() / both.sum(), one + other
    expected = total * part
    statistic = ((one - expected) ** 2 / (expected * (1 - part))).sum()
    from scipy.special import chdtrc

    return float(chdtrc(len(total) - 1, statistic))


def _neighbours(expected: Numbers) -> Cells:
    """The cell of each bin: neighbours together until enough rows are expected in each; the last takes what is left."""
    cells, cell, held = np.zeros(len(expected), dtype=int), 0, 0.0
    for i, rows in enumerate(expected):
        cells[i], held = cell, held + rows
        if held >= LEAST_EXPECTED and expected[i + 1 :].sum() >= LEAST_EXPECTED:
            cell, held = cell + 1, 0.0
    return cells


def _rare(expected: Numbers) -> Cells:
    """The cell of each value: one of its own where it is frequent enough, all others together or with the rarest."""
    cells, cell, left = np.full(len(expected), -1), 0, expected[expected < LEAST_EXPECTED].sum()
    for i in np.argsort(-expected, kind="stable"):
        if expected[i] >= LEAST_EXPECTED:
            cells[i], cell = cell, cell + 1
    together = cell if left >= LEAST_EXPECTED else max(0, cell - 1)
    return np.where(cells < 0, together, cells)
