"""What a method is asked and what it answers: the contract between attribution and every method and metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from reporter.grade import Score
from reporter.model import Inputs, Model, rows_of

POINTS = 1_000_000  # changed inputs, in numbers of features, that are made at a time
SMALL_COST = 500_000_000  # multiplications per row that no reader waits for
LEAST_EVALUATIONS = 96  # of a method so cheap that less would tell nothing: what integrated gradients takes
USUAL_STEPS = 32  # of a path method; those it took would make one row's metrics depend on its neighbours
UNKNOWN_SIZE = 10_000  # weights assumed of a model that shows none
PROBED = 1 / 3  # of what the attribution took, for taking features away one by one
NOISE = 1e-5  # of the score's size: attributions that add up to less than this may be rounding alone

Setting = float | int | str | bool


@dataclass(frozen=True, eq=False)
class Question:
    """Why does the model give these rows their scores for `target`, compared with `baselines`?

    All tensors are on the model's device. A column is one number of the flattened inputs of a row, in the order in
    which the inputs are given; `mask` says which feature each column belongs to, counted from 0.
    """

    model: Model
    inputs: Inputs  # each (rows, …)
    baselines: Inputs  # the same shapes
    target: Tensor  # (rows,) index of the explained outcome
    mask: Tensor  # (columns,)
    args: tuple[Any, ...] = ()  # additional forward arguments
    seed: int = 0
    distribution: Inputs = ()  # each (any number, …): baselines some methods draw from; () for the own one alone

    def __len__(self) -> int:
        return len(self.target)

    @property
    def device(self) -> torch.device:
        return self.target.device

    @property
    def features(self) -> int:
        """How many features there are."""
        return int(self.mask.max()) + 1

    def select(self, rows: Tensor) -> Question:
        """The same question for some rows, in that order; a row may be asked for several times."""
        return replace(
            self,
            inputs=tuple(each[rows] for each in self.inputs),
            baselines=tuple(each[rows] for each in self.baselines),
            target=self.target[rows],
            args=rows_of(self.args, rows),
        )

    def args_of(self, rows: Tensor) -> tuple[Any, ...]:
        """The additional forward arguments of points; point i belongs to row `rows[i]`."""
        return rows_of(self.args, rows)

    def score(self, points: Inputs, rows: Tensor) -> Tensor:
        """The explained score at each point, with gradients; point i belongs to row `rows[i]`."""
        scores = self.model.scores(points, rows_of(self.args, rows))
        return scores.gather(1, self.target[rows][:, None])[:, 0]

    def mixed(self, rows: Tensor, keep: Tensor) -> Inputs:
        """Points between inputs and baselines: row `rows[i]` where `keep[i]` (points × features), else its baseline."""
        columns = keep[:, self.mask]
        points, start = [], 0
        for given, baseline in zip(self.inputs, self.baselines, strict=True):
            width = given[0].numel()
            part = columns[:, start : start + width].reshape(len(rows), *given.shape[1:])
            points.append(torch.where(part, given[rows], baseline[rows]))
            start += width
        return tuple(points)

    def evaluate(self, points: Inputs, rows: Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
        """`score` without gradients, as float64, in batches that fit."""
        scores = self.model.evaluate(points, rows_of(self.args, rows))
        return np.asarray(scores.gather(1, self.target[rows].cpu()[:, None])[:, 0].numpy())

    @cached_property
    def alone(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows, features): how much the score falls when one feature alone is replaced by its baseline."""
        return self.effects(np.arange(self.features)[None].repeat(len(self), axis=0))

    @cached_property
    def whole(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows,): the score of each row as it is."""
        return self.evaluate(self.inputs, torch.arange(len(self), device=self.device))

    def effects(self, chosen: np.ndarray[Any, np.dtype[np.intp]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows, count), as `alone`, of the features `chosen` (rows, count) for each row."""
        rows, count = chosen.shape
        size = max(1, POINTS // max(count, len(self.mask)))
        found = []
        for start in range(0, rows, size):
            some = torch.from_numpy(chosen[start : start + size]).to(self.device)
            part = torch.arange(start, start + len(some), device=self.device).repeat_interleave(count)
            kept = torch.ones(len(part), self.features, dtype=torch.bool, device=self.device)
            kept[torch.arange(len(part), device=self.device), some.reshape(-1)] = False
            found.append(self.evaluate(self.mixed(part, kept), part).reshape(-1, count))
        return np.asarray(self.whole[:, None] - np.concatenate(found))

    @cached_property
    def baseline_scores(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows,): the explained score at the baseline; its mean over a distribution of baselines."""
        rows = torch.arange(len(self), device=self.device)
        if not self.distribution:
            return self.evaluate(self.baselines, rows)
        found = [
            self.evaluate(tuple(each[i : i + 1].expand(len(self), *each.shape[1:]) for each in self.distribution), rows)
            for i in range(len(self.distribution[0]))
        ]
        return np.asarray(np.mean(found, axis=0))

    def by_feature(self, attributions: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows, columns) → (rows, features): the columns of one feature are added."""
        member = np.eye(self.features)[self.mask.cpu().numpy()]
        return np.asarray(attributions @ member)


@dataclass(frozen=True, eq=False)
class Answer:
    """Attributions of the rows of a question, and the settings they were computed with."""

    attributions: np.ndarray[Any, np.dtype[np.float64]]  # (rows, columns)
    settings: tuple[dict[str, Setting], ...]  # one per row, as used: n_steps, n_samples, …

    def __post_init__(self) -> None:
        if len(self.settings) != len(self.attributions):
            raise ValueError(f"{len(self.attributions)} rows of attributions but {len(self.settings)} of settings")

    def select(self, rows: Sequence[int]) -> Answer:
        """The answer for some rows."""
        return Answer(self.attributions[list(rows)], tuple(self.settings[row] for row in rows))


class Method(Protocol):
    """An attribution algorithm: a small frozen dataclass whose fields are its settings under Captum's names."""

    modalities: ClassVar[tuple[str, ...]]
    needs_gradients: ClassVar[bool]
    complete: ClassVar[bool]  # the attributions add up to the change in score
    stochastic: ClassVar[bool]  # another seed gives other attributions

    @property
    def directed(self) -> bool:
        """Whether the sign says towards or away; if not, the numbers say only how strongly the score reacts."""
        ...

    def attribute(self, question: Question) -> Answer:
        """Attribute. Runs inside the guard of attribution.py, which seeds, checks and cleans up."""
        ...

    def repeated(self) -> Method:
        """The same method as a metric asks it again, many times: as cheap as its repeats may be."""
        ...


def silent(attributions: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Per row of (rows, features): whether nothing is attributed beyond the rounding of scores of this size."""
    return np.asarray(np.abs(attributions).sum(axis=1) <= NOISE * np.abs(scores))


def _evaluations(settings: Mapping[str, Setting], features: int) -> int:
    if "n_steps" in settings:
        return USUAL_STEPS * 3  # a backward pass costs about two forward passes
    return int(settings.get("n_samples", 1)) * features


def columns_of(tensors: Inputs) -> Tensor:
    """Tensors (rows, …) side by side as (rows, columns)."""
    return torch.cat([each.reshape(len(each), -1) for each in tensors], dim=1)


def seeds(seed: int, count: int) -> list[int]:
    """`count` seeds that follow from one, far enough from it and from each other."""
    return [int(each) for each in np.random.SeedSequence(seed).generate_state(count)]


@dataclass(frozen=True, eq=False)
class Trial:
    """What a metric may use to judge an answer: the question, the answer, and ways to ask again."""

    question: Question
    answer: Answer
    method: Method
    predicted: Tensor  # (rows,) index of the outcome the model predicts
    resampled: Callable[[int, int], Inputs | None]  # (repeats, seed) → baselines of resampled reference rows
    second: Method  # of another kind
    second_name: str

    @property
    def compared(self) -> bool:
        """Whether the attributions are of a change from a baseline."""
        return bool(getattr(self.method, "against_baseline", True))

    @property
    def directed(self) -> bool:
        """Whether the attributions say towards or away."""
        return bool(getattr(self.method, "directed", True))  # a third party's may not know the word

    @property
    def by_feature(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(rows, features): the attributions in question."""
        return self.question.by_feature(self.answer.attributions)

    @cached_property
    def probed(self) -> tuple[np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.float64]]]:
        """Features (rows, count) and how much the score falls when each alone is replaced by its baseline.

        All features where that is affordable, else the strongest and as many others drawn at random.
        """
        features, most = self.question.features, self.affordable(PROBED)
        if features <= most:
            return np.arange(features)[None].repeat(len(self.question), axis=0), self.question.alone
        order = np.argsort(-np.abs(self.by_feature), axis=1, kind="stable")
        drawn = np.random.default_rng(seeds(self.question.seed, 1)[0]).permutation(features - most // 2)
        others = order[:, most // 2 :][:, drawn[: most - most // 2]]
        chosen = np.sort(np.concatenate([order[:, : most // 2], others], axis=1), axis=1)
        return chosen, self.question.effects(chosen)

    def affordable(self, share: float) -> int:
        """How many times per row a metric may run the model: `share` of what the attribution itself took.

        For a small model it may be more, up to what takes no noticeable time. Told by counting, never by the clock,
        so that the same explanation is measured in the same way everywhere.
        """
        own = max(_evaluations(self.answer.settings[0], self.question.features), LEAST_EVALUATIONS)
        # A convolution has few weights and uses each of them many times: what it hands on says how often at least.
        model = self.question.model
        return max(int(share * own), SMALL_COST // (max(model.size, model.activations) or UNKNOWN_SIZE))


@dataclass(frozen=True, eq=False)
class Measurement:
    """What a metric found for one row."""

    score: Score
    intervals: np.ndarray[Any, np.dtype[np.float64]] | None = None  # (features, 2) of shares, where it repeated
    firm: np.ndarray[Any, np.dtype[np.bool_]] | None = None  # (features,) whether the rank held


class Metric(Protocol):
    """A measure of how well attributions reflect the model: a small frozen dataclass whose fields are its settings."""

    better: ClassVar[Literal["lower", "higher"]]
    fine: ClassVar[bool]  # asked over the pieces that are taken away while attributing, not over the features told

    def measure(self, trial: Trial) -> list[Measurement]:
        """One measurement per row of the question. Deterministic under the question's seed."""
        ...
