"""Multiples, equals, shares of the strongest, gaps to the baseline and moves of a prediction, true and false."""

from __future__ import annotations

import pytest

from reporter import Explanation
from reporter.facts import facts_of
from reporter.verification import verify
from tests.verification.decisions import credit_decision

LOAN = facts_of(credit_decision())
DELIVERY = facts_of(
    Explanation.from_values(
        ["distance", "traffic", "number of stops", "driver age", "rain"],
        [18.0, 8.0, 12.0, 30.0, 0.5],
        [14.0, 9.0, 6.0, -5.0, -1.0],
        baseline=[9.0, 4.0, 6.0, 45.0, 1.0],
        prediction=58.0,
        output=58.0,
        baseline_output=35.0,
        value_name="delivery time",
        units={"distance": "km", "delivery time": "min"},
    )
)


def verdict(text: str) -> str:
    """What is said of one sentence about the delivery."""
    return next(iter(verify(text, DELIVERY).sentences)).verdict


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ("The distance of 18 km is {} the usual.", "twice", "half"),
        ("At 8, traffic is {} the usual 4.", "about double", "more than three times"),
        ("Traffic, at {} its usual level, adds 9 minutes.", "twice", "three times"),
        ("The distance is {} times as long as usual.", "about two", "three and a half"),
        ("Traffic weighs {} times as much as the number of stops.", "one and a half", "three"),
        ("Distance has {} the effect of the number of stops.", "more than twice", "four times"),
        ("Number of stops has {} weight of distance.", "less than half the", "more than half the"),
        ("The two strongest features account for {} of the influence.", "about two thirds", "a quarter"),
        ("The top three features explain {} of the influence.", "about 83%", "about 53%"),
        ("Number of stops ranks third, with {} of the influence.", "17%", "37%"),
        ("Number of stops comes third, just before {}.", "driver age", "traffic"),
        ("Traffic ranks second, ahead of {}.", "the number of stops", "the distance"),
        ("Number of stops is the third strongest factor, after {}.", "traffic", "driver age"),
        ("The delivery time of 58 minutes lies {} minutes above the baseline.", "23", "43"),
        ("The model predicts 58 minutes, {} minutes more than usual.", "23", "43"),
        ("The features raise the prediction from {}.", "35 to 58", "58 to 35"),
        ("The model starts at {} minutes.", "35 and ends at 58", "58 and ends at 35"),
        ("The delivery time is expected to be {} than usual.", "higher", "lower"),
        ("The usual distance is {} km.", "9", "18"),
        ("The driver, at 30, is {} than usual.", "younger", "older"),
        ("Together, distance and traffic lift the prediction by {} minutes.", "23", "33"),
        ("Traffic, in contrast, ranks {}.", "second", "fourth"),
        ("The distance of 18 km (usually {}) adds 14 minutes.", "9 km", "39 km"),
    ],
)
def test_numbers_that_are_held_against_others(said: str, right: str, wrong: str) -> None:
    assert verdict(said.format(right)) == "supported"
    assert verdict(said.format(wrong)) == "contradicted"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Distance and traffic have a bigger effect than rain.", "Distance and rain have about the same effect."),
        ("Distance and traffic raise the prediction.", "Nearly all features lower the prediction."),
    ],
)
def test_what_is_not_so(right: str, wrong: str) -> None:
    assert verdict(right) != "contradicted"
    assert verdict(wrong) == "contradicted"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The model is almost certain that the application will be approved.", "contradicted"),
        ("There is hardly any chance of it being declined.", "contradicted"),
        ("The model is fairly confident that the application will be declined.", "supported"),
        ("Without the other features, debt to income ratio alone would lead to a decline.", "unverified"),
        ("Late payments have a quarter of the weight of debt to income ratio.", "contradicted"),
    ],
)
def test_what_is_nearly_sure(text: str, expected: str) -> None:
    verdicts = {sentence.verdict for sentence in verify(text, LOAN).sentences}
    assert verdicts == {expected}
