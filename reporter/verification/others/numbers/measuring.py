"""Measuring: that something is higher or lower than usual, and by how much, where words are not set apart.

"比一般的11.2万低了1.4万" says of the outcome what "高于常见的一万二" says of a feature: which of the two is meant
stands in the clause before, or in the number that is told as the usual one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reporter.verification.judges.judgement import Judgement, contradicted, unverified, whether
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import NEAR
from reporter.verification.others.numbers.known import Known, Numbers, says
from reporter.verification.text.numerals import Numeral

_MARKS = frozenset(",，;；。:：、!！?？")
_BASES = ("baseline", "baseline.output", "usual")
_FAR = 8  # items
_TIMES = ("s", "min", "h", "day", "week", "month", "year")
_CLOSE = 0.12  # relative: so near a difference is told roughly


@dataclass(frozen=True)
class Measured:
    """One comparison: where it stands, which way it goes, the numbers told as the usual one and as the difference."""

    at: int  # the word that compares
    end: int
    high: bool
    base: int | None
    by: int | None
    negated: bool


class Measuring:
    """The comparisons of a sentence with what is usual; `used`: the items that were read already."""

    def __init__(self, clauses: Clauses, numbers: Numbers, used: set[int]) -> None:
        self.clauses, self.items, self.numbers, self.used = clauses, clauses.items, numbers, used
        self.facts = clauses.scope.facts

    def all(self) -> Iterator[tuple[int, int, Judgement]]:
        """Where each comparison begins and ends, and what the facts say of it."""
        if self.clauses.scope.wording.spaced:
            return
        for told in self._found():
            of = self._of(told)
            if of is None:
                continue
            found = replace(told, high=not told.high) if self._quick(told) else told  # 快于通常的四天
            self.used.update(range(found.at, found.end + 1))
            now, base = self._known(of, ("value", "prediction")), self._known(of, ("baseline", "baseline.output"))
            if now is None or base is None:
                continue
            yield found.at, found.end, self._compared(found, now, base)
            if found.by is not None and found.by == found.base and self._tells(found.base, of, _BASES):
                continue  # 高于常值22℃, and not 高于常年1.6度
            if found.by is not None and (wrong := self._by(found.by, now, base)) is not None:
                yield found.by, found.by, wrong

    def ratio_of(self, at: int) -> tuple[float, str] | None:
        """How many times what is usual that is of which the words before an item speak, and the fact that holds it."""
        of = next(self._before(at), None)
        if of is None:
            return None
        now, base = self._known(of, ("value", "prediction")), self._known(of, ("baseline", "baseline.output"))
        return None if now is None or base is None or base.value <= 0 else (now.value / base.value, now.fact)

    # Where

    def _found(self) -> Iterator[Measured]:
        for at, item in enumerate(self.items):
            stop = self._stop(at)
            cue = item.cue("extent")
            if cue is not None and cue.get("base"):
                numbers = self._numbers(at + 1, min(stop, at + 2 + NEAR))
                if numbers or cue.get("usual") or any(True for _ in self.clauses.between(at, stop, "usual")):
                    end = numbers[0] if numbers else at
                    negated = self.clauses.negated(at, max(0, at - NEAR))
                    differs = numbers and numbers[0] > at + 1 and self.clauses.cue(numbers[0] - 1, "usual")
                    base, by = numbers[0] if numbers else None, numbers[0] if differs else None
                    yield Measured(at, end, cue.get("place") == "high", base, by, negated)
            elif item.cue("than", "versus") and not (at and self.items[at - 1].cue("than", "versus")):
                yield from self._against(at, stop)

    def _against(self, at: int, stop: int) -> Iterator[Measured]:
        """A comparison whose adjective stands behind what is usual: 比平时的2900度多520度."""
        behind = next((i for i in range(at + 1, min(stop, at + _FAR)) if self._way(i) is not None), None)
        told = self._numbers(at + 1, min(stop, at + _FAR))
        more = self.clauses.scope.wording.data["words"].get("more", ())
        if behind is None and len(told) == 1 and self.items[told[0]].text.endswith(tuple(more)) and more:
            yield Measured(at, told[0], True, told[0], None, self.clauses.negated(at, max(0, at - NEAR)))  # 比80分多
        if behind is None or any(self._name(i) for i in range(at + 1, behind)):
            return
        numbers = self._numbers(at + 1, behind)
        if not numbers and not any(True for _ in self.clauses.between(at, behind, "usual")):
            return
        more = self._numbers(behind + 1, min(stop, behind + NEAR))
        negated = self.clauses.negated(at, max(0, at - NEAR))
        way = self._way(behind)
        yield Measured(at, behind, bool(way), numbers[0] if numbers else None, more[0] if more else None, negated)

    def _way(self, at: int) -> bool | None:
        """Whether an item says that it is more (True) or less (False)."""
        if (cue := self.items[at].cue("extent")) is not None:
            return bool(cue.get("place") == "high")
        if (cue := self.items[at].cue("goes")) is not None:
            return bool(cue.get("sign") == "towards")
        if (cue := self.items[at].cue("more")) is not None and not cue.get("alone"):
            return not cue.get("less")
        return None

    def _name(self, at: int) -> bool:
        return self.clauses.topic(at) is not None and self.items[at].shape != "number"

    def _numbers(self, start: int, stop: int) -> list[int]:
        return [i for i in range(start, stop) if self.items[i].shape == "number" and self.items[i].numeral is not None]

    def _stop(self, at: int) -> int:
        """Where the part of a sentence ends in which an item stands."""
        return next((i for i in range(at, len(self.items)) if self._parts(i)), len(self.items))

    def _parts(self, at: int) -> bool:
        return self.items[at].text in _MARKS or self.clauses.is_break(at)

    def _quick(self, found: Measured) -> bool:
        """Whether it is told of a time by a word of speed, which then says the opposite."""
        item = next((self.items[i] for i in (found.base, found.by) if i is not None), None)
        unit = item.value.unit if item is not None and item.value is not None else None
        words = self.clauses.scope.wording.data["words"].get("quick", ())
        told = "".join(self.items[i].text for i in range(found.at, found.end + 1))
        timed = any(self.clauses.scope.wording.same_unit(unit or "", each) for each in _TIMES)
        return timed and any(word in told for word in words)

    # Of what

    def _of(self, found: Measured) -> str | None:
        """The id of the feature that is compared, "" for the outcome; None when the words do not tell."""
        base = self.items[found.base].numeral if found.base is not None else None
        if base is None and not self.clauses.topics and self._of_score(found):
            return ""
        for named in self._before(found.at):
            if base is None or found.by == found.base or self._tells(found.base, named, _BASES):
                return named
            if named and self._tells(found.base, "", _BASES):
                return ""
            return None
        if self._tells(found.base, "", _BASES):
            return ""
        return None

    def _of_score(self, found: Measured) -> bool:
        """Whether it is held against the prediction that everybody gets: 与基准相比."""
        told = (self.items[i].text for i in range(max(0, found.at - 1), found.end + 1))
        words = self.clauses.scope.wording.data["words"].get("of_score", ())
        return self.facts.regression and any(text in words for text in told)

    def _before(self, at: int) -> Iterator[str]:
        """What the words before a comparison speak of, the nearest first."""
        inside = True
        for i in range(at - 1, -1, -1):
            if self._parts(i) and self.items[i].text in ";；。":
                return
            inside = inside and not self._parts(i)
            named = self.clauses.topic(i)
            if named is not None and i not in self.clauses.measures:
                ids = {r.id for r in named.of("feature", "phrase")}
                if len(ids) == 1:
                    yield ids.pop()
                    return
                return
            if self.facts.regression and (self.clauses.class_at(i) is not None or self.items[i].cue("goal")):
                yield ""
                return
            if self.items[i].shape == "number" and self._says_output(self.items[i]):
                yield ""
                return
            if inside and self.items[i].shape == "word" and self.items[i].text.isalpha():
                return  # of something that nobody knows

    def _tells(self, at: int | None, of: str, kinds: tuple[str, ...]) -> bool:
        numeral = self.items[at].numeral if at is not None else None
        return at is not None and numeral is not None and self._fits(self.items[at], numeral, of, kinds)

    def _says_output(self, item: Item) -> bool:
        numeral = item.numeral
        return numeral is not None and self._fits(item, numeral, "", ("prediction",))

    def _fits(self, item: Item, numeral: Numeral, of: str, kinds: tuple[str, ...]) -> bool:
        """Whether a number says one of these of a feature or the outcome, in a unit that fits."""
        known = self.numbers.by_feature.get(of, ()) if of else self.numbers.outcome
        return any(k.kind in kinds and self._same(item, k) and says(numeral, k) for k in known)

    def _same(self, item: Item, known: Known) -> bool:
        unit = item.value.unit if item.value is not None else None
        return unit is None or (known.unit != "" and self.clauses.scope.wording.same_unit(unit, known.unit))

    def _known(self, of: str, kinds: tuple[str, ...]) -> Known | None:
        known = self.numbers.by_feature.get(of, ()) if of else self.numbers.outcome
        return next((k for k in known if k.kind in kinds), None)

    # Judging

    def _compared(self, found: Measured, now: Known, base: Known) -> Judgement:
        higher, lower = now.value > base.value, now.value < base.value
        holds = (higher if found.high else lower) is not found.negated
        said = f"{'not ' * found.negated}{'higher' if found.high else 'lower'}"
        if found.negated and now.value == base.value:
            holds = True
        return whether(holds, said, f"{self.facts.text(now.fact)}, {self.facts.text(base.fact)}", now.fact)

    def _by(self, at: int, now: Known, base: Known) -> Judgement | None:
        """A difference that is not the one the two numbers have; None where it is, or may be of something else."""
        item, numeral = self.items[at], self.items[at].numeral
        gap, unit = abs(now.value - base.value), item.value.unit if item.value is not None else None
        if numeral is None or item.sign or not gap:
            return None
        points = self.clauses.scope.wording.data.get("units", {}).get("points", ())
        plain = replace(now, kind="gap", value=gap)
        options = [plain] if unit not in points else [replace(plain, unit="")]
        if unit in points and not now.unit and max(abs(now.value), abs(base.value)) <= 1:
            options.append(replace(plain, value=gap * 100, unit=""))
        if numeral.percent:
            options = [replace(plain, value=gap / abs(base.value), unit="%")] if base.value else []
            options += [replace(plain, value=gap / 100, unit="%")] if now.unit == "%" else []
        elif unit is not None and unit not in points and not self._same(item, now):
            return None
        if not options or any(says(numeral, option) for option in options):
            return None
        fact = f"{self.facts.text(now.fact)}, {self.facts.text(base.fact)}"
        near = any(abs(numeral.value - o.value) <= _CLOSE * max(o.value, abs(numeral.value)) for o in options)
        if near and numeral.bound:
            return unverified("is near it", now.fact)
        return contradicted(f"{item.text} apart", fact, now.fact)
