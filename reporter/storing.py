"""Storing subjects of reports as versioned JSON: frozen dataclasses out and back in, nothing damaged let through."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from reporter.errors import ExplanationError
from reporter.writing import write

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Subject = TypeVar("Subject")

_HALF = re.compile("[\ud800-\udfff]")  # JSON can spell it, UTF-8 cannot
WRITTEN_BY = "an explanation written by `reporter explain … -o file.json`"


class Stored:
    """What is kept as versioned JSON: a frozen dataclass whose `version` is, by default, the newest one it reads."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def to_json(self, path: str | Path | None = None) -> str:
        """Versioned JSON that `from_json` reads back equal; written to `path` as well when one is given."""
        text = dumped(self)
        if path is not None:
            write(Path(path), text.encode())
        return text

    @classmethod
    def from_json(cls, source: str | Path | bytes) -> Self:
        """Read a stored one from a path, or from the JSON itself (a str that begins with a brace, or bytes).

        Raises ExplanationError when it is none, is damaged, or was written by a newer version.
        """
        return loaded(cls, source, int(cls.__dataclass_fields__["version"].default))


def dumped(subject: object) -> str:
    """A subject as JSON, keys in the order of its fields."""
    text: bytes = _adapter(type(subject)).dump_json(subject, indent=1)
    return text.decode() + "\n"


def plain(subject: object) -> Any:
    """A subject as plain lists and dicts, as its JSON holds them."""
    return _adapter(type(subject)).dump_python(subject, mode="json")


def restored(kind: type[Subject], content: Any) -> Subject:
    """A subject from what `plain` gave. Raises ExplanationError where it is damaged."""
    from pydantic import ValidationError

    try:
        subject: Subject = _adapter(kind).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ExplanationError(f"a stored {kind.__name__} is damaged at {where}: {first['msg']}") from error
    return subject


def loaded(kind: type[Subject], source: str | Path | bytes, version: int) -> Subject:
    """Read a subject back. Raises ExplanationError in one line: no JSON, none of ours, newer, or damaged and where."""
    from pydantic import ValidationError

    name, text = _read(source)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExplanationError(f"{name} is not JSON: {error}", allowed=WRITTEN_BY) from error
    found = content.get("version") if isinstance(content, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise ExplanationError(f"{name} is not a stored explanation: it has no version", allowed=WRITTEN_BY)
    if found < 1:
        raise ExplanationError(f"{name} is damaged at version: {found} is none", remedy="explain again")
    if found > version:
        raise ExplanationError(f"{name} has version {found}; this reporter reads up to {version}", remedy="upgrade it")
    try:
        subject: Subject = _adapter(kind).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ExplanationError(f"{name} is damaged at {where}: {first['msg']}", remedy="explain again") from error
    return subject


def schema_of(kind: type) -> dict[str, Any]:
    """The JSON Schema of a subject's stored form."""
    schema = _adapter(kind).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def refuse_unstorable(value: Any, where: str) -> None:
    """Raise ExplanationError for the first number that is not finite, or text that is none: neither could be told."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExplanationError(f"{where} is {value}", allowed="finite numbers", remedy="do not publish it")
    elif isinstance(value, str):
        if not value.isascii() and _HALF.search(value):
            raise ExplanationError(f"{where} holds half a character: {value[:40]!r}", allowed="Unicode text")
    elif is_dataclass(value):
        for each in fields(value):
            refuse_unstorable(getattr(value, each.name), f"{where}.{each.name}")
    elif isinstance(value, (tuple, list)):
        for i, each_value in enumerate(value):
            refuse_unstorable(each_value, f"{where}[{i}]")
    elif isinstance(value, Mapping):
        for key, each_value in value.items():
            refuse_unstorable(key, where)
            refuse_unstorable(each_value, f"{where}.{key}")


def _read(source: str | Path | bytes) -> tuple[str, str]:
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("{"):
        return "the text given", source.lstrip("\ufeff")
    name = "the text given" if isinstance(source, bytes) else str(source)
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        return name, content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        undecodable = isinstance(error, UnicodeDecodeError)
        reason = "not UTF-8 text" if undecodable else getattr(error, "strerror", None) or str(error)
        remedy = "give a file written by `reporter explain`"
        raise ExplanationError(f"cannot read {name}: {reason}", remedy=remedy) from error


def _adapter(kind: type) -> TypeAdapter[Any]:
    return _made(kind)  # mypy does not take a type variable for hashable


@cache
def _made(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
