"""A first study of a table: which columns the model takes, by running it on rows of every width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from reporter.drafting.combining import draft_several
from reporter.drafting.finding import Found
from reporter.drafting.naming import MOST_CLASSES, TARGET_NAMES, is_id, is_prose, names_classes, order_of
from reporter.drafting.trial import REFUSALS, Asked, better, tried
from reporter.errors import ModelError, ReporterError, listing
from reporter.model import Model
from reporter.prediction import Task
from reporter.study import FeatureSection
from reporter.table import Table

SOME_ROWS = 256  # enough to see what the outputs are
STANDARDISED = "standardise = true: the labels agree clearly better with it; check how the network was trained"
TEXTS = "for texts, lay the tokenizer.json of the model beside it, or give a Hugging Face folder"
NAMES = "name the label with --target and the id with --id; several inputs are written as inputs = […] under [data]"
WIDEST = 2048  # columns tried when none of the guesses fits


@dataclass(frozen=True)
class _Columns:
    features: tuple[str, ...]
    target: str
    id: str
    ignored: tuple[str, ...]


def draft_table(asked: Asked) -> Found:
    """Columns of numbers as one input, else columns of all kinds as one or several.

    Raises ModelError when no choice of columns fits.
    """
    try:
        columns = _columns(asked.model, asked.table, asked.target, asked.identity)
    except ModelError as refused:
        found = draft_several(asked)
        if found is None:
            raise refused from None
        return found
    return _of_numbers(asked, columns)


def _of_numbers(asked: Asked, columns: _Columns) -> Found:
    table, study = asked.table, asked.study
    hint: Task | None = "classification" if names_classes(table, columns.target) else None
    settled = replace(asked.model, task=hint).settled((_rows(table, columns.features),))
    classes = _classes(settled, table, columns)
    drafted = study.model_copy(
        update={
            "task": settled.task,
            "model": study.model.model_copy(update={"output": settled.output, "classes": list(classes)}),
            "data": study.data.model_copy(
                update={"target": columns.target, "id": columns.id, "ignore": [*columns.ignored]}
            ),
            "features": {name: FeatureSection(kind=_kind(table, name)) for name in columns.features},
        }
    )
    found = Found(drafted, _summary(settled, columns, len(table)), _guesses(columns, settled))
    return _scaled(asked, found) if settled.task == "classification" and columns.target else found


def _scaled(asked: Asked, found: Found) -> Found:
    """The same, with the numbers standardised where the labels then agree clearly better."""
    standardised = found.study.data.model_copy(update={"standardise": True})
    blank = found.study.model_copy(update={"model": asked.study.model})
    try:
        first = tried(asked, blank)
        best = better(asked, first, [blank.model_copy(update={"data": standardised})])
    except ReporterError:
        return found  # cells are missing, say: what to do about them is for the study
    if best.agreement is None:
        return found
    told = f"{found.told}, and the model agrees with it in {best.agreement:.0%} of {best.rows} rows"
    if best is first:
        return replace(found, told=told)
    _, *others = found.guesses
    return Found(best.study, told, (STANDARDISED, *others))


def _guesses(columns: _Columns, model: Model) -> tuple[str, ...]:
    found = ["the network sees the numbers as they stand: set standardise, or mean and std, if it was trained so"]
    if model.task == "classification":
        found.append("the order of the classes, as far as the labels show it")
    if columns.ignored:
        found.append(f"columns that are no numbers are left out: {listing(columns.ignored)}")
    return tuple(found)


def _columns(model: Model, table: Table, target: str, identity: str) -> _Columns:
    """Which columns the model takes: all that are numbers, without the target and the id, as far as its width says."""
    identity = identity or next((name for name in table.names if is_id(name, table)), "")
    numeric = [name for name in table.names if name not in (identity, target) and table.column(name).dtype != object]
    others = [name for name in table.names if name not in (identity, target, *numeric)]
    if _accepts(model, len(numeric)):
        label = target or next((name for name in others if name.casefold() in TARGET_NAMES), (others or [""])[-1])
        return _Columns(tuple(numeric), label, identity, tuple(name for name in others if name != label))
    label = target or next((name for name in others if names_classes(table, name)), "")
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
    sentences = any(is_prose(table, name) for name in table.names)
    raise ModelError(
        f"the model does not fit {table.name}: {takes}, and there are {len(numeric)} of numbers",
        allowed=f"numbers in {listing(numeric)}" if numeric else "",
        remedy=TEXTS if sentences else NAMES,
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


def _counts_rows(name: str, table: Table) -> bool:
    """Whether a column only numbers the rows: whole numbers, each one more than the one before."""
    numbers = table.numbers(name)
    return len(numbers) > 1 and bool((numbers[1:] - numbers[:-1] == 1).all())


def _accepts(model: Model, width: int) -> bool:
    """Whether the model runs on two rows of that width. Whatever it raises means no."""
    try:
        model.evaluate((torch.zeros(2, width),))
    except REFUSALS:
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
    rows = _rows(table, columns.features)
    said = model.predicted(model.evaluate((rows,))).tolist()
    return order_of(said, table.texts(target)[: len(rows)], found)


def _kind(table: Table, name: str) -> Literal["numeric", "category"]:
    values = {value for value in table.numbers(name).tolist() if value == value}  # NaN is not equal to itself
    few = len(values) <= 2 and len(table) >= 10 and all(float(value).is_integer() for value in values)
    return "category" if few else "numeric"


def _summary(model: Model, columns: _Columns, rows: int) -> str:
    told = f"{len(columns.features)} features, {rows} rows, {model.task}"
    if model.task == "classification":
        told += f" into {len(model.classes)} classes ({model.output})"
    label = f"the label is {columns.target!r}" if columns.target else "no label column"
    return f"{told}; {label}"
