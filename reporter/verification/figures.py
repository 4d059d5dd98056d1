"""Figures: what the numbers in a text of others are of, and whether they say what the facts say.

A number is *contradicted* only where its place tells what it is of, and nothing that is known of that says it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reporter.verification.clauses import Clauses
from reporter.verification.items import Item
from reporter.verification.judgement import Judgement, contradicted, supported, unverified
from reporter.verification.known import Known, Numbers, says
from reporter.verification.mentions import Named
from reporter.verification.numerals import Numeral
from reporter.verification.pushing import Push

_NEAR, _FAR = 3, 6  # items
_DERIVED = frozenset({"gap", "times", "percentile", "range", "side_share", "share"})  # what a number seldom says
_WHOLE = frozenset({"prediction", "baseline.output", "change", "usual", "weight", "net"})
_LARGE = 100  # what is usual of a feature that was not named is known by a number from here on
_TENFOLD = (0.05, 20.0)
_SMALL = 12  # whole numbers up to here may count anything
_ASSERTING = ("reads", "model", "goal", "goes")


@dataclass(frozen=True)
class Figure:
    """A number that was judged. `feature`: the id of the feature it is the value, the share or the amount of."""

    at: int
    kind: str
    judgement: Judgement
    feature: str = ""


@dataclass(frozen=True)
class _Bound:
    """The feature a number belongs to, and whether the two stand so that nothing else can be meant."""

    named: Named
    at: int
    tight: bool

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.id for r in self.named.of("feature", "phrase")))


class Figures:
    """The numbers of one sentence."""

    def __init__(self, clauses: Clauses, pushes: Sequence[Push], numbers: Numbers, counted: frozenset[int]) -> None:
        self.clauses, self.items, self.numbers = clauses, clauses.items, numbers
        self.pushes, self.counted = pushes, counted
        self.scope = clauses.scope
        here = [r.id for at in clauses.topics if (n := clauses.topic(at)) for r in n.of("feature", "phrase")]
        before = [r.id for n in clauses.memory.names for r in n.of("feature", "phrase")]
        self.mentioned = {*here, *before}
        self.sums = (*numbers.sums(here), *numbers.sums((*before, *here)))

    def all(self) -> Iterator[Figure]:
        """Every number that is no rank and no count."""
        for at, item in enumerate(self.items):
            if item.shape == "number" and at not in self.counted and item.numeral is not None:
                yield self._figure(at, item, item.numeral)

    def _figure(self, at: int, item: Item, numeral: Numeral) -> Figure:
        if self._counts_things(at, item):
            return Figure(at, "neutral", Judgement("neutral"))
        if self._is_part(at, item):
            return Figure(at, "number", unverified(f"says {item.text} of something"))
        bound = self._bound(at, item)
        doubt = self._doubt(at)
        usual = self._usual(at)
        direct = any(self.clauses.cue(i, "share") for i in (at + 1, at + 2)) and numeral.percent
        if direct and (share := self._as_share(at, item, numeral, bound)) is not None:
            return share
        exchanged = False
        if bound is not None:
            own = [k for i in bound.ids for k in self.numbers.by_feature.get(i, ())]
            match = self._first(item, numeral, own, usual=usual)
            if match is not None and match.kind == "baseline" and bound.tight and not usual and not self._spoken_of_usual():
                exchanged, match = True, None  # what is usual, told as if it were the value
            if match is not None:
                return Figure(at, match.kind, supported(match.fact), match.of)
        share = self._as_share(at, item, numeral, bound)
        if share is not None:
            return share
        chance = self._as_chance(at, item, numeral, bound)
        if chance is not None:
            return chance
        elsewhere = self._first(item, numeral, (*self.sums, *self._spoken_of()), usual=usual)
        elsewhere = None if exchanged else elsewhere
        amount = self._as_amount(at, item, numeral, elsewhere)
        if amount is not None:
            return replace(amount, judgement=_doubted(amount.judgement, doubt))
        if bound is not None and (value := self._as_value(at, item, bound, elsewhere, usual=usual)) is not None:
            return replace(value, judgement=_doubted(value.judgement, doubt))
        if elsewhere is not None and self._may_be(elsewhere, item, bound):
            return Figure(at, elsewhere.kind, supported(elsewhere.fact), elsewhere.of)
        if bound is None and elsewhere is None and (output := self._as_output(at, item)) is not None:
            return replace(output, judgement=_doubted(output.judgement, doubt))
        if self._is_label(item):
            return Figure(at, "neutral", Judgement("neutral"))
        return Figure(at, "number", unverified(f"says {item.text}, which no fact decides"))

    # What it may be

    def _first(self, item: Item, numeral: Numeral, known: Iterable[Known], *, usual: bool) -> Known | None:
        """The first known number that it says in a unit that fits; what is usual first where the words say so."""
        fitting = [k for k in known if self._fits(item, numeral, k) and says(numeral, k) and self._told_of(item, k, usual=usual)]
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
        if unit is None:
            if numeral.percent:
                return known.unit == "%" or (known.unit == "" and known.kind in ("value", "baseline", "gap"))
            return known.unit != "times" or numeral.bound != ""
        if known.unit in ("", "times"):
            return known.unit == "" and known.kind in ("value", "baseline")
        return self.scope.wording.same_unit(unit, known.unit)

    def _may_be(self, known: Known, item: Item, bound: _Bound | None) -> bool:
        """Whether a number that belongs to no name may be said to say it."""
        if known.kind in ("prediction", "baseline.output", "change", "truth"):
            return True
        specific = (item.value is not None and item.value.unit) or len(item.text.strip("+-−")) > 2 or known.kind == "count"
        return bool(specific) or known.unit == "%"

    # Where it stands

    def _bound(self, at: int, item: Item) -> _Bound | None:
        own = self.clauses.topic(at)
        if own is not None:
            return _Bound(own, at, tight=False)
        bracket = self.clauses.bracket(at)
        if bracket is not None:
            inside = [i for i in self.clauses.topics if bracket[0] < i < bracket[1]]
            near = [i for i in inside if i < at] or inside
            if near:
                return self._to(near[-1], at, tight=False)
            outer = [i for i in self.clauses.topics if i < bracket[0]]
            if outer and self._plain(outer[-1] + 1, bracket[0], 1):
                return self._to(outer[-1], at, tight=True)
            return None
        start, stop = self.clauses.clause(at)
        behind = next((i for i in self.clauses.topics if i > at and i < stop), None)
        ahead = next((i for i in reversed(self.clauses.topics) if start <= i < at), None)
        touching = behind is not None and self._plain(at + 1, behind, 1)
        forward = self.clauses.cue(at + 1, "way", "owing") is not None and behind is not None and behind - at <= _NEAR
        if forward and behind is not None:  # "295 for the bedroom"
            return self._to(behind, at, tight=False)
        if ahead is not None and self._links(ahead, at) and not (touching and at - ahead > 1):
            return self._to(ahead, at, tight=True)
        if behind is not None and touching:
            return self._to(behind, at, tight=True)
        unit = item.value.unit if item.value is not None else None
        if unit is not None:
            same = [i for i in self.clauses.topics if self._has_unit(i, unit)]
            if len({self._ids(i) for i in same}) == 1:
                return self._to(min(same, key=lambda i: abs(i - at)), at, tight=False)
            return None
        if ahead is not None and self._against_usual(at, ahead):
            return self._to(ahead, at, tight=True)
        near = [i for i in (ahead, behind) if i is not None]
        return self._to(min(near, key=lambda i: abs(i - at)), at, tight=False) if near else None

    def _against_usual(self, at: int, name: int) -> bool:
        """Whether a number stands beside what is usual of a feature: "deductions way up, .64 vs .21"."""
        other = next((i for i in (at + 2, at + 3) if i < len(self.items) and self.items[i].shape == "number"), None)
        named = self.clauses.topic(name)
        if other is None or not self.clauses.cue(at + 1, "versus", "usual") or named is None:
            return False
        known = [k for r in named.referents for k in self.numbers.by_feature.get(r.id, ()) if k.kind == "baseline"]
        numeral = self.items[other].numeral
        return numeral is not None and any(says(numeral, k) for k in known)

    def _to(self, name: int, at: int, *, tight: bool) -> _Bound | None:
        named = self.clauses.topic(name)
        return None if named is None else _Bound(named, name, tight)

    def _links(self, name: int, at: int) -> bool:
        """Whether nothing but "of", "is", "at" or a colon stands between a name and a number."""
        gap = self.items[name + 1 : at]
        if any(i.text in ",，" for i in gap) and len(gap) > 1:
            return False
        value = self.items[at].value
        plain = value is not None and not value.unit
        if not gap and plain and (named := self.clauses.topic(name)) is not None and named.partial:
            return False  # "room 12"
        if gap and gap[-1].text in ",，" and not (at + 1 < len(self.items) and self.items[at + 1].shape == "mark"):
            return False
        if not gap and not any(c.isdigit() for c in self.items[at].text):
            return False  # "setting two"
        return len(gap) <= _NEAR and all(i.cue("copula", "free", "usual") or i.text in ":：=,|" for i in gap)

    def _plain(self, start: int, end: int, most: int) -> bool:
        gap = self.items[start:end]
        return len(gap) <= most and all(i.cue("free", "copula") or i.text in ":：" for i in gap)

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
        before = range(max(0, at - _NEAR - 1), at)
        last = max((i for i in before if self.items[i].shape == "number"), default=-1)
        told = any(self.clauses.cue(i, "usual", "versus", "from") for i in before if i > last)
        start, _ = self.clauses.clause(at)
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
        """Whether it counts features or the like: "the two largest", "three readings"."""
        plain = item.numeral is not None and item.value is not None and not item.value.unit and not item.numeral.percent
        small = item.numeral is not None and item.numeral.decimals <= 0 and 0 < item.numeral.value <= _SMALL
        return plain and small and not item.sign and self.clauses.cue(at + 1, "place", "factor", "ordinal") is not None

    def _is_part(self, at: int, item: Item) -> bool:
        """Whether it is a part of what a name stands for: "half of the living area"."""
        if item.numeral is None or not item.numeral.percent or any(c.isdigit() for c in item.text):
            return False
        behind = at + 1
        while behind < len(self.items) and self.items[behind].cue("of", "free"):
            behind += 1
        return behind > at + 1 and behind < len(self.items) and self.clauses.topic(behind) is not None

    def _spoken_of(self) -> Iterator[Known]:
        """Every known number but what is derived of features that nobody has mentioned."""
        for known in self.numbers.all():
            far = known.kind in ("gap", "times") or (known.kind == "baseline" and abs(known.value) < _LARGE)
            if not far or known.of in self.mentioned:
                yield known

    def _spoken_of_usual(self) -> bool:
        """Whether anything in the sentence speaks of what is usual."""
        return any(item.cue("usual", "versus", "than", "from") for item in self.items)

    def _is_label(self, item: Item) -> bool:
        digits = "".join(c for c in item.text if c.isdigit())
        return digits in self.numbers.labels and (item.value is None or item.value.unit is None)

    # Roles

    def _as_value(
        self, at: int, item: Item, bound: _Bound, elsewhere: Known | None, *, usual: bool
    ) -> Figure | None:
        """A number that stands right beside a feature, or has its unit: its value, or what is usual."""
        values = [k for i in bound.ids for k in self.numbers.by_feature.get(i, ()) if k.kind == "value"]
        if len(bound.ids) != 1 or not values or item.numeral is None or item.sign > 0:
            return None
        known, unit = values[0], item.value.unit if item.value is not None else None
        same = unit is not None and known.unit != "" and self.scope.wording.same_unit(unit, known.unit)
        unitless = unit is not None and known.unit == "" and self._right_behind(bound, at)
        kind = "baseline" if usual else "value"
        if usual and self.scope.facts.get(f"feature.{known.of}.baseline") is None:
            return None
        shown = self.scope.facts.text(f"feature.{known.of}.{kind}") or self.scope.facts.text(known.fact)
        wrong = contradicted(item.text, shown, f"feature.{known.of}.{kind}")
        if unit is not None and not same and not unitless:
            if bound.tight and known.unit and says(item.numeral, replace(known, unit="")):
                return Figure(at, kind, contradicted(item.text, shown, known.fact), known.of)
            return None
        if item.numeral.percent and known.unit != "%":
            return None
        if self._scaled(item.numeral.value, known.value):
            return None
        if same:
            mine = elsewhere is None or bound.tight or (elsewhere.of != known.of and elsewhere.kind in _DERIVED)
            return Figure(at, kind, wrong, known.of) if mine else None
        whole = elsewhere is not None and elsewhere.unit != "" and unit is None and not known.unit
        touches = bound.at == at + 1 and (not bound.named.partial or whole) and item.numeral.value > 1
        small = item.numeral.decimals <= 0 and abs(item.numeral.value) <= _SMALL and not self._right_behind(bound, at)
        small = small and not (touches and known.value == int(known.value))
        taken = elsewhere is not None and elsewhere.kind in ("value", "baseline") and elsewhere.of != known.of
        foreign = elsewhere is not None and not (self._right_behind(bound, at) and taken)
        foreign = foreign and not (whole and touches) and (elsewhere is None or elsewhere.kind not in ("count", *_DERIVED))
        unsure = bound.named.partial and not self._right_behind(bound, at) and not (whole and touches)
        if not bound.tight or small or unsure or foreign:
            return None
        return Figure(at, kind, wrong, known.of)

    def _scaled(self, said: float, value: float) -> bool:
        """Whether a number may say the value in a unit ten or a thousand times as large."""
        ratio = abs(said / value) if said and value else 0.0
        return ratio > 0 and not _TENFOLD[0] < ratio < _TENFOLD[1] and abs(math.log10(ratio) - round(math.log10(ratio))) < 1e-3

    def _right_behind(self, bound: _Bound, at: int) -> bool:
        """Whether it stands behind the name as values do: "X of 3", "X: 3", "X (3)"."""
        return bound.tight and bound.at < at

    def _as_share(self, at: int, item: Item, numeral: Numeral, bound: _Bound | None) -> Figure | None:
        """A percentage or fraction beside "influence", "weight", "of all"."""
        start, stop = self.clauses.clause(at)
        told = any(self.clauses.cue(i, "share", "weighs") for i in range(max(start, at - _FAR), min(stop, at + _FAR)))
        compared = any(self.clauses.cue(i, "more", "extent", "than") for i in (at + 1, at + 2))
        if not numeral.percent or not told or compared or self._chance_near(at):
            return None
        push = next((p for p in self.pushes if p.start <= at + _FAR and p.end >= at - _FAR), None)
        subject = self.clauses.before(at, start)
        if not subject.names:
            later = self.clauses.after(at + 1, min(stop, at + 2 * _FAR))
            subject = push.subject if push is not None and push.subject.names else later
        ids = [r.id for n in subject.names for r in n.of("feature", "phrase")]
        parts = ("share", "side_share")
        own = [k for i in dict.fromkeys(ids) for k in self.numbers.by_feature.get(i, ()) if k.kind in parts]
        known = (*(own if len(set(ids)) == 1 else ()), *self.numbers.sums(ids), *self.sums)
        match = next((k for k in known if says(numeral, k)), None)
        if match is not None:
            return Figure(at, "share", supported(match.fact), match.of)
        if subject.at and any(self.items[i].shape == "number" for i in range(at + 1, subject.at[0])):
            return None  # "58% come from three features, led by …"
        doubt = subject.doubt or self._doubt(at) or ("" if ids else "does not say of which feature")
        if numeral.bound == "about" and any(numeral.near(k.value) for k in known):
            doubt = doubt or "is near it"
        others = self.mentioned - set(ids)
        shares = [k for k in self.numbers.all() if k.kind in (*parts, "above", "below") and k.of in others]
        if self._first(item, numeral, shares, usual=False) is not None or len(set(ids)) > 1:
            doubt = doubt or "may be of something else"
        share = self.scope.facts.text(f"feature.{ids[0]}.share") if ids else ""
        return Figure(at, "share", _doubted(contradicted(item.text, share, *([f"feature.{ids[0]}.share"] if ids else [])), doubt))

    def _chance_near(self, at: int) -> bool:
        start, stop = self.clauses.clause(at)
        near = range(max(start, at - _FAR), min(stop, at + _FAR))
        return any(self.items[i].cue("likely") for i in near)

    def _as_chance(self, at: int, item: Item, numeral: Numeral, bound: _Bound | None) -> Figure | None:
        """A percentage beside a class, a word such as "probability" or "sure", or what the model says."""
        facts = self.scope.facts
        known = [k for k in self.numbers.outcome if k.kind in ("probability", "baseline_probability")]
        if self.clauses.cue(at + 1, "of") and any(self.clauses.cue(i, "factor") for i in (at + 2, at + 3)):
            return None
        if facts.regression or not known or (item.value is not None and item.value.unit):
            return None
        start, stop = self.clauses.clause(at)
        likely, classes = self._chance_near(at), self._classes(at, start, stop)
        if not any(c.isdigit() for c in item.text) and not numeral.percent:
            return None
        plain = not numeral.percent and not (0 < numeral.value < 1 and numeral.decimals >= 2)
        if (plain and not (likely or classes)) or not (likely or classes or self._asserted(start, stop, at)):
            return None
        if plain and not (1 <= numeral.value <= 100 and numeral.decimals <= 0 and likely):
            return None
        if bound is not None and bound.tight and not likely and not classes:
            return None
        matches = [k for k in known if says(numeral, k)]
        wanted = {r.id for n in classes[:1] for r in n.of("class")} or {facts.predicted.id}
        if any(k.of in wanted for k in matches):
            return Figure(at, "probability", supported(*(k.fact for k in matches if k.of in wanted)))
        fact = f"probability.{next(iter(sorted(wanted)))}"
        judgement = contradicted(item.text, facts.text(fact), fact)
        doubt = self._doubt(at)
        if matches:
            if len(classes) != 1 or len(wanted) != 1:
                return Figure(at, "probability", supported(matches[0].fact))
            doubt = doubt or ("" if self._beside(at, classes[0]) else "may be of another class")
        elif self._first(item, numeral, (*self.sums, *self.numbers.all()), usual=False) is not None and not likely:
            return None
        if numeral.bound == "about" and any(numeral.near(k.value) for k in known if k.of in wanted):
            doubt = doubt or "is near it"
        if not likely and not numeral.percent:
            doubt = doubt or "may be something else"
        return Figure(at, "probability", _doubted(judgement, doubt))

    def _classes(self, at: int, start: int, stop: int) -> list[Named]:
        """The classes named in a clause, the nearest to a number first."""
        found = [(abs(i - at), n) for i in range(start, stop) if (n := self.clauses.class_at(i)) is not None]
        return [named for _, named in sorted(found, key=lambda pair: pair[0])]

    def _beside(self, at: int, named: Named) -> bool:
        near = range(max(0, at - _NEAR), min(len(self.items), at + _NEAR + 1))
        return any(self.items[i].named is not None and self.items[i].start == named.start for i in near)

    def _asserted(self, start: int, stop: int, at: int) -> bool:
        near = range(max(start, at - _FAR), min(stop, at + _FAR))
        topics = any(start <= i < stop for i in self.clauses.topics)
        return not topics and any(self.items[i].cue("reads", "model") for i in near)

    def _as_amount(self, at: int, item: Item, numeral: Numeral, elsewhere: Known | None) -> Figure | None:
        """What a feature adds or takes: signed, in the unit of the outcome, or behind a verb that moves the score."""
        bound = self._bound(at, item)
        direct = (bound.named,) if bound is not None and bound.tight and item.sign and item.value and not item.value.unit else ()
        subject = direct or self._respectively(at) or self._moved_by(at, item)
        ids = list(dict.fromkeys(r.id for n in subject for r in n.of("feature", "phrase")))
        if not ids:
            return None
        own = [k for i in ids for k in self.numbers.by_feature.get(i, ()) if k.kind == "amount"]
        known = own if len(ids) == 1 else [*self.numbers.sums(ids), *own]
        match = next((k for k in known if self._fits(item, numeral, k) and says(numeral, k)), None)
        if match is not None:
            return Figure(at, "amount", supported(match.fact), match.of)
        mine = subject[0] if len(subject) == 1 else None
        if elsewhere is not None and elsewhere.of not in ("", *ids) and len(ids) == 1 and elsewhere.kind == "amount":
            if mine is not None and mine.partial:
                return None  # the amount of another feature, which the word may mean
            elsewhere = None
        if elsewhere is not None and elsewhere.kind in _WHOLE and mine is not None and self._follows(at):
            elsewhere = None
        if elsewhere is not None or not self.scope.facts.regression and not item.sign or len(ids) > 1:
            return None
        shown = self.scope.facts.text(f"feature.{ids[0]}.amount")
        return Figure(at, "amount", contradicted(item.text, shown, f"feature.{ids[0]}.amount"), ids[0])

    def _follows(self, at: int) -> bool:
        """Whether a number stands right behind a verb that moves the score: "adds about 19"."""
        return any(p.subject.names and not p.doubt and 0 < at - p.end <= _NEAR for p in self.pushes)

    def _respectively(self, at: int) -> tuple[Named, ...]:
        """The one of several names that stand before as many amounts: "A and B take off 25 and 18"."""
        start, stop = self.clauses.clause(at)
        numbers = [i for i in range(start, stop) if self._amounts(i)]
        names = [i for i in self.clauses.topics if start <= i < stop and self.clauses.bracket(i) is None]
        if len(names) < 2 or len(names) != len(numbers) or at not in numbers or names[-1] > numbers[0]:
            return ()
        named = self.clauses.topic(names[numbers.index(at)])
        return (named,) if named is not None else ()

    def _amounts(self, at: int) -> bool:
        """Whether an item is a number that can be an amount: no count."""
        item = self.items[at]
        plain = item.value is not None and not item.value.unit and not any(c.isdigit() for c in item.text)
        return item.shape == "number" and not plain and self.clauses.topic(at) is None

    def _moved_by(self, at: int, item: Item) -> tuple[Named, ...]:
        """The features that a number says the push of."""
        unit = item.value.unit if item.value is not None else None
        out = unit is not None and self.numbers.counted_in != "" and self.scope.wording.same_unit(unit, self.numbers.counted_in)
        if unit is not None and not out:
            return ()
        start, stop = self.clauses.clause(at)
        pushed = [p for p in self.pushes if start <= p.start < stop and abs(p.start - at) <= _FAR + 2]
        forward = self.scope.facts.regression and self.clauses.cue(at + 1, "way") and self.clauses.topic(at + 2 + bool(self.clauses.cue(at + 2, "free")))
        plus = item.sign or forward or any(self.clauses.cue(i, "sign") for i in (at - 1, at - 2, at + 1, at + 2))
        near = next((p for p in sorted(pushed, key=lambda p: abs(p.end - at)) if p.subject.names and not p.subject.doubt), None)
        if near is not None and (out or plus or self.scope.facts.regression and near.start < at <= near.end + _NEAR):
            return near.subject.names
        if plus or out:
            bound = self._bound(at, item)
            ahead = self.clauses.before(at, start)
            if bound is None and len(ahead.names) == 1 and not ahead.doubt and self.clauses.bracket(at) is None:
                bound = _Bound(ahead.names[0], ahead.at[0], tight=False)
            acts = bound is not None and any(True for _ in self.clauses.between(bound.at, at, "weighs", "moves"))
            other = bound is not None and not self._has_unit(bound.at, unit or "")
            return (bound.named,) if bound is not None and (item.sign or plus or (out and acts and other)) else ()
        return ()

    def _as_output(self, at: int, item: Item) -> Figure | None:
        """A predicted value, where a clause names no feature and speaks of the model or of the outcome."""
        facts = self.scope.facts
        unit = item.value.unit if item.value is not None else None
        if not facts.regression or item.numeral is None or item.numeral.percent or item.sign:
            return None
        start, stop = self.clauses.clause(at)
        if any(start <= i < stop for i in self.clauses.topics):
            return None
        told = any(
            self.items[i].cue(*_ASSERTING) or self.clauses.class_at(i) is not None
            for i in range(max(start, at - _FAR), min(stop, at + _NEAR))
        )
        same = unit is not None and self.scope.wording.same_unit(unit, self.numbers.counted_in)
        if self._is_label(item):
            return None
        large = item.numeral.value > _SMALL
        if not told or (unit is not None and not same) or (unit is None and not large):
            return None
        if item.numeral.bound == "about" and item.numeral.near(float(facts["prediction"].value)):
            return None
        which = "baseline.output" if self._usual(at) and "baseline.output" in facts else "prediction"
        if any(True for _ in self.clauses.between(start, stop, "truth")):
            which = "truth"
        if which not in facts or (which == "truth" and says(item.numeral, Known("truth", "", "truth", float(facts[which].value)))):
            return None
        return Figure(at, "output", contradicted(item.text, facts.text(which), which))


def _doubted(judgement: Judgement, doubt: str) -> Judgement:
    """A contradiction that is not sure is none."""
    return unverified(doubt, *judgement.facts) if doubt and judgement.verdict == "contradicted" else judgement
