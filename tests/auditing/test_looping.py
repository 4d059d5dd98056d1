"""The loop: it wakes for each slot, notices clocks and schedules that change, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from reporter.auditing.calendar.due import Call, Runner, Target
from reporter.auditing.calendar.looping import LONGEST, PATIENCE, Loop, Stop
from reporter.auditing.file import Audit
from reporter.errors import AuditError, LedgerError, Locked, PartialRun, ReporterError
from tests.auditing.schedules import Memory, Runs, audit_file, hours, moment, row_of

START = moment("2026-11-21T01:30")


@dataclass
class Time(Stop):
    """A clock, a stopwatch and a way to sleep in which hours take no time; it stops after some hours."""

    now: datetime = START
    limit: float = 4 * 3600.0
    gone: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    meanwhile: Callable[[float], None] = lambda gone: None

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, seconds: float) -> bool:
        self.sleeps.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.gone += seconds
        self.meanwhile(self.gone)
        if self.gone >= self.limit:
            self.set()
        return self()


@dataclass
class Scene:
    """Audits, their ledgers in memory, and a loop over them."""

    time: Time
    memories: dict[str, Memory]
    folder: Path
    lines: list[str] = field(default_factory=list)

    def loop(self, runner: Runner, find: Callable[[], Sequence[Target]] | None = None) -> Loop:
        call = Call(runner, self.lines.append, self.time)
        return Loop(find or self.find, call, self.time, clock=lambda: self.time.now, ticks=lambda: self.time.gone)

    def find(self) -> list[Target]:
        found = []
        for name, memory in self.memories.items():
            path = self.folder / name / "audit.toml"
            found.append(replace(memory.target(path if path.exists() else audit_file(path.parent, name)), name=name))
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """One audit that is due at every full hour, seen from half past one."""
    return Scene(Time(), {"nightly": Memory(row_of("0 * * * *", stored=START))}, tmp_path)


def opened(scene: Scene, name: str = "nightly") -> Runs:
    return Runs(next(target for target in scene.find() if target.name == name).opened)


def test_each_slot_is_run_at_its_moment(scene: Scene) -> None:
    runner, moments = opened(scene), list[datetime]()

    def run(audit: Audit, slot: datetime, file: Path) -> tuple[int, str]:
        moments.append(scene.time.now)
        return runner(audit, slot, file)

    assert scene.loop(run).run() == 0
    assert hours(runner.slots) == ["11-21 02:00", "11-21 03:00", "11-21 04:00", "11-21 05:00"]
    assert all(0 <= (at - slot).total_seconds() < 1 for at, slot in zip(moments, runner.slots, strict=True))
    assert max(scene.time.sleeps) <= LONGEST
    assert scene.lines == [
        "waiting for nightly",
        "ran 11-21 02:00",
        "ran 11-21 03:00",
        "ran 11-21 04:00",
        "ran 11-21 05:00",
        "stopped",
    ]


def test_a_clock_that_is_set_is_noticed_within_a_minute(scene: Scene) -> None:
    runner = opened(scene)

    def meanwhile(gone: float) -> None:
        if gone == 600:
            scene.time.now += timedelta(hours=10)
        if gone == 1200:
            scene.time.now -= timedelta(hours=10)

    scene.time.meanwhile, scene.time.limit = meanwhile, 3 * 3600
    assert scene.loop(runner).run() == 0
    assert hours(runner.slots) == ["11-21 11:00"]  # and none of those before it when the clock was set back


def test_a_schedule_that_is_changed_is_noticed_within_a_minute(scene: Scene) -> None:
    runner = opened(scene)

    def meanwhile(gone: float) -> None:
        if gone == 600:
            scene.memories["nightly"].row = row_of("45 * * * *", stored=START)

    scene.time.meanwhile, scene.time.limit = meanwhile, 3600
    scene.loop(runner).run()
    assert hours(runner.slots) == ["11-21 01:45"]


def test_an_audit_that_fails_is_left_alone_for_longer_and_longer_and_the_others_are_not(scene: Scene) -> None:
    scene.memories = {"a": Memory(row_of(audit="a", stored=START)), "b": Memory(row_of("*/30 * * * *", audit="b"))}
    tried, runner = list[float](), opened(scene, "b")

    def run(audit: Audit, slot: datetime, file: Path) -> tuple[int, str]:
        if audit.name == "b":
            return runner(audit, slot, file)
        tried.append(scene.time.gone)
        raise AuditError("no data yet")

    scene.time.limit = 8 * 3600
    assert scene.loop(run).run() == 0
    pauses = [round((after - before) / 60) for before, after in pairwise(tried)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert max(pauses) == PATIENCE / 60
    assert len(runner.slots) == 16
    assert "a: looking again in 32 min" in scene.lines


def test_what_failed_and_works_again_is_looked_at_as_before(scene: Scene) -> None:
    runner = opened(scene)
    runner.ends = lambda slot: AuditError("no data yet") if scene.time.gone < 2400 else 0
    scene.loop(runner).run()
    assert hours(runner.slots[-4:]) == ["11-21 02:00", "11-21 03:00", "11-21 04:00", "11-21 05:00"]


def test_a_run_at_work_elsewhere_is_waited_for(scene: Scene) -> None:
    runner = opened(scene)
    runner.ends = lambda slot: Locked("another run is at work") if scene.time.gone < 3000 else 0
    scene.time.limit = 3700
    scene.loop(runner).run()
    assert hours(runner.slots[-1:]) == ["11-21 02:00"]
    assert scene.memories["nightly"].found[moment("2026-11-21T02:00")].state == "complete"


def test_a_ledger_that_is_out_of_reach_for_a_while_ends_nothing(scene: Scene) -> None:
    runner = opened(scene)

    def find() -> list[Target]:
        if 600 < scene.time.gone < 1200:
            raise LedgerError("the server does not answer")
        return scene.find()

    scene.loop(runner, find).run()
    assert len(runner.slots) == 4
    assert scene.lines.count("the server does not answer") == 9


def test_what_is_wrong_from_the_start_ends_it(scene: Scene) -> None:
    def find() -> list[Target]:
        raise LedgerError("it is no ledger")

    with pytest.raises(ReporterError, match="it is no ledger"):
        scene.loop(opened(scene), find).run()


def test_it_ends_when_its_time_is_up(scene: Scene) -> None:
    assert scene.loop(opened(scene)).run(1000.0) == 0
    assert scene.time.gone == pytest.approx(1000)
    assert scene.lines[-1] == "time is up"
    assert scene.loop(opened(scene)).run(0) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_item_in_work(number: signal.Signals, scene: Scene) -> None:
    before, stop, items = signal.getsignal(number), Stop(), list[int]()
    scene.memories["nightly"].row = row_of("* * * * *", catch_up="all", stored=START - timedelta(minutes=5))

    def run(audit: Audit, slot: datetime, file: Path) -> tuple[int, str]:
        for item in range(9):
            items.append(item)
            if item == 3:
                os.kill(os.getpid(), number)
            if stop():
                raise PartialRun("stopped with 4 of 9 items done")
        return 0, ""

    call = Call(run, scene.lines.append, stop)
    with stop.listening():
        assert Loop(scene.find, call, stop, clock=lambda: START).run() == 0
    assert items == [0, 1, 2, 3]
    assert scene.lines[1:] == ["nightly 2026-11-21 01:25 UTC: stopped with 4 of 9 items done", "stopped"]
    assert signal.getsignal(number) == before


def test_the_second_signal_ends_it_at_once() -> None:
    stop = Stop()
    with stop.listening():
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_ends_a_sleep() -> None:
    stop, began = Stop(), time.monotonic()
    with stop.listening():
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        try:
            assert stop.wait(30)
        finally:
            signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 10
    assert not Stop().wait(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_in_the_foreground_ends_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    path = audit_file(tmp_path, more='[schedule]\nat = "0 2 1 1 *"')
    process = subprocess.Popen(
        [sys.executable, "-m", "reporter", "run-due", str(path), "--loop"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]  # each is there when it is said, not when a buffer is full
    process.send_signal(number)
    rest, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (0, "")
    assert "waiting for nightly" in lines[0]
    assert "stored its schedule" in lines[1]
    assert rest.endswith("stopped\n")
