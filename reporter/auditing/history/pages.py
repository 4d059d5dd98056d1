"""Pages of the history: how each is laid out, named and written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reporter.auditing.history.nights import ordered
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.layout import wording_of
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Cell, Section, Sheet
from reporter.delivery import file_name
from reporter.formats.page import PAPERS
from reporter.look import look
from reporter.rounding import printable
from reporter.templating import report_environment


def page_of(row: RunRow) -> str:
    """The file of a run's page: its slot in UTC."""
    return (
        file_name(
            f"{row.slot:%Y-%m-%dT%H%M%S}" + (f".{row.slot.microsecond:06d}" if row.slot.microsecond else "") + "Z"
        )
        + ".html"
    )


def findings_of(say: Phrases, row: RunRow) -> Cell:
    """How many findings a run had, with the mark of the worst."""
    return Cell(say.counted(ordered(row.counts)) or say("site", "none"), severity=row.worst or "")


def pin_of(say: Phrases, row: RunRow) -> str:
    """That a run is pinned, and why; empty for one that is not."""
    if not row.pinned:
        return ""
    colon = str(say.tongue.words["document"]["colon"])
    return say("site", "pinned") + (f"{colon}{printable(row.note)}" if row.note else "")


def page_sheet(
    say: Phrases,
    headline: str,
    kicker: tuple[str, ...],
    lead: tuple[str, ...],
    *,
    sections: tuple[Section, ...],
    links: tuple[Cell, ...] = (),
    **extra: object,
) -> Sheet:
    """A page, laid out; `links` stand above everything, `extra` is for its template."""
    separator = str(say.tongue.words["document"]["separator"])
    return Sheet(
        wording=wording_of(say),
        language=say.tongue.code,
        title=separator.join(dict.fromkeys((headline, *kicker[1:]))),
        description=" ".join(lead),
        kicker=kicker,
        headline=headline,
        lead=lead,
        sections=tuple(section for section in sections if not section.empty),
        extra={"links": links, "reports": (), "note": "", "reports_label": say("site", "reports"), **extra},
    )


def write_page(path: Path, sheet: Sheet) -> None:
    """Draw a page into a file of a site that is being built."""
    template = report_environment().get_template("report/site.html.j2")
    settings: Mapping[str, object] = {"medium": "page", "paper": PAPERS["a4"], "p": "rx", "level": 1}
    path.write_text(template.render(look=look(), sheet=sheet, script="", policy="", **settings), "utf-8")
