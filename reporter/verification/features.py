"""Judges of what is said of features and groups: values, places, directions, shares, amounts, ranks, counts."""

from __future__ import annotations

import itertools
import math

from reporter.facts import TOP, Direction, FeatureFacts, Reason
from reporter.verification.claims import Found, Value
from reporter.verification.judgement import (
    OPPOSITE,
    Judge,
    Judgement,
    Scope,
    about_other_class,
    contradicted,
    either,
    features_of,
    number,
    per_feature,
    side_of,
    supported,
    together,
    unverified,
    whether,
)
from reporter.verification.masks import Kind
from reporter.verification.mentions import Named
from reporter.verification.numerals import Numeral
from reporter.words import words_in

_EQUAL = 1e-9  # relative: strengths nearer than this are tied


def value(found: Found, scope: Scope) -> Judgement:
    """The value of a feature, with its unit; `of` says which: "value", or "baseline"."""
    part = str(found.settings.get("of", "value"))
    said: Value = found.get("value")
    return per_feature(found, scope, lambda feature: _value(said, feature, part, scope))


def _value(said: Value, feature: FeatureFacts, part: str, scope: Scope) -> Judgement:
    identifier = f"feature.{feature.id}.{part}"
    fact = scope.facts.get(identifier)
    if fact is None:
        return unverified(f"says {said.text}, but the {part} of {feature.name} is not known")
    if said.text.casefold() == fact.text.casefold():
        return supported(identifier)
    if said.numeral is None or isinstance(fact.value, str) or math.isnan(said.numeral.value):
        return contradicted(said.text, fact.text, identifier)
    numeral = said.numeral
    if numeral.percent:
        if feature.unit != "%":
            return contradicted(said.text, fact.text, identifier)
        numeral = number_of(numeral, feature.unit)
    elif said.unit is not None and said.unit.casefold() != feature.unit.casefold():
        return contradicted(f"{said.text} in {said.unit}", fact.text, identifier)
    return whether(numeral.agrees(float(fact.value), strict=scope.strict), said.text, fact.text, identifier)


def percentile(found: Found, scope: Scope) -> Judgement:
    """The share of the reference rows that a value is higher or lower than."""
    numeral, side = _share(found), found.get("side")

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.percentile"
        beyond = feature.rows_below if side == "higher" else feature.rows_above
        if beyond is None or identifier not in scope.facts:
            return unverified(f"says {numeral.text}, but nothing is known of what is usual", identifier)
        if numeral.agrees(beyond, strict=scope.strict, rounding="down"):
            return supported(identifier)
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
        usual = {"higher": place > 0.5, "lower": place < 0.5, "middle": feature.usual == "middle"}
        return whether(usual[said], said, f"{feature.usual} than {feature.percentile}", identifier)

    return per_feature(found, scope, of)


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


def direction(found: Found, scope: Scope) -> Judgement:
    """Towards or away from a named class, up or down of a named value."""
    side, other = side_of(found, scope), about_other_class(found, scope)
    if other is not None:
        return per_feature(found, scope, lambda feature: _direction_to(other, found.get("sign"), feature, scope))
    if side is None:
        return unverified("does not say in which direction")
    said: Direction = OPPOSITE[side] if found.negated else side

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.direction"
        if found.negated and feature.direction == "none":
            return supported(identifier)
        return whether(
            feature.direction == said, f"{_worded(said)} {feature.name}", _worded(feature.direction), identifier
        )

    return per_feature(found, scope, of)


def _direction_to(label: str, sign: Direction, feature: FeatureFacts, scope: Scope) -> Judgement:
    """Towards a class that is not the explained one: only that class's own attributions can say so."""
    second = scope.facts.explanation.runner_up
    if second is None or second.label != label or feature.id not in second.attributions:
        return unverified(f"what argues for {label} was not computed")
    weight = second.attributions[feature.id]
    actual: Direction = "towards" if weight > 0 else "away" if weight < 0 else "none"
    return whether(actual == sign, f"{_worded(sign)} {label}", _worded(actual), f"feature.{feature.id}.direction")


def _worded(side: Direction) -> str:
    return {"towards": "towards", "away": "away from", "none": "no push from"}[side]


def share(found: Found, scope: Scope) -> Judgement:
    """The share of all influence; of several features, their sum."""
    numeral = _share(found)
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        return _sum(numeral, features, [scope.facts.explanation.feature(f.id).share for f in features], "share", scope)

    return either(of(features) for features in features_of(found, scope, scope.side))


def largest_share(found: Found, scope: Scope) -> Judgement:
    """The share of the strongest feature, as a limit for all."""
    features = scope.facts.features
    return number(_share(found), f"feature.{features[0].id}.share", scope) if features else unverified("no features")


def side_share(found: Found, scope: Scope) -> Judgement:
    """The share of everything that pushes one way; of several features, their sum."""
    numeral, side = _share(found), side_of(found, scope) or scope.side
    if about_other_class(found, scope) is not None:
        return unverified("what argues for that class was not computed")
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        wrong = [f for f in features if f.direction != side]
        if wrong:
            return contradicted(
                f"{_worded(side)} {wrong[0].name}", _worded(wrong[0].direction), f"feature.{wrong[0].id}.direction"
            )
        return _sum(numeral, features, [f.side_share_value for f in features], "side_share", scope)

    return either(of(features) for features in features_of(found, scope, side))


def amount(found: Found, scope: Scope) -> Judgement:
    """How far a feature moves the score, in the unit of the value where it has one."""
    side = side_of(found, scope)
    said: Value | Numeral = found.get("value") or found.get("number")
    numeral = said.numeral if isinstance(said, Value) else said
    if numeral is None or not found.subjects:
        return unverified("does not say of which feature, or how much")
    unit = unit_of_outcome(scope)
    numeral = number_of(numeral, unit)
    if isinstance(said, Value) and said.unit is not None and said.unit.casefold() != unit.casefold():
        return contradicted(f"{said.text} in {said.unit}", unit or "no unit")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        wrong = [f for f in features if side is not None and f.direction != side]
        if wrong:
            fact = f"feature.{wrong[0].id}.direction"
            return contradicted(f"{_worded(side or 'none')} {wrong[0].name}", _worded(wrong[0].direction), fact)
        return _sum(numeral, features, [abs(f.attribution) for f in features], "amount", scope)

    return either(of(features) for features in features_of(found, scope, side or scope.side))


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
    shown = scope.facts.text(identifiers[0]) if len(features) == 1 else _shown(total, numeral)
    return contradicted(numeral.text.strip(), shown, *identifiers)


def _shown(total: float, numeral: Numeral) -> str:
    return f"{total * 100:.1f}%" if numeral.percent else f"{total:.4g}"


def unit_of_outcome(scope: Scope) -> str:
    """The unit of a predicted value; empty for classes."""
    facts = scope.facts
    return words_in(facts.explanation.prediction.explained.words, facts.language.code).unit if facts.regression else ""


def number_of(numeral: Numeral, unit: str) -> Numeral:
    """A number as the fact holds it: where the unit itself is %, 5% is 5."""
    if not numeral.percent or unit != "%":
        return numeral
    return Numeral(numeral.text, numeral.value * 100, numeral.decimals, bound=numeral.bound)


def rank(found: Found, scope: Scope) -> Judgement:
    """The place among all features, or among those of one side when the words name one."""
    place, side, other = found.get("rank"), side_of(found, scope), about_other_class(found, scope)
    if other is not None:
        return unverified(f"what argues most for {other} was not computed")
    if found.settings.get("among") == "side" and side is None:
        side = scope.side
    part = "rank" if side is None else "side_rank"

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.{part}"
        pool = [abs(f.attribution) for f in scope.facts.features if side is None or f.direction == side]
        own = abs(feature.attribution)
        if side is not None and feature.direction != side:
            return contradicted(f"{_worded(side)} {feature.name}", _worded(feature.direction), identifier)
        above = sum(other > own * (1 + _EQUAL) for other in pool)
        level = sum(other >= own * (1 - _EQUAL) for other in pool)
        wanted = len(pool) if place == "last" else int(place)
        if place == "last" and (above < wanted - 1 or wanted == 1):  # a tie for the last place is no last place
            return contradicted("the weakest", scope.facts.text(identifier), identifier)
        if scope.strict and level > wanted and not found.settings.get("tie"):
            return contradicted(f"rank {wanted}", "a tie", identifier)
        return whether(above < wanted <= level, f"rank {wanted}", scope.facts.text(identifier), identifier)

    return per_feature(found, scope, of)


def among_first(found: Found, scope: Scope) -> Judgement:
    """Whether features are among the strongest so many."""
    most = found.get("count").value

    def of(feature: FeatureFacts) -> Judgement:
        fact = f"feature.{feature.id}.rank"
        return whether(feature.rank <= most, f"among the first {most:.0f}", feature.rank, fact)

    return per_feature(found, scope, of)


def count(found: Found, scope: Scope) -> Judgement:
    """How many of the strongest features push one way; features listed behind it must be exactly those."""
    features, side = scope.facts.features, side_of(found, scope) or "towards"
    said, top = found.get("count"), found.get("top")
    number_said = int(said.value) if isinstance(said, Numeral) else int(said)
    limit = int(top.value) if isinstance(top, Numeral) else len(features)
    if limit > len(features) or (isinstance(top, Numeral) and found.settings.get("all") and limit != len(features)):
        return contradicted(f"{limit} features", len(features), "features.count")
    if isinstance(top, Numeral) and not found.settings.get("all") and scope.strict and limit != TOP:
        return unverified(f"no fact counts among the first {limit}", "top.count")
    among = [f for f in features if f.rank <= limit and f.direction == side]
    fact = f"top.{side}.count" if limit <= TOP else f"{side}.count"
    if len(among) != number_said:
        return contradicted(number_said, len(among), fact)
    if not found.subjects or found.settings.get("bind") != "list":
        return supported(fact)
    return together([supported(fact), _listing(found, scope, {f.id for f in among}, fact, side)])


def _listing(found: Found, scope: Scope, among: set[str], fact: str, side: Direction) -> Judgement:
    """Whether the features listed are those that were counted."""
    options = features_of(found, scope, side)
    listed = next(({f.id for f in option} for option in options if {f.id for f in option} == among), None)
    if listed is not None:
        return supported(fact)
    named = {f.id for option in options for f in option}
    wrong = next(iter(sorted(named - among)), None)
    if wrong is not None:
        return contradicted(
            f"that {scope.facts.feature(wrong).name} is one of them", "it is not", fact, f"feature.{wrong}.direction"
        )
    return contradicted(f"{len(named)} of them", len(among), fact)


def group_count(found: Found, scope: Scope) -> Judgement:
    """How many features of a group push the way the prose is speaking of."""
    said: Numeral = found.get("count")
    options = [option for named in found.subjects for option in scope.groups(named, scope.side).items()]
    return either(
        whether(said.value == len(features), said.text, len(features), f"group.{group}.{scope.side}.count")
        for group, features in options
    )


def next_reason(found: Found, scope: Scope) -> Judgement:
    """That a reason comes next after the one the sentence before was about, on the same side."""
    reasons = scope.facts.towards if scope.side == "towards" else scope.facts.away
    for before, reason in itertools.pairwise(reasons):
        if not any(_names(named, before) for named in scope.focus):
            continue
        facts = tuple(f"feature.{f.id}.direction" for f in reason.features)
        name = reason.group or reason.features[0].name
        holds = any(_names(named, reason) for named in found.subjects)
        return whether(holds, "next", name, *facts, f"feature.{reason.features[0].id}.side_rank")
    return unverified("no fact says what comes next here")


def told_reason(found: Found, scope: Scope) -> Judgement:
    """That features or groups are among the reasons the facts hold worth telling; with `all`, that they are those."""
    side = side_of(found, scope) or scope.side
    if not scope.strict:
        return supported()
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    left = list(reasons)
    for named in found.subjects:
        match = next((reason for reason in left if _names(named, reason)), None)
        if match is None:
            identifiers = [r.id for r in named.of("feature", "phrase", "group")]
            return _no_reason(named, identifiers, side, scope)
        left.remove(match)
    facts = tuple(f"feature.{f.id}.direction" for reason in reasons if reason not in left for f in reason.features)
    if left and found.settings.get("all"):
        return contradicted(
            f"{len(found.subjects)} reasons", f"{len(reasons)}, also {left[0].group or left[0].id}", *facts
        )
    return supported(*facts)


def _no_reason(named: Named, identifiers: list[str], side: Direction, scope: Scope) -> Judgement:
    """A feature that pushes that way but is too weak to be told is a doubt; one that pushes the other way is wrong."""
    directions = {scope.facts.feature(r.id).direction for r in named.of("feature", "phrase")}
    fact = f"feature.{identifiers[0]}.direction"
    if directions and side not in directions:
        return contradicted(f"{named.text} as a reason", f"it pushes {_worded(directions.pop())}", fact)
    return unverified(f"{named.text} is not among the reasons that are large enough to tell", fact)


def _names(named: Named, reason: Reason) -> bool:
    """Whether a name may stand for a reason."""
    kinds: tuple[Kind, ...] = ("group",) if reason.group else ("feature", "phrase")
    return any(referent.id == reason.id for referent in named.of(*kinds))


def reason_count(found: Found, scope: Scope) -> Judgement:
    """How many reasons are large enough to be told on one side."""
    side = side_of(found, scope)
    if side is None:
        return unverified("what argues for that class was not computed")
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    said: Numeral = found.get("count")
    facts = tuple(f"feature.{f.id}.direction" for reason in reasons for f in reason.features)
    return whether(said.value == len(reasons), said.text, len(reasons), *facts)


def none_stands_out(found: Found, scope: Scope) -> Judgement:
    """That there is no reason to tell for the outcome, or none that is of this outcome."""
    facts = scope.facts
    holds = not facts.towards or "other-target" in facts.situations
    return whether(holds, "no reason stands out", f"{len(facts.towards)} do", "towards.count")


def missing(found: Found, scope: Scope) -> Judgement:
    """That a value was missing."""
    return per_feature(found, scope, lambda f: whether(f.missing, "missing", f.value, _known(f, "missing", scope)))


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


def small(found: Found, scope: Scope) -> Judgement:
    """That everything on one side is too small to mention."""
    side = side_of(found, scope) or scope.side
    told = scope.facts.towards if side == "towards" else scope.facts.away
    return whether(not told, f"nothing {side} is large enough to mention", f"{len(told)} reasons", f"{side}.count")


def _known(feature: FeatureFacts, part: str, scope: Scope) -> str:
    identifier = f"feature.{feature.id}.{part}"
    return identifier if identifier in scope.facts else f"feature.{feature.id}.value"


def _share(found: Found) -> Numeral:
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


JUDGES: dict[str, Judge] = {
    "value": value,
    "percentile": percentile,
    "position": position,
    "phrase": phrase,
    "direction": direction,
    "share": share,
    "largest_share": largest_share,
    "side_share": side_share,
    "amount": amount,
    "rank": rank,
    "among_first": among_first,
    "count": count,
    "group_count": group_count,
    "next": next_reason,
    "told_reason": told_reason,
    "reason_count": reason_count,
    "none_stands_out": none_stands_out,
    "missing": missing,
    "out_of_range": out_of_range,
    "protected": protected,
    "small": small,
}
# What an explanation that cannot be relied on must not claim.
REASONS = frozenset(
    {
        "direction",
        "share",
        "side_share",
        "amount",
        "rank",
        "among_first",
        "count",
        "group_count",
        "next",
        "reason_count",
    }
)
