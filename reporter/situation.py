"""What kind of story an explanation is, and which facts no telling of it may leave out."""

from __future__ import annotations

from collections.abc import Iterable

from reporter.explanation import Explanation
from reporter.fact import FeatureFacts, Reason
from reporter.prediction import Prediction

CLOSE_CALL = 0.15  # lead in probability under which a class is a close call
DOMINANT = 0.40  # share of all influence from which one feature decides alone
APART = 2.0  # times the second strongest, from which it does so
DIFFUSE = 0.12  # share of the strongest feature below which no single feature decides, where there are many
MANY = 10  # features
CANCELLING = 0.15  # |Σ a| / Σ|a| under which reasons nearly cancel
CONFIDENT = 0.80  # probability from which the baseline counts as being of a class itself
NEAR_USUAL = 0.10  # distance from the middle percentile within which a predicted value is near the usual
FIRST = 4  # a protected feature among so many is raised


def situations_of(explanation: Explanation, features: tuple[FeatureFacts, ...]) -> Iterable[str]:
    """The situations that hold; a narrator tells each differently. Several may hold at once."""
    prediction = explanation.prediction
    if explanation.grade.level == "unreliable":
        yield "unreliable"
    if any(f.missing for f in features):
        yield "missing"
    if any(f.out_of_range and not f.missing for f in features):
        yield "out-of-range"
    if any(f.protected and f.rank <= FIRST and not f.small for f in features):
        yield "protected"
    yield from _balance_situations(explanation, features)
    yield from (
        _regression_situations(explanation) if prediction.task == "regression" else _class_situations(explanation)
    )


def _balance_situations(explanation: Explanation, features: tuple[FeatureFacts, ...]) -> Iterable[str]:
    if not explanation.provenance.evidence:
        yield "view"
        return
    if not explanation.provenance.directed and any(f.share for f in explanation.features):
        yield "undirected"
        return
    if all(f.direction == "none" for f in features):
        yield "nothing"
        return
    strengths = [f.share for f in explanation.features]
    net = sum(f.attribution for f in features)
    # What pulls against the outcome, or has an equal beside it, decides nothing.
    alone = strengths[0] >= DOMINANT and strengths[0] >= APART * max(strengths[1:], default=0.0)
    with_it = net * features[0].attribution > 0
    if explanation.prediction.task == "classification":
        with_it = with_it and features[0].direction == "towards"
    if alone and with_it:
        yield "dominant"
    elif strengths[0] < DIFFUSE and len(strengths) > MANY:
        yield "diffuse"
    if abs(net) < CANCELLING * sum(abs(f.attribution) for f in features):
        yield "cancelling"


def _class_situations(explanation: Explanation) -> Iterable[str]:
    prediction, baseline = explanation.prediction, explanation.provenance.baseline
    lead = lead_of(prediction)
    if lead is not None and lead < CLOSE_CALL:
        yield "close-call"
    if prediction.truth is not None and str(prediction.truth) != prediction.label:
        yield "disagrees"
    if prediction.target != prediction.index or not holds(prediction):
        yield "other-target"
    if baseline.label == prediction.explained.label and (baseline.probability or 0) >= CONFIDENT:
        yield "baseline-agrees"


def holds(prediction: Prediction) -> bool:
    """Whether the model says the outcome: of labels that may hold together, whether this one is probable enough."""
    probability = prediction.probability
    return prediction.exclusive or probability is None or probability >= (prediction.threshold or 0.5)


def lead_of(prediction: Prediction) -> float | None:
    """How far ahead the predicted class is in probability; None where that is not known.

    With a threshold: twice the distance to it, which at one half is the same. So of labels that may hold together.
    """
    if not prediction.exclusive:
        mine = prediction.probability
        return None if mine is None else 2 * abs(mine - (prediction.threshold or 0.5))
    known = [o.probability for o in prediction.outcomes if o.probability is not None]
    if len(known) < 2:
        return None
    if prediction.threshold is not None and len(known) == len(prediction.outcomes) == 2:
        return 2 * abs(known[1] - prediction.threshold)
    first, second = sorted(known, reverse=True)[:2]
    return first - second


def _regression_situations(explanation: Explanation) -> Iterable[str]:
    place = explanation.prediction.percentile
    if place is not None:
        yield "near-usual" if abs(place - 0.5) <= NEAR_USUAL else "above-usual" if place > 0.5 else "below-usual"


def required_facts(towards: tuple[Reason, ...], situations: frozenset[str], prediction: Prediction) -> tuple[str, ...]:
    """Facts no narrative may leave out: the prediction, the first reason, and the caveats that apply."""
    # Of a label that the model does not say, how probable it is.
    required = ["prediction" if holds(prediction) else f"probability.{prediction.label}"]
    if "unreliable" in situations:
        return (*required, "grade")
    if "undirected" in situations or "view" in situations:
        return tuple(required)
    if towards and "other-target" not in situations:  # what speaks for another class is no reason for this outcome
        required.append(f"feature.{towards[0].features[0].id}.direction")
    if "disagrees" in situations:
        required.append("truth")
    return tuple(required)
