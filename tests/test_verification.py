"""Verification: true prose holds, whoever wrote it; untrue prose is called so only when that is sure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter.errors import UnknownName
from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.narrative import Narrative
from reporter.narrators.templated import TemplatedNarrator
from reporter.verification import verify
from reporter.words import Words
from tests import prose
from tests.strategies import an_explanation, explanations

AUDIENCES = ("expert", "decision-maker", "affected")
DECISIONS = {name: facts_of(getattr(prose, name)()) for name in ("sample", "loan", "house", "doubtful", "mistaken")}

# The first of the hand-written examples that show what a narrative should sound like, on a sample that is like it.
EXAMPLE = (
    "The model reads sample 41 as malignant, with a probability of 94.6%. Compared with a typical sample, the"
    " strongest push towards malignant comes from the worst texture: at 35.3 it is higher than in 94% of the "
    "reference samples and supplies 29% of everything that speaks for malignant. A rough outline (worst "
    "fractal dimension 0.096, higher than 80%) adds 15%, and three measures of how dented the nuclei are "
    "bring another 26% together. Among the ten strongest features two argue the other way: even radii (radius"
    " error 0.237 mm, lower than 73%), and a mean smoothness of 0.123, although higher than 96%, counts "
    "against malignant in this model. Since all opposing features together weigh about half as much as the "
    "supporting ones, the outcome stays malignant. The attributions account for the change in score to within"
    " 0.4%, and the first reason held in every one of 100 repeats; below rank three the order is not firm."
)


def _verdict(narrative: Narrative) -> str:
    found = {sentence.verdict for sentence in narrative.sentences}
    return next((v for v in ("contradicted", "unverified", "supported") if v in found), "neutral")


def _told(narrative: Narrative) -> str:
    return "; ".join(f"{s.text} [{s.verdict}: {', '.join(s.reasons)}]" for s in narrative.sentences)


def _said() -> Iterator[tuple[str, str, str]]:
    for decision, by_verdict in prose.SAID.items():
        for verdict, texts in by_verdict.items():
            for text in texts:
                yield decision, verdict, text


@pytest.mark.parametrize(("decision", "verdict", "text"), list(_said()))
def test_what_people_write_is_judged(decision: str, verdict: str, text: str) -> None:
    narrative = verify(text, DECISIONS[decision])
    assert _verdict(narrative) == verdict, _told(narrative)


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        ("sample", "High texture causes cancer."),
        ("sample", "Smoking causes heart disease."),
        ("sample", "Worst texture causes malignant."),
        ("sample", "Texture error causes benign."),
        ("loan", "Debts cause refused."),
        ("loan", "Income causes refused."),
        ("house", "A large living area causes a higher price."),
    ],
)
def test_a_cause_in_the_world_is_nothing_that_attributions_decide(decision: str, text: str) -> None:
    (sentence,) = verify(text, DECISIONS[decision]).sentences
    assert sentence.verdict == "unverified", _told(verify(text, DECISIONS[decision]))
    assert "speaks of a cause in the world; attributions speak of the model only" in sentence.reasons


def test_what_causes_the_model_to_say_something_is_a_reason_of_the_model() -> None:
    right = verify("Worst texture causes the model to say malignant.", DECISIONS["sample"])
    assert _verdict(right) == "supported", _told(right)
    wrong = verify("Texture error causes the model to say malignant.", DECISIONS["sample"])
    assert _verdict(wrong) == "contradicted", _told(wrong)


# The example


def test_the_example_is_supported_in_both_readings() -> None:
    for published in (True, False):
        narrative = verify(EXAMPLE, DECISIONS["sample"], published=published)
        assert narrative.supported, _told(narrative)
        assert all(sentence.verdict == "supported" for sentence in narrative.sentences)


@pytest.mark.parametrize("found", list(re.finditer(r"\d", EXAMPLE)), ids=lambda found: f"{found.start()}")
def test_each_digit_of_the_example_counts(found: re.Match[str]) -> None:
    wrong = str((int(found[0]) + 3) % 10)
    text = EXAMPLE[: found.start()] + wrong + EXAMPLE[found.end() :]
    assert not verify(text, DECISIONS["sample"], published=True).supported


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("strongest push", "second strongest push"),
        ("three measures", "two measures"),
        ("two argue", "three argue"),
        ("the ten strongest", "the nine strongest"),
        ("even radii", "uneven radii"),
        ("counts against", "counts for"),
        ("about half as much", "about a third as much"),
        ("stays malignant", "stays benign"),
        ("below rank three", "below rank four"),
        ("in every one of", "in hardly one of"),
        ("lower than 73%", "higher than 73%"),
        ("0.237 mm", "0.237 cm"),
        ("A rough outline", "Deep dents"),
        ("mean smoothness", "mean concavity"),
        ("worst texture", "phase of the moon"),
        ("typical sample", "average sample"),
    ],
)
def test_each_word_of_the_example_counts(said: str, instead: str) -> None:
    assert said in EXAMPLE
    assert not verify(EXAMPLE.replace(said, instead), DECISIONS["sample"], published=True).supported


# What a narrative says of itself


def test_a_contradiction_says_what_is_said_what_is_true_and_by_which_fact() -> None:
    text = "The worst texture is higher than in 92% of the reference samples."
    (claim,) = (c for c in verify(text, DECISIONS["sample"]).claims if c.verdict == "contradicted")
    assert claim.kind == "percentile"
    assert claim.facts == ("feature.worst_texture.percentile",)
    assert claim.reason == ("says higher than 92%, the fact is higher than 94% (feature.worst_texture.percentile)")
    assert text[claim.start : claim.end] == "higher than in 92% of the reference samples"


def test_sections_paragraphs_and_mentions_are_kept() -> None:
    draft = {"headline": "Read as malignant.", "why": "Worst texture speaks for it.\n\nRadius error speaks against it."}
    narrative = verify(draft, DECISIONS["sample"], audience="expert", narrator="somebody")
    assert [section.name for section in narrative.sections] == ["headline", "why"]
    assert narrative.section("why") is not None
    assert narrative.text == "Read as malignant.\n\nWorst texture speaks for it.\n\nRadius error speaks against it."
    assert (narrative.language, narrative.audience, narrative.narrator) == ("en", "expert", "somebody")
    assert {sentence.narrator for sentence in narrative.sentences} == {"somebody"}
    mention = narrative.sentences[1].mentions[0]
    assert (mention.kind, mention.id) == ("feature", "worst_texture")
    assert narrative.sentences[1].text[mention.start : mention.end] == "Worst texture"


def test_what_must_be_told_and_is_not_is_missing() -> None:
    narrative = verify("Radius error speaks against malignant.", DECISIONS["sample"])
    assert narrative.missing == ("prediction", "feature.worst_texture.direction")
    assert not narrative.supported


def test_a_list_is_read_item_by_item() -> None:
    text = "The model says malignant:\n- worst texture is 35.3\n- radius error is 0.9 mm\n\nThat is all."
    narrative = verify(text, DECISIONS["sample"])
    assert [s.verdict for s in narrative.sentences] == ["supported", "supported", "contradicted", "unverified"]


def test_a_sentence_does_not_end_inside_a_number_a_name_or_an_abbreviation() -> None:
    words = {"": Words("conc. (max.)")}
    features = tuple(replace(f, words=words) if f.id == "radius_error" else f for f in prose.sample().features)
    narrative = verify("“Conc. (max.)” of 0.237, i.e. a low value, speaks against malignant. It is low.",
                       replace(prose.sample(), features=features))  # fmt: skip
    assert len(narrative.sentences) == 2
    assert narrative.sentences[0].verdict == "supported", _told(narrative)


def test_an_unreliable_explanation_decides_no_reasons() -> None:
    text = "This explanation is not reliable. The model says approved. Income speaks for approved."
    narrative = verify(text, DECISIONS["doubtful"], published=True)
    assert narrative.sentences[2].verdict == "unverified"


def test_the_study_may_be_repeated_word_for_word() -> None:
    assert verify("You can turn to the review desk.", DECISIONS["sample"], published=True).failures == ()
    assert verify("You can turn to the review office.", DECISIONS["sample"], published=True).failures != ()


def test_a_number_that_nothing_decides_is_no_support() -> None:
    narrative = verify("Worst texture speaks for malignant after 17 days.", DECISIONS["sample"])
    assert narrative.sentences[0].verdict == "unverified"


def test_a_language_without_wordings_is_refused() -> None:
    with pytest.raises(UnknownName):
        verify("Guten Tag.", prose.sample(), "de")


@pytest.mark.parametrize("text", ["", " \n\n \n", "...", "(((", "“", "\ue000\ue0ff 41", "\x00", "–" * 50, "9" * 400])
def test_any_text_can_be_read(text: str) -> None:
    for published in (True, False):
        assert isinstance(verify(text, DECISIONS["sample"], published=published), Narrative)


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_made_up_text_never_breaks_the_reading_nor_is_it_published(text: str) -> None:
    narrative = verify(text, DECISIONS["sample"], published=True)
    assert not narrative.supported


_WORDS = """
the of is not higher lower than in at adds takes away speaks for against towards malignant benign strongest first comes
among features argue the other way because of and by model reads sample 41 as with probability it ( ) , : ; . “ ” %
94% 35.3 0.0961 −2 three ten 100 1,000 worst texture radius error mm cm a rough outline even radii measures how dented
the nuclei are record says firm order rank below two repeats all most next
"""
_PARTS = (
    "worst texture",
    "radius error",
    "measures of how dented the nuclei are",
    "higher than in 94% of the reference samples",
    "among the ten strongest features two argue the other way:",
    "9" * 400,
)
SALAD = (*re.findall(r"\S+", _WORDS), *_PARTS)


@given(st.lists(st.sampled_from(SALAD), max_size=40).map(" ".join))
@settings(max_examples=150)
def test_no_order_of_words_breaks_the_reading(text: str) -> None:
    for published in (True, False):
        narrative = verify(text, DECISIONS["sample"], published=published)
        for sentence in narrative.sentences:
            for claim in sentence.claims:
                assert 0 <= claim.start < claim.end <= len(sentence.text)


def test_a_long_text_without_stops_is_read_in_time() -> None:
    start = time.process_time()
    verify("worst texture adds 15% and " * 2000, DECISIONS["sample"])
    assert time.process_time() - start < 20


# Our own prose


def _narratives(explanation: Explanation) -> Iterator[tuple[str, Facts, dict[str, str]]]:
    facts = facts_of(explanation)
    for audience in AUDIENCES:
        yield audience, facts, dict(TemplatedNarrator().narrate(facts, audience))


@given(explanations())
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_templated_prose_always_verifies(explanation: Explanation) -> None:
    for audience, facts, draft in _narratives(explanation):
        narrative = verify(draft, facts, published=True)
        assert not narrative.failures, f"{audience}: {_told(narrative)}"
        assert not narrative.missing, f"{audience}: {narrative.missing} in {narrative.text}"


def test_the_careful_reading_of_templated_prose_raises_no_alarm() -> None:
    for seed in range(30):
        for audience, facts, draft in _narratives(an_explanation(seed)):
            narrative = verify(draft, facts)
            assert not narrative.failures, f"{seed} {audience}: {_told(narrative)}"


@pytest.mark.parametrize("decision", list(DECISIONS))
def test_the_decisions_of_these_tests_can_be_told(decision: str) -> None:
    for audience, facts, draft in _narratives(getattr(prose, decision)()):
        narrative = verify(draft, facts, published=True)
        assert narrative.supported, f"{audience}: {_told(narrative)}"


# Names


@pytest.mark.parametrize(
    "name",
    ["a.b*c?", "first", "the model", "not", "say “no”", "x\ny", "((", "e.g. this", "1,000 steps", "50%", "年龄", "T-3",
     "adds 15%", "malignant cells", "radius error (new)", "worst texture 2", "{{ f }}", "features", "S. No. 5"],
)  # fmt: skip
def test_any_name_can_be_told_and_is_told_apart(name: str) -> None:
    def named(given: Explanation) -> Explanation:
        changed = {"worst_texture": Words(name), "radius_error": Words(f"{name} too")}
        features = tuple(replace(f, words={"": changed.get(f.id, Words(f.id))}) for f in given.features)
        return replace(given, features=features)

    for audience, facts, draft in _narratives(named(prose.sample())):
        narrative = verify(draft, facts, published=True)
        assert narrative.supported, f"{audience}: {_told(narrative)}"


def test_names_that_differ_only_in_case_are_told_apart() -> None:
    explanation = Explanation.from_values(
        ["x_1", "X_1"], [3.0, 5.0], [2.0, -1.0], prediction="yes", class_names=["yes", "no"]
    )
    for audience, facts, draft in _narratives(explanation):
        assert verify(draft, facts, published=True).supported, audience


def test_a_word_that_begins_like_a_name_is_no_mention() -> None:
    explanation = Explanation.from_values(
        ["age", "height"], [3.0, 5.0], [2.0, -1.0], prediction="yes", class_names=["yes", "no"]
    )
    for word in ("aged", "age-related", "age2", "voltage"):
        assert verify(f"The {word} column.", explanation).sentences[0].mentions == ()
    assert verify("Its age.", explanation).sentences[0].mentions[0].id == "age"
    assert verify("All ages.", explanation).sentences[0].mentions[0].id == "age"


def test_words_of_the_prose_stand_in_quotation_marks_when_they_are_names() -> None:
    from reporter.language import language
    from reporter.verification.text.wording import wording

    everyday = set(language("en").lexicon["quoting"]["words"])
    missing = {part for word in wording("en").vocabulary for part in re.findall(r"[^\W\d_]+", word)} - everyday
    assert not missing, f"add them to [quoting] of lexicon.toml: {sorted(missing)}"


# Speed


def test_many_features_are_read_in_time() -> None:
    names = [f"measure {i} of {chr(97 + i % 26)}" for i in range(500)]
    weights = [(-1) ** i * (500 - i) / 10 for i in range(500)]
    explanation = Explanation.from_values(
        names, [float(i) for i in range(500)], weights, prediction={"yes": 0.8, "no": 0.2}, class_names=["yes", "no"]
    )
    facts = facts_of(explanation)
    draft = TemplatedNarrator().narrate(facts, "expert")
    verify(draft, facts, published=True)  # names are prepared once
    start = time.process_time()
    assert verify(draft, facts, published=True).supported
    assert time.process_time() - start < 2
