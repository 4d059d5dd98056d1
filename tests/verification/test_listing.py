"""Lists of others: what the line above says of the items, and the place at which each stands."""

from __future__ import annotations

import pytest

from reporter.facts import facts_of
from reporter.verification import verify
from tests.verification.decisions import credit_decision, property_price

LOAN, HOUSE = facts_of(credit_decision()), facts_of(property_price())


def contradicted(text: str) -> list[str]:
    """The lines about the loan that are called contradicted."""
    return [s.text for s in verify(text, LOAN).sentences if s.verdict == "contradicted"]


@pytest.mark.parametrize("heading", ["Reasons for declined:", "What speaks for declined:", "Evidence for declined:"])
def test_a_heading_says_which_way_its_items_push(heading: str) -> None:
    assert contradicted(f"{heading}\n- late payments: 3\n- monthly income\n- loan amount") == []
    assert contradicted(f"{heading}\n- late payments: 3\n- savings\n- loan amount") == ["savings"]


@pytest.mark.parametrize(
    "heading", ["Reasons by weight:", "What mattered, most important first:", "Ranking of the factors:"]
)
def test_a_heading_says_that_items_stand_by_weight(heading: str) -> None:
    assert contradicted(f"{heading}\n1. debt to income ratio\n2. late payments\n3. credit history length") == []
    wrong = f"{heading}\n1. debt to income ratio\n2. monthly income\n3. credit history length"
    assert contradicted(wrong) == ["monthly income"]


def test_a_heading_ends_with_its_list() -> None:
    text = "Reasons for declined:\n- late payments\nThat is all there is on that side.\nSavings: $6,400"
    assert contradicted(text) == []


def test_what_an_item_says_itself_counts() -> None:
    assert contradicted("Reasons for declined:\n- late payments\n- savings: speaks against declined") == []


def test_amounts_move_the_price_as_the_heading_says() -> None:
    text = "Raises the price:\n- living area\n- {}"
    verdicts = [verify(text.format(name), HOUSE).sentences[-1].verdict for name in ("year built", "distance to centre")]
    assert verdicts == ["supported", "contradicted"]
