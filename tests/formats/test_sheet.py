"""The sheet: what stands where, before any format draws it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reporter.formats.evidence import clipped
from reporter.formats.prose import Run, prose_of
from reporter.formats.sheet import Sheet, sheet_of
from reporter.grade import Score, grade_of
from reporter.narrative import Claim, Mention, Narrative, Section, Sentence
from reporter.report import Report
from tests.reports import GOOD, decision, everything, told


def strong(sheet: Sheet) -> list[str]:
    return [
        run.text for p in sheet.reasons for lines in p.paragraphs for line in lines for run in line.runs if run.strong
    ]


def test_sentences_are_numbered_in_the_order_of_the_page() -> None:
    report = told(decision(4))
    shuffled = replace(report, narrative=replace(report.narrative, sections=report.narrative.sections[::-1]))
    sheet = sheet_of(shuffled)
    assert sheet.headline_number == 1
    assert sheet.lead[0][0].number == 2
    assert [entry.number for entry in sheet.evidence] == list(range(1, len(sheet.evidence) + 1))
    assert [entry.quote[:8] for entry in sheet.evidence] == [e.quote[:8] for e in sheet_of(report).evidence]


def test_the_headline_loses_its_stop_and_keeps_its_words() -> None:
    sheet = sheet_of(told(decision(4), {"headline": [("Read as malignant.", ()), ("And more.", ())]}))
    assert [run.text for run in sheet.headline] == ["Read as malignant"]
    assert sheet.lead[0][0].text == "And more."


def test_a_feature_is_bold_where_it_is_first_named() -> None:
    report = told(decision(4))
    first = report.facts.features[0].name
    assert strong(sheet_of(report)) == [first]


def test_the_name_is_bold_rather_than_what_it_means() -> None:
    report = told(decision(4))
    first = report.facts.features[0]
    text = f"A rough outline ({first.name}) adds most."
    at = text.index(first.name)
    mentions = (Mention("feature", first.id, 0, 15), Mention("feature", first.id, at, at + len(first.name)))
    narrative = Narrative("en", (Section("why", ((Sentence(text, (), mentions),),)),))
    assert strong(sheet_of(Report(report.facts, narrative))) == [first.name]


def test_a_title_and_its_statement_have_one_number() -> None:
    title = Sentence("It adds up.", (Claim("ruling", 0, 5, "supported", ("ruling.completeness",)),))
    rest = Sentence("Within 0.4%.", (Claim("completeness", 0, 5, "supported", ("score.completeness",)),))
    facts = told(decision(4)).facts
    prose = prose_of(Report(facts, Narrative("en", (Section("trust", ((title, rest),)),))))
    ((shown, statement),) = prose.passage("trust")
    assert (shown.number, statement.number) == (0, 1)
    (line,) = prose.numbered
    assert line.text == "It adds up. Within 0.4%."
    assert line.sentence.facts == ("ruling.completeness", "score.completeness")


def test_what_only_repeats_the_study_has_no_number() -> None:
    quoted = Sentence("It assists.", (Claim("study", 0, 5, "supported"),))
    facts = told(decision(4)).facts
    prose = prose_of(Report(facts, Narrative("en", (Section("about", ((quoted,),)),))))
    assert prose.numbered == ()


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((), ["no check could be made"]),
        ((Score("completeness", 0.001),), ["its one check passed"]),
        ((Score("completeness", 0.5),), ["its one check did not pass", "failed: the sum"]),
        ((Score("completeness", 0.001), Score("stability", 0.97)), ["all two checks passed"]),
        (
            (Score("completeness", 0.05), Score("stability", 0.97)),
            ["one of two checks passed", "weakest: the sum"],
        ),
        (
            (Score("completeness", 0.5), Score("stability", 0.7)),
            ["none of two checks passed", "failed: the sum"],
        ),
    ],
)
def test_the_grade_is_told_with_its_checks(scores: tuple[Score, ...], said: list[str]) -> None:
    explanation = replace(decision(3), scores=scores, grade=grade_of(scores))
    (trust,) = [answer for answer in sheet_of(told(explanation)).glance if answer.name == "trust"]
    assert list(trust.details) == said


def test_the_strongest_features_are_seen_at_a_glance() -> None:
    sheet = sheet_of(told(decision(30)))
    (strongest,) = [answer for answer in sheet.glance if answer.name == "strongest"]
    assert strongest.rows == sheet.ranking.top[:3]


@pytest.mark.parametrize("kind", ["unreliable", "no effect"])
def test_what_gives_no_reasons_shows_none_at_a_glance(kind: str) -> None:
    assert "strongest" not in [answer.name for answer in sheet_of(everything()[kind]).glance]


@pytest.mark.parametrize("audience", ["decision-maker", "affected"])
def test_one_page_has_a_short_table_whose_others_are_summed(audience: str) -> None:
    report = told(decision(30))
    short = sheet_of(replace(report, narrative=replace(report.narrative, audience=audience))).ranking
    assert len(short.top) == 5
    assert short.caption.startswith("The five features")
    assert short.rest == "The other 25 features"
    left = sum(feature.attribution for feature in report.facts.features[5:])
    assert float(short.rest_score.replace("\u2212", "-")) == pytest.approx(left, abs=0.005)
    assert short.all == sheet_of(report).ranking.all


def test_the_outcome_names_what_is_near_it() -> None:
    details = sheet_of(told(decision(3, classes=10))).glance[0].details
    assert details[0].count("%") == 3
    assert details[-1] == "on record: malignant"
    value = sheet_of(told(decision(3, classes=0))).glance[0]
    assert value.answer == "151"
    assert value.details == ("usual: 140", "higher than 59% of predictions", "on record: 160")


def test_another_target_than_the_prediction_is_said() -> None:
    explanation = decision(3)
    other = replace(explanation, prediction=replace(explanation.prediction, target=0))
    assert "explained: benign" in sheet_of(told(other)).glance[0].details


def test_every_fact_kind_is_worded() -> None:
    for kind, report in everything().items():
        facts = report.facts
        claims = tuple(Claim("any", 0, 1, "supported", (fact.id,)) for fact in facts.items)
        sheet = sheet_of(Report(facts, Narrative("en", (Section("why", ((Sentence("All of it.", claims),),)),))))
        (entry,) = sheet.evidence
        assert sum(len(ground.told) for ground in entry.grounds) > 0, kind
        words = " ".join(word for ground in entry.grounds for word in ground.told)
        assert "True" not in words
        assert "False" not in words


def test_a_card_shows_what_is_known() -> None:
    labels = [entry.label for entry in sheet_of(told(decision(3))).method]
    assert labels[0] == "Model"
    assert labels[-1] == "To reproduce"
    assert [entry.label for entry in sheet_of(told(decision(3, bare=True))).method] == ["Method", "Explained output"]


@pytest.mark.parametrize(
    ("created", "metadata", "shown"),
    [
        ("2026-11-21T08:15:00+00:00", "2026-11-21T08:15:00Z", "November 21, 2026"),
        ("2026-11-21T08:15:00.5+02:00", "2026-11-21T06:15:00Z", "November 21, 2026"),
        ("2026-11-21", "2026-11-21T00:00:00Z", "November 21, 2026"),
        ("yesterday", "", "yesterday"),
    ],
)
def test_the_date_is_in_words_and_in_the_metadata(created: str, metadata: str, shown: str) -> None:
    explanation = decision(3)
    sheet = sheet_of(told(replace(explanation, provenance=replace(explanation.provenance, created=created))))
    assert sheet.created == metadata
    assert [entry.lines for entry in sheet.method if entry.label == "Date"] == [(shown,)]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Short.", "Short."),
        ("one two three four, five", "one two three four…"),
        ("x" * 30, "x" * 20 + "…"),
    ],
)
def test_quotes_are_cut_between_words(text: str, quote: str) -> None:
    assert clipped(text, 20) == quote


def test_quotes_of_right_to_left_words_stay_around_them() -> None:
    assert Run("above all “עדיין”.").shown == "above all \u2068“עדיין”\u2069."
    assert Run("above all “still”.").shown == "above all “still”."


def test_other_measures_stand_in_the_method_card() -> None:
    scores = (
        *GOOD,
        Score("insertion", 0.926),
        Score("max-sensitivity", None, undefined="some inputs are whole numbers"),
    )
    method = {entry.label: entry.lines for entry in sheet_of(told(decision(4, scores=scores))).method}
    first, second = method["Also measured"]
    assert first.startswith("How much faster the score rises")
    assert first.endswith(": 0.926")
    assert second.endswith("not measured; some inputs are whole numbers")
    assert "Also measured" not in {entry.label for entry in sheet_of(told(decision(4, scores=GOOD))).method}


def test_two_features_are_both() -> None:
    assert sheet_of(told(decision(2))).ranking.caption.startswith("Both features, by how far they moved the score")
