"""Surveying: what the model says of many rows and what drives it, as bare numbers: no metrics, no prose.

What an audit adds up over a whole data set; explanations of single rows come from attribution.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from reporter.answering import answers
from reporter.assembly import batch_of
from reporter.attribution import Plan
from reporter.choosing import chosen_methods
from reporter.guard import guarded
from reporter.model import Model
from reporter.question import silent
from reporter.rows import Numbers, Rows
from reporter.settling import target_index, working

ROWS_AT_ONCE = 4096
CELLS_AT_ONCE = 4_000_000  # rows × columns


@dataclass(frozen=True, eq=False)
class Attributed:
    """Attributions of rows by feature, towards `target`; zero where nothing moved the score but rounding."""

    attributions: Numbers  # (rows, features)
    target: np.ndarray[Any, np.dtype[np.int64]]  # (rows,) index of the outcome
    methods: Counter[str]  # method → rows


def scored(model: Model, rows: Rows, *, seed: int = 0) -> Numbers:
    """(rows, outcomes): the scores of the model, which must be settled."""
    with guarded(model, seed):
        size = max(1, min(ROWS_AT_ONCE, rows.at_once))
        parts = [slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]
        found = [model.evaluate(working(model, rows.inputs(part))).numpy() for part in parts]
    return np.concatenate(found) if found else np.empty((0, len(model.labels)))


def attributed(model: Model, rows: Rows, plan: Plan) -> Attributed:
    """What drives the score of the plan's target in each row, feature by feature; the model must be settled.

    All rows must share their features. Raises what `attribute` raises.
    """
    methods = chosen_methods(plan.method, plan.settings)
    target = target_index(model, plan.target, len(rows))
    columns = len(rows.mask_of(slice(0, 1)))
    size = max(1, min(ROWS_AT_ONCE, rows.at_once, CELLS_AT_ONCE // columns))
    found, targets, used = [], [], Counter[str]()
    for start in range(0, len(rows), size):
        part = slice(start, min(start + size, len(rows)))
        with guarded(model, plan.seed) as weights:
            batch = batch_of(
                model, rows, part, target=target, args=(), seed=plan.seed, usual=np.empty((0, 0)), weights=weights
            )
            by_feature = np.zeros((len(batch.question), batch.question.features))
            for answered in answers(batch, methods, auto=plan.method == "auto"):
                own = batch.question.by_feature(answered.answer.attributions)
                index = batch.question.target.cpu()[answered.rows]
                scores = batch.scores[answered.rows].gather(1, index[:, None])[:, 0].numpy()
                by_feature[answered.rows.numpy()] = np.where(silent(own, scores)[:, None], 0.0, own)
                used[answered.name] += len(answered.rows)
            targets.append(batch.question.target.cpu().to(torch.int64).numpy())
        found.append(by_feature)
    return Attributed(np.concatenate(found), np.concatenate(targets), used)
