"""Signs: does a feature still push the same way?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drivers import pairs
from reporter.checks.noise import beyond, holm
from reporter.checks.speaking import named, noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Driver


@dataclass(frozen=True)
class SignChange:
    """A feature that pushes the other way, on both nights beyond noise.

    Which way higher values push is the correlation of attribution and value (Fisher's transformation gives its
    error); for categories, which way the feature pushes on average. Both nights have to be sure of their own direction,
    corrected for the number of features: noise about a feature without a direction says nothing.
    """

    name: ClassVar[str] = "signs"
    description: ClassVar[str] = "a feature pushes the other way"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.1  # of the correlation, on both nights
    share: float = 0.01  # of all influence that a feature has on one of both nights

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each feature, the strongest first."""
        before, after = comparison.before, comparison.after
        if before is None:
            return []
        both = [each for each in pairs(comparison) if max(each.before.share, each.after.share) >= self.share]
        turned = []
        for each in both:
            along = each.before.along is not None and each.after.along is not None
            sides = _side(each.before, before.attributed, along), _side(each.after, after.attributed, along)
            clear = not along or min(abs(sides[0][0]), abs(sides[1][0])) >= self.smallest
            opposed = sides[0][0] * sides[1][0] < 0 and clear
            turned.append((each, along, sides, max(sides[0][1], sides[1][1]) if opposed else 1.0))
        chances = holm([p for *_, p in turned])
        found = []
        for (each, along, sides, _), p in zip(turned, chances, strict=True):
            if p <= self.alpha:
                way = (
                    ("up" if sides[1][0] > 0 else "down")
                    if not after.classes
                    else ("towards" if sides[1][0] > 0 else "away")
                )
                finding = noticed(
                    self,
                    comparison,
                    f"{'along' if along else 'mean'}_{way}",
                    each.after.id,
                    words=each.after.words,
                    before=sides[0][0],
                    after=sides[1][0],
                    share=each.after.share,
                    rank=each.after.rank,
                    more=named("towards", after.towards, after.class_words.get(after.towards, {})),
                )
                found.append((max(each.before.share, each.after.share), finding))
        return the_first([finding for _, finding in sorted(found, key=lambda one: -one[0])])


def _side(driver: Driver, rows: int, along: bool) -> tuple[float, float]:
    """Which way a feature pushes on one night, and how likely chance alone gives it a direction so clear."""
    if not along or driver.along is None:
        return driver.mean, beyond(driver.mean, driver.mean_error, rows - 1)
    if rows < 5:
        return driver.along, 1.0
    distance = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, driver.along)))
    return driver.along, beyond(distance, 1 / math.sqrt(rows - 3), rows - 3)
