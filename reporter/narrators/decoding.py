"""Decoding: which tokens may come next, so that every digit stands in a slot and every slot is one there is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reporter.slots import Plan, is_digit

_SLOT = re.compile(r"\{(\d{1,2})[a-z]?\}")
_IN_SLOT = re.compile(r"\d{0,2}[a-z]?(?:\}.*)?", re.DOTALL)
_ENDS = ".!?。！？"
UNREAD = "\ufffd"  # what a part of a letter reads as
MOST_PARTS = 3  # of a letter of four bytes, before the last


@dataclass(frozen=True)
class Written:
    """What was written so far, in slot form, and where it stands: in a slot or out of one."""

    text: str

    @cached_property
    def partial(self) -> str | None:
        """What of a slot's name is written; None outside of a slot."""
        at = self.text.rfind("{")
        return None if at < 0 or "}" in self.text[at:] else self.text[at + 1 :]

    def left(self, plan: Plan) -> frozenset[str]:
        """The names of the slots that may still be used."""
        used = self._used
        return frozenset(name for slot in plan.slots if used[slot.number] < slot.most for name in slot.labels)

    def ends(self, plan: Plan) -> bool:
        """Whether the sentence is at its end, or beyond help: a line broken, or a digit where none may stand."""
        text = self.text.rstrip()
        if "\n" in self.text.strip() or any(is_digit(letter) for letter in self._outside):
            return True
        return text.endswith(tuple(_ENDS)) and all(self._used[slot.number] for slot in plan.slots)

    @cached_property
    def _used(self) -> Counter[int]:
        return Counter(int(found[1]) for found in _SLOT.finditer(self.text))

    @cached_property
    def _outside(self) -> str:
        outside = _SLOT.sub("", self.text)
        return outside if self.partial is None else outside[: outside.rfind("{")]


class Vocabulary:
    """The tokens of a model by what they may do: `texts` are what each adds to a text, "" where it adds nothing.

    A token that is a part of a letter only adds "\ufffd"; `read` tells what several of them make up.
    """

    def __init__(
        self,
        texts: Sequence[str],
        read: Callable[[Sequence[int]], str],
        *,
        ends: Iterable[int],
        special: Iterable[int],
    ) -> None:
        self.texts, self.read = tuple(texts), read
        self.ends = frozenset(ends)
        closed = frozenset(special) | self.ends
        self.plain = frozenset(
            token
            for token, text in enumerate(self.texts)
            if token not in closed and text and not any(letter in "{}" or is_digit(letter) for letter in text)
        )
        self._openers = tuple(t for t, text in enumerate(self.texts) if "{" in text and t not in closed)
        self._inner = tuple(t for t, text in enumerate(self.texts) if text and _IN_SLOT.fullmatch(text))
        self._parts = tuple(token for token in sorted(self.plain) if self.texts[token].startswith(UNREAD))
        self._marked: dict[tuple[str | None, frozenset[str]], frozenset[int]] = {}
        self._digits: dict[tuple[int, ...], frozenset[int]] = {}

    def marked(self, partial: str | None, left: frozenset[str]) -> frozenset[int]:
        """The tokens that open a slot, or go on in one, and may come next; all others hold neither brace nor digit."""
        key = (partial, left)
        if key not in self._marked:
            tokens = self._openers if partial is None else self._inner
            self._marked[key] = frozenset(token for token in tokens if _leads_on(partial, self.texts[token], left))
        return self._marked[key]

    def digits(self, written: Sequence[int]) -> frozenset[int]:
        """The tokens by which the parts of a letter that stand at the end would become a digit."""
        parts: tuple[int, ...] = ()
        for token in reversed(written[-MOST_PARTS:]):
            if token >= len(self.texts) or not self.texts[token].endswith(UNREAD):
                break
            parts = (token, *parts)
        if parts and parts not in self._digits:
            whole = ((token, self.read([*parts, token])) for token in self._parts)
            self._digits[parts] = frozenset(token for token, text in whole if any(map(is_digit, text)))
        return self._digits.get(parts, frozenset())


def _leads_on(partial: str | None, text: str, left: frozenset[str]) -> bool:
    """Whether a text can follow, `partial` being what of a slot's name is written."""
    for letter in text:
        if partial is None:
            if letter == "}" or is_digit(letter) or (letter == "{" and not left):
                return False
            partial = "" if letter == "{" else None
        elif letter == "}":
            if partial not in left:
                return False
            partial = None
        else:
            partial += letter
            if not any(name.startswith(partial) for name in left):
                return False
    return True
