"""Rows handed over in Python: every form they may have, and one line for what they may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from reporter.errors import DataError, UsageError
from reporter.receiving import rows_of_inputs
from reporter.tabular import flat
from tests.networks import rows

X = rows(3, 2)


@pytest.mark.parametrize(
    "given",
    [
        X,
        X.double(),
        X.numpy(),
        X.tolist(),
        pd.DataFrame(X.numpy(), columns=["a", "b"]),
        (X,),
        {"x": X},
        X.clone().requires_grad_(),
    ],
)
def test_every_form_says_the_same(given: Any) -> None:
    found = rows_of_inputs(given)
    np.testing.assert_allclose(flat(found.inputs(slice(None))), X.detach().numpy(), atol=1e-7)
    assert len(found) == 3
    assert not found.instances[0].inputs[0].requires_grad
    assert found.baseline_name == "zero"


def test_names() -> None:
    assert [each.id for each in rows_of_inputs(X).columns] == ["column_1", "column_2"]
    assert [each.id for each in rows_of_inputs(X, names=["p", "q"]).columns] == ["p", "q"]
    frame = pd.DataFrame(X.detach().numpy(), columns=["a", "b"])
    assert [each.id for each in rows_of_inputs(frame).columns] == ["a", "b"]
    assert [each.id for each in rows_of_inputs(frame, names=["p", "q"]).columns] == ["p", "q"]


def test_whole_numbers_in_tensors_are_codes_and_in_arrays_numbers() -> None:
    codes = rows_of_inputs(torch.tensor([[1], [2]]))
    assert (codes.columns[0].kind, codes.instances[0].values) == ("category", ("1",))
    assert not codes.instances[0].inputs[0].is_floating_point()
    numbers = rows_of_inputs(np.array([[1], [2]]))
    assert (numbers.columns[0].kind, numbers.instances[0].values) == ("numeric", (1.0,))


def test_raw_values_are_shown_and_scaled_ones_are_run() -> None:
    reference = rows(50, 2, seed=3)
    found = rows_of_inputs(X, reference=reference, raw=X * 10 + 100, raw_reference=reference * 10 + 100)
    feature = found.features(0, [0.5, 0.5])[0]
    assert feature.value == pytest.approx(float(X[0, 0]) * 10 + 100, rel=1e-6)
    assert feature.baseline == pytest.approx(float(np.median(reference[:, 0].numpy())) * 10 + 100, rel=1e-6)
    assert feature.low == pytest.approx(float(reference[:, 0].min()) * 10 + 100, rel=1e-6)
    zero = rows_of_inputs(
        X, reference=reference, raw=X * 10 + 100, raw_reference=reference * 10 + 100, baselines="zero"
    )
    assert zero.features(0, [0.5, 0.5])[0].baseline is None  # nobody said how the scales belong together


def test_a_mask_makes_features() -> None:
    x = torch.tensor([[0.5, 1.0, 0.0, 0.0], [1.5, 0.0, 0.0, 1.0]])
    names = ["size", "colour_red", "colour_green", "colour_blue"]
    found = rows_of_inputs(x, names=names, mask=torch.tensor([[7, 3, 3, 3]]), reference=x.repeat(5, 1))
    assert [each.id for each in found.columns] == ["colour", "size"]
    assert [each.values for each in found.instances] == [("colour_red", 0.5), ("colour_blue", 1.5)]
    assert found.mask.tolist() == [1, 0, 0, 0]
    assert flat(found.baselines)[0, 1:].sum() == 1.0  # the most frequent colour, not a mixture
    named = rows_of_inputs(x, names=["tint", "size"], mask=np.array([1, 0, 0, 0]))
    assert [each.id for each in named.columns] == ["tint", "size"]


def test_columns_that_are_no_code_have_no_single_value() -> None:
    found = rows_of_inputs(torch.tensor([[0.5, 2.0]]), mask=torch.tensor([[0, 0]]), names=["a", "b"])
    assert found.instances[0].values == (None,)
    assert found.columns[0].id == "a + b"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (2.0, [[2.0, 2.0]]),
        (torch.ones(1, 2), [[1.0, 1.0]]),
        (np.ones((3, 2)), [[1.0, 1.0]] * 3),
        ("zero", [[0.0, 0.0]]),
    ],
)
def test_own_baselines(given: Any, expected: list[list[float]]) -> None:
    found = rows_of_inputs(X, baselines=given)
    assert flat(found.baselines).tolist() == expected
    assert flat(found.baselines_of(slice(1, 3))).tolist() == (expected * 2 if len(expected) == 1 else expected[1:])
    assert found.baseline_name == ("zero" if given == "zero" else "own") if isinstance(given, str) else "own"


def test_several_inputs_may_have_baselines_of_their_own() -> None:
    found = rows_of_inputs((X, X * 2), baselines=(0.0, torch.ones(3, 2)))
    assert [tuple(each.shape) for each in found.baselines] == [(3, 2), (3, 2)]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"inputs": rows(3)[0]}, UsageError, r"shape \(6,\); \(rows, columns\); give x\[None\] for one row"),
        ({"inputs": [1.0, 2.0]}, UsageError, r"shape \(2,\)"),
        ({"inputs": torch.zeros(2, 3, 4)}, UsageError, "give modality='image'"),
        ({"inputs": np.zeros((2, 3, 4))}, UsageError, "give modality='image'"),
        ({"inputs": torch.zeros(0, 3)}, UsageError, "inputs have no rows"),
        ({"inputs": ()}, UsageError, "inputs are empty"),
        ({"inputs": (torch.zeros(2, 3), torch.zeros(3, 3))}, UsageError, "inputs have 2, 3 rows"),
        ({"inputs": torch.zeros(2, 3).to_sparse()}, UsageError, "dense real numbers"),
        ({"inputs": torch.zeros(2, 3, device="meta")}, UsageError, "dense real numbers"),
        ({"inputs": torch.zeros(2, 3, dtype=torch.complex64)}, UsageError, "dense real numbers"),
        ({"inputs": [[1.0, 2.0], [3.0]]}, UsageError, "rows of different lengths"),
        ({"inputs": [["a", "b"]]}, DataError, "is not a number"),
        ({"inputs": X, "names": ["a"]}, UsageError, "1 feature_names for 2 columns"),
        ({"inputs": X, "names": ["a", "a"]}, UsageError, "two features are called 'a'"),
        ({"inputs": X, "reference": rows(5, 3)}, UsageError, "reference have rows of shape"),
        ({"inputs": X, "raw": rows(5, 2)}, UsageError, r"raw has shape \(5, 2\), the inputs \(3, 2\)"),
        ({"inputs": X, "mask": torch.zeros(1, 3, dtype=torch.long)}, UsageError, r"feature_mask has shape \(1, 3\)"),
        ({"inputs": X, "mask": torch.zeros(1, 2)}, UsageError, "whole numbers of shape"),
        ({"inputs": X, "mask": (torch.zeros(1, 2), 1)}, UsageError, "2 feature masks for 1 inputs"),
        ({"inputs": X, "baselines": torch.zeros(2, 2)}, UsageError, "a number, one row, or one row per row"),
        ({"inputs": X, "baselines": float("nan")}, UsageError, "a baseline is not finite"),
        ({"inputs": X, "baselines": (1.0, 2.0)}, UsageError, "2 baselines for 1 inputs"),
        ({"inputs": X, "baselines": "median"}, UsageError, "the baseline 'median' needs reference rows"),
        ({"inputs": X, "baselines": "modal"}, UsageError, "no baseline called 'modal'"),
        ({"inputs": X, "ids": ["a"]}, UsageError, "1 ids for 3 rows"),
        ({"inputs": X, "truths": ["a"]}, UsageError, "1 labels for 3 rows"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        rows_of_inputs(**given)
    assert "\n" not in str(caught.value)


def test_missing_numbers_are_refused_by_column_and_row() -> None:
    x = X.detach().clone()
    x[2, 1] = float("nan")
    with pytest.raises(DataError, match=r"inputs: column 'b' in row 2 is missing \(NaN\)"):
        rows_of_inputs(x, names=["a", "b"])
    with pytest.raises(DataError, match="reference: column 'column_2' in row 2"):
        rows_of_inputs(X, reference=x)
