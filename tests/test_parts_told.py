"""Pictures, texts, sequences and symbols are told by the templates in sentences that all hold; nothing is withheld."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reporter.explanation import Card, Explanation, Outcome, Prediction
from reporter.facts import facts_of
from reporter.narrative import Narrative
from reporter.narrators.templated import TemplatedNarrator
from reporter.situation import required_facts
from reporter.telling import tell
from reporter.verification import verify
from reporter.words import Words
from tests.parts import KINDS, a_part

AUDIENCES = ("expert", "decision-maker", "affected")
SEEDS = 160
FEW = 24  # seeds of one kind, where every situation need not be met


def judged(explanation: Explanation, audience: str) -> Narrative:
    facts = facts_of(explanation)
    draft = TemplatedNarrator().narrate(facts, audience)
    return verify(draft, facts, published=True, audience=audience, narrator="templated")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_everything_told_holds(audience: str) -> None:
    for seed in range(SEEDS):
        narrative = judged(a_part(seed), audience)
        wrong = [(s.text, s.reasons) for s in narrative.sentences if s.verdict not in ("supported", "neutral")]
        assert not wrong, seed
        assert not narrative.missing, seed


@pytest.mark.parametrize("audience", AUDIENCES)
def test_sentences_are_set_apart(audience: str) -> None:
    for seed in range(FEW):
        explanation = a_part(seed)
        said = Card(limits="Xylophones are rare.", role="Xylophones help.", next_step="Xylophones follow.")
        told = tell(replace(explanation, card={"": said}), audience=audience).text
        assert not re.search(r"[a-z%)”]\.(?=Xylo)|\.[A-Z][a-z]+ ", told), told


@pytest.mark.parametrize("audience", AUDIENCES)
def test_values_and_strengths_without_direction_are_told_as_well(audience: str) -> None:
    for seed in range(FEW):
        drawn = a_part(seed, "text" if seed % 3 else "")
        price = Outcome("price", 0, 200.0 + seed, 150.0, words={"en": Words(name="price", unit=("€", "")[seed % 2])})
        value = Prediction("regression", "value", (price,), 0, 0, usual=(None, 180.0)[seed // 2 % 2], decimals=1)
        for valued in (True, False):
            explanation = replace(drawn, prediction=value, runner_up=None, without=()) if valued else drawn
            for each in (True, False) if valued else (False,):
                made = replace(explanation.provenance, directed=each)
                narrative = judged(replace(explanation, provenance=made), audience)
                wrong = [s.text for s in narrative.sentences if s.verdict not in ("supported", "neutral")]
                assert not wrong, (seed, valued, each)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_withheld(kind: str) -> None:
    for seed in range(FEW):
        for audience in AUDIENCES:
            report = tell(a_part(1000 + seed, kind), audience=audience)
            assert report.narrative.supported
            assert not report.narrative.withheld
            facts = report.facts
            required = required_facts(facts.towards, facts.situations, facts.explanation.prediction)
            told = {fact for sentence in report.narrative.sentences for fact in sentence.facts}
            assert told.issuperset(required)


def test_every_sort_of_sentence_was_read() -> None:
    """Otherwise the tests above could pass because nothing of the kind was ever told."""
    wanted = {
        *("extent", "half_area", "runner", "without", "everything", "side_share", "count", "told_reason", "rank"),
        *("stability", "deletion", "balance", "next"),
    }
    met, texts = set[str](), []
    for seed in range(SEEDS):
        for audience in AUDIENCES:
            narrative = judged(a_part(seed), audience)
            met |= {claim.kind for claim in narrative.claims}
            texts.append(" ".join(sentence.text for sentence in narrative.sentences))
    assert not wanted - met
    for said in (
        "Even without",
        "the model would say",
        "together its words supply",
        "with other baselines",
        "stands out:",
        "No single word",
        "Half of all influence lies in",
        "One word",
        "the next class",
        "equal windows",
        "positions",
    ):
        assert any(said in text for text in texts), said
