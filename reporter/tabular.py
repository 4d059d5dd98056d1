"""Tabular data: rows of named columns. The scale a reader knows and the one the network sees meet here only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError
from reporter.feature import Feature
from reporter.heatmap import Heatmap
from reporter.model import Inputs, Instance
from reporter.rows import Numbers, Told
from reporter.words import Words

Cell = float | str | None

DRAWN = 50  # baselines of a distribution
PROBES = 32  # rows of each kind that are looked at
RESAMPLED_ROWS = 2_000  # of the reference at most; fewer rows only widen the intervals


@dataclass(frozen=True)
class Column:
    """What is known of one feature before any row is looked at."""

    id: str
    members: tuple[int, ...]  # its columns in the flattened input; more than one for a one-hot group
    member_ids: tuple[str, ...] = ()  # what its columns are called, when there are several
    kind: Literal["numeric", "category"] = "numeric"
    group: str = ""
    protected: bool = False
    decimals: int | None = None
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TableInstances(Sequence[Instance]):
    """The instances of many rows that lie side by side, each made when it is asked for."""

    ids: Sequence[str]
    given: Inputs  # each (rows, …), on the scale of the network
    values: Callable[[int], tuple[Cell, ...]]  # raw, of a row
    missing: np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # (rows, columns)
    truth: Callable[[int], str | float | None]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[row] for row in range(*place.indices(len(self)))]
        row = range(len(self))[place]
        return Instance(
            id=self.ids[row],
            inputs=tuple(each[row : row + 1] for each in self.given),
            values=self.values(row),
            missing=tuple(bool(each) for each in self.missing[row]),
            truth=self.truth(row),
        )

    def __iter__(self) -> Iterator[Instance]:
        return (self[row] for row in range(len(self)))


@dataclass(frozen=True, eq=False)
class Tabular:
    """The rows to explain, what is usual, what they are compared with, and what everything is called.

    `inputs`, `reference` and `baselines` are on the scale of the network; `values`, `usual` and `baseline_values` are
    raw. `scale` is how they belong together (raw = mean + std × network), None when only the caller knows.
    """

    modality: ClassVar[str] = "tabular"

    columns: tuple[Column, ...]
    instances: Sequence[Instance]
    baselines: Inputs  # each (1, …) or (rows, …)
    baseline_name: str  # median, mean, zero or own
    reference: Inputs | None = None  # each (reference rows, …)
    usual: Numbers | None = None  # (reference rows, columns), raw
    scale: tuple[Numbers, Numbers] | None = None  # mean and std, per column
    data: str = ""  # where the rows came from
    data_hash: str = ""

    def __len__(self) -> int:
        return len(self.instances)

    def inputs(self, rows: slice) -> Inputs:
        """The inputs of some instances, side by side."""
        if isinstance(self.instances, TableInstances):
            return tuple(each[rows] for each in self.instances.given)
        chosen = [instance.inputs for instance in self.instances[rows]]
        return tuple(torch.cat(parts) for parts in zip(*chosen, strict=True))

    def baselines_of(self, rows: slice) -> Inputs:
        """The baselines of the same instances, in the same shapes."""
        count = len(range(*rows.indices(len(self))))
        return tuple(each.expand(count, *each.shape[1:]) if len(each) == 1 else each[rows] for each in self.baselines)

    @property
    def at_once(self) -> int:
        return len(self.instances)  # all have the same columns and features

    @property
    def baseline_rows(self) -> int:
        if self.baseline_name == "distribution":
            return min(self.reference_rows, DRAWN)
        return self.reference_rows if self.baseline_name in ("median", "mean") else 0

    def mask_of(self, rows: slice) -> Tensor:  # noqa: ARG002 - the same for all
        """Which feature each column of the flattened input belongs to."""
        return self.mask

    @property
    def mask(self) -> Tensor:
        """Which feature each column of the flattened input belongs to."""
        found = torch.zeros(sum(len(column.members) for column in self.columns), dtype=torch.long)
        for feature, column in enumerate(self.columns):
            found[list(column.members)] = feature
        return found

    @property
    def reference_rows(self) -> int:
        return 0 if self.reference is None else len(self.reference[0])

    def distribution(self) -> Inputs:
        """Some reference rows, evenly spread, where the baseline is their distribution."""
        if self.baseline_name != "distribution" or self.reference is None:
            return ()
        count = self.reference_rows
        rows = np.unique(np.linspace(0, count - 1, min(count, DRAWN)).round().astype(int))
        return tuple(each[torch.from_numpy(rows)] for each in self.reference)

    def usual_inputs(self) -> list[Inputs]:
        """Reference rows as the network sees them."""
        return [self.reference] if self.reference is not None else []

    def probes(self) -> list[Inputs]:
        """Some rows, their baselines, some reference rows, and rows far outside all of them.

        Whole numbers beside others may be codes that the model looks up: these stay within what is there.
        """
        seen = [self.inputs(slice(0, PROBES)), tuple(each[:PROBES] for each in self.baselines)]
        seen += [tuple(each[:PROBES] for each in self.reference)] if self.reference is not None else []
        near = tuple(torch.cat(parts) for parts in zip(*seen, strict=True))
        fixed = tuple((each == each.round()).all(dim=0) for each in near)
        if all(bool(each.all()) for each in fixed):
            fixed = tuple(torch.zeros_like(each) for each in fixed)
        # Far outside, a probability stays between 0 and 1 and a logit does not.
        far = [
            tuple(_stretched(each, by, kept) for each, kept in zip(seen[0], fixed, strict=True)) for by in (-10.0, 10.0)
        ]
        return [near, tuple(torch.cat(parts) for parts in zip(*far, strict=True))]

    def resampled(self, rows: slice, repeats: int, seed: int) -> Inputs | None:  # noqa: ARG002 - the same for all
        """Baselines from `repeats` bootstrap samples of the reference rows; None without a reference.

        A baseline that is no centre of the reference (zero, or one's own) is shifted as the median is by resampling.
        """
        if self.reference is None or len(self.baselines[0]) > 1:
            return None
        generator = np.random.default_rng(seed)
        count = min(self.reference_rows, RESAMPLED_ROWS)
        given, codes = flat(self.reference), code_columns(self.columns)
        kind = self.baseline_name
        centres = np.stack(
            [centre(given[generator.integers(0, len(given), count)], kind, codes) for _ in range(repeats)]
        )
        if kind not in ("median", "mean"):
            own = flat(self.baselines)
            centres += own - centre(given, kind, codes)
            for members in codes:
                centres[:, list(members)] = own[:, list(members)]
        return self.split(centres)

    def split(self, values: Numbers) -> Inputs:
        """Flat rows of numbers as inputs, in the shapes and types of the baselines."""
        ends = np.cumsum([each[0].numel() for each in self.baselines])[:-1]
        return tuple(
            torch.from_numpy(np.ascontiguousarray(part)).reshape(len(values), *like.shape[1:]).to(like.dtype)
            for part, like in zip(np.split(values, ends, axis=1), self.baselines, strict=True)
        )

    def told(self, row: int, columns: Numbers) -> Told:
        """The features of one instance: its columns and one-hot groups."""
        mask = self.mask
        attributions = np.bincount(mask.numpy(), weights=columns, minlength=len(self.columns))
        return Told(self.features(row, attributions.tolist()), mask)

    def heatmaps(self, row: int, columns: Numbers, features: Sequence[Feature]) -> tuple[Heatmap, ...]:  # noqa: ARG002
        """None beside the bars."""
        return ()

    def features(self, row: int, attributions: Sequence[float]) -> list[Feature]:
        """The features of one instance with these attributions, one per feature, not yet ranked."""
        baselines = self._baseline_values(row)
        return [
            self._feature(column, self.instances[row], number, float(attributions[number]), baselines[number])
            for number, column in enumerate(self.columns)
        ]

    def _feature(self, column: Column, instance: Instance, number: int, attribution: float, baseline: Cell) -> Feature:
        value = instance.values[number]
        usual = self.usual[:, column.members[0]] if self.usual is not None and len(column.members) == 1 else None
        percentile: float | None = None
        ties = 0.0
        low: float | None = None
        high: float | None = None
        unseen = False
        if usual is not None and isinstance(value, float):
            ties = float(np.mean(usual == value))
            percentile = float(np.mean(usual < value) + ties / 2)
            low, high = float(usual.min()), float(usual.max())
            unseen = not low <= value <= high
        elif usual is not None and column.kind == "category" and self.scale is not None:
            mean, std = self.scale
            place = column.members[0]
            code = flat(instance.inputs)[0, place] * std[place] + mean[place]
            unseen = not bool(np.isclose(usual, code, atol=1e-6).any())
        return Feature(
            id=column.id,
            attribution=attribution,
            share=0.0,
            side_share=0.0,
            rank=0,
            value=value,
            baseline=baseline,
            percentile=percentile,
            ties=ties,
            low=low,
            high=high,
            out_of_range=unseen,
            missing=instance.missing[number],
            protected=column.protected,
            group=column.group,
            kind=column.kind,
            decimals=column.decimals,
            columns=column.members,
            words=column.words,
        )

    def _baseline_values(self, row: int) -> list[Cell]:
        if self.scale is not None:
            mean, std = self.scale
            each = tuple(b[row : row + 1] if len(b) > 1 else b for b in self.baselines)
            raw = flat(each)[0] * std + mean
        elif self.usual is not None and self.baseline_name in ("median", "mean"):
            raw = centre(self.usual, self.baseline_name, code_columns(self.columns))
        else:
            return [None] * len(self.columns)
        return [shown(column, raw) for column in self.columns]


def _stretched(inputs: Tensor, by: float, fixed: Tensor) -> Tensor:
    return torch.where(fixed, inputs, inputs * by) if inputs.is_floating_point() else inputs


def flat(inputs: Inputs) -> Numbers:
    """Several inputs (rows, …) side by side as (rows, columns)."""
    return np.concatenate(
        [each.reshape(len(each), -1).detach().cpu().to(torch.float64).numpy() for each in inputs], axis=1
    )


def code_columns(columns: Sequence[Column]) -> list[tuple[int, ...]]:
    """The columns that hold codes: one of a category, or all of a one-hot group, which only mean something together."""
    return [column.members for column in columns if column.kind == "category" or len(column.members) > 1]


def shown(column: Column, raw: Numbers) -> Cell:
    """The value a reader sees for a feature: a number, a code as text, or the name of the column that is on.

    None for several columns that are no one-hot code.
    """
    numbers = raw[list(column.members)]
    if len(numbers) > 1:
        on = np.flatnonzero(np.isclose(numbers, 1.0, atol=1e-6))
        off = np.isclose(numbers, 0.0, atol=1e-6)
        return column.member_ids[int(on[0])] if len(on) == 1 and off.sum() == len(numbers) - 1 else None
    # A value that went to the network's scale and back comes home with noise in its last digits.
    value = float(f"{float(numbers[0]):.12g}")
    if column.kind == "numeric":
        return value
    return column.member_ids[int(value)] if column.member_ids and value.is_integer() else f"{value:g}"


def centre(values: Numbers, kind: str, codes: Sequence[tuple[int, ...]]) -> Numbers:
    """The middle of each column: its mean, or its median for every other kind; cells that are missing do not count.

    Of columns that hold codes it is the most frequent combination, the lowest when several are; columns that were
    given as one feature but hold other numbers than 0 and 1 are no codes.
    """
    found = np.asarray(np.nanmean(values, axis=0) if kind == "mean" else np.nanmedian(values, axis=0))
    for members in codes:
        cells = values[:, list(members)]
        cells = cells[~np.isnan(cells).any(axis=1)]
        if len(cells) and (len(members) == 1 or np.isin(cells, (0.0, 1.0)).all()):
            rows, counts = np.unique(cells, axis=0, return_counts=True)
            found[list(members)] = rows[counts.argmax()]
    return found


def refuse_missing(values: Numbers, names: Sequence[str], rows: Sequence[int], where: str) -> None:
    """Raises DataError for the first cell that is not finite, by column and row."""
    places = np.argwhere(~np.isfinite(values))
    if not len(places):
        return
    row, column = places[0]
    what = "missing (NaN)" if np.isnan(values[row, column]) else "infinite"
    more = f", and so are {len(places) - 1} more cells" if len(places) > 1 else ""
    raise DataError(
        f"{where}: column {names[column]!r} in row {rows[row]} is {what}{more}",
        remedy='fill it in, or set missing = "median" under [data] in the study',
    )
