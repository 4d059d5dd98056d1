"""A word that only hints at a feature means the one whose value, or whose name, stands beside it."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.verification import verify

VALUES: dict[str, float | str | None] = {
    "bureau_score": 612.0,
    "numCreditLines": 11.0,
    "monthly_fee": 38.5,
    "paperless_billing": "no",
    "tenure": 12.0,
}
PUSHES = [0.9, 0.1, 0.3, -0.4, -0.6]


def declined() -> Facts:
    """An application declined with 71 %."""
    return facts_of(
        Explanation.from_values(
            list(VALUES),
            list(VALUES.values()),
            PUSHES,
            prediction={"declined": 0.71, "approved": 0.29},
            class_names=["approved", "declined"],
            units={"tenure": "months"},
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "The reason that weighed most was your credit bureau score of 612.",
        "The bill being 38.50 makes a decline more likely.",
    ],
)
def test_a_guess_beside_the_value_of_another_feature_contradicts_nothing(text: str) -> None:
    assert "contradicted" not in {sentence.verdict for sentence in verify(text, declined()).sentences}


@pytest.mark.parametrize(
    "text",
    [
        "The reason that weighed most was the credit lines.",
        "The reason that weighed most was your number of credit lines, 612.",
        "The billing makes a decline more likely.",
    ],
)
def test_without_it_the_guess_is_judged(text: str) -> None:
    assert "contradicted" in {sentence.verdict for sentence in verify(text, declined()).sentences}
