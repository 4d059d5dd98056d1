"""Display words: which language speaks when the wanted one is silent, and identifiers as a person would write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.words import Words, own, readable, unit_of, words_in

ENGLISH = Words(
    "worst texture", ("texture",), "mm", "how rough", "a rough surface", "a smooth surface", {"0": "no", "1": "yes"}
)
CHINESE = Words("最差纹理", ("纹理",), "毫米", "粗糙程度", "表面粗糙", "表面光滑", {"0": "否", "1": "是"})
SHARED = Words("wt", unit="µm")


def test_a_language_speaks_for_itself() -> None:
    vocabulary = {"en": ENGLISH, "zh": CHINESE, "": SHARED}
    assert words_in(vocabulary, "en", "worst_texture") == ENGLISH
    assert words_in(vocabulary, "zh", "worst_texture") == CHINESE


def test_where_a_language_is_silent_the_shared_words_speak_and_then_english_for_names_only() -> None:
    told = words_in({"": SHARED, "en": ENGLISH}, "zh", "worst_texture")
    assert (told.name, told.unit, told.aliases, told.values) == ("wt", "µm", ENGLISH.aliases, ENGLISH.values)
    assert (told.description, told.high, told.low) == ("", "", "")


def test_each_word_falls_back_by_itself() -> None:
    told = words_in({"en": Words(high="a rough surface"), "": Words("wt", unit="µm")}, "en", "worst_texture")
    assert (told.name, told.unit, told.high) == ("wt", "µm", "a rough surface")


def test_a_study_with_chinese_words_alone_is_told_in_english_by_its_ids() -> None:
    told = words_in({"zh": CHINESE}, "en", "worst_texture")
    assert told == Words("worst texture")


def test_nothing_at_all_is_the_id() -> None:
    assert words_in({}, "en", "worst_texture") == Words("worst texture")
    assert words_in({"en": Words()}, "en", "") == Words()


@pytest.mark.parametrize("attribute", ["description", "high", "low"])
def test_parts_of_sentences_never_come_from_another_language(attribute: str) -> None:
    assert own({"en": ENGLISH}, "zh", attribute) == ""
    assert own({"zh": CHINESE}, "en", attribute) == ""
    assert own({"zh": CHINESE, "": ENGLISH}, "en", attribute) == getattr(ENGLISH, attribute)


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ("worst_texture", "worst texture"),
        ("worstTexture", "worst texture"),
        ("worst  texture", "worst texture"),
        ("__worst__texture__", "worst texture"),
        ("Worst texture", "Worst texture"),
        ("MedInc", "Med inc"),
        ("BMI", "BMI"),
        ("pH", "pH"),
        ("kWh", "kWh"),
        ("HbA1c", "HbA1c"),
        ("NaCl", "NaCl"),
        ("maxHR", "max HR"),
        ("totalCO2", "total CO2"),
        ("éclairHaut", "éclair haut"),
        ("s5", "s5"),
        ("最差纹理", "最差纹理"),
        ("___", "___"),
        (" ", " "),
        ("", ""),
    ],
)
def test_identifiers_as_a_person_would_write_them(identifier: str, told: str) -> None:
    assert readable(identifier) == told


@given(st.text())
def test_an_identifier_keeps_its_letters(identifier: str) -> None:
    def bare(text: str) -> str:
        return "".join(c for c in text if c != "_" and not c.isspace()).casefold()

    assert bare(readable(identifier)) == bare(identifier)
    assert readable(identifier) or not identifier


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("petal width (cm)", ("petal width", "cm")),
        ("power [kW]", ("power", "kW")),
        ("rent(€)", ("rent", "€")),
        ("share (%)", ("share", "%")),
        ("size (large)", None),  # a part of the name
        ("cm", None),
        ("(cm)", None),
        ("f(x)", None),
        ("width (cm) at noon", None),
    ],
)
def test_a_unit_in_brackets_behind_a_name_is_its_unit(name: str, found: tuple[str, str] | None) -> None:
    assert unit_of(name) == found


def test_the_unit_of_a_study_counts_before_the_one_in_a_name() -> None:
    assert words_in({"": Words(name="width (cm)")}, "en") == Words(name="width", unit="cm", aliases=("width (cm)",))
    assert words_in({"": Words(name="width (cm)", unit="inch")}, "en").name == "width (cm)"
    assert words_in({}, "en", "petal width (cm)").unit == "cm"
