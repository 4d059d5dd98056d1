"""Ray: workers are actors, on this machine or on a cluster's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from reporter.engines.cluster import cluster
from reporter.engines.crew import OPENING_SECONDS, Crew, Event
from reporter.engines.trying import (
    Outcome,
    Workers,
    check_workers,
    crew_size,
    opened,
    packed,
    portable,
    told,
    tried_packed,
    unpacked,
)
from reporter.errors import AuditError, ReporterError
from reporter.work import Done, Item, Job, Worker


@dataclass(frozen=True)
class RayEngine:
    """Actors that each hold the opened job, on a Ray cluster.

    Without an address it is a cluster of its own on this machine, ended afterwards; with one (`host:port`, `auto`), an
    existing one is joined, on whose machines this package, the study and the data have to be in the same places:
    nothing is shipped. Ray restarts actors that are gone; how often an item is tried, and for how long, is counted by
    the driver, so that the time in which a worker is made ready again is not the item's.
    """

    workers: Workers = "auto"  # as many as the cluster can hold, or as cores that this process may use
    address: str = ""
    opening_seconds: float = OPENING_SECONDS  # within which a worker has to be ready

    name: ClassVar[str] = "ray"
    description: ClassVar[str] = "actors on a Ray cluster, or on one of its own on this machine (extra: ray)"

    def __post_init__(self) -> None:
        check_workers(self.workers)

    def map(self, job: Job, items: Sequence[Item]) -> Iterator[Done]:
        """Work on the items as actors get free. Raises ReporterError when Ray, or what a worker needs, is not there."""
        if not len(items):
            return
        size = crew_size(self.workers, len(items), job.threads)
        with cluster(self.address, size * job.threads, job.threads) as ray:
            room = _room(ray, job)
            if self.workers == "auto":
                size = min(room, len(items))
            crew = Crew(job, items, _Troupe(ray, job), self.opening_seconds)
            yield from crew.work(min(size, room))


def _room(ray: Any, job: Job) -> int:
    """How many workers the cluster can hold. Raises AuditError when it is none, whoever may be using it now."""
    needed = {"CPU": float(job.threads), "GPU": job.gpus}
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fits = [
        min(int(machine.get(name, 0) / amount + 1e-9) for name, amount in needed.items() if amount)
        for machine in machines
    ]
    if not sum(fits):
        largest = {name: max((machine.get(name, 0) for machine in machines), default=0) for name in needed}
        raise AuditError(
            f"no machine of the Ray cluster has what a worker needs: {needed['CPU']:g} CPU, {needed['GPU']:g} GPU",
            allowed=f"the most that one has: {largest['CPU']:g} CPU, {largest['GPU']:g} GPU",
            remedy="ask for less in the audit file (gpus), or give the address of another cluster",
        )
    return sum(fits)


class Actor:
    """A worker within Ray. What goes wrong here is answered, not raised."""

    def __init__(self, job: bytes, path: Sequence[str]) -> None:
        sys.path.extend(each for each in path if each not in sys.path)
        self._job = job
        self._worker: Worker | None = None

    def ready(self) -> ReporterError | None:
        """Open the job; why it cannot be opened."""
        try:
            self._worker = opened(unpacked(self._job))
        except ReporterError as error:
            return portable(error)
        return None

    def work(self, item: bytes) -> Outcome | None:
        """Try an item. None: Ray has restarted this actor in the meantime, and it is not ready."""
        return tried_packed(self._worker, item) if self._worker is not None else None


class _Troupe:
    """Makes the actors, and hears of them."""

    def __init__(self, ray: Any, job: Job) -> None:
        self.ray = ray
        self.asked: dict[Any, _Role] = {}  # reference → who was asked
        self.said: list[Event] = []  # without being asked
        self._job = packed(job)
        # A restart may fail for a while; an item's second try is another matter, see RayEngine.
        self._kind = ray.remote(Actor).options(
            num_cpus=job.threads, num_gpus=job.gpus, max_restarts=-1, max_task_retries=1
        )

    def hire(self) -> _Role:
        return _Role(self, self._kind.remote(self._job, sys.path))

    def heard(self, seconds: float) -> Sequence[Event]:
        events, self.said = self.said, []
        if self.asked and self.ray.wait([*self.asked], num_returns=1, timeout=0 if events else seconds)[0]:
            ended, _ = self.ray.wait([*self.asked], num_returns=len(self.asked), timeout=0)
            events += [self._event(self.asked.pop(each), each) for each in ended]
        return events

    def _event(self, role: _Role, reference: Any) -> Event:
        try:
            answer: Outcome | ReporterError | None = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            return Event(role, gone=_how(error))
        if role.busy and answer is None:
            return Event(role, gone="it ended unexpectedly")
        return Event(role, outcome=answer) if isinstance(answer, Outcome) else Event(role, error=answer)


class _Role:
    """One actor between two restarts."""

    def __init__(self, troupe: _Troupe, actor: Any) -> None:
        self._troupe, self._actor = troupe, actor
        self.busy = False  # with an item
        troupe.asked[actor.ready.remote()] = self

    def give(self, item: Item) -> None:
        try:
            order = packed(item)
        except AuditError as error:
            self._troupe.said.append(Event(self, outcome=Outcome(problem=str(error), cause="error")))
            return
        self.busy = True
        self._troupe.asked[self._actor.work.options(max_task_retries=0).remote(order)] = self

    def again(self) -> _Role:
        if self._forgotten():
            self._troupe.ray.kill(self._actor, no_restart=False)
        return _Role(self._troupe, self._actor)

    def leave(self) -> None:
        """It has nothing to save."""

    def end(self) -> None:
        self._forgotten()
        self._troupe.ray.kill(self._actor)

    def _forgotten(self) -> bool:
        """Expect no answer any more; whether one was expected."""
        asked = [each for each, role in self._troupe.asked.items() if role is self]
        for each in asked:
            del self._troupe.asked[each]
        return bool(asked)


def _how(error: Exception) -> str:
    """What Ray says of a worker that is gone, in words."""
    if type(error).__name__ == "OutOfMemoryError":
        return "Ray ended it because memory ran out"
    cause = getattr(error, "cause", None)  # of what could not be made there: this package is absent, or another one
    return told(cause) if isinstance(cause, Exception) else "it ended unexpectedly"
