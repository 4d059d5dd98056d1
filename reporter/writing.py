"""Writing files so that nothing is ever half written: beside the target first, then renamed over it."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

from reporter.errors import OutputError


def make_folder(folder: Path, remedy: str) -> None:
    """Make a folder, and those above it, where it is absent. Raises OutputError with what to do about it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write into {folder}: {error.strerror or error}", remedy=remedy) from error


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all. Raises OutputError with what to do about it.

    A file that is there keeps its permissions. A device or a pipe is written to, never replaced.
    """
    folder = path.parent
    try:
        if not folder.is_dir():
            raise OutputError(f"cannot write {path}: the folder {folder} does not exist", remedy=f"mkdir -p {folder}")
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder", remedy="name a file in it")
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path, content)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "choose a folder you may write to and that has space"
        raise OutputError(f"cannot write {path}: {reason}", remedy=remedy) from error


def _replace(path: Path, content: bytes) -> None:
    # The name is cut, so that it fits even where the target's own just fits.
    beside = path.parent / f".{path.name[:40]}.{secrets.token_hex(6)}"
    file = beside.open("xb")  # "x": never through a link, never over what somebody else put there
    try:
        with file:
            file.write(content)
        if path.exists():
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
