"""Fonts inside a PDF, made as small as their letters.

WeasyPrint keeps the number of every glyph, so that a Chinese font of 65,000 glyphs is embedded with a place, a width
and a height for each, where a report uses four hundred. Fonts whose glyphs are found by name and not by place
(CID-keyed CFF, as Chinese, Japanese and Korean ones are) hold what is used here and nothing else; what is drawn stays.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont

from reporter.formats.tags import number


def lighten(pdf: Any) -> None:
    """Leave out the glyphs that no text uses, in every font of a document that WeasyPrint is about to write."""
    programs: dict[int, list[Any]] = {}
    for font in list(pdf.objects):
        if isinstance(font, type(pdf.catalog)) and font.get("Subtype") == "/CIDFontType0":
            descriptor = pdf.objects[number(font["FontDescriptor"])]
            programs.setdefault(number(descriptor["FontFile3"]), []).append(font)
    for place, fonts in programs.items():
        program = pdf.objects[place]
        lean = _lean(b"".join(program.stream), sorted({0, *(glyph for font in fonts for glyph in _glyphs(font["W"]))}))
        if lean:
            program.stream, program.extra["Subtype"] = [lean], "/CIDFontType0C"
            for font in fonts:
                font.pop("CIDToGIDMap")  # it is for TrueType; in a CFF the font's own names say which glyph is which


def _glyphs(widths: Iterable[Any]) -> Iterable[int]:
    """The glyphs in a PDF's list of widths: a first number, then the widths from it on, and so on."""
    parts = iter(widths)
    for first in parts:
        yield from range(first, first + len(next(parts)))


def _lean(program: bytes, glyphs: list[int]) -> bytes:
    """The CFF of an OpenType font with these glyphs alone, under the names they have; empty where that cannot be."""
    font = TTFont(io.BytesIO(program), lazy=True)
    if "CFF " not in font:
        return b""
    outlines = CFFFontSet()
    outlines.decompile(io.BytesIO(font.reader["CFF "]), font)
    top = outlines[0]
    glyphs = [glyph for glyph in glyphs if glyph < len(top.charset)]
    names = [top.charset[glyph] for glyph in glyphs]
    if not hasattr(top, "ROS") or names[1:] != [f"cid{glyph:05d}" for glyph in glyphs[1:]]:
        return b""
    chosen = top.CharStrings
    chosen.charStringsIndex.items = [chosen.charStringsIndex[glyph] for glyph in glyphs]
    chosen.charStrings = {name: place for place, name in enumerate(names)}
    top.FDSelect.gidArray = [top.FDSelect[glyph] for glyph in glyphs]
    top.charset, top.numGlyphs = names, len(names)
    lean = io.BytesIO()
    outlines.compile(lean, font)
    return lean.getvalue()
