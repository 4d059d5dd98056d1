"""Turns: whole constructions of others, where words are set apart: "X is why it is not higher", "lower because of X".

A cue is read wherever it stands; some things are said by no single word, and some cues mean another thing in a longer
turn: "without X it would have been lower", "far from raising it". The turns stand in `[[predicates]]` of others.toml,
`sign` telling which way they push where what they say is "higher"; their slots are

    {names}    one name or a list, each with its value     {goal}      the outcome, one of its classes, their chance
    {up}       higher, or lower, which turns the sign      {class}     one outcome
    {raises}   a verb that raises, or lowers               {not}       a denial, which turns the sign, or nothing
    ~          words that only grade or link               (a|b) [c]   as in the cues, raise~ with its forms
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.directions.goals import Goals
from reporter.verification.text.patterns import Turned, needs_of
from reporter.verification.text.wording import wording

_NAME, _CLASS, _NUMBER = "\ufffc", "\ufffd", "\ufffb"  # stand for a name, a class, a number
# Stand before a word that may be such: a goal, a verb that raises or lowers, a height, one that only grades or links.
_GOAL, _RAISES, _LOWERS, _HEIGHT, _SLIGHT = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_MARKS = f"[{_GOAL}-{_SLIGHT}]*"
_SLOTS = re.compile(r"\{(\w+)\}|~(?=\s|$)|[()\[\]|]|[^\s()\[\]|{}]+")
_TURNING = ("down", "sooner", "lowers", "not", "not2")  # groups that turn the sign


@dataclass(frozen=True)
class Turn:
    """One turn as it was found, by items: from `start` to `end`; the names between `names`, the goal in `goal`."""

    start: int
    end: int
    names: range
    goal: range
    sign: Direction
    settings: Mapping[str, Any]
    timely: bool  # whether it holds only of what is counted in time


class Turns:
    """The turns of one sentence."""

    def __init__(self, goals: Goals) -> None:
        self.goals, self.clauses, self.items = goals, goals.clauses, goals.items
        self._starts: list[int] = []
        table = self.clauses.scope.wording.data.get("turns", {})
        self._slight = {word for key in ("articles", "adverbs") for said in table.get(key, ()) for word in said.split()}

    def all(self) -> list[Turn]:
        """Every turn, in reading order, the longest first where two overlap."""
        words = self.clauses.scope.wording
        if not words.spaced or not words.data.get("predicates") or not self.items:
            return []
        text = self._flat()
        found = [(match, turn.settings) for turn in _turns(words.language.code) for match in turn.found(text)]
        kept: list[Turn] = []
        taken: set[int] = set()
        for match, settings in sorted(found, key=lambda each: (-len(each[0][0]), each[0].start())):
            span = set(range(*match.span()))
            if not span & taken and self._holds(match, settings):
                taken |= span
                kept.append(self._read(match, settings))
        return sorted(kept, key=lambda each: each.start)

    def _flat(self) -> str:
        """The sentence with one mark for each name, class and number, and marks before words that may be a goal."""
        parts, end = [], 0
        for at in range(len(self.items)):
            self._starts.append(end)
            parts.append(f" {self._token(at)}")
            end += len(parts[-1])
        return "".join(parts) + " "

    def _token(self, at: int) -> str:
        item = self.items[at]
        if self.clauses.class_at(at) is not None:
            return _CLASS
        if item.shape == "name" and self.clauses.topic(at) is not None:
            return _NAME
        if item.shape == "number":
            return _NUMBER
        moves, marks = item.cue("moves"), ""
        likely = item.cue("likely") is not None and item.text.casefold().endswith(" of")
        if likely or self.goals.is_goal(at):
            marks += _GOAL
        if moves is not None and not moves.get("timely") and not moves.get("signed"):
            marks += _RAISES if moves.get("sign") == "towards" else _LOWERS
        text = item.text.casefold().replace("’", "'")
        marks += (_HEIGHT if item.cue("extent") else "") + (_SLIGHT if self._slight.issuperset(text.split()) else "")
        return marks + text.replace(" ", "_")

    def _item(self, place: int) -> int:
        return max((at for at, start in enumerate(self._starts) if start <= place), default=0)

    def _range(self, match: re.Match[str], group: str) -> range:
        """The items of a group; none where it took no part."""
        if group not in match.re.groupindex or match[group] is None:
            return range(0)
        return range(self._item(match.start(group)), self._item(max(match.start(group), match.end(group) - 1)) + 1)

    def _holds(self, match: re.Match[str], settings: Mapping[str, Any]) -> bool:
        """Whether a turn is said of the outcome: nothing else is named before what is only "lower because of"."""
        names = self._range(match, "names")
        if not names or not settings.get("bare"):
            return True
        first = self._item(match.start())
        start, _ = self.clauses.clause(first)
        return not any(start <= i < first for i in self.clauses.topics)

    def _read(self, match: re.Match[str], settings: Mapping[str, Any]) -> Turn:
        names = self._range(match, "names")
        first, last = self._item(match.start()), self._item(match.end() - 1)
        start = names.stop if names and first == names.start else first
        sign: Direction = settings.get("sign", "towards")
        for group in _TURNING:
            if group in match.re.groupindex and match[group] is not None:
                sign = OPPOSITE[sign]
        goal = self._range(match, "goal") or self._range(match, "class")
        timely = any(group in match.re.groupindex and match[group] is not None for group in ("later", "sooner"))
        return Turn(min(start, last), last, names, goal, sign, settings, timely)


@lru_cache
def _turns(code: str) -> Sequence[Turned]:
    """The turns of a language, with what their entry settles."""
    words = wording(code)
    pieces = _pieces(words.data["turns"])
    turns = []
    for entry in words.data["predicates"]:
        settings = {k: v for k, v in entry.items() if k != "say"}
        for say in entry["say"]:
            needs = needs_of([piece[0] for piece in _SLOTS.finditer(say)], partial(_forms, words.inflected))
            turns.append(Turned(_expression(say, pieces, words.inflected), needs, settings))
    return tuple(turns)


def _pieces(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The expressions that stand for the slots; each begins with a space."""

    def of(key: str) -> str:
        return "(?:" + "|".join(_said(word) for word in sorted(table[key], key=len, reverse=True)) + ")"

    ends = "|".join(map(re.escape, table["ends"]))
    lead = rf"(?: {_MARKS}[{_HEIGHT}{_SLIGHT}][^ ]+)*"
    bracket = rf" \((?: [^ ()]+){{0,4}}? {_NUMBER}(?: [^ ()]+){{0,4}} \)"
    value = rf"(?:(?: ,)?(?:{of('copulas')})? {_NUMBER}(?: ,(?= [^ {_NAME}]))?|{bracket})"
    one = rf"{lead} {_NAME}{value}?"
    goal = rf"{lead}(?: {_CLASS}| {_MARKS}{_GOAL}{_MARKS}[^ ]+(?:(?:{of('goal_links')})?{lead} {_CLASS})?)"
    timely = rf"(?P<later>{of('later')})|(?P<sooner>{of('sooner')})"
    return {
        "names": rf"(?P<names>{one}(?:{of('joints')}{one})*)",
        "goal": rf"(?P<goal>{goal})",
        "class": rf"(?P<class>{lead} {_CLASS})",
        "up": rf"(?:(?P<up>{of('up')})|(?P<down>{of('down')})|{timely})",
        "rises": rf"(?:(?P<up>{of('rises')})|(?P<down>{of('falls')}))",
        "rise": rf"(?:(?P<up>{of('rise')})|(?P<down>{of('fall')}))",
        "more": rf"(?:(?P<up>{of('more')})|(?P<down>{of('less')})|{timely})",
        "arrow": r" (?:(?P<up>[↑↗⬆⇧▲△])|(?P<down>[↓↘⬇⇩▼▽]))",
        "plus": r" (?:(?P<up>[+＋])|(?P<down>[-−–]))",
        "upward": rf"(?:(?P<up>{of('upward')})|(?P<down>{of('downward')}))",
        "raises": rf"(?: {_GOAL}?(?:(?P<raises>{_RAISES})|(?P<lowers>{_LOWERS})){_HEIGHT}?{_SLIGHT}?[^ ]+(?= ))",
        "end": rf"(?= [.,;:!?)]| {_MARKS}(?:{ends})|\s*$)",
        "open": r" [(\[]",
        "close": r" [)\]]",
        "number": rf" {_NUMBER}",
        "someone": rf"(?: {_MARKS}[a-z_]+){{1,3}}",
        "whom": rf"(?:{of('whom')})",
        "because": of("because"),
        "cause": of("cause"),
        "is": of("is"),
        "not": rf"(?P<not>{of('denying')})?",
        "adverbs": rf"(?: {_MARKS}{_SLIGHT}[^ ]+)*",
    }


def _forms(inflected: Any, piece: str) -> frozenset[str]:
    """The forms in which a word may stand in a text."""
    return frozenset(inflected(piece[:-1]) if piece.endswith("~") else (piece,))


def _said(text: str) -> str:
    """Words as they may stand, each with marks before it, as pieces of their own or of a longer one."""
    words = text.split()
    return "".join(rf"[ _]{_MARKS}{re.escape(word)}" for word in words)


def _expression(say: str, pieces: Mapping[str, str], inflected: Any) -> str:
    """One turn as a regular expression."""
    parts: list[str] = []
    for piece in _SLOTS.finditer(say):
        text = piece[0]
        if piece[1] is not None:
            twice = [g for g in re.findall(r"\?P<(\w+)>", pieces[piece[1]]) if f"(?P<{g}>" in "".join(parts)]
            expression = pieces[piece[1]]
            for group in twice:
                expression = expression.replace(f"?P<{group}>", f"?P<{group}2>" if group == "not" else "?:")
            parts.append(expression)
        elif text == "~":
            parts.append(pieces["adverbs"])
        elif text in "()[]|":
            parts.append({"(": "(?:", "[": "(?:", "]": ")?"}.get(text, text))
        elif text.endswith("~"):
            forms = sorted(inflected(text[:-1]), key=len, reverse=True)
            parts.append("(?:" + "|".join(_said(form) for form in forms) + ")")
        else:
            parts.append(_said(text))
    return "".join(parts) + "(?=[ _])"
