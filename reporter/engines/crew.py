"""A crew of workers elsewhere: hands out items, takes outcomes, and replaces who hangs or is gone.

Where the workers are is left to an engine, by way of Hands and Hand; what becomes of an item is decided here once.
Each worker has one item at a time, so that who is to blame is known, and nothing piles up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from reporter.engines.trying import Outcome, too_long
from reporter.errors import AuditError, ReporterError
from reporter.work import Done, Item, Job

TRIES = 2  # of an item whose worker is gone, and of making each worker ready
OPENING_SECONDS = 900.0  # to make one worker ready
TICK = 1.0  # seconds after which a wait looks up, so that Ctrl-C arrives on every system


class Hand(Protocol):
    """One worker. It is made ready without being asked, and says so in an event."""

    def give(self, item: Item) -> None:
        """Let it work on an item."""
        ...

    def again(self) -> Hand:
        """Another one in its place; this one is ended if it is still there."""
        ...

    def leave(self) -> None:
        """Ask it to go when it has nothing to do; returns at once."""
        ...

    def end(self) -> None:
        """Returns when it is gone, by force if it has to be."""
        ...


@dataclass(frozen=True)
class Event:
    """What was heard of a worker: it is ready, or cannot be (error), an outcome, or that it is gone (and how)."""

    hand: Hand
    outcome: Outcome | None = None
    error: ReporterError | None = None
    gone: str = ""
    at: float = field(default_factory=monotonic)


class Hands(Protocol):
    """Where workers come from."""

    def hire(self) -> Hand:
        """A worker, on its way to being ready."""
        ...

    def heard(self, seconds: float) -> Sequence[Event]:
        """What happened, as soon as something did; nothing after so many seconds."""
        ...


@dataclass
class _Post:
    """Where one worker stands: being made ready, waiting, or at work on an item."""

    ready: bool = False
    item: Item | None = None
    attempt: int = 1  # of the item
    since: float = field(default_factory=monotonic)


class Crew:
    """Workers at one job."""

    def __init__(self, job: Job, items: Sequence[Item], hands: Hands, opening_seconds: float) -> None:
        self._job, self._items, self._hands, self._opening = job, items, hands, opening_seconds
        self._position = 0  # of the first item that nobody had yet
        self._back: deque[tuple[Item, int]] = deque()  # items to be tried again, with which try it will be
        self._posts: dict[Hand, _Post] = {}
        self._size = 1
        self._lost = 0  # how many workers in a row were gone before they had an item
        self._error: ReporterError | None = None  # why the first worker that could not be made ready could not

    def work(self, size: int) -> Iterator[Done]:
        """All items with so many workers; one Done each. Raises ReporterError when no worker is or becomes ready."""
        self._size = size
        try:
            for _ in range(size):
                self._seat(self._hands.hire)
            while self._waiting or any(post.item is not None for post in self._posts.values()):
                self._hand_out()
                asked = monotonic()
                for event in self._hands.heard(self._patience()):
                    yield from self._take(event)
                yield from self._overdue(asked)
        finally:
            for hand, post in self._posts.items():
                if post.ready and post.item is None:
                    hand.leave()
            for hand in self._posts:
                hand.end()

    @property
    def _waiting(self) -> bool:
        """Whether there are items that nobody works on."""
        return bool(self._back) or self._position < len(self._items)

    def _hand_out(self) -> None:
        if not self._posts:
            raise self._error or AuditError("no worker could be made ready")
        for hand, post in self._posts.items():
            if self._waiting and post.ready and post.item is None:
                item, attempt = self._next()
                self._posts[hand] = _Post(True, item, attempt)
                hand.give(item)

    def _next(self) -> tuple[Item, int]:
        if self._back:
            return self._back.popleft()
        self._position += 1
        return self._items[self._position - 1], 1

    # What happens

    def _take(self, event: Event) -> Iterator[Done]:
        post = self._posts.get(event.hand)
        if post is None:  # the last words of one that was replaced
            return
        if event.gone:
            yield from self._lose(event, post)
        elif event.error is not None:
            self._drop(event.hand, event.error)
        else:
            self._posts[event.hand], self._lost = _Post(ready=True), 0
            if event.outcome is not None and post.item is not None:
                yield event.outcome.done(post.item, post.attempt)

    def _lose(self, event: Event, post: _Post) -> Iterator[Done]:
        """A worker is gone: its item is tried once more, unless it was late or has been tried before."""
        if post.item is None:
            self._lost += 1
            if not post.ready and self._lost >= TRIES * self._size:
                self._drop(event.hand, AuditError(f"no worker could be made ready: {event.gone}"))
            else:
                self._replace(event.hand)
            return
        busy, limit = event.at - post.since, self._job.item_seconds
        late = limit is not None and busy > limit
        again = not late and post.attempt < TRIES
        if again:
            self._back.append((post.item, post.attempt + 1))
        self._replace(event.hand)
        if not again:
            crash = Outcome(
                problem=f"its worker was lost {post.attempt} times: {event.gone}", cause="crash", seconds=busy
            )
            yield (too_long(self._job, busy) if late else crash).done(post.item, post.attempt)

    def _overdue(self, now: float) -> Iterator[Done]:
        """End who takes too long. `now` is a moment up to which everything was heard, however long ago it may be."""
        for hand, post in list(self._posts.items()):
            limit = self._limit(post)
            if limit is None or now - post.since <= limit:
                continue
            if post.item is None:
                self._drop(hand, AuditError(f"no worker was ready within {limit:g} seconds"))
            else:
                self._replace(hand)
                yield too_long(self._job, now - post.since).done(post.item, post.attempt)

    def _replace(self, hand: Hand) -> None:
        """Put another in its place, if there is anything left to do."""
        del self._posts[hand]
        if self._waiting:
            self._seat(hand.again)
        else:
            hand.end()

    def _seat(self, made: Callable[[], Hand]) -> None:
        """Someone new; that there may be no more of them is no harm to those there are."""
        try:
            self._posts[made()] = _Post()
        except ReporterError as error:
            self._error = self._error or error

    def _drop(self, hand: Hand, error: ReporterError) -> None:
        del self._posts[hand]
        hand.end()
        self._error = self._error or error

    # How long to wait

    def _limit(self, post: _Post) -> float | None:
        if not post.ready:
            return self._opening
        return self._job.item_seconds if post.item is not None else None

    def _patience(self) -> float:
        now = monotonic()
        limits = ((post.since, self._limit(post)) for post in self._posts.values())
        left = [since + limit - now for since, limit in limits if limit is not None]
        return max(0.0, min([TICK, *left]))
