"""Known numbers: everything of a decision that a number in somebody's text may say, worked out once.

A number that says none of them is wrong or is of something else; which, figures.py decides by where it stands.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from reporter.fact import Facts, FeatureFacts
from reporter.verification.judges.values import unit_of
from reporter.verification.text.numerals import Numeral
from reporter.verification.text.wording import wording
from reporter.words import readable, words_in

_SUMS = 4  # features that a sum may be of
_TIMES = 0.12  # relative: so near a multiple is told as it is


@dataclass(frozen=True)
class Known:
    """One number: its kind, the feature or class it is of, the fact that holds it, its unit ("%": a share)."""

    kind: str
    of: str
    fact: str
    value: float
    unit: str = ""
    counted: bool = False  # in another unit than the study's, which must then be told


class Numbers:
    """The known numbers of one decision."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.unit = ""
        if facts.regression:
            words = facts.explanation.prediction.explained.words
            self.unit = words_in(words, facts.language.code).unit

    @cached_property
    def outcome(self) -> tuple[Known, ...]:
        """Of the prediction and its baseline."""
        return tuple(each for known in self._outcome() for each in self._written(known))

    @cached_property
    def by_feature(self) -> dict[str, tuple[Known, ...]]:
        """Of each feature."""
        return {f.id: tuple(self._told(self._feature(f))) for f in self.facts.features}

    def _told(self, own: Iterable[Known]) -> Iterator[Known]:
        """Numbers in their plain unit, and in the larger units that people count them in: 86 months are 7 years."""
        words = wording(self.facts.language.code)
        larger = words.data.get("units", {}).get("larger", {})
        for known in (each for one in own for each in self._written(one)):
            yield known
            rows = [row for unit, row in larger.items() if known.unit and words.same_unit(unit, known.unit)]
            for unit, times in (pair for row in rows for pair in row.items()):
                yield replace(known, value=known.value / times, unit=unit, counted=True)

    def _written(self, known: Known) -> Iterator[Known]:
        """A number in its plain unit, and without what the unit multiplies by, as people write it: +9.6 for 万元."""
        plain = self._plain(known)
        yield plain
        tenth = known.unit and known.unit == wording(self.facts.language.code).notation.data.get("spelled", {}).get(
            "tenth"
        )
        if tenth or (plain.unit != known.unit != "" and plain.unit != "%" and plain.value != known.value):
            yield replace(known, unit="")

    @cached_property
    def counted_in(self) -> str:
        """The unit of the outcome without what it multiplies by."""
        return wording(self.facts.language.code).notation.parted(self.unit)[1]

    def _plain(self, known: Known) -> Known:
        """The same in the unit that is left when it multiplies: 486 万元 are 4,860,000 元, 五成 are 50%."""
        notation = wording(self.facts.language.code).notation
        if known.unit and known.unit == notation.data.get("spelled", {}).get("tenth"):
            return replace(known, value=known.value * 10, unit="%")
        times, unit = notation.parted(known.unit)
        return known if times == 1 else replace(known, value=known.value * times, unit=unit)

    @cached_property
    def labels(self) -> frozenset[str]:
        """Digits that stand in names: of the instance, the columns, the classes."""
        facts = self.facts
        names = [facts.explanation.instance, *(f.id for f in facts.features), *(f.name for f in facts.features)]
        names += [c.name for c in facts.classes]
        return frozenset(digits for name in names for digits in re.findall(r"\d+", name))

    def _outcome(self) -> Iterator[Known]:
        prediction = self.facts.explanation.prediction
        for outcome in prediction.outcomes:
            if outcome.probability is not None:
                yield Known("probability", outcome.label, f"probability.{outcome.label}", outcome.probability, "%")
            if outcome.baseline_probability is not None:
                fact = f"baseline.probability.{outcome.label}"
                yield Known("baseline_probability", outcome.label, fact, outcome.baseline_probability, "%")
        for identifier in ("prediction", "baseline.output", "change", "usual", "truth", "net"):
            told = self.facts.get(identifier)
            if self.facts.regression and told is not None and not isinstance(told.value, (str, bool)):
                size = abs(float(told.value)) if identifier == "change" else float(told.value)
                yield Known(identifier, "", identifier, size, self.unit)
        if self.facts.regression:
            yield from self._changes()
        for side in ("towards", "away"):
            yield Known("weight", "", f"{side}.weight", float(self.facts[f"{side}.weight"].value), self.unit)
            yield Known("count", "", f"{side}.count", float(self.facts[f"{side}.count"].value))
        yield Known("count", "", "features.count", float(len(self.facts.features)))

    def _changes(self) -> Iterator[Known]:
        """What the record is above or below the prediction, and the change in percent."""
        score = self.facts.explanation.prediction.score or 0.0
        base = self.facts.get("baseline.output")
        truth = self.facts.get("truth")
        if base is not None and not isinstance(base.value, str) and base.value:
            yield Known("change", "", "change", abs(score / float(base.value) - 1), "%")
        if truth is not None and not isinstance(truth.value, str):
            yield Known("change", "", "truth", abs(score - float(truth.value)), self.unit)

    def _feature(self, facts: FeatureFacts) -> Iterator[Known]:
        feature, prefix = self.facts.explanation.feature(facts.id), f"feature.{facts.id}"
        unit = unit_of(facts, self.facts) or self._told_by_name(facts)
        value, base = feature.value, feature.baseline
        if isinstance(value, float):
            yield Known("value", facts.id, f"{prefix}.value", value, unit)
        if isinstance(base, float):
            yield Known("baseline", facts.id, f"{prefix}.baseline", base, unit)
            if isinstance(value, float):
                yield Known("gap", facts.id, f"{prefix}.value", abs(value - base), unit)
                if base and value:
                    yield Known("times", facts.id, f"{prefix}.value", value / base, "times")
                    yield Known("gap", facts.id, f"{prefix}.value", abs(value / base - 1), "%")
        yield Known("amount", facts.id, f"{prefix}.amount", abs(facts.attribution), self.unit)
        yield Known("share", facts.id, f"{prefix}.share", feature.share, "%")
        yield Known("side_share", facts.id, f"{prefix}.side_share", facts.side_share_value, "%")
        for kind, beyond in (("above", facts.rows_below), ("below", facts.rows_above)):
            if beyond is not None:
                yield Known(kind, facts.id, f"{prefix}.percentile", beyond, "%")
        for limit in (feature.low, feature.high):
            if isinstance(limit, float):
                yield Known("range", facts.id, f"{prefix}.percentile", limit, unit)

    def _told_by_name(self, facts: FeatureFacts) -> str:
        """The unit that ends a column's name: "flushing_days"."""
        words = wording(self.facts.language.code)
        last = readable(facts.id).split()[-1:] if words.spaced and len(readable(facts.id).split()) > 1 else []
        return next(
            (w for w in last if len(w) > 1 and any(words.same_unit(w, row[0]) for row in words.data["units"]["same"])),
            "",
        )

    def sums(self, identifiers: Iterable[str]) -> Iterator[Known]:
        """Of several features together: amounts and shares, and the balance of their amounts."""
        yield from (each for known in self._sums(identifiers) for each in self._written(known))

    def _sums(self, identifiers: Iterable[str]) -> Iterator[Known]:
        own = [self.facts.feature(i) for i in dict.fromkeys(identifiers)]
        for size in range(2, min(len(own), _SUMS + 2) + 1):
            for some in itertools.combinations(own, size):
                fact = f"feature.{some[0].id}.amount"
                yield Known("amount", "", fact, math.fsum(abs(f.attribution) for f in some), self.unit)
                yield Known("amount", "", fact, abs(math.fsum(f.attribution for f in some)), self.unit)
                share = f"feature.{some[0].id}.share"
                yield Known(
                    "share", "", share, math.fsum(self.facts.explanation.feature(f.id).share for f in some), "%"
                )
                if len({f.direction for f in some}) == 1:
                    yield Known("side_share", "", share, math.fsum(f.side_share_value for f in some), "%")

    def all(self) -> Iterator[Known]:
        """Every number but the sums."""
        yield from self.outcome
        for known in self.by_feature.values():
            yield from known


def says(numeral: Numeral, known: Known) -> bool:
    """Whether a written number says a known one; a share may also be written as a plain number: 0.71, or 71."""
    if numeral.value != numeral.value:
        return False
    value = known.value if numeral.value < 0 or known.value >= 0 else abs(known.value)
    size = numeral
    if known.kind in ("amount", "gap", "change", "weight", "net") and numeral.value < 0:
        size = Numeral(numeral.text, -numeral.value, numeral.decimals, numeral.percent, numeral.bound)
        value = abs(value)
    if known.unit == "%":
        if numeral.percent and known.kind not in ("value", "baseline", "range"):
            return size.agrees(value, strict=False)
        if known.kind in ("value", "baseline", "range"):
            whole = Numeral(size.text, size.value * (100 if size.percent else 1), size.decimals, bound=size.bound)
            return whole.agrees(value, strict=False)
        part = 0 < abs(size.value) < 1 and size.decimals >= 2
        return (part and size.agrees(value, strict=False)) or (
            known.kind.endswith("probability")
            and 1 <= size.value <= 100
            and size.decimals <= 1
            and size.agrees(value * 100, strict=False)
        )
    if numeral.percent:
        parted = known.unit == "" and known.kind in ("value", "baseline", "gap") and 0 <= known.value <= 1
        whole = Numeral(size.text, size.value * 100, size.decimals, bound=size.bound)
        named = known.unit == "" and known.kind in ("value", "baseline", "gap")
        return (parted and size.agrees(value, strict=False)) or (named and whole.agrees(value, strict=False))
    if known.unit == "times":
        return abs(size.value - value) <= _TIMES * value
    return size.agrees(value, strict=False)
