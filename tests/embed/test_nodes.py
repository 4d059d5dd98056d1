"""A report as docutils nodes: a whole document without HTML, whatever is told."""

from __future__ import annotations

import re

import pytest
from docutils import nodes

from reporter.embed.nodes import nodes_of
from reporter.formats.sections import SECTIONS, sheet_with
from reporter.formats.sheet import sheet_of
from tests.reports import HOSTILE, everything

REPORTS = everything()


def tree(kind: str, level: int = 2, *sections: str) -> nodes.Element:
    return nodes.section("", *nodes_of(sheet_with(REPORTS[kind], sections), level))


def folded(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("kind", REPORTS)
def test_every_sentence_is_there_once(kind: str) -> None:
    plain = tree(kind)
    for raised in list(plain.findall(nodes.superscript)):
        raised.parent.remove(raised)
    text = folded(plain.astext())
    for section in REPORTS[kind].narrative.sections:
        for sentence in section.sentences:
            assert folded(sentence.text).rstrip(".") in text


@pytest.mark.parametrize("kind", REPORTS)
def test_tables_are_whole(kind: str) -> None:
    tables = list(tree(kind).findall(nodes.table))
    assert tables
    for table in tables:
        columns = len(list(table.findall(nodes.colspec)))
        rows = [len(row.children) for row in table.findall(nodes.row)]
        assert set(rows) == {columns}
        assert next(iter(table.findall(nodes.tgroup)))["cols"] == columns
        # A title would be numbered, and pages that show the fragment have no such table.
        assert not list(table.findall(nodes.title))


def test_the_ranking_is_that_of_the_page() -> None:
    ranking = sheet_of(REPORTS["thirty features"]).ranking
    table = next(iter(tree("thirty features").findall(nodes.table)))
    rows = [[cell.astext() for cell in row.children] for row in table.findall(nodes.row)]
    assert rows[0] == ["", ranking.heading, "Value", "Higher than", "Effect", "Score"]
    assert rows[1:-1] == [[str(r.rank), r.name, r.value, r.above, r.side, r.score] for r in ranking.top]
    assert rows[-1] == ["", ranking.rest, "", "", "", ranking.rest_score]


def test_an_unreliable_explanation_gives_its_table_for_inspection_only() -> None:
    text = tree("unreliable").astext()
    assert text.index("For inspection only") < text.index("Measure")
    assert text.index("This explanation gives no reasons.") < text.index("For inspection only")


@pytest.mark.parametrize("level", [2, 5])
def test_headings_are_rubrics_with_a_depth(level: int) -> None:
    depths = [rubric["heading-level"] for rubric in tree("eleven features", level).findall(nodes.rubric)]
    assert depths[0] == level
    assert set(depths[1:]) == {level + 1}
    without = tree("eleven features", level, "trust", "method")
    assert [rubric["heading-level"] for rubric in without.findall(nodes.rubric)] == [level, level]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_alone_is_all_there_is(section: str) -> None:
    found = tree("thirty features", 2, section)
    tables = {"table": 1, "attributions": 1}.get(section, 0)
    assert len(list(found.findall(nodes.table))) == tables
    assert len(list(found.findall(nodes.rubric))) <= 1


def test_numbers_are_those_of_the_evidence() -> None:
    found = tree("eleven features")
    numbers = [int(raised.astext()) for raised in found.findall(nodes.superscript)]
    (listed,) = found.findall(nodes.enumerated_list)
    assert numbers == list(range(1, len(listed.children) + 1))
    assert not list(tree("eleven features", 2, "headline", "why").findall(nodes.superscript))


def test_hostile_texts_are_text() -> None:
    found = tree("hostile")
    assert not list(found.findall(nodes.raw))
    assert not list(found.findall(nodes.reference))
    text = re.sub(r"\s+", "", found.astext())
    for hostile in HOSTILE[:4]:
        assert folded(hostile) in text
