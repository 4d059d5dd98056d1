"""Telling: facts → narrator → verify → retry → fallback → Report. Nothing that fails the check is published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from reporter.errors import ReporterError
from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.narrative import Draft, Narrative
from reporter.plugins import NARRATORS
from reporter.report import Report
from reporter.verification import verify

FALLBACK = "templated"


class Narrator(Protocol):
    """What a narrator plug-in is: settings are its fields; it sees facts and returns text by section."""

    name: str
    description: str

    def narrate(self, facts: Facts, audience: str) -> Draft: ...


class UnverifiedNarrative(ReporterError):
    """The templated narrator wrote what the facts do not support: a defect in the templates, never published."""


def tell(
    explanation: Explanation,
    *,
    language: str | None = None,
    audience: str | None = None,
    narrator: str = FALLBACK,
    **settings: Any,
) -> Report:
    """Tell an explanation and check what was told. `settings` are the narrator's own.

    A narrator whose text does not hold is asked once more, then the templated one takes its place; a sentence of that
    one which does not hold is withheld. Raises UnknownName (language, audience, narrator), and UnverifiedNarrative when
    what is left would not say what it must.
    """
    facts = facts_of(explanation, language)
    audience = audience or explanation.audience
    narrative = _told(NARRATORS.load(narrator)(**settings), facts, audience)
    if not narrative.supported and narrator != FALLBACK:
        again = _told(NARRATORS.load(narrator)(**settings), facts, audience)
        narrative = again if again.supported else _told(NARRATORS.load(FALLBACK)(), facts, audience)
    if not narrative.supported:
        narrative = _withheld(narrative, facts)
    return Report(facts, narrative)


def _withheld(narrative: Narrative, facts: Facts) -> Narrative:
    """The narrative without the sentences that do not hold. Raises UnverifiedNarrative when it then says too little."""
    sections = []
    for section in narrative.sections:
        kept = (tuple(s for s in part if s not in narrative.failures) for part in section.paragraphs)
        if paragraphs := tuple(part for part in kept if part):
            sections.append(replace(section, paragraphs=paragraphs))
    told = {fact for section in sections for sentence in section.sentences for fact in sentence.facts}
    lacking = tuple(fact for fact in facts.required if fact not in told)
    if lacking:
        raise UnverifiedNarrative(
            f"the narrative of {facts.instance} does not hold: {_first_failure(narrative)}",
            remedy="nothing was written; please report this sentence",
        )
    return replace(narrative, sections=tuple(sections), missing=(), withheld=narrative.failures)


def _told(narrator: Narrator, facts: Facts, audience: str) -> Narrative:
    draft = narrator.narrate(facts, audience)
    checked = verify(draft, facts, published=True, audience=audience, narrator=narrator.name)
    sections = tuple(
        replace(
            section,
            paragraphs=tuple(
                tuple(replace(sentence, narrator=narrator.name) for sentence in paragraph)
                for paragraph in section.paragraphs
            ),
        )
        for section in checked.sections
    )
    return replace(checked, sections=sections)


def _first_failure(narrative: Narrative) -> str:
    for sentence in narrative.failures:
        return f"{sentence.text!r} ({'; '.join(sentence.reasons)})"
    return f"it leaves out {', '.join(narrative.missing)}"
