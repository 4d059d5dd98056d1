"""Slots: what a person writes stands for a moment, and what is written of a moment is read back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.auditing.file import Audit, audit_from
from reporter.auditing.publishing import folder_of
from reporter.auditing.slots import slot_of, written
from reporter.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")


def audit(at: str = "") -> Audit:
    return audit_from({"studies": {"one": {"study": "."}}, "time_zone": "Europe/Berlin", "schedule": {"at": at}})


@pytest.mark.parametrize(
    "given", ["0001-01-01", "9999-12-31", "2026-02-30", "2026-3-1", "next", "", "2026-03-01T25:00"]
)
def test_what_is_no_moment_is_refused_in_one_line(given: str) -> None:
    with pytest.raises(UsageError, match="is no slot"):
        slot_of(audit(), given)


def test_a_date_is_when_the_audit_is_due_on_that_day() -> None:
    assert slot_of(audit(), "2026-03-01") == datetime(2026, 3, 1, tzinfo=BERLIN)
    assert slot_of(audit("0 2 * * *"), "2026-03-01") == datetime(2026, 3, 1, 2, tzinfo=BERLIN)
    assert slot_of(audit("0 2 * * 1"), "2026-03-01") == datetime(2026, 3, 1, tzinfo=BERLIN)  # a Sunday


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_of_a_slot_is_read_back(slot: datetime) -> None:
    assert slot_of(audit(), written(audit(), slot)) == slot


def test_an_hour_that_the_clock_shows_twice_has_two_folders(tmp_path: Path) -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    asked = audit().model_copy(update={"folder": tmp_path})
    assert folder_of(asked, first) == tmp_path / "reports" / "audit" / "2026-10-25T0230"
    assert folder_of(asked, second) == tmp_path / "reports" / "audit" / "2026-10-25T0230+0100"
