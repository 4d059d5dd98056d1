"""LIME: a sparse linear model of the score near the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from reporter.errors import UsageError
from reporter.methods.coalitions import USUAL, scores_of
from reporter.methods.gradients import ALL
from reporter.methods.perturbation import answered, shared, whole
from reporter.model import Inputs
from reporter.question import POINTS, Answer, Question, Setting, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

ROUNDS = 1000  # of coordinate descent, at most
SETTLED = 1e-9  # change of a coefficient, relative to the spread of the scores, at which it ends


@dataclass(frozen=True)
class Lime:
    """The coefficients of a lasso that predicts the score from which features are there, near the input.

    `n_samples` coalitions are drawn, each feature being there or at its baseline by the toss of a coin; a coalition
    counts by exp(−d² / 2 `kernel_width`²), where d is its distance from the input, as Captum has it. `alpha`, the
    weight of the penalty, is in standard deviations of the scores: Captum's absolute one leaves nothing of a score
    that varies little, as probabilities do. Ribeiro, Singh and Guestrin, "Why should I trust you?", KDD 2016.
    """

    captum: ClassVar[str] = "Lime"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = ""
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = True
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    n_samples: int | None = None  # None: more for more features
    alpha: float = 0.01
    distance_mode: Literal["cosine", "euclidean"] = "cosine"
    kernel_width: float = 1.0

    def __post_init__(self) -> None:
        whole("n_samples", self.n_samples)
        if self.distance_mode not in ("cosine", "euclidean"):
            raise UsageError(f"distance_mode = {self.distance_mode!r}", allowed="cosine, euclidean")
        for name, value in (("alpha", self.alpha), ("kernel_width", self.kernel_width)):
            if value < 0 or (name == "kernel_width" and not value):
                raise UsageError(f"{name} = {value!r}", allowed="a number above 0")

    def attribute(self, question: Question) -> Answer:
        """The same coalitions for every row; each row has weights and a lasso of its own."""
        count = self.evaluations(question.features)
        drawn = _tossed(question.features, count, question.seed)
        keep, which = np.unique(drawn, axis=0, return_inverse=True)
        repeats = np.bincount(which.reshape(-1)).astype(np.float64)
        scores = scores_of(question, keep)
        weights = repeats * np.exp(-(self._distances(question, keep) ** 2) / (2 * self.kernel_width**2))
        size = max(1, 4 * POINTS // (len(keep) * question.features))
        found = np.concatenate(
            [
                lasso(keep.astype(np.float64), scores[start : start + size], weights[start : start + size], self.alpha)
                for start in range(0, len(question), size)
            ]
        )
        settings: dict[str, Setting] = {"n_samples": count, "alpha": self.alpha}
        settings |= {"distance_mode": self.distance_mode, "kernel_width": self.kernel_width}
        return answered(shared(found, question), question, settings)

    def evaluations(self, features: int) -> int:
        """How many runs of the model one row takes, at most: of few features many coalitions are drawn again."""
        return self.n_samples or 2 * features + USUAL

    def repeated(self) -> Lime:
        """The same: how much the samples vary is what repeats are to show."""
        return self

    def _distances(self, question: Question, keep: Flags) -> Numbers:
        """(rows, coalitions) from the input. That of whole numbers, which are only names, is told by what is there."""
        if not all(each.is_floating_point() for each in question.inputs):
            there = keep.sum(axis=1) / keep.shape[1]
            gone = 1 - np.sqrt(there) if self.distance_mode == "cosine" else np.sqrt(keep.shape[1] * (1 - there))
            return np.asarray(np.broadcast_to(gone, (len(question), len(keep))))
        return np.concatenate([self._from_row(question, row, keep) for row in range(len(question))])

    def _from_row(self, question: Question, row: int, keep: Flags) -> Numbers:
        given, baseline = (_numbers(inputs, row) for inputs in (question.inputs, question.baselines))
        mask = question.mask.cpu().numpy()

        def by_feature(values: Numbers) -> Numbers:
            return np.asarray(np.bincount(mask, weights=values, minlength=question.features), dtype=np.float64)

        def over(there: Numbers, gone: Numbers) -> Numbers:
            """Σ over the features that are there of one, over those that are not of the other."""
            return np.asarray(np.where(keep, by_feature(there), by_feature(gone)).sum(axis=1))

        if self.distance_mode == "euclidean":
            return np.asarray(np.sqrt(over(np.zeros_like(given), (given - baseline) ** 2))[None])
        inner, size = over(given**2, given * baseline), over(given**2, baseline**2)
        # As torch's CosineSimilarity: no length counts as less than its eps.
        lengths = np.maximum(np.sqrt(size), 1e-8) * max(float(np.sqrt((given**2).sum())), 1e-8)
        return np.asarray((1 - inner / lengths)[None])


def _numbers(inputs: Inputs, row: int) -> Numbers:
    one = tuple(each[row : row + 1] for each in inputs)
    return np.asarray(columns_of(one)[0].to("cpu", torch.float64).numpy())


def _tossed(features: int, count: int, seed: int) -> Flags:
    """Coalitions (count, features), drawn one by one as Captum draws them."""
    generator = torch.Generator().manual_seed(seed)
    even = torch.full((1, features), 0.5)
    return np.asarray(torch.cat([torch.bernoulli(even, generator=generator) for _ in range(count)]).bool().numpy())


def lasso(given: Numbers, scores: Numbers, weights: Numbers, alpha: float) -> Numbers:
    """Coefficients (rows, features) of one weighted lasso with an intercept per row.

    Minimises Σ w (y − b − x β)² / 2 Σ w + alpha s Σ |β|, where s is the weighted standard deviation of the row's
    scores. `given`: (samples, features); `scores`, `weights`: (rows, samples).
    """
    weights = weights / weights.sum(axis=1, keepdims=True)
    centred = given[None] - (weights @ given)[:, None, :]
    residual = scores - (weights * scores).sum(axis=1, keepdims=True)
    spread = np.sqrt((weights * residual**2).sum(axis=1))
    weighted = centred * weights[:, :, None]
    gram, slope = weighted.transpose(0, 2, 1) @ centred, np.einsum("rsf,rs->rf", weighted, residual)
    diagonal = np.einsum("rff->rf", gram)
    found: Numbers = np.zeros_like(slope)
    for _ in range(ROUNDS):
        moved = 0.0
        for feature in range(given.shape[1]):
            size = diagonal[:, feature]
            pull = slope[:, feature] - np.einsum("rf,rf->r", gram[:, feature], found) + size * found[:, feature]
            kept = np.sign(pull) * np.maximum(np.abs(pull) - alpha * spread, 0.0)
            value = np.divide(kept, size, out=np.zeros_like(kept), where=size > 0)
            moved = max(moved, float(np.max(np.abs(value - found[:, feature]) - SETTLED * spread, initial=0.0)))
            found[:, feature] = value
        if not moved:
            break
    return found
