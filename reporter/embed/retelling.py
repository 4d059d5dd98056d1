"""Stored explanations told again for a document: each once, however many uses one build makes of it."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reporter.embed.request import Request
from reporter.errors import ExplanationError
from reporter.explanation import Explanation
from reporter.formats.sections import sheet_with
from reporter.formats.sheet import Sheet
from reporter.report import Report
from reporter.telling import tell
from reporter.templating import Templates, templates_folder, templates_in, using
from reporter.writing import write

DISTRIBUTION = "explanation-reporter"
KEPT = 256  # reports that one process remembers; a server builds the same site again and again


def report_of(request: Request) -> Report:
    """The explanation as it is asked for.

    Raises ExplanationError, UnknownName for a language or an audience, and OwnTemplateError.
    """
    templates = templates_in(request.templates)
    return _told(request.path, digest(request.path), request.language, request.audience, templates)


def sheet_for(request: Request) -> Sheet:
    """The same laid out, for a format of the document's own."""
    report = report_of(request)
    with using(report.facts.language.templates):
        return sheet_with(report, request.sections)


def fragment_of(request: Request, place: str = "") -> str:
    """The same as an HTML fragment; `place` tells apart equal ones on a page. Raises UsageError for its level too."""
    report = report_of(request)
    return report.render("fragment", level=request.level, sections=request.sections, place=place).decode()


def kept_fragment_of(request: Request, place: str, folder: Path) -> str:
    """The same, but from a file in `folder` as long as explanation, templates and version are what they were."""
    asked = repr((request, place))
    file = folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"
    told_with = f"{stamp(request.templates)} {digest(request.path)}"
    try:
        kept = json.loads(file.read_bytes())
        if kept["told_with"] == told_with:
            return str(kept["html"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there yet, or no file of ours: it is written anew
    html = fragment_of(request, place)
    folder.mkdir(parents=True, exist_ok=True)
    write(file, json.dumps({"told_with": told_with, "html": html}, ensure_ascii=False).encode())
    return html


def stamp(templates: Path | None = None) -> str:
    """What besides the explanation decides what is told: the version of this package, its templates and one's own."""
    return f"{_stamp()}{templates_in(templates).stamp}"


@lru_cache
def _stamp() -> str:
    found = hashlib.sha256(edition().encode())
    for path in sorted(templates_folder().rglob("*")):
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def edition() -> str:
    """The version of this package; empty where it runs without being installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def digest(path: Path) -> str:
    """A file's sha256; empty for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@lru_cache(KEPT)
def _told(path: Path, _content: str, language: str | None, audience: str | None, templates: Templates) -> Report:
    """`_content` is the digest of what the file holds now: another one is another report."""
    if not path.is_file():
        raise ExplanationError(f"there is no explanation at {path}", remedy="check the path")
    return tell(Explanation.from_json(path), language=language, audience=audience, templates=templates)
