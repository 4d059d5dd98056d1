"""Schedules in the ledger: stored, removed and listed, each told in a line. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from reporter.auditing.calendar.schedule import Schedule
from reporter.auditing.file import FILE_NAME, Audit, CatchUp, read_audit
from reporter.auditing.ledger.rows import ScheduleRow
from reporter.errors import AuditError, UnknownName

if TYPE_CHECKING:
    from reporter.auditing.ledger import Ledger

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
        f"Stored {row.audit}: {row.at} in {row.time_zone}; of missed slots {_caught(row.catch_up)}, within "
        f"{row.grace_hours:g} hours. Next: {coming}.{apart}"
    )


@dataclass(frozen=True)
class Scheduled:
    """An audit, when it is due, and the line that says so."""

    audit: Audit
    row: ScheduleRow
    line: str


def located(given: str | Path) -> Path:
    """The audit file itself, absolute, also when its folder was given."""
    path = Path(given)
    return (path / FILE_NAME if path.is_dir() else path).resolve()


def scheduled(
    file: str, now: datetime, *, at: str = "", time_zone: str = "", catch_up: str = "", keep: bool = False
) -> Scheduled:
    """Store when the audit of a file is due; with `keep`, what is stored stays unless something is given."""
    audit = read_audit(file)
    with _ledger_of(audit) as ledger:
        before = ledger.schedule_of(audit.name) if keep and not (at or time_zone or catch_up) else None
        row = before or stored(ledger, audit, located(file), now=now, at=at, time_zone=time_zone, catch_up=catch_up)
    return Scheduled(audit, replace(row, file=str(located(file))), said(row, audit, now))


def removed(file: str) -> str:
    """Forget the schedule of the audit of a file; its runs stay. Raises AuditError when there is none."""
    audit = read_audit(file)
    with _ledger_of(audit) as ledger:
        if ledger.schedule_of(audit.name) is None:
            raise AuditError(f"{audit.name} is not scheduled", remedy="`reporter schedule --list` shows what is")
        ledger.drop_schedule(audit.name)
    return f"Removed the schedule of {audit.name}; its runs are kept. What calls `reporter run-due` for it still does."


def listed(file: str, ledger: str, now: datetime) -> list[tuple[str, ...]]:
    """A table of all schedules, with a line of headings: of a ledger, or of the one that an audit file names."""
    audit = None if ledger else read_audit(file)
    where, folder = (ledger, Path()) if audit is None else (audit.ledger, audit.folder)
    with _opened(where, folder, create=False) as known:
        found = known.schedules()
    rows: list[tuple[str, ...]] = [("audit", "at", "time zone", "catch-up", "last", "next", "file")]
    for row in found:
        schedule = Schedule(row.at, row.time_zone)
        last = schedule.written(row.last) if row.last else ""
        coming = schedule.written(schedule.next(now, 1)[0])
        rows.append((row.audit, row.at, row.time_zone, row.catch_up, last, coming, row.file))
    return rows


def _ledger_of(audit: Audit) -> Ledger:
    return _opened(audit.ledger, audit.folder)


def _opened(ledger: str, folder: Path, *, create: bool = True) -> Ledger:
    from reporter.auditing.ledger import Ledger

    return Ledger.open(ledger, folder=folder, create=create)


def _caught(catch_up: str) -> str:
    return {"latest": "the latest is caught up", "all": "all are caught up", "none": "none is caught up"}[catch_up]
