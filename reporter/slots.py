"""Slots: a sentence as a language model is given it, with every name, value, number and direction taken out.

A judged sentence of the templated narrative becomes a **plan**: its text with numbered slots in place of all that is of
the run, and what each slot stands for (planning.py). A model writes another sentence with the same slots; `fill` puts
the wordings of the facts in. What a model writes can therefore name or count nothing that the facts do not.

The prompt, one line a slot, short and the same for every model (its words are those of the language's slots.toml):

    en expert
    {1} comparison: "a typical sample"
    {2} direction: "speaks for" {2b} "speak for" {2c} "argues for" … {2g} "towards" {2h} "for"
    {3} class: "malignant"
    {4} feature: "worst texture"
    {5} value of {4}: "35.3"
    {6} place of {4}: "higher than in 94% of the reference samples"
    {7} share of {4}: "29%"
    before: "No single feature decides it: the most influential, …, carries … of all influence."
    plan: "Compared with {1}, what {2} {3} most is {4}: at {5} it is {6} and supplies {7} of everything that {2} {3}."
    write:

The answer is one sentence in slot form, for example `What {2} {3} most is {4}: at {5} it is {6}, and it supplies …`.

- Slots are numbered in the order of the plan. `{2}` is the first wording of a slot, `{2b}` the second, `{2c}` the
  third; which letter a wording of a direction has is fixed by the language's slots.toml.
- It is published when the narrative with it still verifies strictly, and it tells every fact that the plan tells: a
  plan that says which feature is strongest is not answered by a sentence that does not (rewording.py).
- Every slot must be used; none more often than `Slot.most`. Nothing else may hold a digit.
- `before` is the plan of the sentence before, its slots as "…"; a sentence that follows none of ours has none.
- Wordings come from data and are hostile: in a prompt they hold letters, digits, spaces and a few marks, nothing that
  could close the quotation, look like a slot, or be a special token (`quoted`), and of a long one SHOWN characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from reporter.language import Language
from reporter.templating import Templates, capital, current

SHOWN = 60  # characters of a wording in a prompt
LONGEST = 600  # characters of a written sentence
_SLOT = re.compile(r"\{(\d{1,2})([a-z]?)\}")
_SAFE = frozenset(" .,-−%()/'°€$£:+")
_PROSE = frozenset(" .,;:!?'’()-–—，。；：！？（）、")  # beside letters; quotation marks are those of slots
_END = re.compile(r"[.!?。！？][”\"’)）]*$")


@dataclass(frozen=True)
class Slot:
    """A place that the facts fill. `of`: the slot of what it is told of; `most`: how often it may be used."""

    number: int
    kind: str  # a key of [kinds] in slots.toml
    wordings: tuple[str, ...]  # the first is the facts' own
    of: int | None = None
    most: int = 1

    def wording(self, letter: str) -> str | None:
        """The wording of a letter, `""` being the first; None where there is none."""
        at = ord(letter) - ord("a") if letter else 0
        return self.wordings[at] if at < len(self.wordings) else None

    @property
    def labels(self) -> tuple[str, ...]:
        """How it may be written: "2", "2a", "2b"."""
        letters = [chr(ord("a") + i) for i in range(len(self.wordings))]
        return (str(self.number), *(f"{self.number}{letter}" for letter in letters if len(letters) > 1))


@dataclass(frozen=True)
class Plan:
    """One sentence to be written: the templated one in slot form, and its slots."""

    frame: str
    slots: tuple[Slot, ...]
    language: Language
    audience: str = ""
    before: str = ""  # the frame of the sentence before, its slots as "…"

    def following(self, before: Plan | None, audience: str) -> Plan:
        """The same plan in its place."""
        return replace(self, before=_SLOT.sub("…", before.frame) if before else "", audience=audience)


@dataclass(frozen=True)
class Filled:
    """What became of a written sentence: its text, or why it cannot be one."""

    text: str = ""
    problem: str = ""


def prompt(plan: Plan) -> str:
    """What a model reads; it ends where the sentence begins."""
    words = slot_words(plan.language.code)
    said = words["prompt"]
    lines = [f"{plan.language.code} {plan.audience}".strip(), *(_line(slot, words) for slot in plan.slots)]
    if plan.before:
        lines.append(f'{said["before"]}: "{plan.before}"')
    lines += [f'{said["plan"]}: "{plan.frame}"', f"{said['write']}:"]
    return "\n".join(lines)


def instructions(plan: Plan) -> str:
    """What a model with a chat template is told first."""
    return str(slot_words(plan.language.code)["prompt"]["instructions"]).strip()


def _line(slot: Slot, words: Mapping[str, Any]) -> str:
    kind = words["kinds"].get(slot.kind, words["kinds"]["number"])
    if slot.of is not None:
        kind = words["prompt"]["of"].format(kind=kind, slot=f"{{{slot.of}}}")
    first, *others = (quoted(wording) for wording in slot.wordings)
    rest = "".join(f" {{{slot.number}{chr(ord('b') + i)}}} {wording}" for i, wording in enumerate(others))
    return f"{{{slot.number}}} {kind}: {first}{rest}"


def quoted(wording: str) -> str:
    """A text of the data as a prompt may show it: in quotation marks it cannot close, with no mark a model obeys."""
    plain = unicodedata.normalize("NFKC", wording)
    kept = "".join(letter if letter.isalnum() or letter in _SAFE else " " for letter in plain)
    shown = " ".join(kept.split())
    return f'"{shown[:SHOWN]}…"' if len(shown) > SHOWN else f'"{shown}"'


def fill(written: str, plan: Plan) -> Filled:
    """The written sentence with the wordings of its slots, or the reason why it fails."""
    text = written.strip()
    if not text or len(text) > LONGEST:
        return Filled(problem="is empty" if not text else "does not end")
    if any(unicodedata.category(letter)[0] == "C" for letter in text):
        return Filled(problem="holds control characters")
    outside = _SLOT.sub("", text)
    if not (text[0].isalpha() or text[0] == "{"):
        return Filled(problem="does not begin with a word")
    if problem := _loose(outside) or _misused(text, plan):
        return Filled(problem=problem)
    if not _END.search(text):
        return Filled(problem="does not end")
    known = {slot.number: slot for slot in plan.slots}
    filled = _SLOT.sub(lambda found: known[int(found[1])].wording(found[2]) or "", text)
    fitted = plan.language.fit(" ".join(filled.split()))
    return Filled(capital(fitted) if plan.language.spaced else fitted)


def _loose(outside: str) -> str:
    """What stands outside of slots and must not."""
    if any(is_digit(letter) for letter in outside):
        return "holds a digit outside of a slot"
    if any(letter in "{}" for letter in outside):
        return "holds a brace outside of a slot"
    strange = next((letter for letter in outside if not (letter.isalpha() or letter in _PROSE)), "")
    return f"holds {strange!r}" if strange else ""


def _misused(text: str, plan: Plan) -> str:
    known = {slot.number: slot for slot in plan.slots}
    used: Counter[int] = Counter()
    for number, letter in ((int(found[1]), found[2]) for found in _SLOT.finditer(text)):
        if number not in known or known[number].wording(letter) is None:
            return f"uses {{{number}{letter}}}, which there is not"
        used[number] += 1
    for slot in plan.slots:
        if not used[slot.number]:
            return f"leaves out {{{slot.number}}}"
        if used[slot.number] > slot.most:
            return f"uses {{{slot.number}}} {used[slot.number]} times"
    return ""


def is_digit(letter: str) -> bool:
    """Whether a character is a digit of any script, a superscript or a fraction; 一 and 十 are letters."""
    return unicodedata.category(letter) in ("Nd", "No", "Nl")


def slot_words(code: str) -> dict[str, Any]:
    """The words of a language for slots and prompts: its slots.toml."""
    return _slot_words(code, current())


@lru_cache
def _slot_words(code: str, templates: Templates) -> dict[str, Any]:
    return templates.toml(f"narrative/{code}/slots.toml")
