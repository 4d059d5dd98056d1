"""Plain sentences about every feature of many explanations: true ones are never contradicted, false ones never held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reporter.fact import FeatureFacts
from reporter.facts import Facts, facts_of
from reporter.verification import verify
from tests import prose
from tests.strategies import an_explanation
from tests.verification import decisions
from tests.verification.decisions import WRITTEN

TOWARDS = (
    "pushes towards {c}",
    "argues for {c}",
    "raises the probability of {c}",
    "speaks in favour of {c}",
    "supports {c}",
)
AWAY = (
    "pushes away from {c}",
    "argues against {c}",
    "lowers the probability of {c}",
    "counts against {c}",
    "opposes {c}",
)
UP = ("drives the {c} up", "raises the {c}", "pushes up the {c}", "increases the {c}")
DOWN = ("drags the {c} down", "lowers the {c}", "pulls the {c} down", "reduces the {c}")


def _statements(facts: Facts) -> Iterator[tuple[str, bool]]:
    """Sentences and whether they are true."""
    for number, feature in enumerate(facts.features[:12]):
        yield from _of_one(facts, feature, number)
        for other in facts.features[number + 1 : number + 3]:
            heavier, lighter = abs(feature.attribution), abs(other.attribution)
            if heavier > 1.3 * lighter > 0:
                yield f"{_upper(feature.name)} weighs more than {other.name}.", True
                yield f"{_upper(other.name)} matters more than {feature.name}.", False
            if feature.direction != other.direction and "none" not in (feature.direction, other.direction):
                yield f"{_upper(feature.name)} and {other.name} point in the same direction.", False


def _of_one(facts: Facts, feature: FeatureFacts, number: int) -> Iterator[tuple[str, bool]]:
    name, raw = _upper(feature.name), facts.explanation.feature(feature.id).value
    for phrase in UP if facts.regression else TOWARDS:
        yield f"{name} {phrase.format(c=facts.target.name)}.", feature.direction == "towards"
    for phrase in DOWN if facts.regression else AWAY:
        yield f"{name} {phrase.format(c=facts.target.name)}.", feature.direction == "away"
    if isinstance(raw, float) and feature.value and not feature.missing:
        yield f"{name} was {feature.value}.", True
        yield f"The reading of {feature.name} was {raw * 3 + 17:.4g}.", False
    weights = [abs(f.attribution) for f in facts.features]
    if number == 0 and len(weights) > 1 and weights[0] > 1.1 * weights[1]:
        yield f"{name} is the most important factor.", True
        yield f"{_upper(facts.features[-1].name)} is the most important factor.", False


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _explanations() -> list[Facts]:
    own = [getattr(decisions, name)() for name in WRITTEN]
    return [facts_of(e) for e in (*own, prose.sample(), prose.loan(), prose.house(), *map(an_explanation, range(25)))]


@pytest.mark.parametrize("facts", _explanations(), ids=lambda facts: facts.instance)
def test_plain_sentences_are_judged_rightly(facts: Facts) -> None:
    for text, true in _statements(facts):
        sentence = verify(text, facts).sentences[0]
        wrong = "contradicted" if true else "supported"
        assert sentence.verdict != wrong, (text, [(c.kind, c.verdict, c.reason) for c in sentence.claims])


def test_nearly_all_plain_sentences_are_decided() -> None:
    found = [
        (verify(text, facts).sentences[0].verdict, true, text)
        for facts in _explanations()[:7]
        for text, true in _statements(facts)
    ]
    undecided = [text for verdict, true, text in found if verdict != ("supported" if true else "contradicted")]
    assert len(undecided) < 0.05 * len(found), undecided[:20]
