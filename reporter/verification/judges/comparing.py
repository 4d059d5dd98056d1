"""Judges of how features compare: which is the stronger, how many times so, what hardly counts, what part they make."""

from __future__ import annotations

import math
from dataclasses import replace

from reporter.fact import FeatureFacts
from reporter.verification.judges.influence import NEARLY
from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    either,
    features_of,
    per_feature,
    supported,
    unverified,
    whether,
)
from reporter.verification.text.claims import Found
from reporter.verification.text.numerals import Numeral

_SURE, _ROUGH = 0.15, 0.35  # relative: within the first "twice" holds, beyond the second it does not
_TOLD = 0.1  # of all influence: from here on nobody says that it is nothing
_SLIGHT, _WEIGHTY = 0.05, 0.15  # of all influence: below the first a feature hardly counts, from the second it does

_TRIFLING = 0.03  # of all influence: nobody says of less that it counts for much


def stronger(found: Found, scope: Scope) -> Judgement:
    """That of two features the one named first weighs more; with `less`, less; with `times`, so many times as much."""
    times: float | None = found.get("times")
    less = bool(found.settings.get("less"))

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        first, second = (abs(f.attribution) for f in features[:2])
        facts = tuple(f"feature.{f.id}.amount" for f in features[:2])
        if not (first and second):
            return unverified("one of the two has no weight", *facts)
        told = f"{first / second:.2f} times"
        if times is not None:
            return _multiple(first / second, times, told, facts)
        if min(first, second) > NEARLY * max(first, second) and (first < second) != less:
            return unverified("the two are nearly equal", *facts)
        return whether((first < second) == less, "less" if less else "more", told, *facts)

    options = [option for option in features_of(found, scope, scope.side) if len(option) == 2]
    if not options or len(found.subjects) != 2:
        return unverified("does not say of which two features")
    judgement = either(of(option) for option in options)
    if found.negated and judgement.verdict != "unverified":
        return unverified("does not say which is the stronger", *judgement.facts)
    return judgement


def _multiple(actual: float, said: float, told: str, facts: tuple[str, ...]) -> Judgement:
    off = abs(actual - said) / said
    if _SURE < off <= _ROUGH:
        return unverified(f"says {said:g} times, roughly {told}", *facts)
    return whether(off <= _SURE, f"{said:g} times", told, *facts)


def negligible(found: Found, scope: Scope) -> Judgement:
    """That a feature hardly counts."""

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.share"
        share = scope.facts.explanation.feature(feature.id).share
        if feature.small or share < _SLIGHT:
            return supported(identifier)
        if share < (_TOLD if found.settings.get("nothing") else _WEIGHTY):
            return unverified(f"how much {feature.share} is, is a matter of taste", identifier)
        return whether(False, "hardly any weight", feature.share, identifier)

    return per_feature(found, scope, of)


def weighty(found: Found, scope: Scope) -> Judgement:
    """That a feature counts for much."""

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.share"
        share = scope.facts.explanation.feature(feature.id).share
        if share >= _WEIGHTY:
            return supported(identifier)
        if share >= _TRIFLING:
            return unverified(f"how much {feature.share} is, is a matter of taste", identifier)
        return whether(False, "much weight", feature.share, identifier)

    return per_feature(found, scope, of)


def portion(found: Found, scope: Scope) -> Judgement:
    """A part of all influence, or of that of one side where the words leave it open; of several features, their sum."""
    said: Numeral = found.get("portion")
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        facts = tuple(f"feature.{f.id}.share" for f in features)
        if not features:
            return unverified("does not say of which feature")
        total = math.fsum(scope.facts.explanation.feature(f.id).share for f in features)
        if said.agrees(total, strict=scope.strict):
            return supported(*facts)
        one_side = len({f.direction for f in features}) == 1
        side = math.fsum(f.side_share_value for f in features)
        if one_side and said.agrees(side, strict=scope.strict):
            return supported(*(f"feature.{f.id}.side_share" for f in features))
        if said.near(total) or (one_side and said.near(side)) or not found.settings.get("sure"):
            return unverified(f"says {said.text.strip()}, the share is {total:.1%}", *facts)
        return whether(False, said.text.strip(), f"{total:.1%}", *facts)

    if found.settings.get("bind") == "they":  # of the last two, or of more
        last = [replace(found, subjects=found.subjects[-size:]) for size in range(2, len(found.subjects) + 1)]
        options = [option for each in last for option in features_of(each, scope, scope.side)]
    else:
        options = features_of(found, scope, scope.side)
    return either(of(features) for features in options) if options else unverified("does not say of which features")


JUDGES: dict[str, Judge] = {
    "stronger": stronger,
    "negligible": negligible,
    "portion": portion,
}
