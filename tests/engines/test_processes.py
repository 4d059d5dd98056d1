"""Processes: they end with the driver, however that ends, and take with them what they started."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

import pytest

from reporter.engines import child, trying
from reporter.engines.processes import Processes
from reporter.work import Item
from tests.engines.driving import ROOT, driver
from tests.engines.processes import gone, marked, numbered, within
from tests.engines.toys import items, job

SHORT = 1.0  # seconds that an item may take where one hangs


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_driver(end: signal.Signals, tmp_path: Path) -> None:
    endless = {"count": 6, "i01": {"do": "hang"}, "i02": {"do": "children", "folder": str(tmp_path)}}
    with driver(tmp_path, engine="processes", settings={"workers": 2}, job={}, items=endless) as process:
        assert within(30, lambda: bool(numbered(tmp_path, "child")))
        assert len(marked(str(tmp_path))) == 4  # the driver, two workers, and what one of them started
        process.send_signal(end)
        process.wait(20)
        assert within(10, lambda: not marked(str(tmp_path)))
        said = (process.stderr.read() if process.stderr else "").splitlines()
    assert process.returncode in (-end, 1, 130)
    assert [line for line in said if line.strip()][-1:] == (["KeyboardInterrupt"] if end == signal.SIGINT else [])


def test_a_worker_whose_item_lets_no_thread_run_ends_without_the_driver(tmp_path: Path) -> None:
    stuck = {"count": 2, "i00": {"do": "spin"}, "i01": {"pause": 600}}
    settings = {"workers": 2}
    with driver(tmp_path, engine="processes", settings=settings, job={"limit": 2 * SHORT}, items=stuck) as process:
        assert within(30, lambda: len(marked(str(tmp_path))) == 3)
        time.sleep(0.5)
        process.kill()
        process.wait(20)
        assert within(2 * SHORT + child.GRACE + 10, lambda: not marked(str(tmp_path)))


def test_an_item_that_lets_no_thread_run_is_ended_in_time() -> None:
    done = {each.item.key: each for each in Processes(1).map(job(limit=SHORT), items(2, i00={"do": "spin"}))}
    assert [done[key].cause for key in ("00", "01")] == ["timeout", ""]
    assert done["00"].seconds < SHORT + child.GRACE


@pytest.mark.parametrize("then", ["hang", "exit"])
def test_what_an_item_started_ends_with_its_worker(then: str, tmp_path: Path) -> None:
    asked = {"do": "children", "folder": str(tmp_path), "then": then}
    done = list(Processes(workers=1).map(job(limit=SHORT), items(2, i00=asked)))
    assert {each.item.key: each.cause for each in done} == {"00": "timeout" if then == "hang" else "crash", "01": ""}
    left = numbered(tmp_path, "child")
    assert len(left) == (1 if then == "hang" else 2)
    assert gone(left)


def test_what_ended_items_left_behind_ends_with_the_work(tmp_path: Path) -> None:
    asked = {"do": "children", "folder": str(tmp_path), "then": "return"}
    assert [each.cause for each in Processes(workers=1).map(job(), items(1, i00=asked))] == [""]
    assert gone(numbered(tmp_path, "child"))


def test_a_crash_is_noticed_though_a_forked_process_lives_on(tmp_path: Path) -> None:
    started = time.monotonic()
    done = list(Processes(workers=1).map(job(limit=30), items(1, i00={"do": "fork", "folder": str(tmp_path)})))
    for pid in numbered(tmp_path, "child"):  # they have left for a session of their own
        os.kill(pid, signal.SIGKILL)
    assert [each.cause for each in done] == ["crash"]
    assert time.monotonic() - started < 20


def test_how_a_worker_ended_is_told() -> None:
    ends = {"i00": "segfault", "i01": "exit", "i02": "kill"}
    done = Processes(workers=2).map(job(), items(3, **{name: {"do": what} for name, what in ends.items()}))
    assert {each.item.key: each.problem for each in done} == {
        "00": "its worker was lost 2 times: killed by SIGSEGV",
        "01": "its worker was lost 2 times: it ended with exit code 9",
        "02": "its worker was lost 2 times: killed by SIGKILL, as happens when memory runs out",
    }


def test_each_worker_opens_the_job_once(tmp_path: Path) -> None:
    slowly = [Item(item.key, {**item.arguments, "pause": 0.05}) for item in items(20)]
    assert len(list(Processes(workers=2).map(job(folder=str(tmp_path)), slowly))) == 20
    assert len(numbered(tmp_path, "pid")) == 2


def test_there_are_no_more_workers_than_items_or_usable_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    assert trying.crew_size("auto", items=100) == 6
    assert trying.crew_size("auto", items=100, threads=4) == 1
    assert trying.crew_size("auto", items=2) == 2
    assert trying.crew_size(9, items=100) == 9
    assert trying.crew_size(9, items=3) == 3


def test_libraries_are_told_how_many_threads_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    (done,) = Processes(workers=1).map(job(threads=2), items(1, i00={"do": "describe"}))
    assert done.result == {"omp": "2", "torch": None}
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_workers_are_fresh_interpreters_that_ignore_the_folder_they_start_in(tmp_path: Path) -> None:
    """A script without a guard for its main part, beside files that are called like Python's own modules."""
    for name in ("json", "pickle", "reporter"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n"
        "from reporter.engines.processes import Processes\n"
        "from tests.engines.toys import items, job\n"
        "print(sorted(done.item.key for done in Processes(workers=2).map(job(), items(4)) if not done.failed))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-"], input=code, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("['00', '01', '02', '03']", "")


def test_workers_that_are_killed_again_and_again_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while they are made ready; an item that was hit twice has failed, as is promised, and no other."""
    monkeypatch.setenv("MARK", str(tmp_path))
    chance, killed, done = random.Random(8), 0, []
    slowly = [Item(item.key, {**item.arguments, "pause": 0.02}) for item in items(60)]
    for each in Processes(workers=3).map(job(), slowly):
        done.append(each)
        if chance.random() < 0.4 and (alive := list(marked(f"MARK={tmp_path}"))):
            time.sleep(chance.uniform(0, 0.05))
            with suppress(ProcessLookupError):  # it was ended by itself just now
                os.kill(chance.choice(alive), signal.SIGKILL)
                killed += 1
    assert killed > 10
    assert sorted(each.item.key for each in done) == [item.key for item in slowly]
    assert all(each.cause == "" or (each.cause, each.attempts) == ("crash", 2) for each in done)
    assert sum(each.failed for each in done) < 20
    assert within(5, lambda: not marked(f"MARK={tmp_path}"))


def test_nothing_is_started_before_the_first_result_is_asked_for(tmp_path: Path) -> None:
    with closing(cast("Any", Processes().map(job(folder=str(tmp_path)), items(3)))):
        time.sleep(0.2)
    assert not numbered(tmp_path, "pid")


def test_a_slow_driver_holds_as_many_results_as_there_are_workers() -> None:
    """What workers have ready waits with them: memory of the driver does not grow with what it has not asked for."""
    import tracemalloc

    size = 4 * 2**20
    large = [Item(f"{i:02}", {"number": i, "do": "large", "size": size}) for i in range(24)]
    tracemalloc.start()
    try:
        for count, _ in enumerate(Processes(workers=2).map(job(), large)):
            if count == 2:
                time.sleep(1.5)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * size  # each once as bytes, text and result, for two workers: a quarter of all
