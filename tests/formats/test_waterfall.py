"""The waterfall: steps that join, from the baseline's score to this one's."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.formats.waterfall import STEPS, Waterfall, waterfall_of
from reporter.formats.wording import Wording


def a_waterfall(explanation: Explanation, language: str = "en") -> Waterfall | None:
    facts = facts_of(explanation, language)
    return waterfall_of(facts, Wording(facts))


def values(attributions: list[float], output: float | None = None, start: float | None = 100.0) -> Explanation:
    names = [f"part {i}" for i in range(len(attributions))]
    end = output if output is not None or start is None else start + sum(attributions)
    return Explanation.from_values(
        names,
        [1.0] * len(names),
        attributions,
        prediction=end if end is not None else 7.0,
        output=end,
        baseline_output=start,
        value_name="price",
    )


def test_each_bar_begins_where_the_one_before_ended() -> None:
    found = a_waterfall(values([30.0, -20.0, 5.0]))
    assert found is not None
    assert [(step.change, step.reached) for step in found.steps] == [
        ("", "100.0"),
        ("+30.0", "130.0"),
        ("−20.0", "110.0"),
        ("+5.0", "115.0"),
        ("", "115.0"),
    ]
    assert [step.direction for step in found.steps] == ["", "towards", "away", "towards", ""]
    for before, step in pairwise(found.steps[:-1]):
        begins = step.left if step.direction == "towards" else step.left + step.width
        assert begins == pytest.approx(before.at, abs=0.2)
    assert min(step.at for step in found.steps) == 0
    assert max(step.at for step in found.steps) == 100


@pytest.mark.parametrize("count", [1, STEPS, STEPS + 1, STEPS + 2, 200])
def test_those_that_get_no_step_of_their_own_share_one(count: int) -> None:
    found = a_waterfall(values([float(count - i) for i in range(count)]))
    assert found is not None
    own = count if count <= STEPS + 1 else STEPS
    assert len(found.steps) == own + (count > own) + 2
    assert (found.steps[-2].label.startswith("The other ")) == (count > own)


def test_what_the_attributions_miss_is_a_step_and_never_hidden() -> None:
    found = a_waterfall(values([30.0, -20.0], output=111.0))
    assert found is not None
    assert (found.steps[-2].label, found.steps[-2].change) == ("Not accounted for", "+1.0")


@pytest.mark.parametrize(
    "explanation",
    [
        values([30.0, -20.0], output=300.0),  # they do not add up to it
        values([30.0, -20.0], start=None),
        values([0.0, 0.0]),
    ],
)
def test_there_is_none_where_no_way_leads_from_one_end_to_the_other(explanation: Explanation) -> None:
    assert a_waterfall(explanation) is None


def test_an_unreliable_explanation_and_one_without_directions_have_none() -> None:
    explanation = values([30.0, -20.0])
    unsure = replace(explanation, grade=replace(explanation.grade, level="unreliable"))
    assert a_waterfall(unsure) is None
    undirected = replace(explanation, provenance=replace(explanation.provenance, directed=False))
    assert a_waterfall(undirected) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_shows_it_to_experts_alone(language: str) -> None:
    explanation = values([30.0, -20.0, 5.0])
    heading = {"en": "Step by step", "zh": "逐步推演"}[language]
    shown = {
        audience: heading in explanation.report(language=language, audience=audience).to_html()
        for audience in ("expert", "decision-maker", "affected")
    }
    assert shown == {"expert": True, "decision-maker": False, "affected": False}
