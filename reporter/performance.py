"""Performance: how good the model is on rows with labels, told beside every explanation of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from reporter.attribution import Plan
from reporter.errors import DataError
from reporter.guard import guarded
from reporter.model import Model
from reporter.prediction import Performance
from reporter.rows import Modality, Rows
from reporter.selection import Selection, select
from reporter.settling import settled, truth_of

LABELLED = 20  # rows with labels from which it is told; fewer say too little
MOST_LABELLED = 10_000


def performance_of(model: Model, rows: Rows, plan: Plan) -> Performance | None:
    """How often the model agrees with the labels, or how close it comes; None with too few labels to tell."""
    labelled = [i for i, instance in enumerate(rows.instances) if instance.truth is not None][:MOST_LABELLED]
    if len(labelled) < LABELLED or plan.args:
        return None
    with guarded(model, plan.seed):
        known = settled(model, rows, target=plan.target)
        if not known.exclusive:
            return None  # several labels may be on record: no share of right answers says how good the model is
        size = rows.at_once
        parts = [slice(start, start + size) for start in range(0, len(rows), size)]
        scores = torch.cat([known.evaluate(rows.inputs(part)) for part in parts])[labelled]
        predicted = known.predicted(scores).tolist()
    truths = [truth_of(known, rows.instances[i].truth) for i in labelled]
    if known.task == "regression":
        values = np.array(truths, dtype=float)
        errors = scores[:, 0].numpy() - values
        spread = float(((values - values.mean()) ** 2).sum())
        fit = 1.0 - float((errors**2).sum()) / spread if spread else 0.0
        return Performance(len(truths), "r2", fit, 0.0, float(np.abs(errors).mean()))
    right = sum(known.labels[index] == truth for index, truth in zip(predicted, truths, strict=True))
    most = max(truths.count(truth) for truth in set(truths))
    return Performance(len(truths), "accuracy", right / len(truths), most / len(truths))


def performance_of_study(model: Model, modality: Modality, selection: Selection, plan: Plan) -> Performance | None:
    """The same on the labelled rows of a study's data; rows that cannot be read do not count."""
    if selection.given:
        if selection.labelled is None:
            return None
        selection = select(selection.name, everything=True)
    study, table = selection.study, selection.table
    if not study.data.target:
        return None
    labelled = [row for row, cell in enumerate(table.texts(study.data.target)) if cell is not None][:MOST_LABELLED]
    if len(labelled) < LABELLED:
        return None
    # A row that cannot be read is a reason to refuse that row, not to say nothing of the model.
    complete = _complete_rows(selection, labelled)
    if len(complete) < LABELLED:
        return None
    try:
        return performance_of(model, modality.of_study(selection, complete, model=model, baseline=""), plan)
    except DataError:
        sound = _sound_rows(modality, selection, complete, model)
        if len(sound) < LABELLED:
            return None
        return performance_of(model, modality.of_study(selection, sound, model=model, baseline=""), plan)


def _sound_rows(modality: Modality, selection: Selection, rows: Sequence[int], model: Model) -> list[int]:
    """The rows that can be read, found by halves: hardly any cannot."""
    try:
        found = modality.of_study(selection, rows, model=model, baseline="")
        for place in range(len(found)):
            found.inputs(slice(place, place + 1))
    except DataError:
        middle = len(rows) // 2
        halves = (rows[:middle], rows[middle:]) if middle else ()
        return [row for half in halves for row in _sound_rows(modality, selection, half, model)]
    return list(rows)


def _complete_rows(selection: Selection, rows: Sequence[int]) -> list[int]:
    study, table = selection.study, selection.table
    if study.data.missing != "error":
        return list(rows)
    aside = (study.data.target, study.data.id, *study.data.ignore)
    columns = [table.texts(name) for name in table.names if name not in aside]
    return [row for row in rows if all(cells[row] is not None for cells in columns)]
