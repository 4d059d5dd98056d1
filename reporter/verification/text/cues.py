"""Cues: the words by which other people say something of the names near them (`[[cues]]` of others.toml).

A cue says nothing by itself. Its kind tells what it does in a sentence: it moves the score ("raises"), ranks
("strongest"), denies ("not"), parts clauses ("while") … What each kind means
stands in others.toml; freely.py has them put together.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from reporter.verification.text.mentions import Token, tokens
from reporter.verification.text.wording import Wording, wording

_PIECES = re.compile(r"[()\[\]|]|[^\s()\[\]|]+")


@dataclass(frozen=True)
class Cue:
    """One meaning of a cue; `settings` are the other keys of its entry."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any:
        """What the entry settles under a key; None when nothing."""
        return self.settings.get(key)


@dataclass
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    cues: list[Cue] = field(default_factory=list)


class Cues:
    """All cues of a language, found by their words, the longest first."""

    def __init__(self, words: Wording) -> None:
        self.wording = words
        self._root = _Node()
        self.words: set[str] = set()
        self.alone: set[str] = set()  # cues of one word
        self.together: set[str] = set()  # cues of several, as one
        self.ways: set[str] = set()  # cues that tell where to
        for entry in words.data.get("cues", ()):
            cue = Cue(entry["kind"], {k: v for k, v in entry.items() if k not in ("kind", "say")})
            for say in entry["say"]:
                for option in self._expanded(say):
                    self._add(option, cue)
        for rank, word in enumerate(words.notation.ordinals, 1):
            mark = next(iter(words.data["numbers"].get("ranking", ())), "")
            for each in {word, str(rank)} if mark else {word}:
                self._add([mark + each], Cue("ordinal", {"place": rank}))
            for ending in words.notation.data.get("nth", ()):
                self._add([str(rank), ending], Cue("ordinal", {"place": rank}))

    def _add(self, words: Sequence[str], cue: Cue) -> None:
        node, found = self._root, tokens(" ".join(words) if self.wording.spaced else "".join(words))
        if len(found) == 1:
            self.alone.add(found[0].norm)
        whole = "".join(token.norm for token in found)
        self.together.add(whole)
        if cue.kind == "way":
            self.ways.add(" ".join(token.norm for token in found))
        for token in found:
            node = node.below.setdefault(token.norm, _Node())
            self.words.add(token.norm)
        if cue not in node.cues:
            node.cues.append(cue)

    def at(self, found: Sequence[Token], at: int) -> tuple[int, tuple[Cue, ...]]:
        """How many tokens the longest cue takes that begins at one, and its meanings; 0 when none does."""
        node, best = self._root, 0
        cues: tuple[Cue, ...] = ()
        for size, token in enumerate(itertools.islice(found, at, None), 1):
            below = node.below.get(token.norm)
            if below is None:
                break
            node = below
            if node.cues:
                best, cues = size, tuple(node.cues)
        return best, cues

    # How an entry is written: "(a|b) c", "[a] b", "raise~"

    def _expanded(self, say: str) -> Iterator[list[str]]:
        pieces = _PIECES.findall(say)
        for option in self._alternatives(pieces, [0]):
            if option:
                yield option

    def _alternatives(self, pieces: list[str], at: list[int]) -> list[list[str]]:
        options = self._sequence(pieces, at)
        while at[0] < len(pieces) and pieces[at[0]] == "|":
            at[0] += 1
            options = [*options, *self._sequence(pieces, at)]
        return options

    def _sequence(self, pieces: list[str], at: list[int]) -> list[list[str]]:
        options: list[list[str]] = [[]]
        while at[0] < len(pieces) and pieces[at[0]] not in ("|", ")", "]"):
            piece = pieces[at[0]]
            at[0] += 1
            if piece in ("(", "["):
                inner = self._alternatives(pieces, at)
                at[0] += 1
                more = [[], *inner] if piece == "[" else inner
            elif piece.endswith("~"):
                more = [[form] for form in self.wording.inflected(piece[:-1])]
            else:
                more = [[piece]]
            options = [[*option, *each] for option in options for each in more]
        return options


@lru_cache
def cues_of(code: str) -> Cues:
    """The cues of a language, built once."""
    return Cues(wording(code))
