"""Fonts inside a PDF hold the glyphs that are used, and draw what they drew."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from reporter.formats.pdf import Pdf
from reporter.report import Report
from reporter.system import CJK_FACE
from reporter.telling import tell
from tests.reports import decision

pytestmark = pytest.mark.skipif(not CJK_FACE.present, reason="needs a Chinese face")


@cache
def chinese() -> Report:
    return tell(decision(12), language="zh")


@cache
def light() -> bytes:
    return Pdf().render(chinese())


@pytest.fixture
def heavy(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The same document as WeasyPrint makes it."""
    monkeypatch.setattr("reporter.formats.fonts.lighten", lambda pdf: None)
    return Pdf().render(chinese())


def fonts(content: bytes) -> Iterator[tuple[str, Any, Any]]:
    """Name, font and embedded program of every font of a document."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for font in pdf.objects:
            if isinstance(font, pikepdf.Dictionary) and str(font.get("/Subtype")).startswith("/CIDFontType"):
                descriptor = font.FontDescriptor
                program = next(descriptor[key] for key in ("/FontFile3", "/FontFile2") if key in descriptor)
                yield str(font.BaseFont), font, program


def used(font: Any) -> set[int]:
    parts = list(font.W)
    return {int(first) + n for first, widths in list(pairwise(parts))[::2] for n in range(len(widths))}


def drawn(program: bytes, kind: str) -> dict[str, Any]:
    """What each glyph of a CID-keyed font draws, by its name."""
    outlines = CFFFontSet()
    if kind == "/OpenType":
        whole = TTFont(io.BytesIO(program), lazy=True)
        outlines.decompile(io.BytesIO(whole.reader["CFF "]), whole)
    else:
        outlines.decompile(io.BytesIO(program), None)
    strings = outlines[0].CharStrings
    found = {}
    for name in outlines[0].charset:
        pen = DecomposingRecordingPen(strings)
        strings[name].draw(pen)
        found[name] = (pen.value, strings[name].width)
    return found


def test_chinese_reports_are_small() -> None:
    assert len(light()) <= 200_000


def test_every_used_glyph_is_drawn_as_before(heavy: bytes) -> None:
    before = {name: (used(font), program.read_bytes(), str(program.Subtype)) for name, font, program in fonts(heavy)}
    lean = 0
    for name, font, program in fonts(light()):
        glyphs, whole, kind = before[name]
        assert used(font) == glyphs
        if str(program.get("/Subtype")) != "/CIDFontType0C":
            assert program.read_bytes() == whole
            continue
        lean += 1
        assert "/CIDToGIDMap" not in font
        now, then = drawn(program.read_bytes(), "/CIDFontType0C"), drawn(whole, kind)
        assert set(now) == {".notdef", *(f"cid{glyph:05d}" for glyph in glyphs)}
        assert now == {name: then[name] for name in now}
        widths = {int(first) + n: w for first, ws in list(pairwise(font.W))[::2] for n, w in enumerate(ws)}
        assert all(abs(now[f"cid{glyph:05d}"][1] - float(widths[glyph])) <= 1 for glyph in glyphs)
    if any("CJK" in name for name in before):
        assert lean


def test_latin_fonts_are_left_as_they_are(heavy: bytes) -> None:
    names = [name for name, _, program in fonts(light()) if str(program.get("/Subtype")) == "/CIDFontType0C"]
    assert not [name for name in names if "Inter" in name]
