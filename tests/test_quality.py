"""How our own narratives of tables read: the limits of benchmarks/prose/quality.py, on fewer decisions."""

from __future__ import annotations

from statistics import fmean

import pytest

from benchmarks.prose.decisions import decisions
from benchmarks.prose.quality import FEATURES, LEAST, MOST, STORY, WORDS, Quality, grade, measured, syllables, table

COUNT = 66


@pytest.fixture(scope="module")
def found() -> dict[str, list[Quality]]:
    return {audience: measured(COUNT, audience, seed=1) for audience in STORY}


@pytest.mark.parametrize("audience", STORY)
def test_every_sentence_is_true_and_what_must_be_told_is_told(found: dict[str, list[Quality]], audience: str) -> None:
    assert [n for n, quality in enumerate(found[audience]) if not quality.accurate] == []


@pytest.mark.parametrize("audience", STORY)
def test_no_two_sentences_in_a_row_begin_alike(found: dict[str, list[Quality]], audience: str) -> None:
    assert [n for n, quality in enumerate(found[audience]) if quality.openings] == []


@pytest.mark.parametrize("measure", LEAST["expert"])
def test_an_expert_reads_varied_words_that_say_why(found: dict[str, list[Quality]], measure: str) -> None:
    values = [getattr(quality, measure) for quality in found["expert"]]
    least = LEAST["expert"][measure]
    assert fmean(values) >= least
    assert fmean(value >= least for value in values) >= 0.7


def test_an_expert_reads_neither_too_little_nor_too_much(found: dict[str, list[Quality]]) -> None:
    qualities = found["expert"]
    assert fmean(WORDS[0] <= quality.words <= WORDS[1] for quality in qualities) >= 0.95
    assert fmean(quality.features for quality in qualities) >= FEATURES
    assert min(quality.features for quality in qualities) >= FEATURES - 2


@pytest.mark.parametrize("audience", MOST)
def test_a_reader_in_a_hurry_needs_few_years_of_school(found: dict[str, list[Quality]], audience: str) -> None:
    grades = [quality.grade for quality in found[audience]]
    assert fmean(grades) <= MOST[audience]["grade"]
    assert fmean(each <= MOST[audience]["grade"] for each in grades) >= 0.9


def test_the_table_has_a_line_for_every_measure(found: dict[str, list[Quality]]) -> None:
    assert len(list(table(found))) == 1 + 9 * len(STORY)


def test_decisions_are_the_same_for_the_same_seed() -> None:
    assert [each.to_json() for each in decisions(3, 5)] == [each.to_json() for each in decisions(3, 5)]
    assert len({each.to_json() for each in decisions(22)}) == 22


@pytest.mark.parametrize(
    ("word", "count"),
    [("the", 1), ("argues", 2), ("supporting", 3), ("pushed", 1), ("added", 2), ("94.6%", 1), ("table", 2), ("m²", 1)],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_long_words_in_long_sentences_take_more_school() -> None:
    assert grade(["It is low.", "So it is cold."]) < grade(
        ["Extraordinary circumstances necessitate considerable delay."]
    )
