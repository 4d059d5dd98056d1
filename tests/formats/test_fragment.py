"""The fragment: the same report as one element that keeps to itself."""

from __future__ import annotations

import re

import pytest
import tinycss2

from reporter.errors import UsageError
from reporter.formats.fragment import Fragment
from reporter.formats.page import Page
from tests.markup import headings, named, parsed, text_of
from tests.reports import decision, everything, told

REPORTS = everything()


@pytest.mark.parametrize("kind", REPORTS)
def test_it_is_one_section_with_the_text_of_the_page(kind: str) -> None:
    html = Fragment().render(REPORTS[kind]).decode()
    assert html.startswith('<section class="rx" id="rx-')
    assert html.rstrip().endswith("</section>")
    body = named(parsed(html), "body")[0]
    assert [child.tag for child in body] == ["section"]
    assert body[0].get("lang") == "en"
    (style,) = named(body, "style")
    style.text = ""
    assert text_of(body) == text_of(named(parsed(Page().render(REPORTS[kind]).decode()), "main")[0])


@pytest.mark.parametrize("level", [1, 2, 5])
def test_headings_begin_at_the_level_asked_for(level: int) -> None:
    html = Fragment(level=level).render(REPORTS["thirty features"]).decode()
    levels = [found for found, _ in headings(parsed(html))]
    assert levels[0] == level
    assert set(levels[1:]) == {level + 1}


@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_without_room_is_refused(level: int) -> None:
    with pytest.raises(UsageError, match="1 to 5"):
        Fragment(level=level)


def test_several_fit_on_one_page() -> None:
    fragments = [Fragment().render(report).decode() for report in REPORTS.values()]
    root = parsed("".join(fragments))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    links = {element.get("href", "").removeprefix("#") for element in named(root, "a")}
    assert links <= set(ids)


def test_the_same_decision_in_other_words_has_other_ids() -> None:
    one, other = told(decision(3)), told(decision(3), {"limits": [("Told otherwise.", ())]})
    assert Fragment().render(one)[:40] != Fragment().render(other)[:40]


def test_its_style_names_nothing_but_itself() -> None:
    (style,) = named(parsed(Fragment().render(REPORTS["thirty features"]).decode()), "style")
    rules = tinycss2.parse_stylesheet(style.text or "", skip_comments=True, skip_whitespace=True)
    assert rules
    for selector in selectors(rules):
        own = selector.removeprefix('[data-jp-theme-light="false"] ').removeprefix(".vscode-dark ")  # dark notebooks
        assert re.match(r"\.rx:not\(#rx#rx\)($| |::)", own), selector
    assert not [rule for rule in rules if rule.type == "error"]


def selectors(rules: list[object]) -> list[str]:
    """Every selector, in at-rules too; a rule about the whole page would appear with its own name."""
    found: list[str] = []
    for rule in rules:
        if rule.type == "at-rule":  # type: ignore[attr-defined]
            assert rule.at_keyword in ("media", "container", "supports")  # type: ignore[attr-defined]
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)  # type: ignore[attr-defined]
            found += selectors(inner)
        else:
            found += [each.strip() for each in tinycss2.serialize(rule.prelude).split(",")]  # type: ignore[attr-defined]
    return found
