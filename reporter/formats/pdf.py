"""A tagged PDF (PDF/UA-1, or PDF/A-3 to be kept), laid out by WeasyPrint from the same templates as the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from reporter.errors import OutputError, UnknownName
from reporter.formats.card import moment_of
from reporter.formats.json import Json
from reporter.formats.page import PAPERS, html_of
from reporter.formats.tags import complete
from reporter.system import weasyprint

if TYPE_CHECKING:
    from reporter.report import Report

VARIANTS = ("pdf/ua-1", "pdf/a-3a")


@dataclass(frozen=True)
class Pdf:
    """A document to send and to print. It depends on the report alone, not on the clock.

    `variant`: pdf/ua-1 is made to be read by everybody; pdf/a-3a (ISO 19005-3, level A) to be kept, with the report's
    JSON attached, so that the numbers stay with the words. Raises UnknownName (paper, variant), MissingDependency where
    WeasyPrint or Pango is absent, OutputError where a template names something outside.
    """

    name: ClassVar[str] = "pdf"
    suffix: ClassVar[str] = ".pdf"
    media_type: ClassVar[str] = "application/pdf"
    description: ClassVar[str] = "a tagged document to send and to print"
    paper: str = "a4"
    variant: str = "pdf/ua-1"

    def __post_init__(self) -> None:
        for kind, given, known in (("paper", self.paper, PAPERS), ("PDF variant", self.variant, VARIANTS)):
            if given not in known:
                raise UnknownName(kind, given, known)

    def render(self, report: Report) -> bytes:
        attached = [_twin(weasyprint(), report)] if "/a-3" in self.variant else None
        words = report.facts.language.words["document"]
        return pdf_of(html_of(report, "paper", self.paper), words, self.variant, attached)


def pdf_of(html: str, words: Mapping[str, str], variant: str = "pdf/ua-1", attached: list[Any] | None = None) -> bytes:
    """A page for paper as a tagged PDF. Raises MissingDependency, and OutputError where it names something outside."""
    engine = weasyprint()
    # The page holds all it needs, so every address it could name is refused, in the page and in its style alike.
    fetcher = engine.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = engine.HTML(string=html, url_fetcher=fetcher, base_url=None)
    try:
        content: bytes = document.write_pdf(
            pdf_variant=variant, attachments=attached, finisher=lambda _, pdf: _finish(pdf, words)
        )
    except engine.urls.FatalURLFetchingError as error:
        raise OutputError(
            f"a report fetches nothing: {error}",
            allowed="data: addresses",
            remedy="put what the template names into the template",
        ) from error
    return content


def _twin(engine: Any, report: Report) -> Any:
    """The report's JSON as an attachment; its dates are the explanation's, or the beginning of time."""
    made = moment_of(report.explanation.provenance.created) or datetime.fromtimestamp(0, UTC)
    return engine.Attachment(
        string=Json().render(report).decode(),
        name="explanation.json",
        description="the explanation with all its numbers",
        created=made,
        modified=made,
        relationship="Data",
    )


def _finish(pdf: Any, words: Mapping[str, str]) -> None:
    # Imported here, where WeasyPrint has brought in what it needs.
    from reporter.formats.fonts import lighten

    complete(pdf, words)
    lighten(pdf)
