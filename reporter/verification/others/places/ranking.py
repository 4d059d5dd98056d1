"""Ranking: which place others give a feature: "the strongest", "second", "chiefly because of"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import Subject
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.framing import framed, opened
from reporter.verification.others.directions.valence import good_side
from reporter.verification.others.places.placing import FAR, NEAR, Placing, Said, several
from reporter.verification.text.mentions import Referent


class Ranking(Placing):
    """The places that a sentence tells."""

    def all(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            if at in self.used or item.shape != "cue" or not (place := self._place(at)):
                continue
            rank, end, doubt = place
            side, unsure = self._side(at, end), ""
            if side is None and not self.clauses.scope.wording.spaced:
                side, unsure = self._sided(at, end)
            if side is None:
                side = framed(self.clauses, self.pushes, at)
                unsure = unsure or ("says one of several" if side is None and opened(self.clauses, at) else "")
            subject = self._ranked(at, end)
            if not subject.names:
                continue
            settings: dict[str, Any] = {"rank": rank}
            if side is not None:
                settings["sign"] = side
            negated = self.clauses.negated(at, max(0, at - NEAR))
            doubt = (
                doubt
                or self._as_other(at, rank, subject)
                or unsure
                or self._for_something(end)
                or subject.doubt
                or ("is denied" if negated else "")
            )
            if self._plural(at, end) and not several(subject):
                doubt = doubt or "is said of several"
            if several(subject):
                yield from self._of_several(at, end, subject, settings, doubt)
                continue
            yield Said("rank", at, end, subject, settings, doubt, negated and self.clauses.scope.wording.spaced)

    def _of_several(self, at: int, end: int, subject: Subject, settings: dict[str, Any], doubt: str) -> Iterator[Said]:
        """What is said of several names at once: that they are the strongest, which is a place of none of them."""
        if self._respectively(at):
            return
        rank, spaced = settings["rank"], self.clauses.scope.wording.spaced
        if rank in (1, "last") and (not spaced or self.items[at].cue("most")):
            if spaced or (not doubt and "sign" not in settings):  # "mainly because of A and B"
                yield Said("top", at, end, subject, {"less": rank == "last"}, doubt)
            return
        yield Said("rank", at, end, subject, settings, doubt or "names several for one place")

    def _as_other(self, at: int, rank: int | str, subject: Subject) -> str:
        """Why a place may be a value, or of an outcome: "the opponent is fourth in the table", "the likeliest"."""
        start, stop = self.clauses.clause(at)
        if any(True for _ in self.clauses.between(start, stop, "likeliest", "likely")):
            return "may be said of the outcomes"
        facts = self.clauses.scope.facts.explanation
        values = [facts.feature(r.id).value for n in subject.names for r in n.of("feature")]
        return "may be its value" if isinstance(rank, int) and rank > 1 and float(rank) in values else ""

    def _plural(self, at: int, end: int) -> bool:
        """Whether several hold a place: "are the strongest contributors"."""
        if not self.items[at].cue("place") or not self.clauses.scope.wording.spaced:
            return False
        nouns = (self.items[i] for i in (end + 1, end + 2) if i < len(self.items))
        return any(item.cue("factor") and item.text.casefold().endswith("s") for item in nouns)

    def _for_something(self, end: int) -> str:
        """Why a place may be one among the reasons for something that was not understood: "speaks most for a sale"."""
        for i in range(end + 1, min(end + 3, len(self.items))):
            told = any(p.start <= i <= p.end and p.goal for p in self.pushes)
            if (cue := self.items[i].cue("way")) and not cue.get("of_all") and not told:
                return "does not say for what"
        return ""

    def _place(self, at: int) -> tuple[int | str, int, str] | None:
        """The rank that a cue says, where it ends, and why it is not sure."""
        item = self.items[at]
        partly = any(self.clauses.cue(i, "partly") for i in (at - 1, at - 2)) or self._among(at)
        partly = partly or (not self.clauses.scope.wording.spaced and self._one_of(at))
        several = any(
            n.value > 1 and not self._measured(i)
            for i in (at - 1, at - 2)
            if i >= 0 and (n := self.items[i].numeral) is not None
        )
        doubt = "says one of several" if partly or several else ""
        if cue := item.cue("numero"):
            numeral = self.items[at + 1].numeral if at + 1 < len(self.items) else None
            known = numeral is not None and 1 <= numeral.value <= len(self.clauses.scope.facts.features)
            return (int(numeral.value), at + 1, doubt) if numeral is not None and known else None
        if cue := item.cue("ordinal"):
            superlative = self.clauses.cue(at + 1, "place")
            if superlative is not None:
                self.used.add(at + 1)
                rank = "last" if superlative.get("place") == "last" else cue.get("place")
                return (rank, at + 1, doubt or ("counts from below" if rank == "last" else ""))
            part = self.clauses.cue(at + 1, "of") is not None  # "a third of a point"
            part = part or self.clauses.topic(at + 1) is not None  # "the fourth floor"
            after = self.items[at + 1].text.casefold() if at + 1 < len(self.items) else ""
            part = part or after in self.clauses.scope.wording.data["words"].get("counted_off", ())  # "the first week"
            return (cue.get("place"), at, doubt) if self._ranks_something(at) and not part else None
        if cue := item.cue("place"):
            if cue.get("noun") and not self._noun(at):
                return None
            if cue.get("place") == 1 and (nth := self._nth(at)) is not None:
                return (nth, at, doubt) if self._is_superlative(at, loud=True) else None
            if cue.get("than"):
                less = any(c.get("less") for i in range(max(0, at - FAR), at) if (c := self.items[i].cue("more")))
                return ("last" if less else 1, at, doubt) if self._exceeds(at) else None
            return (cue.get("place"), at, doubt) if self._is_superlative(at, loud=bool(cue.get("alone"))) else None
        if cue := item.cue("most"):
            if not cue.get("alone") and self._of_people(at):
                return None
            start, stop = self.clauses.clause(at)
            near = range(max(start, at - FAR), min(stop, at + NEAR))
            acts = any(self.items[i].cue("weighs", "moves", "shoves", "favours", "owing", "speaks") for i in near)
            adverb = cue.get("alone") and any(at < i <= at + NEAR for i in self.clauses.topics)
            return (cue.get("place"), at, doubt) if (acts and not cue.get("alone")) or adverb else None
        return None

    def _nth(self, at: int) -> int | None:
        """The ordinal before a superlative: "second-largest"."""
        before = at - 2 if at > 1 and self.items[at - 1].text == "-" else at - 1
        if before > 0 and self.items[before].text in ("st", "nd", "rd", "th"):
            numeral = self.items[before - 1].numeral
            return int(numeral.value) if numeral is not None and 1 <= numeral.value <= len(self.items) else None
        cue = self.clauses.cue(before, "ordinal")
        return int(cue.get("place")) if cue is not None else None

    def _exceeds(self, at: int) -> bool:
        """Whether "than any other" compares weights."""
        return any(
            True for _ in self.clauses.between(at - FAR, at + NEAR + 1, "weighs", "moves", "shoves", "factor", "more")
        )

    def _of_people(self, at: int) -> bool:
        """Whether "most" are people or things: "like most cows", "what we see for most"."""
        ahead = self.items[at + 1] if at + 1 < len(self.items) else None
        noun = ahead is not None and (
            ahead.shape == "word" or bool(ahead.named is not None and ahead.named.of("one", "rows"))
        )
        before = self.items[at - 1].text.casefold() if at else ""
        return noun or before in self.clauses.scope.wording.data["words"].get("before_people", ())

    def _one_of(self, at: int) -> bool:
        """Whether the words behind a place say that it is one among some: 最大的原因之一."""
        near = range(at + 1, min(at + 1 + NEAR + 1, len(self.items)))
        return any(self.items[i].cue("partly") and self.items[i].text.endswith(self._words("among")) for i in near)

    def _among(self, at: int) -> bool:
        """Whether a place is one among some: "the largest of them", "of the four negative ones"."""
        second = self.items[1] if len(self.items) > 1 else None
        if self.items[0].cue("of", "partly") and second and (second.cue("it", "free") or second.shape == "number"):
            return not any(self.clauses.cue(i, "factor") for i in range(1, 5)) or self.clauses.cue(1, "it") is not None
        near = range(max(0, at - FAR), min(at + 1 + FAR, len(self.items)))
        total = len(self.clauses.scope.facts.features)
        numerals = [self.items[i].numeral for i in near]
        if any(numeral is not None and numeral.value == total for numeral in numerals):
            return False  # "of the nine inputs" are all of them
        return any(
            self.items[i].cue("of")
            and self.clauses.topic(i - 1) is None
            and any(
                self.items[j].cue("it", "which") or (self.items[j].shape == "number" and not self._measured(j))
                for j in (i, i + 1, i + 2)
                if j < len(self.items)
            )
            for i in near
        )

    def _noun(self, at: int) -> bool:
        return any(
            (self.clauses.cue(i, "factor", "weighs", "favours", "goal", "way") is not None)
            for i in range(at + 1, at + 1 + NEAR)
            if i < len(self.items) and not any(self.items[j].shape in ("word", "mark") for j in range(at + 1, i))
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
            or bool(item.cue("favours", "moves"))
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
                and push.start <= end + FAR
            ):
                gap = self.items[end + 1 : push.start]
                inside = any(
                    i.shape == "mark" or i.named is not None or i.cue("and", "copula", "which", "contrast") for i in gap
                )
                if push.start >= at and not inside:
                    return OPPOSITE[push.sign] if push.negated else push.sign
        for i in range(end + 1, min(end + 1 + NEAR, len(self.items))):
            number = i + 1 < len(self.items) and self.items[i + 1].shape == "number"
            cue = self.items[i].cue("favours") if not number else None  # "with minus 360"
            good = good_side(self.clauses.scope.facts)
            if cue is not None and good is not None:
                return good if cue.get("sign") == "towards" else OPPOSITE[good]
        return None

    def _sided(self, at: int, end: int) -> tuple[Direction | None, str]:
        """The side that a noun beside a place names, and why that is not sure: 反方向上最强的一项, 最大的负向因素."""
        if (own := self.items[at].cue("place")) is not None and own.get("sign"):  # 拖得最狠的是
            good = good_side(self.clauses.scope.facts)
            pulls: Direction = own.get("sign")
            if own.get("valued"):
                return (pulls if good == "towards" else OPPOSITE[pulls], "") if good else (None, "")
            return pulls, ""
        near = (*range(end + 1, min(end + 1 + NEAR, len(self.items))), *range(at - 1, max(-1, at - 1 - FAR), -1))
        for i in near:
            if self.items[i].text in ",，。；;：:":
                if i < at:
                    break
                continue
            acts = self.items[i].cue("moves") if i > end and not self.clauses.scope.facts.regression else None
            if acts is not None and not any(p.start <= i <= p.end for p in self.pushes):
                return acts.get("sign"), "does not say for what"
            if self.items[i].cue("flank") and (sign := self._flanked(i)) is not None:
                return sign, ""
            if (cue := self.items[i].cue("sided")) is not None:
                side: Direction = cue.get("sign")
                facts = self.clauses.scope.facts
                vague = cue.get("vague") and not facts.regression and good_side(facts) != "towards"
                return side, "may be said of the other side" if vague else ""
        return None, ""

    def _flanked(self, at: int) -> Direction | None:
        """The side of the class named before a word such as 方向."""
        facts = self.clauses.scope.facts
        for i in (at - 1, at - 2):
            named = self.clauses.class_at(i) if i >= 0 else None
            if named is not None and not facts.regression:
                same = facts.target.id in {r.id for r in named.of("class")}
                return "towards" if same else "away" if len(facts.classes) == 2 else None
        return None

    def _measured(self, at: int) -> bool:
        """Whether a number has a unit, so that it counts no features: 片长128分钟是影响最大的因素."""
        value = self.items[at].value
        return value is not None and (value.unit is not None or self.clauses.topic(at) is not None)

    def _leads_to(self, push: Push, at: int) -> bool:
        """Whether a push stands right before a superlative that speaks of it: 拉低价格最多的是."""
        gap = self.items[push.end + 1 : at]
        return (
            not self.clauses.scope.wording.spaced
            and 0 <= at - push.end - 1 <= NEAR
            and all(item.shape == "cue" and not item.cue("contrast", "and") for item in gap)
        )

    def _respectively(self, at: int) -> bool:
        """Whether several names are told several places: A与B分别是最强和次强的."""
        start, _ = self.clauses.clause(at)
        return any(self.items[i].text.startswith(self._words("respectively") or ("\0",)) for i in range(start, at))

    def _words(self, name: str) -> tuple[str, ...]:
        """Words of the language that stand at the end of others."""
        return tuple(self.clauses.scope.wording.data["words"].get(name, ()))

    def _told_behind(self, end: int) -> int | None:
        """Where the name stands that a copula ties to the rank before it: 第二位是促销."""
        for i in range(end + 1, min(end + 1 + FAR, len(self.items))):
            if self.clauses.topic(i) is not None:
                ties = any(self.items[j].cue("copula") for j in range(end, i)) or self.items[end].text.endswith(
                    self._words("copulas")
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
        if (own := self._placed_apart(at, end, before)) is not None:
            return own
        if self._explains(at, end) or self._prefixed(at, end):
            near = self.clauses.after(end + 1, stop)
            return near if self._explains(at, end) else Subject(near.names[:1], near.doubt, near.at[:1])
        if self._fronted(at, end):
            near = self.clauses.after(end + 1, min(stop, end + FAR))
            return Subject(near.names[:1], near.doubt, near.at[:1])
        if before.names and not self._gapped(at, end, stop):
            return before
        told = self.clauses.between(max(start, comma), at, "copula")
        if any(self.clauses.bracket(i) is None for i in told) and not self._asked(start, at):
            return Subject()  # "… is the strongest", of something that was not understood
        cleft = not self.items[at].cue("most") or any(True for _ in self.clauses.between(start, at, "what"))
        if self._strange_subject(at, start):
            return Subject()  # "TP leads the ranking", of a word that nobody knows
        after = self._known_behind(end, stop)
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

    def _placed_apart(self, at: int, end: int, before: Subject) -> Subject | None:
        """What holds a place where words are not set apart and the words around it tell so; None where they do not."""
        if self.clauses.scope.wording.spaced:
            return None
        link = self.clauses.cue(end + 1, "free") is not None and self.items[end + 1].text in self._words("linking")
        linked = self.items[end].text.endswith(self._words("linking"))
        name = end + 2 if link else end + 1
        if (link or linked) and self.clauses.topic(name) is not None:
            own = self.clauses.after(name, name + 1)  # 排名第二的未登录天数
            return Subject(own.names[:1], own.doubt, own.at[:1])
        if (next_ := self._told_behind(end)) is not None:
            return self.clauses.after(next_)
        ties = self.clauses.cue(end + 1, "copula") is not None or self.items[end].text.endswith(self._words("copulas"))
        behind = next((i for i in range(end + 1, len(self.items)) if not self.clauses.cue(i, "copula", "free")), None)
        if ties and behind is not None and self.items[behind].shape == "word":
            return Subject()  # 第二是太胖, of something that was not understood
        comma = max((i for i in range(max(before.at, default=at), at) if self.items[i].text in ",，"), default=None)
        strange = comma is not None and any(self.items[i].shape == "word" for i in range(comma + 1, at))
        if strange:
            return Subject()
        told = {r.id for i in self.clauses.topics if i < at for r in self._ids_at(i)}
        it = comma is not None and any(True for _ in self.clauses.between(comma, at, "it"))
        return replace(before, doubt="does not say of which feature") if it and len(told) > 1 else None

    def _known_behind(self, end: int, stop: int) -> Subject:
        """The names behind a place; where words are not set apart, with nothing before them that nobody knows."""
        after = self.clauses.after(end + 1, stop)
        unknown = after.at and any(self.items[i].shape == "word" for i in range(end + 1, after.at[0]))
        return Subject() if unknown and not self.clauses.scope.wording.spaced else after  # 最长的是氢气，第二长的是油温

    def _ids_at(self, at: int) -> tuple[Referent, ...]:
        named = self.clauses.topic(at)
        return named.of("feature", "phrase") if named is not None else ()

    def _strange_subject(self, at: int, start: int) -> bool:
        """Whether a word that nobody knows stands where the subject of a superlative would."""
        subject = at - 1
        while subject >= start and self.items[subject].cue("free", "quantifier"):
            subject -= 1
        return subject >= start and self.items[subject].shape == "word" and self.items[at].cue("place") is not None

    def _fronted(self, at: int, end: int) -> bool:
        """Whether "in second place" opens what is said of the name behind it."""
        if not (at and self.items[at - 1].text.casefold() == "in" and self.items[at].cue("ordinal")):
            return False
        opens = at < 2 or self.items[at - 2].shape == "mark" or self.clauses.cue(at - 2, "and") is not None
        ahead = self.items[end + 2] if end + 2 < len(self.items) else None
        return opens and ahead is not None and ahead.shape != "mark"

    def _explains(self, at: int, end: int) -> bool:
        """Whether what ranks stands behind: "driven above all by", "mainly because of", "rests chiefly on"."""
        if not self.items[at].cue("most"):
            return False
        first = self.items[end + 1] if end + 1 < len(self.items) else None
        at_by = end + 2 if first is not None and first.cue("free", "quantifier") and not first.cue("by") else end + 1
        number = at_by + 1 < len(self.items) and self.items[at_by + 1].shape == "number"
        behind = self.clauses.cue(at_by, "by", "owing") is not None and not number
        ahead = self.items[at - 1].cue("owing") if at else None
        return behind or ahead is not None

    def _prefixed(self, at: int, end: int) -> bool:
        """Whether a place is told right before its name: "first on A, second on B", "A and, least of all, B"."""
        behind = next((i for i in self.clauses.topics if i > end), None)
        if behind is None or behind - end > NEAR or not self.clauses.scope.wording.spaced:
            return False
        gap = [i.text.casefold() for i in self.items[end + 1 : behind]]
        on = bool(self.items[at].cue("ordinal") and gap and gap[0] in self._words("behind_ordinals"))
        commas = at > 0 and self.items[at - 1].text == "," and gap[:1] == [","]
        return on or commas

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
        if behind is None or behind - end > NEAR + 2 or not opens or self.items[opens - 1].text not in ",，":
            return False
        return all(self.items[i].cue("free", "way", "factor", "of") for i in range(end + 1, behind))

    def _asked(self, start: int, at: int) -> bool:
        """Whether the subject comes behind: "what matters most is …", "most important of all is …"."""
        told = list(self.clauses.between(start, at, "what"))
        return bool(told) and not any(self.clauses.is_colon(i) for i in range(told[0], at))
