"""Clauses of which every word is known: places, comparisons, and what hardly counts, true and the other way round."""

from __future__ import annotations

import pytest

from reporter.facts import facts_of
from reporter.verification import verify
from tests.verification.decisions import credit_decision, property_price

LOAN, HOUSE = facts_of(credit_decision()), facts_of(property_price())
# By weight: debt to income ratio, late payments, credit history length (-), monthly income, loan amount, savings (-), …
FIRST, SECOND, THIRD, FOURTH = "debt to income ratio", "late payments", "credit history length", "monthly income"


def kinds(text: str, verdict: str) -> set[str]:
    """The kinds of the claims of a text about the loan that are judged so."""
    return {claim.kind for claim in verify(text, LOAN).claims if claim.verdict == verdict}


@pytest.mark.parametrize(
    "said",
    [
        "Nothing weighs more than the {}.",
        "No other factor is as important as the {}.",
        "The {} outweighs everything else.",
        "The list is led by the {}.",
        "The model relies most heavily on the {}.",
        "The lion's share comes from the {}.",
        "The factor with the greatest weight is the {}.",
        "It was the {} that had the largest effect.",
    ],
)
def test_first_places_are_read(said: str) -> None:
    assert not kinds(said.format(FIRST), "contradicted")
    assert kinds(said.format(FIRST), "supported") == {"rank"}
    assert "rank" in kinds(said.format(FOURTH), "contradicted")


@pytest.mark.parametrize(
    "said",
    [
        "The {0} outweighs the {1}.",
        "The {1} is nowhere near as important as the {0}.",
        "The model gives the {0} more influence than the {1}.",
        "The {1} cannot match the {0}.",
        "The {1} takes second place to the {0}.",
        "More important than the {1} is the {0}.",
        "Compared with the {0}, the {1} is a minor matter.",
        "The effect of the {1} is smaller than that of the {0}.",
    ],
)
def test_comparisons_are_read(said: str) -> None:
    assert kinds(said.format(FIRST, FOURTH), "supported") == {"stronger"}
    assert not kinds(said.format(FIRST, FOURTH), "contradicted")
    assert "stronger" in kinds(said.format(FOURTH, FIRST), "contradicted")


@pytest.mark.parametrize(
    "said",
    [
        "In order of influence: {0}, {1}, {2}.",
        "Ranked by importance, they are {0}, {1} and {2}.",
        "From strongest to weakest: {0}, {1}, {2}.",
        "The three most important factors are {0}, {1} and {2}.",
    ],
)
def test_orders_are_read(said: str) -> None:
    assert not kinds(said.format(FIRST, SECOND, THIRD), "contradicted")
    assert kinds(said.format(FIRST, SECOND, THIRD), "supported")
    assert kinds(said.format(FIRST, "savings", THIRD), "contradicted")


@pytest.mark.parametrize(
    "said",
    [
        "After the {0}, the {1} matters most.",
        "The {0} leads the list, followed by the {1}.",
        "The {1} comes right behind the {0}.",
    ],
)
def test_what_comes_next_is_read(said: str) -> None:
    assert not kinds(said.format(FIRST, SECOND), "contradicted")
    assert kinds(said.format(FIRST, "savings"), "contradicted")


@pytest.mark.parametrize(
    "said",
    [
        "The {} is neither here nor there.",
        "The {} adds next to nothing.",
        "The model pays no attention to the {}.",
        "The effect of the {} is negligible.",
        "The {} doesn't move the needle.",
        "We can safely ignore the {}.",
    ],
)
def test_what_hardly_counts_is_read(said: str) -> None:
    assert not kinds(said.format("home ownership"), "contradicted")
    assert kinds(said.format("home ownership"), "supported") == {"negligible"}
    assert kinds(said.format(FIRST), "contradicted") == {"negligible"}


def test_what_counts_for_much_is_no_trifle() -> None:
    text = "The {} plays a major role."
    shown = [verify(text.format(name), HOUSE).claims for name in ("living area", "garden size")]
    assert [{c.verdict for c in claims if c.kind == "weighty"} for claims in shown] == [{"supported"}, {"contradicted"}]


def test_a_denied_or_supposed_clause_is_not_called_contradicted() -> None:
    for text in (
        f"It is not true that nothing weighs more than the {FOURTH}.",
        f"If nothing weighs more than the {FOURTH}, why not?",
    ):
        assert not kinds(text, "contradicted")


def test_a_value_inside_a_clause_is_still_held_against_the_facts() -> None:
    assert kinds("A debt to income ratio of 0.74 outweighs everything else.", "contradicted") == {"value"}


@pytest.mark.parametrize(
    ("true", "wrong"),
    [
        ("The living area adds $38,200.", "The living area adds $58,200."),
        ("$38,200 of that is due to the living area.", "$48,900 of that is due to the living area."),
        (
            "Together, the living area and the year built add $50,840.",
            "Together, the living area and the year built add $66,000.",
        ),
        ("The distance to centre takes off $21,500.", "The distance to centre adds $21,500."),
        ("The price is $41,640 above the usual $371,000.", "The price is $41,640 below the usual $371,000."),
        ("All increases together come to $64,240.", "All increases together come to $80,500."),
        ("The model arrives at $412,640.", "The model arrives at $482,640."),
    ],
)
def test_amounts_in_whole_clauses_are_held_against_the_facts(true: str, wrong: str) -> None:
    assert "contradicted" not in {c.verdict for c in verify(true, HOUSE).claims}
    assert "contradicted" in {c.verdict for c in verify(wrong, HOUSE).claims}


@pytest.mark.parametrize(
    ("true", "wrong"),
    [
        ("Most factors speak for declined.", "Most factors speak against declined."),
        (
            "Everything but the credit history length and the savings speaks for declined.",
            "Everything speaks for declined.",
        ),
        (
            "Only the credit history length and the savings speak against declined.",
            "Only the savings speaks against declined.",
        ),
        ("Five of the seven factors speak for declined.", "Three of the seven factors speak for declined."),
        ("Declined is more likely than approved.", "Approved is more likely than declined."),
        ("The savings is not the strongest factor.", "The debt to income ratio is not the strongest factor."),
    ],
)
def test_how_many_push_which_way_is_read(true: str, wrong: str) -> None:
    assert not kinds(true, "contradicted")
    assert kinds(wrong, "contradicted")


@pytest.mark.parametrize(
    ("true", "wrong"),
    [
        ("The living area is 148 m².", "The living area is 148 km."),
        ("The distance to centre is 14,200 m.", "The distance to centre is 14.2 miles."),
        ("The living area adds $38,200.", "The living area adds €38,200."),
    ],
)
def test_a_number_in_another_unit_of_its_kind_is_wrong(true: str, wrong: str) -> None:
    assert "contradicted" not in {c.verdict for c in verify(true, HOUSE).claims}
    assert "contradicted" in {c.verdict for c in verify(wrong, HOUSE).claims}


def test_a_place_that_is_told_of_an_outcome_or_is_a_value_says_nothing_of_ranks() -> None:
    texts = (
        "Declined is the likeliest outcome, late payments second.",
        "Three late payments, so they came third in the table.",
    )
    assert all(not kinds(text, "contradicted") for text in texts)
