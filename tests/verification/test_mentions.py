"""Names are found as a reader finds them, and what is inside a name is never read as prose."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.verification.text.masks import AMBIGUOUS, FILL, HEADS
from reporter.verification.text.mentions import Named, Names, blanked, tokens
from reporter.verification.text.wording import wording
from reporter.words import Words
from tests import prose


def names_of(explanation: Explanation) -> Names:
    return Names(facts_of(explanation), wording("en"))


def found(text: str, explanation: Explanation) -> list[tuple[str, str]]:
    return [(r.kind, r.id) for named in names_of(explanation).mask(text)[1] for r in named.referents]


def test_a_masked_text_keeps_its_length_and_hides_the_name() -> None:
    text = "The worst texture is 35.3."
    masked, named = names_of(prose.sample()).mask(text)
    assert len(masked) == len(text)
    assert masked == f"The {HEADS['feature']}{FILL * 12} is 35.3."
    assert [(n.start, n.end, n.text) for n in named] == [(4, 17, "worst texture")]


@pytest.mark.parametrize("text", ["worst texture", "Worst Texture", "WORST TEXTURE", "worst_texture", "worst textures"])
def test_a_feature_goes_by_its_name_and_id_in_any_case(text: str) -> None:
    assert found(text, prose.sample()) == [("feature", "worst_texture")]


def test_the_longest_name_goes_first() -> None:
    explanation = Explanation.from_values(["radius", "radius error"], [1.0, 2.0], [1.0, -1.0], prediction="yes")
    assert found("radius error, radius", explanation) == [("feature", "radius error"), ("feature", "radius")]


def test_a_name_goes_before_an_alias_and_a_shared_alias_stands_for_both() -> None:
    words = {"a": Words("income", ("pay", "height")), "b": Words("height", ("pay",))}
    explanation = Explanation.from_values(["a", "b"], [1.0, 2.0], [1.0, -1.0], prediction="yes", words=words)
    assert found("height", explanation) == [("feature", "b")]
    assert found("pay", explanation) == [("feature", "a"), ("feature", "b")]


def test_an_everyday_word_is_a_name_only_in_quotation_marks() -> None:
    explanation = Explanation.from_values(
        ["first", "x"], [1.0, 2.0], [1.0, -1.0], prediction="yes", class_names=["yes", "no"]
    )
    assert found("first", explanation) == []
    assert found("“first”", explanation) == [("feature", "first")]
    assert found('"first"', explanation) == [("feature", "first")]


def test_one_name_for_two_kinds_of_things_is_left_to_the_sentence() -> None:
    explanation = Explanation.from_values(["benign", "b"], [1.0, 2.0], [1.0, -1.0], prediction="benign")
    masked, named = names_of(explanation).mask("benign")
    assert masked[0] == AMBIGUOUS
    assert {r.kind for r in named[0].referents} == {"feature", "class"}


def test_units_are_named_only_beside_numbers() -> None:
    assert found("0.2 mm", prose.sample()) == [("unit", "mm")]
    assert found("mm", prose.sample()) == []
    assert found("€38", prose.house()) == [("unit", "€")]


def test_the_words_of_the_study_are_named() -> None:
    kinds = dict(found("sample 41, a typical sample, the reference samples, the review desk", prose.sample()))
    assert set(kinds) == {"instance", "baseline", "rows", "study"}


def test_private_characters_in_a_text_cannot_pose_as_names() -> None:
    masked, named = names_of(prose.sample()).mask(f"{HEADS['feature']}{FILL * 3} is 1")
    assert named == ()
    assert not set(masked) & {*HEADS.values(), FILL}


def test_marks_that_say_nothing_are_blanked() -> None:
    assert blanked("the “*model*” isn’t") == "the   model   isn't"


def test_a_text_in_characters_without_spaces_is_cut_into_single_ones() -> None:
    assert [token.norm for token in tokens("年龄25岁 Age")] == ["年", "龄", "25", "岁", "age"]


def test_a_mention_moves_with_its_sentence() -> None:
    assert Named(5, 8, "age", ()).moved(-5) == Named(0, 3, "age", ())
