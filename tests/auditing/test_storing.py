"""Schedules in the ledger, and the two commands from end to end."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from reporter.auditing.calendar.calling import Calling
from reporter.auditing.calendar.storing import listed, located, removed, said, scheduled, stored
from reporter.auditing.file import read_audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import ScheduleRow
from reporter.cli import _run
from reporter.errors import AuditError, ReporterError, UnknownName, UsageError
from tests.auditing.schedules import Runs, audit_file, hours, moment

NOW = moment("2026-11-21T08:00")


def stored_in(path: Path, now: datetime = NOW, **more: Any) -> ScheduleRow:
    return scheduled(str(path), now, **more).row


def run(*arguments: object) -> int:
    return _run([str(argument) for argument in arguments], debug=False)


def row_in(folder: Path) -> ScheduleRow | None:
    with Ledger.open("ledger.sqlite", folder=folder) as ledger:
        return ledger.schedule_of("nightly")


def test_what_is_given_goes_before_what_the_file_says(tmp_path: Path) -> None:
    more = '[schedule]\nat = "0 3 * * *"\ncatch_up = "all"\ngrace_hours = 12'
    path = audit_file(tmp_path, zone="Europe/Berlin", more=more)
    row = stored_in(path)
    assert (row.at, row.time_zone, row.catch_up, row.grace_hours) == ("0 3 * * *", "Europe/Berlin", "all", 12)
    assert (row.file, row.stored, row.last) == (str(path), NOW, None)
    row = stored_in(path, at=" 0  2 * * * ", time_zone="Asia/Kathmandu", catch_up="none")
    assert (row.at, row.time_zone, row.catch_up) == ("0 2 * * *", "Asia/Kathmandu", "none")
    assert row_in(tmp_path) == row


@pytest.mark.parametrize(
    ("given", "said_of_it"),
    [
        ({}, "--at"),
        ({"at": "  "}, "--at"),
        ({"at": "tonight"}, "five fields"),
        ({"at": "0 2 * * *", "time_zone": "Berlin"}, "no time zone"),
    ],
)
def test_what_cannot_be_stored_is_told(tmp_path: Path, given: dict[str, Any], said_of_it: str) -> None:
    with pytest.raises(AuditError, match=said_of_it):
        stored_in(audit_file(tmp_path), **given)
    assert row_in(tmp_path) is None


def test_an_unknown_way_to_catch_up_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="latest"):
        stored_in(audit_file(tmp_path), at="0 2 * * *", catch_up="lates")


def test_the_same_stored_again_forgets_nothing_and_another_counts_from_now(tmp_path: Path) -> None:
    path, later, last = audit_file(tmp_path), NOW + timedelta(days=3), moment("2026-11-22T02:00")
    first = stored_in(path, at="0 2 * * *")
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        ledger.store_schedule(replace(first, last=last))
    again = stored_in(path, later, at="0 2 * * *")
    assert (again.stored, again.last) == (NOW, last)
    other = stored_in(path, later, at="0 4 * * *")
    assert (other.stored, other.last) == (later, last)


def test_storing_again_is_the_way_out_when_the_last_slot_lies_ahead_of_the_clock(tmp_path: Path) -> None:
    path = audit_file(tmp_path)
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        ledger.store_schedule(replace(stored_in(path, at="0 2 * * *"), last=moment("2030-01-01T02:00")))
    again = stored_in(path, at="0 2 * * *")
    assert (again.stored, again.last) == (NOW, None)


def test_one_line_says_what_was_stored_and_what_comes(tmp_path: Path) -> None:
    path = audit_file(tmp_path, zone="Europe/Berlin")
    audit = read_audit(path)
    assert scheduled(str(path), NOW, at="30 2 * * *").line == (
        "Stored nightly: 30 2 * * * in Europe/Berlin; of missed slots the latest is caught up, within 168 hours. "
        "Next: 2026-11-22 02:30 CET, 2026-11-23 02:30 CET, 2026-11-24 02:30 CET."
    )
    row = stored_in(path, at="30 2 * * *", time_zone="America/New_York")
    line = said(row, audit, NOW)
    assert "2026-11-22 02:30 EST" in line
    assert line.endswith("The file's paths are filled in Europe/Berlin time.")


def test_what_is_stored_stays_when_it_is_only_printed(tmp_path: Path) -> None:
    path = audit_file(tmp_path, more='[schedule]\nat = "0 3 * * *"')
    stored_in(path, at="0 2 * * *")
    kept = scheduled(str(path), NOW + timedelta(days=1), keep=True)
    assert (kept.row.at, kept.row.stored) == ("0 2 * * *", NOW)
    assert scheduled(str(path), NOW, at="0 5 * * *", keep=True).row.at == "0 5 * * *"


def test_a_schedule_is_listed_and_removed(tmp_path: Path) -> None:
    path = audit_file(tmp_path, zone="Europe/Berlin")
    with pytest.raises(AuditError, match="not scheduled"):
        removed(str(path))
    row = stored_in(path, at="0 2 * * *")
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        ledger.store_schedule(replace(row, last=moment("2026-11-21T01:00")))
    expected = ("nightly", "0 2 * * *", "Europe/Berlin", "latest", "2026-11-21 02:00 CET", "2026-11-22 02:00 CET")
    for found in (listed(str(path), "", NOW), listed("", str(tmp_path / "ledger.sqlite"), NOW)):
        assert found[1:] == [(*expected, str(path))]
    assert removed(str(path)).startswith("Removed the schedule of nightly")
    assert listed(str(path), "", NOW)[1:] == []


def test_listing_makes_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(ReporterError):
        listed(str(audit_file(tmp_path)), "", NOW)
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_file_may_be_named_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = audit_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert located(".") == located("audit.toml") == located(tmp_path) == path


# The commands


def test_schedule_and_run_due_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = audit_file(tmp_path, zone="Europe/Berlin")
    assert run("schedule", path, "--at", "0 2 1 1 *", "--catch-up", "all") == 0
    assert capsys.readouterr().out.startswith("Stored nightly: 0 2 1 1 * in Europe/Berlin; of missed slots all are")
    assert run("run-due", path) == 0
    assert capsys.readouterr().out.startswith("Nothing is due. Next: 20")
    assert run("run-due", path, "--quiet") == 0
    assert capsys.readouterr().out == ""
    assert run("schedule", path, "--list") == 0
    assert "0 2 1 1 *" in capsys.readouterr().out
    assert (
        run("run-due", "--ledger", tmp_path / "ledger.sqlite", "--dry-run", "--now", "2090-01-01T03:00:00+01:00") == 0
    )
    assert "nightly 2090-01-01 01:00 UTC is due" in capsys.readouterr().out.splitlines()
    assert run("schedule", path, "--remove") == 0
    assert run("run-due", path) == 2
    assert "it is not scheduled" in capsys.readouterr().out


def test_what_is_printed_is_the_unit_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = audit_file(tmp_path)
    assert run("schedule", path, "--at", "0 2 * * *", "--as", "kubernetes", "--image", "a/b:1") == 0
    out, err = capsys.readouterr()
    assert yaml.safe_load(out)["kind"] == "CronJob"
    assert err.startswith("Stored nightly")


def test_the_line_for_cron_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As cron would run it: by /bin/sh, from the root folder, in an environment that is all but empty."""
    folder = tmp_path / '50% it\'s $HOME `id` "x"'
    path = audit_file(folder)
    assert run("schedule", path, "--at", "0 2 1 1 *", "--as", "cron") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("#")]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(["/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert str(path) in shlex.split(command)
    loud = ["/bin/sh", "-c", command.replace(" --quiet", "")]
    assert b"Nothing is due" in subprocess.run(loud, cwd="/", env={}, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "given",
    [
        ("--remove", "--list"),
        ("--remove", "--at", "0 2 * * *"),
        ("--list", "--as", "cron"),
        ("--install",),
        ("--image", "x"),
        ("--as", "cron", "--image", "x"),
        ("--ledger", "x"),
        ("--as", "github", "--install"),
        ("--as", "nomad"),
    ],
)
def test_what_does_not_go_together_is_told_and_nothing_is_stored(
    tmp_path: Path, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = audit_file(tmp_path, more='[schedule]\nat = "0 3 * * *"')
    assert run("schedule", path, *given) == 2
    assert not (tmp_path / "ledger.sqlite").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("now", ["2026-11-21T02:00:00", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_moment_that_is_none_is_told(tmp_path: Path, now: str) -> None:
    with pytest.raises(UsageError, match="offset"):
        Calling([str(audit_file(tmp_path))], "", print).once(now)


def test_a_ledger_and_files_at_once_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both"):
        Calling([str(audit_file(tmp_path))], "ledger.sqlite", print).once()


def test_a_call_says_what_it_ran_and_returns_the_worst_code(tmp_path: Path) -> None:
    files = [str(audit_file(tmp_path / name, name)) for name in ("a", "b")]
    for file in files:
        stored_in(Path(file), at="0 2 * * *")
    lines, ran = list[str](), list[Runs]()

    def runner(*_: object) -> Runs:
        def ends(slot: datetime) -> int:
            return 3 if len(ran[0].slots) == 1 else 1

        def opened() -> Ledger:
            folder = tmp_path / ("a" if len(ran[0].slots) == 1 else "b")
            return Ledger.open("ledger.sqlite", folder=folder)

        ran.append(Runs(opened, ends))
        return ran[-1]

    assert Calling(files, "", lines.append, runner=runner).once("2026-11-22T09:00:00+01:00") == 3
    assert hours(ran[0].slots) == ["11-22 02:00"] * 2
    assert lines == ["ran 11-22 02:00"] * 2
    assert Calling(files, "", lines.append, runner=runner).once("2026-11-22T09:00:00+01:00") == 0
    assert lines[2:] == ["Nothing is due. Next: 2026-11-23 02:00 UTC."]
    assert Calling(files, "", lines.append, runner=runner).look("2026-11-23T09:00:00+01:00") == 0
    assert lines[3:] == ["a 2026-11-23 02:00 UTC is due", "b 2026-11-23 02:00 UTC is due"]


def test_nothing_heavy_is_imported_when_nothing_is_due(tmp_path: Path) -> None:
    path = audit_file(tmp_path)
    stored_in(path, at="0 2 1 1 *", now=datetime.now().astimezone())
    code = (
        "import sys; from reporter.cli import _run; _run(sys.argv[1:], debug=False); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, "run-due", str(path)], check=False).returncode == 0


def test_the_loop_of_a_command_ends_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = audit_file(tmp_path, more='[schedule]\nat = "0 2 1 1 *"')
    assert run("run-due", path, "--loop-for", "0.2") == 0
    assert [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()] == [
        "waiting for nightly",
        "nightly: stored its schedule, 0 2 1 1 * in UTC; slots count from now",
        "time is up",
    ]


def test_stored_by_a_ledger_that_is_open(tmp_path: Path) -> None:
    path = audit_file(tmp_path)
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        row = stored(ledger, read_audit(path), path, now=NOW, at="0 2 * * *")
        assert ledger.schedules() == [row]
