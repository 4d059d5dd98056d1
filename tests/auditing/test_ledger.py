"""The ledger keeps what it is given, once, in SQLite as in PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from reporter.auditing.ledger import Ledger
from reporter.errors import LedgerError
from reporter.work import Done, Item
from tests.auditing.ledgers import DAY, SLOT, done, ended, finding, overview, schedule


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    with Ledger.open(place) as opened:
        yield opened


def test_a_run_is_begun_once_and_goes_on_as_it_was_begun(ledger: Ledger) -> None:
    first = ledger.begin("nightly", SLOT, "2026-11-20T02:00:00+00:00")
    again = ledger.begin("nightly", SLOT, "another")
    assert first == again == ledger.run("nightly", SLOT)
    assert (first.state, first.reference, first.finished) == ("running", "2026-11-20T02:00:00+00:00", None)
    assert first.started.utcoffset() == timedelta(0)
    assert ledger.run("weekly", SLOT) is None
    assert ledger.run("nightly", SLOT + DAY) is None


def test_a_slot_is_a_moment_whatever_the_zone_it_is_told_in(ledger: Ledger) -> None:
    berlin = SLOT.astimezone(timezone(timedelta(hours=1)))
    ledger.begin("nightly", berlin)
    run = ledger.run("nightly", SLOT)
    assert run is not None
    assert run.slot.isoformat() == "2026-11-21T02:00:00+00:00"
    with pytest.raises(LedgerError, match="has no time zone"):
        ledger.begin("nightly", datetime(2026, 11, 21, 2))


def test_a_result_is_read_back_as_it_was_and_written_once(ledger: Ledger) -> None:
    ledger.begin("nightly", SLOT)
    first, second = done("rows:0"), done("rows:1", {"nested": {"a": [1, 2.5, None, True, ""]}, "tiny": 5e-324})
    assert ledger.record("nightly", SLOT, "cells", first)
    assert ledger.record("nightly", SLOT, "cells", second)
    assert not ledger.record("nightly", SLOT, "cells", replace(first, result={"other": 1}))
    assert not ledger.record("nightly", SLOT, "cells", done("rows:0", problem="later"))
    assert ledger.results("nightly", SLOT, "cells") == {"rows:0": first, "rows:1": second}


def test_what_had_failed_is_written_again(ledger: Ledger) -> None:
    ledger.begin("nightly", SLOT)
    failed = Done(Item("rows:0"), None, "killed\0 by\ud800 what", "crash", 2.0, 3)
    assert ledger.record("nightly", SLOT, "cells", failed)
    assert ledger.results("nightly", SLOT, "cells") == {"rows:0": failed}
    assert ledger.failed("nightly", SLOT) == [("cells", failed)]
    assert ledger.record("nightly", SLOT, "cells", done("rows:0", problem="again"))
    assert ledger.record("nightly", SLOT, "cells", done("rows:0"))
    assert not ledger.record("nightly", SLOT, "cells", failed)
    assert ledger.failed("nightly", SLOT) == []
    assert ledger.results("nightly", SLOT, "cells") == {"rows:0": done("rows:0")}


def test_results_of_other_runs_studies_and_audits_are_others(ledger: Ledger) -> None:
    for audit, slot, study in (
        ("nightly", SLOT, "a"), ("nightly", SLOT, "b"), ("nightly", SLOT + DAY, "a"), ("weekly", SLOT, "a"),
    ):  # fmt: skip
        ledger.begin(audit, slot)
        assert ledger.record(audit, slot, study, done("same", {"of": [audit, study, slot.isoformat()]}))
    result = ledger.results("nightly", SLOT, "a")["same"].result
    assert result == {"of": ["nightly", "a", SLOT.isoformat()]}
    assert ledger.results("nightly", SLOT, "c") == {}


@pytest.mark.parametrize("key", ["", "a\0b", "half \ud800", "x" * 5000, "sha256:" + "0" * 64, "年", "'; DROP TABLE --"])
def test_a_key_may_be_any_text(ledger: Ledger, key: str) -> None:
    ledger.begin("nightly", SLOT)
    assert ledger.record("nightly", SLOT, "cells", done(key))
    assert ledger.record("nightly", SLOT, "cells", done(key + "1"))
    assert not ledger.record("nightly", SLOT, "cells", done(key, {"another": 1}))
    assert ledger.results("nightly", SLOT, "cells") == {key: done(key), key + "1": done(key + "1")}


def test_a_result_that_json_cannot_hold_is_refused(ledger: Ledger) -> None:
    ledger.begin("nightly", SLOT)
    with pytest.raises(LedgerError, match="the result of 'rows:0' cannot be stored"):
        ledger.record("nightly", SLOT, "cells", done("rows:0", {"set": {1}}))
    assert ledger.record("nightly", SLOT, "cells", done("rows:0", {"none": math.nan}))
    result = ledger.results("nightly", SLOT, "cells")["rows:0"].result
    assert result is not None
    assert math.isnan(result["none"])


def test_nothing_is_recorded_of_a_run_that_was_not_begun(ledger: Ledger) -> None:
    for attempt in (
        lambda: ledger.record("nightly", SLOT, "cells", done()),
        lambda: ledger.finish("nightly", SLOT, "complete", {}, [], 1.0),
        lambda: ledger.pin("nightly", SLOT),
        lambda: ledger.unpin("nightly", SLOT),
    ):
        with pytest.raises(LedgerError, match="has no run of the audit 'nightly'"):
            attempt()
    assert ledger.runs(finished=False) == []


def test_a_run_ends_with_what_it_saw(ledger: Ledger) -> None:
    ledger.begin("nightly", SLOT, "before")
    seen = {"cells": overview(), "mice": overview("mice")}
    noticed = [finding("a", "info"), finding("b", "critical"), finding("c", "info")]
    ledger.finish("nightly", SLOT, "partial", seen, noticed, 12.5, ["out/ä\udcff.html", "out/b.json"])
    run = ledger.run("nightly", SLOT)
    assert run is not None
    assert (run.state, run.seconds, run.worst, run.reference) == ("partial", 12.5, "critical", "before")
    assert run.counts == {"info": 2, "critical": 1}
    assert run.reports == ("out/ä\udcff.html", "out/b.json")
    assert run.finished is not None
    assert run.started <= run.finished
    assert ledger.findings("nightly", SLOT) == tuple(noticed)
    assert ledger.overview("nightly", SLOT, "cells") == overview()
    assert ledger.overview("nightly", SLOT, "mice") == overview("mice")
    assert ledger.overviews("nightly", SLOT) == seen
    assert ledger.overview("nightly", SLOT, "men") is None
    assert ledger.findings("nightly", SLOT + DAY) == ()


def test_a_run_that_ends_again_replaces_what_it_said(ledger: Ledger) -> None:
    ended(ledger, SLOT, "partial")
    ledger.finish("nightly", SLOT, "complete", {"mice": overview("mice")}, [], 3.0)
    run = ledger.run("nightly", SLOT)
    assert run is not None
    assert (run.state, run.worst, run.counts, run.reports) == ("complete", None, {}, ())
    assert ledger.findings("nightly", SLOT) == ()
    assert ledger.overview("nightly", SLOT, "cells") is None


def test_an_end_that_fails_halfway_leaves_all_as_it_was(ledger: Ledger) -> None:
    before = ended(ledger, SLOT, "partial")
    bad = replace(finding(), subject="half \ud800")
    with pytest.raises(LedgerError, match="cannot be stored"):
        ledger.finish("nightly", SLOT, "complete", {}, [finding("x"), bad], 1.0)
    assert ledger.run("nightly", SLOT) == before
    assert ledger.findings("nightly", SLOT) == (finding(),)


def test_runs_come_latest_first(ledger: Ledger) -> None:
    for days in (1, 3, 0, 2):
        ended(ledger, SLOT + days * DAY)
    half = timedelta(milliseconds=500)
    ended(ledger, SLOT + half)
    ended(ledger, SLOT + DAY, audit="weekly")
    ledger.begin("nightly", SLOT + 4 * DAY)
    assert [run.slot - SLOT for run in ledger.runs("nightly")] == [3 * DAY, 2 * DAY, DAY, half, timedelta(0)]
    assert [run.slot - SLOT for run in ledger.runs("nightly", finished=False)][:2] == [4 * DAY, 3 * DAY]
    assert [(run.audit, run.slot - SLOT) for run in ledger.runs()][2:4] == [("nightly", DAY), ("weekly", DAY)]


def test_all_is_there_when_it_is_opened_again(place: str) -> None:
    with Ledger.open(place) as ledger:
        before = ended(ledger, SLOT)
        ledger.store_schedule(schedule())
    with Ledger.open(place, create=False) as ledger:
        assert ledger.runs() == [before]
        assert ledger.results("nightly", SLOT, "cells") == {"rows:0": done()}
        assert ledger.findings("nightly", SLOT) == (finding(),)
        assert ledger.schedules() == [schedule()]


def test_a_reader_makes_no_ledger(place: str) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        Ledger.open(place, create=False)
    Ledger.open(place).close()
    Ledger.open(place, create=False).close()


def test_a_schedule_is_kept_replaced_and_dropped(ledger: Ledger) -> None:
    assert ledger.schedule_of("nightly") is None
    ledger.store_schedule(schedule())
    ledger.store_schedule(schedule("hourly", "0 * * * *"))
    ledger.store_schedule(schedule(last=SLOT + DAY))
    assert ledger.schedule_of("nightly") == schedule(last=SLOT + DAY)
    assert [row.audit for row in ledger.schedules()] == ["hourly", "nightly"]
    ledger.drop_schedule("nightly")
    ledger.drop_schedule("nightly")
    assert ledger.schedules() == [schedule("hourly", "0 * * * *")]


def test_the_latest_slot_handled_moves_on_and_never_back(ledger: Ledger) -> None:
    ledger.advance("nightly", SLOT)
    assert ledger.schedules() == []
    ledger.store_schedule(schedule())
    for slot, last in ((SLOT, SLOT), (SLOT + DAY, SLOT + DAY), (SLOT, SLOT + DAY)):
        ledger.advance("nightly", slot)
        assert ledger.schedule_of("nightly") == schedule(last=last)


def test_threads_may_share_it(ledger: Ledger) -> None:
    ledger.begin("nightly", SLOT)
    items = [done(str(number % 40)) for number in range(120)]
    with ThreadPoolExecutor(4) as threads:
        written = list(threads.map(lambda each: ledger.record("nightly", SLOT, "cells", each), items))
    assert sum(written) == 40
    assert ledger.results("nightly", SLOT, "cells") == {each.item.key: each for each in items}


def test_old_runs_are_removed_but_for_pinned_ones_and_the_last(ledger: Ledger) -> None:
    states = {0: "complete", 1: "complete", 2: "complete", 3: "partial", 4: "failed"}
    for days, state in states.items():
        ended(ledger, SLOT + days * DAY, state)
    ledger.begin("nightly", SLOT - DAY)
    ended(ledger, SLOT, audit="weekly")
    ledger.pin("nightly", SLOT, "as delivered\0")
    far = SLOT + 3650 * DAY
    gone = ledger.prune("nightly", far, far)
    assert [run.slot - SLOT for run in gone] == [4 * DAY, DAY, -DAY]
    assert [run.slot - SLOT for run in ledger.runs("nightly", finished=False)] == [3 * DAY, 2 * DAY, timedelta(0)]
    pinned = ledger.run("nightly", SLOT)
    assert pinned is not None
    assert (pinned.pinned, pinned.note) == (True, "as delivered?")
    assert ledger.results("nightly", SLOT, "cells")  # whole
    assert not ledger.results("nightly", SLOT + 2 * DAY, "cells")
    assert ledger.overview("nightly", SLOT + 2 * DAY, "cells") is not None
    assert ledger.findings("nightly", SLOT + 2 * DAY)
    assert ledger.overview("nightly", SLOT + DAY, "cells") is None
    assert ledger.findings("nightly", SLOT + DAY) == ()
    assert ledger.results("weekly", SLOT, "cells")
    ledger.unpin("nightly", SLOT)
    assert [run.slot for run in ledger.prune("nightly", far, far)] == [SLOT]
    assert ledger.prune("nightly", far, far) == []


def test_a_window_of_runs_stays(ledger: Ledger) -> None:
    for days in range(5):
        ended(ledger, SLOT + days * DAY)
    gone = ledger.prune("nightly", SLOT + 99 * DAY, SLOT, keep=3)
    assert [run.slot - SLOT for run in gone] == [DAY, timedelta(0)]
    assert ledger.results("nightly", SLOT + 2 * DAY, "cells")  # it began after results_before


def test_what_is_young_stays(ledger: Ledger) -> None:
    for days in range(3):
        ended(ledger, SLOT + days * DAY)
    began = [run.started for run in ledger.runs()]
    assert ledger.prune("nightly", SLOT, min(began)) == []
    assert all(ledger.results("nightly", SLOT + days * DAY, "cells") for days in range(3))
    assert [run.slot for run in ledger.prune("nightly", SLOT + DAY, min(began))] == [SLOT]


def test_a_late_slot_that_is_at_work_stays(ledger: Ledger) -> None:
    run = ledger.begin("nightly", SLOT - 4000 * DAY)
    ledger.record("nightly", run.slot, "cells", done())
    assert ledger.prune("nightly", run.started - DAY, run.started - DAY) == []
    assert ledger.results("nightly", run.slot, "cells")
    assert ledger.prune("nightly", run.started + DAY, run.started) == [run]


def test_it_says_where_it_is(ledger: Ledger) -> None:
    assert repr(ledger) == f"Ledger({ledger.name!r})"
