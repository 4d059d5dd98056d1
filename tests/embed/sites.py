"""Building sites with the real tools, and looking in a browser whether a fragment came through."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

from tests.browser import Browser, View

ROOT = Path(__file__).parents[2]
# What a host could change of an element, and how large it came out.
_LOOK = """identity => {
    const names = ["display", "position", "box-sizing", "color", "background-color", "font-family", "font-size",
        "font-weight", "font-style", "line-height", "letter-spacing", "text-align", "text-transform", "text-decoration",
        "white-space", "vertical-align", "margin", "padding", "border", "border-collapse", "list-style", "float",
        "opacity", "visibility", "overflow", "max-width", "transform", "box-shadow", "content"]
    const root = document.getElementById(identity)
    return [root, ...root.querySelectorAll("*:not(style, link)")].map(element => {
        const style = getComputedStyle(element), box = element.getBoundingClientRect()
        return [element.outerHTML.slice(0, 80), Math.round(box.width), Math.round(box.height),
            ...names.map(name => `${name}: ${style.getPropertyValue(name)}`)]})}"""
# The same with the fragment as the page has it, the styles of all fragments, and the room that it stands in.
_ROOM = f"""identity => {{
    const root = document.getElementById(identity), around = getComputedStyle(root.parentElement)
    return {{html: root.outerHTML, width: root.getBoundingClientRect().width, size: around.fontSize,
        styles: [...document.querySelectorAll(".rx > style, .rx > link")].map(each => each.outerHTML).join(""),
        look: ({_LOOK})(identity)}}}}"""


def built(*command: str | Path, folder: Path, fails: bool = False, variables: Mapping[str, str] | None = None) -> str:
    """What a tool said; it is run in `folder` with this interpreter's environment, and must end as told."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "TERM": "dumb", **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    return said


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files in it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def read(path: Path) -> Element:
    """A page as a browser reads it; what a theme does wrong is not ours."""
    root: Element = HTMLParser(namespace_html_elements=False).parse(path.read_text(encoding="utf-8"))
    return root


def fragments(view: View) -> list[str]:
    """The ids of the fragments on a page, in their order."""
    found: list[str] = view.evaluate("[...document.querySelectorAll('section.rx')].map(each => each.id)")
    return found


def assert_intact(browser: Browser, url: str, count: int, *, scheme: str = "light", errors: Sequence[str] = ()) -> None:
    """The page has `count` fragments, each as it looks on an empty page, with its links leading where they should.

    `errors`: what the tool's own pages write to the console. Nothing is fetched from outside; `View` sees to that.
    """
    with browser.view(1280, 1000, color_scheme=scheme) as view:
        view.open(url)
        there = fragments(view)
        assert len(there) == len(set(there)) == count
        ids: list[str] = view.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
        assert len(ids) == len(set(ids))
        links: list[str] = view.evaluate(
            "[...document.querySelectorAll('.rx a')].map(each => each.getAttribute('href'))"
        )
        assert {link.removeprefix("#") for link in links} <= set(ids)
        for identity in there:
            room: dict[str, Any] = view.evaluate(_ROOM, identity)
            shown, alone = room["look"], _alone(browser, identity, room, scheme)
            changed = [{*map(str, a)} ^ {*map(str, b)} for a, b in zip(shown, alone, strict=True) if a != b]
            assert not changed, f"{len(changed)} elements of {identity} look otherwise: {changed[:5]}"
        unknown = [error for error in view.errors if not any(known in error for known in errors)]
        assert not unknown, unknown


def _alone(browser: Browser, identity: str, room: Mapping[str, Any], scheme: str) -> Any:
    """The same fragment in the same room of an otherwise empty page."""
    with browser.view(1280, 1000, color_scheme=scheme) as view:
        view.show(
            f'<!doctype html><html style="color-scheme:{scheme}"><meta charset="utf-8"><title>empty</title>'
            f'<body style="margin:0">{room["styles"]}'
            f'<div style="width:{room["width"]}px;font-size:{room["size"]}">{room["html"]}</div>'
        )
        return view.evaluate(_LOOK, identity)
