"""Phrases: places, comparisons and sizes told in turns of which every word is known (`[[statements]]` of others.toml).

Only where words are not set apart. How a turn is written is told in predicates.py; `kind` names the judge, the other
keys what the words settle: 与 {second} 相比，{names} 的影响更大.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reporter.fact import FeatureFacts
from reporter.situation import holds
from reporter.verification.judges.judgement import (
    Judgement,
    Scope,
    contradicted,
    per_feature,
    supported,
    unverified,
    whether,
)
from reporter.verification.others.clauses import Subject
from reporter.verification.others.directions.predicates import Fitted
from reporter.verification.others.places.placing import Placing, Said
from reporter.verification.text.claims import Found

_OWN = frozenset(("kind", "said", "of"))  # keys that are no settings of the judge
_CLOSE = 0.02  # relative: so near to what is usual, nobody can tell whether it is high


class Phrases(Placing):
    """The turns of one sentence that tell places, comparisons and sizes."""

    def all(self) -> Iterator[Said]:
        fitted = Fitted(self.clauses, "statements")
        for match, settings in fitted.found():
            said = self._said(fitted, match, settings)
            if said is not None:
                self.used.update(i for i in range(said.start, said.end + 1) if self.items[i].shape in ("cue", "word"))
                yield said

    def _said(self, fitted: Fitted, match: re.Match[str], settings: Mapping[str, Any]) -> Said | None:
        names, second = fitted.range_of(match, "names"), fitted.range_of(match, "second")
        start, end = fitted.item(match.start()), fitted.item(match.end() - 1)
        told = {key: value for key, value in settings.items() if key not in _OWN}
        if "word" in match.re.groupindex and match["word"] is not None:
            told["text"] = match["word"]
        negated = "not" in match.re.groupindex and match["not"] is not None
        classes = [n for i in fitted.range_of(match, "class") if (n := self.clauses.class_at(i)) is not None]
        if classes:
            told["outcome"] = tuple(r.id for r in classes[0].of("class"))
        if not names:
            first, stop = self.clauses.clause(start)
            alone = settings["kind"] == "height" and not any(first <= i < stop for i in self.clauses.topics)
            if settings["kind"] == "height" and any(i < start for i in self.clauses.topics):
                return None
            return Said(settings["kind"], start, end, Subject(), told, "", negated) if classes or alone else None
        subject = self.clauses.within(names.start, names.stop)
        if not subject.names:
            return None
        if second and settings["kind"] == "category":
            named = self.items[second.start].named
            if named is None or named.of("feature", "class"):
                return None
            told["text"], second = named.text, range(0)
        if settings["kind"] == "category" and not self._is_category(subject, str(told.get("text"))):
            return None
        if second:
            other = self.clauses.within(second.start, second.stop)
            if len(subject.names) != 1 or len(other.names) != 1 or _same(subject, other):
                return None
            pair = (*subject.names, *other.names)
            subject = Subject(pair, subject.doubt or other.doubt, (*subject.at, *other.at))
        elif settings["kind"] == "rank" and len({r.id for n in subject.names for r in n.referents}) > 1:
            return None
        doubt = subject.doubt or ("is denied" if negated and settings["kind"] != "standing_of_value" else "")
        return Said(settings["kind"], start, end, subject, told, doubt, negated and not doubt)

    def _is_category(self, subject: Subject, text: str) -> bool:
        """Whether words are a category of the feature, its own or the usual one."""
        raws = [self.clauses.scope.facts.explanation.feature(r.id) for n in subject.names for r in n.of("feature")]
        return len(raws) == 1 and text in (raws[0].value, raws[0].baseline)


def _same(one: Subject, other: Subject) -> bool:
    return bool({r.id for n in one.names for r in n.referents} & {r.id for n in other.names for r in n.referents})


def category(found: Found, scope: Scope) -> Judgement:
    """Which category a feature has: only sure where the one that is told is its own, or the usual one instead."""
    said = str(found.get("text"))

    def of(feature: FeatureFacts) -> Judgement:
        raw, fact = scope.facts.explanation.feature(feature.id), f"feature.{feature.id}.value"
        if not isinstance(raw.value, str):
            return unverified("is no category", fact)
        if said in (raw.value, feature.value):
            return supported(fact)
        if said in (raw.baseline, feature.baseline):
            return contradicted(said, feature.value, fact)
        return unverified(f"says {said!r}, which no fact decides", fact)

    return per_feature(found, scope, of)


def decided(found: Found, scope: Scope) -> Judgement:
    """Which outcome the model says."""
    facts = scope.facts
    if facts.regression:
        return unverified("is no class", "prediction")
    outcome = found.get("outcome")
    named = bool(outcome) and facts.predicted.id in outcome and holds(facts.explanation.prediction)
    denied = bool(found.get("denied")) or found.negated
    return whether(named is not denied, "/".join(outcome or ()), facts.predicted.name, "prediction")


def height(found: Found, scope: Scope) -> Judgement:
    """That the predicted value is higher or lower than usual."""
    base, score = scope.facts.get("baseline.output"), scope.facts.explanation.prediction.score
    if not scope.facts.regression or base is None or isinstance(base.value, str) or score is None:
        return unverified("no fact tells what is usual", "prediction")
    usual = float(base.value)
    if abs(score - usual) <= _CLOSE * abs(usual):
        return unverified("is close to it", "prediction", "baseline.output")
    up = found.get("place") == "higher"
    told = f"{scope.facts.text('prediction')}, {scope.facts.text('baseline.output')}"
    return whether((score > usual) is (up is not found.negated), str(found.get("place")), told, "prediction")
