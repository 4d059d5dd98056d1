"""What a study and its tables say → the rows of a modality, ready to be explained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError, StudyError, UnknownName, listing, nearest
from reporter.model import Inputs
from reporter.rows import Numbers
from reporter.sources import recorded
from reporter.study import Study
from reporter.table import Table, is_number
from reporter.tabular import (
    Column,
    TableInstances,
    Tabular,
    centre,
    code_columns,
    flat,
    refuse_missing,
    shown,
)

BASELINES = ("median", "mean", "zero", "nearest", "distribution")
LARGEST = float(np.finfo(np.float32).max)  # that a network can be given; what is larger marks a cell without a value


def rows_of_study(
    study: Study, table: Table, rows: Sequence[int], *, reference: Table | None = None, baseline: str = ""
) -> Tabular:
    """The chosen rows of a study's table; `reference` says what is usual, the table itself when there is none.

    Raises DataError for missing columns and cells, StudyError for a scale that does not fit.
    """
    names = feature_names(study, table)
    singles = tuple(column_of(study, name, i) for i, name in enumerate(names))
    columns, layout = _grouped(study, singles), _layout(study, singles)
    usual_table = reference if reference is not None else table
    usual = _raw(singles, usual_table)
    raw = _raw(singles, table)[list(rows)]
    missing = np.isnan(raw)
    if study.data.missing == "error":
        refuse_missing(raw, names, rows, table.name)
        refuse_missing(usual, names, range(len(usual)), usual_table.name)
    else:
        middle = centre(usual, study.data.missing, code_columns(columns))
        raw, usual = np.where(missing, middle, raw), np.where(np.isnan(usual), middle, usual)
        refuse_missing(raw, names, rows, table.name)
        refuse_missing(usual, names, range(len(usual)), usual_table.name)
    scale = _scale(study, usual, names)
    for part in layout:
        if part.whole:  # indexes are looked up as they are
            scale[0][part.columns], scale[1][part.columns] = 0.0, 1.0
    kind = baseline or study.baseline or BASELINES[0]
    network = (raw - scale[0]) / scale[1]
    reference_inputs = tuple(part.taken((usual - scale[0]) / scale[1]) for part in layout)
    ids = table.labels(study.data.id)
    return Tabular(
        columns=columns,
        instances=TableInstances(
            ids=[ids[row] for row in rows],
            given=tuple(part.taken(network) for part in layout),
            values=lambda place: tuple(shown(column, raw[place]) for column in columns),
            missing=missing,
            truth=lambda place: recorded(study, table, rows[place]),
        ),
        baselines=named_baseline(kind, reference_inputs, columns),
        baseline_name=kind,
        reference=reference_inputs,
        usual=usual,
        scale=scale,
        data=study.data.path,
        data_hash=table.hash,
    )


def readable(study: Study, table: Table, names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Per row: whether the model could be given it; cells of the columns `names` that cannot be read are no error."""
    found = np.ones(len(table), dtype=bool)
    for place, name in enumerate(names):
        column = column_of(study, name, place)
        cells = table.column(name)
        if column.member_ids:
            known = {*column.member_ids, *([None] if study.data.missing != "error" else [])}
            found &= np.array([text in known for text in table.texts(name)], dtype=bool)
            continue
        numbers = cells.astype(np.float64) if cells.dtype != object else np.array([_lenient(c) for c in cells])
        found &= (np.abs(numbers) <= LARGEST) | (np.isnan(numbers) & (study.data.missing != "error"))
    return found


def _lenient(cell: object) -> float:
    """A cell as a number: NaN where it is missing, infinite where it is none."""
    if cell is None:
        return math.nan
    text = str(cell).strip().lower()
    if text in ("true", "false"):
        return float(text == "true")
    return float(text) if is_number(text) else math.inf


def feature_names(study: Study, table: Table) -> list[str]:
    """The columns the model sees, in its order: the study's when it lists them all, else the table's."""
    aside = [name for name in (study.data.target, study.data.id, *study.data.ignore) if name]
    groups = {name: section.columns for name, section in study.features.items() if section.columns}
    singles = [name for name in study.features if name not in groups]
    for name in [*aside, *singles, *(column for members in groups.values() for column in members)]:
        table.column(name)  # raises with the nearest name
    if study.data.inputs:
        return _listed(study, table)
    found = [name for name in table.names if name not in aside]
    if not found:
        raise DataError(
            f"{table.name} has no columns left to explain", remedy="check target, id and ignore under [data]"
        )
    listed = [column for name in study.features for column in groups.get(name, [name]) if column not in aside]
    return listed if set(listed) == set(found) else found


def _listed(study: Study, table: Table) -> list[str]:
    """The columns of a model of several inputs, in their order."""
    names = [name for part in study.data.inputs for name in ([part] if isinstance(part, str) else part)]
    for name in names:
        table.column(name)
    double = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if double is not None or any(not part for part in study.data.inputs):
        raise StudyError(
            f"inputs under [data] {f'name {double!r} twice' if double else 'hold an empty list'}",
            allowed="each column once",
        )
    return names


@dataclass(frozen=True)
class Part:
    """One input of a model: which columns it takes, as what."""

    columns: list[int]
    whole: bool  # numbers that are looked up: categories and indexes
    vector: bool  # one number a row, not a row of one

    def taken(self, network: Numbers) -> Tensor:
        """Its columns of rows on the scale of the network."""
        chosen = torch.from_numpy(np.ascontiguousarray(network[:, self.columns]))
        chosen = chosen.round().long() if self.whole else chosen
        return chosen[:, 0] if self.vector else chosen


def _layout(study: Study, columns: Sequence[Column]) -> list[Part]:
    """The inputs of the model. Those of categories alone are whole numbers when there are several inputs."""
    if not study.data.inputs:
        return [Part(list(range(len(columns))), whole=False, vector=False)]
    found, start = [], 0
    for part in study.data.inputs:
        width = 1 if isinstance(part, str) else len(part)
        places = list(range(start, start + width))
        whole = all(columns[place].kind == "category" for place in places)
        found.append(Part(places, whole=whole, vector=isinstance(part, str)))
        start += width
    return found


def _grouped(study: Study, singles: Sequence[Column]) -> tuple[Column, ...]:
    """The features: single columns, and one-hot columns that a study makes one, where the first of them stands."""
    group_of = {column: name for name, section in study.features.items() for column in section.columns}
    found: dict[str, Column] = {}
    for column in singles:
        name = group_of.get(column.id)
        if name is None:
            found[column.id] = column
            continue
        whole = found.get(name) or replace(column_of(study, name, 0), members=(), member_ids=(), kind="category")
        meant = column.id.removeprefix(name).lstrip("_=:. ") or column.id
        members, ids = (*whole.members, *column.members), (*whole.member_ids, meant)
        found[name] = replace(whole, members=members, member_ids=ids)
    return tuple(found.values())


def column_of(study: Study, name: str, place: int) -> Column:
    """What a study says of one column."""
    section = study.features.get(name)
    words = study.feature_words(name)
    if section is None:
        return Column(name, (place,), words=words)
    codes = next((tuple(each.values) for each in words.values() if each.values), ())
    texts = codes if section.kind == "category" and not all(is_number(code) for code in codes) else ()
    return Column(
        name,
        (place,),
        member_ids=texts,
        kind=section.kind,
        group=section.group,
        protected=section.protected,
        decimals=section.decimals,
        words=words,
    )


def _raw(columns: Sequence[Column], table: Table) -> Numbers:
    """(rows, columns): numbers as they stand, texts of categories as the place of their code in the study."""
    return np.stack(
        [_coded(column, table) if column.member_ids else _numbers(column, table) for column in columns], axis=1
    )


def _numbers(column: Column, table: Table) -> Numbers:
    try:
        return table.numbers(column.id)
    except DataError as error:
        if column.kind == "category":
            raise DataError(
                error.problem, remedy=f"list its codes in the model's order under [features.{column.id}.values]"
            ) from error
        raise


def _coded(column: Column, table: Table) -> Numbers:
    places: dict[str | None, float] = {code: float(place) for place, code in enumerate(column.member_ids)}
    places[None] = np.nan
    found = []
    for row, text in enumerate(table.texts(column.id)):
        if text not in places:
            near = nearest(str(text), column.member_ids)
            raise DataError(
                f"{table.name}: {text!r} in column {column.id!r}, row {row}, is none of its codes",
                allowed=f"did you mean {near!r}?" if near else listing(column.member_ids),
                remedy="add it to the values of the feature in the study",
            )
        found.append(places[text])
    return np.array(found)


def _scale(study: Study, usual: Numbers, names: Sequence[str]) -> tuple[Numbers, Numbers]:
    data, width = study.data, len(names)
    if data.standardise and (data.mean or data.std):
        raise StudyError("standardise and mean/std are both given under [data]", remedy="keep one of them")
    if data.standardise:
        mean, std = usual.mean(axis=0), usual.std(axis=0)
        return mean, np.where(std > 0, std, 1.0)  # a constant column stays constant, as in scikit-learn
    mean, std = np.array(data.mean or [0.0] * width), np.array(data.std or [1.0] * width)
    for key, given in (("mean", mean), ("std", std)):
        if len(given) != width:
            raise StudyError(
                f"{len(given)} values in {key} under [data], but {width} features",
                allowed=f"one each: {listing(names)}",
            )
    if not (std > 0).all():
        raise StudyError("a value in std under [data] is not above 0", remedy="use 1 for a constant column")
    return mean, std


def named_baseline(kind: str, reference: Inputs, columns: Sequence[Column]) -> Inputs:
    """One baseline row by its name, from reference rows on the scale of the network. Raises UnknownName."""
    if kind not in BASELINES:
        raise UnknownName("baseline", kind, BASELINES)
    # The nearest row of another class is found once the model is known; till then the median stands in its place. Where
    # a distribution is compared with, the median is what features are reset to.
    if kind == "zero":
        return tuple(torch.zeros_like(each[:1]) for each in reference)
    middle = centre(flat(reference), kind, code_columns(columns))[None]
    ends = np.cumsum([each[0].numel() for each in reference])[:-1]
    return tuple(
        torch.from_numpy(np.ascontiguousarray(part)).to(device=like.device, dtype=like.dtype).reshape(like[:1].shape)
        for part, like in zip(np.split(middle, ends, axis=1), reference, strict=True)
    )
