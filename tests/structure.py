"""What a screen reader needs of a PDF (PDF/UA-1, ISO 14289), checked with pikepdf: tags, order, names, alternatives."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pikepdf

GROUPING = {"Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index", "NonStruct"}
STANDARD = GROUPING | {
    *("P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead"),
    *("TBody", "TFoot", "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Annot", "Figure", "Formula"),
}
# Which elements may stand right below which, where the standard leaves no choice.
INSIDE = {
    "Table": {"THead", "TBody", "TFoot", "TR", "Caption"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
    "TR": {"TH", "TD"},
    "L": {"LI", "Caption", "L"},
    "LI": {"Lbl", "LBody"},
}
OUTSIDE = {"TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "THead": {"Table"}}
PAINTS = {"Tj", "TJ", "'", '"', "f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "sh", "Do", "INLINE IMAGE"}
LEAST = 3  # points that a link must measure, to be hit
PAPERS = {"a4": (595, 842), "letter": (612, 792)}


@dataclass(frozen=True)
class Element:
    """One structure element: its tag, itself, what is above it (nearest last), and what it holds."""

    tag: str
    node: Any
    above: tuple[str, ...]
    kids: tuple[str, ...]  # the tags right below it
    marks: tuple[int, ...]  # the marked content it holds itself, on the page it names


def problems(content: bytes, *, language: str, paper: str = "a4") -> list[str]:
    """What is wrong, one line each; empty for a document that everybody can read."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if "/StructTreeRoot" not in pdf.Root:
            return ["it has no tags"]
        elements = list(elements_of(pdf))
        return [
            *_document(pdf, language, paper),
            *_tree(elements),
            *_headings(elements),
            *_tables(elements),
            *_bookmarks(pdf),
            *(line for number in range(len(pdf.pages)) for line in _page(pdf, number, elements)),
            *_links(pdf, elements),
            *_fonts(pdf),
        ]


def elements_of(pdf: pikepdf.Pdf) -> Iterator[Element]:
    """Every structure element in the order of reading."""

    def walk(node: Any, above: tuple[str, ...]) -> Iterator[Element]:
        tag = str(node.S).removeprefix("/")
        below = list(_below(node))
        structure = [kid for kid in below if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
        marks = tuple(int(kid) for kid in below if isinstance(kid, int))
        yield Element(tag, node, above, tuple(str(kid.S).removeprefix("/") for kid in structure), marks)
        for kid in structure:
            yield from walk(kid, (*above, tag))

    for root in _below(pdf.Root.StructTreeRoot):
        yield from walk(root, ())


def _below(node: Any) -> Iterator[Any]:
    kids = node.get("/K", [])
    yield from (kids if isinstance(kids, pikepdf.Array) else [kids])


def _document(pdf: pikepdf.Pdf, language: str, paper: str) -> Iterator[str]:
    root: Any = pdf.Root
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "it does not say that it is tagged"
    if str(root.get("/Lang", "")) != language:
        yield f"its language is {root.get('/Lang')!s}, not {language}"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "a window would show the file's name, not the title"
    with pdf.open_metadata() as metadata:
        title = str(metadata.get("dc:title", ""))
        if not title.strip() or title != str(pdf.docinfo.get("/Title", "")):
            yield f"its titles are {title!r} and {pdf.docinfo.get('/Title')!s}"
        if not (metadata.get("pdfuaid:part") or metadata.get("pdfaid:conformance") == "A"):
            yield "it does not say which standard it follows"
    for number, page in enumerate(pdf.pages, 1):
        size = tuple(round(float(edge)) for edge in page.MediaBox)[2:]
        if size != PAPERS[paper]:
            yield f"page {number} is {size[0]} by {size[1]}"


def _tree(elements: list[Element]) -> Iterator[str]:
    for element in elements:
        if element.tag not in STANDARD:
            yield f"{element.tag} is no standard tag"
        wrong = set(element.kids) - INSIDE.get(element.tag, set(element.kids))
        if wrong:
            yield f"{', '.join(sorted(wrong))} right inside {element.tag}"
        if element.tag in OUTSIDE and element.above[-1] not in OUTSIDE[element.tag]:
            yield f"{element.tag} right inside {element.above[-1]}"
        if element.tag in ("Figure", "Formula"):
            if not str(element.node.get("/Alt", "")).strip():
                yield f"a {element.tag} without an alternate text"
            if "/BBox" not in element.node.get("/A", {}):
                yield f"a {element.tag} without a place"


def _headings(elements: list[Element]) -> Iterator[str]:
    levels = [int(element.tag[1]) for element in elements if element.tag[0] == "H" and element.tag[1:].isdigit()]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"headings are of levels {levels}"
    for above, below in pairwise(levels):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"


def _tables(elements: list[Element]) -> Iterator[str]:
    for element in elements:
        if element.tag == "TH" and str(element.node.get("/A", {}).get("/Scope")) not in ("/Row", "/Column", "/Both"):
            yield "a header cell without a scope"
        if element.tag == "Table":
            widths = {_width(row) for row in _rows(element.node)}
            if len(widths) != 1 or 0 in widths:
                yield f"a table with rows of {sorted(widths)} cells"
            if element.kids[-1:] == ("Caption",) and len(element.kids) > 1:
                yield "a table with its caption below"


def _rows(table: Any) -> Iterator[Any]:
    for part in _below(table):
        if isinstance(part, pikepdf.Dictionary) and "/S" in part:
            yield from [part] if part.S == "/TR" else _rows(part) if part.S != "/Caption" else []


def _width(row: Any) -> int:
    cells: list[Any] = [kid for kid in _below(row) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
    return sum(int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in cells)


def _bookmarks(pdf: pikepdf.Pdf) -> Iterator[str]:
    with pdf.open_outline() as outline:
        if len(outline.root) != 1 or not outline.root[0].children:
            yield "its bookmarks do not begin with one title and its sections"
        entries = [*outline.root, *(child for top in outline.root for child in top.children)]
        if any(not entry.title.strip() for entry in entries):
            yield "a bookmark without a name"


def _page(pdf: pikepdf.Pdf, number: int, elements: list[Element]) -> Iterator[str]:
    """Everything that is painted is in the tree, once, or said to be decoration."""
    page = pdf.pages[number]
    place = f"page {number + 1}"
    if str(page.get("/Tabs")) != "/S":
        yield f"{place} is not walked in the order of its tags"
    mapped = dict(_numbers(pdf.Root.StructTreeRoot.ParentTree)).get(int(page.get("/StructParents", -1)), [])
    owned = Counter(mark for each in elements if each.node.get("/Pg") == page.obj for mark in each.marks)
    found = []
    marked: list[str | int] = []
    loose = 0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in ("BMC", "BDC"):
            tag, *rest = instruction.operands
            number_of = rest[0].get("/MCID") if rest and isinstance(rest[0], pikepdf.Dictionary) else None
            marked.append(int(number_of) if number_of is not None else str(tag))
            found += [int(number_of)] if number_of is not None else []
        elif operator == "EMC":
            marked.pop()
        elif operator in PAINTS and not any(each == "/Artifact" or isinstance(each, int) for each in marked):
            loose += 1
    if loose:
        yield f"{place} paints {loose} things that are neither tagged nor decoration"
    if sorted(found) != list(range(len(found))) or len(mapped) != len(found):
        yield f"{place} marks {len(found)} pieces and maps {len(mapped)}"
    if Counter(found) != owned:
        yield f"{place} marks pieces {sorted(found)} but its tags hold {sorted(owned.elements())}"


def _numbers(tree: Any) -> Iterator[tuple[int, Any]]:
    """The entries of a number tree."""
    entries = list(tree.get("/Nums", []))
    yield from zip(map(int, entries[::2]), entries[1::2], strict=True)
    for kid in tree.get("/Kids", []):
        yield from _numbers(kid)


def _links(pdf: pikepdf.Pdf, elements: list[Element]) -> Iterator[str]:
    """Each link says where it leads, can be hit, and is tagged as one."""
    tagged = [
        kid.Obj.objgen
        for element in elements
        if element.tag == "Link"
        for kid in _below(element.node)
        if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"
    ]
    root: Any = pdf.Root
    known = {str(name) for name in list(root.get("/Names", {}).get("/Dests", {}).get("/Names", []))[::2]}
    for number, page in enumerate(pdf.pages, 1):
        for annotation in page.get("/Annots", []):
            if annotation.Subtype != "/Link":
                yield f"an annotation on page {number} is a {annotation.Subtype!s}"
                continue
            told = str(annotation.get("/Contents", ""))
            left, bottom, right, top = (float(edge) for edge in annotation.Rect)
            if not told.strip():
                yield f"a link on page {number} without a name"
            if abs(right - left) < LEAST or abs(top - bottom) < LEAST:
                yield f"the link {told!r} on page {number} has no area"
            if "/Dest" in annotation and str(annotation.Dest) not in known:
                yield f"the link {told!r} on page {number} leads nowhere"
            if tagged.count(annotation.objgen) != 1:
                yield f"the link {told!r} on page {number} is tagged {tagged.count(annotation.objgen)} times"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Every font is embedded and its glyphs are known as letters."""
    for font in pdf.objects:
        if not isinstance(font, pikepdf.Dictionary) or font.get("/Type") != "/Font":
            continue
        name = str(font.get("/BaseFont", "a font"))
        if font.Subtype == "/Type0" and "/ToUnicode" not in font:
            yield f"{name} does not say which letters its glyphs are"
        if str(font.Subtype).startswith("/CIDFontType"):
            files = [key for key in font.FontDescriptor.keys() if key.startswith("/FontFile")]  # noqa: SIM118
            if not files:
                yield f"{name} is not embedded"
