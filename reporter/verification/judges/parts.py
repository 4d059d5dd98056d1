"""Judges of what is said of words, regions and stretches: extents, the next class, what the model says without some.

What features are called ("words", "regions"), and what they are parts of, is held against the facts here as well.
"""

from __future__ import annotations

import itertools
import math

from reporter.fact import FeatureFacts, WithoutFacts
from reporter.naming import phrases
from reporter.verification.judges.judgement import (
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
    together,
    unverified,
    whether,
)
from reporter.verification.judges.values import share_of
from reporter.verification.text.claims import Found
from reporter.verification.text.mentions import Named

_MOST_READINGS = 64  # of a list whose names may stand for several things
_WHOLE = 1 - 1e-9  # a sum of shares may miss 1 by its last bit


def miscalled(found: Found, scope: Scope) -> Judgement | None:
    """What our own prose calls features, pieces or the whole by another modality's word; None when it does not."""
    parts = scope.facts.parts
    allowed = {
        "part": {parts["one"], parts["many"]},
        "piece": {parts["pieces"]},
        "whole": {parts["whole"]},
    }
    for slot, words in allowed.items():
        said = found.get(slot)
        if isinstance(said, str) and said not in words:
            return contradicted(said, min(words) or "nothing")
    return None


def extent(found: Found, scope: Scope) -> Judgement:
    """The share of the picture or recording that a part covers."""
    said = share_of(found)
    return per_feature(found, scope, lambda feature: number(said, f"feature.{feature.id}.extent", scope))


def half_area(found: Found, scope: Scope) -> Judgement:
    """The share of the picture in which half of all influence lies."""
    return number(share_of(found), "half.area", scope)


def everything(found: Found, scope: Scope) -> Judgement:
    """That a part supplies all that pushes one way; of a phrase, its words together."""
    if about_other_class(found, scope) is not None:
        return unverified("what argues for that class was not computed")
    side = side_of(found, scope) or scope.side

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        facts = tuple(f"feature.{f.id}.{part}" for f in features for part in ("side_share", "direction"))
        total = math.fsum(f.side_share_value for f in features)
        holds = bool(features) and total >= _WHOLE and all(f.direction == side for f in features)
        return whether(holds, "everything", f"{total:.1%}", *facts)

    options = features_of(found, scope, side)
    return either(of(features) for features in options) if options else unverified("does not say of which feature")


def runner(found: Found, scope: Scope) -> Judgement:
    """What argues for the next class, by that class's own attributions: which, in this order, with which shares."""
    facts = scope.facts.runner
    named: Named = found.get("class")
    if facts is None:
        return unverified(f"what argues for {named.text} was not computed")
    judgements = [whether(facts.about.id in _ids(named, "class"), named.text, facts.about.name, "runner")]
    if found.get("percent") is not None:
        judgements.append(number(found.get("percent"), f"probability.{facts.about.id}", scope))
    for place, (subject, share) in enumerate((("name", "first"), ("other", "second"))):
        part: Named | None = found.get(subject)
        if part is None:
            continue
        if place >= len(facts.features):
            return unverified(f"names {part.text}, which does not argue for {facts.about.name}", "runner")
        feature = facts.features[place]
        fact = f"runner.{feature.id}.side_share"
        judgements.append(whether(feature.id in _ids(part, "feature"), part.text, feature.name, fact))
        said = found.get(share)
        if said is None:
            judgements.append(whether(float(scope.facts[fact].value) >= _WHOLE, "all", facts.shares[place], fact))
        else:
            judgements.append(number(said, fact, scope))
    return together(judgements)


def without(found: Found, scope: Scope) -> Judgement:
    """What the model says when just these features are put to their baseline; `even`: that it still says the same.

    Our own prose tells the fewest that turn it or, where none do, the most that were tried.
    """
    named: Named = found.get("class")
    readings = _sets([each for each in found.subjects if each.start != named.start], scope)
    known = scope.facts.without
    if scope.strict and known:
        known = (scope.facts.turning or known[-1],)
    tried = [each for each in known if {f.id for f in each.features} in readings]
    if not tried:
        return unverified("was not computed without just these")
    return either(_without(found, each, named, scope) for each in tried)


def _without(found: Found, fact: WithoutFacts, named: Named, scope: Scope) -> Judgement:
    judgements = [whether(fact.outcome.id in _ids(named, "class"), named.text, fact.outcome.name, fact.id)]
    even = found.settings.get("even")
    if even is not None and (scope.strict or even):
        judgements.append(whether(fact.changes != even, "the same" if even else "another", fact.outcome.name, fact.id))
    said = found.get("percent")
    if said is not None:
        probability = next(e.probability for e in scope.facts.explanation.without if _same(e.features, fact))
        if probability is None:
            return unverified(f"says {said.text.strip()}, which no fact decides", fact.id)
        holds = said.text.strip().casefold() == fact.probability.casefold()
        holds = holds or said.agrees(probability, strict=scope.strict)
        judgements.append(whether(holds, said.text.strip(), fact.probability, fact.id))
    return together(judgements)


def _same(features: tuple[str, ...], fact: WithoutFacts) -> bool:
    return set(features) == {f.id for f in fact.features}


def _sets(named: list[Named], scope: Scope) -> list[set[str]]:
    """The sets of features that a list of names may mean; a phrase means its words."""
    quotes = phrases(scope.facts.explanation, scope.facts.language)
    options = [
        [
            *({r.id} for r in each.of("feature", "phrase")),
            *(set(quotes[r.id][0]) for r in each.of("group") if r.id in quotes),
        ]
        for each in named
    ]
    readings = list(itertools.islice(itertools.product(*options), _MOST_READINGS))
    sets = [(set[str]().union(*each), sum(map(len, each))) for each in readings]
    return [found for found, size in sets if len(found) == size]  # nothing is named twice


def _ids(named: Named, kind: str) -> set[str]:
    return {referent.id for referent in named.referents if referent.kind == kind}


def promised(_found: Found, scope: Scope) -> Judgement:
    """That the method promises no sum."""
    fact = scope.facts.get("score.completeness.promised")
    if fact is None:
        return unverified("no fact says that the method promises no sum")
    return whether(fact.value == 0, "no sum", "one", fact.id)


JUDGES: dict[str, Judge] = {
    "extent": extent,
    "half_area": half_area,
    "everything": everything,
    "runner": runner,
    "without": without,
    "promised": promised,
}
