"""Judges of multiples, of equals, of what the strongest features make together, and of a prediction that moves.

Each gets its numbers as the items that were read, and words such as "more than" under `bound`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from reporter.fact import FeatureFacts
from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    contradicted,
    either,
    features_of,
    per_feature,
    supported,
    unverified,
    whether,
)
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.text.claims import Found

_SURE, _ROUGH, _EDGE = 0.12, 0.3, 0.03  # relative: so near a multiple holds; beyond the second not; slack of a bound
_FARTHER = 1.5  # "more than double" is seldom said of what is four times as much
_CERTAIN, _LIKELY, _SOME = 0.9, 0.6, 0.25  # of a probability: sure; below this not sure; above this no slight one
_SAME, _UNLIKE = 0.88, 0.6  # of the stronger: from the first on two weigh about the same, below the second not


def multiple(found: Found, scope: Scope) -> Judgement:
    """How many times what is usual a value is; with `more`, it may be that many times on top."""

    def of(feature: FeatureFacts) -> Judgement:
        raw, fact = scope.facts.explanation.feature(feature.id), f"feature.{feature.id}.value"
        if not isinstance(raw.value, float) or not isinstance(raw.baseline, float) or raw.value * raw.baseline <= 0:
            return unverified("is no multiple of anything", fact)
        return _times(found, raw.value / raw.baseline, (fact,))

    return per_feature(found, scope, of)


def ratio(found: Found, scope: Scope) -> Judgement:
    """How many times as much one feature weighs as another."""

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        first, second = (abs(f.attribution) for f in features[:2])
        facts = tuple(f"feature.{f.id}.amount" for f in features[:2])
        if not (first and second):
            return unverified("one of the two has no weight", *facts)
        return _times(found, first / second, facts)

    return _of_two(found, scope, of)


def alike(found: Found, scope: Scope) -> Judgement:
    """That two features weigh about the same."""

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        weights = [abs(f.attribution) for f in features[:2]]
        facts = tuple(f"feature.{f.id}.amount" for f in features[:2])
        part = min(weights) / max(weights) if max(weights) else 1.0
        if _UNLIKE <= part < _SAME:
            return unverified("is a matter of taste", *facts)
        return whether(part >= _SAME, "the same weight", f"{weights[0]:.3g} and {weights[1]:.3g}", *facts)

    return _of_two(found, scope, of)


def _of_two(found: Found, scope: Scope, of: Callable[[tuple[FeatureFacts, ...]], Judgement]) -> Judgement:
    options = [o for o in features_of(found, scope, scope.side) if len(o) == len(found.subjects) == 2]
    return either(of(o) for o in options) if options else unverified("does not say of which two features")


def _times(found: Found, actual: float, facts: tuple[str, ...]) -> Judgement:
    """Whether a multiple is the one that is told."""
    item: Item | None = found.get("number")
    numeral = item.numeral if item is not None else None
    value = found.get("times") if numeral is None else numeral.value
    bound = found.get("bound") or (numeral.bound if numeral is not None else "")
    if value is None or not value > 0:
        return unverified("does not say how many times", *facts)
    told = f"{actual:.2f} times"
    verdicts = [_bounded(actual / each, bound) for each in ((value, value + 1) if found.get("more") else (value,))]
    if True in verdicts:
        return supported(*facts)
    if None in verdicts:
        return unverified(f"says {value:g} times, roughly {told}", *facts)
    return contradicted(f"{value:g} times", told, *facts)


def _bounded(part: float, bound: str) -> bool | None:
    """Whether an actual multiple, as a part of the told one, holds; None where nobody can tell."""
    if bound == "over":
        return True if 1 - _EDGE <= part <= _FARTHER else None if part > 1 - _SURE else False
    if bound == "under":
        return True if 1 / _FARTHER <= part <= 1 + _EDGE else None if part < 1 + _SURE else False
    off = max(part, 1 / part) - 1
    return True if off <= _SURE else None if off <= _ROUGH else False


def top_share(found: Found, scope: Scope) -> Judgement:
    """Which part of all influence so many of the strongest features make together."""
    count, item = found.get("of"), found.get("number")
    size = found.get("count") or (count.numeral.value if count is not None and count.numeral is not None else None)
    numeral = item.numeral if item is not None else None
    features = scope.facts.features
    if size is None or not 1 <= size <= len(features) or numeral is None or not numeral.percent:
        return unverified("does not say of how many features")
    strongest = sorted(features, key=lambda f: -abs(f.attribution))[: int(size)]
    facts = tuple(f"feature.{f.id}.share" for f in strongest)
    total = math.fsum(scope.facts.explanation.feature(f.id).share for f in strongest)
    if numeral.agrees(total, strict=False):
        return supported(*facts)
    if numeral.near(total):
        return unverified(f"says {item.text}, the share is {total:.1%}", *facts)
    return contradicted(item.text, f"{total:.1%}", *facts)


def moved(found: Found, scope: Scope) -> Judgement:
    """That all features together take the prediction from one number to another."""
    base, now = scope.facts.get("baseline.output"), scope.facts.get("prediction")
    told = [found.get(key) for key in ("number", "other")]
    if not scope.facts.regression or base is None or now is None or any(i is None or i.numeral is None for i in told):
        return unverified("does not say of what")
    numbers = Numbers(scope.facts).outcome
    first, second = (
        [any(k.kind == kind and says(item.numeral, k) for k in numbers) for kind in ("baseline.output", "prediction")]
        for item in told
    )
    shown, facts = f"{base.text} to {now.text}", ("baseline.output", "prediction")
    if first[0] and second[1]:
        up = float(now.value) > float(base.value)
        sign = found.get("sign")
        return whether(sign is None or up is (sign == "towards"), f"{sign}", shown, *facts)
    if any(
        k.kind in ("truth", "usual") and says(i.numeral, k) for k in numbers for i in told if found.get("sign") is None
    ):
        return unverified("may be said of something else", *facts)
    if any((*first, *second)):
        return contradicted(f"from {told[0].text} to {told[1].text}", shown, *facts)
    return unverified("may be said of something else", *facts)


def chance(found: Found, scope: Scope) -> Judgement:
    """That an outcome is as good as certain (`sure_of`), or as good as impossible."""
    named, high = found.get("class"), bool(found.get("sure_of"))
    facts = [f"probability.{r.id}" for r in named.of("class")] if named is not None else []
    if len(facts) != 1 or facts[0] not in scope.facts:
        return unverified("does not say of which outcome")
    value = float(scope.facts[facts[0]].value)
    holds, fails = (value >= _CERTAIN, value < _LIKELY) if high else (value <= 1 - _CERTAIN, value > _SOME)
    if not holds and not fails:
        return unverified("is a matter of taste", facts[0])
    return whether(holds, "as good as certain" if high else "hardly any chance", scope.facts.text(facts[0]), facts[0])


JUDGES: dict[str, Judge] = {
    "multiple": multiple,
    "ratio_of": ratio,
    "alike": alike,
    "top_share": top_share,
    "moved": moved,
    "chance": chance,
}
