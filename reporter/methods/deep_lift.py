"""DeepLIFT: how each unit's difference from its value at the baseline is passed on to the score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from reporter.batching import in_batches
from reporter.errors import AttributionError, UsageError
from reporter.methods.gradients import ALL, answer_of, distribution_of
from reporter.methods.hooking import Trace, by_rows, differentiable, gradients_of, hookable, traced
from reporter.model import Inputs
from reporter.question import Answer, Question

Numbers = np.ndarray[Any, np.dtype[np.float64]]

# The modules Captum has a rule for. It looks at the class itself, so that classes made from these have none.
RULED = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax)
POOLED = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
# Captum's rules for these mix the rows that are run together.
MIXING = (nn.Softmax, *POOLED)
MISSED = 0.01  # of the change in score: beyond it a network without any ruled module is not linear


@dataclass(frozen=True)
class DeepLift:
    """Pass the change in score back through the network, by the rescale rule, to what changed in the input.

    The sum is the change in score where all that is not linear are modules Captum has a rule for (ReLU, ELU, LeakyReLU,
    Sigmoid, Tanh, Softplus, Softmax, max pooling); through others it is off, which the completeness error shows.
    Shrikumar, Greenside and Kundaje, Learning important features through propagating activation differences, ICML 2017.
    """

    captum: ClassVar[str] = "DeepLift"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients, modules"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    eps: float = 1e-10

    def __post_init__(self) -> None:
        if not self.eps > 0:
            raise UsageError(f"eps = {self.eps}", allowed="a number above 0")

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where no module has a rule and the network is not linear, or hooks cannot be hung."""
        return answer_of(_lifted(question, self.eps), {"eps": self.eps})

    def repeated(self) -> DeepLift:
        """The same: one pass forth and back is as cheap as can be."""
        return self


@dataclass(frozen=True)
class DeepLiftShap:
    """DeepLIFT from each of a distribution of baselines, on average.

    Where the question has no distribution, or one of a single row, it is DeepLIFT itself. The sum is the change from
    the mean score of the baselines. Lundberg and Lee, A unified approach to interpreting model predictions, NeurIPS
    2017.
    """

    captum: ClassVar[str] = "DeepLiftShap"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients, modules"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    draws: ClassVar[bool] = True  # from the distribution of baselines, where there is one
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError as DeepLIFT does."""
        distribution, eps = distribution_of(question), DeepLift().eps
        if not distribution:
            return answer_of(_lifted(question, eps), {"baselines": 1})
        count = len(distribution[0])

        def one(rows: slice) -> Numbers:
            row = question.select(torch.full((count,), rows.start, device=question.device))
            return np.asarray(_lifted(replace(row, baselines=distribution), eps).mean(axis=0, keepdims=True))

        return answer_of(np.concatenate(in_batches(one, len(question), 1)), {"baselines": count})

    def repeated(self) -> DeepLiftShap:
        """The same: what it averages over is given."""
        return self


def _lifted(question: Question, eps: float) -> Numbers:
    """(rows, columns) by Captum."""
    from captum.attr import DeepLift as Captum

    with hookable(question) as scores:
        trace = traced(scores, question)
        scores.separate(trace.reused((*RULED, *POOLED)), trace.counts)
        captum = Captum(scores, eps=eps)
        captum.gradient_func = gradients_of

        def run(part: Question) -> Inputs:
            found: Inputs = captum.attribute(
                differentiable(part),
                baselines=part.baselines,
                target=part.target.tolist(),
                additional_forward_args=part.args or None,
            )
            return found

        mixing = any(type(module) in MIXING for module in trace.modules)
        found = by_rows(question, run, 1 if mixing else max(1, question.model.batch_size(question.inputs) // 2))
    _check(question, found, trace)
    return found


def _check(question: Question, found: Numbers, trace: Trace) -> None:
    if any(type(module) in (*RULED, *POOLED) for module in trace.modules):
        return
    rows = torch.arange(len(question), device=question.device)
    change = question.evaluate(question.inputs, rows) - question.evaluate(question.baselines, rows)
    missed = np.abs(found.sum(axis=1) - change)
    if (missed > MISSED * np.maximum(np.abs(change), np.abs(found).sum(axis=1))).any():
        kinds = Counter(type(module).__name__ for module in trace.modules)
        raise AttributionError(
            "the model is not linear, and runs no module DeepLIFT has a rule for, so that the numbers would be those "
            f"of the plain gradient (it runs {', '.join(kinds) or 'no modules at all'})",
            allowed=", ".join(kind.__name__ for kind in (*RULED, *POOLED)),
        )
