"""Finding: one thing an audit noticed, as numbers; it is told in any language from these. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from reporter.words import Words

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")  # least first


@dataclass(frozen=True)
class Finding:
    """What one check noticed of one study in one run.

    `kind` names the sentence that tells it, within the sentences of the check. `values` are what this sentence fills
    in: fractions from 0 to 1, never percent; raw values in their own unit; texts as they are.
    """

    check: str
    kind: str
    severity: Severity
    study: str = ""
    subject: str = ""  # id of the feature, class, slice or instance it is about; empty for the study as a whole
    values: dict[str, float | int | str | None] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)  # language → what the subject is called
    instances: tuple[str, ...] = ()  # ids of the instances that show it

    @property
    def id(self) -> str:
        """The same for the same thing noticed on two nights."""
        return ".".join(part for part in (self.study, self.check, self.kind, self.subject) if part)


def at_least(severity: Severity, limit: Severity) -> bool:
    """Whether a severity reaches a limit."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(limit)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among findings; None when there are none."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default=None)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first; within a severity as given."""
    return tuple(sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)))
