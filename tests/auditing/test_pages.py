"""Reports and history of audits in a real browser: from files, light and dark, phone and desk, with keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from reporter.auditing.history.nights import Known
from reporter.auditing.history.site import Source, write_history
from reporter.auditing.report.rendering import write_reports
from tests.auditing import nights
from tests.auditing.test_rendering import two_studies
from tests.browser import Browser, View
from tests.looking import cut, pale, too_wide

THEMES = ("light", "dark")
PHONE, REFLOW, DESK = 360, 320, 1200
LANGUAGES = ("en", "zh")
PAGES = ("index.html", "compare.html", "runs/2026-11-21T010000Z.html", "runs/2026-11-10T010000Z.html")


@pytest.fixture(scope="module", params=LANGUAGES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    with nights.ledger_of(folder) as ledger:
        ledger.pin("screening", nights.FIRST, "before the new model")
        known = Known("screening", "Breast-cancer screening", nights.ZONE, request.param)
        write_history(ledger, [Source(known, folder)], folder / "site")
    return folder / "site"


@pytest.fixture
def comparison(site: Path, browser: Browser) -> Iterator[View]:
    with browser.view().open((site / "compare.html").as_uri()) as view:
        yield view


def looked_at(view: View) -> None:
    """Everything that a person or axe would find amiss, on a phone and a desk, light and dark."""
    for width, theme in product((PHONE, DESK), THEMES):
        view.resize(width).wish(color_scheme=theme)
        if (width == PHONE) == (theme == "light"):  # axe takes its time; what depends on both is seen by the others
            assert view.violations() == []
        assert pale(view) == []
        assert too_wide(view) <= 0
        assert cut(view) == []
    assert too_wide(view.resize(REFLOW)) <= 0
    assert view.errors == []


@pytest.mark.parametrize(("night", "language"), [(11, "en"), (11, "zh"), (8, "en"), (0, "zh")])
def test_axe_finds_nothing_in_a_report(night: int, language: str, browser: Browser, tmp_path: Path) -> None:
    (path,) = write_reports(nights.run(night, language=language), tmp_path, ("html",))
    with browser.view().open(path.as_uri()) as view:
        looked_at(view)


def test_axe_finds_nothing_in_a_report_of_two_studies(browser: Browser, tmp_path: Path) -> None:
    (path,) = write_reports(two_studies(), tmp_path, ("html",))
    with browser.view().open(path.as_uri()) as view:
        looked_at(view)


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_in_the_history(page: str, site: Path, browser: Browser) -> None:
    with browser.view().open((site / page).as_uri()) as view:
        view.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        looked_at(view)


def test_the_comparison_is_what_the_overviews_say(comparison: View) -> None:
    """It begins with the latest run and its reference; the numbers are computed here from the overviews."""
    text = comparison.evaluate("document.querySelector('#rx-result').textContent")
    now, before = nights.overview(11, bad=True).by_driver["age"], nights.overview(10).by_driver["age"]
    assert f"{100 * now.share:.1f}%" in text
    assert f"+{100 * (now.share - before.share):.1f}" in text
    noise = sum(((high - low) / 2) ** 2 for low, high in (now.interval, before.interval)) ** 0.5
    assert f"± {100 * noise:.1f}" in text
    rows = comparison.evaluate("[...document.querySelectorAll('#rx-result table:last-of-type tbody tr')].length")
    assert rows == 4  # those beyond noise
    assert "91.7%" in text
    assert "97.2%" in text


def test_any_two_runs_are_compared_with_keys_alone(comparison: View) -> None:
    result = "document.querySelector('#rx-result').textContent"
    first = comparison.evaluate(result)
    comparison.press("Tab", "Tab")
    assert comparison.evaluate("document.activeElement.id") == "rx-then"
    comparison.press("End")
    assert comparison.evaluate("document.activeElement.selectedOptions[0].textContent") == "2026-11-10 02:00"
    assert comparison.evaluate(result) != first
    comparison.press("Tab")
    assert comparison.evaluate("document.activeElement.id") == "rx-now"
    comparison.press("Tab")
    assert comparison.evaluate("document.activeElement.id") == "rx-swap"
    outline = comparison.styles("#rx-swap", ["outline-style", "outline-width"])[0]
    assert (outline["outline-style"], outline["outline-width"]) == ("solid", "2px")
    comparison.press("Enter")
    chosen = "[...document.querySelectorAll('select')].map(each => each.selectedOptions[0].textContent)"
    assert comparison.evaluate(chosen) == ["2026-11-21 02:00", "2026-11-10 02:00"]
    swapped = comparison.evaluate(result)
    assert "−" in swapped  # what grew now shrinks
    assert comparison.errors == []


def test_a_comparison_has_an_address(comparison: View, site: Path) -> None:
    comparison.press("Tab", "Tab", "End")
    address = comparison.evaluate("location.href")
    result = comparison.evaluate("document.querySelector('#rx-result').textContent")
    comparison.open("about:blank").open(address)
    assert comparison.evaluate("document.querySelector('#rx-result').textContent") == result
    comparison.open("about:blank").open((site / "compare.html").as_uri() + "#no~%E4%B8")
    assert "91.7%" in comparison.evaluate("document.querySelector('#rx-result').textContent")
    assert comparison.errors == []


def test_the_same_run_twice_says_so(comparison: View) -> None:
    comparison.press("Tab", "Tab", "Home")
    text = comparison.evaluate("document.querySelector('#rx-result').textContent")
    assert text in ("Choose two different runs.", "请选择两次不同的运行。")


def test_without_a_script_it_says_where_comparisons_are(site: Path, browser: Browser) -> None:
    with browser.view(java_script_enabled=False).open((site / "compare.html").as_uri()) as view:
        assert view.do(lambda page: page.locator("noscript").inner_text())
        assert not view.do(lambda page: page.locator("form").is_visible())


def test_no_other_script_may_run(comparison: View) -> None:
    comparison.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.broken = 1\">')")
    comparison.do(lambda page: page.wait_for_timeout(100))
    assert comparison.evaluate("window.broken") is None


def test_names_in_the_data_stay_text(browser: Browser, tmp_path: Path) -> None:
    from dataclasses import replace

    name = "</script><img src=x onerror=alert(1)><b>bold</b>"
    with nights.ledger_of(tmp_path, 2) as ledger:
        slot = nights.FIRST
        now = ledger.overviews("screening", slot)["breast-cancer"]
        first, *rest = now.drivers
        hostile = replace(now, drivers=(replace(first, words={}, id=name), *rest))
        ledger.finish("screening", slot, "complete", {"breast-cancer": hostile}, (), 1.0)
        write_history(ledger, [Source(Known("screening", name))], tmp_path / "site")
    with browser.view().open((tmp_path / "site" / "compare.html").as_uri()) as view:
        assert name in view.evaluate("document.querySelector('#rx-result').textContent")
        assert view.evaluate("document.querySelectorAll('img, b').length") == 0
        assert view.errors == []


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_drawn_is_seen_in_a_high_contrast_theme(theme: str, site: Path, browser: Browser) -> None:
    with browser.view(forced_colors="active", color_scheme=theme).open((site / "index.html").as_uri()) as view:
        ground = view.styles("body", ["background-color"])[0]["background-color"]
        assert all(line["stroke"] != ground for line in view.styles(".rx-line-of, .rx-dot", ["stroke"]))
        assert view.violations() == []


def test_a_report_prints_whole(browser: Browser, tmp_path: Path) -> None:
    (path,) = write_reports(nights.run(), tmp_path, ("html",))
    with browser.view().open(path.as_uri()) as view:
        content = view.printed(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", content)) in range(3, 9)
        view.wish(media="print").resize(700)
        assert too_wide(view) <= 0
