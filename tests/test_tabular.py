"""Tabular rows: percentiles, resampled baselines, the middle of columns, values as readers see them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reporter.feature import percentile
from reporter.receiving import rows_of_inputs
from reporter.tabular import Column, centre, flat, shown
from tests.networks import rows


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(-4, 4))
def test_percentiles_are_those_of_the_seam(reference: list[int], value: int) -> None:
    usual = torch.tensor(reference, dtype=torch.float32)[:, None]
    found = rows_of_inputs(torch.tensor([[float(value)]]), reference=usual).features(0, [1.0])[0]
    assert found.percentile == pytest.approx(percentile(value, reference))
    assert found.out_of_range == (not min(reference) <= value <= max(reference))


def test_resampled_baselines_spread_around_the_middle() -> None:
    reference = rows(200, 3)
    given_rows = rows_of_inputs(rows(1, 3), reference=reference)
    (found,) = given_rows.resampled(slice(0, 1), 500, seed=1) or (torch.empty(0),)
    assert found.shape == (500, 3)
    np.testing.assert_allclose(found.mean(dim=0).numpy(), flat(given_rows.baselines)[0], atol=0.05)
    # The standard error of a median of 200 normal numbers is about 1.25 / √200.
    np.testing.assert_allclose(found.std(dim=0).numpy(), 1.25 / np.sqrt(200), rtol=0.6)
    (again,) = given_rows.resampled(slice(0, 1), 500, seed=1) or (torch.empty(0),)
    assert torch.equal(found, again)


@pytest.mark.parametrize("own", ["zero", 3.0, "mean"])
def test_other_baselines_move_as_much(own: str | float) -> None:
    given_rows = rows_of_inputs(rows(1, 3), reference=rows(200, 3), baselines=own)
    (found,) = given_rows.resampled(slice(0, 1), 500, seed=1) or (torch.empty(0),)
    np.testing.assert_allclose(found.mean(dim=0).numpy(), flat(given_rows.baselines)[0], atol=0.05)
    assert 0.03 < float(found.std(dim=0).mean()) < 0.2


def test_without_a_reference_or_with_a_baseline_per_row_nothing_is_resampled() -> None:
    assert rows_of_inputs(rows(2, 3)).resampled(slice(None), 10, 0) is None
    assert rows_of_inputs(rows(2, 3), reference=rows(9, 3), baselines=rows(2, 3)).resampled(slice(None), 10, 0) is None


def test_the_middle_of_columns() -> None:
    values = np.array([[1.0, 2.0, 0.0, 1.0], [2.0, 2.0, 1.0, 0.0], [9.0, 1.0, 1.0, 0.0], [np.nan, 1.0, 1.0, 0.0]])
    assert centre(values, "median", [])[0] == 2.0
    assert centre(values, "mean", [])[0] == 4.0
    assert centre(values, "median", [(1,)])[1] == 1.0  # two codes as frequent: the lower
    assert centre(values, "mean", [(2, 3)])[2:].tolist() == [1.0, 0.0]
    assert centre(values, "mean", [(0, 1)])[0] == 4.0  # given as one feature, but no code


def test_values_as_readers_see_them() -> None:
    assert shown(Column("a", (0,)), np.array([0.1 + 0.2])) == 0.3
    assert shown(Column("a", (0,), kind="category"), np.array([2.0])) == "2"
    assert shown(Column("a", (0,), kind="category", member_ids=("no", "yes")), np.array([1.0])) == "yes"
    group = Column("colour", (0, 1), member_ids=("red", "blue"))
    assert shown(group, np.array([0.0, 1.0])) == "blue"
    assert shown(group, np.array([0.0, 0.0])) is None
    assert shown(group, np.array([0.3, 0.7])) is None
