"""A tagged PDF (PDF/UA-1), laid out by WeasyPrint from the same templates as the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reporter.errors import OutputError
from reporter.formats.page import html_of
from reporter.system import weasyprint

if TYPE_CHECKING:
    from reporter.report import Report


@dataclass(frozen=True)
class Pdf:
    """A document to send and to print. It depends on the report alone, not on the clock.

    Raises MissingDependency where WeasyPrint or Pango is absent, OutputError where a template names something outside.
    """

    name: ClassVar[str] = "pdf"
    suffix: ClassVar[str] = ".pdf"
    media_type: ClassVar[str] = "application/pdf"
    description: ClassVar[str] = "a tagged document to send and to print"

    def render(self, report: Report) -> bytes:
        engine = weasyprint()
        words = report.facts.language.words["document"]
        # The page holds all it needs, so every address it could name is refused, in the page and in its style alike.
        fetcher = engine.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
        document = engine.HTML(string=html_of(report, "paper"), url_fetcher=fetcher, base_url=None)
        try:
            content: bytes = document.write_pdf(pdf_variant="pdf/ua-1", finisher=lambda _, pdf: _say_more(pdf, words))
        except engine.urls.FatalURLFetchingError as error:
            raise OutputError(
                f"a report fetches nothing: {error}",
                allowed="data: addresses",
                remedy="put what the template names into the template",
            ) from error
        return content


def _say_more(pdf: Any, words: Mapping[str, str]) -> None:
    """Add what PDF/UA asks for and WeasyPrint 70 does not write: scopes of table headers, readable names of links."""
    dictionaries = [item for item in pdf.objects if isinstance(item, type(pdf.catalog))]
    elements: dict[int, Any] = {item.number: item for item in dictionaries if item.get("Type") == "/StructElem"}

    def ancestors(element: Any) -> list[str]:
        found = []
        while (parent := elements.get(_number(element["P"]))) is not None:
            found.append(parent["S"])
            element = parent
        return found

    for element in elements.values():
        if element["S"] == "/TH":
            # Our templates know no third kind: a header below <thead> heads its column, any other its row.
            element["A"]["Scope"] = "/Column" if "/THead" in ancestors(element) else "/Row"
    frames = {"e": words["evidence_link"], "s": words["back_link"]}
    for item in dictionaries:
        target = re.search(r"-([es])(\d+)$", item["Dest"].string) if item.get("Subtype") == "/Link" else None
        if target:
            item["Contents"] = type(item["Contents"])(frames[target[1]].format(number=target[2]))


def _number(reference: bytes) -> int:
    """The object number in a reference such as b"12 0 R"."""
    found = re.match(rb"(\d+) \d+ R", reference)
    return int(found[1]) if found else -1
