"""Judges of what argues for what: directions, ranks, counts, groups, and which reasons are told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from reporter.fact import Direction, FeatureFacts, Reason
from reporter.reasons import TOP
from reporter.verification.judges.judgement import (
    OPPOSITE,
    Judge,
    Judgement,
    Scope,
    about_other_class,
    contradicted,
    either,
    features_of,
    per_feature,
    side_of,
    supported,
    together,
    unverified,
    whether,
    worded,
)
from reporter.verification.text.claims import Found
from reporter.verification.text.masks import Kind
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral

_EQUAL = 1e-9  # relative: strengths nearer than this are tied


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
            feature.direction == said, f"{worded(said)} {feature.name}", worded(feature.direction), identifier
        )

    judgement = per_feature(found, scope, of)
    vague = found.settings.get("vague") and (found.negated or scope.facts.regression) and not scope.strict
    if vague and judgement.verdict == "contradicted":
        return unverified("does not say in which direction", *judgement.facts)
    return judgement


def _direction_to(label: str, sign: Direction, feature: FeatureFacts, scope: Scope) -> Judgement:
    """Towards a class that is not the explained one: only that class's own attributions can say so."""
    second = scope.facts.explanation.runner_up
    if second is None or second.label != label or feature.id not in second.attributions:
        return unverified(f"what argues for {label} was not computed")
    weight = second.attributions[feature.id]
    actual: Direction = "towards" if weight > 0 else "away" if weight < 0 else "none"
    return whether(actual == sign, f"{worded(sign)} {label}", worded(actual), f"feature.{feature.id}.direction")


def rank(found: Found, scope: Scope) -> Judgement:
    """The place among all features, or among those of one side when the words name one."""
    place, side, other = found.get("rank"), side_of(found, scope), about_other_class(found, scope)
    if other is not None:
        return unverified(f"what argues most for {other} was not computed")
    if place is None:
        return unverified("does not say which place")
    if found.settings.get("among") == "side" and side is None:
        side = scope.side
    part = "rank" if side is None else "side_rank"

    def of(feature: FeatureFacts) -> Judgement:
        identifier = f"feature.{feature.id}.{part}"
        pool = [abs(f.attribution) for f in scope.facts.features if side is None or f.direction == side]
        own = abs(feature.attribution)
        if side is not None and feature.direction != side:
            return contradicted(f"{worded(side)} {feature.name}", worded(feature.direction), identifier)
        above = sum(other > own * (1 + _EQUAL) for other in pool)
        level = sum(other >= own * (1 - _EQUAL) for other in pool)
        wanted = len(pool) if place == "last" else int(place)
        if scope.strict and side is not None and wanted == 1 and (quote := _leading_phrase(side, scope)):
            return contradicted(f"{feature.name} first", quote, identifier)
        if place == "last" and (above < wanted - 1 or wanted == 1):  # a tie for the last place is no last place
            return contradicted("the weakest", scope.facts.text(identifier), identifier)
        if scope.strict and level > wanted and not found.settings.get("tie"):
            return contradicted(f"rank {wanted}", "a tie", identifier)
        holds = above < wanted <= level
        everywhere = bool(found.settings.get("all"))
        if (
            not holds
            and side is None
            and not scope.strict
            and not everywhere
            and _has_place_on_its_side(feature, place, scope)
        ):
            return unverified(f"rank {wanted} only among what pushes the same way", identifier)
        return whether(holds, f"rank {wanted}", scope.facts.text(identifier), identifier)

    return per_feature(found, scope, of, lambda group: _phrase_rank(group, found, side, scope))


def _leading_phrase(side: Direction, scope: Scope) -> str:
    """The phrase that leads the reasons of a side; empty when a single feature does."""
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    return reasons[0].group if reasons and reasons[0].quoted and reasons[0].group else ""


def _phrase_rank(group: str, found: Found, side: Direction | None, scope: Scope) -> Judgement:
    """The place of a phrase, its words taken together, among the phrases and words that are told."""
    facts = scope.facts
    reasons = {"towards": facts.towards, "away": facts.away}.get(side or "", (*facts.towards, *facts.away))
    weights = [abs(math.fsum(f.attribution for f in reason.features)) for reason in reasons]
    own = next((w for w, r in zip(weights, reasons, strict=True) if r.group and r.id == group), None)
    told = tuple(f"feature.{f.id}.side_rank" for r in reasons if r.id == group for f in r.features)
    if own is None or found.get("rank") == "last":
        return unverified("no fact tells the place of that phrase", *told)
    above = sum(other > own * (1 + _EQUAL) for other in weights)
    level = sum(other >= own * (1 - _EQUAL) for other in weights)
    wanted = int(found.get("rank"))
    if scope.strict and level > wanted and not found.settings.get("tie"):
        return contradicted(f"rank {wanted}", "a tie", *told)
    return whether(above < wanted <= level, f"rank {wanted}", f"rank {above + 1}", *told)


def _has_place_on_its_side(feature: FeatureFacts, place: object, scope: Scope) -> bool:
    """Whether a feature has that place among those that push towards the outcome: "the main reason" may mean so."""
    own = sum(f.direction == feature.direction for f in scope.facts.features)
    return feature.direction == "towards" and feature.side_rank == (own if place == "last" else place)


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
    limit = int(top.value) if isinstance(top, Numeral) else len(features)
    number_said = int(said.value) if isinstance(said, Numeral) else limit if said == "every" else int(said)
    if limit > len(features) or (isinstance(top, Numeral) and found.settings.get("all") and limit != len(features)):
        return contradicted(f"{limit} features", len(features), "features.count")
    if isinstance(top, Numeral) and not found.settings.get("all") and scope.strict and limit != TOP:
        return unverified(f"no fact counts among the first {limit}", "top.count")
    among = [f for f in features if f.rank <= limit and f.direction == side]
    fact = f"top.{side}.count" if limit <= TOP else f"{side}.count"
    if len(among) != number_said and found.settings.get("roughly"):
        return unverified(f"says {number_said}, perhaps of those worth telling; there are {len(among)}", fact)
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
    """That reasons come next after the one the sentence before was about, in this order and on the same side."""
    reasons = scope.facts.towards if scope.side == "towards" else scope.facts.away
    for place, before in enumerate(reasons[:-1], 1):
        if not any(_names(named, before) for named in scope.focus):
            continue
        behind = reasons[place : place + len(found.subjects)]
        holds = 0 < len(behind) == len(found.subjects)
        holds = holds and all(_names(named, reason) for named, reason in zip(found.subjects, behind, strict=True))
        facts = tuple(f"feature.{f.id}.direction" for reason in behind for f in reason.features)
        name = reasons[place].group or reasons[place].features[0].name
        return whether(holds, "next", name, *facts, f"feature.{reasons[place].features[0].id}.side_rank")
    return unverified("no fact says what comes next here")


def told_reason(found: Found, scope: Scope) -> Judgement:
    """That features or groups are among the reasons the facts hold worth telling; with `all`, that they are those.

    `place` is the one that it must be, counted from 1.
    """
    side = side_of(found, scope) or scope.side
    if not scope.strict:
        return supported()
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    place = found.settings.get("place")
    reasons = reasons if place is None else reasons[place - 1 : place]
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


def foremost(found: Found, scope: Scope) -> Judgement:
    """That the reasons named lead their side, in this order; with `tie`, others may weigh as much as the last."""
    place = found.get("rank")
    if not scope.strict:
        return supported() if place is None else rank(replace(found, subjects=found.subjects[:1]), scope)
    side, subjects = side_of(found, scope) or scope.side, found.subjects
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    facts = tuple(f"feature.{f.id}.side_rank" for reason in reasons[: len(subjects)] for f in reason.features)
    if place not in (None, 1) or found.negated:
        return contradicted("the weakest", "the strongest", *facts)
    if not subjects or len(subjects) > len(reasons):
        return unverified("does not say of which reasons", *facts)
    for named, reason in zip(subjects, reasons, strict=False):
        if not _names(named, reason):
            return contradicted(named.text, reason.group or reason.features[0].name, *facts)
    if not found.settings.get("tie") and _level_with(len(subjects), reasons, scope):
        return contradicted("the strongest", "another weighs the same", *facts)
    return supported(*facts)


def _level_with(told: int, reasons: Sequence[Reason], scope: Scope) -> bool:
    """Whether something that is not among the first so many reasons weighs as much as the last of them."""
    last = reasons[told - 1]
    if told < len(reasons) and reasons[told].side_share_value >= last.side_share_value * (1 - _EQUAL):
        return True
    named = {f.id for reason in reasons[:told] for f in reason.features}
    own = abs(last.features[0].attribution)
    others = (f for f in scope.facts.features if f.direction == last.direction and f.id not in named)
    return not last.group and any(abs(f.attribution) >= own * (1 - _EQUAL) for f in others)


def _no_reason(named: Named, identifiers: list[str], side: Direction, scope: Scope) -> Judgement:
    """A feature that pushes that way but is too weak to be told is a doubt; one that pushes the other way is wrong."""
    directions = {scope.facts.feature(r.id).direction for r in named.of("feature", "phrase")}
    fact = f"feature.{identifiers[0]}.direction"
    if directions and side not in directions:
        return contradicted(f"{named.text} as a reason", f"it pushes {worded(directions.pop())}", fact)
    return unverified(f"{named.text} is not among the reasons that are large enough to tell", fact)


def _names(named: Named, reason: Reason) -> bool:
    """Whether a name may stand for a reason."""
    kinds: tuple[Kind, ...] = ("group",) if reason.group else ("feature", "phrase")
    return any(referent.id == reason.id for referent in named.of(*kinds))


def followed(found: Found, scope: Scope) -> Judgement:
    """That one feature comes right behind another on its side; others may mean among all."""
    options = [option for option in features_of(found, scope, scope.side) if len(option) > 1]
    if not options:
        return unverified("does not say behind which feature")

    def of(before: FeatureFacts, feature: FeatureFacts) -> Judgement:
        facts = (f"feature.{before.id}.rank", f"feature.{feature.id}.rank")
        same = before.direction == feature.direction and feature.side_rank == before.side_rank + 1
        near = feature.rank == before.rank + 1 and not scope.strict  # our own prose goes on with the same side
        return whether(same or near, "next", f"rank {feature.rank}", *facts)

    return either(of(option[0], option[1]) for option in options)


def opposed(found: Found, scope: Scope) -> Judgement:
    """That two features push in opposite directions; with `same`, that all push in one."""
    options = features_of(found, scope, scope.side)
    if not options or len(options[0]) < 2:
        return unverified("does not say of which features")

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        facts = tuple(f"feature.{f.id}.direction" for f in features)
        sides = {f.direction for f in features}
        holds = len(sides) == 1 if found.settings.get("same") else sides == {"towards", "away"}
        return whether(
            holds, "opposed" if not found.settings.get("same") else "one way", ", ".join(sorted(sides)), *facts
        )

    return either(of(option) for option in options)


def reason_count(found: Found, scope: Scope) -> Judgement:
    """How many reasons are large enough to be told on one side."""
    side = side_of(found, scope)
    if side is None:
        return unverified("what argues for that class was not computed")
    reasons = scope.facts.towards if side == "towards" else scope.facts.away
    said: Numeral = found.get("count")
    facts = tuple(f"feature.{f.id}.direction" for reason in reasons for f in reason.features)
    if said.value != len(reasons) and not scope.strict:
        return unverified("how many are told is a matter of taste", *facts)
    return whether(said.value == len(reasons), said.text, len(reasons), *facts)


def none_stands_out(_found: Found, scope: Scope) -> Judgement:
    """That there is no reason to tell for the outcome, or none that is of this outcome."""
    facts = scope.facts
    holds = not facts.towards or "other-target" in facts.situations
    return whether(holds, "no reason stands out", f"{len(facts.towards)} do", "towards.count")


def small(found: Found, scope: Scope) -> Judgement:
    """That everything on one side is too small to mention."""
    if about_other_class(found, scope) is not None:
        return unverified("what argues for that class was not computed")
    side = side_of(found, scope) or scope.side
    told = scope.facts.towards if side == "towards" else scope.facts.away
    return whether(not told, f"nothing {side} is large enough to mention", f"{len(told)} reasons", f"{side}.count")


JUDGES: dict[str, Judge] = {
    "direction": direction,
    "rank": rank,
    "among_first": among_first,
    "count": count,
    "group_count": group_count,
    "next": next_reason,
    "followed": followed,
    "opposed": opposed,
    "told_reason": told_reason,
    "foremost": foremost,
    "reason_count": reason_count,
    "none_stands_out": none_stands_out,
    "small": small,
}
