"""Protected: is an attribute that must not matter among the drivers?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drivers import LEAST_ATTRIBUTED, error_of, pairs
from reporter.checks.noise import holm
from reporter.checks.speaking import Values, noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Driver, Overview


@dataclass(frozen=True)
class ProtectedDriver:
    """An attribute that the study declares protected has a share of all influence that noise does not explain away.

    It counts as a driver when the lower limit of its share is above `smallest`, or when it is among the first `top` of
    many features. Newly so, its share risen beyond noise, it is critical; what was so in the reference run is told as
    information. Without a reference run it is told as it stands.
    """

    name: ClassVar[str] = "protected"
    description: ClassVar[str] = "a protected attribute is among what drives the model"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.05  # of all influence
    top: int = 3  # ranks, where there are at least four times as many features

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each protected attribute among the drivers, the strongest first."""
        after = comparison.after
        if after.attributed < LEAST_ATTRIBUTED:
            return []
        both = [each for each in pairs(comparison) if each.after.protected]
        risen = dict(zip([each.after.id for each in both], holm([each.p / 2 for each in both]), strict=True))
        known = {each.after.id: each for each in both}
        found = []
        for each in after.drivers:
            if not each.protected or not self.drives(each, after):
                continue
            kind: str = "present"
            values: dict[str, Values] = {}
            severity: Severity | None = None
            if each.id in known:
                pair = known[each.id]
                newly = pair.by > pair.noise and risen[each.id] <= self.alpha
                kind, severity = ("risen", "critical") if newly else ("still", "info")
                values = {"before": pair.before.share, "rank_before": pair.before.rank}
            found.append(
                noticed(
                    self,
                    comparison,
                    kind,
                    each.id,
                    severity=severity,
                    words=each.words,
                    share=each.share,
                    rank=each.rank,
                    more=values,
                )
            )
        return the_first(sorted(found, key=lambda one: one.kind != "risen"))

    def drives(self, driver: Driver, overview: Overview) -> bool:
        """Whether a feature is among the drivers beyond noise."""
        from scipy.special import stdtrit

        half = float(stdtrit(overview.attributed - 1, 1 - self.alpha)) * error_of(driver)
        if driver.share - half > self.smallest:
            return True
        many = len(overview.drivers) >= 4 * self.top
        return many and driver.rank <= self.top and driver.share - half > 0
