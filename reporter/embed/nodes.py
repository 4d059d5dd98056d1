"""A report as a tree of docutils nodes: what Sphinx writes where a page is not HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from docutils import nodes
from docutils.utils import column_width

from reporter.formats.card import Entry
from reporter.formats.evidence import Evidence
from reporter.formats.prose import Paragraph, Run
from reporter.formats.ranking import Ranking
from reporter.formats.sheet import Sheet
from reporter.formats.waterfall import Waterfall

LEAST, MOST = 3, 40  # characters of a column
# What a figure draws as a picture; Sphinx writes the data to a file where a format needs one.
_PICTURE = re.compile(r'<img [^>]*src="(data:image/png;base64,[^"]+)"[^>]* alt="([^"]*)"')


def nodes_of(sheet: Sheet, level: int) -> list[nodes.Node]:
    """The sheet as paragraphs, lists and tables. Headings are rubrics, because it may stand where no section can."""
    words = sheet.wording
    below = level + 1 if sheet.headline else level
    found: list[nodes.Node] = []

    def under(heading: str, *inside: Iterable[nodes.Node]) -> None:
        content = [node for part in inside for node in part]
        if content:
            found.extend([_heading(heading, below), *content])

    if sheet.headline:
        found += [
            _said(words.joined([words["document"]["kind"], sheet.model, sheet.instance])),
            _heading("".join(run.text for run in sheet.headline), level, sheet.headline_number),
        ]
    found += [*_paragraphs(sheet.lead, sheet), *_glance(sheet)]
    drawn = [*_figures(sheet), *_ranked(sheet)]
    for i, passage in enumerate(sheet.reasons):
        under(passage.heading, _paragraphs(passage.paragraphs, sheet), drawn if i == 0 and not sheet.inspection else ())
    if not sheet.reasons and not sheet.inspection:
        found += drawn
    under(words["sections"]["trust"], _trust(sheet), _quoted(sheet))
    if sheet.inspection:
        under(words["sections"]["inspection"], drawn)
    under(words["sections"]["about"], _paragraphs(sheet.about, sheet), _entries(sheet.card))
    under(words["sections"]["next"], _paragraphs(sheet.next, sheet))
    if sheet.waterfall:
        under(words["sections"]["waterfall"], _steps(sheet.waterfall, sheet))
    under(words["sections"]["method"], _entries(sheet.method))
    under(words["sections"]["evidence"], _evidence(sheet))
    under(words["sections"]["attributions"], _all(sheet))
    return found


# Prose


def _heading(text: str, level: int, number: int = 0) -> nodes.Node:
    heading = nodes.rubric("", "", *_runs([Run(text)], number))
    heading["heading-level"] = level  # Sphinx writes a heading of that depth where a format knows depths
    return heading


def _paragraphs(paragraphs: Iterable[Paragraph], sheet: Sheet) -> list[nodes.Node]:
    return [nodes.paragraph("", "", *_sentences(paragraph, sheet)) for paragraph in paragraphs]


def _sentences(lines: Paragraph, sheet: Sheet) -> Iterator[nodes.Node]:
    for i, line in enumerate(lines):
        if i and sheet.spaced:
            yield nodes.Text(" ")
        yield from _runs(line.runs, line.number)


def _runs(runs: Iterable[Run], number: int) -> Iterator[nodes.Node]:
    for run in runs:
        yield nodes.strong("", run.text) if run.strong else nodes.Text(run.text)
    if number:
        yield nodes.superscript("", str(number))


def _glance(sheet: Sheet) -> list[nodes.Node]:
    marks = sheet.wording["document"]
    items = []
    for answer in sheet.glance:
        known = answer.answer or marks["comma"].join(row.name for row in answer.rows)
        details = marks["semicolon"].join(answer.details)
        behind = f"{marks['opening']}{details}{marks['closing']}" if details else ""
        lead = nodes.Text(f"{answer.question}{marks['colon']}")
        items.append(_item([nodes.paragraph("", "", lead, nodes.strong("", known), nodes.Text(behind))]))
    return [nodes.bullet_list("", *items)] if items else []


def _trust(sheet: Sheet) -> list[nodes.Node]:
    items = []
    for statement in sheet.trust:
        inside = list(_sentences(statement.lines, sheet))
        if statement.title:
            title = nodes.strong("", "", *_runs([Run(statement.title.text)], statement.title.number))
            inside = [title, *([nodes.Text(" ")] if sheet.spaced else []), *inside]
        items.append(_item([nodes.paragraph("", "", *inside)]))
    return [nodes.bullet_list("", *items)] if items else []


def _quoted(sheet: Sheet) -> list[nodes.Node]:
    return [nodes.block_quote("", *_paragraphs(sheet.limits, sheet))] if sheet.limits else []


def _figures(sheet: Sheet) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for figure in sheet.figures:
        pictures = [
            nodes.image("", uri=uri, alt=unescape(alt), width="32%") for uri, alt in _PICTURE.findall(figure.html)
        ]
        shown = [nodes.paragraph("", "", *pictures)] if pictures else []
        found += [_caption(figure.caption), *shown, nodes.block_quote("", _said(figure.text))]
    return found


def _entries(entries: Sequence[Entry]) -> list[nodes.Node]:
    items = []
    for entry in entries:
        lines = [
            nodes.paragraph("", "", nodes.literal("", line) if entry.literal else nodes.Text(line))
            for line in entry.lines
        ]
        body = nodes.definition("", *lines)
        items.append(nodes.definition_list_item("", nodes.term("", entry.label), body))
    return [nodes.definition_list("", *items)] if items else []


def _evidence(sheet: Sheet) -> list[nodes.Node]:
    if not sheet.evidence:
        return []
    said = [sheet.wording["evidence"]["caption"], sheet.untold]
    items = [_item([nodes.paragraph("", "", *_proof(entry, sheet))]) for entry in sheet.evidence]
    listed = nodes.enumerated_list("", *items, enumtype="arabic", prefix="", suffix=".", start=sheet.evidence[0].number)
    return [_said(" ".join(text for text in said if text)), listed]


def _proof(entry: Evidence, sheet: Sheet) -> Iterator[nodes.Node]:
    marks = sheet.wording["document"]
    yield nodes.Text(f"{entry.quote} – {entry.verdict}")
    for ground in entry.grounds:
        yield nodes.Text(marks["semicolon"])
        yield nodes.literal("", ground.id)
        yield nodes.Text(f" {marks['comma'].join(ground.told)}")
    for reason in entry.reasons:
        yield nodes.Text(f"{marks['semicolon']}{reason}")


# Tables


def _ranked(sheet: Sheet) -> list[nodes.Node]:
    ranking, words = sheet.ranking, sheet.wording["ranking"]
    if not ranking.top:
        return []
    names = [_named(row.name, row.notes, sheet) for row in ranking.top]
    sides = [row.side for row in ranking.top] if ranking.directed else []
    columns = [
        ("", [str(row.rank) for row in ranking.top], ""),
        (ranking.heading, names, ranking.rest),
        (words["value"], [row.value for row in ranking.top], ""),
        (ranking.extent, [row.extent for row in ranking.top], ""),
        (words["above"], [row.above for row in ranking.top], ""),
        (words["effect"], sides, ""),
        (words["score"], [row.score for row in ranking.top], ranking.rest_score)
        if ranking.directed
        else (sheet.wording["attributions"]["share"], [row.share for row in ranking.top], ""),
    ]
    return [_caption(ranking.caption), _table(columns), _legend(ranking, sheet)]


def _legend(ranking: Ranking, sheet: Sheet) -> nodes.Node:
    """The sides with their weights; without bars what they mean stands in the table."""
    told = ranking.legend
    said = [told.towards, told.away, told.scale] if ranking.directed else [told.strength]
    return _said(sheet.wording["document"]["semicolon"].join(part for part in said if part))


def _steps(way: Waterfall, sheet: Sheet) -> list[nodes.Node]:
    columns = [
        (sheet.wording["waterfall"]["step"], [step.label for step in way.steps], ""),
        (way.change, [step.change for step in way.steps], ""),
        (way.score, [step.reached for step in way.steps], ""),
    ]
    return [_caption(way.caption), _table(columns)]


def _all(sheet: Sheet) -> list[nodes.Node]:
    ranking, words, rows = sheet.ranking, sheet.wording["attributions"], sheet.ranking.all
    if not rows:
        return []
    columns = [
        ("", [str(row.rank) for row in rows], ""),
        (ranking.heading, [row.name for row in rows], ""),
        (sheet.wording["ranking"]["value"], [row.value for row in rows], ""),
        (words["baseline"], [row.baseline for row in rows], ""),
        (words["share"], [row.share for row in rows], ""),
        (sheet.wording["ranking"]["score"], [row.score for row in rows], ""),
    ]
    return [_caption(ranking.caption_all), _table(columns), *([_said(ranking.more)] if ranking.more else [])]


def _named(name: str, notes: Sequence[str], sheet: Sheet) -> str:
    marks = sheet.wording["document"]
    return name + "".join(f"{marks['opening']}{note}{marks['closing']}" for note in notes)


def _caption(text: str) -> nodes.Node:
    """A paragraph: a table with a title would be numbered, and pages that show the fragment have no such table."""
    return nodes.paragraph("", "", nodes.emphasis("", text))


def _table(columns: Iterable[tuple[str, Sequence[str], str]]) -> nodes.Node:
    """A table of columns: heading, cells, and what stands in a last row of its own. A column of nothing is left out."""
    shown = [(heading, [*cells, last]) for heading, cells, last in columns if any(cells)]
    lines = [line for line in zip(*(cells for _, cells in shown), strict=True) if any(line)]
    widths = [max(column_width(text) for text in (heading, *cells)) for heading, cells in shown]
    specs = [nodes.colspec("", colwidth=min(MOST, max(LEAST, width))) for width in widths]
    group = nodes.tgroup("", *specs, cols=len(specs))
    group += nodes.thead("", _row([heading for heading, _ in shown]))
    group += nodes.tbody("", *(_row(line) for line in lines))
    return nodes.table("", group, classes=["colwidths-given"])


def _row(cells: Iterable[str]) -> nodes.Node:
    return nodes.row("", *(nodes.entry("", *([_said(cell)] if cell else [])) for cell in cells))


def _item(inside: Sequence[nodes.Node]) -> nodes.Node:
    return nodes.list_item("", *inside)


def _said(text: str) -> nodes.Node:
    return nodes.paragraph("", "", nodes.Text(text))
