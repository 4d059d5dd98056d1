"""A ledger in a PostgreSQL database, through pg8000.

One database may hold the audits of many machines. An audit's lock is a session's advisory lock: it goes when its
connection does, and the server gives a machine that has vanished up after about a minute. A pooler that hands
connections on between transactions (PgBouncer in that mode) breaks it.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy import URL, Connection, Table, create_engine, event, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reporter.auditing.ledger.address import ALLOWED
from reporter.auditing.ledger.schema import METADATA, NAMES, VERSION, VERSIONS
from reporter.auditing.ledger.stores import in_one_line
from reporter.errors import LedgerError, MissingDependency, first_line

PATIENCE = 30.0  # seconds for an answer, so that a server that has vanished does not hold a run for ever
OPTIONS = ("sslmode", "sslrootcert", "host")  # after the "?" of a URL, as other clients know them
MAKING = 7_021_133_002  # advisory lock of those who make the tables
KEY = "hashtextextended(current_schema() || '.' || CAST(:audit AS TEXT), 0)"  # lock of an audit
# For every connection. What a server does not know of is left out.
SETTINGS = {
    "lock_timeout": "20s",
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# By the beginning of the server's code.
REMEDIES = {
    "28": "see the user and the password",
    "3D": "create the database first",
    "42501": "grant the user CREATE on the schema",
    "53100": "make room on the server and run it again",
    "25006": "name a server that can be written to",
}
UNHEARD = "is the server running, and can it be reached?"


class PostgresqlStore:
    """A PostgreSQL database. Raises LedgerError when it cannot be reached, or holds something else or newer."""

    def __init__(self, url: URL, name: str, *, create: bool = True) -> None:
        self.name = name
        try:
            import pg8000  # noqa: F401
        except ModuleNotFoundError as error:
            problem = f"the ledger {name} needs the package pg8000, which is not installed"
            raise MissingDependency(problem, remedy="pip install 'explanation-reporter[postgresql]'") from error
        if not url.username:
            raise LedgerError(f"the ledger {name} is named without a user", allowed=ALLOWED)
        # What the pool has to say of connections that were lost is said by the errors here.
        logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
        arguments = _arguments(url, name)
        self._engine = create_engine(
            url.set(query={}), connect_args=arguments, pool_pre_ping=True, hide_parameters=True
        )
        event.listen(self._engine, "connect", _settle)
        try:
            with in_one_line(self):
                self._examine(create)
        except BaseException:
            self.close()
            raise

    def writing(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def reading(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def insert(self, table: Table) -> Any:
        return postgresql.insert(table)

    @contextmanager
    def lock(self, audit: str) -> Iterator[bool]:
        """An advisory lock on a connection of its own, in this schema of this database."""
        with in_one_line(self):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        got = False
        try:
            with in_one_line(self):
                connection.detach()  # never into the pool, where it would live on with the lock
                got = bool(connection.scalar(text(f"SELECT pg_try_advisory_lock({KEY})"), {"audit": audit}))
            yield got
        finally:
            with suppress(SQLAlchemyError):  # when the connection was lost, so was the lock
                if got:
                    connection.execute(text(f"SELECT pg_advisory_unlock({KEY})"), {"audit": audit})
            with suppress(SQLAlchemyError):
                connection.close()

    def orphaned(self, error: DBAPIError) -> bool:
        return _said(error).get("C") == "23503"

    def reason(self, error: BaseException) -> LedgerError:
        said = _said(error)
        why = said.get("M") or first_line(getattr(error, "orig", None) or error)
        code = said.get("C", "")
        remedy = next((REMEDIES[key] for key in REMEDIES if code.startswith(key)), "") if code else UNHEARD
        return LedgerError(f"the ledger {self.name}: {why}", remedy=remedy)

    def close(self) -> None:
        self._engine.dispose()

    def _examine(self, create: bool) -> None:
        with self._engine.begin() as connection:
            encoding = connection.scalar(text("SHOW server_encoding"))
            if encoding != "UTF8":
                raise LedgerError(f"the ledger {self.name} is encoded in {encoding}", allowed="UTF8")
            if not inspect(connection).has_table(VERSIONS.name):
                self._make(connection, create)
            version = connection.scalar(select(VERSIONS.c.version))
            missing = sorted(NAMES - set(inspect(connection).get_table_names()))
        if version is not None and version > VERSION:
            known = f"this reporter reads up to {VERSION}"
            raise LedgerError(f"the ledger {self.name} has version {version}", allowed=known, remedy="upgrade it")
        if missing or version is None or version < 1:
            fault = f"no table {missing[0]}" if missing else f"its version is {version}"
            raise LedgerError(f"the ledger {self.name} is damaged: {fault}", remedy="put a backup in its place")

    def _make(self, connection: Connection, create: bool) -> None:
        # All tables or none; of two who begin at once, the second finds them made.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING})
        there = set(inspect(connection).get_table_names())
        if VERSIONS.name in there:
            return
        if foreign := sorted(NAMES & there):
            problem = f"the database {self.name} has a table {foreign[0]} that is not of a ledger"
            raise LedgerError(problem, remedy="name another database")
        if not create:
            raise LedgerError(f"there is no ledger in {self.name}", remedy="the first run of an audit makes it")
        METADATA.create_all(connection, checkfirst=False)
        VERSIONS.create(connection, checkfirst=False)
        connection.execute(VERSIONS.insert().values(version=VERSION))


def _settle(connection: Any, _record: object) -> None:
    """Settings of a new connection; above all that a commit is on disk before it is acknowledged."""
    cursor = connection.cursor()
    known = ", ".join(f"('{name}', '{value}')" for name, value in SETTINGS.items())
    cursor.execute(
        f"SELECT set_config(given.name, given.value, false) FROM (VALUES {known}) AS given (name, value)"  # noqa: S608
        " JOIN pg_settings ON pg_settings.name = given.name"
    )
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()  # undone with the transaction otherwise
    cursor.close()


def _arguments(url: URL, name: str) -> dict[str, Any]:
    """What pg8000 is given beside the URL, from its options in the words of other clients."""
    options = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise LedgerError(f"the ledger {name} has the option {unknown[0]!r}", allowed=", ".join(OPTIONS))
    arguments: dict[str, Any] = {"timeout": PATIENCE, "application_name": "reporter"}
    if folder := options.get("host", ""):
        arguments["unix_sock"] = f"{folder}/.s.PGSQL.{url.port or 5432}"
    mode = options.get("sslmode", "prefer")
    root = options.get("sslrootcert")
    try:
        checked = ssl.create_default_context(cafile=root) if mode.startswith("verify-") else None
    except OSError as error:
        raise LedgerError(f"the ledger {name}: sslrootcert {root} cannot be read: {first_line(error)}") from error
    if checked is not None:
        checked.check_hostname = mode == "verify-full"
    modes = {"disable": False, "prefer": None, "require": True, "verify-ca": checked, "verify-full": checked}
    if mode not in modes:
        raise LedgerError(f"the ledger {name} has sslmode={mode}", allowed=", ".join(modes))
    arguments["ssl_context"] = modes[mode]
    return arguments


def _said(error: BaseException) -> dict[str, str]:
    """What the server said, by the letters of its protocol: C the code, M the message. Empty when it said nothing."""
    cause = getattr(error, "orig", None) or error
    return cause.args[0] if cause.args and isinstance(cause.args[0], dict) else {}
