"""Judges of how much features weigh: shares of all influence or of one side, amounts; of several features, sums."""

from __future__ import annotations

import math
from dataclasses import replace

from reporter.facts import FeatureFacts
from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    about_other_class,
    contradicted,
    either,
    features_of,
    number,
    side_of,
    supported,
    together,
    unverified,
    whether,
    worded,
)
from reporter.verification.judges.values import number_of, share_of, unit_of_outcome
from reporter.verification.text.claims import Found
from reporter.verification.text.matching import Value
from reporter.verification.text.numerals import Numeral

NEARLY = 0.85  # of the larger weight: from here two are nearly equal


def share(found: Found, scope: Scope) -> Judgement:
    """The share of all influence; of several features, their sum."""
    numeral = share_of(found)
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        return _sum(numeral, features, [scope.facts.explanation.feature(f.id).share for f in features], "share", scope)

    return either(of(features) for features in features_of(found, scope, scope.side))


def largest_share(found: Found, scope: Scope) -> Judgement:
    """The share of the strongest feature, as a limit for all."""
    said, fact = share_of(found), scope.facts["share.largest"]
    return whether(said.bounds(float(fact.value), strict=scope.strict), said.text.strip(), fact.text, fact.id)


def side_share(found: Found, scope: Scope) -> Judgement:
    """The share of everything that pushes one way; of several features, their sum."""
    numeral, side = share_of(found), side_of(found, scope) or scope.side
    if about_other_class(found, scope) is not None:
        return unverified("what argues for that class was not computed")
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        wrong = [f for f in features if f.direction != side]
        if wrong:
            return contradicted(
                f"{worded(side)} {wrong[0].name}", worded(wrong[0].direction), f"feature.{wrong[0].id}.direction"
            )
        return _sum(numeral, features, [f.side_share_value for f in features], "side_share", scope)

    judgement = either(of(features) for features in features_of(found, scope, side))
    if judgement.verdict == "contradicted" and not scope.strict and found.get("class") is None:
        return unverified("may be of something else", *judgement.facts)  # of all influence, say
    return judgement


def amount(found: Found, scope: Scope) -> Judgement:
    """How far a feature moves the score, in the unit of the value where it has one."""
    side = side_of(found, scope)
    said: Value | Numeral = found.get("value") or found.get("number")
    numeral = said.numeral if isinstance(said, Value) else said
    if numeral is None or not found.subjects:
        return unverified("does not say of which feature, or how much")
    unit = unit_of_outcome(scope)
    numeral = number_of(numeral, unit)
    if isinstance(said, Value) and said.unit is not None and not scope.wording.same_unit(said.unit, unit):
        return contradicted(f"{said.text} in {said.unit}", unit or "no unit")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        wrong = [f for f in features if side is not None and f.direction != side]
        if wrong:
            fact = f"feature.{wrong[0].id}.direction"
            return contradicted(f"{worded(side or 'none')} {wrong[0].name}", worded(wrong[0].direction), fact)
        return _sum(numeral, features, [abs(f.attribution) for f in features], "amount", scope)

    return either(of(features) for features in features_of(found, scope, side or scope.side))


def net(found: Found, scope: Scope) -> Judgement:
    """What is left when all influences are added up."""
    said: Value = found.get("value")
    if said.numeral is None:
        return unverified(f"says {said.text}, which is no amount")
    if said.unit is not None and not scope.wording.same_unit(said.unit, unit_of_outcome(scope)):
        return contradicted(f"{said.text} in {said.unit}", scope.facts.text("net"), "net")
    return number(said.numeral, "net", scope, value=abs(float(scope.facts["net"].value)))


def shares(found: Found, scope: Scope) -> Judgement:
    """The shares of two features, in the order they were named."""
    if len(found.subjects) != 2:
        return unverified("does not say of which features")
    pairs = zip(found.subjects, ("percent", "other"), strict=True)
    return together(
        share(replace(found, subjects=(named,), slots={"percent": found.get(slot)}), scope) for named, slot in pairs
    )


def relative(found: Found, scope: Scope) -> Judgement:
    """How much one feature weighs beside the one named before it."""
    if len(found.subjects) != 2:
        return unverified("does not say beside which feature")
    spelled, fraction = found.get("ratio"), found.get("fraction")
    if fraction is not None:
        rows = scope.facts.language.lexicon["ratios"]
        spelled = next((row["from"], row["to"]) for row in rows if row["from"] <= fraction < row["to"])

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        first, second = (abs(f.attribution) for f in features[:2])
        facts = tuple(f"feature.{f.id}.amount" for f in features)
        if not first:
            return unverified("the other feature has no weight", *facts)
        ratio = second / first
        side = side_of(found, scope)
        if side is not None and features[1].direction != side:
            fact = f"feature.{features[1].id}.direction"
            return contradicted(f"{worded(side)} {features[1].name}", worded(features[1].direction), fact)
        holds = spelled[0] <= ratio < spelled[1]
        told = tuple(f"feature.{f.id}.direction" for f in features[1:] if side is not None)
        return supported(*facts, *told) if holds else contradicted("that ratio", f"{ratio:.2f}", *facts)

    return either(of(features) for features in features_of(found, scope, scope.side))


def equal(found: Found, scope: Scope) -> Judgement:
    """That two features weigh nearly the same."""

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        weights = sorted(abs(f.attribution) for f in features)
        facts = tuple(f"feature.{f.id}.amount" for f in features)
        return whether(weights[0] >= NEARLY * weights[-1], "equal", f"{weights[0]:.3g} and {weights[-1]:.3g}", *facts)

    options = [option for option in features_of(found, scope, scope.side) if len(option) > 1]
    return either(of(option) for option in options) if options else unverified("does not say of which features")


def _sum(
    numeral: Numeral, features: tuple[FeatureFacts, ...], weights: list[float], part: str, scope: Scope
) -> Judgement:
    identifiers = tuple(f"feature.{f.id}.{part}" for f in features)
    identifiers += tuple(f"feature.{f.id}.direction" for f in features if part != "share")
    if not features:
        return unverified("no feature of that group pushes that way")
    if len(features) == 1 and numeral.text.strip().casefold() == scope.facts.text(identifiers[0]).casefold():
        return supported(*identifiers)
    total = math.fsum(weights)
    if numeral.agrees(total, strict=scope.strict):
        return supported(*identifiers)
    if not scope.strict and numeral.near(total):
        return unverified(f"says {numeral.text.strip()}, which is near {_shown(total, numeral)}", *identifiers)
    shown = scope.facts.text(identifiers[0]) if len(features) == 1 else _shown(total, numeral)
    return contradicted(numeral.text.strip(), shown, *identifiers)


def _shown(total: float, numeral: Numeral) -> str:
    return f"{total * 100:.1f}%" if numeral.percent else f"{total:.4g}"


JUDGES: dict[str, Judge] = {
    "share": share,
    "largest_share": largest_share,
    "side_share": side_share,
    "amount": amount,
    "net": net,
    "shares": shares,
    "relative": relative,
    "equal": equal,
}
