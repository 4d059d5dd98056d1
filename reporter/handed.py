"""Sequences handed over in Python: tensors, arrays, lists of rows of any lengths, texts of symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import UsageError, listing
from reporter.rows import Numbers
from reporter.signals import Layout, Signal, encoded, laid_out, taken_back
from reporter.study import SequenceSection, Study

SAMPLES = (torch.bool, torch.int8, torch.uint8, torch.int16)  # types that no embedding takes


def section_of(study: Study, names: Sequence[str] | None) -> SequenceSection:
    """What the study says of sequences; names given beside the inputs are those of the channels."""
    if names is None or study.sequence.symbols:
        return study.sequence
    if len(set(names)) != len(names):
        raise UsageError(f"two channels have one name: {listing(names)}", remedy="rename one")
    return study.sequence.model_copy(update={"channels": [str(name) for name in names]})


def symbolic(section: SequenceSection, rows: Sequence[Tensor]) -> SequenceSection:
    """Channels that are called by single characters and hold one 1 a point are symbols, even where no study says so."""
    names = section.channels
    if not names or any(len(name) != 1 for name in names) or any(row.ndim == 1 for row in rows):
        return section
    for row in rows:
        grid = taken_back(numbers_of(row), section.layout)
        if len(grid) != len(names) or not np.isin(grid, (0.0, 1.0)).all() or not (grid.sum(axis=0) <= 1).all():
            return section
    return section.model_copy(update={"symbols": "".join(names)})


def rows_of(given: Any, section: SequenceSection, what: str) -> list[Tensor]:
    """One tensor per row, as the network takes it."""
    if isinstance(given, tuple):
        if len(given) != 1:
            raise UsageError(f"{len(given)} inputs", allowed="sequences of one input")
        given = given[0]
    each: list[Any] = list(given) if isinstance(given, (list, Tensor, np.ndarray)) and np.ndim(given[:1]) else [given]
    if not each:
        raise UsageError(f"{what} have no rows", remedy="give at least one row")
    if all(isinstance(row, str) for row in each):
        return [_encoded(row, section, f"{what}: row {i}") for i, row in enumerate(each)]
    rows = [_row(row, what) for row in each]
    if len({row.ndim for row in rows}) > 1 or rows[0].ndim not in (1, 2) or not all(row.numel() for row in rows):
        raise UsageError(
            f"{what} have rows of shape {listing(sorted({str(tuple(row.shape)) for row in rows}))}",
            allowed="(rows, channels, points) or (rows, points)",
            remedy="give x[None] for one row" if rows[0].ndim == 0 else "",
        )
    return rows


def _encoded(text: str, section: SequenceSection, where: str) -> Tensor:
    symbols = section.symbols or "".join(section.channels)
    if not symbols:
        raise UsageError(
            f"{where} is a text", remedy='set symbols under [sequence] of a study, or feature_names="ACGT"'
        )
    values = laid_out(encoded(text, symbols, where).values, section.layout)
    return torch.from_numpy(np.ascontiguousarray(values)).to(torch.get_default_dtype())


def _row(given: Any, what: str) -> Tensor:
    if isinstance(given, Tensor):
        if given.layout != torch.strided or given.is_nested or given.is_meta or given.is_complex():
            raise UsageError(f"{what}: a {given.layout} tensor of {given.dtype}", allowed="dense real numbers")
        row = given.detach().cpu().clone()
        # Samples of a sound card are numbers; indexes that are looked up come in wider types.
        return row.to(torch.float32) if row.dtype in SAMPLES else row
    try:
        return torch.from_numpy(np.array(given, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what} hold what is no number, or points of different lengths in one row") from error


def numbers_of(row: Tensor) -> Numbers:
    """A tensor as numpy has it, in double precision."""
    return np.asarray(row.detach().cpu().double().numpy())


def own_baselines(given: Any, rows: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """One baseline per row, as Captum takes them: a number, one row for all, or one row per row."""
    if isinstance(given, tuple):
        if len(given) != 1:
            raise UsageError(f"{len(given)} baselines for one input", remedy="give one")
        given = given[0]
    own = given.detach().cpu() if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    if not own.isfinite().all():
        raise UsageError("a baseline is not finite", allowed="finite numbers")
    if own.ndim == 0:
        return tuple(torch.full_like(row, own.item())[None] for row in rows)
    own = own[None] if own.ndim == rows[0].ndim else own
    if len(own) not in (1, len(rows)) or any(own.shape[1:] != row.shape for row in rows):
        raise UsageError(
            f"a baseline has shape {tuple(own.shape)}, a row {tuple(rows[0].shape)}",
            allowed="a number, one row, or one row per row",
        )
    return tuple(own[i if len(own) > 1 else 0][None].to(row.dtype) for i, row in enumerate(rows))


def groups_of(mask: Any, signals: Sequence[Signal], layout: Layout) -> Numbers:
    """Captum's feature_mask as one feature number per channel and point, from 0 in the order of the numbers given."""
    part = mask[0] if isinstance(mask, tuple) and len(mask) == 1 else mask
    tensor = torch.as_tensor(part).cpu()
    shape = laid_out(signals[0].values, layout).shape
    tensor = tensor[0] if tensor.ndim == len(shape) + 1 and len(tensor) == 1 else tensor
    if tuple(tensor.shape) != shape or tensor.is_floating_point() or len({s.values.shape for s in signals}) > 1:
        raise UsageError(
            f"feature_mask has shape {tuple(tensor.shape)} and type {tensor.dtype}",
            allowed=f"whole numbers of shape {(1, *shape)}, for rows of one length",
        )
    numbers = np.unique(tensor.numpy(), return_inverse=True)[1].reshape(shape)
    return taken_back(numbers.astype(np.float64), layout)
