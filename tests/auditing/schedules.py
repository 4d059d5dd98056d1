"""What tests of schedules share: a ledger in memory, and a run that leaves what a real one leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

from reporter.auditing.calendar.due import Call, Runner, Target
from reporter.auditing.file import Audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow, ScheduleRow, State

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FILE = """\
name = "{name}"
time_zone = "{zone}"
{more}
[studies.one]
study = "study.toml"
"""


def moment(text: str) -> datetime:
    """2026-11-21T02:00 as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def audit_file(folder: Path, name: str = "nightly", zone: str = "UTC", more: str = "") -> Path:
    """An audit file; its study is never opened here."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "audit.toml"
    path.write_text(FILE.format(name=name, zone=zone, more=more), encoding="utf-8")
    return path


def row_of(at: str = "0 2 * * *", **more: Any) -> ScheduleRow:
    """A schedule in UTC that was stored long ago."""
    first = ScheduleRow("nightly", "/audit.toml", at, "UTC", "latest", 24 * 7, LONG_AGO)
    return replace(first, **more)


@dataclass
class Memory:
    """A ledger as schedules use it, in memory and so fast enough for thousands of calls."""

    row: ScheduleRow | None = None
    found: dict[datetime, RunRow] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def schedule_of(self, audit: str) -> ScheduleRow | None:
        return self.row if self.row and self.row.audit == audit else None

    def store_schedule(self, row: ScheduleRow) -> None:
        self.row = row

    def advance(self, audit: str, slot: datetime) -> None:
        if (row := self.schedule_of(audit)) and (row.last is None or row.last < slot):
            self.row = replace(row, last=slot)

    def run(self, audit: str, slot: datetime) -> RunRow | None:
        return self.found.get(slot)

    def runs(self, audit: str | None = None, *, finished: bool = True) -> list[RunRow]:
        return [run for _, run in sorted(self.found.items(), reverse=True)]

    def begin(self, audit: str, slot: datetime) -> RunRow:
        return self.found.setdefault(slot, RunRow(audit, slot, slot))

    def finish(self, audit: str, slot: datetime, state: State, *_: object) -> None:
        self.found[slot] = replace(self.found[slot], state=state)

    @contextmanager
    def claimed(self, audit: str) -> Iterator[None]:
        yield

    def target(self, file: Path) -> Target:
        return Target("nightly", file, lambda: cast(Ledger, self))


@dataclass
class Runs:
    """A runner that notes the slots it was given and leaves a finished run, unless it is told to end otherwise."""

    opened: Callable[[], Ledger]
    ends: Callable[[datetime], int | BaseException] = lambda slot: 0
    slots: list[datetime] = field(default_factory=list)

    def __call__(self, audit: Audit, slot: datetime, file: Path) -> tuple[int, str]:
        self.slots.append(slot)
        end = self.ends(slot)
        if isinstance(end, BaseException):
            raise end
        with self.opened() as ledger:
            ledger.begin(audit.name, slot)
            if end != 2:
                ledger.finish(audit.name, slot, "partial" if end == 3 else "complete", {}, (), 1.0)
        return end, f"ran {slot:%m-%d %H:%M}"


def call(runner: Runner, lines: list[str] | None = None) -> Call:
    """A call that notes what it says."""
    return Call(runner, (lines if lines is not None else []).append)


def hours(slots: Sequence[datetime]) -> list[str]:
    return [f"{slot:%m-%d %H:%M}" for slot in slots]
