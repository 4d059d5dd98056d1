"""Owing: what others say the outcome owes to names: "because of A", "despite B", "so does C"."""

from __future__ import annotations

from dataclasses import replace

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import LEFT_OUT, Clauses, Subject
from reporter.verification.others.directions.agents import Agents, Push
from reporter.verification.others.directions.goals import Goal

_REACH = 8  # items between a preposition that opens a sentence and its names
_NEAR = 3


class Owing(Agents):
    """Pushes that are told by a reason, or by likeness to another one."""

    def __init__(self, clauses: Clauses) -> None:
        super().__init__(clauses)
        self._goals: list[Goal] = []  # that pushes were told of

    def _push(
        self, at: int, end: int, sign: Direction | None, subject: Subject, goal: Goal, *, behind: bool = False
    ) -> Push:
        if self._neither(subject):
            sign, subject = OPPOSITE[sign] if sign is not None else None, replace(subject, doubt="")
        if self._none(at) and (subject.names or self.scope.wording.spaced):
            sign = OPPOSITE[sign] if sign is not None else None
        floor = self.floor if behind or not subject.at or subject.at[0] > at else max(subject.at) + 1
        self._goals += [goal] if goal.told else []
        negated = self.clauses.negated(at, min(floor, at))
        if negated and not self.scope.wording.spaced and self._denies_other(at, min(floor, at)):
            subject = replace(subject, doubt=subject.doubt or "may deny something else")  # 没有房贷这三条
        doubt = goal.doubt or subject.doubt or self._instance(subject)
        if not self.scope.wording.spaced and self._not_because(at):
            doubt = doubt or "is denied"
        if subject.doubt == LEFT_OUT and behind:
            doubt = LEFT_OUT
        compared = any(True for _ in self.clauses.between(end + 1, end + _NEAR + 1, "than"))
        if negated and compared and self.scope.wording.spaced:
            doubt = doubt or "compares"  # "does not cost as much as"
        little = (self.items[i].cue("little") for i in self.clauses.between(min(floor, at), end + 1, "little"))
        if any(cue is not None and not cue.get("slight") for cue in little):
            doubt = doubt or "says that it hardly does"
        return Push(at, end, sign, subject, goal.other, doubt, negated, goal.told)

    def _owing(self, at: int, sign: Direction) -> Push | None:
        subject = self.clauses.after(at + 1)
        if not subject.names or any(self.clauses.is_break(i) for i in range(at + 1, subject.at[0])):
            return None
        if subject.at[0] - at > (_REACH if at == 0 else _NEAR + 2):
            return None
        start, end = self.clauses.clause(at)
        goes = next(
            (self.items[i].cue("goes") for i in self.clauses.between(start, end, "goes") if self._of_goal(i)), None
        )
        if self.scope.wording.spaced and self._explains(at, end, subject):
            return None
        doubt = "" if goes or not self.scope.facts.regression else "says no direction"
        classes = [n for i in range(start, end) if (n := self.clauses.class_at(i)) is not None]
        if any(self.scope.facts.target.id not in {r.id for r in n.of("class")} for n in classes):
            doubt = doubt or "may be said of another outcome"
        if any(True for _ in self.clauses.between(max(start, at - _NEAR), at, "not")):
            doubt = doubt or "is denied"
        if self.scope.wording.spaced and self._unread(start, at):
            doubt = doubt or "may say that it is not sure"
        last = max(subject.at)
        if not self.scope.wording.spaced and any(
            self.clauses.cue(i, "sided", "likewise") for i in (last + 1, last + 2)
        ):
            doubt = doubt or "may say that it pushes the other way"  # 因为夜间订单的反向作用
        if any(True for _ in self.clauses.between(max(subject.at), min(end, max(subject.at) + 4), "only", "partly")):
            doubt = doubt or "may say that it is not much"
        goal = Goal("towards", at, doubt=doubt)
        way: Direction = times(sign, goes.get("sign")) or sign if goes is not None else sign
        return self._push(at, max(subject.at), way, subject, goal, behind=True)

    def _explains(self, at: int, end: int, subject: Subject) -> bool:
        """Whether what is given as a reason tells of a name that was spoken of before, or only of a usual value."""
        usual = any(True for _ in self.clauses.between(max(subject.at) + 1, min(end, max(subject.at) + 5), "usual"))
        earlier = {r.id for i in self.clauses.topics if i < at and (n := self.clauses.topic(i)) for r in n.referents}
        same = earlier & {r.id for n in subject.names for r in n.referents}
        return (usual and self.items[at].cue("contrast") is not None) or bool(same)

    def _unread(self, start: int, at: int) -> bool:
        """Whether an unread word stands where the verb would: "hesitated over approval because of"."""
        known = any(True for _ in self.clauses.between(start, at, "reads", "verdict", "copula", "goes", "likely"))
        named = any(self.clauses.class_at(i) is not None for i in range(start, at))
        return named and not known and any(self.items[i].shape == "word" for i in range(start, at))

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
        strange = not behind and any(self.items[i].shape == "word" for i in range(max(subject.at) + 1, start))
        doubt = "may be said of something else" if strange or not self.found else ""
        goal = Goal("towards", at, doubt=doubt or self.found[-1].doubt)
        end = max(at, *subject.at) if behind else at
        return self._push(start, end, OPPOSITE[sign] if opposite else sign, subject, goal, behind=behind)

    def _not_because(self, at: int) -> bool:
        """Whether a denied reason stands before: 没有因为年龄扣分."""
        start, _ = self.clauses.clause(at)
        return any(self.clauses.cue(i - 1, "not") for i in self.clauses.between(start, at, "owing"))

    def _denies_other(self, at: int, floor: int) -> bool:
        """Whether a word that nobody knows stands between a negation and a verb."""
        denials = [i for i in range(floor, at) if self.clauses.cue(i, "not")]
        return any(self.items[i].shape == "word" for i in range(max(denials, default=at), at))


def times(sign: Direction | None, other: Direction | None) -> Direction | None:
    """A push on something that counts the other way."""
    if sign is None or other is None:
        return sign if other is None else None
    return sign if other == "towards" else OPPOSITE[sign]
