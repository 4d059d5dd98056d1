"""Schedules in the ledger: stored, removed and listed, each told in a line. No torch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from reporter.audit.file import Audit, CatchUp
from reporter.audit.rows import ScheduleRow
from reporter.audit.schedule import Schedule
from reporter.errors import AuditError, UnknownName

if TYPE_CHECKING:
    from reporter.audit.ledger import Ledger

_SHOWN = 3  # slots that come next


def stored(
    ledger: Ledger, audit: Audit, file: Path, *, now: datetime, at: str = "", time_zone: str = "", catch_up: str = ""
) -> ScheduleRow:
    """Store when an audit is due; what is not given is what its file says. Returns the row. Raises AuditError.

    Slots count from now, unless the same was stored before: then it stays as it is, and what was missed is still due.
    """
    given = at or audit.schedule.at
    if not given.strip():
        raise AuditError(
            f"{file} does not say when it is due",
            remedy='--at "0 2 * * *" for every night at two, or `at` under [schedule] in the file',
        )
    if catch_up and catch_up not in get_args(CatchUp):
        raise UnknownName("way to catch up", catch_up, get_args(CatchUp))
    schedule = Schedule.read(given, time_zone or audit.time_zone)
    row = ScheduleRow(
        audit=audit.name,
        file=str(file.resolve()),
        at=schedule.at,
        time_zone=schedule.time_zone,
        catch_up=catch_up or audit.schedule.catch_up,  # type: ignore[arg-type]  # checked above
        grace_hours=audit.schedule.grace_hours,
        stored=now,
        last=None,
    )
    before = ledger.schedule_of(audit.name)
    # A last slot ahead of the clock is what a clock that was wrong has left; storing again is the way out of it.
    if before is not None and (before.last is None or before.last <= now):
        same = replace(before, file=row.file) == replace(row, stored=before.stored, last=before.last)
        row = replace(row, stored=before.stored if same else now, last=before.last)
    ledger.store_schedule(row)
    return row


def said(row: ScheduleRow, audit: Audit, now: datetime) -> str:
    """What was stored, and when the next slots are, in one line."""
    schedule = Schedule(row.at, row.time_zone)
    coming = ", ".join(schedule.written(slot) for slot in schedule.next(now, _SHOWN))
    apart = "" if row.time_zone == audit.time_zone else f" The file's paths are filled in {audit.time_zone} time."
    return (
        f"Stored {row.audit}: {row.at} in {row.time_zone}, of missed slots {_caught(row.catch_up)} within "
        f"{row.grace_hours:g} hours. Next: {coming}.{apart}"
    )


def removed(ledger: Ledger, name: str) -> str:
    """Forget the schedule of an audit; its runs stay. Raises AuditError when there is none."""
    if ledger.schedule_of(name) is None:
        raise AuditError(f"{name} is not scheduled", remedy="`reporter schedule --list` shows what is")
    ledger.drop_schedule(name)
    return f"Removed the schedule of {name}; its runs are kept. A timer that calls `reporter run-due` stays: remove it."


def listed(ledger: Ledger, now: datetime) -> list[tuple[str, ...]]:
    """A table of all schedules in a ledger, with a line of headings."""
    rows: list[tuple[str, ...]] = [("audit", "at", "time zone", "catch-up", "last", "next", "file")]
    for row in ledger.schedules():
        schedule = Schedule(row.at, row.time_zone)
        last = schedule.written(row.last) if row.last else ""
        coming = schedule.written(schedule.next(now, 1)[0])
        rows.append((row.audit, row.at, row.time_zone, row.catch_up, last, coming, row.file))
    return rows


def _caught(catch_up: str) -> str:
    return {"latest": "the latest is caught up", "all": "all are caught up", "none": "none is caught up"}[catch_up]
