"""Goals: what others say is pushed: the outcome, one of its classes, its chance, or what is good for somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.directions.valence import good_side
from reporter.verification.text.mentions import Named
from reporter.words import words_in

_TIMES = ("s", "min", "h", "day", "week", "month", "year")
_REACH = 8  # items between a verb and its object


@dataclass(frozen=True)
class Goal:
    """What is pushed: `sign` is that of the explained outcome when it goes up."""

    sign: Direction | None
    end: int
    other: Named | None = None  # a class that is neither the explained one nor its only opposite
    doubt: str = ""
    told: bool = True


class Goals:
    """Where the goals of a sentence stand."""

    def __init__(self, clauses: Clauses) -> None:
        self.clauses, self.scope = clauses, clauses.scope
        self.items = clauses.items
        self.floor = 0  # where the last push ended

    def _goal(self, at: int) -> Goal | None:
        """What an item names as the thing pushed."""
        named = self.clauses.class_at(at)
        if named is not None:
            goal = self._class_goal(at, named)
            denied = not self.scope.wording.spaced and self.clauses.cue(at - 1, "not") is not None  # 往不下雨那边拉
            return replace(goal, sign=OPPOSITE[goal.sign]) if denied and goal.sign is not None else goal
        cue = self.items[at].cue("goal")
        if cue is not None and self._determines(at):
            return None
        if cue is None and self._called(at):
            return Goal("towards", at)
        if cue is None:
            return None
        return self._valued(at, str(cue.get("of") or "score"))

    def is_goal(self, at: int) -> bool:
        """Whether an item names what is pushed."""
        return self._goal(at) is not None

    def _determines(self, at: int) -> bool:
        """Whether "this" belongs to the noun behind it: "against this applicant"."""
        ahead = self.items[at + 1] if at + 1 < len(self.items) else None
        demonstrative = self.items[at].text.casefold() in self.scope.wording.data.get("turns", {}).get("these", ())
        if demonstrative and ahead is not None and ahead.shape == "word" and ahead.text.isalpha():
            return True  # "counteracts this trend"
        return (
            self.items[at].cue("it") is not None
            and ahead is not None
            and ahead.named is not None
            and bool(ahead.named.of("one", "instance", "feature"))
        )

    @cached_property
    def timed(self) -> bool:
        """Whether the outcome is counted in time, so that what takes longer is more of it."""
        facts = self.scope.facts
        return facts.regression and any(self.scope.wording.same_unit(self._unit, unit) for unit in _TIMES)

    @cached_property
    def paced(self) -> bool:
        """Whether the outcome is a speed, so that what is slower is less of it."""
        parts = self._unit.split("/")
        same = self.scope.wording.same_unit
        return self.scope.facts.regression and len(parts) == 2 and any(same(parts[1], unit) for unit in _TIMES)

    @cached_property
    def _unit(self) -> str:
        words = self.scope.facts.explanation.prediction.explained.words
        return words_in(words, self.scope.facts.language.code).unit

    def _counted_as(self) -> str:
        """What the outcome of a regression is counted in: time, money or anything else; empty for a class."""
        if not self.scope.facts.regression:
            return ""
        coins = self.scope.wording.data.get("phrases", {}).get("coins", ())
        return "time" if self.timed else "money" if any(coin in self._unit for coin in coins) else "other"

    @cached_property
    def _outcomes(self) -> frozenset[str]:
        """What people call the outcome of a regression, by what it is counted in."""
        data = self.scope.wording.data.get("outcomes", {})
        if not self.scope.facts.regression or not data:
            return frozenset()
        money = any(sign in self._unit for sign in data["currencies"])
        return frozenset(data["time" if self.timed else "money" if money else "other"])

    def _called(self, at: int) -> bool:
        """Whether a word is what people call such an outcome, and no name: "raises the wait"."""
        item = self.items[at]
        return item.named is None and item.shape != "number" and item.text.casefold() in self._outcomes

    def _class_goal(self, at: int, named: Named) -> Goal:
        """A class, or the value of a regression, as what is pushed."""
        facts = self.scope.facts
        identifiers = {r.id for r in named.of("class")}
        if facts.regression:
            return Goal("towards" if facts.target.id in identifiers else None, at)
        if facts.target.id in identifiers:
            return Goal("towards", at)
        if len(facts.classes) == 2:
            return Goal("away", at)
        return Goal(None, at, other=named)

    def _valued(self, at: int, of: str) -> Goal:
        regression, good = self.scope.facts.regression, good_side(self.scope.facts)
        if of == "good":
            return Goal(good or "towards", at, doubt="" if good else "does not say for which outcome")
        if of == "prediction" and not regression and self._owned(at):
            return Goal(good or "towards", at, doubt="" if good else "does not say for which outcome")
        if of == "prediction" and not regression and self.items[at].cue("it") and self._of_another(at):
            return Goal("towards", at, doubt="may be said of another outcome")
        if of == "prediction" and not regression and good != "towards" and self.items[at].cue("it"):
            named = any(self.clauses.class_at(i) is not None for i in range(at))
            return Goal("towards", at, doubt="" if named or good is None else "does not say of what")
        if of == "risk" and regression:
            return Goal("towards", at, doubt="does not say of what")
        if of == "risk":
            return Goal(OPPOSITE[good] if good else "towards", at)
        if of == "score" and not regression and good == "away":
            return Goal("towards", at, doubt="does not say of what")
        return Goal("towards", at)

    def _owned(self, at: int) -> bool:
        """Whether they are somebody's chances of what is good: "his odds", and no outcome is named behind."""
        owners = self.scope.wording.data.get("turns", {}).get("owners", ())
        before, ahead = self.items[at - 1].text.casefold() if at else "", range(at + 1, min(at + 5, len(self.items)))
        likely = self.items[at].cue("likely") is not None and before in owners
        return likely and not any(self.items[i].cue("of") or self.clauses.class_at(i) is not None for i in ahead)

    def _of_another(self, at: int) -> bool:
        """Whether the outcome that was named last before "it" is not the one that is explained."""
        said = [r.id for i in range(at) if (n := self.clauses.class_at(i)) is not None for r in n.of("class")]
        last = said[-1] if said else self.clauses.memory.outcome
        return self.scope.wording.spaced and bool(last) and last != self.scope.facts.target.id

    def _praised(self, at: int, goal: Goal) -> Goal:
        """A goal of which a word before says that it is the better or the worse one: "prevents a worse result"."""
        cue, named = self.items[at].cue("favours"), self.clauses.class_at(goal.end)
        if cue is None or cue.get("plain") or named is not None or not self.scope.wording.spaced:
            return goal
        good = good_side(self.scope.facts)
        sign = good if cue.get("sign") == "towards" or good is None else OPPOSITE[good]
        return replace(goal, sign=sign or "towards", doubt="" if good else "does not say for which outcome")

    def _goal_after(self, at: int) -> Goal:
        """The object behind a verb; a class named behind "the chance of" goes before the chance itself."""
        first: Goal | None = None
        strangers = 0
        at = self._behind_aside(at)
        for i in range(at, min(at + _REACH, len(self.items))):
            item = self.items[i]
            if (first is None or self._qualifies(i - 1, first)) and (found := self._goal(i)) is not None:
                first = self._praised(i - 1, found) if i > at else found
                if self.clauses.class_at(i) is not None:
                    return found
                continue
            if first is not None and (self.clauses.class_at(i) is not None):
                return self._goal(i) or first
            marks = item.shape == "mark" and item.text not in "\"'“”‘’-"
            stops = marks or item.cue("contrast", "moves", "shoves", "owing")
            if stops or self.clauses.topic(i) is not None:
                break
            of = self.scope.wording.spaced and item.cue("of") is not None
            if item.shape == "number" or (first is not None and item.cue("copula", "and") and not of):
                break
            strangers += first is None and item.shape == "word"
            if strangers > 1:
                break
        return first or Goal("towards", at - 1, told=False)

    def _behind_aside(self, at: int) -> int:
        """Where what is pushed begins, behind what commas set off: "more likely, in its eyes, that you leave"."""
        if at >= len(self.items) or self.items[at].text != "," or not self.scope.wording.spaced:
            return at
        ahead = range(at + 1, min(at + 1 + _REACH, len(self.items) - 1))
        comma = next((i for i in ahead if self.items[i].text == ","), None)
        return comma + 1 if comma is not None and self.items[comma + 1].cue("which") else at

    def _qualifies(self, at: int, goal: Goal) -> bool:
        """Whether a goal right before another one only says which: "the predicted risk"."""
        cue = self.items[at].cue("goal")
        return goal.end == at and cue is not None and cue.get("of") == "score"

    def _goal_between(self, start: int, end: int) -> Goal:
        found = [goal for i in range(start, end) if (goal := self._goal(i)) is not None]
        return found[0] if found else Goal("towards", start - 1, told=False)

    def _goal_before(self, at: int) -> Goal:
        start, _ = self.clauses.clause(at)
        found = [goal for i in range(max(start, self.floor), at) if (goal := self._goal(i)) is not None]
        return found[-1] if found else Goal("towards", at, told=False)

    def _adjective(self, at: int) -> bool:
        """Whether a verb's form stands before a name and says how its value is: "the reduced mobility score"."""
        return at + 1 < len(self.items) and self.clauses.topic(at + 1) is not None

    def _named(self, at: int, way: int) -> bool:
        """Whether a name stands where the outcome would, and the subject before: "in favour of a purchase"."""
        behind = next(
            (i for i in range(way + 1, min(way + 4, len(self.items))) if self.clauses.topic(i) is not None), None
        )
        if behind is None or any(self.items[i].shape == "mark" for i in range(way + 1, behind)):
            return False
        return any(self.floor <= i < at for i in self.clauses.topics)

    def _strange(self, start: int, end: int) -> bool:
        """Whether an unread word stands where the object would."""
        return any(self.items[i].shape == "word" for i in range(start, min(end, len(self.items))))

    def _person(self, at: int) -> bool:
        """Whether it is said for or against somebody: "against you", "for the applicant"."""
        return any(
            (self.clauses.cue(i, "person") and not (self.scope.wording.spaced and self.clauses.cue(i, "several")))
            or (i < len(self.items) and (n := self.items[i].named) and n.of("one", "instance"))
            for i in (at, at + 1)
        )
