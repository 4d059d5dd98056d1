"""The history as a site: what its pages say and link to, how large they grow, and what names cannot do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from reporter.auditing.file import audit_from
from reporter.auditing.history import comparing, site, trends
from reporter.auditing.history.comparing import data_block
from reporter.auditing.history.nights import Known, Night
from reporter.auditing.history.site import Source, write_history, write_site
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.phrases import phrases
from reporter.errors import OutputError
from reporter.work import Done, Item
from tests.auditing import nights
from tests.markup import parsed

HOSTILE = "../..</script><script>alert(1)</script>&\"'{{7*7}}"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = nights.ledger_of(tmp_path)
    yield opened
    opened.close()


def known(language: str = "en") -> Known:
    return Known("screening", "Breast-cancer screening", nights.ZONE, language)


def built(ledger: Ledger, folder: Path, language: str = "en") -> Path:
    write_history(ledger, [Source(known(language), folder)], folder / "site")
    return folder / "site"


def links(path: Path) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]*)"', path.read_text("utf-8"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_link_leads_somewhere(language: str, ledger: Ledger, tmp_path: Path) -> None:
    folder = built(ledger, tmp_path, language)
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 2 + 12
    for page in pages:
        parsed(page.read_text("utf-8"))
        found = links(page)
        assert found
        for link in found:
            assert (page.parent / unquote(link)).is_file(), link


def test_the_list_of_runs(ledger: Ledger, tmp_path: Path) -> None:
    ledger.pin("screening", nights.FIRST, "before the new model")
    text = (built(ledger, tmp_path) / "index.html").read_text("utf-8")
    runs = re.findall(r'href="runs/([^"]*)">([^<]*)', text)
    assert runs[0] == ("2026-11-21T010000Z.html", "2026-11-21 02:00")  # in the audit's time zone
    assert len(runs) == 12
    assert "2 critical, 14 warnings" in text
    assert "Pinned: before the new model" in text
    assert "Something changed: quality" in text
    assert text.count('href="../reports/screening/') == 12


def test_reports_that_are_gone_are_not_linked_to(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "reports/screening/2026-11-12/report.html").unlink()
    text = (built(ledger, tmp_path) / "index.html").read_text("utf-8")
    assert text.count('href="../reports/screening/') == 11


def test_trends_have_text_alternatives_and_numbers(ledger: Ledger, tmp_path: Path) -> None:
    text = (built(ledger, tmp_path) / "index.html").read_text("utf-8")
    alternatives = re.findall(r'<svg class="rx-curve" role="img" aria-label="([^"]*)"', text)
    assert alternatives[0] == (
        "Accuracy over 12 runs, from 2026-11-10 02:00 to 2026-11-21 02:00: latest 91.7%, lowest 91.7%, highest 97.4%."
    )
    assert any(each.startswith("Share of age over 12 runs") for each in alternatives)
    assert any(each.startswith("Findings over 12 runs") and "latest 16" in each for each in alternatives)
    (data,) = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    assert data.count("<tr") == 13
    assert len(re.findall(r"<path|<rect", text)) < 40


def test_a_run_says_what_changed_since_the_one_before(ledger: Ledger, tmp_path: Path) -> None:
    text = (built(ledger, tmp_path) / "runs/2026-11-21T010000Z.html").read_text("utf-8")
    assert "Since the run before it, November 20, 2026, 02:00" in text
    assert "+12.9 points" in text
    assert "Since its reference" not in text  # it is the same run
    first = (tmp_path / "site/runs/2026-11-10T010000Z.html").read_text("utf-8")
    assert "There is no earlier run." in first


def test_a_run_is_compared_with_its_reference_too(tmp_path: Path) -> None:
    with nights.ledger_of(tmp_path, 4) as ledger:
        slot = nights.FIRST + timedelta(days=9)
        ledger.begin("screening", slot, nights.FIRST.isoformat())
        ledger.finish("screening", slot, "complete", {"breast-cancer": nights.overview(9)}, (), 1.0)
        text = (built(ledger, tmp_path) / "runs/2026-11-19T010000Z.html").read_text("utf-8")
    assert "Since the run before it, November 13, 2026, 02:00" in text
    assert "Since its reference, November 10, 2026, 02:00" in text
    before, after = text.split("Since its reference")
    gone = re.findall(r'<th scope="row" role="rowheader" class="rx-f">Gone', before)
    assert len(gone) == len(nights.findings(3))
    assert "Gone" not in after
    assert "No share differs by more than noise." in after


def test_hundreds_of_runs_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are bounded; what is left out of them stands in the list of all runs."""
    for name, value in (("PAGES", 12), ("LISTED", 10), ("PER_PAGE", 15)):
        monkeypatch.setattr(site, name, value)
    monkeypatch.setattr(trends, "DRAWN", 8)
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        seen = nights.overview(3)
        for number in range(40):
            slot = nights.FIRST + timedelta(days=number)
            ledger.begin("screening", slot)
            ledger.finish("screening", slot, "complete", {"breast-cancer": seen}, (), 1.0)
        ledger.pin("screening", nights.FIRST)
        folder = built(ledger, tmp_path)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    assert {"runs-0001.html", "runs-0002.html", "runs-0003.html"} <= names
    assert len([name for name in names if name.startswith("runs/")]) == 13  # those, and the pinned one
    index = (folder / "index.html").read_text("utf-8")
    assert len(re.findall(r'href="runs/', index)) == 10
    assert "over 8 runs" in index
    oldest = (folder / "runs-0001.html").read_text("utf-8")
    assert "2026-11-10 02:00" in oldest
    assert len(re.findall(r'href="runs/', oldest)) == 1
    for page in folder.rglob("*.html"):
        for link in links(page):
            assert (page.parent / unquote(link)).is_file()


def test_an_empty_history(tmp_path: Path) -> None:
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        text = (built(ledger, tmp_path) / "index.html").read_text("utf-8")
    assert "No run has come to an end yet." in text
    assert "compare.html" not in links(tmp_path / "site/index.html")


def test_a_run_that_failed_altogether(tmp_path: Path) -> None:
    with nights.ledger_of(tmp_path, 3) as ledger:
        slot = nights.FIRST + timedelta(days=5)
        ledger.begin("screening", slot)
        ledger.finish("screening", slot, "failed", {}, (), 1.0)
        folder = built(ledger, tmp_path)
    assert "The run did not come to an end" in (folder / "index.html").read_text("utf-8")
    assert "failed" in (folder / "runs/2026-11-15T010000Z.html").read_text("utf-8").lower()


def test_a_run_names_the_items_that_came_to_nothing(tmp_path: Path) -> None:
    with nights.ledger_of(tmp_path, 3) as ledger:
        slot = nights.FIRST + timedelta(days=2)
        ledger.record("screening", slot, "breast-cancer", Done(Item("rows:40:80"), None, "took too long", "timeout"))
        folder = built(ledger, tmp_path)
    page = (folder / "runs/2026-11-12T010000Z.html").read_text("utf-8")
    assert "rows:40:80" in page
    assert "took too long" in page
    assert "took too long" not in (folder / "runs/2026-11-11T010000Z.html").read_text("utf-8")


def test_several_audits_have_a_folder_each(tmp_path: Path) -> None:
    names = ("screening", "SCREENING", HOSTILE, "index.html")
    with nights.ledger_of(tmp_path, 2) as ledger:
        for name in names[1:]:
            ledger.begin(name, nights.FIRST)
            ledger.finish(name, nights.FIRST, "complete", {"breast-cancer": nights.overview(0)}, (), 1.0)
        write_history(ledger, [Source(Known(name)) for name in names], tmp_path / "site")
    folder = tmp_path / "site"
    inside = [path for path in folder.iterdir() if path.is_dir()]
    assert len(inside) == 4
    assert len({path.name.casefold() for path in inside}) == 4
    found = [unquote(link) for link in links(folder / "index.html")]
    assert len(found) == 4
    assert all((folder / link).is_file() for link in found)
    assert not (tmp_path.parent / "script").exists()
    for link in found:
        assert "../index.html" in links(folder / link)


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    folder = tmp_path / HOSTILE.replace("/", "-")
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        for number in (10, 11):
            slot = nights.FIRST + timedelta(days=number)
            now = nights.overview(number, bad=number == 11)
            first, *rest = now.drivers
            now = replace(now, study=HOSTILE, title=HOSTILE, drivers=(replace(first, id=HOSTILE, words={}), *rest))
            found = tuple(replace(each, study=HOSTILE, subject=HOSTILE, words={}) for each in nights.findings())
            report = tmp_path / HOSTILE.replace("/", "-") / "a b#c?.html"
            report.parent.mkdir(exist_ok=True)
            report.write_text("")
            ledger.begin(HOSTILE, slot)
            ledger.finish(HOSTILE, slot, "complete", {HOSTILE: now}, found if number == 11 else (), 1, [str(report)])
            ledger.pin(HOSTILE, slot, HOSTILE)
        write_history(ledger, [Source(Known(HOSTILE, HOSTILE), folder)], tmp_path / "site")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) == 4
    for page in pages:
        text = page.read_text("utf-8")
        assert "<script>alert" not in text
        assert "{{7*7}}" in text  # nothing was filled in
        assert all((page.parent / unquote(link)).is_file() for link in links(page))


def test_runs_are_compared_by_the_same_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """What weighs most in any run is told of in all, so that nothing seems to come or go that does not."""
    monkeypatch.setattr(comparing, "FEATURES", 3)
    say, seen = phrases("en"), []
    for number in (10, 11):
        row = RunRow("screening", nights.FIRST + timedelta(days=number), nights.FIRST)
        night = Night(row, {"breast-cancer": nights.overview(number, bad=number == 11)})
        seen.append(comparing.compact(say, night))
    text = comparing.comparison_page(say, "x", seen, back="index.html")
    (found,) = re.findall(r'<script type="application/json" id="rx-runs">(.*?)</script>', text, re.DOTALL)
    content = json.loads(found)
    assert content["features"] == {"breast-cancer": ["Age", "Worst texture", "Worst radius"]}
    first, last = (run["studies"]["breast-cancer"]["drivers"] for run in content["runs"])
    assert [each[0] for each in first] == [each[0] for each in last] == [0, 1, 2]
    assert first[0][1] == pytest.approx(nights.overview(10).by_driver["age"].share, abs=1e-5)
    assert content["words"]["limited"] == "Told of the 3 features that weighed most in any run."


def test_data_in_a_page_cannot_end_it() -> None:
    text = data_block({"</script><!--": "\u2028&amp;"})
    assert not set(text) & set("<>&\u2028")
    assert "\\u003c/script\\u003e" in text


def test_the_site_of_an_audit_file(ledger: Ledger, tmp_path: Path) -> None:
    content = {
        "name": "screening",
        "title": "乳腺癌筛查",
        "language": "zh",
        "time_zone": nights.ZONE,
        "studies": {"breast-cancer": {"study": "study.toml"}},
    }
    page = write_site(audit_from(content, folder=tmp_path), ledger, tmp_path / "site")
    text = page.read_text("utf-8")
    assert '<html lang="zh">' in text
    assert "乳腺癌筛查的历史" in text
    assert text.count('href="../reports/screening/') == 12


def test_what_cannot_be_written_leaves_the_old_site(ledger: Ledger, tmp_path: Path) -> None:
    folder = built(ledger, tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*.html")}
    with pytest.raises(OutputError, match="holds other files"):
        write_history(ledger, [Source(known())], tmp_path)
    with pytest.raises(OutputError, match="as it was"):
        write_history(ledger, [Source(known())], tmp_path / "ledger.sqlite" / "site")
    assert {path: path.read_bytes() for path in folder.rglob("*.html")} == before


def test_building_again_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    folder = built(ledger, tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    built(ledger, tmp_path)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_curves_break_where_nothing_is_known() -> None:
    rows = [RunRow("a", nights.FIRST + timedelta(days=day), nights.FIRST) for day in (0, 1, 2, 3, 9)]
    series = trends.Series("x", (0.1, 0.2, None, 0.3, 0.4), ("a", "b", "", "c", "d"), (0.0, 0.4))
    drawn = trends.curve(rows, series, "alt & <text>")
    assert drawn.count('class="rx-line-of"') == 2
    assert 'aria-label="alt &amp; &lt;text&gt;"' in drawn
    assert "M236.0 4.0h0" in drawn  # the dot: the last one, at the top of its axis
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", drawn)]
    assert xs[:4] == pytest.approx([4, 4 + 232 / 9, 4 + 232 / 3, 236], abs=0.05)  # by their moments


def test_a_feature_that_led_before_keeps_its_curve() -> None:
    say = phrases("en")
    rows = [RunRow("a", nights.FIRST + timedelta(days=day), nights.FIRST) for day in range(2)]
    now = nights.overview(11, bad=True)
    last = replace(now, drivers=now.drivers[5:])
    points = [trends.point_of(say, row, each) for row, each in zip(rows, (now, last), strict=True)]
    series = trends.series_of(say, points, "Accuracy")
    assert "Share of age" in [each.name for each in series]
    (age,) = (each for each in series if each.name == "Share of age")
    assert age.values[1] is None
