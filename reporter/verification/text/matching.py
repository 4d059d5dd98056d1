"""Matching: which wordings stand in a sentence. Where two want the same words, the longer one has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral
from reporter.verification.text.patterns import MENTIONS, NUMBER, NUMBERS, Pattern, Slot
from reporter.verification.text.wording import Wording


@dataclass(frozen=True)
class Value:
    """A value as written: a number with its unit, or a category."""

    text: str
    numeral: Numeral | None
    unit: str | None


@dataclass(frozen=True)
class Match:
    """A pattern found in a sentence, and what its slots took."""

    pattern: Pattern
    start: int
    end: int
    cover: int  # the characters it alone may read, as bits
    slots: dict[str, Any]
    named: tuple[Named, ...]

    @property
    def kinds(self) -> set[str]:
        """The kinds of statement it makes."""
        return {statement.kind for statement in self.pattern.statements}


class Matching:
    """All wordings of one masked sentence."""

    def __init__(
        self, masked: str, named: Sequence[Named], wording: Wording, task: str, *, strict: bool = True
    ) -> None:
        self.masked, self.wording, self.task, self.strict = masked, wording, task, strict
        self.named = tuple(named)
        self._at = {each.start: each for each in named}
        self._taken = 0
        self.matches = self._matches()

    def read(self, start: int, end: int) -> bool:
        """Whether a wording has taken something of a stretch."""
        return bool(self._bits(start, end) & self._taken)

    @cached_property
    def unread_numbers(self) -> tuple[re.Match[str], ...]:
        """Numbers in digits that belong to no statement."""
        return tuple(m for m in self._digits.finditer(self.masked) if not self.read(m.start(), m.end()))

    @cached_property
    def unread_signs(self) -> tuple[int, ...]:
        """Where signs such as "$" or "=" stand that belong to no statement."""
        return tuple(i for i, c in enumerate(self.masked) if _is_sign(c) and not 1 << i & self._taken)

    def _matches(self) -> tuple[Match, ...]:
        anchors = self._anchors()
        candidates = [
            match
            for pattern in (self.wording.patterns if self.strict else self.wording.wider)
            if (not pattern.anchors or pattern.anchors & anchors) and pattern.task in ("", self.task)
            for match in self._of(pattern)
        ]
        candidates.sort(key=lambda match: match.start - match.end)
        taken, kept = 0, []
        for match in candidates:
            if not match.cover & taken:
                taken |= match.cover
                kept.append(match)
        self._taken = taken
        return tuple(sorted(kept, key=lambda match: (match.start, match.end)))

    def _anchors(self) -> set[str]:
        anchors = self.wording.anchors(self.masked) | {named.head for named in self.named}
        if self._digits.search(self.masked) or anchors & self.wording.notation.counts.keys():
            anchors.add(NUMBER)
        return anchors

    def _of(self, pattern: Pattern) -> Iterator[Match]:
        for match in pattern.regex.finditer(self.masked):
            slots: dict[str, Any] = {}
            named: list[Named] = []
            cover = self._bits(match.start(), match.end())
            fits = True
            for slot in pattern.slots:
                start, end = match.span(slot.group)
                if start < 0:
                    continue
                if slot.type in MENTIONS:
                    mention = self._at.get(start)
                    referents = mention.of(*MENTIONS[slot.type]) if mention is not None else ()
                    if mention is None or not referents:
                        fits = False
                        break
                    slots[slot.name] = replace(mention, referents=referents)
                    named.append(slots[slot.name])
                    before = match.start(f"d{slot.group}")
                    cover &= ~self._bits(start if before < 0 else before, end)
                else:
                    slots[slot.name] = self._slot(slot, start, end, named)
            inner = match[0].strip()
            whole = pattern.statements[0].settings.get("whole")
            if whole and self.masked[: match.start()].strip() + self.masked[match.end() :].strip(" .!。！"):
                continue
            if fits and inner and self._counts(match):
                start = match.start() + match[0].index(inner)
                yield Match(pattern, start, start + len(inner), cover, slots, tuple(named))

    def _counts(self, match: re.Match[str]) -> bool:
        """Whether every unit that stands behind a count and in no slot is a word for counting."""
        if not self.wording.counters:
            return True
        loose = (n for n in self.named if match.start() <= n.start < match.end() and n.of("unit"))
        taken = [match.span(group) for group in match.re.groupindex]
        return all(n.text in self.wording.counters or any(a <= n.start < b for a, b in taken) for n in loose)

    def _slot(self, slot: Slot, start: int, end: int, named: list[Named]) -> Any:
        text = self.masked[start:end]
        if slot.type not in NUMBERS:
            return self.wording.means(slot.type, text)
        if slot.type == "nth":
            return self.wording.notation.read_nth(text)
        if slot.type != "value":
            return self.wording.notation.read(text)
        inside = [each for each in self.named if start <= each.start < end]
        unit = next((each for each in inside if each.of("unit")), None)
        named.extend(replace(each, referents=each.of("value", "unit")) for each in inside)
        if inside and unit is None:
            return Value(inside[0].text, None, None)
        if unit is None:
            return Value(text, self.wording.notation.read(text), None)
        plain = text[: unit.start - start] + text[unit.end - start :]
        shown = text[: unit.start - start] + unit.text + text[unit.end - start :]
        return Value(shown, self.wording.notation.read(plain.strip()), unit.text)

    def _bits(self, start: int, end: int) -> int:
        return ((1 << (end - start)) - 1) << start & self._solid

    @cached_property
    def _solid(self) -> int:
        """The characters that two patterns may not share: letters, digits and signs such as "%"."""
        bits = "".join("1" if c.isalnum() or _is_sign(c) else "0" for c in reversed(self.masked))
        return int(bits or "0", 2)

    @cached_property
    def _digits(self) -> re.Pattern[str]:
        return re.compile(self.wording.notation.number)


def _is_sign(letter: str) -> bool:
    """Whether a character says something by itself: "%", "$", "=", but not a comma or a dash."""
    return letter in "%&#@" or unicodedata.category(letter) in ("Sc", "Sm", "So")
