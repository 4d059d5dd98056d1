"""A worker in a process of its own: `main` runs there, `write` and `read` are the words both sides speak.

Standard input and output are the way to and from the driver. They are moved out of reach before anything else is
loaded, so that whatever prints or reads cannot disturb them. When the driver is gone, however it went, so is this.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import struct
import sys
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import IO

from reporter.engines.trying import Outcome, opened, portable, tried_packed, unpacked
from reporter.errors import ReporterError
from reporter.work import Job

LENGTH = struct.Struct(">Q")
GRACE = 5.0  # seconds over its time after which an item ends this process, should nobody else have ended it


def write(pipe: IO[bytes], content: bytes) -> None:
    """Hand over one message. Raises OSError when nobody reads."""
    pipe.write(LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def read(pipe: IO[bytes]) -> bytes:
    """The next message. Raises EOFError when the other end is gone."""
    head = pipe.read(LENGTH.size)
    if len(head) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        content = pipe.read(length)
        if len(content) == length:
            return content
    raise EOFError


class _Child:
    """One worker process, seen from within."""

    def __init__(self, orders: IO[bytes], answers: IO[bytes]) -> None:
        self._orders, self._answers = orders, answers
        self._inbox: SimpleQueue[bytes | None] = SimpleQueue()  # the job, then items one at a time; None is the end
        self._busy = True  # until it is ready, and from an item's arrival to its answer

    def work(self) -> None:
        Thread(target=self._listen, daemon=True).start()
        if (order := self._inbox.get()) is None:
            return
        try:
            job: Job = unpacked(order)
            worker = opened(job)
        except ReporterError as error:
            self._answer(portable(error))
            return
        self._answer(None)
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # a descriptor is what is needed
            while (order := self._inbox.get()) is not None:
                if job.item_seconds is not None:
                    # Works even where an item lets no other thread run, and the driver is gone.
                    faulthandler.dump_traceback_later(job.item_seconds + GRACE, exit=True, file=nowhere)
                outcome = tried_packed(worker, order)
                faulthandler.cancel_dump_traceback_later()
                self._answer(outcome)

    def _answer(self, thing: Outcome | ReporterError | None) -> None:
        self._busy = False  # before the driver can know, and send the next
        write(self._answers, pickle.dumps(thing))

    def _listen(self) -> None:
        try:
            while True:
                order = read(self._orders)
                self._busy = True
                self._inbox.put(order)
        except (OSError, EOFError):
            if self._busy:  # nobody waits for the answer any more
                vanish()
            self._inbox.put(None)


def vanish() -> None:
    """End at once, with all that this process started."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Work for the driver at the other end of standard input until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which ends its workers
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere if sys.stderr is None else 2, 1)
    os.close(nowhere)
    if hasattr(os, "register_at_fork"):  # what is forked must not hold the pipe open when this process is gone
        os.register_at_fork(after_in_child=partial(_close, orders.fileno(), answers.fileno()))
    try:
        _Child(orders, answers).work()
    except OSError:  # the driver is gone
        vanish()


def _close(*descriptors: int) -> None:
    for each in descriptors:
        os.close(each)
