"""Binding: of which feature a number in a text of others is, and which known number it may say there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reporter.verification.judges.judgement import Judgement, unverified
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.known import Known, Numbers, says
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral

NEAR, FAR = 3, 6  # items
_COINS = ("€", "$", "£", "pounds", "euros", "dollars", "pound", "euro")
_LISTED = 3  # numbers in brackets that together are places
_LONG = 3  # digits of a number that names somebody
SMALL = 12  # whole numbers up to here may count anything
_LARGE = 100  # what is usual of a feature that was not named is known by a number from here on


@dataclass(frozen=True)
class Figure:
    """A number that was judged. `feature`: the id of the feature it is the value, the share or the amount of."""

    at: int
    kind: str
    judgement: Judgement
    feature: str = ""


@dataclass(frozen=True)
class Bound:
    """The feature a number belongs to, and whether the two stand so that nothing else can be meant."""

    named: Named
    at: int
    tight: bool

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.id for r in self.named.of("feature", "phrase")))


class Binding:
    """The numbers of one sentence, and what stands around them."""

    def __init__(self, clauses: Clauses, pushes: Sequence[Push], numbers: Numbers, counted: frozenset[int]) -> None:
        self.clauses, self.items, self.numbers = clauses, clauses.items, numbers
        self.pushes, self.counted = pushes, counted
        self.scope = clauses.scope
        here = [r.id for at in clauses.topics if (n := clauses.topic(at)) for r in n.of("feature", "phrase")]
        before = [r.id for n in clauses.memory.names for r in n.of("feature", "phrase")]
        self.mentioned = {*here, *before}
        self.sums = (*numbers.sums(here), *numbers.sums((*before, *here)))

    # What it may be

    def _first(self, item: Item, numeral: Numeral, known: Iterable[Known], *, usual: bool) -> Known | None:
        """The first known number that it says in a unit that fits; what is usual first where the words say so."""
        fitting = [
            k
            for k in known
            if self._fits(item, numeral, k) and says(numeral, k) and self._told_of(item, k, usual=usual)
        ]
        order = {"baseline": -1, "baseline.output": -1} if usual else {"value": -1, "prediction": -1}
        return min(fitting, key=lambda k: order.get(k.kind, 0), default=None)

    def _told_of(self, item: Item, known: Known, *, usual: bool) -> bool:
        """Whether the words speak of what only some numbers are of: a place among the rows, a range, the record."""
        at = self.items.index(item)
        start, stop = self.clauses.clause(at)
        if known.kind in ("above", "below"):
            wanted = "high" if known.kind == "above" else "low"
            extents = [self.items[i].cue("extent") for i in self.clauses.between(start, stop, "extent")]
            than = any(True for _ in self.clauses.between(start, at, "than"))
            return than and any(cue is not None and cue.get("place") == wanted for cue in extents)
        if known.kind == "range":
            return usual
        if known.kind.endswith("probability") and item.numeral is not None and abs(item.numeral.value) >= 1:
            return self._chance_near(at)
        if known.kind in ("baseline.output", "baseline_probability") and not usual:
            return item.numeral is not None and item.numeral.bound == ""
        if known.kind == "truth":
            return any(True for _ in self.clauses.between(0, len(self.items), "truth"))
        return True

    def _fits(self, item: Item, numeral: Numeral, known: Known) -> bool:
        unit = item.value.unit if item.value is not None else None
        if known.kind == "count":
            return unit is None and not numeral.percent and not item.sign and numeral.decimals <= 0
        if unit is None and known.counted:
            return False
        if unit is None:
            if numeral.percent:
                return known.unit == "%" or (known.unit == "" and known.kind in ("value", "baseline", "gap"))
            return known.unit != "times" or numeral.bound != ""
        if known.unit in ("", "times"):
            return known.unit == "" and known.kind in ("value", "baseline")
        return self.scope.wording.same_unit(unit, known.unit)

    def _may_be(self, known: Known, item: Item) -> bool:
        """Whether a number that belongs to no name may be said to say it."""
        if known.kind in ("prediction", "baseline.output", "change", "truth"):
            return True
        specific = (
            (item.value is not None and item.value.unit) or len(item.text.strip("+-−")) > 2 or known.kind == "count"
        )
        return bool(specific) or known.unit == "%"

    # Where it stands

    def _bound(self, at: int, item: Item) -> Bound | None:
        own = self.clauses.topic(at)
        if own is not None:
            return Bound(own, at, tight=False)
        bracket = self.clauses.bracket(at)
        if bracket is not None:
            return self._within(at, bracket)
        start, stop = self.clauses.clause(at)
        behind = next((i for i in self.clauses.topics if i > at and i < stop), None)
        ahead = next((i for i in reversed(self.clauses.topics) if start <= i < at), None)
        if item.sign and at and self.items[at - 1].shape != "mark":
            behind = None  # "item count +4.80, Saturday +3.70"
            if self._unread(at - 1):
                return None
        touching = behind is not None and self._plain(at + 1, behind, 1)
        forward = self.clauses.cue(at + 1, "way", "owing") is not None and behind is not None and behind - at <= NEAR
        if forward and behind is not None:  # "295 for the bedroom"
            return self._to(behind, tight=False)
        if ahead is not None and self._links(ahead, at) and not (touching and at - ahead > 1):
            return self._to(ahead, tight=True)
        if behind is not None and touching:
            return self._to(behind, tight=True)
        unit = item.value.unit if item.value is not None else None
        if unit is not None:
            same = [i for i in self.clauses.topics if self._has_unit(i, unit)]
            if len({self._ids(i) for i in same}) == 1:
                return self._to(min(same, key=lambda i: abs(i - at)), tight=False)
            return None
        if ahead is not None and self._against_usual(at, ahead):
            return self._to(ahead, tight=True)
        near = [i for i in (ahead, self._unparted(ahead, at, behind)) if i is not None]
        return self._to(min(near, key=lambda i: abs(i - at)), tight=False) if near else None

    def _within(self, at: int, bracket: tuple[int, int]) -> Bound | None:
        """What a number in a bracket belongs to: a name inside it, or the one right before it."""
        inside = [i for i in self.clauses.topics if bracket[0] < i < bracket[1]]
        near = [i for i in inside if i < at] or inside
        if near:
            return self._to(near[-1], tight=near[-1] < at and self._links(near[-1], at))
        outer = [i for i in self.clauses.topics if i < bracket[0]]
        if outer and self._how(outer[-1] + 1, bracket[0]):
            return self._to(outer[-1], tight=True)
        return None

    def _unread(self, at: int) -> bool:
        """Whether an item is a noun that names no feature."""
        item = self.items[at]
        return item.shape == "word" or (item.cue("weighs", "factor") is not None and not item.cue("copula"))

    def _against_usual(self, at: int, name: int) -> bool:
        """Whether a number stands beside what is usual of a feature: "deductions way up, .64 vs .21"."""
        other = next((i for i in (at + 2, at + 3) if i < len(self.items) and self.items[i].shape == "number"), None)
        named = self.clauses.topic(name)
        if other is None or not self.clauses.cue(at + 1, "versus", "usual") or named is None:
            return False
        known = [k for r in named.referents for k in self.numbers.by_feature.get(r.id, ()) if k.kind == "baseline"]
        numeral = self.items[other].numeral
        return numeral is not None and any(says(numeral, k) for k in known)

    def _to(self, name: int, *, tight: bool) -> Bound | None:
        named = self.clauses.topic(name)
        return None if named is None else Bound(named, name, tight)

    def _links(self, name: int, at: int) -> bool:
        """Whether nothing but "of", "is", "at" or a colon stands between a name and a number."""
        gap = self.items[name + 1 : at]
        if any(i.text in ",，" for i in gap) and len(gap) > 1:
            return self._trails(gap, at)
        value = self.items[at].value
        plain = value is not None and not value.unit
        if not gap and plain and (named := self.clauses.topic(name)) is not None and named.partial:
            return self._plausible(at, named)  # not "room 12"
        if gap and gap[-1].text in ",，" and not (at + 1 < len(self.items) and self.items[at + 1].shape == "mark"):
            return False
        if not gap and not any(c.isdigit() for c in self.items[at].text):
            return False  # "setting two"
        told = self.scope.wording.data["words"].get("from", ())  # 坡度从平常的12度涨到24度
        return len(gap) <= NEAR and all(
            i.cue("copula", "free", "usual") or i.text in ":：=,|" or i.text in told for i in gap
        )

    def _trails(self, gap: Sequence[Item], at: int) -> bool:
        """Whether a comma and "only" or "as much as" stand between a name and a number: 车龄，才19天."""
        words = self.scope.wording.data["words"].get("trailing", ())
        ends = at + 1 >= len(self.items) or self.items[at + 1].shape == "mark"
        return len(gap) == 2 and gap[0].text in ",，" and gap[1].text in words and ends

    def _plausible(self, at: int, named: Named) -> bool:
        """Whether a number could be a value of the feature: it lies in the range of its rows, and counts nothing."""
        numeral, ids = self.items[at].numeral, {r.id for r in named.of("feature", "phrase")}
        if numeral is None or numeral.percent or abs(numeral.value) <= SMALL or len(ids) != 1:
            return False
        if f"{numeral.value:.0f}" in self.numbers.labels:
            return False
        raw = self.scope.facts.explanation.feature(next(iter(ids)))
        if not isinstance(raw.low, float) or not isinstance(raw.high, float):
            return False
        slack = raw.high - raw.low
        return raw.low - slack / 2 <= numeral.value <= raw.high + slack / 2

    def _unparted(self, ahead: int | None, at: int, behind: int | None) -> int | None:
        """The name behind, unless only that one is behind a comma, where words are not set apart."""
        if self.scope.wording.spaced or ahead is None or behind is None or not self._parted(at, behind):
            return behind
        return behind if self._parted(ahead, at) else None

    def _parted(self, start: int, end: int) -> bool:
        return any(item.text in ",，、" for item in self.items[start:end])

    def _how(self, start: int, end: int) -> bool:
        """Whether nothing stands between, or only how large it is where words are not set apart: 水分偏高（6.8%）."""
        gap = self.items[start:end]
        valued = self.scope.wording.spaced and bool(gap) and gap[-1].shape == "number"  # "an age of 34 (usually 49)"
        if self._plain(start, end, 2 if valued else 1):
            return True
        plain = all(i.cue("extent", "quantifier", "free") for i in gap)
        return not self.scope.wording.spaced and len(gap) <= NEAR and plain

    def _plain(self, start: int, end: int, most: int) -> bool:
        gap = self.items[start:end]
        return len(gap) <= most and all(i.cue("free", "copula") or i.shape == "number" or i.text in ":：" for i in gap)

    def _ids(self, at: int) -> str:
        named = self.clauses.topic(at)
        return " ".join(sorted({r.id for r in named.referents})) if named is not None else ""

    def _has_unit(self, at: int, unit: str) -> bool:
        named = self.clauses.topic(at)
        ids = [r.id for r in named.of("feature", "phrase")] if named is not None else []
        known = [k for i in ids for k in self.numbers.by_feature.get(i, ()) if k.kind == "value"]
        return any(k.unit and self.scope.wording.same_unit(unit, k.unit) for k in known)

    def _usual(self, at: int) -> bool:
        """Whether the words before or right behind a number speak of what is usual."""
        before = range(max(0, at - NEAR - 1), at)
        last = max((i for i in before if self.items[i].shape == "number"), default=-1)
        start, stop = self.clauses.clause(at)
        pair = any(self.items[i].shape == "number" for i in range(start, min(stop, at + FAR)) if i != at)
        kinds = ("usual", "versus", "from") if pair or not self.scope.wording.spaced else ("usual", "versus")
        told = any(self.clauses.cue(i, *kinds) for i in before if i > last)  # "the permit from 2021" is no usual one
        told = told or any(i.named is not None and i.named.of("baseline") for i in self.items[start:at])
        one = (i for i in self.clauses.between(start, at, "usual") if i + 1 < len(self.items))
        told = told or any((n := self.items[i + 1].named) is not None and n.of("one") for i in one)
        return told or any(self.clauses.cue(i, "usual") for i in (at + 1, at + 2))

    def _doubt(self, at: int) -> str:
        start, stop = self.clauses.clause(at)
        if self.clauses.supposed:
            return "is asked or supposed, not stated"
        if any(True for _ in self.clauses.between(start, stop, "together")):
            return "may be of several"
        word = self.clauses.elsewhere(start, stop)
        return f"{word!r} stands where it cannot be read" if word else ""

    def _counts_things(self, at: int, item: Item) -> bool:
        """Whether it counts features or the like, or names something: "the two largest", "week 29", "27 April"."""
        if self._numbered(at, item):
            return True
        plain = item.numeral is not None and item.value is not None and not item.value.unit and not item.numeral.percent
        small = item.numeral is not None and item.numeral.decimals <= 0 and 0 < item.numeral.value <= SMALL
        if (
            small and not self.scope.wording.spaced and self.clauses.cue(at + 1, "factor", "favours")
        ):  # 八个变量里五个支持
            start, _ = self.clauses.clause(at)
            return not any(start <= i < at and self.items[i].shape == "name" for i in self.clauses.topics)
        return plain and small and not item.sign and self.clauses.cue(at + 1, "place", "factor", "ordinal") is not None

    def _numbered(self, at: int, item: Item) -> bool:
        """Whether a number stands behind a noun that it tells from others, or beside a month."""
        words = self.scope.wording.data["words"]
        before = self.items[at - 1].text.casefold() if at else ""
        after = self.items[at + 1].text.casefold() if at + 1 < len(self.items) else ""
        plain = item.value is not None and not item.value.unit and not item.sign and item.numeral is not None
        whole = plain and item.numeral is not None and item.numeral.decimals <= 0 and not item.numeral.percent
        named = before in words.get("numbered", ()) and self.clauses.topic(at - 1) is None
        cents = at > 0 and self.items[at - 1].shape == "number" and not any(c.isdigit() for c in item.text)
        cents = cents and (v := self.items[at - 1].value) is not None and v.unit in _COINS
        return whole and (named or cents or bool({before, after} & set(words.get("months", ()))))

    def _is_part(self, at: int, item: Item) -> bool:
        """Whether it is a part of what a name stands for: "half of the living area"."""
        if item.numeral is None or not item.numeral.percent or any(c.isdigit() for c in item.text):
            return False
        behind = at + 1
        if self.clauses.cue(behind, "factor") and not self.clauses.cue(behind, "share", "likely", "weighs"):
            return True  # "three out of six inputs"
        while behind < len(self.items) and self.items[behind].cue("of", "free"):
            behind += 1
        return behind > at + 1 and behind < len(self.items) and self.clauses.topic(behind) is not None

    def _spoken_of(self) -> Iterator[Known]:
        """Every known number but what is derived of features that nobody has mentioned."""
        for known in self.numbers.all():
            far = known.kind in ("gap", "times") or (known.kind == "baseline" and abs(known.value) < _LARGE)
            if not far or known.of in self.mentioned:
                yield known

    def _chance_near(self, at: int) -> bool:
        start, stop = self.clauses.clause(at)
        near = range(max(start, at - FAR), min(stop, at + FAR))
        return any(self.items[i].cue("likely") for i in near)

    def _spoken_of_usual(self) -> bool:
        """Whether anything in the sentence speaks of what is usual."""
        return any(item.cue("usual", "versus", "than", "from") for item in self.items)

    @cached_property
    def _bracketed(self) -> frozenset[int]:
        """Small numbers that stand alone in brackets behind several names, which are places: "depth (2)"."""
        found = [i for i, item in enumerate(self.items) if item.shape == "number" and self._lone(i)]
        told = [n.value for i in found if (n := self.items[i].numeral) is not None]
        return frozenset(found) if len(found) >= _LISTED and len(set(told)) == len(told) else frozenset()

    def _lone(self, at: int) -> bool:
        numeral, bracket = self.items[at].numeral, self.clauses.bracket(at)
        value = self.items[at].value
        small = numeral is not None and 1 <= numeral.value <= len(self.scope.facts.features) and numeral.decimals <= 0
        return (
            bracket == (at - 1, at + 1) and small and value is not None and not value.unit and not self.items[at].sign
        )

    def _is_window(self, item: Item) -> bool:
        """Whether a number stands in a name: of the instance, or the time a column looks back over: "in six months"."""
        unit = item.value.unit if item.value is not None else None
        numeral = item.numeral
        if numeral is None or numeral.percent or item.sign or (unit is not None and not self._is_time(unit)):
            return False
        whole = numeral.value == int(numeral.value) and f"{numeral.value:.0f}" in self.numbers.labels
        return whole and (unit is not None or len(item.text) >= _LONG)

    def _is_time(self, unit: str) -> bool:
        return any(self.scope.wording.same_unit(unit, each) for each in ("h", "day", "week", "month", "year", "min"))

    def _is_clock(self, item: Item) -> bool:
        """Whether it is a part of a time of day or of a running time: "6:49"."""
        text, start, end = self.clauses.text, item.start, item.end
        before, behind = text[max(0, start - 2) : start], text[end : end + 2]
        return (before[1:] == ":" and before[:1].isdigit()) or (behind[:1] == ":" and behind[1:].isdigit())

    def _is_label(self, item: Item) -> bool:
        digits = "".join(c for c in item.text if c.isdigit())
        return digits in self.numbers.labels and (item.value is None or item.value.unit is None)


def doubted(judgement: Judgement, doubt: str) -> Judgement:
    """A contradiction that is not sure is none."""
    return unverified(doubt, *judgement.facts) if doubt and judgement.verdict == "contradicted" else judgement
