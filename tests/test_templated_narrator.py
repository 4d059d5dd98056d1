"""The templated narrator's drafts, before any check: situations read differently, and nothing reads as if filled in."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.errors import UnknownName
from reporter.explanation import Card, Explanation, Performance
from reporter.facts import Facts, facts_of
from reporter.grade import Score
from reporter.narrators.templated import PARAGRAPH, TemplatedNarrator, audience_template, audiences, tidy
from reporter.words import Words
from tests.explanations import (
    TRUSTED,
    UNTRUSTED,
    drafted,
    explained,
    with_baseline,
    with_features,
    with_outcome,
    with_prediction,
)
from tests.strategies import explanations

AUDIENCES = ("affected", "decision-maker", "expert")
ROWS = [[float(i), float(i), float(i), float(i)] for i in range(20)]
PLAIN = explained([0.5, 0.4, 0.3, -0.2], scores=TRUSTED, reference=ROWS)
VALUE = explained(
    [30.0, 25.0, -20.0], 152.0, value_name="progression", scores=TRUSTED, reference=[[1, 1, 1], [2, 2, 2], [3, 3, 9]]
)
MANY = explained([1.0 - i / 100 for i in range(12)] + [-0.5] * 4, scores=TRUSTED)

SITUATIONS: dict[str, Explanation] = {
    "plain": PLAIN,
    "one feature": explained([0.5], scores=TRUSTED),
    "dominant": explained([0.9, 0.3, 0.1, -0.1], scores=TRUSTED),
    "diffuse": MANY,
    "cancelling": explained([0.5, 0.4, -0.4, -0.45], scores=TRUSTED),
    "nothing": explained([0.0] * 4, scores=TRUSTED),
    "close call": explained([0.5, 0.4, 0.3, -0.2], {"benign": 0.47, "malignant": 0.53}, scores=TRUSTED),
    "disagrees": explained([0.5, 0.4, 0.3, -0.2], scores=TRUSTED, truth="benign"),
    "unreliable": explained([0.5, 0.4, 0.3, -0.2], scores=UNTRUSTED),
    "other target": explained([0.5, 0.4, 0.3, -0.2], scores=TRUSTED, target="benign"),
    "baseline agrees": with_outcome(
        with_baseline(PLAIN, name="median", label="malignant", probability=0.93), "malignant", baseline_probability=0.93
    ),
    "nothing towards": explained([-0.5, -0.4, -0.3, -0.2], scores=TRUSTED),
    "tied": explained([0.5, 0.5, -0.3], scores=TRUSTED),
    "value up": with_prediction(VALUE, usual=140.0, percentile=0.7),
    "value usual": with_prediction(VALUE, usual=150.0, percentile=0.5),
    "value down": explained([-30.0, -25.0, 20.0], 92.0, value_name="progression", scores=TRUSTED),
    "value cancels": explained([30.0, -29.0], 152.0, value_name="progression", scores=TRUSTED),
    "value nothing": explained([0.0, 0.0], 152.0, value_name="progression", scores=TRUSTED),
    "missing": explained([0.5, 0.4, 0.3, -0.2], values=[1, None, 3, 4], scores=TRUSTED),
    "out of range": explained([0.5, 0.4, 0.3, -0.2], values=[99, 2, 3, 4], scores=TRUSTED, reference=ROWS),
    "protected": with_features(PLAIN, beta={"protected": True}),
}


def text_of(explanation: Explanation, audience: str = "expert", seed: int = 0) -> str:
    return "\n\n".join(drafted(explanation, audience, seed).values())


def all_of(explanation: Explanation, audience: str = "expert") -> str:
    """The same explanation in all arrangements of its sentences, or nearly all."""
    return "\n\n".join(text_of(explanation, audience, seed) for seed in range(40))


def masked(text: str, facts: Facts) -> str:
    """The text with everything that comes from outside taken out, so that only our own prose is left."""
    outside = [facts.instance, facts.text("truth"), facts.text("baseline.prediction")]
    outside += [getattr(facts.card, name) for name in Card.__dataclass_fields__]
    outside += [group.name for group in facts.groups.values()]
    outside += [each.name for each in facts.classes]
    for feature in facts.features:
        outside += [feature.name, feature.value, feature.phrase, *feature.range]
    for part in sorted(filter(None, set(outside)), key=len, reverse=True):
        for form in (part, part[:1].upper() + part[1:]):
            text = text.replace(form, "X")
    return text


UNTIDY = {
    "two spaces": r"  ",
    "a space before a stop": r" [,.;:!?)]",
    "a space behind a bracket": r"\( ",
    "an empty bracket": r"\(\)|“”|\(,|, ?\)",
    "two stops": r"[.,;:]\s*[.,;:](?!\w)",
    "a value of the program": r"\b(None|True|False|nan|inf|undefined)\b|[{}<>]|\bX?_\w",
    "a word twice": r"\b(a|an|the|of|in|and|by|is|it|than|for|to) \1\b",
    "one of many": r"\bone (features|others|repeats|checks|steps|rows)\b|\b1 (features|repeats|steps)\b|\bno of\b",
    "a verb in the wrong number": r"\bone \w+ argue\b|\b(two|three|four|five) argues\b",
    "an article that does not fit": r"\ba [aeio]\w+ (sample|instance)\b",
    "a minus that is a hyphen": r"(?<![\w\d])-\d",
}


# Whatever the explanation


@pytest.mark.parametrize("audience", AUDIENCES)
@given(explanations())
@settings(max_examples=50)
def test_every_draft_is_tidy(audience: str, explanation: Explanation) -> None:
    facts = facts_of(explanation)
    draft = TemplatedNarrator().narrate(facts, audience)
    assert draft["headline"]
    for text in draft.values():
        ours = masked(text, facts)
        for what, pattern in UNTIDY.items():
            assert not re.search(pattern, ours), f"{what} in {text!r}"
        for paragraph in text.split("\n\n"):
            assert paragraph == paragraph.strip() != ""
            assert "\n" not in paragraph
            assert paragraph[-1] in ".!?…”"


@given(explanations(), st.integers(0, 5))
@settings(max_examples=30)
def test_the_same_facts_give_the_same_text(explanation: Explanation, seed: int) -> None:
    again = Explanation.from_json(explanation.to_json())
    assert drafted(explanation, "expert", seed) == drafted(again, "expert", seed)


# Situations


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_sentences_begin_with_a_capital_and_end_with_a_stop(name: str, audience: str) -> None:
    for text in drafted(SITUATIONS[name], audience).values():
        for paragraph in text.split("\n\n"):
            for sentence in re.split(r"(?<=[.!?]) ", paragraph):
                assert sentence[0].isupper(), sentence
                assert sentence[-1] == ".", sentence
            for what, pattern in UNTIDY.items():
                assert not re.search(pattern, paragraph), f"{what} in {paragraph!r}"


def test_different_situations_read_differently() -> None:
    told = {name: text_of(explanation) for name, explanation in SITUATIONS.items()}
    for one, other in itertools.combinations(told, 2):
        assert told[one] != told[other], (one, other)
    leads = {name: drafted(explanation).get("lead", "") for name, explanation in SITUATIONS.items()}
    for name in (
        "unreliable",
        "nothing",
        "other target",
        "disagrees",
        "cancelling",
        "dominant",
        "diffuse",
        "baseline agrees",
    ):
        assert sum(leads[name].split()[:3] == lead.split()[:3] for lead in leads.values()) <= 2, name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plain", "Read as malignant, with a probability of 90.0%."),
        ("plain", "Among the four features one argues the other way: delta (4, lower than 75%)."),
        ("one feature", "supplies everything that speaks for malignant."),
        ("dominant", "One feature stands out: alpha carries 64% of all influence."),
        ("diffuse", "No single feature decides it: none carries more than 8% of all influence."),
        ("diffuse", "it takes the first seven features to reach half of it."),
        ("cancelling", "Strong reasons pull both ways and nearly cancel."),
        ("cancelling", "so no side prevails."),
        ("nothing", "No feature moved the score of this instance."),
        ("close call", "Leaning towards malignant, but only just, with a probability of 53.0%."),
        ("close call", "it should be read as undecided."),
        ("disagrees", "The record says benign."),
        ("unreliable", "This explanation is not reliable and gives no reasons."),
        ("unreliable", "The attributions miss the change in score by 42%"),
        ("other target", "What is explained here is benign, which the model does not choose."),
        ("baseline agrees", "The model would also read a typical instance as malignant (93.0%)"),
        ("nothing towards", "Nothing that is large enough to mention speaks for malignant."),
        ("tied", "nothing argues more for malignant than alpha"),
        ("value up", "Predicted progression: 152, above the usual 140."),
        ("value usual", "Predicted progression: 152, close to the usual 150."),
        ("value down", "takes away 30"),
        ("value cancels", "the two nearly cancel."),
        ("value nothing", "Predicted progression: 152."),
        ("missing", "Beta was missing; it is told without a value."),
        ("out of range", "Outside the range of the reference rows lies alpha (99, against 0 to 19)."),
        ("protected", "Beta, which the study declares protected,"),
    ],
)
def test_a_situation_is_told(name: str, said: str) -> None:
    assert said in all_of(SITUATIONS[name])


HEDGES = {
    "One feature stands out": {"one feature", "dominant"},
    "No single feature decides it": {"diffuse"},
    "nearly cancel": {"cancelling", "value cancels"},
    "but only just": {"close call"},
    "undecided": {"close call"},
    "not reliable": {"unreliable"},
    "record says": {"disagrees"},
    "which the model does not choose": {"other target"},
    "would also read": {"baseline agrees"},
    "No feature moved": {"nothing", "value nothing"},
    "utside the range": {"out of range"},
    "was missing": {"missing"},
    "declares protected": {"protected"},
    "above the usual": {"value up"},
    "ten strongest": {"diffuse"},
}


@pytest.mark.parametrize("hedge", HEDGES)
def test_a_hedge_is_said_only_where_it_holds(hedge: str) -> None:
    assert {name for name, explanation in SITUATIONS.items() if hedge in all_of(explanation)} == HEDGES[hedge]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("prediction", [{"benign": 0.1, "malignant": 0.9}, 152.0])
def test_an_unreliable_explanation_names_no_feature_to_anybody(audience: str, prediction: Any) -> None:
    found = explained([0.9, 0.4, -0.2], prediction, scores=UNTRUSTED, reference=[[1, 2, 3]])
    told = all_of(with_features(found, alpha={"out_of_range": True}), audience)
    assert "not reliable" in told
    assert not re.search("alpha|beta|gamma", told, re.IGNORECASE)


UNDIRECTED = replace(PLAIN, provenance=replace(PLAIN.provenance, directed=False))


@pytest.mark.parametrize("audience", ["expert", "decision-maker"])
@pytest.mark.parametrize(
    "name", [*(n for n in SITUATIONS if n not in ("unreliable", "nothing", "value nothing")), "undirected"]
)
def test_what_is_protected_and_counts_is_raised_in_every_situation(name: str, audience: str) -> None:
    found = SITUATIONS.get(name, UNDIRECTED)
    told = text_of(with_features(found, **{found.features[0].id: {"protected": True}}), audience)
    first = facts_of(found).features[0].name.capitalize()
    assert re.search(f"(?m)^{first}, which the study declares protected, (is among|carries)", told)


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_affected_person_is_told_no_score_and_what_it_is_compared_with(name: str) -> None:
    told = all_of(SITUATIONS[name], "affected")
    assert not re.search("(?i)score|attribution|insufficient", told)
    if "reason" in told and "No " not in told:
        assert "ompar" in told


@pytest.mark.parametrize("prediction", [{"benign": 0.1, "malignant": 0.9}, 152.0])
def test_an_unreliable_explanation_says_of_what_is_protected_only_that_nothing_is_known(prediction: Any) -> None:
    found = explained([0.9, 0.4, -0.2], prediction, scores=UNTRUSTED, reference=[[1, 2, 3]])
    found = with_features(found, alpha={"protected": True}, gamma={"protected": True})
    for audience in ("expert", "decision-maker"):
        told = text_of(found, audience)
        said = "The study declares alpha and gamma protected; whether that moved this outcome cannot be told."
        assert said in told
        assert not re.search("alpha|beta|gamma", told.replace(said, ""), re.IGNORECASE)
    assert "alpha" not in text_of(found, "affected")


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("prediction", [{"benign": 0.1, "malignant": 0.9}, 152.0])
def test_where_nothing_moved_nobody_is_given_a_reason(audience: str, prediction: Any) -> None:
    told = text_of(explained([0.0, 0.0], prediction, scores=TRUSTED[2:]), audience)
    assert "No feature moved the score" in told or "No single reason stands out" in told
    assert not re.search("alpha|beta", told, re.IGNORECASE)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_tied_is_not_called_the_stronger(audience: str) -> None:
    told = text_of(explained([0.5, 0.5, -0.1]), audience)
    assert not re.search(
        "(?i)chiefly|mainly|above all|strongest push|speaks most|main reason was|next comes|followed", told
    )
    assert "alpha" in told
    assert "beta" in told.lower()


# One feature, few features


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("prediction", [{"benign": 0.1, "malignant": 0.9}, 152.0])
@pytest.mark.parametrize("audience", AUDIENCES)
def test_one_feature_is_not_told_among_others(audience: str, prediction: Any, sign: int) -> None:
    told = text_of(explained([sign * 0.5], prediction), audience)
    assert not re.search("(?i)among the|strongest features|one features", told)
    assert ("stands out:" in told) == (audience != "affected" and (sign > 0 or prediction == 152.0))


@pytest.mark.parametrize(
    ("count", "words"),
    [(2, "the two features"), (9, "the nine features"), (10, "the ten features"), (11, "the ten strongest features")],
)
def test_among_the_strongest_is_said_only_where_there_are_others(count: int, words: str) -> None:
    told = text_of(explained([1.0 - i / 20 for i in range(count - 1)] + [-1.1]))
    assert re.search(f"Among {words} one argues|ne of {words} argues", told)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "carries 100% of all influence"),
        (3, "carries 40% of all influence"),
        (4, "of all influence"),
        (5, "is among the four strongest features"),
    ],
)
def test_a_protected_feature_is_told_truly_however_few_there_are(count: int, said: str) -> None:
    found = with_features(explained([0.4, 0.35, 0.25, 0.2, 0.1][:count]), alpha={"protected": True})
    assert re.search(f"Alpha, which the study declares protected, (?:.*{said}).*", text_of(found))


# Places and ranges


def test_a_category_no_row_has_is_told_without_a_range() -> None:
    found = with_features(explained([0.5, 0.3], values=["red", 2]), alpha={"out_of_range": True})
    told = text_of(found)
    assert "Outside the range of the reference rows lies alpha (red)." in told
    assert "()" not in told
    assert "all reference rows" not in told


def test_a_value_beyond_all_rows_is_above_or_below_all() -> None:
    rows = [[1.0], [2.0]]
    assert "above all reference rows" in text_of(explained([1.0], values=[3], reference=rows))
    assert "below all reference rows" in text_of(explained([1.0], values=[0], reference=rows))


def test_a_range_that_rounding_closes_is_not_shown() -> None:
    found = explained([1.0], values=[5.04], reference=[[1.0], [5.01]])
    told = text_of(with_features(found, alpha={"decimals": 1}))
    assert "Outside the range of the reference rows lies alpha (5.0)." in told


def test_a_value_written_like_the_usual_is_not_told_apart_from_it() -> None:
    found = with_prediction(VALUE, usual=151.6, percentile=0.7, decimals=0)
    assert drafted(found)["headline"] == "Predicted progression: 152."


def test_a_baseline_without_a_probability_leaves_no_empty_bracket() -> None:
    found = with_baseline(PLAIN, name="median", label="malignant", probability=0.93)
    assert "The model would also read a typical instance as malignant, so the reasons tell" in text_of(found)


def test_with_a_threshold_the_next_class_is_not_called_close_behind() -> None:
    found = with_prediction(explained([0.5, 0.4, 0.3], {"no": 0.68, "yes": 0.32}), threshold=0.3, index=1)
    told = text_of(found)
    assert "A small change could turn the outcome: it should be read as undecided." in told
    assert "close behind" not in told


def test_the_record_is_told_once_whatever_else_holds() -> None:
    for target in (None, "benign"):
        for attributions in ([0.5, 0.4, 0.3], [0.0, 0.0]):
            told = text_of(explained(attributions, truth="benign", target=target))
            assert len(re.findall("(?:The|the) record says benign", told)) == 1


# Groups


@pytest.mark.parametrize(
    ("attributions", "said"),
    [
        ([0.5, 0.25, 0.25, -0.1], "50% is due to two other measures of size"),
        ([0.3, 0.25, 0.45], "55% is due to two measures of size"),
    ],
)
def test_a_group_is_counted_as_what_it_adds_to_what_was_told(attributions: list[float], said: str) -> None:
    members = ("alpha", "beta", "gamma") if "other" in said else ("alpha", "beta")
    found = with_features(explained(attributions), **{name: {"group": "size"} for name in members})
    assert said in all_of(replace(found, groups={"size": {"en": Words("measures of size")}}))


def test_high_and_low_words_go_before_the_name() -> None:
    words = {"beta": Words(high="a rough outline"), "gamma": Words(low="even radii")}
    known: dict[str, Any] = {"values": [10, 18, 1], "reference": [row[:3] for row in ROWS], "words": words}
    assert "Another 30% is due to a rough outline (beta 18, higher than 90%)" in all_of(
        explained([0.5, 0.3, 0.2], **known)
    )
    assert "even radii (gamma 1, lower than 90%)" in all_of(explained([0.5, 0.3, -0.2], **known))


# Audiences


def test_the_affected_person_is_given_at_most_four_reasons_and_no_machinery() -> None:
    told = drafted(MANY, "affected")
    assert set(told) <= {"headline", "why", "limits", "next"}
    assert told["why"].count(";") == 3
    assert not re.search("attribution|feature|baseline probability|rank|%", told["why"])


def test_each_audience_is_told_the_outcome_first() -> None:
    for audience in AUDIENCES:
        draft = drafted(PLAIN, audience)
        assert next(iter(draft)) == "headline"
        assert "malignant" in draft["headline"]
    assert audiences("en") == AUDIENCES


def test_what_the_study_says_is_told_as_it_says_it() -> None:
    card = Card(
        "Title",
        "It assists.",
        "A second reading.",
        "Not validated.",
        "A doctor reads it.",
        "the desk",
        "sample",
        "samples",
    )
    found = replace(PLAIN, card={"en": card}, performance=Performance(114, "accuracy", 0.965, 0.63))
    for audience in AUDIENCES:
        told = text_of(found, audience)
        assert "It assists." in told
        assert "A doctor reads it." in told
        assert "the desk" in told
    assert "On 114 labelled samples the model is right in 96%" in text_of(found)
    assert "instance" not in text_of(found).lower()


@pytest.mark.parametrize(
    ("performance", "poor"),
    [
        (Performance(114, "accuracy", 0.965, 0.63), False),
        (Performance(114, "accuracy", 0.63, 0.63), True),
        (Performance(44, "r2", 0.48, 0.0, 43.7), False),
        (Performance(44, "r2", -0.1, 0.0), True),
    ],
)
def test_a_model_no_better_than_chance_is_said_to_be_so(performance: Performance, poor: bool) -> None:
    found = PLAIN if performance.metric == "accuracy" else VALUE
    assert ("no better than chance" in text_of(replace(found, performance=performance))) == poor


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((), "No check was made"),
        (TRUSTED[:1], "passed its one check"),
        (TRUSTED[:2], "passed both of its checks"),
        (TRUSTED, "passed all four of its checks"),
        ((*TRUSTED[:3], Score("agreement", 0.2)), "passed three of its four checks"),
        (UNTRUSTED, "did not pass its one check"),
        ((*UNTRUSTED, Score("agreement", 0.2)), "passed none of its two checks"),
    ],
)
def test_checks_are_counted(scores: tuple[Score, ...], said: str) -> None:
    assert said in text_of(explained([0.5, 0.4], scores=scores), "decision-maker")


# Variety, determinism, strangers


def test_instances_in_one_situation_do_not_all_read_alike() -> None:
    told = {text_of(replace(PLAIN, instance=str(i))) for i in range(12)}
    assert len(told) > 4
    assert len({text_of(replace(VALUE, instance=str(i))) for i in range(12)}) > 4
    assert len({tuple(drafted(PLAIN, "expert", seed).values()) for seed in range(12)}) > 4


def test_the_same_words_are_chosen_in_every_process() -> None:
    code = (
        "from tests.explanations import drafted, explained; "
        "print(*[drafted(explained([0.5, 0.4, -0.2], instance=str(i))) for i in range(9)], sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    environment, root = {**os.environ, "PYTHONHASHSEED": "1"}, Path(__file__).parent.parent
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=root)
    here = [str(drafted(explained([0.5, 0.4, -0.2], instance=str(i)))) for i in range(9)]
    assert told.stdout.splitlines() == here


@pytest.mark.parametrize(
    "name", ["{{ 7 * 7 }}", "{% raw %}", "{# gone #}", "<b>bold</b>", "the", "a\x1eb", "x. Y", "100%"]
)
def test_a_name_is_told_and_never_obeyed(name: str) -> None:
    facts = facts_of(explained([0.5, 0.3], names=[name]))
    told = TemplatedNarrator().narrate(facts, "expert")
    assert facts.features[0].name in told["why"]
    assert "49" not in told["why"]
    assert all(PARAGRAPH not in text for text in told.values())
    assert told["why"].count("\n\n") == drafted(explained([0.5, 0.3]))["why"].count("\n\n")


def test_an_audience_or_language_that_is_not_there_is_an_unknown_name() -> None:
    with pytest.raises(UnknownName, match="no audience called 'experts'; did you mean 'expert'"):
        drafted(PLAIN, "experts")
    for audience in ("phrases", "../en/expert", ""):
        with pytest.raises(UnknownName, match="no audience called"):
            audience_template("en", audience)
    with pytest.raises(UnknownName):
        audience_template("xx", "expert")


# Tidying


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("  one \n two  ", "one two"),
        ("a , b . c ;", "a, b. c;"),
        ("( inside )", "(inside)"),
        (f"one{PARAGRAPH} \n {PARAGRAPH}two", "one\n\ntwo"),
        (f"{PARAGRAPH}\n", ""),
        ("", ""),
    ],
)
def test_what_a_template_leaves_behind_is_tidied(text: str, tidied: str) -> None:
    assert tidy(text) == tidied
