"""Predictions: does the model say other things than it did?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.drift import Drift, alike, category_drift, comparable, drift
from reporter.checks.noise import holm
from reporter.checks.speaking import named, noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity


@dataclass(frozen=True)
class PredictionDrift:
    """Predicted values, probabilities or classes are distributed otherwise than chance explains.

    Values and probabilities: Kolmogorov–Smirnov and chi-squared at the edges of the histogram; classes: chi-squared.
    The population stability index (PSI) says how far they moved; 0.1 is commonly called a moderate shift.
    """

    name: ClassVar[str] = "predictions"
    description: ClassVar[str] = "what the model says is distributed otherwise"

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.05  # PSI, less what chance adds to it

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """At most one finding on classes and one on values or probabilities."""
        before, after = comparison.before, comparison.after
        if before is None or not before.rows or not after.rows:
            return
        one, other, values = before.said, after.said, None
        if one is not None and other is not None:
            if before.towards == after.towards and comparable(one, other):
                values = drift(one, other)
            else:
                yield noticed(self, comparison, "incomparable", severity="info")
        classes = category_drift(*alike(before.classes, after.classes)) if before.classes and after.classes else None
        chances = holm([each.p if each is not None else 1.0 for each in (classes, values)])
        if classes is not None and self._notable(classes, chances[0]):
            words = after.class_words.get(classes.moved, {})
            yield noticed(
                self,
                comparison,
                "classes",
                classes.moved,
                words=words,
                before=classes.share_before,
                after=classes.share_after,
                psi=classes.psi,
            )
        if values is not None and one is not None and other is not None and self._notable(values, chances[1]):
            kind = "values" if not after.classes else "towards" if after.towards else "probabilities"
            yield noticed(
                self,
                comparison,
                kind,
                more=named("towards", after.towards, after.class_words.get(after.towards, {})),
                before=one.mean,
                after=other.mean,
                unit=other.unit,
                decimals=other.decimals,
                psi=values.psi,
                ks=values.ks,
            )

    def _notable(self, found: Drift, p: float) -> bool:
        return p <= self.alpha and found.psi >= self.smallest
