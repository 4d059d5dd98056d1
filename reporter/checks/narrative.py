"""Narrative: does the report of a watched instance say something else?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.speaking import Values, named, noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.grade import LEVELS
from reporter.overview import Overview, Told

_STOPS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_NUMBERS = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True)
class NarrativeChange:
    """What the report of an instance says tonight that it did not: another outcome, other main reasons, another grade.

    The same instance of the study's own data is told every night, so that with the same model the same is told; a
    number alone that moved is no change. A value counts as another one when it moved by `smallest` of the spread of
    all predictions.
    """

    name: ClassVar[str] = "narrative"
    description: ClassVar[str] = "a watched instance is told otherwise"

    severity: Severity = "warning"
    smallest: float = 0.25  # standard deviations of the predictions
    reasons: int = 3  # main reasons that are compared

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """A finding for each watched instance: other outcomes first, then grades that are worse, then reasons."""
        if comparison.before is None:
            return []
        known = {told.instance: told for told in comparison.before.told if told.watched}
        found = []
        for after in comparison.after.told:
            before = known.get(after.instance)
            kind = self._kind(before, after, comparison.after) if after.watched and before is not None else ""
            if kind and before is not None:
                values: dict[str, Values] = {
                    **named("before", before.outcome, before.words.get(before.outcome, {})),
                    **named("after", after.outcome, after.words.get(after.outcome, {})),
                    "grade_before": before.grade,
                    "grade": after.grade,
                    **_quoted(before, after),
                }
                found.append(noticed(self, comparison, kind, after.instance, instances=(after.instance,), more=values))
        order = ("outcome", "value", "grade", "reasons")
        return the_first(sorted(found, key=lambda each: order.index(each.kind)))

    def _kind(self, before: Told, after: Told, overview: Overview) -> str:
        """What is said otherwise; empty when nothing is."""
        if overview.classes:
            if before.outcome != after.outcome:
                return "outcome"
        elif before.outcome != after.outcome and overview.said is not None:
            spread = overview.said.std or 0.0
            if abs(after.score - before.score) >= self.smallest * spread and after.score != before.score:
                return "value"
        if _level(after.grade) < _level(before.grade):
            return "grade"
        one, other = before.reasons[: self.reasons], after.reasons[: self.reasons]
        # Their order is less firm than their being there; what turned round is another reason.
        return "reasons" if set(one) != set(other) else ""


def _level(grade: str) -> int:
    return LEVELS.index(grade) if grade in LEVELS else len(LEVELS)


def _quoted(before: Told, after: Told) -> dict[str, Values]:
    """In every language the first sentence tonight that was not told, numbers aside."""
    quoted: dict[str, Values] = {"now": ""}
    for language, text in after.text.items():
        known = {_NUMBERS.sub("#", sentence) for sentence in _sentences(before.text.get(language, ""))}
        fresh = [sentence for sentence in _sentences(text) if _NUMBERS.sub("#", sentence) not in known]
        quoted[f"now.{language}"] = fresh[0] if fresh else ""
    return quoted


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _STOPS.split(text) if sentence.strip()]
