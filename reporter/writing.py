"""Writing files so that nothing is ever half written: beside the target first, then renamed over it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from reporter.errors import OutputError


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all. Raises OutputError with what to do about it."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: the folder {folder} does not exist", remedy=f"mkdir -p {folder}")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder", remedy="name a file in it")
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}", remedy="choose a folder you may write to"
        ) from error
    beside = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o666 & ~umask)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        remedy = "free space or choose another place"
        raise OutputError(f"cannot write {path}: {error.strerror}", remedy=remedy) from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
