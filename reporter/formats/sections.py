"""The parts of a report by name, and a sheet with only some of them: what an embedded report is cut to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from reporter.errors import UnknownName
from reporter.formats.prose import SPOKEN_FIRST, SPOKEN_LAST, Paragraph
from reporter.formats.sheet import Sheet, Statement, key_of, sheet_of
from reporter.report import Report

# In the order of the page. "why" is all that is told between the lead and the trust, however a narrator calls it.
SECTIONS = (
    "headline",
    "lead",
    "glance",
    "why",
    "figures",
    "table",
    "trust",
    "limits",
    "about",
    "next",
    "waterfall",
    "method",
    "evidence",
    "attributions",
)
_TOLD = (*SPOKEN_FIRST, *SPOKEN_LAST)
_FIRST = ("headline", "lead")  # where an unreliable explanation says that it is


def sections_from(given: str | Iterable[str]) -> tuple[str, ...]:
    """Section names, in the order of the page; of a text they stand apart by commas or spaces. None means all.

    Raises UnknownName.
    """
    names = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    for name in names:
        if name not in SECTIONS:
            raise UnknownName("section of a report", name, SECTIONS)
    return tuple(name for name in SECTIONS if name in names)


def sheet_with(report: Report, sections: Sequence[str] = ()) -> Sheet:
    """The report laid out with these sections only, all of them when none is named.

    An unreliable explanation keeps its headline and lead: they say so. Without the evidence no sentence has a number.
    """
    if not sections:
        return sheet_of(report)
    unreliable = "unreliable" in report.facts.situations
    names = sections_from([*sections, *(_FIRST if unreliable else ())])
    told = report.narrative
    kept = tuple(s for s in told.sections if (s.name if s.name in _TOLD else "why") in names)
    sheet = sheet_of(replace(report, narrative=replace(told, sections=kept)))
    sheet = replace(sheet, key=key_at(key_of(report), *names), **_emptied(sheet, names))
    return sheet if "evidence" in names else _unnumbered(sheet)


def key_at(key: str, *places: str) -> str:
    """The key of the same report in another place of one page, so that ids do not clash."""
    return hashlib.sha256("\x1f".join((key, *places)).encode()).hexdigest()[:8] if places else key


def _emptied(sheet: Sheet, names: Sequence[str]) -> dict[str, Any]:
    """The fields of a sheet that are not of the narrative, and were not asked for, with nothing in them."""
    ranking = sheet.ranking
    if "table" not in names:
        ranking = replace(ranking, top=(), rest="")
    if "attributions" not in names:
        ranking = replace(ranking, all=(), more="")
    empty: dict[str, dict[str, Any]] = {
        "headline": {"headline": (), "headline_number": 0},
        "glance": {"glance": ()},
        "figures": {"figures": ()},
        "about": {"card": ()},
        "waterfall": {"waterfall": None},
        "method": {"method": ()},
        "evidence": {"evidence": (), "untold": ""},
    }
    left_out = [fields for name, fields in empty.items() if name not in names]
    return {"ranking": ranking, **{field: value for fields in left_out for field, value in fields.items()}}


def _unnumbered(sheet: Sheet) -> Sheet:
    """The sheet without numbers that would lead to evidence which is not there."""
    return replace(
        sheet,
        headline_number=0,
        lead=_plain(sheet.lead),
        reasons=tuple(replace(passage, paragraphs=_plain(passage.paragraphs)) for passage in sheet.reasons),
        trust=tuple(
            Statement(replace(each.title, number=0) if each.title else None, _plain([each.lines])[0])
            for each in sheet.trust
        ),
        limits=_plain(sheet.limits),
        about=_plain(sheet.about),
        next=_plain(sheet.next),
    )


def _plain(paragraphs: Iterable[Paragraph]) -> tuple[Paragraph, ...]:
    return tuple(tuple(replace(line, number=0) for line in paragraph) for paragraph in paragraphs)
