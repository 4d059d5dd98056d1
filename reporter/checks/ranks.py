"""Ranks: do the same features drive the model, in the same order?"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from reporter.checks.drivers import Pair, pairs
from reporter.checks.noise import holm
from reporter.checks.speaking import noticed
from reporter.comparison import Comparison
from reporter.errors import UsageError
from reporter.finding import Finding, Severity
from reporter.overview import Driver

Numbers = np.ndarray[Any, np.dtype[Any]]

PERSISTENCE = 0.9  # of the rank-biased overlap: the first ten ranks carry 86% of it
_CANDIDATES = 3  # times as many features as ranks are looked at: those that could come to stand among them


@dataclass(frozen=True)
class RankChange:
    """The order of the features changed more than noise changes it.

    Two measures: rank-biased overlap, in which the first ranks count most, and Kendall's tau. What noise alone does to
    them is drawn by a seeded parametric bootstrap: two nights have the shares of the first, or those of the second,
    moved together by the noise of the explanations and each by its standard errors. The change must be too large for
    either. Shares of related features move together, which no overview knows: so at least one feature that changed its
    rank must itself have moved beyond chance, by the test of shares, and beyond the noise of the explanations.
    Webber, Moffat and Zobel, A similarity measure for indefinite rankings, ACM Transactions on Information Systems 28
    (2010); Kendall, A new measure of rank correlation, Biometrika 30 (1938).
    """

    name: ClassVar[str] = "ranks"
    description: ClassVar[str] = "the order of what drives the model changed"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.05  # of the overlap, below that of the same order
    depth: int = 10  # ranks that are compared
    draws: int = 4000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.draws * self.alpha < 2:
            least = math.ceil(2 / self.alpha)
            raise UsageError(f"{self.draws} draws cannot show a chance of {self.alpha}", allowed=f"at least {least}")

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """One finding, of the feature that moved most."""
        both = _leading(pairs(comparison), self.depth * _CANDIDATES)
        if len(both) < 2:
            return
        before, after = (np.array([each.share for each in side]) for side in _sides(both))
        found = _measured(before[None], after[None], self.depth)
        if 1 - found[0][0] < self.smallest:
            return
        chances = holm([each.p for each in both])
        moved = [each for each, p in zip(both, chances, strict=True) if p <= self.alpha and _left(each)]
        if not moved:
            return
        drawn = [self._drawn(comparison, both, centre) for centre in (before, after)]
        # Both measures may speak up, so each has half of the chance; and neither night may allow for the other.
        p = min(
            2 * max((1 + int((each[place] <= value[0] + 1e-12).sum())) / (1 + self.draws) for each in drawn)
            for place, value in enumerate(found)
        )
        if p > self.alpha:
            return
        most = max(moved, key=lambda each: abs(each.by))
        yield noticed(
            self,
            comparison,
            "risen" if most.after.rank < most.before.rank else "fallen",
            most.after.id,
            words=most.after.words,
            rank_before=most.before.rank,
            rank=most.after.rank,
            before=most.before.share,
            after=most.after.share,
            overlap=float(found[0][0]),
            tau=float(found[1][0]),
            usual=float(np.quantile(drawn[0][0], 0.05)),
        )

    def _drawn(self, comparison: Comparison, both: list[Pair], centre: Numbers) -> tuple[Numbers, Numbers]:
        """Both measures of two nights that differ from the same shares, and so from each other, by noise alone.

        The rows of each night are its own; baselines and seeds, and so the noise of explanations, are the same on both.
        """
        sides = _sides(both)
        errors = [np.array([each.error for each in side]) for side in sides]
        noise = np.array([max(each.before.noise or 0.0, each.after.noise or 0.0) / 1.96 for each in both])
        # Shares add up to 1: what one gains others lose, so that differences vary more than independent shares would.
        wider = np.sqrt(len(both) / (len(both) - 1))
        # The study, not its numbers, chooses the seed: the same comparison always has the same answer.
        random = np.random.default_rng([self.seed, zlib.crc32(comparison.after.study.encode())])
        size = (self.draws, len(both))
        centres = centre + noise * random.standard_normal(size)
        nights = [centres + wider * error * random.standard_normal(size) for error in errors]
        return _measured(nights[0], nights[1], self.depth)


def _left(pair: Pair) -> bool:
    """Whether a feature has left its rank, and the noise of the explanations."""
    return pair.before.rank != pair.after.rank and abs(pair.by) > pair.noise


def _leading(both: list[Pair], most: int) -> list[Pair]:
    return sorted(both, key=lambda each: -max(each.before.share, each.after.share))[:most]


def _sides(both: list[Pair]) -> tuple[list[Driver], list[Driver]]:
    return [each.before for each in both], [each.after for each in both]


def _measured(before: Numbers, after: Numbers, depth: int) -> tuple[Numbers, Numbers]:
    """Rank-biased overlap down to `depth` and Kendall's tau of pairs of rows (draws, features) of shares."""
    ranks = [np.argsort(np.argsort(-side, axis=1, kind="stable"), axis=1) for side in (before, after)]
    return overlap(*ranks, depth=depth), kendall(*ranks)


def overlap(before: Numbers, after: Numbers, *, depth: int) -> Numbers:
    """Rank-biased overlap of pairs of rows of ranks from 0, (draws, features): 1 for the same order, else less."""
    depth = min(depth, before.shape[1])
    later = np.maximum(before, after)  # a feature is shared by both lists once they are this long
    shared = np.stack([(later < length).sum(axis=1) for length in range(1, depth + 1)], axis=1)
    weights = PERSISTENCE ** np.arange(depth)
    return np.asarray((shared / np.arange(1, depth + 1)) @ weights / weights.sum())


def kendall(before: Numbers, after: Numbers) -> Numbers:
    """Kendall's tau of pairs of rows of ranks without ties, (draws, features)."""
    features = before.shape[1]
    agreeing = np.zeros(len(before))
    for i in range(features - 1):
        one = np.sign(before[:, i + 1 :] - before[:, i : i + 1])
        agreeing += (one * np.sign(after[:, i + 1 :] - after[:, i : i + 1])).sum(axis=1)
    return np.asarray(agreeing / (features * (features - 1) / 2))
