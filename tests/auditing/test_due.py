"""What is due: every slot once, whenever it is asked for and whatever the clock does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter.auditing.calendar.due import MOST, Target, coming, due, handled, targets, targets_in, worst
from reporter.auditing.calendar.schedule import Schedule
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import CatchUp
from reporter.errors import AuditError, Locked, PartialRun
from tests.auditing.schedules import LONG_AGO, Memory, Runs, audit_file, call, hours, moment, row_of

NOW = moment("2026-11-21T08:00")


def test_the_latest_of_the_missed_slots_is_due() -> None:
    assert hours(due(row_of(), NOW)) == ["11-21 02:00"]
    assert hours(due(row_of(last=moment("2026-11-18T02:00")), NOW)) == ["11-21 02:00"]
    assert due(row_of(last=moment("2026-11-21T02:00")), NOW) == []


def test_all_of_the_missed_slots_are_due_oldest_first_and_within_grace() -> None:
    row = row_of(catch_up="all", last=moment("2026-11-18T02:00"))
    assert hours(due(row, NOW)) == ["11-19 02:00", "11-20 02:00", "11-21 02:00"]
    assert hours(due(replace(row, grace_hours=30), NOW)) == ["11-20 02:00", "11-21 02:00"]
    assert len(due(replace(row, at="* * * * *"), NOW)) == MOST


def test_without_catching_up_a_slot_is_due_for_an_hour() -> None:
    row = row_of(catch_up="none")
    assert due(row, NOW) == []
    assert hours(due(row, moment("2026-11-21T03:00"))) == ["11-21 02:00"]
    assert due(row, moment("2026-11-21T03:01")) == []


def test_a_slot_is_due_from_its_very_moment() -> None:
    row = row_of(last=moment("2026-11-20T02:00"))
    slot = moment("2026-11-21T02:00")
    assert due(row, slot - timedelta(microseconds=1)) == []
    assert due(row, slot) == [slot]


def test_no_slot_from_before_it_was_stored_is_due() -> None:
    assert due(row_of(catch_up="all", stored=moment("2026-11-21T02:01")), NOW) == []
    assert hours(due(row_of(catch_up="all", stored=moment("2026-11-21T02:00")), NOW)) == ["11-21 02:00"]


@pytest.mark.parametrize("catch_up", ["latest", "all", "none"])
def test_a_clock_that_was_set_back_makes_nothing_due_again(catch_up: CatchUp) -> None:
    row = row_of("0 * * * *", catch_up=catch_up, last=moment("2026-11-21T08:00"))
    assert [due(row, NOW - timedelta(minutes=back)) for back in range(0, 1500, 30)] == [[]] * 50


def test_a_slot_that_failed_stays_due_where_all_are_caught_up() -> None:
    row = row_of(catch_up="all", last=moment("2026-11-20T02:00"))
    failed = [moment("2026-11-19T02:00"), moment("2026-11-10T02:00")]  # the older one is beyond grace
    assert hours(due(row, NOW, failed=failed)) == ["11-19 02:00", "11-21 02:00"]
    assert hours(due(replace(row, catch_up="latest"), NOW, failed=failed)) == ["11-21 02:00"]
    assert hours(due(row, NOW, failed=[moment("2026-11-21T02:00")])) == ["11-21 02:00"]


def test_the_worst_exit_code() -> None:
    assert worst([]) == worst([0, 0]) == 0
    assert worst([0, 11]) == 11
    assert worst([11, 1, 0]) == 1
    assert worst([1, 3, 11]) == 3
    assert worst([3, 2, 1]) == 2
    assert worst([2, 139]) == 139


# Running what is due, with a real ledger


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """An audit whose nights are due at two since long ago."""
    (found,) = targets([audit_file(tmp_path)])
    with found.opened() as ledger:
        ledger.store_schedule(row_of(file=str(found.file)))
    return found


def last_of(target: Target) -> datetime | None:
    with target.opened() as ledger:
        row = ledger.schedule_of(target.name)
        assert row is not None
        return row.last


def change(target: Target, **more: object) -> None:
    with target.opened() as ledger:
        row = ledger.schedule_of(target.name)
        assert row is not None
        ledger.store_schedule(replace(row, **more))  # type: ignore[arg-type]


def test_a_slot_is_run_once_however_often_it_is_called(target: Target) -> None:
    runner, lines = Runs(target.opened), list[str]()
    assert [call(runner, lines).run(target, NOW + timedelta(minutes=step)) for step in range(3)] == [0, 0, 0]
    assert hours(runner.slots) == ["11-21 02:00"]
    assert lines == ["ran 11-21 02:00"]
    assert last_of(target) == moment("2026-11-21T02:00")


@pytest.mark.parametrize(("end", "code"), [(1, 1), (3, 3), (PartialRun("x"), 3)])
def test_findings_and_partial_runs_are_handled(target: Target, end: int | PartialRun, code: int) -> None:
    runner = Runs(target.opened, lambda slot: code)

    def run(audit: object, slot: datetime, file: Path) -> tuple[int, str]:
        runner(audit, slot, file)  # type: ignore[arg-type]
        if isinstance(end, PartialRun):
            raise end
        return end, ""

    assert [call(run).run(target, NOW), call(run).run(target, NOW)] == [code, 0]
    assert len(runner.slots) == 1


@pytest.mark.parametrize("end", [2, AuditError("no data yet"), RuntimeError("out\nof order"), MemoryError()])
def test_a_slot_that_failed_is_tried_again_within_grace(target: Target, end: int | Exception) -> None:
    change(target, grace_hours=8)
    runner, lines = Runs(target.opened, lambda slot: end), list[str]()
    assert call(runner, lines).run(target, NOW) == 2
    assert last_of(target) is None
    assert call(runner).run(target, NOW + timedelta(hours=2)) == 2
    assert call(runner).run(target, NOW + timedelta(hours=2, seconds=1)) == 0
    assert hours(runner.slots) == ["11-21 02:00"] * 2
    assert "failed, and due again" in lines[0]
    assert "\n" not in lines[0]
    runner.ends = lambda slot: 0
    assert call(runner).run(target, NOW) == 0
    assert last_of(target) == moment("2026-11-21T02:00")


def test_a_night_that_failed_does_not_hold_up_the_next_and_is_made_good(target: Target) -> None:
    change(target, catch_up="all", last=moment("2026-11-19T02:00"))
    broken = moment("2026-11-20T02:00")
    runner = Runs(target.opened, lambda slot: AuditError("no data yet") if slot == broken else 0)
    assert call(runner).run(target, NOW) == 2
    assert hours(runner.slots) == ["11-20 02:00", "11-21 02:00"]
    runner.ends = lambda slot: 0
    assert call(runner).run(target, NOW) == 0
    assert call(runner).run(target, NOW) == 0
    assert hours(runner.slots[2:]) == ["11-20 02:00"]


def test_a_run_that_was_killed_goes_on_at_the_next_call(target: Target) -> None:
    runner = Runs(target.opened, lambda slot: KeyboardInterrupt())
    with target.opened() as ledger:
        ledger.begin(target.name, moment("2026-11-21T02:00"))
    with pytest.raises(KeyboardInterrupt):
        call(runner).run(target, NOW)
    runner.ends = lambda slot: 0
    assert call(runner).run(target, NOW) == 0
    assert hours(runner.slots) == ["11-21 02:00"] * 2


def test_a_slot_that_was_run_by_hand_is_not_run_again(target: Target) -> None:
    slot = moment("2026-11-21T02:00")
    with target.opened() as ledger:
        ledger.begin(target.name, slot)
        ledger.finish(target.name, slot, "complete", {}, (), 1.0)
    runner = Runs(target.opened)
    assert call(runner).run(target, NOW) == 0
    assert runner.slots == []
    assert last_of(target) == slot


def test_a_second_run_at_once_ends_with_eleven_and_does_no_harm(target: Target) -> None:
    change(target, catch_up="all", last=moment("2026-11-18T02:00"))
    inside, done, codes, slots, lines = Barrier(2), Barrier(2), dict[str, int](), list[datetime](), list[str]()

    def run(audit: object, slot: datetime, file: Path) -> tuple[int, str]:
        with target.opened() as ledger, ledger.claimed(target.name):
            slots.append(slot)
            if len(slots) == 1:
                inside.wait(20)
                done.wait(20)
            ledger.begin(target.name, slot)
            ledger.finish(target.name, slot, "complete", {}, (), 1.0)
        return 0, ""

    first = Thread(target=lambda: codes.update(first=call(run).run(target, NOW)))
    first.start()
    inside.wait(20)
    codes["second"] = call(run, lines).run(target, NOW)
    done.wait(20)
    first.join(20)
    assert codes == {"first": 0, "second": 11}
    assert hours(slots) == ["11-19 02:00", "11-20 02:00", "11-21 02:00"]
    assert len(lines) == 1
    assert "another run of the audit 'nightly'" in lines[0]


def test_one_audit_that_cannot_be_run_does_not_keep_the_others(tmp_path: Path) -> None:
    files = [audit_file(tmp_path / name, name) for name in ("a", "b")]
    found = targets(files)
    for one in found:
        change_to = row_of(audit=one.name, file=str(one.file))
        with one.opened() as ledger:
            ledger.store_schedule(change_to)
    files[0].write_text("nonsense", encoding="utf-8")
    runner, lines = Runs(found[1].opened), list[str]()
    assert [call(runner, lines).run(one, NOW) for one in found] == [2, 0]
    assert len(runner.slots) == 1
    assert lines[0].startswith("a 2026-11-21 02:00 UTC: ")
    assert lines[0].endswith("; failed, and due again")


def test_a_file_that_holds_another_audit_by_now_is_told(target: Target) -> None:
    audit_file(target.file.parent, "other")
    lines = list[str]()
    assert call(Runs(target.opened), lines).run(target, NOW) == 2
    assert "holds the audit 'other' by now" in lines[0]


def test_a_run_that_leaves_nothing_in_the_ledger_is_an_error(target: Target) -> None:
    lines = list[str]()
    assert call(lambda audit, slot, file: (0, ""), lines).run(target, NOW) == 2
    assert "no finished run" in lines[0]


def test_a_schedule_that_is_changed_during_a_run_keeps_the_change(target: Target) -> None:
    runner = Runs(target.opened)

    def run(audit: object, slot: datetime, file: Path) -> tuple[int, str]:
        change(target, at="0 5 * * *")
        return runner(audit, slot, file)  # type: ignore[arg-type]

    assert call(run).run(target, NOW) == 0
    with target.opened() as ledger:
        row = ledger.schedule_of(target.name)
    assert row is not None
    assert (row.at, row.last) == ("0 5 * * *", moment("2026-11-21T02:00"))


def test_a_schedule_that_is_removed_during_a_run_stays_removed(target: Target) -> None:
    runner = Runs(target.opened)

    def run(audit: object, slot: datetime, file: Path) -> tuple[int, str]:
        with target.opened() as ledger:
            ledger.drop_schedule(target.name)
        return runner(audit, slot, file)  # type: ignore[arg-type]

    assert call(run).run(target, NOW) == 0
    with target.opened() as ledger:
        assert ledger.schedules() == []


def test_a_last_slot_far_ahead_of_the_clock_is_told_instead_of_years_of_silence(target: Target) -> None:
    change(target, last=moment("2030-01-01T02:00"))
    lines = list[str]()
    assert call(Runs(target.opened), lines).run(target, NOW) == 2
    assert "lies ahead of the clock" in lines[0]
    change(target, last=NOW + timedelta(hours=20))  # a clock that is put right by some hours is no matter
    assert call(Runs(target.opened)).run(target, NOW) == 0


def test_a_schedule_in_the_file_is_stored_by_the_first_call(tmp_path: Path) -> None:
    (found,) = targets([audit_file(tmp_path, more='[schedule]\nat = "0 2 * * *"')])
    runner, lines = Runs(found.opened), list[str]()
    assert call(runner, lines).run(found, NOW) == 0
    assert runner.slots == []  # slots count from now
    assert "stored its schedule" in lines[0]
    assert call(runner).run(found, NOW + timedelta(days=1)) == 0
    assert hours(runner.slots) == ["11-22 02:00"]


def test_an_audit_without_a_schedule_is_told(tmp_path: Path) -> None:
    (found,) = targets([audit_file(tmp_path)])
    lines = list[str]()
    assert call(Runs(found.opened), lines).run(found, NOW) == 2
    assert "nightly: it is not scheduled" in lines[0]


def test_all_audits_of_a_ledger_are_found(tmp_path: Path) -> None:
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        for name in ("b", "a"):
            ledger.store_schedule(row_of(audit=name, file=f"/{name}/audit.toml"))
    found = targets_in(str(tmp_path / "ledger.sqlite"))
    assert [(one.name, str(one.file)) for one in found] == [("a", "/a/audit.toml"), ("b", "/b/audit.toml")]
    assert coming(found, NOW) == moment("2026-11-22T02:00")


def test_nothing_comes_where_nothing_is_stored(tmp_path: Path) -> None:
    assert coming(targets([audit_file(tmp_path)]), NOW) is None


def test_gap_and_fold_run_once(tmp_path: Path) -> None:
    """A call each five minutes through both nights of the year, in Berlin."""
    (found,) = targets([audit_file(tmp_path, zone="Europe/Berlin")])
    for start, expected in (("2027-03-27T23:00", "03-28 01:00"), ("2026-10-24T23:00", "10-25 00:30")):
        with found.opened() as ledger:
            ledger.store_schedule(
                row_of("30 2 * * *", file=str(found.file), time_zone="Europe/Berlin", stored=moment(start))
            )
        runner = Runs(found.opened)
        for step in range(0, 300, 5):
            assert call(runner).run(found, moment(start) + timedelta(minutes=step)) == 0
        assert hours(runner.slots) == [expected]


# Whatever the clock does: thousands of calls, with a ledger in memory

ats = st.sampled_from(["0 * * * *", "30 2 * * *", "*/20 * * * *", "15 0,1,2,3 * * *", "0 2 * * MON"])
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
starts = st.sampled_from(["2027-03-27T20:00", "2026-10-24T20:00", "2026-11-01T00:00", "2027-04-03T12:00"])
strolls = st.lists(st.integers(-600, 900), max_size=40)  # minutes, also back
long = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@long
@given(ats, zones, starts, strolls, st.sampled_from(["latest", "all", "none"]))
def test_no_slot_is_run_twice_or_after_a_later_one(
    tmp_path: Path, at: str, zone: str, start: str, steps: list[int], catch_up: CatchUp
) -> None:
    memory, now = Memory(row_of(at, time_zone=zone, catch_up=catch_up, stored=moment(start))), moment(start)
    target = memory.target(audit_file(tmp_path))
    runner = Runs(target.opened)
    for step in steps:
        now += timedelta(minutes=step)
        before = len(runner.slots)
        ahead = memory.row is not None and memory.row.last is not None and memory.row.last > now + timedelta(days=1)
        assert call(runner).run(target, now) == (2 if ahead else 0)
        assert all(moment(start) <= slot <= now for slot in runner.slots[before:])
        assert len(runner.slots) - before <= (MOST if catch_up == "all" else 1)
    assert runner.slots == sorted(set(runner.slots))


@long
@given(ats, zones, starts, strolls, st.randoms(use_true_random=False), st.booleans())
def test_every_slot_is_run_exactly_once_where_all_are_caught_up(
    tmp_path: Path, at: str, zone: str, start: str, steps: list[int], dice: Random, unlucky: bool
) -> None:
    row = row_of(at, time_zone=zone, catch_up="all", stored=moment(start), grace_hours=24 * 365)
    memory, now = Memory(row), moment(start)
    target, well = memory.target(audit_file(tmp_path)), Counter[datetime]()

    def ends(slot: datetime) -> int | BaseException:
        possible: list[int | BaseException] = [0, 1, 3, 2, AuditError("x"), Locked("y"), ValueError("z")]
        end = dice.choice(possible) if unlucky else 0
        well[slot] += end in (0, 1, 3)
        return end

    furthest = now
    for step in steps:
        now += timedelta(minutes=step)
        furthest = max(furthest, now)
        call(Runs(target.opened, ends)).run(target, now)
    unlucky = False  # seen by `ends`
    for _ in range(len(steps) + 2):  # what is left, with the clock where it was furthest
        assert call(Runs(target.opened, ends)).run(target, furthest) in (0, 1, 3)
    expected = Schedule(at, zone).slots(moment(start) - timedelta(microseconds=1), furthest)
    assert well == Counter(expected)


def test_a_stop_between_two_slots_leaves_the_second_due(target: Target) -> None:
    change(target, catch_up="all", last=moment("2026-11-19T02:00"))
    runner = Runs(target.opened)
    assert replace(call(runner), stopping=lambda: bool(runner.slots)).run(target, NOW) == 0
    assert call(runner).run(target, NOW) == 0
    assert hours(runner.slots) == ["11-20 02:00", "11-21 02:00"]


def test_a_run_that_was_stopped_is_no_failure_and_goes_on(target: Target) -> None:
    runner, lines = Runs(target.opened, lambda slot: PartialRun("stopped with 3 of 9 items done")), list[str]()
    assert replace(call(runner, lines), stopping=lambda: bool(runner.slots)).run(target, NOW) == 3
    assert lines == ["nightly 2026-11-21 02:00 UTC: stopped with 3 of 9 items done"]
    with target.opened() as ledger:
        assert ledger.run(target.name, moment("2026-11-21T02:00")) is None
    runner.ends = lambda slot: 0
    assert call(runner).run(target, NOW) == 0


def test_a_run_all_of_which_failed_is_due_again(target: Target) -> None:
    """It has its reports and its place in the ledger, which stay as they are."""
    slot = moment("2026-11-21T02:00")

    def run(audit: object, slot: datetime, file: Path) -> tuple[int, str]:
        with target.opened() as ledger:
            ledger.begin(target.name, slot)
            ledger.finish(target.name, slot, "failed", {}, (), 1.0, ["report.html"])
        return 3, "all items failed"

    assert call(run).run(target, NOW) == 2
    with target.opened() as ledger:
        row = ledger.run(target.name, slot)
    assert row is not None
    assert (row.state, row.reports) == ("failed", ("report.html",))
    runner = Runs(target.opened)
    assert call(runner).run(target, NOW) == 0
    assert runner.slots == [slot]


def test_a_dry_look_changes_nothing(tmp_path: Path, target: Target) -> None:
    runner = Runs(target.opened)
    assert hours(call(runner).due(target, NOW, dry=True)) == ["11-21 02:00"]
    assert last_of(target) is None
    (other,) = targets([audit_file(tmp_path / "b", "b", more='[schedule]\nat = "0 2 * * *"')])
    assert call(runner).due(other, NOW, dry=True) == []
    with other.opened() as ledger:
        assert ledger.schedules() == []


def test_handled_tells_only_what_is_finished(target: Target) -> None:
    slot = moment("2026-11-21T02:00")
    assert handled(target, slot) is None
    with target.opened() as ledger:
        ledger.begin(target.name, slot)
    assert handled(target, slot) is None
    assert last_of(target) is None


def test_everything_is_counted_in_utc() -> None:
    assert LONG_AGO.tzinfo is UTC
    assert all(slot.tzinfo is UTC for slot in due(row_of(time_zone="Asia/Kathmandu"), NOW))
