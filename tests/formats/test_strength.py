"""Attributions without a direction, and views of the model: drawn and worded without two sides, in every figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reporter.explanation import Explanation
from reporter.formats.ranking import ranking_of
from reporter.formats.wording import Wording
from reporter.language import language
from tests.markup import parsed
from tests.parts import KINDS, a_part
from tests.reports import GOOD, decision, told

SIDED = ("towards", "away", "downwards", "moved the score", "dashed")


def plain(kind: str, *, evidence: bool = True) -> Explanation:
    """An explanation of a method that has no direction; without `evidence` of one that is a view."""
    explanation = decision(4, scores=GOOD) if kind == "tabular" else replace(_solid(kind), runner_up=None, without=())
    return replace(explanation, provenance=replace(explanation.provenance, directed=False, evidence=evidence))


def _solid(kind: str) -> Explanation:
    seeds = (KINDS.index(kind) + len(KINDS) * n for n in range(40))
    found = (a_part(seed, kind) for seed in seeds)
    return next(e for e in found if e.grade.level != "unreliable" and e.features[1].attribution and len(e.heatmaps) > 1)


@pytest.mark.parametrize("evidence", [True, False], ids=["undirected", "view"])
@pytest.mark.parametrize("kind", ["tabular", *KINDS])
def test_no_side_is_drawn_or_told(kind: str, *, evidence: bool) -> None:
    report = told(plain(kind, evidence=evidence))
    page, markdown = report.to_html(), report.to_markdown()
    body = page[page.index("<main") :]
    parsed(body[: body.index("</main>") + 7])
    for shown in ("rx-towards", "rx-away", "rx-is-towards", "rx-is-away", "rx-t4", "rx-a4"):
        assert f'{shown}"' not in body
    shown = body[body.index("<table" if kind == "tabular" else "<figure") : body.index("</table>")]
    assert not [word for word in SIDED if word in shown]
    assert "Strength" in shown
    assert 'class="rx-bar rx-strength"' in shown
    assert "▒" not in markdown
    assert ("how much the model looks there" in body) is not evidence
    assert ("the score reacts" in body) is evidence


@pytest.mark.parametrize("kind", ["tabular", *KINDS])
def test_bars_go_one_way_and_the_longest_is_full(kind: str) -> None:
    facts = told(plain(kind)).facts
    ranking = ranking_of(facts, Wording(facts))
    assert not ranking.directed
    assert ranking.top[0].length == 100
    assert [row.length for row in ranking.top] == sorted((row.length for row in ranking.top), reverse=True)
    assert {row.direction for row in ranking.all} == {"strength"}


@pytest.mark.parametrize("code", ["en", "zh"])
def test_both_ways_of_it_have_the_same_words(code: str) -> None:
    words = language(code).words["strength"]
    assert set(words["undirected"]) == set(words["view"])
