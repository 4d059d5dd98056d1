"""Stability: does the ranking hold when the reference rows, and with them the baseline, or the seed are others?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from reporter.asking import ask
from reporter.errors import UsageError
from reporter.grade import Score
from reporter.model import Inputs
from reporter.question import Measurement, Method, Question, Trial, seeds, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]

LEAST = 10  # repeats, however large the model
MOST_SEEDS = 20  # repeats of a method that must be run again for each seed
HELD = 0.95  # share of the repeats in which a rank must be held to be firm


@dataclass(frozen=True)
class Stability:
    """The share of repeats in which the strongest feature is the strongest again.

    A repeat draws the reference rows anew with replacement, takes the baseline from them, and attributes again; a
    sampled method also gets another seed. 1 means that the first reason never changes. A repeat in which nothing
    is attributed beyond rounding does not count as holding.

    Detail: `repeats`, `first` (in how many the strongest feature was first), `firm` (how many ranks from the top on
    held in at least 95 % of the repeats). Beside the score: for every feature the middle 95 % of its shares, and
    whether its rank is firm. Undefined without reference rows. Efron, Bootstrap methods, Annals of Statistics 7 (1979).
    """

    better: ClassVar[Literal["lower", "higher"]] = "higher"
    fine: ClassVar[bool] = False

    repeats: int = 100

    def __post_init__(self) -> None:
        if self.repeats < LEAST:
            raise UsageError(f"repeats = {self.repeats}", allowed=f"a whole number from {LEAST}")

    def measure(self, trial: Trial) -> list[Measurement]:
        """Undefined without reference rows; a sampled method still gets intervals then, from its seeds alone."""
        question = trial.question
        sampled = trial.method.stochastic
        count = self._count(trial)
        first_seed, *others = seeds(question.seed, count + 1)
        baselines = trial.resampled(count, first_seed)
        if baselines is None and not sampled:
            return [Measurement(Score("stability", None, {}, WITHOUT))] * len(question)
        repeats = _sampled(trial, baselines, others) if sampled else _resampled(trial, baselines, count)
        whole = question.evaluate(question.inputs, torch.arange(len(question), device=question.device))
        return [
            _measured(found, each, score, baselines is not None)
            for found, each, score in zip(trial.by_feature, repeats, whole, strict=True)
        ]

    def _count(self, trial: Trial) -> int:
        cost = _cost(trial.method.repeated(), trial.question.features)
        most = min(self.repeats, MOST_SEEDS) if trial.method.stochastic else self.repeats
        return max(LEAST, min(most, trial.affordable(1.0) // cost))


def _cost(method: Method, features: int) -> int:
    """How many runs of the model one row takes: as the method says, or by its settings."""
    said = getattr(method, "evaluations", None)
    if said is not None:
        return int(said(features))
    steps = getattr(method, "max_steps", None)
    return 3 * steps if steps is not None else getattr(method, "n_samples", 1) * features


WITHOUT = "there are no reference rows to draw other baselines from"


def _resampled(trial: Trial, baselines: Inputs | None, count: int) -> Numbers:
    """(rows, repeats, features): every row with every baseline, in one go."""
    question, rows = trial.question, len(trial.question)
    if baselines is None:
        return np.empty((rows, 0, question.features))
    pairs = question.select(torch.arange(rows, device=question.device).repeat_interleave(count))
    pairs = replace(pairs, baselines=tuple(each.repeat(rows, *[1] * (each.ndim - 1)) for each in baselines))
    found = question.by_feature(ask(trial.method.repeated(), pairs).attributions)
    return found.reshape(rows, count, question.features)


def _sampled(trial: Trial, baselines: Inputs | None, others: list[int]) -> Numbers:
    """The same for a sampled method, which is run again with every seed."""
    question = trial.question
    found = []
    for i, seed in enumerate(others):
        asked = replace(question, seed=seed)
        if baselines is not None:
            given = tuple(each[i : i + 1].expand(len(question), *each.shape[1:]) for each in baselines)
            asked = replace(asked, baselines=given)
        found.append(_attributed(trial, asked))
    return np.stack(found, axis=1)


def _attributed(trial: Trial, question: Question) -> Numbers:
    return question.by_feature(ask(trial.method.repeated(), question).attributions)


def _measured(found: Numbers, repeats: Numbers, score: float, defined: bool) -> Measurement:
    """From attributions (features,) and repeats (repeats, features) of one row."""
    repeats = repeats[np.isfinite(repeats).all(axis=1)]
    order = np.argsort(-np.abs(found), kind="stable")
    ranks = np.argsort(-np.abs(repeats), axis=1, kind="stable")
    loud = ~silent(repeats, np.full(len(repeats), score))
    held = (ranks == order) & loud[:, None]  # (repeats, ranks)
    total = np.abs(repeats).sum(axis=1, keepdims=True)
    shares = np.divide(np.abs(repeats), total, out=np.zeros_like(repeats), where=total > 0)
    kept = held.mean(axis=0) >= HELD if len(repeats) else np.zeros(len(found), dtype=bool)
    firm = np.zeros(len(found), dtype=bool)
    firm[order] = kept
    depth = int(np.argmin(kept)) if not kept.all() else len(kept)
    first = int(held[:, 0].sum())
    detail: dict[str, float | str] = {"repeats": float(len(repeats)), "first": float(first), "firm": float(depth)}
    if not len(repeats):
        return Measurement(Score("stability", 0.0, detail))
    value, why = (first / len(repeats), "") if defined else (None, WITHOUT)
    intervals = np.quantile(shares, [0.025, 0.975], axis=0).T
    return Measurement(Score("stability", value, detail, why), intervals, firm)
