"""Methods that only run the model on changed inputs: no gradients needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from reporter.batching import in_batches
from reporter.errors import UsageError
from reporter.model import Inputs
from reporter.question import Answer, Question, Setting, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ShapleyValueSampling:
    """The mean effect of putting a feature in place of its baseline, over random orders in which features arrive.

    The sum is exactly the change in score; how far single values are from the true Shapley values depends on
    `n_samples`, the number of orders. Castro, Gómez and Tejada, Polynomial calculation of the Shapley value based on
    sampling, Computers & Operations Research 36 (2009); Štrumbelj and Kononenko, JMLR 11 (2010).
    """

    captum: ClassVar[str] = "ShapleyValueSampling"
    modalities: ClassVar[tuple[str, ...]] = ("tabular", "image", "text", "sequence")
    needs: ClassVar[str] = ""
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = True
    stochastic: ClassVar[bool] = True
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    n_samples: int = 25
    perturbations_per_eval: int | None = None  # None: as many as fit into one batch

    def __post_init__(self) -> None:
        whole("n_samples", self.n_samples)
        whole("perturbations_per_eval", self.perturbations_per_eval)

    def attribute(self, question: Question) -> Answer:
        """Attribute by Captum; the orders follow from the seed of the question."""
        from captum.attr import ShapleyValueSampling as Captum

        found = _run(Captum, question, self.perturbations_per_eval, n_samples=self.n_samples)
        return answered(found, question, {"n_samples": self.n_samples})

    def repeated(self) -> ShapleyValueSampling:
        """The same: how much the samples vary is what repeats are to show."""
        return self


@dataclass(frozen=True)
class FeatureAblation:
    """The change in score when one feature alone is replaced by its baseline.

    Not complete: where features act together the effects do not add up to the change. Zeiler and Fergus, Visualizing
    and understanding convolutional networks, ECCV 2014, for images; the idea is older.
    """

    captum: ClassVar[str] = "FeatureAblation"
    modalities: ClassVar[tuple[str, ...]] = ("tabular", "image", "text", "sequence")
    needs: ClassVar[str] = ""
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """Run the model once per feature; the numbers are those of Captum, without importing it for so little."""
        return answered(shared(question.alone, question), question, {})

    def repeated(self) -> FeatureAblation:
        """The same: nothing about it can be made cheaper."""
        return self


def whole(name: str, value: int | None) -> None:
    """Raise UsageError unless a setting is a whole number from 1, or None."""
    if value is not None and (isinstance(value, bool) or value < 1):
        raise UsageError(f"{name} = {value!r}", allowed="a whole number from 1")


def _run(captum: Callable[..., Any], question: Question, per_eval: int | None, **settings: Any) -> Numbers:
    """Attributions (rows, columns) by a Captum class, in batches of rows and of perturbations that fit."""
    size = question.model.batch_size(question.inputs)
    mask = masks_of(question)

    def run(rows: slice) -> Tensor:
        part = question.select(torch.arange(rows.start, rows.stop, device=question.device))

        def forward(*given: Any) -> Tensor:
            return evaluated(question, given)

        torch.manual_seed(question.seed)  # in every batch, so that a row's numbers do not depend on its neighbours
        found = captum(forward).attribute(
            part.inputs,
            baselines=part.baselines,
            target=part.target.tolist(),
            additional_forward_args=part.args or None,
            feature_mask=mask,
            perturbations_per_eval=per_eval or max(1, min(question.features, size // len(part))),
            **settings,
        )
        return spread(found, part)

    found = torch.cat(in_batches(run, len(question), min(size, 1024)))
    return np.asarray(found.numpy())


def masks_of(question: Question) -> Inputs:
    """The mask of the question as Captum takes it: one (1, …) for each input."""
    found, start = [], 0
    for given in question.inputs:
        width = given[0].numel()
        found.append(question.mask[start : start + width].reshape(1, *given.shape[1:]))
        start += width
    return tuple(found)


def spread(found: Inputs, question: Question) -> Tensor:
    """Captum gives every column of a group the whole group's attribution; here each gets its equal share of it."""
    sizes = torch.bincount(question.mask, minlength=question.features)[question.mask]
    return (columns_of(found).to(torch.float64) / sizes).detach().to("cpu")


def evaluated(question: Question, given: tuple[Any, ...]) -> Tensor:
    """(rows, outcomes) for all inputs and arguments, as Captum hands them over, in batches that fit."""
    count = len(question.inputs)
    scores = question.model.evaluate(given[:count], given[count:])
    return scores.to(question.device, torch.float32 if question.device.type == "mps" else torch.float64)


def shared(found: Numbers, question: Question) -> Numbers:
    """(rows, features) → (rows, columns): each column of a feature gets its equal share."""
    mask = question.mask.cpu()
    sizes = torch.bincount(mask, minlength=question.features).numpy()
    return np.asarray((found / sizes)[:, mask.numpy()])


def answered(found: Numbers, question: Question, settings: dict[str, Setting]) -> Answer:
    """The answer; a feature that stands at its baseline gets nothing, not the rounding of runs in other batches."""
    moved = (columns_of(question.inputs) != columns_of(question.baselines)).cpu().numpy()
    kept = question.by_feature(moved) > 0
    found = np.where(kept[:, question.mask.cpu().numpy()], found, 0.0)
    return Answer(found, tuple(dict(settings) for _ in range(len(question))))
