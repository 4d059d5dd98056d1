"""A ledger in a SQLite file: what is none is refused and left alone, and what is one is set up to last."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reporter.auditing.ledger import Ledger, sqlite
from reporter.auditing.ledger.schema import APPLICATION
from reporter.errors import LedgerError
from tests.auditing.ledgers import DAY, SLOT, done, ended, said, started


def full(path: Path, runs: int = 3) -> Path:
    with Ledger.open(path) as ledger:
        for days in range(runs):
            ended(ledger, SLOT + days * DAY)
            for number in range(40):
                ledger.record("nightly", SLOT + days * DAY, "cells", done(str(number)))
    return path


def beside(path: Path) -> dict[str, bytes]:
    # All but the memory that processes share while one of them has the file open: locks are noted in it.
    return {each.name: each.read_bytes() for each in path.parent.iterdir() if not each.name.endswith("-shm")}


def refused(path: Path, match: str) -> None:
    """It is refused in one line, and not a byte in the folder has changed."""
    before, time = beside(path), path.stat().st_mtime_ns
    with pytest.raises(LedgerError, match=match) as caught:
        Ledger.open(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert beside(path) == before
    assert path.stat().st_mtime_ns == time


def test_the_file_says_what_it_is_and_is_set_up_to_last(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    with Ledger.open(path) as ledger, ledger._store.writing() as connected:
        assert connected.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connected.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connected.exec_driver_sql("PRAGMA busy_timeout").scalar() == sqlite.PATIENCE * 1000
        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")  # taken, although nothing was written yet


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    full(tmp_path / "ledger.sqlite")
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_nothing_is_not_taken_for_an_empty_ledger(tmp_path: Path) -> None:
    (path := tmp_path / "ledger.sqlite").touch()
    refused(path, "is a file of 0 bytes")


def another(path: Path, journal: str = "delete") -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE cookies (host TEXT)")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (another, "is of another program"),
        (lambda path: another(path, "wal"), "is of another program"),
        (lambda path: path.write_text("name,age\nada,36\n" * 1000), "not a SQLite file"),
        (lambda path: path.write_text("x"), "is of another program"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "not a|damaged|another"),
        (lambda path: path.write_bytes(random.randbytes(9000)), "not a SQLite file"),
    ],
)
def test_the_file_of_another_program_is_refused(tmp_path: Path, make: Callable[[Path], object], match: str) -> None:
    make(path := tmp_path / "ledger.sqlite")
    refused(path, match)


def test_the_database_of_another_program_that_is_in_use_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE cookies (host TEXT)")
        refused(path, "is of another program")


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    for version, match in (
        (2, "has version 2; this reporter reads up to 1; upgrade it"),
        (0, "damaged: its version is 0"),
    ):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        refused(path, match)


def test_a_file_that_became_newer_while_in_use_is_refused(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 2")
        connection.execute("SELECT * FROM reporter_runs").fetchone()
        with pytest.raises(LedgerError, match="has version 2"):
            Ledger.open(path)


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    whole = path.read_bytes()
    for length in (50, 100, 1000, 4096, 5000, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        path.write_bytes(whole[:length])
        refused(path, "cut short|is of another program|not a SQLite file")
    path.write_bytes(whole)
    Ledger.open(path).close()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    whole, chance = path.read_bytes(), random.Random(0)
    pages = [at for at in range(4096, len(whole), 4096) if any(whole[at : at + 4096])]
    for at in chance.sample(pages, min(8, len(pages))):
        path.write_bytes(whole[:at] + chance.randbytes(4096) + whole[at + 4096 :])
        refused(path, "damaged")


@pytest.mark.parametrize("limit", [0, 2**30])
def test_a_large_file_is_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(sqlite, "WHOLE", limit)
    path = full(tmp_path / "ledger.sqlite")
    Ledger.open(path).close()
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'reporter_results'"
        at = (connection.execute(query).fetchone()[0] - 1) * 4096
    path.write_bytes(whole[:at] + b"\xff" * 4096 + whole[at + 4096 :])
    refused(path, "damaged")


def test_an_index_that_does_not_fit_is_noticed(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_reporter_runs_1'"
        ).fetchone()[0]
    whole = bytearray(path.read_bytes())
    start = (page - 1) * 4096
    found = whole.index(b"2026-11-22", start)
    assert found < start + 4096
    whole[found : found + 10] = b"2031-11-22"
    path.write_bytes(bytes(whole))
    refused(path, "damaged")


def test_a_file_without_one_of_its_tables_is_refused(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE reporter_findings")
    refused(path, "damaged: no table reporter_findings")


def test_a_row_that_cannot_be_read_is_told_in_a_line(tmp_path: Path) -> None:
    path = full(tmp_path / "ledger.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE reporter_findings SET finding = replace(finding, 'warning', 'warm')")
        connection.execute("UPDATE reporter_overviews SET overview = '{}'")
        connection.execute('UPDATE reporter_results SET done = \'{"key": "a", "more": 1}\'')
        connection.execute("UPDATE reporter_runs SET started = 'yesterday'")
    with Ledger.open(path) as ledger:
        for read in (
            lambda: ledger.findings("nightly", SLOT),
            lambda: ledger.overview("nightly", SLOT, "cells"),
            lambda: ledger.results("nightly", SLOT, "cells"),
            lambda: ledger.run("nightly", SLOT),
            ledger.runs,
        ):
            with pytest.raises(LedgerError, match="holds what cannot be read: "):
                read()


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=f"its folder does not exist; mkdir -p {tmp_path}/none"):
        Ledger.open("none/ledger.sqlite", tmp_path)
    with pytest.raises(LedgerError, match="is a folder; name a file in it"):
        Ledger.open(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LedgerError, match="is not a file"):
        Ledger.open(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(LedgerError, match="ledger"):
        Ledger.open(tmp_path / "loop")
    with pytest.raises(LedgerError, match="ledger"):
        Ledger.open(tmp_path / ("x" * 300))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["loop", "pipe"]


@pytest.mark.parametrize("name", ["100% real?.sqlite", "é 年#1.sqlite", "mode=memory&x.sqlite"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    with Ledger.open(tmp_path / name) as ledger:
        ended(ledger, SLOT)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_waits_after_a_kill_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with started(str(path), "fill") as process:
        while said(process) != "30":
            pass
        process.kill()
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size > 0
    with Ledger.open(path) as ledger:
        assert len(ledger.results("nightly", SLOT, "cells")) >= 31


def test_what_waits_beside_a_damaged_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with started(str(path), "fill") as process:
        while said(process) != "5":
            pass
        process.kill()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'reporter_schedules'"
        at = (connection.execute(query).fetchone()[0] - 1) * 4096
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 4096)
    refused(path, "damaged")
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size > 0


def test_it_may_be_opened_while_another_process_writes(tmp_path: Path) -> None:
    path, counts = tmp_path / "ledger.sqlite", [0]
    with started(str(path), "fill") as process:
        assert said(process) == "0"
        while counts[-1] < 1200:  # several times as much as waits in the log before it is carried over
            with Ledger.open(path) as ledger:
                counts.append(len(ledger.results("nightly", SLOT, "cells")))
        process.kill()
    assert counts == sorted(counts)
    assert len(counts) > 10
