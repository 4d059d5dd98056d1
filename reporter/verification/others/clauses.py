"""Clauses: what stands where in a sentence of others, and of which names a cue speaks.

Nothing is judged here. Of a subject that the words themselves do not give, because it stands in the sentence
before or in a list that could be read in two ways, `doubt` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from reporter.fact import Direction
from reporter.verification.judges.judgement import Scope
from reporter.verification.others.items import Item
from reporter.verification.text.cues import Cue
from reporter.verification.text.mentions import Named

_TOPICS = ("feature", "phrase", "group")
LEFT_OUT = "some of them are left out"
_BREAKS = frozenset(";；—–。")
_OPEN, _CLOSE = "(（[【", ")）]】"
_COLONS = frozenset(":：")
_COMMAS = frozenset(",，、+/&")
_NEAR = 3  # items
_AGAINST = ("than", "outweighs", "follows")  # what a name behind is held against
# Cues that may stand between two names of one list, or between a name and what is said of it.
_LOOSE = ("and", "usual", "versus", "extent", "side", "copula", "free", "factor", "quantifier", "likewise", "both")


@dataclass
class Memory:
    """What the sentences before leave behind for "it", "both", and the items of a list under a heading."""

    names: tuple[Named, ...] = ()  # the topics of the sentence before
    sign: Direction | None = None  # what it said they do
    heading: Direction | None = None  # what the line above a list says of all its items
    ranked: tuple[Named, ...] = ()  # of what the sentence before told a place
    sided: bool = False  # whether it spoke of a side at all
    among: Direction | None = None  # the side of the feature that was last told a place among all
    outcome: str = ""  # id of the outcome that was named last
    last: tuple[Named, ...] = ()  # the topics of the sentence right before, and none where it has none
    model: bool = False  # whether that sentence speaks of the model, which "it" may mean as well


@dataclass(frozen=True)
class Subject:
    """Of which names something is said; `doubt` says why that is not sure."""

    names: tuple[Named, ...] = ()
    doubt: str = ""
    at: tuple[int, ...] = ()  # indices of the items


@dataclass
class Clauses:
    """One sentence as items, and the ways to find what belongs together."""

    items: tuple[Item, ...]
    scope: Scope
    memory: Memory
    text: str = ""  # the masked sentence
    pushes: tuple[Any, ...] = ()  # what the sentence says of directions, once that is known
    settled: set[int] = field(default_factory=set)  # items of turns that only sound like a supposition
    understood: set[int] = field(default_factory=set)  # items of turns of which every word is known

    # What an item is

    def topic(self, at: int) -> Named | None:
        """The feature, phrase or group that an item names, also by its category."""
        item = self.items[at] if 0 <= at < len(self.items) else None
        if item is None or item.named is None:
            return None
        own = item.named.of("feature", "phrase", "group")
        if not own and (values := item.named.of("value")) and len({r.id for r in values}) == 1:
            return replace(item.named, referents=(replace(values[0], kind="feature"),))
        return replace(item.named, referents=own) if own and not self._outcome(item) else None

    def _outcome(self, item: Item) -> bool:
        return bool(item.named is not None and item.named.of("class") and not self.scope.facts.regression)

    @cached_property
    def topics(self) -> tuple[int, ...]:
        """Where topics stand that something may be said of."""
        return tuple(at for at in range(len(self.items)) if self.topic(at) is not None)

    def class_at(self, at: int) -> Named | None:
        """The class, or the value of a regression, that an item names."""
        named = self.items[at].named
        return named if named is not None and named.of("class") and not named.of("feature") else None

    def cue(self, at: int, *kinds: str) -> Cue | None:
        """The meaning of an item among these kinds; None also where the sentence has ended."""
        return self.items[at].cue(*kinds) if 0 <= at < len(self.items) else None

    def is_break(self, at: int) -> bool:
        """Whether an item parts two clauses for good."""
        return self._breaks[at]

    @cached_property
    def _breaks(self) -> tuple[bool, ...]:
        return tuple(item.text in _BREAKS or item.cue("contrast") is not None for item in self.items)

    @cached_property
    def _clauses(self) -> tuple[tuple[int, int], ...]:
        """The clause of each item; a break belongs to the clause before it."""
        found: list[tuple[int, int]] = []
        for at, breaks in enumerate((*self._breaks, True)):
            if breaks:
                start = len(found)
                found += [(start, at)] * (at + 1 - start)
        return tuple(found)

    @cached_property
    def _brackets(self) -> tuple[tuple[int, int] | None, ...]:
        """The bracket around each item."""
        found: list[tuple[int, int] | None] = [None] * len(self.items)
        open_at: list[int] = []
        for at, item in enumerate(self.items):
            if item.text in _CLOSE and item.text and open_at:
                start = open_at.pop()
                for i in range(start + 1, at):
                    found[i] = found[i] or (start, at)
            elif item.text in _OPEN and item.text:
                open_at.append(at)
        return tuple(found)

    def is_colon(self, at: int) -> bool:
        """Whether an item is a colon."""
        return 0 <= at < len(self.items) and self.items[at].text in _COLONS

    def clause(self, at: int) -> tuple[int, int]:
        """The stretch between the breaks around an item."""
        return self._clauses[min(max(at, 0), len(self.items))]

    def between(self, start: int, end: int, *kinds: str) -> Iterator[int]:
        """Where cues of these kinds stand in a stretch."""
        return (at for at in range(max(0, start), min(end, len(self.items))) if self.items[at].cue(*kinds))

    def bracket(self, at: int) -> tuple[int, int] | None:
        """The bracket around an item."""
        return self._brackets[at] if 0 <= at < len(self.items) else None

    # Subjects

    def before(self, at: int, floor: int = 0) -> Subject:
        """The list of names that ends nearest before an item."""
        depth = self.bracket(at)
        if depth is not None and any(depth[0] < i < at for i in self.topics):
            floor = max(floor, depth[0] + 1)
        names = [i for i in self.topics if floor <= i < at and self._level(i, at) and i not in self.measures]
        names = [i for i in names if not self._held(i, at, floor)]
        if not names and (inside := [i for i in self.topics if floor <= i < at]):
            names = inside[-1:]  # "a bypass ratio (BPR) of 8.46 extends …"
        if not names:
            return Subject()
        if len(names) > 1 and self._inside(names[-2], names[-1]):
            names = names[:-1]  # "the particle count in the oil"
        run = [names[-1]]
        for earlier in reversed(names[:-1]):
            if not self._listed(earlier, run[0]):
                break
            run.insert(0, earlier)
        return self._subject(run)

    @cached_property
    def measures(self) -> frozenset[int]:
        """Names that something else is held against, where that stands before what is said: A 比 B 更…, A 仅次于 B."""
        if self.scope.wording.spaced:
            return frozenset()
        found = set()
        for at in self.topics:
            before = at - 1
            while before >= 0 and self.items[before].cue("free", "person") and not self.items[before].cue(*_AGAINST):
                before -= 1
            if before > 0 and self.items[before].cue(*_AGAINST) and any(i < before for i in self.topics):
                found.add(at)
        return frozenset(found)

    def _held(self, name: int, at: int, floor: int) -> bool:
        """Whether "it" behind "A is stronger than B" goes on about A."""
        if not self.scope.wording.spaced or not any(floor <= i < name for i in self.topics):
            return False
        than = any(self.cue(i, "than") for i in (name - 1, name - 2) if i > 0 and self.topic(i) is None)
        return than and any(True for _ in self.between(name + 1, at, "it"))

    def _inside(self, earlier: int, later: int) -> bool:
        """Whether a name only says where or of what the one before it is."""
        named, gap = self.topic(later), [self.items[i].text.casefold() for i in range(earlier + 1, later)]
        places = self.scope.wording.data["words"].get("places", ())
        return named is not None and named.partial and 0 < len(gap) <= 2 and gap[0] in places

    def after(self, at: int, ceiling: int | None = None) -> Subject:
        """The list of names that begins nearest behind an item."""
        names = [i for i in self.topics if at <= i < (ceiling or len(self.items)) and self._level(i, at)]
        if not names:
            return Subject()
        run = [names[0]]
        for later in names[1:]:
            if not self._listed(run[-1], later) or self._acts(later):
                break
            run.append(later)
        return self._subject(run)

    def within(self, start: int, stop: int) -> Subject:
        """All names of a stretch that is known to be one list."""
        names = [i for i in self.topics if start <= i < stop and self.bracket(i) is None]
        return self._subject(names) if names else self.after(start, stop)

    def _acts(self, at: int) -> bool:
        """Whether a name has a verb of its own, which ends the list before it."""
        return self.cue(at + 1, "moves", "shoves", "speaks", "likewise") is not None

    def _subject(self, run: Sequence[int]) -> Subject:
        left_out = [i for i in run if self._excluded(i)]
        listed = any(self.cue(i, "neither") for i in range(run[0] - _NEAR, run[-1]))
        if self.scope.wording.spaced and not listed and 0 < len(left_out) < len(run):  # "not A but B", "unlike A, B"
            run, left_out = [i for i in run if i not in left_out], []
        doubt = LEFT_OUT if left_out else ""
        named = tuple(n for i in run if (n := self.topic(i)) is not None)
        return Subject(named, doubt, tuple(run))

    def _excluded(self, at: int) -> bool:
        kinds = (
            ("not", "except", "no") if self.scope.wording.spaced else ("except",)
        )  # 没有报警记录 is what a value says
        said = any(self.cue(i, *kinds) for i in (at - 1, at - 2) if i >= 0 and not self._solid(i, at))
        return said and not (self.scope.wording.spaced and self._gone(at))

    def _gone(self, at: int) -> bool:
        """Whether a name is of something that is not there, so that "not living alone" says its value."""
        named = self.topic(at)
        gone = self.scope.wording.data.get("presence", {}).get("gone", ())
        raws = [self.scope.facts.explanation.feature(r.id).value for r in named.of("feature")] if named else []
        denied = any(self.cue(i, "not", "no") for i in (at - 1, at - 2) if i >= 0)
        return denied and bool(raws) and all(raw == 0 or str(raw).casefold() in gone for raw in raws)

    def _solid(self, start: int, end: int) -> bool:
        """Whether a name or a comma stands between two items."""
        return any(self.topic(i) is not None or self.items[i].shape == "mark" for i in range(start + 1, end))

    def _level(self, name: int, at: int) -> bool:
        """Whether a name stands in no bracket, or in the one in which the cue stands."""
        mine = self.bracket(name)
        return mine is None or mine[0] < at <= mine[1]

    def _listed(self, earlier: int, later: int) -> bool:
        """Whether two names stand in one list, values and brackets between them aside."""
        joined, inside = False, 0
        for i in range(earlier + 1, later):
            item = self.items[i]
            if item.text in _OPEN:
                inside += 1
            elif item.text in _CLOSE:
                inside -= 1
            elif inside:
                continue
            elif item.text in (_COMMAS if self.scope.wording.spaced else "、") or item.cue("and"):
                joined = True
            elif self.is_break(i) or not (self._loose(item) or self._set_off(i)):
                return False
        one, other = self.topic(earlier), self.topic(later)
        same = one is not None and other is not None and {r.id for r in one.referents} & {r.id for r in other.referents}
        return joined or bool(same)

    def _set_off(self, at: int) -> bool:
        """Whether a denial opens what commas set off: "A, not B, raises it"."""
        return self.scope.wording.spaced and self.cue(at, "not") is not None and self.items[at - 1].text == ","

    def _loose(self, item: Item) -> bool:
        """Whether an item may stand between two names of one list."""
        if item.named is not None and item.named.of("class"):
            return False
        return item.shape != "word" and (item.shape != "cue" or item.cue(*_LOOSE) is not None)

    # What keeps a statement from being sure

    @cached_property
    def supposed(self) -> bool:
        """Whether the sentence asks or supposes."""
        last = self.items[-1].text if self.items else ""
        said = next((i for i, item in enumerate(self.items) if item.cue("which")), len(self.items))
        return last in "?？" or any(
            (cue := item.cue("suppose")) and not (cue.get("weak") and said < i)
            for i, item in enumerate(self.items)
            if i not in self.settled
        )

    def elsewhere(self, start: int, end: int) -> str:
        """The word in a stretch that may speak of another time, place or instance; empty when none."""
        said = (i for i in self.between(start, end, "elsewhere") if i not in self.understood and not self._belongs(i))
        return next((self.items[i].text for i in said), "")

    def _belongs(self, at: int) -> bool:
        """Whether a word of another time is a part of what a name stands for: "58 days ago", "three previous wins"."""
        cue = self.cue(at, "elsewhere")
        if cue is None or not cue.get("near"):
            return False
        beside = (at - 2, at - 1, at + 1, at + 2)
        return any(0 <= i < len(self.items) and (self.topic(i) or self.items[i].shape == "number") for i in beside)

    def _equates(self, at: int, floor: int) -> bool:
        """Whether what was denied before is what something is said to be, where words are not set apart: 没付是隐患."""
        if self.scope.wording.spaced or not self.cue(at, "copula") or self.cue(at, "not") or self.cue(at - 1, "not"):
            return False
        return any(self.cue(i, "not") for i in range(floor, at - 1))

    def _whether(self, at: int) -> bool:
        """Whether a negation stands between a word and itself, where words are not set apart: 续不续, 是否."""
        item = self.items[at]
        same = item.start > 0 and item.end < len(self.text) and self.text[item.start - 1] == self.text[item.end]
        return not self.scope.wording.spaced and len(item.text) == 1 and same

    def negated(self, at: int, floor: int) -> bool:
        """Whether a negation stands before an item, with no name between, or opens its clause: "nor did X harm you"."""
        start, _ = self.clause(at)
        while start < at and self.items[start].shape == "mark":
            start += 1
        if start < at and (cue := self.cue(start, "not")) is not None and cue.get("fronted"):
            return True
        for i in range(at - 1, floor - 1, -1):
            comma = (
                self.items[i].text in _COMMAS and not self.scope.wording.spaced
            )  # 滴雨未下，… : what was denied has ended
            if self.topic(i) is not None or self.is_break(i) or comma:
                return False
            if self._equates(i, floor) or self._whether(i):
                return False
            if self._set_off(i) and any(self.items[j].text == "," for j in range(i + 1, at)):
                return False  # "A, not the others, raises it"
            if self.cue(i, "not"):
                return not (i + 1 < at and self.items[i + 1].shape == "number")  # "not 4 as usual, that hurts"
        return False
