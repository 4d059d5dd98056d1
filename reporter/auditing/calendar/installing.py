"""Units put where systemd or cron finds them, so that putting them there again changes nothing. No torch."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from reporter.auditing.calendar.units import Unit
from reporter.errors import AuditError, UsageError, first_line
from reporter.writing import write

INSTALLED = ("systemd", "cron")
_SECONDS = 60


def installable(target: str) -> str:
    """The target, if its units have their place on this machine. Raises UsageError."""
    if target not in INSTALLED:
        raise UsageError(
            f"units for {target} are printed only", remedy="leave --install out, and put them in their place"
        )
    return target


def install(target: str, units: Sequence[Unit]) -> str:
    """Install units; returns a line that says what was done. Raises UsageError, AuditError, OutputError."""
    return _for_systemd(units) if installable(target) == "systemd" else _for_cron(units[0])


def folder() -> Path:
    """Where systemd looks for the units of this user."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(given) if given.startswith("/") else Path.home() / ".config"
    return home / "systemd" / "user"


def _for_systemd(units: Sequence[Unit]) -> str:
    place, timer = folder(), units[-1].name
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuditError(f"cannot make {place}: {error.strerror}", remedy="print the units and install them") from error
    for unit in units:
        write(place / unit.name, unit.text.encode())
    for call in (["systemctl", "--user", "daemon-reload"], ["systemctl", "--user", "enable", "--now", timer]):
        code, _, problem = _run(call)
        if code != 0:
            raise AuditError(
                f"{place / timer} is written, but `{' '.join(call)}` did not work: {problem}",
                remedy=f"systemctl --user daemon-reload && systemctl --user enable --now {timer}, as a user logged in",
            )
    return f"Installed {place / timer}, and started it. To have it run while you are logged out: loginctl enable-linger"


def _for_cron(unit: Unit) -> str:
    code, before, problem = _run(["crontab", "-l"])
    if code != 0 and "no crontab" not in problem.lower():
        # Whatever it was, the table may have lines; one without them may not be put in its place.
        raise AuditError(f"the crontab cannot be read: {problem}", remedy="print the lines and add them: crontab -e")
    before = before if code == 0 else ""
    after = with_block(before, unit.text)
    if after == before:
        return "The crontab has it already"
    code, _, problem = _run(["crontab", "-"], after)
    if code != 0:
        raise AuditError(f"the crontab cannot be written: {problem}", remedy="print the lines and add them: crontab -e")
    return "Added to the crontab; `crontab -l` shows it"


def with_block(table: str, block: str) -> str:
    """A crontab with a block of lines, in place of the one between the same two marks if there is one.

    Raises AuditError for a block whose end is missing: what follows may be somebody else's.
    """
    lines = block.splitlines()
    begin, end = lines[0], lines[-1]
    kept, inside = list[str](), False
    for line in table.splitlines():
        if line == begin and not inside:
            inside = True
        elif inside and line == end:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise AuditError(f"the crontab has the line {begin!r}, but not {end!r}", remedy="put it right: crontab -e")
    at = next((i for i, line in enumerate(table.splitlines()) if line == begin), len(kept))
    return "\n".join([*kept[:at], *lines, *kept[at:]]) + "\n"


def _run(call: Sequence[str], text: str | None = None) -> tuple[int, str, str]:
    """The exit code of a program, what it wrote, and the first line of what it complained of."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed list of words
            call,
            input=text if text is not None else "",
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        return 127, "", f"{call[0]} is not installed"
    except (OSError, subprocess.TimeoutExpired) as error:
        return 126, "", first_line(error)
    said = (done.stderr or done.stdout).strip().splitlines()
    return done.returncode, done.stdout, said[0] if said else f"exit code {done.returncode}"
