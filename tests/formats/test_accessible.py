"""Page and fragment can be read by everybody: WCAG 2.2 AA in a real browser, with other eyes, fingers and keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest

from reporter.explanation import Explanation
from reporter.formats.page import Page
from reporter.report import Report
from reporter.telling import tell
from tests.browser import Browser
from tests.looking import cut, overlap, pale, too_wide, written
from tests.reports import decision, everything, told
from tests.samples import IDS

HOST = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A page of somebody's</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>:root{{color-scheme:light dark}}</style>
<main><h1>Their page</h1>{fragment}</main></html>"""
THEMES = ("light", "dark")
LANGUAGES = ("en", "zh")
PHONE, REFLOW, DESK = 360, 320, 1200  # pixels; 320 is a window of 1280 at four times the size (WCAG 1.4.10)
KINDS = ("thirty features", "a value", "unreliable", "contradicted", "hostile", "two hundred features")


def shown(report: Report, form: str) -> str:
    if form == "page":
        return report.to_html()
    return HOST.format(language=report.facts.language.code, fragment=report.to_html(fragment=True))


@pytest.fixture(params=[(name, language) for name in IDS for language in LANGUAGES], ids="-".join)
def report(request: pytest.FixtureRequest, sample: Callable[[str], Explanation]) -> Report:
    name, language = request.param
    return tell(sample(name), language=language)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Report:
    return everything()[request.param]


# What axe-core and the eye find


@pytest.mark.slow
@pytest.mark.parametrize("form", ["page", "fragment"])
def test_axe_finds_nothing_in_any_sample(report: Report, form: str, browser: Browser) -> None:
    with browser.view().show(shown(report, form)) as view:
        for width, theme in product((PHONE, DESK), THEMES):
            view.resize(width).wish(color_scheme=theme)
            assert view.violations() == []
            assert pale(view) == []
            assert too_wide(view) <= 0
        assert too_wide(view.resize(REFLOW)) <= 0
        assert view.errors == []


def test_axe_finds_nothing_in_other_reports(kind: Report, browser: Browser) -> None:
    with browser.view(PHONE).show(shown(kind, "page")) as view:
        assert view.violations() == []
        assert pale(view) == []
        assert too_wide(view) <= 0


def test_a_pale_text_would_be_found(browser: Browser) -> None:
    page = shown(told(decision(3)), "page").replace("</main>", '<p style="color:#888">pale</p></main>')
    with browser.view(color_scheme="light").show(page) as view:
        assert pale(view) == ["3.54 pale"]


# Eyes that see fewer colours, or that need other ones

# Complete protanopia and deuteranopia on linear RGB, from Machado, Oliveira, Fernandes: A Physiologically-based Model
# for Simulation of Color Vision Deficiency (2009).
BLINDNESS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
APART = 25  # in CIELAB; about ten times what can just be told apart


def lab(colour: str, blindness: str = "") -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A colour such as #1f5f8b in CIELAB (D65), as it is seen."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    if blindness:
        linear = np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ linear / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def palettes() -> Iterator[tuple[str, str, str]]:
    """(theme's ink, towards, away) of each theme that the page declares."""
    css = Page().render(told(decision(3))).decode()
    for block in re.findall(r"\.rx\{\s*(--rx-ink:#[^}]*)", css):
        colours = dict(re.findall(r"--rx-(\w+):(#[0-9a-f]{6})", block))
        yield colours["ink"], colours["towards"], colours["away"]


@pytest.mark.parametrize("blindness", ["", *BLINDNESS])
def test_the_two_sides_differ_for_everybody(blindness: str) -> None:
    found = list(palettes())
    assert len(found) == 3  # light, dark, print
    for _, towards, away in found:
        assert np.linalg.norm(lab(towards, blindness) - lab(away, blindness)) >= APART


def test_a_palette_of_red_and_green_would_be_refused() -> None:
    red, green = "#b0413e", "#5a7d2a"
    assert np.linalg.norm(lab(red) - lab(green)) > APART
    assert min(np.linalg.norm(lab(red, each) - lab(green, each)) for each in BLINDNESS) < APART


@pytest.mark.parametrize("theme", THEMES)
def test_bars_are_seen_in_a_high_contrast_theme(theme: str, browser: Browser) -> None:
    with browser.view(forced_colors="active", color_scheme=theme).show(shown(told(decision(12)), "page")) as view:
        ground = view.styles("body", ["background-color"])[0]["background-color"]
        towards = view.styles(".rx-top .rx-towards", ["background-color", "forced-color-adjust"])
        away = view.styles(".rx-top .rx-away", ["background-image", "border-top-color"])
        assert towards
        assert away
        assert all(bar["background-color"] != ground and bar["forced-color-adjust"] == "none" for bar in towards)
        assert all("gradient" in bar["background-image"] and bar["border-top-color"] != ground for bar in away)
        assert view.violations() == []


def test_nothing_moves(browser: Browser) -> None:
    moving = """[...document.querySelectorAll(".rx, .rx *")].filter(element => {
        const style = getComputedStyle(element)
        return style.animationName !== "none" || style.transitionDuration !== "0s" || style.scrollBehavior !== "auto"
    }).length"""
    with browser.view(reduced_motion="reduce").show(shown(told(decision(12)), "page")) as view:
        assert view.evaluate(moving) == 0


# Larger text, smaller windows


@pytest.mark.parametrize("form", ["page", "fragment"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_text_twice_as_large_loses_nothing(width: int, form: str, browser: Browser) -> None:
    with browser.view(width).show(shown(told(decision(12)), form)) as view:
        sizes = view.styles(".rx-p, .rx-table td", ["font-size"])
        view.evaluate("document.documentElement.style.fontSize = '200%'")
        for before, after in zip(sizes, view.styles(".rx-p, .rx-table td", ["font-size"]), strict=True):
            assert float(after["font-size"][:-2]) >= 1.9 * float(before["font-size"][:-2])
        assert too_wide(view) <= 0
        assert cut(view) == []


@pytest.mark.slow
def test_a_phone_shows_the_ranked_table_without_scrolling_sideways(report: Report, browser: Browser) -> None:
    small = """() => Math.min(...[...document.querySelectorAll(".rx-top :is(th, td)")].filter(cell =>
        cell.textContent.trim() && !cell.closest("thead")).map(cell => parseFloat(getComputedStyle(cell).fontSize)))"""
    with browser.view(PHONE, 800).show(shown(report, "page")) as view:
        assert too_wide(view) <= 0
        assert view.evaluate(small) >= 12
        rows = [lines for lines in written(view, ".rx-top tr") if lines]
        assert rows
        for lines in rows:
            assert all(box[0] >= 0 and box[2] <= PHONE for _, box in lines)
            assert not [(a, b) for i, a in enumerate(lines) for b in lines[i + 1 :] if overlap(a[1], b[1])]


# Keys and fingers

FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])"

IN_VIEW = """selector => {
    const box = document.querySelector(selector).getBoundingClientRect()
    return box.top >= 0 && box.bottom <= innerHeight }"""


def test_every_control_is_reached_in_order_and_seen(browser: Browser) -> None:
    number = f"[...document.querySelectorAll({FOCUSABLE!r})].indexOf(document.activeElement)"
    with browser.view().show(shown(told(decision(12)), "page")) as view:
        count = view.evaluate(f"document.querySelectorAll({FOCUSABLE!r}).length")
        assert count > 4
        for expected in range(count):
            view.press("Tab")
            assert view.evaluate(number) == expected
            line = view.evaluate(
                "(s => [s.outlineStyle, parseFloat(s.outlineWidth)])(getComputedStyle(document.activeElement))"
            )
            assert line[0] != "none"
            assert line[1] >= 2
            assert view.evaluate(
                "(b => b.top >= 0 && b.bottom <= innerHeight)(document.activeElement.getBoundingClientRect())"
            )
        view.press("Tab")
        assert view.evaluate(number) == -1  # it leaves the page: no trap


def test_a_number_leads_to_its_evidence_and_back(browser: Browser) -> None:
    with browser.view().show(shown(told(decision(12)), "page")) as view:
        view.press("Tab", "Enter")
        row = view.evaluate("document.querySelector(':target').id")
        assert re.fullmatch(r"rx-e\d+", row)
        assert view.evaluate(
            "(b => b.top >= 0 && b.top < innerHeight)(document.querySelector(':target').getBoundingClientRect())"
        )
        view.press("Tab", "Enter")
        assert view.evaluate("document.querySelector(':target').id") == row.replace("-e", "-s")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_finger_hits_each_link(width: int, browser: Browser) -> None:
    """24 by 24 pixels belong to it, less where another link is nearer (WCAG 2.5.8)."""
    missed = """() => [...document.querySelectorAll(".rx a")].flatMap(link => {
        link.scrollIntoView({block: "center"})
        const box = link.getBoundingClientRect(), x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2
        return [[0, 0], [-11, 0], [11, 0], [0, -11], [0, 11]].filter(([right, down]) => {
            const at = document.elementFromPoint(x + right, y + down)
            return at && x + right > 0 && x + right < innerWidth && !at.closest("a")
        }).map(way => link.id + link.className + way)
    })"""
    with browser.view(width).show(shown(told(decision(12)), "page")) as view:
        assert view.evaluate(missed) == []


# Paper


@pytest.mark.slow
def test_nothing_is_cut_when_a_page_is_printed(report: Report, browser: Browser) -> None:
    with browser.view(680, color_scheme="dark").show(shown(report, "page")) as view:
        view.wish(media="print")
        assert too_wide(view) <= 0
        assert cut(view) == []
        assert view.styles("body", ["background-color"]) == [{"background-color": "rgb(255, 255, 255)"}]
        assert pale(view) == []
