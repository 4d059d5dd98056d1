"""Ledger: what audits have done, result by result, so that nothing is lost or done twice.

Every call is one transaction, on disk when it returns. Kept in SQLite (see sqlite.py) or PostgreSQL (postgresql.py).
A ledger may be used by several threads, but not across a fork.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Executable, Table, delete, or_, select, update
from sqlalchemy.exc import DBAPIError

from reporter.auditing.ledger import claims, retention, stored
from reporter.auditing.ledger.address import address
from reporter.auditing.ledger.rows import CatchUp, RunRow, ScheduleRow, State, told, utc
from reporter.auditing.ledger.schema import CLAIMS, FINDINGS, OVERVIEWS, RESULTS, RUNS, SCHEDULES
from reporter.auditing.ledger.sqlite import SqliteStore
from reporter.auditing.ledger.stores import Store, in_one_line
from reporter.errors import ExplanationError, LedgerError, first_line
from reporter.finding import Finding
from reporter.overview import Overview
from reporter.work import Done

__all__ = ["CatchUp", "Ledger", "RunRow", "ScheduleRow", "State"]


class Ledger:
    """A ledger that is open. Every method raises LedgerError, in one line, when the database cannot do it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tokens: dict[str, str] = {}  # of the audits claimed here

    @classmethod
    def open(cls, url_or_path: str | Path, folder: Path = Path(), *, create: bool = True) -> Self:
        """Open the ledger at a path, seen from `folder`, or at a URL; without one, make it unless `create` is False.

        Raises LedgerError for what is no ledger, damaged, newer or out of reach; MissingDependency without pg8000.
        """
        found = address(url_or_path, folder)
        if isinstance(found.place, Path):
            return cls(SqliteStore(found.place, found.name, create=create))
        from reporter.auditing.ledger.postgresql import PostgresqlStore

        return cls(PostgresqlStore(found.place, found.name, create=create))

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        return self._store.name

    def __repr__(self) -> str:
        return f"Ledger({self.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    # One run at a time

    @contextmanager
    def claimed(self, audit: str) -> Iterator[None]:
        """Hold an audit for this process, for as long as it lives at most. Raises Locked at once when another does.

        Should the lock be lost on the way (its file removed, the server started again) and another run begin, this
        one cannot write any more.
        """
        with self._store.lock(audit) as got:
            if not got:
                raise claims.locked(self._reading, audit)
            row = claims.fresh(audit)
            with self._writing() as connection:
                connection.execute(self._replacing(CLAIMS, row))
            self._tokens[audit] = row["token"]
            try:
                yield
            finally:
                token = self._tokens.pop(audit)
            # After an error the row stays, as after kill -9; it holds nobody up.
            with self._writing() as connection:
                connection.execute(delete(CLAIMS).where(CLAIMS.c.audit == audit, CLAIMS.c.token == token))

    # Runs and their results

    def begin(self, audit: str, slot: datetime, reference: str = "") -> RunRow:
        """The run for a slot, made unless it is there: then it goes on as it was begun, and whatever its state is."""
        row = {"audit": audit, "slot": utc(slot), "state": "running", "started": datetime.now(UTC)}
        with self._writing(audit) as connection:
            insert = self._store.insert(RUNS).values(**row, reference=stored.storable(reference))
            connection.execute(insert.on_conflict_do_nothing())
            return stored.read_run(connection.execute(select(RUNS).where(*_at(RUNS, audit, slot))).one())

    def record(self, audit: str, slot: datetime, study: str, done: Done) -> bool:
        """Commit what became of an item; whether it was written. What is there stays, unless it had failed."""
        row = {"audit": audit, "slot": utc(slot), "study": study, "item": stored.identity(done.item.key)}
        content = {"failed": done.failed, "done": stored.of_done(done)}
        insert = self._store.insert(RESULTS).values(**row, **content)
        new = {name: insert.excluded[name] for name in content}
        again = insert.on_conflict_do_update(index_elements=list(row), set_=new, where=RESULTS.c.failed)
        with self._writing(audit) as connection:
            return connection.execute(again).rowcount == 1

    def results(self, audit: str, slot: datetime, study: str) -> dict[str, Done]:
        """What became of the items that were committed, by key; their arguments are not kept."""
        return {done.item.key: done for done in self.each(audit, slot, study)}

    def each(self, audit: str, slot: datetime, study: str) -> Generator[Done]:
        """The same one by one, in the order of their keys, so that only one has to be held at a time."""
        query = select(RESULTS.c.done).where(*_at(RESULTS, audit, slot), RESULTS.c.study == study)
        with self._reading() as connection:
            for text in connection.scalars(query.order_by(RESULTS.c.item)).yield_per(20):
                yield stored.read_done(text)

    def failed(self, audit: str, slot: datetime) -> list[tuple[str, Done]]:
        """The items of a run that came to nothing, each with its study."""
        query = select(RESULTS.c.study, RESULTS.c.done).where(*_at(RESULTS, audit, slot), RESULTS.c.failed)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(RESULTS.c.study, RESULTS.c.item)).all()
            return [(study, stored.read_done(text)) for study, text in rows]

    def forget(self, audit: str, slot: datetime, study: str) -> None:
        """Remove what became of a study's items: they were about other rows, another model or other settings."""
        with self._writing(audit) as connection:
            connection.execute(delete(RESULTS).where(*_at(RESULTS, audit, slot), RESULTS.c.study == study))

    def finish(
        self,
        audit: str,
        slot: datetime,
        state: State,
        overviews: Mapping[str, Overview],
        findings: Sequence[Finding],
        seconds: float,
        reports: Sequence[str] = (),
        reference: str | None = None,
    ) -> None:
        """End a run with its overviews by study, its findings and the paths of its reports: all of it or nothing.

        `reference`: what it was compared with, where that is not what it was begun with.
        """
        row = {
            "state": state,
            "finished": datetime.now(UTC),
            "seconds": seconds,
            **stored.of_outcome(findings, reports),
            **({} if reference is None else {"reference": stored.storable(reference)}),
        }
        key = {"audit": audit, "slot": utc(slot)}
        seen = [{**key, "study": study, "overview": overview.to_json()} for study, overview in overviews.items()]
        noticed = [{**key, "position": at, **stored.of_finding(each)} for at, each in enumerate(findings)]
        with self._writing(audit) as connection:
            self._change(connection, audit, slot, row)
            for table, rows in ((OVERVIEWS, seen), (FINDINGS, noticed)):
                connection.execute(delete(table).where(*_at(table, audit, slot)))
                if rows:
                    connection.execute(table.insert(), rows)

    def run(self, audit: str, slot: datetime) -> RunRow | None:
        """The run for a slot, or None."""
        with self._reading() as connection:
            row = connection.execute(select(RUNS).where(*_at(RUNS, audit, slot))).one_or_none()
            return None if row is None else stored.read_run(row)

    def runs(self, audit: str | None = None, *, finished: bool = True) -> list[RunRow]:
        """The runs of an audit, or of all; the latest slot first. `finished`: without those that are at work."""
        query = select(RUNS).order_by(RUNS.c.slot.desc(), RUNS.c.audit)
        if audit is not None:
            query = query.where(RUNS.c.audit == audit)
        if finished:
            query = query.where(RUNS.c.state != "running")
        with self._reading() as connection:
            return [stored.read_run(row) for row in connection.execute(query)]

    def overview(self, audit: str, slot: datetime, study: str) -> Overview | None:
        """The overview of a study in a run, or None."""
        query = select(OVERVIEWS.c.overview).where(*_at(OVERVIEWS, audit, slot), OVERVIEWS.c.study == study)
        with self._reading() as connection:
            text = connection.scalar(query)
            return None if text is None else Overview.from_json(text.encode())

    def overviews(self, audit: str, slot: datetime) -> dict[str, Overview]:
        """The overviews of a run, by study."""
        query = select(OVERVIEWS.c.study, OVERVIEWS.c.overview).where(*_at(OVERVIEWS, audit, slot))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(OVERVIEWS.c.study)).all()
            return {study: Overview.from_json(text.encode()) for study, text in rows}

    def findings(self, audit: str, slot: datetime) -> tuple[Finding, ...]:
        """The findings of a run, in the order they were given."""
        query = select(FINDINGS.c.finding).where(*_at(FINDINGS, audit, slot)).order_by(FINDINGS.c.position)
        with self._reading() as connection:
            return tuple(stored.read_finding(text) for text in connection.scalars(query))

    # Retention

    def pin(self, audit: str, slot: datetime, note: str = "") -> None:
        """Keep a run for good."""
        with self._writing(audit) as connection:
            self._change(connection, audit, slot, {"pinned": True, "note": stored.storable(note)})

    def unpin(self, audit: str, slot: datetime) -> None:
        """Leave a run to the retention again."""
        with self._writing(audit) as connection:
            self._change(connection, audit, slot, {"pinned": False, "note": ""})

    def prune(self, audit: str, before: datetime, results_before: datetime, *, keep: int = 1) -> list[RunRow]:
        """Remove runs of slots before a moment, and the item results of runs begun before another; the runs removed.

        Pinned runs stay whole. So do the latest `keep` runs, which the next one will be compared with.
        """
        before, results_before = utc(before), utc(results_before)
        with self._writing(audit) as connection:
            return retention.prune(connection, audit, before, results_before, keep)

    # Schedules

    def schedule_of(self, audit: str) -> ScheduleRow | None:
        """When an audit is due, or None when nothing was said."""
        return next((row for row in self.schedules() if row.audit == audit), None)

    def schedules(self) -> list[ScheduleRow]:
        """All schedules, by the name of their audit."""
        with self._reading() as connection:
            rows = connection.execute(select(SCHEDULES)).mappings().all()
        return sorted((ScheduleRow(**row) for row in rows), key=lambda row: row.audit)

    def store_schedule(self, row: ScheduleRow) -> None:
        """Store a schedule, in place of the audit's earlier one."""
        with self._writing() as connection:
            connection.execute(self._replacing(SCHEDULES, asdict(row)))

    def advance(self, audit: str, slot: datetime) -> None:
        """Note that a slot was handled: the latest one moves on to it, never back; nothing where none is scheduled."""
        late = or_(SCHEDULES.c.last.is_(None), SCHEDULES.c.last < utc(slot))
        with self._writing() as connection:
            connection.execute(update(SCHEDULES).where(SCHEDULES.c.audit == audit, late).values(last=utc(slot)))

    def drop_schedule(self, audit: str) -> None:
        """Forget when an audit is due."""
        with self._writing() as connection:
            connection.execute(delete(SCHEDULES).where(SCHEDULES.c.audit == audit))

    # How it is done

    @contextmanager
    def _writing(self, audit: str = "") -> Iterator[Connection]:
        with in_one_line(self._store):
            try:
                with self._store.writing() as connection:
                    if audit in self._tokens:
                        claims.refuse_displaced(connection, audit, self._tokens[audit])
                    yield connection
            except DBAPIError as error:
                if self._store.orphaned(error):
                    raise self._no_run(audit) from error
                raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with in_one_line(self._store):
            try:
                with self._store.reading() as connection:
                    yield connection
            except (ExplanationError, ValueError, KeyError, TypeError) as error:
                raise LedgerError(f"the ledger {self.name} holds what cannot be read: {first_line(error)}") from error

    def _replacing(self, table: Table, row: Mapping[str, Any]) -> Executable:
        """A row in place of the one with the same audit."""
        insert = self._store.insert(table).values(**row)
        new = {name: insert.excluded[name] for name in row if name != "audit"}
        replacing: Executable = insert.on_conflict_do_update(index_elements=["audit"], set_=new)
        return replacing

    def _change(self, connection: Connection, audit: str, slot: datetime, values: Mapping[str, Any]) -> None:
        if connection.execute(update(RUNS).where(*_at(RUNS, audit, slot)).values(**values)).rowcount != 1:
            raise self._no_run(audit, slot)

    def _no_run(self, audit: str, slot: datetime | None = None) -> LedgerError:
        which = f" for {told(slot)}" if slot else ""
        return LedgerError(
            f"the ledger {self.name} has no run of the audit {audit!r}{which}", remedy="see `reporter history`"
        )


def _at(table: Table, audit: str, slot: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.audit == audit, table.c.slot == utc(slot)
