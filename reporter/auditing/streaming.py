"""Streaming: the rows of a night, read part by part, so that memory does not grow with their number. No torch.

Parquet is read by its row groups. Large files of other kinds, and Parquet in row groups too large to hold, are first
copied into Parquet of the right parts beside the results; the copy goes when the run is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from reporter.errors import DataError, OutputError, first_line
from reporter.reading import csv_delimiter, from_arrow, hash_of_file, read_table
from reporter.table import Table

WHOLE = 32 * 1024**2  # bytes of a file that every worker may read as a whole
TEXT_BLOCK = 4 * 1024**2
# Else pyarrow holds on to every column chunk that it has read of a file.
READ: dict[str, Any] = {"pre_buffer": False, "buffer_size": 64 * 1024}
_COLUMN = re.compile(r"column #(\d+)")
_CHANGED = re.compile(r"Column\(/(.+?)\) changed from null to (\w+)")


class Stream(Protocol):
    """Rows of one file, by number."""

    @property
    def names(self) -> list[str]: ...

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int) -> Table:
        """The rows from `start` up to, not including, `stop`."""
        ...


@dataclass(frozen=True, eq=False)
class Whole:
    """A table that is small enough to be held."""

    table: Table

    @property
    def names(self) -> list[str]:
        return self.table.names

    def __len__(self) -> int:
        return len(self.table)

    def read(self, start: int, stop: int) -> Table:
        return self.table.select(slice(start, stop))


class Parquet:
    """A Parquet file, of which only the row groups that hold the rows asked for are read."""

    def __init__(self, path: Path, name: str = "") -> None:
        from pyarrow import ArrowException, parquet

        try:
            self._file = parquet.ParquetFile(path, **READ)
        except (ArrowException, OSError) as error:
            raise DataError(f"cannot read {name or path}: {first_line(error)}") from error
        self._name, self._folder = name or str(path), path.parent
        sizes = [self._file.metadata.row_group(i).num_rows for i in range(self._file.metadata.num_row_groups)]
        self.largest = max(sizes, default=0)
        self._starts = [0, *accumulate(sizes)]
        self.names: list[str] = [name.strip().removeprefix("\ufeff") for name in self._file.schema_arrow.names]

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, start: int, stop: int) -> Table:
        from pyarrow import ArrowException

        groups = [
            i
            for i, (low, high) in enumerate(zip(self._starts, self._starts[1:], strict=False))
            if low < stop and high > start
        ]
        try:
            read = self._file.read_row_groups(groups, use_threads=False)
        except ArrowException as error:
            raise DataError(f"cannot read {self._name}, rows {start} to {stop}: {first_line(error)}") from error
        first = self._starts[groups[0]] if groups else 0
        columns = from_arrow(read.slice(start - first, stop - start), self._name)
        return Table(columns, self._name, folder=self._folder)


def stream_of(path: Path, *, texts: Sequence[str] = (), arrays: bool = False, copy: Path | None = None) -> Stream:
    """The rows of a data file, or of its `copy` where one was made."""
    if copy is not None:
        return Parquet(copy, str(path))
    if not path.is_file() or path.suffix.lower() != ".parquet":
        return Whole(read_table(path, texts=texts, arrays=arrays))
    return Parquet(path)


def copied(path: Path, folder: Path, rows: int, texts: Sequence[str] = ()) -> Path | None:
    """A copy of a large data file as Parquet in parts of `rows`, in a folder; None where none is needed.

    Raises DataError for what cannot be read, OutputError where there is no room for it.
    """
    kind = path.suffix.lower()
    if kind == ".parquet":
        if not path.is_file() or Parquet(path).largest <= 2 * rows:
            return None
    elif not path.is_file() or kind not in (".csv", ".tsv", ".jsonl", ".ndjson") or path.stat().st_size <= WHOLE:
        return None
    import pyarrow as pa
    from pyarrow import parquet

    target = folder / f"{hash_of_file(path)[:16]}-{rows}.parquet"
    if target.is_file():
        return target
    beside = target.with_suffix(".part")
    writer: Any = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in _tables(path, rows, list(texts)):
            writer = writer or parquet.ParquetWriter(beside, table.schema)
            writer.write_table(table, row_group_size=rows)
        if writer is None:
            raise DataError(f"{path} has a header but no rows", remedy="give at least one row")
        writer.close()
        beside.replace(target)
    except pa.ArrowException as error:
        raise DataError(f"{path} is not a table: {first_line(error)}") from error
    except OSError as error:
        raise OutputError(f"cannot write {beside}: {error.strerror or error}", remedy="free some space") from error
    finally:
        if writer is not None and writer.is_open:
            writer.close()
        beside.unlink(missing_ok=True)
    return target


def _tables(path: Path, rows: int, texts: list[str]) -> Iterator[Any]:
    """Arrow tables of exactly `rows` rows, the last one fewer."""
    import pyarrow as pa

    held: list[Any] = []
    count = 0
    for batch in _batches(path, texts, rows):
        held.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(held)
            yield table.slice(0, rows)
            held, count = table.slice(rows).combine_chunks().to_batches(), count - rows
    if count:
        yield pa.Table.from_batches(held)


def _batches(path: Path, texts: list[str], rows: int) -> Iterator[Any]:
    """Arrow batches of a file; of text, a column that turns out to hold other things than it began with is text."""
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        yield from parquet.ParquetFile(path, **READ).iter_batches(batch_size=min(rows, 65_536), use_threads=False)
        return
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        names = _json(path, {}).schema.names  # types that are given would change the order
        for batch in _json(path, _json_types(path)):
            yield batch.select(names)
        return
    yield from _csv(path, _csv_types(path, texts))


def _csv_types(path: Path, texts: list[str]) -> dict[str, Any]:
    """The types of the columns of a CSV file, found by reading it."""
    import pyarrow as pa

    types: dict[str, Any] = {name: pa.string() for name in texts}
    names = _csv(path, types).schema.names
    for _ in range(2 * len(names) + 1):
        try:
            reader = _csv(path, types)
            for name, kind in zip(reader.schema.names, reader.schema.types, strict=True):
                # Whole numbers may get a decimal point further down, and what begins empty is numbers first.
                vague = pa.types.is_integer(kind) or pa.types.is_null(kind)
                types.setdefault(name, pa.float64() if vague else kind)
            for _batch in _csv(path, types):
                pass
        except pa.ArrowInvalid as error:
            place = _COLUMN.search(str(error))
            if place is None or int(place[1]) >= len(names) or types.get(names[int(place[1])]) == pa.string():
                raise
            types[names[int(place[1])]] = pa.string()
        else:
            return types
    return types


def _json_types(path: Path) -> dict[str, Any]:
    """The types of the fields of JSON lines that begin with nothing; all others are told by the first block."""
    import pyarrow as pa

    types: dict[str, Any] = {}
    while True:
        try:
            for _batch in _json(path, types):
                pass
        except pa.ArrowInvalid as error:
            found = _CHANGED.search(str(error))
            if found is None or found[1] in types:
                raise
            types[found[1]] = pa.string() if found[2] == "string" else pa.float64()
        else:
            return types


def _json(path: Path, types: dict[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import json

    return json.open_json(
        path,
        read_options=json.ReadOptions(use_threads=False, block_size=TEXT_BLOCK),
        parse_options=json.ParseOptions(explicit_schema=pa.schema(list(types.items())) if types else None),
    )


def _csv(path: Path, types: dict[str, Any]) -> Any:
    from pyarrow import csv

    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=TEXT_BLOCK),
        parse_options=csv.ParseOptions(delimiter=csv_delimiter(path)),
        convert_options=csv.ConvertOptions(true_values=[], false_values=[], column_types=types),
    )
