"""Flattened: a sentence as plain text with a mark for each name, for turns of phrase that no spaces part."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reporter.verification.others.clauses import Clauses

NAME = "\ufffc"  # stands for a name


@dataclass(frozen=True)
class Flat:
    """The text, and where in it each item begins."""

    clauses: Clauses

    @cached_property
    def _parts(self) -> Sequence[str]:
        return [NAME if self._named(at) else item.text for at, item in enumerate(self.clauses.items)]

    @cached_property
    def text(self) -> str:
        """The sentence, each name as one mark."""
        return "".join(self._parts)

    @cached_property
    def _starts(self) -> Sequence[int]:
        starts, end = [], 0
        for part in self._parts:
            starts.append(end)
            end += len(part)
        return starts

    def item(self, place: int) -> int:
        """The item in which a character stands."""
        return max(0, bisect.bisect_right(self._starts, place) - 1)

    def items(self, start: int, end: int) -> range:
        """The items of a stretch of text."""
        return range(self.item(start), self.item(max(start, end - 1)) + 1)

    def _named(self, at: int) -> bool:
        return self.clauses.items[at].shape == "name" and self.clauses.topic(at) is not None
