"""Max-sensitivity: how much do the attributions change when the input changes a little?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from reporter.asking import ask
from reporter.errors import UsageError
from reporter.grade import Score
from reporter.model import Inputs
from reporter.question import Measurement, Question, Trial, seeds, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class MaxSensitivity:
    """The largest change of the attributions, relative to their size, among inputs that differ a little.

    Every number moves, at random, by up to `radius` of its difference from the baseline, so that the unit in which a
    column is given makes no difference. The value is max |a(x′) − a(x)| / |a(x)|, with Euclidean lengths over the
    features; the method is asked as for repeats. 0 means that nothing changes.

    Detail: `samples` (how many inputs were tried). Undefined for whole numbers, which cannot move a little, and where
    nothing is attributed. Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019.
    """

    better: ClassVar[Literal["lower", "higher"]] = "lower"
    fine: ClassVar[bool] = False

    samples: int = 10
    radius: float = 0.02

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UsageError(f"samples = {self.samples}", allowed="a whole number from 1")
        if not self.radius > 0:
            raise UsageError(f"radius = {self.radius}", allowed="a number above 0")

    def measure(self, trial: Trial) -> list[Measurement]:
        """Judges the method at this input rather than the answer in question."""
        question, method = trial.question, trial.method.repeated()
        if not all(each.is_floating_point() for each in question.inputs):
            return [_undefined("some inputs are whole numbers, which cannot change a little")] * len(question)
        found = question.by_feature(ask(method, question).attributions)
        largest = np.zeros(len(question))
        for seed in seeds(question.seed, self.samples):
            moved = replace(question, inputs=self._moved(question, seed))
            change = question.by_feature(ask(method, moved).attributions) - found
            largest = np.fmax(largest, np.linalg.norm(change, axis=1))
        whole = question.evaluate(question.inputs, torch.arange(len(question), device=question.device))
        quiet = silent(found, whole)
        return [
            _undefined("no feature moves the score")
            if quiet[i]
            else Measurement(
                Score(
                    "max-sensitivity",
                    float(largest[i] / np.linalg.norm(found[i])),
                    {"samples": float(self.samples)},
                )
            )
            for i in range(len(question))
        ]

    def _moved(self, question: Question, seed: int) -> Inputs:
        """The same directions for every row, so that none depends on its neighbours."""
        generator = torch.Generator().manual_seed(seed)
        found = []
        for given, baseline in zip(question.inputs, question.baselines, strict=True):
            way = 2 * torch.rand(given.shape[1:], generator=generator) - 1
            found.append(given + self.radius * way.to(given) * (given - baseline))
        return tuple(found)


def _undefined(why: str) -> Measurement:
    return Measurement(Score("max-sensitivity", None, {}, why))
