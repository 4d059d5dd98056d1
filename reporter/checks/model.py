"""Model: is it the same file, asked in the same way?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.speaking import Values, named, noticed
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity


@dataclass(frozen=True)
class ModelChanged:
    """The model's weights or files are others, or the explanations are made in another way; by their digests."""

    name: ClassVar[str] = "model"
    description: ClassVar[str] = "the model's file, the method or the explained outcome is another"

    severity: Severity = "warning"

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """Other weights, else another file of the same weights; then what makes explanations hard to compare."""
        before, after = comparison.before, comparison.after
        if before is None:
            return
        weights = bool(before.weight_hash and after.weight_hash)
        if weights and before.weight_hash != after.weight_hash:
            digests: dict[str, Values] = {"before": before.weight_hash[:12], "after": after.weight_hash[:12]}
            yield noticed(self, comparison, "weights", more=digests)
        elif before.model_hash and after.model_hash and before.model_hash != after.model_hash:
            digests = {"before": before.model_hash[:12], "after": after.model_hash[:12]}
            severity: Severity | None = "info" if weights else None
            yield noticed(self, comparison, "packing" if weights else "file", severity=severity, more=digests)
        if before.method and after.method and before.method != after.method:
            yield noticed(self, comparison, "method", severity="info", before=before.method, after=after.method)
        if before.towards != after.towards and before.drivers and after.drivers:
            yield noticed(
                self,
                comparison,
                "towards",
                severity="info",
                more={
                    **named("before", before.towards, before.class_words.get(before.towards, {})),
                    **named("after", after.towards, after.class_words.get(after.towards, {})),
                },
            )
