"""A checked narrative as it is set: sentences numbered by their evidence, features bold where they are first named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.narrative import Section, Sentence
from reporter.report import Report

STOPS = ".。"
SPOKEN_FIRST = ("headline", "lead")
SPOKEN_LAST = ("trust", "limits", "about", "next")  # what stands between, known or not, is told under "why"


@dataclass(frozen=True)
class Run:
    """A stretch of a sentence in one weight."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Line:
    """A sentence as it is set; `number` is that of its evidence, 0 where it claims nothing."""

    runs: tuple[Run, ...]
    number: int
    sentence: Sentence

    @property
    def text(self) -> str:
        return self.sentence.text


Paragraph = tuple[Line, ...]


@dataclass(frozen=True)
class Prose:
    """A narrative in the order in which a report shows it."""

    passages: dict[str, tuple[Paragraph, ...]]  # section name → its paragraphs
    numbered: tuple[Line, ...]  # every sentence with evidence, by number

    def passage(self, name: str) -> tuple[Paragraph, ...]:
        """The paragraphs of a section; empty where the narrative has none."""
        return self.passages.get(name, ())

    @property
    def reasons(self) -> Iterator[tuple[str, tuple[Paragraph, ...]]]:
        """The sections told between the lead and the trust, with their names: "why", and any a narrator invents."""
        return ((name, told) for name, told in self.passages.items() if name not in (*SPOKEN_FIRST, *SPOKEN_LAST))


def prose_of(report: Report) -> Prose:
    """The narrative set for showing. Numbers follow the order on the page, whatever the order of the sections."""
    passages: dict[str, tuple[Paragraph, ...]] = {}
    numbered: list[Line] = []
    named: set[str] = set()
    for section in _in_order(report.narrative.sections):
        plain = section.name in (*SPOKEN_FIRST, *SPOKEN_LAST)
        paragraphs: list[Paragraph] = []
        for paragraph in section.paragraphs:
            lines: list[Line] = []
            for sentence in paragraph:
                number = len(numbered) + 1 if sentence.claims else 0
                runs = (Run(sentence.text),) if plain else tuple(_runs(sentence, named))
                lines.append(Line(runs, number, sentence))
                if number:
                    numbered.append(lines[-1])
            if lines:
                paragraphs.append(tuple(lines))
        if paragraphs:
            passages[section.name] = tuple(paragraphs)
    return Prose(passages, tuple(numbered))


def without_stop(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """A sentence as a title: its last stop is dropped."""
    *before, last = runs
    stripped = last.text[:-1] if last.text[-1:] in STOPS else last.text
    return (*before, Run(stripped, last.strong))


def spaced(facts: Facts) -> bool:
    """Whether sentences of this language are set apart by a space."""
    return bool(facts.language.lexicon["typography"]["spaces"])


def _in_order(sections: tuple[Section, ...]) -> list[Section]:
    """First what is spoken first, last what is spoken last; the narrator's own order between."""

    def place(section: Section) -> int:
        for offset, names in ((0, SPOKEN_FIRST), (100, SPOKEN_LAST)):
            if section.name in names:
                return offset + names.index(section.name)
        return 50

    return sorted(sections, key=place)


def _runs(sentence: Sentence, named: set[str]) -> Iterator[Run]:
    """The sentence cut where a feature is named for the first time; `named` remembers those that were."""
    text, done = sentence.text, 0
    for mention in sorted(sentence.mentions, key=lambda m: (m.start, -m.end)):
        if mention.kind != "feature" or mention.id in named or mention.start < done:
            continue
        named.add(mention.id)
        if mention.start > done:
            yield Run(text[done : mention.start])
        yield Run(text[mention.start : mention.end], strong=True)
        done = mention.end
    if done < len(text):
        yield Run(text[done:])
