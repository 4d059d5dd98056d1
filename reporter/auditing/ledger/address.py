"""Where a ledger is: a file, or a PostgreSQL database by URL. What is shown of it never holds a password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from reporter.errors import LedgerError

POSTGRESQL = ("postgresql", "postgresql+pg8000", "postgres")
SQLITE = ("sqlite", "sqlite+pysqlite")
ALLOWED = "a file such as ledger.sqlite, or postgresql://user:$PASSWORD@host/database"

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
# An address that was meant, with a slash or the scheme missing: what it says may be a password.
_MEANT = re.compile(r"^\w[\w+]+:/|:[^/]*@")


@dataclass(frozen=True)
class Address:
    """A file or a PostgreSQL database, and what it may be called in a message."""

    name: str
    place: Path | URL = field(repr=False)


def address(given: str | Path, folder: Path) -> Address:
    """Where `given` is, seen from `folder`, with $NAME filled in from the environment. Raises LedgerError.

    A Path is taken as it is. In a URL, what a variable holds needs no percent-encoding.
    """
    if isinstance(given, Path):
        return _file(given, given, folder)
    if "://" in given:
        before, at, after = given.rpartition("@")
        return _database(_filled(before, secret=True) + at + _filled(after), folder)
    filled = _filled(given)
    if "://" in filled:
        return _database(filled, folder)
    if not filled.strip() or "\0" in filled or _MEANT.search(filled):
        _refuse()
    return _file(given, filled, folder)


def _file(given: str | Path, filled: str | Path, folder: Path) -> Address:
    # Resolved, so that a link and what it points to share their locks. The name is as it was written: not filled in.
    try:
        return Address(str(folder / given), (folder / filled).resolve())
    except (OSError, RuntimeError) as error:
        raise LedgerError(f"the ledger {folder / given} leads nowhere: {error}") from error


def _database(text: str, folder: Path) -> Address:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None:
        _refuse()
    if url.drivername in SQLITE:
        if url.database in (None, "", ":memory:") or url.host or url.query:
            raise LedgerError("the ledger is a SQLite URL that names no file", allowed="sqlite:///ledger.sqlite")
        return _file(str(url.database), str(url.database), folder)
    if url.drivername not in POSTGRESQL:
        raise LedgerError(f"a ledger cannot be kept in {url.drivername!r}", allowed="SQLite, or PostgreSQL by pg8000")
    if "@" in (url.host or ""):
        _refuse()  # the rest of a password
    place = (url.host or "localhost") + (f":{url.port}" if url.port else "")
    return Address(f"postgresql://{place}/{url.database or ''}", url.set(drivername="postgresql+pg8000"))


def _refuse() -> NoReturn:
    remedy = "write @ : / in a password as %40 %3A %2F, or as a variable"
    raise LedgerError("the ledger is neither a file nor a URL that can be read", allowed=ALLOWED, remedy=remedy)


def _filled(text: str, *, secret: bool = False) -> str:
    """With the variables filled in; where secrets are, percent-encoded, as they may hold anything at all."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        filled = os.environ.get(name, "")
        if not filled:
            # pa$word is no variable but a password, of which nothing is shown.
            whole = not secret or (text[: found.start()][-1:] in "/:" and text[found.end() :][:1] in ("", ":"))
            shown = f"${name}" if whole else "a variable"
            raise LedgerError(f"the ledger names {shown}, which is not in the environment", remedy="set it")
        return quote(filled, safe="") if secret else filled

    return _VARIABLE.sub(value, text)
