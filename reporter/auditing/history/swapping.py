"""A folder of files written whole or not at all: built beside the one that is there, then put in its place."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reporter.errors import OutputError

MARK = ".reporter-site"  # in every folder that was built here: no other one is ever replaced
_STALE = 24 * 3600.0  # seconds after which what a killed build left behind is removed
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD


@contextmanager
def swapped(folder: Path) -> Iterator[Path]:
    """An empty folder to build in; on leaving it stands where `folder` is. After an error the old one is as it was.

    Raises OutputError when it cannot be written, and for a folder that holds what was not built here.
    """
    target = folder.resolve()
    building = target.parent / f".{target.name[:40]}.new-{secrets.token_hex(6)}"
    try:
        _refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        _tidy(target)
        building.mkdir()
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield building
        (building / MARK).write_text("Built by reporter; the whole folder is replaced with every build.\n", "utf-8")
        _put(building, target)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _refuse_foreign(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError(f"cannot write the site {target}: it is a file", remedy="name a folder")
    if target.is_dir() and not (target / MARK).is_file() and any(target.iterdir()):
        raise OutputError(
            f"cannot write the site {target}: the folder holds other files, which would be lost",
            allowed="a new or empty folder, or a site that was built before",
            remedy="name a folder of its own",
        )


def _put(building: Path, target: Path) -> None:
    """The new folder in place of the old one, which then stands where the new one was built."""
    if not target.exists():
        building.rename(target)
    elif not _exchanged(building, target):
        old = target.parent / f".{target.name[:40]}.old-{secrets.token_hex(6)}"
        target.rename(old)
        try:
            building.rename(target)
        except OSError:
            old.rename(target)
            raise
        old.rename(building)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step, where the system can: there is no moment without either."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done: int = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return done == 0


def _tidy(target: Path) -> None:
    """What builds that were killed left behind; a site that was just about to be replaced comes back."""
    name = f".{target.name[:40]}"
    if not target.exists():
        for old in sorted(target.parent.glob(f"{name}.old-*")):
            old.rename(target)
            break
    for path in (*target.parent.glob(f"{name}.new-*"), *target.parent.glob(f"{name}.old-*")):
        with contextlib.suppress(OSError):  # another build may be at work on it, or remove it as well
            if time.time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path)


def _unwritable(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(
        f"cannot write the site {folder}: {reason}; what was there is as it was",
        remedy="choose a folder you may write to and that has space",
    )
