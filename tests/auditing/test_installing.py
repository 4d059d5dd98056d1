"""Units put in their place: what is there already stays as it is, and other people's lines with it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.auditing.calendar.installing import install, installable, with_block
from reporter.auditing.calendar.units import Caller, Unit, units
from reporter.auditing.file import audit_from
from reporter.errors import AuditError, UsageError
from tests.auditing.schedules import row_of

BLOCK = "# >>> reporter audit nightly\n0 * * * * reporter run-due\n# <<< reporter audit nightly\n"
OTHERS = "MAILTO=me\n# >>> reporter audit other\n5 * * * * id\n# <<< reporter audit other\n0 4 * * * backup 50\\%\n"


def made(target: str) -> list[Unit]:
    audit = audit_from({"studies": {"one": {"study": "study.toml"}}})
    return units(target, Caller(audit, row_of(file="/srv/audit.toml"), python="/usr/bin/python3"))


def program(folder: Path, name: str, script: str) -> None:
    """A stand-in for a program, first in the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(stat.S_IRWXU)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where stand-ins lie; the home of this test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


def crontab(folder: Path) -> Path:
    """A crontab(1) that keeps its table in a file."""
    table = folder / "table"
    none = 'echo "no crontab for me" >&2; exit 1'
    program(folder, "crontab", f'case "$1" in -l) cat {table} 2>/dev/null || {{ {none}; }};; -) cat > {table};; esac')
    return table


def test_lines_are_added_to_a_crontab_once(programs: Path) -> None:
    table = crontab(programs)
    table.write_text(OTHERS, encoding="utf-8")
    assert install("cron", made("cron")).startswith("Added")
    first = table.read_text(encoding="utf-8")
    assert first == OTHERS + made("cron")[0].text
    assert install("cron", made("cron")) == "The crontab has it already"
    assert table.read_text(encoding="utf-8") == first


def test_a_user_without_a_crontab_gets_one(programs: Path) -> None:
    table = crontab(programs)
    install("cron", made("cron"))
    assert table.read_text(encoding="utf-8") == made("cron")[0].text


def test_a_crontab_that_cannot_be_read_is_not_written(programs: Path) -> None:
    program(programs, "crontab", f'if [ "$1" = -l ]; then echo "you may not" >&2; exit 1; fi; touch {programs}/written')
    with pytest.raises(AuditError, match="you may not"):
        install("cron", made("cron"))
    assert not (programs / "written").exists()


def test_a_crontab_that_cannot_be_written_is_told(programs: Path) -> None:
    program(programs, "crontab", '[ "$1" = -l ] && exit 0; echo "disk full" >&2; exit 1')
    with pytest.raises(AuditError, match="disk full"):
        install("cron", made("cron"))


def test_a_machine_without_cron_is_told(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(AuditError, match="crontab is not installed"):
        install("cron", made("cron"))


def test_a_block_takes_the_place_of_the_one_before() -> None:
    old = BLOCK.replace("0 *", "30 *")
    assert with_block(OTHERS + old + "1 1 1 1 1 last\n", BLOCK) == OTHERS + BLOCK + "1 1 1 1 1 last\n"
    assert with_block("no line end", BLOCK) == "no line end\n" + BLOCK
    assert with_block(BLOCK + "between\n" + BLOCK, BLOCK) == BLOCK + "between\n"


def test_a_block_without_an_end_is_left_alone() -> None:
    with pytest.raises(AuditError, match="crontab -e"):
        with_block(BLOCK.splitlines()[0] + "\n0 4 * * * backup\n", BLOCK)


lines = st.lists(st.sampled_from(["MAILTO=me", "", "# x", "0 4 * * * backup", *OTHERS.splitlines()])).map("\n".join)


@given(lines, st.booleans())
def test_no_other_line_is_lost_or_moved(table: str, there: bool) -> None:
    given_table = table + "\n" + (BLOCK if there else "")
    after = with_block(given_table, BLOCK)
    assert with_block(after, BLOCK) == after
    assert after.count(BLOCK) == 1
    assert after.replace(BLOCK, "").splitlines() == given_table.replace(BLOCK, "").splitlines()


def test_units_for_systemd_are_written_and_started(programs: Path, tmp_path: Path) -> None:
    program(programs, "systemctl", f'echo "$@" >> {programs}/calls')
    said = install("systemd", made("systemd"))
    place = tmp_path / ".config" / "systemd" / "user"
    assert sorted(path.name for path in place.iterdir()) == ["reporter-nightly.service", "reporter-nightly.timer"]
    assert (place / "reporter-nightly.timer").read_text(encoding="utf-8") == made("systemd")[1].text
    assert (programs / "calls").read_text(encoding="utf-8").splitlines() == [
        "--user daemon-reload",
        "--user enable --now reporter-nightly.timer",
    ]
    assert str(place) in said
    assert install("systemd", made("systemd")) == said


def test_units_that_cannot_be_started_are_told_with_what_to_do(programs: Path) -> None:
    program(programs, "systemctl", 'echo "Failed to connect to bus" >&2; exit 1')
    with pytest.raises(AuditError, match=r"Failed to connect to bus.*systemctl --user enable --now"):
        install("systemd", made("systemd"))


def test_a_configuration_folder_of_its_own_is_heeded(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "systemctl", "exit 0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    install("systemd", made("systemd"))
    assert (tmp_path / "mine" / "systemd" / "user" / "reporter-nightly.timer").is_file()


@pytest.mark.parametrize("target", ["github", "kubernetes", "airflow"])
def test_what_belongs_elsewhere_is_printed_only(target: str) -> None:
    with pytest.raises(UsageError, match="printed only"):
        installable(target)
    with pytest.raises(UsageError, match="printed only"):
        install(target, made(target))
