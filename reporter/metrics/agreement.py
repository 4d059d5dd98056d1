"""Agreement: does a second method, of another kind, rank the features alike?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from reporter.asking import ask
from reporter.grade import Score
from reporter.question import PROBED, Measurement, Trial, columns_of, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]


SHARE = 0.6  # of what the attribution took
LEAST_SAMPLES = 3  # of Shapley value sampling
SMALL = 0.01  # of the largest attribution: below this a feature is not told, and its rank is no matter


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation of the attributions with those of a second method, signs included.

    1 is the same order from the strongest towards the target to the strongest away from it, 0 none in common. The
    second method is feature ablation, which needs no gradient and no path, or Shapley value sampling where ablation
    was the first. Where the numbers of the method have no direction, the sizes are compared. Undefined for a single
    feature, and where one of the methods attributes nothing. What gets less than a hundredth of the largest by a method
    counts as nothing there.

    For a large model with many features the effects of single ones are found for the strongest and for as many others
    drawn at random, and only these are compared; Shapley value sampling draws fewer orders.

    Detail: `method` (the second), `correlation`; `features` (how many were compared), where not all.
    Spearman, American Journal of Psychology 15 (1904); for methods compared, Krishna et al., TMLR 2024.
    """

    better: ClassVar[Literal["lower", "higher"]] = "higher"
    fine: ClassVar[bool] = True

    def measure(self, trial: Trial) -> list[Measurement]:
        """One correlation per row."""
        question, found = trial.question, trial.by_feature
        if question.features < 2:
            return [_undefined("there is only one feature")] * len(question)
        chosen, other = _second(trial)
        whole, found = question.whole, np.take_along_axis(found, chosen, axis=1)
        if not trial.directed:
            found, other = np.abs(found), np.abs(other)
        quiet = silent(found, whole) | silent(other, whole) | ~np.isfinite(other).all(axis=1)
        measured = []
        for i in range(len(question)):
            if quiet[i]:
                measured.append(_undefined("no feature moves the score"))
                continue
            value = correlation(_told(found[i]), _told(other[i]))
            detail: dict[str, float | str] = {"method": trial.second_name, "correlation": value}
            if len(chosen[i]) < question.features:
                detail["features"] = float(len(chosen[i]))
            measured.append(Measurement(Score("agreement", value, detail)))
        return measured


def _second(trial: Trial) -> tuple[np.ndarray[Any, np.dtype[np.intp]], Numbers]:
    """Features (rows, count), and what the second method says of them."""
    question, features = trial.question, trial.question.features
    most = trial.affordable(SHARE) // features
    if trial.second_name == "feature-ablation" and features > trial.affordable(PROBED):
        chosen, effects = trial.probed
        moved = question.by_feature((columns_of(question.inputs) != columns_of(question.baselines)).cpu().numpy())
        return chosen, np.where(np.take_along_axis(moved, chosen, axis=1) > 0, effects, 0.0)
    second: Any = trial.second
    samples = getattr(second, "n_samples", None)
    if samples is not None and samples > most:
        second = replace(second, n_samples=max(LEAST_SAMPLES, most))
    every = np.arange(features)[None].repeat(len(question), axis=0)
    return every, question.by_feature(ask(second, question).attributions)


def _told(attributions: Numbers) -> Numbers:
    """Attributions without those that are too small to tell: the order of nothings says nothing."""
    return np.where(np.abs(attributions) < SMALL * np.abs(attributions).max(), 0.0, attributions)


def correlation(first: Numbers, second: Numbers) -> float:
    """Spearman's rank correlation; ties share the mean of their ranks. 0 when one side is all ties."""
    a, b = _ranks(first), _ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0


def _ranks(values: Numbers) -> Numbers:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts).astype(np.float64)
    return np.asarray((last - (counts - 1) / 2)[inverse])


def _undefined(why: str) -> Measurement:
    return Measurement(Score("agreement", None, {}, why))
