"""The templates written out to be changed, and what a folder of one's own changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reporter.errors import OutputError, listing, nearest
from reporter.formats.markdown import markdown_environment
from reporter.language import language, languages
from reporter.look import look
from reporter.templating import (
    FIXED,
    Templates,
    prose_environment,
    report_environment,
    templates_folder,
    using,
)
from reporter.writing import write

if TYPE_CHECKING:
    from jinja2 import Environment

README = "README.md"
_PAPER = (".j2", ".toml")


def overridable() -> tuple[str, ...]:
    """Names of all that a folder may override, sorted: report/…, narrative/<language>/…, look.toml."""
    return tuple(sorted(name for name in _names() if _overridable(name)))


def export(folder: Path, *, force: bool = False) -> tuple[str, ...]:
    """Write all of it into a folder, with a README that says what overrides what; returns the names.

    Raises OutputError where a file would be written over, unless `force`.
    """
    names = (*overridable(), README)
    there = [name for name in names if (folder / name).exists()]
    if there and not force:
        raise OutputError(
            f"{folder} holds {listing(there, 3)}", remedy="choose an empty folder, or add --force to write over them"
        )
    for name in names:
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}", remedy="choose another folder") from error
        write(path, (templates_folder() / name).read_bytes())
    return names


def proof(templates: Templates) -> None:
    """Read a folder's look and words and parse its templates, so that a mistake is told before long work.

    Raises OwnTemplateError.
    """
    if templates.folder is None:
        return
    with using(templates):
        look()
        for code in languages():
            language(code)
        for path in sorted(templates.folder.rglob("*.j2")):
            name = path.relative_to(templates.folder).as_posix()
            _environment(name, templates).get_template(name)


def _environment(name: str, templates: Templates) -> Environment:
    if name.endswith(".md.j2"):
        return markdown_environment(templates)
    return prose_environment() if name.startswith("narrative/") else report_environment()


def described(templates: Templates) -> Iterator[tuple[str, str]]:
    """Each file of a folder with what it does, or each name that one could override."""
    if templates.folder is None:
        yield from ((name, "") for name in overridable())
        return
    known = overridable()
    for path in sorted(templates.folder.rglob("*")):
        name = path.relative_to(templates.folder).as_posix()
        if path.is_file():
            yield name, _does(name, known)


def _does(name: str, known: tuple[str, ...]) -> str:
    if name in known:
        return "key by key over ours" if name.endswith(".toml") else "in place of ours"
    if name.endswith(_PAPER) and name.startswith(("report/", "narrative/")):
        near = nearest(name, known)
        alike = f"; is {near} meant?" if near and near.partition("/")[0] == name.partition("/")[0] else ""
        return f"of its own: for templates that name it{alike}" if name.endswith(".j2") else "of its own"
    return "a file for the look" if not name.endswith(".j2") else "of its own: for templates that name it"


def _names() -> Iterator[str]:
    root = templates_folder()
    return (path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in _PAPER)


def _overridable(name: str) -> bool:
    return name == "look.toml" or (name.startswith(("report/", "narrative/")) and Path(name).name not in FIXED)
