"""Occlusion: windows that slide over the input, and what the score loses under each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil
from typing import Any, ClassVar

import numpy as np
import torch

from reporter.errors import UsageError
from reporter.methods.coalitions import scores_of
from reporter.methods.gradients import ALL, answer_of
from reporter.question import Answer, Question, columns_of

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Shape = tuple[int, ...]

PARTS = {1: 10, 2: 8}  # a window is this part of each axis, by how many axes a sequence or picture has


@dataclass(frozen=True)
class Occlusion:
    """The mean fall of the score over the windows that cover a number, when all under a window is at its baseline.

    `sliding_window_shapes` and `strides` are one tuple, or one for each input; strides may be one number. Left out, a
    window is one column of a row or one token, a tenth of a sequence or an eighth of a picture's height and width
    through all its channels, and moves by half its size. Zeiler and Fergus, Visualizing and understanding convolutional
    networks, ECCV 2014.
    """

    captum: ClassVar[str] = "Occlusion"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = ""
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = True
    directed: ClassVar[bool] = True

    sliding_window_shapes: Sequence[Any] | None = None
    strides: Sequence[Any] | int | None = None

    def attribute(self, question: Question) -> Answer:
        """Raises UsageError for windows or strides that do not fit the inputs."""
        shapes = [tuple(each.shape[1:]) for each in question.inputs]
        windows = _for_each(self.sliding_window_shapes, shapes, "sliding_window_shapes")
        windows = [own or _usual_window(shape) for own, shape in zip(windows, shapes, strict=True)]
        strides = _for_each(self.strides, shapes, "strides")
        strides = [
            own or (tuple(max(1, n // 2) for n in window) if self.sliding_window_shapes is None else (1,) * len(window))
            for own, window in zip(strides, windows, strict=True)
        ]
        hidden = _windows(shapes, windows, strides)
        columns = torch.arange(hidden.shape[1], device=question.device)
        rows = torch.arange(len(question), device=question.device)
        scores = question.evaluate(question.inputs, rows)[:, None]
        falls = scores - scores_of(replace(question, mask=columns), ~hidden)
        moved = (columns_of(question.inputs) != columns_of(question.baselines)).cpu().numpy()
        found = np.zeros((len(question), hidden.shape[1]))
        for number, window in enumerate(hidden):
            # Where nothing under a window differs from the baseline, the fall is the rounding of another batch.
            fall = np.where(moved[:, window].any(axis=1), falls[:, number], 0.0)
            found[:, window] += fall[:, None]
        found /= np.maximum(hidden.sum(axis=0), 1)
        shown = {"sliding_window_shapes": _shown(windows), "strides": _shown(strides)}
        return answer_of(found, dict(shown))

    def repeated(self) -> Occlusion:
        """The same: nothing about it can be made cheaper."""
        return self


def _for_each(given: Sequence[Any] | int | None, shapes: Sequence[Shape], name: str) -> list[Shape]:
    """One tuple for each input, empty where nothing was said."""
    if given is None:
        return [()] * len(shapes)
    if isinstance(given, int):
        parts: list[Any] = [given] * len(shapes)
    else:
        parts = list(given) if any(isinstance(each, Sequence) for each in given) or len(shapes) > 1 else [given]
    if len(parts) != len(shapes):
        raise UsageError(f"{name} for {len(parts)} inputs, and the model takes {len(shapes)}")
    found = []
    for part, shape in zip(parts, shapes, strict=True):
        own = (part,) * len(shape) if isinstance(part, int) else tuple(part)
        limits = shape if name == "sliding_window_shapes" else (max(shape, default=1),) * len(shape)
        if len(own) != len(shape) or not all(
            isinstance(n, int) and 1 <= n <= most for n, most in zip(own, limits, strict=False)
        ):
            raise UsageError(
                f"{name} = {_shown([own])} for an input of shape {_shown([shape])}",
                allowed="one whole number from 1 for each axis, no larger than the input",
            )
        found.append(own)
    return found


def _usual_window(shape: Shape) -> Shape:
    if len(shape) == 1:
        return (1,)
    axes = shape[1:]
    return (shape[0], *(max(1, size // PARTS.get(len(axes), 8)) for size in axes))


def _windows(shapes: Sequence[Shape], windows: Sequence[Shape], strides: Sequence[Shape]) -> Flags:
    """(windows, columns): what each window hides. The last along an axis ends with the input, as in Captum."""
    width = sum(int(np.prod(shape)) for shape in shapes)
    found, start = [], 0
    for shape, window, stride in zip(shapes, windows, strides, strict=True):
        if any(step > size for step, size, whole in zip(stride, window, shape, strict=True) if size < whole):
            raise UsageError(f"strides = {_shown([stride])} leave gaps between windows of {_shown([window])}")
        counts = [ceil((whole - size) / step) + 1 for whole, size, step in zip(shape, window, stride, strict=True)]
        end = start + int(np.prod(shape))
        for place in product(*map(range, counts)):
            hidden = np.zeros(width, dtype=bool)
            box = tuple(slice(i * s, i * s + n) for i, s, n in zip(place, stride, window, strict=True))
            hidden[start:end].reshape(shape)[box] = True
            found.append(hidden)
        start = end
    return np.stack(found)


def _shown(shapes: Sequence[Shape]) -> str:
    return ", ".join(" × ".join(map(str, shape)) for shape in shapes)
