"""`reporter run-due --loop`: in the foreground until it is told to stop, for containers. No torch.

It sleeps till the next slot, but never longer than a minute: then a clock that was set, or a schedule that was changed,
is noticed. What failed is tried again after one minute, then two, four … up to an hour.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType

from reporter.auditing.calendar.due import RAN, Call, Target, coming
from reporter.errors import ReporterError

LONGEST = 60.0  # seconds of sleep
SHORTEST = 0.05
PATIENCE = 3600.0  # seconds between two attempts at what fails
_SLICE = 0.25  # seconds after which a signal is heeded at the latest
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def wall() -> datetime:
    """The time of day by the clock of this machine."""
    return datetime.now(UTC)


class Stop:
    """Set by SIGTERM or SIGINT; the second one does what it would have done without this."""

    def __init__(self) -> None:
        self._set = False

    def __call__(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def wait(self, seconds: float) -> bool:
        """Sleep; True as soon as it is time to stop."""
        end = time.monotonic() + seconds
        # In slices: a lock, as threading.Event has one, may not be taken by what a signal interrupts it with.
        while not self._set and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
        return self._set

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within, the signals set it. Only in the main thread."""
        before = {number: signal.getsignal(number) for number in _SIGNALS}

        def heard(number: int, _frame: FrameType | None) -> None:
            signal.signal(number, before[signal.Signals(number)])
            self.set()

        for number in _SIGNALS:
            signal.signal(number, heard)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass
class _Rest:
    """How long an audit that failed is left alone, and until when."""

    seconds: float
    until: float


@dataclass
class Loop:
    """Runs what is due, again and again."""

    find: Callable[[], Sequence[Target]]  # anew in each round: schedules come and go
    call: Call
    stop: Stop
    clock: Callable[[], datetime] = wall
    ticks: Callable[[], float] = time.monotonic
    _resting: dict[str, _Rest] = field(default_factory=dict, init=False)

    def run(self, seconds: float | None = None) -> int:
        """Until it is told to stop, or for some seconds. Returns 0: what went wrong was said when it did.

        Raises ReporterError when nothing can be found to begin with.
        """
        end = None if seconds is None else self.ticks() + seconds
        found = self.find()
        names = ", ".join(target.name for target in found) or "no audit yet"
        self.call.say(f"waiting for {names}")
        while not self.stop():
            pause = self._round()
            if end is not None:
                pause = min(pause, end - self.ticks())
            if pause <= 0 or self.stop.wait(max(SHORTEST, pause)):
                break
        self.call.say("stopped" if self.stop() else "time is up")
        return 0

    def _round(self) -> float:
        """Run what is due; returns the seconds to sleep."""
        try:
            found = self.find()
            for target in found:
                if self.stop():
                    break
                self._look_after(target)
            awake = [target for target in found if target.name not in self._resting]
            slot = coming(awake, self.clock())
        except ReporterError as error:  # a ledger that cannot be reached now may be in a minute
            self.call.say(str(error))
            return LONGEST
        return LONGEST if slot is None else max(SHORTEST, min(LONGEST, (slot - self.clock()).total_seconds()))

    def _look_after(self, target: Target) -> None:
        rest = self._resting.get(target.name)
        if rest is not None and self.ticks() < rest.until:
            return
        if self.call.run(target, self.clock()) in RAN:
            self._resting.pop(target.name, None)
            return
        seconds = min(2 * rest.seconds, PATIENCE) if rest is not None else LONGEST
        self._resting[target.name] = _Rest(seconds, self.ticks() + seconds)
        self.call.say(f"{target.name}: looking again in {seconds / 60:g} min")
