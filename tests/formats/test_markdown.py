"""Markdown: what GitHub shows is what was told, and nothing in it acts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reporter.errors import UsageError
from reporter.formats.markdown import MOST, Markdown, bar, code, escaped
from reporter.formats.ranking import Row
from reporter.formats.sections import SECTIONS
from tests.markup import headings, named, parsed, text_of
from tests.reports import HOSTILE, decision, everything, told

REPORTS = everything()
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
UNSEEN = re.compile("\u200b")
ACTIVE = re.compile(
    r"(?i)\w+://|www\.|(?<=[\w.+-])@\w|(?<![\w.+-])@\w|#\d|\bGH-\d"
)  # what GitHub would turn into a link
HEADED = ("headline", "why", "trust", "limits", "about", "next", "method")
WRITING = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"), exclude_characters="\u200b"), max_size=60
)
MARKS = st.text("ab1 \\`*_{}[]()<>#+-.!|~$&;:/@=\n", max_size=40)


def shown(text: str) -> str:
    return UNSEEN.sub("", text_of(named(parsed(READER.render(text)), "body")[0]))


@given(st.one_of(WRITING, MARKS))
def test_escaped_text_is_shown_as_it_stands(text: str) -> None:
    assert shown(escaped(text)) == " ".join(text.split())


@given(MARKS)
def test_escaped_text_makes_one_plain_paragraph(text: str) -> None:
    tokens = READER.parse(escaped(text))
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "html_inline"}
    assert not ACTIVE.search(escaped(text).replace("\\", ""))


@given(MARKS)
def test_a_code_span_holds_its_text(text: str) -> None:
    if not text.strip():
        return
    (inline,) = [token for token in READER.parse(code(text)) if token.type == "inline"]
    (span,) = inline.children or []
    assert span.type == "code_inline"
    assert span.content.replace("\\|", "|").strip() == " ".join(text.split())


@pytest.mark.parametrize("kind", REPORTS)
def test_it_is_headings_tables_and_lists(kind: str) -> None:
    text = Markdown().render(REPORTS[kind]).decode()
    tokens = READER.parse(text)
    links = {child.type for token in tokens for child in token.children or []} & {"link_open", "image", "s_open"}
    assert not links
    blocks = [token.content.split("\n") for token in tokens if token.type == "html_block"]
    assert {line for block in blocks for line in block if not line.startswith("<summary>")} == {
        "<details>",
        "</details>",
        "",
    }
    inline = {c.content for token in tokens for c in token.children or [] if c.type == "html_inline"}
    assert inline <= {"<!-- -->"}
    levels = [level for level, _ in headings(parsed(READER.render(text)))]
    assert levels[0] == 2
    assert set(levels[1:]) == {3}
    rows = [len(named(row, "th", "td")) for row in named(parsed(READER.render(text)), "tr")]
    assert len(set(rows)) == 1
    assert len(rows) == 1 + min(10, len(REPORTS[kind].facts.features)) + ("rest.net" in REPORTS[kind].facts)
    assert text.endswith("\n")
    assert "\n\n\n" not in text


def test_hostile_texts_are_shown_and_do_nothing() -> None:
    text = Markdown().render(REPORTS["hostile"]).decode()
    visible = shown(text)
    for hostile in HOSTILE:
        clean = " ".join("".join(c if c.isprintable() else " " for c in hostile).split())
        assert clean in " ".join("".join(c if c.isprintable() else " " for c in visible).split()), clean
    prose = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", text)
    assert not ACTIVE.search(prose.replace("\\", ""))


def test_the_table_ranks_with_bars_and_signs() -> None:
    text = Markdown().render(REPORTS["thirty features"]).decode()
    rows = [line.split("|") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    features = REPORTS["thirty features"].facts.features[:10]
    assert [row[-2].strip() for row in rows] == [feature.score for feature in features]
    assert [row[-3].strip()[0] for row in rows] == ["█" if f.direction == "towards" else "▒" for f in features]
    assert rows[0][-3].strip() == "█" * 10


def test_numbers_lead_to_the_evidence() -> None:
    text = Markdown().render(REPORTS["thirty features"]).decode()
    assert "## Read as malignant¹\n" in text
    evidence = text[text.index("<summary>Evidence</summary>") :]
    assert re.search(r"^1\. Read as malignant\. – supported; `prediction` malignant$", evidence, re.MULTILINE)


def test_unfolded_it_has_headings_in_place_of_parts_to_open() -> None:
    report = REPORTS["thirty features"]
    folded, plain = (Markdown(folded=folded).render(report).decode() for folded in (True, False))
    assert "<" not in plain.replace("<!-- -->", "")
    assert "### Evidence\n" in plain
    summaries = [text_of(element) for element in named(parsed(READER.render(folded)), "summary")]
    assert summaries == ["How it was computed", "Evidence"]
    assert folded.split() != plain.split()
    titles = {"###", "<details>", "</details>"}
    words = [re.sub("</?summary>", "", word) for word in folded.split() if word not in titles]
    assert words == [word for word in plain.split() if word not in titles]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_alone_is_all_there_is(section: str) -> None:
    text = Markdown(sections=(section,), folded=False).render(REPORTS["thirty features"]).decode()
    whole = Markdown(folded=False).render(REPORTS["thirty features"]).decode()
    assert len(text) < len(whole) / 2
    assert ("Read as malignant" in text) == (section == "headline")
    assert ("| Measure" in text) == (section == "table")
    assert len(headings(parsed(READER.render(text)))) == (section in HEADED)


def test_what_a_comment_cannot_hold_is_left_out_and_said() -> None:
    long = told(decision(3), {"about": [("word " * 15_000, ())]})
    assert len(Markdown(folded=False).render(long).decode()) > MOST
    shown = Markdown().render(long).decode()
    assert len(shown) <= MOST
    assert "Shortened to fit" in shown
    assert "Evidence" not in shown
    assert "causes" in shown
    assert "Shortened" not in Markdown().render(REPORTS["thirty features"]).decode()


def test_no_effect_has_no_bar() -> None:
    row = Row("a", 1, "A", "", "1", "", "", "", "", "0%", "", "0.00", "no effect", "none", (), None, 0.0)
    assert bar(row) == ""


@pytest.mark.parametrize("level", [0, 6])
def test_a_level_without_room_is_refused(level: int) -> None:
    with pytest.raises(UsageError, match="1 to 5"):
        Markdown(level=level)
