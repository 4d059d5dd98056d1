"""Planning: what of a judged sentence must come from the facts, as slots. The prompt and how it is filled: slots.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reporter.facts import Facts
from reporter.narrative import Claim, Sentence
from reporter.slots import Plan, Slot, is_digit, slot_words
from reporter.verification.text.masks import Kind
from reporter.verification.text.mentions import Named, Names
from reporter.verification.text.wording import wording

# Kind of fact → kind of slot; what is not here is a "number" when it is written with digits, else no slot.
KINDS = {
    "value": "value",
    "baseline": "value",
    "percentile": "place",
    "share": "share",
    "side_share": "share",
    "group_side_share": "share",
    "largest_share": "share",
    "half_area": "share",
    "extent": "share",
    "amount": "amount",
    "group_amount": "amount",
    "weight": "amount",
    "change": "amount",
    "probability": "probability",
    "threshold": "probability",
    "count": "count",
    "group_count": "count",
    "rest_count": "count",
    "half": "count",
    "balance": "ratio",
    "output": "output",
    "usual": "output",
}
_PLACES = frozenset({"percentile", "position"})
_SURROUNDING: tuple[Kind, ...] = ("rows", "one", "unit", "value")  # names that a place may hold
_OWNERS = frozenset({"feature", "phrase", "group"})
_TOLD_OF = frozenset({"value", "place", "share", "amount", "count"})  # kinds that belong to a feature or group
MOST_IN_WORDS = 12
_MARKS = " ,;:().，；：（）。"  # that a claim may begin or end with
_NAMED = 3  # how often a name or a direction may at least be used


@dataclass
class _Stretch:
    """A part of the sentence that becomes a slot. `key`: stretches of one key are one slot."""

    start: int
    end: int
    kind: str
    key: str
    wordings: tuple[str, ...]
    letter: str = ""
    about: str = ""  # id of the feature or group it names or is told of


@dataclass
class _Stretches:
    """Stretches that do not overlap; the first to come has the right."""

    found: list[_Stretch] = field(default_factory=list)

    def add(self, stretch: _Stretch) -> None:
        if stretch.start < stretch.end and self.free(stretch.start, stretch.end):
            self.found.append(stretch)

    def free(self, start: int, end: int) -> bool:
        return all(end <= other.start or other.end <= start for other in self.found)


def plan_of(sentence: Sentence, facts: Facts, names: Names | None = None) -> Plan | None:
    """The sentence as a plan; None when no model may write it.

    It claims nothing, or is the study's own; or it has no slots, so that nothing but words would hold a model to it: a
    verdict on the explanation, a caveat.

    `names` are those of the facts, where they are at hand.
    """
    if sentence.verdict != "supported" or all(claim.kind == "study" for claim in sentence.claims):
        return None
    masked, named = (names or names_of(facts)).mask(sentence.text)
    if any(each.of("study") for each in named):
        return None
    stretches = _Stretches()
    for stretch in (
        *_places(sentence, named),
        *_names([each for each in named if not each.of("unit")]),
        *_told(sentence, facts),
        *_counts(sentence, facts, masked),
        *_digits(sentence),
        *_names([each for each in named if each.of("unit")]),
    ):
        stretches.add(stretch)
    for stretch in _directions(sentence, facts, stretches, masked):
        stretches.add(stretch)
    plan = _planned(sentence.text, sorted(stretches.found, key=lambda each: each.start), facts)
    return plan if plan.slots else None


def names_of(facts: Facts) -> Names:
    """Everything that may be named, prepared for many sentences."""
    return Names(facts, wording(facts.language.code))


def _places(sentence: Sentence, named: tuple[Named, ...]) -> Iterator[_Stretch]:
    """Where a value lies among the reference rows: the whole wording of it."""
    for claim in sentence.claims:
        told = sentence.text[claim.start : claim.end]
        start = claim.start + len(told) - len(told.lstrip(_MARKS))
        end = claim.end - len(told) + len(told.rstrip(_MARKS))
        inside = [each for each in named if start < each.end and each.start < end]
        shared = any(c.kind not in _PLACES and c.start < claim.end and start < c.end for c in sentence.claims)
        if claim.kind in _PLACES and not shared and all(each.of(*_SURROUNDING) for each in inside):
            text = sentence.text[start:end]
            yield _Stretch(start, end, "place", text, (text,), about=_about(claim))


def _about(claim: Claim) -> str:
    """The feature a claim is of; empty when of none, or of several."""
    found = {fact.split(".")[1] for fact in claim.facts if fact.startswith("feature.")}
    return found.pop() if len(found) == 1 else ""


def _names(named: Sequence[Named]) -> Iterator[_Stretch]:
    for each in named:
        referent = each.referents[0]
        # At the start of a sentence a name has a capital that is not its own.
        own = next((r.surface for r in each.referents if r.surface.casefold() == each.text.casefold()), each.text)
        yield _Stretch(each.start, each.end, referent.kind, f"{own.casefold()}", (own,), about=referent.id)


def _told(sentence: Sentence, facts: Facts) -> Iterator[_Stretch]:
    """The wordings of facts as they stand in their claims."""
    for claim in sentence.claims:
        for fact in filter(None, map(facts.get, claim.facts)):
            if fact.kind not in KINDS and not any(map(is_digit, fact.text)):
                continue
            kind, about = KINDS.get(fact.kind, "number"), fact.about if fact.kind in KINDS else ""
            for start, end in _standing(fact.text, sentence.text, claim.start, claim.end):
                yield _Stretch(start, end, kind, f"{kind} {fact.text} {about}", (fact.text,), about=about)


def _counts(sentence: Sentence, facts: Facts, masked: str) -> Iterator[_Stretch]:
    """Numbers in words, where something is counted."""
    words = [word for word in map(facts.language.count, range(2, MOST_IN_WORDS + 1)) if not any(map(is_digit, word))]
    for claim in sentence.claims:
        if KINDS.get(claim.kind) != "count":
            continue
        about = claim.facts[0].split(".")[1] if claim.facts and claim.facts[0].startswith("group.") else ""
        for word in sorted(words, key=len, reverse=True):
            for start, end in _standing(word, masked, claim.start, claim.end):
                yield _Stretch(start, end, "count", f"count {word} {about}", (word,), about=about)


def _standing(text: str, sentence: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a wording stands by itself in a part of a sentence."""
    if not text:
        return
    edge = r"[\w]" if not text[-1:].isalpha() or text.isascii() else r"[^\W\u3400-\u9fff]"
    before = r"(?<![\d.,−-])" if is_digit(text[0]) else rf"(?<!{edge})" if text.isascii() else ""
    behind = r"(?![\d%]|[.,]\d)" if is_digit(text[-1]) else rf"(?!{edge})" if text.isascii() else ""
    for found in re.finditer(f"{before}{re.escape(text)}{behind}", sentence[:end], re.IGNORECASE):
        if found.start() >= start:
            yield found.start(), found.end()


def _digits(sentence: Sentence) -> Iterator[_Stretch]:
    """Whatever else holds a digit: what several facts come to, and numbers of the run."""
    for found in re.finditer(r"[^\s,;:，。；：()（）“”\"、\u3400-\u9fff]+", sentence.text):
        word = found[0].rstrip(".!?")
        if any(map(is_digit, word)):
            end = found.start() + len(word)
            claim = next((c for c in sentence.claims if c.start < end and found.start() < c.end), None)
            kind = KINDS.get(claim.kind, "number") if claim else "number"
            yield _Stretch(found.start(), end, kind, f"{kind} {word} {found.start()}", (word,))


def _directions(sentence: Sentence, facts: Facts, taken: _Stretches, masked: str) -> Iterator[_Stretch]:
    """Words for a direction inside a claim, by the language's slots.toml."""
    table: Mapping[str, Any] = slot_words(facts.language.code)["directions"]
    sides: Mapping[str, list[str]] = table[facts.explanation.prediction.task]
    forms = [(form, side, at) for side, listed in sides.items() for at, form in enumerate(listed)]
    looks = [(form, "", 0) for form in table["never"]]
    spans = [(claim.start, claim.end) for claim in sentence.claims]
    classes = {each.start for each in taken.found if each.kind == "class"}
    for form, side, at in sorted((*looks, *forms), key=lambda each: -len(each[0])):
        edge = r"\b" if facts.language.spaced else ""
        for found in re.finditer(f"{edge}{re.escape(form)}{edge}", masked, re.IGNORECASE):
            inside = any(start <= found.start() and found.end() <= end for start, end in spans)
            near = form not in table["near"] or found.end() + 1 in classes
            if inside and near and taken.free(found.start(), found.end()):
                letter = chr(ord("a") + at) if at else ""
                key = f"direction {side}" if side else f"word {form}"
                yield _Stretch(found.start(), found.end(), "direction", key, tuple(sides.get(side, ())), letter)


def _planned(text: str, stretches: list[_Stretch], facts: Facts) -> Plan:
    numbers: dict[str, int] = {}
    parts: list[str] = []
    at = 0
    for each in stretches:
        if not each.wordings:
            continue  # only looks like a direction
        number = numbers.setdefault(each.key, len(numbers) + 1)
        parts += [text[at : each.start], f"{{{number}{each.letter}}}"]
        at = each.end
    slots = tuple(_slot(number, key, stretches, numbers) for key, number in numbers.items())
    return Plan("".join([*parts, text[at:]]), slots, facts.language)


def _slot(number: int, key: str, stretches: list[_Stretch], numbers: Mapping[str, int]) -> Slot:
    mine = [each for each in stretches if each.key == key]
    first = mine[0]
    named = first.kind in _OWNERS or first.kind in ("class", "direction")
    of = None
    if first.kind in _TOLD_OF:
        owners = [each for each in stretches if each.kind in _OWNERS]
        same = [each for each in owners if first.about and each.about == first.about]
        before = [each for each in owners if each.end <= first.start]
        counted = first.kind == "count"  # a count stands before what it counts
        near = (same or ([e for e in owners if e.start >= first.end] if counted else before[::-1]) or owners)[:1]
        of = numbers[near[0].key] if near else None
    return Slot(number, first.kind, first.wordings, of, max(len(mine), _NAMED if named else 1))
