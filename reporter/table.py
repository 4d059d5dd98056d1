"""Columns by name, from a file or from Python: what every row is read from. No torch, no pandas."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from reporter.errors import DataError, UsageError, listing, nearest

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, all of one length: numbers or booleans as numpy has them, the rest as text or None."""

    columns: Mapping[str, Column]
    name: str = "the data"  # how errors call it
    hash: str = ""  # sha256 of the file
    arrays: Mapping[str, Column] = field(default_factory=dict)  # of more dimensions, rows first: pictures, sequences
    folder: Path = Path()  # where the files that cells name are
    files: bool = False  # the rows are the files of a folder

    def __len__(self) -> int:
        return len(next(iter([*self.columns.values(), *self.arrays.values()]), ()))

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def column(self, name: str) -> Column:
        """One column as read. Raises DataError that suggests the nearest name."""
        if name not in self.columns:
            near = nearest(name, self.columns)
            raise DataError(
                f"{self.name} has no column {name!r}",
                allowed=f"did you mean {near!r}?" if near else f"it has: {listing(self.columns)}",
            )
        return self.columns[name]

    def numbers(self, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """One column as float64, missing cells as NaN. Raises DataError that names the first cell that is no number."""
        cells = self.column(name)
        if cells.dtype != object:
            return cells.astype(np.float64)
        return np.array([self._number(name, row, cell) for row, cell in enumerate(cells)], dtype=np.float64)

    def texts(self, name: str) -> list[str | None]:
        """One column as text: whole numbers without a decimal point, missing cells as None."""
        return [as_text(cell) for cell in self.column(name).tolist()]

    def select(self, rows: Sequence[int] | np.ndarray[Any, Any] | slice) -> Table:
        """The same columns, only these rows."""
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        return replace(self, columns=columns, arrays={name: cells[rows] for name, cells in self.arrays.items()})

    def locate(
        self, *, row: int | None = None, rows: str = "", ids: Sequence[str] = (), id_column: str = ""
    ) -> list[int]:
        """Row numbers of `row`, of a range "A:B" (B not included), or of ids; all rows when nothing is asked for.

        Raises DataError for a row out of range and for an id that is not there, with the nearest ones.
        """
        if row is not None:
            return [self._in_range(row)]
        if rows:
            start, stop = self._bounds(rows)
            return list(range(start, stop))
        if ids:
            return [self._row_of(each, id_column) for each in ids]
        return list(range(len(self)))

    def labels(self, id_column: str = "") -> list[str]:
        """What each row is called: the cell of the id column, or its row number. Raises DataError for missing ids."""
        if not id_column:
            return [str(i) for i in range(len(self))]
        found = []
        for row, cell in enumerate(self.texts(id_column)):
            if cell is None:
                raise DataError(f"{self.name}: no id in column {id_column!r}, row {row}", remedy="give every row an id")
            found.append(cell)
        return found

    def _number(self, column: str, row: int, cell: object) -> float:
        if cell is None:
            return math.nan
        text = str(cell).strip()
        if text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        try:
            return float(text)
        except ValueError:
            hint = "write decimals with a point" if "," in text else "remove the column, or describe it as a category"
            raise DataError(
                f"{self.name}: {text!r} in column {column!r}, row {row}, is not a number", remedy=hint
            ) from None

    def _in_range(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise DataError(f"{self.name} has no row {row}", allowed=f"rows 0 to {len(self) - 1}")
        return row

    def _bounds(self, rows: str) -> tuple[int, int]:
        first, colon, last = rows.partition(":")
        try:
            start, stop = int(first or 0), int(last or len(self))
        except ValueError:
            colon = ""
        if not colon:
            raise UsageError(f"rows {rows!r} is not a range", allowed="A:B, from row A up to but not including row B")
        if not 0 <= start < stop <= len(self):
            raise DataError(
                f"{self.name} has no rows {rows}", allowed=f"rows 0 to {len(self) - 1}, written 0:{len(self)}"
            )
        return start, stop

    def _row_of(self, wanted: str, id_column: str) -> int:
        if not id_column:
            raise UsageError(
                f"cannot look for id {wanted!r}: no column holds ids",
                remedy="set `id` under [data] in the study, or use --row",
            )
        known = self.labels(id_column)
        places = [row for row, label in enumerate(known) if label == wanted]
        if not places:
            near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
            raise DataError(
                f"{self.name} has no id {wanted!r} in column {id_column!r}",
                allowed=f"near ones: {', '.join(near)}" if near else f"ids such as {listing(known, 3)}",
            )
        if len(places) > 1:
            raise DataError(
                f"{self.name}: id {wanted!r} stands in {len(places)} rows ({listing(map(str, places), 4)})",
                remedy="choose one with --row, or make the ids unique",
            )
        return places[0]


def as_text(cell: object) -> str | None:
    """A cell as a person would write it; None when it is missing."""
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def checked(table: Table) -> Table:
    """The table, when it has columns of one length and at least one row. Raises DataError."""
    if not table.columns and not table.arrays:
        raise DataError(f"{table.name} has no columns")
    lengths = {len(cells) for cells in [*table.columns.values(), *table.arrays.values()]}
    if len(lengths) > 1:
        raise DataError(f"{table.name}: columns of different lengths ({listing(map(str, sorted(lengths)))} rows)")
    if not len(table):
        raise DataError(f"{table.name} has a header but no rows", remedy="give at least one row")
    return table


def table_of(data: Any, names: Sequence[str] | None = None, *, name: str = "the data") -> Table:
    """A Table from a data frame, a mapping of columns, an array, or nested lists (rows × columns).

    Anything with `.columns` and item access counts as a data frame; pandas itself is not imported.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, Mapping):
        return checked(Table({str(key): _column(cells) for key, cells in data.items()}, name))
    if hasattr(data, "columns") and hasattr(data, "__getitem__") and not isinstance(data, np.ndarray):
        return checked(Table({str(key): _column(data[key]) for key in data.columns}, name))
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise DataError(f"{name}: rows of different lengths", allowed="rows × columns") from error
    if array.dtype == object:
        array = np.array([list(row) for row in array], dtype=object)
    return checked(Table(from_matrix(array, name, list(names) if names is not None else None), name))


def _column(cells: Any) -> Column:
    array = np.asarray(cells)
    if array.dtype.kind in "iufb":
        return array
    found = [None if _is_missing(cell) else cell for cell in array.tolist()]
    if all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in found):
        return np.array([math.nan if cell is None else cell for cell in found], dtype=np.float64)
    return np.array([None if cell is None else str(cell) for cell in found], dtype=object)


def _is_missing(cell: object) -> bool:
    # `cell != cell` is how NaN, NaT and pandas.NA can be told without importing what defines them.
    if cell is None or cell == "":
        return True
    try:
        return bool(cell != cell)
    except (TypeError, ValueError):
        return True


def from_matrix(array: Column, name: str, titles: Sequence[str] | None = None) -> dict[str, Column]:
    """The columns of a two-dimensional array by title; `column_1`, … when none are given."""
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(
            f"{name} has shape {array.shape}",
            allowed="rows × columns",
            remedy="images, texts and sequences are not supported yet",
        )
    titles = (
        [str(title) for title in titles] if titles is not None else [f"column_{i + 1}" for i in range(array.shape[1])]
    )
    if len(titles) != array.shape[1]:
        raise DataError(
            f"{name} has {array.shape[1]} columns but {len(titles)} names were given", remedy="one name per column"
        )
    double = next((title for i, title in enumerate(titles) if title in titles[:i]), None)
    if double is not None:
        raise DataError(f"{name} has two columns called {double!r}", remedy="rename one")
    return {title: _column(array[:, i]) for i, title in enumerate(titles)}


def is_number(text: object) -> bool:
    """Whether a text can be read as a number."""
    try:
        float(str(text))
    except ValueError:
        return False
    return True
