"""Shares and chances: what a percentage or a fraction in a text of others says of weights and of outcomes."""

from __future__ import annotations

from reporter.verification.judges.judgement import contradicted, supported
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import FAR, NEAR, Binding, Bound, Figure, doubted
from reporter.verification.others.numbers.known import says
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral

_NEARLY = 0.08  # of a probability


class Shares(Binding):
    """Percentages and fractions."""

    def _as_share(self, at: int, item: Item, numeral: Numeral) -> Figure | None:
        """A percentage or fraction beside "influence", "weight", "of all"."""
        start, stop = self.clauses.clause(at)
        told = any(self.clauses.cue(i, "share", "weighs") for i in range(max(start, at - FAR), min(stop, at + FAR)))
        compared = any(self.clauses.cue(i, "more", "extent", "than") for i in (at + 1, at + 2))
        if not self.scope.wording.spaced and self.clauses.cue(at - 1, "extent", "more"):  # 比吸烟大八成
            compared = compared or any(True for _ in self.clauses.between(max(start, at - FAR), at, "than"))
        if not numeral.percent or not told or compared or self._chance_near(at):
            return None
        stands = [k for k in self.numbers.all() if k.kind in ("value", "baseline") and (k.unit == "%" or k.value <= 1)]
        if any(says(numeral, k) for k in stands) and not any(self.clauses.cue(i, "share") for i in (at + 1, at + 2)):
            return None
        push = next((p for p in self.pushes if p.start <= at + FAR and p.end >= at - FAR), None)
        subject = self.clauses.before(at, start)
        if not subject.names:
            later = self.clauses.after(at + 1, min(stop, at + 2 * FAR))
            subject = push.subject if push is not None and push.subject.names else later
        ids = [r.id for n in subject.names for r in n.of("feature", "phrase")]
        parts = ("share", "side_share")
        own = [k for i in dict.fromkeys(ids) for k in self.numbers.by_feature.get(i, ()) if k.kind in parts]
        known = (*(own if len(set(ids)) == 1 else ()), *self.numbers.sums(ids), *self.sums)
        match = next((k for k in known if says(numeral, k)), None)
        if match is not None:
            return Figure(at, "share", supported(match.fact), match.of)
        if subject.at and any(self.items[i].shape == "number" for i in range(at + 1, subject.at[0])):
            return None  # "58% come from three features, led by …"
        doubt = subject.doubt or self._doubt(at) or ("" if ids else "does not say of which feature")
        if numeral.bound == "about" and any(numeral.near(k.value) for k in known):
            doubt = doubt or "is near it"
        others = self.mentioned - set(ids)
        shares = [k for k in self.numbers.all() if k.kind in (*parts, "above", "below") and k.of in others]
        if self._first(item, numeral, shares, usual=False) is not None or len(set(ids)) > 1:
            doubt = doubt or "may be of something else"
        share = self.scope.facts.text(f"feature.{ids[0]}.share") if ids else ""
        return Figure(
            at, "share", doubted(contradicted(item.text, share, *([f"feature.{ids[0]}.share"] if ids else [])), doubt)
        )

    def _as_chance(self, at: int, item: Item, numeral: Numeral, bound: Bound | None) -> Figure | None:
        """A percentage beside a class, a word such as "probability" or "sure", or what the model says."""
        facts = self.scope.facts
        if (item.sign or self.clauses.cue(at - 1, "by")) and not numeral.percent:
            return None
        known = [k for k in self.numbers.outcome if k.kind in ("probability", "baseline_probability")]
        if self.clauses.cue(at + 1, "of") and any(self.clauses.cue(i, "factor") for i in (at + 2, at + 3)):
            return None
        if facts.regression or not known or (item.value is not None and item.value.unit):
            return None
        start, stop = self.clauses.clause(at)
        likely, classes = self._chance_near(at) or self._told_by_colon(at), self._classes(at, start, stop)
        told = likely or bool(classes) or (self._asserted(start, stop, at) and (bound is None or not bound.tight))
        beside = bound is not None and bound.tight and self.clauses.bracket(at) is not None  # "A (49%) pushes …"
        if not told or (beside and not likely) or not self._may_be_a_chance(item, numeral, likely=likely):
            return None
        if (ordered := self._in_order(at, start, stop)) is not None:
            classes = [ordered]
        matches = [k for k in known if says(numeral, k)]
        wanted = {r.id for n in classes[:1] for r in n.of("class")} or {facts.predicted.id}
        if any(k.of in wanted for k in matches):
            return Figure(at, "probability", supported(*(k.fact for k in matches if k.of in wanted)))
        fact = f"probability.{next(iter(sorted(wanted)))}"
        judgement = contradicted(item.text, facts.text(fact), fact)
        doubt = self._doubt(at)
        if matches and ordered is None:
            if len(classes) != 1 or len(wanted) != 1:
                return Figure(at, "probability", supported(matches[0].fact))
            only = likely and len({r.id for n in self._classes(at, 0, len(self.items)) for r in n.of("class")}) == 1
            sure = self._beside(at, classes[0]) or (only and self.scope.wording.spaced)
            doubt = doubt or ("" if sure else "may be of another class")
        elif (
            ordered is None
            and self._first(item, numeral, (*self.sums, *self.numbers.all()), usual=False) is not None
            and not likely
        ):
            return None
        least = 1.0 if self.scope.wording.spaced else _NEARLY  # of a chance, "about" is said of what is near
        near = (k.value for k in known if k.of in wanted and abs(k.value - numeral.value) <= least)
        if numeral.bound == "about" and any(numeral.near(value) for value in near):
            doubt = doubt or "is near it"
        beside = ordered is not None and at > 0 and self.clauses.class_at(at - 1) is not None
        equals = [i for i in range(max(0, at - NEAR), at) if self.clauses.class_at(i) is not None]
        beside = beside or (bool(equals) and self.items[at - 1].text in "=＝" and not self.scope.wording.spaced)
        if not likely and not numeral.percent and not beside:
            doubt = doubt or "may be something else"
        return Figure(at, "probability", doubted(judgement, doubt))

    def _told_by_colon(self, at: int) -> bool:
        """Whether a class and a colon stand before a number, where words are not set apart: 续约：0.74."""
        colon = at > 1 and self.clauses.is_colon(at - 1) and not self.scope.wording.spaced
        return colon and self.clauses.class_at(at - 2) is not None

    def _may_be_a_chance(self, item: Item, numeral: Numeral, *, likely: bool) -> bool:
        """Whether a number is written as a probability: in percent, as 0.71, or plainly beside "sure"."""
        if numeral.percent or (0 < numeral.value < 1 and numeral.decimals >= 2):
            return True
        digits = any(c.isdigit() for c in item.text) and f"{numeral.value:.0f}" not in self.numbers.labels
        return digits and likely and 1 <= numeral.value <= 100 and numeral.decimals <= 0

    def _classes(self, at: int, start: int, stop: int) -> list[Named]:
        """The classes named in a clause, the nearest to a number first."""
        found = [(abs(i - at), n) for i in range(start, stop) if (n := self.clauses.class_at(i)) is not None]
        return [named for _, named in sorted(found, key=lambda pair: pair[0])]

    def _in_order(self, at: int, start: int, stop: int) -> Named | None:
        """The one of several classes named before as many percentages: 入住和取消的概率分别为43%和57%."""
        if self.scope.wording.spaced:
            return None
        beside = at - 2 if at > 1 and self.items[at - 1].text in "（(：:" else at - 1
        if beside >= 0 and (nearest := self.clauses.class_at(beside)) is not None:
            return nearest  # 低风险18%
        numbers = [i for i in range(start, stop) if self.items[i].shape == "number"]
        named = [i for i in range(start, stop) if self.clauses.class_at(i) is not None]
        if len(named) < 2 or len(named) != len(numbers) or at not in numbers or named[-1] > numbers[0]:
            return None
        return self.clauses.class_at(named[numbers.index(at)])

    def _beside(self, at: int, named: Named) -> bool:
        near = range(max(0, at - NEAR), min(len(self.items), at + NEAR + 1))
        if not self.scope.wording.spaced:  # 这票判超时,不到三成的机会准点
            near = range(self._past(at, -1), self._past(at, 1))
        return any(self.items[i].named is not None and self.items[i].start == named.start for i in near)

    def _past(self, at: int, step: int) -> int:
        """Where the part between two commas ends in which an item stands."""
        while 0 <= at < len(self.items) and self.items[at].text not in ",，、":
            at += step
        return max(0, at)

    def _asserted(self, start: int, stop: int, at: int) -> bool:
        near = range(max(start, at - FAR), min(stop, at + FAR))
        topics = any(start <= i < stop for i in self.clauses.topics)
        return not topics and any(self.items[i].cue("reads", "model") for i in near)
