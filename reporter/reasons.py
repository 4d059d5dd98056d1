"""Reasons: which of the features on one side are worth telling, alone or with the rest of their group."""

from __future__ import annotations

from collections.abc import Iterable

from reporter.describing import Scale
from reporter.fact import Direction, FeatureFacts, Reason
from reporter.language import Language
from reporter.rounding import Rounding
from reporter.words import Words

TOP = 10  # "among the ten strongest"
SMALL_REASON = 0.05  # of its side: below this a reason is too small to tell as one
MOST_REASONS = 4
ENOUGH = 0.90  # of its side: reasons are told until they reach this
LEADING = 0.55  # of its group: from here the strongest of a group is told by its own name


def members(
    features: Iterable[FeatureFacts], group: str, direction: Direction, *, quoted: bool = False
) -> tuple[FeatureFacts, ...]:
    """The features of a group among the ten strongest that push one way; of a quoted phrase all its words."""
    same = [f for f in features if f.group == group and f.direction == direction and not f.small]
    return tuple(f for f in same if quoted or f.rank <= TOP)


def reasons_of(
    features: tuple[FeatureFacts, ...],
    direction: Direction,
    groups: dict[str, Words],
    tongue: Language,
    scale: Scale,
    *,
    quoted: bool = False,
) -> tuple[Reason, ...]:
    """The reasons worth telling on one side: the strongest feature alone, then groups and features by weight.

    Groups that are `quoted` are phrases of a text: their words are always told together.
    """
    side = [f for f in features if f.direction == direction and not f.small]
    # Where all of the strongest pull the other way, the first of this side is told all the same.
    side = [f for f in side if f.rank <= TOP] or side[:1]
    if not side:
        return ()
    found: list[Reason] = []
    seen: set[str] = set()
    for feature in side:
        if feature.id in seen:
            continue
        group = members(features, feature.group, direction, quoted=quoted) if feature.group else ()
        same = [m for m in group if m.id not in seen]
        together = quoted or (bool(found) and not _leads(same)) if len(same) > 1 else False
        if together and feature.group in groups:
            seen.update(m.id for m in same)
            weight = sum(m.side_share_value for m in same)
            amount = Rounding(tongue).amount(sum(m.attribution for m in same), *scale)
            share, words = Rounding(tongue).share(weight), groups[feature.group].name
            others = any(told.features[0].group == feature.group for told in found)
            reason = Reason(feature.group, direction, tuple(same), share, weight, amount, words, others, quoted)
            found.append(reason)
        else:
            seen.add(feature.id)
            found.append(_single(feature))
    if quoted:  # a phrase may outweigh the strongest word
        found.sort(key=lambda reason: -reason.side_share_value)
    rest = sorted(found[1:], key=lambda reason: -reason.side_share_value)
    told, reached = [found[0]], found[0].side_share_value
    for reason in rest:
        if len(told) == MOST_REASONS or reached >= ENOUGH or reason.side_share_value < SMALL_REASON:
            break
        told.append(reason)
        reached += reason.side_share_value
    return tuple(told)


def _leads(same: list[FeatureFacts]) -> bool:
    """Whether the first of a group outweighs the rest so far that it is told by its own name."""
    return same[0].side_share_value > LEADING * sum(m.side_share_value for m in same)


def _single(feature: FeatureFacts) -> Reason:
    return Reason(
        feature.id, feature.direction, (feature,), feature.side_share, feature.side_share_value, feature.amount
    )
