"""The templates: where they are, in a checkout or inside the wheel, and a folder of one's own that overrides some."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporter.errors import OwnTemplateError, first_line

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parent
# An editable install has no copy in the package, a wheel no folder beside it.
_PLACES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
ORIGINAL = "original"  # "original/report/page.html.j2" is the one that came along, whatever overrides it
_MOST_FILES = 1000
# What a text is checked by is not a matter of taste: of a language that came along, these stay as they are.
FIXED = ("claims.toml", "others.toml", "lexicon.toml", "reasons.toml", "slots.toml")


@dataclass(frozen=True)
class Templates:
    """The templates that came along, and before them those of `folder`; `stamp` changes whenever one of them does."""

    folder: Path | None = None
    stamp: str = ""

    def find(self, name: str) -> Path:
        """The file of a template by its relative name, whether it is there or not."""
        own = self.folder / name if self.folder else None
        return own if own and own.is_file() else templates_folder() / name

    def names(self, folder: str) -> list[str]:
        """Names of what lies directly in a folder of the templates, of either place, sorted."""
        places = [root / folder for root in (templates_folder(), self.folder) if root]
        return sorted({path.name for place in places if place.is_dir() for path in place.iterdir()})

    def toml(self, name: str) -> dict[str, Any]:
        """A TOML file; where both places have it, the folder's keys over those that came along.

        Raises OwnTemplateError for what is no TOML in the folder.
        """
        import tomllib

        came = templates_folder() / name
        found = tomllib.loads(came.read_text("utf-8")) if came.is_file() else {}
        own = self.folder / name if self.folder else None
        if own is None or not own.is_file():
            return found
        try:
            return _over(found, tomllib.loads(own.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise OwnTemplateError(f"{name}: {first_line(error)}", remedy=f"mend {own}") from error


CAME_ALONG = Templates()
_CURRENT: ContextVar[Templates] = ContextVar("templates", default=CAME_ALONG)


@lru_cache
def templates_folder() -> Path:
    """The folder with report/ and narrative/. Raises FileNotFoundError when the installation is broken."""
    for place in _PLACES:
        if (place / "report").is_dir():
            return place
    raise FileNotFoundError(f"templates are missing: looked in {' and '.join(map(str, _PLACES))}")


def templates_in(folder: str | Path | None) -> Templates:
    """The templates with those of a folder before them; None stands for those that came along.

    Raises OwnTemplateError for what is no folder, and where it would change what a text is checked by.
    """
    if folder is None:
        return CAME_ALONG
    root = Path(folder)
    if not root.is_dir():
        raise OwnTemplateError(f"{folder} is no folder", remedy="`reporter templates --export DIR` writes one")
    files = [path for path in sorted(root.resolve().rglob("*")) if path.is_file()][: _MOST_FILES + 1]
    if len(files) > _MOST_FILES:
        raise OwnTemplateError(
            f"{folder} holds more than {_MOST_FILES} files", remedy="give the folder of templates alone"
        )
    root, digest = root.resolve(), hashlib.sha256()
    for path in files:
        name = path.relative_to(root).as_posix()
        came = templates_folder() / name
        fixed = name.startswith("narrative/") and path.name in FIXED and came.is_file()
        if fixed and path.read_bytes() != came.read_bytes():
            raise OwnTemplateError(
                f"{name} is what a text is checked by, and cannot be changed",
                allowed="templates and words.toml of the same language; a language of its own code",
                remedy=f"take {path} away",
            )
        state = path.stat()
        digest.update(f"{name}\0{state.st_mtime_ns}\0{state.st_size}\0".encode())
    return Templates(root, digest.hexdigest()[:16])


def current() -> Templates:
    """The templates in use here and now."""
    return _CURRENT.get()


@contextmanager
def using(templates: Templates) -> Iterator[None]:
    """Within, these templates are used. Raises OwnTemplateError with file and line for a mistake in one of a folder."""
    token = _CURRENT.set(templates)
    try:
        if templates.folder is None:
            yield
        else:
            from reporter.sandbox import bounded

            with bounded(templates.folder, templates_folder()):
                yield
    finally:
        _CURRENT.reset(token)


def report_environment() -> Environment:
    """For pages: everything is escaped, and a name that does not exist is an error."""
    return _report_environment(current())


@lru_cache(maxsize=8)
def _report_environment(templates: Templates) -> Environment:
    return _environment(templates, autoescape=True)


def marked_environment(escape: Callable[[str], str], templates: Templates | None = None) -> Environment:
    """For a markup that is not HTML: everything a template puts out goes through `escape`, but for Markup."""
    from markupsafe import Markup

    environment = _environment(templates or current(), autoescape=True)
    before = environment.finalize

    def finalize(value: Any) -> Markup:
        value = before(value) if before else value
        # Autoescaping leaves Markup alone, so what `escape` made is not escaped once more as HTML.
        return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - escaped just now

    environment.finalize = finalize
    return environment


def prose_environment() -> Environment:
    """For narratives: plain text, so nothing is escaped here; pages escape what they show."""
    return _prose_environment(current())


@lru_cache(maxsize=8)
def _prose_environment(templates: Templates) -> Environment:
    environment = _environment(templates, autoescape=False)
    environment.filters["capital"] = capital
    environment.filters["toml"] = toml
    return environment


def _environment(templates: Templates, *, autoescape: bool) -> Environment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

    own = FileSystemLoader(templates_folder())
    settings: dict[str, Any] = {
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": False,
        "undefined": StrictUndefined,
        # Prose is plain text: escaping is the business of whatever shows it, and every format does.
        "autoescape": autoescape,
    }
    if templates.folder is None:
        return Environment(loader=own, **settings)  # noqa: S701 - see above
    from reporter.sandbox import Folder, Sandbox

    loader = ChoiceLoader([PrefixLoader({ORIGINAL: own}), Folder(templates.folder), own])
    return Sandbox(loader=loader, **settings)


def capital(text: str) -> str:
    """The text as a sentence begins it; a first word such as "pH" or "iPhone" keeps its own form."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first) else text[:1].upper() + text[1:]


def toml(value: str | Sequence[str] | None) -> str:
    """A text or a list of texts as TOML writes it."""
    import json

    text = json.dumps("" if value is None else value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """The keys of `above` over those of `below`, table by table."""
    found = dict(below)
    for key, value in above.items():
        known = found.get(key)
        found[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return found
