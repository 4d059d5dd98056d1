"""Whole: clauses of which every word is known, from the first to the last, and which therefore leave nothing open.

Cues are read wherever they stand; here the clause must fit: "nothing weighs more than the income", "the noise hardly
matters". The clauses stand in `[[whole]]` of others.toml, written as in patterns.py, with these slots:

    {name} {second}    one name, with its value or what is said of its size     {number}    a number; {other}, {of}
    {names}            one name or a list of them                                {goal}      the outcome or one class
    {target}           the outcome, where nothing depends on which              {class} {than}    one class
    {thing}            a noun that names nothing the study knows

Only where words are set apart.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import Subject
from reporter.verification.others.places.placing import FAR, Placing, Said, several
from reporter.verification.text.patterns import Parser, Slot
from reporter.verification.text.wording import Wording, wording

_NAME, _CLASS, _NUMBER = "\ufffc", "\ufffd", "\ufffb"  # stand for a name, an outcome, a number
_PIECE = re.compile(r"<([a-z_]+)>")
NUMBERS, _CLASSES = ("number", "other", "of"), ("class", "than")
_PAIRS = frozenset(("stronger", "next", "order", "ratio_of", "alike"))
_PLACES = frozenset(("rank",))  # another kind tells a place beside what it says
_COMPARED = frozenset(("stronger", "ratio_of", "alike"))
_LATER = frozenset(("next",))
_COUNTED = frozenset(
    ("multiple", "customary", "ratio_of", "top_share", "moved", "part", "total")
)  # their numbers say nothing else
_MARKED = {
    **dict.fromkeys(("name", "second", "names"), frozenset({_NAME})),
    **dict.fromkeys(_CLASSES, frozenset({_CLASS})),
}
_SLOTS = ("name", "second", "names", "goal", "target", "number", "class", "than", "other", "of", "thing")


@dataclass(frozen=True)
class Clause:
    """One clause as it is written in the file; compiled when a text first holds what it needs."""

    expression: str
    needs: tuple[frozenset[str], ...]  # see Parser
    slots: tuple[Slot, ...]
    kind: str
    settings: Mapping[str, Any]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.expression)


class Whole(Placing):
    """What whole clauses of a sentence say of places and comparisons."""

    def all(self) -> Iterator[Said]:
        words = self.clauses.scope.wording
        if not words.spaced or "wholes" not in words.data:
            return
        text, taken = self._text, set[int]()
        anchors = words.anchors(text) | {mark for mark in (_NAME, _CLASS, _NUMBER) if mark in text}
        clauses = (c for c in _clauses(words.language.code) if all(need & anchors for need in c.needs))
        found = [(match, clause) for clause in clauses for match in clause.regex.finditer(text)]
        for match, clause in sorted(found, key=lambda each: (each[0].start() - each[0].end(), each[0].start())):
            span = set(range(*match.span("clause")))
            if span & taken:
                continue
            for said in self._said(match, clause):
                taken |= span
                self.used.update(i for i in range(said.start, said.end + 1) if self.items[i].shape != "number")
                if said.kind in _COUNTED:
                    told = (said.settings.get(key) for key in NUMBERS)
                    self.used.update(self.items.index(item) for item in told if item is not None)
                    inside = range(said.start, said.end + 1)
                    self.used.update(i for i in inside if not any(c.isdigit() for c in self.items[i].text))
                yield said

    @cached_property
    def _parts(self) -> list[str]:
        parts: list[str] = []
        for at, item in enumerate(self.items):
            before = self.items[at - 1].end if at else item.start
            gap = (
                " "
                if self.clauses.text[before : item.start].strip(" ") != self.clauses.text[before : item.start]
                else ""
            )
            part = item.text.casefold()
            if self.clauses.class_at(at) is not None:
                part = _CLASS
            elif item.shape == "number":
                part = _NUMBER
            elif self.clauses.topic(at) is not None:
                part = _NAME
            parts.append(gap + part)
        return parts

    @cached_property
    def _starts(self) -> list[int]:
        starts, end = [], 0
        for part in self._parts:
            starts.append(end)
            end += len(part)
        return starts

    @property
    def _text(self) -> str:
        return "".join(self._parts)

    def _item(self, place: int) -> int:
        return max(0, bisect.bisect_right(self._starts, place) - 1)

    def _subject(self, match: re.Match[str], group: str) -> Subject:
        """The names in a slot."""
        if group not in match.re.groupindex or match[group] is None:
            return Subject()
        marks = (i for i in range(*match.span(group)) if match.string[i] == _NAME)
        at = tuple(dict.fromkeys(self._item(i) for i in marks))
        return Subject(tuple(n for i in at if (n := self.clauses.topic(i)) is not None), "", at)

    def _said(self, match: re.Match[str], clause: Clause) -> Iterator[Said]:
        one, two = self._subject(match, "name"), self._subject(match, "second")
        many = self._subject(match, "names")
        names = Subject((*one.names, *two.names, *many.names), "", (*one.at, *two.at, *many.at))
        start = self._item(match.start("clause"))
        end = self._item(match.start("clause") + len(match["clause"].rstrip()) - 1)
        settings, doubt = dict(clause.settings), self._turned(match, start)
        for key in _CLASSES:
            if match.re.groupindex.get(key) and match[key]:
                settings[key] = self.clauses.class_at(self._item(match.start(key)))
        for slot in clause.slots:
            if match[slot.group] is not None and slot.type in NUMBERS:
                settings[slot.name] = self.items[self._item(match.start(slot.group))]
            elif match[slot.group] is not None:
                settings[slot.name] = self.clauses.scope.wording.means(slot.type, match[slot.group])
        denied, leads = settings.pop("denied", False), settings.pop("leads", False)
        place = settings.pop("rank", None) if clause.kind not in _PLACES else None
        settings["sure"] = True
        if clause.kind in _LATER and len(names.names) == 1 and not leads:
            names = Subject((*self.clauses.memory.ranked[-1:], *names.names), "", names.at)
        if (clause.kind in _PAIRS and len(names.names) < 2) or (clause.kind == "apart" and self._weight(match)):
            return
        if "sign" in settings:
            settings["sign"], unsure = self._sign(match, settings["sign"])
            doubt = doubt or unsure
        _, stop = self.clauses.clause(end)
        beside = self.items[end + 2 : end + 3]
        if clause.kind == "adds" and self.clauses.cue(end + 1, "and") and beside and beside[0].shape == "number":
            return  # "add 410 and 520": each name its own
        if clause.kind in _COMPARED and any(True for _ in self.clauses.between(end + 1, stop, "together")):
            doubt = doubt or "may be held against several"  # "as much as the income and the savings together"
        doubt = doubt or self._several(settings, clause.kind, names, mild=bool(settings.pop("mild", False)))
        if leads or place is not None:
            yield Said("rank", start, end, one, {"rank": place or 1}, doubt)
        yield Said(clause.kind, start, end, names, settings, doubt, bool(denied))

    def _weight(self, match: re.Match[str]) -> bool:
        """Whether a name is told as something that weighs: "the effect of X is below average"."""
        words = self.clauses.scope.wording.data["wholes"]["weights"]
        told = " ".join(match[g] for g in ("name", "names") if match.re.groupindex.get(g) and match[g]).split()
        return any(word in told for word in words)

    def _several(self, settings: Mapping[str, Any], kind: str, names: Subject, *, mild: bool) -> str:
        """Why so many names may not be meant, or a word such as "mainly" may be said of one side only."""
        if kind == "rank" and several(names):
            return "names several for one place"
        number = settings["number"].numeral if "number" in settings else None
        if kind == "top" and number is not None and number.value != len(names.names):
            return "names more or fewer than it counts"
        ids = {r.id for n in names.names for r in n.of("feature")}
        facts = self.clauses.scope.facts
        return "may be said of one side" if mild and any(facts.feature(i).side_rank == 1 for i in ids) else ""

    def _turned(self, match: re.Match[str], start: int) -> str:
        """Why the words before a clause may turn it: "it is not true that …"."""
        first, _ = self.clauses.clause(start)
        denied = any(True for _ in self.clauses.between(max(first, start - FAR), start, "not"))
        return "is denied" if denied and (match["lead"] or match["inner"]) else ""

    def _sign(self, match: re.Match[str], sign: Direction) -> tuple[Direction, str]:
        """Towards or away from the explained outcome, and why that is not sure."""
        facts, told = self.clauses.scope.facts, match["goal"] if match.re.groupindex.get("goal") else None
        if told is None:
            return sign, ""
        words = self.clauses.scope.wording.data["wholes"]
        falls = any(word in told.split() for word in words["down"])
        rises = any(word in told.split() for word in words["up"])
        classes = [
            n
            for i in range(*match.span("goal"))
            if match.string[i] == _CLASS and (n := self.clauses.class_at(self._item(i))) is not None
        ]
        if not classes or facts.regression:
            plain = facts.regression or not (falls or rises)
            return (OPPOSITE[sign] if falls else sign), "" if plain else "does not say of which outcome"
        own = facts.target.id in {r.id for n in classes for r in n.of("class")}
        doubt = "" if own or len(facts.classes) == 2 else "may be said of another outcome"
        return (sign if own is not falls else OPPOSITE[sign]), doubt


class _Whole(Parser):
    """A parser whose slots take the marks of names, outcomes and numbers."""

    def _slot(self, kind: str, name: str) -> tuple[str, frozenset[str] | None]:
        if kind in _SLOTS:
            before = len(self.slots)
            if kind in NUMBERS:  # may stand in each of several alternatives
                self.slots.append(Slot(f"{kind}{before}", kind, kind))
                return f"(?P<{kind}{before}>{_NUMBER})", frozenset({_NUMBER})
            return _expressions(self.wording.language.code)[kind], _MARKED.get(kind)
        return super()._slot(kind, name)


@lru_cache
def _expressions(code: str) -> Mapping[str, str]:
    """The regular expression of each slot."""
    words = wording(code)
    table: Mapping[str, Sequence[str]] = words.data["wholes"]

    def one(key: str) -> str:
        return "(?:" + "|".join(re.escape(w) for w in sorted(table[key], key=len, reverse=True)) + ")"

    value = rf"(?:,? ?{one('values')}? ?{_NUMBER})"
    bracket = rf" ?\([^(){_NAME}]{{1,60}}\)"
    owner = rf"(?:{one('determiners')} [\w-]+ ?['’] ?s )?"
    head = rf"{owner}(?:{one('determiners')} )?(?:{one('adjectives')} ){{0,2}}(?:{_NUMBER} )?"
    weight = rf"(?:(?:the|its|their) )?{one('weights')} of "
    aside = rf"(?:, (?:{one('asides')}|{one('values')} {_NUMBER}) ?,)?"
    being = f"(?: being (?:an? |the )?{_NAME})?"
    name = (
        rf"(?:{weight})?{head}{_NAME}(?: {one('trailing')})?{being}{value}?(?:{bracket})?"
        rf"(?: ?'s? {one('weights')})?{aside}"
    )
    joint = rf"(?:,? (?:{one('joints')}) |, )"
    goal = (
        rf"(?:{one('determiners')} )?(?:{one('up')} |{one('down')} )?(?:{one('chances')} (?:of|for) (?:an? |the )?)?"
        rf"(?:{_CLASS}|{one('goals')})"
    )
    return {
        "name": f"(?P<name>{name})",
        "second": f"(?P<second>{name})",
        "names": rf"(?P<names>{name}(?:{joint}{name})*)",
        "goal": f"(?P<goal>{goal})",
        "target": goal,
        "thing": rf"(?:{one('determiners')} )?(?:[\w'-]+ ){{0,2}}[\w'-]+(?: {_NUMBER})?",
        "class": f"(?P<class>{_CLASS})",
        "than": f"(?P<than>{_CLASS})",
    }


@lru_cache
def _clauses(code: str) -> tuple[Clause, ...]:
    """The clauses of a language, compiled."""
    words = wording(code)
    if "wholes" not in words.data:
        return ()

    def some(key: str) -> str:
        return (
            "(?:" + "|".join(_Whole(words, _expanded(say, words)).parse()[0] for say in words.data["wholes"][key]) + ")"
        )

    lead, close, ends = some("leads"), some("closers"), some("ends")
    before = rf"(?:^|(?<=[,;:–—(.*]) ?|(?<= -) |(?<=^-) )(?P<lead>(?:{lead}(?:, ?| ))*)"
    inside = rf"(?<=[\s(-])(?P<inner>{lead},? )"
    after = rf"(?:,? {close})*(?= ?(?:[.,;:!?)–—*]|$)| ?{ends})"  # a piece left out has taken the space
    found = []
    for entry in words.data["whole"]:
        settings = {k: v for k, v in entry.items() if k not in ("kind", "say")}
        for say in entry["say"]:
            parser = _Whole(words, _expanded(say, words))
            core, _ = parser.parse()
            expression = rf"(?:{before}|{inside})(?P<clause>{core}){after}"
            found.append(Clause(expression, parser.needs, tuple(parser.slots), entry["kind"], settings))
    return tuple(found)


def _expanded(text: str, words: Wording) -> str:
    """A clause with the pieces of [wholes.pieces] put in for "<name>", and pieces in these."""
    pieces: Mapping[str, str] = words.data["wholes"]["pieces"]
    while _PIECE.search(text):
        text = _PIECE.sub(lambda found: pieces[found[1]], text)
    return text
