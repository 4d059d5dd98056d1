"""A report cut to some of its sections: nothing else is shown, and nothing leads to what is not there."""

from __future__ import annotations

import pytest

from reporter.errors import UnknownName
from reporter.formats.fragment import Fragment
from reporter.formats.sections import SECTIONS, sections_from, sheet_with
from reporter.formats.sheet import sheet_of
from tests.markup import classed, headings, named, parsed, text_of
from tests.reports import everything

REPORTS = everything()
THIRTY = REPORTS["thirty features"]
# What shows that a section is there, by its class.
MARKS = {
    "headline": "rx-h1",
    "lead": "rx-lead",
    "glance": "rx-glance",
    "table": "rx-top",
    "trust": "rx-statement",
    "limits": "rx-note",
    "waterfall": "rx-steps",
    "evidence": "rx-proofs",
    "attributions": "rx-all",
}
HEADED = ("headline", "why", "trust", "limits", "about", "next", "method", "attributions")


def shown(kind: str, *sections: str) -> str:
    return Fragment(sections=sections).render(REPORTS[kind]).decode()


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("kind", ["thirty features", "a value", "hostile"])
def test_one_section_alone_is_all_there_is(kind: str, section: str) -> None:
    whole, root = parsed(shown(kind)), parsed(shown(kind, section))
    there = {name for name, mark in MARKS.items() if classed(root, mark)}
    # Evidence is that of the sentences shown.
    assert there == {name for name in MARKS if name == section != "evidence" and classed(whole, MARKS[name])}
    levels = [level for level, _ in headings(root)]
    assert set(levels) <= {2}
    assert bool(levels) == (
        section in ("headline", "why", "trust", "limits", "about", "next", "method", "attributions")
    )


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("kind", ["eleven features", "a value", "unreliable", "headline only", "no headline"])
def test_without_one_section_all_others_stay(kind: str, section: str) -> None:
    whole, cut = parsed(shown(kind)), parsed(shown(kind, *(name for name in SECTIONS if name != section)))
    kept = section in ("headline", "lead") and kind == "unreliable"
    for name, mark in MARKS.items():
        gone = (name == section and not kept) or (name == "evidence" and not classed(cut, "rx-n"))
        assert bool(classed(cut, mark)) == (bool(classed(whole, mark)) and not gone), name


@pytest.mark.parametrize("kind", REPORTS)
def test_all_sections_are_the_report(kind: str) -> None:
    whole, named_all = parsed(shown(kind)), parsed(shown(kind, *reversed(SECTIONS)))
    assert text_of(named(whole, "body")[0]) == text_of(named(named_all, "body")[0])
    assert sheet_with(REPORTS[kind]) == sheet_of(REPORTS[kind])


@pytest.mark.parametrize("sections", [(), ("headline", "why"), ("why", "evidence"), ("headline", "lead", "trust")])
def test_every_link_leads_to_something_in_the_fragment(sections: tuple[str, ...]) -> None:
    root = parsed(shown("thirty features", *sections))
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    links = {link.get("href", "").removeprefix("#") for link in named(root, "a")}
    assert links <= ids
    assert bool(links) == (not sections or "evidence" in sections)


def test_numbers_count_the_sentences_that_are_shown() -> None:
    root = parsed(shown("thirty features", "trust", "evidence"))
    assert [text_of(mark) for mark in classed(root, "rx-n")] == ["1"]
    assert [text_of(row)[0] for row in named(root, "tr")[1:]] == ["1"]


def test_an_unreliable_explanation_says_so_whatever_is_asked_for() -> None:
    text = text_of(parsed(shown("unreliable", "table")))
    assert "Chiefly" not in text
    assert "This explanation gives no reasons." in text
    assert "For inspection only" in text


def test_ids_tell_apart_what_is_asked_for_and_where_it_stands() -> None:
    asked = [((), ""), (("table",), ""), (("table", "why"), ""), ((), "2"), (("table",), "2")]
    fragments = [Fragment(sections=names, place=place).render(THIRTY).decode() for names, place in asked]
    ids = [e.get("id") for e in parsed("".join(fragments)).iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_names_are_read_from_a_line_and_put_in_order() -> None:
    assert sections_from("table, headline why,table") == ("headline", "why", "table")
    assert sections_from("") == ()


def test_a_section_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'headline'"):
        sections_from("heading")
    with pytest.raises(UnknownName, match="no section of a report called 'summary'"):
        Fragment(sections=("summary",))
