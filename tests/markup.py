"""Reading back what was rendered as HTML, as strictly as a browser's parser reports errors."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

URL = re.compile(r"url\(\s*[\"']?(?!data:)|@import|//", re.IGNORECASE)


def parsed(html: str) -> Element:
    """The document; a fragment is put on an otherwise empty page. Fails on any error the HTML standard knows."""
    whole = html if html.startswith("<!doctype html>") else f"<!doctype html><title>host</title>{html}"
    parser = HTMLParser(namespace_html_elements=False)
    root: Element = parser.parse(whole)
    assert parser.errors == []
    return root


def named(root: Element, *tags: str) -> list[Element]:
    """The elements with one of these tags, in the order of the document."""
    return [element for element in root.iter() if element.tag in tags]


def classed(root: Element, name: str) -> list[Element]:
    """The elements of a class, in the order of the document."""
    return [element for element in root.iter() if name in element.get("class", "").split()]


def text_of(element: Element) -> str:
    """All text in an element, white space folded; comments say nothing."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: Element) -> list[str]:
    found = [] if callable(element.tag) else [element.text or ""]  # a comment has a function for its tag
    for child in element:
        found += [*_texts(child), child.tail or ""]
    return found


def headings(root: Element) -> list[tuple[int, str]]:
    """Level and text of every heading."""
    return [(int(h.tag[1]), text_of(h)) for h in named(root, *(f"h{level}" for level in range(1, 7)))]
