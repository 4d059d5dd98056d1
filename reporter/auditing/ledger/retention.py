"""Retention: which runs and results are old enough to go, and which stay all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.ledger.schema import RESULTS, RUNS
from reporter.auditing.ledger.stored import read_run


def prune(connection: Connection, audit: str, before: datetime, results_before: datetime, keep: int) -> list[RunRow]:
    """See Ledger.prune. What hangs on a run goes with it."""
    query = select(RUNS).where(RUNS.c.audit == audit).order_by(RUNS.c.slot.desc())
    runs = [read_run(row) for row in connection.execute(query)]
    kept = spared(runs, keep)
    # A slot caught up late may be at work now, however old it is.
    gone = [run for run in runs if run.slot < before and run.slot not in kept and not _young(run, before)]
    for run in gone:
        connection.execute(delete(RUNS).where(RUNS.c.audit == audit, RUNS.c.slot == run.slot))
    for run in runs:
        # By when it began: of a slot caught up late, the results are needed as long as of any other.
        if run not in gone and not run.pinned and run.started < results_before:
            connection.execute(delete(RESULTS).where(RESULTS.c.audit == audit, RESULTS.c.slot == run.slot))
    return gone


def _young(run: RunRow, before: datetime) -> bool:
    return run.state == "running" and run.started >= before


def spared(runs: list[RunRow], keep: int) -> set[datetime]:
    """Slots of runs, latest first, that stay: the pinned ones, and the last that are whole and that have ended."""
    whole = [run.slot for run in runs if run.state == "complete"][:keep]
    ended = [run.slot for run in runs if run.state in ("complete", "partial")][:keep]
    return {*whole, *ended, *(run.slot for run in runs if run.pinned)}
