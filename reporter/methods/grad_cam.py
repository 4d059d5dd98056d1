"""Grad-CAM: where a convolution finds what speaks for the score, on the grid of that convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from reporter.errors import AttributionError, UnknownName, UsageError
from reporter.methods.gradients import answer_of
from reporter.methods.guided import with_own_relus
from reporter.methods.hooking import Scores, Trace, by_rows, differentiable, gradients_of, hookable, traced
from reporter.question import Answer, Question, Setting

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
MODES = ("nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear")


@dataclass(frozen=True)
class LayerGradCam:
    """The activations of a convolution, weighted by the mean gradient of each channel and added over the channels.

    `layer` is a module by its name in the network; none: the last convolution. The map is brought to the size of the
    input by `interpolate_mode`, and each of its cells is shared equally among the channels of the input there.
    Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based localization, ICCV 2017.
    """

    captum: ClassVar[str] = "LayerGradCam"
    modalities: ClassVar[tuple[str, ...]] = ("image", "sequence")
    needs: ClassVar[str] = "gradients, a convolution"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = True

    layer: str = ""
    relu_attributions: bool = False
    interpolate_mode: str = "nearest"

    def __post_init__(self) -> None:
        _known_mode(self.interpolate_mode)

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where no convolution sees the input as it is, UnknownName for `layer`."""
        from captum.attr import LayerAttribution
        from captum.attr import LayerGradCam as Captum

        with hookable(question) as scores:
            name, layer, axes = _chosen(scores, traced(scores, question), question, self.layer)
            captum = Captum(scores, layer)

            def run(part: Question) -> Tensor:
                found: Tensor = captum.attribute(
                    differentiable(part),
                    target=part.target.tolist(),
                    additional_forward_args=part.args or None,
                    relu_attributions=self.relu_attributions,
                )
                given = part.inputs[0]
                if found.ndim != axes + 2:
                    raise AttributionError(f"the layer {name!r} has no grid that could be laid over the input")
                grid = tuple(given.shape[-axes:])
                wide: Tensor = LayerAttribution.interpolate(found, grid, interpolate_mode=self.interpolate_mode)
                if given.ndim == axes + 1:  # no channels
                    return wide[:, 0]
                return (wide / given.shape[1]).expand(given.shape)

            settings: dict[str, Setting] = {"layer": name, "relu_attributions": self.relu_attributions}
            settings["interpolate_mode"] = self.interpolate_mode
            return answer_of(by_rows(question, run), settings)

    def repeated(self) -> LayerGradCam:
        """The same: one backward pass is as cheap as can be."""
        return self


@dataclass(frozen=True)
class GuidedGradCam:
    """Grad-CAM, of which only what is above 0 is kept, times guided backpropagation: finer, and no better founded.

    Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based localization, ICCV 2017.
    """

    captum: ClassVar[str] = "GuidedGradCam"
    modalities: ClassVar[tuple[str, ...]] = ("image", "sequence")
    needs: ClassVar[str] = "gradients, a convolution, ReLU modules"
    needs_gradients: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = False  # as of any gradient

    layer: str = ""
    interpolate_mode: str = "nearest"

    def __post_init__(self) -> None:
        _known_mode(self.interpolate_mode)

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError as Grad-CAM and guided backpropagation do, UnknownName for `layer`."""
        from captum.attr import GuidedGradCam as Captum

        with hookable(question) as scores:
            trace = traced(scores, question)
            name, layer, _ = _chosen(scores, trace, question, self.layer)
            with_own_relus(scores, trace)
            captum = Captum(scores, layer)
            captum.guided_backprop.gradient_func = gradients_of

            def run(part: Question) -> Tensor:
                found: Tensor = captum.attribute(
                    differentiable(part)[0],
                    target=part.target.tolist(),
                    additional_forward_args=part.args or None,
                    interpolate_mode=self.interpolate_mode,
                )
                return found

            return answer_of(by_rows(question, run), {"layer": name, "interpolate_mode": self.interpolate_mode})

    def repeated(self) -> GuidedGradCam:
        """The same: two backward passes are as cheap as can be."""
        return self


def _known_mode(mode: str) -> None:
    if mode not in MODES:
        raise UsageError(f"interpolate_mode = {mode!r}", allowed=", ".join(MODES))


def _chosen(scores: Scores, trace: Trace, question: Question, wanted: str) -> tuple[str, nn.Module, int]:
    """The layer, its name, and how many axes its grid has."""
    if len(question.inputs) != 1:
        raise AttributionError(f"Grad-CAM takes one input, and the model takes {len(question.inputs)}")
    ran = [module for module in trace.counts if isinstance(module, CONVOLUTIONS)]
    if not ran:
        raise AttributionError("the model runs no convolution, on whose grid Grad-CAM could be drawn")
    axes = len(trace.shapes[ran[0]]) - 2
    seen, given = trace.shapes[ran[0]][2:], tuple(question.inputs[0].shape[1:])
    if given[-axes:] != seen or len(given) not in (axes, axes + 1):
        raise AttributionError(
            f"the first convolution runs on a grid of {_shown(seen)}, the input has the shape {_shown(given)}, so that "
            "what Grad-CAM finds cannot be laid over the input"
        )
    names = {module: name for part in scores.parts for name, module in part.named_modules()}
    if wanted:
        known = {name: module for module, name in names.items() if name}
        if wanted not in known:
            raise UnknownName("layer", wanted, [names[module] for module in ran] or list(known))
        layer = known[wanted]
    else:
        layer = ran[-1]
    if trace.counts[layer] > 1:
        raise AttributionError(f"the model runs the layer {names[layer]!r} more than once")
    return names[layer], layer, axes


def _shown(shape: torch.Size | tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
