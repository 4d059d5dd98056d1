"""Patterns: how a wording is written in claims.toml, and the regular expression it becomes.

A pattern is written almost as the prose reads:

    word            itself, in either case            (a|b c)    one of these
    [a|b]           one of these, or nothing          {slot}     something named, a number, or a set of the file
    {slot:name}     the same under a name of its own  \\(         a bracket of the prose itself
    raise~          a verb in any of its forms        <goal>     a piece of [pieces], put in as it stands
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reporter.verification.text.masks import AMBIGUOUS, FILL, HEADS, Kind

if TYPE_CHECKING:
    from reporter.verification.text.wording import Wording

NUMBER = "#"  # among the anchors of a pattern: the sentence must hold a number

# Slot → kinds of mention it takes.
MENTIONS: dict[str, tuple[Kind, ...]] = {
    "feature": ("feature", "phrase"),
    "name": ("feature",),
    "phrase": ("phrase",),
    "group": ("group",),
    "subject": ("feature", "phrase", "group"),
    "class": ("class",),
    "instance": ("instance",),
    "one": ("one",),
    "rows": ("rows",),
    "baseline": ("baseline",),
    "method": ("method",),
    "category": ("value",),
}
NUMBERS = ("number", "percent", "portion", "count", "tally", "value", "nth")
_PIECES = re.compile(r"\\.|\{[a-z_]+(?::[a-z_]+)?\}|[()\[\]|]|[^\s()\[\]|{}\\]+")
# One letter of a script without spaces is a word of its own.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+(?:['-][^\W\d_]+)*")
SPACE = " {0,4}+"  # bounded: blanked quotation marks may leave long runs of spaces


@dataclass(frozen=True)
class Slot:
    """A place in a pattern: the regular expression's group, what it is called, what it takes."""

    group: str
    name: str
    type: str


@dataclass(frozen=True)
class Statement:
    """One thing that a pattern claims: the kind of fact it is held against, and what the words settle by themselves."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pattern:
    """One wording of one or more statements. `anchors`: one of them is in every sentence it can match."""

    text: str
    regex: re.Pattern[str]
    slots: tuple[Slot, ...]
    anchors: frozenset[str]
    statements: tuple[Statement, ...]

    @cached_property
    def task(self) -> str:
        """The task whose prose it is meant for; empty when any."""
        return str(self.statements[0].settings.get("task", ""))


class Parser:
    """Turns one pattern into a regular expression and the anchors without which it cannot match.

    `needs`: of each of these sets one anchor stands in every text that it can match.
    """

    def __init__(self, wording: Wording, text: str) -> None:
        self.wording = wording
        self.pieces = _PIECES.findall(text)
        self.slots: list[Slot] = []
        self.literals: set[str] = set()
        self.at = 0
        self.needs: tuple[frozenset[str], ...] = ()

    def parse(self) -> tuple[str, frozenset[str]]:
        expression, self.needs = self._alternatives()
        return expression, _best(self.needs)

    def _alternatives(self) -> tuple[str, tuple[frozenset[str], ...]]:
        options = [self._sequence()]
        while self.at < len(self.pieces) and self.pieces[self.at] == "|":
            self.at += 1
            options.append(self._sequence())
        best = [_best(needs) for _, needs in options]
        merged = (frozenset[str]().union(*best),) if all(best) else ()
        needs = options[0][1] if len(options) == 1 else merged
        return "(?:" + "|".join(expression for expression, _ in options) + ")", needs

    def _sequence(self) -> tuple[str, tuple[frozenset[str], ...]]:
        parts: list[str] = []
        needs: list[frozenset[str]] = []
        while self.at < len(self.pieces) and self.pieces[self.at] not in ("|", ")", "]"):
            expression, needed = self._item()
            parts.append(expression)
            needs += needed
        return SPACE.join(parts), tuple(needs)

    def _item(self) -> tuple[str, tuple[frozenset[str], ...]]:
        piece = self.pieces[self.at]
        self.at += 1
        if piece in ("(", "["):
            expression, needs = self._alternatives()
            self.at += 1  # the closing bracket
            return (expression, needs) if piece == "(" else (f"{expression}?", ())
        slot = piece.startswith("{")
        expression, needed = self._slot(*piece[1:-1].partition(":")[::2]) if slot else self._literal(piece)
        return expression, (needed,) if needed else ()

    def _literal(self, piece: str) -> tuple[str, frozenset[str] | None]:
        literal = piece.removeprefix("\\").casefold()
        if not literal[0].isalnum():
            return re.escape(literal), None
        if literal in self.wording.counters:  # where the study has it for a unit, it is masked as one
            self.literals.add(literal)
            return f"(?:{literal}|{HEADS['unit']}{FILL * (len(literal) - 1)})", None
        if literal.endswith("~"):
            forms = self.wording.inflected(literal[:-1])
            self.literals |= set(forms)
            return rf"\b(?:{'|'.join(map(re.escape, forms))})\b", frozenset(forms)
        self.literals |= {match[0] for match in WORD.finditer(literal)} | {literal}
        edged = rf"\b{re.escape(literal)}\b" if self.wording.spaced else re.escape(literal)
        plain = self.wording.spaced and WORD.fullmatch(literal) is not None
        return edged, frozenset({literal}) if plain else None

    def _slot(self, kind: str, name: str) -> tuple[str, frozenset[str] | None]:
        group = f"s{len(self.slots)}"
        if kind in MENTIONS or kind in NUMBERS:
            self.slots.append(Slot(group, name or kind, kind))
            expression = f"(?P<{group}>{self.wording.slot(kind)})"
            if kind in NUMBERS:
                return expression, frozenset({NUMBER}) if kind not in ("value", "portion") else None
            heads = frozenset({AMBIGUOUS, *(HEADS[k] for k in MENTIONS[kind])})
            return f"(?P<d{group}>{self.wording.determiner})?{expression}", heads
        self.slots.append(Slot(group, name or kind, kind))
        options, anchors = [], []
        for wording in sorted(self.wording.meanings[kind], key=len, reverse=True):
            inner = Parser(self.wording, wording)
            expression, needed = inner.parse()
            self.literals |= inner.literals
            options.append(expression)
            anchors.append(needed)
        merged = frozenset().union(*anchors) if all(anchors) else None
        return f"(?P<{group}>{'|'.join(options)})", merged


@dataclass(frozen=True)
class Turned:
    """One turn of phrase as a language writes it, compiled when a text first holds one part of each of its `needs`."""

    expression: str
    needs: tuple[frozenset[str], ...]
    settings: Mapping[str, Any]

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    def found(self, text: str) -> Iterator[re.Match[str]]:
        """Where it stands in a text."""
        if all(any(said in text for said in need) for need in self.needs):
            yield from self._regex.finditer(text)


def needs_of(pieces: Sequence[str], forms: Callable[[str], frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Of each of these sets one stretch stands in every text that a turn of these pieces fits.

    `pieces`: literals, slots in braces, "~", brackets and bars. `forms`: how a literal may stand; empty: not known.
    """
    at = 0

    def alternatives() -> list[frozenset[str]]:
        nonlocal at
        options = [sequence()]
        while at < len(pieces) and pieces[at] == "|":
            at += 1
            options.append(sequence())
        if len(options) == 1:
            return options[0]
        best = [_best(needs) for needs in options]
        return [frozenset[str]().union(*best)] if all(best) else []

    def sequence() -> list[frozenset[str]]:
        nonlocal at
        needs: list[frozenset[str]] = []
        while at < len(pieces) and pieces[at] not in ("|", ")", "]"):
            piece = pieces[at]
            at += 1
            if piece in ("(", "["):
                inner = alternatives()
                at += 1  # the closing bracket
                needs += inner if piece == "(" else []
            elif piece != "~" and not piece.startswith("{") and (said := forms(piece)):
                needs.append(said)
        return needs

    return tuple(alternatives())


def _best(needs: Sequence[frozenset[str]]) -> frozenset[str]:
    """The set that rules out most texts; empty where there is none."""
    return min(needs, key=lambda each: (NUMBER in each, len(each)), default=frozenset())


def statement_of(entry: Mapping[str, Any]) -> Statement:
    """What an entry of the file states."""
    return Statement(entry["kind"], {k: v for k, v in entry.items() if k not in ("kind", "say", "also")})


def any_of(table: Mapping[str, Sequence[str]], *kinds: str) -> str:
    """A regular expression for any of the words of some rows of a language's table, the longest first."""
    listed = sorted((word for kind in kinds for word in table[kind]), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, listed)) + ")"
