"""Patterns of a language are compiled as they are written, and texts are cut where sentences end."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from reporter.language import language
from reporter.verification import verdict
from reporter.verification.text.wording import Wording, wording

ENGLISH: Wording = wording("en")


def own(**claims: Any) -> Wording:
    data = copy.deepcopy(dict(ENGLISH.data))
    data["claims"] = [{"kind": "test", **claims}]
    return Wording(language("en"), data)


def matches(pattern: str, text: str) -> bool:
    (compiled,) = own(say=[pattern]).patterns
    return compiled.regex.fullmatch(text) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("adds up", "adds up", True),
        ("adds up", "Adds  up", True),
        ("adds up", "addsup", False),
        ("adds up", "adds upwards", False),
        ("[the] (model|method) says", "the model says", True),
        ("[the] (model|method) says", "method says", True),
        ("[the] (model|method) says", "the says", False),
        ("a [very|quite] high", "a quite high", True),
        ("\\( {percent} \\)", "(94%)", True),
        ("in {count} of {count:whole}", "in two of 100", True),
        ("in {count} of {count:whole}", "in 2% of 100", False),
        ("{side} than", "larger than", True),
        ("{side} than", "redder than", False),
        ("a , b", "a, b", True),
    ],
)
def test_a_pattern_matches_what_it_reads_like(pattern: str, text: str, holds: bool) -> None:
    assert matches(pattern, text) is holds


def test_a_pattern_knows_the_words_without_which_it_cannot_match() -> None:
    (pattern,) = own(say=["[the] (model|method) says {percent}"]).patterns
    assert pattern.anchors in (frozenset({"says"}), frozenset({"model", "method"}))


def test_a_set_says_what_its_wordings_mean() -> None:
    assert ENGLISH.means("side", "Larger") == "higher"
    assert ENGLISH.means("side", "redder") is None
    assert ENGLISH.means("ratio", "about half as much") == (0.42, 0.58)


def test_a_second_statement_takes_over_what_the_first_one_settles() -> None:
    (pattern,) = own(say=["x"], sign="towards", also=[{"kind": "rank", "rank": 1}]).patterns
    assert [s.kind for s in pattern.statements] == ["test", "rank"]
    assert pattern.statements[1].settings == {"sign": "towards", "rank": 1}


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is 0.5. It was 3.", ["It is 0.5.", "It was 3."]),
        ("Some, e.g. this one, hold! Why? So.", ["Some, e.g. this one, hold!", "Why?", "So."]),
        ("He said “It is.” Then he left.", ["He said “It is.”", "Then he left."]),
        ("no stop", ["no stop"]),
        ("", []),
    ],
)
def test_a_text_is_cut_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in ENGLISH.split(text)] == sentences


def test_units_that_mean_the_same_are_the_same() -> None:
    assert ENGLISH.same_unit("years", "yrs")
    assert ENGLISH.same_unit("weird", "Weird")
    assert not ENGLISH.same_unit("mm", "cm")
    assert not ENGLISH.same_unit("mm", "")


def test_every_kind_of_statement_has_a_judge() -> None:
    kinds = {statement.kind for pattern in ENGLISH.wider for statement in pattern.statements}
    assert kinds - {verdict.NEUTRAL} <= set(verdict.JUDGES)


def test_every_judge_is_asked_by_some_wording() -> None:
    kinds = {statement.kind for pattern in ENGLISH.wider for statement in pattern.statements}
    assert set(verdict.JUDGES) - kinds == {"phrase"}, "phrases are the study's words, not the language's"


def test_no_pattern_is_slow_on_a_long_text() -> None:
    text = "the " * 400 + "(" * 50 + "9" * 300
    for pattern in ENGLISH.patterns:
        assert pattern.regex.search(text) is None or isinstance(pattern.regex.search(text), re.Match)
