"""The PDF: tagged, named, bookmarked, quiet, and the same each time."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.request import OpenerDirector

import pikepdf
import pytest

from reporter.errors import MissingDependency, OutputError, UnknownName
from reporter.facts import facts_of
from reporter.formats.page import Page, html_of
from reporter.formats.pdf import Pdf
from tests.markup import headings, parsed
from tests.reports import decision, everything, told

REPORTS = everything()


@cache
def content(kind: str) -> bytes:
    return Pdf().render(REPORTS[kind])


def opened(kind: str) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content(kind)))


def elements(pdf: pikepdf.Pdf) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every structure element with the tags above it."""

    def walk(element: Any, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for kid in element.get("/K", []) if isinstance(element.get("/K"), pikepdf.Array) else []:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield above, kid
                yield from walk(kid, (*above, str(kid.S)))

    yield from walk(pdf.Root.StructTreeRoot, ())


def test_it_is_tagged_and_says_what_it_is() -> None:
    with opened("thirty features") as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.docinfo["/Title"]).startswith("Read as malignant")
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261121081500Z"
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert str(metadata["dc:title"]).startswith("Read as malignant")


@pytest.mark.parametrize("kind", ["thirty features", "unreliable"])
def test_every_header_cell_has_a_scope(kind: str) -> None:
    with opened(kind) as pdf:
        cells = [(above, cell) for above, cell in elements(pdf) if cell.S == "/TH"]
        assert len(cells) > 20
        for above, cell in cells:
            assert cell.A.Scope == ("/Column" if "/THead" in above else "/Row")


@pytest.mark.parametrize("kind", ["thirty features", "unreliable"])
def test_headings_and_bookmarks_follow_the_page(kind: str) -> None:
    shown = headings(parsed(Page().render(REPORTS[kind]).decode()))
    with opened(kind) as pdf:
        tags = [str(element.S) for _, element in elements(pdf) if str(element.S) in ("/H1", "/H2", "/H3")]
        assert tags == [f"/H{level}" for level, _ in shown]
        with pdf.open_outline() as outline:
            (top,) = outline.root
            assert top.title.replace("\xa0", " ") == shown[0][1].rstrip("0123456789")
            assert [child.title for child in top.children] == [text for _, text in shown[1:]]


def test_a_long_table_repeats_its_head_and_every_page_can_be_reached() -> None:
    with opened("two hundred features") as pdf:
        assert len(pdf.pages) > 4
        heads = [element for _, element in elements(pdf) if element.S == "/THead"]
        assert len(heads) >= len(pdf.pages)


def test_a_first_page_holds_the_whole_ranked_table() -> None:
    with opened("thirty features") as pdf:
        first = pdf.pages[0].obj
        tables = [element for _, element in elements(pdf) if element.S == "/Table" and element.Pg == first]
        assert len(pdf.pages) <= 4
        rows = [e for above, e in elements(pdf) if e.S == "/TR" and "/TBody" in above and e.Pg == first]
        assert tables
        assert len(rows) >= 11


def test_whoever_decides_reads_all_but_the_annex_on_one_page() -> None:
    report = told(decision(30))
    brief = replace(report, narrative=replace(report.narrative, audience="decision-maker"))
    with pikepdf.open(io.BytesIO(Pdf().render(brief))) as pdf:
        first = pdf.pages[0].obj
        found = [str(element.S) for _, element in elements(pdf) if str(element.S)[:2] == "/H" and element.Pg == first]
        assert found == ["/H1", "/H2", "/H2", "/H2", "/H2"]  # why, trust, about, next


@pytest.mark.parametrize(("code", "said"), [("en", ("Page ", " of ", "")), ("zh", ("第 ", " 页，共 ", " 页"))])
def test_pages_are_counted_in_the_language_of_the_report(code: str, said: tuple[str, str, str]) -> None:
    report = replace(told(decision(3)), facts=facts_of(decision(3), code))
    before, between, after = (f'"{part}"' for part in said)
    assert f"{before} counter(page) {between} counter(pages) {after}" in html_of(report, "paper")


def test_links_stay_inside() -> None:
    with opened("hostile") as pdf:
        annotations = [annotation for page in pdf.pages for annotation in page.get("/Annots", [])]
        assert annotations
        assert all("/Dest" in annotation and "/A" not in annotation for annotation in annotations)
        assert {re.sub(r"\d+", "n", str(each.Contents)) for each in annotations} == {"Evidence n", "Back to sentence n"}
        assert not {"/AF", "/Names/EmbeddedFiles", "/OpenAction"} & set(pdf.Root.keys())


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_paper_is_what_was_asked_for(paper: str, size: tuple[int, int]) -> None:
    with pikepdf.open(io.BytesIO(Pdf(paper=paper).render(REPORTS["three features"]))) as pdf:
        assert {tuple(round(float(edge)) for edge in page.MediaBox)[2:] for page in pdf.pages} == {size}


# WeasyPrint opens its colour profile and leaves closing it to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_pdf_to_be_kept_holds_the_json_and_is_as_well_tagged() -> None:
    report = REPORTS["thirty features"]
    kept = Pdf(variant="pdf/a-3a").render(report)
    assert kept == Pdf(variant="pdf/a-3a").render(report)
    with pikepdf.open(io.BytesIO(kept)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        (twin,) = pdf.attachments.values()
        assert twin.get_file().read_bytes() == report.render("json")
        assert pdf.Root.AF[0].AFRelationship == "/Data"
        assert pdf.Root.OutputIntents
        assert all("/Scope" in cell.A for _, cell in elements(pdf) if cell.S == "/TH")
        assert str(pdf.Root.Lang) == "en"


@pytest.mark.parametrize("settings", [{"paper": "a5"}, {"variant": "pdf/a-1b"}])
def test_what_it_cannot_be_is_refused_with_what_it_can(settings: dict[str, str]) -> None:
    with pytest.raises(UnknownName, match=r"pdf/ua-1|a4|did you mean|known"):
        Pdf(**settings)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert Pdf().render(REPORTS["three features"]) == Pdf().render(REPORTS["three features"])


def test_the_clock_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Pdf().render(REPORTS["three features"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert Pdf().render(REPORTS["three features"]) == before


@pytest.mark.parametrize("kind", ["thirty features", "hostile"])
def test_it_is_made_in_silence(kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.WARNING):
        Pdf().render(REPORTS[kind])
    assert [record.getMessage() for record in caplog.records] == []
    assert capfd.readouterr() == ("", "")


def test_thirty_features_fit_in_two_hundred_kilobytes() -> None:
    assert len(content("thirty features")) <= 200_000


@pytest.mark.parametrize(
    "asked",
    [
        '<link rel="stylesheet" href="file:///etc/hostname">',
        '<style>@import "http://localhost:9/a.css";</style>',
        "<style>.rx{background:url(file:///etc/hostname)}</style>",
        "<style>@font-face{font-family:x;src:url(http://localhost:9/x.woff)}</style>",
        '<style>@import "data:text/css,@import%20%22http://localhost:9/a.css%22;";</style>',
    ],
)
def test_what_a_template_names_is_not_fetched(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = html_of(REPORTS["one feature"], "paper").replace("</head>", f"{asked}</head>")
    monkeypatch.setattr("reporter.formats.pdf.html_of", lambda *_: made)
    reached: list[str] = []
    real = OpenerDirector.open

    def watched(director: OpenerDirector, request: Any, *rest: Any, **settings: Any) -> Any:
        reached.append(request.full_url)
        return real(director, request, *rest, **settings)

    monkeypatch.setattr(OpenerDirector, "open", watched)
    with pytest.raises(OutputError, match=r"fetches nothing: .*(localhost|/etc/hostname)"):
        Pdf().render(REPORTS["one feature"])
    assert [url for url in reached if not url.startswith("data:")] == []


def test_without_weasyprint_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingDependency, match="weasyprint"):
        Pdf().render(REPORTS["one feature"])
