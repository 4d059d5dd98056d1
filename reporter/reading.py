"""Data files → a Table, with sizes bounded before anything is decoded. No torch, no pandas.

CSV, TSV, Parquet and JSON lines are read by pyarrow; .npy and .npz by numpy without pickles, after a look at the
header.
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from reporter.errors import DataError, first_line, nearest
from reporter.table import Column, Table, checked, from_matrix, is_number

MAX_BYTES = 4 * 1024**3  # of a data file
MAX_CELLS = 200_000_000  # rows × columns, 1.6 GB as numbers
MAX_COLUMNS = 100_000
MAX_FILES = 1_000_000
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
FILES = (*PICTURES, ".npy", ".txt", ".md")  # that hold one input each


def read_table(path: Path, *, texts: Iterable[str] = (), arrays: bool = False) -> Table:
    """Read a data file by its suffix; the columns named in `texts` stay as written (an id "007" keeps its zeros).

    With `arrays`, .npy and .npz may hold pictures or sequences, rows first, and a folder is read as a table of its
    files: `file`, `id` (without suffix), and `label` where the files lie in one folder a class.
    Raises DataError for a missing, empty, ragged, too large or unreadable file, and names the nearest file there is.
    """
    if arrays and path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise DataError(f"no such data file: {path}", allowed=_beside(path))
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"cannot read {path.name}: unknown suffix {path.suffix!r}", allowed=f"known: {', '.join(READERS)}"
        )
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"{path} has {size} bytes", allowed=f"at most {MAX_BYTES}", remedy="split the file")
    if not size:
        raise DataError(f"{path} is empty", remedy="give a file with a header line and at least one row")
    try:
        if arrays and path.suffix.lower() in (".npy", ".npz"):
            columns, inside = _read_arrays(path)
        else:
            columns, inside = (_read_csv(path, tuple(texts)) if reader is _read_csv else reader(path)), {}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return checked(Table(columns, str(path), hash_of_file(path), arrays=inside, folder=path.parent))


def _read_folder(folder: Path) -> Table:
    """A folder as a table of its files, in the order of their names; sub-folders are labels."""
    found = sorted(
        path
        for pattern in ("*", "*/*")
        for path in folder.glob(pattern)
        if path.is_file() and path.suffix.lower() in FILES and not path.name.startswith(".")
    )
    if not found:
        raise DataError(f"{folder} holds no files that can be read", allowed=f"files ending in {', '.join(FILES)}")
    if len(found) > MAX_FILES:
        raise DataError(
            f"{folder} holds {len(found)} files", allowed=f"at most {MAX_FILES}", remedy="name them in a table"
        )
    names = [path.relative_to(folder) for path in found]
    ids = [name.with_suffix("").as_posix() for name in names]
    if len(set(ids)) < len(ids):  # two files that differ by suffix alone
        ids = [name.as_posix() for name in names]
    columns = {"id": np.array(ids, dtype=object), "file": np.array([name.as_posix() for name in names], dtype=object)}
    if all(len(name.parts) > 1 for name in names):
        columns["label"] = np.array([name.parts[0] for name in names], dtype=object)
    return Table(columns, str(folder), "", folder=folder, files=True)


def _read_arrays(path: Path) -> tuple[dict[str, Column], dict[str, Column]]:
    """Columns and arrays of an .npy or .npz: what has two dimensions or more holds one input a row."""
    loaded = {"inputs": read_array(path)} if path.suffix.lower() == ".npy" else _zipped(path, most=4)
    inside = {name: array for name, array in loaded.items() if array.ndim > 1}
    length = len(next(iter(inside.values()))) if inside else 0
    wrong = [name for name, array in loaded.items() if array.ndim and len(array) != length]
    if not inside or wrong:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in loaded.items())
        raise DataError(f"{path} holds {shapes}", allowed="one input a row, and columns of as many rows")
    flat = {name: array for name, array in loaded.items() if array.ndim == 1}
    columns = {name: a if a.dtype.kind in "iufb" else a.astype(object) for name, a in flat.items()}
    return columns, inside


def _bounded(name: str, rows: int, columns: int) -> None:
    if columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise DataError(
            f"{name} has {rows} × {columns} cells",
            allowed=f"at most {MAX_CELLS} cells and {MAX_COLUMNS} columns",
            remedy="split the file",
        )


def hash_of_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist either"
    near = nearest(path.name, [entry.name for entry in sorted(path.parent.iterdir())[:1000]])
    return f"did you mean {path.parent / near}?" if near else ""


def csv_delimiter(path: Path) -> str:
    """What stands between the cells. Raises DataError where the first line is no header."""
    with path.open("rb") as file:
        first = file.readline(4_000_000)
    delimiter = b"\t" if path.suffix.lower() == ".tsv" else b";" if b";" in first and b"," not in first else b","
    names = [name.strip().strip('"') for name in first.decode("utf-8-sig", errors="replace").split(delimiter.decode())]
    if names and all(is_number(name) for name in names):
        raise DataError(f"{path}: the first line holds numbers, not the names of columns", remedy="add a header line")
    return delimiter.decode()


def _read_csv(path: Path, texts: tuple[str, ...] = ()) -> dict[str, Column]:
    import pyarrow as pa
    from pyarrow import csv

    delimiter = csv_delimiter(path)
    try:
        read = csv.read_csv(
            path,
            read_options=csv.ReadOptions(use_threads=False),  # only then do messages carry row numbers
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(
                true_values=[], false_values=[], column_types={name: pa.string() for name in texts}
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{path} is not a table: {first_line(error)}", remedy="every row needs as many cells as the header"
        ) from error
    return from_arrow(read, str(path))


def _read_parquet(path: Path) -> dict[str, Column]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        _bounded(str(path), file.metadata.num_rows, file.metadata.num_columns)
        return from_arrow(file.read(), str(path))
    except pa.ArrowException as error:
        raise DataError(f"{path} is not a Parquet file: {first_line(error)}") from error


def _read_json_lines(path: Path) -> dict[str, Column]:
    import pyarrow as pa
    from pyarrow import json

    try:
        return from_arrow(json.read_json(path), str(path))
    except pa.ArrowException as error:
        raise DataError(f"{path} is not JSON lines: {first_line(error)}", allowed="one object per line") from error


def from_arrow(table: Any, name: str) -> dict[str, Column]:
    """The columns of an Arrow table. Raises DataError for columns that hold no numbers and no text."""
    import pyarrow as pa

    _bounded(name, table.num_rows, table.num_columns)
    columns: dict[str, Column] = {}
    for column, cells in zip(table.column_names, table.columns, strict=True):
        title = column.strip().removeprefix("\ufeff")
        if title in columns:
            raise DataError(f"{name} has two columns called {title!r}", remedy="rename one")
        if pa.types.is_nested(cells.type):
            raise DataError(f"{name}: column {title!r} holds lists or objects", allowed="numbers and text")
        if pa.types.is_dictionary(cells.type):
            columns[title] = _from_arrow_column(cells.cast(cells.type.value_type))
            continue
        if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
            raise DataError(f"{name}: column {title!r} is not UTF-8 text", remedy="save the file as UTF-8")
        columns[title] = _from_arrow_column(cells)
    return columns


def _from_arrow_column(cells: Any) -> Column:
    import pyarrow as pa

    kind = cells.type
    if pa.types.is_boolean(kind) and not cells.null_count:
        return np.array(cells.to_pylist(), dtype=bool)
    if pa.types.is_integer(kind) and not cells.null_count:
        return _plain(cells)
    if any(
        is_kind(kind) for is_kind in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
    ):
        return _plain(cells.cast(pa.float64(), safe=False))
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    texts = (cells if is_text else cells.cast(pa.string())).to_pylist()
    return np.array([text if text not in (None, "") else None for text in texts], dtype=object)


def _plain(cells: Any) -> Column:
    """Numbers as numpy has them. Not by pyarrow's to_numpy, which imports pandas wherever it is installed."""
    if cells.null_count:
        return np.array([math.nan if cell is None else cell for cell in cells.to_pylist()], dtype=np.float64)
    chunks = [np.from_dlpack(chunk) for chunk in cells.chunks]
    return np.concatenate(chunks) if chunks else np.empty(0)


def _read_npy(path: Path) -> dict[str, Column]:
    return from_matrix(read_array(path, most=2), str(path))


def read_array(path: Path, most: int = 4) -> Column:
    """The array of an .npy file, of `most` dimensions at most, without pickles. Raises DataError, OSError."""
    with path.open("rb") as file:
        _check_header(file, str(path), most)
        file.seek(0)
        array: Column = np.load(file, allow_pickle=False)
        return array


def _zipped(path: Path, most: int) -> dict[str, Column]:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    _check_header(file, f"{path}: {member}", most)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is not an .npz file: {error}") from error
    with np.load(path, allow_pickle=False) as loaded:
        return {name: loaded[name] for name in loaded.files}


def _read_npz(path: Path) -> dict[str, Column]:
    arrays = _zipped(path, most=2)
    matrices = {name: array for name, array in arrays.items() if array.ndim == 2}
    columns: dict[str, Column] = {}
    for name, matrix in matrices.items():
        titles = next(
            (
                a.tolist()
                for a in arrays.values()
                if a.dtype.kind == "U" and a.shape == (matrix.shape[1],) and len(matrices) == 1
            ),
            [f"{name}_{i + 1}" for i in range(matrix.shape[1])],
        )
        columns.update(from_matrix(matrix, str(path), titles))
    length = len(next(iter(matrices.values()))) if matrices else None
    for name, array in arrays.items():
        if array.ndim == 1 and (length is None or len(array) == length):
            columns[name] = array if array.dtype.kind in "iufb" else array.astype(object)
    if not columns:
        raise DataError(f"{path} holds no rows", allowed="a two-dimensional array, or arrays of one length")
    return columns


def _check_header(file: Any, name: str, most: int) -> None:
    """Shape and type from the header alone, so that nothing is allocated or unpickled for a file that lies."""
    read: Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]]
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except ValueError as error:
        raise DataError(
            f"{name} is not an array file: {error}", allowed="what numpy.save or numpy.savez wrote"
        ) from error
    if dtype.hasobject:
        raise DataError(
            f"{name} holds Python objects", allowed="numbers and text", remedy="save numbers as float arrays"
        )
    if dtype.kind not in "iufbU":
        raise DataError(f"{name} holds {dtype}", allowed="numbers and text")
    if not 1 <= len(shape) <= most:
        raise DataError(
            f"{name} has shape {shape}",
            allowed="rows × columns" if most == 2 else "rows first, then up to three dimensions of each",
            remedy="for pictures and sequences, set modality under [data]" if most == 2 else "",
        )
    if math.prod(shape) * dtype.itemsize > MAX_BYTES:
        raise DataError(f"{name} has shape {shape}", allowed=f"at most {MAX_BYTES} bytes", remedy="split the file")
    if most == 2:
        _bounded(name, shape[0], shape[1] if len(shape) > 1 else 1)


READERS: dict[str, Callable[[Path], dict[str, Column]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".npy": _read_npy,
    ".npz": _read_npz,
}
