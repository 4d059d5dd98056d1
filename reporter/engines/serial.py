"""Serial: one item after the other in this process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import FrameType
from typing import ClassVar

from reporter.engines.trying import Outcome, opened, too_long, tried, use_threads
from reporter.work import Done, Item, Job, Worker

AGAIN = 1.0  # seconds after which a hint that was swallowed is given once more


class _TimeUp(BaseException):
    """The item's time is over; no Exception, so that what an item catches it does not catch by accident."""


@dataclass(frozen=True)
class Serial:
    """One item after the other in this process; nothing is started.

    What it cannot contain: an item that takes its process with it ends the audit, which resumes when it is run again.
    The time limit is an alarm (SIGALRM). It interrupts Python, not one long call of compiled code, which is over time
    only once it returns; where there is no alarm (Windows, any thread but the main one) that holds for every item.
    """

    name: ClassVar[str] = "serial"
    description: ClassVar[str] = "one item after the other, in this process"

    def map(self, job: Job, items: Sequence[Item]) -> Iterator[Done]:
        """Work on the items in their order. Raises ReporterError when the worker cannot be made ready."""
        if not len(items):
            return
        before = use_threads(job.threads)
        try:
            worker = opened(job)
            for item in items:
                yield _tried(worker, job, item).done(item)
        finally:
            if before is not None:
                use_threads(before)


def _tried(worker: Worker, job: Job, item: Item) -> Outcome:
    started = perf_counter()
    try:
        with _alarm(job.item_seconds):
            outcome = tried(worker, item)
    except _TimeUp:
        return too_long(job, perf_counter() - started)
    late = job.item_seconds is not None and outcome.seconds > job.item_seconds
    return too_long(job, outcome.seconds) if late else outcome


@contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """Raise _TimeUp in what runs within after so many seconds, and each second from then on until it arrives."""
    here = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not here:
        yield
        return
    watching = True

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # as the signal module calls it
        if watching:
            raise _TimeUp

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            watching = False  # the alarm may go off up to here, and not while things are put back
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
