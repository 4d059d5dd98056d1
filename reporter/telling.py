"""Telling: facts → narrator → verify → retry → fallback → Report. Nothing that fails the check is published."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from reporter.errors import ReporterError, UnknownName
from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.narrative import Draft, Narrative
from reporter.plugins import NARRATORS
from reporter.report import Report
from reporter.rewording import Writer, reword
from reporter.templating import Templates, templates_in, using
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
    narrator: str | Narrator | Writer = FALLBACK,
    templates: str | Path | Templates | None = None,
    **settings: Any,
) -> Report:
    """Tell an explanation and check what was told. `narrator` is a name, with its settings, or a narrator itself.

    A narrator whose text does not hold is asked once more, then the templated one takes its place; of one that writes
    sentence by sentence only the sentences that do not hold are replaced (rewording.py). A sentence of the templated
    one which does not hold is withheld. Raises UnknownName (language, audience, narrator), whatever a narrator raises
    when it is prepared, and UnverifiedNarrative when what is left would not say what it must. `templates`: a folder of
    one's own, whose narratives are told and checked like any other, and whose look the report keeps; raises
    OwnTemplateError for a mistake in it.
    """
    with using(templates if isinstance(templates, Templates) else templates_in(templates)):
        return _tell(explanation, language, audience, narrator, settings)


def _tell(
    explanation: Explanation,
    language: str | None,
    audience: str | None,
    narrator: str | Narrator | Writer,
    settings: dict[str, Any],
) -> Report:
    chosen = open_narrator(narrator, **settings) if isinstance(narrator, str) else narrator
    facts = facts_of(explanation, language)
    audience = audience or explanation.audience
    if isinstance(chosen, Writer):
        chosen.prepare()
        return Report(facts, reword(_settled(_templated(facts, audience), facts), facts, chosen))
    narrative = _told(chosen, facts, audience)
    if not narrative.supported and chosen.name != FALLBACK:
        again = _told(chosen, facts, audience)
        narrative = again if again.supported else _templated(facts, audience)
    return Report(facts, _settled(narrative, facts))


def open_narrator(name: str, **settings: Any) -> Narrator | Writer:
    """The narrator of that name with these settings, not yet prepared. Raises UnknownName, and UsageError."""
    kind = NARRATORS.load(name)
    known = {each.name for each in fields(kind)} if is_dataclass(kind) else set(settings)
    for unknown in sorted(set(settings) - known):
        raise UnknownName(f"setting of the narrator {name!r}", unknown, sorted(known))
    made: Narrator | Writer = kind(**settings)
    return made


def _templated(facts: Facts, audience: str) -> Narrative:
    return _told(NARRATORS.load(FALLBACK)(), facts, audience)


def _settled(narrative: Narrative, facts: Facts) -> Narrative:
    return narrative if narrative.supported else _withheld(narrative, facts)


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
        folder = facts.language.templates.folder
        whose = f"mend the narrative in {folder}" if folder else "please report this sentence"
        raise UnverifiedNarrative(
            f"the narrative of {facts.instance} does not hold: {_first_failure(narrative)}",
            remedy=f"nothing was written; {whose}",
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
