"""Predicates: turns of phrase of which every word is known, from the names to the end of what is said of them.

Only where words are not set apart. Cues are read wherever they stand, whatever stands around them; here the whole turn
must fit: "翼展把结果往白鹭的反方向推", "从年龄看，更像低风险", "里程（+）". The turns stand in `[[predicates]]` of
others.toml, `sign` telling which way they push their goal:

    {names}    one name or a list of them, each with its value      {class}    one outcome
    {goal}     the outcome, one of its classes or their chance      {person}   whom it is about
    ~          words that only grade or link: 明显地, 反而           (a|b) [c]  as in the cues
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reporter.fact import Direction
from reporter.verification.others.clauses import Clauses
from reporter.verification.text.patterns import Turned, any_of, needs_of
from reporter.verification.text.wording import wording

_NAME, _CLASS, _NUMBER = "\ufffc", "\ufffd", "\ufffb"  # stand for a name, a class, a number
# Marks in either width, as others write them.
_WIDE = {
    "，": "[,，]",
    "：": "[:：]",
    "（": "[（(]",
    "）": "[)）]",
    "【": "[【\\[]",
    "】": "[】\\]]",
}
_QUOTES = frozenset("\"'“”‘’「」『』《》〈〉")
_SLOTS = re.compile(r"\{(\w+)\}|~|\(|\)|\[|\]|\||[^{}~()\[\]|\s]+")


@dataclass(frozen=True)
class Predicate:
    """One turn as it was found: items from `start` to `end`, of the names between `first` and `last`."""

    start: int
    end: int
    first: int
    last: int
    goal: range
    sign: Direction
    settings: Mapping[str, Any]
    negated: bool


class Fitted:
    """The turns of one table of the language that fit a sentence."""

    def __init__(self, clauses: Clauses, table: str) -> None:
        self.clauses, self.items, self.table = clauses, clauses.items, table
        self._starts: list[int] = []

    def found(self) -> list[tuple[re.Match[str], Mapping[str, Any]]]:
        """Every turn, in reading order, none over another."""
        words = self.clauses.scope.wording
        if words.spaced or not words.data.get(self.table):
            return []
        text = self._flat()
        fitting: list[tuple[re.Match[str], Mapping[str, Any]]] = []
        for turn in _turns(words.language.code, self.table):
            fitting += [(match, turn.settings) for match in turn.found(text)]
        kept: list[tuple[re.Match[str], Mapping[str, Any]]] = []
        taken: set[int] = set()
        for match, settings in sorted(fitting, key=_longest):
            span = set(range(*match.span()))
            if not span & taken:
                taken |= span
                kept.append((match, settings))
        return sorted(kept, key=lambda each: each[0].start())

    def _flat(self) -> str:
        """The sentence as text, with one mark for each name, class and number."""
        parts, end = [], 0
        for at, item in enumerate(self.items):
            part = item.text
            if self.clauses.class_at(at) is not None:
                part = _CLASS
            elif item.shape == "name" and self.clauses.topic(at) is not None:
                part = _NAME
            elif item.shape == "number":
                part = _NUMBER
            elif item.text in _QUOTES:
                part = ""
            self._starts.append(end)
            parts.append(part)
            end += len(part)
        return "".join(parts)

    def item(self, place: int) -> int:
        return max(0, bisect.bisect_right(self._starts, place) - 1)

    def range_of(self, match: re.Match[str], group: str) -> range:
        """The items of a group; none where it took no part."""
        if group not in match.re.groupindex or match[group] is None:
            return range(0)
        return range(self.item(match.start(group)), self.item(max(match.start(group), match.end(group) - 1)) + 1)


class Predicates(Fitted):
    """What a sentence says of directions in turns of which every word is known."""

    def __init__(self, clauses: Clauses) -> None:
        super().__init__(clauses, "predicates")

    def all(self) -> list[Predicate]:
        """Every such turn, in reading order."""
        return [self._read(match, settings) for match, settings in self.found()] if self.clauses.topics else []

    def _read(self, match: re.Match[str], settings: Mapping[str, Any]) -> Predicate:
        names = self.range_of(match, "names")
        first, last = self.item(match.start()), self.item(match.end() - 1)
        start = names.stop if first == names.start else first
        goal = self.range_of(match, "goal") or self.range_of(match, "class")
        negated = "not" in match.re.groupindex and match["not"] is not None
        sign: Direction = settings["sign"]
        return Predicate(min(start, last), last, names.start, names.stop, goal, sign, settings, negated)


def _longest(found: tuple[re.Match[str], Mapping[str, Any]]) -> tuple[int, int]:
    """Turns in the order in which they are taken: the one that reaches farthest from its names goes first."""
    match, _ = found
    names = match.start("names") if "names" in match.re.groupindex else match.start()
    return names - match.end(), match.start()


@lru_cache
def _turns(code: str, name: str) -> Sequence[Turned]:
    """The turns of a language, with what their entry settles."""
    data = wording(code).data
    table: Mapping[str, Sequence[str]] = data["phrases"]
    pieces = _pieces(table)
    turns = []
    for entry in data[name]:
        settings = {k: v for k, v in entry.items() if k != "say"}
        for say in entry["say"]:
            known = {**pieces, "end": "" if entry.get("open") else pieces["end"]}
            needs = needs_of([piece[0] for piece in _SLOTS.finditer(say)], _literal)
            turns.append(Turned(_expression(say, known), needs, settings))
    return tuple(turns)


def _pieces(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The expressions that stand for the slots."""
    degree = f"(?:{any_of(table, 'degrees')})*"
    value = (
        rf"(?:{any_of(table, 'copulas')}?{_NUMBER}{any_of(table, 'behind')}?|[（(][^（()）{_NAME}]{{1,16}}[)）]"
        rf"|{any_of(table, 'heights')})"
    )
    one = rf"{_NAME}(?:{any_of(table, 'links')}?{value})?"
    many = rf"{one}(?:{any_of(table, 'joints')}{one})*(?:{any_of(table, 'wholes')})?"
    goal = rf"(?:{_CLASS}(?:的?{any_of(table, 'goals')})?|{any_of(table, 'goals')}|{any_of(table, 'verdicts')}{_CLASS})"
    return {
        "names": rf"(?P<names>{many})",
        "goal": rf"(?P<goal>{goal})",
        "class": rf"(?P<class>{_CLASS})",
        "person": any_of(table, "persons"),
        "adverbs": degree,
        "second": rf"(?P<second>{one})",
        "free": rf"(?<![{''.join(table['before'])}])",  # 仅次于 {names} 排第二 is said of another one
        "word": rf"(?P<word>[^{_NAME}{_CLASS}{_NUMBER},，。；;：:、!！?？（）()\s]{{1,8}}?)",
        "number": _NUMBER,
        "starts": r"(?:^|(?<=[,，。；;：:!！?？、]))",
        "not": rf"(?P<not>{any_of(table, 'denying')})?",
        "end": rf"(?:{any_of(table, 'closing')})*{_NUMBER}?(?=[,，。;；:：!！?？)）、—…\s]|$)",
    }


def _literal(piece: str) -> frozenset[str]:
    """A piece as it must stand in a text; empty where its marks may be written in another width."""
    return frozenset() if any(letter in _WIDE for letter in piece) else frozenset({piece})


def _expression(say: str, pieces: Mapping[str, str]) -> str:
    """One turn as a regular expression."""
    parts: list[str] = []
    told = False
    for piece in _SLOTS.finditer(say):
        text = piece[0]
        if piece[1] is not None:
            twice = f"(?P<{piece[1]}>" in "".join(parts)
            parts.append(pieces[piece[1]].replace(f"?P<{piece[1]}>", "?:") if twice else pieces[piece[1]])
            if piece[1] == "names" and not say.rstrip().endswith("{names}") and not told:
                comma = "" if "{names}，" in say else "[,，]?"
                parts.append(f"{comma}{pieces['adverbs']}{pieces['not']}{pieces['adverbs']}")
                told = True
        elif text == "~":
            parts.append(pieces["adverbs"])
        elif text in "()[]|":
            parts.append({"(": "(?:", "[": "(?:", "]": ")?"}.get(text, text))
        else:
            parts.append("".join(_WIDE.get(letter) or re.escape(letter) for letter in text))
    opening = pieces["free"] if say.startswith("{names}") else ""
    return opening + "".join(parts) + pieces["end"]
