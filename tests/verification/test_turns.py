"""Whole constructions of others: why it is so, what is owed to what, what the sentence before says, outcomes."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.verification import verify

_VALUES: dict[str, float | str | None] = {
    "roof_area": 210.0,
    "pitch_deg": 22.0,
    "tile_type": "concrete",
    "storeys": 2.0,
    "past_late_returns": 5.0,
    "loan_length": 28.0,
    "books_on_loan": 9.0,
    "member_age": 71.0,
}
_COST = {"roof_area": 5200.0, "pitch_deg": -1400.0, "tile_type": -1900.0, "storeys": 700.0}
_LATE = {"past_late_returns": 0.92, "loan_length": -0.41, "books_on_loan": 0.55, "member_age": -0.28}


def _usual(weights: dict[str, float]) -> list[float | str | None]:
    return [value / 2 if isinstance(value := _VALUES[name], float) else value for name in weights]


ROOF = facts_of(
    Explanation.from_values(
        list(_COST),
        [_VALUES[name] for name in _COST],
        list(_COST.values()),
        prediction=18600.0,
        output=18600.0,
        baseline=_usual(_COST),
        baseline_output=16000.0,
        value_name="repair cost",
        units={"repair cost": "€", "roof_area": "m²"},
    )
)
LOAN = facts_of(
    Explanation.from_values(
        list(_LATE),
        [_VALUES[name] for name in _LATE],
        list(_LATE.values()),
        prediction={"late": 0.64, "on time": 0.36},
        baseline=_usual(_LATE),
    )
)

# What is said, of which decision, truly and falsely.
PAIRS: list[tuple[Facts, str, str]] = [
    # why it is so
    (ROOF, "The pitch is why the cost is not higher.", "The roof area is why the cost is not higher."),
    (ROOF, "The pitch keeps the cost from rising.", "The roof area keeps the cost from rising."),
    (LOAN, "The member's age is one of the reasons why it is on time.", "The loan length is why it is late."),
    # nouns of change
    (ROOF, "The tile type led to a reduction in the cost.", "The roof area led to a reduction in the cost."),
    (
        ROOF,
        "There is an increase in the cost due to the storeys.",
        "There is an increase in the cost due to the pitch.",
    ),
    (ROOF, "A decrease comes from the pitch.", "A decrease comes from the roof area."),
    (ROOF, "The pitch exerts downward pressure on the cost.", "The roof area exerts downward pressure on the cost."),
    # what it is owed to
    (ROOF, "It costs less because of the pitch.", "It costs less because of the roof area."),
    (ROOF, "Lower because of: pitch.", "Lower because of: roof area."),
    (ROOF, "The model lowered the cost on account of the pitch.", "The model lowered the cost due to the roof area."),
    # what helps only, and what is denied to say the opposite
    (ROOF, "The tile type helped to lower the cost.", "The roof area helped to lower the cost."),
    (
        ROOF,
        "Far from lowering the cost, the roof area raises it.",
        "Far from raising the cost, the roof area lowers it.",
    ),
    (ROOF, "Unlike the pitch, the roof area raises the cost.", "Unlike the roof area, the pitch raises the cost."),
    # what is given, what is made
    (ROOF, "The roof area, not the pitch, raises the cost.", "The pitch, not the roof area, raises the cost."),
    (ROOF, "The roof area makes it more expensive.", "The pitch makes it more expensive."),
    (ROOF, "The cost gets a lift from the roof area.", "The cost takes a hit from the roof area."),
    # the sentence before
    (ROOF, "There is the roof area. It raises the cost.", "There is the pitch. It raises the cost."),
    # marks
    (ROOF, "Roof area (+)", "Roof area (-)"),
    (ROOF, "Roof area → higher cost", "Pitch → higher cost"),
    (ROOF, "The roof area means 5,200 more.", "The pitch means 1,400 more."),
    (ROOF, "The pitch and the storeys go opposite ways.", "The roof area and the storeys go opposite ways."),
    (ROOF, "Having it so steep takes off 1,400.", "Having it so steep adds 1,400."),
    # outcomes
    (
        LOAN,
        "The loan length lowers the chance of a late return.",
        "The loan length raises the chance of a late return.",
    ),
    (LOAN, "The books on loan lower the chance of on time.", "The loan length lowers the chance of on time."),
    (LOAN, "The case against late rests on the loan length.", "The case against late rests on the books on loan."),
    (LOAN, "The loan length suggests the opposite of late.", "The books on loan suggest the opposite of late."),
    (LOAN, "The books on loan are a sign of late.", "The loan length is a sign of late."),
    (LOAN, "The loan length improves his odds.", "The books on loan improve his odds."),
    (LOAN, "The past late returns add to the concern.", "The loan length adds to the concern."),
    (LOAN, "The book is expected to be late.", "The book is expected to be on time."),
    (LOAN, "The loan length is good news.", "The books on loan are good news."),
]


def worst(text: str, facts: Facts) -> str:
    verdicts = [sentence.verdict for sentence in verify(text, facts).sentences]
    return next((v for v in ("contradicted", "unverified", "supported") if v in verdicts), "neutral")


@pytest.mark.parametrize(("facts", "true", "wrong"), PAIRS, ids=[wrong for _, _, wrong in PAIRS])
def test_what_is_wrong_is_contradicted_and_what_is_true_is_not(facts: Facts, true: str, wrong: str) -> None:
    assert worst(true, facts) != "contradicted"
    assert worst(wrong, facts) == "contradicted", [
        (c.kind, c.verdict, c.reason) for s in verify(wrong, facts).sentences for c in s.claims
    ]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (ROOF, "Without the roof area the cost would have been lower."),
        (ROOF, "Pitch ↑"),  # its value is above the usual one
        (LOAN, "The books on loan are an argument for going ahead."),
        (LOAN, "The model hesitated over late because of the loan length."),
        (LOAN, "The books on loan gave it a boost."),
        (LOAN, "The loan length counteracts this trend."),
    ],
)
def test_what_may_mean_something_else_is_not_contradicted(facts: Facts, text: str) -> None:
    assert worst(text, facts) != "contradicted"


def test_what_would_be_without_is_never_supported() -> None:
    assert worst("Without the roof area the cost would have been lower.", ROOF) == "unverified"
    assert worst("Without the roof area the cost would have been higher.", ROOF) == "contradicted"
