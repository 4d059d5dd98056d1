"""Infidelity: do the attributions of some features say what happens when these are taken away together?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from reporter.errors import UsageError
from reporter.grade import Score
from reporter.metrics.completeness import WITHOUT_SUM
from reporter.question import NOISE, POINTS, Measurement, Question, Trial, seeds, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Infidelity:
    """How far the attributions miss what the score does when random groups of features stand at their baseline.

    For a group G, (Σ_G a − (f(x) − f(x without G)))², on average over groups of random size, divided by the mean of
    (f(x) − f(x without G))²: 0 is perfect, 1 is as good as saying nothing. Infidelity as defined by the paper, for the
    perturbation that replaces numbers by their baseline, before it is divided is in the detail.

    Detail: `samples` (how many groups), `infidelity`. Undefined where no group moves the score, and for a method whose
    numbers have no direction.
    Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019.
    """

    better: ClassVar[Literal["lower", "higher"]] = "lower"
    fine: ClassVar[bool] = True

    samples: int = 100

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UsageError(f"samples = {self.samples}", allowed="a whole number from 1")

    def measure(self, trial: Trial) -> list[Measurement]:
        """Every row is asked about the same groups."""
        question, found = trial.question, trial.by_feature
        if not trial.directed:
            return [Measurement(Score("infidelity", None, {}, WITHOUT_SUM))] * len(question)
        gone = groups(question.features, self.samples, question.seed)
        whole = question.evaluate(question.inputs, torch.arange(len(question), device=question.device))
        changes = whole[:, None] - _without(question, gone)
        errors = (found @ gone.T - changes) ** 2
        scale = (changes**2).mean(axis=1)
        quiet = silent(found, whole) & (np.sqrt(scale) <= NOISE * np.abs(whole)) | (scale == 0)
        return [
            Measurement(Score("infidelity", None, {}, "no feature moves the score"))
            if quiet[i]
            else Measurement(
                Score(
                    "infidelity",
                    float(errors[i].mean() / scale[i]),
                    {"samples": float(len(gone)), "infidelity": float(errors[i].mean())},
                )
            )
            for i in range(len(question))
        ]


def groups(features: int, count: int, seed: int) -> Flags:
    """(count, features): groups of random size, from one feature to all of them."""
    generator = np.random.default_rng(seeds(seed, 1)[0])
    sizes = generator.integers(1, features + 1, count)
    return np.asarray(generator.random((count, features)).argsort(axis=1) < sizes[:, None])


def _without(question: Question, gone: Flags) -> Numbers:
    """(rows, groups): the score with each group at its baseline."""
    rows, count = len(question), len(gone)
    kept = torch.from_numpy(~gone).to(question.device)
    size = max(1, POINTS // max(1, count * len(question.mask)))
    found = []
    for start in range(0, rows, size):
        index = torch.arange(start, min(start + size, rows), device=question.device).repeat_interleave(count)
        found.append(question.evaluate(question.mixed(index, kept.repeat(len(index) // count, 1)), index))
    return np.asarray(np.concatenate(found).reshape(rows, count))
