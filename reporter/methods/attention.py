"""Attention roll-out: where a transformer looks. A view of the model, not evidence of what moved its decision."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from reporter.batching import in_batches
from reporter.errors import AttributionError
from reporter.question import Answer, Question

Numbers = np.ndarray[Any, np.dtype[np.float64]]

SEEN = "scaled_dot_product_attention"
OPTIONS = ("attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")  # of it, behind query, key and value


@dataclass(frozen=True)
class AttentionRollout:
    """How much attention flows from each place of the input to the output, through all layers.

    Heads are averaged, half of every layer is the connection around it, and the layers are multiplied; the output is
    taken as the mean over all places. The numbers are shares of attention, above 0, and add up to 1. Jain and Wallace
    (Attention is not explanation, NAACL 2019) show why this is no evidence of what a decision rests on.
    Abnar and Zuidema, Quantifying attention flow in transformers, ACL 2020.
    """

    captum: ClassVar[str] = ""  # has none
    modalities: ClassVar[tuple[str, ...]] = ("image", "text", "sequence")
    needs: ClassVar[str] = "attention"
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = False
    evidence: ClassVar[bool] = False

    def attribute(self, question: Question) -> Answer:
        """Raises AttributionError where no attention is seen, or where it cannot be laid over the input."""
        if len(question.inputs) != 1:
            raise AttributionError(f"attention is shown for one input, and the model takes {len(question.inputs)}")
        shape = tuple(question.inputs[0].shape[1:])

        def run(rows: slice) -> Numbers:
            index = torch.arange(rows.start, rows.stop, device=question.device)
            with torch.no_grad(), _watched() as layers:
                question.model.scores((question.inputs[0][index],), question.args_of(index))
            flow = rolled_out(layers, len(index))
            return np.stack([laid_over(each, shape) for each in flow])

        size = question.model.batch_size(question.inputs)
        found = np.concatenate(in_batches(run, len(question), size))
        return Answer(found, ({},) * len(question))

    def evaluations(self, features: int) -> int:  # noqa: ARG002
        """How many runs of the model one row takes."""
        return 1

    def repeated(self) -> AttentionRollout:
        """The same: one run is as cheap as it gets."""
        return self


def rolled_out(layers: Sequence[Tensor], rows: int) -> Numbers:
    """(rows, places) from the attention of each layer (rows, heads, places, places). Raises AttributionError."""
    if not layers:
        raise AttributionError(f"no attention was seen: the model calls no {SEEN}")
    places = layers[0].shape[-1]
    if any(each.shape[0] != rows or each.shape[-2:] != (places, places) for each in layers):
        raise AttributionError("the layers attend over different places, so that their attention cannot be multiplied")
    flow = torch.eye(places, dtype=torch.float64).expand(rows, -1, -1)
    for layer in layers:
        around = torch.eye(places, dtype=torch.float64)
        flow = ((layer.mean(dim=1).to("cpu", torch.float64) + around) / 2) @ flow
    return np.asarray(flow.mean(dim=1).numpy())


def laid_over(flow: Numbers, shape: tuple[int, ...]) -> Numbers:
    """(columns,) from (places,): tokens and steps as they are, patches over their points; a class token is left out."""
    for axis, count in enumerate(shape):
        if count == len(flow) and len(shape) < 3:
            spread = np.expand_dims(flow, [i for i in range(len(shape)) if i != axis])
            return np.asarray(np.broadcast_to(spread, shape).reshape(-1) * count / math.prod(shape))
    if len(shape) == 3:
        for extra in (0, 1, 2):  # a class token, and perhaps one for distillation
            side = math.isqrt(max(0, len(flow) - extra))
            if side and side * side == len(flow) - extra and shape[1] % side == 0 and shape[2] % side == 0:
                patch = (shape[1] // side, shape[2] // side)
                grid = flow[extra:].reshape(side, side) / (math.prod(patch) * shape[0])
                return np.asarray(np.broadcast_to(np.kron(grid, np.ones(patch)), shape).reshape(-1))
    raise AttributionError(f"attention over {len(flow)} places cannot be laid over an input of shape {shape}")


@contextmanager
def _watched() -> Iterator[list[Tensor]]:
    """While this holds, the weights of every scaled dot-product attention over one sequence are kept.

    torch's own layers call the function by its name in the module, as others do, so that is where it is put; the fused
    way past it is closed. Methods run one at a time in a process (guard.py), so that nobody else meets it.
    """
    found: list[Tensor] = []
    plain, fast = functional.scaled_dot_product_attention, torch.backends.mha.get_fastpath_enabled()

    def seen(query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if query.ndim == 4 and query.shape[-2] == key.shape[-2]:
            found.append(_weights(query, key, **dict(zip(OPTIONS, args, strict=False)), **kwargs))
        attended: Tensor = plain(query, key, value, *args, **kwargs)
        return attended

    try:
        setattr(functional, SEEN, seen)
        torch.backends.mha.set_fastpath_enabled(False)
        yield found
    finally:
        setattr(functional, SEEN, plain)
        torch.backends.mha.set_fastpath_enabled(fast)


def _weights(
    query: Tensor,
    key: Tensor,
    attn_mask: Tensor | None = None,
    is_causal: bool = False,
    scale: float | None = None,
    **rest: Any,  # noqa: ARG001 - what does not change the weights
) -> Tensor:
    """The attention weights (rows, heads, places, places) that torch computes and keeps to itself."""
    places = query.shape[-2]
    if key.shape[1] != query.shape[1]:  # heads that share their keys
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    scores = query @ key.transpose(-2, -1) * (scale if scale is not None else 1 / math.sqrt(query.shape[-1]))
    if is_causal:
        later = torch.ones(places, places, dtype=torch.bool, device=query.device).triu(1)
        scores = scores.masked_fill(later, -torch.inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype is torch.bool else scores + attn_mask
    return scores.softmax(dim=-1)
