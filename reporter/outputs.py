"""What models return, brought to one shape and one meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import ModelError, UnknownName, UsageError, listing
from reporter.prediction import ScoreKind
from reporter.study import Output

SCORE_KINDS: dict[Output, ScoreKind] = {
    "logits": "logit",
    "logit": "log-odds",
    "probabilities": "probability",
    "probability": "probability",
    "log-probabilities": "log-probability",
    "value": "value",
    "multi-label": "log-odds",
    "multi-label-probabilities": "probability",
}
ONE_COLUMN = ("logit", "probability", "value")
TOGETHER = ("multi-label", "multi-label-probabilities")  # labels that may hold together
HOW = "target = (position, class); on the command line --target position,class"


def kind_of(outputs: Tensor) -> Output:
    """What a classifier's outputs are, told from many rows of them."""
    rows = outputs[outputs.isfinite().all(dim=1)]
    if outputs.shape[1] == 1:
        return "probability" if len(rows) and bool(((rows >= 0) & (rows <= 1)).all()) else "logit"
    if len(rows) and bool((rows >= 0).all()) and _all_one(rows.sum(dim=1)):
        return "probabilities"
    if len(rows) and bool((rows <= 0).all()) and _all_one(rows.exp().sum(dim=1)):
        return "log-probabilities"
    return "logits"


def may_be(output: Output, outputs: Tensor) -> bool:
    """Whether outputs can be what they are said to be; only chances and their logarithms have bounds."""
    rows = outputs[outputs.isfinite().all(dim=1)]
    slack = 0.01  # wide enough for bfloat16
    if output in ("probabilities", "probability", "multi-label-probabilities"):
        return bool(((rows >= -slack) & (rows <= 1 + slack)).all())
    return output != "log-probabilities" or bool((rows <= slack).all())


def _all_one(sums: Tensor) -> bool:
    return bool(((sums - 1).abs() < 0.01).all())  # wide enough for bfloat16


def adapted(
    raw: Any, rows: int, key: str | int | None, position: tuple[int, ...] = (), classes: Sequence[str] = ()
) -> Tensor:
    """What a model returned, as (rows, columns); of outputs (rows, positions, …, classes) those at `position`.

    Raises ModelError, and UsageError for a position that is not there or is not said.
    """
    found = _chosen(raw, key)
    if isinstance(found, (np.ndarray, np.generic, list, float, int)) and not isinstance(found, bool):
        try:
            found = torch.as_tensor(np.asarray(found))
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"the model returns {type(found).__name__} that is not numbers", allowed="numbers"
            ) from error
    if not isinstance(found, Tensor):
        raise ModelError(
            f"the model returns {type(found).__name__}",
            allowed="a tensor of shape (rows, outputs)",
            remedy="name the part that holds the outputs with output_key",
        )
    if found.is_quantized:
        found = found.dequantize()
    if found.layout != torch.strided or found.is_complex() or found.is_meta:
        raise ModelError(f"the model returns a {found.layout} tensor of {found.dtype}", allowed="dense real numbers")
    if found.ndim == 0 and rows == 1:
        found = found.reshape(1)
    if found.ndim == 1 and len(found) == rows:
        found = found[:, None]
    if found.ndim > 2 and len(found) == rows:
        found = _at(found, position, classes)
    elif position:
        raise UsageError(
            f"target names position {listing(map(str, position))}, but the model has one output per row",
            allowed="a class by name or number",
        )
    if found.ndim != 2 or len(found) != rows or not found.shape[1]:
        raise ModelError(
            f"the model returns shape {tuple(found.shape)} for {rows} rows",
            allowed=f"({rows}, outputs): one row of outputs per row of inputs",
            remedy="name another part with output_key",
        )
    return found


def _at(found: Tensor, position: tuple[int, ...], classes: Sequence[str]) -> Tensor:
    """(rows, classes) at one position of (rows, positions, …, classes)."""
    sizes, outcomes = tuple(found.shape[1:-1]), found.shape[-1]
    shown = " × ".join(map(str, sizes))
    names = f": {listing(classes)}" if len(classes) == outcomes else ""
    if not position:
        raise UsageError(
            f"the model returns outputs for {shown} positions of each row: {outcomes} classes at each{names}",
            allowed=f"one position at a time, from 0, and a class, from 0 to {outcomes - 1} or by name",
            remedy=HOW,
        )
    if len(position) != len(sizes) or not all(0 <= at < size for at, size in zip(position, sizes, strict=True)):
        raise UsageError(
            f"position {listing(map(str, position))} is not there: the model returns {shown} positions",
            allowed=" and ".join(f"0 to {size - 1}" for size in sizes),
            remedy=HOW,
        )
    for at in position:
        found = found[:, at]
    return found


def value_index(names: Sequence[str], target: Any) -> int:
    """Which of several values is explained. Raises UsageError when nobody says, UnknownName for one there is not."""
    numbered = ", ".join(f"{i} {name}" for i, name in enumerate(names))
    if target is None:
        raise UsageError(
            f"the model returns {len(names)} values per row: {listing(names)}",
            allowed="one of them at a time",
            remedy="give target, by its name or number from 0",
        )
    if isinstance(target, str) and not target.isdigit() and target not in names:
        raise UnknownName("value", target, names)
    if isinstance(target, str):
        target = names.index(target) if target in names else int(target)
    if isinstance(target, Tensor) and target.numel() == 1 and not target.is_floating_point():
        target = int(target)
    if isinstance(target, (bool, np.bool_)) or not isinstance(target, (int, np.integer)):
        raise UsageError(f"target {target!r} is no value", allowed=f"a name or a whole number: {numbered}")
    if not 0 <= target < len(names):
        raise UsageError(f"target {target} is out of range", allowed=f"0 to {len(names) - 1}: {numbered}")
    return int(target)


def _chosen(raw: Any, key: str | int | None) -> Any:
    """The part of a tuple, mapping or object of outputs that holds the scores."""
    if key is not None:
        try:
            if isinstance(raw, Tensor):
                return raw[:, int(key)]
            if isinstance(raw, (tuple, list)) and not hasattr(raw, str(key)):
                return raw[int(key)]
            return raw[key] if isinstance(raw, Mapping) else getattr(raw, str(key))
        except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
            raise ModelError(
                f"the model's output has no {key!r}", allowed=_parts(raw), remedy="set output_key"
            ) from error
    if isinstance(raw, Mapping) and "logits" in raw:
        return raw["logits"]
    if not isinstance(raw, (Tensor, np.ndarray)) and hasattr(raw, "logits"):
        return raw.logits
    if isinstance(raw, (Mapping, tuple)):
        tensors = [each for each in (raw.values() if isinstance(raw, Mapping) else raw) if isinstance(each, Tensor)]
        if len(tensors) == 1:
            return tensors[0]
        raise ModelError(
            f"the model returns a {type(raw).__name__} of {len(raw)} parts",
            allowed=_parts(raw),
            remedy="choose one with output_key",
        )
    return raw


def _parts(raw: Any) -> str:
    if isinstance(raw, Mapping):
        return f"its parts: {listing(map(str, raw))}"
    if isinstance(raw, (tuple, list)):
        return f"its parts: 0 to {len(raw) - 1}"
    return f"it is a {type(raw).__name__}"
