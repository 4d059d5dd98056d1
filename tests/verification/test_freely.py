"""What others write is read clause by clause: each way to say something is caught when wrong, and not when true."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.verification import verify
from tests.verification import decisions

HOUSE, LOAN, PUMP, PATIENT = (
    facts_of(make())
    for make in (
        decisions.property_price,
        decisions.credit_decision,
        decisions.machine_failure,
        decisions.patient_risk,
    )
)

# What is said, of which decision, truly and falsely.
PAIRS: list[tuple[Facts, str, str]] = [
    # directions: particles, valence, prepositions, ellipsis, "so did", "the other way", headings, passives
    (LOAN, "Savings work in your favour.", "Savings count against you."),
    (LOAN, "Savings helped.", "Late payments helped."),
    (LOAN, "Late payments hurt, savings helped.", "Late payments helped, savings hurt."),
    (HOUSE, "Floor space pushes it up, the distance to the centre down.", "The distance to the centre pushes it up."),
    (PUMP, "Against failure: runtime hours.", "Against failure: vibration."),
    (
        PUMP,
        "Vibration raises the risk, and so does the oil pressure.",
        "Vibration raises the risk, and so do the runtime hours.",
    ),
    (
        PUMP,
        "Vibration supports failure, while runtime hours do the opposite.",
        "Vibration supports failure, while oil pressure does the opposite.",
    ),
    (HOUSE, "The price is raised by the living area and the year built.", "The price is raised by the garden."),
    (
        PUMP,
        "None of motor speed, vibration and oil pressure speaks against failure.",
        "None of vibration and oil pressure speaks for failure.",
    ),
    # ranks
    (HOUSE, "No. 2: distance to the centre.", "No. 2: the number of rooms."),
    (HOUSE, "What matters most is the living area.", "What matters most is the energy class."),
    (HOUSE, "The distance to the centre is the biggest minus.", "The garden is the biggest minus."),
    (HOUSE, "The garden counts least.", "The living area counts least."),
    # comparisons
    (PUMP, "Vibration has more influence than oil pressure.", "Oil pressure has more influence than vibration."),
    (PUMP, "Oil pressure counts for less than vibration.", "Vibration counts for less than oil pressure."),
    # how much
    (HOUSE, "The garden hardly matters.", "The living area did not matter."),
    (HOUSE, "The living area makes up 44% of the influence.", "The living area makes up 64% of the influence."),
    (HOUSE, "The living area adds 38k.", "The living area adds 48k."),
    (HOUSE, "Living area 148 m² (+38,200).", "Living area 148 m² (+48,200)."),
    (HOUSE, "Living area and year built add 38,200 and 12,640.", "Living area and year built add 38,200 and 19,640."),
    # all, only, how many
    (PUMP, "Not all of the inputs push towards failure.", "All of the inputs push towards failure."),
    (LOAN, "Home ownership is not the only reason.", "Only late payments argue for declined."),
    (HOUSE, "Four of the six inputs raise the price.", "Five of the six inputs raise the price."),
    (
        HOUSE,
        "The three strongest features do not all raise the price.",
        "The three strongest features raise the price.",
    ),
    # values
    (PUMP, "Vibration reads 7.4 mm/s.", "Vibration reads 4.7 mm/s."),
    (PUMP, "At 88 °C the bearing temperature adds to the risk.", "At 98 °C the bearing temperature adds to the risk."),
    (LOAN, "Three late payments.", "Five late payments."),
    (LOAN, "An 11-year credit history.", "Credit history: 21 years."),
    # the outcome
    (LOAN, "The model is 82% sure.", "The model is 92% sure."),
    (LOAN, "Verdict: declined.", "Verdict: approved."),
    (HOUSE, "We expect about 413 thousand dollars.", "The model expects 512 thousand dollars."),
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
    "text",
    [
        "If the late payments helped, the outcome would be another.",
        "Did the late payments help?",
        "Last year the late payments helped.",
        "The neighbour's late payments helped.",
        "Some experts believe that late payments always help.",
    ],
)
def test_what_is_supposed_or_said_of_another_time_is_not_contradicted(text: str) -> None:
    assert worst(text, LOAN) != "contradicted"


@pytest.mark.parametrize("text", ["Worst of all, 17 people were there.", "It was 12 o'clock.", "Call 555-0199."])
def test_numbers_of_other_things_are_not_contradicted(text: str) -> None:
    assert worst(text, LOAN) != "contradicted"


def test_what_is_good_depends_on_the_outcome() -> None:
    features, values, weights = ["age", "income"], [30.0, 4.0], [1.0, -0.5]
    good = Explanation.from_values(features, values, weights, prediction={"approved": 0.8, "declined": 0.2})
    bad = Explanation.from_values(features, values, weights, prediction={"declined": 0.8, "approved": 0.2})
    assert worst("Age helps.", facts_of(good)) == "supported"
    assert worst("Age helps.", facts_of(bad)) == "contradicted"


def test_coverage_is_the_share_of_what_was_read_of_the_features_mentioned() -> None:
    assert verify("Hello.", LOAN).coverage is None
    assert verify("The savings.", LOAN).coverage == 0.0
    whole = verify("Vibration of 7.4 mm/s is the strongest factor. Vibration raises the risk.", PUMP)
    assert whole.coverage == 1.0
    half = verify(
        "Vibration of 7.4 mm/s is the strongest factor. Vibration raises the risk. And there is the oil pressure.", PUMP
    )
    assert half.coverage == pytest.approx(0.5)
