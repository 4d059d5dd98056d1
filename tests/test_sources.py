"""Sources: what the cells of a table may name, and what they may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reporter.errors import DataError
from reporter.sources import present, sources_of
from reporter.study import Study, study_from
from reporter.table import Table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.npy").write_bytes(b"private")
    own = tmp_path / "study"
    (own / "data").mkdir(parents=True)
    (own / "data" / "a.npy").write_bytes(b"")
    (own / "beside.npy").write_bytes(b"")
    (own / "data" / "leads_out.npy").symlink_to(tmp_path / "secret.npy")
    (own / "data" / "leads_in.npy").symlink_to(own / "beside.npy")
    (own / "data" / "circle.npy").symlink_to("circle.npy")
    return own


def table(folder: Path, *cells: str | None) -> tuple[Study, Table]:
    study = study_from({"data": {"modality": "image"}}).model_copy(update={"folder": folder})
    return study, Table({"file": np.array(cells, dtype=object)}, "d.csv", folder=folder / "data")


@pytest.mark.parametrize("cell", ["a.npy", "leads_in.npy", "../beside.npy", "../data/a.npy", "{folder}/data/a.npy"])
def test_a_cell_names_a_file_of_the_data(folder: Path, cell: str) -> None:
    found = sources_of(*table(folder, cell.format(folder=folder)), [0])
    assert isinstance(found[0], Path)
    assert found[0].is_file()


@pytest.mark.parametrize(
    "cell", ["../../secret.npy", "leads_out.npy", "{folder}/../secret.npy", "/etc/passwd", "../../no"]
)
def test_a_cell_never_names_a_file_outside(folder: Path, cell: str) -> None:
    """Whether there is such a file is not told either."""
    with pytest.raises(DataError, match=r"row 0 lies outside of the data.*--input"):
        sources_of(*table(folder, cell.format(folder=folder)), [0])


@pytest.mark.parametrize("cell", ["b.npy", "circle.npy", "a\0b", "x" * 5000, "http://localhost/a.npy", "."])
def test_what_is_no_file_is_told_in_one_line(folder: Path, cell: str) -> None:
    with pytest.raises(DataError, match="no such file in row 0"):
        sources_of(*table(folder, cell), [0])


def test_rows_without_a_file_are_told_from_the_others(folder: Path) -> None:
    study, found = table(folder, "a.npy", "b.npy", None, "../../secret.npy", "leads_in.npy")
    assert present(study, found, range(5)) == [0, 4]
    with pytest.raises(DataError, match="row 1"):
        sources_of(study, found, range(5))
