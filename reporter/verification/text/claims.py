"""Claims: what a sentence states, and of what. Nothing is judged here.

Each statement is bound to its subject: the name in its own words, else the one a reader would take it to be of.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reporter.verification.text.masks import AMBIGUOUS, FILL, HEADS, Kind
from reporter.verification.text.matching import Match, Matching
from reporter.verification.text.mentions import Named
from reporter.verification.text.patterns import Statement
from reporter.verification.text.wording import Wording

_SUBJECT: tuple[Kind, ...] = ("feature", "phrase", "group")
# What may stand between two names that share a statement: "a smoothness of 0.12 (higher than 96%) and a radius of 3".
_ADJUNCTS = frozenset({"value", "percentile", "position", "group_count", "out_of_range"})
# What a clause says of its subject; the next clause's subject ends the list of the one before.
_PREDICATES = frozenset({"direction", "side_share", "share", "amount", "rank"})
_THEY = 5  # the most names that "together they" may be of
_LONG_WORD = 40  # letters
HEADED = frozenset((*HEADS.values(), AMBIGUOUS))
_REACH = 24  # characters between a negation and what it negates


@dataclass(frozen=True)
class Found:
    """One statement found in a sentence. `slots` holds what its pattern's slots took, by name."""

    kind: str
    start: int
    end: int
    settings: Mapping[str, Any]
    slots: Mapping[str, Any]
    subjects: tuple[Named, ...] = ()
    negated: bool = False

    def get(self, name: str) -> Any:
        """What the words say under that name: a slot, or what the pattern settles by itself; None when neither."""
        return self.slots.get(name, self.settings.get(name))


class Parse:
    """One sentence taken apart. `focus`: what the one before was about ("it"); `before`: the last named ("they")."""

    def __init__(
        self,
        masked: str,
        named: Sequence[Named],
        wording: Wording,
        focus: tuple[Named, ...],
        task: str,
        *,
        strict: bool = True,
        before: tuple[Named, ...] = (),
    ) -> None:
        self.masked, self.named, self.wording, self.focus, self.before = masked, tuple(named), wording, focus, before
        self.strict = strict
        self.free = wording.free if strict else wording.chatter
        self.matching = Matching(masked, named, wording, task, strict=strict)
        self.matches = self.matching.matches

    # What the sentence states

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """All statements in reading order, each bound to its subject."""
        found: list[Found] = []
        for match in self.matches:
            for statement in match.pattern.statements:
                subjects = self._subjects(match, statement)
                found.append(Found(statement.kind, match.start, match.end, statement.settings, match.slots, subjects))
        return tuple(self._negated(found))

    @cached_property
    def unread_words(self) -> tuple[re.Match[str], ...]:
        """Words that belong to no statement and are not free to stand anywhere."""
        return tuple(
            m
            for m in self.wording.words(self.masked)
            if not self.matching.read(m.start(), m.end())
            and m[0].casefold() not in self.free
            and m.start() not in self._attached
        )

    @cached_property
    def negations(self) -> tuple[re.Match[str], ...]:
        """Negations that belong to no statement and stand before none."""
        return tuple(m for m in self._loose_negations if m.start() not in self._attached)

    @cached_property
    def supposed(self) -> bool:
        """Whether the sentence asks or supposes: "if it were benign …", "is it benign?"."""
        words = self.wording.one_of("suppositions").finditer(self.masked)
        return self.masked.rstrip().endswith(("?", "？")) or any(
            not self.matching.read(word.start(), word.end()) for word in words
        )

    @cached_property
    def unused(self) -> tuple[Named, ...]:
        """Names of features, groups and classes of which nothing is said."""
        used = {each.start for match in self.matches for each in match.named}
        used |= {each.start for found in self.found for each in found.subjects}
        kinds: tuple[Kind, ...] = (*_SUBJECT, "class", "value", "method", "baseline")
        return tuple(each for each in self.named if each.start not in used and each.of(*kinds))

    # Subjects

    def _subjects(self, match: Match, statement: Statement) -> tuple[Named, ...]:
        bind = statement.settings.get("bind", "")
        own = tuple(s for s in match.slots.values() if isinstance(s, Named) and s.of(*_SUBJECT))
        if bind == "" or (bind not in ("list", "pair") and own):
            return own
        if bind == "list":
            after = tuple(each for each in self.topics if each.start >= match.end)
            return (*own, *after)
        if bind == "pair":
            return self._pair(match)
        if statement.kind == "position" and bind == "before" and self._is_said_of_another(match):
            return ()
        if bind == "they":
            before = tuple(n for n in self.topics if n.end <= match.start and self._bracket(n.start) is None)
            return (*self.before, *before)[-_THEY:]
        if bind == "after":
            return self._after(match.end, run=bool(statement.settings.get("run")))
        return self._before(match, run=bool(statement.settings.get("run")))

    def _is_said_of_another(self, match: Match) -> bool:
        """Whether the word right before a statement is another subject: "the price is high", "the risk is low"."""
        if self.strict:
            return False
        if any(
            n.of("class") and not self.masked[n.end : match.start].strip() for n in self.named if n.end <= match.start
        ):
            return True
        words = list(self.wording.words(self.masked[max(0, match.start - _LONG_WORD) : match.start]))
        ends = self.masked[: match.start].rstrip(" ,(")
        if not words or FILL in ends[-1:] or ends[-1:] in HEADED or not ends.endswith(words[-1][0]):
            return False
        last = words[-1][0].casefold()
        known = last in self.wording.free or self.wording.one_of("pronouns").fullmatch(last) is not None
        return not known and last not in self.wording.data["names"].get("trailing", ())

    def _pair(self, match: Match) -> tuple[Named, ...]:
        """The two names a comparison is between: the pattern's own, else those before it, else one on either side."""
        before = [n for n in self.topics if n.end <= match.start and self._bracket(n.start) is None]
        behind = self._after(match.end, run=False)
        if match.pattern.slots and len(own := [n for n in match.named if n.of(*_SUBJECT)]) == 2:
            return tuple(own)
        if match.pattern.statements[0].settings.get("around"):
            return (*before[-1:], *behind)
        return tuple(before[-2:] if len(before) > 1 else (*self.focus, *before[-1:]))

    def _before(self, match: Match, *, run: bool) -> tuple[Named, ...]:
        named = self._nearest(match)
        if named is None:
            return self.focus
        return self._run_back(named) if run else (named,)

    def _nearest(self, match: Match) -> Named | None:
        """What a reader takes a statement to be of: the name before it, in its bracket or out; else the one behind."""
        at, bracket = match.start, self._bracket(match.start)
        while bracket is not None:
            inside = [n for n in self.topics if bracket[0] < n.start and n.end <= at]
            if inside:
                return inside[-1]
            at, bracket = bracket[0], self._bracket(bracket[0] - 1) if bracket[0] else None
        outside = [n for n in self.topics if n.end <= at and self._bracket(n.start) is None]
        if outside:
            return outside[-1]
        behind = next((n for n in self.topics if n.start >= match.end), None)
        pronoun = self.wording.one_of("pronouns").search(self.masked)
        if behind is None or (pronoun is not None and pronoun.start() < behind.start):
            return None
        return behind

    def _after(self, at: int, *, run: bool) -> tuple[Named, ...]:
        behind = [n for n in self.topics if n.start >= at and self._bracket(n.start) is None]
        if not behind:
            return ()
        taken = [behind[0]]
        for before, named in itertools.pairwise(behind):
            if not run or named.start in self._heads or not self._joined(before, named):
                break
            taken.append(named)
        return tuple(taken)

    def _run_back(self, last: Named) -> tuple[Named, ...]:
        names = [n for n in self.topics if n.end <= last.end and self._bracket(n.start) is None]
        taken = [last]
        for before, named in zip(reversed(names[:-1]), reversed(names), strict=False):
            if before.start in self._objects or not self._joined(before, named):
                break
            taken.append(before)
        return tuple(reversed(taken))

    def _joined(self, before: Named, named: Named) -> bool:
        """Whether two names stand in one list."""
        between = self._bare[before.end : named.start]
        return bool(between.strip()) and self.wording.one_of("joiners").sub("", between).strip(" ,，") == ""

    @cached_property
    def _bare(self) -> str:
        """The sentence without brackets and adjuncts."""
        letters = list(self.masked)
        spans = [*self._brackets, *((m.start, m.end) for m in self.matches if m.kinds <= _ADJUNCTS)]
        names = {i for n in self.topics if self._bracket(n.start) is None for i in range(n.start, n.end)}
        for start, end in spans:
            for i in range(start, end):
                if i not in names:
                    letters[i] = " "
        return "".join(letters).replace(FILL, " ")

    @cached_property
    def _heads(self) -> set[int]:
        """Where names stand of which a predicate behind them says something."""
        found = set()
        for match in self.matches:
            statement = match.pattern.statements[0]
            if statement.settings.get("bind") == "before" and statement.kind in _PREDICATES:
                named = self._nearest(match)
                if named is not None and named.end <= match.start:
                    found.add(named.start)
        return found

    @cached_property
    def _objects(self) -> set[int]:
        """Where names stand that a statement before them has taken."""
        found = set()
        for match in self.matches:
            if match.kinds & _PREDICATES:
                found |= {each.start for each in match.named}
                if match.pattern.statements[0].settings.get("bind") == "after":
                    found |= {each.start for each in self._after(match.end, run=False)}
        return found

    @cached_property
    def topics(self) -> tuple[Named, ...]:
        """Names that a statement can be of: not those that a slot has taken for something else."""
        other = {n.start for match in self.matches for n in match.named if not n.of(*_SUBJECT)}
        return tuple(n for n in self.named if n.of(*_SUBJECT) and n.start not in other)

    @cached_property
    def _brackets(self) -> tuple[tuple[int, int], ...]:
        found, open_at = [], []
        for i, letter in enumerate(self.masked):
            if letter in "(（":
                open_at.append(i)
            elif letter in ")）" and open_at:
                found.append((open_at.pop(), i + 1))
        return tuple(found)

    def _bracket(self, at: int) -> tuple[int, int] | None:
        """The innermost bracket around a place."""
        around = [b for b in self._brackets if b[0] < at < b[1]]
        return min(around, key=lambda b: b[1] - b[0], default=None)

    # Negation

    @cached_property
    def _loose_negations(self) -> tuple[re.Match[str], ...]:
        regex = self.wording.one_of("negations")
        return tuple(m for m in regex.finditer(self.masked) if not self.matching.read(m.start(), m.end()))

    @cached_property
    def _negates(self) -> dict[int, int]:
        """Start of a negation → start of the statement it negates."""
        found: dict[int, int] = {}
        for negation in self._loose_negations:
            behind = next((m for m in self.matches if m.start >= negation.end()), None)
            if (
                behind is None
                or self._of_a_name(negation)
                or _steps(self.masked[negation.end() : behind.start]) > _REACH
            ):
                continue
            if not re.search(r"[,;:，；：]", self.masked[negation.end() : behind.start]):
                found[negation.start()] = behind.start
        return found

    def _of_a_name(self, negation: re.Match[str]) -> bool:
        """Whether it denies a name and not what is said of it: "not smoking counts against …"."""
        behind = next((n for n in self.topics if n.start >= negation.end()), None)
        if behind is None or self.wording.one_of("pairing").fullmatch(negation[0]) is not None:
            return False
        between = self.masked[negation.end() : behind.start]
        return re.sub(self.wording.determiner, "", between, flags=re.IGNORECASE).strip() == ""

    @cached_property
    def _attached(self) -> frozenset[int]:
        return frozenset(self._negates)

    def _negated(self, found: Iterable[Found]) -> Iterator[Found]:
        starts = set(self._negates.values())
        for each in found:
            yield replace(each, negated=True) if each.start in starts else each


def _steps(stretch: str) -> int:
    """How long a stretch is when names count nothing."""
    return len(stretch.replace(FILL, ""))
