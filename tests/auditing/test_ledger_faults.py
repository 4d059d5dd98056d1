"""Processes that are killed, compete, or have no room: nothing that was acknowledged is lost or doubled."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reporter.auditing.ledger import Ledger
from reporter.errors import LedgerError, Locked
from tests.auditing.ledgers import DAY, ROOT, SLOT, done, ended, said, started

KILLS = 10


def test_one_works_and_the_other_is_told_since_when(place: str) -> None:
    with Ledger.open(place) as ledger, ledger.claimed("nightly"):
        before = time.monotonic()
        with Ledger.open(place) as second:
            with pytest.raises(Locked, match="'nightly' has been at work since") as caught, second.claimed("nightly"):
                pytest.fail("it was claimed twice")
            assert second.runs(finished=False) == []
        assert time.monotonic() - before < 60  # it does not wait for the other
        assert caught.value.exit_code == 11
        line = str(caught.value)
        assert line.endswith("; nothing was done")
        assert f"(process {os.getpid()} on " in line
        since = datetime.fromisoformat(line.split(" since ")[1].split(maxsplit=1)[0])
        assert abs(datetime.now(since.tzinfo) - since) < timedelta(seconds=60)
        with ledger.claimed("weekly"):  # another audit in the same ledger
            pass
    with Ledger.open(place) as ledger, ledger.claimed("nightly"):
        pass


def test_an_error_lets_go(place: str) -> None:
    with Ledger.open(place) as ledger:
        with pytest.raises(OSError, match="of the run itself"), ledger.claimed("nightly"):
            raise OSError("of the run itself")
        with ledger.claimed("nightly"), ledger.claimed("not / a file name"):
            assert ledger.begin("nightly", SLOT).state == "running"


def test_death_lets_go(place: str) -> None:
    Ledger.open(place).close()
    with started(place, "hold") as first, started(place, "hold") as second:
        holder, other = (first, second) if said(first) == "held" else (second, first)
        assert other.wait(60) == 11
        assert other.stderr is not None
        assert f"(process {holder.pid} on " in other.stderr.read()
        with Ledger.open(place) as ledger:
            with pytest.raises(Locked, match=f"process {holder.pid} on"), ledger.claimed("nightly"):
                pytest.fail("it was claimed twice")
            holder.kill()
            holder.wait(60)
            ends = time.monotonic() + 20
            while True:  # a server notices the death of a client a moment later
                try:
                    with ledger.claimed("nightly"):
                        break
                except Locked:
                    assert time.monotonic() < ends
                    time.sleep(0.05)


def test_a_run_that_was_killed_goes_on_and_nothing_is_lost_or_doubled(place: str) -> None:
    chance, acknowledged, kills, items = random.Random(0), dict[str, str](), 0, 400
    Ledger.open(place).close()
    for name in map(str, range(KILLS)):
        with started(place, "work", name, str(items)) as process:
            assert said(process) == "begun", process.stderr and process.stderr.read()
            for _ in range(chance.randint(1, items // KILLS)):
                acknowledged[said(process)] = name
            time.sleep(chance.random() / 100)  # at any moment of the next one
            process.kill()
            kills += process.wait(60) == -9
            assert process.stdout is not None
            acknowledged |= dict.fromkeys(process.stdout.read().split(), name)
    assert kills == KILLS
    with started(place, "work", "last", str(items)) as process:
        told, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        acknowledged |= dict.fromkeys(told.split()[1:], "last")
    with Ledger.open(place) as ledger:
        results = ledger.results("nightly", SLOT, "cells")
        run = ledger.run("nightly", SLOT)
    assert sorted(results) == sorted(map(str, range(items)))
    stored = {key: each.result["by"] for key, each in results.items() if each.result is not None}
    # What was acknowledged is what is there; what was not may have been written by the one that was killed.
    assert acknowledged.items() <= stored.items()
    assert len(stored) - len(acknowledged) <= KILLS
    assert run is not None
    assert run.state == "complete"


def test_several_may_write_at_once(place: str) -> None:
    Ledger.open(place).close()
    processes = [started(place, "write", name, "60") for name in "abc"]
    for process in processes:
        assert said(process) == "open", process.communicate()[1]
    told = {}
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    for name, process in zip("abc", processes, strict=True):
        output, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        told[name] = output.split()
    with Ledger.open(place) as ledger:
        results = ledger.results("nightly", SLOT, "cells")
    assert sorted(key for keys in told.values() for key in keys) == sorted(map(str, range(60)))  # each by one of them
    for key, each in results.items():
        assert each.result is not None
        assert key in told[each.result["by"]]


def test_several_may_make_it_at_once(place: str) -> None:
    processes = [started(place, "write", name, "1") for name in "abcd"]
    for process in processes:
        assert process.communicate("now\n", timeout=120)[1] == ""
        assert process.returncode == 0
    with Ledger.open(place) as ledger:
        assert set(ledger.results("nightly", SLOT, "cells")) == {"0"}
    if "://" not in place:
        assert [each.name for each in Path(place).parent.iterdir()] == ["ledger.sqlite"]


def test_a_run_that_has_lost_its_hold_cannot_write(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place) as first, Ledger.open(place) as second:
        hold = first.claimed("nightly")
        hold.__enter__()
        first.begin("nightly", SLOT)
        (tmp_path / "ledger.sqlite-lock-nightly").unlink()
        with second.claimed("nightly"):
            assert second.record("nightly", SLOT, "cells", done("second"))
            with pytest.raises(LedgerError, match="has lost its hold on the audit 'nightly'") as caught:
                first.record("nightly", SLOT, "cells", done("first"))
            assert not hold.__exit__(LedgerError, caught.value, None)
        assert set(second.results("nightly", SLOT, "cells")) == {"second"}


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that other users may look into, which they may not where pytest has its own."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("there", [False, True])
def test_where_nothing_can_be_written_nothing_is_lost(open_to_all: Path, tmp_path: Path, there: bool) -> None:
    place = open_to_all / "ledger.sqlite"
    if there:
        with Ledger.open(place) as ledger:
            ended(ledger, SLOT)
        place.chmod(0o444)
    open_to_all.chmod(0o555)
    before = {each.name: each.read_bytes() for each in open_to_all.iterdir()}
    with started(str(place), "visit", str(tmp_path / "other.sqlite")) as process:
        told = process.communicate(timeout=60)[1]
    assert process.returncode == 2, told
    assert told.count("\n") == 1
    assert "cannot be written to" in told or "Permission denied" in told
    assert {each.name: each.read_bytes() for each in open_to_all.iterdir()} == before
    open_to_all.chmod(0o755)
    place.chmod(0o644) if there else None
    with Ledger.open(place) as ledger:
        assert len(ledger.runs()) == there


def test_a_file_that_may_grow_no_more_keeps_what_it_has(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        before = ended(ledger, SLOT)
        with ledger._store.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        large = (done(f"more {number}", {"text": "x" * 5000}) for number in range(100))
        with pytest.raises(LedgerError, match="the disk is full, nothing of this was written; make room"):
            any(not ledger.record("nightly", SLOT, "cells", each) for each in large)
        there = len(ledger.results("nightly", SLOT, "cells"))
        assert ledger.run("nightly", SLOT) == before
        with ledger._store.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1000}")
        assert ledger.record("nightly", SLOT, "cells", done("when there is room", {"text": "x" * 5000}))
        assert len(ledger.results("nightly", SLOT, "cells")) == there + 1


def on_a_small_disk(size: str, *commands: str) -> subprocess.CompletedProcess[str]:
    """Run shell commands in a folder that is a disk of its own, which this machine may not let us have."""
    script = " && ".join((f"mount -t tmpfs -o size={size} none .", 'cd "$PWD"', *commands))
    with tempfile.TemporaryDirectory() as folder:
        whole = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
        return subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def small_disk() -> None:
    if shutil.which("unshare") is None or on_a_small_disk("64k").returncode:
        pytest.skip("no disk of one's own may be made here")


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_told_in_a_line_and_loses_nothing() -> None:
    python = f"PYTHONPATH={ROOT} {ROOT}/.venv/bin/python"
    count = f"{python} -m tests.auditing.ledgers ledger.sqlite tell"
    fill = f"({python} -m tests.auditing.ledgers ledger.sqlite fill; echo ended $?)"
    made = on_a_small_disk("1m", "head -c 300000 /dev/zero >filler", fill, "rm filler", count)
    assert made.returncode == 0, made.stderr
    lines = made.stdout.splitlines()
    at = lines.index("ended 2")
    assert at > 20
    assert "the disk is full, nothing of this was written; make room and run it again\n" in made.stderr
    assert sorted(lines[at + 1 :]) == sorted(lines[:at])


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_is_full_from_the_start_is_left_as_it_is() -> None:
    python = f"PYTHONPATH={ROOT} {ROOT}/.venv/bin/python"
    work = f"{python} -m tests.auditing.ledgers ledger.sqlite fill"
    fill = f"(head -c 999999 /dev/zero >filler; {work}; echo ended $?; ls -A)"
    made = on_a_small_disk("64k", fill)
    assert made.stdout.split() == ["ended", "2", "filler"]
    assert "ledger.sqlite: the disk is full" in made.stderr.splitlines()[-1]


def test_days_after_days(tmp_path: Path) -> None:
    """A year of nights in a file that does not grow once the retention has set in."""
    sizes = []
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        for day in range(60):
            ended(ledger, SLOT + day * DAY)
            ledger.prune("nightly", SLOT + (day - 20) * DAY, SLOT + (day - 5) * DAY)
            with ledger._store.reading() as connection:
                sizes.append(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        assert len(ledger.runs()) == 21
    assert max(sizes[30:]) <= 1.1 * max(sizes[20:30])
