"""Other methods over an input with noise: their mean, their mean square, their variance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from torch import Tensor

from reporter.errors import UsageError
from reporter.methods.gradients import ALL, answer_of, noises
from reporter.methods.perturbation import whole
from reporter.plugins import METHODS
from reporter.question import Answer, Method, Question, Setting, seeds

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Kind = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]

NOISE = 0.15  # of the range of an input's numbers, where nothing else is said: the middle of what the paper tries


@dataclass(frozen=True)
class _Tunnel:
    """What the three have in common; `stdevs` left out is 15 % of the range of the numbers of each input of a row."""

    captum: ClassVar[str] = "NoiseTunnel"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = True
    nt_type: ClassVar[Kind] = "smoothgrad"

    attribution_method: str = "input-x-gradient"
    nt_samples: int = 25
    stdevs: float | None = None

    @property
    def against_baseline(self) -> bool:
        """Whether the method itself looks at the baseline."""
        return bool(METHODS.load(self.attribution_method).against_baseline)

    @property
    def directed(self) -> bool:
        """Whether the sign of an attribution says towards or away."""
        return self.nt_type == "smoothgrad" and bool(METHODS.load(self.attribution_method).directed)

    def __post_init__(self) -> None:
        whole("nt_samples", self.nt_samples)
        if self.stdevs is not None and self.stdevs < 0:
            raise UsageError(f"stdevs = {self.stdevs}", allowed="a number from 0")
        kind = METHODS.load(self.attribution_method)
        if not kind.needs_gradients or issubclass(kind, _Tunnel):
            raise UsageError(
                f"attribution_method = {self.attribution_method!r}",
                allowed="a method that needs gradients, without noise",
            )

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where the method does. The noise is the same for every row, in its own measure."""
        if not all(each.is_floating_point() for each in question.inputs):
            method: Method = METHODS.load(self.attribution_method)()
            return method.attribute(question)  # which says what is wrong with whole numbers
        total, squares = self._sums(question)
        mean, square = total / self.nt_samples, squares / self.nt_samples
        found = {"smoothgrad": mean, "smoothgrad_sq": square, "vargrad": square - mean**2}[self.nt_type]
        settings: dict[str, Setting] = {"attribution_method": self.attribution_method, "nt_type": self.nt_type}
        settings |= {"nt_samples": self.nt_samples}
        settings["stdevs"] = self.stdevs if self.stdevs is not None else f"{NOISE:.0%} of the range"
        return answer_of(found, settings)

    def evaluations(self, features: int) -> int:  # noqa: ARG002
        """How many runs of the model one row takes, over a method of one pass; a backward pass costs about two."""
        return 3 * self.nt_samples

    def _sums(self, question: Question) -> tuple[Numbers, Numbers]:
        method: Method = METHODS.load(self.attribution_method)()
        added = noises(question, self.nt_samples)
        sizes = [self._stdev(each) for each in question.inputs]
        total = np.zeros((len(question), len(question.mask)))
        squares = np.zeros_like(total)
        for sample, seed in enumerate(seeds(question.seed, self.nt_samples)):
            inputs = tuple(
                given + size * noise[sample] for given, size, noise in zip(question.inputs, sizes, added, strict=True)
            )
            found = method.attribute(replace(question, inputs=inputs, seed=seed)).attributions
            total += found
            squares += found**2
        return total, squares

    def _stdev(self, given: Tensor) -> Tensor | float:
        if self.stdevs is not None:
            return self.stdevs
        flat = given.reshape(len(given), -1)
        size = NOISE * (flat.amax(dim=1) - flat.amin(dim=1))
        return size.reshape(-1, *[1] * (given.ndim - 1))


@dataclass(frozen=True)
class SmoothGrad(_Tunnel):
    """The mean of the attributions by another method, over inputs with noise.

    Smilkov et al., SmoothGrad: removing noise by adding noise, ICML workshop 2017.
    """

    def repeated(self) -> SmoothGrad:
        """The same: how much the samples vary is what repeats are to show."""
        return self


@dataclass(frozen=True)
class SmoothGradSquared(_Tunnel):
    """The mean of the squared attributions by another method, over inputs with noise: their size, without direction.

    Hooker et al., A benchmark for interpretability methods in deep neural networks, NeurIPS 2019.
    """

    nt_type: ClassVar[Kind] = "smoothgrad_sq"

    def repeated(self) -> SmoothGradSquared:
        """The same: how much the samples vary is what repeats are to show."""
        return self


@dataclass(frozen=True)
class VarGrad(_Tunnel):
    """The variance of the attributions by another method, over inputs with noise: without direction.

    Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
    """

    nt_type: ClassVar[Kind] = "vargrad"

    def repeated(self) -> VarGrad:
        """The same: how much the samples vary is what repeats are to show."""
        return self
