"""What happens inside a worker, whichever engine it belongs to: it is made ready once, then tries item by item.

Torch is not imported here, only told how many threads it has where the opener brought it in.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

from reporter.errors import AuditError, ReporterError, UsageError, first_line
from reporter.work import Cause, Done, Item, Job, Worker

Workers = int | Literal["auto"]

# They are read when the library is loaded, which is why a worker has them from its start.
THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Outcome:
    """What one try of an item came to. The result is text, so that it is the same whatever way it travels."""

    text: str = ""  # the result as JSON
    problem: str = ""
    cause: Cause = ""
    seconds: float = 0.0

    def done(self, item: Item, attempts: int = 1) -> Done:
        result = None if self.cause else json.loads(self.text)
        return Done(item, result, self.problem, self.cause, self.seconds, attempts)


def opened(job: Job) -> Worker:
    """A worker of this process, ready. Raises ReporterError, whatever the opener raised."""
    use_threads(job.threads)
    try:
        worker = job.open()
    except ReporterError:
        raise
    except (Exception, SystemExit) as error:
        raise AuditError(f"no worker could be made ready: {told(error)}") from error
    use_threads(job.threads)  # the opener may have brought torch in
    return worker


def tried_packed(worker: Worker, content: bytes) -> Outcome:
    """`tried`, of an item that came from another process."""
    try:
        item: Item = unpacked(content)
    except ReporterError as error:
        return Outcome(problem=str(error), cause="error")
    return tried(worker, item)


def tried(worker: Worker, item: Item) -> Outcome:
    """Call the worker with the item; what it raises, or returns and JSON cannot hold, is the item's problem alone."""
    started = perf_counter()
    try:
        result = worker(item)
        if not isinstance(result, Mapping):
            raise TypeError(f"the result is no mapping but {type(result).__name__}")  # noqa: TRY301
        text = json.dumps(dict(result), allow_nan=False)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # an item fails alone, whatever it raises
        return Outcome(problem=told(error), cause="error", seconds=perf_counter() - started)
    return Outcome(text, seconds=perf_counter() - started)


def told(error: BaseException) -> str:
    """An error in one line; one that is not ours with its class before it."""
    if isinstance(error, ReporterError):
        return str(error)
    name, line = type(error).__name__, first_line(error)
    return str(ReporterError(name if line == name else f"{name}: {line}"))


def too_long(job: Job, seconds: float) -> Outcome:
    """The outcome of an item that did not end in time."""
    return Outcome(problem=f"it took longer than {job.item_seconds:g} seconds", cause="timeout", seconds=seconds)


def portable(error: ReporterError) -> ReporterError:
    """The error as it can cross between processes, with its traceback as a note."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    except Exception:  # noqa: BLE001  # whatever a stranger's class does when it is pickled
        return AuditError(str(error))
    return error


def packed(thing: Job | Item) -> bytes:
    """For another process. Raises AuditError when it holds what cannot be sent."""
    try:
        return pickle.dumps(thing)
    except Exception as error:  # what it holds may raise anything
        raise AuditError(f"it cannot be handed to another process: {told(error)}") from error


def unpacked(content: bytes) -> Any:
    """What another process packed. Raises AuditError when it needs what is not there."""
    try:
        return pickle.loads(content)  # noqa: S301  # this program wrote it, and no other can
    except Exception as error:  # what it holds may need anything
        raise AuditError(f"it cannot be read by a worker: {told(error)}") from error


def use_threads(count: int) -> int | None:
    """Let torch work with so many threads, where it is loaded; returns how many it had, None where it is not."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    before: int = torch.get_num_threads()
    if before != count:
        torch.set_num_threads(count)
    return before


def crew_size(workers: Workers, items: int, threads: int = 1) -> int:
    """How many workers there will be: as many as cores that this process may use, and no more than items."""
    wanted = max(1, _cores() // threads) if workers == "auto" else workers
    return max(1, min(wanted, items))


def check_workers(workers: Workers) -> None:
    """Raises UsageError for a number of workers that cannot be."""
    if workers != "auto" and workers < 1:
        raise UsageError(f"the engine cannot have {workers!r} workers", allowed='"auto", or a number from 1')


def _cores() -> int:
    """How many cores this process may use, which in a container may be fewer than the machine has."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
