"""Methods that take the gradient of the score at the input, or at points beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from reporter.errors import AttributionError, UsageError
from reporter.methods.hooking import by_rows
from reporter.methods.integrated_gradients import gradients_at
from reporter.methods.perturbation import whole
from reporter.model import Inputs
from reporter.question import Answer, Question, Setting, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]

ALL = ("tabular", "image", "text", "sequence")
HERE = np.ones(1)  # the end of the way from baseline to input: the input


@dataclass(frozen=True)
class Saliency:
    """The gradient of the score at the input: how much it would move if a number moved by one.

    With `abs`, as in Captum by default, its size alone. A sign would say which way the score moves when the number
    grows, not which way the number as it is pushes. Simonyan,
    Vedaldi and Zisserman, Deep inside convolutional networks, ICLR workshop 2014.
    """

    captum: ClassVar[str] = "Saliency"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = False

    abs: bool = True

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError when the score has no gradient."""
        found = gradients(question)
        return answer_of(np.abs(found) if self.abs else found, {"abs": self.abs})

    def repeated(self) -> Saliency:
        """The same: one backward pass is as cheap as can be."""
        return self


@dataclass(frozen=True)
class InputXGradient:
    """The gradient of the score at the input, times the input; the baseline plays no part.

    Shrikumar et al., Not just a black box: learning important features through propagating activation differences,
    arXiv 1605.01713, 2016.
    """

    captum: ClassVar[str] = "InputXGradient"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError when the score has no gradient."""
        inputs = columns_of(question.inputs).to("cpu", torch.float64).numpy()
        return answer_of(gradients(question) * inputs, {})

    def repeated(self) -> InputXGradient:
        """The same: one backward pass is as cheap as can be."""
        return self


@dataclass(frozen=True)
class GradientShap:
    """The gradient at random points between input and baselines, times their difference, on average.

    Where the question has a distribution of baselines each sample draws one of them; then the sum tends to the change
    from their mean score. With `stdevs`, noise of that standard deviation is added to the input first. The draws are
    Captum's for one row, and the same for every row. Lundberg and Lee, A unified approach to interpreting model
    predictions, NeurIPS 2017.
    """

    captum: ClassVar[str] = "GradientShap"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False  # only when averaged over very many samples
    stochastic: ClassVar[bool] = True
    against_baseline: ClassVar[bool] = True
    draws: ClassVar[bool] = True  # from the distribution of baselines, where there is one
    directed: ClassVar[bool] = True

    n_samples: int = 50
    stdevs: float = 0.0

    def __post_init__(self) -> None:
        whole("n_samples", self.n_samples)
        if self.stdevs < 0:
            raise UsageError(f"stdevs = {self.stdevs}", allowed="a number from 0")

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError when the score has no gradient."""
        drawn, count = np.random.RandomState(question.seed % 2**32), self.n_samples
        distribution = distribution_of(question)
        sizes = [len(each) for each in distribution] or [1] * len(question.inputs)
        picks = [drawn.choice(size, count) for size in sizes]
        ways = drawn.uniform(0.0, 1.0, count)
        added = noises(question, count) if self.stdevs else ()
        total = np.zeros((len(question), len(question.mask)))
        for sample in range(count):
            baselines = question.baselines
            if distribution:
                baselines = tuple(
                    each[int(pick[sample])].expand_as(given)
                    for each, pick, given in zip(distribution, picks, question.inputs, strict=True)
                )
            inputs = question.inputs
            if self.stdevs:
                inputs = tuple(given + self.stdevs * each[sample] for given, each in zip(inputs, added, strict=True))
            found = gradients(replace(question, inputs=inputs, baselines=baselines), ways[sample : sample + 1])
            change = columns_of(inputs) - columns_of(baselines)
            total += found * change.to("cpu", torch.float64).numpy()
        return answer_of(total / count, {"n_samples": count, "stdevs": self.stdevs})

    def evaluations(self, features: int) -> int:  # noqa: ARG002
        """How many runs of the model one row takes; a backward pass costs about two."""
        return 3 * self.n_samples

    def repeated(self) -> GradientShap:
        """The same: how much the samples vary is what repeats are to show."""
        return self


def noises(question: Question, count: int) -> Inputs:
    """Standard normal noise, one (count, …) for each input, the same for every row; drawn as Captum draws it."""
    generator = torch.Generator().manual_seed(question.seed)
    return tuple(
        torch.normal(0.0, torch.ones(count, *given.shape[1:]), generator=generator).to(given)
        for given in question.inputs
    )


def gradients(question: Question, at: Numbers = HERE) -> Numbers:
    """(rows, columns): the gradient at the input, or at a share of the way from the baseline to it.

    Raises AttributionError when the inputs are whole numbers or the score has no gradient.
    """
    if not all(each.is_floating_point() for each in question.inputs):
        raise AttributionError("some inputs are whole numbers, which have no gradient")
    return by_rows(question, lambda part: gradients_at(part, at)[0][0])


def distribution_of(question: Question) -> Inputs:
    """The baselines a method may draw from, where there are any of the shape and type of the inputs; else none."""
    fits = len(question.distribution) == len(question.inputs) and all(
        each.shape[1:] == given.shape[1:] and each.dtype == given.dtype
        for each, given in zip(question.distribution, question.inputs, strict=True)
    )
    return question.distribution if fits else ()


def answer_of(found: Numbers, settings: dict[str, Setting]) -> Answer:
    """The answer (rows, columns) with the same settings for every row."""
    return Answer(found, tuple(dict(settings) for _ in range(len(found))))
