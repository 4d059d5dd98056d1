"""Listing: what the line above a list says of its items, where words are set apart: "Against the sale:", "By weight:".

A heading names a side, says that its items stand by their weight, or both; it holds until a line that is no item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from reporter.fact import Direction
from reporter.verification.judges import reasons
from reporter.verification.judges.judgement import OPPOSITE, Judgement, unverified
from reporter.verification.others.clauses import Clauses, Subject
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.valence import good_side
from reporter.verification.text.claims import Found
from reporter.verification.text.wording import Wording

_LINE = 90  # characters of a heading
_ITEM = 24  # items of one line of a list
_NUMBER = re.compile(r"\d+")


class Listing:
    """The lists of one text; told of each line before its sentences are read."""

    def __init__(self, words: Wording) -> None:
        self.wording = words
        self.side: Direction | None = None
        self.doubt = ""
        self.ranked = False
        self._mark, self._line, self._place, self._open = "", "", 0, False
        self._colon = False  # whether the heading ends with one

    def begin(self, mark: str, line: str) -> None:
        """A line of the text begins, with the bullet or number before it."""
        self._mark, self._line, self._open = mark, line.strip(), True

    def read(self, clauses: Clauses, pushes: Sequence[Push]) -> Iterator[tuple[int, Judgement]]:
        """What the heading says of the names that open this line; a heading itself is kept in mind."""
        opens, self._open = self._open, False
        if not self.wording.spaced and opens and clauses.items:
            yield from self._ordered(clauses)
            return
        if not self.wording.spaced or "lists" not in self.wording.data or not opens or not clauses.items:
            return
        if not clauses.topics and len(self._line) <= _LINE:
            self._heading(clauses, pushes)
            clauses.memory.heading = self.side
            return
        if not clauses.topics or not self._is_item(clauses):
            self.side, self.ranked = None, False
            clauses.memory.heading = None
            return
        self._place += 1
        first = clauses.topics[0]
        subject = clauses.after(first, first + 1)
        own = any(p.subject.names and p.sign for p in pushes)
        if self.side is not None and not own and not self._signed(clauses):
            yield first, self._sided(clauses, subject)
        if self.ranked:
            yield first, self._at_place(clauses, subject)

    def _ordered(self, clauses: Clauses) -> Iterator[tuple[int, Judgement]]:
        """The places of a list whose heading says that it is in order, where words are not set apart: 重要性排序：."""
        ranking = self.wording.data.get("lists", {}).get("ranking", ())
        if not clauses.topics and len(self._line) <= _LINE:
            self.ranked, self._place = any(word in self._line for word in ranking), 0
            return
        if not clauses.topics or not self._is_item(clauses):
            self.ranked = False
            return
        if self.ranked:
            self._place += 1
            first = clauses.topics[0]
            yield first, self._at_place(clauses, clauses.after(first, first + 1))

    # Headings

    def _heading(self, clauses: Clauses, pushes: Sequence[Push]) -> None:
        self.side, self.doubt, self._place = None, "", 0
        self._colon = self._line.rstrip("*_ ").endswith(":")
        told = next((p for p in pushes if not p.subject.names and p.sign and not p.other), None)
        words = self._words
        self.ranked = bool(words["ranking"].search(self._line))
        if told is not None and told.goal:
            self.side = OPPOSITE[told.sign or "towards"] if told.negated else told.sign
            self.doubt = told.doubt
            return
        named = [n for i in range(len(clauses.items)) if (n := clauses.class_at(i)) is not None]
        up, down = (words[key].search(self._line) is not None for key in ("up", "down"))
        if up is down:
            return
        self.side = "towards" if up else "away"
        if named and not clauses.scope.facts.regression:
            if clauses.scope.facts.target.id not in {r.id for n in named for r in n.of("class")}:
                self.side = OPPOSITE[self.side]
                self.doubt = "" if len(clauses.scope.facts.classes) == 2 else "may be said of another outcome"
            return
        key = "good" if words["good"].search(self._line) else "bad" if words["bad"].search(self._line) else ""
        good = good_side(clauses.scope.facts)
        if not clauses.scope.facts.regression:
            self.doubt = "" if key and good else "does not say for which outcome"
            self.side = good if key == "good" else OPPOSITE[good] if key and good else self.side

    @cached_property
    def _words(self) -> dict[str, re.Pattern[str]]:
        table = self.wording.data["lists"]
        return {
            key: re.compile(r"(?i)(?<!\w)(?:" + "|".join(map(re.escape, table[key])) + r")(?!\w)")
            for key in ("ranking", "up", "down", "good", "bad")
        }

    # Items

    def _is_item(self, clauses: Clauses) -> bool:
        """Whether a line is an item of a list: behind a bullet, or short and without an end."""
        opens = clauses.topics[0] <= 2 or (clauses.topics[0] <= 3 and clauses.items[0].shape == "mark")
        short = len(self._line) <= _LINE and not self._line.endswith((".", "!", "?"))
        return opens and len(clauses.items) <= _ITEM and (bool(self._mark) or (short and self._colon))

    def _signed(self, clauses: Clauses) -> bool:
        """Whether an item says itself which way it pushes, or that it hardly does."""
        said = ("sign", "little", "contrast", "likewise")
        return any(i.text in "+-−–↑↓▲▼" or i.sign or i.cue(*said) for i in clauses.items[1:])

    def _sided(self, clauses: Clauses, subject: Subject) -> Judgement:
        said = Found("direction", 0, 0, {"sign": self.side}, {}, subject.names, False)
        judgement = reasons.direction(said, replace(clauses.scope, side=self.side or "towards"))
        return self._sure(judgement, clauses, subject)

    def _at_place(self, clauses: Clauses, subject: Subject) -> Judgement:
        """That an item holds the place at which it stands, among all or on the side of the heading."""
        number = _NUMBER.match(self._mark)
        place = int(number[0]) if number else self._place
        told = [Found("rank", 0, 0, {"rank": place, "all": True}, {}, subject.names, False)]
        if not self.wording.spaced:  # the list may be of one side
            told += [replace(told[0], settings={"rank": place, "sign": sign}) for sign in ("towards", "away")]
        if self.side is not None:
            told.append(replace(told[0], settings={"rank": place, "sign": self.side}))
        judgements = [reasons.rank(each, clauses.scope) for each in told]
        holds = next((j for j in judgements if j.verdict != "contradicted"), judgements[0])
        judgement = self._sure(holds, clauses, subject)
        if judgement.verdict == "contradicted":
            self.ranked = False  # what follows may only be moved by it
        return judgement

    def _sure(self, judgement: Judgement, clauses: Clauses, subject: Subject) -> Judgement:
        if judgement.verdict not in ("contradicted", "supported"):
            return judgement
        start, stop = clauses.clause(subject.at[0])
        doubt = "is asked or supposed, not stated" if clauses.supposed else ""
        doubt = doubt or ("stands where it cannot be read" if clauses.elsewhere(start, stop) else "")
        if judgement.verdict == "contradicted":
            doubt = doubt or self.doubt or subject.doubt
        return unverified(doubt, *judgement.facts) if doubt else judgement
