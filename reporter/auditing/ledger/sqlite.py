"""A ledger in a SQLite file: WAL, synchronous FULL, one writer at a time, checked each time it is opened.

A commit that was acknowledged is on disk: it outlives kill -9, and a power cut as far as the disk keeps its promises.
Not for network file systems, whose locks SQLite cannot rely on, and which WAL does not work on: take PostgreSQL there.
A ledger is copied by `sqlite3 ledger.sqlite ".backup copy.sqlite"`; the file alone, in use, is not all of it.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateTable

from reporter.auditing.ledger.schema import APPLICATION, METADATA, NAMES, VERSION
from reporter.errors import LedgerError, first_line

PATIENCE = 10.0  # seconds that a writer waits for another one
WHOLE = 64 * 2**20  # bytes up to which integrity_check is run; above, quick_check, which leaves out the indexes
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REASONS = {
    "SQLITE_FULL": ("the disk is full, nothing of this was written", "make room and run it again"),
    "SQLITE_READONLY": ("it, or its folder, cannot be written to", "give it to the user that runs audits"),
    "SQLITE_CANTOPEN": ("it, or its folder, cannot be written to", "give it to the user that runs audits"),
    "SQLITE_BUSY": (f"another process has kept it for {PATIENCE:g} s", "try again"),
    "SQLITE_CORRUPT": ("it is damaged or cut short", "put a backup in its place"),
    "SQLITE_NOTADB": ("it is not a SQLite file, or damaged", "name another file"),
    "SQLITE_IOERR": ("the disk cannot be read or written", "see the system's log"),
}


class SqliteStore:
    """A SQLite file. Raises LedgerError for what is no ledger, is damaged or newer, and leaves it untouched."""

    def __init__(self, path: Path, name: str, *, create: bool = True) -> None:
        self.name, self.path = name, path
        with self._told():
            if not path.exists():
                self._make(create)
            self._examine()
        self._engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool, hide_parameters=True)
        self._writer = self._engine.execution_options(writing=True)
        event.listen(self._engine, "begin", _begin)

    def writing(self) -> AbstractContextManager[Connection]:
        return self._writer.begin()

    def reading(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def insert(self, table: Table) -> Any:
        return sqlite.insert(table)

    @contextmanager
    def lock(self, audit: str) -> Iterator[bool]:
        """An exclusive transaction on an empty file beside the ledger, which stays: removing it would unlock."""
        name = audit if FILE_NAME.fullmatch(audit) else sha256(audit.encode("utf-8", "replace")).hexdigest()[:32]
        beside = self.path.with_name(f"{self.path.name}-lock-{name}")
        with self._told():
            connection = sqlite3.connect(beside, timeout=0, isolation_level=None, check_same_thread=False)
        with closing(connection):
            with self._told():
                got = _exclusive(connection)
            yield got

    def orphaned(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_FOREIGNKEY"

    def reason(self, error: BaseException) -> LedgerError:
        cause = getattr(error, "orig", None) or error
        name = getattr(cause, "sqlite_errorname", "")
        why, remedy = next((REASONS[key] for key in REASONS if name.startswith(key)), (first_line(cause), ""))
        return LedgerError(f"the ledger {self.name}: {why}", remedy=remedy)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self.reason(error) from error

    def _connect(self, path: Path | None = None, mode: str = "rw") -> sqlite3.Connection:
        uri = f"file:{quote(str(path or self.path))}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _make(self, create: bool) -> None:
        """Whole or not at all: made beside its place and then put there, unless another process was first."""
        folder = self.path.parent
        if not create:
            raise LedgerError(f"there is no ledger {self.name}", remedy="the first run of an audit makes it")
        if not folder.is_dir():
            raise LedgerError(f"the ledger {self.name}: its folder does not exist", remedy=f"mkdir -p {folder}")
        beside = folder / f".{self.path.name[:40]}.{secrets.token_hex(6)}"
        try:
            with closing(self._connect(beside, "rwc")) as connection:
                _lay_out(connection, self.name)
            _put(beside, self.path)
        finally:
            for end in ("", "-wal", "-shm", "-journal"):
                beside.with_name(beside.name + end).unlink(missing_ok=True)

    def _examine(self) -> None:
        """Refuse what is no ledger of this version, then read it through for damage."""
        if self.path.is_dir():
            raise LedgerError(f"the ledger {self.name} is a folder", remedy="name a file in it")
        if not self.path.is_file():
            raise LedgerError(f"the ledger {self.name} is not a file", remedy="name a file")
        size = self.path.stat().st_size
        if size == 0:
            remedy = "put a backup in its place, or remove it to begin a new one"
            raise LedgerError(f"the ledger {self.name} is a file of 0 bytes", remedy=remedy)
        self._refuse_foreign(size)
        with closing(self._connect(mode="ro" if self._pending() else "rw")) as connection:
            _refuse_other_versions(connection, self.name)
            check = "integrity_check" if size <= WHOLE else "quick_check"
            verdict = str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0])
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if missing := sorted(NAMES - tables):
            verdict = f"no table {missing[0]}"
        if verdict != "ok":
            raise self._damaged(first_line(ValueError(verdict)))

    def _damaged(self, how: str) -> LedgerError:
        return LedgerError(f"the ledger {self.name} is damaged: {how}", remedy=REASONS["SQLITE_CORRUPT"][1])

    def _refuse_foreign(self, size: int) -> None:
        """Look at the header without a lock and without the files that SQLite makes beside one in use.

        A checkpoint of another process may be under way, in which the file looks cut short: then look again. The file
        is never opened but by SQLite: closing it would take the locks off that this process holds on it elsewhere.
        """
        for patience in (0.05, 0.1, 0.2, 0.0):
            mode = "ro" if self._pending() else "ro&immutable=1"
            try:
                with closing(self._connect(mode=mode)) as connection:
                    _refuse_other_versions(connection, self.name)
                    page = connection.execute("PRAGMA page_size").fetchone()[0]
            except sqlite3.DatabaseError as error:
                if not patience or error.sqlite_errorname != "SQLITE_CORRUPT":
                    raise
                time.sleep(patience)
            else:
                break
        if size % page and not self._pending():  # a last page without its end reads as if it ended in zeros
            raise self._damaged("it is cut short")

    def _pending(self) -> bool:
        """Whether commits wait to be carried over into the file: it is in use, or a process was killed."""
        log = self.path.with_name(self.path.name + "-wal")
        return log.exists() and log.stat().st_size > 0


def _begin(connection: Connection) -> None:
    # A writer says so at once: one that began as a reader could be refused halfway.
    writes = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _exclusive(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        return False
    return True


def _lay_out(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise LedgerError(f"the ledger {name}: this file system does not bear one", remedy="use PostgreSQL, or a disk")
    connection.execute("BEGIN IMMEDIATE")
    for table in METADATA.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _put(made: Path, place: Path) -> None:
    try:
        os.link(made, place)  # fails where something is already: then that is the ledger
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if place.exists():
            return
        made.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse_other_versions(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise LedgerError(f"{name} is not a ledger: it is of another program", remedy="name another file")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        known = f"this reporter reads up to {VERSION}"
        raise LedgerError(f"the ledger {name} has version {version}", allowed=known, remedy="upgrade it")
    if version < 1:
        raise LedgerError(
            f"the ledger {name} is damaged: its version is {version}", remedy=REASONS["SQLITE_CORRUPT"][1]
        )
