"""Gradients that are changed on their way back through every ReLU: guided backpropagation and deconvolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import nn

from reporter.errors import AttributionError
from reporter.methods.gradients import ALL, answer_of
from reporter.methods.hooking import Scores, Trace, by_rows, differentiable, gradients_of, hookable, traced
from reporter.model import Inputs
from reporter.question import Answer, Question

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class _AtEveryRelu:
    """A gradient that Captum changes at every ReLU; which way, the class that `captum` names."""

    captum: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients, ReLU modules"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = False  # as of any gradient

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where the model has no ReLU modules, or calls ReLU as a function."""
        return answer_of(_modified(question, self.captum), {})

    def repeated(self) -> Self:
        """The same: one backward pass is as cheap as can be."""
        return self


@dataclass(frozen=True)
class GuidedBackprop(_AtEveryRelu):
    """The gradient, of which every ReLU lets through only what is above 0 on both sides of it.

    A picture of what excites the network rather than an account of the score: it changes little when the weights
    of the last layers are made random. Springenberg et al., Striving for simplicity: the all convolutional net, ICLR
    workshop 2015; Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
    """

    captum: ClassVar[str] = "GuidedBackprop"


@dataclass(frozen=True)
class Deconvolution(_AtEveryRelu):
    """The gradient, of which every ReLU lets through what is above 0 behind it, whether it was open or not.

    A picture of what excites the network rather than an account of the score. Zeiler and Fergus, Visualizing and
    understanding convolutional networks, ECCV 2014.
    """

    captum: ClassVar[str] = "Deconvolution"


def _modified(question: Question, name: str) -> Numbers:
    """(rows, columns) by the Captum class of that name."""
    from captum import attr

    with hookable(question) as scores:
        with_own_relus(scores, traced(scores, question))
        captum = getattr(attr, name)(scores)
        captum.gradient_func = gradients_of

        def run(part: Question) -> Inputs:
            found: Inputs = captum.attribute(
                differentiable(part), target=part.target.tolist(), additional_forward_args=part.args or None
            )
            return found

        return by_rows(question, run)


def with_own_relus(scores: Scores, trace: Trace) -> None:
    """Give each use of a ReLU its own module. Raises AttributionError where there are none, or they are functions."""
    if any(name in ("relu", "threshold") and count for name, count in trace.functions):
        raise AttributionError(
            "the model calls ReLU as a function, where its gradient cannot be changed, so that the numbers would be "
            "those of the plain gradient",
            remedy="use nn.ReLU in the model, or choose another method",
        )
    if not any(isinstance(module, nn.ReLU) for module in trace.modules):
        raise AttributionError(
            "the model runs no nn.ReLU, so that the numbers would be those of the plain gradient",
            remedy="choose saliency with abs = false",
        )
    scores.separate(trace.reused((nn.ReLU,)), trace.counts)
