"""Foreign numbers: those in a unit of the decision that say nothing which is known of it, however it is counted.

Where the text speaks of the decision and such a number stands beside no name, it is not known what it is meant to say;
but whatever that is, it is wrong.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from reporter.verification.judges.judgement import Judgement
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import Figure
from reporter.verification.others.numbers.known import Numbers
from reporter.verification.text.wording import wording

_ABOUT = ("model", "reads", "verdict", "goal", "usual", "it")  # cues of what is said of this decision
_FIGURES = 2  # digits, from which a number is not said by chance
_SUMS = 4  # features that a sum may be of
_TIMES = ("s", "min", "h", "day", "week", "month", "year")
_PERIODS = (60.0, 24.0, 7.0, 12.0, 30.0, 365.0)  # what a time may be counted in instead
_SCALES = (1e3, 1e6, 1e-3, 1e-6)
_OF_OUTCOME = frozenset({"prediction", "baseline.output", "change", "usual", "truth", "net", "weight", "amount"})
_BOUNDS = frozenset({"over", "under"})


class Foreign:
    """Tells foreign numbers of one decision; what may be said in a unit is worked out when it is first asked."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.wording = wording(numbers.facts.language.code)
        self._known: dict[str, tuple[float, ...]] = {}

    def judged(self, figure: Figure, clauses: Clauses) -> Judgement:
        """What a number says; a foreign one is wrong where the clause is of this decision."""
        item, judgement = clauses.items[figure.at], figure.judgement
        if figure.kind != "number" or judgement.verdict != "unverified" or item.value is None:
            return judgement
        start, stop = clauses.clause(figure.at)
        about = any(clauses.topic(i) or clauses.class_at(i) for i in range(start, stop))
        about = about or any(True for _ in clauses.between(start, stop, *_ABOUT))
        doubtful = clauses.supposed or clauses.elsewhere(start, stop)
        if doubtful or not about or not self.is_foreign(item):
            return judgement
        reason = f"says {item.value.text}, which nothing of the decision agrees with"
        return Judgement("contradicted", judgement.facts, reason)

    def is_foreign(self, item: Item) -> bool:
        """Whether a number has a unit of the decision and agrees with nothing that is counted in it."""
        numeral, unit = item.numeral, item.value.unit if item.value is not None else None
        if numeral is None or numeral.bound in _BOUNDS or len(re.sub(r"\D", "", item.text).strip("0")) < _FIGURES:
            return False
        if not unit or unit.casefold() in self.wording.chatter or self._labels & set(re.findall(r"\d+", item.text)):
            return False
        if unit not in self._known:
            self._known[unit] = tuple(sorted(set(self._sizes(unit))))
        size = replace(numeral, value=abs(numeral.value))
        known = self._known[unit]
        return bool(known) and not any(size.agrees(value, strict=False) for value in known)

    def _sizes(self, unit: str) -> Iterator[float]:
        """Every size that a number in a unit may have: known ones, sums, differences, what is left without one."""
        same = [k for k in self.numbers.all() if k.unit not in ("", "%", "times") and self._like(unit, k.unit)]
        for known in same:
            yield abs(known.value)
            if self._is_time(unit) and not self.wording.same_unit(unit, known.unit):
                yield from (abs(known.value) * scale for period in _PERIODS for scale in (period, 1 / period))
            if known.kind in _OF_OUTCOME:
                yield from (abs(known.value) * scale for scale in _SCALES)  # "23.8 million" of a unit such as M$
        bare = [k.value for k in self.numbers.all() if k.unit == "" and k.kind in _OF_OUTCOME]
        yield from map(abs, bare if same else ())
        values = [k.value for k in same if k.kind in ("value", "baseline")]
        yield from (abs(a - b) for a, b in itertools.combinations(values, 2))
        if any(known.kind == "amount" for known in same):
            yield from self._amounts()

    def _amounts(self) -> Iterator[float]:
        facts = self.numbers.facts
        score = facts.explanation.prediction.score or 0.0
        weights = [feature.attribution for feature in facts.features]
        for size in range(2, min(_SUMS, len(weights)) + 1):
            for some in itertools.combinations(weights, size):
                yield math.fsum(map(abs, some))
                yield abs(math.fsum(some))
        yield from (abs(abs(a) - abs(b)) for a, b in itertools.combinations(weights, 2))
        yield from (abs(score - weight) for weight in weights)  # what it would be without one

    def _like(self, unit: str, own: str) -> bool:
        """Whether a unit is another, the first part of it ("2.8 €" for €/m²), or counts time as well."""
        same = self.wording.same_unit(unit, own) or self.wording.same_unit(unit, own.partition("/")[0])
        return same or (self._is_time(unit) and self._is_time(own))

    @cached_property
    def _labels(self) -> frozenset[str]:
        """Digits that stand in names and in categories."""
        told = [str(f.value) for f in self.numbers.facts.explanation.features if not isinstance(f.value, float)]
        return self.numbers.labels | {digits for value in told for digits in re.findall(r"\d+", value)}

    def _is_time(self, unit: str) -> bool:
        return any(self.wording.same_unit(unit, each) for each in _TIMES)
