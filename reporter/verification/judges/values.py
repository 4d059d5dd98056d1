"""Judges of what is said of a feature's value: the value itself, where it lies, what it means, whether it was there."""

from __future__ import annotations

import math

from reporter.describing import HIGH
from reporter.fact import Facts, FeatureFacts
from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    contradicted,
    either,
    per_feature,
    supported,
    together,
    unverified,
    whether,
)
from reporter.verification.text.claims import Found
from reporter.verification.text.matching import Value
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral
from reporter.words import words_in

_POINT = 0.0101  # so near two ways to count the same rows come
_MIDDLE = 0.1  # of the rows on either side of the middle: here "higher than usual" is neither sure nor wrong


def value(found: Found, scope: Scope) -> Judgement:
    """The value of a feature, with its unit; `of` says which: "value", or "baseline"."""
    part = str(found.settings.get("of", "value"))
    count: Numeral | None = found.get("count")
    category: Named | None = found.get("category")
    said: Value = Value(count.text, count, None) if count is not None else found.get("value")
    said = Value(category.text, None, None) if category is not None else said
    judgement = per_feature(found, scope, lambda feature: _value(said, feature, part, scope))
    if judgement.verdict == "contradicted" and not scope.strict and _doubtful(said, found):
        return unverified(f"says {said.text}, perhaps of something else", *judgement.facts)
    return judgement


def _doubtful(said: Value, found: Found) -> bool:
    """Whether a number may be of something else: only part of a name was used, and no unit stands behind it."""
    return said.unit is None and any(named.partial for named in found.subjects)


def _value(said: Value, feature: FeatureFacts, part: str, scope: Scope) -> Judgement:
    identifier = f"feature.{feature.id}.{part}"
    fact = scope.facts.get(identifier)
    if fact is None:
        return unverified(f"says {said.text}, but the {part} of {feature.name} is not known")
    if said.text.casefold() == fact.text.casefold():
        return supported(identifier)
    if said.numeral is None or isinstance(fact.value, str) or math.isnan(said.numeral.value):
        return contradicted(said.text, fact.text, identifier)
    if not scope.strict and (judgement := _meant_otherwise(said, said.numeral, feature, scope)) is not None:
        return judgement
    numeral = said.numeral
    if numeral.percent:
        if feature.unit != "%":
            return contradicted(said.text, fact.text, identifier)
        numeral = number_of(numeral, feature.unit)
    elif said.unit is not None and not scope.wording.same_unit(said.unit, feature.unit):
        return contradicted(f"{said.text} in {said.unit}", fact.text, identifier)
    return whether(numeral.agrees(float(fact.value), strict=scope.strict), said.text, fact.text, identifier)


def _meant_otherwise(said: Value, numeral: Numeral, feature: FeatureFacts, scope: Scope) -> Judgement | None:
    """What a number behind a name may mean when it is not the value: a share, a place, an amount, what is usual."""
    parts = ("share", "side_share", "percentile") if numeral.percent else ("amount", "baseline")
    if said.unit is None and not (numeral.percent and feature.unit == "%"):
        facts = [fact for part in parts if (fact := scope.facts.get(f"feature.{feature.id}.{part}")) is not None]
        value = scope.facts.get(f"feature.{feature.id}.value")
        if value is not None and not isinstance(value.value, str) and numeral.agrees(float(value.value), strict=False):
            return None
        for fact in facts:
            if not isinstance(fact.value, str) and numeral.agrees(float(fact.value), strict=False):
                return supported(fact.id)
        if numeral.percent or said.text.strip().startswith("+"):
            return unverified(f"says {said.text} of {feature.name}, but not what it is")
    if said.unit is not None and not feature.unit:
        return unverified(f"says {said.text}, but no unit is known", f"feature.{feature.id}.value")
    return None


def aside(found: Found, scope: Scope) -> Judgement:
    """A number in a bracket behind what is said of a feature: its value, a share, an amount; never sure to be wrong."""
    said: Value = found.get("value")

    def of(feature: FeatureFacts) -> Judgement:
        outright = _value(said, feature, "value", scope)
        if outright.verdict == "supported":
            return outright
        unit = unit_of_outcome(scope)
        fits = said.unit is None or (unit != "" and scope.wording.same_unit(said.unit, unit))
        fact = scope.facts.get(f"feature.{feature.id}.amount")
        if said.numeral is not None and fits and fact is not None:
            size = Numeral(said.text, abs(said.numeral.value), said.numeral.decimals, said.numeral.percent)
            if size.agrees(abs(float(fact.value)), strict=scope.strict):
                return supported(fact.id)
        return unverified(f"says {said.text} of {feature.name}, but not what it is")

    return per_feature(found, scope, of)


def percentile(found: Found, scope: Scope) -> Judgement:
    """The share of the reference rows that a value is higher or lower than."""
    numeral, side = share_of(found), found.get("side")

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.percentile"
        beyond = feature.rows_below if side == "higher" else feature.rows_above
        if beyond is not None and found.settings.get("rest"):  # "in the top 6%"
            beyond = 1 - beyond
        if beyond is None or identifier not in scope.facts:
            return unverified(f"says {numeral.text}, but nothing is known of what is usual", identifier)
        if numeral.agrees(beyond, strict=scope.strict, rounding="down"):
            return supported(identifier)
        if not scope.strict and abs(numeral.value - beyond) <= _POINT:
            return unverified(f"says {numeral.text.strip()}, {feature.usual} than {feature.percentile}", identifier)
        return contradicted(
            f"{side} than {numeral.text.strip()}", f"{feature.usual} than {feature.percentile}", identifier
        )

    return per_feature(found, scope, of)


def position(found: Found, scope: Scope) -> Judgement:
    """Where a value lies without a number: above or below all, high, low, in the middle."""
    said = found.get("place")

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.percentile"
        raw, place = scope.facts.explanation.feature(feature.id), feature.percentile_value
        if place is None:
            return unverified("nothing is known of what is usual")
        if said in ("above all", "below all"):
            beyond = isinstance(raw.value, float) and (
                (raw.high is not None and raw.value > raw.high)
                if said == "above all"
                else (raw.low is not None and raw.value < raw.low)
            )
            return whether(beyond, said, f"{feature.usual} than {feature.percentile}", identifier)
        if said in ("high", "low"):
            return _extent(said, place, feature, identifier)
        usual = {"higher": place > 0.5, "lower": place < 0.5, "middle": feature.usual == "middle"}
        if not usual[said] and not scope.strict and abs(place - 0.5) < _MIDDLE:
            return unverified(f"says {said}, {feature.usual} than {feature.percentile}", identifier)
        return whether(usual[said], said, f"{feature.usual} than {feature.percentile}", identifier)

    return per_feature(found, scope, of)


def _extent(said: str, place: float, feature: FeatureFacts, identifier: str) -> Judgement:
    """High and low without a number: sure only away from the middle."""
    beyond = place if said == "high" else 1 - place
    if HIGH > beyond >= 0.5:
        return unverified(f"says {said}, {feature.usual} than {feature.percentile}", identifier)
    return whether(beyond >= HIGH, said, f"{feature.usual} than {feature.percentile}", identifier)


def phrase(found: Found, scope: Scope) -> Judgement:
    """A study's own words for a high or low value."""

    def of(identifier: str, surface: str) -> Judgement:
        feature = scope.facts.feature(identifier)
        fact = f"feature.{identifier}.percentile"
        actual = feature.phrase or "neither high nor low"
        return whether(feature.phrase.casefold() == surface.casefold(), surface, f"{feature.name}: {actual}", fact)

    alien = next((named.alien for named in found.subjects if named.alien), "")
    if alien:
        return contradicted(f"{found.subjects[0].text} of {alien}", "it is of another feature")
    return either(of(r.id, r.surface) for named in found.subjects for r in named.of("phrase"))


def missing(found: Found, scope: Scope) -> Judgement:
    """That a value was missing; with `told = false`, that none was filled in."""
    filled: bool = found.settings.get("told", True)

    def of(feature: FeatureFacts) -> Judgement:
        holds = feature.missing and (filled or not feature.value)
        return whether(holds, "missing", feature.value, _known(feature, "missing", scope))

    return per_feature(found, scope, of)


def out_of_range(found: Found, scope: Scope) -> Judgement:
    """That a value lies outside what the reference rows hold, and what they hold."""

    def of(feature: FeatureFacts) -> Judgement:
        identifier = _known(feature, "out_of_range", scope)
        judgements = [whether(feature.out_of_range, "out of range", feature.value, identifier)]
        raw = scope.facts.explanation.feature(feature.id)
        for name, limit, text in (("low", raw.low, feature.range[0]), ("high", raw.high, feature.range[1])):
            said: Value | None = found.get(name)
            if said is None:
                continue
            if limit is None or said.numeral is None:
                judgements.append(unverified(f"says {said.text}, which no fact decides"))
            elif said.text.casefold() != text.casefold():
                numeral = said.numeral
                agrees = numeral.agrees(limit, strict=scope.strict) and (said.unit or feature.unit) == feature.unit
                judgements.append(whether(agrees, said.text, text, identifier))
        return together(judgements)

    return per_feature(found, scope, of)


def protected(found: Found, scope: Scope) -> Judgement:
    """That the study declares an attribute protected."""
    return per_feature(
        found, scope, lambda f: whether(f.protected, "protected", "not so", _known(f, "protected", scope))
    )


def _known(feature: FeatureFacts, part: str, scope: Scope) -> str:
    identifier = f"feature.{feature.id}.{part}"
    return identifier if identifier in scope.facts else f"feature.{feature.id}.value"


def share_of(found: Found) -> Numeral:
    """A share, as a percentage or as "94 of 100"."""
    percent: Numeral | None = found.get("percent")
    if percent is not None:
        return percent
    part, whole = found.get("part"), found.get("whole")
    return Numeral(
        f"{part.text} of {whole.text}",
        part.value / whole.value,
        max(0, round(math.log10(whole.value)) - 2),
        percent=True,
    )


def unit_of(feature: FeatureFacts, facts: Facts) -> str:
    """The unit of a feature's value as the study writes it."""
    words = facts.explanation.feature(feature.id).words
    return feature.unit or words_in(words, facts.language.code, feature.id).unit


def unit_of_outcome(scope: Scope) -> str:
    """The unit of a predicted value; empty for classes."""
    facts = scope.facts
    return words_in(facts.explanation.prediction.explained.words, facts.language.code).unit if facts.regression else ""


def number_of(numeral: Numeral, unit: str) -> Numeral:
    """A number as the fact holds it: where the unit itself is %, 5% is 5."""
    if not numeral.percent or unit != "%":
        return numeral
    return Numeral(numeral.text, numeral.value * 100, numeral.decimals, bound=numeral.bound)


JUDGES: dict[str, Judge] = {
    "value": value,
    "aside": aside,
    "percentile": percentile,
    "position": position,
    "phrase": phrase,
    "missing": missing,
    "out_of_range": out_of_range,
    "protected": protected,
}
