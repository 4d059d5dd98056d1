"""Judges of what is said of the outcome: prediction, probabilities, record, baseline, the balance of the sides."""

from __future__ import annotations

from reporter.situation import holds as said
from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    contradicted,
    number,
    side_of,
    supported,
    together,
    unverified,
    whether,
)
from reporter.verification.judges.values import number_of, unit_of_outcome
from reporter.verification.text.claims import Found
from reporter.verification.text.matching import Value
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral

# Situation → the facts it rests on.
_SITUATIONS: dict[str, tuple[str, ...]] = {
    "close-call": ("prediction",),
    "cancelling": ("net", "balance"),
    "dominant": ("features.count",),
    "diffuse": ("features.count",),
    "nothing": ("features.count",),
    "baseline-agrees": ("baseline.prediction",),
    "disagrees": ("truth.agrees",),
    "other-target": ("prediction", "target"),
    "unreliable": ("grade",),
    "undirected": ("method",),
    "view": ("method",),
}


def prediction(found: Found, scope: Scope) -> Judgement:
    """The class the model says, or the class that is explained."""
    return _class(found, scope, str(found.settings.get("of", "prediction")))


def truth(found: Found, scope: Scope) -> Judgement:
    """What the record says: a class, or a value."""
    if found.get("value") is None:
        return _class(found, scope, "truth")
    said: Value = found.get("value")
    if not scope.facts.regression:
        return unverified(f"says {said.text}, but the record holds a class")
    return valued(said, "truth", scope)


def _class(found: Found, scope: Scope, identifier: str) -> Judgement:
    named: Named = found.get("class")
    fact = scope.facts.get(identifier)
    if fact is None or scope.facts.regression:
        return unverified(f"says {named.text}, which no fact decides")
    holds = fact.value in {r.id for r in named.of("class")}
    if identifier == "prediction" and holds and not said(scope.facts.explanation.prediction):
        holds = False  # a label that is explained, but that the model does not say
    if not found.negated:
        return whether(holds, named.text, fact.text, identifier)
    return whether(not holds, f"not {named.text}", fact.text, identifier)


def agrees(found: Found, scope: Scope) -> Judgement:
    """Whether model and record say the same."""
    fact = scope.facts.get("truth.agrees")
    if fact is None:
        return unverified("the record is not known")
    said = bool(found.settings["agrees"]) != found.negated
    return whether(fact.value is said, "they agree" if said else "they disagree", scope.facts.text("truth"), fact.id)


def probability(found: Found, scope: Scope) -> Judgement:
    """The probability of a class; of the predicted one when none is named. `of` may say: that of the baseline."""
    prefix = str(found.settings.get("of", "probability"))
    named: Named | None = found.get("class")
    identifiers = [r.id for r in named.of("class")] if named is not None else [scope.facts.predicted.id]
    said: Numeral = found.get("percent") or found.get("number")
    judgement = number(said, f"{prefix}.{identifiers[0]}", scope)
    if judgement.verdict != "contradicted" or scope.strict:
        return judgement
    two = len(scope.facts.classes) == 2 and scope.facts.explanation.prediction.exclusive
    if two and prefix == "probability" and _complements(said, identifiers[0], scope):
        return supported(f"{prefix}.{identifiers[0]}")
    others = [f.id for f in scope.facts.items if f.kind == "probability" and f.id != f"{prefix}.{identifiers[0]}"]
    if named is None and any(number(said, other, scope).verdict == "supported" for other in others):
        return unverified(f"says {said.text.strip()}, but not of which class", *judgement.facts)
    return judgement


def _complements(said: Numeral, label: str, scope: Scope) -> bool:
    """Whether it is what the other class leaves: 6% where the other is told as 94%."""
    other = next(shown for shown in scope.facts.classes if shown.id != label).probability_value
    left = Numeral(said.text, 1 / said.scale - said.value / said.scale, said.decimals)
    return other is not None and left.agrees(other / said.scale)


def probabilities(found: Found, scope: Scope) -> Judgement:
    """The probabilities of the two most probable classes, the larger first."""
    ordered = sorted(scope.facts.classes, key=lambda c: -(c.probability_value or 0.0))[:2]
    if len(ordered) < 2:
        return unverified("there is only one outcome")
    pairs = zip((found.get("percent"), found.get("other")), ordered, strict=True)
    return together(number(numeral, f"probability.{shown.id}", scope) for numeral, shown in pairs)


def output(found: Found, scope: Scope) -> Judgement:
    """A predicted value, or one it is compared with: `of` says which fact, "prediction" unless given."""
    identifier = str(found.settings.get("of", "prediction"))
    named: Named | None = found.get("class")
    if named is not None and scope.facts.regression and scope.facts.target.id not in {r.id for r in named.of("class")}:
        return unverified(f"{named.text} is not what the model predicts")
    if not scope.facts.regression and identifier in ("prediction", "truth"):
        return unverified("the model says a class, not a value")
    return valued(found.get("value"), identifier, scope)


def valued(said: Value, identifier: str, scope: Scope) -> Judgement:
    """A value in the unit of the outcome against a fact."""
    fact = scope.facts.get(identifier)
    if fact is None or isinstance(fact.value, str):
        return unverified(f"says {said.text}, which no fact decides")
    if said.text.casefold() == fact.text.casefold():
        return supported(identifier)
    unit = unit_of_outcome(scope)
    if said.numeral is None or (said.unit is not None and not scope.wording.same_unit(said.unit, unit)):
        return contradicted(said.text + (f" in {said.unit}" if said.unit else ""), fact.text, identifier)
    return number(
        number_of(said.numeral, unit),
        identifier,
        scope,
        value=abs(float(fact.value)) if identifier == "change" else float(fact.value),
    )


def standing(found: Found, scope: Scope) -> Judgement:
    """How a predicted value stands to the usual one: above, below, near; or to the one on record."""
    place = found.get("place")
    against = str(found.settings.get("of", "usual"))
    fact = scope.facts.get(against)
    if fact is None or isinstance(fact.value, str):
        return unverified("nothing is known of what is usual")
    judgements = []
    if found.get("value") is not None:
        judgements.append(valued(found.get("value"), against, scope))
    score = scope.facts.explanation.prediction.score or 0.0
    told = {"higher": "above-usual", "lower": "below-usual", "middle": "near-usual"}
    holds = told[place] in scope.facts.situations
    if place != "middle" and not (scope.strict and set(told.values()) & scope.facts.situations):
        holds = score > float(fact.value) if place == "higher" else score < float(fact.value)
    judgements.append(whether(holds, place, scope.facts.text("prediction"), "prediction", against))
    return together(judgements)


def situation(found: Found, scope: Scope) -> Judgement:
    """A kind of story that holds of the whole, as the facts decide it."""
    name = str(found.settings["name"])
    known = tuple(fact for fact in _SITUATIONS.get(name, ()) if fact in scope.facts)
    holds = (name in scope.facts.situations) != found.negated
    return whether(holds, name.replace("-", " "), "not so", *known)


def baseline(found: Found, scope: Scope) -> Judgement:
    """What the instance is compared with."""
    named: Named | None = found.get("baseline")
    known = scope.facts.language.lexicon["baselines"]
    actual = scope.facts.text("baseline.name")
    if named is None:
        return whether(actual == found.settings["name"], found.settings["name"], actual, "baseline.name")
    actual = actual if actual in known else "own"
    return whether(actual in {r.id for r in named.of("baseline")}, named.text, actual, "baseline.name")


def balance(found: Found, scope: Scope) -> Judgement:
    """How much one side weighs beside the other, in words of the ratio table or as a percentage."""
    identifier = "balance" if side_of(found, scope) == "away" else "balance.inverse"
    fact = scope.facts.get(identifier)
    if fact is None:
        return unverified("only one side has any weight")
    ratio = float(fact.value)
    spelled: tuple[float, float] | None = found.get("ratio")
    if spelled is not None:
        return whether(spelled[0] <= ratio < spelled[1], "that ratio", f"{fact.text}, {ratio:.2f}", identifier)
    if (percent := found.get("percent")) is not None:
        return number(percent, identifier, scope)
    more = found.get("more")
    holds = ratio >= 1 if more else ratio < 1
    return whether(holds, "more" if more else "less", f"{ratio:.2f}", identifier)


def weight(found: Found, scope: Scope) -> Judgement:
    """All that pushes one way, summed."""
    side = side_of(found, scope)
    return valued(found.get("value"), f"{side}.weight", scope)


def change(found: Found, scope: Scope) -> Judgement:
    """How far above or below what it is compared with a predicted value ends."""
    fact = scope.facts.get("change")
    if fact is None or isinstance(fact.value, str):
        return unverified("nothing is known of what it is compared with")
    holds = fact.value > 0 if found.get("place") == "higher" else fact.value < 0
    place = whether(holds != found.negated, found.get("place"), fact.text, "change")
    return together([valued(found.get("value"), "change", scope), place])


def weights(found: Found, scope: Scope) -> Judgement:
    """All that raises a value, and all that lowers it."""
    return together(
        valued(found.get(part), f"{side}.weight", scope) for part, side in (("up", "towards"), ("down", "away"))
    )


def half(found: Found, scope: Scope) -> Judgement:
    """How many features it takes to reach half of all influence."""
    said: Numeral = found.get("count")
    return number(said, "half.count", scope)


JUDGES: dict[str, Judge] = {
    "prediction": prediction,
    "truth": truth,
    "agrees": agrees,
    "probability": probability,
    "probabilities": probabilities,
    "output": output,
    "standing": standing,
    "situation": situation,
    "baseline": baseline,
    "balance": balance,
    "weight": weight,
    "weights": weights,
    "change": change,
    "half": half,
}
