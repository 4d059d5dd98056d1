"""The report as GitHub-flavoured Markdown, fit for a pull-request comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from markupsafe import Markup

from reporter.errors import UsageError
from reporter.formats.sections import SECTIONS, sections_from, sheet_with
from reporter.look import look
from reporter.templating import Templates, current, marked_environment

if TYPE_CHECKING:
    from jinja2 import Environment

    from reporter.formats.ranking import Row
    from reporter.report import Report

BAR = 10  # characters of a bar of full length
# Told apart by their weight; the sign of the score says the same.
BLOCKS = {"towards": "█", "away": "▒", "strength": "█"}
MOST = 65_536  # characters that a comment on GitHub can hold
DROPPED = ("evidence", "method", "figures", "about", "next", "table")  # where it is longer, in this order
LEVELS = range(1, 6)  # a section's heading is one level below the headline, and Markdown has six

_SPECIAL = str.maketrans({**{c: f"\\{c}" for c in "\\`*[]|~$"}, "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it is one, elsewhere it would emphasise
_OPENING = re.compile(r"^( ?)(?:(?=#|[-+=](?:[\s=-]|$))|(\d+)(?=[.)](?:\s|$)))")  # would begin a heading, list or rule
# What would become a link, a mention or a reference is taken apart by what a reader does not see: a comment where the
# text should still copy as it stands, a space of no width where a site looks for names in finished HTML.
_APART = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*:)(?=//)"), r"\1<!-- -->"),
    (re.compile(r"(?i)\b(www)(?=\.)"), r"\1<!-- -->"),
    (re.compile(r"(?<=[\w.+-])@(?=\\?\w)"), "@<!-- -->"),
    (re.compile(r"(?<![\w.+-])@(?=\\?\w)"), "@\u200b"),
    (re.compile(r"#(?=\d)"), "#\u200b"),
    (re.compile(r"(?i)\b(GH-)(?=\d)"), "\\1\u200b"),
)
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Markdown:
    """Text for a comment or a repository; `level` is that of the headline, `sections` leave out all others.

    `folded`: how it was computed and the evidence open when they are asked for, and all of it fits a comment.
    Raises UsageError for a level that leaves no room for section headings, UnknownName for a section.
    """

    name: ClassVar[str] = "markdown"
    suffix: ClassVar[str] = ".md"
    media_type: ClassVar[str] = "text/markdown"
    description: ClassVar[str] = "GitHub-flavoured Markdown, fit for a pull-request comment"
    level: int = 2
    sections: tuple[str, ...] = ()
    folded: bool = True

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(
                f"Markdown cannot begin at heading level {self.level!r}", allowed=f"{LEVELS[0]} to {LEVELS[-1]}"
            )
        sections_from(self.sections)

    def render(self, report: Report) -> bytes:
        names, text = self.sections, self._text(report, self.sections)
        for section in DROPPED if self.folded else ():
            if len(text) <= MOST:
                break
            names = tuple(name for name in names or SECTIONS if name != section)
            text = self._text(report, names, shortened=True)
        return text.encode()

    def _text(self, report: Report, sections: tuple[str, ...], *, shortened: bool = False) -> str:
        sheet = sheet_with(report, sections)
        below = self.level + 1 if sheet.headline else self.level
        template = markdown_environment(current()).get_template("report/report.md.j2")
        text = template.render(
            look=look(), sheet=sheet, h1="#" * self.level, h2="#" * below, folded=self.folded, shortened=shortened
        )
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@lru_cache(maxsize=8)
def markdown_environment(templates: Templates) -> Environment:
    """What Markdown is written with."""
    environment = marked_environment(escaped, templates)
    environment.filters.update(bar=bar, code=code, raised=raised)
    return environment


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands, on one line: no emphasis, no HTML, no links, no mentions."""
    shown = re.sub(r"\s+", " ", text).translate(_SPECIAL)
    shown = _UNDERSCORE.sub(r"\\_", shown)
    shown = _OPENING.sub(lambda found: f"{found[1]}{found[2] or ''}\\", shown)
    for pattern, apart in _APART:
        shown = pattern.sub(apart, shown)
    return shown


def code(text: str) -> Markup:
    """Text as a code span, in as many backticks as it needs; fit for a table cell."""
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line[:1] == "`" or line[-1:] == "`" else ""
    return Markup(f"{fence}{pad}{line.replace('|', chr(92) + '|')}{pad}{fence}")  # noqa: S704 - a code span shows it as it stands


def bar(row: Row) -> str:
    """A bar of blocks; every effect but none has at least one."""
    longest = 100 if row.direction == "strength" else 50
    return BLOCKS.get(row.direction, "") * max(1, round(row.length / longest * BAR))


def raised(number: int) -> str:
    """A number in superscript digits; nothing for 0."""
    return str(number).translate(_RAISED) if number else ""
