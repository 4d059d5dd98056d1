"""Prose after the check: sentences, the claims found in them, and what became of each claim. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Verdict = Literal["supported", "neutral", "unverified", "contradicted"]
VERDICTS: tuple[Verdict, ...] = ("neutral", "supported", "unverified", "contradicted")  # harmless first

# The three things that can be told of a feature, and the parts of its facts that tell them.
_TOLD: tuple[tuple[str, ...], ...] = (
    ("value", "baseline", "percentile", "missing", "out_of_range"),
    ("direction", "side_share"),
    ("rank", "side_rank", "share", "side_share", "amount"),
)

Draft = Mapping[str, str]  # section name → its text, paragraphs apart by an empty line; what a narrator returns


@dataclass(frozen=True)
class Claim:
    """One statement read in a sentence, and what the facts say of it.

    *supported*: a fact says the same. *contradicted*: a fact says otherwise. *unverified*: it states something, but no
    fact decides it. `start` and `end` are offsets in the sentence.
    """

    kind: str  # the kind of fact it is held against: "value", "percentile", "direction", …
    start: int
    end: int
    verdict: Verdict
    facts: tuple[str, ...] = ()  # ids of the facts that decide it
    reason: str = ""  # why it is contradicted or unverified, with what the fact says


@dataclass(frozen=True)
class Mention:
    """Where a sentence names a feature, a group or a class."""

    kind: Literal["feature", "group", "class"]
    id: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """One sentence with what was read in it; its verdict is that of its worst claim, neutral when it claims nothing."""

    text: str
    claims: tuple[Claim, ...] = ()
    mentions: tuple[Mention, ...] = ()
    narrator: str = "templated"  # who wrote it: a replaced sentence of a language model says so

    @property
    def verdict(self) -> Verdict:
        return max((claim.verdict for claim in self.claims), key=VERDICTS.index, default="neutral")

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of all facts the sentence rests on, in reading order, each once."""
        return tuple(dict.fromkeys(fact for claim in self.claims for fact in claim.facts))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not hold, one line per claim that does not."""
        return tuple(c.reason for c in self.claims if c.verdict in ("contradicted", "unverified"))


@dataclass(frozen=True)
class Section:
    """A named part of the narrative ("headline", "lead", "why", …), as paragraphs of sentences."""

    name: str
    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def sentences(self) -> Iterator[Sentence]:
        return (sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def text(self) -> str:
        return "\n\n".join(join_sentences(s.text for s in paragraph) for paragraph in self.paragraphs)


@dataclass(frozen=True)
class Drafting:
    """How a narrator that writes sentence by sentence fared; what it could not write is the templates'."""

    model: str  # which wrote
    drafted: int  # sentences it was to write
    first: int = 0  # accepted at first
    second: int = 0  # accepted when written once more
    own: int = 0  # published in other words than those of the templates
    whole: bool = False  # whether more than half failed, so that none of its sentences is used
    stopped: Literal["", "time", "memory", "error"] = ""  # why it did not come to an end
    problem: str = ""  # what it said then; for whoever runs it, not for a report

    @property
    def written(self) -> int:
        """Sentences of its own that are published."""
        return 0 if self.whole else self.first + self.second

    @property
    def replaced(self) -> int:
        """Sentences that are the templates' because its own failed."""
        return self.drafted - self.written


@dataclass(frozen=True)
class Narrative:
    """Prose that was read against the facts, sentence by sentence."""

    language: str
    sections: tuple[Section, ...]
    audience: str = ""
    narrator: str = ""
    missing: tuple[str, ...] = ()  # ids of required facts it does not tell
    withheld: tuple[Sentence, ...] = ()  # written by the narrator, found not to hold, and left out
    drafting: Drafting | None = None  # of a narrator that writes sentence by sentence

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(sentence for section in self.sections for sentence in section.sentences)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(claim for sentence in self.sentences for claim in sentence.claims)

    @property
    def supported(self) -> bool:
        """Whether it may be published: every sentence supported or neutral, and no required fact left out."""
        return not self.missing and not self.failures

    @property
    def failures(self) -> tuple[Sentence, ...]:
        """The sentences that do not hold."""
        return tuple(s for s in self.sentences if s.verdict in ("contradicted", "unverified"))

    @property
    def coverage(self) -> float | None:
        """How much of what is said of the features could be read, 0 to 1; None when no feature is mentioned.

        Of each feature mentioned three things can be told: its value (or where that lies), its direction, and its
        weight (rank, share or amount). Coverage is the mean share of the three that a claim which was decided rests on.
        """
        mentioned = {m.id for sentence in self.sentences for m in sentence.mentions if m.kind == "feature"}
        if not mentioned:
            return None
        decided = [c for c in self.claims if c.verdict in ("supported", "contradicted")]
        known = {fact for claim in decided for fact in claim.facts}
        read = sum(any(f"feature.{m}.{part}" in known for part in parts) for m in mentioned for parts in _TOLD)
        return read / (len(mentioned) * len(_TOLD))

    @property
    def text(self) -> str:
        return "\n\n".join(section.text for section in self.sections)

    def section(self, name: str) -> Section | None:
        """The section of that name, or None where this narrative has none."""
        return next((section for section in self.sections if section.name == name), None)


def join_sentences(sentences: Iterator[str]) -> str:
    """Sentences as a paragraph; a full-width full stop needs no space behind it."""
    joined = ""
    for sentence in sentences:
        gap = "" if not joined or joined[-1] in "。！？；”）" else " "
        joined += gap + sentence
    return joined
