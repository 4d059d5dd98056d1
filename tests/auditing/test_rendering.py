"""The report of one run in every form: what it says, what it may hold, and that it is written whole or not at all."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from reporter.auditing.report import drivers
from reporter.auditing.report.layout import sheet_of
from reporter.auditing.report.rendering import FILES, html_of, markdown_of, render, write_reports
from reporter.auditing.results import FailedItem, RunResult
from reporter.errors import OutputError, OwnTemplateError, UnknownName
from reporter.noticing import told
from reporter.overview import Confidence, Overview, Quality, Summary
from reporter.words import Words
from tests.auditing import nights
from tests.markup import parsed

HOSTILE = "<script>alert(1)</script>\"'&]]>|`[x](javascript:alert(1))\u202e"


@pytest.fixture(scope="module")
def bad() -> RunResult:
    return nights.run()


def two_studies() -> RunResult:
    one = nights.run()
    other = nights.overview(11, study="second")
    return replace(
        one,
        overviews={**one.overviews, "second": replace(other, title="Second study")},
        before={**one.before, "second": nights.overview(10, study="second")},
    )


def hostile() -> RunResult:
    """Every name that comes from data or files tries to break out."""
    result = nights.run()
    now = result.overviews["breast-cancer"]
    first, *others = now.drivers
    words = {"en": Words(HOSTILE)}
    changed = replace(
        now,
        study=HOSTILE,
        title=HOSTILE,
        model=HOSTILE,
        data=HOSTILE,
        drivers=(replace(first, words=words, id=HOSTILE), *others),
        told=tuple(replace(each, instance=HOSTILE, report="javascript:alert(1)") for each in now.told),
    )
    return replace(
        result,
        audit=HOSTILE,
        title=HOSTILE,
        overviews={HOSTILE: changed},
        before={HOSTILE: result.before["breast-cancer"]},
        findings=tuple(replace(each, study=HOSTILE, words=words, instances=(HOSTILE,)) for each in result.findings),
        failed=(FailedItem(HOSTILE, HOSTILE, HOSTILE + "\x00\x1b[31m"),),
        command=HOSTILE,
        versions={HOSTILE: HOSTILE},
    )


@pytest.mark.parametrize(("night", "language", "headline"), [
    (11, "en", "Something changed: quality, protected attributes"),
    (11, "zh", "有变化：模型质量、受保护属性"),
    (8, "en", "Nothing worth your attention"),
    (8, "zh", "没有需要留意的变化"),
])  # fmt: skip
def test_the_verdict_comes_first(night: int, language: str, headline: str) -> None:
    sheet = sheet_of(nights.run(night, language=language))
    assert sheet.headline.startswith(headline)


def test_the_verdict_in_other_cases(bad: RunResult) -> None:
    quiet = nights.run(8)
    assert sheet_of(replace(quiet, state="failed")).headline == "The run did not come to an end"
    assert sheet_of(replace(quiet, state="partial")).headline == "Not everything could be looked at"
    notes = tuple(replace(each, severity="info") for each in bad.findings)
    sheet = sheet_of(replace(quiet, findings=notes))
    assert sheet.headline == "Nothing worth your attention"
    assert sheet.lead[0].startswith("One thing to know: ")
    assert sheet_of(replace(quiet, findings=notes, fail="info")).headline.startswith("Something changed")
    assert "There is no earlier run" in " ".join(sheet_of(nights.run(0)).lead)


def test_every_finding_is_told_worst_first(bad: RunResult) -> None:
    (section,) = (each for each in sheet_of(bad).sections if each.name == "findings")
    assert [each.text for each in section.findings] == [told(each, "en") for each in bad.sorted_findings]
    severities = [each.severity for each in section.findings]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)
    assert len(severities) == len(bad.findings) > 5


@pytest.mark.parametrize("name", ["html", "md"])
def test_what_it_must_say(bad: RunResult, name: str) -> None:
    """Figures computed here from the overview, not by the report."""
    text = re.sub(r"<[^>]+>", " ", render(bad, name).decode())
    now, before = bad.overviews["breast-cancer"], bad.before["breast-cancer"]
    assert now.quality is not None
    assert before.quality is not None
    age, was = now.by_driver["age"], before.by_driver["age"]
    for said in (
        f"{100 * (1 - now.quality.loss):.1f}%",
        f"{100 * (1 - before.quality.loss):.1f}%",
        f"{100 * age.share:.1f}%",
        f"+{100 * (age.share - was.share):.1f} points",
        f"{was.rank} to {age.rank}",
        now.model_hash[:12],
        now.data_hash[:12],
        "the worker ended by signal 11",
        "torch 2.13",
        "higher values push towards malignant",
        "declared protected",
        "Unreliable",
        "The model reads sample 41 as malignant (95%)",
    ):
        assert said in text, said


def test_intervals_by_hand(bad: RunResult) -> None:
    """Wilson's interval of 522 right ones in 569, by Brown, Cai and DasGupta (2001), and that of a driver."""
    text = html_of(bad, "page")
    assert "89.2% to 93.7%" in text
    age = bad.overviews["breast-cancer"].by_driver["age"]
    half = ((1.96 * age.error) ** 2 + 0.006**2) ** 0.5
    assert f"{100 * (age.share - half):.1f}% to {100 * (age.share + half):.1f}%" in text


def test_a_page_needs_nothing_else(bad: RunResult) -> None:
    for language in ("en", "zh"):
        text = html_of(replace(bad, language=language), "page")
        page = parsed(text)
        assert page.attrib["lang"] == language
        assert "<script" not in text
        assert "default-src 'none'" in text
        links = re.findall(r'(?:href|src)="([^"]*)"', text)
        assert links
        assert all(re.fullmatch(r"[\w.-]+\.html", link) for link in links)
        assert not re.search(r"url\((?!\"data:)", text)


def test_two_studies_have_headings_of_their_own() -> None:
    text = html_of(two_studies(), "page")
    assert re.findall(r'<h2 class="rx-h2 rx-study">([^<]*)', text) == ["Breast-cancer screening", "Second study"]
    assert len(re.findall(r'<h3 class="rx-h2 rx-h3">What drives it<', text)) == 2
    assert "Critical</b>\u00a0· quality\u00a0· Breast-cancer screening" in text


@pytest.mark.parametrize("name", list(FILES))
def test_hostile_names_stay_names(name: str) -> None:
    content = render(hostile(), name)
    if name == "pdf":
        assert pikepdf.open(io.BytesIO(content)).Root.MarkInfo.Marked
        return
    text = content.decode()
    assert "\x1b" not in text
    assert "\x00" not in text
    if name in ("html", "junit"):
        assert "<script>alert" not in text
    if name == "html":
        assert 'href="javascript:' not in text
    if name == "md":
        text = "".join(line for line in text.splitlines() if "Command" not in line)  # that one is a code span
        assert not re.search(r"(?<!\\)<script|(?<!\\)\]\(javascript:", text)


def test_the_pdf_is_tagged_and_has_bookmarks() -> None:
    with pikepdf.open(io.BytesIO(render(two_studies(), "pdf"))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert str(pdf.docinfo["/Title"]).startswith("Something changed: quality")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        with pdf.open_outline() as outline:
            (top,) = outline.root
            assert "Findings" in [child.title for child in top.children]
            (study,) = (child for child in top.children if child.title == "Second study")
            assert "What drives it" in [child.title for child in study.children]


def test_the_pdf_is_the_same_each_time(bad: RunResult) -> None:
    assert render(bad, "pdf") == render(bad, "pdf")


def test_json_holds_all_numbers_and_what_is_told(bad: RunResult) -> None:
    content = json.loads(render(bad, "json"))
    assert (content["version"], content["kind"], content["worst"], content["failing"]) == (1, "audit", "critical", True)
    assert content["overviews"]["breast-cancer"]["drivers"][0]["id"] == "age"
    assert [each["told"] for each in content["findings"]] == [told(each, "en") for each in bad.findings]
    assert [each["id"] for each in content["findings"]] == [each.id for each in bad.findings]
    assert content["failed"][0]["cause"] == "crash"


def test_tables_of_markdown_are_whole(bad: RunResult) -> None:
    """Every line of a table has as many cells as its heading."""
    tables = re.findall(r"(?:^\|.*\|\n)+", markdown_of(bad), re.MULTILINE)
    assert len(tables) >= 8
    for table in tables:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1
        assert re.search(r"^\|(?:---:?\|)+$", table, re.MULTILINE)


def test_files_are_written_below_a_new_folder(bad: RunResult, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "night"
    paths = write_reports(bad, folder, ("html", "json", "md", "junit", "json"))
    assert paths == [folder / FILES[name] for name in ("html", "json", "md", "junit")]
    assert sorted(folder.iterdir()) == sorted(paths)


def test_what_cannot_be_written_leaves_what_was_there(bad: RunResult, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("before")
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(OutputError, match=r"junit\.xml: it is a folder"):
        write_reports(bad, tmp_path, ("junit", "html"))
    assert (tmp_path / "report.html").read_text() == "before"
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another"):
        write_reports(bad, tmp_path / "file" / "night", ("html",))
    with pytest.raises(UnknownName, match="did you mean 'html'"):
        write_reports(bad, tmp_path, ("htm",))
    with pytest.raises(UnknownName, match="no language called"):
        write_reports(replace(bad, language="xx"), tmp_path, ("html",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "junit.xml", "report.html"]


def test_templates_and_look_of_ones_own(bad: RunResult, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "report").mkdir(parents=True)
    (own / "look.toml").write_text('header = "Example Hospital"\n')
    (own / "narrative" / "en").mkdir(parents=True)
    (own / "narrative" / "en" / "audit.toml").write_text('[document]\nkind = "Our audit"\n')
    (path,) = write_reports(bad, tmp_path / "out", ("html",), own)
    text = path.read_text("utf-8")
    assert "Example Hospital" in text
    assert "Our audit" in text
    (own / "report" / "audit-body.html.j2").write_text("{{ nothing }}")
    with pytest.raises(OwnTemplateError, match=r"audit-body\.html\.j2"):
        write_reports(bad, tmp_path / "out", ("html",), own)
    assert path.read_text("utf-8") == text


def regression() -> RunResult:
    """A model of a value: errors in its unit, and no classes."""
    result = nights.run()
    overviews = {}
    for name, overview, wrong in (("now", result.overviews, 51.4), ("then", result.before, 44.2)):
        seen = overview["breast-cancer"]
        overviews[name] = replace(
            seen,
            towards="progression",
            classes={},
            class_words={},
            confidence=(),
            said=Summary("progression", rows=90, mean=148.6, std=55.1, low=25.0, high=346.0, unit="mg/dl"),
            quality=Quality("regression", 90, wrong, 31.0, r2=0.45),
            slices=tuple(replace(s, quality=Quality("regression", 45, wrong, 30.0)) for s in seen.slices),
        )
    return replace(
        result,
        overviews={"breast-cancer": overviews["now"]},
        before={"breast-cancer": overviews["then"]},
        findings=(),
        failed=(),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_value_is_told_in_its_unit(language: str) -> None:
    text = re.sub(r"<[^>]+>", " ", html_of(replace(regression(), language=language), "page"))
    half = 1.96 * 31.0 / 90**0.5
    assert "51.4 mg/dl" in text
    assert f"{51.4 - half:.1f} mg/dl" in text
    assert "44.2 mg/dl" in text
    assert "+7.2" in text
    assert "0.450" in text
    assert ("higher values raise it" if language == "en" else "值越高预测越高") in text
    assert "malignant" not in text.split("Said then")[0].split("当时的说法")[0].split("Says now")[0]


@pytest.mark.parametrize("name", list(FILES))
def test_a_run_of_which_little_is_known(name: str) -> None:
    """No labels, nothing attributed, nothing explained; and one without any study."""
    bare = Overview("pictures", nights.FIRST.isoformat(), modality="image", rows=3)
    result = RunResult("a", nights.FIRST, {"pictures": bare}, before={"pictures": bare})
    assert render(result, name)
    assert render(RunResult("a", nights.FIRST, {}, state="failed"), name)


def test_one_row_of_one_class() -> None:
    seen = nights.overview(0)
    single = replace(
        seen,
        rows=1,
        classes={"malignant": 1},
        quality=Quality("classification", 1, 0.0, 0.0, majority=1.0),
        confidence=(Confidence(0, 0.0, 0.0, 0.0), Confidence(1, 1.0, 1.0, 0.0)),
        drivers=tuple(replace(driver, share=0.0, error=0.0, noise=0.0) for driver in seen.drivers),
        columns=tuple(replace(column, rows=1, missing=1, mean=None, std=None) for column in seen.columns),
    )
    text = html_of(RunResult("a", nights.FIRST, {"one": single}, before={"one": single}), "page")
    assert "20.7% to 100.0%" in text  # Wilson's interval of one in one
    assert not re.search(r"\bnan\b", text)


def test_categories_are_called_by_what_they_mean() -> None:
    result = nights.run(8)
    now = result.overviews["breast-cancer"]
    words = {"en": Words("site", values={"north": "the northern house"})}
    columns = (replace(now.by_column["site"], words=words),)
    slices = tuple(replace(part, words=words) for part in now.slices)
    text = html_of(replace(result, overviews={"breast-cancer": replace(now, columns=columns, slices=slices)}), "page")
    assert "Site: the northern house" in text
    assert "the northern house (49%)" in text
    assert "Site: south" in text


def test_what_a_table_leaves_out_is_counted(bad: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The shares of the other 8 features differ by no more than noise." in html_of(bad, "page")
    monkeypatch.setattr(drivers, "CHANGED", 1)
    monkeypatch.setattr(drivers, "MOST", 5)
    text = html_of(bad, "page")
    assert "3 more differ by more than noise" in text
    assert "The other 7 features" in text


def test_of_many_parts_the_worst_are_shown_in_their_own_order(bad: RunResult) -> None:
    now = bad.overviews["breast-cancer"]
    parts = tuple(
        replace(now.slices[0], column="ward", value=f"{number:02}", quality=Quality("classification", 50, loss, 0.3))
        for number, loss in enumerate([0.0] * 30 + [0.2, 0.4])
    )
    text = markdown_of(replace(bad, overviews={"breast-cancer": replace(now, slices=parts)}))
    shown = re.findall(r"^\| [^|]*?: (\d\d) \|", text, re.MULTILINE)
    assert shown == [*(f"{number:02}" for number in range(22)), "30", "31"]
