"""What one run of an audit came to: everything its reports tell. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from reporter.finding import SEVERITIES, Finding, Severity, at_least, by_severity, worst
from reporter.overview import Overview
from reporter.work import Done

State = Literal["complete", "partial", "failed"]


@dataclass(frozen=True)
class FailedItem:
    """An item of work that came to nothing, and why in one line."""

    study: str
    key: str
    problem: str
    cause: str = "error"  # error, timeout, crash
    attempts: int = 1
    seconds: float = 0.0

    @classmethod
    def of(cls, study: str, done: Done) -> FailedItem:
        return cls(study, done.item.key, done.problem, done.cause or "error", done.attempts, done.seconds)


@dataclass(frozen=True)
class RunResult:
    """One run of an audit: what it found, and the overviews it rests on."""

    audit: str
    slot: datetime  # aware; the moment the run stands for
    overviews: Mapping[str, Overview]  # by study
    title: str = ""
    zone: str = "UTC"  # in which moments are told
    state: State = "complete"
    started: datetime | None = None
    seconds: float = 0.0
    reference: str = ""  # slot (ISO 8601, UTC) of the run it is compared with; empty when there is none
    before: Mapping[str, Overview] = field(default_factory=dict)  # of the reference run, by study
    findings: tuple[Finding, ...] = ()
    failed: tuple[FailedItem, ...] = ()
    checks: tuple[str, ...] = ()  # names of the checks that looked, so that those without findings are told as well
    fail: Severity = "warning"  # findings of this severity or worse end the run with exit code 1
    language: str = "en"
    engine: str = ""
    workers: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)  # package → version
    command: str = ""  # that runs it again: "reporter audit audit.toml --slot …"

    @cached_property
    def local(self) -> datetime:
        """The slot in the audit's time zone."""
        return self.slot.astimezone(ZoneInfo(self.zone))

    @cached_property
    def worst(self) -> Severity | None:
        return worst(self.findings)

    @cached_property
    def sorted_findings(self) -> tuple[Finding, ...]:
        """The worst first."""
        return by_severity(self.findings)

    @cached_property
    def counts(self) -> Mapping[Severity, int]:
        """Findings of each severity, the worst first; 0 is told as well."""
        return {
            severity: sum(finding.severity == severity for finding in self.findings)
            for severity in reversed(SEVERITIES)
        }

    @property
    def failing(self) -> bool:
        """Whether a finding reaches the severity that fails the run."""
        return self.worst is not None and at_least(self.worst, self.fail)
