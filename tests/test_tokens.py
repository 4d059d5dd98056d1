"""Tokens: which of them a reader would call one word."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.tokens import Range, shape_of, words_of


def spans_of(text: str) -> list[Range | None]:
    """One token a run of letters or mark, a special one at each end."""
    return [None, *(found.span() for found in re.finditer(r"\w+|[^\w\s]", text)), None]


def words(text: str, spans: list[Range | None] | None = None) -> list[str]:
    return [word.written(text) for word in words_of(text, spans_of(text) if spans is None else spans)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The printer is broken.", ["The", "printer", "is", "broken"]),
        ("It costs $1,249.99, or 20% less", ["It", "costs", "$1,249.99", "or", "20%", "less"]),
        ("at 3:45 on 10-12, v2.1, 5GB", ["at", "3:45", "on", "10-12", "v2.1", "5GB"]),
        ("anna.b@example.org wrote", ["anna.b@example.org", "wrote"]),
        ("see https://example.org/pay?id=7.", ["see", "https://example.org/pay?id=7"]),
        ("my wi-fi, Anna's wi‑fi", ["my", "wi-fi", "Anna's", "wi‑fi"]),
        ("#4711 for @anna", ["#4711", "for", "@anna"]),
        ("great 👍🏽🔥 work", ["great", "👍🏽🔥", "work"]),
        ("e\u0301te\u0301 नमस्ते", ["e\u0301te\u0301", "नमस्ते"]),
        ("لا يعمل", ["لا", "يعمل"]),
        ("a\x00b", ["a", "b"]),
    ],
)
def test_words_are_as_a_reader_counts_them(text: str, told: list[str]) -> None:
    assert words(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("it is not working", ["it", "is", "not working"]),
        ("it doesn't work", ["it", "doesn't work"]),
        ("it doesn’t work", ["it", "doesn’t work"]),
        ("not a refund", ["not a refund"]),
        ("never been able to log in", ["never been able to log", "in"]),
        ("without any warning", ["without any warning"]),
        ("not not good", ["not not good"]),
        ("no, never mind", ["no", "never mind"]),  # a comma parts them
        ("it is not", ["it", "is", "not"]),
        ("not\nworking", ["not working"]),
        ("nothing works", ["nothing", "works"]),
    ],
)
def test_a_negation_is_one_with_what_it_negates(text: str, told: list[str]) -> None:
    assert words(text) == told


def test_where_no_spaces_are_written_words_are_tokens() -> None:
    text = "打印机不能工作，请"
    spans: list[Range | None] = [None, (0, 3), (3, 5), (5, 7), (7, 8), (8, 9), None]
    assert words(text, spans) == ["打印机", "不能", "工作", "请"]
    assert words("没工作", [(0, 1), (1, 3)]) == ["没工作"]  # a negation here too
    assert words("不行吗", [(0, 1), (1, 2), (2, 3)]) == ["不行", "吗"]


def test_tokens_of_one_character_are_one_word() -> None:
    """Tokenizers of bytes give several tokens the same character."""
    found = words_of("机器", [(0, 1), (0, 1), (0, 1), (1, 2), (1, 2)])
    assert [word.columns for word in found] == [(0, 1, 2), (3, 4)]


def test_sub_words_are_merged_and_marks_go_with_the_word_before() -> None:
    text = "unprintable, yes!"
    found = words_of(text, [None, (0, 2), (2, 7), (7, 11), (11, 12), (13, 16), (16, 17), None])
    assert [(word.written(text), word.columns) for word in found] == [
        ("unprintable", (0, 1, 2, 3, 4)),
        ("yes", (5, 6, 7)),
    ]


def test_a_mark_at_the_beginning_goes_with_the_first_word() -> None:
    found = words_of("“yes”", [(0, 1), (1, 4), (4, 5)])
    assert [word.columns for word in found] == [(0, 1, 2)]


def test_a_text_of_marks_alone_has_them_for_words() -> None:
    assert words("?!") == ["?", "!"]


def test_a_word_that_repeats_keeps_its_places() -> None:
    found = words_of("the cat, the dog", spans_of("the cat, the dog"))
    assert [(word.start, word.end) for word in found] == [(0, 3), (4, 7), (9, 12), (13, 16)]


def test_a_word_without_tokens_is_left_out() -> None:
    assert words("one two three", [(0, 3), (8, 13)]) == ["one", "three"]


def test_nothing_but_special_tokens_makes_no_words() -> None:
    assert words_of("", [None, None]) == ()


@given(st.text(max_size=60))
def test_every_token_belongs_to_exactly_one_word(text: str) -> None:
    spans = spans_of(text)
    found = words_of(text, spans)
    assert len(shape_of(text)) == len(text)
    if any(spans):
        assert sorted(column for word in found for column in word.columns) == list(range(len(spans)))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(word.written(text) for word in found)
