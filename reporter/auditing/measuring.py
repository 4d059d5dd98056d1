"""Measuring: one item of work on a bench → its result: rows are counted, instances explained and told."""

from __future__ import annotations

import math
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reporter.attribution import attribute
from reporter.auditing.bench import Bench
from reporter.auditing.moments import Numbers
from reporter.auditing.tally import Part, Texts, tallied
from reporter.errors import DataError, UnknownName
from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.overview import Told
from reporter.performance import performance_of_study
from reporter.pipeline import finished
from reporter.preparing import LARGEST, readable
from reporter.settling import truth_of
from reporter.storing import plain
from reporter.surveying import attributed, scored
from reporter.table import Table
from reporter.tabular import Tabular
from reporter.writing import make_folder, write

MOST_STORED = 2_000_000  # characters of an explanation that is kept for a report of its own
REASONS = 3


@dataclass(eq=False)
class Measuring:
    """What a worker does with items; the model's quality is measured once, for all explanations it tells."""

    bench: Bench
    performance: Any = None
    measured: bool = False

    # Rows

    def count(self, start: int, stop: int, picked: Sequence[int] | None, into: str = "") -> dict[str, Any]:
        """Count the rows from `start` up to `stop`; `picked` of them, or all, are attributed."""
        bench = self.bench
        whole = bench.stream.read(start, stop)
        table = bench.seen(whole)
        if bench.missing(table):
            tally = tallied(Part(self._columns(whole), np.empty(0), invalid=len(whole)), bench.gauge)
            return {"tally": tally.stored()}
        sound, scores = self._answered(table, self._sound(table))
        part = self._part(whole, sound, scores)
        if len(sound) and bench.tabular:
            chosen = np.arange(len(sound)) if picked is None else np.flatnonzero(np.isin(sound + start, picked))
            part = self._attributed(part, table, sound, chosen, into, start)
        return {"tally": tallied(part, bench.gauge).stored()}

    def _sound(self, table: Table) -> np.ndarray[Any, np.dtype[np.intp]]:
        """The rows that the model can be given."""
        bench = self.bench
        if bench.tabular:
            return np.flatnonzero(readable(bench.study, table, bench.needed))
        return np.array([row for row in range(len(table)) if self._reads(table, row)], dtype=np.intp)

    def _answered(
        self, table: Table, sound: np.ndarray[Any, np.dtype[np.intp]]
    ) -> tuple[np.ndarray[Any, np.dtype[np.intp]], Numbers]:
        """Those of the rows whose scores are finite, with their scores: others count as rows that could not be read."""
        bench = self.bench
        if not len(sound):
            return sound, np.empty((0, len(bench.model.labels)))
        scores = scored(bench.model, bench.rows_of(table.select(sound), range(len(sound))), seed=bench.seed)
        finite = np.isfinite(scores).all(axis=1)
        return sound[finite], scores[finite]

    def _reads(self, table: Table, row: int) -> bool:
        try:
            self.bench.rows_of(table.select([row]), [0]).inputs(slice(0, 1))
        except DataError:
            return False
        return True

    def _columns(self, table: Table) -> dict[str, Numbers | Texts]:
        """The columns that are counted, as far as tonight's rows have them: unreadable cells as missing."""
        found: dict[str, Numbers | Texts] = {}
        for name, edges in self.bench.gauge.columns.items():
            if name in table.columns:
                found[name] = table.texts(name) if edges is None else _numbers(table.column(name))
        return found

    def _part(self, whole: Table, sound: np.ndarray[Any, Any], scores: Numbers) -> Part:
        """What there is to count of all rows, and of the `sound` ones, which have `scores`."""
        bench, model = self.bench, self.bench.model
        predicted = model.predicted(torch.from_numpy(scores)).numpy()
        part = Part(self._columns(whole), bench.said(scores), invalid=len(whole) - len(sound))
        if model.task == "classification":
            part = replace(part, classes=[model.labels[i] for i in predicted])
        truths = self._truths(whole, sound)
        if truths is None or not len(sound):
            return part
        if model.task == "regression":
            truth = np.array([math.nan if t is None else float(t) for t in truths])
            part = replace(part, loss=np.abs(scores[:, 0] - truth), truth=truth)
        else:
            wrong = [
                math.nan if t is None else float(t != model.labels[i]) for t, i in zip(truths, predicted, strict=True)
            ]
            chances = model.probabilities(torch.from_numpy(scores))
            stated = (
                chances.gather(1, torch.from_numpy(predicted)[:, None])[:, 0].numpy() if chances is not None else None
            )
            texts = [None if t is None else str(t) for t in truths]
            part = replace(part, loss=np.array(wrong), truth=texts, confidence=stated)
        some = whole.select(sound)
        slices: dict[str, Numbers | Texts] = {
            name: some.texts(name) if edges is None else _numbers(some.column(name))
            for name, edges in bench.gauge.slices.items()
            if name in some.columns
        }
        return replace(part, slices=slices)

    def _truths(self, whole: Table, rows: np.ndarray[Any, Any]) -> list[str | float | None] | None:
        """What is on record for rows; None without a column for it, or where labels may hold together."""
        bench, name = self.bench, self.bench.study.data.target
        if not name or name not in whole.columns or not bench.model.exclusive:
            return None
        if bench.model.task == "regression":
            return [None if math.isnan(each) else each for each in _numbers(whole.column(name))[rows].tolist()]
        texts = whole.texts(name)
        known: dict[str | None, str | float | None] = {None: None}
        for text in {texts[row] for row in rows} - {None}:
            try:
                known[text] = truth_of(bench.model, text)
            except UnknownName:
                known[text] = None  # a class the model does not know is no label it could have met
        return [known[texts[row]] for row in rows]

    def _attributed(
        self, part: Part, table: Table, sound: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any], into: str, start: int
    ) -> Part:
        if not len(chosen):
            return part
        some = table.select(sound[chosen])
        rows = self.bench.rows_of(some, range(len(some)))
        assert isinstance(rows, Tabular)  # noqa: S101 - asked for tables only
        found = attributed(self.bench.model, rows, self.bench.plan)
        values = np.full(found.attributions.shape, np.nan)
        for place, column in enumerate(rows.columns):
            if column.kind == "numeric" and len(column.members) == 1:
                values[:, place] = _numbers(some.column(column.id))
        if into:
            name = self.bench.study.data.id
            ids = some.labels(name) if name in some.columns else [str(start + row) for row in sound[chosen]]
            targets = [self.bench.model.labels[i] for i in found.target]
            _write(
                Path(into), start, ids, targets, {c.id: found.attributions[:, i] for i, c in enumerate(rows.columns)}
            )
        return replace(part, attributions=found.attributions, values=values, methods=found.methods)

    # Instances

    def tell(self, row: int, *, watched: bool) -> dict[str, Any]:
        """Explain one row of tonight, or one that is watched in the study's own data, and tell it."""
        bench = self.bench
        table = bench.selection.table.select([row]) if watched else bench.stream.read(row, row + 1)
        table = bench.seen(table)
        if missing := bench.missing(table):
            return {"skipped": f"column {missing[0]!r} is missing"}
        try:
            rows = bench.rows_of(table, [0])
            rows.inputs(slice(0, 1))
        except DataError as error:
            return {"skipped": str(error)}
        if not watched and not np.isfinite(scored(bench.model, rows, seed=bench.seed)).all():
            return {"skipped": "the model's output is not finite"}  # counted among the rows that could not be read
        found = next(iter(attribute(bench.model, rows, replace(bench.plan, target=None))))
        explanation = finished(found, bench.model, bench.study, self._performance())
        if bench.study.data.id not in table.columns:  # a row is called by its number among all of them
            explanation = replace(explanation, instance=str(row))
        stored = explanation.to_json()
        return {
            "told": plain(self._told(explanation, watched=watched)),
            "scores": {score.name: score.value for score in explanation.scores if score.value is not None},
            "spread": {f.id: (f.interval[1] - f.interval[0]) / 2 for f in explanation.features if f.interval},
            "explanation": stored if len(stored) <= MOST_STORED and not watched else None,
        }

    def _performance(self) -> Any:
        if not self.measured:
            bench = self.bench
            own = replace(bench.selection, rows=tuple(range(len(bench.selection.table))))
            self.performance = performance_of_study(bench.model, bench.modality, own, bench.plan)
            self.measured = True
        return self.performance

    def _told(self, explanation: Explanation, *, watched: bool) -> Told:
        said = explanation.prediction
        facts = facts_of(explanation)
        reasons = [
            (feature.id, feature.direction == "towards")
            for reason in (*facts.towards, *facts.away)
            for feature in reason.features[:1]
        ]
        places = {feature.id: feature.rank for feature in explanation.features}
        texts = {}
        # What is watched is compared for years, perhaps in another language than tonight's report.
        for code in self.bench.languages if watched else self.bench.languages[:1]:
            told = explanation.report(language=code).narrative
            parts = [section.text for name in ("headline", "lead") if (section := told.section(name))]
            texts[code] = facts.language.fit(" ".join(parts))
        right = None if said.truth is None or said.task == "regression" else said.truth == said.label
        names = {feature.id: feature.words for feature in explanation.features[:REASONS]}
        return Told(
            instance=explanation.instance,
            outcome=said.label if said.task == "classification" else facts.get("prediction").text,  # type: ignore[union-attr]
            grade=explanation.grade.level,
            reasons=tuple(sorted(reasons, key=lambda each: places[each[0]])[:REASONS]),
            text=texts,
            score=said.score or 0.0,
            probability=said.probability,
            words={**names, said.label: said.predicted.words},
            watched=watched,
            surprise=_surprise(explanation, right),
            right=right,
        )


def _surprise(explanation: Explanation, right: bool | None) -> float:
    """How much a person should want to look: sure and wrong, unreliable, driven by what was never seen."""
    said = explanation.prediction
    sure = said.probability if said.probability is not None else 1.0
    outside = sum(feature.share for feature in explanation.features if feature.out_of_range)
    wrong = sure if right is False else 0.0
    if said.task == "regression" and isinstance(said.truth, float) and said.score is not None:
        size = max(abs(said.truth), abs(said.score), 1e-12)
        wrong = min(1.0, abs(said.score - said.truth) / size)
    return wrong + 0.5 * (explanation.grade.level == "unreliable") + outside


def peak_bytes() -> int:
    """The most memory this process has held."""
    try:
        # What getrusage says begins, on Linux, with the size of the process that started this one.
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return held if sys.platform == "darwin" else held * 1024


def _numbers(cells: np.ndarray[Any, Any]) -> Numbers:
    """Cells as numbers; what is none, or larger than what a network can be given, is NaN."""
    numbers = cells if cells.dtype != object else np.array([_number(cell) for cell in cells])
    numbers = numbers.astype(np.float64)
    return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan)


def _number(cell: object) -> float:
    try:
        return float(str(cell)) if cell is not None else math.nan
    except ValueError:
        return math.nan


def _write(
    folder: Path, start: int, ids: Sequence[str], targets: Sequence[str], columns: Mapping[str, Numbers]
) -> None:
    """Attributions of some rows as one file of a Parquet data set, whole or not at all."""
    import pyarrow as pa
    from pyarrow import parquet

    make_folder(folder, "choose another place for attributions")
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"id": list(ids), "target": list(targets), **columns}), sink)
    write(folder / f"part-{start:012d}.parquet", sink.getvalue().to_pybytes())
