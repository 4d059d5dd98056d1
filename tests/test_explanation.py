"""The seam: explanations from own values, their ranks and shares, and what they refuse to hold."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import ExplanationError, OutputError, UnknownName, UsageError
from reporter.explanation import Array, Explanation, bars, completeness_error, percentile, ranked, ties
from reporter.words import Words
from tests.explanations import MALIGNANT, explained

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


def made(*given_values: Any, **settings: Any) -> Explanation:
    """Two features, `a` and `b`, unless said otherwise."""
    features, values, attributions = given_values or (["a", "b"], [1.0, 2.0], [0.5, -0.25])
    return Explanation.from_values(features, values, attributions, **{"prediction": MALIGNANT, **settings})


# Ranks and shares


def test_features_are_ranked_by_size_and_ties_keep_their_order() -> None:
    found = explained([0.1, -0.4, 0.4, 0.0, 0.1])
    assert [f.id for f in found.features] == ["beta", "gamma", "alpha", "epsilon", "delta"]
    assert [f.rank for f in found.features] == [1, 2, 3, 4, 5]
    assert [f.share for f in found.features] == pytest.approx([0.4, 0.4, 0.1, 0.1, 0.0])
    assert [f.side_share for f in found.features] == pytest.approx([1.0, 2 / 3, 1 / 6, 1 / 6, 0.0])
    assert found.feature("gamma").columns == (2,)
    assert found.at_rank(2) == found.features[:2]


@given(st.lists(FINITE, min_size=1, max_size=40))
def test_shares_add_up(attributions: list[float]) -> None:
    features = explained(attributions).features
    assert [f.rank for f in features] == list(range(1, len(attributions) + 1))
    assert all(0 <= f.share <= 1 and 0 <= f.side_share <= 1 for f in features)
    for shares in (
        [f.share for f in features],
        [f.side_share for f in features if f.attribution > 0],
        [f.side_share for f in features if f.attribution < 0],
    ):
        assert math.fsum(shares) == pytest.approx(1.0) or not any(shares)


def test_nothing_moved_is_no_share_at_all() -> None:
    assert [(f.share, f.side_share) for f in explained([0.0, -0.0]).features] == [(0.0, 0.0), (0.0, 0.0)]


def test_attributions_are_given_back_in_the_order_and_shape_they_came_in() -> None:
    found = explained([0.1, -0.4, 0.3])
    assert np.array_equal(found.attributions, [[0.1, -0.4, 0.3]])
    two = replace(found, arrays=(Array((1, 2), (1.0, 2.0)), Array((2, 1), (3.0, 4.0))))
    first, second = two.attributions
    assert (first.tolist(), second.tolist()) == ([[1.0, 2.0]], [[3.0], [4.0]])


def test_the_heat_map_is_scaled_to_the_strongest() -> None:
    assert explained([0.1, -0.4]).heatmaps == (bars(explained([0.1, -0.4]).features),)
    assert explained([0.1, -0.4]).heatmaps[0].scale == 0.4
    assert bars(()).scale == 0.0


# What is usual


@pytest.mark.parametrize(
    ("value", "reference", "place", "tied"),
    [
        (5, [1, 2, 3, 4], 1.0, 0.0),
        (0, [1, 2, 3, 4], 0.0, 0.0),
        (2.5, [1, 2, 3, 4], 0.5, 0.0),
        (4, [1, 2, 3, 4], 0.875, 0.25),
        (1, [1, 2, 3, 4], 0.125, 0.25),
        (0, [0, 0, 0], 0.5, 1.0),
        (1, [0] * 9 + [1], 0.95, 0.1),
        (-0.0, [0.0, 1.0], 0.25, 0.5),
    ],
)
def test_percentile_counts_ties_half(value: float, reference: list[float], place: float, tied: float) -> None:
    assert percentile(value, reference) == place
    assert ties(value, reference) == tied


@given(FINITE, st.lists(FINITE, min_size=1))
def test_below_ties_and_above_make_up_all_rows(value: float, reference: list[float]) -> None:
    place, tied = percentile(value, reference), ties(value, reference)
    assert place - tied / 2 == pytest.approx(sum(r < value for r in reference) / len(reference))
    assert 1 - place - tied / 2 == pytest.approx(sum(r > value for r in reference) / len(reference))


def test_a_reference_says_what_is_usual() -> None:
    found = made(["a", "b"], [9.0, 2.0], [1.0, 0.5], reference=[[1, 2], [2, 2], [3, 4], [4, 8]])
    a, b = found.features
    assert (a.percentile, a.ties, a.low, a.high, a.out_of_range) == (1.0, 0.0, 1.0, 4.0, True)
    assert (b.percentile, b.ties, b.low, b.high, b.out_of_range) == (0.25, 0.5, 2.0, 8.0, False)
    assert found.provenance.reference_rows == 4


@pytest.mark.parametrize("empty", [None, math.nan, np.nan])
def test_cells_that_are_missing_in_the_reference_do_not_count(empty: Any) -> None:
    found = made(["a"], [3.0], [1.0], reference=[[empty], [1.0], [2.0], [empty], [4.0]])
    assert found.features[0].percentile == pytest.approx(2 / 3)
    assert found.features[0].low == 1.0


@pytest.mark.parametrize("reference", [None, [], [[None]], np.empty((0, 1))])
def test_without_a_reference_nothing_is_usual(reference: Any) -> None:
    feature = made(["a"], [3.0], [1.0], reference=reference).features[0]
    assert (feature.percentile, feature.low, feature.out_of_range) == (None, None, False)


# What a caller may bring


def test_values_may_be_numbers_of_any_make() -> None:
    values: list[Any] = [
        1,
        np.float32(0.5),
        np.int64(3),
        True,
        np.bool_(False),
        Decimal("1.5"),
        "red",
        None,
        math.nan,
        10**15,
    ]
    found = explained([1.0] * 10, values=values)
    told = {f.id: f.value for f in found.features}
    assert list(told.values()) == [1.0, 0.5, 3.0, 1.0, 0.0, 1.5, "red", None, None, 1e15]
    assert all(type(value) in (float, str, type(None)) for value in told.values())
    assert [f.id for f in found.features if f.missing] == ["theta", "iota"]
    assert [f.kind for f in found.features].count("category") == 1
    assert Explanation.from_json(found.to_json()) == found


def test_everything_may_come_as_arrays() -> None:
    found = made(
        np.array(["a", "b"]),
        np.array([1, 2]),
        np.array([0.5, -0.25], dtype=np.float32),
        prediction={"x": np.float32(0.3), "y": np.float32(0.7)},
        reference=np.arange(6).reshape(3, 2),
        baseline=np.zeros(2),
        output=np.float32(1),
        baseline_output=np.float64(0.75),
    )
    assert found.prediction.label == "y"
    assert found.scores[0].value == pytest.approx(0.0)
    assert Explanation.from_json(found.to_json()) == found


def test_names_and_classes_may_be_numbers_as_data_frames_have_them() -> None:
    found = made(
        [0, 1], [1, 2], [3, 4], prediction={0: 0.2, 1: 0.8}, class_names=[0, 1], target=0, truth=1, instance=41
    )
    assert [f.id for f in found.features] == ["1", "0"]
    assert (found.prediction.label, found.prediction.explained.label, found.prediction.truth) == ("1", "0", "1")
    assert found.instance == "41"
    assert Explanation.from_json(found.to_json()) == found


@pytest.mark.parametrize("value", [214000, 214000.0, np.float32(214000), np.int64(214000)])
def test_a_number_is_the_prediction_of_a_regression(value: Any) -> None:
    prediction = made(prediction=value, value_name="price", truth=200000, units={"price": "€"}).prediction
    assert (prediction.task, prediction.label, prediction.score) == ("regression", "price", 214000.0)
    assert (prediction.truth, type(prediction.truth)) == (200000.0, float)
    assert prediction.predicted.words == {"": Words(unit="€")}


def test_a_class_may_be_named_alone() -> None:
    prediction = made(prediction="malignant", class_names=["benign", "malignant"], target="benign").prediction
    assert (prediction.index, prediction.target, prediction.probability) == (1, 0, None)
    assert [o.label for o in made(prediction="malignant").prediction.outcomes] == ["malignant"]


def test_the_first_of_equal_probabilities_is_the_prediction() -> None:
    assert made(prediction={"no": 0.5, "yes": 0.5}).prediction.label == "no"
    assert made(prediction={"no": 0.0, "yes": 0.0}).prediction.label == "no"


def test_a_probability_in_single_precision_may_pass_one_by_a_hair() -> None:
    assert made(prediction={"a": 1.0000001, "b": 0.0}).prediction.probability == 1.0


def test_words_and_units_go_together() -> None:
    words = {"a": Words(description="how rough"), "b": Words("Beta", unit="mm")}
    found = made(words=words, units={"a": "€", "b": "km"})
    assert found.feature("a").words == {"": Words("a", unit="€", description="how rough")}
    assert found.feature("b").words == {"": Words("Beta", unit="mm")}


def test_both_outputs_make_a_check_of_the_sum() -> None:
    found = made(output=1.0, baseline_output=0.8)
    assert found.scores[0].name == "completeness"
    assert found.scores[0].detail["sum"] == pytest.approx(0.25)
    assert found.scores[0].value == pytest.approx(0.25)
    assert found.grade.level == "unreliable"
    assert made(output=1.0).scores == ()


@pytest.mark.parametrize(
    ("given_values", "settings", "said"),
    [
        (([], [], []), {}, "there are no features; give at least one"),
        ((["a", "b"], [1], [1, 2]), {}, "2 features but 1 values; give one of each per feature"),
        ((["a", "b"], [1, 2], [1]), {}, "2 features but 1 attributions"),
        ((["a"], [1], [1]), {"baseline": [1, 2]}, "1 features but 2 baseline values"),
        ((["a"], [1], [1]), {"reference": [[1], [1, 2]]}, "1 features but a reference row of 2 values"),
        ((["a", "b", "a"], [1, 2, 3], [1, 2, 3]), {}, "the feature 'a' is given 2 times; give each its own name"),
        (([1, "1"], [1, 2], [1, 2]), {}, "the feature '1' is given 2 times"),
        ((["a"], [1], [math.nan]), {}, "the attribution of 'a' is nan; finite numbers"),
        ((["a"], [1], ["much"]), {}, "the attribution of 'a' is 'much'; finite numbers"),
        ((["a"], [1], [None]), {}, "the attribution of 'a' is None; finite numbers"),
        ((["a"], [math.inf], [1]), {}, "a value of 'a' is inf; finite numbers"),
        ((["a"], [1], [1]), {"reference": [[1], [-math.inf]]}, "a value of 'a' is -inf; finite numbers"),
        ((["a"], [1], [1]), {"reference": [[1], ["red"]]}, "'a' is 1 here but text in the reference"),
        ((["a"], [1], [1]), {"prediction": {}}, "the prediction names no class"),
        ((["a"], [1], [1]), {"prediction": {"x": 94.6}}, "the probability of 'x' is 94.6; 0 to 1"),
        ((["a"], [1], [1]), {"prediction": {"x": -0.1}}, "the probability of 'x' is -0.1; 0 to 1"),
        ((["a"], [1], [1]), {"prediction": {"x": math.nan}}, "the probability of 'x' is nan; 0 to 1"),
        ((["a"], [1], [1]), {"prediction": 1, "class_names": ["x", "y"]}, "is a number, but there are class_names"),
        ((["a"], [1], [1]), {"prediction": "x", "class_names": ["x", "x"]}, "names a class twice: x, x"),
        ((["a"], [1], [1]), {"prediction": 1.5, "truth": "high"}, "'high' is not a number"),
        ((["a"], [1], [1]), {"output": "high", "baseline_output": 0}, "'high' is not a number"),
    ],
)
def test_what_does_not_fit_together_is_one_line(given_values: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(*given_values, **settings)
    assert said in str(caught.value)


@pytest.mark.parametrize("settings", [{"prediction": "malignent"}, {"prediction": "benign", "target": "Malignant"}])
def test_a_class_that_is_not_there_is_answered_with_the_nearest(settings: dict[str, Any]) -> None:
    with pytest.raises(UnknownName, match="did you mean 'malignant'"):
        made(class_names=["benign", "malignant"], **settings)


def test_a_prediction_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ExplanationError, match="is nan"):
        made(prediction=math.nan)


# Completeness


@pytest.mark.parametrize(
    ("attributions", "change", "error"),
    [
        ([1.0, -0.5], 0.5, 0.0),
        ([1.0, -0.5], 0.4, 0.25),
        ([1.0, 1.0], -2.0, 2.0),
        ([0.0, 0.0], 0.0, 0.0),
        ([0.0], 1.0, 1.0),
        ([1.0, -1.0], 0.0, 0.0),
        ([1.0, -0.99], 0.0, 0.01 / (0.05 * 1.99)),
    ],
)
def test_completeness_error(attributions: list[float], change: float, error: float) -> None:
    assert completeness_error(attributions, change) == pytest.approx(error)


# The object itself


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        explained([1.0]).instance = "2"  # type: ignore[misc]


def test_what_contradicts_itself_cannot_be_made() -> None:
    found = explained([1.0, -0.5])
    one, two = found.features
    for features in ((), (one, one), (two, one), (replace(one, rank=2), replace(two, rank=1))):
        with pytest.raises(ExplanationError, match="is damaged"):
            replace(found, features=features)
    assert ranked((two, one)) == (one, two)


def test_a_feature_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        explained([1.0]).feature("omega")


def test_it_is_written_where_asked_and_read_from_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    text = explained([1.0]).to_json(path)
    assert path.read_text("utf-8") == text
    assert Explanation.from_json(path) == Explanation.from_json(str(path)) == explained([1.0])
    with pytest.raises(OutputError):
        explained([1.0]).to_json(tmp_path / "out" / "a.json")
