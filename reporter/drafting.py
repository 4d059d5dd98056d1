"""`reporter init`: a first study, written by looking at a model and its data. What it guesses, it says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from reporter.errors import DataError, ModelError, listing
from reporter.loading import load_model
from reporter.model import Model
from reporter.prediction import Task
from reporter.reading import read_table
from reporter.study import DataSection, FeatureSection, ModelSection, Study
from reporter.table import Table, is_number
from reporter.templating import prose_environment

SOME_ROWS = 256  # enough to see what the outputs are
WIDEST = 2048  # columns tried when none of the guesses fits
MOST_CLASSES = 50  # a target column with more distinct values is no list of classes
TARGET_NAMES = ("target", "label", "class", "y", "outcome", "diagnosis", "response")
ID_NAMES = ("id", "key", "uuid", "index", "name")


@dataclass(frozen=True)
class Drafted:
    """A study as TOML, and in a sentence what was found."""

    toml: str
    summary: str


@dataclass(frozen=True)
class _Columns:
    features: tuple[str, ...]
    target: str
    id: str
    ignored: tuple[str, ...]


def draft_study(
    model: str, data: str, *, folder: Path, target: str = "", identity: str = "", factory: str = "", trust: bool = False
) -> Drafted:
    """A first study for a model and a data file; paths are written relative to `folder`.

    Columns are told apart by what the model accepts: it is run on rows of every width that could be the features.
    Raises ModelError when no choice of columns fits, DataError when a named column is not there.
    """
    section = ModelSection(path=_relative(model, folder), factory=factory)
    table = read_table(Path(data))
    for named in (target, identity):
        if named:
            table.column(named)
    loaded = load_model(Study(model=section, folder=folder), trust=trust)
    columns = _columns(loaded, table, target, identity)
    hint: Task | None = "classification" if _names_classes(table, columns.target) else None
    settled = replace(loaded, task=hint).settled((_rows(table, columns.features),))
    classes = _classes(settled, table, columns)
    drafted = Study(
        title=_title(Path(data)),
        task=settled.task,
        model=section.model_copy(update={"output": settled.output, "classes": list(classes)}),
        data=DataSection(path=_relative(data, folder), target=columns.target, id=columns.id, ignore=[*columns.ignored]),
        features={name: FeatureSection(kind=_kind(table, name)) for name in columns.features},
    )
    template = prose_environment().get_template("study.toml.j2")
    return Drafted(template.render(study=drafted) + "\n", _summary(settled, columns, len(table)))


def _columns(model: Model, table: Table, target: str, identity: str) -> _Columns:
    """Which columns the model takes: all that are numbers, without the target and the id, as far as its width says."""
    identity = identity or next((name for name in table.names if _is_id(name, table)), "")
    numeric = [name for name in table.names if name not in (identity, target) and table.column(name).dtype != object]
    others = [name for name in table.names if name not in (identity, target, *numeric)]
    if _accepts(model, len(numeric)):
        label = target or next((name for name in others if name.casefold() in TARGET_NAMES), (others or [""])[-1])
        return _Columns(tuple(numeric), label, identity, tuple(name for name in others if name != label))
    label = target or next((name for name in others if _names_classes(table, name)), "")
    if label and len(numeric) > 1 and _accepts(model, len(numeric) - 1):
        # The label is text, so the column too many is one that only counts the rows.
        counting = next((name for name in numeric if _counts_rows(name, table)), "")
        if counting:
            features = tuple(name for name in numeric if name != counting)
            return _Columns(features, label, counting, tuple(name for name in others if name != label))
    if not label and len(numeric) > 1 and _accepts(model, len(numeric) - 1):
        label = _predicted_column(model, table, numeric)
        return _Columns(tuple(name for name in numeric if name != label), label, identity, tuple(others))
    width = next((w for w in range(1, WIDEST) if _accepts(model, w)), None)
    takes = f"it takes {width} columns" if width else "it takes no table of numbers"
    raise ModelError(
        f"the model does not fit {table.name}: {takes}, and there are {len(numeric)} of numbers",
        allowed=f"numbers in {listing(numeric)}",
        remedy="name the label with --target and the id with --id, or leave out other columns",
    )


def _predicted_column(model: Model, table: Table, numeric: Sequence[str]) -> str:
    """The column the model predicts from all others: one named like a label, or the one its outputs follow most."""
    named = [name for name in numeric if name.casefold() in TARGET_NAMES]
    if named:
        return named[0]

    def fit(label: str) -> float:
        scores = model.evaluate((_rows(table, [name for name in numeric if name != label]),))
        truth = torch.from_numpy(table.numbers(label)[: len(scores)]).nan_to_num()
        columns = torch.corrcoef(torch.cat([truth[None], scores.T]))[0, 1:].abs()
        return float(columns.nan_to_num().max())

    return max(numeric, key=fit)


def _rows(table: Table, names: Sequence[str]) -> torch.Tensor:
    columns = [torch.from_numpy(table.numbers(name)[:SOME_ROWS]) for name in names]
    return torch.stack(columns, dim=1).to(torch.float32).nan_to_num()


def _names_classes(table: Table, target: str) -> bool:
    """Whether a column speaks of classes: text with few distinct values, or two numbers."""
    if not target:
        return False
    distinct = len(set(table.texts(target)))
    return distinct <= (min(MOST_CLASSES, len(table) - 1) if table.column(target).dtype == object else 2)


def _counts_rows(name: str, table: Table) -> bool:
    """Whether a column only numbers the rows: whole numbers, each one more than the one before."""
    numbers = table.numbers(name)
    return len(numbers) > 1 and bool((numbers[1:] - numbers[:-1] == 1).all())


def _title(data: Path) -> str:
    """The file's name, or its folder's where the file is just called data or test."""
    generic = data.stem.casefold() in ("data", "dataset", "test", "train", "valid", "validation")
    named = data.resolve().parent.name if generic else data.stem
    return named.replace("_", " ").replace("-", " ")


def _is_id(name: str, table: Table) -> bool:
    words = name.casefold().replace("_", " ").replace("-", " ").split()
    if not set(words) & set(ID_NAMES):
        return False
    cells = table.texts(name)
    return len(set(cells)) == len(cells) and None not in cells


def _accepts(model: Model, width: int) -> bool:
    """Whether the model runs on two rows of that width. Whatever it raises means no."""
    try:
        model.evaluate((torch.zeros(2, width),))
    except (ModelError, RuntimeError, ValueError, IndexError, TypeError, AssertionError, KeyError):
        return False
    return True


def _classes(model: Model, table: Table, columns: _Columns) -> tuple[str, ...]:
    """Class names from the label column when there are as many as the model has outputs, in the outputs' order."""
    target = columns.target
    if model.task != "classification":
        return ()
    found = {text for text in table.texts(target) if text is not None} if target else set()
    if len(found) != len(model.classes) or len(found) > MOST_CLASSES:
        return model.classes
    names = sorted(found, key=lambda text: (0, float(text), "") if is_number(text) else (1, 0.0, text))
    return _in_order_of_outputs(model, table, columns, names)


def _in_order_of_outputs(model: Model, table: Table, columns: _Columns, names: list[str]) -> tuple[str, ...]:
    """The classes in the order in which the outputs agree best with the labels, where that beats chance."""
    rows = _rows(table, columns.features)
    said = model.predicted(model.evaluate((rows,))).tolist()
    labels = table.texts(columns.target)[: len(rows)]
    together = {
        (index, name): sum(i == index and label == name for i, label in zip(said, labels, strict=True))
        for index in range(len(names))
        for name in names
    }
    order: dict[int, str] = {}
    for index, name in sorted(together, key=lambda pair: (-together[pair], pair[0], names.index(pair[1]))):
        if index not in order and name not in order.values():
            order[index] = name
    agreeing, sorted_agreeing = (sum(together[pair] for pair in pairs) for pairs in (order.items(), enumerate(names)))
    # On a scale that is not the network's all rows look alike, and some order always fits a little better: only one
    # that gets at least half of the way from the most frequent class to perfect is believed.
    chance = max(map(labels.count, names))
    clear = agreeing > sorted_agreeing and agreeing - chance >= (len(labels) - chance) / 2
    return tuple(order[index] for index in range(len(names))) if clear else tuple(names)


def _relative(given: str, folder: Path) -> str:
    """A path as seen from the study's folder; an import path as it is. Raises DataError for nothing."""
    if not given:
        raise DataError("an empty name", remedy="name a file")
    path = Path(given)
    if not path.exists():
        return given
    return Path(os.path.relpath(path, folder)).as_posix()


def _kind(table: Table, name: str) -> Literal["numeric", "category"]:
    values = {value for value in table.numbers(name).tolist() if value == value}  # NaN is not equal to itself
    few = len(values) <= 2 and len(table) >= 10 and all(float(value).is_integer() for value in values)
    return "category" if few else "numeric"


def _summary(model: Model, columns: _Columns, rows: int) -> str:
    told = f"{len(columns.features)} features, {rows} rows, {model.task}"
    if model.task == "classification":
        told += f" into {len(model.classes)} classes ({model.output})"
    label = f"the label is {columns.target!r}" if columns.target else "no label column"
    return f"{told}; {label}."
