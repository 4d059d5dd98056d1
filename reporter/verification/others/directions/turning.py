"""Turning: what whole turns of phrase say is pushed, and which way."""

from __future__ import annotations

from dataclasses import replace

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import LEFT_OUT, Subject
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.goals import Goal
from reporter.verification.others.directions.owing import Owing, times
from reporter.verification.others.directions.predicates import Predicate
from reporter.verification.others.directions.turns import Turn
from reporter.verification.others.directions.valence import good_side
from reporter.verification.others.numbers.known import Numbers
from reporter.verification.text.mentions import Named


class Turning(Owing):
    """Pushes told by turns of which every word is known."""

    def _turned(self, turn: Predicate) -> Push | None:
        """What a turn of phrase says of which every word is known."""
        subject = self.clauses.within(turn.first, turn.last)
        if not subject.names:
            return None
        if turn.settings.get("of") == "before":  # …，会员等级也是
            last = self.found[-1] if self.found else None
            if last is None or last.other is not None or last.sign is None:
                return None
            goal = Goal(OPPOSITE[last.sign] if last.negated else last.sign, turn.end, doubt=last.doubt)
        elif (counted := turn.settings.get("counted")) is not None:  # 让配送更慢
            if counted != self._counted_as() or self._of_own(turn, subject):
                return None
            goal = Goal("towards", turn.end)
        elif turn.settings.get("of") == "good":
            good = good_side(self.scope.facts)
            goal = Goal(good or "towards", turn.end, doubt="" if good else "does not say for which outcome")
        elif turn.goal:
            goal = self._goal_between(turn.goal.start, turn.goal.stop)
            if turn.settings.get("valued") and not self.scope.facts.regression:
                good = good_side(self.scope.facts)  # 对结果不利
                goal = Goal(good or "towards", turn.end, doubt="" if good else "does not say for which outcome")
            classes = [i for i in turn.goal if self.clauses.class_at(i) is not None]
            goal = (self._goal(classes[0]) or goal) if classes else goal
        else:
            goal = Goal(
                "towards", turn.end, doubt="" if self.scope.facts.regression else "does not say of which outcome"
            )
        doubt = goal.doubt or subject.doubt
        sign = times(turn.sign, goal.sign)
        return Push(turn.start, turn.end, sign, subject, goal.other, doubt, turn.negated, goal=True)

    def _constructed(self, turn: Turn) -> Push | None:
        """What a whole construction says: "X is why it is not higher"."""
        goal = self._goal_between(turn.goal.start, turn.goal.stop) if turn.goal else Goal("towards", turn.end)
        if turn.settings.get("counted") and not self.scope.facts.regression:
            return None
        if turn.settings.get("of") == "good":
            good = good_side(self.scope.facts)
            goal = Goal(good or "towards", turn.end, doubt="" if good else "does not say for which outcome")
        classes = [found for i in turn.goal if self.clauses.class_at(i) is not None and (found := self._goal(i))]
        goal = classes[-1] if classes else goal
        subject = (
            self.clauses.after(turn.names.start, turn.names.stop) if turn.names else self._subject(turn.start, turn.end)
        )
        sign = times(turn.sign, goal.sign)
        if not subject.names or (turn.settings.get("heads") and turn.start > 1) or (turn.timely and not self.timed):
            return None
        doubt = goal.doubt or (subject.doubt if subject.doubt != LEFT_OUT or not turn.settings.get("suppose") else "")
        self.clauses.understood |= set(range(turn.start, turn.end + 1))
        if turn.settings.get("suppose"):
            self.clauses.settled |= set(range(turn.start, turn.end + 1))
        if turn.settings.get("plus") and not self.scope.facts.regression and good_side(self.scope.facts) == "away":
            doubt = doubt or "may be said of the score"
        if turn.settings.get("marked") and any(self._stands(n, turn.sign) for n in subject.names):
            doubt = doubt or "may be said of the value"
        return Push(turn.start, turn.end, sign, subject, goal.other, doubt, goal=True)

    def _stands(self, named: Named, sign: Direction) -> bool:
        """Whether a value may stand as a mark says, above or below what is usual: "rain ↑"."""
        raws = [self.scope.facts.explanation.feature(r.id) for r in named.of("feature")]
        return any(
            not isinstance(raw.value, float)
            or not isinstance(raw.baseline, float)
            or (raw.value >= raw.baseline if sign == "towards" else raw.value <= raw.baseline)
            for raw in raws
        )

    def _wished(self, push: Push) -> Push:
        """A push towards what is good for whom it is about, where the words do not tell towards what: 加了不少分."""
        good = good_side(self.scope.facts)
        if push.goal:
            return push
        doubt = push.doubt or ("" if good is not None else "does not say for which outcome")
        return replace(push, sign=times(push.sign, good), doubt=doubt)

    def _of_own(self, turn: Predicate, subject: Subject) -> bool:
        """Whether a number of a turn may tell by how much the feature itself has changed: 距离缩短了2公里."""
        number = next((self.items[i] for i in range(turn.start, turn.end + 1) if self.items[i].shape == "number"), None)
        if number is None or number.value is None:
            return False
        numbers, unit = Numbers(self.scope.facts), number.value.unit or ""
        known = [k for n in subject.names for r in n.of("feature") for k in numbers.by_feature[r.id]]
        own = any(k.kind == "value" and (not unit or self.scope.wording.same_unit(unit, k.unit)) for k in known)
        return own or not self.scope.wording.same_unit(unit, numbers.counted_in)
