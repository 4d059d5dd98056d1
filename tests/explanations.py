"""Explanations made by hand for one situation each: what a test does not name is plain and known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reporter.explanation import Explanation, Outcome
from reporter.facts import facts_of
from reporter.grade import Score, grade_of
from reporter.narrators.templated import TemplatedNarrator

TRUSTED = (
    Score("completeness", 0.004, {"sum": 4.64, "change": 4.66}),
    Score("stability", 0.98, {"first": 98.0, "repeats": 100.0, "firm": 1.0}),
    Score("deletion", 0.91),
    Score("agreement", 0.83, {"method": "feature-ablation", "correlation": 0.83}),
)
UNTRUSTED = (Score("completeness", 0.412, {"sum": 1.0, "change": 1.7}),)
MALIGNANT = {"benign": 0.1, "malignant": 0.9}
LETTERS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "sigma")


def explained(
    attributions: Sequence[float],
    prediction: str | float | Mapping[str, float] = MALIGNANT,
    *,
    names: Sequence[str] = (),
    values: Sequence[float | str | None] = (),
    scores: Sequence[Score] = (),
    **settings: Any,
) -> Explanation:
    """Features `alpha`, `beta`, … of the values 1, 2, … with these attributions; malignant unless said otherwise."""
    count = len(attributions)
    named = [*names, *LETTERS, *(f"measure {i}" for i in range(count))][:count]
    told = list(values) or [float(i + 1) for i in range(count)]
    found = Explanation.from_values(named, told, attributions, prediction=prediction, **settings)
    return replace(found, scores=tuple(scores), grade=grade_of(scores)) if scores else found


def with_features(explanation: Explanation, **changes: Mapping[str, Any]) -> Explanation:
    """The same with fields of some features changed: `alpha={"group": "size"}`."""
    return replace(explanation, features=tuple(replace(f, **changes.get(f.id, {})) for f in explanation.features))


def with_prediction(explanation: Explanation, **changes: Any) -> Explanation:
    """The same with fields of its prediction changed."""
    return replace(explanation, prediction=replace(explanation.prediction, **changes))


def with_outcome(explanation: Explanation, label: str, **changes: Any) -> Explanation:
    """The same with fields of one outcome changed."""

    def changed(outcome: Outcome) -> Outcome:
        return replace(outcome, **changes) if outcome.label == label else outcome

    return with_prediction(explanation, outcomes=tuple(map(changed, explanation.prediction.outcomes)))


def with_baseline(explanation: Explanation, **changes: Any) -> Explanation:
    """The same with fields of what it is compared with changed."""
    provenance = explanation.provenance
    return replace(explanation, provenance=replace(provenance, baseline=replace(provenance.baseline, **changes)))


def drafted(explanation: Explanation, audience: str = "expert", seed: int = 0) -> dict[str, str]:
    """What the templated narrator writes, before any check."""
    return dict(TemplatedNarrator(seed=seed).narrate(facts_of(explanation), audience))
