"""Reliability: can the explanations be relied on as much as before?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.noise import holm, mean_rise, share_rise
from reporter.checks.speaking import noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.grade import RULES, Rule
from reporter.overview import Reliability

LEAST = 2  # instances with a score on either night


@dataclass(frozen=True)
class ReliabilityDrop:
    """More explanations are unreliable, fewer are solid, or a score is worse on average than chance explains.

    Grades: Fisher's exact test. Scores: Welch's test on the means. Corrected for how many are looked at.
    """

    name: ClassVar[str] = "reliability"
    description: ClassVar[str] = "explanations are less reliable"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.1  # of the instances, or of a score

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """The grades when they are worse; otherwise the scores that are."""
        if comparison.before is None or not comparison.before.reliability.instances:
            return []
        before, after = comparison.before.reliability, comparison.after.reliability
        if not after.instances:
            if not comparison.after.rows:
                return []
            return [noticed(self, comparison, "unmeasured", severity="info", instances_before=before.instances)]
        rules = [rule for rule in RULES if rule.metric in before.scores and rule.metric in after.scores]
        rises = [
            share_rise(before.unreliable, before.instances, after.unreliable, after.instances),
            share_rise(
                before.unreliable + before.indicative,
                before.instances,
                after.unreliable + after.indicative,
                after.instances,
            ),
        ]
        scored = [_chance(rule, before, after) for rule in rules]
        chances = holm([rise.p for rise in rises] + scored)
        for kind, rise, p in zip(("unreliable", "unsure"), rises, chances[:2], strict=True):
            if p <= self.alpha and rise.by >= self.smallest:
                return [
                    noticed(
                        self,
                        comparison,
                        kind,
                        before=rise.before,
                        after=rise.after,
                        count=round(rise.after * after.instances),
                        all=after.instances,
                        count_before=round(rise.before * before.instances),
                        all_before=before.instances,
                    )
                ]
        return list(self._scores(comparison, before, rules, chances[2:]))

    def _scores(
        self, comparison: Comparison, before: Reliability, rules: list[Rule], chances: list[float]
    ) -> Iterator[Finding]:
        for rule, p in zip(rules, chances, strict=True):
            one, other = before.scores[rule.metric], comparison.after.reliability.scores[rule.metric]
            # A tenth of a completeness error is unreliable: as much as it takes to lose a grade.
            smallest = self.smallest if rule.better == "higher" else self.smallest * rule.indicative
            if p <= self.alpha and abs(other - one) >= smallest:
                yield noticed(
                    self,
                    comparison,
                    "score",
                    rule.metric,
                    metric=rule.metric,
                    before=one,
                    after=other,
                    better=rule.better,
                )


def _chance(rule: Rule, before: Reliability, after: Reliability) -> float:
    """How likely chance makes the mean of a score so much worse; 1 where its spread is not known."""
    name = rule.metric
    if min(before.instances, after.instances) < LEAST or name not in before.spreads or name not in after.spreads:
        return 1.0
    sign = 1.0 if rule.better == "lower" else -1.0
    return mean_rise(
        sign * before.scores[name],
        before.spreads[name],
        before.instances,
        sign * after.scores[name],
        after.spreads[name],
        after.instances,
    ).p
