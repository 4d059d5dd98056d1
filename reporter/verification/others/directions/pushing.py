"""Pushing: which way others say that features push: by verbs, particles, prepositions, words of praise or blame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.goals import Goal
from reporter.verification.others.directions.owing import times
from reporter.verification.others.directions.predicates import Predicates
from reporter.verification.others.directions.turning import Turning
from reporter.verification.others.directions.turns import Turns
from reporter.verification.others.directions.valence import good_side
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.text.cues import Cue
from reporter.verification.text.numerals import Numeral

_REACH = 8  # items between a verb and its particle
_NEAR = 3
_SHORT = 2  # letters of a verb that may speak of the value before it
NO_OBJECT = "moves something that is not known"
_BLOCKING = ("favours", "shoves", "speaks", "moves", "owing", "contrast", "place", "usual", "than")


class Pushes(Turning):
    """All pushes of a sentence, in reading order."""

    def __init__(self, clauses: Clauses) -> None:
        super().__init__(clauses)
        turns = {turn.start: turn for turn in Predicates(clauses).all()}
        whole = {turn.start: turn for turn in Turns(self).all()}
        at = 0
        while at < len(self.items):
            if (turn := whole.get(at)) is not None and turn.settings.get("skip"):
                at = turn.end + 1
                continue
            push = self._constructed(turn) if turn is not None else None
            push = push or (self._turned(turns[at]) if at in turns else self._at(at))
            if push is not None:
                self.found.append(push)
                self.floor = max(push.end, *push.subject.at, 0) + 1 if push.subject.at else push.end + 1
                at = push.end
            at += 1

    def _at(self, at: int) -> Push | None:
        item = self.items[at]
        if self._of_everything(at):
            return None
        if item.shape != "cue" or (item.cue("extent", "more") and self.clauses.cue(at + 1, "than")):
            return None
        if (cue := item.cue("moves")) and cue.get("timely") and len(item.cues) == 1:
            return self._timely(at, cue.get("sign")) if self.timed or self.paced else None
        if (cue := item.cue("moves")) and not (cue.get("signed") and self._some(at)) and not self._makes(at):
            push = self._moves(at, cue.get("sign"), bare=bool(cue.get("bare")), signed=bool(cue.get("signed")))
            return self._told(push, cue)
        if item.cue("shoves", "speaks") and (push := self._shoves(at)) is not None:
            return push
        if self._compares(at) or any(self.clauses.cue(i, "than") for i in range(max(0, at - 4), at)):
            return None
        if (
            (cue := item.cue("way"))
            and not (cue.get("timely") and not self.timed)
            and not cue.get("made")
            and (cue.get("alone") or self._argument(at) or self._elliptic(at))
        ):
            return self._way(at, at)
        if (cue := item.cue("extent")) and cue.get("compares") and (goal := self._compared(at)) is not None:
            sign: Direction = "towards" if cue.get("place") == "high" else "away"
            return self._push(at, goal.end, times(sign, goal.sign), self._subject(at, goal.end), goal)
        unclear = self._is_noun(at) or self._lends(at) or self._called_so(at) or self._outweighed(at)
        if (cue := item.cue("favours")) and not unclear:
            favours = self._favours(at, cue.get("sign"), plain=bool(cue.get("plain")))
            unsure = cue.get("signed") and good_side(self.scope.facts) == "away"
            return replace(favours, doubt="may be said of the score") if favours is not None and unsure else favours
        if (cue := item.cue("owing")) and not (cue.get("opens") and at and self.items[at - 1].shape != "mark"):
            return self._owing(at, cue.get("sign"))
        if cue := item.cue("likewise"):
            return self._likewise(at, bool(cue.get("opposite")))
        return None

    def _of_everything(self, at: int) -> bool:
        """Whether a verb only tells which factors: "more than cancels out everything that speeds it up"."""
        whole = self.items[at - 2].text.casefold() if at > 1 and self.clauses.cue(at - 1, "which") else ""
        among = any(True for _ in self.clauses.between(at - 2 - _NEAR - 1, at - 2, "copula"))  # "one of those that"
        if self.items[at].cue("moves") and self.items[at].cue("reads"):
            return any(self.clauses.cue(i, "model") for i in (at - 1, at - 2))  # "the model leans towards it"
        return whole in self.scope.wording.data["words"].get("everything", ()) and not among

    def _timely(self, at: int, sign: Direction) -> Push | None:
        """What takes longer or goes faster, of an outcome that is counted in time: "slows the rower down"."""
        sign = sign if self.timed else OPPOSITE[sign]
        goal = Goal("towards", at, told=False)
        if behind := self._passive(at):
            subject = self.clauses.after(behind)
            return self._push(at, max(subject.at, default=at), sign, subject, goal, behind=True)
        return self._push(at, at, sign, self._subject(at, at), goal)

    def _makes(self, at: int) -> bool:
        """Whether a verb tells what is higher or lower behind it: "argues for a longer stay"."""
        near = range(at + 1, min(at + 1 + _NEAR, len(self.items)))
        return self.items[at].cue("makes") is not None and any(self.clauses.cue(i, "extent") for i in near)

    def _compared(self, at: int) -> Goal | None:
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

    def _moves(self, at: int, sign: Direction, *, bare: bool, signed: bool = False) -> Push | None:
        behind = self._passive(at)
        if behind:
            goal = self._goal_before(at)
            subject = self.clauses.after(behind)
            vague = self.clauses.cue(goal.end, "it") is not None and not bare
            other = next(
                self.clauses.between(behind, max(subject.at, default=behind), "moves", "shoves", "owing"), None
            )
            if not subject.names or vague or (other is not None and self.scope.wording.spaced):
                return None  # "this is partly offset by …", "raised by what is not known and lowered by …"
            end = max(subject.at)
            return self._push(at, end, times(sign, goal.sign), subject, goal, behind=True)
        goal = self._goal_after(at + 1)
        if not goal.told and not bare and self.scope.wording.spaced and self._somebody(at + 1):
            good = good_side(self.scope.facts)
            goal = Goal(good or "towards", at + 1, doubt="" if good else "does not say for which outcome")
        if not goal.told and (not bare or self._adjective(at)):
            return None
        if not goal.told and self._given(at):
            goal = replace(goal, doubt="does not say for which outcome")
        if not goal.told and (self._of_weight(at) or self._before_noun(at) or self._of_value(at)):
            return None
        if not goal.told and bare and self._tells_value(at):
            return None
        if not goal.told and not signed and self.scope.wording.spaced and self._unknown(at + 1):
            goal = replace(goal, doubt=NO_OBJECT)
        vague = not self.scope.wording.spaced and bare and not goal.told and not self.scope.facts.regression
        if vague and good_side(self.scope.facts) == "away" and not self._praises(at):
            goal = replace(goal, doubt="does not say for which outcome")  # 又往下压了一把
        if signed and not goal.told and not self.scope.facts.regression and good_side(self.scope.facts) != "towards":
            goal = replace(goal, doubt="does not say for which outcome")
        return self._push(at, max(at, goal.end), times(sign, goal.sign), self._subject(at, goal.end), goal)

    def _somebody(self, at: int) -> bool:
        """Whether a person stands right there, and no word that may mean other things as well: "them"."""
        return (
            self._person(at)
            and self.clauses.cue(at, "person") is not None
            and not self.clauses.cue(at, "it", "several")
        )

    def _given(self, at: int) -> bool:
        """Whether it is a noun that may be said of whom it is about, of an outcome nobody wishes: "gave it a boost"."""
        article = at > 0 and self.items[at - 1].text.casefold() in ("a", "an", "another")
        return article and not self.scope.facts.regression and good_side(self.scope.facts) == "away"

    def _unknown(self, at: int) -> bool:
        """Whether an unread word stands where the object would: "lowered the hopes"."""
        while at < len(self.items) and self.items[at].cue("free") and self.items[at].shape == "cue":
            at += 1
        item = self.items[at] if at < len(self.items) else None
        return item is not None and item.shape == "word" and item.text.isalpha()

    def _shoves(self, at: int) -> Push | None:
        for way in range(at + 1, min(at + 1 + _REACH, len(self.items))):
            item = self.items[way]
            if (cue := item.cue("likewise")) and cue.get("way"):
                return self._likewise(way, bool(cue.get("opposite")), at)
            if cue := item.cue("way"):
                if cue.get("timely") and not self.timed:
                    return None
                if cue.get("made") and not self._goal_between(at + 1, way).told:
                    return None
                if self._inside_goal(way, cue) or self._goes_on(way, cue):
                    continue
                if cue.get("of") == "goal" and not self.items[at].cue("shoves"):
                    return None
                return self._way(at, way)
            blocked = (item.cue(*_BLOCKING) and not self._is_noun(way)) or item.text in ",;:，；："
            if blocked or self.clauses.topic(way) is not None:
                return None
        return None

    def _is_noun(self, at: int) -> bool:
        """Whether a word that may be a verb is what people call the outcome: "pushes the cost down"."""
        before = at - 1
        while before >= 0 and self.clauses.cue(before, "goal", "verdict") and not self.clauses.cue(before, "it"):
            before -= 1  # "the predicted cost"
        articles = self.scope.wording.data.get("turns", {}).get("articles", ())
        return self._called(at) and before >= 0 and self.items[before].text.casefold() in articles

    def _called_so(self, at: int) -> bool:
        """Whether a noun of praise may be part of a name: "rock strength", and in a list of names."""
        cue = self.items[at].cue("favours")
        before = self.items[at - 1] if at else None
        if cue is None or not cue.get("noun") or before is None:
            return False
        return self.clauses.topic(at - 1) is not None or before.text in ",:" or before.cue("and") is not None

    def _outweighed(self, at: int) -> bool:
        """Whether praise or blame is of what something else makes up for: "A outweighs those two drawbacks"."""
        start, _ = self.clauses.clause(at)
        beats = next(self.clauses.between(max(start, at - _NEAR - 2), at, "outweighs"), None)
        return beats is not None and self.scope.wording.spaced and not any(beats < i < at for i in self.clauses.topics)

    def _lends(self, at: int) -> bool:
        """Whether a verb only helps another one, which tells the direction: "helped to lower the bill"."""
        for i in range(at + 1, min(at + 1 + _NEAR, len(self.items))):
            if self.items[i].cue("moves", "shoves") and not self.items[i].cue("copula"):
                return self.scope.wording.spaced
            if not self.items[i].cue("free") and not self.items[i].cue("way"):
                return False
        return False

    def _inside_goal(self, way: int, cue: Cue) -> bool:
        """Whether a preposition only says of which outcome the goal is, before the way: "the score for A up"."""
        if not self.scope.wording.spaced or cue.get("of") == "goal":
            return False
        noun = self.clauses.cue(way - 1, "goal") is not None or self.items[way].text.casefold().startswith("case ")
        behind = range(way + 1, min(way + 1 + _NEAR + 1, len(self.items)))
        return noun and any((c := self.items[i].cue("way")) is not None and c.get("of") == "goal" for i in behind)

    def _goes_on(self, way: int, cue: Cue) -> bool:
        """Whether a particle is followed by the preposition that counts: "back to refused", "over towards approved"."""
        ahead = self.clauses.cue(way + 1, "way")
        told = cue.get("of") == "goal" and ahead is not None and ahead.get("of") != "goal"
        behind = range(way + 2, min(way + 2 + _NEAR, len(self.items)))
        return self.scope.wording.spaced and told and any(self.clauses.class_at(i) is not None for i in behind)

    def _before_noun(self, at: int) -> bool:
        """Whether a verb only tells which factors, and nothing of a name: 所有增产因素的总和."""
        if self.scope.wording.spaced or not self.clauses.cue(at + 1, "factor"):
            return False
        if (cue := self.clauses.cue(at - 1, "quantifier")) is not None and cue.get("means"):
            return True
        return not any(self.clauses.cue(i, "copula", "reads", "verdict") for i in range(max(0, at - _NEAR), at))

    def _of_value(self, at: int) -> bool:
        """Whether a short verb behind a name and before a comma may say that the value itself fell: 价格降了,…."""
        cue = self.items[at].cue("moves")
        ends = at + 1 >= len(self.items) or self.items[at + 1].shape == "mark"
        short = cue is not None and len(self.items[at].text) <= _SHORT and not cue.get("valued")
        return not self.scope.wording.spaced and short and ends and self.clauses.topic(at - 1) is not None

    def _tells_value(self, at: int) -> bool:
        """Whether the number behind a verb says the value of its subject, where words are not set apart: 掉了42%."""
        item = self.items[at + 1] if at + 1 < len(self.items) else None
        subject = self.clauses.before(at, self.clauses.clause(at)[0])
        if self.scope.wording.spaced or item is None or item.numeral is None or item.sign or not subject.names:
            return False
        numbers = Numbers(self.scope.facts)
        known = [k for r in subject.names[-1].of("feature") for k in numbers.by_feature[r.id]]
        unit = item.value.unit if item.value is not None else None
        own = [k for k in known if (unit or ("%" if item.numeral.percent else "")) == k.unit and says(item.numeral, k)]
        return any(k.kind == "value" for k in own) and not any(k.kind == "amount" for k in own)

    def _praises(self, at: int) -> bool:
        """Whether a verb praises or blames, which is of what is good for somebody."""
        cue = self.items[at].cue("moves")
        return cue is not None and bool(cue.get("valued"))

    def _of_weight(self, at: int) -> bool:
        """Whether it is the influence that grows or fades, where words are not set apart: 力度依次减弱."""
        cue = self.items[at].cue("moves")
        sized = cue is not None and bool(cue.get("sized"))
        return sized and any(True for _ in self.clauses.between(at - _NEAR, at, "weighs"))

    def _told(self, push: Push | None, cue: Cue) -> Push | None:
        """A push by a verb that needs a number, or that speaks of what is good for somebody, as it is meant."""
        if push is None or (cue.get("counted") and not self._counted(push)):
            return None
        behind = self.items[push.end + 1] if push.end + 1 < len(self.items) else None
        if cue.get("signless") and behind is not None and behind.sign < 0 and push.sign is not None:
            return replace(push, sign=OPPOSITE[push.sign])  # 贡献了-0.6
        return self._wished(push) if cue.get("valued") else push

    def _counted(self, push: Push) -> bool:
        """Whether a number right behind says by how much the outcome moves, and no value: 多用了90度, 少值7000元."""
        at = next((i for i in (push.start + 1, push.start + 2) if i < len(self.items) and self.items[i].value), None)
        start, _ = self.clauses.clause(push.start)
        floor = max((i for i in range(start, push.start) if self.items[i].text in ",，"), default=start)
        if at is None or any(True for _ in self.clauses.between(floor, push.start, "than", "versus", "usual")):
            return False
        facts, ids = self.scope.facts, {r.id for n in push.subject.names for r in n.of("feature", "phrase")}
        value = self.items[at].value
        if not facts.regression or value is None or value.numeral is None or len(ids) != 1:
            return False
        numbers = Numbers(facts)
        known = [k for k in numbers.by_feature[ids.pop()] if k.kind in ("amount", "gap", "value")]
        fitting = [k for k in known if k.kind == "amount" and says(value.numeral, k)]
        same = value.unit is not None and self.scope.wording.same_unit(value.unit, numbers.counted_in)
        own = any(
            k.kind != "amount" and k.unit and self.scope.wording.same_unit(value.unit or "", k.unit) for k in known
        )
        gap = any(k.kind == "gap" and says(value.numeral, k) for k in known)
        if not self.scope.wording.spaced and not fitting and not gap:
            own = any(k.kind != "amount" and says(value.numeral, k) for k in known)  # 光伏又多用了1250度
            same = same or (value.unit is None and self._multiplies(value.numeral, numbers))
        return (same and not own) or (bool(fitting) and not gap)

    def _open(self, way: int) -> bool:
        """Whether something that is no known outcome stands behind "for" where there are several."""
        ahead = self.items[way + 1] if way + 1 < len(self.items) else None
        cue = self.items[way].cue("way")
        if ahead is None or not self.scope.wording.spaced or self.scope.facts.regression or ahead.shape == "mark":
            return False
        noun = cue is not None and (cue.get("of_all") or cue.get("whose"))
        return not noun and not ahead.cue("and", "contrast", "copula", "likewise", "factor", "favours", "owing")

    def _multiplies(self, numeral: Numeral, numbers: Numbers) -> bool:
        """Whether a number is written in the size in which the outcome is counted: 多出12万, of 万元."""
        times, _ = self.scope.wording.notation.parted(numbers.unit)
        return times > 1 and numeral.decimals <= -round(math.log10(times)) + 2

    def _same_goal(self, at: int, way: int) -> bool:
        """Whether "it" stands for what was pushed before, where words are not set apart."""
        it = any(True for _ in self.clauses.between(at + 1, way, "it"))
        return it and bool(self._goals) and not self.scope.wording.spaced

    def _of_somebody(self, goal: Goal) -> Goal:
        """The outcome without a word of which, as what is good for whom it is about: 对结果有不利影响."""
        cue = self.clauses.cue(goal.end, "goal")
        told = goal.told and self.clauses.class_at(goal.end) is None and not self.scope.wording.spaced
        if self.scope.facts.regression or not told or cue is None or cue.get("of") != "prediction":
            return goal
        good = good_side(self.scope.facts)
        return Goal(good or "towards", goal.end, doubt="" if good else "does not say for which outcome")

    def _way(self, at: int, way: int) -> Push | None:
        cue = self.items[way].cue("way")
        assert_sign: Direction = cue.get("sign") if cue is not None else "towards"
        if cue is not None and cue.get("of") == "goal":  # "pushes the price up"
            goal = self._goal_between(at + 1, way)
            if cue.get("valued") and not goal.told:
                push = self._push(at, way, assert_sign, self._subject(at, way), Goal("towards", at, told=False))
                return self._wished(push)
            later = self._goal_after(way + 1)
            it = goal.told and self.clauses.cue(goal.end, "it") is not None and later.told
            if not goal.told or (it and self.clauses.class_at(later.end) is not None):
                goal = later
            if not goal.told and self._same_goal(at, way):
                goal = replace(self._goals[-1], end=way)  # 使其下降
            goal = self._of_somebody(goal) if cue.get("valued") else goal
            if not goal.told and self._strange(at + 1, way):
                return None
            behind = self._passive(way)
            if behind:
                goal, subject = self._goal_before(at), self.clauses.after(behind)
                return self._push(
                    at, max(subject.at, default=way), times(assert_sign, goal.sign), subject, goal, behind=True
                )
            end = max(way, goal.end)
            return self._push(at, end, times(assert_sign, goal.sign), self._subject(at, end), goal)
        goal = self._goal_after(way + 1)
        if not goal.told and not self._person(way + 1) and (cue is None or not cue.get("alone")):
            return None
        if cue is not None and cue.get("whose") and not goal.told and good_side(self.scope.facts) != "towards":
            goal = replace(goal, doubt="does not say in favour of what")
        if not goal.told and self._person(way + 1):
            good = good_side(self.scope.facts)
            goal = Goal(good, way + 1, doubt="" if good else "does not say for which outcome")
        elif not goal.told and (self._strange(way + 1, way + 4) or self._named(at, way) or self._open(way)):
            if way == at and self.clauses.topic(way + 1) is not None:
                return None
            goal = Goal("towards", way, doubt="does not say of which outcome", told=False)
        end = max(way, goal.end)
        return self._push(at, end, times(assert_sign, goal.sign), self._subject(at, end), goal)

    def _favours(self, at: int, sign: Direction, *, plain: bool) -> Push | None:
        good = good_side(self.scope.facts)
        doubt = "" if good is not None else "does not say for which outcome"
        goal = Goal(good or "towards", at, doubt=doubt, told=False)
        explicit = self._goal_after(at + 1)
        it = explicit.told and self.clauses.cue(explicit.end, "it") is not None
        if plain and not good and self._person(at + 1):
            goal = replace(goal, doubt="does not say for which outcome")
        if explicit.told and not it and explicit.end <= at + _NEAR + 1:  # "good for approved", "helps the price"
            goal = explicit
        return self._push(at, max(at, goal.end), times(sign, goal.sign), self._subject(at, goal.end), goal)

    def _argument(self, at: int) -> bool:
        """Whether "for" or "against" stands behind a noun such as "argument", or opens a heading."""
        if self.scope.wording.spaced and self.clauses.cue(at - 1, "favours") and self._person(at + 1):
            return False  # "a small minus for him" is a minus
        if any(self.clauses.cue(i, "factor", "favours") for i in (at - 1, at - 2)):
            way, blame = self.items[at].cue("way"), self.clauses.cue(at - 1, "favours")
            against = blame is not None and blame.get("sign") == "away" and not blame.get("plain")
            return not (against and way is not None and way.get("sign") == "towards")  # "to blame for it"
        ahead = self._goal_after(at + 1)
        return ahead.told and at == 0 and any(self.clauses.is_colon(i) for i in (ahead.end + 1, ahead.end + 2))

    def _elliptic(self, at: int) -> bool:
        """Whether a particle stands for a whole verb: "A pushes it up, B down"; "is for it, A against"."""
        before = at - 1
        cue = self.items[at].cue("way")
        return bool(self.found) and self.clauses.topic(before) is not None and cue is not None and before >= self.floor


def pushes(clauses: Clauses) -> Iterator[Push]:
    """All pushes that a sentence tells."""
    yield from Pushes(clauses).found
