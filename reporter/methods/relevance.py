"""Layer-wise relevance propagation: the score is handed back layer by layer to what made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from reporter.errors import AttributionError
from reporter.methods.gradients import ALL, answer_of
from reporter.methods.hooking import Scores, Trace, by_rows, differentiable, gradients_of, hookable, traced
from reporter.model import Inputs
from reporter.question import Answer, Question, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]

LINEAR = (nn.Linear, nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
RULED = (*LINEAR, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
PASSED = (nn.ReLU, nn.Tanh, nn.Dropout)  # relevance goes through these unchanged
# And through these, of which Captum does not know; a table of embeddings is where vectors come in that are the input.
SHAPING = (nn.Flatten, nn.Unflatten, nn.Identity, nn.Embedding)
# Functions that only move numbers about, so that relevance goes back through them whole.
MOVING = """
    get flatten unflatten reshape view view_as permute transpose t swapaxes movedim squeeze unsqueeze getitem contiguous
    clone to float double half type cat concat concatenate stack hstack vstack split chunk unbind select narrow mean
    dropout dropout2d expand expand_as size dim numel len ndimension is_floating_point is_complex requires_grad_ detach
"""


@dataclass(frozen=True)
class LRP:
    """Hand the score back through every layer, to each unit by its share of what the layer took in (the ε rule).

    The sum is the score itself less what biases take; the baseline plays no part. Captum knows sums of two branches
    and functions only as gradients, which would hand back relevance twice or by other rules: models that have such
    are refused. Bach et al., On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
    propagation, PLOS ONE 10 (2015).
    """

    captum: ClassVar[str] = "LRP"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "gradients, layers with a rule"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where the model has a layer or calls a function that has no rule."""
        with hookable(question, raw=True) as scores:
            return answer_of(_propagated(question, scores), {"rule": "epsilon"})

    def repeated(self) -> LRP:
        """The same: two passes are as cheap as can be."""
        return self


def _propagated(question: Question, scores: Scores) -> Numbers:
    from captum import attr

    trace = traced(scores, question)
    layers = _layers(scores, trace)
    scores.separate(trace.reused((nn.Module,)), trace.counts)
    one_column = question.model.output in ("logit", "probability")

    class Propagation(attr.LRP):  # type: ignore[misc]
        """Captum's, over the layers that run and take part."""

        def _get_layers(self, model: nn.Module) -> None:  # noqa: ARG002
            self.layers = [each for module in layers for each in scores.standing_for(module)]

    captum = Propagation(scores)
    captum.gradient_func = gradients_of

    def run(part: Question) -> Inputs | Tensor:
        found: Inputs = captum.attribute(
            differentiable(part),
            target=0 if one_column else part.target.tolist(),
            additional_forward_args=part.args or None,
        )
        if not one_column:
            return found
        # The other outcome's score is the column with its sign turned: −z for z, 1 − p for p.
        sign = torch.where(part.target == 1, 1.0, -1.0)[:, None]
        return columns_of(found) * sign

    return by_rows(question, run)


def _layers(scores: Scores, trace: Trace) -> list[nn.Module]:
    """The modules that ran and have a rule, each once. Raises AttributionError when something that ran has none."""
    from captum.attr._utils.custom_modules import Addition_Module

    names = {module: name for part in scores.parts for name, module in part.named_modules()}
    found = []
    for module in trace.counts:
        if type(module) in (*RULED, *PASSED, Addition_Module):
            found.append(module)
        elif not isinstance(module, SHAPING):
            name = names.get(module) or type(module).__name__
            raise AttributionError(
                f"LRP has no rule for the layer {name!r} ({type(module).__name__})",
                allowed=", ".join(kind.__name__ for kind in (*RULED, *PASSED)),
                remedy="choose another method",
            )
    moving = set(MOVING.split())
    for name, count in trace.functions:
        if count > 1 and name in ("add", "iadd", "radd"):
            raise AttributionError(
                "LRP would hand back the relevance of a sum of two branches twice",
                remedy="make it a module that LRP has a rule for, or choose another method",
            )
        if count and name not in moving:
            raise AttributionError(f"LRP has no rule for the function {name!r}", remedy="choose another method")
    return found
