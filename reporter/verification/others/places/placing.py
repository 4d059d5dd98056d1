"""Placing: what a sentence of others says of features beside directions and numbers, for a judge to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reporter.verification.others.clauses import Clauses, Subject
from reporter.verification.others.directions.agents import Push

NEAR, FAR = 3, 6  # items


@dataclass(frozen=True)
class Said:
    """One statement of a sentence: what judge it is for, what the words settle, of what, and why it is not sure."""

    kind: str
    start: int  # items
    end: int
    subject: Subject
    settings: dict[str, Any]
    doubt: str = ""
    negated: bool = False


class Placing:
    """What is read one after another of the same sentence; `used`: the items that were read already."""

    def __init__(self, clauses: Clauses, pushes: tuple[Push, ...], used: set[int]) -> None:
        self.clauses, self.items, self.pushes = clauses, clauses.items, pushes
        self.used = used

    def all(self) -> Iterator[Said]:
        """Everything the sentence says of the kind."""
        raise NotImplementedError


def several(subject: Subject) -> bool:
    """Whether names stand for more than one feature."""
    return len({" ".join(sorted(r.id for r in n.referents)) for n in subject.names}) > 1
