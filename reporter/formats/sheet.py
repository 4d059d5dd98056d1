"""A report laid out but not yet drawn: what stands where, in words. Every format draws the same sheet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC

from reporter.formats.card import Entry, method_card, model_card, moment_of
from reporter.formats.evidence import Evidence, account_of, evidence_of
from reporter.formats.figure import Figure, figures_of
from reporter.formats.glance import Answer, glance_of
from reporter.formats.prose import Line, Paragraph, Prose, Run, prose_of, spaced, tied, without_stop
from reporter.formats.ranking import Ranking, ranking_of
from reporter.formats.waterfall import Waterfall, waterfall_of
from reporter.formats.wording import Wording
from reporter.report import Report
from reporter.templating import capital
from reporter.words import readable

BRIEF = 5  # features in the table of one page


@dataclass(frozen=True)
class Statement:
    """One paragraph of the trust panel: its first sentence is the title, where more follow."""

    title: Line | None
    lines: Paragraph


@dataclass(frozen=True)
class Passage:
    """A section of prose under its heading."""

    name: str
    heading: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Sheet:
    """Everything a format shows, in the order of the page."""

    wording: Wording
    language: str
    key: str  # the same for the same report, another for any other: for ids that must not clash
    title: str  # of the document
    description: str
    created: str  # W3C date in UTC; empty when not known
    day: str  # the same as a date in words
    spaced: bool  # whether sentences are set apart by a space
    model: str  # what the study calls the model
    instance: str
    headline: tuple[Run, ...]
    headline_number: int
    lead: tuple[Paragraph, ...]
    glance: tuple[Answer, ...]
    reasons: tuple[Passage, ...]
    figures: tuple[Figure, ...]
    ranking: Ranking
    waterfall: Waterfall | None  # for experts
    brief: bool  # all but the annex fits on a page
    inspection: bool  # the explanation is unreliable: the table gives no reasons and says so
    trust: tuple[Statement, ...]
    limits: tuple[Paragraph, ...]
    about: tuple[Paragraph, ...]
    card: tuple[Entry, ...]  # what the study says of the model and the narrative did not tell
    next: tuple[Paragraph, ...]
    method: tuple[Entry, ...]
    evidence: tuple[Evidence, ...]
    account: str  # who wrote how much of it, where not all is of the templates
    untold: str  # required facts that the narrative leaves out, in one line; empty when there are none

    @property
    def tied(self) -> tuple[Run, ...]:
        """The headline as a page sets it."""
        return tied(self.headline) if self.headline else ()


def sheet_of(report: Report) -> Sheet:
    """Lay a report out."""
    facts, prose = report.facts, prose_of(report)
    wording = Wording(facts)
    model = facts.card.title or wording["document"]["untitled"]
    headline, lead = _headline(prose, wording)
    told = report.narrative.text
    missing = facts.language.join(list(report.narrative.missing))
    created = _created(facts.explanation.provenance.created)
    # Whoever decides, or is decided about, has one page; an expert wants to see what is behind it.
    brief = report.narrative.audience in ("decision-maker", "affected")
    ranking = ranking_of(facts, wording, BRIEF) if brief else ranking_of(facts, wording)
    return Sheet(
        wording=wording,
        language=facts.language.code,
        key=key_of(report),
        title=wording.joined(["".join(run.text for run in headline[0]), model, facts.instance]),
        description=" ".join(line.text for paragraph in lead for line in paragraph),
        created=created,
        day=facts.language.date(created) if created else "",
        spaced=spaced(facts),
        model=model,
        instance=facts.instance,
        headline=headline[0],
        headline_number=headline[1],
        lead=lead,
        glance=glance_of(facts, wording, ranking.top),
        reasons=tuple(Passage(name, _heading(name, wording), told) for name, told in prose.reasons),
        figures=figures_of(facts, wording),
        ranking=ranking,
        waterfall=waterfall_of(facts, wording) if report.narrative.audience in ("", "expert") else None,
        brief=brief,
        inspection="unreliable" in facts.situations,
        trust=tuple(_statement(paragraph) for paragraph in prose.passage("trust")),
        limits=prose.passage("limits"),
        about=prose.passage("about"),
        card=model_card(facts, wording, told),
        next=prose.passage("next"),
        method=method_card(facts, wording),
        evidence=evidence_of(prose, facts, wording, written=report.narrative.drafting is not None),
        account=account_of(report.narrative.drafting, wording),
        untold=wording["evidence"]["missing"].format(facts=missing) if missing else "",
    )


def _headline(prose: Prose, wording: Wording) -> tuple[tuple[tuple[Run, ...], int], tuple[Paragraph, ...]]:
    """The first sentence of the headline as the title; whatever else it says begins the lead."""
    paragraphs, lead = prose.passage("headline"), prose.passage("lead")
    if not paragraphs:
        return ((Run(wording["document"]["kind"]),), 0), lead
    first, *others = (line for paragraph in paragraphs for line in paragraph)
    return (without_stop(first.runs), first.number), ((tuple(others), *lead) if others else lead)


def _heading(name: str, wording: Wording) -> str:
    known = wording["sections"].get(name)
    return str(known) if known else capital(readable(name.replace("-", " ")))


def _statement(paragraph: Paragraph) -> Statement:
    return Statement(paragraph[0], paragraph[1:]) if len(paragraph) > 1 else Statement(None, paragraph)


def _created(moment: str) -> str:
    """An ISO 8601 moment as the one form that HTML and PDF metadata share, in UTC; empty for what is no moment."""
    read = moment_of(moment)
    return read.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if read else ""


def key_of(report: Report) -> str:
    """Eight hexadecimal digits from all that is shown: texts only, which do not change in a round trip through JSON."""
    facts, narrative = report.facts, report.narrative
    shown = (
        facts.card.title,
        facts.instance,
        facts.language.code,
        narrative.audience,
        narrative.text,
        *(text for feature in facts.features for text in (feature.id, feature.value, feature.score)),
    )
    return hashlib.sha256("\x1f".join(shown).encode()).hexdigest()[:8]
