"""Shaded texts: every word on its side and as strong as it is, readable without colour, safe, and small."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reporter.explanation import Explanation, Piece, Shading, bars, ranked
from reporter.facts import facts_of
from reporter.feature import Feature
from reporter.formats.figure import Figure, figures_of
from reporter.formats.shading import drawn
from reporter.formats.wording import Wording
from tests.explanations import TRUSTED, UNTRUSTED, explained
from tests.markup import parsed

TEXT = "The printer in room 204 is not working,\nplease reset my password."
SIZES = {"printer": 1.0, "not working": 0.6, "password": -0.45, "reset": -0.2, "my": 0.01}


def texted(text: str = TEXT, sizes: dict[str, float] = SIZES, *, trusted: bool = True) -> Explanation:
    """An explanation of a text whose words have these attributions, all others none."""
    base = explained([1.0, -1.0], scores=TRUSTED if trusted else UNTRUSTED)
    pattern = "|".join([*(re.escape(word) for word in sizes), r"\w+"])
    places = [found.span() for found in re.finditer(pattern, text)]
    features = [
        Feature(f"w{i}", sizes.get(text[a:b], 0.0), 0, 0, 0, value=text[a:b], kind="word", span=(float(a), float(b)))
        for i, (a, b) in enumerate(places, 1)
    ]
    ordered = ranked(features)
    pieces = tuple(Piece(f"w{i}", a, b) for i, (a, b) in enumerate(places, 1))
    heat = Shading(text, pieces, abs(ordered[0].attribution))
    return replace(base, modality="text", features=ordered, heatmaps=(bars(ordered), heat))


def figure(explanation: Explanation) -> Figure:
    facts = facts_of(explanation)
    (found,) = figures_of(facts, Wording(facts))
    return found


def marks(html: str) -> list[tuple[str, str]]:
    """Every marked word of the text with its class."""
    inside = html[html.index('class="rx-text"') : html.index('class="rx-legend"')]
    return re.findall(r'<mark class="(rx-\w+)">(.*?)</mark>', inside, re.DOTALL)


def shown(html: str) -> str:
    """The text as it is read."""
    inside = html[html.index('<p class="rx-text"') : html.index('<p class="rx-legend"')]
    return re.sub(r"<[^>]*>", "", re.sub(r"<sup>.*?</sup>", "", inside)).strip("\n")


def test_words_are_shaded_by_side_and_strength_and_the_strongest_numbered() -> None:
    assert marks(figure(texted()).html) == [
        ("rx-t4", "printer<sup>1</sup>"),
        ("rx-t3", "not working<sup>2</sup>"),
        ("rx-a1", "reset<sup>4</sup>"),
        ("rx-a2", "password<sup>3</sup>"),
    ]


def test_the_text_is_whole_with_its_line_breaks() -> None:
    assert shown(figure(texted()).html) == TEXT
    assert shown(figure(texted("one\r\ntwo\rthree printer")).html) == "one\ntwo\nthree printer"


def test_without_a_picture_the_strongest_words_are_marked_in_signs() -> None:
    told = figure(texted()).text
    assert "The «printer»¹ in room 204 is «not working»²" in told
    assert "[−reset]⁴ my [−password]³" in told
    assert "«towards malignant» and [−away from malignant]" in told


def test_the_alternative_text_names_the_strongest_words_of_both_sides() -> None:
    assert figure(texted()).alt == (
        "A text of eleven words, shaded. "
        "Shaded towards malignant: “printer” (44% of all influence) and “not working” (27% of all influence). "
        "Shaded away from malignant: “password” (20% of all influence) and “reset” (9% of all influence)."
    )


def test_a_side_without_words_is_said_to_have_none() -> None:
    told = figure(texted(sizes={"printer": 1.0}))
    assert told.alt.endswith("No word is shaded away from malignant.")
    assert [kind for kind, _ in marks(told.html)] == ["rx-t4"]


def test_more_words_than_are_named_are_counted() -> None:
    sizes = {word: 1.0 - i / 100 for i, word in enumerate(["printer", "room", "please", "reset", "password"])}
    assert "and two weaker ones." in figure(texted(sizes=sizes)).alt


def test_nothing_attributed_shades_nothing() -> None:
    told = figure(texted(sizes={}))
    assert marks(told.html) == []
    assert shown(told.html) == TEXT


def test_an_unreliable_explanation_gives_no_reasons() -> None:
    told = figure(texted(trusted=False))
    assert "give no reasons" in told.caption
    assert "unreliable" in told.alt
    assert "influence" not in told.alt


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script> printer", "a & b < printer", '" onload="x printer', "</p><p> printer", "{{ printer }}"],
)
def test_texts_of_strangers_are_only_text(text: str) -> None:
    report = texted(text, {"printer": 1.0}).report()
    for html in (report.to_html(), report.to_html(fragment=True)):
        assert "<script>alert" not in html
        assert "</p><p> " not in html
        parsed(html)
    told = figure(texted(text, {"printer": 1.0}))
    assert (
        shown(told.html).replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&amp;", "&") == text
    )


def test_what_no_page_may_hold_is_shown_as_a_sign() -> None:
    told = figure(texted("a\x00b\x1b[31m printer\x07 \u200d", {"printer": 1.0}))
    assert shown(told.html) == "a\ufffdb\ufffd[31m printer\ufffd \u200d"


def test_a_legend_says_what_the_lines_mean() -> None:
    html = figure(texted()).html
    legend = html[html.index('class="rx-legend"') :]
    assert '<mark class="rx-t3">underlined</mark> towards malignant' in legend
    assert '<mark class="rx-a3">dashed</mark> away from malignant' in legend


@pytest.mark.parametrize("medium", ["page", "fragment", "paper"])
def test_every_class_has_a_style(medium: str) -> None:
    report = texted().report()
    html = report.to_html() if medium == "page" else report.to_html(fragment=True)
    if medium == "paper":
        from reporter.formats.page import html_of

        html = html_of(report, "paper")
    for side in "ta":
        for step in range(1, 5):
            words = r"\.rx(?::not\(#rx#rx\))? \.rx-words"
            assert re.search(rf"{words} \.rx-{side}{step}\s*{{[^}}]*border-bottom:\dpx (solid|dashed)", html)


def test_a_page_with_a_long_text_stays_small() -> None:
    text = " ".join(f"word{i} printer" for i in range(80))
    sizes: dict[str, Any] = {f"word{i}": (-1) ** i * (i + 1) / 80 for i in range(80)}
    assert len(texted(text, sizes).report().to_html().encode()) <= 80_000


def test_paper_takes_it() -> None:
    assert texted().report().to_pdf().startswith(b"%PDF")


def test_the_drawer_is_the_one_of_its_kind() -> None:
    explanation = texted()
    facts = facts_of(explanation)
    heat = explanation.heatmap("words")
    assert isinstance(heat, Shading)
    assert drawn(heat, facts, Wording(facts)) == figure(explanation)
