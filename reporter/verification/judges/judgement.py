"""What a judge says of one statement, and what it may look at to say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from reporter.fact import Direction, Facts, FeatureFacts
from reporter.narrative import VERDICTS, Verdict
from reporter.reasons import members
from reporter.verification.text.claims import Found
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral
from reporter.verification.text.wording import Wording

OPPOSITE: dict[Direction, Direction] = {"towards": "away", "away": "towards", "none": "none"}


@dataclass(frozen=True)
class Judgement:
    """The verdict on a statement, the facts that decide it, and why it does not hold."""

    verdict: Verdict
    facts: tuple[str, ...] = ()
    reason: str = ""


@dataclass
class Scope:
    """What is known where a statement stands. `side`: the direction the prose is speaking of."""

    facts: Facts
    wording: Wording
    strict: bool  # our own prose, about to be published
    side: Direction = "towards"
    focus: tuple[Named, ...] = ()  # what the sentence before was about
    before: tuple[Named, ...] = ()  # the last few names before
    told: set[str] = field(default_factory=set)  # ids of features named so far
    others: frozenset[int] = frozenset()  # where groups stand that leave out what was told before

    def features(self, named: Named) -> tuple[FeatureFacts, ...]:
        """The features that a name may stand for; our own prose means the one that is told as a reason."""
        found = tuple(self.facts.feature(r.id) for r in named.of("feature", "phrase"))
        if len(found) > 1 and self.strict:
            reasons = {f.id for reason in (*self.facts.towards, *self.facts.away) for f in reason.features[:1]}
            return tuple(f for f in found if f.id in reasons) or found
        return found

    def groups(self, named: Named, side: Direction) -> dict[str, tuple[FeatureFacts, ...]]:
        """The groups that a name may stand for, and the features each means here."""
        others = named.start in self.others
        return {r.id: self._members(r.id, side, others=others) for r in named.of("group")}

    def _members(self, group: str, side: Direction, *, others: bool) -> tuple[FeatureFacts, ...]:
        for reason in (*self.facts.towards, *self.facts.away):
            if reason.group and reason.id == group and reason.direction == side and reason.others == others:
                return reason.features
        same = () if self.strict else members(self.facts.features, group, side, quoted=self.facts.modality == "text")
        return tuple(f for f in same if f.id not in self.told) if others else same


Judge = Callable[[Found, Scope], Judgement]


def supported(*facts: str) -> Judgement:
    """The facts say the same."""
    return Judgement("supported", facts)


def contradicted(said: object, fact: object, *facts: str) -> Judgement:
    """The facts say otherwise."""
    return Judgement("contradicted", facts, f"says {said}, the fact is {fact}" + _listed(facts))


def unverified(reason: str, *facts: str) -> Judgement:
    """No fact decides it."""
    return Judgement("unverified", facts, reason)


def _listed(facts: Sequence[str]) -> str:
    return f" ({', '.join(facts[:3])})" if facts else ""


def together(judgements: Iterable[Judgement]) -> Judgement:
    """All must hold: the worst verdict with its reason, and the facts of all."""
    found = list(judgements)
    if not found:
        return unverified("no fact decides it")
    worst = max(found, key=lambda judgement: VERDICTS.index(judgement.verdict))
    return Judgement(worst.verdict, tuple(dict.fromkeys(f for j in found for f in j.facts)), worst.reason)


def either(judgements: Iterable[Judgement]) -> Judgement:
    """One must hold: the best verdict."""
    return min(judgements, key=lambda judgement: VERDICTS.index(judgement.verdict))


def per_feature(
    found: Found,
    scope: Scope,
    judge: Callable[[FeatureFacts], Judgement],
    phrase: Callable[[str], Judgement] | None = None,
) -> Judgement:
    """Every subject must pass; of a name that may stand for several features one must, of a group all.

    `phrase` judges a phrase of a text as one, by its id.
    """
    if not found.subjects:
        return unverified("does not say of which feature")

    def of(named: Named) -> Judgement:
        options = [judge(feature) for feature in scope.features(named)]
        side = side_of(found, scope) or scope.side
        for group, features in scope.groups(named, side).items():
            one = phrase is not None and scope.facts.modality == "text"
            options.append(phrase(group) if phrase is not None and one else together(judge(f) for f in features))
        return either(options)

    return together(of(named) for named in found.subjects)


def features_of(found: Found, scope: Scope, side: Direction) -> list[tuple[FeatureFacts, ...]]:
    """The possible readings of the subjects as one set of features."""
    readings: list[tuple[FeatureFacts, ...]] = [()]
    for named in found.subjects:
        options: list[tuple[FeatureFacts, ...]] = [(feature,) for feature in scope.features(named)]
        options += scope.groups(named, side).values()
        readings = [(*reading, *option) for reading in readings for option in options][:64]
    return readings if found.subjects else []


def side_of(found: Found, scope: Scope) -> Direction | None:
    """The side a statement speaks of, seen from the explained outcome; None when it names none."""
    sign: Direction | None = found.get("sign")
    if sign is None:
        return None
    facts = scope.facts
    if found.get("sign") == "same":
        return scope.side
    if found.get("sign") == "opposite":
        return OPPOSITE[facts.leading]
    named = found.get("class")
    if named is None or facts.regression or facts.target.id in {r.id for r in named.of("class")}:
        return sign
    return OPPOSITE[sign] if len(facts.classes) == 2 else None


def about_other_class(found: Found, scope: Scope) -> str | None:
    """The class a statement names when it is neither the explained one nor its only opposite."""
    named = found.get("class")
    if named is None or scope.facts.regression or len(scope.facts.classes) == 2:
        return None
    identifiers = [r.id for r in named.of("class")]
    return None if scope.facts.target.id in identifiers else identifiers[0]


def number(numeral: Numeral, identifier: str, scope: Scope, *, value: float | None = None) -> Judgement:
    """A written number against a fact, or against `value` where the fact is told the other way round."""
    fact = scope.facts.get(identifier)
    if fact is None:
        return unverified(f"says {numeral.text.strip()}, which no fact decides")
    if value is None:
        if isinstance(fact.value, str):
            return unverified(f"says {numeral.text.strip()}, which no fact decides", identifier)
        value = float(fact.value)
        if numeral.text.strip().casefold() == fact.text.casefold():
            return supported(identifier)
    if numeral.agrees(value, strict=scope.strict):
        return supported(identifier)
    if not scope.strict and numeral.near(value):
        return unverified(f"says {numeral.text.strip()}, which is near {fact.text}", identifier)
    return contradicted(numeral.text.strip(), fact.text or fact.value, identifier)


def whether(holds: bool, said: object, fact: object, *facts: str) -> Judgement:
    """Supported when it holds, else contradicted."""
    return supported(*facts) if holds else contradicted(said, fact, *facts)


def worded(side: Direction) -> str:
    """A direction as a reason tells it."""
    return {"towards": "towards", "away": "away from", "none": "no push from"}[side]
