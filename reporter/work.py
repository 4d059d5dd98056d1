"""Items of work and what became of them: what an audit hands to an engine, and what an engine gives back. No torch.

An engine knows nothing of models: a Job names the function that makes a worker ready, and every Item is one call of
what that function returned. All of it can be pickled, and a result is what JSON can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Literal, Protocol

Result = Mapping[str, Any]  # what JSON can hold
Worker = Callable[["Item"], Result]
Cause = Literal["", "error", "timeout", "crash"]


@dataclass(frozen=True)
class Item:
    """One piece of work: its key is unique within a job and the same every time the job is made."""

    key: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """How a worker gets ready: `opens` is "module:function"; called once a worker, it returns what takes an Item."""

    opens: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    item_seconds: float | None = None  # after which an item has failed; None: however long it takes
    threads: int = 1  # of torch and numpy in each worker; one, so that every engine adds up in the same order
    gpus: float = 0.0  # of a worker

    def open(self) -> Worker:
        """A worker of this process, ready. Raises what the function raises."""
        module, _, name = self.opens.partition(":")
        worker: Worker = getattr(import_module(module), name)(**self.arguments)
        return worker


@dataclass(frozen=True)
class Done:
    """What became of an item: a result, or one line of what went wrong and why it ended."""

    item: Item
    result: Result | None = None
    problem: str = ""
    cause: Cause = ""
    seconds: float = 0.0
    attempts: int = 1

    @property
    def failed(self) -> bool:
        return bool(self.cause)


class Engine(Protocol):
    """Where items are worked on. The same items give the same results with every engine."""

    name: ClassVar[str]
    description: ClassVar[str]

    def map(self, job: Job, items: Sequence[Item]) -> Iterator[Done]:
        """Work on the items; one Done each, in the order in which they end.

        An item that raises, hangs or takes its worker with it fails alone; a worker that was ended from outside is
        replaced and its item tried again. Closing the iterator ends all workers. Raises ReporterError when no worker
        can be made ready, or when a resource cannot be had.
        """
        ...
