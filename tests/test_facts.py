"""Facts: each is true of the explanation it is of, and reasons are counted as a person would."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from reporter.describing import SMALL_SHARE
from reporter.errors import UnknownName
from reporter.explanation import Card, Explanation, Feature, Performance, Piece, Shading, bars, ranked
from reporter.facts import Facts, facts_of
from reporter.grade import Score, grade_of
from reporter.reasons import ENOUGH, MOST_REASONS, SMALL_REASON, TOP
from reporter.words import Words
from tests.explanations import (
    TRUSTED,
    UNTRUSTED,
    explained,
    with_baseline,
    with_features,
    with_outcome,
    with_prediction,
)
from tests.parts import a_part
from tests.strategies import explanations

SIZE = {"size": {"en": Words("measures of size")}}


def ids(facts: Facts, side: str = "towards") -> list[tuple[str, ...]]:
    """The features of each reason on a side."""
    return [tuple(f.id for f in reason.features) for reason in getattr(facts, side)]


def percent(text: str) -> float:
    """The lower edge of what a percentage says, as a share."""
    return float(text.removeprefix("over ").removeprefix("under ").removesuffix("%")) / 100


# Whatever the explanation


@given(explanations())
@settings(max_examples=100)
def test_facts_are_true_whatever_the_explanation(explanation: Explanation) -> None:
    facts = facts_of(explanation)
    assert len({fact.id for fact in facts.items}) == len(facts.items)
    assert all(fact.text.isprintable() for fact in facts.items)
    for feature, told in zip(explanation.features, facts.features, strict=True):
        assert facts[f"feature.{feature.id}.rank"].value == feature.rank
        assert (
            told.direction in {1: ("towards", "none"), -1: ("away", "none"), 0: ("none",)}[_sign(feature.attribution)]
        )
        assert told.name.isprintable()
        assert told.name
        if told.percentile:
            beyond = told.rows_above if told.usual == "lower" else told.rows_below
            assert beyond is not None
            assert percent(told.percentile) <= beyond + 1e-9
        assert told.share.startswith("under") == (0 < feature.share <= 0.005)
    for direction in ("towards", "away"):
        count = sum(f.direction == direction for f in facts.features)
        assert facts[f"{direction}.count"].value == count
        assert facts[f"top.{direction}.count"].value == sum(
            f.direction == direction for f in facts.features if f.rank <= TOP
        )
    assert facts["top.count"].value == min(TOP, len(facts.features))
    assert ("rest.count" in facts) == (len(facts.features) > TOP)
    assert all(required in facts for required in facts.required)


@given(explanations())
@settings(max_examples=100)
def test_reasons_are_few_large_and_each_feature_is_told_once(explanation: Explanation) -> None:
    facts = facts_of(explanation)
    for direction in ("towards", "away"):
        reasons = getattr(facts, direction)
        told = [f.id for reason in reasons for f in reason.features]
        assert len(reasons) <= MOST_REASONS
        assert len(set(told)) == len(told)
        assert all(f.direction == direction and not f.small for reason in reasons for f in reason.features)
        assert all(reason.side_share_value >= SMALL_REASON for reason in reasons[1:])
        assert sum(reason.side_share_value for reason in reasons[:-1]) < ENOUGH + 1e-9
        if any(f.direction == direction and not f.small for f in facts.features):
            assert reasons[0].features[0].side_rank == 1
        for reason in reasons:
            weight = sum(f.side_share_value for f in reason.features)
            assert reason.side_share_value == pytest.approx(weight)
            assert reason.group == "" or len(reason.features) > 1


def test_facts_are_the_same_for_a_stored_explanation() -> None:
    found = explained([1.0, -0.5], 12.0, truth=11, reference=[[0, 1], [1, 2]])
    assert facts_of(Explanation.from_json(found.to_json())).items == facts_of(found).items


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


# Features


def test_a_feature_is_told_with_everything_that_is_known_of_it() -> None:
    found = explained(
        [0.6, -0.4], reference=[[0.5, 1], [0.7, 2], [1.5, 3], [0.1, 4]], units={"alpha": "mm"}, baseline=[0.6, 2]
    )
    found = with_features(found, alpha={"interval": (0.55, 0.652), "firm": True, "protected": True, "decimals": 1})
    alpha, beta = facts_of(found).features
    assert (alpha.name, alpha.value, alpha.baseline, alpha.unit) == ("alpha", "1.0 mm", "0.6 mm", "mm")
    assert (alpha.share, alpha.side_share, alpha.interval) == ("60%", "100%", ("55%", "65%"))
    assert (alpha.percentile, alpha.usual, alpha.above, alpha.range) == ("75%", "higher", "75%", ("0.1 mm", "1.5 mm"))
    assert (alpha.direction, alpha.rank, alpha.side_rank, alpha.firm, alpha.protected) == ("towards", 1, 1, True, True)
    assert (alpha.amount, alpha.score) == ("0.6", "+0.600")
    assert (beta.percentile, beta.usual, beta.above, beta.score) == ("50%", "lower", "25%", "−0.400")


@pytest.mark.parametrize(
    ("value", "column", "percentile", "usual", "above"),
    [
        (1.0, [0] * 9 + [1], "90%", "higher", "90%"),
        (0.0, [0] * 6 + [1] * 4, "40%", "lower", "0%"),
        (0.0, [0] * 10, "0%", "middle", "0%"),
        (5.0, [1, 2, 3], "100%", "higher", "100%"),
        (0.0, [1, 2, 3], "100%", "lower", "0%"),
        (2.0, [1, 2, 3], "33%", "middle", "33%"),
        (3.0, [1, 2, 3], "66%", "higher", "66%"),
    ],
)
def test_a_value_is_never_said_to_exceed_rows_it_equals(
    value: float, column: list[float], percentile: str, usual: str, above: str
) -> None:
    feature = facts_of(explained([1.0], values=[value], reference=[[cell] for cell in column])).features[0]
    assert (feature.percentile, feature.usual, feature.above) == (percentile, usual, above)


def test_only_what_lies_beyond_all_rows_is_higher_than_all() -> None:
    rows = [[i / 1000] for i in range(1000)]
    assert facts_of(explained([1.0], values=[0.999], reference=rows)).features[0].percentile == "99%"
    beyond = facts_of(explained([1.0], values=[1.0], reference=rows)).features[0]
    assert (beyond.percentile, beyond.out_of_range) == ("100%", True)


def test_a_range_is_of_numbers_even_where_codes_have_a_meaning() -> None:
    words = {"alpha": Words(values={"0": "no", "1": "yes"})}
    alpha = facts_of(explained([1.0], values=[1], reference=[[0], [1]], words=words)).features[0]
    assert (alpha.value, alpha.range) == ("“yes”", ("0", "1"))


def test_a_missing_value_has_no_place_and_no_high_or_low_words() -> None:
    found = explained([1.0], values=[9.0], reference=[[1], [2]], words={"alpha": Words(high="a high alpha")})
    filled = facts_of(with_features(found, alpha={"missing": True, "out_of_range": False})).features[0]
    assert (filled.value, filled.percentile, filled.usual, filled.above, filled.phrase) == ("9", "", "", "", "")
    gone = facts_of(explained([1.0], values=[None]))
    assert gone.features[0].value == ""
    assert "feature.alpha.value" not in gone


@pytest.mark.parametrize(
    ("value", "phrase"),
    [(7.0, "a high alpha"), (6.0, ""), (5.0, ""), (4.0, ""), (2.0, "a low alpha"), (11.0, "a high alpha")],
)
def test_high_and_low_words_are_for_high_and_low_values(value: float, phrase: str) -> None:
    words = {"alpha": Words(high="a high alpha", low="a low alpha")}
    found = explained([1.0], values=[value], reference=[[i + 0.5] for i in range(10)], words=words)
    assert facts_of(found).features[0].phrase == phrase


def test_words_of_another_language_are_not_told() -> None:
    found = with_features(
        explained([1.0], values=[9.0], reference=[[1], [2]]),
        alpha={"words": {"zh": Words("阿尔法", ("甲",), "毫米", "描述", "高", "低")}},
    )
    told = facts_of(found, "en").features[0]
    assert (told.name, told.aliases, told.unit, told.description, told.phrase) == ("alpha", (), "", "", "")


@pytest.mark.parametrize("attributions", [[1e-13, -2e-13], [5e5, -1e6], [1e-300, -1e-301]])
def test_a_direction_does_not_depend_on_the_unit(attributions: list[float]) -> None:
    assert {f.direction for f in facts_of(explained(attributions)).features} == {"towards", "away"}


def test_what_rounding_leaves_behind_has_no_direction() -> None:
    assert [f.direction for f in facts_of(explained([0.5, 1e-17, -1e-17])).features] == ["towards", "none", "none"]
    noise = explained([1e-17, -2e-17], 12.5, output=12.5, baseline_output=12.5)
    facts = facts_of(noise)
    assert [f.direction for f in facts.features] == ["none", "none"]
    assert (facts["towards.count"].value, facts["away.count"].value) == (0, 0)
    assert "nothing" in facts.situations


def test_names_that_look_alike_are_told_apart_in_facts() -> None:
    words = {"a": Words("radius"), "b": Words("Radius"), "c": Words("the")}
    names = [f.name for f in facts_of(explained([3.0, 2.0, 1.0], names=["a", "b", "c"], words=words)).features]
    assert names == ["radius (a)", "Radius (b)", "“the”"]
    found = explained([1.0], {"1": 0.3, "2": 0.7})
    for label in "12":
        found = with_outcome(found, label, words={"en": Words("positive finding")})
    assert [c.name for c in facts_of(found).classes] == ["positive finding (1)", "positive finding (2)"]


def test_words_with_control_characters_cannot_forge_paragraphs() -> None:
    bad = "one\x1e\n\ntwo"
    words = {"alpha": Words(bad, (bad,), bad, bad, bad, bad)}
    found = explained([1.0, 0.5], values=[9.0, 1.0], reference=[[1, 1], [2, 2]], words=words, title=bad)
    found = replace(found, groups={"g": {"en": Words(bad)}}, card={"en": Card(*[bad] * 8)}, instance=bad)
    facts = facts_of(with_outcome(found, "malignant", words={"en": Words(bad)}))
    first = facts.features[0]
    told = [first.name, first.value, first.unit, first.description, first.phrase, *first.aliases]
    told += [facts.groups["g"].name, facts.predicted.name, facts.instance, facts.card.role, facts.card.title]
    assert all(text.isprintable() and "one two" in text for text in told)


# Reasons


def grouped(attributions: list[float], members: str, groups: dict[str, Any] = SIZE) -> Facts:
    """Features whose letter is among `members` are measures of size: "abd" are the first, second and fourth."""
    found = explained(attributions)
    changes = {f.id: {"group": "size"} for f in found.features if "abcdefghij"[f.columns[0]] in members}
    return facts_of(replace(with_features(found, **changes), groups=groups))


def test_the_strongest_stands_alone_and_the_rest_of_its_group_are_others() -> None:
    facts = grouped([0.5, 0.25, 0.25, 0.1], "abc")
    assert ids(facts) == [("alpha",), ("beta", "gamma")]
    assert (facts.towards[1].group, facts.towards[1].others) == ("measures of size", True)
    assert (facts.towards[1].side_share, facts.towards[1].id, facts.towards[1].amount) == ("45%", "size", "0.5")


def test_a_feature_that_outweighs_its_group_is_told_by_its_name() -> None:
    facts = grouped([0.5, 0.3, 0.2], "bc")
    assert ids(facts) == [("alpha",), ("beta",), ("gamma",)]


def test_a_group_that_does_not_hold_the_strongest_has_no_others() -> None:
    facts = grouped([0.5, 0.3, 0.3], "bc")
    assert ids(facts) == [("alpha",), ("beta", "gamma")]
    assert not facts.towards[1].others


def test_a_group_of_one_is_the_feature() -> None:
    facts = grouped([0.5, 0.4, 0.3], "b")
    assert ids(facts) == [("alpha",), ("beta",), ("gamma",)]
    assert [reason.group for reason in facts.towards] == ["", "", ""]


def test_a_group_on_both_sides_is_counted_on_each() -> None:
    facts = grouped([0.5, 0.3, 0.3, -0.4, -0.3, -0.3], "bcef")
    assert ids(facts) == [("alpha",), ("beta", "gamma")]
    assert ids(facts, "away") == [("delta",), ("epsilon", "zeta")]
    assert facts["group.size.away.count"].value == 2


def test_a_group_the_study_has_no_words_for_is_no_group() -> None:
    assert ids(grouped([0.5, 0.3, 0.3], "bc", {})) == [("alpha",), ("beta",), ("gamma",)]


def test_a_group_that_outweighs_a_single_feature_goes_before_it() -> None:
    assert ids(grouped([0.5, 0.3, 0.2, 0.2], "cd")) == [("alpha",), ("gamma", "delta"), ("beta",)]


def test_small_features_are_no_reasons() -> None:
    facts = facts_of(explained([1.0, 0.005, -0.005]))
    assert (ids(facts), ids(facts, "away")) == ([("alpha",)], [])
    assert [f.small for f in facts.features] == [False, True, True]
    assert facts["away.count"].value == 1


def test_a_side_that_is_not_among_the_strongest_still_has_its_first_reason() -> None:
    facts = facts_of(explained([-1.0] * 12 + [0.9] * 5))
    assert len(ids(facts)) == 1
    assert facts.towards[0].features[0].rank == 13
    assert facts["top.towards.count"].value == 0


def test_hundreds_of_features_are_told_as_few_reasons() -> None:
    facts = facts_of(explained([math.cos(i) / (i + 1) for i in range(500)]))
    assert (facts["features.count"].text, facts["top.count"].text, facts["rest.count"].text) == ("500", "ten", "490")
    assert len(facts.towards) <= MOST_REASONS
    assert [f.rank for f in facts.features if not f.small] == list(
        range(1, sum(not f.small for f in facts.features) + 1)
    )
    assert facts.features[-1].share == "under 1%"


# Outcomes


@pytest.mark.parametrize(("probability", "text"), [(0.9996, "over 99.9%"), (1.0, "100.0%"), (0.946, "94.6%")])
def test_probabilities_are_facts(probability: float, text: str) -> None:
    facts = facts_of(explained([1.0], {"benign": 1 - probability, "malignant": probability}))
    assert facts.predicted.probability == facts.text("probability.malignant") == text
    assert facts.text("prediction") == "malignant"


def test_classes_called_by_everyday_words_are_quoted() -> None:
    facts = facts_of(explained([1.0], {"no": 0.1, "1": 0.9}, truth=1))
    assert [c.name for c in facts.classes] == ["“no”", "“1”"]
    assert facts["truth.agrees"].value is True


def test_a_value_is_told_in_its_unit() -> None:
    found = explained(
        [30_000.0, -2_400.0], 214_000, value_name="price", units={"price": "€"}, baseline_output=186_400, truth=199_500
    )
    facts = facts_of(with_prediction(found, decimals=0, usual=190_000.0, percentile=0.71))
    assert (facts.text("prediction"), facts.text("usual"), facts.text("truth")) == (
        "214,000 €",
        "190,000 €",
        "199,500 €",
    )
    assert (facts.text("baseline.output"), facts.text("change")) == ("186,400 €", "27,600 €")
    assert facts.text("prediction.percentile") == "71%"
    assert [f.amount for f in facts.features] == ["30,000 €", "2,400 €"]
    assert (facts.text("towards.weight"), facts.text("away.weight")) == ("30,000 €", "2,400 €")


def test_the_record_is_told_whatever_number_it_is() -> None:
    for truth in (11, 11.0):
        facts = facts_of(with_prediction(explained([1.0], 12.0), truth=truth))
        assert (facts.text("truth"), facts["truth"].value) == ("11", 11.0)


def test_a_record_that_is_no_class_is_told_as_it_is() -> None:
    facts = facts_of(explained([1.0], truth="unclear. really"))
    assert facts.text("truth") == "“unclear. really”"
    assert "disagrees" in facts.situations


# The whole


def test_balance_is_told_both_ways_and_never_by_nothing() -> None:
    facts = facts_of(explained([1.0, -0.5]))
    assert (facts["balance"].value, facts.text("balance")) == (0.5, "about half as much")
    assert (facts["balance.inverse"].value, facts.text("balance.inverse")) == (2.0, "about twice as much")
    assert "balance.inverse" not in facts_of(explained([1.0]))
    assert "balance" not in facts_of(explained([-1.0]))


@pytest.mark.parametrize(
    ("attributions", "half"), [([1.0], 1), ([0.5, 0.5], 1), ([0.4, 0.3, 0.3], 2), ([1.0] * 20, 10)]
)
def test_how_many_features_carry_half(attributions: list[float], half: int) -> None:
    assert facts_of(explained(attributions))["half.count"].value == half


def test_nothing_moved_is_told_as_nothing() -> None:
    facts = facts_of(explained([0.0, 0.0]))
    assert facts.situations == {"nothing"}
    assert (facts.towards, facts.away) == ((), ())
    assert "half.count" not in facts
    assert facts.required == ("prediction",)


# Trust


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (0.0, "0.1%"),
        (1e-12, "0.1%"),
        (0.001, "0.1%"),
        (0.0010001, "0.2%"),
        (0.0036, "0.4%"),
        (0.0999, "10.0%"),
        (0.101, "11%"),
        (0.412, "42%"),
        (3.2, "320%"),
    ],
)
def test_within_is_rounded_up(error: float, text: str) -> None:
    facts = facts_of(explained([1.0], scores=[Score("completeness", error)]))
    assert facts.text("score.completeness") == text
    assert percent(text) >= error - 1e-9


def test_scores_are_told_and_checks_counted() -> None:
    facts = facts_of(explained([1.0, 0.5], scores=[*TRUSTED[:3], Score("agreement", 0.2, {"correlation": 0.2})]))
    assert (facts["checks.count"].value, facts["checks.passed"].value) == (4, 3)
    assert facts.text("score.stability.first") == "98"
    assert facts.text("score.agreement.correlation") == "0.20"
    assert facts.grade == "indicative"


def test_a_score_that_is_undefined_is_no_check() -> None:
    facts = facts_of(explained([1.0], scores=[Score("completeness", None, undefined="cannot be re-run")]))
    assert facts["checks.count"].value == 0
    assert "score.completeness" not in facts


def test_what_is_unreliable_must_be_said_and_reasons_need_not() -> None:
    assert facts_of(explained([1.0], scores=UNTRUSTED, truth="benign")).required == ("prediction", "grade")
    assert facts_of(explained([1.0], scores=TRUSTED, truth="benign")).required == (
        "prediction",
        "feature.alpha.direction",
        "truth",
    )


@pytest.mark.parametrize(("value", "text"), [(1.0, "100%"), (0.9996, "over 99%"), (0.965, "96%"), (0.0, "0%")])
def test_accuracy_is_all_only_when_it_is(value: float, text: str) -> None:
    found = replace(explained([1.0]), performance=Performance(114, "accuracy", value, 0.63))
    assert facts_of(found).text("performance.value") == text


# Languages and cards


def test_a_card_speaks_the_language_asked_for_or_all_languages() -> None:
    found = replace(
        explained([1.0]),
        card={"en": Card(role="It helps."), "": Card("Loans", limits="None known."), "zh": Card("贷款")},
    )
    card = facts_of(found, "en").card
    assert (card.title, card.role, card.limits) == ("Loans", "It helps.", "None known.")
    only = replace(explained([1.0]), card={"zh": Card("贷款", role="辅助。", instance="客户")})
    card = facts_of(only, "en").card
    assert (card.title, card.role, card.instance) == ("贷款", "", "")
    assert facts_of(only, "en").instance == "instance 1"


def test_a_language_nobody_speaks_is_an_unknown_name() -> None:
    with pytest.raises(UnknownName):
        facts_of(explained([1.0]), "xx")
    with pytest.raises(UnknownName):
        facts_of(replace(explained([1.0]), language="tlh"))


def test_facts_can_be_looked_up() -> None:
    facts = facts_of(with_baseline(explained([1.0], scores=TRUSTED), name="median", label="benign"))
    assert facts.get("nothing.of.that.name") is None
    assert facts.text("nothing.of.that.name") == ""
    assert facts.text("baseline.prediction") == "benign"
    with pytest.raises(KeyError):
        facts["nothing.of.that.name"]
    with pytest.raises(KeyError):
        facts.feature("omega")
    assert facts.score("stability") == TRUSTED[1]
    assert facts.score("speed") is None
    assert [facts.ruling(name) for name in ("stability",)] == [
        r for r in grade_of(TRUSTED).rulings if r.metric == "stability"
    ]
    assert facts.ruling("speed") is None


@pytest.mark.parametrize("share", [SMALL_SHARE, SMALL_SHARE - 1e-9])
def test_small_is_below_the_limit(share: float) -> None:
    assert facts_of(explained([1 - share, share])).features[1].small == (share < SMALL_SHARE)


def test_the_words_of_a_phrase_are_told_together_whatever_their_ranks() -> None:
    """Two of the three words stand among the ten strongest; what is said of the phrase is said of all three."""
    weights = {f"word{i}": 1.0 + i / 100 for i in range(9)} | {"charged": 1.2, "twice": 1.1, "again": 0.9}
    text, pieces, features = " . ".join(f"word{i}" for i in range(9)) + " . charged twice again", [], []
    for number, (word, weight) in enumerate(weights.items(), 1):
        start = text.index(word)
        pieces.append(Piece(f"w{number}", start, start + len(word)))
        span = (float(start), float(start + len(word)))
        features.append(Feature(f"w{number}", weight, 0, 0, 0, kind="word", value=word, span=span))
    ordered = ranked(features)
    drawn = (bars(ordered), Shading(text, tuple(pieces), 1.0))
    found = replace(a_part(1, "text"), features=ordered, heatmaps=drawn, runner_up=None, without=())
    (phrase,) = (reason for reason in facts_of(found).towards if reason.quoted and reason.group)
    assert phrase.group == "“charged twice again”"
    assert [f.id for f in phrase.features] == ["w10", "w11", "w12"]
    assert phrase.features[-1].rank > 10
    assert phrase.side_share_value == pytest.approx(3.2 / sum(weights.values()))
    assert facts_of(found)["group.w10+w11+w12.towards.side_share"].value == pytest.approx(phrase.side_share_value)
