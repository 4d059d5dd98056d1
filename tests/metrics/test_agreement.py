"""Agreement: rank correlations known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.metrics.agreement import Agreement, correlation
from tests.metrics.trials import trial, values
from tests.networks import Linear, mlp, rows


def test_methods_agree_on_a_linear_model() -> None:
    measured = Agreement().measure(trial(Linear([3.0, -2.0, 1.0, 0.5, 4.0, -1.0]), rows()))
    assert values(measured) == [pytest.approx(1.0)] * 8
    assert measured[0].score.detail["method"] == "feature-ablation"
    assert measured[0].score.detail["correlation"] == measured[0].score.value


def test_opposite_and_shuffled_attributions() -> None:
    asked = trial(mlp(), rows())
    opposite = trial(mlp(), rows(), attributions=-asked.answer.attributions)
    assert max(values(Agreement().measure(opposite))) < 0
    shuffled = np.random.default_rng(0).permuted(asked.answer.attributions, axis=1)
    assert abs(np.mean(values(Agreement().measure(trial(mlp(), rows(), attributions=shuffled))))) < 0.4


def test_undefined() -> None:
    (one,) = Agreement().measure(trial(Linear([1.0]), rows(1, 1)))
    assert one.score.undefined == "there is only one feature"
    (constant,) = Agreement().measure(trial(lambda x: x.sum(dim=1) * 0 + 3, rows(1)))
    assert constant.score.undefined == "no feature moves the score"


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=20))
def test_it_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert correlation(first, second) == pytest.approx(
            np.corrcoef(pd.Series(first).rank(), pd.Series(second).rank())[0, 1]
        )
    else:
        assert correlation(first, second) == 0.0


def test_ties_share_their_ranks() -> None:
    assert correlation(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(0.866, abs=1e-3)
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])) == pytest.approx(-1.0)
