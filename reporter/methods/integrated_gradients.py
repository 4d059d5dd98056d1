"""Integrated gradients: the gradient of the score, averaged on the straight way from the baseline to the input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
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
MOST_STORED = 4 * STORED  # of a single row so large that more steps would not fit: then it gets fewer


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
    modalities: ClassVar[tuple[str, ...]] = ("tabular", "image", "text", "sequence")
    needs: ClassVar[str] = "gradients"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    n_steps: int | None = None
    method: Rule = "gausslegendre"
    internal_batch_size: int | None = None
    max_steps: int = 256

    def __post_init__(self) -> None:
        if self.method not in RULES:
            raise UsageError(f"no quadrature rule called {self.method!r}", allowed=", ".join(RULES))
        least = 1 if self.method == "gausslegendre" else 2
        for name, value, lowest in (("n_steps", self.n_steps, least), ("max_steps", self.max_steps, 2)):
            whole = isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()
            if value is not None and (not whole or value < lowest):
                raise UsageError(f"{name} = {value!r}", allowed=f"a whole number from {lowest}")

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError when the score has no gradient."""
        if not all(each.is_floating_point() for each in question.inputs):
            raise AttributionError("some inputs are whole numbers, which have no gradient")
        run = self._adapted if self.n_steps is None else partial(self._fixed, steps=self.n_steps)

        def some(rows: slice) -> Answer:
            return run(question.select(torch.arange(rows.start, rows.stop, device=question.device)))

        # Every batch below runs all of these rows at one node or more.
        most = min(self._batch_size(question), STORED // (len(question.mask) * (self.max_steps + 1)))
        parts = in_batches(some, len(question), max(1, most))
        attributions = np.concatenate([part.attributions for part in parts])
        return Answer(attributions, tuple(each for part in parts for each in part.settings))

    def repeated(self) -> IntegratedGradients:
        """The same with few steps, for repeats: off by some tenths of a percent, which can only widen intervals."""
        return replace(self, n_steps=None, max_steps=REPEATED_STEPS)

    def _batch_size(self, question: Question) -> int:
        return self.internal_batch_size or question.model.batch_size(question.inputs)

    def _fixed(self, question: Question, steps: int) -> Answer:
        nodes, weights = nodes_of(self.method, steps)
        mean = torch.zeros(len(question), len(question.mask), dtype=torch.float64)

        def run(part: slice) -> None:
            gradients, _ = gradients_at(question, nodes[part])
            weight = torch.from_numpy(weights[part]).to(gradients.dtype)
            mean.add_(torch.einsum("nrc,n->rc", gradients, weight))

        in_batches(run, steps, max(1, self._batch_size(question) // len(question)))
        settings = {"n_steps": steps, "method": self.method}
        return Answer((mean * change_of(question)).numpy(), tuple(dict(settings) for _ in range(len(question))))

    def _adapted(self, question: Question) -> Answer:
        found = np.zeros((len(question), len(question.mask)))
        used = np.zeros(len(question), dtype=int)
        left = np.arange(len(question))
        most = max(2, min(self.max_steps, MOST_STORED // len(question.mask) // len(question)))
        steps = min(FIRST_STEPS, most // 2 * 2)  # even, because the first look halves them
        path = self._path(question, left, np.linspace(0.0, 1.0, steps + 1))
        coarse = path.halved().attributions()
        while True:
            fine = path.attributions()
            found[left], used[left] = fine, steps
            lost: Flags = np.asarray(
                ~np.isfinite(fine).all(axis=1)
            )  # no number of steps will help; attribution.py tells
            coarse, fine = np.where(lost[:, None], 0.0, coarse), np.where(lost[:, None], 0.0, fine)
            same = same_told(question.by_feature(coarse), question.by_feature(fine))
            settled: Flags = np.asarray(lost | (path.complete(fine) & same))
            if settled.all() or steps * 2 > most:
                break
            left, path, coarse = left[~settled], path.select(~settled), fine[~settled]
            path = path.merged(self._path(question, left, (np.arange(steps) + 0.5) / steps))
            steps *= 2
        return Answer(found, tuple({"n_steps": int(steps), "max_steps": self.max_steps} for steps in used))

    def _path(self, question: Question, rows: np.ndarray[Any, Any], nodes: Numbers) -> Path:
        chosen = question.select(torch.as_tensor(rows, device=question.device))

        def run(part: slice) -> tuple[Tensor, Tensor]:
            return gradients_at(chosen, nodes[part])

        batches = in_batches(run, len(nodes), max(1, self._batch_size(question) // len(rows)))
        gradients, scores = (torch.cat(parts) for parts in zip(*batches, strict=True))
        change = change_of(chosen)
        slopes = (gradients * change.to(gradients.dtype)).sum(dim=2).to(torch.float64)
        dtype = question.model.dtype or gradients.dtype
        return Path(gradients, slopes, scores, change, 8 * torch.finfo(dtype).eps)


@dataclass(frozen=True, eq=False)
class Path:
    """Gradients and scores at evenly spaced nodes between baseline and input."""

    gradients: Tensor  # (nodes, rows, columns)
    slopes: Tensor  # (nodes, rows): of the score along the path
    scores: Tensor  # (nodes, rows)
    change: Tensor  # (rows, columns): input − baseline
    rounding: float  # of the scores, relative

    def halved(self) -> Path:
        """Every second node."""
        return replace(self, gradients=self.gradients[::2], slopes=self.slopes[::2], scores=self.scores[::2])

    def select(self, rows: Flags) -> Path:
        """The same nodes of some rows."""
        chosen = torch.from_numpy(rows)
        return Path(
            self.gradients[:, chosen],
            self.slopes[:, chosen],
            self.scores[:, chosen],
            self.change[chosen],
            self.rounding,
        )

    def merged(self, between: Path) -> Path:
        """With the nodes half way between these."""

        def woven(even: Tensor, odd: Tensor) -> Tensor:
            both = even.new_empty(len(even) + len(odd), *even.shape[1:])
            both[::2], both[1::2] = even, odd
            return both

        return replace(
            self,
            gradients=woven(self.gradients, between.gradients),
            slopes=woven(self.slopes, between.slopes),
            scores=woven(self.scores, between.scores),
        )

    def complete(self, attributions: Numbers) -> Flags:
        """Which rows' attributions add up to the change in score."""
        change = (self.scores[-1] - self.scores[0]).numpy()
        scale = np.maximum(np.abs(change), 0.05 * np.abs(attributions).sum(axis=1))
        return np.asarray(np.abs(attributions.sum(axis=1) - change) <= COMPLETENESS * scale)

    def attributions(self) -> Numbers:
        """(rows, columns), by the trapezoid rule with the kinks of a piecewise linear network located.

        Between two nodes the gradient of such a network jumps, mostly once. Where it jumps follows from the scores,
        which are known: with slopes d₀ and d₁ along the path, a share t of the step h has slope d₀ when
        Δ = h (t d₀ + (1 − t) d₁). Each interval is then weighted by t and 1 − t instead of one half, which takes
        about a third of the nodes for the same ranking; on smooth networks t tends to one half.
        """
        step = 1.0 / (len(self.gradients) - 1)
        jump = step * (self.slopes[:-1] - self.slopes[1:])
        share = (self.scores[1:] - self.scores[:-1] - step * self.slopes[1:]) / jump
        # A jump that drowns in the rounding of the scores says nothing about its place.
        noise = self.rounding * self.scores.abs().amax(dim=0)
        share = torch.where((jump.abs() <= noise) | ~share.isfinite(), 0.5, share).clamp(0.0, 1.0)
        weights = torch.zeros_like(self.slopes)
        weights[:-1] += share * step
        weights[1:] += (1 - share) * step
        mean = (self.gradients * weights.to(self.gradients.dtype)[..., None]).sum(dim=0).to(torch.float64)
        return np.asarray((mean * self.change).numpy())


def change_of(question: Question) -> Tensor:
    """(rows, columns): input − baseline."""
    return (columns_of(question.inputs) - columns_of(question.baselines)).to("cpu", torch.float64)


def gradients_at(question: Question, nodes: Numbers) -> tuple[Tensor, Tensor]:
    """Gradients (nodes, rows, columns) and scores (nodes, rows) on the CPU, at each node of the way of every row.

    The score of each point depends on that point alone, so one sum has all their gradients.
    """
    points = _points(question, nodes)
    rows = torch.arange(len(question), device=question.device).repeat(len(nodes))
    try:
        gradients, scores = _backward(question, points, rows)
    except RuntimeError as error:
        if "cudnn RNN backward" not in str(error):
            raise
        # cuDNN's recurrent layers have no backward pass in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False):
            gradients, scores = _backward(question, points, rows)
    shape = (len(nodes), len(question))
    found = columns_of(gradients).to("cpu").reshape(*shape, -1)
    return found, scores.detach().to("cpu", torch.float64).reshape(shape)


def _points(question: Question, nodes: Numbers) -> Inputs:
    found = []
    for given, baseline in zip(question.inputs, question.baselines, strict=True):
        way = torch.as_tensor(nodes, dtype=given.dtype, device=given.device).reshape(-1, *[1] * given.ndim)
        points = torch.lerp(baseline.unsqueeze(0), given.unsqueeze(0), way)
        found.append(points.reshape(-1, *given.shape[1:]).requires_grad_())
    return tuple(found)


def _backward(question: Question, points: Inputs, rows: Tensor) -> tuple[Inputs, Tensor]:
    scores = question.score(points, rows)
    if not scores.requires_grad:
        raise AttributionError("the score has no gradient")
    found = torch.autograd.grad(scores.sum(), points, allow_unused=True, materialize_grads=True)
    return tuple(found), scores


def same_told(before: Numbers, after: Numbers) -> Flags:
    """Per row of (rows, features): whether both tell the same, by margins wider than the change between the two.

    Told are the strongest features, their order where they are apart, and their directions.
    """
    size, change = np.abs(after), np.abs(after - before)
    order = np.argsort(-size, axis=1, kind="stable")
    told, rest = order[:, :TOLD], order[:, TOLD:]

    def of(values: Numbers, features: np.ndarray[Any, Any]) -> Numbers:
        return np.asarray(np.take_along_axis(values, features, axis=1))

    low, high = size - change, size + change
    same = (np.sign(of(before, told)) == np.sign(of(after, told))).all(axis=1)
    if rest.size:
        same &= of(low, told).min(axis=1) >= of(high, rest).max(axis=1)
    sizes = of(size, told)
    apart = sizes[:, :-1] - sizes[:, 1:] > GAP * sizes[:, :-1]
    held = of(low, told)[:, :-1] >= of(high, told)[:, 1:]
    return np.asarray(same & (~apart | held).all(axis=1))


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
