"""The grammar of this sample: which sentences of the same slots may be written for a plan. Its data: grammar/."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

from reporter.language import language
from reporter.slots import Plan, Slot, slot_words
from reporter.templating import capital

FOLDER = Path(__file__).parent / "grammar"
FAVOURED = 0.5  # share of the sentences that a plan and an audience decide, so that one who never draws lots varies too
FRESH = 3  # tries for a sentence that is not its plan
AUDIENCES = ("expert", "decision-maker", "affected")
_PIECE = re.compile(r"\{[^{}]+\}|<[^<>]+>|[\[\]|]|[^{}<>\[\]|]+")
_LABEL = re.compile(r"\{(\d+)([a-z]?)\}")
_SIDES = {"+": "towards", "-": "away"}
OTHER = {"+": "-", "-": "+"}
WHOLE = ("class", "baseline", "rows", "one")  # slots of the whole sentence, wherever in a piece they stand

Node = tuple[str, Any]  # what it is, and what it holds
Rows = dict[str, int]  # nonterminal → the row or copy that stands for it
Numbers = dict[str, int]  # place in the grammar → number of its slot


@dataclass(frozen=True)
class Row:
    """One form of a piece: how a plan writes it, and what may be said for it."""

    plan: list[Node]
    forms: dict[str, list[list[Node]]]  # "say", or another place of the sentence
    often: int = 1


@dataclass(frozen=True)
class Entry:
    """Plans, and the sentences that may be written for any of them."""

    plan: list[str]
    say: list[str]
    often: int = 1


@dataclass(frozen=True)
class Pair:
    """A plan and one sentence for it, both in slot form."""

    plan: Plan
    said: str


@dataclass
class Reading:
    """How an entry reads a plan: which rows and numbers it holds, and the side of a direction that may be either."""

    rows: Rows = field(default_factory=dict)
    numbers: Numbers = field(default_factory=dict)
    side: str = ""

    def copy(self) -> Reading:
        return Reading(dict(self.rows), dict(self.numbers), self.side)


class Grammar:
    """The sentences of one language."""

    def __init__(self, code: str, path: Path | None = None) -> None:
        content = tomllib.loads((path or FOLDER / f"{code}.toml").read_text("utf-8"))
        self.language = language(code)
        self.copies = {name: [parsed(text) for text in texts] for name, texts in content["copies"].items()}
        self.pieces = {name: [row_of(row) for row in rows] for name, rows in content["pieces"].items()}
        self.entries = [Entry(each["plan"], each["say"], each.get("often", 1)) for each in content["sentences"]]
        self.directions: Mapping[str, Any] = slot_words(code)["directions"]

    # Drawing pairs

    def draw(self, rng: Random) -> Pair:
        """A plan as the templates could write it, and a sentence for it."""
        entry = rng.choices(self.entries, [each.often for each in self.entries])[0]
        reading = Reading(side=rng.choice(("+", "-")))
        source, audience = rng.choice(entry.plan), rng.choice(AUDIENCES)
        frame = capital(folded(self.written(parsed(source), reading, rng, plan=True)))
        say = rng.choice(entry.say)
        if rng.random() < FAVOURED:
            say = entry.say[crc32(f"{source} {audience}".encode()) % len(entry.say)]
        for _ in range(FRESH):
            said = capital(folded(self.said(say, frame, reading, rng)))
            if said != frame:
                break
            say = rng.choice(entry.say)
        return Pair(self.planned(frame, reading, audience), said)

    def said(self, say: str, frame: str, reading: Reading, rng: Random) -> str:
        """One reading of a sentence of an entry; "=" is the plan itself."""
        if "=" not in say:
            return self.written(parsed(say), reading, rng, plan=False)
        return frame if say == "=" else say.replace("=", frame[:1].lower() + frame[1:])

    def written(self, nodes: list[Node], reading: Reading, rng: Random, *, plan: bool, inside: str = "") -> str:
        """A stretch of a plan or of a sentence; the plan settles rows and numbers, the sentence takes them over."""
        parts = []
        for kind, held in nodes:
            if kind == "text":
                parts.append(held)
            elif kind == "choice":
                parts.append(self.written(rng.choice(held), reading, rng, plan=plan, inside=inside))
            elif kind == "slot":
                parts.append(self.label(held, reading, inside, new=plan))
            else:
                parts.append(self.replaced(held, reading, rng, plan=plan, inside=inside))
        return "".join(parts)

    def replaced(self, name: str, reading: Reading, rng: Random, *, plan: bool, inside: str) -> str:
        name, _, form = name.partition(":")
        base, own = name.partition(".")[0], f"{inside}{name}"
        if base in self.copies:
            options = self.copies[base]
            at = reading.rows.setdefault(own, rng.randrange(len(options)))
            return self.written(options[at], reading, rng, plan=plan, inside=f"{own}/")
        rows = self.pieces[base]
        at = reading.rows.setdefault(own, rng.choices(range(len(rows)), [row.often for row in rows])[0])
        nodes = rows[at].plan if plan else rng.choice(rows[at].forms[form or "say"])
        return self.written(nodes, reading, rng, plan=plan, inside=f"{own}/")

    def label(self, name: str, reading: Reading, inside: str, *, new: bool) -> str:
        """A slot as it is written; a plan may begin a new one."""
        letter = ""
        key = name if name in WHOLE else f"{inside}{name}"
        if name[0] in "+-~^":
            side = name[0] if name[0] in _SIDES else reading.side if name[0] == "~" else OTHER[reading.side]
            key = f"direction {side}"
            letter = self.letter(name[1:], side)
        if new and key not in reading.numbers:
            reading.numbers[key] = len(set(reading.numbers.values())) + 1
        return f"{{{reading.numbers[key]}{letter}}}"

    def letter(self, wording: str, side: str) -> str:
        """The letter of a wording of a direction; one of either side is written as the side of the templates is."""
        for task in ("classification", "regression"):
            table = self.directions[task]
            at = self.place(table, wording, side)
            if at is not None:
                return chr(ord("a") + at) if at else ""
        raise KeyError(f"no direction is worded {wording!r}")

    @staticmethod
    def place(table: Mapping[str, list[str]], wording: str, side: str) -> int | None:
        """Where a wording stands in its list; lists of both sides have the same order."""
        for listed in (table[_SIDES[side]], table["towards"], table["away"]):
            if wording in listed:
                return listed.index(wording)
        return None

    def planned(self, frame: str, reading: Reading, audience: str) -> Plan:
        """The plan of a drawn frame. Its wordings are left out, as this sample's tokenizer leaves them out."""
        slots = []
        first = {number: key for key, number in reversed(reading.numbers.items())}
        for number, key in sorted(first.items()):
            kind = "direction" if key.startswith("direction ") else key.rpartition("/")[2].partition(".")[0]
            slots.append(Slot(number, kind, ("",), most=9))
        return Plan(frame, tuple(slots), self.language, audience)

    # Reading plans

    def readings(self, plan: Plan) -> Iterator[tuple[Entry, str, Reading]]:
        """Every entry that has this plan, with how it reads it."""
        for entry in self.entries:
            for source in entry.plan:
                for end, reading in self._walk(parsed(source), plan, 0, Reading(), ""):
                    if end == len(plan.frame):
                        yield entry, source, reading
                        break

    def _walk(
        self, nodes: list[Node], plan: Plan, at: int, reading: Reading, inside: str
    ) -> Iterator[tuple[int, Reading]]:
        if not nodes:
            yield at, reading
            return
        (kind, held), rest = nodes[0], nodes[1:]
        for end, found in self._first(kind, held, plan, at, reading, inside):
            yield from self._walk(rest, plan, end, found, inside)

    def _first(
        self, kind: str, held: Any, plan: Plan, at: int, reading: Reading, inside: str
    ) -> Iterator[tuple[int, Reading]]:
        if kind == "text":
            end = spanned(held, plan.frame, at, spaced=self.language.spaced)
            if end is not None:
                yield end, reading
        elif kind == "choice":
            for option in held:
                yield from self._walk(option, plan, at, reading, inside)
        elif kind == "slot":
            yield from self._slot(held, plan, at, reading, inside)
        else:
            base, own = held.partition(".")[0], f"{inside}{held}"
            options = self.copies.get(base) or [row.plan for row in self.pieces[base]]
            known = reading.rows.get(own)
            for number, option in enumerate(options):
                if known in (None, number):
                    new = reading.copy()
                    new.rows[own] = number
                    yield from self._walk(option, plan, at, new, f"{own}/")

    def _slot(self, name: str, plan: Plan, at: int, reading: Reading, inside: str) -> Iterator[tuple[int, Reading]]:
        while at < len(plan.frame) and not self.language.spaced and plan.frame[at] == " ":
            at += 1
        found = _LABEL.match(plan.frame, at)
        slot = next((s for s in plan.slots if found and s.number == int(found[1])), None)
        if found is None or slot is None:
            return
        new = reading.copy()
        if name[0] in "+-~^":
            side = self._side(slot)
            own = {"~": side, "^": OTHER.get(side, "")}.get(name[0], new.side)  # the side that "~" stands for
            known = name[0] in ("~", "^") or name[0] == side
            if not side or not known or own not in (new.side or own, ""):
                return
            if found[2] != self.letter(name[1:], side):
                return
            key, new.side = f"direction {side}", own
        elif slot.kind != name.partition(".")[0]:
            return
        else:
            key = name if name in WHOLE else f"{inside}{name}"
        taken = new.numbers.get(key)
        if taken not in (None, slot.number):
            return
        new.numbers[key] = slot.number
        yield found.end(), new

    def _side(self, slot: Slot) -> str:
        for task in ("classification", "regression"):
            for sign, side in _SIDES.items():
                if tuple(self.directions[task][side]) == slot.wordings:
                    return sign
        return ""


def folded(text: str) -> str:
    """A text without spaces at its ends and without two in a row."""
    return " ".join(text.split())


def row_of(row: Mapping[str, Any]) -> Row:
    """One form of a piece as its file has it."""
    forms = {name: [parsed(text) for text in texts] for name, texts in row.items() if isinstance(texts, list)}
    return Row(parsed(row["plan"]), forms, row.get("often", 1))


@cache
def parsed(text: str) -> list[Node]:
    """A line of the grammar as nodes."""
    pieces = _PIECE.findall(text)
    nodes, rest = _sequence(pieces)
    if rest:
        raise ValueError(f"a bracket is left over in {text!r}")
    return nodes


def _sequence(pieces: list[str]) -> tuple[list[Node], list[str]]:
    nodes: list[Node] = []
    while pieces and pieces[0] not in ("]", "|"):
        head, *pieces = pieces
        if head == "[":
            options = []
            while True:
                option, pieces = _sequence(pieces)
                options.append(option)
                mark, *pieces = pieces
                if mark == "]":
                    break
            nodes.append(("choice", options))
        elif head.startswith("{"):
            nodes.append(("slot", head[1:-1]))
        elif head.startswith("<"):
            nodes.append(("piece", head[1:-1]))
        else:
            nodes.append(("text", head))
    return nodes, pieces


def spanned(text: str, frame: str, at: int, *, spaced: bool) -> int | None:
    """Where a text ends that begins at a place of a frame; None when another stands there."""
    if spaced:
        return at + len(text) if frame[at : at + len(text)].casefold() == text.casefold() else None
    for letter in text.replace(" ", ""):
        while frame[at : at + 1] == " ":
            at += 1
        if frame[at : at + 1] != letter:
            return None
        at += 1
    return at
