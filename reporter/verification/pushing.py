"""Pushing: which way others say that features push: by verbs, particles, prepositions, words of praise or blame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reporter.fact import Direction
from reporter.verification.clauses import LEFT_OUT, Clauses, Subject
from reporter.verification.judgement import OPPOSITE
from reporter.verification.mentions import Named
from reporter.verification.valence import good_side

_REACH = 8  # items between a verb and its particle, or its object
_NEAR = 3
_BLOCKING = ("shoves", "speaks", "moves", "owing", "contrast", "place", "usual", "than")


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


@dataclass(frozen=True)
class _Object:
    """What is pushed: `sign` is that of the explained outcome when it goes up."""

    sign: Direction | None
    end: int
    other: Named | None = None
    doubt: str = ""
    told: bool = True


class Pushes:
    """All pushes of a sentence, in reading order."""

    def __init__(self, clauses: Clauses) -> None:
        self.clauses, self.scope = clauses, clauses.scope
        self.items = clauses.items
        self.floor = 0  # where the last push ended
        self.found: list[Push] = []
        at = 0
        while at < len(self.items):
            push = self._at(at)
            if push is not None:
                self.found.append(push)
                self.floor = max(push.end, *push.subject.at, 0) + 1 if push.subject.at else push.end + 1
                at = push.end
            at += 1

    def _at(self, at: int) -> Push | None:
        item = self.items[at]
        if item.shape != "cue":
            return None
        if (cue := item.cue("moves")) and not (cue.get("signed") and self._some(at)) and not self._makes(at):
            return self._moves(at, cue.get("sign"), bare=bool(cue.get("bare")), signed=bool(cue.get("signed")))
        if item.cue("shoves", "speaks") and (push := self._shoves(at)) is not None:
            return push
        if self._compares(at) or any(self.clauses.cue(i, "than") for i in range(max(0, at - 4), at)):
            return None
        if (cue := item.cue("way")) and (cue.get("alone") or self._argument(at) or self._elliptic(at)):
            return self._way(at, at)
        if (cue := item.cue("extent")) and cue.get("compares") and (goal := self._compared(at)) is not None:
            sign: Direction = "towards" if cue.get("place") == "high" else "away"
            return self._push(at, goal.end, _times(sign, goal.sign), self._subject(at, goal.end), goal)
        if cue := item.cue("favours"):
            return self._favours(at, cue.get("sign"), plain=bool(cue.get("plain")))
        if (cue := item.cue("owing")) and not (cue.get("opens") and at and self.items[at - 1].shape != "mark"):
            return self._owing(at, cue.get("sign"))
        if cue := item.cue("likewise"):
            return self._likewise(at, bool(cue.get("opposite")))
        return None

    def _makes(self, at: int) -> bool:
        """Whether a verb tells what is higher or lower behind it: "argues for a longer stay"."""
        near = range(at + 1, min(at + 1 + _NEAR, len(self.items)))
        return self.items[at].cue("makes") is not None and any(self.clauses.cue(i, "extent") for i in near)

    def _compared(self, at: int) -> _Object | None:
        """What is said to be higher or lower: "makes for a longer stay", "means a higher price"."""
        goal = self._goal(at + 1) if at + 1 < len(self.items) else None
        lead = any(self.clauses.cue(i, "makes") for i in range(max(0, at - 4), at))
        return goal if goal is not None and lead else None

    def _compares(self, at: int) -> bool:
        """Whether "against" or "minus" stands between two values: "1,850 against a normal 60", "minus 64"."""
        near = range(at + 1, min(at + 1 + _NEAR, len(self.items)))
        if self.items[at].cue("versus") and any(
            self.items[i].cue("usual") or self.items[i].shape == "number" for i in near
        ):
            return True
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(self.items)]
        return bool(self.items[at].cue("sign")) and any(self.items[i].shape == "number" for i in beside)

    # The kinds of push

    def _moves(self, at: int, sign: Direction, *, bare: bool, signed: bool = False) -> Push | None:
        behind = self._passive(at)
        if behind:
            goal = self._goal_before(at)
            subject = self.clauses.after(behind)
            if not subject.names:
                return None
            end = max(subject.at)
            return self._push(at, end, _times(sign, goal.sign), subject, goal, behind=True)
        goal = self._goal_after(at + 1)
        if not goal.told and (not bare or self._adjective(at)):
            return None
        if signed and not goal.told and not self.scope.facts.regression and good_side(self.scope.facts) != "towards":
            goal = replace(goal, doubt="does not say for which outcome")
        return self._push(at, max(at, goal.end), _times(sign, goal.sign), self._subject(at, goal.end), goal)

    def _shoves(self, at: int) -> Push | None:
        for way in range(at + 1, min(at + 1 + _REACH, len(self.items))):
            item = self.items[way]
            if (cue := item.cue("likewise")) and cue.get("way"):
                return self._likewise(way, bool(cue.get("opposite")), at)
            if cue := item.cue("way"):
                if cue.get("of") == "goal" and not self.items[at].cue("shoves"):
                    return None
                return self._way(at, way)
            blocked = item.cue(*_BLOCKING) or item.text in ",;:，；："
            if blocked or self.clauses.topic(way) is not None:
                return None
        return None

    def _way(self, at: int, way: int) -> Push | None:
        cue = self.items[way].cue("way")
        assert_sign: Direction = cue.get("sign") if cue is not None else "towards"
        if cue is not None and cue.get("of") == "goal":  # "pushes the price up"
            goal = self._goal_between(at + 1, way)
            later = self._goal_after(way + 1)
            it = goal.told and self.clauses.cue(goal.end, "it") is not None and later.told
            if not goal.told or (it and self.clauses.class_at(later.end) is not None):
                goal = later
            if not goal.told and self._strange(at + 1, way):
                return None
            behind = self._passive(way)
            if behind:
                goal, subject = self._goal_before(at), self.clauses.after(behind)
                return self._push(
                    at, max(subject.at, default=way), _times(assert_sign, goal.sign), subject, goal, behind=True
                )
            end = max(way, goal.end)
            return self._push(at, end, _times(assert_sign, goal.sign), self._subject(at, end), goal)
        goal = self._goal_after(way + 1)
        if not goal.told and not self._person(way + 1) and (cue is None or not cue.get("alone")):
            return None
        if cue is not None and cue.get("whose") and not goal.told and good_side(self.scope.facts) != "towards":
            goal = replace(goal, doubt="does not say in favour of what")
        if not goal.told and self._person(way + 1):
            good = good_side(self.scope.facts)
            goal = _Object(good, way + 1, doubt="" if good else "does not say for which outcome")
        elif not goal.told and (self._strange(way + 1, way + 4) or self._named(at, way)):
            goal = _Object("towards", way, doubt="does not say of which outcome", told=False)
        end = max(way, goal.end)
        return self._push(at, end, _times(assert_sign, goal.sign), self._subject(at, end), goal)

    def _favours(self, at: int, sign: Direction, *, plain: bool) -> Push | None:
        good = good_side(self.scope.facts)
        doubt = "" if good or plain else "does not say for which outcome"
        goal = _Object(good or "towards", at, doubt=doubt, told=False)
        explicit = self._goal_after(at + 1)
        it = explicit.told and self.clauses.cue(explicit.end, "it") is not None
        if plain and not good and self._person(at + 1):
            goal = replace(goal, doubt="does not say for which outcome")
        if explicit.told and not it and explicit.end <= at + _NEAR + 1:  # "good for approved", "helps the price"
            goal = explicit
        return self._push(at, max(at, goal.end), _times(sign, goal.sign), self._subject(at, goal.end), goal)

    def _owing(self, at: int, sign: Direction) -> Push | None:
        subject = self.clauses.after(at + 1)
        if not subject.names or any(self.clauses.is_break(i) for i in range(at + 1, subject.at[0])):
            return None
        if subject.at[0] - at > _NEAR + 2:
            return None
        start, end = self.clauses.clause(at)
        goes = next(
            (self.items[i].cue("goes") for i in self.clauses.between(start, end, "goes") if self._of_goal(i)), None
        )
        doubt = "" if goes or not self.scope.facts.regression else "says no direction"
        classes = [n for i in range(start, end) if (n := self.clauses.class_at(i)) is not None]
        if any(self.scope.facts.target.id not in {r.id for r in n.of("class")} for n in classes):
            doubt = doubt or "may be said of another outcome"
        if any(True for _ in self.clauses.between(max(start, at - _NEAR), at, "not")):
            doubt = doubt or "is denied"
        goal = _Object("towards", at, doubt=doubt)
        way: Direction = _times(sign, goes.get("sign")) or sign if goes is not None else sign
        return self._push(at, max(subject.at), way, subject, goal, behind=True)

    def _of_goal(self, at: int) -> bool:
        """Whether it is the goal that rises; where words are not set apart, "high" is also said of a feature."""
        near = range(max(0, at - _NEAR), at)
        return self.scope.wording.spaced or any(self._goal(i) is not None for i in near)

    def _likewise(self, at: int, opposite: bool, start: int | None = None) -> Push | None:
        sign = self.found[-1].sign if self.found else self.clauses.memory.sign
        cue = self.items[at].cue("likewise")
        if sign is None or cue is None:
            return None
        start = at if start is None else start
        behind = bool(cue.get("behind"))
        subject = self.clauses.after(at + 1) if behind else self.clauses.before(start, self.floor)
        if not subject.names or (behind and subject.at[0] - at > _NEAR + 2):
            return None
        if opposite and len(subject.names) > 1 and not self.scope.wording.spaced:  # A 与 B 方向相反: of each other
            return None
        goal = _Object("towards", at, doubt=self.found[-1].doubt if self.found else "")
        end = max(at, *subject.at) if behind else at
        return self._push(start, end, OPPOSITE[sign] if opposite else sign, subject, goal, behind=behind)

    # Parts of a push

    def _push(
        self, at: int, end: int, sign: Direction | None, subject: Subject, goal: _Object, *, behind: bool = False
    ) -> Push:
        if self._neither(subject):
            sign, subject = OPPOSITE[sign] if sign is not None else None, replace(subject, doubt="")
        if self._none(at):
            sign = OPPOSITE[sign] if sign is not None else None
        floor = self.floor if behind or not subject.at or subject.at[0] > at else max(subject.at) + 1
        negated = self.clauses.negated(at, min(floor, at))
        doubt = goal.doubt or subject.doubt
        if subject.doubt == LEFT_OUT and behind:
            doubt = LEFT_OUT
        little = (self.items[i].cue("little") for i in self.clauses.between(min(floor, at), end + 1, "little"))
        if any(cue is not None and not cue.get("slight") for cue in little):
            doubt = doubt or "says that it hardly does"
        return Push(at, end, sign, subject, goal.other, doubt, negated, goal.told)

    def _some(self, at: int) -> bool:
        """Whether a noun such as "negatives" stands for features: "all four negatives"."""
        return any(
            self.clauses.cue(i, "quantifier", "than", "of") is not None or self.items[i].shape == "number"
            for i in range(max(0, at - _NEAR), at)
        )

    def _neither(self, subject: Subject) -> bool:
        """Whether it is denied of each name of a list: "neither A nor B pushes"."""
        first = min(subject.at, default=0)
        return len(subject.at) > 1 and any(True for _ in self.clauses.between(first - 2, first, "neither"))

    def _none(self, at: int) -> bool:
        """Whether it is denied of several names: "none of the inputs A, B and C pushes"."""
        for i in self.clauses.between(self.floor, at, "quantifier"):
            cue = self.items[i].cue("quantifier")
            if (
                cue is not None
                and cue.get("means") == "none"
                and any(self.clauses.cue(j, "of", "factor") for j in (i, i + 1, i + 2))
            ):
                return True
        return False

    def _subject(self, at: int, end: int) -> Subject:
        """Of what an active verb speaks: the names before it, those behind it where a question or a heading opens."""
        own = self.clauses.before(at, self.floor)
        if self._vague(max((self.clauses.clause(at)[0], *own.at)), at):  # 前者支持…
            return replace(self.clauses.before(at), doubt="does not say of which feature")
        if own.names:
            return replace(own, doubt=own.doubt or self._stranger(max(own.at), at))
        colon = next(
            (i for i in range(end + 1, min(end + 1 + _NEAR, len(self.items))) if self.clauses.is_colon(i)), None
        )
        if colon is not None:
            return self.clauses.after(colon)
        if self._cleft(at, end):
            return self.clauses.after(end + 1)
        if self.found and self._shared(at):
            return self.found[-1].subject
        start, _ = self.clauses.clause(at)
        last = self.clauses.before(at, start)
        which = any(True for _ in self.clauses.between(max(last.at, default=0), at, "which"))
        return last if which or not last.names else replace(last, doubt=last.doubt or "may be said of something else")

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
        if not any(i.cue("and", "contrast") or i.text in ",，" for i in self.items[name + 1 : max(before, name + 1)]):
            return ""
        return (
            f"may be said of {item.text!r}" if item is not None and item.shape == "word" and item.text.isalpha() else ""
        )

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
                return 0 if is_amount else i + 1
            if self.items[i].shape != "cue" or not self.items[i].cue("free", "most", "quantifier"):
                return 0
        return 0

    def _argument(self, at: int) -> bool:
        """Whether "for" or "against" stands behind a noun such as "argument", or opens a heading."""
        if any(self.clauses.cue(i, "factor", "favours") for i in (at - 1, at - 2)):
            return True
        ahead = self._goal_after(at + 1)
        return ahead.told and at == 0 and any(self.clauses.is_colon(i) for i in (ahead.end + 1, ahead.end + 2))

    def _elliptic(self, at: int) -> bool:
        """Whether a particle stands for a whole verb: "A pushes it up, B down"; "is for it, A against"."""
        before = at - 1
        cue = self.items[at].cue("way")
        return bool(self.found) and self.clauses.topic(before) is not None and cue is not None and before >= self.floor

    # What is pushed

    def _goal(self, at: int) -> _Object | None:
        """What an item names as the thing pushed."""
        named = self.clauses.class_at(at)
        if named is not None:
            goal = self._class_goal(at, named)
            denied = not self.scope.wording.spaced and self.clauses.cue(at - 1, "not") is not None  # 往不下雨那边拉
            return replace(goal, sign=OPPOSITE[goal.sign]) if denied and goal.sign is not None else goal
        cue = self.items[at].cue("goal")
        if cue is None:
            return None
        return self._valued(at, str(cue.get("of") or "score"))

    def _class_goal(self, at: int, named: Named) -> _Object:
        """A class, or the value of a regression, as what is pushed."""
        facts = self.scope.facts
        identifiers = {r.id for r in named.of("class")}
        if facts.regression:
            return _Object("towards" if facts.target.id in identifiers else None, at)
        if facts.target.id in identifiers:
            return _Object("towards", at)
        if len(facts.classes) == 2:
            return _Object("away", at)
        return _Object(None, at, other=named)

    def _valued(self, at: int, of: str) -> _Object:
        regression, good = self.scope.facts.regression, good_side(self.scope.facts)
        if of == "good":
            return _Object(good or "towards", at, doubt="" if good else "does not say for which outcome")
        if of == "prediction" and not regression and good != "towards" and self.items[at].cue("it"):
            named = any(self.clauses.class_at(i) is not None for i in range(at))
            return _Object("towards", at, doubt="" if named or good is None else "does not say of what")
        if of == "risk" and regression:
            return _Object("towards", at, doubt="does not say of what")
        if of == "risk":
            return _Object(OPPOSITE[good] if good else "towards", at)
        if of == "score" and not regression and good == "away":
            return _Object("towards", at, doubt="does not say of what")
        return _Object("towards", at)

    def _goal_after(self, at: int) -> _Object:
        """The object behind a verb; a class named behind "the chance of" goes before the chance itself."""
        first: _Object | None = None
        strangers = 0
        for i in range(at, min(at + _REACH, len(self.items))):
            item = self.items[i]
            if first is None and (found := self._goal(i)) is not None:
                first = found
                if self.clauses.class_at(i) is not None:
                    return found
                continue
            if first is not None and (self.clauses.class_at(i) is not None):
                return self._goal(i) or first
            marks = item.shape == "mark" and item.text not in "\"'“”‘’-"
            stops = marks or item.cue("contrast", "moves", "shoves", "owing")
            if stops or self.clauses.topic(i) is not None:
                break
            if item.shape == "number" or (first is not None and item.cue("copula", "and")):
                break
            strangers += first is None and item.shape == "word"
            if strangers > 1:
                break
        return first or _Object("towards", at - 1, told=False)

    def _goal_between(self, start: int, end: int) -> _Object:
        found = [goal for i in range(start, end) if (goal := self._goal(i)) is not None]
        return found[0] if found else _Object("towards", start - 1, told=False)

    def _goal_before(self, at: int) -> _Object:
        start, _ = self.clauses.clause(at)
        found = [goal for i in range(max(start, self.floor), at) if (goal := self._goal(i)) is not None]
        return found[-1] if found else _Object("towards", at, told=False)

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
            self.clauses.cue(i, "person")
            or (i < len(self.items) and (n := self.items[i].named) and n.of("one", "instance"))
            for i in (at, at + 1)
        )


def _times(sign: Direction | None, other: Direction | None) -> Direction | None:
    """A push on something that counts the other way."""
    if sign is None or other is None:
        return sign if other is None else None
    return sign if other == "towards" else OPPOSITE[sign]


def pushes(clauses: Clauses) -> Iterator[Push]:
    """All pushes that a sentence tells."""
    yield from Pushes(clauses).found
