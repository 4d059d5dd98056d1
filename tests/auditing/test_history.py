"""`reporter history`: the table, JSON, pins, and which audit of a ledger is meant."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.auditing.history.recounting import aligned, recounted, row_for
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow, ScheduleRow
from reporter.cli import main
from reporter.errors import LedgerError, UnknownName, UsageError
from tests.auditing import nights

AUDIT = f"""
name = "screening"
title = "Breast-cancer screening"
time_zone = "{nights.ZONE}"
[studies.breast-cancer]
study = "study.toml"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "audit.toml").write_text(AUDIT)
    nights.ledger_of(tmp_path, 4).close()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    with pytest.raises(SystemExit) as left:
        main(["history", *arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out.splitlines(), err


def test_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = said(capsys, str(folder / "audit.toml"))
    assert (code, err) == (0, "")
    assert lines[0].split() == ["Run", "State", "Findings", "Performance", "Top", "driver", "Pinned"]
    assert len(lines) == 5
    assert lines[1].startswith("2026-11-13 02:00  partial ")  # 01:00 in UTC
    assert "critical" in lines[1]
    assert "91.7%" in lines[1]
    assert "Age 17" in lines[1]
    assert "none" in lines[2]


def test_the_folder_of_an_audit_will_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, str(folder))[1] == said(capsys, str(folder / "audit.toml"))[1]


def test_only_the_last_ones(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = said(capsys, str(folder), "--last", "2")
    assert len(lines) == 4
    assert lines[-1] == "2 earlier runs: add --last 4"


def test_in_chinese(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = said(capsys, str(folder), "--language", "zh")
    assert lines[0].split() == ["运行", "状态", "发现", "模型表现", "首要依据", "已固定"]
    assert "部分完成" in lines[1]


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = said(capsys, str(folder), "--json")
    runs: list[dict[str, Any]] = json.loads("\n".join(lines))
    assert [run["slot"] for run in runs] == [(nights.FIRST + timedelta(days=day)).isoformat() for day in (3, 2, 1, 0)]
    study = runs[0]["studies"]["breast-cancer"]
    assert study["performance"]["value"] == pytest.approx(522 / 569)
    assert study["drivers"][0]["id"] == "age"
    assert runs[0]["findings"] == [finding.id for finding in nights.findings(3)]
    assert runs[1]["counts"] == {}


def test_pins(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, str(folder), "--pin", "2026-11-11", "--note", "before\nthe new model")[:2] == (
        0,
        ["Pinned screening, 2026-11-11 02:00"],
    )
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        row = ledger.run("screening", nights.FIRST + timedelta(days=1))
        assert row is not None
        assert (row.pinned, row.note) == (True, "before\nthe new model")
    assert "Pinned: before the new model" in said(capsys, str(folder))[1][3]
    assert said(capsys, str(folder), "--unpin", "2026-11-11T02:00")[1] == ["Unpinned screening, 2026-11-11 02:00"]
    assert "Pinned:" not in "\n".join(said(capsys, str(folder))[1])


def test_a_pin_that_names_no_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, str(folder), "--pin", "2027-01-01")
    assert code == 2
    assert err.startswith("reporter: there is no run for 2027-01-01; runs: 2026-11-13T02:00+0100, ")
    assert said(capsys, str(folder), "--note", "why")[2] == "reporter: --note is for --pin; add --pin SLOT\n"


def test_the_site(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = folder / "site"
    assert said(capsys, str(folder), "--html", str(site))[1] == [f"Wrote {site / 'index.html'}"]
    assert "History of Breast-cancer screening" in (site / "index.html").read_text("utf-8")
    code, _, err = said(capsys, str(folder), "--html", str(folder))
    assert (code, "holds other files" in err) == (2, True)


def test_a_ledger_of_several_audits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = nights.FIRST.replace(hour=12)
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        ledger.begin("other\x1b[31m", other)
        ledger.store_schedule(
            ScheduleRow("screening", "audit.toml", "0 2 * * *", nights.ZONE, "latest", 24.0, nights.FIRST)
        )
    address = str(folder / "ledger.sqlite")
    _, lines, _ = said(capsys, "--ledger", address)
    assert len(lines) == 6
    assert "screening" in lines[1]
    assert "2026-11-13 02:00" in lines[1]  # its schedule knows the time zone
    assert "\x1b" not in "\n".join(lines)
    assert any("2026-11-10 12:00" in line and "running" in line for line in lines)
    assert len(said(capsys, "--ledger", address, "--audit", "screening")[1]) == 5
    code, _, err = said(capsys, "--ledger", address, "--pin", "2026-11-11")
    assert (code, "choose one by --audit" in err) == (2, True)
    assert "did you mean 'screening'" in said(capsys, "--ledger", address, "--audit", "screenin")[2]


def test_what_is_no_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.toml").write_text(AUDIT)
    with pytest.raises(LedgerError, match="there is no ledger"), recounted(str(tmp_path)):
        pass
    assert not (tmp_path / "ledger.sqlite").exists()
    assert said(capsys, str(tmp_path / "nothing.toml"))[0] == 2


def test_no_run_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.toml").write_text(AUDIT)
    Ledger.open("ledger.sqlite", folder=tmp_path).close()
    assert said(capsys, str(tmp_path))[1] == ["No run yet."]
    assert said(capsys, str(tmp_path), "--json")[1] == ["[]"]
    with pytest.raises(UnknownName), recounted(str(tmp_path), audit="other"):
        pass


def test_a_day_with_two_runs_needs_an_hour() -> None:
    rows = [RunRow("a", datetime(2026, 10, 25, hour, tzinfo=UTC), nights.FIRST) for hour in (0, 1)]
    with pytest.raises(UsageError, match=r"2 runs were on 2026-10-25; runs: 2026-10-25T02:00\+0200, 2026-10-25T02:00"):
        row_for(rows, "2026-10-25", nights.ZONE)
    assert row_for(rows, "2026-10-25T02:00+01:00", nights.ZONE) == rows[1]  # the clock was set back between them
    assert row_for(rows, "2026-10-25T02:00", nights.ZONE) == rows[0]
    with pytest.raises(UsageError, match="'soon' is no slot"):
        row_for(rows, "soon", nights.ZONE)


def test_wide_letters_take_two_places() -> None:
    assert aligned([["运行", "x"], ["a", "y"]]) == ["运行  x", "a     y"]


def test_no_torch_is_needed() -> None:
    script = (
        "import sys; import reporter.auditing.history.recounting, reporter.auditing.history.site; "
        "import reporter.auditing.report.rendering; "
        "print([name for name in ('torch', 'captum', 'apprise', 'weasyprint') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
