"""Processes: several workers beside each other on this machine, one model in each."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import IO, Any, ClassVar, cast

from reporter.engines.child import read, write
from reporter.engines.crew import OPENING_SECONDS, Crew, Event
from reporter.engines.trying import THREADS, Outcome, Workers, check_workers, crew_size, packed, told
from reporter.errors import AuditError
from reporter.work import Done, Item, Job

GRACE = 3.0  # seconds that a worker with nothing to do has to go by itself
# A fresh interpreter that finds what this one finds, and takes nothing from the folder it is started in.
START = "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; from reporter.engines.child import main; main()"


@dataclass(frozen=True)
class Processes:
    """Several processes on this machine; each opens the job once, so there are as many models as workers.

    They are fresh interpreters (nothing is forked), in process groups of their own: they end with the driver, however
    that ends, and what they started ends with them.
    """

    workers: Workers = "auto"  # as many as cores that this process may use
    opening_seconds: float = OPENING_SECONDS  # within which a worker has to be ready

    name: ClassVar[str] = "processes"
    description: ClassVar[str] = "several processes on this machine, one model in each"

    def __post_init__(self) -> None:
        check_workers(self.workers)

    def map(self, job: Job, items: Sequence[Item]) -> Iterator[Done]:
        """Work on the items as workers get free. Raises ReporterError when no worker can be made ready."""
        if not len(items):
            return
        crew = Crew(job, items, _Pool(job), self.opening_seconds)
        yield from crew.work(crew_size(self.workers, len(items), job.threads))


class _Pool:
    """Makes the processes, and hears of them."""

    def __init__(self, job: Job) -> None:
        self.job = packed(job)
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.environment: Mapping[str, str] = {**os.environ, **dict.fromkeys(THREADS, str(job.threads))}

    def hire(self) -> _Process:
        return _Process(self)

    def heard(self, seconds: float) -> Sequence[Event]:
        found = []
        with suppress(Empty):
            found.append(self.events.get(timeout=seconds))
            while True:
                found.append(self.events.get_nowait())
        return found


class _Process:
    """One worker process, and the thread that speaks with it: a pipe that is full holds up nobody else."""

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._inbox: SimpleQueue[Item | None] = SimpleQueue()
        self._ending, self._left = Lock(), False
        own_group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        try:
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter
                [sys.executable, "-P", "-c", START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=pool.environment,
                **own_group,
            )
        except OSError as error:
            raise AuditError(f"no worker process can be started: {told(error)}") from error
        self._orders, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        Thread(target=self._speak, daemon=True).start()

    def give(self, item: Item) -> None:
        self._inbox.put(item)

    def again(self) -> _Process:
        self.end()
        return _Process(self._pool)

    def leave(self) -> None:
        self._left = True
        self._inbox.put(None)

    def end(self) -> None:
        with self._ending:
            if self._process.returncode is None:
                if self._left:
                    _settle(self._process)
                _kill(self._process)
                self._process.wait()
        self._inbox.put(None)

    def _speak(self) -> None:
        try:
            write(self._orders, self._pool.job)
            self._pool.events.put(Event(self, error=pickle.loads(read(self._answers))))  # noqa: S301
            while (item := self._inbox.get()) is not None:
                self._pool.events.put(Event(self, outcome=self._outcome(item)))
        except (OSError, EOFError):
            self._left = True  # it is about to be gone, and how is of interest
            self.end()
            self._pool.events.put(Event(self, gone=_how(self._process.returncode)))
        finally:
            for pipe in (self._orders, self._answers):
                with suppress(OSError):
                    pipe.close()

    def _outcome(self, item: Item) -> Outcome:
        try:
            order = packed(item)
        except AuditError as error:
            return Outcome(problem=str(error), cause="error")
        write(self._orders, order)
        outcome: Outcome = pickle.loads(read(self._answers))  # noqa: S301  # from our own process
        return outcome


def _settle(process: subprocess.Popen[bytes]) -> None:
    """Wait a moment for its end, without taking note of it: until then its number and its group are its own."""
    if not hasattr(os, "waitid"):
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        return
    until = monotonic() + GRACE
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None and monotonic() < until:
        sleep(0.005)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _how(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"it ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"killed by {name}" + (", as happens when memory runs out" if name == "SIGKILL" else "")
