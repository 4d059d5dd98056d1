"""The Jinja environment, and where templates/ is: in a checkout, or inside the wheel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parent
# An editable install has no copy in the package, a wheel no folder beside it.
_PLACES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")


@lru_cache
def templates_folder() -> Path:
    """The folder with report/ and narrative/. Raises FileNotFoundError when the installation is broken."""
    for place in _PLACES:
        if (place / "report").is_dir():
            return place
    raise FileNotFoundError(f"templates are missing: looked in {' and '.join(map(str, _PLACES))}")


@lru_cache
def report_environment() -> Environment:
    """For pages: everything is escaped, and a name that does not exist is an error."""
    return _environment(autoescape=True)


def marked_environment(escape: Callable[[str], str]) -> Environment:
    """For a markup that is not HTML: everything a template puts out goes through `escape`, but for Markup."""
    from markupsafe import Markup

    def finalize(value: Any) -> Markup:
        # Autoescaping leaves Markup alone, so what `escape` made is not escaped once more as HTML.
        return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - escaped just now

    environment = _environment(autoescape=True)
    environment.finalize = finalize
    return environment


@lru_cache
def prose_environment() -> Environment:
    """For narratives: plain text, so nothing is escaped here; pages escape what they show."""
    environment = _environment(autoescape=False)
    environment.filters["capital"] = capital
    environment.filters["toml"] = toml
    return environment


def _environment(*, autoescape: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    settings: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": False}
    loader = FileSystemLoader(templates_folder())
    # Prose is plain text: escaping is the business of whatever shows it, and every format does.
    return Environment(loader=loader, autoescape=autoescape, undefined=StrictUndefined, **settings)  # noqa: S701


def capital(text: str) -> str:
    """The text as a sentence begins it; a first word such as "pH" or "iPhone" keeps its own form."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first) else text[:1].upper() + text[1:]


def toml(value: str | Sequence[str] | None) -> str:
    """A text or a list of texts as TOML writes it."""
    import json

    text = json.dumps("" if value is None else value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
