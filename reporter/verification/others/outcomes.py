"""Outcomes: what others say the model decided, how many features push which way, and whether all of them do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reporter.fact import Direction
from reporter.situation import holds as said
from reporter.verification.judges.judgement import (
    OPPOSITE,
    Judgement,
    contradicted,
    supported,
    unverified,
    whether,
)
from reporter.verification.others.clauses import LEFT_OUT, Clauses, Subject
from reporter.verification.others.directions.agents import Push
from reporter.verification.text.mentions import Named

_NEAR, _FAR = 3, 6  # items
_LOUD = 0.15  # of all influence: a feature that nobody would leave out of "the only big one"
_ARTICLES = frozenset(("a", "an", "one"))
_NOTABLE = 0.05  # of all influence: a feature below it may be left out of "all" and "only"


class Outcomes:
    """What a sentence says of the prediction and of the features as a whole."""

    def __init__(self, clauses: Clauses, pushes: Sequence[Push]) -> None:
        self.clauses, self.items, self.pushes = clauses, clauses.items, pushes
        self.facts = clauses.scope.facts
        self.counted: set[int] = set()

    # The class that the model says

    def predictions(self) -> Iterator[tuple[int, Judgement]]:
        """Every class that is told as the outcome."""
        facts = self.facts
        if facts.regression:
            return
        for at in range(len(self.items)):
            named = self.clauses.class_at(at)
            if named is None or not self._is_verdict(at) or self._is_weighed(at, named):
                continue
            start, stop = self.clauses.clause(at)
            # A label may be explained that the model does not say.
            holds = facts.predicted.id in {r.id for r in named.of("class")} and said(facts.explanation.prediction)
            negated = self.clauses.negated(at, max(start, at - _FAR))
            without = self.clauses.scope.wording.spaced and self.clauses.cue(at - 1, "lacks", "except") is not None
            without = without and not self.clauses.cue(at - 2, "and")  # "with or without hail"
            negated = negated is not without  # "will probably work without outage"
            judgement = whether(holds is not negated, named.text, facts.predicted.name, "prediction")
            doubt = self._doubt(at, start, stop, named)
            if judgement.verdict == "contradicted" and doubt:
                judgement = unverified(doubt, "prediction")
            yield at, judgement

    def _is_verdict(self, at: int) -> bool:
        """Whether a class stands where the outcome is told."""
        start, stop = self.clauses.clause(at)
        if any(p.start <= at <= p.end and (p.subject.names or not self._by_model(p)) for p in self.pushes):
            return False
        if any(start <= i < at for i in self.clauses.topics) and not self._model(start, at):
            return False
        if (
            not self.clauses.scope.wording.spaced
            and self.clauses.cue(at - 1, "model")
            and self.clauses.cue(at + 1, "free")
        ):
            return True  # 模型淘汰了你
        reason = next(self.clauses.between(at, stop, "owing"), stop)  # "it is refused because of …"
        told = self.items[start:reason]
        alone = all(i.shape == "mark" or i.cue("free", "copula") or i.named is not None for i in told)
        return self._model(max(start, at - _FAR), min(stop, at + _NEAR + 1)) or alone

    def _is_weighed(self, at: int, named: Named) -> bool:
        """Whether the probability of that very class is told, which is lower than that of the outcome."""
        start, stop = self.clauses.clause(at)
        near = range(max(start, at - _FAR), min(stop, at + _FAR + 1))
        chances = [self.facts.get(f"probability.{r.id}") for r in named.of("class")]
        values = [float(c.value) for c in chances if c is not None and not isinstance(c.value, str)]
        told = [n for i in near if (n := self.items[i].numeral) is not None and n.percent]
        return any(n.agrees(value, strict=False) for n in told for value in values if value < 0.5)

    def _model(self, start: int, stop: int) -> bool:
        return any(self.items[i].cue("reads", "verdict", "likeliest") for i in range(start, stop))

    def _by_model(self, push: Push) -> bool:
        start, _ = self.clauses.clause(push.start)
        return any(self.items[i].cue("model") for i in range(start, push.start))

    def _doubt(self, at: int, start: int, stop: int, named: Named) -> str:
        if self.clauses.supposed:
            return "is asked or supposed, not stated"
        if word := self.clauses.elsewhere(start, stop):
            return f"{word!r} stands where it cannot be read"
        first, last = (start, stop) if self.clauses.scope.wording.spaced else self._part(at, start, stop)
        if any(self.items[i].cue("lacks", "except") for i in range(at + 1, stop)):
            return "may be what it would be without something"
        if any(self.items[i].cue("truth", "usual", "versus", "likely", "unlikely") for i in range(first, last)):
            return "may be said of something else than the outcome"
        if len({r.id for i in range(start, stop) if (n := self.clauses.class_at(i)) for r in n.of("class")}) > 1:
            return "names several outcomes"
        near = range(max(start, at - _FAR), min(stop, at + _NEAR + 2))
        if named.partial and not any(self.items[i].cue("verdict", "likeliest", "reads") for i in near):
            return "may not name the outcome"
        return ""

    def _part(self, at: int, start: int, stop: int) -> tuple[int, int]:
        """The stretch between the commas around an item."""
        first = next((i + 1 for i in range(at, start - 1, -1) if self.items[i].text in ",，"), start)
        return first, next((i for i in range(at, stop) if self.items[i].text in ",，"), stop)

    # How many

    def counts(self) -> Iterator[tuple[int, Judgement]]:
        """How many features push one way, all of them, or none."""
        for push in self.pushes:
            before = [i for i in push.subject.at if i < push.start and not self._excepted(i)]
            if push.sign is None or push.other is not None or before:
                continue
            start, _ = self.clauses.clause(push.start)
            floor = max((p.end + 1 for p in self.pushes if p.end < push.start), default=0)
            said = self._said(max(start, floor, 0), push.start)
            if said is None or any(
                True for _ in self.clauses.between(max(start, push.start - _NEAR), push.start, "what")
            ):
                continue
            sign = OPPOSITE[push.sign] if push.negated else push.sign
            doubt = (push.doubt if push.doubt != LEFT_OUT else "") or (
                "is asked or supposed, not stated" if self.clauses.supposed else ""
            )
            judgement = self._counted(said, sign)
            some = any(self.clauses.cue(i + 1, "it", "several") for i in self.clauses.between(start, push.start, "of"))
            if some or any(True for _ in self.clauses.between(start, push.start, "several")):
                doubt = doubt or "may count only some"
            if any(True for _ in self.clauses.between(start, push.start, "not")):
                doubt = doubt or "is denied"
            if any(push.end < i < self.clauses.clause(push.start)[1] for i in self.clauses.topics):
                doubt = doubt or "may count only some"
            alike = said in ("all", "none") and self.clauses.scope.wording.spaced
            if alike and any(True for _ in self.clauses.between(start, push.start, "place")):
                doubt = doubt or "may count only some"  # "all of the five strongest"
            if judgement.verdict == "contradicted" and (
                doubt or (isinstance(said, int) and not self._whole(start, push.start))
            ):
                judgement = unverified(doubt or "does not say of which features", *judgement.facts)
            yield push.start, judgement

    def _said(self, start: int, end: int) -> int | str | None:
        """The count that stands before a push: a number, "all" or "none"; None when the words name features."""
        if any(start <= i < end and not self._excepted(i) for i in self.clauses.topics):
            return None
        for i in range(start, end):
            cue = self.items[i].cue("quantifier")
            denied = any(self.clauses.cue(j, "not") for j in (i - 1, i - 2))
            if cue is not None and cue.get("means") in ("all", "none") and self._of_features(i, end) and not denied:
                return str(cue.get("means"))
        for i in reversed(range(start, end)):
            numeral = self.items[i].numeral
            first = self.clauses.cue(i + 1, "place")
            if numeral is not None and first and first.get("noun") and not self.clauses.cue(i + 2, "factor"):
                continue  # "two key players"
            if numeral is not None and first:
                self.counted.add(i)
                return f"top {numeral.value:.0f}"
            if (value := self.items[i].value) is not None and value.unit:
                continue
            whole = numeral is not None and numeral.value == int(numeral.value) and not numeral.percent
            if (
                whole
                and numeral is not None
                and 0 < numeral.value <= len(self.facts.features)
                and not self.items[i].sign
            ):
                if any(self.clauses.cue(j, "of") for j in (i - 1, i - 2)):
                    self.counted.add(i)  # "of the eight inputs, five raise"
                    continue
                self.counted.add(i)
                return int(numeral.value)
        return None

    def _excepted(self, at: int) -> bool:
        return any(self.clauses.cue(i, "except") for i in range(max(0, at - _NEAR), at))

    def _of_features(self, at: int, end: int) -> bool:
        counters = tuple(self.clauses.scope.wording.data["words"].get("counted_by", ()))
        if counters and self.items[at].text.endswith(counters):
            return True  # 没有一项支持
        words = self.clauses.scope.wording
        if words.spaced:
            noun = next((i for i in range(at, min(at + _FAR, end)) if self.items[i].cue("factor")), None)
            rest = words.data["words"].get("rest", ())  # "all other things"
            return noun is not None and not any(i.text.casefold() in rest for i in self.items[at:noun])
        start = max(self.clauses.clause(at)[0], at - _FAR)  # 七项因素全部
        return any(self.items[i].cue("factor") for i in range(start, min(at + _FAR, end)))

    def _whole(self, start: int, end: int) -> bool:
        """Whether it is said of how many: "five of the eight inputs"."""
        totals = self.clauses.scope.wording.data["words"].get("totals", ())
        return any(self.items[i].cue("of", "factor") or self.items[i].text in totals for i in range(start, end))

    def _counted(self, said: int | str, sign: Direction) -> Judgement:
        among = [f for f in self.facts.features if f.direction == sign]
        left_out = self._left_out()
        against = [f for f in self.facts.features if f.direction == OPPOSITE[sign] and f.id not in left_out]
        fact = f"{sign}.count"
        if isinstance(said, str) and said.startswith("top "):
            first = [f for f in self.facts.features if f.rank <= int(said[4:])]
            wrong = next((f for f in first if f.direction != sign), None)
            return whether(wrong is None, f"all of the {said}", f"not {wrong.name}" if wrong else "", fact)
        if said == "all":
            loud = [f for f in against if self.facts.explanation.feature(f.id).share >= _NOTABLE]
            return (
                contradicted("all", f"not {loud[0].name}", fact)
                if loud
                else whether(not against, "all", len(among), fact)
            )
        if said == "none":
            loud = [f for f in among if self.facts.explanation.feature(f.id).share >= _NOTABLE]
            return contradicted("none", loud[0].name, fact) if loud else supported(fact)
        return whether(said == len(among), said, len(among), fact)

    def _left_out(self) -> set[str]:
        """The features that are named as exceptions: "all but X"."""
        found: set[str] = set()
        for at in self.clauses.between(0, len(self.items), "except"):
            found |= {r.id for n in self.clauses.after(at + 1).names for r in n.referents}
        return found

    # Only one

    def only(self) -> Iterator[tuple[int, Judgement]]:
        """That nothing but the features named pushes that way."""
        for push in self.pushes:
            if push.sign is None or push.other is not None or push.doubt or push.negated or not push.subject.at:
                continue
            first, last = min(push.subject.at), max(push.subject.at)
            behind = first > push.start and not self.clauses.scope.wording.spaced  # 唯一支持白鹭的是翼展
            opening = self.clauses.clause(first)[0] if behind else max(0, first - _NEAR)
            near = [
                i
                for i in (*range(opening, first), *range(last + 1, push.start))
                if not self._counts(i + 1) and self.clauses.cue(i - 1, "it") is None
            ]
            near = [
                i
                for i in near
                if (i < first and self._opens(i, first))
                or self.clauses.cue(i + 1, "factor", "favours", "way", "reason")
                or self._alone(i, last)
            ]
            only = next(
                (i for i in near if self.clauses.cue(i, "only") and (i < first or self._noun(i, push.start))), None
            )
            if only is None or (self.clauses.scope.wording.spaced and self.clauses.supposed):
                continue  # "without the others, it alone would …"
            named = {r.id for n in push.subject.names for r in n.referents}
            rest = [f for f in self.facts.features if f.direction == push.sign and f.id not in named]
            big = any(True for _ in self.clauses.between(only, push.start, "extent"))
            least = _LOUD if big else _NOTABLE
            loud = [f for f in rest if self.facts.explanation.feature(f.id).share >= least]
            if big and not loud:
                continue
            if loud:
                yield only, contradicted("the only one", f"also {loud[0].name}", f"feature.{loud[0].id}.direction")
            else:
                yield (
                    only,
                    whether(not rest, "the only one", f"also {rest[0].name}" if rest else "", f"{push.sign}.count"),
                )

    def _opens(self, at: int, first: int) -> bool:
        """Whether "only" stands before a name and belongs to it."""
        start, _ = self.clauses.clause(at)
        numbers = any(self.items[i].shape == "number" for i in range(at, first))
        return not numbers and not any(start <= i < at for i in self.clauses.topics)

    def _alone(self, at: int, last: int) -> bool:
        """Whether a name is followed by "alone"."""
        cue = self.items[at].cue("only")
        if self.clauses.cue(at - 1, "it") is not None:
            return False
        return at == last + 1 and cue is not None and bool(cue.get("behind"))

    def _counts(self, at: int) -> bool:
        """Whether a number follows: "only one company" leaves nothing else out."""
        item = self.items[at] if at < len(self.items) else None
        article = item is not None and item.text.casefold() in _ARTICLES  # "only a single pass"
        return item is not None and (article or item.shape in ("number", "word") or item.cue("copula") is not None)

    def _noun(self, at: int, end: int) -> bool:
        return any(self.items[i].cue("factor", "favours", "way") for i in range(at, min(at + _NEAR, end + 1)))


def is_subject(subject: Subject) -> bool:
    """Whether something is said of names at all."""
    return bool(subject.names)
