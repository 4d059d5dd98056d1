"""What a draft is made from, and how it is tried: read and run exactly as `reporter explain` would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from reporter.drafting.naming import TARGET_NAMES, agreeing, few, is_id, names_classes, order_of
from reporter.errors import ReporterError, first_line
from reporter.guard import guarded
from reporter.model import Model
from reporter.plugins import MODALITIES
from reporter.rows import Modality, Rows
from reporter.selection import Selection
from reporter.settling import settled
from reporter.study import Study
from reporter.table import Table
from reporter.windows import windowed

SOME_ROWS = 64  # enough to see what the outputs are, and whether they agree with the labels
REFUSALS = (
    ReporterError,
    RuntimeError,
    ValueError,
    IndexError,
    TypeError,
    AssertionError,
    KeyError,
)  # how models refuse what they do not take


@dataclass(frozen=True, eq=False)
class Asked:
    """A model and data, and what is known of them from the start."""

    model: Model
    table: Table
    study: Study  # where both are, and nothing else
    target: str = ""
    identity: str = ""

    def label(self, aside: Iterable[str]) -> str:
        """The column with the label on record, as named, else as it looks; empty when no column does."""
        if self.target:
            return self.target
        if self.table.files:
            return "label" if "label" in self.table.names else ""
        names = [name for name in self.table.names if name not in aside]
        titled = [name for name in names if name.casefold() in TARGET_NAMES]
        classes = set(self.model.classes)
        fitting = [name for name in names if classes and {*self.table.texts(name)} <= {*classes, None}]
        texts = [n for n in names if self.table.column(n).dtype == object and names_classes(self.table, n)]
        numbers = [n for n in names if self.table.column(n).dtype != object and few(self.table, n)]
        return next(iter([*titled, *fitting, *texts, *numbers]), "")

    def id(self, aside: Iterable[str]) -> str:
        """The column with ids, as named, else as it looks."""
        if self.identity or self.table.files:
            return self.identity or "id"
        return next((n for n in self.table.names if n not in aside and is_id(n, self.table)), "")


@dataclass(frozen=True, eq=False)
class Trial:
    """A study that the model runs on, and what came out."""

    study: Study  # with the names of the classes, where they were found
    model: Model  # settled
    agreement: float | None  # share of rows with the label on record; None where none can be compared
    rows: int  # of which that is said
    chance: float  # share of the most frequent label among them

    @property
    def clear(self) -> bool:
        """Whether the model agrees with the labels at least half of the way from the most frequent class to all."""
        return self.agreement is not None and self.agreement - self.chance >= (1 - self.chance) / 2


def accepted(asked: Asked, study: Study) -> str:
    """Why the model does not take the first row as a study prepares it; empty when it does."""
    try:
        rows, model = _read(asked, study, [0])
        with guarded(model), torch.no_grad():
            # Two rows: a layer that takes one thing without a batch would take a single row for that.
            model.outputs(tuple(torch.cat([each, each]) for each in rows.inputs(slice(0, 1))))
    except REFUSALS as error:
        return error.problem if isinstance(error, ReporterError) else first_line(error)
    return ""


def tried(asked: Asked, study: Study) -> Trial:
    """Run the model on some rows as a study prepares them, and find the names of its classes.

    Raises ReporterError where a row cannot be read or the model refuses it.
    """
    table, label = asked.table, study.data.target
    chosen = _spread(len(table))
    rows, model = _read(asked, study, chosen)
    if label and model.task is None and names_classes(table, label):
        model = replace(model, task="classification")
    with guarded(model):
        known = settled(model, rows)
        scores = _scores(known, rows)
    study = study.model_copy(
        update={"task": known.task, "model": study.model.model_copy(update={"output": known.output})}
    )
    return _named(asked, study, known, scores, [table.texts(label)[row] for row in chosen] if label else [])


def better(asked: Asked, first: Trial, others: Iterable[Study]) -> Trial:
    """The trial that agrees best with the labels, if it does so clearly and the first does not; else the first."""
    best = first
    if first.agreement is None or first.clear:
        return first
    for study in others:
        if accepted(asked, study):
            continue
        trial = tried(asked, study)
        if trial.clear and (trial.agreement or 0.0) >= (best.agreement or 0.0) + 0.1:
            best = trial
    return best


def _read(asked: Asked, study: Study, rows: Sequence[int]) -> tuple[Rows, Model]:
    modality: Modality = MODALITIES.load(study.modality)()
    model = windowed(asked.model, study) if study.text.windows else asked.model
    table = asked.table.select(rows)
    selection = Selection("", study, table, None, tuple(range(len(table))))
    return modality.of_study(selection, selection.rows, model=model, baseline=""), model


def _spread(count: int) -> list[int]:
    """Rows from all over: files of one class often stand together."""
    found: list[int] = np.unique(np.linspace(0, count - 1, min(count, SOME_ROWS)).round().astype(int)).tolist()
    return found


def _scores(model: Model, rows: Rows) -> Tensor:
    size = rows.at_once
    parts = [slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]
    return torch.cat([model.evaluate(rows.inputs(part)) for part in parts])


def _named(asked: Asked, study: Study, known: Model, scores: Tensor, labels: Sequence[str | None]) -> Trial:
    """The trial with class names from the labels, where the model has none of its own and their number fits."""
    nothing = Trial(study, known, None, len(scores), 0.0)
    if known.task != "classification" or not labels:
        return nothing
    every = {text for text in asked.table.texts(study.data.target) if text is not None}
    own = known.classes
    said = known.predicted(scores).tolist()
    chance = max(map(labels.count, {*labels} - {None}), default=0) / len(labels)
    if not every <= set(own):
        unnamed = all(name.removeprefix("LABEL_").isdigit() for name in own)
        if not unnamed or len(every) != len(own):
            return nothing
        own = order_of(said, labels, every)
        section = study.model.model_copy(update={"classes": list(own)})
        study, known = study.model_copy(update={"model": section}), replace(known, classes=own)
    return Trial(study, known, agreeing(said, labels, own) / len(labels), len(scores), chance)
