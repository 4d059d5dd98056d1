"""Planning: everything of the run becomes a slot, and the plan filled in is the sentence again."""

from __future__ import annotations

import re

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts
from reporter.narrative import Sentence
from reporter.planning import plan_of
from reporter.slots import fill, is_digit, slot_words
from reporter.telling import tell
from tests import prose
from tests.explanations import TRUSTED, explained
from tests.parts import a_part
from tests.strategies import an_explanation
from tests.test_slots import HOSTILE

SEEDS = range(10)


def planned(explanation: Explanation, language: str = "en", audience: str = "expert") -> list[tuple[str, str]]:
    """Each sentence with the frame of its plan; those no model may write have none."""
    report = tell(explanation, language=language, audience=audience)
    found = [(s, plan_of(s, report.facts)) for s in report.narrative.sentences]
    return [(s.text, plan.frame if plan else "") for s, plan in found]


def first(explanation: Explanation, *kinds: str) -> tuple[Sentence, Facts]:
    """The first sentence that makes claims of these kinds."""
    report = tell(explanation)
    return next(s for s in report.narrative.sentences if {c.kind for c in s.claims} >= set(kinds)), report.facts


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [an_explanation, a_part])
def test_a_plan_filled_in_is_its_sentence_and_holds_no_digit(make: object, seed: int, language: str) -> None:
    explanation: Explanation = make(seed)  # type: ignore[operator]
    for audience in ("expert", "decision-maker", "affected"):
        report = tell(explanation, language=language, audience=audience)
        for sentence in report.narrative.sentences:
            plan = plan_of(sentence, report.facts)
            if plan is None:
                continue
            assert fill(plan.frame, plan).text == sentence.text
            outside = re.sub(r"\{\d+[a-z]?\}", "", plan.frame)
            assert not any(map(is_digit, outside)), plan.frame
            assert not set(outside) & set("“”{}"), plan.frame  # quoted names of the data are in slots
            assert [slot.number for slot in plan.slots] == list(range(1, len(plan.slots) + 1))


def test_names_values_places_shares_and_directions_are_slots() -> None:
    sentence, facts = first(prose.sample(), "rank", "value", "side_share")
    plan = plan_of(sentence, facts)
    assert plan is not None
    kinds = {slot.kind: slot for slot in plan.slots}
    assert set(kinds) == {"baseline", "direction", "class", "feature", "value", "place", "share"}
    assert kinds["feature"].wordings == ("worst texture",)
    assert kinds["value"].wordings == ("35.3",)
    assert kinds["place"].wordings[0].startswith("higher than in 94% of")
    assert {kinds[kind].of for kind in ("value", "place", "share")} == {kinds["feature"].number}
    assert "speaks for" in kinds["direction"].wordings
    assert kinds["class"].most >= 2


def test_a_direction_offers_only_what_is_true() -> None:
    told = tell(prose.sample())
    plans = [plan for s in told.narrative.sentences if (plan := plan_of(s, told.facts))]
    sides = {side: tuple(words) for side, words in slot_words("en")["directions"]["classification"].items()}
    found = [slot.wordings for plan in plans for slot in plan.slots if slot.kind == "direction"]
    assert set(found) == set(sides.values())
    against = next(plan for plan in plans if any(s.wordings == sides["away"] for s in plan.slots))
    assert "radi" in " ".join(wording for slot in against.slots for wording in slot.wordings)  # even radii do


def test_a_place_ends_before_its_bracket() -> None:
    told = tell(prose.sample())
    places = [
        slot.wordings[0]
        for s in told.narrative.sentences
        if (plan := plan_of(s, told.facts))
        for slot in plan.slots
        if slot.kind == "place"
    ]
    assert len(places) > 2
    assert not any(set(place) & set("()") for place in places)


def test_neutral_sentences_verdicts_and_the_studys_own_are_no_plans() -> None:
    told = dict(planned(prose.sample()))
    assert told["It adds up."] == ""
    assert told["These are the model's reasons, not causes in the world."] == ""
    report = tell(prose.sample())
    study = [s for s in report.narrative.sentences if s.claims and all(c.kind == "study" for c in s.claims)]
    assert all(plan_of(sentence, report.facts) is None for sentence in study)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_name_of_the_data_stands_outside_of_a_slot(name: str, language: str) -> None:
    explanation = explained(
        [3.0, -1.0, 0.5, 0.2], {"benign": 0.1, name: 0.9}, names=[name, "alpha", "beta", "gamma"], scores=TRUSTED
    )
    plans = [frame for _, frame in planned(explanation, language) if frame]
    assert len(plans) > 5
    words = {word for word in re.findall(r"\w{4,}", name) if word not in ("write", "plan", "above", "that", "system")}
    assert not any(word in frame for word in words for frame in plans)
