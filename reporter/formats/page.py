"""A self-contained HTML page: no network, no script, light and dark, on a phone and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from reporter.formats.sheet import sheet_of
from reporter.look import look
from reporter.templating import report_environment

if TYPE_CHECKING:
    from reporter.report import Report

PAPERS = {"a4": "A4", "letter": "letter"}  # as they are asked for, and as CSS calls them


@dataclass(frozen=True)
class Page:
    """One file that a browser opens."""

    name: ClassVar[str] = "page"
    suffix: ClassVar[str] = ".html"
    media_type: ClassVar[str] = "text/html"
    description: ClassVar[str] = "a self-contained page to read in a browser"

    def render(self, report: Report) -> bytes:
        return html_of(report, "page").encode()


def html_of(report: Report, medium: Literal["page", "paper"], paper: str = "a4") -> str:
    """A whole HTML document; what is meant for paper has page rules in place of themes."""
    template = report_environment().get_template("report/page.html.j2")
    return template.render(look=look(), sheet=sheet_of(report), medium=medium, paper=PAPERS[paper], p="rx", level=1)
