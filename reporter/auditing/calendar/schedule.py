"""When an audit is due: a cron expression, read in a time zone, as slots. No torch.

A slot is the moment a run stands for, in UTC. Clocks that are put forward or back are treated as Debian's cron does:

- At fixed times (neither minute nor hour begins with `*`): a time that the clock skips counts at the first moment
  after the gap; a time that comes twice counts once, the first time.
- Otherwise (`0 * * * *`) it follows the clock on the wall: what is skipped is not there, what comes twice counts twice.

cronsim only says which times of an unbroken calendar match. What the clock makes of them is decided here, from the
times alone and never from where one began to count, so that every call finds the same slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reporter.errors import AuditError, nearest

if TYPE_CHECKING:
    from cronsim import CronSim

EXAMPLE = 'such as "0 2 * * *", every night at two'
_MINUTE = timedelta(minutes=1)
# More than any zone has ever moved its clock, so that what is looked at covers what lies on the other side of a gap.
_MARGIN = timedelta(hours=25)
_LONGEST = 120  # letters of an expression
_LETTERS = re.compile(r"[0-9A-Za-z*,/#\- ]+")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]+")
_FAR = timedelta(days=366 * 30)  # 29 February on a Sunday comes every 28 years


@dataclass(frozen=True)
class Schedule:
    """A cron expression in a time zone; make it with `read`."""

    at: str
    time_zone: str = "UTC"

    @classmethod
    def read(cls, at: str, time_zone: str = "UTC") -> Schedule:
        """A schedule that is known to make sense. Raises AuditError for an expression or a zone that does not."""
        words = at.split()
        plain = " ".join(words)
        if len(words) != 5 or len(plain) > _LONGEST or not _LETTERS.fullmatch(plain):
            raise AuditError(f"{at!r} is no cron expression of five fields", allowed=EXAMPLE)
        schedule = cls(plain, time_zone)
        try:
            _ = schedule.zone
        except (KeyError, ValueError, OSError) as error:
            from zoneinfo import available_timezones

            near = nearest(time_zone, available_timezones())
            allowed = f"did you mean {near!r}?" if near else "such as Europe/Berlin"
            raise AuditError(f"no time zone called {time_zone!r}", allowed=allowed) from error
        schedule.next(datetime.now(UTC), 1)
        return schedule

    @cached_property
    def zone(self) -> ZoneInfo:
        if not _ZONE.fullmatch(self.time_zone):  # it is written into units as it is
            raise ValueError(self.time_zone)
        return ZoneInfo(self.time_zone)

    @property
    def fixed(self) -> bool:
        """Whether it names times of day, and not just a rhythm."""
        minute, hour = self.at.split()[:2]
        return not minute.startswith("*") and not hour.startswith("*")

    def times(self) -> tuple[list[int], list[int]]:
        """The minutes and the hours it names, whatever the day. Raises AuditError."""
        pattern = _simulated(self.at, datetime(2000, 1, 1))
        return sorted(pattern.minutes), sorted(pattern.hours)

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Slots later than `after`, up to and including `until`, the oldest first."""
        step = timedelta(hours=1)
        while after < until:
            end = min(until, after + step)
            yield from self._between(after, end)
            after, step = end, min(2 * step, timedelta(days=32))

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last slot later than `after`, up to and including `until`."""
        step = timedelta(hours=1)
        while after < until:
            start = max(after, until - step)
            if found := self._between(start, until):
                return found[-1]
            until, step = start, min(2 * step, timedelta(days=32))
        return None

    def next(self, after: datetime, count: int = 3) -> list[datetime]:
        """The slots that come next. Raises AuditError when there is none within thirty years."""
        start = max(after, self._from(after))
        found = list(islice(self.slots(start, start + _FAR), count))
        if not found:
            raise AuditError(f"{self.at!r} never comes", allowed=EXAMPLE)
        return found

    def written(self, slot: datetime) -> str:
        """A slot in the time of the zone, for people."""
        return f"{slot.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"

    def _from(self, after: datetime) -> datetime:
        """A moment shortly before the next match: years without one are passed over in one leap."""
        naive = after.astimezone(self.zone).replace(tzinfo=None) - _MARGIN
        first = next(_simulated(self.at, naive), None)
        return after if first is None else first.replace(tzinfo=UTC) - 2 * _MARGIN

    def _between(self, after: datetime, until: datetime) -> list[datetime]:
        start = after.astimezone(self.zone).replace(tzinfo=None) - _MARGIN
        end = until.astimezone(self.zone).replace(tzinfo=None) + _MARGIN
        found: set[datetime] = set()
        for naive in _simulated(self.at, start):
            if naive > end:
                break
            found.update(slot for slot in self._moments(naive) if after < slot <= until)
        return sorted(found)

    def _moments(self, naive: datetime) -> tuple[datetime, ...]:
        """The moments in UTC at which the clock shows this time, or which stand for it."""
        first, second = self._offsets(naive)
        if first == second:
            return (_utc(naive, first),)
        if first > second:  # the clock shows it twice
            return (_utc(naive, first),) if self.fixed else (_utc(naive, first), _utc(naive, second))
        if not self.fixed:
            return ()
        while first < second:  # the clock skips it
            naive += _MINUTE
            first, second = self._offsets(naive)
        return (_utc(naive, first),)

    def _offsets(self, naive: datetime) -> tuple[timedelta, timedelta]:
        local = naive.replace(tzinfo=self.zone)
        zero = timedelta()
        return local.utcoffset() or zero, local.replace(fold=1).utcoffset() or zero


def _utc(naive: datetime, offset: timedelta) -> datetime:
    return (naive - offset).replace(tzinfo=UTC)


def _simulated(at: str, start: datetime) -> CronSim:
    """The times after `start` that match, in a calendar whose clock never moves."""
    from cronsim import CronSim, CronSimError

    try:
        return CronSim(at, start)
    except (CronSimError, ValueError) as error:
        raise AuditError(f"{at!r} is no cron expression: {error}", allowed=EXAMPLE) from error
