"""Rounding: every number a reader meets is true as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.language import MINUS, language
from reporter.rounding import Rounding, plain_words, printable, score_decimals
from reporter.words import Words

WRITE = Rounding(language("en"))
SHARES = st.floats(0, 1)


def percent(text: str) -> float:
    """What a percentage says, as a share."""
    return float(text.removesuffix("%")) / 100


# Shares and probabilities


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (1.0000001, "100.0%"),
        (0.9996, "over 99.9%"),
        (0.9995, "over 99.9%"),
        (0.99949, "99.9%"),
        (0.99999999, "over 99.9%"),
        (0.0004, "under 0.1%"),
        (1e-300, "under 0.1%"),
        (0.0005, "0.1%"),
        (0.946, "94.6%"),
        (0.5, "50.0%"),
    ],
)
def test_probabilities(value: float, text: str) -> None:
    assert WRITE.probability(value) == text


@given(SHARES)
def test_certainty_is_never_told_of_what_is_not_certain(value: float) -> None:
    text = WRITE.probability(value)
    assert (text == "100.0%") == (value == 1)
    assert (text == "0.0%") == (value == 0)
    if text.startswith("over "):
        assert value > percent(text[5:])
    elif text.startswith("under "):
        assert value < percent(text[6:])
    else:
        assert abs(value - percent(text)) <= 0.000_500_1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.9999999999999999, "100%"),
        (1.0000000000000002, "100%"),
        (0.996, "over 99%"),
        (0.995, "over 99%"),
        (0.9949, "99%"),
        (0.004, "under 1%"),
        (0.005, "under 1%"),
        (1e-12, "under 1%"),
        (5e-324, "under 1%"),
        (0.00501, "1%"),
        (0.294, "29%"),
    ],
)
def test_shares(value: float, text: str) -> None:
    assert WRITE.share(value) == text


@given(SHARES)
def test_a_share_that_is_something_is_never_told_as_nothing(value: float) -> None:
    text = WRITE.share(value)
    assert (text == "0%") == (value == 0)
    if text.startswith("over "):
        assert value > percent(text[5:])
    elif text.startswith("under "):
        assert value < percent(text[6:])
    else:
        assert abs(value - percent(text)) <= 0.005_000_1


# Places among the reference rows


@pytest.mark.parametrize(
    ("value", "tied", "told"),
    [
        (1.0, 0.0, ("100%", "higher")),
        (0.999, 0.0, ("99%", "higher")),
        (0.949, 0.0, ("94%", "higher")),
        (0.29, 0.0, ("71%", "lower")),
        (0.0, 0.0, ("100%", "lower")),
        (0.001, 0.0, ("99%", "lower")),
        (0.5, 0.0, ("50%", "middle")),
        (0.45, 0.0, ("45%", "middle")),
        (0.55, 0.0, ("55%", "middle")),
        (0.5, 1.0, ("0%", "middle")),
        (0.95, 0.1, ("90%", "higher")),  # a 1 among nine 0 and one 1
        (0.45, 0.9, ("0%", "middle")),  # a 0 among them
        (0.3, 0.6, ("40%", "lower")),  # a 0 among six 0 and four 1
        (0.8, 0.4, ("60%", "higher")),  # a 1 among them
    ],
)
def test_places_count_no_row_with_the_same_value(value: float, tied: float, told: tuple[str, str]) -> None:
    assert WRITE.percentile(value, tied) == told


@given(st.lists(st.integers(0, 6), min_size=1, max_size=400), st.integers(-1, 7))
def test_what_is_told_of_a_place_is_true(rows: list[int], value: int) -> None:
    below, same, above = (sum(test) for test in zip(*((r < value, r == value, r > value) for r in rows), strict=True))
    count = len(rows)
    text, side = WRITE.percentile((below + same / 2) / count, same / count)
    beyond = above if side == "lower" else below
    assert percent(text) <= beyond / count + 1e-12
    assert beyond / count - percent(text) < 0.01
    assert (text == "100%") == (beyond == count)
    if side != "middle":
        assert text != "0%"
    assert percent(WRITE.above(below / count)) <= below / count + 1e-12


# Amounts and values


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (38123.4, "€", 0, "38,123 €"),
        (-38123.4, "€", 0, "38,123 €"),
        (0.0432, "€", 0, "0.043 €"),
        (2.5, "", None, "2.5"),
        (1e-300, "", None, "0"),
        (0.0, "€", 2, "0.00 €"),
        (12.0, "%", None, "12%"),
    ],
)
def test_amounts_have_no_sign_and_at_least_two_digits(value: float, unit: str, decimals: int | None, text: str) -> None:
    assert WRITE.amount(value, unit, decimals) == text


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (None, "mm", 2, ""),
        (35.3, "mm", None, "35.3 mm"),
        (35.0, "", None, "35"),
        (35.0, "years", 0, "35 years"),
        (-0.0, "mm", None, "0 mm"),
        (-0.04, "mm", 1, "0.0 mm"),
        (-1.5, "°C", 1, f"{MINUS}1.5°C"),
        (12.0, "%", 1, "12.0%"),
        (3.0, "‰", 0, "3‰"),
        (214000.0, "€", 0, "214,000 €"),
        (1e12, "", None, "1,000,000,000,000"),
        (1e-300, "kg", None, "0 kg"),
        ("red", "mm", 2, "red"),
        ("", "", None, "“”"),
        ("yes", "", None, "“yes”"),
        ("1.5", "", None, "“1.5”"),
    ],
)
def test_values_with_their_unit(value: float | str | None, unit: str, decimals: int | None, text: str) -> None:
    assert WRITE.value(value, unit, decimals, {}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "male"), (True, "male"), ("1", "male"), (0.0, "“no”"), (2.5, "in between"), (2.0, "2"), ("2", "“2”")],
)
def test_codes_are_told_by_their_meaning(value: float | str, text: str) -> None:
    assert WRITE.value(value, "", None, {"0": "no", "1": "male", "2.5": "in between"}) == text


@pytest.mark.parametrize(
    ("largest", "decimals"),
    [(0.0, 2), (4.2, 2), (42.0, 1), (420.0, 0), (42000.0, 0), (0.042, 4), (1e-9, 11), (1e-300, 12)],
)
def test_the_largest_attribution_shows_three_digits(largest: float, decimals: int) -> None:
    assert score_decimals(largest) == decimals


# Names


@pytest.mark.parametrize(
    "name",
    [
        "worst texture",
        "BMI",
        "pH",
        "age (years)",
        "naïve",
        "年龄",
        "temp [°C]",
        "income and age",
        "the radius",
        "<b>bold</b>",
    ],
)
def test_a_name_that_cannot_be_misread_stands_as_it_is(name: str) -> None:
    assert WRITE.name(name) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("the", "“the”"),
        ("The", "“The”"),
        ("first reason", "“first reason”"),
        ("not a class", "“not a class”"),
        ("", "“”"),
        ("%", "“%”"),
        ("3.5", "“3.5”"),
        ("s5", "“s5”"),
        ("a.b", "“a.b”"),
        ("Really?", "“Really?”"),
        ("say “no”", "“say 'no'”"),
        ("\x1e", "“”"),
        ("two\nlines", "two lines"),
        ("tab\there", "tab here"),
        ("zero\u200bwidth", "zero width"),
        ("\u202eright to left", "right to left"),
        ("  spaces  in  it  ", "spaces in it"),
        ("a space , before", "a space, before"),
        ("( inside )", "(inside)"),
    ],
)
def test_a_name_that_could_be_misread_is_quoted_or_cleaned(name: str, text: str) -> None:
    assert WRITE.name(name) == text


@given(st.text())
def test_no_name_can_end_a_sentence_or_open_one(name: str) -> None:
    told = WRITE.name(name)
    assert told.isprintable()
    assert told == " ".join(told.split())
    assert told.count("“") == told.count("”") <= 1
    if any(mark in told.strip("“”") for mark in ".!?;:"):
        assert (told[0], told[-1]) == ("“", "”")


@given(st.text())
def test_printable_is_done_once(text: str) -> None:
    clean = printable(text)
    assert clean.isprintable()
    assert printable(clean) == clean


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({"a": "radius", "b": "texture"}, {"a": "radius", "b": "texture"}),
        ({"a": "radius", "b": "Radius"}, {"a": "radius (a)", "b": "Radius (b)"}),
        ({"Age": "Age", "age": "age"}, {"Age": "Age #1", "age": "age #2"}),
        ({"age": "age", "age ": "age "}, {"age": "age #1", "age ": "age #2"}),
        ({"x": "age", "y": "age\u200b"}, {"x": "age (x)", "y": "age (y)"}),
        ({"x": "the", "y": "the"}, {"x": "the (x)", "y": "the (y)"}),
        ({"": "", "b": "beta"}, {"": "“”", "b": "beta"}),
    ],
)
def test_names_that_look_alike_are_told_apart(plain: dict[str, str], told: dict[str, str]) -> None:
    assert {i: name.strip("“”") or name for i, name in WRITE.names(plain).items()} == told


@given(st.dictionaries(st.text(max_size=4), st.sampled_from(["age", "Age", " age", "a\x00ge", "radius"]), max_size=8))
def test_names_told_apart_differ_in_more_than_case(plain: dict[str, str]) -> None:
    told = [name.casefold() for name in WRITE.names(plain).values()]
    assert len(set(told)) == len(told) == len(plain)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("41", "41"),
        ("A-7_b/c", "A-7_b/c"),
        ("", "“”"),
        ("../../x", "“../../x”"),
        ("12.5", "“12.5”"),
        ("a b", "“a b”"),
        ("“q”", "“'q'”"),
    ],
)
def test_ids_of_instances(identifier: str, text: str) -> None:
    assert WRITE.identifier(identifier) == text


def test_words_from_the_data_are_on_one_line() -> None:
    words = Words("a\nb", ("c\x1ed", "\x00"), " mm\t", "e\r\nf", "g\x1bh", "i\u2028j")
    assert plain_words(words) == Words("a b", ("c d",), "mm", "e f", "g h", "i j")
