"""Agreement: does a second method, of another kind, rank the features alike?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from reporter.asking import ask
from reporter.grade import Score
from reporter.question import Measurement, Trial, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]


SMALL = 0.01  # of the largest attribution: below this a feature is not told, and its rank is no matter


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation of the attributions with those of a second method, signs included.

    1 is the same order from the strongest towards the target to the strongest away from it, 0 none in common. The
    second method is feature ablation, which needs no gradient and no path, or Shapley value sampling where ablation
    was the first. Where the numbers of the method have no direction, the sizes are compared. Undefined for a single
    feature, and where one of the methods attributes nothing. What gets less than a hundredth of the largest by a method
    counts as nothing there.

    Detail: `method` (the second), `correlation`.
    Spearman, American Journal of Psychology 15 (1904); for methods compared, Krishna et al., TMLR 2024.
    """

    better: ClassVar[Literal["lower", "higher"]] = "higher"
    fine: ClassVar[bool] = True

    def measure(self, trial: Trial) -> list[Measurement]:
        """One correlation per row."""
        question, found = trial.question, trial.by_feature
        if question.features < 2:
            return [_undefined("there is only one feature")] * len(question)
        other = question.by_feature(ask(trial.second, question).attributions)
        whole = question.evaluate(question.inputs, torch.arange(len(question), device=question.device))
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
            measured.append(Measurement(Score("agreement", value, detail)))
        return measured


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
