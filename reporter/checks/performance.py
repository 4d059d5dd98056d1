"""Performance: is the model still as good on rows with labels?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.noise import Rise, mean_rise, share_rise
from reporter.checks.speaking import Values, noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Quality


@dataclass(frozen=True)
class PerformanceDrop:
    """More wrong classes, or a larger absolute error, than chance explains.

    Classes: Fisher's exact test and Newcombe's interval of the difference of two shares. Values: Welch's test and
    interval of the difference of two mean absolute errors.
    """

    name: ClassVar[str] = "performance"
    description: ClassVar[str] = "accuracy, or the mean error, is worse than in the reference run"

    severity: Severity = "critical"
    alpha: float = 0.002
    smallest: float = 0.01  # of the share of wrong classes
    smallest_error: float = 0.05  # of the mean error, relative to that of the reference run

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """One finding when it is worse; one of no weight when there are no labels any more."""
        before = comparison.before.quality if comparison.before is not None else None
        after = comparison.after.quality
        if before is None:
            return
        if after is None:
            if comparison.after.rows:
                yield noticed(self, comparison, "unlabelled", severity="info", rows=before.rows)
        elif before.task == after.task and min(before.rows, after.rows) > 1:
            rise = loss_rise(before, after)
            classes = after.task == "classification"
            smallest = self.smallest if classes else self.smallest_error * before.loss
            if rise.p <= self.alpha and rise.by >= smallest:
                yield self._worse(comparison, rise, classes)

    def _worse(self, comparison: Comparison, rise: Rise, classes: bool) -> Finding:
        rows = comparison.after.quality.rows if comparison.after.quality is not None else 0
        if classes:
            values: dict[str, Values] = {"before": 1 - rise.before, "after": 1 - rise.after}
        else:
            values = {"before": rise.before, "after": rise.after}
            if rise.before:
                values["by_share"] = rise.by / rise.before
        said = comparison.after.said
        return noticed(
            self,
            comparison,
            "accuracy" if classes else "error",
            by=rise.by,
            low=rise.low,
            high=rise.high,
            rows=rows,
            unit=said.unit if said is not None and not classes else "",
            more=values,
        )


def loss_rise(before: Quality, after: Quality) -> Rise:
    """How what is lost in a row rose, with what chance explains."""
    if after.task == "classification":
        return share_rise(round(before.loss * before.rows), before.rows, round(after.loss * after.rows), after.rows)
    return mean_rise(before.loss, before.spread, before.rows, after.loss, after.spread, after.rows)
