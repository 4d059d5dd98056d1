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

# Repeats, however large the model. All of them must hold to be solid; a feature that is first half the time would do so
# once in 256.
LEAST = 8
LEAST_STEPS = 4  # of a path method, whose errors make repeats differ more than they do, never less
LEAST_SAMPLES = 5  # of a sampled method, the same
SHARE = 1.25  # of what the attribution took
MOST_SEEDS = 20  # repeats of a method that must be run again for each seed
MIDDLE = 0.025  # of the repeats, left out at either end of an interval
HELD = 0.95  # share of the repeats in which a rank must be held to be firm


@dataclass(frozen=True)
class Stability:
    """The share of repeats in which the strongest feature is the strongest again.

    A repeat draws the reference rows anew with replacement, takes the baseline from them, and attributes again; a
    sampled method also gets another seed. 1 means that the first reason never changes. A repeat in which nothing
    is attributed beyond rounding does not count as holding. A large model has fewer repeats, of fewer steps or samples.

    Detail: `repeats`, `first` (in how many the strongest feature was first), `firm` (how many ranks from the top on
    held in at least 95 % of the repeats). Beside the score: for every feature the middle 95 % of its shares (the whole
    range of fewer than forty), and whether its rank is firm. Undefined without reference rows.
    Efron, Bootstrap methods, Annals of Statistics 7 (1979).
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
        method, count = self._repeats(trial)
        first_seed, *others = seeds(question.seed, count + 1)
        baselines = trial.resampled(count, first_seed) if trial.compared else None
        if baselines is None and not sampled:
            why = WITHOUT if trial.compared else UNCOMPARED
            return [Measurement(Score("stability", None, {}, why))] * len(question)
        repeats = (
            _sampled(question, method, baselines, others) if sampled else _resampled(question, method, baselines, count)
        )
        return [
            _measured(found, each, score, baselines is not None)
            for found, each, score in zip(trial.by_feature, repeats, question.whole, strict=True)
        ]

    def _repeats(self, trial: Trial) -> tuple[Method, int]:
        """What is asked again, and how often."""
        features, method = trial.question.features, trial.method.repeated()
        most = min(self.repeats, MOST_SEEDS) if trial.method.stochastic else self.repeats
        count = trial.affordable(1.0) // _cost(method, features)
        if count >= LEAST:
            return method, min(most, count)
        return _cheaper(method, trial.affordable(SHARE) // LEAST, features), LEAST


def _cheaper(method: Any, evaluations: int, features: int) -> Method:
    """The method with so few steps or samples that it runs the model about so many times, where it has these."""
    found: Method = method
    if getattr(method, "evaluations", None) is not None:
        return found  # its samples are as few as its solution takes
    if getattr(method, "max_steps", None) is not None:
        steps = (evaluations // 3 - 1) // 2 * 2  # a backward pass costs two; at both ends there is a node
        found = replace(method, max_steps=max(LEAST_STEPS, min(method.max_steps, steps)))
    elif getattr(method, "n_samples", None) is not None:
        found = replace(method, n_samples=min(method.n_samples, max(LEAST_SAMPLES, evaluations // features)))
    return found


def _cost(method: Method, features: int) -> int:
    """How many runs of the model one row takes: as the method says, or by its settings."""
    said = getattr(method, "evaluations", None)
    if said is not None:
        return int(said(features))
    steps = getattr(method, "max_steps", None)
    return 3 * steps if steps is not None else getattr(method, "n_samples", 1) * features


WITHOUT = "there are no reference rows to draw other baselines from"
UNCOMPARED = "this method compares with no baseline, so that there are no others to compare with"


def _resampled(question: Question, method: Method, baselines: Inputs | None, count: int) -> Numbers:
    """(rows, repeats, features): every row with every baseline, in one go."""
    rows = len(question)
    if baselines is None:
        return np.empty((rows, 0, question.features))
    pairs = question.select(torch.arange(rows, device=question.device).repeat_interleave(count))
    pairs = replace(pairs, baselines=tuple(each.repeat(rows, *[1] * (each.ndim - 1)) for each in baselines))
    found = question.by_feature(ask(method, pairs).attributions)
    return found.reshape(rows, count, question.features)


def _sampled(question: Question, method: Method, baselines: Inputs | None, others: list[int]) -> Numbers:
    """The same for a sampled method, which is run again with every seed."""
    found = []
    for i, seed in enumerate(others):
        asked = replace(question, seed=seed)
        if baselines is not None:
            given = tuple(each[i : i + 1].expand(len(question), *each.shape[1:]) for each in baselines)
            asked = replace(asked, baselines=given)
        found.append(question.by_feature(ask(method, asked).attributions))
    return np.stack(found, axis=1)


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
    tail = MIDDLE if len(shares) * MIDDLE >= 1 else 0.0  # of fewer, the middle would be narrower than it is
    intervals = np.quantile(shares, [tail, 1 - tail], axis=0).T
    return Measurement(Score("stability", value, detail, why), intervals, firm)
