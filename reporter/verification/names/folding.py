"""Folding: how one language makes different forms of a word alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_ENDINGS = 3  # that a word may lose
_STEM, _SHORT = 4, 3  # letters that must be left of a word, or when only a plural goes


@dataclass(frozen=True)
class Folding:
    """How one language makes different forms of a word alike; `data` is the [names] table of its claims.toml."""

    data: Mapping[str, Any]

    def __call__(self, word: str) -> str:
        """A word without its ending, or the one it is short for."""
        folded = self._synonyms.get(word, word)
        for _ in range(_ENDINGS):  # bounded: a synonym may have an ending of its own
            shorter = self._shorter(folded)
            if not shorter:
                break
            folded = self._synonyms.get(shorter, shorter)
        return folded

    def replaces(self, word: str) -> bool:
        """Whether a general synonym takes the place of a word."""
        return word in self._synonyms

    def _shorter(self, word: str) -> str:
        for ending in self._endings:
            left = word.removesuffix(ending)
            if left != word and len(left) >= (_SHORT if ending in self._plurals and left[-1:] != "s" else _STEM):
                return left
        return ""

    @cached_property
    def _synonyms(self) -> dict[str, str]:
        return dict(self.data.get("synonyms", {}))

    @cached_property
    def _endings(self) -> tuple[str, ...]:
        return tuple(self.data.get("endings", ()))

    @cached_property
    def _plurals(self) -> frozenset[str]:
        return frozenset(self.data["plurals"])

    @cached_property
    def links(self) -> frozenset[str]:
        """Words and marks inside a name that do not tell it from others: "of", "the", "-"."""
        return frozenset((*self.data.get("links", ()), "-", "_"))

    @cached_property
    def generic(self) -> frozenset[str]:
        """Words of a name that a text may leave out: "number", "rms"."""
        return frozenset(self(word) for word in self.data.get("generic", ()))

    @cached_property
    def trailing(self) -> frozenset[str]:
        """Words that may stand behind any name without changing it: "level"."""
        return frozenset(self.data.get("trailing", ()))

    @cached_property
    def weak(self) -> frozenset[str]:
        """Words that name nothing alone: "area", "year"."""
        return frozenset(self(word) for word in self.data.get("weak", ()))
