"""Settings files in TOML: read within bounds, and what is wrong with one said in a line that names the key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from reporter.errors import ReporterError, listing, nearest

MAX_BYTES = 4_000_000


class Section(BaseModel):
    """A table of a settings file: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path, kind: type[ReporterError], *, what: str, remedy: str) -> dict[str, Any]:
    """The content of a TOML file. Raises `kind` for one that cannot be read, is too large, or is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise kind(f"{path} is larger than {MAX_BYTES} bytes", remedy=f"give the {what} file, not the data")
        # Some editors put a byte order mark first.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise kind(f"cannot read {path}: {error.strerror}", remedy=f"give the {what} file, one you may read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise kind(f"{path} is not TOML: {error}", remedy=remedy) from error


def fault(
    error: ValidationError, content: dict[str, Any], schema: type[BaseModel], kind: type[ReporterError], name: str
) -> ReporterError:
    """The first thing that is wrong with the content of a file, with the nearest key that is known."""
    return fault_of(error.errors(include_url=False)[0], content, schema, kind, name)


def fault_of(
    error: Any, content: dict[str, Any], schema: type[BaseModel], kind: type[ReporterError], name: str
) -> ReporterError:
    """The same for one of pydantic's errors."""
    keys = _keys_of(content, error["loc"])
    where = ".".join(keys)
    if error["type"] == "extra_forbidden":
        known = known_keys(schema, keys[:-1])
        near = nearest(keys[-1], known)
        return kind(
            f"{name}: unknown key {where!r}",
            allowed=f"did you mean {near!r}?" if near else f"allowed here: {listing(known, 20)}",
        )
    if error["type"] == "missing":
        lacks = ".".join([*keys, str(error["loc"][-1])])
        return kind(f"{name}: {lacks} is missing", remedy=f"add it to {name}")
    given = error.get("input")
    shown = f", not {given!r}" if isinstance(given, (str, int, float, bool)) else ""
    told = error["msg"].replace("Input should be", "must be", 1).removeprefix("Value error, ")
    return kind(f"{name}: {where}: {re.sub(r'a valid dictionary( or instance of [A-Za-z]+)?', 'a table', told)}{shown}")


def _keys_of(content: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The part of an error's place that the file holds; behind it pydantic names the type that was tried."""
    keys = []
    for part in loc:
        inside = isinstance(part, int) if isinstance(content, list) else isinstance(content, dict) and part in content
        if not inside:
            break
        keys.append(str(part))
        content = content[part]
    return keys


def known_keys(schema: type[BaseModel], keys: list[str]) -> list[str]:
    """The keys allowed at a place in a file, found by walking the models along `keys`."""
    model = schema
    for key in keys:
        info = model.model_fields.get(key)
        if info is None:
            continue  # a free name: a language, a column, a class
        for candidate in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return [name for name, info in model.model_fields.items() if not info.exclude]
