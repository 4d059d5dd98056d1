"""Shapley values from the scores of coalitions: some features as they are, the others at their baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, ClassVar

import numpy as np
import torch

from reporter.errors import AttributionError
from reporter.methods.gradients import ALL
from reporter.methods.perturbation import answered, shared, whole
from reporter.question import POINTS, Answer, Question, Setting, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Places = np.ndarray[Any, np.dtype[np.intp]]

MOST = 14  # features whose coalitions, 16,384, are all run
ROUNDING = 1e-13  # of the largest score: what sums of so many differences leave behind
USUAL = 2048  # coalitions, and two more for each feature, where nothing else is said


@dataclass(frozen=True)
class ShapleyValues:
    """The mean effect of a feature over all orders in which features may arrive, exactly.

    Runs the model on every coalition of the features that differ from the baseline, which at most 14 may. Captum runs
    every order, of which there are many more, with the same result. Shapley, A value for n-person games, 1953.
    """

    captum: ClassVar[str] = "ShapleyValues"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = f"up to {MOST} features"
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError for more features than can be run in all coalitions."""
        return answered(shared(_by_count(question, _exact), question), question, {})

    def evaluations(self, features: int) -> int:
        """How many runs of the model one row takes."""
        return int(2 ** min(features, MOST))

    def repeated(self) -> ShapleyValues:
        """The same: nothing about it can be made cheaper."""
        return self


@dataclass(frozen=True)
class KernelShap:
    """Shapley values as the weighted regression of the score on which features are there; the sum is exact.

    `n_samples` coalitions are run, by default 2048 and two for each feature: whole sizes of them where they all fit,
    the smallest and the largest first, drawn in pairs that complete each other from the others. Where all coalitions
    fit the values are exact. All rows are run on the same coalitions and solved at once. Lundberg and Lee, A unified
    approach to interpreting model predictions, NeurIPS 2017.
    """

    captum: ClassVar[str] = "KernelShap"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = ""
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = True
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    n_samples: int | None = None

    def __post_init__(self) -> None:
        whole("n_samples", self.n_samples)

    def attribute(self, question: Question) -> Answer:
        """The same seed draws the same coalitions for all rows in which as many features differ from the baseline."""
        count = self.evaluations(question.features)

        def solve(part: Question, places: Places | None, features: int) -> Numbers:
            return _regressed(part, places, features, count)

        settings: dict[str, Setting] = {"n_samples": count}
        return answered(shared(_by_count(question, solve), question), question, settings)

    def evaluations(self, features: int) -> int:
        """How many runs of the model one row takes."""
        return self.n_samples or usual_samples(features)

    def repeated(self) -> KernelShap:
        """The same: how much the samples vary is what repeats are to show."""
        return self


def usual_samples(features: int) -> int:
    """How many coalitions to run where nothing is said: more for more features, never more than there are."""
    return min(2 * features + USUAL, 1 << min(features, 30))


def scores_of(question: Question, keep: Flags, places: Places | None = None) -> Numbers:
    """(rows, coalitions): the score of each row with each coalition of its features, the others at their baseline.

    `keep`: (coalitions, features). With `places`, (rows, some), coalitions are of these features of each row alone, and
    all others are there in every one.
    """
    rows, coalitions = len(question), len(keep)
    kept = torch.from_numpy(keep).to(question.device)
    where = None if places is None else torch.from_numpy(places).to(question.device)
    size = max(1, POINTS // max(1, len(question.mask)), question.model.batch_size(question.inputs))
    found = []
    for start in range(0, rows * coalitions, size):
        point = torch.arange(start, min(start + size, rows * coalitions), device=question.device)
        row = torch.div(point, coalitions, rounding_mode="floor")
        there = kept[point % coalitions]
        if where is not None:
            every = torch.ones(len(point), question.features, dtype=torch.bool, device=question.device)
            there = every.scatter_(1, where[row], there)
        found.append(question.evaluate(question.mixed(row, there), row))
    return np.asarray(np.concatenate(found).reshape(rows, coalitions))


def _by_count(question: Question, solve: Callable[[Question, Places | None, int], Numbers]) -> Numbers:
    """(rows, features) by `solve`, over the features that differ from the baseline; the others get nothing.

    Rows in which as many features differ share their coalitions, so that no row depends on its neighbours.
    """
    differs = (columns_of(question.inputs) != columns_of(question.baselines)).cpu().numpy()
    moved: Flags = np.asarray(question.by_feature(differs) > 0)
    counts = moved.sum(axis=1)
    found = np.zeros(moved.shape)
    for count in np.unique(counts[counts > 0]).tolist():
        rows = np.flatnonzero(counts == count)
        places = np.nonzero(moved[rows])[1].reshape(-1, count)
        part = question.select(torch.from_numpy(rows).to(question.device))
        found[rows[:, None], places] = solve(part, None if count == moved.shape[1] else places, count)
    return found


def _exact(question: Question, places: Places | None, count: int) -> Numbers:
    if count > MOST:
        raise AttributionError(
            f"exact Shapley values of {count} features would take {2**count:,} runs of the model for each row",
            allowed=f"up to {MOST} features",
            remedy="choose kernel-shap or shapley-value-sampling",
        )
    keep = _all_coalitions(count)
    sizes = keep.sum(axis=1)
    # In a share 1 / (n C(n − 1, k)) of all orders the k others of a coalition come first, and then this feature.
    weights = np.array([1 / (count * comb(count - 1, k)) for k in range(count)] + [0.0])
    effects = np.where(keep, weights[sizes - 1][:, None], -weights[sizes][:, None])
    scores = scores_of(question, keep, places)
    found = scores @ effects
    # What rounding leaves of effects that cancel is nothing, and must not be told as something.
    return np.where(np.abs(found) <= ROUNDING * np.abs(scores).max(axis=1, keepdims=True), 0.0, found)


def _all_coalitions(count: int) -> Flags:
    return np.asarray((np.arange(2**count)[:, None] >> np.arange(count)) & 1, dtype=bool)


def _regressed(question: Question, places: Places | None, count: int, samples: int) -> Numbers:
    ends = scores_of(question, np.array([[False] * count, [True] * count]), places)
    change = ends[:, 1:] - ends[:, :1]
    if count == 1:
        return np.asarray(change)
    keep, weights = _coalitions(count, samples, question.seed)
    scores = scores_of(question, keep, places) - ends[:, :1]
    # φ = change / n + u, where u adds up to 0: the sum is exact, and the least squares are over u alone.
    centred = keep - keep.mean(axis=1, keepdims=True)
    weighted = (centred * weights[:, None]).T
    # All features together are no direction of u: what rounding leaves of it must not be divided by.
    inverse = torch.linalg.pinv(torch.from_numpy(weighted @ centred), rtol=1e-12, hermitian=True)
    solution = inverse.numpy() @ weighted
    left = scores - change * keep.mean(axis=1)
    return np.asarray(change / count + left @ solution.T)


def _coalitions(count: int, samples: int, seed: int) -> tuple[Flags, Numbers]:
    """Coalitions (samples or fewer, features), none of them empty or full, and their weights."""
    sizes = np.arange(1, count)
    share = 1.0 / (sizes * (count - sizes))
    share /= share.sum()
    found: list[Flags] = []
    weights: list[Numbers] = []
    drawn = [int(size) for size in sizes]  # those of which not all coalitions fit
    left = samples
    for size in range(1, count // 2 + 1):
        pair = {size, count - size}
        subsets = comb(count, size) * len(pair)
        rest = sum(share[each - 1] for each in drawn)
        if left * sum(share[each - 1] for each in pair) / rest < subsets * (1 - 1e-9):
            break
        for each in sorted(pair):
            every = _of_size(count, each)
            found.append(every)
            weights.append(np.full(len(every), share[each - 1] / len(every)))
            drawn.remove(each)
        left -= subsets
    if drawn:
        some, repeats = _drawn(count, drawn, share, max(2, left), seed)
        found.append(some)
        weights.append(repeats / repeats.sum() * sum(share[each - 1] for each in drawn))
    return np.concatenate(found), np.concatenate(weights)


def _of_size(count: int, size: int) -> Flags:
    chosen = np.array(list(combinations(range(count), size)))
    found = np.zeros((len(chosen), count), dtype=bool)
    np.put_along_axis(found, chosen, True, axis=1)
    return found


def _drawn(count: int, sizes: list[int], share: Numbers, samples: int, seed: int) -> tuple[Flags, Numbers]:
    """Coalitions drawn with their complements, each once, and how often they came."""
    generator = np.random.default_rng(seed)
    chances = share[np.array(sizes) - 1]
    picked = generator.choice(sizes, size=(samples + 1) // 2, p=chances / chances.sum())
    order = generator.random((len(picked), count)).argsort(axis=1)
    half = order < picked[:, None]
    found, repeats = np.unique(np.concatenate([half, ~half]), axis=0, return_counts=True)
    return found, repeats.astype(np.float64)
