"""Signals: what a sequence is read from, in every layout, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import DataError
from reporter.signals import (
    Clock,
    Signal,
    channel_names,
    clock_of,
    decoded,
    encoded,
    laid_out,
    refuse_missing,
    signal_from,
    signal_of,
    taken_back,
    thinned,
)
from reporter.study import SequenceSection

DNA = SequenceSection(symbols="ACGT")
TRACES = SequenceSection()
VALUES = np.arange(6.0).reshape(2, 3)


# Files


def test_an_array_is_read_in_its_layout() -> None:
    assert (signal_from(VALUES, "channels-first", "x").values == VALUES).all()
    assert (signal_from(VALUES.T, "channels-last", "x").values == VALUES).all()
    alone = signal_from(VALUES[0], "channels-first", "x")
    assert alone.plain
    assert (alone.values == VALUES[:1]).all()


def test_files_of_arrays_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", VALUES)
    np.save(tmp_path / "one.npy", VALUES[0])
    assert (signal_of(tmp_path / "two.npy", TRACES, where="x").values == VALUES).all()
    assert signal_of(tmp_path / "one.npy", TRACES, where="x").plain


def test_a_table_has_a_column_a_channel(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,left,right\n0,1,2\n1,3,4\n2,5,6\n")
    found = signal_of(tmp_path / "a.csv", TRACES, ["time"], where="x")
    assert found.names == ("left", "right")
    assert found.values.tolist() == [[1, 3, 5], [2, 4, 6]]
    ordered = signal_of(tmp_path / "a.csv", SequenceSection(channels=["right", "left"]), where="x")
    assert ordered.values.tolist() == [[2, 4, 6], [1, 3, 5]]


def test_a_text_file_holds_symbols_with_or_without_a_title(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ACG\nT\n")
    (tmp_path / "a.fasta").write_text(">chr1\nacgt\n")
    for name in ("a.txt", "a.fasta"):
        assert signal_of(tmp_path / name, DNA, where="x").symbols == "ACGT"


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ACGT")
    (tmp_path / "two.fasta").write_text(">a\nAC\n>b\nGT\n")
    np.save(tmp_path / "deep.npy", np.zeros((2, 3, 4)))
    for name, section, said in (
        ("a.txt", TRACES, "holds text"),
        ("two.fasta", DNA, "several sequences"),
        ("deep.npy", TRACES, r"shape \(2, 3, 4\)"),
    ):
        with pytest.raises(DataError, match=said):
            signal_of(tmp_path / name, section, where="x")


# Symbols


def test_symbols_become_one_channel_each() -> None:
    found = encoded("GAtT", "ACGT", "x")
    assert found.symbols == "GATT"
    assert found.values.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]]


def test_an_unknown_symbol_is_as_likely_one_as_another() -> None:
    assert encoded("AN-", "ACGT", "x").values[:, 1:].tolist() == [[0.25, 0.25]] * 4


def test_what_stands_for_unknown_is_itself_where_the_study_has_it() -> None:
    assert encoded("N", "AN", "x").values.tolist() == [[0.0], [1.0]]


def test_small_letters_stay_where_the_study_has_both() -> None:
    assert encoded("aA", "aA", "x").values.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("text", "said"), [("ACZT", "'Z' at position 3"), ("AC GT", "' ' at position 3"), (" ", "empty")]
)
def test_a_foreign_letter_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        encoded(text, "ACGT", "data.csv: row 7")
    assert "data.csv: row 7" in str(caught.value)


@given(st.text("ACGT", min_size=1, max_size=50))
def test_symbols_come_back(text: str) -> None:
    assert decoded(encoded(text, "ACGT", "x").values, "ACGT") == text


def test_what_is_no_single_symbol_comes_back_as_unknown() -> None:
    assert decoded(encoded("ANG", "ACGT", "x").values, "ACGT") == "ANG"
    assert decoded(np.zeros((3, 1)), "MNX") == "?"


# Names, times, gaps


def test_channels_are_named_by_the_study_the_file_or_a_number() -> None:
    signal = Signal(VALUES, names=("left", "right"))
    assert channel_names(SequenceSection(channels=["a", "b"]), [signal], "x") == ("a", "b")
    assert channel_names(TRACES, [signal], "x") == ("left", "right")
    assert channel_names(TRACES, [Signal(VALUES)], "x") == ("channel_1", "channel_2")
    with pytest.raises(DataError, match="sequence 1 has 3 channels"):
        channel_names(TRACES, [Signal(VALUES), Signal(VALUES.T)], "x")


def test_points_count_from_one_and_times_from_the_start() -> None:
    assert [clock_of(TRACES).at(i) for i in (0, 4)] == [1.0, 5.0]
    assert clock_of(DNA) == Clock()
    timed = clock_of(SequenceSection(start=2.0, step=0.1, unit="s"))
    assert [timed.at(i) for i in (0, 3)] == [2.0, 2.3]


@pytest.mark.parametrize(("value", "said"), [(np.nan, "missing"), (-np.inf, "infinite")])
def test_a_gap_is_named_by_row_channel_and_time(value: float, said: str) -> None:
    values = VALUES.copy()
    values[1, 2] = value
    clock = Clock(0.0, 0.5, "s")
    with pytest.raises(DataError) as caught:
        refuse_missing(Signal(values), ("left", "right"), clock, "data.npz: row 4")
    assert all(part in str(caught.value) for part in ("data.npz: row 4", "'right'", said, "at 1 s"))
    refuse_missing(Signal(VALUES), ("left", "right"), clock, "x")


@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_a_row_is_laid_out_and_taken_back(layout: str) -> None:
    row = laid_out(VALUES, layout)  # type: ignore[arg-type]
    assert row.shape == ((2, 3) if layout == "channels-first" else (3, 2))
    assert (taken_back(row, layout) == VALUES).all()  # type: ignore[arg-type]


# Thinning


def test_a_short_signal_stays_as_it_is() -> None:
    values, attributions, size = thinned(VALUES, VALUES, 3)
    assert size == 1
    assert values is VALUES
    assert attributions is VALUES


def test_thinning_keeps_peaks_and_sums() -> None:
    values, attributions = np.zeros((1, 1003)), np.ones((1, 1003))
    values[0, 517] = -9.0
    thin, added, size = thinned(values, attributions, 100)
    assert size == 11
    assert thin.shape == added.shape == (1, 92)
    assert thin[0, 517 // 11] == -9.0
    assert added.sum() == 1003
    assert np.count_nonzero(thin) == 1
