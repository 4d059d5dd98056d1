"""The fragment in pages of other people: it looks as it does on an empty page, and they look as they do without it.

Promised against a host's ordinary rules, however they name elements and with up to two ids in a selector; not against
`!important` and not against rules that name our own classes. Taken from the host on purpose: the width, the size of the
text, and whether it is dark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reporter.report import Report
from tests.browser import Browser, View
from tests.looking import cut, pale, too_wide
from tests.parts import KINDS, a_part
from tests.reports import decision, told

_, *PARTS = re.split(r"/\* = (.+) = \*/", (Path(__file__).parent / "hosts.css").read_text(encoding="utf-8"))
HOSTS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
WHITE = {"background-color": "rgb(255, 255, 255)"}
ALIKE = 0.0005  # the share of pixels that may differ
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A host</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>{css}</style>
<body id="page"><main>{before}
<div id="place" class="content" style="all:initial;direction:inherit;{place}">{fragment}</div>
{after}</main></body></html>"""
# Everything that a host could change of what is seen.
SEEN = """
    align-items align-self appearance background-color background-image background-size border-bottom-color
    border-bottom-style border-bottom-width border-collapse border-left-style border-left-width border-radius
    border-right-width border-spacing border-top-color border-top-style border-top-width bottom box-shadow
    box-sizing break-inside caption-side clear clip-path color column-gap content counter-increment cursor
    direction display fill fill-opacity filter flex-basis flex-grow float font-family font-feature-settings
    font-kerning font-size font-size-adjust font-style font-variant-caps font-variant-numeric font-weight
    grid-template-areas grid-template-columns height hyphens image-rendering left letter-spacing line-break
    line-height list-style-position list-style-type margin-bottom margin-left margin-right margin-top mask-image
    max-height max-width min-height min-width mix-blend-mode object-fit opacity order outline-style
    overflow-wrap overflow-x overflow-y padding-bottom padding-left padding-right padding-top pointer-events
    position right rotate scale stroke stroke-dasharray stroke-opacity stroke-width table-layout text-align
    text-anchor text-decoration-line text-decoration-style text-indent text-overflow text-shadow text-transform
    text-wrap-mode top transform translate unicode-bidi user-select vector-effect vertical-align visibility
    white-space-collapse width word-break word-spacing writing-mode z-index
""".split()  # noqa: SIM905 - a list would be two pages long
# The same inside a drawing, where most of that has no meaning.
DRAWN = """
    display fill fill-opacity filter font-family font-size font-style font-weight letter-spacing opacity stroke
    stroke-dasharray stroke-opacity stroke-width text-anchor text-shadow transform visibility
""".split()  # noqa: SIM905 - a list would be two pages long
READ = """([names, drawn]) => [...document.querySelectorAll(".rx, .rx :not(style, title)")].flatMap(element =>
    ["", "::before", "::after", "::first-letter", "::marker"].map(part => {
        const style = getComputedStyle(element, part || null)
        if (["::before", "::after"].includes(part) && style.content === "none") return [element.tagName + part]
        if (part === "::first-letter")
            return [element.tagName + part, style.fontSize, style.float, style.color, style.fontWeight]
        if (part === "::marker") return [element.tagName + part, style.content]
        return [element.tagName + "." + (element.className.baseVal ?? element.className) + part,
            ...(element.parentElement.closest("svg") ? drawn : names).map(name => style.getPropertyValue(name))]
    }))"""


@cache
def reports() -> Mapping[str, Report]:
    """One report of every kind of figure."""
    found = {"a table": told(decision(12))}
    for place, kind in enumerate(KINDS):
        found[kind] = told(a_part(place, kind))
    return found


def host(css: str, *fragments: str, width: int = 760, before: str = "", after: str = "") -> str:
    place = f"display:block;width:{width}px;font-size:16px;color-scheme:inherit"
    return PAGE.format(css=css, fragment="".join(fragments), place=place, before=before, after=after)


def looks(view: View) -> list[list[str]]:
    found: list[list[str]] = view.evaluate(READ, [SEEN, DRAWN])
    return found


def differences(found: list[list[str]], expected: list[list[str]]) -> list[str]:
    """Which property of which element is another, in words."""
    told = []
    for one, other in zip(found, expected, strict=True):
        known = {len(SEEN): SEEN, len(DRAWN): DRAWN}.get(len(one) - 1)
        names = ["what", *(known or map(str, range(len(one) - 1)))]
        if len(one) != len(other):
            told.append(f"{one[0]}: {one[1:]} for {other[1:]}")
        else:
            told += [f"{one[0]} {n}: {a} for {b}" for n, a, b in zip(names, one, other, strict=True) if a != b]
    return told


def unlike(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ visibly; all of them where the sizes do."""
    if one.size != other.size:
        return 1.0
    return float((np.abs(np.asarray(one, int) - np.asarray(other, int)).max(axis=2) > 8).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "width"), [("a table", 760), ("a table", 340), *((kind, 760) for kind in KINDS)], ids=str
)
def test_no_host_changes_it(kind: str, width: int, browser: Browser) -> None:
    fragment = reports()[kind].to_html(fragment=True)
    with browser.view(900).show(host("", fragment, width=width)) as view:
        expected, picture = looks(view), view.picture(".rx")
    assert len(expected) > 500
    changed = {}
    for name, css in HOSTS.items():
        with browser.view(900).show(host(css, fragment, width=width)) as view:
            changed[name] = differences(looks(view), expected)
            if unlike(view.picture(".rx"), picture) >= ALIKE:
                changed[name].append("what is seen")
    assert {name: found for name, found in changed.items() if found} == {}


def test_a_host_that_names_our_classes_is_seen_to_change_it(browser: Browser) -> None:
    fragment = reports()["a table"].to_html(fragment=True)
    with browser.view().show(host("", fragment)) as view:
        expected, picture = looks(view), view.picture(".rx")
    with browser.view().show(host(".rx .rx-h1 {color: red !important}", fragment)) as view:
        assert [line for line in differences(looks(view), expected) if line.startswith("H2.rx-h1 color")]
        assert ALIKE < unlike(view.picture(".rx"), picture) < 1


def test_it_is_dark_where_the_host_says_so(browser: Browser) -> None:
    fragment = reports()["a table"].to_html(fragment=True)
    said = ":root {color-scheme: dark} body {background: #111; color: #eee} a {color: #8cf}"
    with browser.view(color_scheme="light").show(host(said, fragment)) as view:
        ground = view.styles(".rx", ["background-color"])[0]["background-color"]
        assert ground == "rgb(20, 24, 28)"
        assert pale(view) == []
        assert view.wish(media="print").styles(".rx", ["background-color"]) == [
            {"background-color": "rgb(255, 255, 255)"}
        ]
    with browser.view(color_scheme="dark").show(host("", fragment)) as view:
        assert view.styles(".rx", ["background-color"]) == [WHITE]


# What the host keeps

THEIRS = """<h1>One</h1><h2 id="two">Two</h2><p>Text with <a href="#two">a link</a>, <code>code</code>,
<strong>weight</strong>, <mark>a mark</mark>, <small>small print</small> and a note<sup>1</sup>.</p>
<ul><li>one<li>two</ul><ol><li>three</ol>
<table><caption>Theirs</caption><thead><tr><th>A<th>B</thead><tbody><tr><td>1<td>2<tr><td>3<td>4</tbody></table>
<details open><summary>More</summary><p>Text</p></details><figure><svg width="20" height="20"><path d="M0 0h9v9z"/>
<text y="9">t</text></svg><figcaption>A figure</figcaption></figure>
<form><label>L <input></label><button>B</button></form>
<section class="theirs"><header>H</header><div class="bar">b</div><i>i</i></section>"""
ALL = """() => [...document.querySelectorAll("html, body, main > :not(#place), main > :not(#place) *")].map(element => {
    const style = getComputedStyle(element)
    return [element.tagName, ...[...style].filter(n => !["width", "height", "block-size", "inline-size",
        "perspective-origin", "transform-origin"].includes(n)).map(name => name + ":" + style.getPropertyValue(name))]
})"""


@pytest.mark.parametrize(
    "css", ["", HOSTS["a framework"], ":root {color-scheme: dark}"], ids=["bare", "framework", "dark"]
)
def test_the_host_looks_as_it_does_without_it(css: str, browser: Browser) -> None:
    fragments = [report.to_html(fragment=True) for report in reports().values()]
    with browser.view().show(host(css, before=THEIRS, after=THEIRS.replace("two", "too"))) as view:
        expected, picture = view.evaluate(ALL), view.picture("main > table")
    with browser.view().show(host(css, *fragments, before=THEIRS, after=THEIRS.replace("two", "too"))) as view:
        assert view.evaluate(ALL) == expected
        assert unlike(view.picture("main > table"), picture) == 0
    assert len(expected) > 60
    assert len(expected[0]) > 200


def test_several_have_links_and_ids_of_their_own(browser: Browser) -> None:
    fragments = [report.to_html(fragment=True) for report in reports().values()]
    wrong = """() => [...document.querySelectorAll(".rx a")].filter(link => {
        const target = document.getElementById(link.hash.slice(1))
        return !target || target.closest(".rx") !== link.closest(".rx")
    }).length"""
    doubled = """() => { const ids = [...document.querySelectorAll("[id]")].map(e => e.id)
        return ids.length - new Set(ids).size }"""
    with browser.view().show(host("", *fragments)) as view:
        assert view.evaluate("document.querySelectorAll('.rx').length") == len(fragments)
        assert view.evaluate("document.querySelectorAll('.rx a').length") > 4 * len(fragments)
        assert view.evaluate(wrong) == 0
        assert view.evaluate(doubled) == 0
        last = view.evaluate(
            "(links => { links.at(-1).focus(); return links.at(-1).hash })([...document.querySelectorAll('.rx a')])"
        )
        view.press("Enter")
        assert view.evaluate("'#' + document.querySelector(':target').id") == last


@pytest.mark.parametrize("kind", ["a table", *KINDS])
def test_it_prints_whole(kind: str, browser: Browser) -> None:
    page = host("@media print {nav {display: none}}", reports()[kind].to_html(fragment=True), width=640)
    with browser.view(680, color_scheme="dark").show(page) as view:
        view.wish(media="print")
        assert too_wide(view) <= 0
        assert cut(view) == []
        assert pale(view) == []
        assert view.printed(format="A4").startswith(b"%PDF")
