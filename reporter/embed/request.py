"""What a document asks for: a stored explanation, and how it is told there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import UnknownName, UsageError
from reporter.formats.sections import sections_from

OPTIONS = ("language", "audience", "sections", "level")


@dataclass(frozen=True)
class Request:
    """One use of a stored explanation. What is not asked for is as the study has it: language and audience."""

    path: Path
    language: str | None = None
    audience: str | None = None
    sections: tuple[str, ...] = ()  # all of them when none is named
    level: int = 2  # of the headline
    templates: Path | None = None  # a folder of one's own, for a whole site


def request_from(
    path: Path,
    options: Mapping[str, str],
    defaults: Mapping[str, object] | None = None,
    templates: Path | None = None,
) -> Request:
    """The request that options as text make; an empty one counts as not given. Defaults may be lists and numbers too.

    Raises UnknownName for an option or a section nobody knows, UsageError for a level that is no number.
    """
    for name in options:
        if name not in OPTIONS:
            raise UnknownName("option of an explanation", name, OPTIONS)
    given = {name: _text(value) for source in (defaults or {}, options) for name, value in source.items() if value}
    return Request(
        path,
        given.get("language"),
        given.get("audience"),
        sections_from(given.get("sections", "")),
        _level(given.get("level", "2")),
        templates,
    )


def _text(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, (list, tuple)) else str(value)


def _level(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"no heading level {text!r}", allowed="1 to 5") from None
