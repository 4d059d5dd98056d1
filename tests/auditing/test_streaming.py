"""Rows part by part: the same cells as the whole file has, in files of any kind, and memory that does not grow."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from reporter.auditing import streaming
from reporter.auditing.streaming import Parquet, Whole, copied, stream_of
from reporter.errors import DataError
from reporter.reading import read_table

ROWS = 1_000


def table() -> pa.Table:
    generator = np.random.default_rng(0)
    return pa.table(
        {
            "id": [f"{row:05d}" for row in range(ROWS)],
            "size": np.round(generator.normal(size=ROWS), 6),
            "count": generator.integers(0, 9, ROWS),
            "kind": generator.choice(["a", "b"], ROWS),
            "late": [None] * 900 + ["x"] * 100,  # nothing for so long that it looks like an empty column
        }
    )


@pytest.fixture(params=["csv", "semicolon", "tsv", "jsonl", "parquet", "groups"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind, rows = request.param, table()
    if kind in ("parquet", "groups"):
        found = tmp_path / "rows.parquet"
        parquet.write_table(rows, found, row_group_size=37 if kind == "groups" else None)
        return found
    if kind == "jsonl":
        found = tmp_path / "rows.jsonl"
        found.write_text("".join(json.dumps(row) + "\n" for row in rows.to_pylist()))
        return found
    between = {"csv": ",", "semicolon": ";", "tsv": "\t"}[kind]
    found = tmp_path / f"rows.{'tsv' if kind == 'tsv' else 'csv'}"
    lines = [between.join(rows.column_names)]
    lines += [between.join("" if cell is None else str(cell) for cell in row.values()) for row in rows.to_pylist()]
    found.write_text("\n".join(lines) + "\n")
    return found


@pytest.mark.parametrize("large", [False, True])
def test_parts_hold_what_the_whole_holds(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> None:
    if large:
        monkeypatch.setattr(streaming, "WHOLE", 100)
        monkeypatch.setattr(streaming, "TEXT_BLOCK", 4_096)
    whole = read_table(path, texts=["id"])
    copy = copied(path, tmp_path / "parts", 100, ["id"])
    assert (copy is not None) == (large if path.suffix != ".parquet" else Parquet(path).largest > 200)
    stream = stream_of(path, texts=["id"], copy=copy)
    assert len(stream) == ROWS
    assert stream.names == whole.names
    for start, stop in ((0, 100), (95, 205), (990, ROWS), (0, ROWS)):
        part = stream.read(start, stop)
        assert len(part) == stop - start
        for name in whole.names:
            assert part.texts(name) == whole.select(slice(start, stop)).texts(name), name
    if copy is not None:
        assert Parquet(copy).largest == 100
        assert copied(path, tmp_path / "parts", 100, ["id"]) == copy, "what was copied is not copied again"
        assert [entry.name for entry in copy.parent.iterdir()] == [copy.name]


def test_a_column_may_turn_out_to_hold_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "WHOLE", 100)
    monkeypatch.setattr(streaming, "TEXT_BLOCK", 1_024)
    found = tmp_path / "rows.csv"
    found.write_text("a,b\n" + "1,2\n" * 2_000 + "1.5,x\n")
    part = stream_of(found, copy=copied(found, tmp_path, 500)).read(1_999, 2_001)
    assert part.texts("a") == ["1", "1.5"]
    assert part.texts("b") == ["2", "x"]


def test_small_files_are_held(tmp_path: Path) -> None:
    found = tmp_path / "rows.csv"
    found.write_text("a,b\n1,2\n")
    assert copied(found, tmp_path, 10) is None
    assert isinstance(stream_of(found), Whole)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.csv", b"a,b\n" + b"1,2\n" * 50 + b"1\n", "not a table"),
        ("rows.jsonl", b"{" * 400, "not a table"),
        ("rows.parquet", b"no parquet at all", "cannot read"),
        ("absent.csv", None, "no such data file"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_leaves_nothing(
    name: str, content: bytes | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "WHOLE", 100)
    path, parts = tmp_path / name, tmp_path / "parts"
    if content is not None:
        path.write_bytes(content)

    def read() -> None:
        stream_of(path, copy=copied(path, parts, 10))

    with pytest.raises(DataError, match=says) as caught:
        read()
    assert "\n" not in str(caught.value)
    assert not parts.exists() or not list(parts.iterdir())
