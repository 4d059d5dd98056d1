"""Agents: what others say does the pushing: the names before a verb, behind "by", in the sentence before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reporter.fact import Direction
from reporter.verification.others.clauses import Clauses, Subject
from reporter.verification.others.directions.goals import Goals
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.text.mentions import Named, Referent

_NEAR, _REACH = 3, 5  # items
_TELLING = 13  # smaller numbers may count anything


@dataclass(frozen=True)
class Push:
    """One push that a sentence tells: towards or away from the explained outcome, or from another class."""

    start: int  # items
    end: int
    sign: Direction | None
    subject: Subject
    other: Named | None = None  # a class that is neither the explained one nor its only opposite
    doubt: str = ""
    negated: bool = False
    goal: bool = True  # whether the words tell what is pushed


class Agents(Goals):
    """Of which names a push is told."""

    def __init__(self, clauses: Clauses) -> None:
        super().__init__(clauses)
        self.found: list[Push] = []

    def _subject(self, at: int, end: int) -> Subject:
        """Of what an active verb speaks: the names before it, those behind it where a question or a heading opens."""
        own = self.clauses.before(at, self.floor)
        if (named := self._blamed(at, end)).names:
            return named
        if self._attributive(at, end):
            return Subject()  # 指向诈骗的四项里
        if any(True for _ in self.clauses.between(max((self.clauses.clause(at)[0], *own.at)), at, "rest")):
            return Subject()  # 其余四个都在往下压
        if self._vague(max((self.clauses.clause(at)[0], *own.at)), at):  # 前者支持…
            return replace(self.clauses.before(at), doubt="does not say of which feature")
        if own.names:
            return replace(own, doubt=own.doubt or self._stranger(max(own.at), at))
        colon = next(
            (i for i in range(end + 1, min(end + 1 + _NEAR, len(self.items))) if self.clauses.is_colon(i)), None
        )
        if colon is not None:
            listed = self.clauses.after(colon)
            far = self.scope.wording.spaced and listed.at and listed.at[0] - colon > _REACH
            return replace(listed, doubt="may be said of something else") if far else listed
        if self._cleft(at, end):
            return self.clauses.after(end + 1)
        if self.found and self._shared(at):
            return self.found[-1].subject
        start, _ = self.clauses.clause(at)
        last = self.clauses.before(at, start)
        if not last.names and self.scope.wording.spaced and self._refers(start, at):
            return self._spoken_of()
        if not last.names and (told := self._by_amount(end)) is not None:
            return told
        which = any(True for _ in self.clauses.between(max(last.at, default=0), at, "which"))
        return last if which or not last.names else replace(last, doubt=last.doubt or "may be said of something else")

    def _giver(self, at: int) -> int:
        """Where the names before a noun end that give something: "it gave the campaign a boost"."""
        start, _ = self.clauses.clause(at)
        gives = list(self.clauses.between(max(start, self.floor), at, "gives"))
        noun = at > 0 and self.items[at - 1].cue("free") is not None and self.scope.wording.spaced
        given = bool(gives) and noun and any(gives[-1] < i < at for i in self.clauses.topics)
        return gives[-1] if given and any(self.floor <= i < gives[-1] for i in self.clauses.topics) else at

    def _refers(self, start: int, at: int) -> bool:
        """Whether "this" or "it" opens the sentence and stands as the subject of a verb: "This raises the price"."""
        first = next((i for i in range(start, at) if self.items[i].cue("it")), None)
        if first is None or (cue := self.items[first].cue("it")) is None or cue.get("vague"):
            return False
        beside = ("free", "quantifier", "likewise", "contrast", "not", "factor", "copula", "and")
        return start == 0 and all(i == first or self.items[i].cue(*beside) for i in range(start, at))

    def _by_amount(self, end: int) -> Subject | None:
        """The only feature that moves the outcome by the number right behind: "it being six takes off 61"."""
        facts = self.scope.facts
        at = next((i for i in range(end + 1, min(end + 1 + _NEAR, len(self.items))) if self.items[i].value), None)
        numeral = self.items[at].numeral if at is not None else None
        if numeral is None or not facts.regression or not self.scope.wording.spaced or abs(numeral.value) < _TELLING:
            return None
        numbers = Numbers(facts)
        known = [k for each in numbers.by_feature.values() for k in each if k.kind != "share" and says(numeral, k)]
        fitting = [k for k in known if k.kind == "amount"]
        if len(fitting) != 1 or len(known) != 1:
            return None
        shown = facts.feature(fitting[0].of)
        named = Named(0, 0, shown.name, (Referent("feature", shown.id, shown.name),), partial=True)
        return Subject((named,))

    def _spoken_of(self) -> Subject:
        """The only name of the sentence right before; of several, or of a guess, nobody can tell."""
        names = self.clauses.memory.last
        if len({r.id for n in names for r in n.referents}) != 1:
            return Subject()
        guess = self.clauses.memory.model or any(n.partial for n in names)
        return Subject(names[-1:], "may be said of something else" if guess else "")

    def _attributive(self, at: int, end: int) -> bool:
        """Whether a verb only tells which features are meant, where words are not set apart: 指向诈骗的四项里."""
        if self.scope.wording.spaced or end + 2 >= len(self.items):
            return False
        comma = max((i + 1 for i in range(at) if self.items[i].text in ",，;；。"), default=0)
        if any(comma <= i < at for i in self.clauses.topics):
            return False
        if self.clauses.cue(end + 1, "free") and self._counts_behind(end + 2):
            return True  # 把金额压下来的有四个
        counted = self.items[end + 2].shape == "number" or self.clauses.cue(end + 2, "partly", "factor") is not None
        stop = next((i for i in range(end + 2, len(self.items)) if self.items[i].text in ",，;；。"), len(self.items))
        return (
            counted
            and self.clauses.cue(end + 1, "free") is not None
            and any(True for _ in self.clauses.between(end + 2, stop, "of"))
            and not any(end + 2 <= i < stop for i in self.clauses.topics)
        )

    def _blamed(self, at: int, end: int) -> Subject:
        """The name right behind a noun of praise or blame that opens what is said, as in 罪魁祸首BMI."""
        if self.scope.wording.spaced or not self.items[at].cue("favours") or end != at:
            return Subject()
        opens = at == 0 or (self.items[at - 1].shape in ("mark", "word") and self.items[at - 1].text not in "（(“\"'")
        return self.clauses.after(at + 1) if opens and self.clauses.topic(at + 1) is not None else Subject()

    def _counts_behind(self, at: int) -> bool:
        """Whether a copula and a number without a unit stand there, which count what the words before name."""
        value = self.items[at + 1].value if at + 1 < len(self.items) else None
        return self.clauses.cue(at, "copula") is not None and value is not None and not value.unit

    def _vague(self, start: int, end: int) -> bool:
        """Whether "the former" or "the latter" stands in a stretch."""
        return any((cue := self.items[i].cue("it")) is not None and bool(cue.get("vague")) for i in range(start, end))

    def _stranger(self, name: int, at: int) -> str:
        """Why a verb may be said of a word that nobody knows and that stands where its subject would."""
        before = at - 1
        while (
            before >= 0
            and self.items[before].cue("free", "quantifier", "likewise")
            and not self.items[before].cue("it")
        ):
            before -= 1
        item = self.items[before] if before > name else None
        if not self.scope.wording.spaced and (word := self._apart(name, at)):
            return f"may be said of {word!r}"
        if not any(i.cue("and", "contrast") or i.text in ",，" for i in self.items[name + 1 : max(before, name + 1)]):
            return ""
        return (
            f"may be said of {item.text!r}" if item is not None and item.shape == "word" and item.text.isalpha() else ""
        )

    def _apart(self, name: int, at: int) -> str:
        """A word that nobody knows behind the last comma between a name and a verb: 首发，就是腰有点小伤，扣0.3."""
        commas = [i for i in range(name + 1, at) if self.items[i].text in ",，"]
        if len(commas) < 2:
            return ""
        strange = [i for i in range(commas[0], at) if self.items[i].shape == "word" and self.items[i].text.isalpha()]
        return self.items[strange[0]].text if strange else ""

    def _shared(self, at: int) -> bool:
        """Whether a verb goes on about the subject of the verb before it: "raises A and lowers B"."""
        gap = self.items[self.floor : at]
        return all(
            (item.shape == "cue" and not item.cue("contrast", "suppose")) or item.text in ",，" or item.cue("and")
            for item in gap
        )

    def _cleft(self, at: int, end: int) -> bool:
        """Whether the subject comes behind: "what helped most is the size", "pushing it up are A and B"."""
        start, stop = self.clauses.clause(at)
        behind = next((i for i in self.clauses.topics if end < i < stop), None)
        if behind is None:
            return False
        what = any(True for _ in self.clauses.between(start, at, "what", "factor", "place"))
        if any(True for _ in self.clauses.between(end + 1, behind, "moves", "favours")):
            return False
        if not self.scope.wording.spaced and any(self.items[i].text in ",，" for i in range(end + 1, behind)):
            return False
        copula = any(True for _ in self.clauses.between(end + 1, behind, "copula"))
        return copula or what

    def _passive(self, at: int) -> int:
        """Where the agent begins: "raised by A"; 0 when it is active."""
        for i in range(at + 1, min(at + 1 + _NEAR, len(self.items))):
            if self.items[i].cue("by"):
                behind = next((j for j in range(i + 1, min(i + 5, len(self.items)))), 0)
                is_amount = behind and any(
                    self.items[j].shape == "number" for j in (i + 1, i + 2) if j < len(self.items)
                )
                _, stop = self.clauses.clause(at)
                nothing = self.scope.wording.spaced and not any(i < j < stop for j in self.clauses.topics)
                return 0 if is_amount or nothing else i + 1  # "down by a couple of points"
            if self.items[i].shape != "cue" or not self.items[i].cue("free", "most", "quantifier"):
                return 0
        return 0

    def _some(self, at: int) -> bool:
        """Whether a noun such as "negatives" stands for features: "all four negatives"."""
        return any(
            self.clauses.cue(i, "quantifier", "than", "of", "most") is not None or self.items[i].shape == "number"
            for i in range(max(0, at - _NEAR), at)
        )

    def _instance(self, subject: Subject) -> str:
        """Why a part of a name may stand for what the text is about: "this cycle will not lead to …"."""
        if len(subject.names) != 1 or not subject.names[0].partial or not subject.at or not self.scope.wording.spaced:
            return ""
        before = self.items[subject.at[0] - 1].text.casefold() if subject.at[0] else ""
        return "may be said of what it is about" if before == "this" else ""

    def _neither(self, subject: Subject) -> bool:
        """Whether it is denied of each name of a list: "neither A nor B pushes"."""
        first = min(subject.at, default=0)
        return len(subject.at) > 1 and any(True for _ in self.clauses.between(first - 2, first, "neither"))

    def _none(self, at: int) -> bool:
        """Whether it is denied of several names: "none of the inputs A, B and C pushes"."""
        for i in self.clauses.between(max(self.floor, self.clauses.clause(at)[0]), at, "quantifier"):
            cue = self.items[i].cue("quantifier")
            if (
                cue is not None
                and cue.get("means") == "none"
                and any(self.clauses.cue(j, "of", "factor") for j in (i, i + 1, i + 2))
            ):
                return True
        return False
