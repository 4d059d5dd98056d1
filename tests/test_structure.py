"""The PDF of every sample can be read aloud, walked and searched; and the checker that says so finds what is wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
import pytest

from reporter.explanation import Explanation
from reporter.formats.pdf import Pdf
from reporter.telling import tell
from tests.reports import decision, everything, told
from tests.samples import IDS
from tests.structure import problems

HTML = {"digits": 150_000}  # bytes of a page; 80,000 where there are no pictures
# Each paper and each variant in each language of each sample, in half as many documents.
WAYS = {"en": (("a4", "pdf/ua-1"), ("letter", "pdf/a-3a")), "zh": (("letter", "pdf/ua-1"), ("a4", "pdf/a-3a"))}


# WeasyPrint opens its colour profile and leaves closing it to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("language", WAYS)
@pytest.mark.parametrize("name", IDS)
def test_every_sample_is_well_built_and_small(name: str, language: str, sample: Callable[[str], Explanation]) -> None:
    report = tell(sample(name), language=language)
    assert len(report.to_html().encode()) <= HTML.get(name, 80_000)
    for paper, variant in WAYS[language]:
        content = Pdf(paper=paper, variant=variant).render(report)
        assert problems(content, language=language, paper=paper) == []
        assert len(content) <= 200_000


@pytest.mark.parametrize("kind", ["unreliable", "no reference", "ten classes", "headline only"])
def test_reports_of_every_kind_are_well_built(kind: str) -> None:
    assert problems(Pdf().render(everything()[kind]), language="en") == []


def test_rows_as_tall_as_a_page_leave_a_caption_behind_and_nothing_else() -> None:
    assert problems(Pdf().render(everything()["hostile"]), language="en") == ["a table with rows of [] cells"]


@cache
def sound() -> bytes:
    return Pdf().render(told(decision(4)))


def damaged(how: Callable[[pikepdf.Pdf], None]) -> list[str]:
    """What the checker says after `how` has been done to a sound document."""
    with pikepdf.open(io.BytesIO(sound())) as pdf:
        how(pdf)
        changed = io.BytesIO()
        pdf.save(changed)
    return problems(changed.getvalue(), language="en")


def first(pdf: pikepdf.Pdf, tag: str) -> Any:
    return next(each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/S") == f"/{tag}")


def _without_tags(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def _without_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def _without_title(pdf: pikepdf.Pdf) -> None:
    del pdf.docinfo["/Title"]
    with pdf.open_metadata() as metadata:
        del metadata["dc:title"]


def _with_a_skipped_level(pdf: pikepdf.Pdf) -> None:
    first(pdf, "H2").S = pikepdf.Name.H3


def _without_a_scope(pdf: pikepdf.Pdf) -> None:
    del first(pdf, "TH").A["/Scope"]


def _with_a_short_row(pdf: pikepdf.Pdf) -> None:
    del first(pdf, "TR").K[0]


def _with_a_cell_outside(pdf: pikepdf.Pdf) -> None:
    first(pdf, "TR").S = pikepdf.Name.P


def _with_a_bare_figure(pdf: pikepdf.Pdf) -> None:
    first(pdf, "Span").S = pikepdf.Name.Figure


def _with_a_strange_tag(pdf: pikepdf.Pdf) -> None:
    first(pdf, "Span").S = pikepdf.Name.Blink


def _with_loose_content(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 9 9 re f")


def _with_a_lost_mark(pdf: pikepdf.Pdf) -> None:
    first(pdf, "Span").K = pikepdf.Array()


def _without_bookmarks(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Outlines


def _with_a_nameless_link(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[0].Annots[0].Contents


def _with_a_flat_link(pdf: pikepdf.Pdf) -> None:
    rect = pdf.pages[0].Annots[0].Rect
    rect[3] = rect[1]


def _with_a_dead_link(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Annots[0].Dest = pikepdf.String("nowhere")


def _without_a_font(pdf: pikepdf.Pdf) -> None:
    descriptor = next(
        each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/FontDescriptor"
    )
    for key in ("/FontFile2", "/FontFile3"):
        if key in descriptor:
            del descriptor[key]


def _on_other_paper(pdf: pikepdf.Pdf) -> None:
    pdf.pages[-1].MediaBox = pikepdf.Array([0, 0, 612, 792])


@pytest.mark.parametrize(
    ("how", "told_of"),
    [
        (_without_tags, "no tags"),
        (_without_language, "its language"),
        (_without_title, "titles"),
        (_with_a_skipped_level, "level 3 follows one of level 1"),
        (_without_a_scope, "without a scope"),
        (_with_a_short_row, "rows of"),
        (_with_a_cell_outside, "right inside P"),
        (_with_a_bare_figure, "without an alternate text"),
        (_with_a_strange_tag, "Blink"),
        (_with_loose_content, "neither tagged nor decoration"),
        (_with_a_lost_mark, "its tags hold"),
        (_without_bookmarks, "bookmarks"),
        (_with_a_nameless_link, "without a name"),
        (_with_a_flat_link, "no area"),
        (_with_a_dead_link, "leads nowhere"),
        (_without_a_font, "not embedded"),
        (_on_other_paper, "612 by 792"),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_the_checker_finds_what_is_wrong(how: Callable[[pikepdf.Pdf], None], told_of: str) -> None:
    assert problems(sound(), language="en") == []
    assert [line for line in damaged(how) if told_of in line]
