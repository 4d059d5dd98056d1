"""A number in a unit of the decision that agrees with nothing known of it is wrong, whatever it is meant to say."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.verification import verify


def irrigation() -> Facts:
    """How much to water: 35 mm, where 22 mm is usual."""
    return facts_of(
        Explanation.from_values(
            ["soil_moisture", "rain_forecast", "wind", "crop_age"],
            [14.0, 3.5, 6.2, 40.0],
            [9.0, 5.2, 1.6, -2.8],
            prediction=35.0,
            output=35.0,
            baseline_output=22.0,
            value_name="water",
            units={"rain_forecast": "mm", "wind": "m/s", "crop_age": "days", "water": "mm"},
        )
    )


def verdicts(text: str) -> set[str]:
    return {sentence.verdict for sentence in verify(text, irrigation()).sentences}


@pytest.mark.parametrize(
    "text",
    [
        "The recommended application is 53 mm, compared with a baseline of 22 mm.",
        "The model comes out at 53 mm for this block.",
        "According to the model the crop's 71 days matter.",
    ],
)
def test_a_number_that_agrees_with_nothing_is_wrong(text: str) -> None:
    assert "contradicted" in verdicts(text)


@pytest.mark.parametrize(
    "text",
    [
        "The recommended application is 35 mm, compared with a baseline of 22 mm.",
        "Two of them together account for 14.2 mm in the model's eyes.",  # 9.0 + 5.2
        "Without the dry soil the model would have said 26 mm.",  # 35 - 9
        "In the model the crop is almost six weeks old.",  # 40 days
        "The pump of the farm delivers 53 mm at most.",  # nothing that was explained
        "Please water before 53 mm of rain have come, if the model is right.",
    ],
)
def test_one_that_agrees_with_something_or_is_of_something_else_is_not(text: str) -> None:
    assert "contradicted" not in verdicts(text)
