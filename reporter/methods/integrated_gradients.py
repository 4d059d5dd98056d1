"""Integrated gradients: the gradient of the score, averaged on the straight way from the baseline to the input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from reporter.batching import in_batches
from reporter.errors import AttributionError, UsageError
from reporter.model import Inputs
from reporter.question import Answer, Question, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Rule = Literal["gausslegendre", "riemann_trapezoid", "riemann_left", "riemann_right", "riemann_middle"]

RULES: tuple[Rule, ...] = ("gausslegendre", "riemann_trapezoid", "riemann_left", "riemann_right", "riemann_middle")
FIRST_STEPS = 32  # of the adaptive way: its first look already compares 32 steps with 16
REPEATED_STEPS = 16
COMPLETENESS = 0.01  # relative error below which the sum is right
TOLD = 5  # the strongest features, of which the prose tells
GAP = 0.02  # two features closer than this, relative to the stronger, are told as about equal
STORED = 64_000_000  # gradients kept at a time by the adaptive way, in numbers


@dataclass(frozen=True)
class IntegratedGradients:
    """Average the gradients between baseline and input, times their difference; the sum is the change in score.

    With `n_steps` the numbers are Captum's at that count, by its quadrature rule `method`. Without, the steps are
    doubled, up to `max_steps`, until the sum is right to 1 % and what would be told (the five strongest features,
    their order where they differ by more than 2 %, their directions) is the same for half the steps and differs by
    more than the halving changed. The nodes are nested, so no gradient is computed twice.

    Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017.
    """

    captum: ClassVar[str] = "IntegratedGradients"
    modalities: ClassVar[tuple[str, ...]] = ("tabular",)
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False

    n_steps: int | None = None
    method: Rule = "gausslegendre"
    internal_batch_size: int | None = None
    max_steps: int = 256

    def __post_init__(self) -> None:
        if self.method not in RULES:
            raise UsageError(f"no quadrature rule called {self.method!r}", allowed=", ".join(RULES))
        least = 1 if self.method == "gausslegendre" else 2
        for name, value, lowest in (("n_steps", self.n_steps, least), ("max_steps", self.max_steps, 2)):
            if value is not None and (isinstance(value, bool) or not float(value).is_integer() or value < lowest):
                raise UsageError(f"{name} = {value!r}", allowed=f"a whole number from {lowest}")

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError when the score has no gradient."""
        if not all(each.is_floating_point() for each in question.inputs):
            raise AttributionError("some inputs are whole numbers, which have no gradient")
        if self.n_steps is None:
            return self._adaptive(question)
        nodes, weights = nodes_of(self.method, self.n_steps)
        total = self._averaged(question, nodes, weights)
        change = (columns_of(question.inputs) - columns_of(question.baselines)).to("cpu", torch.float64).numpy()
        settings = {"n_steps": self.n_steps, "method": self.method}
        return Answer(total * change, tuple(dict(settings) for _ in range(len(question))))

    def repeated(self) -> IntegratedGradients:
        """The same with few steps, for repeats: they may differ by a few tenths of a percent, which only widens."""
        return replace(self, n_steps=None, max_steps=REPEATED_STEPS)

    def _averaged(self, question: Question, nodes: Numbers, weights: Numbers) -> Numbers:
        """(rows, columns): the weighted sum of the gradients at the nodes."""
        rows, count = len(question), len(question) * len(nodes)
        total = torch.zeros(rows, len(question.mask), dtype=torch.float64)
        weight = torch.from_numpy(weights)

        def run(part: slice) -> None:
            pair = torch.arange(part.start, part.stop)
            gradients, _ = gradients_at(question, pair % rows, torch.from_numpy(nodes)[pair // rows])
            total.index_add_(0, pair % rows, gradients * weight[pair // rows, None])

        in_batches(run, count, self._batch_size(question))
        return np.asarray(total.numpy())

    def _batch_size(self, question: Question) -> int:
        return self.internal_batch_size or question.model.batch_size(question.inputs)

    def _adaptive(self, question: Question) -> Answer:
        slab = max(1, STORED // (len(question.mask) * (self.max_steps + 1)))
        parts = [
            self._adapted(
                question.select(torch.arange(start, min(start + slab, len(question)), device=question.device))
            )
            for start in range(0, len(question), slab)
        ]
        return Answer(
            np.concatenate([part.attributions for part in parts]),
            tuple(each for part in parts for each in part.settings),
        )

    def _adapted(self, question: Question) -> Answer:
        found = np.zeros((len(question), len(question.mask)))
        used = np.zeros(len(question), dtype=int)
        left = np.arange(len(question))
        steps = min(FIRST_STEPS, self.max_steps // 2 * 2)  # even, because the first look halves them
        path = self._path(question, left, np.linspace(0.0, 1.0, steps + 1))
        while True:
            coarse, fine = path.halved().attributions(), path.attributions()
            found[left], used[left] = fine, steps
            lost: Flags = np.asarray(
                ~np.isfinite(fine).all(axis=1)
            )  # no number of steps will help; attribution.py says so
            coarse, fine = np.where(lost[:, None], 0.0, coarse), np.where(lost[:, None], 0.0, fine)
            same = same_told(question.by_feature(coarse), question.by_feature(fine))
            settled: Flags = np.asarray(lost | (path.complete(fine) & same))
            if settled.all() or steps * 2 > self.max_steps:
                break
            left, path = left[~settled], path.select(~settled)
            between = self._path(question, left, (np.arange(steps) + 0.5) / steps)
            path, steps = path.merged(between), steps * 2
        return Answer(found, tuple({"n_steps": int(steps), "max_steps": self.max_steps} for steps in used))

    def _path(self, question: Question, rows: np.ndarray[Any, Any], nodes: Numbers) -> Path:
        chosen = question.select(torch.as_tensor(rows, device=question.device))
        count = len(rows)

        def run(part: slice) -> tuple[Tensor, Tensor]:
            pair = torch.arange(part.start, part.stop)
            return gradients_at(chosen, pair % count, torch.from_numpy(nodes)[pair // count])

        batches = in_batches(run, count * len(nodes), self._batch_size(question))
        gradients = torch.cat([batch[0] for batch in batches]).reshape(len(nodes), count, -1)
        scores = torch.cat([batch[1] for batch in batches]).reshape(len(nodes), count)
        change = (columns_of(chosen.inputs) - columns_of(chosen.baselines)).to("cpu", torch.float64)
        return Path(gradients, scores, change)


@dataclass(frozen=True, eq=False)
class Path:
    """Gradients and scores at evenly spaced nodes between baseline and input."""

    gradients: Tensor  # (nodes, rows, columns)
    scores: Tensor  # (nodes, rows)
    change: Tensor  # (rows, columns): input − baseline

    def halved(self) -> Path:
        """Every second node."""
        return Path(self.gradients[::2], self.scores[::2], self.change)

    def select(self, rows: np.ndarray[Any, Any]) -> Path:
        """The same nodes of some rows."""
        chosen = torch.from_numpy(rows)
        return Path(self.gradients[:, chosen], self.scores[:, chosen], self.change[chosen])

    def merged(self, between: Path) -> Path:
        """With the nodes half way between these."""
        nodes = len(self.gradients) + len(between.gradients)
        gradients = self.gradients.new_empty(nodes, *self.gradients.shape[1:])
        scores = self.scores.new_empty(nodes, *self.scores.shape[1:])
        gradients[::2], gradients[1::2] = self.gradients, between.gradients
        scores[::2], scores[1::2] = self.scores, between.scores
        return Path(gradients, scores, self.change)

    def complete(self, attributions: Numbers) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows' attributions add up to the change in score."""
        change = (self.scores[-1] - self.scores[0]).numpy()
        scale = np.maximum(np.abs(change), 0.05 * np.abs(attributions).sum(axis=1))
        return np.asarray(np.abs(attributions.sum(axis=1) - change) <= COMPLETENESS * scale)

    def attributions(self) -> Numbers:
        """(rows, columns), by the trapezoid rule with the kinks of a piecewise linear network located.

        Between two nodes the gradient of such a network jumps, mostly once. Where it jumps follows from the scores,
        which are known: with slopes d₀ and d₁ along the path, a share t of the step has slope d₀ when
        Δ = h (t d₀ + (1 − t) d₁). Each interval is then weighted by t and 1 − t instead of one half, which takes
        about a third of the nodes for the same ranking; on smooth networks t tends to one half.
        """
        step = 1.0 / (len(self.gradients) - 1)
        slopes = torch.einsum("nrc,rc->nr", self.gradients, self.change.to(self.gradients.dtype)).to(torch.float64)
        jump = step * (slopes[:-1] - slopes[1:])
        share = (self.scores[1:] - self.scores[:-1] - step * slopes[1:]) / jump
        # A jump that drowns in the rounding of the scores says nothing about its place.
        noise = 1e-6 * self.scores.abs().amax(dim=0)
        share = torch.where((jump.abs() <= noise) | ~share.isfinite(), 0.5, share).clamp(0.0, 1.0)
        weights = torch.zeros_like(slopes)
        weights[:-1] += share * step
        weights[1:] += (1 - share) * step
        mean = torch.einsum("nrc,nr->rc", self.gradients, weights.to(self.gradients.dtype)).to(torch.float64)
        return np.asarray((mean * self.change).numpy())


def gradients_at(question: Question, rows: Tensor, nodes: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients (points, columns) and scores (points,) on the CPU, at `nodes[i]` of the way of row `rows[i]`.

    The score of each point depends on that point alone, so one sum has all their gradients.
    """
    points = _points(question, rows.to(question.device), nodes.to(question.device))
    try:
        gradients, scores = _backward(question, points, rows.to(question.device))
    except RuntimeError as error:
        if "cudnn RNN backward" not in str(error):
            raise
        # cuDNN's recurrent layers have no backward pass in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False):
            gradients, scores = _backward(question, points, rows.to(question.device))
    return columns_of(gradients).to("cpu"), scores.detach().to("cpu", torch.float64)


def _points(question: Question, rows: Tensor, nodes: Tensor) -> Inputs:
    found = []
    for given, baseline in zip(question.inputs, question.baselines, strict=True):
        way = nodes.to(given.dtype).reshape(-1, *[1] * (given.ndim - 1))
        found.append(torch.lerp(baseline[rows], given[rows], way).requires_grad_())
    return tuple(found)


def _backward(question: Question, points: Inputs, rows: Tensor) -> tuple[Inputs, Tensor]:
    scores = question.score(points, rows)
    if not scores.requires_grad:
        raise AttributionError("the score has no gradient")
    found = torch.autograd.grad(scores.sum(), points, allow_unused=True, materialize_grads=True)
    return tuple(found), scores


def same_told(before: Numbers, after: Numbers) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Per row of (rows, features): whether both tell the same, by margins wider than the change between the two.

    Told are the strongest features, their order where they are apart, and their directions.
    """
    return np.array([_same_told(old, new) for old, new in zip(before, after, strict=True)], dtype=bool)


def _same_told(before: Numbers, after: Numbers) -> bool:
    size, change = np.abs(after), np.abs(after - before)
    order = np.argsort(-size, kind="stable")
    told, rest = order[:TOLD], order[TOLD:]
    if not np.array_equal(np.sign(before[told]), np.sign(after[told])):
        return False
    low, high = size - change, size + change
    if len(rest) and low[told].min() < high[rest].max():
        return False
    first, second = told[:-1], told[1:]
    apart = size[first] - size[second] > GAP * size[first]
    return bool(np.all(~apart | (low[first] >= high[second])))


def nodes_of(rule: Rule, steps: int) -> tuple[Numbers, Numbers]:
    """Nodes on [0, 1] and their weights, as Captum has them (its trapezoid weights add up to 1 − 1/steps)."""
    if rule == "gausslegendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return (1 + nodes) / 2, weights / 2
    weights = np.full(steps, 1 / steps)
    if rule == "riemann_trapezoid":
        weights[[0, -1]] /= 2
        return np.linspace(0, 1, steps), weights
    shift = {"riemann_left": 0.0, "riemann_middle": 0.5, "riemann_right": 1.0}[rule]
    return (np.arange(steps) + shift) / steps, weights
