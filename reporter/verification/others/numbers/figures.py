"""Figures: what the numbers in a text of others are of, and whether they say what the facts say.

A number is *contradicted* only where its place tells what it is of, and nothing that is known of that says it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from reporter.verification.judges.judgement import Judgement, contradicted, supported, unverified
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import FAR, NEAR, SMALL, Bound, Figure, doubted
from reporter.verification.others.numbers.known import Known, says
from reporter.verification.others.numbers.sizing import Sizing
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral

_DERIVED = frozenset({"gap", "times", "percentile", "range", "side_share", "share"})  # what a number seldom says
_WHOLE = frozenset({"prediction", "baseline.output", "change", "usual", "weight", "net"})
_TENFOLD = (0.05, 20.0)
_TRIFLE = 0.05  # an amount so small is written with any sign
_SUM = "sum"
_ASSERTING = ("reads", "model", "goal", "goes")
_CERTAIN = ("model", "verdict", "goes")


class Figures(Sizing):
    """The numbers of one sentence, judged."""

    def all(self) -> Iterator[Figure]:
        """Every number that is no rank and no count."""
        for at, item in enumerate(self.items):
            if item.shape == "number" and at not in self.counted and item.numeral is not None:
                yield self._figure(at, item, item.numeral)

    def _figure(self, at: int, item: Item, numeral: Numeral) -> Figure:
        if self._counts_things(at, item) or self._is_clock(item) or at in self._bracketed:
            return Figure(at, "neutral", Judgement("neutral"))
        if self._none_of(at, item) or self._within_time(at, item) or self._shared_out(at):
            return Figure(at, "number", unverified(f"says {item.text}, which no fact decides"))
        if self._is_part(at, item):
            return Figure(at, "number", unverified(f"says {item.text} of something"))
        bound, usual = self._bound(at, item), self._usual(at)
        direct = any(self.clauses.cue(i, "share") for i in (at + 1, at + 2)) and numeral.percent
        own = [k for i in bound.ids for k in self._numbers_of(i, at)] if bound is not None else []
        if (times := self._multiple(at, item, numeral, bound)) is not None:
            return times
        match = self._first(item, numeral, own, usual=usual)
        if match is not None and match.kind in ("share", "side_share") and not self._weighs(at):
            match = None
        baseline = match is not None and match.kind == "baseline" and bound is not None and bound.tight
        exchanged = (
            baseline and not usual and (not self._spoken_of_usual() or self._swapped(at, match))
        )  # what is usual, told as if it were the value
        if match is not None and match.kind == "amount" and self._turned(item, match):
            way = self.scope.facts.text(f"feature.{match.of}.amount")
            return Figure(at, "amount", contradicted(item.text, way, f"feature.{match.of}.direction"), match.of)
        owner = bound or self._alone(at)
        if owner is not None and (turned := self._opposed(at, item, numeral, owner)) is not None:
            return turned
        if match is not None and not exchanged and not direct:
            return Figure(at, match.kind, supported(match.fact), match.of)
        if self._is_window(item):
            return Figure(at, "neutral", Judgement("neutral"))
        part = self._as_share(at, item, numeral) or self._as_chance(at, item, numeral, bound)
        return part or self._otherwise(at, item, numeral, bound, usual=usual, exchanged=exchanged)

    def _differs(self, at: int) -> bool:
        """Whether the words speak of a difference, where words are not set apart: 驾照拿了12年 does not."""
        start, stop = self.clauses.clause(at)
        kinds = ("than", "versus", "usual", "extent", "goes", "from", "moves", "way", "more")
        return self.scope.wording.spaced or any(True for _ in self.clauses.between(start, stop, *kinds))

    def _numbers_of(self, identifier: str, at: int) -> tuple[Known, ...]:
        """The known numbers of a feature that may be told here: an hour of the evening also by a clock of twelve."""
        differs = self._differs(at)
        own = [k for k in self.numbers.by_feature.get(identifier, ()) if differs or k.kind not in ("gap", "times")]
        evening = any(word in self.clauses.text for word in self.scope.wording.data["words"].get("evening", ()))
        late = (
            [replace(k, value=k.value - 12) for k in own if k.kind == "value" and 12 < k.value < 24] if evening else []
        )
        return (*own, *late)

    def _other_size(self, unit: str, numeral: Numeral) -> bool:
        """Whether the predicted value is told in a unit of another size, where words are not set apart: 18.6小时."""
        timed = self._is_time(unit) and self._is_time(self.numbers.counted_in)
        value = self.scope.facts["prediction"].value
        known = Known("prediction", "", "prediction", float(value)) if not isinstance(value, str) else None
        return not self.scope.wording.spaced and timed and known is not None and says(numeral, known)

    def _shared_out(self, at: int) -> bool:
        """Whether "respectively" gives numbers to names of which not all were understood."""
        words = self.scope.wording.data["words"].get("respectively", ())
        start, _ = self.clauses.clause(at)
        told = not self.scope.wording.spaced and any(
            self.items[i].text.startswith(tuple(words)) for i in range(start, at) if words
        )
        return told and not self._respectively(at)

    def _none_of(self, at: int, item: Item) -> bool:
        """Whether "one" is denied, where words are not set apart: 一节没上."""
        one = item.numeral is not None and item.numeral.value == 1 and not any(c.isdigit() for c in item.text)
        behind = at + 2 if self.clauses.cue(at + 1, "quantifier") else at + 1
        return not self.scope.wording.spaced and one and self.clauses.cue(behind, "not") is not None

    def _within_time(self, at: int, item: Item) -> bool:
        """Whether it is the time in which something was counted, where words are not set apart: 一年内零逾期."""
        unit = item.value.unit if item.value is not None else None
        after = self.items[at + 1].text if at + 1 < len(self.items) else ""
        inside = self.scope.wording.data["words"].get("inside", ())
        return not self.scope.wording.spaced and unit is not None and self._is_time(unit) and after in inside

    def _swapped(self, at: int, match: Known | None) -> bool:
        """Whether the value and what is usual have changed places: 房龄12年,通常为22年."""
        beside = any(self.clauses.cue(i, "from", "usual") for i in (at - 1, at + 1))
        if self.scope.wording.spaced or match is None or beside:
            return False
        _, stop = self.clauses.clause(at)
        values = [k for k in self.numbers.by_feature.get(match.of, ()) if k.kind == "value"]
        for i in range(at + 1, min(stop, at + FAR)):
            numeral = self.items[i].numeral
            if numeral is None or self.items[i].shape != "number":
                continue
            told = any(self.clauses.cue(j, "usual") for j in range(at + 1, i))
            return told and any(self._fits(self.items[i], numeral, k) and says(numeral, k) for k in values)
        return False

    def _turned(self, item: Item, known: Known) -> bool:
        """Whether the sign of an amount is the wrong one; where words are not set apart, a dash before it is a sign."""
        weight = self.scope.facts.feature(known.of).attribution if known.of else 0.0
        return not self.scope.wording.spaced and bool(item.sign) and item.sign * weight < 0

    def _otherwise(
        self, at: int, item: Item, numeral: Numeral, bound: Bound | None, *, usual: bool, exchanged: bool
    ) -> Figure:
        """A number that says nothing known of its feature, and is neither a share nor a chance."""
        doubt = self._doubt(at)
        known = () if exchanged else (*self.sums, *self._spoken_of())
        elsewhere = self._first(item, numeral, known, usual=usual)
        amount = self._as_amount(at, item, numeral, elsewhere)
        if amount is not None:
            sure = amount.kind == _SUM and not self.clauses.supposed
            return amount if sure else replace(amount, judgement=doubted(amount.judgement, doubt))
        if bound is not None and (value := self._as_value(at, item, bound, elsewhere, usual=usual)) is not None:
            return replace(value, judgement=doubted(value.judgement, doubt))
        if elsewhere is not None and self._may_be(elsewhere, item):
            return Figure(at, elsewhere.kind, supported(elsewhere.fact), elsewhere.of)
        if bound is None and elsewhere is None and (output := self._as_output(at, item)) is not None:
            return replace(output, judgement=doubted(output.judgement, doubt))
        if self._is_label(item):
            return Figure(at, "neutral", Judgement("neutral"))
        if (wrong := self._in_wrong_unit(item, numeral, bound)) is not None:
            return replace(wrong, at=at, judgement=doubted(wrong.judgement, doubt))
        return Figure(at, "number", unverified(f"says {item.text}, which no fact decides"))

    def _alone(self, at: int) -> Bound | None:
        """The one name before a number in its clause."""
        start, _ = self.clauses.clause(at)
        names = [i for i in self.clauses.topics if start <= i < at]
        return self._to(names[-1], tight=False) if len({self._ids(i) for i in names}) == 1 else None

    def _opposed(self, at: int, item: Item, numeral: Numeral, bound: Bound) -> Figure | None:
        """An amount whose sign says that the feature pushes the other way: "parity of 2: minus 84 g"."""
        before = self.items[at - 1].text.casefold() if at else ""
        told = self.scope.wording.data["numbers"].get("signs", {}).get(before, 0)
        sign = item.sign or told
        if not sign or len(bound.ids) != 1 or self._doubt(at) or self._usual(at):
            return None
        own = self.numbers.by_feature.get(bound.ids[0], ())
        amounts = [k for k in own if k.kind == "amount" and self._fits(item, numeral, k) and says(numeral, k)]
        stands = [k for k in own if k.kind in ("value", "baseline") and says(numeral, k)]
        if not amounts or stands or amounts[0].value < _TRIFLE:
            return None
        feature = self.scope.facts.feature(bound.ids[0])
        if feature.direction not in ("towards", "away") or (feature.direction == "towards") == (sign > 0):
            return None
        fact = f"feature.{feature.id}.direction"
        return Figure(at, "amount", doubted(contradicted(item.text, self.scope.facts.text(fact), fact), ""), feature.id)

    def _weighs(self, at: int) -> bool:
        """Whether the clause of a number speaks of parts or of weight, or the number stands in a bracket."""
        start, stop = self.clauses.clause(at)
        spoken = self.clauses.between(start, stop, "share", "weighs", "most", "place", "factor")
        return any(True for _ in spoken) or self.clauses.bracket(at) is not None or not self.scope.wording.spaced

    # Roles

    def _as_value(self, at: int, item: Item, bound: Bound, elsewhere: Known | None, *, usual: bool) -> Figure | None:
        """A number that stands right beside a feature, or has its unit: its value, or what is usual."""
        values = [k for i in bound.ids for k in self.numbers.by_feature.get(i, ()) if k.kind == "value"]
        if len(bound.ids) != 1 or not values or item.numeral is None or item.sign > 0:
            return None
        known, unit = values[0], item.value.unit if item.value is not None else None
        if unit in self.scope.wording.data.get("units", {}).get("points", ()):
            return None  # by how much a percentage differs
        same = unit is not None and known.unit != "" and self.scope.wording.same_unit(unit, known.unit)
        unitless = unit is not None and known.unit == "" and self._right_behind(bound, at)
        kind = "baseline" if usual else "value"
        if usual and self.scope.facts.get(f"feature.{known.of}.baseline") is None:
            return None
        shown = self.scope.facts.text(f"feature.{known.of}.{kind}") or self.scope.facts.text(known.fact)
        wrong = contradicted(item.text, shown, f"feature.{known.of}.{kind}")
        if self._per(at) and not same and "/" in known.unit:
            return None
        if unit is not None and not same and not unitless:
            first = known.unit.split("/")[0] if "/" in known.unit else ""
            if first and self.scope.wording.same_unit(unit, first) and says(item.numeral, replace(known, unit="")):
                return Figure(at, kind, supported(known.fact), known.of)  # 物业费2.8元, of 元/平方米
            if bound.tight and known.unit and says(replace(item.numeral, bound=""), replace(known, unit="")):
                return Figure(at, kind, contradicted(item.text, shown, known.fact), known.of)
            return None
        if item.numeral.percent and known.unit != "%":
            return None
        if self._scaled(item.numeral.value, known.value) and self.scope.wording.spaced:  # 万 is always written
            return None
        if same:
            mine = elsewhere is None or bound.tight or (elsewhere.of != known.of and elsewhere.kind in _DERIVED)
            return Figure(at, kind, wrong, known.of) if mine else None
        whole = elsewhere is not None and elsewhere.unit != "" and unit is None and not known.unit
        touches = bound.at == at + 1 and (not bound.named.partial or whole) and item.numeral.value > 1
        small = item.numeral.decimals <= 0 and abs(item.numeral.value) <= SMALL and not self._right_behind(bound, at)
        small = small and not (touches and known.value == int(known.value))
        taken = elsewhere is not None and elsewhere.kind in ("value", "baseline") and elsewhere.of != known.of
        foreign = elsewhere is not None and not (self._right_behind(bound, at) and taken)
        foreign = (
            foreign and not (whole and touches) and (elsewhere is None or elsewhere.kind not in ("count", *_DERIVED))
        )
        unsure = bound.named.partial and not self._right_behind(bound, at) and not (whole and touches)
        if not bound.tight or small or unsure or foreign:
            return None
        return Figure(at, kind, wrong, known.of)

    def _per(self, at: int) -> bool:
        """Whether a unit goes on: "395 kilograms per cubic metre"."""
        return at + 1 < len(self.items) and self.items[at + 1].text.casefold() in self.scope.wording.data["words"].get(
            "per", ()
        )

    def _scaled(self, said: float, value: float) -> bool:
        """Whether a number may say the value in a unit ten or a thousand times as large."""
        ratio = abs(said / value) if said and value else 0.0
        return (
            ratio > 0
            and not _TENFOLD[0] < ratio < _TENFOLD[1]
            and abs(math.log10(ratio) - round(math.log10(ratio))) < 1e-3
        )

    def _right_behind(self, bound: Bound, at: int) -> bool:
        """Whether it stands behind the name as values do: "X of 3", "X: 3", "X (3)"."""
        return bound.tight and bound.at < at

    def _as_amount(self, at: int, item: Item, numeral: Numeral, elsewhere: Known | None) -> Figure | None:
        """What a feature adds or takes: signed, in the unit of the outcome, or behind a verb that moves the score."""
        bound = self._bound(at, item)
        direct = (
            (bound.named,)
            if bound is not None and bound.tight and item.sign and item.value and not item.value.unit
            else ()
        )
        told = (
            self.items[at - 1].cue("copula") is not None and not self.scope.wording.spaced if at else False
        )  # 贡献是-1.38
        if (
            not direct
            and item.sign
            and at
            and self.items[at - 1].shape in ("word", "cue")
            and bound is None
            and not told
        ):
            return None
        subject = direct or self._respectively(at) or self._moved_by(at, item)
        ids = list(dict.fromkeys(r.id for n in subject for r in n.of("feature", "phrase")))
        if not ids or (self.clauses.cue(at + 1, "extent") and not item.sign):  # "ten million above the norm"
            return None
        own = [k for i in ids for k in self.numbers.by_feature.get(i, ()) if k.kind == "amount"]
        known = own if len(ids) == 1 else [*self.numbers.sums(ids), *own]
        match = next((k for k in known if self._fits(item, numeral, k) and says(numeral, k)), None)
        if match is not None:
            return Figure(at, "amount", supported(match.fact), match.of)
        if (sum_ := self._as_sum(at, item, ids, numeral, elsewhere)) is not None:
            return sum_
        mine = subject[0] if len(subject) == 1 else None
        if elsewhere is not None and elsewhere.of not in ("", *ids) and len(ids) == 1 and elsewhere.kind == "amount":
            tight = not self.scope.wording.spaced and len(mine.of("feature")) == 1 if mine else False
            if mine is not None and mine.partial and not tight:
                return None  # the amount of another feature, which the word may mean
            elsewhere = None
        if elsewhere is not None and elsewhere.kind in _WHOLE and mine is not None and self._follows(at):
            elsewhere = None
        if elsewhere is not None or (not self.scope.facts.regression and not item.sign) or len(ids) > 1:
            return None
        shown = self.scope.facts.text(f"feature.{ids[0]}.amount")
        if not any(c.isdigit() for c in item.text) and any(numeral.near(k.value) for k in own):
            return Figure(at, "amount", unverified(f"says {item.text}, roughly {shown}", f"feature.{ids[0]}.amount"))
        return Figure(at, "amount", contradicted(item.text, shown, f"feature.{ids[0]}.amount"), ids[0])

    def _as_sum(self, at: int, item: Item, ids: list[str], numeral: Numeral, elsewhere: Known | None) -> Figure | None:
        """What several features named together are said to move, where that is not their sum: 合计压低620元."""
        start, stop = self.clauses.clause(at)
        together = any(True for _ in self.clauses.between(start, stop, "together"))
        if self.scope.wording.spaced or not together or len(ids) < 2 or not self.scope.facts.regression:
            return None
        if elsewhere is not None or numeral.percent or self.clauses.elsewhere(start, stop):
            return None
        amounts = [self.scope.facts.feature(i).attribution for i in ids]
        total = max(abs(math.fsum(amounts)), math.fsum(map(abs, amounts)))
        facts = tuple(f"feature.{i}.amount" for i in ids)
        return Figure(at, _SUM, contradicted(item.text, f"{total:.4g}", *facts))

    def _follows(self, at: int) -> bool:
        """Whether a number stands right behind a verb that moves the score: "adds about 19"."""
        return any(p.subject.names and not p.doubt and 0 < at - p.end <= NEAR for p in self.pushes)

    def _respectively(self, at: int) -> tuple[Named, ...]:
        """The one of several names that stand before as many amounts: "A and B take off 25 and 18"."""
        start, stop = self.clauses.clause(at)
        numbers = [i for i in range(start, stop) if self._amounts(i)]
        names = [i for i in self.clauses.topics if start <= i < stop and self.clauses.bracket(i) is None]
        if len(names) < 2 or len(names) != len(numbers) or at not in numbers or names[-1] > numbers[0]:
            return ()
        named = self.clauses.topic(names[numbers.index(at)])
        return (named,) if named is not None else ()

    def _amounts(self, at: int) -> bool:
        """Whether an item is a number that can be an amount: no count."""
        item = self.items[at]
        plain = item.value is not None and not item.value.unit and not any(c.isdigit() for c in item.text)
        return item.shape == "number" and not plain and self.clauses.topic(at) is None

    def _moved_by(self, at: int, item: Item) -> tuple[Named, ...]:
        """The features that a number says the push of."""
        unit = item.value.unit if item.value is not None else None
        out = (
            unit is not None
            and self.numbers.counted_in != ""
            and self.scope.wording.same_unit(unit, self.numbers.counted_in)
        )
        if unit is not None and not out:
            return ()
        start, stop = self.clauses.clause(at)
        pushed = [p for p in self.pushes if start <= p.start < stop and abs(p.start - at) <= FAR + 2]
        if not self.scope.wording.spaced:  # 多施了3公斤,换回12公斤
            pushed = [p for p in pushed if p.start < at or not any(i.text in ",，" for i in self.items[at : p.start])]
            pushed = [p for p in pushed if not any(p.end < i < at for i in self.clauses.topics)]  # …减了3，星期只有1
        forward = (
            self.scope.facts.regression
            and self.clauses.cue(at + 1, "way")
            and self.clauses.topic(at + 2 + bool(self.clauses.cue(at + 2, "free")))
        )
        plus = item.sign or forward or any(self.clauses.cue(i, "sign") for i in (at - 1, at - 2, at + 1, at + 2))
        near = next(
            (p for p in sorted(pushed, key=lambda p: abs(p.end - at)) if p.subject.names and not p.subject.doubt), None
        )
        if near is not None and (out or plus or (self.scope.facts.regression and near.start < at <= near.end + NEAR)):
            return near.subject.names
        if plus or out:
            bound = self._bound(at, item)
            ahead = self.clauses.before(at, start)
            if bound is None and len(ahead.names) == 1 and not ahead.doubt and self.clauses.bracket(at) is None:
                bound = Bound(ahead.names[0], ahead.at[0], tight=False)
            acts = bound is not None and any(True for _ in self.clauses.between(bound.at, at, "weighs", "moves"))
            other = bound is not None and not self._has_unit(bound.at, unit or "")
            return (bound.named,) if bound is not None and (item.sign or plus or (out and acts and other)) else ()
        return ()

    def _as_output(self, at: int, item: Item) -> Figure | None:
        """A predicted value, where a clause names no feature and speaks of the model or of the outcome."""
        facts = self.scope.facts
        unit = item.value.unit if item.value is not None else None
        if not facts.regression or item.numeral is None or item.numeral.percent or item.sign:
            return None
        start, stop = self.clauses.clause(at)
        if any(start <= i < stop for i in self.clauses.topics):
            return None
        kinds = _ASSERTING if unit is not None else _CERTAIN
        told = any(
            self.items[i].cue(*kinds) or self.clauses.class_at(i) is not None
            for i in range(max(start, at - FAR), min(stop, at + NEAR))
        )
        same = unit is not None and self.scope.wording.same_unit(unit, self.numbers.counted_in)
        if self._is_label(item):
            return None
        large = item.numeral.value > SMALL
        resized = unit is not None and not same and told and self._other_size(unit, item.numeral)
        if not told or (unit is not None and not same and not resized) or (unit is None and not large):
            return None
        if item.numeral.bound == "about" and item.numeral.near(float(facts["prediction"].value)):
            return None
        if "truth" in facts and says(item.numeral, Known("truth", "", "truth", float(facts["truth"].value))):
            return None
        which = "baseline.output" if self._usual(at) and "baseline.output" in facts else "prediction"
        if any(True for _ in self.clauses.between(start, stop, "truth")):
            which = "truth"
        if which not in facts or (
            which == "truth" and says(item.numeral, Known("truth", "", "truth", float(facts[which].value)))
        ):
            return None
        return Figure(at, "output", contradicted(item.text, facts.text(which), which))
