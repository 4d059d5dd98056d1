"""Placing: how others rank features, compare them with each other and with what is usual, or say they hardly count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reporter.fact import Direction
from reporter.verification.clauses import Clauses, Subject
from reporter.verification.judgement import OPPOSITE
from reporter.verification.mentions import Named, Referent
from reporter.verification.pushing import Push
from reporter.verification.valence import good_side

_NEAR, _FAR = 3, 6  # items


@dataclass(frozen=True)
class Said:
    """One statement of a sentence: what judge it is for, what the words settle, of what, and why it is not sure."""

    kind: str
    start: int  # items
    end: int
    subject: Subject
    settings: dict[str, Any]
    doubt: str = ""
    negated: bool = False


class Places:
    """The ranks of a sentence, its comparisons, and what it says of sizes and values without a number."""

    def __init__(self, clauses: Clauses, pushes: tuple[Push, ...]) -> None:
        self.clauses, self.items, self.pushes = clauses, clauses.items, pushes
        self.used: set[int] = set()

    def all(self) -> Iterator[Said]:
        """Everything it says of that kind."""
        yield from self._comparisons()
        yield from self._ranks()
        yield from self._little()
        yield from self._extents()
        yield from self._lacking()

    # Ranks

    def _ranks(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            if at in self.used or item.shape != "cue" or not (place := self._place(at)):
                continue
            rank, end, doubt = place
            side = self._side(at, end)
            subject = self._ranked(at, end)
            if not subject.names:
                continue
            settings: dict[str, Any] = {"rank": rank}
            if side is not None:
                settings["sign"] = side
            negated = self.clauses.negated(at, max(0, at - _NEAR))
            doubt = doubt or self._for_something(end) or subject.doubt or ("is denied" if negated else "")
            if _several(subject) and not item.cue("most"):
                doubt = doubt or "names several for one place"
            yield Said("rank", at, end, subject, settings, doubt)

    def _for_something(self, end: int) -> str:
        """Why a place may be one among the reasons for something that was not understood: "speaks most for a sale"."""
        for i in range(end + 1, min(end + 3, len(self.items))):
            if self.items[i].cue("way") and not any(p.start <= i <= p.end and p.goal for p in self.pushes):
                return "does not say for what"
        return ""

    def _place(self, at: int) -> tuple[int | str, int, str] | None:
        """The rank that a cue says, where it ends, and why it is not sure."""
        item = self.items[at]
        partly = any(self.clauses.cue(i, "partly") for i in (at - 1, at - 2)) or self._among(at)
        several = any(
            n is not None and n.value > 1 for n in (self.items[i].numeral for i in (at - 1, at - 2) if i >= 0)
        )
        doubt = "says one of several" if partly or several else ""
        if cue := item.cue("numero"):
            numeral = self.items[at + 1].numeral if at + 1 < len(self.items) else None
            return (int(numeral.value), at + 1, doubt) if numeral is not None and numeral.value >= 1 else None
        if cue := item.cue("ordinal"):
            superlative = self.clauses.cue(at + 1, "place")
            if superlative is not None:
                self.used.add(at + 1)
                rank = "last" if superlative.get("place") == "last" else cue.get("place")
                return (rank, at + 1, doubt or ("counts from below" if rank == "last" else ""))
            part = self.clauses.cue(at + 1, "of") is not None  # "a third of a point"
            return (cue.get("place"), at, doubt) if self._ranks_something(at) and not part else None
        if cue := item.cue("place"):
            if cue.get("noun") and not self._noun(at):
                return None
            return (cue.get("place"), at, doubt) if self._is_superlative(at, loud=bool(cue.get("alone"))) else None
        if cue := item.cue("most"):
            start, stop = self.clauses.clause(at)
            near = range(max(start, at - _FAR), min(stop, at + _NEAR))
            acts = any(self.items[i].cue("weighs", "moves", "shoves", "favours", "owing", "speaks") for i in near)
            adverb = cue.get("alone") and any(at < i <= at + _NEAR for i in self.clauses.topics)
            return (cue.get("place"), at, doubt) if (acts and not cue.get("alone")) or adverb else None
        return None

    def _among(self, at: int) -> bool:
        """Whether a place is one among some: "the largest of them", "of the four negative ones"."""
        second = self.items[1] if len(self.items) > 1 else None
        if self.items[0].cue("of", "partly") and second and (second.cue("it", "free") or second.shape == "number"):
            return not any(self.clauses.cue(i, "factor") for i in range(1, 5)) or self.clauses.cue(1, "it") is not None
        near = range(max(0, at - _FAR), min(at + 1 + _FAR, len(self.items)))
        total = len(self.clauses.scope.facts.features)
        numerals = [self.items[i].numeral for i in near]
        if any(numeral is not None and numeral.value == total for numeral in numerals):
            return False  # "of the nine inputs" are all of them
        return any(
            self.items[i].cue("of")
            and any(
                self.items[j].cue("it", "which") or self.items[j].shape == "number"
                for j in (i, i + 1, i + 2)
                if j < len(self.items)
            )
            for i in near
        )

    def _noun(self, at: int) -> bool:
        return any(
            (self.clauses.cue(i, "factor", "weighs", "favours", "goal", "way") is not None)
            for i in range(at + 1, at + 1 + _NEAR)
            if i < len(self.items) and not any(self.items[j].shape == "word" for j in range(at + 1, i))
        )

    def _is_superlative(self, at: int, *, loud: bool) -> bool:
        """Whether a superlative is of weight: followed by a noun such as "factor", or by no noun at all."""
        if self._noun(at):
            return True
        nxt = at + 1
        while nxt < len(self.items) and self.items[nxt].cue("free"):
            nxt += 1
        if nxt >= len(self.items):
            return True
        item = self.items[nxt]
        if self.clauses.topic(nxt) is not None or item.named is not None:
            return loud
        return (
            item.shape == "mark"
            or bool(item.cue("copula", "by", "way", "and", "contrast", "quantifier", "which"))
            or loud
        )

    def _ranks_something(self, at: int) -> bool:
        """Whether an ordinal is a rank: "ranks second", "the second reason", "second: …", "X second"."""
        if self._noun(at) or self.clauses.cue(at - 1, "ranks") or self.clauses.cue(at - 2, "ranks"):
            return True
        if self.clauses.cue(at + 1, "ranks") or self.clauses.cue(at + 2, "ranks"):
            return True
        ends = at + 1 >= len(self.items) or self.items[at + 1].shape == "mark" or self.clauses.cue(at + 1, "and")
        starts = at == 0 or self.items[at - 1].shape == "mark"
        copula = self.clauses.cue(at + 1, "copula") is not None or self.clauses.is_colon(at + 1)
        named = any(self.clauses.topic(i) is not None for i in (at - 1, at - 2) if i >= 0)
        said = self.clauses.cue(at - 1, "copula") is not None or self.clauses.cue(at - 2, "copula") is not None
        return bool((starts and copula) or (ends and (named or said)))

    def _side(self, at: int, end: int) -> Direction | None:
        """The side among which it ranks: "the main argument against", "the biggest minus"."""
        for push in self.pushes:
            if push.sign is not None and push.other is None and not push.doubt and self._leads_to(push, at):
                return OPPOSITE[push.sign] if push.negated else push.sign
            if (
                push.other is None
                and push.sign is not None
                and not push.doubt
                and at <= push.end
                and push.start <= end + _FAR
            ):
                gap = self.items[end + 1 : push.start]
                inside = any(
                    i.shape == "mark" or i.named is not None or i.cue("and", "copula", "which", "contrast") for i in gap
                )
                if push.start >= at and not inside:
                    return OPPOSITE[push.sign] if push.negated else push.sign
        for i in range(end + 1, min(end + 1 + _NEAR, len(self.items))):
            cue = self.items[i].cue("favours")
            good = good_side(self.clauses.scope.facts)
            if cue is not None and good is not None:
                return good if cue.get("sign") == "towards" else OPPOSITE[good]
        return None

    def _leads_to(self, push: Push, at: int) -> bool:
        """Whether a push stands right before a superlative that speaks of it: 拉低价格最多的是."""
        gap = self.items[push.end + 1 : at]
        return (
            not self.clauses.scope.wording.spaced
            and 0 <= at - push.end - 1 <= _NEAR
            and all(item.shape == "cue" and not item.cue("contrast", "and") for item in gap)
        )

    def _told_behind(self, end: int) -> int | None:
        """Where the name stands that a copula ties to the rank before it: 第二位是促销."""
        for i in range(end + 1, min(end + 1 + _FAR, len(self.items))):
            if self.clauses.topic(i) is not None:
                ties = any(self.items[j].cue("copula") for j in range(end, i)) or self.items[end].text.endswith(
                    ("是", "为")
                )
                return i if ties else None
            if not self.items[i].cue("free", "copula", "quantifier", "of"):
                return None
        return None

    def _ranked(self, at: int, end: int) -> Subject:
        """What holds a place: the name before it in its clause, else the name behind it."""
        start, stop = self.clauses.clause(at)
        comma = max(
            (i + 1 for i in range(start, at) if self.items[i].text in ",，" and self._opens(i, at)), default=start
        )
        before = self.clauses.before(at, max(start, comma))
        if self.items[at].cue("numero") and self.clauses.topic(end + 1) is not None:
            first = self.clauses.after(end + 1, stop)  # "#1 debt burden, #2 income"
            return Subject(first.names[:1], first.doubt, first.at[:1])
        if not self.clauses.scope.wording.spaced and (next_ := self._told_behind(end)) is not None:
            return self.clauses.after(next_, next_ + 1)
        if before.names and not self._gapped(at, end, stop):
            return before
        if any(True for _ in self.clauses.between(max(start, comma), at, "copula")) and not self._asked(start, at):
            return Subject()  # "… is the strongest", of something that was not understood
        cleft = not self.items[at].cue("most") or any(True for _ in self.clauses.between(start, at, "what"))
        after = self.clauses.after(end + 1, stop)
        if after.names and (cleft or self.items[at].cue("most").get("alone")):  # type: ignore[union-attr]
            return Subject(after.names[:1], after.doubt, after.at[:1])
        if comma > start and (apposed := self.clauses.before(at, start)).names:
            return Subject(apposed.names[-1:], apposed.doubt, apposed.at[-1:])
        if any(True for _ in self.clauses.between(start, at + 2, "it")) and (earlier := self.clauses.before(at)).names:
            return Subject(earlier.names[-1:], earlier.doubt or "does not say of which feature", earlier.at[-1:])
        opens = self.clauses.cue(0, "it") is not None and not self.clauses.cue(0, "several")
        if opens and all(i.shape == "cue" for i in self.items[:at]) and self.clauses.memory.names:
            last = self.clauses.memory.names[-1:]
            same = {r.id for n in self.clauses.memory.names for r in n.referents}
            return Subject(last, "" if len(same) == 1 else "does not say of which feature")
        return Subject()

    def _opens(self, comma: int, at: int) -> bool:
        """Whether a comma before a rank begins a clause, and not an apposition: "X, the second reason, …"."""
        return any(self.clauses.topic(i) is not None for i in range(comma + 1, at)) or not any(
            self.clauses.topic(i) is not None for i in range(comma)
        )

    def _gapped(self, at: int, end: int, stop: int) -> bool:
        """Whether a place opens a clause without a verb: "the largest is A, the smallest B"."""
        opens = at
        while opens > 0 and self.items[opens - 1].cue("free", "and") and not self.items[opens - 1].cue("copula"):
            opens -= 1
        behind = next((i for i in self.clauses.topics if end < i < stop), None)
        if behind is None or behind - end > _NEAR or not opens or self.items[opens - 1].text not in ",，":
            return False
        return all(self.items[i].cue("free", "way", "factor") for i in range(end + 1, behind))

    def _asked(self, start: int, at: int) -> bool:
        """Whether the subject comes behind: "what matters most is …", "most important of all is …"."""
        return any(True for _ in self.clauses.between(start, at, "what"))

    # Comparisons

    def _comparisons(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            cue = item.cue("outweighs", "than")
            if cue is None:
                continue
            behind = self.clauses.after(at + 1, self.clauses.clause(at)[1])
            if not behind.names or behind.at[0] - at > _NEAR + 1 or self._strangers(at + 1, behind.at[0]):
                continue
            if item.cue("outweighs"):
                yield from self._pair(at, at, behind, less=bool(cue.get("less")), follows=bool(cue.get("follows")))
                continue
            more = next((i for i in range(at - 1, max(-1, at - _FAR), -1) if self.items[i].cue("more")), None)
            if not self.clauses.scope.wording.spaced:  # 作用比光伏小
                yield from self._compared(at, behind)
                continue
            weighty = more is not None and self._weighty(more)
            if more is not None and weighty:
                found = self.items[more].cue("more")
                yield from self._pair(more, at, behind, less=bool(found and found.get("less")), follows=False)

    def _compared(self, at: int, behind: Subject) -> Iterator[Said]:
        """A comparison whose adjective stands behind the name: 作用比光伏小, 比光伏更重要."""
        behind = Subject(behind.names[:1], behind.doubt, behind.at[:1])
        more = self._more_behind(behind.at[0])
        if more is not None and self._weighty(more):
            found = self.items[more].cue("more")
            yield from self._pair(at, at, behind, less=bool(found and found.get("less")), follows=False)

    def _more_behind(self, at: int) -> int | None:
        for i in range(at + 1, min(at + 1 + _NEAR, len(self.items))):
            if self.items[i].cue("more"):
                self.used.add(i)
                return i
            if self.items[i].shape == "mark":
                break
        return None

    def _weighty(self, more: int) -> bool:
        cue = self.items[more].cue("more")
        if cue is not None and cue.get("alone"):
            return True
        start, stop = self.clauses.clause(more)
        return any(
            True for _ in self.clauses.between(start, stop, "weighs", "moves", "shoves", "factor", "favours", "speaks")
        )

    def _pair(self, at: int, than: int, behind: Subject, *, less: bool, follows: bool) -> Iterator[Said]:
        before = self.clauses.before(at)
        doubt = before.doubt or behind.doubt
        start, stop = self.clauses.clause(at)
        together = any(True for _ in self.clauses.between(start, stop, "together"))
        if not before.names or (_several(behind) and not follows) or _several(before):
            doubt = doubt or "compares several"
        if self.clauses.negated(at, start) or together:
            doubt = doubt or "does not say which is the stronger"
        names = (*before.names[-1:], *behind.names[:1])
        if len(names) == 2 and not {r.id for r in names[0].referents} & {r.id for r in names[1].referents}:
            self.used.update(range(at, than + 1))
            kind = "followed" if follows else "stronger"
            subject = Subject(names, doubt, (*before.at[-1:], *behind.at[:1]))
            yield Said(kind, at, behind.at[0], subject, {"less": less}, doubt)

    def _strangers(self, start: int, end: int) -> bool:
        return any(self.items[i].shape in ("word", "number") for i in range(start, end))

    # What hardly counts

    def _little(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            cue = item.cue("little")
            denied = bool(item.cue("weighs")) and self.clauses.negated(at, max(0, at - _NEAR))
            if cue is None and not denied:
                continue
            start, stop = self.clauses.clause(at)
            near = range(max(start, at - _NEAR), min(stop, at + _FAR))
            if not denied and self.clauses.cue(at + 1, "factor") and not self.clauses.cue(at + 1, "weighs"):
                continue  # "no column is as heavy"
            if (
                not denied
                and cue is not None
                and not cue.get("alone")
                and not any(self.items[i].cue("weighs", "moves", "shoves", "favours", "factor") for i in near)
            ):
                continue
            subject = self.clauses.before(at, start)
            if not subject.names:
                subject = self.clauses.after(at + 1, stop)
            if subject.names:
                more = any(self.items[i].cue("more", "than", "place", "most") for i in near)
                push = any(
                    p.goal
                    and p.subject.names
                    and p.start - _NEAR <= at <= p.end + _NEAR
                    and not self.items[at].cue("little")
                    for p in self.pushes
                )
                push = push and not denied
                slight = "says that it does so slightly" if cue is not None and cue.get("slight") else ""
                untrue = cue is not None and not denied and self.clauses.negated(at, max(start, at - _NEAR))
                doubt = (
                    subject.doubt
                    or slight
                    or ("is denied" if untrue else "")  # "not because nothing stands out"
                    or ("compares" if more else "")
                    or ("" if not push else "denies a direction")
                )
                yield Said("negligible", at, at, subject, {}, doubt)

    # Values without a number

    def _extents(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            cue = item.cue("extent")
            pushed = any(p.start <= at <= p.end for p in self.pushes)
            if (
                cue is None
                or at in self.used
                or pushed
                or self.clauses.cue(at + 1, "factor", "weighs", "favours")
                or (at and self.items[at - 1].shape == "number")
            ):
                continue
            subject = self._of_extent(at)
            only = next((c for c in item.cues if c.kind == "extent" and c.get("only")), None)
            if not subject.names and only is not None and only.get("compares") and self._by_itself(at):
                subject, cue = self._only_one(only.get("only")), only
            if not subject.names:
                continue
            usual = any(True for _ in self.clauses.between(at, at + _FAR, "usual"))
            than = any(True for _ in self.clauses.between(at, at + _NEAR, "than"))
            if (cue.get("usual") or than) and not usual:
                continue
            place = (
                {"high": "higher", "low": "lower"}[cue.get("place")]
                if usual or cue.get("compares")
                else cue.get("place")
            )
            negated = self.clauses.negated(at, max(0, at - _NEAR))
            kind = cue.get("only")
            yield Said("standing_of_value", at, at, subject, {"place": place, "only": kind}, subject.doubt, negated)

    def _lacking(self) -> Iterator[Said]:
        """That something is not there: "no balcony", "not on promotion"."""
        for at in self.clauses.between(0, len(self.items), "lacks"):
            name = at + 2 if self.clauses.cue(at + 1, "free") else at + 1
            weighed = self.clauses.cue(name + 1, "weighs", "factor", "reason", "more", "than") is not None
            if self.clauses.topic(name) is not None and not weighed:
                subject = self.clauses.after(name, name + 1)
                yield Said("lacking", at, name, subject, {}, subject.doubt)

    def _by_itself(self, at: int) -> bool:
        """Whether it is said of the whole: "the flat is larger than usual", "the week was warmer"."""
        usual = any(True for _ in self.clauses.between(at + 1, at + _FAR, "usual"))
        return usual and self.clauses.cue(at + 1, "than") is not None

    def _only_one(self, words: list[str]) -> Subject:
        """The one feature of which such a word can be said: only a temperature is warmer."""
        facts = self.clauses.scope.facts
        fitting = [f for f in facts.features if any(word in f"{f.id} {f.name}".casefold() for word in words)]
        if len(fitting) != 1:
            return Subject()
        referent = Referent("feature", fitting[0].id, fitting[0].name)
        return Subject((Named(0, 0, fitting[0].name, (referent,), partial=True),))

    def _of_extent(self, at: int) -> Subject:
        """Of what "high" is said: the name right behind it, else the one before with nothing strange between."""
        behind = next((i for i in self.clauses.topics if i > at), None)
        follows = (
            not self.clauses.scope.wording.spaced and at > 0 and self.clauses.topic(at - 1) is not None
        )  # 面积偏小、…
        if (
            behind is not None
            and not follows
            and all(self.items[i].cue("free", "extent", "and") for i in range(at + 1, behind))
        ):
            return self.clauses.after(behind, behind + 1)
        before = self.clauses.before(at, self.clauses.clause(at)[0])
        if not before.names:
            return Subject()
        gap = self.items[before.at[-1] + 1 : at]
        known: tuple[str, ...] = ("free", "copula", "extent", "usual", "and", "not", "quantifier", "which", "it")
        known = known if self.clauses.scope.wording.spaced else (*known, "versus", "than")  # 比平时低
        plain = all(i.shape in ("mark", "number") or i.cue(*known) for i in gap)
        named = self.clauses.items[at + 1 : at + 2]
        if named and named[0].shape == "word":
            return Subject()
        return Subject(before.names[-1:], before.doubt, before.at[-1:]) if plain else Subject()


def _several(subject: Subject) -> bool:
    """Whether names stand for more than one feature."""
    return len({" ".join(sorted(r.id for r in n.referents)) for n in subject.names}) > 1
