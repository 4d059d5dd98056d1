"""What is due, and running it: every slot once, whoever calls, whenever, and whatever the clock does. No torch.

`due` is a function of what is stored and of the clock; nothing else is remembered. A slot is handled when its run is
in the ledger as complete or partial, and the latest one handled moves on only then: a run that failed is due again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from reporter.auditing.calendar.schedule import Schedule
from reporter.errors import AuditError, Locked, ReporterError, first_line

if TYPE_CHECKING:
    from reporter.auditing.file import Audit
    from reporter.auditing.ledger import Ledger
    from reporter.auditing.ledger.rows import RunRow, ScheduleRow

# Exit codes, the worst last: nothing to complain of · another run is at work, and will do it · findings ·
# some items failed, so there may be findings that nobody saw · it did not run at all.
ORDER = (0, 11, 1, 3, 2)
LOCKED = 11
RAN = (0, 1, 3)
HANDLED = ("complete", "partial")
MOST = 100  # slots of one audit in one call
ON_TIME = timedelta(hours=1)  # a slot is missed, for those who catch nothing up, when it is older than this
AHEAD = timedelta(days=1)  # further than this a clock that is right is never set back
_TICK = timedelta(microseconds=1)

# Runs one slot of an audit, read from a file; returns the exit code and what it came to, or raises a ReporterError.
Runner = Callable[["Audit", datetime, Path], tuple[int, str]]
Say = Callable[[str], None]  # takes one line


@dataclass(frozen=True)
class Target:
    """One audit that may be due, and how to reach what is stored of it."""

    name: str
    file: Path
    opened: Callable[[], Ledger]


def worst(codes: Iterable[int]) -> int:
    """The exit code of several runs; a code that is not known counts as an error."""
    return max(codes, key=lambda code: ORDER.index(code) if code in ORDER else len(ORDER), default=0)


def due(row: ScheduleRow, now: datetime, *, failed: Collection[datetime] = ()) -> list[datetime]:
    """The slots to run now, the oldest first; `failed` are slots of this audit whose runs began and did not end well.

    No slot is due before the schedule was stored, after `grace_hours`, or when it is not later than the last one
    handled; but where all are caught up, one that failed stays due even when a later one was handled meanwhile.
    """
    schedule = Schedule(row.at, row.time_zone)
    # A slot of the very moment at which it was stored, or grace ends, counts.
    after = max(row.stored, now - timedelta(hours=row.grace_hours)) - _TICK
    later = after if row.last is None else max(after, row.last)
    if row.catch_up == "none":
        later = max(later, now - ON_TIME - _TICK)
    if row.catch_up != "all":
        latest = schedule.latest(later, now)
        return [] if latest is None else [latest]
    again = {slot for slot in failed if after < slot <= now and slot <= later}
    return [*sorted(again), *islice(schedule.slots(later, now), MOST)][:MOST]


def targets(files: Iterable[str | Path]) -> list[Target]:
    """The audits of some files. Raises AuditError."""
    from reporter.auditing.calendar.storing import located
    from reporter.auditing.file import read_audit

    read = [(read_audit(given), located(given)) for given in files]
    return [Target(audit.name, path, _opener(audit.ledger, audit.folder)) for audit, path in read]


def targets_in(ledger: str) -> list[Target]:
    """All audits that are scheduled in a ledger. Raises LedgerError."""
    opened = _opener(ledger, Path())
    with opened() as known:
        return [Target(row.audit, Path(row.file), opened) for row in known.schedules()]


def _opener(ledger: str, folder: Path) -> Callable[[], Ledger]:
    def opened() -> Ledger:
        from reporter.auditing.ledger import Ledger

        return Ledger.open(ledger, folder=folder)

    return opened


@dataclass(frozen=True)
class Call:
    """One call of `reporter run-due`: with what slots are run, and who is told."""

    runner: Runner
    say: Say
    stopping: Callable[[], bool] = lambda: False

    def run(self, target: Target, now: datetime) -> int:
        """Run what is due of one audit, and return the worst exit code; what goes wrong is said, not raised."""
        codes = [0]
        try:
            for slot in self.due(target, now):
                if self.stopping():
                    break
                codes.append(self._slot(target, slot))
                if codes[-1] == LOCKED:
                    break  # whoever is at work on this audit does the rest
        except ReporterError as error:
            codes.append(error.exit_code)
            self.say(f"{target.name}: {error}")
        return worst(codes)

    def due(self, target: Target, now: datetime, *, dry: bool = False) -> list[datetime]:
        """What is due of one audit; when `dry`, nothing is stored. Raises AuditError, LedgerError."""
        with target.opened() as ledger:
            row = ledger.schedule_of(target.name) or self._adopted(ledger, target, now, dry=dry)
            if row is None:
                return []
            if row.last is not None and row.last > now + AHEAD:
                raise AuditError(
                    f"the last slot that ran, {row.last:%Y-%m-%d %H:%M}, lies ahead of the clock, {now:%Y-%m-%d %H:%M}",
                    allowed="nothing is due until then",
                    remedy=f"once the clock is right: reporter schedule {target.file}",
                )
            runs = ledger.runs(target.name, finished=False)
            slots = due(row, now, failed=[run.slot for run in runs if run.state not in HANDLED])
            there = {run.slot for run in runs if run.state in HANDLED}
            return [slot for slot in slots if slot not in there] if dry else slots

    def _adopted(self, ledger: Ledger, target: Target, now: datetime, *, dry: bool) -> ScheduleRow | None:
        """The schedule of the audit's own file, stored now: a fresh container has nobody who would have stored it."""
        from reporter.auditing.calendar.storing import stored
        from reporter.auditing.file import read_audit

        audit = read_audit(target.file)
        if not audit.schedule.at:
            raise AuditError("it is not scheduled", remedy=f'reporter schedule {target.file} --at "0 2 * * *"')
        if dry:
            self.say(f"{target.name}: its schedule is not stored yet; the first call does so, and slots count from it")
            return None
        self.say(f"{target.name}: stored its schedule, {audit.schedule.at} in {audit.time_zone}; slots count from now")
        return stored(ledger, audit, target.file, now=now)

    def _slot(self, target: Target, slot: datetime) -> int:
        """Run one slot, unless it is there already, and mark it as handled if its run is in the ledger."""
        if handled(target, slot):
            return 0
        code, said = self._ran(target, slot)
        stopped = code in RAN and self.stopping()
        if not handled(target, slot) and code != LOCKED and not stopped:
            code, said = 2, f"{said or _named(target, slot, 'it left no finished run')}; failed, and due again"
            _mark_failed(target, slot)
        self.say(said)
        return code

    def _ran(self, target: Target, slot: datetime) -> tuple[int, str]:
        """The exit code, and what there is to say."""
        from reporter.auditing.file import read_audit

        try:
            return self.runner(_same(read_audit(target.file), target), slot.astimezone(UTC), target.file)
        except ReporterError as error:
            return error.exit_code, _named(target, slot, str(error))
        except Exception as error:  # noqa: BLE001 - a night of one audit must not take the others with it
            return 2, _named(target, slot, f"unexpected {type(error).__name__}: {first_line(error)}")


def _named(target: Target, slot: datetime, problem: str) -> str:
    return f"{target.name} {slot:%Y-%m-%d %H:%M} UTC: {problem}"


def _same(audit: Audit, target: Target) -> Audit:
    if audit.name != target.name:
        raise AuditError(
            f"{target.file} holds the audit {audit.name!r} by now, not {target.name!r}",
            remedy=f"give it its name again, or store its schedule anew: reporter schedule {target.file}",
        )
    return audit


def coming(found: Iterable[Target], now: datetime) -> datetime | None:
    """When the next slot of some audits comes; None when nothing is scheduled. Raises LedgerError."""
    slots = []
    for target in found:
        with target.opened() as ledger:
            if row := ledger.schedule_of(target.name):
                slots += Schedule(row.at, row.time_zone).next(max(now, row.stored - _TICK), 1)
    return min(slots, default=None)


def handled(target: Target, slot: datetime) -> RunRow | None:
    """The run of a slot if it is in the ledger as complete or partial; the latest slot handled moves on to it."""
    with target.opened() as ledger:
        run = ledger.run(target.name, slot)
        if run is None or run.state not in HANDLED:
            return None
        ledger.advance(target.name, slot)
        return run


def _mark_failed(target: Target, slot: datetime) -> None:
    """Leave it in the ledger that the run of a slot failed, also when it never began; nothing when one is at work."""
    with target.opened() as ledger:
        try:
            with ledger.claimed(target.name):
                if ledger.begin(target.name, slot).state == "running":
                    ledger.finish(target.name, slot, "failed", {}, (), 0.0)
        except Locked:
            return  # whoever is at work knows better what becomes of it
