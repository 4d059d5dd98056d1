"""The report as one element to embed in a page of someone else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reporter.errors import UsageError
from reporter.formats.sections import key_at, sections_from, sheet_with
from reporter.look import look
from reporter.templating import report_environment

if TYPE_CHECKING:
    from reporter.report import Report

LEVELS = range(1, 6)  # a section's heading is one level below the headline, and HTML has six


@dataclass(frozen=True)
class Fragment:
    """A <section class="rx"> with its own style: it changes nothing of the host, nor the host anything of it.

    `level` is that of the headline; `sections` (SECTIONS in formats/sections.py) leave out all others. Ids begin with
    a digest of what is told, so that several fit on one page; the same one once more needs a `place` of its own there.
    Raises UsageError for a level that leaves no room for section headings, UnknownName for a section.
    """

    name: ClassVar[str] = "fragment"
    suffix: ClassVar[str] = ".html"
    media_type: ClassVar[str] = "text/html"
    description: ClassVar[str] = "one element to embed in a page of your own"
    level: int = 2
    sections: tuple[str, ...] = ()
    place: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(
                f"a fragment cannot begin at heading level {self.level!r}", allowed=f"{LEVELS[0]} to {LEVELS[-1]}"
            )
        sections_from(self.sections)

    def render(self, report: Report) -> bytes:
        sheet = sheet_with(report, self.sections)
        key = key_at(sheet.key, self.place) if self.place else sheet.key
        template = report_environment().get_template("report/fragment.html.j2")
        return template.render(look=look(), sheet=sheet, medium="fragment", p=f"rx-{key}", level=self.level).encode()
