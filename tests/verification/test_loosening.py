"""Names are found in looser wording, and everyday words are not taken for names."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.verification.names.loosening import LooseNames
from reporter.verification.text.wording import wording
from reporter.words import Words
from tests import prose
from tests.verification import decisions


def found(text: str, explanation: Explanation) -> list[str]:
    """Ids of the features and classes that a text names."""
    _, named = LooseNames(facts_of(explanation), wording("en")).mask(text)
    return [r.id for each in named for r in each.of("feature", "class")]


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("floor space", "living_area"),
        ("Living Areas", "living_area"),
        ("livingArea", "living_area"),
        ("living-area", "living_area"),
        ("area of living", "living_area"),
        ("the distance to the centre", "distanceToCentre"),
        ("centre distance", "distanceToCentre"),
        ("distance to center", "distanceToCentre"),
        ("rooms", "number_of_rooms"),
        ("room number", "number_of_rooms"),
        ("the garden", "garden_size"),
        ("energy classes", "energy_class"),
    ],
)
def test_a_feature_is_known_in_looser_wording(text: str, feature: str) -> None:
    assert found(text, decisions.property_price()) == [feature]


@pytest.mark.parametrize("text", ["area", "the year", "class", "living", "size", "number", "energy", "co-living area2"])
def test_a_part_that_may_mean_something_else_is_no_mention(text: str) -> None:
    assert found(text, decisions.property_price()) == []


@pytest.mark.parametrize("text", ["texture", "error", "worst", "mean", "concave"])
def test_a_part_that_several_names_have_names_none_of_them_alone(text: str) -> None:
    assert len(found(text, prose.sample())) != 1


def test_a_class_of_everyday_words_is_known() -> None:
    assert found("high risk", decisions.patient_risk()) == ["high risk"]
    assert found("high blood pressure", decisions.patient_risk()) == ["systolic_bp"]
    assert found("failing", decisions.machine_failure()) == ["failure"]


def test_an_alias_of_the_study_goes_before_a_general_synonym() -> None:
    words = {"a": Words("alpha", aliases=("salary",)), "b": Words("income")}
    explanation = Explanation.from_values(["a", "b"], [1.0, 2.0], [1.0, -1.0], prediction="yes", words=words)
    assert found("salary", explanation) == ["a"]
    assert found("wages", explanation) == ["b"]


def test_names_inside_numbers_are_none() -> None:
    explanation = Explanation.from_values(["1,000 steps"], [1.0], [1.0], prediction="yes")
    assert found("1,000 steps", explanation) in ([], ["1,000 steps"])
    assert found("21,000 steps", explanation) == []
