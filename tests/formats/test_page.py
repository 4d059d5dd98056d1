"""The page: sound HTML, in order, in one file, readable in both themes, whatever the names are."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest

from reporter.formats.page import Page
from tests.markup import URL, classed, headings, named, parsed, text_of
from tests.reports import HOSTILE, decision, everything, told

REPORTS = everything()
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "div", "p", "h1", "h2", "span"),
    *(
        "script",
        "strong",
        "b",
        "ol",
        "li",
        "sup",
        "a",
        "bdi",
        "small",
        "i",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ),
}


@cache
def html(kind: str) -> str:
    return Page().render(REPORTS[kind]).decode()


@cache
def page(kind: str) -> Element:
    return parsed(html(kind))


@pytest.mark.parametrize("kind", REPORTS)
def test_it_is_sound_and_in_order(kind: str) -> None:
    root = page(kind)
    assert {element.tag for element in root.iter()} <= TAGS
    levels = [level for level, _ in headings(root)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert all(text for _, text in headings(root))
    assert root.get("lang") == "en"
    assert text_of(named(root, "title")[0])
    (description,) = [meta for meta in named(root, "meta") if meta.get("name") == "description"]
    assert description.get("content")


@pytest.mark.parametrize("kind", REPORTS)
def test_ids_are_unique_and_links_lead_somewhere(kind: str) -> None:
    ids = [element.get("id") for element in page(kind).iter() if element.get("id")]
    links = [element.get("href", "") for element in named(page(kind), "a")]
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert all(link.startswith("#") for link in links)
    assert all(element.get("aria-label") for element in named(page(kind), "a"))


@pytest.mark.parametrize("kind", REPORTS)
def test_it_reaches_for_nothing(kind: str) -> None:
    for element in page(kind).iter():
        assert not {"src", "srcset", "action"} & set(element.attrib)
        assert not [name for name in element.attrib if name.startswith("on")]
        assert not URL.search(element.get("style", ""))
    (style,) = named(page(kind), "style")
    assert not URL.search(style.text or "")
    assert html(kind).count("<script") == 1  # ours: see test_script.py


@pytest.mark.parametrize("kind", REPORTS)
def test_tables_can_be_read_aloud(kind: str) -> None:
    for table in named(page(kind), "table"):
        assert all(th.get("scope") in ("row", "col") for th in named(table, "th"))
        assert all(text_of(th) for th in named(table, "th"))
        rows = {len([cell for cell in row if cell.tag in ("th", "td")]) for row in named(table, "tr")}
        assert len(rows) == 1
    for mark in (*classed(page(kind), "rx-strip"), *classed(page(kind), "rx-bar")):
        assert decorative(page(kind), mark)


def decorative(root: Element, mark: Element) -> bool:
    parents = {child: parent for parent in root.iter() for child in parent}
    while mark is not None:
        if mark.get("aria-hidden") == "true":
            return True
        mark = parents.get(mark)  # type: ignore[assignment]
    return False


def test_hostile_texts_are_shown_and_do_nothing() -> None:
    shown = text_of(named(page("hostile"), "body")[0])
    for text in HOSTILE:
        assert " ".join("".join(c if c.isprintable() else " " for c in text).split()) in " ".join(
            "".join(c if c.isprintable() else " " for c in shown).split()
        )
    assert len(named(page("hostile"), "style")) == 1
    assert "49" not in text_of(named(page("hostile"), "h1")[0])


def test_thirty_features_fit_in_eighty_kilobytes() -> None:
    assert len(html("thirty features").encode()) <= 80_000


def test_the_ranked_table_holds_ten_and_the_sum_of_the_rest() -> None:
    report = REPORTS["thirty features"]
    (table,) = classed(page("thirty features"), "rx-top")
    rows = [[text_of(cell) for cell in row] for row in named(table, "tr")]
    assert [row[0] for row in rows[1:]] == [*map(str, range(1, 11)), ""]
    assert [row[-1] for row in rows[1:-1]] == [feature.score for feature in report.facts.features[:10]]
    assert rows[-1][1] == "The other 20 features"
    assert rows[-1][-1] == report.facts.text("rest.net")
    (everyone,) = classed(page("thirty features"), "rx-all")
    assert len(named(everyone, "tr")) == 31


def test_a_bar_shows_its_side_and_length() -> None:
    features = REPORTS["thirty features"].facts.features[:10]
    (table,) = classed(page("thirty features"), "rx-top")
    bars = classed(table, "rx-bar")
    assert [bar.get("class") for bar in bars] == [f"rx-bar rx-{feature.direction}" for feature in features]
    widths = [float(bar.get("style", "").removeprefix("width:").removesuffix("%")) for bar in bars]
    assert widths[0] == 50
    assert widths == sorted(widths, reverse=True)
    assert widths[1] == pytest.approx(50 * abs(features[1].attribution / features[0].attribution), abs=0.05)


def test_columns_without_content_are_left_out() -> None:
    assert "Higher than" in html("thirty features")
    assert "Higher than" not in html("no reference")
    assert "Baseline" not in html("nothing known")
    assert len(classed(page("nothing known"), "rx-answer")) == 3
    assert not classed(page("nothing known"), "rx-compared")
    assert "no check could be made" in html("nothing known")


def test_an_unreliable_explanation_shows_its_table_last_and_for_inspection_only() -> None:
    titles = [text for _, text in headings(page("unreliable"))]
    assert titles.index("How far to trust it") < titles.index("For inspection only")
    assert "Why" not in titles
    assert classed(page("unreliable"), "rx-unsure")
    assert not classed(page("thirty features"), "rx-unsure")


def test_a_section_nobody_knows_is_told_after_why() -> None:
    titles = [text for _, text in headings(page("unknown section"))]
    assert titles[1:4] == ["Why", "Counter example", "How far to trust it"]


def test_what_does_not_hold_is_marked() -> None:
    failed = {text_of(element) for element in classed(page("contradicted"), "rx-failed")}
    assert any("contradicted" in text and "the fact says otherwise" in text for text in failed)
    assert any("prediction" in text for text in failed)
    assert not classed(page("thirty features"), "rx-failed")


def test_the_study_is_quoted_only_where_the_narrative_did_not() -> None:
    quiet = told(decision(3))
    loud = told(decision(3), {"next": [("A pathologist reads the sample.", ())]})
    assert Page().render(quiet).decode().count("A pathologist reads the sample.") == 1
    assert Page().render(loud).decode().count("A pathologist reads the sample.") == 1


COLOURS = re.compile(r"--rx-(\w+):(#[0-9a-f]{3,6})")


def themes() -> list[dict[str, str]]:
    """The palette of each theme as the style declares it."""
    (style,) = named(page("three features"), "style")
    declared = [dict(COLOURS.findall(block)) for block in re.findall(r"\.rx\{\s*(--rx-ink[^}]*)", style.text or "")]
    return [block for block in declared if len(block) > 3]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_and_bars_stand_out_in_every_theme() -> None:
    assert len(themes()) == 3  # light, dark, print
    for theme in themes():
        for name in ("ink", "soft", "towards", "away"):
            pair = sorted((luminance(theme[name]), luminance(theme["paper"])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, theme)
