"""The annex: each numbered sentence, the facts it rests on, and what the check made of it."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.facts import Fact, Facts
from reporter.formats.prose import Line, Prose
from reporter.formats.wording import Wording
from reporter.narrative import Drafting
from reporter.rounding import printable
from reporter.words import readable

QUOTED = 52  # characters of a sentence that are quoted: one line, and enough to find it again
_COUNTS = ("count", "group_count", "rest_count", "half")
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
    ranks: tuple[int, ...] = ()  # of the features it is about, in the table of all of them
    writer: str = ""  # who wrote it, in the report's language; empty where all are of the templates


def evidence_of(prose: Prose, facts: Facts, wording: Wording, *, written: bool = False) -> tuple[Evidence, ...]:
    """One entry for each numbered sentence; `written`: with who wrote it."""
    return tuple(_entry(line, facts, wording, written=written) for line in prose.numbered)


def account_of(drafting: Drafting | None, wording: Wording) -> str:
    """How a narrator that writes sentence by sentence fared; empty for all others."""
    if drafting is None:
        return ""
    words = wording["narrators"]
    told = str(
        words["account"].format(
            drafted=wording.rounding.tongue.number(drafting.drafted, 0),
            written=wording.rounding.tongue.number(drafting.written, 0),
            own=wording.rounding.tongue.number(drafting.own, 0),
            model=printable(drafting.model),
        )
    )
    return wording.facts.language.fit(f"{told} {words['stopped'].get(drafting.stopped, '')}".strip())


def _entry(line: Line, facts: Facts, wording: Wording, *, written: bool) -> Evidence:
    sentence = line.sentence
    rested = [fact for each in sentence.facts if (fact := facts.get(each))]
    return Evidence(
        number=line.number,
        quote=clipped(sentence.text),
        grounds=_grounds(rested, wording),
        verdict=wording["verdicts"][sentence.verdict],
        supported=sentence.verdict == "supported",
        reasons=sentence.reasons,
        ranks=_ranks(rested, facts),
        writer=_writer(sentence.narrator, wording) if written else "",
    )


def _ranks(rested: list[Fact], facts: Facts) -> tuple[int, ...]:
    features = {fact.about for fact in rested if fact.id.startswith("feature.")}
    groups = {(fact.about, fact.id.split(".")[2]) for fact in rested if fact.id.startswith("group.")}
    return tuple(f.rank for f in facts.features if f.id in features or (f.group, f.direction) in groups)


def _writer(narrator: str, wording: Wording) -> str:
    """Who wrote a sentence; a statement of two sentences may have two writers."""
    words = wording["narrators"]
    names = [str(words.get(name, readable(name.replace("-", " ")))) for name in narrator.split()]
    return words["both"].format(one=names[0], other=names[1]) if len(names) > 1 else "".join(names)


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
    if fact.kind in _COUNTS and isinstance(fact.value, float) and not wording.facts.language.spaced:
        return wording.facts.language.number(fact.value, 0)  # a count in words needs a measure word behind it
    if fact.kind in ("grade", "ruling"):
        return str(wording["grades"].get(fact.text, fact.text)).lower()
    return fact.text
