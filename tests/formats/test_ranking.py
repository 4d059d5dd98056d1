"""The table of ranked features: what it shows, and what it leaves out."""

from __future__ import annotations

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.formats.ranking import MOST_ROWS, ranking_of
from reporter.formats.wording import Wording
from tests.parts import a_part


def test_a_long_table_says_what_it_leaves_out() -> None:
    names = [f"column {i}" for i in range(MOST_ROWS + 30)]
    explanation = Explanation.from_values(
        names, [1.0] * len(names), [1.0 / (i + 1) for i in range(len(names))], prediction=2.0
    )
    page = explanation.report().to_html()
    assert "The other 30 features are in the JSON form of this report." in page
    assert page.count(f"Column {MOST_ROWS - 1}") == 1
    assert f"Column {MOST_ROWS}" not in page
    assert len(page) < 200_000


def test_parts_are_called_what_they_are() -> None:
    facts = facts_of(a_part(0, "image"))
    ranking = ranking_of(facts, Wording(facts))
    assert ranking.heading == "Region"
    assert ranking.extent == "Share of picture"
    assert not ranking.valued
    assert all(row.extent for row in ranking.top)
    assert not any(row.name.startswith("The ") for row in ranking.all)


def test_a_word_keeps_its_own_form() -> None:
    facts = facts_of(a_part(1, "text"))
    ranking = ranking_of(facts, Wording(facts))
    written = {str(f.value) for f in facts.explanation.features}
    assert {row.name for row in ranking.all if "“" not in row.name} <= written
