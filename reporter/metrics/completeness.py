"""Completeness: do the attributions add up to the change in score they explain?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from reporter.feature import completeness_error
from reporter.grade import Score
from reporter.question import Measurement, Trial

UNCOMPARED = "this method compares with no baseline, so that there is no change to add up to"
WITHOUT_SUM = "the numbers of this method have no direction, and so no sum"


@dataclass(frozen=True)
class Completeness:
    """How far the attributions, added up, miss the change in score between baseline and instance.

    |Σ a − (f(x) − f(baseline))| / max(|f(x) − f(baseline)|, 0.05 Σ |a|): 0 is perfect, 1 misses all of it. Also told
    for methods that promise no completeness, where it says how much features act together.

    Detail: `sum` (Σ a), `change` (f(x) − f(baseline)), `n_steps` where the method has steps, `promised` = 0 where the
    method promises no completeness.
    Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017.
    """

    better: ClassVar[Literal["lower", "higher"]] = "lower"
    fine: ClassVar[bool] = False

    def measure(self, trial: Trial) -> list[Measurement]:
        """Undefined for a method whose numbers have no direction, and so no sum."""
        question, found = trial.question, trial.by_feature
        if not trial.directed or not trial.compared:
            why = UNCOMPARED if trial.directed else WITHOUT_SUM
            return [Measurement(Score("completeness", None, {}, why))] * len(question)
        changes = question.whole - question.baseline_scores
        measured = []
        for attributions, change, settings in zip(found, changes, trial.answer.settings, strict=True):
            detail: dict[str, float | str] = {"sum": float(attributions.sum()), "change": float(change)}
            if not trial.method.complete:
                detail["promised"] = 0.0  # told, but no fault of the attributions
            if "n_steps" in settings:
                detail["n_steps"] = float(settings["n_steps"])
            error = completeness_error(attributions.tolist(), float(change))
            measured.append(Measurement(Score("completeness", error, detail)))
        return measured
