"""The baseline "nearest": for each row, the reference row most like it that the model puts into another class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from reporter.errors import UsageError
from reporter.model import Inputs, Model
from reporter.rows import Rows
from reporter.settling import working
from reporter.tabular import Tabular, code_columns, flat

NEAREST = "nearest"
AT_A_TIME = 20_000_000  # distances × columns held at once


def compared(model: Model, rows: Rows) -> Rows:
    """The rows with baselines that depend on the model; the same rows where theirs do not.

    Two rows are as far apart as their columns, each in standard deviations of the reference, squared and added; a
    column that holds a code counts 1 where the codes differ. Raises UsageError for a regression and where the reference
    has no row of another class. After Wachter, Mittelstadt and Russell, Counterfactual explanations without opening the
    black box, Harvard Journal of Law & Technology 31 (2018).
    """
    if not isinstance(rows, Tabular) or rows.baseline_name != NEAREST:
        return rows
    if model.task == "regression":
        raise UsageError(f"the baseline {NEAREST!r} is for classes", remedy="choose median, mean or zero")
    assert rows.reference is not None  # noqa: S101 - what is not there was refused when the baseline was chosen
    labels = model.predicted(model.evaluate(working(model, rows.reference))).numpy()
    own = rows.inputs(slice(None))
    said = model.predicted(model.evaluate(working(model, own))).numpy()
    found = _nearest(_scaled(rows, own), _scaled(rows, rows.reference), said, labels)
    if (found < 0).any():
        name = rows.instances[int(np.flatnonzero(found < 0)[0])].id
        raise UsageError(
            f"no reference row is of another class than instance {name!r}", remedy="choose median, mean or zero"
        )
    return replace(rows, baselines=tuple(each[torch.from_numpy(found)] for each in rows.reference))


def _scaled(rows: Tabular, inputs: Inputs) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Numbers in standard deviations of the reference, and codes."""
    values, usual = flat(inputs), flat(rows.reference or inputs)
    codes = sorted({column for members in code_columns(rows.columns) for column in members})
    others = [column for column in range(values.shape[1]) if column not in codes]
    spread = usual[:, others].std(axis=0)
    return values[:, others] / np.where(spread > 0, spread, 1.0), values[:, codes]


def _nearest(
    own: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    reference: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    said: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any],
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The number of the nearest reference row of another class for each row; −1 where there is none."""
    width = own[0].shape[1] + own[1].shape[1]
    size = max(1, AT_A_TIME // (len(labels) * max(1, width)))
    found = []
    for start in range(0, len(said), size):
        part = slice(start, start + size)
        apart = ((own[0][part, None] - reference[0][None]) ** 2).sum(axis=2)
        apart = apart + (own[1][part, None] != reference[1][None]).sum(axis=2)
        apart[said[part, None] == labels[None]] = np.inf
        found.append(np.where(np.isfinite(apart).any(axis=1), apart.argmin(axis=1), -1))
    return np.concatenate(found)
