"""Insertion: does the score rise fast when features are put in place in the order of their attributions?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from reporter.errors import UsageError
from reporter.grade import Score
from reporter.metrics.deletion import SAME, curves, most_steps, no_order, orders_of, steps_of
from reporter.question import Measurement, Trial, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Insertion:
    """How much faster the score rises in the order of the attributions than in random orders, on the same input.

    Deletion the other way round: from the baseline on features are put in place, the strongest towards the target
    first; A is the area under the explained score. The value is (A − A_random) / (A_best − A_random): 1 when no order
    that was tried does better, 0 for chance, below 0 (down to −1) when worse. A_random is the mean over random orders;
    A_best the largest area among these, the order of the attributions and the order of the effect of each feature.

    Detail: `orders` (how many random ones). Undefined for a single feature, and where all orders do the same.
    Petsiuk, Das and Saenko, RISE: randomized input sampling for explanation of black-box models, BMVC 2018.
    """

    better: ClassVar[Literal["lower", "higher"]] = "higher"
    fine: ClassVar[bool] = True

    orders: int = 10

    def __post_init__(self) -> None:
        if self.orders < 1:
            raise UsageError(f"orders = {self.orders}", allowed="a whole number from 1")

    def measure(self, trial: Trial) -> list[Measurement]:
        """Undefined, with the reason, where there is nothing to tell apart."""
        question, found = trial.question, trial.by_feature
        if why := no_order(trial):
            return [_undefined(why)] * len(question)
        steps = steps_of(question.features, most_steps(trial))
        # What is put in place first goes last: insertion is deletion in the opposite order, read from its end.
        orders = orders_of(trial, self.orders, steps)[:, :, ::-1]
        scores = curves(question, orders, steps)[0][:, :, ::-1]
        there = (steps[-1] - steps)[::-1]
        quiet = silent(found, scores[:, 0, -1])
        return [
            _undefined("no feature moves the score") if quiet[i] else _measured(scores[i], there)
            for i in range(len(question))
        ]


def _measured(scores: Numbers, there: np.ndarray[Any, np.dtype[np.intp]]) -> Measurement:
    """From (orders, points): the order of the attributions first, that of single effects second, then random ones."""
    areas = np.trapezoid(scores, there, axis=1) / there[-1]
    random, best = float(areas[2:].mean()), float(areas.max())
    if best - random <= SAME * float(np.ptp(scores)):
        return _undefined("every order does the same")
    value = (float(areas[0]) - random) / (best - random)
    return Measurement(Score("insertion", max(-1.0, value), {"orders": float(len(areas) - 2)}))


def _undefined(why: str) -> Measurement:
    return Measurement(Score("insertion", None, {}, why))
