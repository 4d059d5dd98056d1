"""Slots: what a cron expression means where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reporter.auditing.calendar.schedule import Schedule
from reporter.errors import AuditError

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",  # puts its clock forward at midnight
    "America/Santiago",
    "Pacific/Chatham",
    "Antarctica/Troll",  # by two hours
)


def local(zone: str, at: str, start: str, end: str) -> list[str]:
    """The slots of some days as the zone's clock shows them, with the offset."""
    schedule = Schedule.read(at, zone)
    first, last = (datetime.fromisoformat(day).replace(tzinfo=schedule.zone).astimezone(UTC) for day in (start, end))
    return [f"{slot.astimezone(schedule.zone):%m-%d %H:%M %z}" for slot in schedule.slots(first, last)]


def test_a_time_that_the_clock_skips_counts_at_the_first_moment_after_the_gap() -> None:
    assert local("Europe/Berlin", "30 2 * * *", "2027-03-27", "2027-03-30") == [
        "03-27 02:30 +0100",
        "03-28 03:00 +0200",
        "03-29 02:30 +0200",
    ]
    assert local("America/New_York", "30 2 * * *", "2027-03-14", "2027-03-15") == ["03-14 03:00 -0400"]
    assert local("Australia/Lord_Howe", "15 2 * * *", "2026-10-03", "2026-10-05") == [
        "10-03 02:15 +1030",
        "10-04 02:30 +1100",
    ]
    assert local("Africa/Cairo", "0 0 * * *", "2026-04-23T12:00", "2026-04-25") == [
        "04-24 01:00 +0300",
        "04-25 00:00 +0300",
    ]


def test_several_times_within_one_gap_count_once() -> None:
    assert local("Europe/Berlin", "0,20,40 2,3 * * *", "2027-03-28", "2027-03-29") == [
        "03-28 03:00 +0200",
        "03-28 03:20 +0200",
        "03-28 03:40 +0200",
    ]


def test_a_time_that_comes_twice_counts_once_and_the_first_time() -> None:
    assert local("Europe/Berlin", "30 2 * * *", "2026-10-25", "2026-10-27") == [
        "10-25 02:30 +0200",
        "10-26 02:30 +0100",
    ]
    assert local("America/New_York", "30 1 * * *", "2026-11-01", "2026-11-02") == ["11-01 01:30 -0400"]
    assert local("Australia/Lord_Howe", "45 1 * * *", "2027-04-04", "2027-04-05") == ["04-04 01:45 +1100"]


def test_a_rhythm_follows_the_clock_on_the_wall() -> None:
    assert local("Europe/Berlin", "0 * * * *", "2026-10-25T01:30", "2026-10-25T03:30") == [
        "10-25 02:00 +0200",
        "10-25 02:00 +0100",
        "10-25 03:00 +0100",
    ]
    assert local("Europe/Berlin", "*/30 * * * *", "2027-03-28T01:15", "2027-03-28T03:45") == [
        "03-28 01:30 +0100",
        "03-28 03:00 +0200",
        "03-28 03:30 +0200",
    ]
    assert local("Europe/Berlin", "15 * * * *", "2027-03-28T01:00", "2027-03-28T04:00") == [
        "03-28 01:15 +0100",
        "03-28 03:15 +0200",
    ]
    half_an_hour = local("Australia/Lord_Howe", "*/15 2 * * *", "2027-04-04", "2027-04-05")
    assert half_an_hour == [f"04-04 02:{minute} +1030" for minute in ("00", "15", "30", "45")]


def test_a_zone_with_an_odd_offset() -> None:
    assert Schedule.read("0 2 * * *", "Asia/Kathmandu").next(datetime(2026, 11, 21, tzinfo=UTC), 2) == [
        datetime(2026, 11, 21, 20, 15, tzinfo=UTC),
        datetime(2026, 11, 22, 20, 15, tzinfo=UTC),
    ]


def test_days_of_the_month_and_of_the_week() -> None:
    assert local("UTC", "0 2 1 * MON", "2026-11-01", "2026-11-10") == [
        f"11-{day} 02:00 +0000" for day in ("01", "02", "09")
    ]
    assert local("UTC", "0 2 L * *", "2027-02-01", "2027-04-01") == ["02-28 02:00 +0000", "03-31 02:00 +0000"]
    assert local("UTC", "0 2 * * 5#2", "2026-11-01", "2026-12-01") == ["11-13 02:00 +0000"]


def test_years_without_a_slot_are_passed_over() -> None:
    assert Schedule.read("0 0 29 2 */7").next(datetime(2026, 11, 21, tzinfo=UTC), 1) == [
        datetime(2032, 2, 29, tzinfo=UTC)
    ]


@pytest.mark.parametrize(
    "at",
    [
        "",
        "0 2 * *",
        "0 0 2 * * *",
        "@daily",
        "60 2 * * *",
        "0 2 31 2 *",
        "0 2 * * *\n* * * * *",
        "0 2 * * $(x)",
        "٣ 2 * * *",
        "1/0 2 * * *",
        "LW/2 LW * * *",
        "0 2 * * " + "1," * 60 + "1",
        "9" * 90 + " 2 * * *",
    ],
)
def test_what_is_no_expression_is_told_in_one_line(at: str) -> None:
    with pytest.raises(AuditError) as caught:
        Schedule.read(at)
    assert "\n" not in str(caught.value)
    assert '"0 2 * * *"' in str(caught.value)


@given(st.text(alphabet="0123456789*/-,#LWSUNMO ", max_size=20))
def test_any_text_is_an_expression_or_refused(at: str) -> None:
    try:
        schedule = Schedule.read(at)
    except AuditError:
        return
    assert schedule.next(datetime(2026, 11, 21, tzinfo=UTC), 1)


def test_an_unknown_zone_is_told_with_the_nearest() -> None:
    with pytest.raises(AuditError, match="Europe/Berlin"):
        Schedule.read("0 2 * * *", "Europe/Berln")
    with pytest.raises(AuditError):
        Schedule.read("0 2 * * *", "../../etc/passwd")


minutes = st.one_of(st.integers(0, 59).map(str), st.sampled_from(["*", "*/15", "0,30", "5-9", "7/20"]))
hours = st.one_of(st.integers(0, 23).map(str), st.sampled_from(["*", "*/2", "0-3", "1,2,3", "22-23"]))
expressions = st.builds("{} {} * * {}".format, minutes, hours, st.sampled_from(["*", "SUN", "1-5"]))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@settings(max_examples=40, deadline=None)
@given(expressions, st.sampled_from(ZONES), moments)
@example("30 2 * * *", "Europe/Berlin", datetime(2027, 3, 27, tzinfo=UTC))
@example("*/15 2 * * *", "Australia/Lord_Howe", datetime(2027, 4, 3, tzinfo=UTC))
@example("0 0 * * *", "Africa/Cairo", datetime(2026, 4, 23, tzinfo=UTC))
@example("15 23 * * *", "America/St_Johns", datetime(2026, 10, 31, tzinfo=UTC))
def test_slots_are_those_a_clock_that_is_watched_minute_by_minute_would_give(
    at: str, zone: str, start: datetime
) -> None:
    schedule = Schedule.read(at, zone)
    end = start + timedelta(days=2)
    assert list(schedule.slots(start, end)) == list(_watched(schedule, start, end))


def _watched(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """The same by looking at the wall each minute, as a cron daemon does."""
    found, shown = [], set[datetime]()
    moment = start - timedelta(hours=4)
    wall = moment.astimezone(schedule.zone)
    matching = _calendar(schedule.at, _naive(wall) - timedelta(days=1), _naive(end) + timedelta(days=1))
    while moment < end:
        moment, before = moment + timedelta(minutes=1), wall
        wall = moment.astimezone(schedule.zone)
        times = {_naive(wall)}
        if schedule.fixed:  # and those that the clock went past in this minute
            gap = round((_naive(wall) - _naive(before)) / timedelta(minutes=1))
            times |= {_naive(wall) - timedelta(minutes=back) for back in range(1, gap)}
        due = (matching & times) - (shown if schedule.fixed else set())
        shown |= times
        if due and moment > start:
            found.append(moment)
    return found


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _calendar(at: str, start: datetime, end: datetime) -> set[datetime]:
    return set(takewhile(lambda time: time <= end, CronSim(at, start)))


@settings(max_examples=40, deadline=None)
@given(expressions, st.sampled_from(ZONES), moments, st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_slots_do_not_depend_on_where_one_begins_to_count(
    at: str, zone: str, start: datetime, steps: list[int]
) -> None:
    schedule = Schedule.read(at, zone)
    points = [start]
    for step in steps:
        points.append(points[-1] + timedelta(minutes=step))
    pieces = [slot for after, until in pairwise(points) for slot in schedule.slots(after, until)]
    whole = list(schedule.slots(start, points[-1]))
    assert pieces == whole == sorted(set(whole))
    assert schedule.latest(start, points[-1]) == (whole[-1] if whole else None)
    assert whole[:2] == schedule.next(start, 2)[: len(whole[:2])]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 59), st.integers(0, 23), st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]))
def test_over_a_year_it_agrees_with_cronsim(minute: int, hour: int, zone: str) -> None:
    schedule = Schedule.read(f"{minute} {hour} * * *", zone)
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
    simulated = CronSim(schedule.at, start)
    expected = [next(simulated).astimezone(UTC) for _ in range(365)]
    assert list(schedule.slots(start.astimezone(UTC), expected[-1])) == expected
