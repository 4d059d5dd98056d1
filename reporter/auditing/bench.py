"""Bench: a study opened by one worker, ready for every item of work on it: rows that are counted, instances told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from reporter.attribution import Plan
from reporter.auditing.gathering import Described, Named
from reporter.auditing.gauge import Gauge, edges_of
from reporter.auditing.streaming import Stream, stream_of
from reporter.errors import StudyError
from reporter.guard import guarded
from reporter.model import Model
from reporter.pipeline import opened, plan_of
from reporter.plugins import METHODS, MODALITIES
from reporter.preparing import column_of, feature_names
from reporter.rows import Modality, Numbers, Rows
from reporter.selection import Selection, select
from reporter.settling import settled
from reporter.study import Study
from reporter.surveying import scored
from reporter.table import Table
from reporter.tabular import Column, Tabular
from reporter.words import Words

USUAL_ROWS = 5_000  # reference rows that say where a gauge is cut
SLICES = 1_000  # different values by which rows may be sliced: what is counted of each is held
RANGED = 12  # different numbers from which a column is sliced by ranges


@dataclass(frozen=True, eq=False)
class Bench:
    """A study with its model loaded and settled, and tonight's rows at hand."""

    selection: Selection  # the study's own data
    model: Model
    stream: Stream
    data: str
    method: str | None = None
    slices: tuple[str, ...] = ()
    seed: int = 0
    languages: tuple[str, ...] = ("en",)
    before: Mapping[str, Any] = field(default_factory=dict)  # the gauge of the reference run, as stored

    @property
    def study(self) -> Study:
        return self.selection.study

    @property
    def reference(self) -> Table:
        """The rows that say what is usual; of pictures, texts and sequences the data, as a reference may be arrays."""
        own = self.selection.reference if self.tabular else None
        return own if own is not None else self.selection.table

    @cached_property
    def modality(self) -> Modality:
        kind: Modality = MODALITIES.load(self.selection.modality)()
        return kind

    @property
    def tabular(self) -> bool:
        return self.selection.modality == "tabular"

    @cached_property
    def needed(self) -> list[str]:
        """The columns that the model is given, in its order; none where the rows are no table."""
        return feature_names(self.study, self.reference) if self.tabular else []

    @cached_property
    def plan(self) -> Plan:
        """How rows are attributed: towards the second of two classes, the value, or each row's predicted class."""
        return plan_of(self.study, self.model, method=self.method, target=self.towards or None, seed=self.seed)

    @cached_property
    def towards(self) -> str:
        """The outcome that all attributions point to; empty where each row's predicted class is explained."""
        labels = self.model.labels
        return labels[-1] if len(labels) <= 2 and self.model.exclusive else ""

    # Rows

    def rows_of(self, table: Table, rows: Sequence[int]) -> Rows:
        """Rows of a table, with the study's own reference, or its data, as what is usual."""
        return self.modality.of_study(self.chosen(table, rows), rows, model=self.model, baseline="")

    def chosen(self, table: Table, rows: Sequence[int]) -> Selection:
        """The study with these rows in place of its own; they may lack labels, ids and columns that it ignores."""
        reference = self.reference if self.tabular else self.selection.reference
        given = self.study.data
        there: dict[str, Any] = {
            "target": given.target if given.target in table.columns else "",
            "id": given.id if given.id in table.columns else "",
            "ignore": [name for name in given.ignore if name in table.columns],
        }
        study = self.study.model_copy(update={"data": given.model_copy(update=there)})
        return replace(
            self.selection,
            study=study,
            table=table,
            reference=reference,
            rows=tuple(rows),
            labelled=self.selection.table,
        )

    def seen(self, table: Table) -> Table:
        """A table without what the study does not know: further columns are no features."""
        if not self.tabular:
            return table
        aside = (self.study.data.target, self.study.data.id)
        kept = {name: cells for name, cells in table.columns.items() if name in self.needed or name in aside}
        return replace(table, columns=kept)

    def missing(self, table: Table) -> list[str]:
        """Columns that the model needs and the table has not."""
        return [name for name in self.needed if name not in table.columns]

    # What things are called and counted against

    @cached_property
    def features(self) -> tuple[Column, ...]:
        """The features of a table: its columns and one-hot groups."""
        rows = self._usual
        return rows.columns if isinstance(rows, Tabular) else ()

    @cached_property
    def described(self) -> Described:
        model, study = self.model, self.study
        value = model.labels[0] if model.task == "regression" else self.towards
        words = {**study.class_words(value), **({"": Words(unit=study.model.unit)} if study.model.unit else {})}
        unit = study.model.unit if model.task == "regression" else ""
        method = self.plan.method
        return Described(
            task=model.task or "classification",
            columns=tuple(_named(column_of(study, name, i)) for i, name in enumerate(self.counted)),
            features=tuple(_named(column) for column in self.features),
            said=Named(value or "probability", unit=unit, decimals=study.model.decimals, words=words),
            towards=self.towards if model.task == "classification" else "",
            method=method if method in METHODS.names() else "",
            model=model.name,
            weight_hash=model.weight_hash(),
            class_words={label: study.class_words(label) for label in model.classes},
        )

    @cached_property
    def counted(self) -> list[str]:
        """Columns of which the values are counted: what the model is given, and what slices are made of."""
        return [*self.needed, *(name for name in self.slices if name not in self.needed)]

    @cached_property
    def gauge(self) -> Gauge:
        """What tonight's rows are counted against: the reference run's, where there is one."""
        known = self.reference.columns
        columns = {name: self._edges(name) for name in self.counted if name in known}
        for name in self.counted:  # a slice by a column that only tonight's rows have
            columns.setdefault(name, None)
        slices = {
            name: edges_of(self.reference.numbers(name), 4)
            if columns.get(name) is not None and len(np.unique(self.reference.numbers(name))) > RANGED
            else None
            for name in self.slices
        }
        said = self.said(scored(self.model, self._usual, seed=self.seed))
        own = Gauge(columns, edges_of(said), slices)
        return own.like(Gauge.read(self.before)) if self.before else own

    def _edges(self, name: str) -> tuple[float, ...] | None:
        """What the values of a column are counted between; None where they are counted one by one."""
        section = self.study.features.get(name)
        if self.reference.columns[name].dtype == object or (section is not None and section.kind == "category"):
            return None
        return edges_of(self.reference.numbers(name))

    @cached_property
    def _usual(self) -> Rows:
        """Some of the rows that say what is usual, evenly spread."""
        count = len(self.reference)
        places = np.unique(np.linspace(0, count - 1, min(count, USUAL_ROWS)).round().astype(int)).tolist()
        return self.rows_of(self.seen(self.reference), places)

    def said(self, scores: Numbers) -> Numbers:
        """What is told of each row: the value, the probability of `towards`, or that of the predicted class."""
        import torch

        chances = self.model.probabilities(torch.from_numpy(scores))
        if chances is None:
            return scores[:, 0]
        found = chances[:, -1] if self.towards else chances.max(dim=1).values
        return np.asarray(found.numpy(), dtype=np.float64)


def opened_bench(
    study: str,
    data: str,
    *,
    trust: bool = False,
    device: str = "auto",
    copy: str = "",
    method: str = "",
    slices: Sequence[str] = (),
    seed: int = 0,
    languages: Sequence[str] = ("en",),
    before: Mapping[str, Any] | None = None,
) -> Bench:
    """Open a study for tonight's rows. Raises StudyError, DataError, ModelError with one line."""
    selection = select(study, everything=True)
    own = selection.study
    texts = [own.data.id] if own.data.id else []
    path = Path(data) if data else own.path(own.data.path)
    stream = stream_of(path, texts=texts, arrays=own.modality != "tabular", copy=Path(copy) if copy else None)
    unknown = [name for name in slices if name not in selection.table.columns and name not in stream.names]
    if unknown:
        raise StudyError(f"no column {unknown[0]!r} to slice by", allowed=", ".join(stream.names[:20]))
    _refuse_crowded(selection, slices)
    model = opened(own, trust=trust, device=device)
    bench = Bench(
        selection, model, stream, str(path), method or None, tuple(slices), seed, tuple(languages), before or {}
    )
    few = bench.rows_of(bench.seen(bench.reference), range(min(64, len(bench.reference))))
    with guarded(model, seed):
        return replace(bench, model=settled(model, few))


def _refuse_crowded(selection: Selection, slices: Sequence[str]) -> None:
    """Raise StudyError for a column with a value of its own in (nearly) every row, such as ids or free texts."""
    known = selection.table.columns
    for name in slices:
        texts = set(selection.table.texts(name)) if name in known and known[name].dtype == object else ()
        if name == selection.study.data.id or len(texts) > SLICES:
            what = "the ids" if name == selection.study.data.id else f"{len(texts)} different values"
            raise StudyError(
                f"the column {name!r} holds {what}, by which nothing can be sliced", allowed=f"at most {SLICES} values"
            )


def _named(column: Column) -> Named:
    return Named(
        column.id,
        kind=column.kind,
        unit=next((words.unit for words in column.words.values() if words.unit), ""),
        decimals=column.decimals,
        protected=column.protected,
        group=column.group,
        words=column.words,
    )
