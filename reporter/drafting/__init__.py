"""`reporter init`: a first study, written by looking at a model and its data. What it guesses, it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reporter.drafting.columns import draft_table
from reporter.drafting.finding import Found
from reporter.drafting.pictures import draft_pictures, input_of
from reporter.drafting.sequences import SIGNALS, draft_sequences, symbol_column
from reporter.drafting.texts import draft_texts, text_column, tokenizer_beside
from reporter.drafting.trial import Asked
from reporter.errors import DataError, ModelError, ReporterError, UsageError, nearest
from reporter.loading import load_model
from reporter.reading import PICTURES, read_table
from reporter.study import DataSection, ModelSection, Study
from reporter.table import Table
from reporter.templating import prose_environment

GENERIC = ("data", "dataset", "test", "train", "valid", "validation")

Drafter = Callable[[Asked], Found]


@dataclass(frozen=True)
class Drafted:
    """A study as TOML, in a sentence what was found, and what is guessed."""

    toml: str
    summary: str
    guesses: tuple[str, ...] = ()


def draft_study(
    model: str, data: str, *, folder: Path, target: str = "", identity: str = "", factory: str = "", trust: bool = False
) -> Drafted:
    """A first study for a model and data; paths are written relative to `folder`.

    What the data are is told from what they look like; columns, sizes and axes from what the model accepts, which is
    run on some rows just as `reporter explain` would. Raises ModelError when nothing that was tried fits, DataError
    when a named column is not there.
    """
    _refuse_absent(model)
    section = ModelSection(path=_relative(model, folder), factory=factory)
    study = Study(
        title=_title(Path(data)), model=section, data=DataSection(path=_relative(data, folder)), folder=folder
    )
    # Asked of another study: this one has yet to be told what its data are.
    kind = Study(model=section, folder=folder).modality
    table = _read(Path(data), kind)
    for named in (target, identity):
        if named:
            table.column(named)
    _refuse_distant(model, factory, folder)
    asked = Asked(load_model(study, trust=trust), table, study, target, identity)
    try:
        found = _first(asked, kind)
    except ModelError:
        if kind != "tabular" or table.arrays or Path(data).suffix.lower() not in (".npy", ".npz"):
            raise
        found = _of_one_channel(asked, Path(data))
    guesses = tuple(map(_line, found.guesses))
    template = prose_environment().get_template("study.toml.j2")
    toml = template.render(study=found.study, guesses=guesses, folder=table.files)
    return Drafted(toml + "\n", f"{_line(found.told)}.", guesses)


def _read(path: Path, kind: str) -> Table:
    """The data; an array of rows × columns is a table, one of more dimensions holds pictures or sequences."""
    whole = path.suffix.lower() in (".npy", ".npz")
    table = read_table(path, arrays=True)
    flat = whole and all(array.ndim == 2 for array in table.arrays.values())
    return read_table(path) if flat and kind == "tabular" else table


def _of_one_channel(asked: Asked, path: Path) -> Found:
    """Rows × columns that are no table may be sequences without an axis for their channel."""
    sequences = replace(asked, table=read_table(path, arrays=True))
    try:
        return draft_sequences(sequences)
    except (ModelError, DataError) as error:
        raise ModelError(
            f"the model takes the numbers in {path.name} neither as columns nor as sequences: {error.problem}",
            remedy="save pictures and sequences of channels with an axis for the channels",
        ) from error


def _first(asked: Asked, kind: str) -> Found:
    """The draft of the first kind that works. Raises the error of the likeliest kind when none does."""
    first: ReporterError | None = None
    for drafter in _kinds(asked, kind):
        try:
            return drafter(asked)
        except (ModelError, DataError) as error:
            first = first or error
    raise first or ModelError("the model takes none of the data")


def _kinds(asked: Asked, kind: str) -> Iterator[Drafter]:
    """What the data may be, the likeliest first."""
    study, table = asked.study, asked.table
    if kind != "tabular":  # the model's own folder says so
        yield draft_texts if kind == "text" else draft_pictures
    elif table.arrays:
        yield from _kinds_of_arrays(table)
    elif table.files or input_of(table, (*PICTURES, *SIGNALS)):
        yield from _kinds_of_files(asked)
    elif tokenizer_beside(study) and text_column(table, asked.target):
        yield draft_texts
    elif symbol_column(table):
        yield draft_sequences
        yield draft_table
    else:
        yield draft_table


def _kinds_of_arrays(table: Table) -> Iterator[Drafter]:
    array = max(table.arrays.values(), key=lambda each: each.ndim)
    grey = array.dtype == np.uint8 or array.shape[-1] == array.shape[-2]
    if array.ndim == 4 or (array.ndim == 3 and grey):
        yield draft_pictures
    if array.ndim < 4:
        yield draft_sequences
    if array.ndim == 3 and not grey:
        yield draft_pictures


def _kinds_of_files(asked: Asked) -> Iterator[Drafter]:
    table = asked.table
    cell = str(table.column(input_of(table, (*PICTURES, *SIGNALS)))[0]).lower()
    if cell.endswith(PICTURES):
        yield draft_pictures
    elif cell.endswith((".txt", ".md")) and tokenizer_beside(asked.study):
        yield draft_texts
    else:
        yield draft_sequences
        if cell.endswith(".npy"):
            yield draft_pictures


def _title(data: Path) -> str:
    """The file's name, or its folder's where the file is just called data or test."""
    named = data.resolve().parent.name if data.stem.casefold() in GENERIC else data.resolve().stem
    return named.replace("_", " ").replace("-", " ")


def _relative(given: str, folder: Path) -> str:
    """A path as seen from the study's folder; an import path as it is. Raises DataError for nothing."""
    if not given:
        raise DataError("an empty name", remedy="name a file")
    path = Path(given)
    if not path.exists():
        return given
    return Path(os.path.relpath(path, folder)).as_posix()


def _refuse_absent(model: str) -> None:
    """A file that is not there, called as it was given: the loader would look for it beside the study."""
    path = Path(model)
    if path.exists() or not path.suffix or ":" in model:
        return
    near = nearest(path.name, [each.name for each in sorted(path.parent.iterdir())]) if path.parent.is_dir() else None
    raise ModelError(f"no such model: {model}", allowed=f"did you mean {path.parent / near}?" if near else "")


def _refuse_distant(model: str, factory: str, folder: Path) -> None:
    """Code is looked for beside the study; it often lies beside the model. Raises UsageError that says so."""
    file, place = (
        Path(*factory.partition(":")[0].split(".")).with_suffix(".py") if factory else None,
        Path(model).parent,
    )
    if file is not None and (place / file).is_file() and not (folder / file).is_file():
        raise UsageError(
            f"{file} lies beside the model, and is looked for beside the study",
            remedy=f"write the study there: -o {place / 'study.toml'}",
        )


def _line(text: str) -> str:
    """Names of columns and classes come from strangers' files: no line breaks, nothing that a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
