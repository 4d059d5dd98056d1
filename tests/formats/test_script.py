"""The script of a page: small, the same in every page, and what it adds works with keys as with a pointer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reporter.formats.page import Page, hash_of, html_of
from reporter.report import Report
from reporter.telling import tell
from tests.browser import Browser
from tests.markup import named, parsed
from tests.reports import decision, everything, told

REPORTS = everything()
ROWS = "[...document.querySelectorAll('.rx-all tbody tr')]"
SEEN = f"{ROWS}.filter(row => row.checkVisibility()).map(row => row.cells[1].textContent)"
LIT = "[...document.querySelectorAll('.rx-lit')].map(each => each.id || each.cells?.[0].textContent || 'sentence')"


def script_of(report: Report) -> str:
    (script,) = named(parsed(report.to_html()), "script")
    return script.text or ""


@pytest.mark.parametrize("kind", REPORTS)
def test_it_is_one_and_the_same_whatever_is_told_and_the_page_says_which(kind: str) -> None:
    script = script_of(REPORTS[kind])
    assert script == script_of(REPORTS["one feature"])
    assert len(script.encode()) < 3000
    assert not re.search(r"https?:|fetch|XMLHttp|import\b|eval|innerHTML|localStorage|cookie", script)
    (policy,) = [m for m in named(parsed(REPORTS[kind].to_html()), "meta") if m.get("http-equiv")]
    assert f"script-src '{hash_of(script)}'" in policy.get("content", "")
    assert policy.get("content", "").startswith("default-src 'none'; img-src data:;")


def test_there_is_none_in_a_fragment_or_on_paper() -> None:
    report = REPORTS["three features"]
    assert "<script" not in report.to_html(fragment=True)
    assert "<script" not in html_of(report, "paper")
    assert "Content-Security-Policy" not in html_of(report, "paper")


@pytest.fixture
def page() -> str:
    return Page().render(tell(decision(12))).decode()


def numbers(told: list[str]) -> list[float]:
    return [float(text.replace("\u2212", "-")) for text in told]


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1200])
def test_the_table_sorts_by_any_column_with_the_keyboard(page: str, width: int, browser: Browser) -> None:
    with browser.view(width).show(page) as view:
        last = "document.querySelector('.rx-all th:last-child')"
        scores = f"{ROWS}.map(row => row.cells[row.cells.length - 1].textContent)"
        view.evaluate(f"{last}.querySelector('button').focus()")
        assert numbers(view.press("Enter").evaluate(scores)) == sorted(numbers(view.evaluate(scores)))
        assert view.evaluate(f"{last}.getAttribute('aria-sort')") == "ascending"
        assert numbers(view.press("Space").evaluate(scores)) == sorted(numbers(view.evaluate(scores)), reverse=True)
        assert view.evaluate(f"{last}.getAttribute('aria-sort')") == "descending"
        names = view.evaluate(f"document.querySelector('.rx-all .rx-f button').click(), {SEEN}")
        assert names == sorted(names, key=str.lower) or names == sorted(names)
        assert view.evaluate("document.querySelectorAll('[aria-sort]').length") == 1
        assert view.violations() == []
        assert view.errors == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1200])
def test_rows_are_filtered_by_typing_and_all_are_printed(page: str, width: int, browser: Browser) -> None:
    with browser.view(width).show(page) as view:
        every = view.evaluate(SEEN)
        wanted = every[3].upper()
        view.do(lambda shown: shown.get_by_label("Filter by name").fill(f" {wanted} "))
        found = view.evaluate(SEEN)
        assert found == [name for name in every if wanted in name.upper()]
        assert 0 < len(found) < len(every)
        assert view.evaluate("document.querySelector('output').textContent").split("\u2009/\u2009") == [
            str(len(found)),
            str(len(every)),
        ]
        assert view.violations() == []
        assert view.wish(media="print").evaluate(SEEN) == every
        assert not view.evaluate("document.querySelector('.rx-find').checkVisibility()")


@pytest.mark.slow
def test_a_sentence_shows_what_it_rests_on(page: str, browser: Browser) -> None:
    with browser.view().show(page) as view:
        assert view.evaluate(LIT) == []
        view.evaluate("document.querySelector('.rx-p .rx-n a').focus()")
        lit: list[Any] = view.evaluate(LIT)
        number = view.evaluate("document.activeElement.textContent")
        assert f"rx-e{number}" in lit
        assert "sentence" in lit
        ranks = view.evaluate(f"document.getElementById('rx-e{number}').dataset.f").split()
        assert ranks
        assert sorted(each for each in lit if each.isdigit()) == sorted(2 * ranks)  # in both tables
        view.do(lambda shown: shown.hover(".rx-proofs tbody tr:nth-child(1)"))
        assert "rx-e1" in view.evaluate(LIT)
        assert f"rx-e{number}" not in view.evaluate(LIT)
        assert view.violations() == []
        assert view.errors == []


@pytest.mark.slow
def test_a_page_in_which_nothing_runs_is_complete(page: str, browser: Browser) -> None:
    with browser.view(java_script_enabled=False).show(page) as view:
        assert view.do(lambda shown: shown.locator(".rx-all tbody tr").count()) == 12
        assert view.do(lambda shown: shown.locator(".rx-find").count()) == 0


@pytest.mark.slow
def test_another_script_does_not_run(browser: Browser) -> None:
    report = told(decision(3))
    page = report.to_html().replace("</main>", "<script>document.title = 'taken'</script></main>")
    with browser.view().show(page) as view:
        assert view.do(lambda shown: shown.title()) != "taken"
        assert any("Content Security Policy" in error for error in view.errors)
