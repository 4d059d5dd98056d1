"""A report of an audit laid out but not yet drawn: paragraphs, tables, entries; the same for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from unicodedata import east_asian_width

from markupsafe import Markup

from reporter.formats.card import Entry

Kind = Literal["name", "text", "number", "bar", "rank", "curve"]
Fill = Literal["strength", "towards", "away"]
SHORT = 34  # digits
WIDEST = 24  # of a column of numbers, in digits; longer texts take several lines


@dataclass(frozen=True)
class Bar:
    """What a cell draws, in percent of the axis. The columns beside it say the same in numbers."""

    left: float = 0.0
    right: float = 0.0
    fill: Fill = "strength"
    interval: tuple[float, float] | None = None  # a thin line
    noise: tuple[float, float] | None = None  # a pale band
    tick: float | None = None  # the reference run


@dataclass(frozen=True)
class Cell:
    """One cell: a text, a smaller line below it, a link, or a bar."""

    text: str = ""
    detail: str = ""
    href: str = ""  # relative, quoted
    bar: Bar | None = None
    severity: str = ""  # is drawn as a mark before the text
    strong: bool = False
    links: tuple[Cell, ...] = ()  # several, in place of the text
    drawn: Markup | None = None  # an image of a column of curves

    @property
    def short(self) -> bool:
        """Whether others fit beside it in a narrow place."""
        return not self.detail and width_of(self.text) <= SHORT


@dataclass(frozen=True)
class Column:
    """A column; a number stands to the right, a name heads its row."""

    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Key:
    """One entry of a legend."""

    mark: str  # strength, towards, away, interval, noise, tick
    text: str


@dataclass(frozen=True)
class Table:
    """A table of which one column may be drawn."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    legend: tuple[Key, ...] = ()
    note: str = ""

    @property
    def undrawn(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows without what is drawn, for a format without pictures."""
        return tuple(
            tuple(cell for column, cell in zip(self.columns, row, strict=True) if column.kind not in ("bar", "curve"))
            for row in self.rows
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """For each column the room it needs, in digits; 0 for those that take what is left."""
        return tuple(
            min(WIDEST, max(width_of(column.label), *(width_of(row[place].text) for row in self.rows), 3) + 2)
            if column.kind == "number"
            else 0
            for place, column in enumerate(self.columns)
        )


def width_of(text: str) -> int:
    """The room that a text takes, in digits; Chinese takes two for a letter."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


@dataclass(frozen=True)
class Noticed:
    """A finding, told."""

    severity: str
    label: str  # the severity in a word
    about: str  # what was checked, and of which study
    text: str
    instances: tuple[Cell, ...] = ()
    shown: str = ""  # what stands before the instances


@dataclass(frozen=True)
class Section:
    """One section under its heading; what is empty is left out."""

    name: str
    heading: str
    level: int = 0  # 0: as all; 1: below a study's heading
    paragraphs: tuple[str, ...] = ()
    findings: tuple[Noticed, ...] = ()
    tables: tuple[Table, ...] = ()
    entries: tuple[Entry, ...] = ()
    annex: bool = False
    folded: str = ""  # what a reader opens to see it
    links: tuple[Cell, ...] = ()  # below it

    @property
    def empty(self) -> bool:
        return self.name != "study" and not (self.paragraphs or self.findings or self.tables or self.entries)


@dataclass(frozen=True)
class Answer:
    """One of the answers at a glance."""

    question: str
    answer: str
    details: tuple[str, ...] = ()
    severity: str = ""


@dataclass(frozen=True)
class Sheet:
    """A whole document. `wording`, `language`, `day`, `brief` and `figures` are what the styles of reports ask for."""

    wording: Mapping[str, Any]
    language: str
    title: str
    description: str
    kicker: tuple[str, ...]
    headline: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    glance: tuple[Answer, ...] = ()
    created: str = ""
    day: str = ""
    brief: bool = False
    figures: tuple[Any, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
