"""What a model's outputs mean, told from looking at them; which outcome a target or a label on record is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import ModelError, ReporterError, UnknownName, UsageError, first_line
from reporter.model import Inputs, Model
from reporter.rows import Rows

_PLACED = re.compile(r"(\d+(?:,\d+)*),(.+)")

# What to look at when a model fails on the first rows it is given.
REMEDIES = {
    "tabular": "check which columns it takes, and their order; a study leaves others out with ignore under [data]",
    "image": "check the size and the channels it takes; inputs are (rows, channels, height, width)",
    "text": "check that the tokenizer is the model's own",
    "sequence": "check the channels it takes; inputs are (rows, channels, points), or channels last by layout",
}


def aimed(model: Model, target: Any) -> tuple[Model, Any]:
    """The model asked about the position that a target (position, class) names, and the class alone.

    On the command line the two are written position,class. Raises UsageError.
    """
    if isinstance(target, str) and target not in model.classes and (found := _PLACED.fullmatch(target)):
        target = (*map(int, found[1].split(",")), found[2])
    if not isinstance(target, tuple):
        return model, target
    *places, outcome = target or (None,)
    whole = [isinstance(each, (int, np.integer)) and not isinstance(each, (bool, np.bool_)) for each in places]
    if not places or not all(whole):
        raise UsageError(f"target {target!r} is no position and class", allowed="(position, class), positions from 0")
    return replace(model, position=tuple(int(each) for each in places)), outcome


def target_index(model: Model, target: Any, rows: int = 1) -> int | list[int] | None:
    """The index of the outcome to explain, by the name or number of a class; None means the predicted one.

    A list, an array or a tensor has one class for each of `rows`. Raises UsageError.
    """
    target = aimed(model, target)[1]
    if target is None:
        return None
    if model.column is not None:
        return 0  # whichever value was named: the model has come down to it
    if isinstance(target, (np.ndarray, Tensor)) and target.ndim:
        target = target.tolist()
    if not isinstance(target, list):
        return _index(model.labels, target)
    if len(target) != rows:
        raise UsageError(
            f"{len(target)} targets for {rows} row{'s' * (rows != 1)}",
            allowed="one class, or a list with one for each row; a tuple is (position, class)",
        )
    return [_index(model.labels, each) for each in target]


def _index(labels: Sequence[str], target: Any) -> int:
    if isinstance(target, Tensor) and target.numel() == 1 and not target.is_floating_point():
        target = int(target)
    if isinstance(target, str):
        if target in labels:
            return labels.index(target)
        if not target.isdigit():
            raise UnknownName("class", target, labels)
        target = int(target)
    if isinstance(target, (bool, np.bool_)) or not isinstance(target, (int, np.integer)):
        raise UsageError(f"target {target!r} is no class", allowed=f"a name or a whole number: {', '.join(labels)}")
    if not 0 <= target < len(labels):
        raise UsageError(f"target {target} is out of range", allowed=f"0 to {len(labels) - 1}: {', '.join(labels)}")
    return int(target)


def settled(model: Model, rows: Rows, args: tuple[Any, ...] = (), target: Any = None) -> Model:
    """The model with task, output and classes known, told from its outputs for rows, reference, baseline and beyond.

    `target` says of which position, where there is an output for each, and of which of several values. Must be called
    under guard.
    """
    model, outcome = aimed(model, target)
    # Additional arguments belong to the rows, so nothing else can be run with them.
    parts = [rows.inputs(slice(0, 1))] if args else rows.probes()
    probes = [working(model, part) for part in parts]
    own = tuple(arg[:1] if isinstance(arg, Tensor) and arg.ndim else arg for arg in args)
    dtypes = dict.fromkeys((model.dtype, torch.float32, torch.float64) if model.dtype is None else (model.dtype,))
    # A model that looks up codes among its numbers refuses what is far outside.
    failed: Exception | None = None
    for dtype, more in [(dtype, more) for more in dict.fromkeys((len(probes), 1)) for dtype in dtypes]:
        try:
            return replace(model, dtype=dtype).settled(probes[0], own, probes[1:more], outcome)
        except ReporterError:
            raise
        except Exception as error:  # noqa: BLE001 - the model is foreign code and may raise anything
            failed = failed or error
    shapes = ", ".join(str(tuple(each.shape)) for each in probes[0])
    said = first_line(failed) if failed is not None else ""
    raise ModelError(
        f"the model fails on inputs of shape {shapes}: {said}",
        remedy=REMEDIES.get(rows.modality, REMEDIES["tabular"]),
    ) from failed


def working(model: Model, inputs: Inputs) -> Inputs:
    """Inputs on the model's device and of its type; single where it works in half: paths need digits."""
    half = model.dtype in (torch.float16, torch.bfloat16)
    dtype = torch.float32 if half else model.dtype
    return tuple(
        each.to(model.device, dtype if dtype is not None and each.is_floating_point() else each.dtype)
        for each in inputs
    )


def truth_of(model: Model, given: str | float | None) -> str | float | None:
    """A label on record as the model calls it: a class name, or a class's number. Raises UsageError for neither."""
    if not model.exclusive:
        return None  # the labels on record may be several: none of them says that the model is wrong
    if given is None or model.task == "regression":
        return float(given) if given is not None else None
    text = f"{given:g}" if isinstance(given, float) else str(given)
    if text in model.labels:
        return text
    if text.isdigit() and int(text) < len(model.labels):
        return model.labels[int(text)]
    raise UnknownName("class on record", text, model.labels, remedy="name the classes as the data do")
