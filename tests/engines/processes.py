"""Which processes there are, and waiting for them to go. Linux only, like the tests that ask."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked for since does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def numbered(folder: Path, kind: str) -> list[int]:
    """The numbers that processes left in a folder as files of a kind, oldest first."""
    return [int(path.stem) for path in sorted(folder.glob(f"*.{kind}"), key=lambda path: path.stat().st_mtime_ns)]


def marked(mark: str) -> dict[int, str]:
    """The processes that have a text in their environment, and their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment, command = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if mark.encode() in environment and alive(int(folder.name)):
            found[int(folder.name)] = command.replace(b"\0", b" ").decode()
    return found


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether something becomes true in time."""
    until = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    return within(seconds, lambda: not any(alive(pid) for pid in pids))
