"""Numbers are read as they are written, and compared at that precision."""

from __future__ import annotations

import re

import pytest

from reporter.verification.text.numerals import Notation, Numeral
from reporter.verification.text.wording import wording

NOTATION: Notation = wording("en").notation


def read(text: str) -> Numeral:
    return NOTATION.read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("41", 41.0),
        ("0.0961", 0.0961),
        (".9", 0.9),
        ("1,234,567.5", 1234567.5),
        ("−3.5", -3.5),
        ("-3.5", -3.5),
        ("94%", 0.94),
        ("94 percent", 0.94),
        ("seven", 7.0),
        ("None", 0.0),
        ("1.3k", 1300.0),
        ("2 million", 2e6),
        ("about 38,000", 38000.0),
        ("over 99.9%", 0.999),
        ("half", 0.5),
        ("about a third", 1 / 3),
        ("nearly two-thirds", 2 / 3),
        ("just over a quarter", 0.25),
    ],
)
def test_a_number_is_what_it_says(text: str, value: float) -> None:
    assert read(text).value == pytest.approx(value, rel=1e-3 if text[-1].isalpha() else 1e-12)


@pytest.mark.parametrize("text", ["x2", "2nd", "1e5", "a41", "3.5.1"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert re.fullmatch(NOTATION.number, text) is None


@pytest.mark.parametrize(
    ("text", "fact", "holds"),
    [
        ("0.096", 0.0961, True),
        ("0.097", 0.0961, False),
        ("0.1", 0.0961, True),
        ("0.0961", 0.0961, True),
        ("94.6%", 0.946, True),
        ("95%", 0.946, True),
        ("94%", 0.946, False),
        ("−3.5", 3.5, False),
        ("12,000", 12640, False),
        ("12,640", 12640, True),
        ("about 12,600", 12640, False),
        ("over 99.9%", 0.9995, True),
        ("over 99.9%", 0.9, False),
        ("over 91.9%", 0.9995, False),
        ("under 1%", 0.004, True),
        ("under 1%", 0.02, False),
        ("214k", 214400, True),
        ("213k", 214400, False),
    ],
)
def test_our_own_numbers_are_rounded_as_the_facts_are(text: str, fact: float, holds: bool) -> None:
    assert read(text).agrees(fact) is holds


@pytest.mark.parametrize(
    ("text", "fact", "holds"),
    [
        ("94%", 0.946, True),
        ("95%", 0.946, True),
        ("93%", 0.946, False),
        ("90%", 0.998, False),
        ("90%", 0.902, True),
        ("12,000", 12640, True),
        ("13,000", 12640, True),
        ("11,000", 12640, False),
        ("about 12,000", 12900, True),
        ("roughly 12", 14, False),
        ("1.3k", 1340, True),
        ("over 50%", 0.97, True),
        ("about a third", 0.31, True),
        ("a third", 0.22, False),
        ("nearly half", 0.46, True),
        ("nearly half", 0.3, False),
        ("more than half", 0.7, True),
        ("more than half", 0.4, False),
        (".9", 0.94, True),
        ("413k", 412640, True),
    ],
)
def test_numbers_of_others_may_be_truncated_and_cut_to_round_ones(text: str, fact: float, holds: bool) -> None:
    assert read(text).agrees(fact, strict=False) is holds


def test_a_share_that_must_not_be_exceeded_is_rounded_down() -> None:
    assert read("62%").agrees(0.626, rounding="down")
    assert not read("63%").agrees(0.626, rounding="down")


@pytest.mark.parametrize(
    ("text", "error", "holds"), [("0.4%", 0.0037, True), ("0.3%", 0.0037, False), ("0.9%", 0.0037, False)]
)
def test_a_bound_is_not_smaller_and_not_much_larger(text: str, error: float, holds: bool) -> None:
    assert read(text).bounds(error) is holds


def test_an_ordinal_is_a_place_among_a_hundred() -> None:
    assert re.fullmatch(NOTATION.nth, "94th")
    assert NOTATION.read_nth("94th").value == pytest.approx(0.94)


@pytest.mark.parametrize(
    ("text", "fact", "near"), [("a third", 0.29, True), ("a third", 0.22, False), ("12", 12.4, False)]
)
def test_only_a_rough_number_may_be_near(text: str, fact: float, near: bool) -> None:
    assert read(text).near(fact) is near
