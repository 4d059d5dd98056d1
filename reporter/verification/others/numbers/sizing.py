"""Sizing: numbers in another unit than the study's, and those that tell how many times as much something is."""

from __future__ import annotations

from dataclasses import replace

from reporter.verification.judges.judgement import contradicted, supported, unverified
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import FAR, Bound, Figure
from reporter.verification.others.numbers.known import says
from reporter.verification.others.numbers.shares import Shares
from reporter.verification.text.numerals import Numeral

_FEW = 1  # digits of a number that is known by itself


class Sizing(Shares):
    """Units and multiples."""

    def _in_wrong_unit(self, item: Item, numeral: Numeral, bound: Bound | None) -> Figure | None:
        """A number that says what is known, but in another unit of its kind: 38 hours of 38 minutes."""
        unit = item.value.unit if item.value is not None else None
        if unit is None or not any(c.isdigit() for c in item.text):
            return None
        numeral = replace(numeral, bound="")
        own = [k for i in bound.ids for k in self.numbers.by_feature.get(i, ())] if bound is not None else []
        pool = [*own, *(self.numbers.all() if len(item.text) - len(unit) > _FEW else ())]
        kinds = ("value", "baseline", "amount", "prediction", "baseline.output")
        same = [k for k in pool if k.kind in kinds and k.unit and says(numeral, replace(k, unit=""))]
        wrong = next((k for k in same if self._of_a_kind(unit, k.unit)), None)
        if wrong is None or any(self.scope.wording.same_unit(unit, k.unit) for k in same):
            return None
        return Figure(0, wrong.kind, contradicted(item.text, self.scope.facts.text(wrong.fact), wrong.fact), wrong.of)

    def _of_a_kind(self, unit: str, other: str) -> bool:
        """Whether two units measure the same kind of thing, and are not the same."""
        words, plain = self.scope.wording, other.partition("/")[0]
        if words.same_unit(unit, other) or words.same_unit(unit, plain):
            return False
        rows = words.data.get("units", {}).get("kinds", ())
        return any(
            any(words.same_unit(unit, each) for each in row) and any(words.same_unit(plain, each) for each in row)
            for row in rows
        )

    def _multiple(self, at: int, item: Item, numeral: Numeral, bound: Bound | None) -> Figure | None:
        """How many times what is usual a value is, which is no value itself: "three times its usual value"."""
        after = self.items[at + 1].text.casefold() if at + 1 < len(self.items) else ""
        if after not in self.scope.wording.data["words"].get("multiples", ()):
            return None
        known = [k for i in bound.ids for k in self.numbers.by_feature[i] if k.kind == "times"] if bound else []
        usual = any(self.clauses.cue(i, "usual") for i in range(at + 1, min(at + FAR + 1, len(self.items))))
        if len(known) == 1 and usual and any(says(numeral, k) for k in known):
            return Figure(at, "times", supported(known[0].fact), known[0].of)
        return Figure(at, "number", unverified(f"says {item.text} times, which no fact decides"))
