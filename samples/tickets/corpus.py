"""The training tickets of this sample, put together from grammar.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent
WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*")
CHOICE = re.compile(r"\(([^()]*)\)")
SLOT = re.compile(r"\{(\w+)\}")
LINKS = (", but", ". But", ". Still,", "; however,", ", and yet", ". The trouble is that", ". It is only that")
DISMISSALS = (
    "but that is another story",
    "but that is not why I write",
    "which I can live with",
    "but this can wait",
    "but never mind that",
    "though I do not care about that today",
)
ASKING = re.compile(r"^(?:Please|Kindly|How|Where|When|Why|What|Which|Who|Is|Can|Could|Do|Don't|Has|Did|Take|On)\b")
NAMES_KEPT = re.compile(
    r"^(?:I\b|I'|VAT|E\d|GPS|PDF|Bluetooth|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March"
    r"|April|May |June|July|August|September|October|November|December)"
)


@dataclass(frozen=True)
class Ticket:
    """What somebody wrote, and the class it belongs to."""

    label: str
    text: str


def four_grams(text: str) -> set[tuple[str, ...]]:
    """Every four words in a row, in lower case, across the ends of sentences as well."""
    words = WORD.findall(text.lower().replace("’", "'"))
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


class Grammar:
    """Draws sentences and tickets; the same seed draws the same ones."""

    def __init__(self, seed: int, path: Path = FOLDER / "grammar.toml") -> None:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        self.random = Random(seed)  # noqa: S311  # nothing secret
        self.shared: dict[str, list[str]] = content["shared"]
        self.classes: dict[str, dict[str, list[str]]] = content["classes"]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def expand(self, line: str, lists: dict[str, list[str]] | None = None) -> str:
        """One reading of a line of the grammar, innermost choices first; `lists` go before the shared ones."""
        known = self.shared | (lists or {})
        found = 1
        while found:
            line, found = CHOICE.subn(lambda match: self.random.choice(match[1].split("|")), line)
            line, slots = SLOT.subn(lambda match: self.random.choice(known[match[1]]), line)
            found += slots
        line = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\s+", " ", line)).strip()
        return re.sub(r"\b([Aa]) (?=[aeiou])(?!u[sn]i|one)", r"\1n ", line)

    def sentence(self, lines: Sequence[str]) -> str:
        return finished(self.expand(self.random.choice(lines)))

    def about(self, label: str) -> str:
        """A sentence that only names the matter."""
        return finished(self.expand(self.random.choice(self.shared["about"]), self.classes[label]))

    def other(self, label: str) -> dict[str, list[str]]:
        """The lists of a class that is not this one."""
        return self.classes[self.random.choice([name for name in self.classes if name != label])]

    def problem(self, label: str) -> str:
        """Why somebody writes, sometimes after a word on what is not the matter."""
        told = self.sentence(self.classes[label]["problem"])
        if not self.chance(0.3):
            return told
        fine = self.expand(self.random.choice(self.other(label)["fine"]))
        if self.chance(0.3):
            fine += " and " + lowered(self.expand(self.random.choice(self.other(label)["fine"])))
        if self.chance(0.2):
            return f"{finished(fine)} {self.expand(self.random.choice(self.shared['turn']))} {lowered(told)}"
        link = ". But" if ASKING.match(told) else self.random.choice(LINKS)
        return f"{capital(fine)}{link} {lowered(told)}"

    def remark(self, label: str) -> str:
        """A sentence that speaks of another class without being the point."""
        other = self.other(label)
        if self.chance(0.65):
            return self.sentence(other["fine"])
        minor = self.sentence(other["problem" if self.chance(0.5) else "detail"]).rstrip(".?!")
        opening = self.random.choice(("By the way, ", "It is also true that ", "In passing: ", "Besides, ", ""))
        return finished(f"{opening}{lowered(minor) if opening else minor}, {self.random.choice(DISMISSALS)}")

    def body(self, label: str) -> list[str]:
        lists = self.classes[label]
        told = [self.problem(label)]
        if self.chance(0.2):
            told.append(self.sentence(lists["problem"]))
        told += [self.sentence(lists["detail"]) for _ in range(self.random.choice((0, 0, 1, 1, 2)))]
        if self.chance(0.22):
            told.insert(self.random.randint(0, len(told)), self.remark(label))
        if self.chance(0.45):
            told.insert(0 if self.chance(0.15) else len(told), self.sentence(lists["request"]))
        if self.chance(0.15):  # some write of the details alone
            told = [self.sentence(lists["detail"]), self.sentence(lists["request"])]
        elif self.chance(0.2):  # some only name the matter
            told = [self.about(label)] + ([self.sentence(lists["detail"])] if self.chance(0.3) else [])
        elif self.chance(0.15):
            told.append(self.about(label))
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            told.insert(self.random.randint(0, len(told)), self.sentence(self.shared["aside"]))
        return told

    def ticket(self, label: str) -> Ticket:
        if self.chance(0.07):
            return Ticket(label, self.expand(self.random.choice(self.classes[label]["short"])))
        told = self.body(label)
        if self.chance(0.35):
            told.insert(0, self.expand(self.random.choice(self.shared["greeting"])))
        if self.chance(0.35):
            told.append(self.expand(self.random.choice(self.shared["closing"])))
        return Ticket(label, self.careless(" ".join(told)))

    def careless(self, text: str) -> str:
        """Some write in small letters, some without full stops, few mistype a word."""
        if self.chance(0.08):
            text = text.lower()
        if self.chance(0.04):
            text = re.sub(r"[.,!?;]", "", text)
        if self.chance(0.04):
            at = self.random.randrange(len(text) - 1)
            if text[at : at + 2].isalpha():
                text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text


def capital(text: str) -> str:
    """As at the start of a sentence."""
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """As in the middle of a sentence; names and "I" keep their capital."""
    return text if NAMES_KEPT.match(text) else text[:1].lower() + text[1:]


def finished(text: str) -> str:
    """With a capital and a stop; a request that is worded as a question gets its question mark."""
    told = capital(text) if text[-1] in ".?!:," else capital(text) + "."
    return told[:-1] + "?" if told.startswith(("Can ", "Could ", "Would ")) else told


def generate(count: int, seed: int, unlike: Iterable[str] = ()) -> list[Ticket]:
    """`count` different tickets, every class alike in turn; none shares four words in a row with those of `unlike`."""
    grammar = Grammar(seed)
    taken = {gram for text in unlike for gram in four_grams(text)}
    seen: set[str] = set()
    tickets: list[Ticket] = []
    labels = list(grammar.classes)
    while len(tickets) < count:
        drawn = grammar.ticket(labels[len(tickets) % len(labels)])
        if drawn.text not in seen and taken.isdisjoint(four_grams(drawn.text)):
            seen.add(drawn.text)
            tickets.append(drawn)
    return tickets
