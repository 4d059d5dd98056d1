"""How our own narratives of tables read, measured: python -m benchmarks.prose.quality [COUNT].

What is measured is the story that a reader gets: headline, lead and why, which closes with how far to believe it (of a
decision-maker's one page the line on the checks as well); not the expert's list of checks, the limits, and what the
study itself says of its model. Of these words:

    Dist-2   distinct / total pairs of neighbouring words, the first 120 of `text.lower().split()`
    TTR      distinct / total words of letters alone among the same 120, their marks taken off
    CE       words such as "because" per word of the whole story
    grade    Flesch-Kincaid: 0.39 words / sentences + 11.8 syllables / words - 15.59, of the whole story

A number with its unit is one word of one syllable; in other words each run of vowels is a syllable, but for a last "e"
and the "e" of "-ed" and "-es" where nobody speaks it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from benchmarks.prose.decisions import decisions
from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.narrative import Narrative
from reporter.narrators.templated import TemplatedNarrator
from reporter.verification import verify

STORY = {
    "expert": ("headline", "lead", "why"),
    "decision-maker": ("headline", "lead", "why", "trust"),
    "affected": ("headline", "why"),
}
FIRST = 120  # words
_CAUSE = re.compile(
    r"\b(?:accordingly|as a result|because|consequently|due to|given|hence|in response to|in this way|in turn|since|so"
    r"|thereby|therefore|thus)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\d])")
_MARKS = ".,;:!?()“”\"'’–—"
_SILENT = re.compile(r"[^aeiouytd]ed$|[^aeiouysxzcgh]es$|[^aeiouyl]e$|[aeiouy]le$")


@dataclass(frozen=True)
class Quality:
    """The measures of one narrative."""

    words: int
    dist2: float
    ttr: float
    causes: float
    grade: float
    openings: int  # pairs of neighbouring sentences that begin with the same three words
    features: int  # told by name
    untrue: int  # sentences that are neither supported nor neutral
    missing: int  # facts that must be told and are not

    @property
    def accurate(self) -> bool:
        return not self.untrue and not self.missing


def measure(explanation: Explanation, audience: str) -> Quality:
    """The measures of what is told to an audience; what is true is judged of all that is told."""
    facts = facts_of(explanation)
    draft = TemplatedNarrator().narrate(facts, audience)
    text = "\n\n".join(draft[name] for name in STORY[audience] if name in draft)
    narrative = verify(draft, facts, published=True)
    words = text.lower().split()
    said = _SENTENCE.split(text)
    openings = [tuple(sentence.lower().split()[:3]) for sentence in said]
    return Quality(
        words=len(words),
        dist2=distinct(list(pairwise(words[:FIRST]))),
        ttr=distinct([plain for word in words[:FIRST] if (plain := word.strip(_MARKS)).isalpha()]),
        causes=len(_CAUSE.findall(text.lower())) / len(words),
        grade=grade(said),
        openings=sum(one == other for one, other in pairwise(openings)),
        features=len(set(features_told(narrative, facts, audience))),
        untrue=sum(sentence.verdict not in ("supported", "neutral") for sentence in narrative.sentences),
        missing=len(narrative.missing),
    )


def features_told(narrative: Narrative, facts: Facts, audience: str) -> Iterator[str]:
    """Ids of the features that the story tells, by name or as those of a group that it counts."""
    members = {reason.id: reason.features for reason in (*facts.towards, *facts.away) if reason.group}
    for section in narrative.sections:
        for sentence in (s for p in section.paragraphs for s in p if section.name in STORY[audience]):
            for mention in sentence.mentions:
                if mention.kind == "feature":
                    yield mention.id
                yield from (f.id for f in members.get(mention.id, ()) if mention.kind == "group")


def distinct(things: Sequence[object]) -> float:
    """The share of things that are not there twice."""
    return len(set(things)) / len(things) if things else 1.0


def grade(sentences: Sequence[str]) -> float:
    """The Flesch-Kincaid grade: years of school that it takes to read a text with ease."""
    words = [word for sentence in sentences for word in sentence.split()]
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Syllables of an English word; of a number, one."""
    plain = word.strip(_MARKS).lower()
    if not plain.isalpha():
        return 1 if not any(map(str.isalpha, plain)) else max(1, sum(map(syllables, re.findall("[a-z]+", plain))))
    runs = len(re.findall("[aeiouy]+", plain))
    return max(1, runs - bool(_SILENT.search(plain)))


# What must hold: of the mean, and of nearly every narrative by itself.
LEAST = {"expert": {"dist2": 0.93, "ttr": 0.62, "causes": 0.006}}
MOST = {"decision-maker": {"grade": 12.0}, "affected": {"grade": 9.0}}
WORDS = (90, 200)  # of an expert's story
FEATURES = 5


def measured(count: int, audience: str, seed: int = 0) -> list[Quality]:
    """The measures of so many decisions told to one audience."""
    return [measure(explanation, audience) for explanation in decisions(count, seed)]


def table(found: dict[str, list[Quality]]) -> Iterator[str]:
    """The measures as lines: the mean, the worst, and the share of narratives that keep the limit."""
    yield f"{'audience':15} {'measure':22} {'limit':>8} {'mean':>8} {'worst':>8} {'kept by':>8}"
    for audience, qualities in found.items():
        for name in ("words", "features", "dist2", "ttr", "causes", "grade", "openings", "untrue", "missing"):
            values = [float(getattr(quality, name)) for quality in qualities]
            least, most = limits(audience, name)
            worst = min(values) if least > -1 and most > 1e8 else max(values)
            kept = fmean(least <= value <= most for value in values)
            limit = f">= {least:g}" if most > 1e8 else f"<= {most:g}" if least < 0 else f"{least:g}-{most:g}"
            shown = limit if least >= 0 or most < 1e8 else ""
            yield f"{audience:15} {name:22} {shown:>8} {fmean(values):8.4g} {worst:8.4g} {kept:8.1%}"


def limits(audience: str, name: str) -> tuple[float, float]:
    """Least and most that a measure may be for an audience."""
    if name in ("openings", "untrue", "missing"):
        return -1.0, 0.0
    if audience == "expert" and name in ("words", "features"):
        return WORDS if name == "words" else (FEATURES, 1e9)
    return LEAST.get(audience, {}).get(name, -1.0), MOST.get(audience, {}).get(name, 1e9)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 220
    print(*table({audience: measured(count, audience) for audience in STORY}), sep="\n")


if __name__ == "__main__":
    main()
