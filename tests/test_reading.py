"""Data files: what is read, and the one line said of what cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from reporter import reading
from reporter.errors import DataError
from reporter.reading import read_table


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_csv(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a.csv", "id,age,on,kind\n007,1,True,x\n008,,False,\n"), texts=["id"])
    assert table.names == ["id", "age", "on", "kind"]
    assert table.texts("id") == ["007", "008"]
    assert table.numbers("on").tolist() == [1.0, 0.0]
    assert table.texts("kind") == ["x", None]
    np.testing.assert_array_equal(table.numbers("age"), [1.0, np.nan])
    assert (len(table), len(table.hash)) == (2, 64)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "a\tb\n1\t2.5\n3\t4\n"),
        ("a.csv", "a;b\n1;2.5\n3;4\n"),
        ("a.csv", b"\xef\xbb\xbfa,b\r\n1,2.5\r\n3,4\r\n"),
        ("a.CSV", '"a","b"\n"1","2.5"\n3,4\n'),
        ("a.jsonl", '{"a": 1, "b": 2.5}\n{"a": 3, "b": 4}\n'),
        ("a.ndjson", '{"a": 1, "b": 2.5}\n{"a": 3, "b": 4}'),
    ],
)
def test_text_files_say_the_same(tmp_path: Path, name: str, content: str | bytes) -> None:
    table = read_table(written(tmp_path, name, content))
    assert table.names == ["a", "b"]
    assert table.numbers("a").tolist() == [1.0, 3.0]
    assert table.numbers("b").tolist() == [2.5, 4.0]


def test_parquet(tmp_path: Path) -> None:
    columns = {
        "a": pa.array([1, None, 3]),
        "b": pa.array([True, False, True]),
        "c": pa.array(["x", "y", "x"]).dictionary_encode(),
        "d": pa.array([1.5, 2.5, 3.5], pa.float32()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    np.testing.assert_array_equal(table.numbers("a"), [1.0, np.nan, 3.0])
    assert table.numbers("b").tolist() == [1.0, 0.0, 1.0]
    assert table.texts("c") == ["x", "y", "x"]
    assert table.numbers("d").tolist() == [1.5, 2.5, 3.5]


def test_npy_and_npz(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    assert read_table(tmp_path / "a.npy").names == ["column_1", "column_2", "column_3"]
    np.savez(tmp_path / "a.npz", X=np.arange(6.0).reshape(2, 3), names=np.array(["a", "b", "c"]), y=np.array([0, 1]))
    table = read_table(tmp_path / "a.npz")
    assert table.names == ["a", "b", "c", "y"]
    assert table.numbers("c").tolist() == [2.0, 5.0]


MISTAKES = [
    ("none.csv", None, "no such data file: {path}"),
    ("a.xls", "x", "cannot read a.xls: unknown suffix '.xls'; known: .csv, .tsv, .parquet"),
    ("a.csv", "", "{path} is empty"),
    ("a.csv", "a,b\n", "{path} has a header but no rows"),
    ("a.csv", "a,b\n1,2\n3\n", "Row #3: Expected 2 columns, got 1"),
    ("a.csv", "1,2\n3,4\n", "the first line holds numbers, not the names of columns"),
    ("a.csv", "a,a\n1,2\n", "two columns called 'a'"),
    ("a.csv", b"a,b\nfa\xe9,2\n", "column 'a' is not UTF-8 text"),
    ("a.jsonl", "[1, 2]", "is not JSON lines"),
    ("a.jsonl", '{"a": [1, 2]}\n', "column 'a' holds lists or objects"),
    ("a.parquet", "x", "is not a Parquet file"),
    ("a.npy", "x", "is not an array file"),
    ("a.npz", "x", "is not an .npz file"),
]


@pytest.mark.parametrize(("name", "content", "said"), MISTAKES, ids=[f"{m[0]}: {m[2][:30]}" for m in MISTAKES])
def test_mistakes_are_told_in_one_line(tmp_path: Path, name: str, content: str | bytes | None, said: str) -> None:
    path = tmp_path / name if content is None else written(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert said.format(path=path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_nearest_file_is_named(tmp_path: Path) -> None:
    written(tmp_path, "patients.csv", "a\n1\n")
    with pytest.raises(DataError, match=r"did you mean .*patients\.csv\?"):
        read_table(tmp_path / "patient.csv")
    with pytest.raises(DataError, match=r"folder .* does not exist either"):
        read_table(tmp_path / "nowhere" / "patient.csv")


def test_arrays_that_are_no_tables_are_refused_by_their_header(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "cube.npy", np.zeros((2, 3, 4)))
    np.save(tmp_path / "dates.npy", np.array(["2020-01-01"], dtype="datetime64[D]"))
    for name, said in (
        ("objects", "holds Python objects"),
        ("cube", r"shape \(2, 3, 4\)"),
        ("dates", "holds datetime64"),
    ):
        with pytest.raises(DataError, match=said):
            read_table(tmp_path / f"{name}.npy")


def test_a_header_that_promises_too_much_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)})
    with pytest.raises(DataError, match="at most"):
        read_table(tmp_path / "a.npy")


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.csv", "a,b\n1,2\n3,4\n")
    monkeypatch.setattr(reading, "MAX_CELLS", 3)
    with pytest.raises(DataError, match="2 × 2 cells; at most 3 cells"):
        read_table(path)
    monkeypatch.setattr(reading, "MAX_BYTES", 3)
    with pytest.raises(DataError, match="has 12 bytes; at most 3"):
        read_table(path)


def test_neither_torch_nor_pandas_is_imported(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "a,b,c\n1,2.5,x\n3,,y\n")
    code = (
        "import sys; from pathlib import Path; from reporter.reading import read_table;"
        f"t = read_table(Path({str(path)!r})); t.numbers('a'); t.numbers('b'); t.texts('c');"
        "print({'torch', 'pandas'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
