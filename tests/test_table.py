"""Tables: choosing rows, reading columns, and data that come from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporter.errors import DataError, UsageError
from reporter.table import Table, as_text, table_of

TABLE = table_of({"id": ["a1", "a2", "b1", "b1"], "age": [1.0, 2.5, np.nan, 4.0], "kind": ["x", None, "1,5", "y"]})


def test_rows_are_located() -> None:
    assert TABLE.locate() == [0, 1, 2, 3]
    assert TABLE.locate(row=3) == [3]
    assert TABLE.locate(rows="1:3") == [1, 2]
    assert TABLE.locate(rows=":2") == [0, 1]
    assert TABLE.locate(ids=["a2", "a1"], id_column="id") == [1, 0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"row": 4}, "no row 4; rows 0 to 3"),
        ({"row": -1}, "no row -1; rows 0 to 3"),
        ({"rows": "2:9"}, "no rows 2:9; rows 0 to 3, written 0:4"),
        ({"rows": "3:3"}, "no rows 3:3"),
        ({"rows": "3"}, "'3' is not a range; A:B"),
        ({"rows": "a:b"}, "'a:b' is not a range"),
        ({"ids": ["a3"], "id_column": "id"}, "no id 'a3' in column 'id'; near ones: a2, a1"),
        ({"ids": ["zzz"], "id_column": "id"}, "ids such as a1, a2, b1 and 1 more"),
        ({"ids": ["b1"], "id_column": "id"}, "id 'b1' stands in 2 rows (2, 3)"),
        ({"ids": ["a1"]}, "no column holds ids"),
    ],
)
def test_rows_that_are_not_there(asked: dict[str, Any], said: str) -> None:
    with pytest.raises((DataError, UsageError)) as caught:
        TABLE.locate(**asked)
    assert said in str(caught.value)


def test_columns() -> None:
    with pytest.raises(DataError, match="no column 'agee'; did you mean 'age'"):
        TABLE.column("agee")
    with pytest.raises(DataError, match="it has: id, age, kind"):
        TABLE.column("zzz")
    with pytest.raises(DataError, match="'x' in column 'kind', row 0, is not a number"):
        TABLE.numbers("kind")
    with pytest.raises(DataError, match="write decimals with a point"):
        TABLE.select([2]).numbers("kind")
    assert np.isnan(TABLE.numbers("age")[2])


def test_labels() -> None:
    assert TABLE.labels("id") == ["a1", "a2", "b1", "b1"]
    assert TABLE.labels() == ["0", "1", "2", "3"]
    with pytest.raises(DataError, match="no id in column 'kind', row 1"):
        TABLE.labels("kind")


def test_text_of_cells() -> None:
    assert [as_text(cell) for cell in (3, 3.0, 2.5, True, "x", "", None, float("nan"))] == [
        "3", "3", "2.5", "True", "x", None, None, None,
    ]  # fmt: skip


def test_data_frames() -> None:
    frame = pd.DataFrame(
        {"a": [1, None], "b": ["x", None], "c": pd.array([1, None], dtype="Int64"), "d": [True, False], 5: [1, 2]}
    )
    table = table_of(frame)
    assert table.names == ["a", "b", "c", "d", "5"]
    assert table.texts("b") == ["x", None]
    np.testing.assert_array_equal(table.numbers("c"), [1.0, np.nan])
    assert table.numbers("d").tolist() == [1.0, 0.0]


def test_arrays_and_lists() -> None:
    assert table_of(np.zeros((2, 2))).names == ["column_1", "column_2"]
    assert table_of([[1, 2], [3, None]], ["p", "q"]).numbers("p").tolist() == [1.0, 3.0]
    assert np.isnan(table_of([[1, 2], [3, None]], ["p", "q"]).numbers("q")[1])
    assert isinstance(table_of(TABLE), Table)


@pytest.mark.parametrize(
    ("data", "names", "said"),
    [
        ([[1, 2], [3]], None, "rows of different lengths"),
        (np.zeros((2, 2)), ["a"], "2 columns but 1 names"),
        (np.zeros((2, 2)), ["a", "a"], "two columns called 'a'"),
        (np.zeros((2, 2, 2)), None, r"shape \(2, 2, 2\)"),
        (np.zeros((0, 2)), None, "no rows"),
        ({"a": [1], "b": [1, 2]}, None, "columns of different lengths"),
        ({}, None, "no columns"),
    ],
)
def test_data_that_are_no_table(data: Any, names: list[str] | None, said: str) -> None:
    with pytest.raises(DataError, match=said):
        table_of(data, names)
