"""Prediction: what the model says about an instance, what argued for the next class, and how good the model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reporter.errors import UsageError
from reporter.words import Words

Task = Literal["classification", "regression"]
ScoreKind = Literal["logit", "log-odds", "probability", "log-probability", "value"]


@dataclass(frozen=True)
class Outcome:
    """One thing the model can say: a class, or the value of a regression."""

    label: str  # class id, or the id of the value
    index: int
    score: float | None = None  # raw model output at the instance, in `Prediction.score_kind`; None if not known
    baseline_score: float | None = None  # the same at the baseline
    probability: float | None = None  # None for values and where it cannot be had
    baseline_probability: float | None = None
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """What the model says about this instance, and what is explained.

    `label`, `index`, `score` and `probability` are of the predicted class (or of the value); the attributions belong
    to `target`, the same class unless another was asked for.
    """

    task: Task
    score_kind: ScoreKind
    outcomes: tuple[Outcome, ...]
    index: int  # of the predicted outcome in `outcomes`
    target: int  # of the explained outcome in `outcomes`
    truth: str | float | None = None  # the label on record, where known
    threshold: float | None = None  # probability from which a two-class model says the second class
    usual: float | None = None  # regression: median prediction over the reference rows
    percentile: float | None = None  # regression: of this prediction among those of the reference rows
    decimals: int | None = None

    @property
    def predicted(self) -> Outcome:
        return self.outcomes[self.index]

    @property
    def explained(self) -> Outcome:
        return self.outcomes[self.target]

    @property
    def label(self) -> str:
        return self.predicted.label

    @property
    def score(self) -> float | None:
        return self.predicted.score

    @property
    def probability(self) -> float | None:
        return self.predicted.probability


@dataclass(frozen=True)
class RunnerUp:
    """The next most probable class with its own attributions: only from these may prose say what argued for it."""

    label: str
    index: int
    attributions: dict[str, float]  # feature id → attribution towards this class


@dataclass(frozen=True)
class Performance:
    """How good the model is on labelled rows; None in an explanation when there are no labels."""

    rows: int
    metric: Literal["accuracy", "r2"]
    value: float
    chance: float  # accuracy of always saying the most frequent class; 0 for R²
    error: float | None = None  # regression: mean absolute error, in the value's unit


def prediction_from(
    given: str | float | Mapping[str, float],
    class_names: list[str],
    target: str | None,
    output: float | None,
    baseline_output: float | None,
    truth: str | float | None,
    value_name: str,
) -> Prediction:
    """A prediction from what a caller has: a value, a class name, or class → probability. Raises UsageError."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        outcome = Outcome(value_name, 0, float(given), baseline_output)
        return Prediction("regression", "value", (outcome,), 0, 0, truth)
    probabilities: Mapping[str, float | None] = given if isinstance(given, Mapping) else {str(given): None}
    names = class_names or list(probabilities)
    unknown = [name for name in [*probabilities, *([target] if target else [])] if name not in names]
    if unknown:
        raise UsageError(f"class {unknown[0]!r} is not among class_names", allowed=", ".join(names))
    label = max(probabilities, key=lambda name: probabilities[name] or 0.0)
    explained = target or label

    def outcome_of(index: int, name: str) -> Outcome:
        mine = name == explained
        return Outcome(
            name, index, output if mine else None, baseline_output if mine else None, probabilities.get(name)
        )

    outcomes = tuple(outcome_of(i, name) for i, name in enumerate(names))
    return Prediction("classification", "logit", outcomes, names.index(label), names.index(explained), truth)
