"""Rewording: a narrator that writes sentence by sentence is given those of the templates to say in its own words.

templated narrative ─plan→ slots ─write→ fill → verify the whole with it → keep │ write once more │ put back

A sentence is kept when the narrative with it in its place holds as strictly as before, is the same but for that
sentence, and the sentence tells every fact that the one it replaces tells. Whatever happens to
the writer, there is a narrative.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from reporter.errors import ReporterError, first_line, says_out_of_memory
from reporter.facts import Facts
from reporter.narrative import Drafting, Narrative, Sentence, join_sentences
from reporter.planning import names_of, plan_of
from reporter.slots import Plan, fill
from reporter.verification import verify

ATTEMPTS = 2


@runtime_checkable
class Writer(Protocol):
    """A narrator that writes sentences in slot form."""

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float:
        """How long it may take over one report."""

    @property
    def model_name(self) -> str:
        """What its model is called."""

    def prepare(self) -> None:
        """Load what it needs. Raises ReporterError when it cannot write at all."""

    def write(self, plans: Sequence[Plan], *, attempt: int, seconds: float) -> list[str]:
        """A sentence for each plan, in slot form; empty where time ran out. `attempt` 0 is the first."""


@dataclass
class _Place:
    """One sentence of the narrative, and what stands there now."""

    sentence: Sentence  # as the templates have it
    plan: Plan | None
    text: str
    attempt: int | None = None  # in which the writer's own was accepted


@dataclass
class _Draft:
    """The narrative under work: sections → paragraphs → places."""

    told: Narrative
    facts: Facts
    sections: list[list[list[_Place]]] = field(default_factory=list)

    @property
    def places(self) -> list[_Place]:
        return [place for section in self.sections for paragraph in section for place in paragraph]

    def checked(self) -> Narrative:
        """The narrative as it stands, read as strictly as anything that is published."""
        texts = {
            section.name: "\n\n".join(join_sentences(place.text for place in paragraph) for paragraph in paragraphs)
            for section, paragraphs in zip(self.told.sections, self.sections, strict=True)
        }
        return verify(texts, self.facts, published=True, audience=self.told.audience, narrator=self.told.narrator)

    def holds(self, place: _Place) -> bool:
        """Whether the narrative holds with what stands at a place, sentence for sentence."""
        checked = self.checked()
        places = self.places
        same = [each.text for each in checked.sentences] == [each.text for each in places]
        if not same or not checked.supported:
            return False
        written = checked.sentences[places.index(place)]
        return written.verdict == "supported" and set(place.sentence.facts) <= set(written.facts)


def reword(told: Narrative, facts: Facts, writer: Writer) -> Narrative:
    """The narrative with the sentences that the writer could write, and an account of how it fared."""
    draft = _drafted(told, facts)
    asked = [place for place in draft.places if place.plan]
    account = Drafting(writer.model_name, len(asked))
    started, counts = time.monotonic(), [0] * ATTEMPTS
    for attempt in range(ATTEMPTS):
        left = [place for place in asked if place.attempt is None]
        seconds = writer.seconds - (time.monotonic() - started)
        if not left or account.stopped:
            break
        if seconds <= 0:
            account = replace(account, stopped="time")
            break
        try:
            written = writer.write([place.plan for place in left if place.plan], attempt=attempt, seconds=seconds)
        except Exception as error:  # noqa: BLE001 - whatever a model does, the report is told; by the templates then
            account = replace(account, stopped="memory" if says_out_of_memory(error) else "error", problem=_said(error))
            break
        counts[attempt] = sum(_kept(draft, place, text, attempt) for place, text in zip(left, written, strict=False))
    account = replace(account, first=counts[0], second=counts[1], whole=2 * sum(counts) < len(asked))
    if account.whole:
        return replace(told, drafting=account)
    account = replace(account, own=sum(place.text != place.sentence.text for place in asked))
    return _published(draft, writer, account)


def _drafted(told: Narrative, facts: Facts) -> _Draft:
    draft, before, names = _Draft(told, facts), None, names_of(facts)
    for section in told.sections:
        paragraphs = []
        for paragraph in section.paragraphs:
            places = []
            for sentence in paragraph:
                plan = plan_of(sentence, facts, names)
                before = plan.following(before, told.audience) if plan else None
                places.append(_Place(sentence, before, sentence.text))
            paragraphs.append(places)
        draft.sections.append(paragraphs)
    return draft


def _kept(draft: _Draft, place: _Place, written: str, attempt: int) -> bool:
    """Whether what was written may stand at its place; it stands there then."""
    filled = fill(written, place.plan) if place.plan else None
    if filled is None or filled.problem:
        return False
    place.text = filled.text
    if draft.holds(place):
        place.attempt = attempt
        return True
    place.text = place.sentence.text
    return False


def _published(draft: _Draft, writer: Writer, account: Drafting) -> Narrative:
    """The narrative, each sentence with who wrote it."""
    checked = draft.checked()
    written = iter(draft.places)
    sections = tuple(
        replace(
            section,
            paragraphs=tuple(
                tuple(
                    replace(each, narrator=each.narrator if next(written).attempt is None else writer.name)
                    for each in paragraph
                )
                for paragraph in section.paragraphs
            ),
        )
        for section in checked.sections
    )
    told = draft.told
    return replace(checked, sections=sections, narrator=writer.name, withheld=told.withheld, drafting=account)


def _said(error: Exception) -> str:
    if isinstance(error, ReporterError):
        return error.problem
    return f"{type(error).__name__}: {first_line(error)}".removesuffix(": ")
