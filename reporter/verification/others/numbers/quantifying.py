"""Judges of what is said of all features, of none, of the only one, of most of them and of so many."""

from __future__ import annotations

from reporter.fact import FeatureFacts
from reporter.verification.judges.judgement import (
    OPPOSITE,
    Judge,
    Judgement,
    Scope,
    contradicted,
    supported,
    unverified,
    whether,
    worded,
)
from reporter.verification.others.items import Item
from reporter.verification.text.claims import Found

_HALF, _NEARLY = 0.6, 0.8  # of the features: up to the first not nearly all do, from the second on they do
_NOTABLE = 0.05  # of all influence: a feature below it may be left out of "all" and "only"


def unanimous(found: Found, scope: Scope) -> Judgement:
    """That no feature but those named pushes against one side: "everything but the noise speaks for it"."""
    against, named = OPPOSITE[found.get("sign")], _named(found)
    fact = f"{found.get('sign')}.count"
    rest = [f for f in scope.facts.features if f.direction == against and f.id not in named]
    loud = [f for f in rest if _loud(f, scope)]
    if (whole := _whole(found.get("of"))) is not None and whole != len(scope.facts.features):
        return unverified("counts only some", fact)
    if loud:
        return contradicted("all", f"{worded(against)}: {loud[0].name}", fact)
    same = [f for f in scope.facts.features if f.id in named and f.direction == found.get("sign")]
    if same and found.get("except"):
        return unverified("leaves out what pushes the same way", fact)
    return unverified("may leave out what hardly counts", fact) if rest else supported(fact)


def sole(found: Found, scope: Scope) -> Judgement:
    """That just these features push one way."""
    sign, named = found.get("sign"), _named(found)
    fact = f"{sign}.count"
    if any(len(n.of("feature", "phrase")) != 1 for n in found.subjects):
        return unverified("does not say of which features", fact)
    wrong = [f for f in scope.facts.features if f.id in named and f.direction != sign]
    if wrong:
        return contradicted(worded(sign), f"{worded(wrong[0].direction)}: {wrong[0].name}", fact)
    rest = [f for f in scope.facts.features if f.direction == sign and f.id not in named]
    loud = [f for f in rest if _loud(f, scope)]
    if loud:
        return contradicted("the only one", f"also {loud[0].name}", fact)
    return unverified("may leave out what hardly counts", fact) if rest else supported(fact)


def majority(found: Found, scope: Scope) -> Judgement:
    """That more than half of the features push one way; with `less`, fewer than half; with `nearly`, almost all."""
    sign = found.get("sign")
    count, total, fact = _count(sign, scope), len(scope.facts.features), f"{sign}.count"
    if 2 * count == total:
        return unverified("just half of them do", fact)
    if found.get("nearly"):
        if _HALF < count / total < _NEARLY:
            return unverified("is a matter of taste", fact)
        return whether(count >= _NEARLY * total, "nearly all", f"{count} of {total}", fact)
    loud = [f.direction == sign for f in scope.facts.features if _loud(f, scope)]
    if (2 * sum(loud) > len(loud)) is not (2 * count > total):
        return unverified("depends on which are counted", fact)
    return whether((2 * count > total) is not bool(found.get("less")), "most", f"{count} of {total}", fact)


def tally(found: Found, scope: Scope) -> Judgement:
    """How many features push one way, and how many the other where that is told."""
    sign: str = found.get("sign")
    first = found.get("count") or _whole(found.get("number"))
    told = [(first, sign), (_whole(found.get("other")), OPPOSITE[found.get("sign")])]
    counts = [(number, _count(side, scope), f"{side}.count") for number, side in told if number is not None]
    facts = tuple(fact for *_, fact in counts)
    if not counts:
        return unverified("does not say how many")
    if all(said == actual for said, actual, _ in counts):
        return supported(*facts)
    total, whole = len(scope.facts.features), _whole(found.get("of"))
    said = sum(number for number, *_ in counts)
    if (whole is not None and whole != total) or (len(counts) > 1 and said < total):
        return unverified("may count only some", *facts)
    small = [f for f in scope.facts.features if not _loud(f, scope)]
    if whole is None and len(counts) == 1 and counts[0][0] < counts[0][1] - len(small) and found.get("count"):
        return contradicted(counts[0][0], counts[0][1], *facts)
    if whole is None and len(counts) == 1 and counts[0][0] < counts[0][1]:
        return unverified("may count only some", *facts)
    if all(abs(number - actual) <= len(small) for number, actual, _ in counts) and whole is None and len(counts) == 1:
        return unverified("may leave out what hardly counts", *facts)
    return contradicted(" and ".join(str(n) for n, *_ in counts), " and ".join(str(a) for _, a, _ in counts), *facts)


def _named(found: Found) -> set[str]:
    return {r.id for n in found.subjects for r in n.referents}


def _loud(feature: FeatureFacts, scope: Scope) -> bool:
    return scope.facts.explanation.feature(feature.id).share >= _NOTABLE


def _count(sign: str, scope: Scope) -> int:
    return sum(f.direction == sign for f in scope.facts.features)


def _whole(item: Item | None) -> int | None:
    numeral = item.numeral if item is not None else None
    if numeral is None or numeral.percent or numeral.bound or numeral.value != int(numeral.value):
        return None
    return int(numeral.value)


JUDGES: dict[str, Judge] = {"unanimous": unanimous, "sole": sole, "majority": majority, "tally": tally}
