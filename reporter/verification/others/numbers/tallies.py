"""Tallies: how many features others count on each side, and headings that say it of the list below them.

Only where words are not set apart: "五项加分,三项减分", "四正三负", "加价的有四项". The words stand in `[sides]` of
others.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE, Judgement, contradicted, supported, unverified
from reporter.verification.others.clauses import Clauses, Subject
from reporter.verification.others.directions.flattened import NAME, Flat
from reporter.verification.others.directions.valence import good_side
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.text.patterns import any_of
from reporter.verification.text.wording import wording

_LEAST = 0.05  # a sum that is smaller says nothing
_SHORT = 14  # characters of a heading


@dataclass(frozen=True)
class Side:
    """A side that a word names; not `sure` where it may also be the other one."""

    sign: Direction
    sure: bool


@dataclass(frozen=True)
class Tally:
    """So many on one side, and where it stands in the row of items."""

    at: int
    side: Side
    count: int
    alone: bool  # "only so many"


class Tallies:
    """The counts of one sentence."""

    def __init__(self, clauses: Clauses, numbers: Numbers) -> None:
        self.clauses, self.items, self.numbers = clauses, clauses.items, numbers
        self.facts = clauses.scope.facts
        self.code = self.facts.language.code
        self.data: Mapping[str, Sequence[str]] = clauses.scope.wording.data.get("sides", {})
        self.flat = Flat(clauses)
        self.text = self.flat.text

    def all(self) -> Iterator[tuple[int, str, Judgement]]:
        """Where a count stands, its kind, and what the facts say of it."""
        if not self.data or self.clauses.scope.wording.spaced:
            return
        yield from self._weights()
        found = list(self._tallies())
        both = {t.side.sign for t in found} == {"towards", "away"} and len(found) == 2
        if both:
            yield found[0].at, "count", self._both(found[0], found[1])
            return
        for tally in found:
            yield tally.at, "count", self._one(tally)

    def listed(self) -> Iterator[tuple[Direction, Subject]]:
        """The names that a count is followed by: 加分的有三项:A、B、C."""
        yield from self._inline()
        found = list(self._tallies()) if self.data and not self.clauses.scope.wording.spaced else []
        for tally in found if len(found) == 1 else []:
            start, stop = self.clauses.clause(tally.at)
            colon = next((i for i in range(tally.at, stop) if self.clauses.is_colon(i)), None)
            if colon is None or not tally.side.sure or any(start <= i < colon for i in self.clauses.topics):
                continue
            subject = self.clauses.after(colon + 1, stop)
            if subject.names and subject.at[0] == colon + 1 and len(subject.names) == tally.count:
                yield tally.side.sign, subject

    def _inline(self) -> Iterator[tuple[Direction, Subject]]:
        """The names behind a heading that stands in the same line: 有利的：A、B；不利的：C."""
        if not self.data or self.clauses.scope.wording.spaced:
            return
        for colon in range(1, len(self.items) - 1):
            if not self.clauses.is_colon(colon):
                continue
            start = max((i + 1 for i in range(colon) if self.items[i].text in ";；。,，"), default=0)
            if any(start <= i < colon for i in self.clauses.topics):
                continue  # 降雨量：12毫米
            told = "".join(item.text for item in self.items[start:colon])
            known = _patterns(self.code)["heading"].fullmatch(told.strip())
            side = self._headed(known["side"], start, colon) if known is not None else None
            stop = next((i for i in range(colon, len(self.items)) if self.items[i].text in ";；。"), len(self.items))
            subject = self.clauses.after(colon + 1, stop)
            if side is not None and side.sure and subject.names and subject.at[0] == colon + 1:
                yield side.sign, subject

    def heading(self) -> Direction | None:
        """The side that a line names which opens a list: 不利:, 推高的因素:."""
        if not self.data or not self.items or not self.clauses.is_colon(len(self.items) - 1):
            return None
        plain = re.sub(r"[【】\[\]()（）\s:：*#]", "", self.text)
        if self.clauses.topics or len(plain) > _SHORT:
            return None
        known = _patterns(self.code)["heading"].fullmatch(plain)
        if known is None:
            return None
        side = self._headed(known["side"], 0, len(self.items))
        return side.sign if side is not None and side.sure else None

    # Reading

    def _tallies(self) -> Iterator[Tally]:
        patterns = _patterns(self.code)
        if (pair := patterns["pair"].search(self.text)) is not None:
            for count, side in ((pair["first"], pair["plus"]), (pair["second"], pair["minus"])):
                yield Tally(self.flat.item(pair.start()), self._sure(side), self._number(count), alone=False)
            return
        taken: set[int] = set()
        for kind in ("behind", "before"):
            for match in patterns[kind].finditer(self.text):
                span = set(range(match.start(), match.end()))
                side = self._side(match["side"])
                if side is None or span & taken or self._of_named(match.start("count"), kind):
                    continue
                taken |= span
                yield Tally(
                    self.flat.item(match.start()), side, self._number(match["count"]), alone=bool(match["only"])
                )

    def _weights(self) -> Iterator[tuple[int, str, Judgement]]:
        """What one side comes to: 正向合计505单."""
        for match in _patterns(self.code)["weight"].finditer(self.text):
            side, at = self._side(match["side"]), self.flat.item(match.end() - 1) + 1
            item = self.items[at] if at < len(self.items) else None
            if side is None or item is None or item.numeral is None or item.numeral.percent:
                continue
            known = {k.fact: k for k in self.numbers.outcome if k.kind == "weight"}
            plain = [k for k in self.numbers.outcome if k.kind == "weight"]
            facts = [f"{side.sign}.weight"] if side.sure else list(known)
            if any(says(item.numeral, k) for k in plain if k.fact in facts):
                yield at, "weight", supported(*facts)
            elif side.sure and item.numeral.value >= _LEAST:
                yield at, "weight", contradicted(item.text, self.facts.text(facts[0]), *facts)

    def _sure(self, word: str) -> Side:
        return self._side(word) or Side("towards", sure=False)

    def _of_named(self, start: int, kind: str) -> bool:
        """Whether it counts what was named right before: A、B两项, 这三项."""
        before = self.text[:start]
        if kind == "behind":
            return False
        return before[-1:] == NAME or before.endswith(tuple(self.data.get("pointing", ())))

    def _number(self, text: str) -> int:
        if text.isdecimal():
            return int(text)
        value = self.clauses.scope.wording.notation.spelled.read(text)
        return int(value) if value is not None else 0

    def _side(self, word: str) -> Side | None:
        """The side that a word names, seen from the explained outcome."""
        good = good_side(self.facts)
        if word in self.data["up"]:
            return Side("towards", sure=True)
        if word in self.data["down"]:
            return Side("away", sure=True)
        if word in self.data["good"] or word in self.data["bad"]:
            side: Direction = good or "towards"
            return Side(side if word in self.data["good"] else OPPOSITE[side], sure=good is not None)
        plain = self.facts.regression or good == "towards"
        return Side("towards" if word in self.data["plus"] else "away", sure=plain)

    def _headed(self, word: str, start: int, end: int) -> Side | None:
        """The side that a heading names; where it names an outcome, its words are of that outcome: 支持不录取的因素."""
        classes = [n for i in range(start, end) if (n := self.clauses.class_at(i)) is not None]
        if not classes or self.facts.regression:
            return self._side(word)
        raises: Direction = "towards" if any(word in self.data[k] for k in ("up", "good", "plus")) else "away"
        if self.facts.target.id in {r.id for r in classes[0].of("class")}:
            return Side(raises, sure=True)
        return Side(OPPOSITE[raises], sure=len(self.facts.classes) == 2)

    # Judging

    def _counts(self) -> dict[Direction, int]:
        return {side: sum(f.direction == side for f in self.facts.features) for side in ("towards", "away")}

    def _both(self, one: Tally, other: Tally) -> Judgement:
        counts, total = self._counts(), len(self.facts.features)
        told = {one.side.sign: one.count, other.side.sign: other.count}
        turned = {OPPOSITE[sign]: count for sign, count in told.items()}
        shown = f"{counts['towards']} and {counts['away']}"
        said, facts = f"{one.count} and {other.count}", ("towards.count", "away.count")
        if one.count + other.count > total:
            return contradicted(said, shown, *facts)
        if told == counts or (turned == counts and not (one.side.sure and other.side.sure)):
            return supported(*facts)
        if one.count + other.count < total and all(told[side] <= counts[side] for side in told):
            return unverified("may count only some", *facts)
        if not (one.side.sure and other.side.sure) and any(turned[side] > counts[side] for side in turned) is False:
            return unverified("may count only some", *facts)
        return contradicted(said, shown, *facts)

    def _one(self, tally: Tally) -> Judgement:
        counts, fact = self._counts(), f"{tally.side.sign}.count"
        actual = counts[tally.side.sign]
        if tally.count == actual:
            return supported(fact)
        options = [actual] if tally.side.sure else list(counts.values())
        if all(tally.count > option for option in options):
            return contradicted(tally.count, actual, fact)
        return unverified("may count only some", fact)


@lru_cache
def _patterns(code: str) -> Mapping[str, re.Pattern[str]]:
    """How counts are written in one language, from `[sides]` of its others.toml."""
    words = wording(code)
    data: Mapping[str, Sequence[str]] = words.data["sides"]

    one = partial(any_of, data)
    side, counter, noun, filler = (
        one("up", "down", "good", "bad", "plus", "minus"),
        one("of"),
        one("nouns"),
        one("filler"),
    )
    digit = words.notation.spelled.small
    number = rf"(?<![{''.join(data['places'])}\d.{digit}])(?:\d{{1,2}}|[{digit}]{{1,2}})"
    short = one("pairs_up"), one("pairs_down")
    linked = f"{one('linking')}?"
    sums = one("sums")
    return {
        "weight": re.compile(rf"(?P<side>{side}){linked}(?:{noun})?(?:{number}{counter})?{sums}{one('come')}?"),
        "pair": re.compile(
            rf"(?P<first>{number})(?P<plus>{short[0]})[,，、]?(?P<second>{number})(?P<minus>{short[1]})"
        ),
        "before": re.compile(
            rf"(?P<only>{one('only')})?(?P<count>{number}){counter}(?:{noun})?{filler}{{0,3}}(?P<side>{side})(?!{one('unless')})"
        ),
        "behind": re.compile(
            rf"(?P<side>{side})(?:[^,，。;；:：]{{0,3}}?{linked}(?:{noun})?{one('are')})?"
            rf"(?P<only>{one('only')})?(?P<count>{number}){counter}"
        ),
        "heading": re.compile(rf"(?:{filler})*(?P<side>{side})[^,，。]{{0,4}}?{linked}(?:{noun})?"),
    }
