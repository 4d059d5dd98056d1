"""Rows handed over in Python → the rows of a modality, ready to be explained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reporter.errors import UsageError, listing
from reporter.model import Inputs, Instance, Model
from reporter.preparing import BASELINES, column_of, named_baseline
from reporter.rows import Numbers
from reporter.study import Study
from reporter.table import table_of
from reporter.tabular import Column, Tabular, flat, refuse_missing, shown

DEEPER = "give modality='image' for (rows, channels, height, width), 'sequence' for (rows, channels, points)"


def rows_of_inputs(
    inputs: Any,
    *,
    names: Sequence[str] | None = None,
    mask: Any = None,
    reference: Any = None,
    raw: Any = None,
    raw_reference: Any = None,
    baselines: Any = None,
    study: Study | None = None,
    ids: Sequence[str] | None = None,
    truths: Sequence[str | float | None] | None = None,
    looked_up: bool = False,
) -> Tabular:
    """Rows from tensors, arrays, nested lists or data frames; several inputs as a tuple or a mapping of them.

    `reference` is on the scale of the inputs, `raw` and `raw_reference` on the one a reader knows. `baselines`: median,
    mean or zero by name, or one's own as Captum takes them. `mask` groups columns into features, as Captum's
    feature_mask does. Without a reference the baseline is zero. `looked_up`: the model has embeddings, so that arrays
    of whole numbers are indexes, as tensors of whole numbers always are.
    """
    if looked_up:
        inputs, reference, baselines = (_indexes(each) for each in (inputs, reference, baselines))
    given = _tensors(inputs, "inputs")
    count = len(given[0])
    usual = _like(reference, given, "reference")
    frame = inputs.columns if hasattr(inputs, "columns") else None
    columns = _columns(given, names if names is not None else frame, mask, study)
    width = sum(each[0].numel() for each in given)
    flat_names = [""] * width
    for column in columns:
        for i, place in enumerate(column.members):
            flat_names[place] = column.member_ids[i] if len(column.members) > 1 else column.id
    refuse_missing(flat(given), flat_names, range(count), "inputs")
    if usual is not None:
        refuse_missing(flat(usual), flat_names, range(len(usual[0])), "reference")
    own_scale = raw is None and raw_reference is None
    values = flat(given) if raw is None else _raw_like(raw, flat(given), "raw")
    usual_raw = flat(usual) if usual is not None and own_scale else None
    if raw_reference is not None:
        usual_raw = _raw_like(raw_reference, flat(given)[:0], "raw_reference")
    found, kind = _baselines(baselines, given, usual, columns)
    for what, each in (("ids", ids), ("labels", truths)):
        if each is not None and len(each) != count:
            raise UsageError(f"{len(each)} {what} for {count} rows", remedy="give one per row")
    return Tabular(
        columns=columns,
        instances=tuple(
            Instance(
                id=str(ids[i]) if ids is not None else str(i),
                inputs=tuple(each[i : i + 1] for each in given),
                values=tuple(shown(column, values[i]) for column in columns),
                missing=(False,) * len(columns),
                truth=truths[i] if truths is not None else None,
            )
            for i in range(count)
        ),
        baselines=found,
        baseline_name=kind,
        reference=usual,
        usual=usual_raw,
        scale=(np.zeros(width), np.ones(width)) if own_scale else None,
    )


def by_name(model: Model, names: Sequence[str]) -> Model:
    """The model, called with the inputs of a mapping by their names, in whatever order the mapping has them.

    A forward that takes one argument, of another name, gets the mapping itself.
    """
    forward: Callable[..., Any] = model.forward  # closed over, so that its modules are found
    try:
        taken = inspect.signature(forward.forward if isinstance(forward, nn.Module) else forward).parameters
    except (TypeError, ValueError):
        return model
    placed = [name for name, each in taken.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
    keywords = [*names, *(name for name in placed if name not in names)]
    if set(names) <= set(placed) and keywords != placed:

        def named(*given: Any) -> Any:
            return forward(**dict(zip(keywords, given, strict=False)))

        return replace(model, forward=named)
    if len(taken) == len(placed) == 1 < len(names):

        def whole(*given: Any) -> Any:
            return forward(dict(zip(names, given, strict=False)))

        return replace(model, forward=whole)
    return model


def _indexes(given: Any) -> Any:
    """The same with tensors in place of arrays of whole numbers."""
    if isinstance(given, Mapping):
        return {name: _indexes(part) for name, part in given.items()}
    if isinstance(given, tuple):
        return tuple(_indexes(part) for part in given)
    whole = isinstance(given, np.ndarray) and given.dtype.kind in "iu"
    return torch.from_numpy(given.astype(np.int64)) if whole else given


def _tensors(given: Any, what: str) -> Inputs:
    parts = list(given.values()) if isinstance(given, Mapping) else list(given) if isinstance(given, tuple) else [given]
    if not parts:
        raise UsageError(f"{what} are empty", allowed="a tensor, an array or a data frame of rows")
    several = isinstance(given, (Mapping, tuple))
    found = tuple(_tensor(part, what, several=several) for part in parts)
    if len({len(each) for each in found}) > 1:
        raise UsageError(f"{what} have {listing([str(len(each)) for each in found])} rows", remedy="as many rows each")
    if not len(found[0]):
        raise UsageError(f"{what} have no rows", remedy="give at least one row")
    return found


def _tensor(given: Any, what: str, *, several: bool = False) -> Tensor:
    """A tensor (rows, columns); among several inputs also (rows,), as indexes of users and items are given."""
    if several and getattr(given, "ndim", 2) == 1 and not hasattr(given, "columns"):
        vector = given if isinstance(given, Tensor) else np.asarray(given)
        return _tensor(vector[:, None], what)[:, 0]
    if isinstance(given, Tensor):
        if given.layout != torch.strided or given.is_nested or given.is_meta or given.is_complex():
            raise UsageError(f"{what}: a {given.layout} tensor of {given.dtype}", allowed="dense real numbers")
        tensor = given.detach().clone()
        tensor = tensor.to(torch.float32) if tensor.dtype is torch.bool else tensor
    else:
        table = table_of(given if hasattr(given, "columns") else _array(given, what), name=what)
        tensor = torch.from_numpy(np.stack([table.numbers(name) for name in table.names], axis=1))
    if tensor.ndim == 1:
        raise UsageError(
            f"{what} have shape {tuple(tensor.shape)}", allowed="(rows, columns)", remedy="give x[None] for one row"
        )
    if tensor.ndim != 2:
        raise UsageError(f"{what} have shape {tuple(tensor.shape)}", allowed="(rows, columns)", remedy=DEEPER)
    return tensor


def _array(given: Any, what: str) -> Any:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise UsageError(f"{what}: rows of different lengths", allowed="(rows, columns)") from error
    if array.ndim != 2:
        remedy = "give [row] for one row" if array.ndim == 1 else DEEPER
        raise UsageError(f"{what} have shape {array.shape}", allowed="(rows, columns)", remedy=remedy)
    return array


def _like(given: Any, inputs: Inputs, what: str) -> Inputs | None:
    if given is None:
        return None
    found = _tensors(given, what)
    shapes = [tuple(each.shape[1:]) for each in found]
    wanted = [tuple(each.shape[1:]) for each in inputs]
    if shapes != wanted:
        raise UsageError(f"{what} have rows of shape {shapes}, the inputs {wanted}", remedy="give the same columns")
    return tuple(each.to(device=like.device, dtype=like.dtype) for each, like in zip(found, inputs, strict=True))


def _raw_like(given: Any, like: Numbers, what: str) -> Numbers:
    found = flat(_tensors(given, what))
    if found.shape[1] != like.shape[1] or (len(like) and len(found) != len(like)):
        raise UsageError(
            f"{what} has shape {found.shape}, the inputs {like.shape}", remedy="give the same rows and columns"
        )
    return found


def _columns(inputs: Inputs, names: Sequence[str] | None, mask: Any, study: Study | None) -> tuple[Column, ...]:
    width = sum(each[0].numel() for each in inputs)
    groups = _groups(mask, inputs) if mask is not None else list(range(width))
    count = max(groups) + 1
    if names is None and study is not None and len(study.features) in (width, count):
        names = list(study.features)
    given = [str(name) for name in names] if names is not None else [f"column_{i + 1}" for i in range(width)]
    if len(given) not in (width, count):
        wanted = f"{width} columns" if count == width else f"{width} columns or {count} features"
        raise UsageError(f"{len(given)} feature_names for {wanted}", remedy="give one per column")
    if len(set(given)) != len(given):
        double = next(name for i, name in enumerate(given) if name in given[:i])
        raise UsageError(f"two features are called {double!r}", remedy="rename one")
    codes = np.concatenate([np.full(each[0].numel(), not each.is_floating_point()) for each in inputs])
    found = []
    for feature in range(count):
        members = tuple(i for i, group in enumerate(groups) if group == feature)
        own = given[feature] if len(given) == count else _shared_name([given[i] for i in members])
        column = replace(
            column_of(study, own, members[0]) if study is not None else Column(own, members), members=members
        )
        if len(members) > 1:
            column = replace(column, member_ids=tuple(given[i] if len(given) == width else str(i) for i in members))
        elif codes[members[0]]:
            column = replace(column, kind="category")  # whole numbers go to an embedding: their middle means nothing
        found.append(column)
    return tuple(found)


def _groups(mask: Any, inputs: Inputs) -> list[int]:
    """Captum's feature_mask as one feature number per column, counted from 0 in the order of the numbers given."""
    parts = mask if isinstance(mask, tuple) else (mask,)
    if len(parts) != len(inputs):
        raise UsageError(f"{len(parts)} feature masks for {len(inputs)} inputs", remedy="give one per input")
    numbers: list[int] = []
    for part, each in zip(parts, inputs, strict=True):
        tensor = torch.as_tensor(part)
        tensor = tensor[None] if tensor.ndim == 1 else tensor
        if tuple(tensor.shape) != (1, each[0].numel()) or tensor.dtype.is_floating_point:
            raise UsageError(
                f"feature_mask has shape {tuple(tensor.shape)} and type {tensor.dtype}",
                allowed=f"whole numbers of shape (1, {each[0].numel()})",
            )
        numbers += [int(number) for number in tensor[0]]
    order = {number: place for place, number in enumerate(sorted(set(numbers)))}
    return [order[number] for number in numbers]


def _shared_name(names: Sequence[str]) -> str:
    """What one-hot columns have in common before their last separator: colour_red, colour_blue → colour."""
    if len(names) == 1:
        return names[0]
    stems = {name.rpartition("_")[0] or name.rpartition("=")[0] for name in names}
    return stems.pop() if len(stems) == 1 and "" not in stems else " + ".join(names)


def _baselines(given: Any, inputs: Inputs, reference: Inputs | None, columns: Sequence[Column]) -> tuple[Inputs, str]:
    if given is None:
        given = "median" if reference is not None else "zero"
    if isinstance(given, str):
        if reference is None and given in BASELINES and given != "zero":
            raise UsageError(
                f"the baseline {given!r} needs reference rows", remedy="give reference=, or baselines='zero'"
            )
        return named_baseline(given, reference if reference is not None else inputs, columns), given
    parts = given if isinstance(given, tuple) else (given,)
    if len(parts) != len(inputs):
        raise UsageError(f"{len(parts)} baselines for {len(inputs)} inputs", remedy="give one per input")
    found = tuple(_own_baseline(part, like) for part, like in zip(parts, inputs, strict=True))
    rows = max(len(each) for each in found)  # Captum lets one input have a row per row and another a single one
    return tuple(each.expand(rows, *each.shape[1:]) if len(each) < rows else each for each in found), "own"


def _own_baseline(given: Any, like: Tensor) -> Tensor:
    tensor = torch.as_tensor(np.asarray(given)) if not isinstance(given, Tensor) else given.detach().clone()
    if tensor.ndim == 0:
        tensor = tensor.expand(1, *like.shape[1:]).clone()
    if tensor.shape[1:] != like.shape[1:] or len(tensor) not in (1, len(like)):
        raise UsageError(
            f"a baseline has shape {tuple(tensor.shape)}, the inputs {tuple(like.shape)}",
            allowed="a number, one row, or one row per row",
        )
    if not tensor.isfinite().all():
        raise UsageError("a baseline is not finite", allowed="finite numbers")
    return tensor.to(device=like.device, dtype=like.dtype)
