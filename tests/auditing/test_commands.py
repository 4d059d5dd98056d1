"""`reporter audit` and `reporter checks` as they are called: what they say last, and how they end."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import reporter
from reporter.auditing.file import Audit, AuditedStudy, CheckSettings, read_audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.planned import draft_audit
from reporter.cli import main
from reporter.errors import UsageError
from reporter.keys import Section
from reporter.plugins import CHECKS
from tests.samples import SAMPLES

Captured = pytest.CaptureFixture[str]


def called(captured: Captured, *arguments: str) -> tuple[int, str, str]:
    """Exit code, what was said, and what was said of errors."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    said, errors = captured.readouterr()
    return int(left.value.code or 0), said, errors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "breast-cancer", tmp_path / "study")
    (tmp_path / "audit.toml").write_text(
        """name = "nightly"
time_zone = "Europe/Berlin"
[studies.cells]
study = "study"
instances = 1
watch = ["41"]
[engine]
name = "serial"
[outputs]
formats = ["md"]
[schedule]
at = "0 2 * * *"
"""
    )
    return tmp_path


def test_a_first_file_is_written_and_runs(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "new.toml"
    code, said, _ = called(capsys, "audit", str(path), "--init", str(SAMPLES / "diabetes"))
    assert (code, "--dry-run" in said) == (0, True)
    assert read_audit(path).studies["diabetes"].instances == 24
    code, said, _ = called(capsys, "audit", str(path), "--dry-run")
    assert code == 0
    assert "89 rows" in said
    assert "first run" in said
    assert not (tmp_path / "ledger.sqlite").exists()
    code, _, errors = called(capsys, "audit", str(path), "--init", str(SAMPLES / "diabetes"))
    assert (code, "exists" in errors) == (2, True)


@pytest.mark.parametrize(("name", "audit"), [("研究", "audit"), ("a b'c\"d", "a-b-c-d"), (".hidden", "hidden")])
def test_a_first_file_can_be_read_whatever_the_folder_is_called(tmp_path: Path, name: str, audit: str) -> None:
    shutil.copytree(SAMPLES / "diabetes", tmp_path / name)
    (tmp_path / "audit.toml").write_text(draft_audit(str(tmp_path / name), tmp_path))
    found = read_audit(tmp_path)
    assert (found.name, list(found.studies)) == (audit, [audit])
    assert (tmp_path / found.studies[audit].study).is_dir()


def test_a_first_file_names_every_setting(tmp_path: Path) -> None:
    draft = draft_audit(str(SAMPLES / "diabetes"), tmp_path)
    kinds = [Audit, AuditedStudy, CheckSettings, *(field.annotation for field in Audit.model_fields.values())]
    sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]
    names = {name for kind in sections for name in kind.model_fields}
    assert len(names) > 40
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", draft)] == []


def test_a_night_that_is_fine_one_that_is_not_and_one_at_work(folder: Path, capsys: Captured) -> None:
    code, said, _ = called(capsys, "audit", str(folder), "--slot", "2026-03-01")
    assert code == 0
    assert "2026-03-01 02:00: Nothing worth your attention" in said
    assert (folder / "reports" / "nightly" / "2026-03-01T0200" / "report.md").is_file()
    shutil.copy(SAMPLES / "audit" / "swapped.pt2", folder / "study" / "model.pt2")
    code, _, errors = called(capsys, "audit", str(folder), "--slot", "2026-03-02")
    assert code == 1
    assert "Something changed" in errors
    code, _, errors = called(capsys, "audit", str(folder), "--slot", "2026-03-02")
    assert code == 1
    assert "complete before" in errors
    with Ledger.open("ledger.sqlite", folder=folder) as ledger, ledger.claimed("nightly"):
        code, _, errors = called(capsys, "audit", str(folder), "--slot", "2026-03-03")
    assert code == 11
    assert errors.count("\n") == 1


def test_a_night_in_part(folder: Path, capsys: Captured) -> None:
    text = (folder / "audit.toml").read_text()
    (folder / "audit.toml").write_text(f'{text}\n[studies.lost]\nstudy = "study"\ndata = "{{slot:%Y-%m-%d}}.csv"\n')
    code, _, errors = called(capsys, "audit", str(folder), "--slot", "2026-03-01")
    assert code == 3
    assert "1 item failed, first study of lost" in errors


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('studies.cells.study = "study"\nstudies.cells.chunk = 0', "greater than or equal to 1"),
        ('studies.cells.study = "study"\nserverity = "x"', "unknown key 'serverity'"),
        ('studies.cells.study = "study"\nchecks.perfomance.on = true', "did you mean 'performance'"),
        ('studies.cells.study = "study"\nchecks.shares.smalest = 0.1', "did you mean 'smallest'"),
        ('studies.cells.study = "study"\nchecks.shares.smallest = "much"', "smallest"),
        ('studies.cells.study = "study"\nengine.name = "rai"', "did you mean 'ray'"),
        ('studies.cells.study = "study"\ntime_zone = "Berlin"', "no time zone called"),
        ('studies.cells.study = "study"\nstudies.cells.watch = ["nobody"]', "no id in the data"),
        ('name = "no/way"\nstudies.cells.study = "study"', "name"),
        ("", "studies is missing"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(folder: Path, capsys: Captured, line: str, says: str) -> None:
    (folder / "audit.toml").write_text(f'engine.name = "serial"\n{line}\n' if "engine" not in line else f"{line}\n")
    code, _, errors = called(capsys, "audit", str(folder), "--slot", "2026-03-01")
    assert code in (2, 3)
    assert says in errors
    assert errors.count("\n") == 1


def test_a_slot_that_is_none(folder: Path, capsys: Captured) -> None:
    code, _, errors = called(capsys, "audit", str(folder), "--slot", "yesterday")
    assert (code, "2026-11-20" in errors) == (2, True)


def test_all_checks_are_listed(capsys: Captured) -> None:
    code, said, _ = called(capsys, "checks")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[1:]] == CHECKS.names()


def test_from_python(folder: Path) -> None:
    result = reporter.audit(folder, "2026-03-01")
    assert (result.state, list(result.overviews)) == ("complete", ["cells"])
    again = reporter.audit(folder / "audit.toml", datetime(2026, 3, 1, 1, tzinfo=UTC))
    assert again.overviews == result.overviews
    with pytest.raises(UsageError, match="time zone"):
        reporter.audit(folder, datetime(2026, 3, 1))
