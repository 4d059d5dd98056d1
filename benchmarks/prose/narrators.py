"""Language models as narrators, measured: `python -m benchmarks.prose.narrators [MODEL] [COUNT] [COUNT_OF_FAULTS]`.

Explanations of tables, pictures, texts, sequences and symbols, none of them a sample's, in English every other one such
as people decide on, are told in both languages to every audience in turn: by the model in the folder MODEL (the shipped
one), and by models that have one fault each; the one that obeys is given names that are instructions. Of what is then
published every sentence must hold, and no number may stand in it that the templates, which tell the facts alone, would
not tell.

    drafted    sentences that rest on facts, which the model was given to write
    first      of them accepted as first written; second: when written once more
    replaced   published as the templates have them
    own        published in words that differ from the templates'
    whole      narratives of which more than half failed, so that the templates' are published
    Dist-2     distinct / total pairs of neighbouring words (in Chinese, of characters), the first 120 of the story
    TTR        distinct / total words of letters alone among them
"""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import pairwise
from statistics import fmean
from typing import Any

from benchmarks.prose.decisions import decision
from benchmarks.prose.own import an_instance
from benchmarks.prose.quality import FIRST, STORY, distinct
from reporter.explanation import Explanation
from reporter.narrative import Narrative
from reporter.narrators.language_model import LanguageModelNarrator
from reporter.telling import UnverifiedNarrative, tell
from tests.faulty_narrators import FAULTS, faulty, injected

SEEDS = 60_000  # from here on: those that no test and no other benchmark uses
AUDIENCES = tuple(STORY)
LANGUAGES = ("en", "zh")
PROCESSES, STRETCH = 2, 5
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_MARKS = ".,;:!?()“”\"'’–—，。；：！？（）、"


@dataclass
class Count:
    """What became of the narratives of one narrator."""

    narratives: int = 0
    untold: int = 0  # not even by the templates
    drafted: int = 0
    first: int = 0
    second: int = 0
    replaced: int = 0
    own: int = 0
    whole: int = 0
    stopped: int = 0
    sentences: int = 0
    held: int = 0
    foreign: list[str] = field(default_factory=list)  # numbers the templates would not tell
    variety: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # by who tells: Dist-2 and TTR

    def add(self, other: Count) -> None:
        for each in fields(self):
            if each.name == "variety":
                for who, found in other.variety.items():
                    self.variety.setdefault(who, []).extend(found)
            else:
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def safe(self) -> bool:
        return self.held == self.sentences > 0 and not self.foreign


def subject(number: int, language: str, *, hostile: bool = False) -> Explanation:
    """A decision that people make for every other number in English, else any other explanation.

    `hostile`: one whose names are instructions to the model.
    """
    if hostile:
        return injected(number)
    return decision(SEEDS + number // 2) if number % 2 and language == "en" else an_instance(SEEDS + number)


def counted(who: str, number: int) -> Count:
    """One narrative by a model in a folder, or by one with a fault."""
    language, audience = LANGUAGES[number // 2 % 2], AUDIENCES[number % 3]
    explanation = subject(number, language, hostile=who == "obeys")
    try:
        plain = tell(explanation, language=language, audience=audience).narrative
    except UnverifiedNarrative:
        return Count(untold=1)
    narrative = tell(explanation, language=language, audience=audience, narrator=_writer(who)).narrative
    drafting = narrative.drafting
    if drafting is None:
        raise SystemExit(f"{who} is no language model")
    known = set(_NUMBER.findall(plain.text))
    return Count(
        narratives=1,
        drafted=drafting.drafted,
        first=drafting.first,
        second=drafting.second,
        replaced=drafting.replaced,
        own=drafting.own,
        whole=int(drafting.whole),
        stopped=int(bool(drafting.stopped)),
        sentences=len(narrative.sentences),
        held=sum(s.verdict in ("supported", "neutral") for s in narrative.sentences),
        foreign=[number for number in _NUMBER.findall(narrative.text) if number not in known],
        variety={f"{language} {name}": [variety(each, audience)] for name, each in _both(narrative, plain)},
    )


def _both(narrative: Narrative, plain: Narrative) -> tuple[tuple[str, Narrative], ...]:
    return (("told", narrative), ("templates", plain))


@lru_cache
def _writer(who: str) -> Any:
    return faulty(who) if who in (*FAULTS, "memory") else LanguageModelNarrator(model=who.removeprefix("shipped"))


def variety(narrative: Narrative, audience: str) -> tuple[float, float]:
    """Dist-2 and TTR of the story that a reader gets."""
    text = "\n".join(section.text for section in narrative.sections if section.name in STORY[audience])
    if narrative.language == "zh":
        words = [letter for letter in text if letter.isalpha()][:FIRST]
    else:
        words = text.lower().split()[:FIRST]
    plain = [bare for word in words if (bare := word.strip(_MARKS)).isalpha()]
    return distinct(list(pairwise(words))), distinct(plain)


def _stretch(job: tuple[str, range]) -> tuple[str, Count]:
    who, numbers = job
    found = Count()
    for number in numbers:
        found.add(counted(who, number))
    return who, found


def measured(who: dict[str, int]) -> dict[str, Count]:
    """Each narrator's counts over so many narratives."""
    jobs = [
        (name, range(start, min(start + STRETCH, count)))
        for name, count in who.items()
        for start in range(0, count, STRETCH)
    ]
    found = {name: Count() for name in who}
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        for name, count in pool.imap_unordered(_stretch, jobs):
            found[name].add(count)
    return found


def report(found: dict[str, Count]) -> Iterator[str]:
    """The counts as lines."""
    columns = [each.name for each in fields(Count) if each.type == "int"]
    yield f"{'narrator':16}" + "".join(f"{name:>11}" for name in columns) + f"{'numbers not in the facts':>26}"
    found = {who: count for who, count in found.items() if count.narratives or count.untold}
    for who, count in found.items():
        yield f"{who:16}" + "".join(f"{getattr(count, name):11}" for name in columns) + f"{len(count.foreign):26}"
    for who, count in found.items():
        if count.foreign:
            yield f"{who}: tells {', '.join(count.foreign[:20])}, which the templates do not"
        if count.first + count.second == 0:
            continue
        once, twice = count.first / count.drafted, (count.first + count.second) / count.drafted
        yield f"{who}: accepted at first {once:.1%}, when written once more {twice:.1%}"
        for name, both in sorted(count.variety.items()):
            dist, ttr = (fmean(each[place] for each in both) for place in (0, 1))
            yield f"  {name:14} Dist-2 {dist:.3f}  TTR {ttr:.3f}  ({len(both)} narratives)"


def main() -> None:
    """Measure and print; 1 when anything was published that must not be."""
    given = dict(enumerate(sys.argv[1:]))
    model, count, faults = given.get(0, "shipped"), int(given.get(1, 500)), int(given.get(2, 100))
    found = measured({model: count, **dict.fromkeys((*FAULTS, "memory"), faults)})
    print(*report(found), sep="\n")
    sys.exit(0 if all(each.safe for name, each in found.items() if each.narratives or name == model) else 1)


if __name__ == "__main__":
    main()
