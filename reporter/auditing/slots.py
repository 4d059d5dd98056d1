"""Slots: the moment that a run stands for, from how a person writes it. No torch."""

from __future__ import annotations

from datetime import UTC, datetime

from reporter.auditing.file import Audit
from reporter.errors import UsageError

LAST_YEAR = 9000


def slot_of(audit: Audit, given: str) -> datetime:
    """A slot in UTC from a date or a moment in ISO 8601; without an offset it is in the audit's time zone.

    A date alone stands for the time at which the audit is due on that day, or for midnight without a schedule.
    Raises UsageError.
    """
    try:
        moment = datetime.fromisoformat(given)
        if not 1 < moment.year < LAST_YEAR:
            raise ValueError(moment.year)  # noqa: TRY301  # at either end of the calendar no other zone has such a day
    except ValueError as error:
        raise UsageError(
            f"{given!r} is no slot", allowed='a date or a moment such as "2026-11-20" or "2026-11-20T02:00"'
        ) from error
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    local = moment.replace(tzinfo=audit.zone)
    if len(given) <= len("2026-11-20") and audit.schedule.at:
        from reporter.auditing.calendar.schedule import Schedule

        due = next(iter(Schedule(audit.schedule.at, audit.time_zone).next(local.astimezone(UTC), 1)), None)
        if due is not None and due.astimezone(audit.zone).date() == local.date():
            return due.astimezone(UTC)
    return local.astimezone(UTC)


def written(audit: Audit, slot: datetime) -> str:
    """A slot as `slot_of` reads it back: in the audit's time zone, with an offset where the clock shows it again."""
    local = slot.astimezone(audit.zone)
    shown = local if local.fold else local.replace(tzinfo=None)
    return shown.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def latest_slot(audit: Audit, now: datetime) -> datetime:
    """The slot that a run by hand stands for: the last one the schedule had, or today's midnight."""
    if audit.schedule.at:
        from datetime import timedelta

        from reporter.auditing.calendar.schedule import Schedule

        found = Schedule(audit.schedule.at, audit.time_zone).latest(now - timedelta(days=366), now)
        if found is not None:
            return found.astimezone(UTC)
    local = now.astimezone(audit.zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
