"""What people write about decisions of four trades is judged as a careful reader would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reporter.facts import facts_of
from reporter.narrative import Narrative
from reporter.verification import verify
from tests.verification import decisions
from tests.verification.decisions import WRITTEN

FACTS = {name: facts_of(getattr(decisions, name)()) for name in WRITTEN}


def verdict_of(narrative: Narrative) -> str:
    """The worst verdict of its sentences."""
    found = {sentence.verdict for sentence in narrative.sentences}
    return next((v for v in ("contradicted", "unverified", "supported") if v in found), "neutral")


def _written() -> Iterator[tuple[str, str, str]]:
    for decision, by_verdict in WRITTEN.items():
        for verdict, texts in by_verdict.items():
            for text in texts:
                yield decision, verdict, text


@pytest.mark.parametrize(("decision", "verdict", "text"), list(_written()))
def test_what_others_write_is_judged(decision: str, verdict: str, text: str) -> None:
    narrative = verify(text, FACTS[decision])
    assert verdict_of(narrative) == verdict, [(c.kind, c.verdict, c.reason) for c in narrative.claims]
