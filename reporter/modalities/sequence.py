"""Sequences: channels over time, or symbols one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError, ReporterError, StudyError, UnknownName, UsageError, listing
from reporter.guard import guarded
from reporter.handed import groups_of, numbers_of, own_baselines, rows_of, section_of, symbolic
from reporter.model import Instance, Model
from reporter.rows import Given, Numbers
from reporter.selection import Selection
from reporter.sequential import Sequential, Usual
from reporter.signals import (
    Clock,
    Layout,
    Signal,
    channel_names,
    clock_of,
    decoded,
    laid_out,
    refuse_missing,
    signal_of,
    taken_back,
)
from reporter.sources import present, recorded, sources_of
from reporter.study import SequenceSection, Study, read_study
from reporter.table import Table

REFERENCE = 2_000  # rows that say what is usual; more would change little
KEPT = 500  # of them, for what the model says of usual rows
CURVES, SYMBOLS = ("mean", "median", "zero"), ("uniform", "mean", "zero")  # baselines by name


@dataclass(frozen=True)
class Sequences:
    """Traces and texts of symbols, from arrays, files or a column, or from Python. A feature is a stretch."""

    def of_study(self, selection: Selection, rows: Sequence[int], *, model: Model, baseline: str) -> Sequential:
        """The chosen rows of a study's data. A row is (channels, points), or (points,) for a single channel."""
        study, table = selection.study, selection.table
        section = _checked(study).sequence
        signals = _signals(study, table, rows)
        channels = channel_names(section, signals, table.name)
        clock = clock_of(section)
        for row, signal in zip(rows, signals, strict=True):
            refuse_missing(signal, channels, clock, f"{table.name}: row {row}")
        scale = _scale(section, channels)
        layout = _layout(model, signals, section)
        named = baseline or study.baseline
        usual = _usual_of_study(selection, channels, scale, layout, named)
        kind = _kind(named, section.symbols, usual)
        ids = table.labels(study.data.id)
        return Sequential(
            instances=tuple(
                Instance(ids[row], (_input(signal.values, scale, layout),), (), (), recorded(study, table, row))
                for row, signal in zip(rows, signals, strict=True)
            ),
            signals=tuple(signals),
            channels=channels,
            clock=clock,
            layout=layout,
            baseline_name=kind,
            level=_level(kind, len(channels), usual),
            usual=usual,
            data=study.data.path,
            data_hash=table.hash,
        )

    def of_inputs(self, inputs: Any, given: Given) -> Sequential:
        """Rows (rows, channels, points) or (rows, points), a list of rows of any lengths, or texts of symbols."""
        if given.raw_reference is not None:
            raise UsageError("raw_reference with sequences", remedy="leave it out: reference alone says what is usual")
        study = given.study or Study()
        section = section_of(study, given.names)
        rows = rows_of(inputs, section, "inputs")
        section = section if section.symbols else symbolic(section, rows)
        layout: Layout = "points" if rows[0].ndim == 1 else section.layout
        signals = [Signal(taken_back(numbers_of(row), layout)) for row in rows]
        channels = channel_names(section, signals, "inputs")
        clock = Clock() if section.symbols else clock_of(section)
        ids = [str(each) for each in given.ids] if given.ids is not None else [str(i) for i in range(len(rows))]
        for what, each in (("ids", given.ids), ("labels", given.truths)):
            if each is not None and len(each) != len(rows):
                raise UsageError(f"{len(each)} {what} for {len(rows)} rows", remedy="give one per row")
        for number, signal in enumerate(signals):
            refuse_missing(signal, channels, clock, f"inputs: row {number}")
        named = given.baselines if isinstance(given.baselines, str) else ""
        usual = _usual_of_inputs(given.reference, section, layout, len(channels), named)
        kind, own = _baseline_of_inputs(given.baselines, rows, section, usual)
        return Sequential(
            instances=tuple(
                Instance(name, (row[None],), (), (), given.truths[i] if given.truths is not None else None)
                for i, (name, row) in enumerate(zip(ids, rows, strict=True))
            ),
            signals=tuple(_shown(signals, given, section, channels, layout)),
            channels=channels,
            clock=clock,
            layout=layout,
            baseline_name=kind,
            level=None if own else _level(kind, len(channels), usual),
            own=own,
            usual=usual,
            groups=groups_of(given.mask, signals, layout) if given.mask is not None else None,
        )


# From a study


def _checked(study: Study) -> Study:
    """Raises StudyError for what only tables have."""
    data = study.data
    wrong = [name for name in ("mean", "std", "standardise") if getattr(data, name)]
    wrong += ["missing"] if data.missing != "error" else []
    if wrong:
        raise StudyError(
            f"{listing(wrong)} under [data] of sequences",
            allowed="mean and std under [sequence]",
            remedy="fill in what is missing before" if wrong == ["missing"] else "",
        )
    return study


def _signals(study: Study, table: Table, rows: Sequence[int]) -> list[Signal]:
    sources = sources_of(study, table, rows)
    return [
        signal_of(source, study.sequence, study.data.ignore, where=f"{table.name}: row {row}")
        for row, source in zip(rows, sources, strict=True)
    ]


def _input(values: Numbers, scale: tuple[Numbers, Numbers], layout: Layout) -> Tensor:
    """(1, …) as the network takes it, from (channels, points) as a person knows them."""
    network = (values - scale[0][:, None]) / scale[1][:, None]
    return torch.from_numpy(np.ascontiguousarray(laid_out(network, layout)))[None]


def _scale(section: SequenceSection, channels: Sequence[str]) -> tuple[Numbers, Numbers]:
    if section.symbols and (section.mean or section.std):
        raise StudyError("mean and std of symbols under [sequence]", remedy="leave them out")
    mean = np.array(section.mean or [0.0] * len(channels))
    std = np.array(section.std or [1.0] * len(channels))
    for key, given in (("mean", mean), ("std", std)):
        if len(given) != len(channels):
            raise StudyError(
                f"{len(given)} values in {key} under [sequence], but {len(channels)} channels",
                allowed=f"one each: {listing(channels)}",
            )
    if not (std > 0).all():
        raise StudyError("a value in std under [sequence] is not above 0", remedy="use 1 for a constant channel")
    return mean, std


def _layout(model: Model, signals: Sequence[Signal], section: SequenceSection) -> Layout:
    """How the network takes a row; whether it wants an axis for a single channel is told by trying both."""
    if not all(signal.plain for signal in signals):
        return section.layout
    points = signals[0].points
    tried: tuple[Layout, ...] = ("points", section.layout)
    with guarded(model), torch.no_grad():
        for layout in tried:
            # Two rows: a layer that takes one sequence without a batch would take a single row for that.
            row = torch.from_numpy(np.ascontiguousarray(laid_out(np.zeros((1, points)), layout)))
            if _takes(model, torch.stack([row, row]).to(model.dtype or torch.float32)):
                return layout
    return section.layout


def _takes(model: Model, rows: Tensor) -> bool:
    try:
        model.outputs((rows,))
    except (ReporterError, RuntimeError, ValueError, TypeError, IndexError, AssertionError):  # how models refuse shapes
        return False
    return True


def _usual_of_study(
    selection: Selection, channels: Sequence[str], scale: tuple[Numbers, Numbers], layout: Layout, kind: str
) -> Usual | None:
    """What the reference says; the data themselves when there is none."""
    table = selection.reference or (selection.labelled if selection.given else selection.table)
    if table is None:
        return None
    # Where files or texts of the command line are explained, the study in the selection speaks of those.
    study = read_study(selection.name) if selection.given else selection.study
    if table.files:
        study = study.model_copy(update={"data": study.data.model_copy(update={"input": study.data.input or "file"})})
    rows: Sequence[int] = range(0, len(table), -(-len(table) // REFERENCE))
    if selection.reference is None:  # a row of the data that cannot be used is a reason to refuse that row alone
        rows = [row for row in present(study, table, rows) if _usable(study, table, row, channels)]
        if not rows:
            return None
    signals = _signals(study, table, rows)
    if channel_names(study.sequence, signals, table.name) != tuple(channels):
        raise DataError(f"{table.name} has other channels than the data", allowed=listing(channels))
    for row, signal in zip(rows, signals, strict=True):
        refuse_missing(signal, channels, clock_of(study.sequence), f"{table.name}: row {row}")
    return _usual([_input(signal.values, scale, layout)[0] for signal in signals], layout, kind)


def _usable(study: Study, table: Table, row: int, channels: Sequence[str]) -> bool:
    try:
        signals = _signals(study, table, [row])
        refuse_missing(signals[0], channels, clock_of(study.sequence), table.name)
        return channel_names(study.sequence, signals, table.name) == tuple(channels)
    except DataError:
        return False


def _usual(rows: Sequence[Tensor], layout: Layout, kind: str) -> Usual:
    """The middle of every channel in every reference row, and some rows whole."""
    grids = [taken_back(numbers_of(row), layout) for row in rows]
    middle = np.median if kind == "median" else np.mean
    parts: dict[tuple[int, ...], list[Tensor]] = {}
    for row in rows[:KEPT]:
        parts.setdefault(tuple(row.shape), []).append(row)
    return Usual(
        np.stack([middle(grid, axis=1) for grid in grids]),
        np.array([float(grid.shape[1]) for grid in grids]),
        tuple((torch.stack(part),) for part in parts.values()),
    )


# Baselines


def _kind(named: str, symbols: str, usual: Usual | None) -> str:
    """The baseline's name: as asked for; for symbols uniform, otherwise the mean of the reference, zero without one."""
    kind = named or ("uniform" if symbols else "mean" if usual is not None else "zero")
    known = SYMBOLS if symbols else CURVES
    if kind not in known:
        raise UnknownName("baseline of symbols" if symbols else "baseline of sequences", kind, known)
    if usual is None and kind in ("mean", "median"):
        raise UsageError(f"the baseline {kind!r} needs reference rows", remedy="give a reference, or choose zero")
    return kind


def _level(kind: str, channels: int, usual: Usual | None) -> Numbers:
    """A number per channel, on the scale of the network."""
    if kind == "uniform":
        return np.full(channels, 1 / channels)
    return np.zeros(channels) if kind == "zero" or usual is None else usual.level(kind)


def _baseline_of_inputs(
    given: Any, rows: Sequence[Tensor], section: SequenceSection, usual: Usual | None
) -> tuple[str, tuple[Tensor, ...]]:
    """The baseline's name, and one's own baselines, one per row; none of these when it has a name of its own."""
    if given is None or isinstance(given, str):
        whole = not rows[0].is_floating_point()
        kind = _kind(given or ("zero" if whole else ""), section.symbols, usual)
        if whole and kind != "zero":
            raise UsageError(f"the baseline {kind!r} of whole numbers", allowed="zero, or one's own")
        return kind, ()
    return "own", own_baselines(given, rows)


# From Python


def _usual_of_inputs(given: Any, section: SequenceSection, layout: Layout, channels: int, kind: str) -> Usual | None:
    if given is None:
        return None
    rows = rows_of(given, section, "reference")
    if any((row.ndim == 1) != (layout == "points") for row in rows) or any(
        len(taken_back(numbers_of(row), layout)) != channels for row in rows
    ):
        raise UsageError(
            f"reference has rows of shape {tuple(rows[0].shape)}", remedy="give it in the shape of the inputs"
        )
    if not all(row.isfinite().all() for row in rows):
        raise UsageError("the reference is not finite", allowed="finite numbers")
    return _usual(rows[:: -(-len(rows) // REFERENCE)], layout, kind)


def _shown(
    signals: Sequence[Signal], given: Given, section: SequenceSection, channels: Sequence[str], layout: Layout
) -> list[Signal]:
    """What a reader sees: the symbols, `raw`, or the inputs without the study's scale."""
    if section.symbols:
        return [Signal(each.values, decoded(each.values, section.symbols)) for each in signals]
    if given.raw is None:
        mean, std = _scale(section, channels)
        return [Signal(each.values * std[:, None] + mean[:, None]) for each in signals]
    found = [Signal(taken_back(numbers_of(row), layout)) for row in rows_of(given.raw, section, "raw")]
    if [each.values.shape for each in found] != [each.values.shape for each in signals]:
        raise UsageError("raw has another shape than the inputs", remedy="give the same rows, channels and points")
    return found
