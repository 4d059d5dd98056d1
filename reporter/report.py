"""A Report: a subject and its checked narrative, rendered by format name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from reporter.errors import OutputError
from reporter.explanation import Explanation
from reporter.facts import Facts
from reporter.language import language
from reporter.narrative import Narrative
from reporter.plugins import FORMATS
from reporter.templating import templates_in, using
from reporter.writing import write

# File suffix → format name: what `-o` goes by.
SUFFIXES = {".pdf": "pdf", ".html": "page", ".htm": "page", ".json": "json", ".md": "markdown"}

# How often each fragment was shown: a notebook is one page, on which no id may occur twice.
_SHOWN: Counter[str] = Counter()


class Format(Protocol):
    """What a format plug-in is: it turns a report into bytes, and says what they are."""

    name: str
    suffix: str
    media_type: str
    description: str

    def render(self, report: Report) -> bytes: ...


@dataclass(frozen=True)
class Report:
    """One explanation told once: in one language, for one audience, by one narrator, and checked."""

    facts: Facts
    narrative: Narrative

    @property
    def explanation(self) -> Explanation:
        return self.facts.explanation

    @property
    def text(self) -> str:
        return self.narrative.text

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        section = self.narrative.section("headline")
        return section.text if section else self.narrative.sentences[0].text

    def render(self, name: str, *, templates: str | Path | None = None, **settings: Any) -> bytes:
        """The report in a format by name; `settings` are the format's fields.

        `templates`: a folder whose templates and look take the place of those it was told with; what is told stays.
        Raises UnknownName, and OwnTemplateError for a mistake in such a folder.
        """
        form: Format = FORMATS.load(name)(**settings)
        report = self if templates is None else self.dressed(templates)
        with using(report.facts.language.templates):
            return form.render(report)

    def dressed(self, templates: str | Path) -> Report:
        """The same report, to be rendered with the templates, words and look of a folder."""
        found = templates_in(templates)
        with using(found):
            return replace(self, facts=replace(self.facts, language=language(self.facts.language.code)))

    def to_html(
        self, path: str | Path | None = None, *, fragment: bool = False, templates: str | Path | None = None
    ) -> str:
        """A self-contained page, or a fragment to embed; written to `path` as well when one is given."""
        return self._text("fragment" if fragment else "page", path, templates)

    def to_markdown(self, path: str | Path | None = None, *, templates: str | Path | None = None) -> str:
        """The report as Markdown; written to `path` as well when one is given."""
        return self._text("markdown", path, templates)

    def to_pdf(self, path: str | Path | None = None, *, templates: str | Path | None = None) -> bytes:
        """A tagged PDF; written to `path` as well when one is given."""
        content = self.render("pdf", templates=templates)
        if path is not None:
            write(Path(path), content)
        return content

    def _text(self, name: str, path: str | Path | None, templates: str | Path | None = None) -> str:
        content = self.render(name, templates=templates)
        if path is not None:
            write(Path(path), content)
        return content.decode("utf-8")

    # In a notebook

    def _repr_mimebundle_(self, **_wanted: object) -> dict[str, str]:
        """HTML for a browser, Markdown for what a notebook is converted to, and text for a terminal."""
        markdown = self.render("markdown", folded=False).decode()
        return {"text/html": self._repr_html_(), "text/markdown": markdown, "text/plain": self.text}

    def _repr_html_(self) -> str:
        html = self.to_html(fragment=True)
        identity = html.partition(">")[0]
        _SHOWN[identity] += 1
        return html if _SHOWN[identity] == 1 else self.render("fragment", place=str(_SHOWN[identity])).decode()


def format_for(path: str) -> str:
    """The format that a file name's suffix stands for. Raises OutputError with the suffixes known."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise OutputError(f"cannot tell a format from {path!r}", allowed=f"a name that ends in {known}, or - for JSON")
    return SUFFIXES[suffix]
