"""A checked narrative as it is set: sentences numbered by their evidence, features bold where they are first named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.narrative import Mention, Section, Sentence
from reporter.report import Report

STOPS = ".。"
LONGEST_PAIR = 20  # letters of two words that are kept on one line
_QUOTED = re.compile("[“«][^”»]*[”»]")
_LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")  # Hebrew, Arabic and their relatives
SPOKEN_FIRST = ("headline", "lead")
SPOKEN_LAST = ("trust", "limits", "about", "next")  # what stands between, known or not, is told under "why"
LONG = 24  # characters of a word that a line can hold whole, whatever stands before it


@dataclass(frozen=True)
class Run:
    """A stretch of a sentence in one weight."""

    text: str
    strong: bool = False

    @property
    def unbroken(self) -> bool:
        """Whether it holds a word so long that it must be broken somewhere."""
        return any(len(word) > LONG for word in self.text.split())

    @property
    def shown(self) -> str:
        """The text with what is quoted in a right-to-left script set apart, so that its marks stay where they are."""
        return _QUOTED.sub(
            lambda found: f"\u2068{found[0]}\u2069" if _LEFTWARD.search(found[0]) else found[0], self.text
        )


@dataclass(frozen=True)
class Line:
    """A sentence as it is set; `number` is that of its evidence, 0 where there is none to show."""

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
    setter = _Setter(report.facts)
    for section in _in_order(report.narrative.sections):
        if section.name == "trust":
            told = tuple(setter.statement(paragraph) for paragraph in section.paragraphs if paragraph)
        else:
            plain = section.name in (*SPOKEN_FIRST, *SPOKEN_LAST)
            told = tuple(setter.paragraph(each, plain=plain) for each in section.paragraphs if each)
        if told:
            passages[section.name] = told
    return Prose(passages, tuple(setter.numbered))


class _Setter:
    """Sets sentences one after another; remembers which features were named and which sentences have a number."""

    def __init__(self, facts: Facts) -> None:
        self.names = {feature.id: feature.name for feature in facts.features}
        self.gap = " " if spaced(facts) else ""
        self.named: set[str] = set()
        self.numbered: list[Line] = []

    def paragraph(self, sentences: tuple[Sentence, ...], *, plain: bool) -> Paragraph:
        return tuple(self.line(s, (Run(s.text),) if plain else tuple(self._runs(s)), s) for s in sentences)

    def statement(self, sentences: tuple[Sentence, ...]) -> Paragraph:
        """A paragraph whose first sentence is its title: the two make one statement, so they have one number."""
        if len(sentences) == 1 or not rests_on_facts(sentences[1]):
            return self.paragraph(sentences, plain=True)
        title, first, *others = sentences
        writers = " ".join(dict.fromkeys((title.narrator, first.narrator)))
        both = Sentence(f"{title.text}{self.gap}{first.text}", title.claims + first.claims, narrator=writers)
        untitled = self.line(first, (Run(first.text),), both)
        return (Line((Run(title.text),), 0, title), untitled, *self.paragraph(tuple(others), plain=True))

    def line(self, sentence: Sentence, runs: tuple[Run, ...], evidence: Sentence) -> Line:
        """A sentence with the next number, where it needs one; `evidence` is what stands under it in the annex."""
        if not rests_on_facts(evidence):
            return Line(runs, 0, sentence)
        self.numbered.append(Line(runs, len(self.numbered) + 1, evidence))
        return Line(runs, len(self.numbered), sentence)

    def _runs(self, sentence: Sentence) -> Iterator[Run]:
        """The sentence cut where a feature is named for the first time: by its name, or else by what it means."""
        text, done = sentence.text, 0
        news = [m for m in sentence.mentions if m.kind == "feature" and m.id not in self.named]
        chosen: dict[str, Mention] = {}
        for mention in sorted(news, key=lambda m: (text[m.start : m.end] != self.names.get(m.id), m.start)):
            chosen.setdefault(mention.id, mention)
        for mention in sorted(chosen.values(), key=lambda m: m.start):
            if mention.start < done:
                continue
            self.named.add(mention.id)
            if mention.start > done:
                yield Run(text[done : mention.start])
            yield Run(text[mention.start : mention.end], strong=True)
            done = mention.end
        if done < len(text):
            yield Run(text[done:])


def rests_on_facts(sentence: Sentence) -> bool:
    """Whether a sentence has evidence to show: it claims more than what the study says of its own model."""
    return any(claim.facts or claim.kind != "study" for claim in sentence.claims)


def without_stop(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """A sentence as a title: its last stop is dropped."""
    *before, last = runs
    stripped = last.text[:-1] if last.text[-1:] in STOPS else last.text
    return (*before, Run(stripped, last.strong))


def tied(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """A title whose last two words stay together where they are short: no line holds a lone "149"."""
    *before, last = runs
    head, space, word = last.text.rpartition(" ")
    pair = len(head.rpartition(" ")[2]) + len(word)
    return (*before, Run(f"{head}\u00a0{word}", last.strong)) if space and head and pair <= LONGEST_PAIR else runs


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
