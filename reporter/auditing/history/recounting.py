"""Which runs `reporter history` speaks of: those of an audit file, or of a ledger with one audit in it or many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from reporter.auditing.file import read_audit
from reporter.auditing.history.nights import Known
from reporter.auditing.history.site import Source
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.sheet import width_of
from reporter.errors import UnknownName, UsageError, listing


@dataclass(frozen=True)
class Recounted:
    """An open ledger and the audits in it that are asked for."""

    ledger: Ledger
    sources: tuple[Source, ...]

    @property
    def only(self) -> Known:
        """The one audit that is asked for. Raises UsageError when there are several."""
        if len(self.sources) != 1:
            names = [source.known.name for source in self.sources]
            raise UsageError("the ledger holds several audits", allowed=listing(names), remedy="choose one by --audit")
        return self.sources[0].known

    def rows(self, last: int | None = None) -> list[RunRow]:
        """The runs of all of them, also those at work, the latest first."""
        wanted = {source.known.name for source in self.sources}
        rows = [row for row in self.ledger.runs(finished=False) if row.audit in wanted]
        return rows if last is None else rows[:last]

    def zone_of(self, row: RunRow) -> str:
        """The time zone of a run's audit."""
        return next(source.known.zone for source in self.sources if source.known.name == row.audit)


@contextmanager
def recounted(file: str, *, ledger: str = "", audit: str = "", language: str = "") -> Iterator[Recounted]:
    """The history of an audit file, or of a ledger. Raises AuditError, LedgerError, UnknownName.

    Without an audit file a time zone is known for those audits that have a schedule; UTC is that of all others.
    """
    if ledger:
        known, address, folder = None, ledger, Path()
    else:
        asked = read_audit(file)
        known, address, folder = Known.of(asked), asked.ledger, asked.folder
    with Ledger.open(address, folder=folder, create=False) as opened:
        there = sorted({row.audit for row in opened.runs(finished=False)})
        if known is not None and audit in ("", known.name):
            chosen = [known]
        else:
            if audit and audit not in there:
                raise UnknownName("audit in the ledger", audit, there)
            zones = {row.audit: row.time_zone for row in opened.schedules()}
            chosen = [Known(name, zone=zones.get(name, "UTC")) for name in ([audit] if audit else there)]
        if language:
            chosen = [replace(each, language=language) for each in chosen]
        yield Recounted(opened, tuple(Source(each, folder) for each in chosen))


def row_for(rows: Sequence[RunRow], given: str, zone: str) -> RunRow:
    """The run that a person means: by its moment, or by its date where that day has one run. Raises UsageError."""
    local = ZoneInfo(zone)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"{given!r} is no slot", allowed='such as "2026-11-20" or "2026-11-20T02:00"') from error
    if len(given) == len("2026-11-20"):
        found = [row for row in rows if row.slot.astimezone(local).date() == moment.date()]
    else:
        # In UTC, as Python calls no moment equal to another zone's in the hour that is there twice.
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
        found = [row for row in rows if row.slot == moment]
    if len(found) != 1:
        there = [f"{row.slot.astimezone(local):%Y-%m-%dT%H:%M%z}" for row in found or rows]
        problem = f"{len(found)} runs were on {given}" if found else f"there is no run for {given}"
        raise UsageError(problem, allowed=f"runs: {listing(there, 5)}")
    return found[0]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of columns; wide letters take two places."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
