"""Deletion: does the score fall fast when features are taken away in the order of their attributions?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from reporter.errors import UsageError
from reporter.grade import Score
from reporter.model import Inputs
from reporter.question import POINTS, Measurement, Question, Trial, seeds, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Order = np.ndarray[Any, np.dtype[np.intp]]

MOST_STEPS = 32  # points of a curve; with more features several are taken away at a time
LEAST_ORDERS = 4  # of the attributions, of single effects, and two at random
LEAST_STEPS = 6
SHARE = 0.3  # of what the attribution took
WITHOUT_DIRECTION = "the numbers of this method do not say which features push towards the outcome"
SAME = 1e-4  # of the range of the scores: curves closer than this do not differ


@dataclass(frozen=True)
class Deletion:
    """How much faster the score falls in the order of the attributions than in random orders, on the same input.

    Features are replaced by the baseline one after the other, the strongest towards the target first, the strongest
    away from it last; A is the area under the explained score on the way. The value is (A_random − A) / (A_random −
    A_best): 1 when no order that was tried does better, 0 for chance, below 0 (down to −1) when worse. A_random is
    the mean over random orders; A_best the smallest area among the random orders, the order of the attributions and
    the order of the effect of each feature alone; for a large model with many features, of some features alone, the
    others staying where they are. A large model has fewer points and orders, which then come in pairs, one the other
    backwards, so that few of them tell the mean. On an additive model the order of exact attributions is the best.

    Detail: `orders` (how many random ones); where the predicted class is explained and changes on the way, `ranked`
    (how many features had to go until it changed) and `random` (the same, mean over the random orders, where it
    changes in all of them). Undefined for a single feature, and where all orders do the same.
    After Samek et al., Evaluating the visualization of what a deep neural network has learned, IEEE TNNLS 28 (2017).
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
        scores, classes = curves(question, orders_of(trial, self.orders, steps), steps)
        quiet = silent(found, scores[:, 0, 0])
        explained = question.target.cpu().numpy() == trial.predicted.cpu().numpy()
        is_class = question.model.task == "classification" and question.model.exclusive
        return [
            _undefined("no feature moves the score")
            if quiet[i]
            else _measured(scores[i], classes[i] if explained[i] and is_class else None, steps)
            for i in range(len(question))
        ]


def no_order(trial: Trial) -> str:
    """Why there is no order of features to judge; empty where there is one."""
    if not trial.directed:
        return WITHOUT_DIRECTION
    return "there is only one feature" if trial.question.features < 2 else ""


def orders_of(trial: Trial, most: int, steps: Order) -> Order:
    """(rows, orders, features): by the attributions, by the effect of each feature alone, and some at random."""
    question, found = trial.question, trial.by_feature
    affordable = (trial.affordable(0.5) - question.features) // len(steps) - 2
    count = max(2, min(most, affordable))
    generator = np.random.default_rng(seeds(question.seed, 1)[0])
    drawn = [generator.permutation(question.features) for _ in range(count)]
    if count < most:
        drawn = [each for order in drawn[: count // 2] for each in (order, order[::-1])]
    probed, effects = trial.probed
    return np.stack(
        [
            np.stack([_by(found[i]), _reordered(_by(found[i]), probed[i], effects[i]), *drawn])
            for i in range(len(question))
        ]
    )


def _reordered(order: Order, probed: Order, effects: Numbers) -> Order:
    """The order by single effects; features whose effect is not known keep their places."""
    if len(probed) == len(order):
        return _by(effects)
    found = order.copy()
    found[np.isin(order, probed)] = probed[_by(effects)]
    return found


def curves(question: Question, orders: Order, steps: Order) -> tuple[Numbers, Order]:
    """Explained scores and predicted classes, each (rows, orders, points of the curve), as features go in an order."""
    rows, count, features = orders.shape
    within = steps[1:-1]  # at both ends every order has the same point
    place = np.argsort(orders, axis=2)  # (rows, orders, features): when each feature goes
    size = max(1, POINTS // (count * len(steps) * features))
    every = torch.arange(rows, device=question.device)
    ends = [_evaluated(question, points, every) for points in (question.inputs, question.baselines)]
    scores, classes = [], []
    for start in range(0, rows, size):
        keep = place[start : start + size, :, None, :] >= within[:, None]
        some = np.arange(start, start + len(keep)).repeat(count * len(within))
        index = torch.from_numpy(some).to(question.device)
        kept = torch.from_numpy(keep.reshape(-1, features)).to(question.device)
        found, said = _evaluated(question, question.mixed(index, kept), index)
        scores.append(found)
        classes.append(said)

    def whole(number: int, parts: list[Any]) -> Any:
        first, last = (end[number][:, None, None].repeat(count, axis=1) for end in ends)
        return np.concatenate([first, np.concatenate(parts).reshape(rows, count, len(within)), last], axis=2)

    return whole(0, scores), whole(1, classes)


def _evaluated(question: Question, points: Inputs, rows: Tensor) -> tuple[Numbers, Order]:
    """The explained score and the predicted class of each point; point i belongs to row `rows[i]`."""
    every = question.model.evaluate(points, question.args_of(rows))
    scores = every.gather(1, question.target[rows].cpu()[:, None])[:, 0]
    return scores.numpy(), question.model.predicted(every).numpy()


def _measured(scores: Numbers, classes: Order | None, steps: Order) -> Measurement:
    """From (orders, points): the order of the attributions first, that of single effects second, then random ones."""
    areas = np.trapezoid(scores, steps, axis=1) / steps[-1]
    random, best = float(areas[2:].mean()), float(areas.min())
    if random - best <= SAME * float(np.ptp(scores)):
        return _undefined("every order does the same")
    detail: dict[str, float | str] = {"orders": float(len(areas) - 2)}
    if classes is not None:
        changed = [_first_change(each, steps) for each in classes]
        if changed[0] is not None:
            detail["ranked"] = changed[0]
            others = [each for each in changed[2:] if each is not None]
            if len(others) == len(areas) - 2:
                detail["random"] = float(np.mean(others))
    value = (random - float(areas[0])) / (random - best)
    return Measurement(Score("deletion", max(-1.0, value), detail))


def _first_change(classes: Order, steps: Order) -> float | None:
    changed = np.flatnonzero(classes != classes[0])
    return float(steps[changed[0]]) if len(changed) else None


def most_steps(trial: Trial) -> int:
    """How many steps a curve may have."""
    return max(LEAST_STEPS, trial.affordable(SHARE) // LEAST_ORDERS + 1)


def steps_of(features: int, most: int = MOST_STEPS) -> Order:
    """How many features are gone at each point of a curve: none, …, all."""
    return np.unique(np.linspace(0, features, min(features, most, MOST_STEPS) + 1).round().astype(int))


def _by(attributions: Numbers) -> Order:
    return np.argsort(-attributions, kind="stable")


def _undefined(why: str) -> Measurement:
    return Measurement(Score("deletion", None, {}, why))
