"""A Python-Markdown extension, for MkDocs and Zensical too: a fenced block `explanation` becomes the report.

    ```explanation
    path: explanations/41.json
    audience: decision-maker
    sections: headline, lead, table, trust
    ```

`reporter.embed.markdown` among the extensions is enough for blocks that are not indented. For those in lists, notes and
tabs, where pymdownx.superfences reads all blocks, its `custom_fences` take `fence` as `format`, `validate` as
`validator`; both may be used together, and the extension's settings hold for both.
"""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from reporter.embed.request import OPTIONS, Request, request_from
from reporter.embed.retelling import fragment_of, kept_fragment_of
from reporter.errors import ReporterError, UsageError

NAME = "explanation"
FIRST = 27  # before every reader of fenced blocks, the strictest of which has 25
# MkDocs counts warnings below its own name, and fails a strict build for them; elsewhere it is a name like any other.
_log = logging.getLogger("mkdocs.plugins.reporter")
_OPENING = re.compile(r"^(?P<marks>`{3,}|~{3,})[ ]*(?P<head>[^`]*)$")
_ATTRIBUTE = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)'|([^\s"'}]+))""")
_STYLE = re.compile(r"<style>(.*?)</style>\n?", re.DOTALL)


class ExplanationExtension(Extension):
    """Settings, and what one page has of explanations so far."""

    def __init__(self, **given: Any) -> None:
        self.config = {
            "base": [".", "folder that paths begin at"],
            "language": ["", "of all explanations that do not say one"],
            "audience": ["", "likewise"],
            "sections": ["", "likewise"],
            "level": ["", "of headlines, 2 unless given"],
            "templates": ["", "folder of your own templates"],
            "cache": ["", "folder in which fragments are kept from one build to the next"],
            "strict": [False, "whether a mistake ends the build, in place of a warning and a line on the page"],
        }
        super().__init__(**given)
        self.reset()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """What Python-Markdown calls."""
        md.registerExtension(self)
        md.preprocessors.register(_Blocks(md, self), NAME, FIRST)

    def reset(self) -> None:
        """A new page begins, on which no fragment was used and no style is known."""
        self._uses: Counter[str] = Counter()
        self._styles: set[str] = set()

    def html(self, head: Mapping[str, str], lines: Sequence[str]) -> str:
        """The fragment that a block asks for, or a line that says what is wrong. Raises ReporterError when strict."""
        try:
            return self._told({**head, **_options(lines)})
        except ReporterError as error:
            if self.getConfig("strict"):
                raise
            _log.warning("explanation: %s", error)
            return f'<p class="explanation-error"><strong>{escape(str(error))}</strong></p>'

    def _told(self, asked: dict[str, str]) -> str:
        path = asked.pop("path", "")
        if not path:
            raise UsageError("an explanation needs a path", remedy="write `path: explanation.json` in the block")
        defaults = {name: self.getConfig(name) for name in OPTIONS}
        templates = self._folder("templates")
        request = request_from(Path(os.fspath(self.getConfig("base"))) / path, asked, defaults, templates)
        html = self._fragment(request)
        identity = html.partition(">")[0]
        self._uses[identity] += 1
        if self._uses[identity] > 1:
            html = self._fragment(request, str(self._uses[identity]))
        return _STYLE.sub(self._linked, html, count=1)

    def _fragment(self, request: Request, place: str = "") -> str:
        cache = self._folder("cache")
        return kept_fragment_of(request, place, cache) if cache else fragment_of(request, place)

    def _folder(self, setting: str) -> Path | None:
        """A setting as a folder, whatever MkDocs makes of it; None where it is not given."""
        given = self.getConfig(setting)
        return Path(os.fspath(given)) if given else None

    def _linked(self, found: re.Match[str]) -> str:
        """The style as a link to itself, once a page: what indexes a site for its search takes a style for text."""
        style = found[1]
        if style in self._styles:
            return ""
        self._styles.add(style)
        return f'<link rel="stylesheet" href="data:text/css;charset=utf-8,{quote(style, safe=_PLAIN)}">\n'


_PLAIN = " !$'()*+,-./:;=?@[]^_{|}~"  # what stands as it is in a URL between double quotes


class _Blocks(Preprocessor):
    """Puts fragments in the place of blocks that are not indented, and leaves blocks within other blocks alone."""

    def __init__(self, md: Markdown, extension: ExplanationExtension) -> None:
        super().__init__(md)
        self._extension = extension

    def run(self, lines: list[str]) -> list[str]:
        done: list[str] = []
        at = 0
        while at < len(lines):
            opening = _OPENING.match(lines[at])
            end = _closing(lines, at, opening["marks"]) if opening else at
            if opening and end > at and _asks(opening["head"]):
                html = self._extension.html(_attributes(opening["head"]), lines[at + 1 : end])
                done += ["", self.md.htmlStash.store(html), ""]
            else:
                done += lines[at : end + 1]
            at = end + 1
        return done


def _closing(lines: Sequence[str], start: int, marks: str) -> int:
    """The line that closes the block begun at `start`; `start` itself where none does, and it is no block."""
    closing = re.compile(rf"{re.escape(marks[0])}{{{len(marks)},}}\s*$")
    return next((i for i in range(start + 1, len(lines)) if closing.match(lines[i])), start)


def fence(source: str, _language: str, _class: str, options: Mapping[str, str], md: Markdown, **_given: Any) -> str:
    """The formatter of a custom fence of pymdownx.superfences."""
    extension = next((each for each in md.registeredExtensions if isinstance(each, ExplanationExtension)), None)
    if extension is None:
        extension = ExplanationExtension()
        md.registerExtension(extension)  # so that the next page begins anew
    try:
        return extension.html(options, source.splitlines())
    except ReporterError as error:
        from pymdownx.superfences import SuperFencesException

        raise SuperFencesException(str(error)) from error  # any other would be swallowed


def validate(
    _language: str, inputs: Mapping[str, str], options: dict[str, str], _attributes: Mapping[str, str], _md: Markdown
) -> bool:
    """The validator of a custom fence: everything is let through, since `fence` says what is wrong with it."""
    options.update(inputs)
    return True


def makeExtension(**given: Any) -> ExplanationExtension:  # noqa: N802 - Python-Markdown's name
    """What Python-Markdown calls for the name of this module."""
    return ExplanationExtension(**given)


def _asks(head: str) -> bool:
    """Whether a block is ours: `explanation …` or `{.explanation …}`."""
    words = head.strip().removeprefix("{").split()
    return bool(words) and words[0].strip(".}") == NAME


def _attributes(head: str) -> dict[str, str]:
    """What stands behind the name of a block: `path="a.json" level=3`."""
    return {found[1]: found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(head)}


def _options(lines: Iterable[str]) -> dict[str, str]:
    """What stands in a block, one `key: value` a line. Raises UsageError for any other line."""
    found = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            found[key.strip()] = value.strip().strip("\"'")
        elif line.strip():
            raise UsageError(f"no option of an explanation: {line.strip()!r}", allowed="lines of `key: value`")
    return found
