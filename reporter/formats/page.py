"""A self-contained HTML page: no network, light and dark, on a phone and on paper, complete without script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from markupsafe import Markup

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
    environment = report_environment()
    template, script = environment.get_template("report/page.html.j2"), ""
    if medium == "page":
        script = environment.get_template("report/script.js.j2").render().strip()
    return template.render(
        look=look(),
        sheet=sheet_of(report),
        medium=medium,
        paper=PAPERS[paper],
        p="rx",
        level=1,
        script=Markup(script),  # noqa: S704 - no text of a report is in it
        policy=hash_of(script),
    )


def hash_of(script: str) -> str:
    """What names a script in a Content-Security-Policy: the same for every page, as it fills nothing in."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
