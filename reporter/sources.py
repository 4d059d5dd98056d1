"""Sources: what images, texts and sequences are read from, found before anything is decoded. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reporter.errors import DataError, listing
from reporter.study import Study
from reporter.table import Table, as_text

Source = str | Path | np.ndarray[Any, Any]  # a text, a file, or the numbers themselves

TEXTS = (".txt", ".md")


def sources_of(study: Study, table: Table, rows: Sequence[int]) -> list[Source]:
    """Where the input of each row is: a text, an existing file, or an array, by the column or array that holds it.

    Raises DataError when it cannot be told which column that is, when a cell is empty, or a file is not there.
    """
    name = _column(study, table)
    if name in table.arrays:
        return [table.arrays[name][row] for row in rows]
    cells = table.texts(name)
    return [_source(study, table, name, row, cells[row]) for row in rows]


def present(study: Study, table: Table, rows: Sequence[int]) -> list[int]:
    """Those of the rows whose input is there: what one lacks is no reason to say nothing of the others."""
    name = _column(study, table)
    if name in table.arrays:
        return list(rows)
    cells = table.texts(name)

    def there(row: int) -> bool:
        try:
            _source(study, table, name, row, cells[row])
        except DataError:
            return False
        return True

    return [row for row in rows if there(row)]


def _column(study: Study, table: Table) -> str:
    """The column or array that holds the inputs: the study's, or the only one that can."""
    if study.data.input:
        if study.data.input not in table.arrays:
            table.column(study.data.input)  # raises with the nearest name
        return study.data.input
    aside = (study.data.target, study.data.id, *study.data.ignore)
    found = list(table.arrays) or [
        name for name in table.names if name not in aside and table.column(name).dtype == object
    ]
    if len(found) != 1:
        raise DataError(
            f"{table.name} does not say which column holds the inputs",
            allowed=f"one of {listing([*table.arrays, *table.names])}",
            remedy="set input under [data]",
        )
    return found[0]


def _source(study: Study, table: Table, name: str, row: int, cell: str | None) -> Source:
    if cell is None:
        raise DataError(f"{table.name}: row {row} has nothing in column {name!r}", remedy="leave the row out")
    if study.modality == "text" and not table.files:
        return cell
    if study.modality == "sequence" and study.sequence.symbols and not table.files:
        return cell
    path = table.folder / cell
    try:
        inside = any(path.resolve().is_relative_to(root.resolve()) for root in (table.folder, study.folder))
        exists = inside and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, links that lead in a circle
        inside, exists = True, False
    if not inside:
        raise DataError(
            f"{table.name}: the file in row {row} lies outside of the data: {cell}",
            allowed="files below the folder of the table or of the study",  # a table from elsewhere reads no other file
            remedy="copy it there, or name it with --input",
        )
    if not exists:
        raise DataError(f"{table.name}: no such file in row {row}: {path}", remedy="paths start at the table's folder")
    return path


def recorded(study: Study, table: Table, row: int) -> str | float | None:
    """The label or the value on record for a row, as a class is called or as a number; None where there is none."""
    if not study.data.target:
        return None
    cell = table.column(study.data.target)[row]
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if study.task == "regression":
        return None if cell is None or np.isnan(float(cell)) else float(cell)
    return as_text(cell)
