"""Prediction: what the model says about an instance, what argued for the next class, and how good the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal

from reporter.errors import UnknownName, UsageError, listing
from reporter.words import Words

ONE_IN_TWENTY = 1.645  # standard errors, one-sided

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
    exclusive: bool = True  # one outcome at a time; False: labels that may hold together, each a question of its own

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
class Without:
    """What the model says when some features are put to their baseline together, found by running it."""

    features: tuple[str, ...]  # feature ids
    label: str  # what it predicts then
    probability: float | None  # of that class
    score: float  # of the explained outcome


@dataclass(frozen=True)
class Performance:
    """How good the model is on labelled rows; None in an explanation when there are no labels."""

    rows: int
    metric: Literal["accuracy", "r2"]
    value: float
    chance: float  # accuracy of always saying the most frequent class; 0 for R²
    error: float | None = None  # regression: mean absolute error, in the value's unit

    @property
    def beats_chance(self) -> bool:
        """Whether so many rows would show so good a model by chance in fewer than one case in twenty.

        Accuracy: above that of the most frequent class by 1.645 standard errors. R²: above what a value without any
        relation reaches, its correlation being below 1.645 / √rows.
        """
        if self.metric == "r2":
            return self.value > ONE_IN_TWENTY**2 / self.rows
        return self.value > self.chance + ONE_IN_TWENTY * math.sqrt(self.chance * (1 - self.chance) / self.rows)


def prediction_from(
    given: str | float | Mapping[str, float],
    class_names: Sequence[str],
    target: str | None,
    output: float | None,
    baseline_output: float | None,
    truth: str | float | None,
    value_name: str,
    unit: str = "",
) -> Prediction:
    """A prediction from what a caller has: a value, a class name, or class → probability. Raises UsageError."""
    if isinstance(given, Real) and not isinstance(given, bool):
        if class_names:
            raise UsageError(
                f"the prediction {given} is a number, but there are class_names",
                allowed="a class name, or a mapping from class names to probabilities; a number is for a regression",
            )
        words = {"": Words(unit=unit)} if unit else {}
        outcome = Outcome(value_name, 0, float(given), _float(baseline_output), words=words)
        return Prediction("regression", "value", (outcome,), 0, 0, _float(truth))
    probabilities = _probabilities(given) if isinstance(given, Mapping) else {str(given): None}
    names = [str(name) for name in class_names] or list(probabilities)
    asked = [] if target is None else [str(target)]
    unknown = [name for name in [*probabilities, *asked] if name not in names]
    if unknown:
        raise UnknownName("class", unknown[0], names)
    if len(set(names)) < len(names):
        raise UsageError(f"class_names names a class twice: {listing(names)}", remedy="give each its own name")
    label = max(probabilities, key=lambda name: probabilities[name] or 0.0)
    explained = asked[0] if asked else label

    def outcome_of(index: int, name: str) -> Outcome:
        mine = name == explained
        scores = (_float(output), _float(baseline_output)) if mine else (None, None)
        return Outcome(name, index, *scores, probabilities.get(name))

    outcomes = tuple(outcome_of(i, name) for i, name in enumerate(names))
    record = None if truth is None else str(truth)
    return Prediction("classification", "logit", outcomes, names.index(label), names.index(explained), record)


def _probabilities(given: Mapping[str, float]) -> dict[str, float | None]:
    if not given:
        raise UsageError("the prediction names no class", remedy="give class → probability")
    for name, probability in given.items():
        # A softmax in single precision may pass 1 by a hair.
        if not 0 <= probability <= 1 + 1e-6:
            raise UsageError(f"the probability of {name!r} is {probability}", allowed="0 to 1")
    return {str(name): min(1.0, float(probability)) for name, probability in given.items()}


def _float(value: str | float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{value!r} is not a number", allowed="numbers for the outputs and the record") from error
