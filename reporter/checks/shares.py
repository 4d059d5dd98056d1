"""Shares: does a feature weigh more or less in the model's decisions than it did?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drivers import pairs
from reporter.checks.noise import holm
from reporter.checks.speaking import noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity


@dataclass(frozen=True)
class ShareChange:
    """A feature's share of all influence moved beyond what the rows explain, and beyond the noise of the explanations.

    Student's test on the difference of both shares, corrected for the number of features; the noise is the band that
    other baselines and seeds move the share within.
    """

    name: ClassVar[str] = "shares"
    description: ClassVar[str] = "a feature drives the model more, or less, than it did"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.02  # of all influence

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each feature, the largest change first."""
        both = pairs(comparison)
        chances = holm([each.p for each in both])
        found = [
            each
            for each, p in zip(both, chances, strict=True)
            if p <= self.alpha and abs(each.by) >= max(self.smallest, each.noise)
        ]
        return the_first(
            [
                noticed(
                    self,
                    comparison,
                    "rose" if each.by > 0 else "fell",
                    each.after.id,
                    words=each.after.words,
                    before=each.before.share,
                    after=each.after.share,
                    rank_before=each.before.rank,
                    rank=each.after.rank,
                    band=each.band,
                )
                for each in sorted(found, key=lambda one: -abs(one.by))
            ]
        )
