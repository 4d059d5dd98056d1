"""Dominance: does another feature lead, or one alone decide?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drivers import Pair, error_of, pairs
from reporter.checks.noise import beyond
from reporter.checks.speaking import named, noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity

HALF = 0.5


@dataclass(frozen=True)
class NewDominant:
    """A feature leads that did not, or one alone has more than half of all influence and had not.

    Both nights have to be sure of it beyond the errors of their shares; each may be wrong so often that both are hardly
    ever wrong together.
    """

    name: ClassVar[str] = "dominance"
    description: ClassVar[str] = "another feature leads, or one alone has more than half of all influence"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.02  # of all influence, between both features on either night

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """At most one finding of each kind."""
        both = pairs(comparison)
        if comparison.before is None or len(both) < 2:
            return
        freedom = min(comparison.before.attributed, comparison.after.attributed) - 1
        yield from self._half(comparison, both, freedom)
        yield from self._leads(comparison, both, freedom)

    def _leads(self, comparison: Comparison, both: list[Pair], freedom: float) -> Iterator[Finding]:
        first, old = (min(both, key=rank) for rank in (_rank, _rank_before))
        if first is old:
            return
        wider = math.sqrt(len(both) / (len(both) - 1))  # shares add up to 1: what one gains others lose
        surely = all(
            ahead.share - behind.share >= self.smallest
            and beyond(ahead.share - behind.share, wider * math.hypot(error_of(ahead), error_of(behind)), freedom) / 2
            <= math.sqrt(self.alpha) / 2
            for ahead, behind in ((first.after, old.after), (old.before, first.before))
        )
        if surely:
            yield noticed(
                self,
                comparison,
                "leads",
                first.after.id,
                words=first.after.words,
                more=named("old", old.after.id, old.after.words),
                share=first.after.share,
                share_before=first.before.share,
                old_share=old.after.share,
                old_before=old.before.share,
            )

    def _half(self, comparison: Comparison, both: list[Pair], freedom: float) -> Iterator[Finding]:
        for each in both:
            above, below = each.after.share - HALF, HALF - each.before.share
            if min(above, below) > 0 and all(
                beyond(by, error_of(driver), freedom) / 2 <= math.sqrt(self.alpha) / 2
                for by, driver in ((above, each.after), (below, each.before))
            ):
                yield noticed(
                    self,
                    comparison,
                    "half",
                    each.after.id,
                    words=each.after.words,
                    before=each.before.share,
                    after=each.after.share,
                )


def _rank(pair: Pair) -> int:
    return pair.after.rank


def _rank_before(pair: Pair) -> int:
    return pair.before.rank
