"""Rows of the ledger as they are handed out: runs and schedules. No torch, no SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from reporter.errors import LedgerError
from reporter.finding import Severity

State = Literal["running", "complete", "partial", "failed"]
CatchUp = Literal["latest", "all", "none"]


@dataclass(frozen=True)
class RunRow:
    """One run of an audit; all moments are in UTC."""

    audit: str
    slot: datetime  # the moment that the run stands for
    started: datetime
    state: State = "running"
    finished: datetime | None = None
    seconds: float = 0.0
    reference: str = ""  # slot of the run that it is compared with
    pinned: bool = False
    note: str = ""  # why it is pinned
    reports: tuple[str, ...] = ()
    worst: Severity | None = None  # of its findings
    counts: Mapping[Severity, int] = field(default_factory=dict)  # of its findings, by severity


@dataclass(frozen=True)
class ScheduleRow:
    """When an audit is due."""

    audit: str
    file: str  # its audit file, absolute
    at: str  # a cron expression
    time_zone: str
    catch_up: CatchUp
    grace_hours: float
    stored: datetime  # slots before it are never due
    last: datetime | None = None  # the latest slot that was handled


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises LedgerError for one that does not say which it is."""
    if moment.tzinfo is None:
        raise LedgerError(f"the moment {moment.isoformat()} has no time zone", remedy="give it one, such as UTC")
    return moment.astimezone(UTC)


def told(moment: datetime) -> str:
    """A moment as it is stored and shown: 2026-11-21T02:00:00+00:00."""
    return utc(moment).isoformat()
