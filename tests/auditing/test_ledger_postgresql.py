"""A ledger in PostgreSQL: reached by URL, of this version, its password never shown."""

from __future__ import annotations

import gc
import logging
import sys
import time
import traceback
from collections.abc import Iterator

import pytest

from reporter.auditing.ledger import Ledger
from reporter.errors import LedgerError, Locked, MissingDependency, ReporterError
from tests.auditing.ledgers import SLOT, done, ended
from tests.postgresql import Server

# pg8000 leaves the socket of a connection that was refused or lost to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LEDGER_PASSWORD", server.password)
    return server.database()


def test_both_ways_to_write_the_url_lead_to_the_same(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)) as ledger:
        before = ended(ledger, SLOT)
    with Ledger.open(server.address(database).replace("postgresql:", "postgresql+pg8000:")) as ledger:
        assert ledger.runs() == [before]
    with Ledger.open(server.address(database) + "?sslmode=prefer") as ledger:
        assert ledger.runs() == [before]


def test_nothing_shows_the_password(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with Ledger.open(server.address(database)) as ledger:
        ended(ledger, SLOT)
        shown += [repr(ledger), ledger.name, repr(ledger._store._engine)]  # type: ignore[attr-defined]
        with pytest.raises(Locked) as locked, ledger.claimed("nightly"), ledger.claimed("nightly"):
            pytest.fail("it was claimed twice")
        shown.append(str(locked.value))
    wrong = server.address(database).replace("auditor", "nobody")
    addresses = [wrong, server.address("absent"), server.address(database).replace(str(server.port), "1")]
    for each in (*addresses, server.address(database) + "?sslmode=require", server.address(database) + "?hush=1"):
        with pytest.raises(ReporterError) as caught:
            Ledger.open(each)
        shown += [str(caught.value), *traceback.format_exception(caught.value)]
    monkeypatch.setenv("LEDGER_PASSWORD", wrong_password := server.password + "!")
    with pytest.raises(LedgerError, match=r"password authentication failed.*; see the user") as caught:
        Ledger.open(server.address(database))
    shown += [str(caught.value), *traceback.format_exception(caught.value), *caplog.messages]
    assert not any(server.password in line or wrong_password in line for line in shown)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda url: url.rsplit("/", 1)[0] + "/absent", 'database "absent" does not exist; create the database first'),
        (lambda url: url + "?sslmode=require", "SSL|ssl"),
        (lambda url: url + "?sslmode=maybe", "has sslmode=maybe; disable, prefer, require, verify-ca, verify-full"),
        (lambda url: url + "?sslmode=verify-full&sslrootcert=/none", "sslrootcert /none cannot be read"),
        (lambda url: url + "?password=x", "has the option 'password'; sslmode, sslrootcert, host"),
        (lambda url: url + "?host=/none", "is the server running"),
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_told_in_a_line(server: Server, database: str, change: object, match: str) -> None:
    assert callable(change)
    with pytest.raises(LedgerError, match=match) as caught:
        Ledger.open(change(server.address(database)))
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_PASSWORD", "hush")
    with pytest.raises(LedgerError, match=r"is the server running, and can it be reached\?") as caught:
        Ledger.open("postgresql://u:$LEDGER_PASSWORD@127.0.0.1:1/audits")
    assert "hush" not in "".join(traceback.format_exception(caught.value))


def test_a_url_without_a_user_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"named without a user; a file such as .*, or postgresql://user:"):
        Ledger.open("postgresql://127.0.0.1/audits")


def test_without_pg8000_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(MissingDependency, match=r"pip install 'explanation-reporter\[postgresql\]'"):
        Ledger.open("postgresql://u:x@127.0.0.1/audits")


def test_a_newer_ledger_is_refused_and_left_alone(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)) as ledger:
        ended(ledger, SLOT)
    for version, match in (
        (2, "has version 2; this reporter reads up to 1; upgrade it"),
        (0, "damaged: its version is 0"),
    ):
        server.run(f"UPDATE reporter_ledger SET version = {version}", database)
        with pytest.raises(LedgerError, match=match):
            Ledger.open(server.address(database))
    server.run("DELETE FROM reporter_ledger", database)
    with pytest.raises(LedgerError, match="damaged: its version is None"):
        Ledger.open(server.address(database))
    server.run("INSERT INTO reporter_ledger VALUES (1)", database)
    server.run("DROP TABLE reporter_findings", database)
    with pytest.raises(LedgerError, match="damaged: no table reporter_findings"):
        Ledger.open(server.address(database))
    assert server.run("SELECT count(*) FROM reporter_runs", database) == [[1]]


def test_another_programs_table_of_the_same_name_is_left_alone(server: Server, database: str) -> None:
    server.run("CREATE TABLE reporter_runs (mine TEXT)", database)
    with pytest.raises(LedgerError, match="has a table reporter_runs that is not of a ledger"):
        Ledger.open(server.address(database))
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    assert server.run(tables, database) == [["reporter_runs"]]


def test_a_database_in_another_encoding_is_refused(server: Server, database: str) -> None:
    name = f"{database}_latin"
    server.run(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(LedgerError, match="is encoded in LATIN1; UTF8"):
        Ledger.open(server.address(name))


def test_a_reader_needs_no_more_than_to_read(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)) as ledger:
        before = ended(ledger, SLOT)
    server.run(f"CREATE ROLE reader_{database} LOGIN PASSWORD '{server.password}'")
    server.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{database}", database)
    with Ledger.open(server.address(database).replace("auditor", f"reader_{database}"), create=False) as ledger:
        assert ledger.runs() == [before]
        with pytest.raises(LedgerError, match="permission denied for table reporter_runs; grant"):
            ledger.pin("nightly", SLOT)


def test_slots_come_in_order_whatever_the_language_of_the_database(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)):
        pass
    query = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE column_name = 'slot'"
    assert server.run(query, database) == [["C"]]


def test_a_commit_is_on_disk_although_the_database_would_not_wait(server: Server, database: str) -> None:
    server.run(f"ALTER DATABASE {database} SET synchronous_commit = off")
    with Ledger.open(server.address(database)) as ledger, ledger._store.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("SHOW tcp_keepalives_idle").scalar() == "30"


def test_a_connection_that_was_lost_is_made_again(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)) as ledger:
        ended(ledger, SLOT)
        cut(server, database)
        assert len(ledger.runs()) == 1


def test_a_run_that_has_lost_its_hold_cannot_write(server: Server, database: str) -> None:
    with Ledger.open(server.address(database)) as first, Ledger.open(server.address(database)) as second:
        hold = first.claimed("nightly")
        hold.__enter__()
        first.begin("nightly", SLOT)
        cut(server, database)
        assert first.record("nightly", SLOT, "cells", done("0"))  # nobody else has begun
        with second.claimed("nightly"):
            assert second.record("nightly", SLOT, "cells", done("1"))
            with pytest.raises(LedgerError, match="has lost its hold on the audit 'nightly'") as caught:
                first.record("nightly", SLOT, "cells", done("2"))
        assert not hold.__exit__(LedgerError, caught.value, None)
        assert set(second.results("nightly", SLOT, "cells")) == {"0", "1"}


def cut(server: Server, database: str) -> None:
    """End all connections to a database, as a server that is started again does."""
    query = "FROM pg_stat_activity WHERE datname = "
    server.run(f"SELECT pg_terminate_backend(pid) {query}'{database}'")
    ends = time.monotonic() + 20
    while server.run(f"SELECT 1 {query}'{database}'"):
        assert time.monotonic() < ends
        time.sleep(0.02)
