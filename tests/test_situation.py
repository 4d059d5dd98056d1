"""Situations: each hedge holds exactly when it is true, and the limits are where they are said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.situation import CLOSE_CALL, lead_of
from reporter.words import Words
from tests.explanations import (
    TRUSTED,
    UNTRUSTED,
    explained,
    with_baseline,
    with_features,
    with_outcome,
    with_prediction,
)
from tests.strategies import explanations


def situations(explanation: Explanation) -> set[str]:
    return set(facts_of(explanation).situations)


def of(
    attributions: Sequence[float], prediction: str | float | Mapping[str, float] = "malignant", **more: Any
) -> set[str]:
    return situations(explained(attributions, prediction, **more))


def test_a_plain_case_is_none_of_them() -> None:
    assert of([0.5, 0.4, 0.3, -0.2]) == set()
    assert of([0.5, 0.4, 0.3, -0.2], 12.0) == set()


# One feature, many features


@pytest.mark.parametrize(
    ("attributions", "alone"),
    [
        ([1.0], True),
        ([0.8, 0.2], True),
        ([0.4, 0.2, 0.2, 0.2], True),
        ([0.39, 0.21, 0.2, 0.2], False),
        ([0.5, 0.5], False),  # two equal ones
        ([0.55, 0.45], False),  # nearly equal ones
        ([0.4, 0.4, 0.2], False),
        ([-0.41, 0.2, 0.2, 0.19], False),  # it pulls against the outcome
        ([-1.0], False),
        ([0.41, -0.2, -0.2, -0.19], False),  # the others outweigh it
    ],
)
def test_one_feature_decides_only_when_no_other_comes_near_and_the_outcome_is_its_own(
    attributions: list[float], alone: bool
) -> None:
    assert ("dominant" in of(attributions)) == alone


@pytest.mark.parametrize(
    ("attributions", "alone"), [([-0.8, -0.2], True), ([-0.8, 0.2], True), ([-0.41, 0.2, 0.2, 0.19], False)]
)
def test_one_feature_decides_a_value_in_either_direction(attributions: list[float], alone: bool) -> None:
    assert ("dominant" in of(attributions, 12.0)) == alone


@pytest.mark.parametrize(
    ("attributions", "spread"),
    [
        ([1.0] * 11, True),
        ([1.0] * 10, False),
        ([1.0] * 8, False),
        ([2.0] + [1.0] * 14, False),
        ([2.0] + [1.0] * 15, True),
    ],
)
def test_no_feature_decides_only_among_many_weak_ones(attributions: list[float], spread: bool) -> None:
    assert ("diffuse" in of(attributions)) == spread


@pytest.mark.parametrize("attributions", [[0.0], [0.0, -0.0], [0.0] * 20])
def test_nothing_moved_is_nothing_else(attributions: list[float]) -> None:
    assert of(attributions) == {"nothing"}
    assert of(attributions, 12.0) == {"nothing"}


# Two sides


@pytest.mark.parametrize(
    ("attributions", "cancel"),
    [
        ([0.5, -0.5], True),
        ([1.0, 1.0, -0.9, -0.9], True),
        ([0.576, -0.424], False),  # .152 of all remains
        ([0.574, -0.426], True),
        ([0.001, -0.001], True),
        ([1.0], False),
        ([1.0, -0.001], False),
    ],
)
def test_reasons_nearly_cancel_when_little_remains(attributions: list[float], cancel: bool) -> None:
    assert ("cancelling" in of(attributions)) == cancel


# How close


@pytest.mark.parametrize(
    ("probabilities", "close"),
    [
        ({"no": 0.5, "yes": 0.5}, True),
        ({"no": 0.43, "yes": 0.57}, True),
        ({"no": 0.42, "yes": 0.58}, False),
        ({"a": 0.4, "b": 0.3, "c": 0.3}, True),
        ({"a": 0.5, "b": 0.3, "c": 0.2}, False),
        ({"a": 1.0, "b": 0.0}, False),
        ({"yes": 0.52}, False),  # nothing is known of the next class
    ],
)
def test_a_close_call_is_a_small_lead(probabilities: dict[str, float], close: bool) -> None:
    assert ("close-call" in of([0.5, 0.4, 0.3], probabilities)) == close


@pytest.mark.parametrize(
    ("yes", "threshold", "close"),
    [
        (0.55, 0.9, False),  # far from the threshold, though near one half
        (0.88, 0.9, True),
        (0.31, 0.3, True),
        (0.20, 0.3, False),
        (0.52, 0.5, True),
        (0.60, 0.5, False),
        (0.3, 0.3, True),
    ],
)
def test_with_a_threshold_a_close_call_is_close_to_it(yes: float, threshold: float, close: bool) -> None:
    found = with_prediction(explained([0.5, 0.4, 0.3], {"no": 1 - yes, "yes": yes}), threshold=threshold)
    assert ("close-call" in situations(found)) == close


def test_at_one_half_a_threshold_changes_nothing() -> None:
    for yes in (0.1, 0.425, 0.5, 0.57, 0.99):
        found = explained([1.0], {"no": 1 - yes, "yes": yes}).prediction
        halved = with_prediction(explained([1.0], {"no": 1 - yes, "yes": yes}), threshold=0.5).prediction
        assert lead_of(halved) == pytest.approx(lead_of(found))


def test_a_lead_that_is_not_known_is_none() -> None:
    assert lead_of(explained([1.0], "malignant").prediction) is None
    assert lead_of(explained([1.0], 12.0).prediction) is None


# The record, the target, the baseline


@pytest.mark.parametrize(("truth", "wrong"), [(None, False), ("malignant", False), ("benign", True), ("unknown", True)])
def test_the_record_disagrees_only_when_it_says_something_else(truth: str | None, wrong: bool) -> None:
    assert ("disagrees" in of([0.5, 0.4, 0.3], {"benign": 0.1, "malignant": 0.9}, truth=truth)) == wrong


def test_a_record_given_as_a_number_agrees_with_the_class_of_that_name() -> None:
    found = explained([0.5, 0.4, 0.3], {"0": 0.1, "1": 0.9}, truth=1)
    assert "disagrees" not in situations(found)
    assert "disagrees" not in situations(Explanation.from_json(found.to_json()))


def test_a_value_beside_the_record_is_no_disagreement() -> None:
    assert "disagrees" not in of([0.5, 0.4, 0.3], 12.0, truth=99.0)


def test_another_target_than_the_prediction_is_said() -> None:
    assert "other-target" in of([0.5, 0.4, 0.3], {"a": 0.1, "b": 0.9}, target="a")
    assert "other-target" not in of([0.5, 0.4, 0.3], {"a": 0.1, "b": 0.9}, target="b")


@pytest.mark.parametrize(
    ("label", "probability", "agrees"),
    [
        ("malignant", 0.93, True),
        ("malignant", 0.79, False),
        ("malignant", None, False),
        ("benign", 0.93, False),
        ("", None, False),
    ],
)
def test_the_baseline_agrees_only_when_it_is_surely_of_the_same_class(
    label: str, probability: float | None, agrees: bool
) -> None:
    found = with_baseline(explained([0.5, 0.4, 0.3]), label=label, probability=probability)
    assert ("baseline-agrees" in situations(found)) == agrees


# Values


@pytest.mark.parametrize(
    ("place", "situation"),
    [
        (0.0, "below-usual"),
        (0.39, "below-usual"),
        (0.4, "near-usual"),
        (0.5, "near-usual"),
        (0.6, "near-usual"),
        (0.61, "above-usual"),
        (1.0, "above-usual"),
        (None, None),
    ],
)
def test_a_value_stands_on_one_side_of_the_usual(place: float | None, situation: str | None) -> None:
    found = with_prediction(explained([0.5, 0.4, 0.3], 12.0), percentile=place, usual=10.0)
    assert situations(found) == ({situation} if situation else set())


# What a reader must know first


def test_trust_decides_unreliable_alone() -> None:
    assert "unreliable" in of([0.5, 0.4, 0.3], scores=UNTRUSTED)
    assert "unreliable" not in of([0.5, 0.4, 0.3], scores=TRUSTED)
    assert "unreliable" not in of([0.5, 0.4, 0.3])


def test_missing_and_out_of_range_are_two_things() -> None:
    found = explained([0.5, 0.4, 0.3], values=[9, 1, None], reference=[[1, 1, 1], [2, 2, 2]])
    assert situations(found) == {"missing", "out-of-range"}
    assert situations(with_features(found, alpha={"missing": True})) == {"missing"}


@pytest.mark.parametrize(("name", "raised"), [("alpha", True), ("delta", True), ("epsilon", False)])
def test_a_protected_feature_is_raised_among_the_first_four(name: str, raised: bool) -> None:
    found = with_features(explained([0.5, 0.4, 0.3, 0.2, 0.1]), **{name: {"protected": True}})
    assert ("protected" in situations(found)) == raised


def test_a_protected_feature_too_small_to_mention_is_not_raised() -> None:
    assert "protected" not in situations(with_features(explained([1.0, 0.001]), beta={"protected": True}))


@given(explanations())
@settings(max_examples=100)
def test_situations_that_exclude_each_other_never_meet(explanation: Explanation) -> None:
    found = situations(explanation)
    for group in (
        {"nothing", "dominant", "diffuse"},
        {"nothing", "cancelling"},
        {"near-usual", "above-usual", "below-usual"},
    ):
        assert len(found & group) <= 1
    known = sorted((o.probability for o in explanation.prediction.outcomes if o.probability is not None), reverse=True)
    if "close-call" in found:
        assert known[0] - known[1] < CLOSE_CALL
    if "dominant" in found:
        first, *others = explanation.features
        assert all(first.share >= 2 * other.share for other in others)


def test_a_class_displayed_otherwise_is_compared_by_its_id() -> None:
    found = with_outcome(explained([0.5, 0.4, 0.3], truth="malignant"), "malignant", words={"en": Words("cancerous")})
    assert "disagrees" not in situations(found)
