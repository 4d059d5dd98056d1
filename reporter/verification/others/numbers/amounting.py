"""Judges of numbers in whole clauses: how far from usual, how much is added, what several come to, what is predicted.

Each gets the number as the item that was read, under `number` among what the words settle, and of what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from reporter.fact import FeatureFacts
from reporter.situation import holds as said
from reporter.verification.judges.comparing import portion
from reporter.verification.judges.judgement import (
    OPPOSITE,
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
from reporter.verification.others.directions.valence import good_side
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.known import Known, Numbers, says
from reporter.verification.text.claims import Found

_TOLERANCE = 0.02  # relative: so near a sum of rounded amounts is no other number
_NOT = "not_"
_TIMES = ("s", "min", "h", "day", "week", "month", "year")
_CLOSE = 0.12  # relative: so near a difference is told roughly


def apart(found: Found, scope: Scope) -> Judgement:
    """That a value is higher or lower than usual, and by how much."""
    numbers, place = Numbers(scope.facts), str(found.get("place"))
    denied, up = place.startswith(_NOT), place.endswith("higher")

    def of(feature: FeatureFacts) -> Judgement:
        raw, fact = scope.facts.explanation.feature(feature.id), f"feature.{feature.id}.value"
        if not isinstance(raw.value, float) or not isinstance(raw.baseline, float):
            return unverified("is no number", fact)
        holds = raw.value != raw.baseline and (raw.value > raw.baseline) is up
        if holds is denied:
            return contradicted(place, f"{feature.value}, usually {feature.baseline}", fact)
        gaps = [k for k in numbers.by_feature[feature.id] if k.kind == "gap"]
        points = [replace(k, unit="") for k in gaps if k.unit != "%" or feature.value.endswith("%")]
        return _told(found.get("number"), [*gaps, *points], scope, fact, rough=_CLOSE)

    return per_feature(found, scope, of)


def customary(found: Found, scope: Scope) -> Judgement:
    """What a value usually is."""
    numbers = Numbers(scope.facts)

    def of(feature: FeatureFacts) -> Judgement:
        fact = f"feature.{feature.id}.baseline"
        known = [k for k in numbers.by_feature[feature.id] if k.kind == "baseline"]
        item: Item | None = found.get("number")
        if item is None or not known:
            return unverified("no fact tells what is usual", fact)
        return _told(item, known, scope, fact)

    return per_feature(found, scope, of)


def level(found: Found, scope: Scope) -> Judgement:
    """That a predicted value is higher or lower than the one that a typical one gets, and by how much."""
    base, now = scope.facts.get("baseline.output"), scope.facts.get("prediction")
    if not scope.facts.regression or base is None or now is None:
        return unverified("does not say of what")
    item: Item | None = found.get("number")
    changes = [k for k in Numbers(scope.facts).outcome if k.kind == "change" and k.of == ""]
    if item is not None and (not any(_fits(item, k, scope) for k in changes) or _vague(found, item, scope)):
        return unverified("may be said of something else", "change")
    higher, up = float(now.value) > float(base.value), found.get("place") == "higher"
    if found.get("speed") and any(scope.wording.same_unit(Numbers(scope.facts).counted_in, each) for each in _TIMES):
        up = not up  # what is faster takes less time
    if now.value == base.value or higher is not up:
        return contradicted(
            str(found.get("place")), f"{now.text}, usually {base.text}", "prediction", "baseline.output"
        )
    return _told(item, changes, scope, "change", rough=_CLOSE)


def missed(found: Found, scope: Scope) -> Judgement:
    """That a predicted value is higher or lower than what really came, and by how much."""
    truth, now = scope.facts.get("truth"), scope.facts.get("prediction")
    if not scope.facts.regression or truth is None or now is None:
        return unverified("no fact tells what really came")
    higher = float(now.value) > float(truth.value)
    if now.value == truth.value or higher is not (found.get("place") == "higher"):
        return contradicted(str(found.get("place")), f"{now.text}, recorded {truth.text}", "prediction", "truth")
    gaps = [k for k in Numbers(scope.facts).outcome if k.kind == "change" and k.fact == "truth"]
    return _told(found.get("number"), gaps, scope, "truth", rough=_CLOSE)


def amount(found: Found, scope: Scope) -> Judgement:
    """How much a feature adds or takes; `sign` where the words say which of the two."""
    numbers, sign = Numbers(scope.facts), found.get("sign")
    if found.get("valued"):  # "costs" is said of money and of time
        good = good_side(scope.facts)
        sign = None if good is None else sign if good == "towards" else OPPOSITE[sign]

    def of(feature: FeatureFacts) -> Judgement:
        fact = f"feature.{feature.id}.amount"
        if not scope.facts.regression:
            return unverified("is no amount of anything", fact)
        item: Item | None = found.get("number")
        if item is not None and item.numeral is not None and item.numeral.percent:
            return unverified("is no amount of anything", fact)
        told = ("towards" if item.sign > 0 else "away") if item is not None and item.sign else sign
        stands = [k for k in numbers.by_feature[feature.id] if k.kind in ("value", "baseline")]
        if (
            item is not None
            and item.numeral is not None
            and any(_fits(item, k, scope) and says(item.numeral, k) for k in stands)
        ):
            return unverified("may be the value itself", fact)
        if told is not None and feature.direction != told:
            return contradicted(str(told), feature.direction, f"feature.{feature.id}.direction")
        own = [k for k in numbers.by_feature[feature.id] if k.kind == "amount"]
        others = [k for k in numbers.by_feature[feature.id] if k.kind != "amount"]
        if item is not None and item.numeral is not None and any(_fits(item, k, scope) for k in others):
            return _told(item, [*own, *others], scope, fact)
        return _told(item, own, scope, fact)

    return per_feature(found, scope, of)


def total(found: Found, scope: Scope) -> Judgement:
    """What several features move together, in either direction."""

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        facts = tuple(f"feature.{f.id}.amount" for f in features)
        weights = [f.attribution for f in features]
        sums = {abs(math.fsum(weights)), math.fsum(map(abs, weights))}
        return _summed(found.get("number"), sums, scope, facts)

    options = [each for each in features_of(found, scope, scope.side) if len(each) == len(found.subjects) > 1]
    return either(of(each) for each in options) if options else unverified("does not say of which features")


def side_total(found: Found, scope: Scope) -> Judgement:
    """What all features of one side come to."""
    fact = f"{found.get('sign')}.weight"
    return _summed(found.get("number"), {float(scope.facts[fact].value)}, scope, (fact,))


def part(found: Found, scope: Scope) -> Judgement:
    """Which part of all influence features make together."""
    item: Item = found.get("number")
    if item.numeral is None or not item.numeral.percent:
        return unverified("is no part of anything")
    return portion(replace(found, settings={**found.settings, "portion": item.numeral, "sure": True}), scope)


def output(found: Found, scope: Scope) -> Judgement:
    """The predicted value; with `usual`, what a typical one gets."""
    fact = "baseline.output" if found.get("usual") else "prediction"
    item: Item = found.get("number")
    if not scope.facts.regression or fact not in scope.facts or item.numeral is None or item.numeral.percent:
        return unverified("is not predicted")
    numbers = Numbers(scope.facts)
    if _vague(found, item, scope):
        return unverified("may be said of something else", fact)
    if any(_fits(item, k, scope) and says(item.numeral, k) for k in numbers.outcome if k.kind == "truth"):
        return unverified("may be of the record", "truth")
    return _told(item, [k for k in numbers.outcome if k.kind == fact], scope, fact)


def _told(item: Item | None, known: Iterable[Known], scope: Scope, fact: str, *, rough: float = 0.0) -> Judgement:
    """Whether a number says one of those that are known; supported where none is told."""
    if item is None or item.numeral is None:
        return supported(fact)
    fitting = [k for k in known if _fits(item, k, scope)]
    if any(says(item.numeral, k) for k in fitting):
        return supported(fact)
    near = item.numeral.bound and any(abs(abs(item.numeral.value) - k.value) <= rough * k.value for k in fitting)
    if not fitting or near or any(item.numeral.near(k.value) for k in fitting):
        return unverified(f"says {item.text}, which no fact decides", fact)
    return contradicted(item.text, scope.facts.text(fact), fact)


def _summed(item: Item, sums: Iterable[float], scope: Scope, facts: tuple[str, ...]) -> Judgement:
    """Whether a number says one of some sums, of which each part may have been rounded."""
    unit = Numbers(scope.facts).unit
    known = [Known("amount", "", facts[0], each, unit) for each in sums]
    numeral = item.numeral
    if numeral is None or numeral.percent or not any(_fits(item, k, scope) for k in known):
        return unverified(f"says {item.text}, which no fact decides", *facts)
    if any(says(numeral, k) or abs(abs(numeral.value) - k.value) <= _TOLERANCE * k.value for k in known):
        return supported(*facts)
    if numeral.bound and any(numeral.near(k.value) for k in known):
        return unverified("is near it", *facts)
    return contradicted(item.text, f"{max(k.value for k in known):.4g}", *facts)


def _vague(found: Found, item: Item, scope: Scope) -> bool:
    """Whether "it" may be a feature: the number behind has no unit that only the outcome is counted in."""
    unit = item.value.unit if item.value is not None else None
    return bool(found.get("it")) and (
        unit is None or not scope.wording.same_unit(unit, Numbers(scope.facts).counted_in)
    )


def _fits(item: Item, known: Known, scope: Scope) -> bool:
    """Whether the unit behind a number may be that of a known one."""
    unit = item.value.unit if item.value is not None else None
    if item.numeral is not None and item.numeral.percent:
        return known.unit == "%"
    if known.unit == "%":
        return unit in scope.wording.data.get("units", {}).get("points", ())
    return unit is None or (known.unit != "" and scope.wording.same_unit(unit, known.unit))


def predicted(found: Found, scope: Scope) -> Judgement:
    """Which class is told as the outcome."""
    named, facts = found.get("class"), scope.facts
    if named is None or not said(facts.explanation.prediction) or facts.regression:
        return unverified("does not say of which outcome")
    holds = scope.facts.predicted.id in {r.id for r in named.of("class")}
    return whether(holds, named.text, scope.facts.predicted.name, "prediction")


def likelier(found: Found, scope: Scope) -> Judgement:
    """That one class is more likely than another."""
    if found.get("than") is None:
        return predicted(found, scope)
    one, other = ([f"probability.{r.id}" for r in found.get(key).of("class")] for key in ("class", "than"))
    if len(one) != 1 or len(other) != 1 or one == other or any(each not in scope.facts for each in (*one, *other)):
        return unverified("does not say of which outcomes")
    values = [float(scope.facts[each[0]].value) for each in (one, other)]
    return whether(values[0] > values[1], "more likely", scope.facts.text(one[0]), one[0], other[0])


JUDGES: dict[str, Judge] = {
    "apart": apart,
    "customary": customary,
    "level": level,
    "missed": missed,
    "adds": amount,
    "total": total,
    "side_total": side_total,
    "part": part,
    "output": output,
    "predicted": predicted,
    "likelier": likelier,
}
