"""Cost: does a run take longer, more memory or more space than on the nights before?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, stdev
from typing import ClassVar

from reporter.checks.speaking import noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Overview

NORMAL = 1.4826  # of the median absolute deviation, so that it is the standard deviation of what is normal
TROUBLE = 3.5  # robust standard deviations from which a night says nothing of usual ones
MEASURABLE = 1e-6  # seconds; less than that was not measured
MEASURES = ("time", "memory", "reports")


@dataclass(frozen=True)
class CostGrowth:
    """A row took longer, a worker more memory, or the reports more space than on the nights before.

    Against at least `nights` of them: the median of the logarithm, and the spread of those that its median absolute
    deviation does not set apart, with the quantile of Student's t that so few nights call for. Against fewer, the
    reference run alone, and only `factor` times as much counts: how much nights differ is not known then. Neither does
    anything that nobody would notice.
    """

    name: ClassVar[str] = "cost"
    description: ClassVar[str] = "the run is slower or larger"

    severity: Severity = "warning"
    alpha: float = 0.002
    nights: int = 5
    factor: float = 3.0
    smallest: float = 1.5  # times as much as usual
    floor: float = 0.1  # standard deviation of a logarithm that any machine has from night to night
    seconds: float = 10.0  # more in a whole run that nobody would notice
    mebibytes: float = 64.0

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """At most one finding each on time, memory and reports."""
        for measure in MEASURES:
            tonight = _measured(comparison.after, measure)
            usual = [found for each in comparison.history if (found := _measured(each, measure))]
            known = len(usual) >= self.nights
            if not known:
                usual = []
                if comparison.before is not None and (found := _measured(comparison.before, measure)):
                    usual = [found]
            if not tonight or not usual:
                continue
            normal = median(usual)
            limit = self._limit(usual) if known else normal * self.factor
            if tonight > limit and self._felt(measure, tonight - normal, comparison):
                yield noticed(
                    self,
                    comparison,
                    measure if known else f"{measure}_before",
                    measure,
                    before=normal,
                    after=tonight,
                    times=tonight / normal,
                    nights=len(usual),
                )

    def _limit(self, usual: Sequence[float]) -> float:
        from scipy.special import stdtrit

        logs = [math.log(each) for each in usual]
        middle = median(logs)
        far = TROUBLE * NORMAL * median(abs(each - middle) for each in logs)
        usable = [each for each in logs if abs(each - middle) <= far]
        spread = max(self.floor, stdev(usable) if len(usable) > 1 else 0.0)
        # The error of a median is √(π/2) of that of a mean; so few nights know their spread as Student's t says.
        quantile = float(stdtrit(max(1, len(logs) - 1), 1 - self.alpha / len(MEASURES)))
        error = spread * math.sqrt(1 + math.pi / 2 / len(logs))
        return math.exp(middle + max(math.log(self.smallest), quantile * error))

    def _felt(self, measure: str, more: float, comparison: Comparison) -> bool:
        """Whether anybody would notice. Part of the time goes to no row: with few of them, each takes longer."""
        if measure == "time":
            earlier = [each.cost.seconds for each in (*comparison.history, comparison.before) if each is not None]
            longer = comparison.after.cost.seconds >= self.smallest * median(earlier)
            return longer and more * comparison.after.cost.rows >= self.seconds
        return more >= self.mebibytes * 2**20 * (1.0 if measure == "memory" else 0.1)


def _measured(overview: Overview, measure: str) -> float:
    """Seconds of a row, or bytes; 0 where it was not measured."""
    cost = overview.cost
    if measure == "time":
        return cost.seconds / cost.rows if cost.rows and cost.seconds > MEASURABLE else 0.0
    return float((cost.peak_bytes if measure == "memory" else cost.report_bytes) or 0)
