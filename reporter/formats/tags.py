"""What PDF/UA asks for and WeasyPrint 70 does not write: scopes of headers, names of links, margins as decoration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def complete(pdf: Any, words: Mapping[str, str]) -> None:
    """Add it to a document that WeasyPrint is about to write; `words` are those of the language's "document"."""
    _scopes(pdf)
    _links(pdf, words)
    _margins(pdf)


def _scopes(pdf: Any) -> None:
    elements = {item.number: item for item in _dictionaries(pdf) if item.get("Type") == "/StructElem"}

    def ancestors(element: Any) -> Iterator[str]:
        while (parent := elements.get(number(element["P"]))) is not None:
            yield parent["S"]
            element = parent

    for element in elements.values():
        if element["S"] == "/TH":
            # Our templates know no third kind: a header below <thead> heads its column, any other its row.
            element["A"]["Scope"] = "/Column" if "/THead" in ancestors(element) else "/Row"


def _links(pdf: Any, words: Mapping[str, str]) -> None:
    frames = {"e": words["evidence_link"], "s": words["back_link"]}
    for item in _dictionaries(pdf):
        target = re.search(r"-([es])(\d+)$", item["Dest"].string) if item.get("Subtype") == "/Link" else None
        if target:
            item["Contents"] = type(item["Contents"])(frames[target[1]].format(number=target[2]))


def _margins(pdf: Any) -> None:
    """Running heads and feet are decoration: WeasyPrint marks them as text and leaves them out of the tree of tags."""
    root = pdf.objects[number(pdf.catalog["StructTreeRoot"])]
    known = set(_within(pdf, root["K"]))
    owners = pdf.objects[number(root["ParentTree"])]["Nums"]
    pages = {item["StructParents"]: item for item in _dictionaries(pdf) if item.get("Type") == "/Page"}
    for place, page in pages.items():
        marks = owners[owners.index(place) + 1]
        text = len(marks)
        while text and number(marks[text - 1]) not in known:  # margins are drawn last
            text -= 1
        del marks[text:]
        content = pdf.objects[number(page["Contents"])].stream
        for at, part in enumerate(content):
            if isinstance(part, type(pdf.catalog)) and part.get("MCID", -1) >= text:
                content[at - 1], content[at] = "/Artifact", type(part)({"Type": "/Pagination"})


def _within(pdf: Any, kids: Any) -> Iterator[int]:
    """The numbers of all elements below, found without recursion: a long table is deep and wide."""
    waiting = [kids]
    while waiting:
        for kid in waiting.pop():
            if isinstance(kid, bytes):  # a reference; marked content is a number
                yield number(kid)
                waiting.append(pdf.objects[number(kid)].get("K", ()))


def _dictionaries(pdf: Any) -> list[Any]:
    return [item for item in pdf.objects if isinstance(item, type(pdf.catalog))]


def number(reference: bytes) -> int:
    """The object number in a reference such as b"12 0 R"; -1 where it is none."""
    found = re.match(rb"(\d+) \d+ R", reference)
    return int(found[1]) if found else -1
