"""Damage done to true narratives is noticed: kind by kind, on explanations of every sort."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from reporter.facts import facts_of
from reporter.narrators.templated import TemplatedNarrator
from reporter.verification import verify
from tests import prose
from tests.mutations import DAMAGES, Mutant, mutants
from tests.parts import a_part
from tests.strategies import an_explanation

SEEDS = range(22)
PARTS = range(28)  # explanations of pictures, texts, sequences and symbols, in turn
PER_KIND = 3  # mutants of one kind from one narrative
OVERALL, EACH = 0.995, 0.97  # caught, of those that are no longer true


def _all() -> list[tuple[Mutant, bool]]:
    found = []
    explanations = [
        *map(an_explanation, SEEDS),
        *map(a_part, PARTS),
        *(make() for make in (prose.sample, prose.loan, prose.house)),
    ]
    for number, explanation in enumerate(explanations):
        facts = facts_of(explanation)
        for audience in ("expert", "decision-maker", "affected"):
            draft = dict(TemplatedNarrator().narrate(facts, audience))
            for mutant in mutants(draft, facts, random.Random(number), PER_KIND):
                found.append((mutant, not verify(mutant.draft, facts, published=True).supported))
    return found


@pytest.fixture(scope="module")
def judged() -> list[tuple[Mutant, bool]]:
    return _all()


def test_damage_is_noticed(
    judged: list[tuple[Mutant, bool]], capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    untrue = [(mutant, caught) for mutant, caught in judged if not mutant.still_true]
    total = Counter(mutant.kind for mutant, _ in untrue)
    caught = Counter(mutant.kind for mutant, seen in untrue if seen)
    rate = sum(caught.values()) / sum(total.values())
    with capsys.disabled():
        show = request.config.get_terminal_writer().line
        show()
        for kind in total:
            show(f"  {kind:30} {caught[kind]:5} of {total[kind]:5}  {caught[kind] / total[kind]:7.2%}")
        show(f"  {'all':30} {sum(caught.values()):5} of {sum(total.values()):5}  {rate:7.2%}")
    missed = [f"{m.kind}: {m.before} → {m.after}" for m, seen in untrue if not seen]
    assert rate >= OVERALL, missed[:20]
    assert all(caught[kind] >= EACH * total[kind] for kind in total), missed[:20]


def test_every_kind_of_damage_was_tried(judged: list[tuple[Mutant, bool]]) -> None:
    assert {mutant.kind for mutant, _ in judged} == {*DAMAGES, "prediction dropped"}
    assert len(judged) > 2000


def test_what_is_left_out_has_a_reason_and_is_rare(judged: list[tuple[Mutant, bool]]) -> None:
    left_out = Counter(mutant.still_true for mutant, _ in judged if mutant.still_true)
    assert sum(left_out.values()) < 0.02 * len(judged), left_out
