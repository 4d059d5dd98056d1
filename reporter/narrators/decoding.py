"""Decoding: which tokens may come next, so that every digit stands in a slot and every slot is one there is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reporter.slots import Plan, is_digit

_SLOT = re.compile(r"\{(\d{1,2})[a-z]?\}")
_IN_SLOT = re.compile(r"\d{0,2}[a-z]?(?:\}.*)?", re.DOTALL)
_ENDS = ".!?。！？"


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

    A token that is part of a letter only adds "\ufffd"; what several of them make up is seen once they stand there.
    """

    def __init__(self, texts: Sequence[str], *, ends: Iterable[int], special: Iterable[int]) -> None:
        self.texts = tuple(texts)
        self.ends = frozenset(ends)
        closed = frozenset(special) | self.ends
        self.plain = frozenset(
            token
            for token, text in enumerate(self.texts)
            if token not in closed and text and not any(letter in "{}" or is_digit(letter) for letter in text)
        )
        self._openers = tuple(t for t, text in enumerate(self.texts) if "{" in text and t not in closed)
        self._inner = tuple(t for t, text in enumerate(self.texts) if text and _IN_SLOT.fullmatch(text))
        self._marked: dict[tuple[str | None, frozenset[str]], frozenset[int]] = {}

    def marked(self, partial: str | None, left: frozenset[str]) -> frozenset[int]:
        """The tokens that open a slot, or go on in one, and may come next; all others hold neither brace nor digit."""
        key = (partial, left)
        if key not in self._marked:
            tokens = self._openers if partial is None else self._inner
            self._marked[key] = frozenset(token for token in tokens if _leads_on(partial, self.texts[token], left))
        return self._marked[key]


def _leads_on(partial: str | None, text: str, left: frozenset[str]) -> bool:
    """Whether a text can follow, `partial` being what of a slot's name is written."""
    for letter in text:
        if partial is None:
            if letter == "}" or is_digit(letter):
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
