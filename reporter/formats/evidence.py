"""The annex: each numbered sentence, the facts it rests on, and what the check made of it."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.facts import Fact, Facts
from reporter.formats.prose import Line, Prose
from reporter.formats.wording import Wording

QUOTED = 52  # characters of a sentence that are quoted: one line, and enough to find it again
_GROUPED = ("feature", "group", "score")  # "feature.worst_texture.value": told once, with its kinds behind it


@dataclass(frozen=True)
class Ground:
    """One subject among the facts, with what is said of it: "feature.worst_texture", "value 35.3"."""

    id: str
    told: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What stands behind one numbered sentence."""

    number: int
    quote: str
    grounds: tuple[Ground, ...]
    verdict: str  # in the report's language
    supported: bool
    reasons: tuple[str, ...]


def evidence_of(prose: Prose, facts: Facts, wording: Wording) -> tuple[Evidence, ...]:
    """One entry for each numbered sentence."""
    return tuple(_entry(line, facts, wording) for line in prose.numbered)


def _entry(line: Line, facts: Facts, wording: Wording) -> Evidence:
    sentence = line.sentence
    return Evidence(
        number=line.number,
        quote=clipped(sentence.text),
        grounds=_grounds([fact for each in sentence.facts if (fact := facts.get(each))], wording),
        verdict=wording["verdicts"][sentence.verdict],
        supported=sentence.verdict == "supported",
        reasons=sentence.reasons,
    )


def clipped(text: str, most: int = QUOTED) -> str:
    """The beginning of a text, cut between words where it is long."""
    if len(text) <= most:
        return text
    cut = text[:most]
    whole, space, _ = cut.rpartition(" ")
    return f"{(whole if space and len(whole) > most // 2 else cut).rstrip(' ,;:，；：、')}…"


def _grounds(rested: list[Fact], wording: Wording) -> tuple[Ground, ...]:
    """The facts by subject, each subject once."""
    found: dict[str, list[str]] = {}
    for fact in rested:
        subject, _, _ = fact.id.rpartition(".")
        if subject.split(".", 1)[0] in _GROUPED and "." in subject:
            found.setdefault(subject, []).append(f"{_label(fact, wording)} {_text(fact, wording)}".strip())
        else:
            found.setdefault(fact.id, []).append(_text(fact, wording))
    return tuple(Ground(subject, tuple(part for part in told if part)) for subject, told in found.items())


def _label(fact: Fact, wording: Wording) -> str:
    kinds = wording["facts"]["kinds"]
    if fact.kind == "percentile":
        return str(kinds["above"])
    last = fact.id.rpartition(".")[2]
    return str(kinds.get(fact.kind, last.replace("_", " ")))


def _text(fact: Fact, wording: Wording) -> str:
    """A fact in words a person reads: the facts' own wording, but for what they keep as a code."""
    if isinstance(fact.value, bool):
        return wording.yes_or_no(fact.value)
    if fact.kind == "percentile" and isinstance(fact.value, float):
        placed = fact.id.startswith("feature.")  # its place counts rows with the same value, which it is not above
        return wording.facts.feature(fact.about).above if placed else wording.rounding.above(fact.value)
    if fact.kind in ("direction", "position"):
        words = wording["facts"]["words"]
        side = wording["sides"][wording.task].get(fact.text, {}) if fact.kind == "direction" else {}
        return str(side.get("short") or words.get(fact.text, fact.text))
    if fact.kind == "baseline_name":
        return wording.baseline() or fact.text
    if fact.kind == "method":
        return str(wording["methods"].get(wording.explanation.provenance.method, fact.text))
    if fact.kind in ("grade", "ruling"):
        return str(wording["grades"].get(fact.text, fact.text)).lower()
    return fact.text
