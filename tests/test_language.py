"""Languages: how numbers, counts, ratios, lists and dates are written; and what every language's folder must hold."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import UnknownName
from reporter.language import MINUS, MOST_DECIMALS, Language, decimals_for, language, languages

ENGLISH = language("en")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (-0.0, 2, "0.00"),
        (-0.001, 2, "0.00"),
        (-1.5, 1, f"{MINUS}1.5"),
        (1234567.891, 1, "1,234,567.9"),
        (1e12, 0, "1,000,000,000,000"),
        (0.1 + 0.2, 3, "0.300"),
        (999.96, 1, "1,000.0"),
        (1e22, 0, "10,000,000,000,000,000,000,000"),
        (5e-324, 12, "0.000000000000"),
        (1e30, 2, "1,000,000,000,000,000,000,000,000,000,000.00"),
        (3.4e38, 0, "340,000,000,000,000,000,000,000,000,000,000,000,000"),
    ],
)
def test_numbers_with_so_many_decimals(value: float, decimals: int, text: str) -> None:
    assert ENGLISH.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (35.3, "35.3"),
        (41.0, "41"),
        (0.123456, "0.123"),
        (0.0964, "0.0964"),
        (7.4, "7.4"),
        (0.41999998688697815, "0.42"),
        (0.4203, "0.420"),
        (123456.7, "123,457"),
        (99.96, "100.0"),
        (-0.5, f"{MINUS}0.5"),
        (1e12, "1,000,000,000,000"),
        (1.5e-9, "0.0000000015"),
        (1e-300, "0"),
        (-1e-300, "0"),
        (1e-12, "0.000000000001"),
        (4.9e-13, "0"),
    ],
)
def test_numbers_with_about_three_digits(value: float, text: str) -> None:
    assert ENGLISH.significant(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_three_digits_are_within_half_a_percent_of_the_value(value: float) -> None:
    text = ENGLISH.significant(value)
    told = float(text.replace(",", "").replace(MINUS, "-"))
    assert abs(told - value) <= max(0.0051 * abs(value), 0.51 * 10.0**-MOST_DECIMALS)
    assert not text.startswith(f"{MINUS}0") or told < 0
    assert "-" not in text
    assert "e" not in text.lower()


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 12))
def test_a_number_is_never_minus_nothing(value: float, decimals: int) -> None:
    text = ENGLISH.number(value, decimals)
    assert set(text) - {MINUS, "0", ".", ","} or MINUS not in text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "+0.50"), (-0.5, f"{MINUS}0.50"), (0.001, "0.00"), (-0.001, "0.00"), (0, "0.00")]
)
def test_a_sign_is_shown_where_there_is_one(value: float, text: str) -> None:
    assert ENGLISH.signed(value, 2) == text


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, 7.0, 1e300])
def test_no_decimals_where_there_is_nothing_to_show(value: float) -> None:
    assert decimals_for(value) == 0


def test_counts_and_ranks_are_words_as_long_as_there_are_some() -> None:
    assert [ENGLISH.count(n) for n in (0, 1, 12, 13, 1200)] == ["no", "one", "twelve", "13", "1,200"]
    assert [ENGLISH.ordinal(n) for n in (1, 10, 11, 22)] == ["first", "tenth", "11th", "22nd"]


def test_lists_in_running_text() -> None:
    assert [ENGLISH.join(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize("iso", ["2026-11-21", "2026-11-21T08:15:00+00:00", "2026-11-21T08:15:00Z"])
def test_dates_are_in_words(iso: str) -> None:
    assert ENGLISH.date(iso) == "November 21, 2026"


@pytest.mark.parametrize("code", ["", "xx", "EN", "en_US", "../en", "en/", "."])
def test_a_language_that_is_not_there_says_which_are(code: str) -> None:
    with pytest.raises(UnknownName, match=r"no language called .*(known: .*en|did you mean 'en')"):
        language(code)


# What each language's folder holds


@pytest.mark.parametrize("code", languages())
def test_every_ratio_has_words_and_they_are_true(code: str) -> None:
    tongue = language(code)
    rows = tongue.lexicon["ratios"]
    assert rows[0]["from"] == 0
    assert rows[-1]["to"] > 1e300
    for row, following in itertools.pairwise(rows):
        assert row["from"] < row["to"] == following["from"]
    assert len({row["say"] for row in rows}) == len(rows)
    assert tongue.ratio(math.inf) == ""
    assert tongue.ratio(-1.0) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "less than a fiftieth as much"),
        (0.019, "less than a fiftieth as much"),
        (0.1, "about a tenth as much"),
        (0.5, "about half as much"),
        (1 / 3, "about a third as much"),
        (2 / 3, "about two thirds as much"),
        (0.75, "about three quarters as much"),
        (0.9, "nearly as much"),
        (1.0, "about as much"),
        (2.0, "about twice as much"),
        (3.0, "about three times as much"),
        (100.0, "many times as much"),
    ],
)
def test_ratios_in_english(value: float, words: str) -> None:
    assert ENGLISH.ratio(value) == words


@given(st.floats(min_value=0, max_value=0.9999, exclude_max=True))
def test_a_smaller_side_is_never_said_to_weigh_more(ratio: float) -> None:
    assert "more" not in ENGLISH.ratio(ratio)
    assert ENGLISH.ratio(ratio).endswith("as much")


@pytest.mark.parametrize("code", languages())
def test_every_language_speaks_of_the_same_things(code: str) -> None:
    tongue = language(code)
    assert _shape(tongue.words) == _shape(ENGLISH.words)
    assert set(tongue.lexicon) == set(ENGLISH.lexicon)
    for table in ("baselines", "parts", "places", "regions", "typography"):
        assert set(tongue.lexicon[table]) == set(ENGLISH.lexicon[table])
    for bound in tongue.lexicon["bounds"].values():
        assert bound.format("1%") != bound
    assert len(tongue.lexicon["quoting"]["pair"]) == 2


def _shape(words: object) -> object:
    return {key: _shape(inner) for key, inner in words.items()} if isinstance(words, dict) else None


def test_a_language_is_read_once() -> None:
    assert language("en") is ENGLISH
    assert isinstance(ENGLISH, Language)
