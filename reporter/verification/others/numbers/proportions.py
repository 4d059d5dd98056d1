"""Proportions: what part features make of the influence, and how many times something is something else.

Only where words are not set apart: "占全部影响的三分之一", "作用约为里程的两倍", "差不多是平时的三倍". The words stand
in `[proportions]` of others.toml.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from reporter.verification.judges.judgement import Judgement, contradicted, supported, unverified
from reporter.verification.others.clauses import Clauses, Subject
from reporter.verification.others.directions.flattened import NAME, Flat
from reporter.verification.others.numbers.known import Known, Numbers, says
from reporter.verification.others.numbers.measuring import Measuring
from reporter.verification.text.numerals import Bound, Numeral
from reporter.verification.text.patterns import any_of
from reporter.verification.text.wording import wording

_SURE, _ROUGH = 0.17, 0.33  # relative: within the first it holds, beyond the second it does not
_WITHIN = 9  # characters between a word and what it is said of
_MARKS = frozenset(",，;；。:：、")


class Proportions:
    """The parts and multiples of one sentence; `used`: the items that were read already."""

    def __init__(self, clauses: Clauses, numbers: Numbers, used: set[int]) -> None:
        self.clauses, self.items, self.numbers, self.used = clauses, clauses.items, numbers, used
        self.facts, self.flat = clauses.scope.facts, Flat(clauses)

    def all(self) -> Iterator[tuple[int, str, Judgement]]:
        """Where each stands, its kind, and what the facts say of it."""
        if self.clauses.scope.wording.spaced or "proportions" not in self.clauses.scope.wording.data:
            return
        yield from self._shares()
        yield from self._multiples()

    # Parts of the influence

    def _shares(self) -> Iterator[tuple[int, str, Judgement]]:
        for match in _patterns(self.facts.language.code)["share"].finditer(self.flat.text):
            first = self.flat.item(match.start())
            at = next((i for i in range(first, min(first + _WITHIN, len(self.items))) if self._is_share(i)), None)
            if at is None or any(self.items[i].text in _MARKS or self._foreign(i) for i in range(first, at)):
                continue
            numeral = self.items[at].numeral
            subject = self._holders(first)
            if numeral is None or subject is None:
                continue
            self.used.add(at)
            whole = any(word in "".join(i.text for i in self.items[first:at]) for word in self._data["whole"])
            yield at, "share", self._share(numeral, subject, whole=whole)

    def _is_share(self, at: int) -> bool:
        numeral = self.items[at].numeral
        return self.items[at].shape == "number" and numeral is not None and numeral.percent

    def _foreign(self, at: int) -> bool:
        """Whether an item names what the part is of, which is no influence: 占收入近六成."""
        return self.clauses.topic(at) is not None or self.items[at].shape == "word"

    def _holders(self, at: int) -> Subject | None:
        """The features of which a part is told; None where the words leave it open."""
        start, _ = self.clauses.clause(at)
        subject = self.clauses.before(at, start)
        if not subject.names or subject.doubt:
            return None
        between = range(subject.at[-1], at)
        together = any(True for _ in self.clauses.between(subject.at[0], at, "together", "partly"))
        if any(True for _ in self.clauses.between(subject.at[-1], at, "rest")):
            return None
        if any(self.items[i].shape == "number" and not self._plain(i) for i in between):
            return None
        ids = {r.id for n in subject.names for r in n.referents}
        if (len(ids) > 1) is not together:
            return None  # 这两条合起来
        return subject

    def _plain(self, at: int) -> bool:
        """Whether a number is the value or the count that may stand between a name and what is said of it."""
        item = self.items[at]
        return item.numeral is not None and not item.numeral.percent

    def _share(self, numeral: Numeral, subject: Subject, *, whole: bool) -> Judgement:
        features = [self.facts.feature(r.id) for n in subject.names for r in n.of("feature", "phrase")]
        features = list({f.id: f for f in features}.values())
        if not features or len(features) < len({n.text for n in subject.names}):
            return unverified("does not say of which feature")
        if any(len(n.of("feature", "phrase")) != 1 for n in subject.names):
            return unverified("does not say of which feature")
        facts = tuple(f"feature.{f.id}.share" for f in features)
        share = math.fsum(self.facts.explanation.feature(f.id).share for f in features)
        options = [share]
        if len({f.direction for f in features}) == 1 and not whole:
            options.append(math.fsum(f.side_share_value for f in features))
        if any(says(numeral, Known("share", "", "", option, "%")) for option in options):
            return supported(*facts)
        if any(abs(numeral.value - option) <= _SURE * max(option, numeral.value) for option in options):
            return unverified("is near it", *facts)
        return contradicted(numeral.text, f"{share:.1%}", *facts)

    # Multiples

    def _multiples(self) -> Iterator[tuple[int, str, Judgement]]:
        for match in _patterns(self.facts.language.code)["multiple"].finditer(self.flat.text):
            said = self._times(match)
            if said is None:
                continue
            first, end = self.flat.item(match.start()), self.flat.item(max(match.start(), match.end() - 1))
            judgement = self._of_other(match, said) if NAME in match[0] else self._of_usual(first, match, said)
            if judgement is None:
                continue
            self.used.update(range(first, end + 1))
            yield first, "ratio", judgement

    def _of_other(self, match: re.Match[str], said: Numeral) -> Judgement | None:
        """How many times the influence of a feature another one has."""
        at = self.flat.item(match.start("name"))
        first = self.flat.item(match.start())
        before = self.clauses.before(first, self.clauses.clause(first)[0])
        other = self.clauses.topic(at)
        weighed = match["weight"] or any(True for _ in self.clauses.between(max(first - 5, 0), first, "weighs"))
        if not weighed or other is None or len(before.names) != 1 or before.doubt:
            return None
        ids = [{r.id for r in n.of("feature", "phrase")} for n in (before.names[0], other)]
        if any(len(i) != 1 for i in ids) or ids[0] == ids[1]:
            return None
        one, two = (self.facts.feature(i.pop()) for i in ids)
        if not two.attribution:
            return None
        facts = (f"feature.{one.id}.amount", f"feature.{two.id}.amount")
        return _ratio(said, abs(one.attribution / two.attribution), facts)

    def _of_usual(self, at: int, match: re.Match[str], said: Numeral) -> Judgement | None:
        """How many times what is usual a value or the outcome is."""
        values = Measuring(self.clauses, self.numbers, set()).ratio_of(at)
        if values is None:
            return None
        ratio, fact = values
        more = match["more"] is not None
        if more and match["part"] is not None:
            return None  # a difference, which is read where it is compared
        options = [ratio - 1, ratio] if more else [ratio]
        judgements = [_ratio(said, option, (fact,)) for option in options if option > 0]
        order = {"supported": 0, "unverified": 1, "contradicted": 2}
        return min(judgements, key=lambda j: order[j.verdict], default=None)

    def _times(self, match: re.Match[str]) -> Numeral | None:
        """The multiple that is told: 两倍, 一倍半, 一半, 三分之一, 翻番."""
        notation, data = self.clauses.scope.wording.notation, self._data
        bound: Bound = "under" if (match["about"] or "") in data["under"] else "about"
        behind = match["loose"] or ""
        if behind:
            bound = "over" if behind in data["over"] else "under" if behind in data["under"] else bound
        if match["part"] is not None:
            numeral = notation.read(match["part"])
            return replace(numeral, bound=bound) if numeral.value == numeral.value else None
        if match["fixed"] is not None:
            return Numeral(match["fixed"], 2.0, bound=bound)
        text = match["count"]
        whole, _, rest = text.partition(notation.spelled.point)
        value = float(text) if text[:1].isdecimal() else notation.spelled.read(whole)
        if value is None:
            return None
        digits = [notation.spelled.read(letter) for letter in rest]
        value += sum((d or 0) / 10 ** (i + 1) for i, d in enumerate(digits)) + (0.5 if match["half"] else 0)
        return Numeral(match[0], value, bound=bound)

    @property
    def _data(self) -> Mapping[str, Sequence[str]]:
        data: Mapping[str, Sequence[str]] = self.clauses.scope.wording.data["proportions"]
        return data


def _ratio(said: Numeral, actual: float, facts: tuple[str, ...]) -> Judgement:
    """Whether so many times is what it is, roughly."""
    off = (actual - said.value) / said.value
    if said.bound == "under" and off > 0:
        off *= 1.5  # more than what is the most
    elif said.bound == "under":
        off = min(0.0, off + _SURE)
    elif said.bound == "over" and off > 0:
        off = max(0.0, off - _ROUGH)
    if abs(off) <= _SURE:
        return supported(*facts)
    if abs(off) <= _ROUGH:
        return unverified(f"says {said.value:g} times, roughly {actual:.2f} times", *facts)
    return contradicted(f"{said.value:g} times", f"{actual:.2f} times", *facts)


@lru_cache
def _patterns(code: str) -> Mapping[str, re.Pattern[str]]:
    """How parts and multiples are written in one language."""
    words = wording(code)
    data: Mapping[str, Sequence[str]] = words.data["proportions"]

    one = partial(any_of, data)
    turning = "".join(data["turning"])
    digits, point = words.notation.spelled.small, re.escape(words.notation.spelled.point)
    count = rf"(?:\d+(?:\.\d+)?|[{digits}]+(?:{point}[{digits}]+)?)"
    part = f"{words.notation.spelled.share}|{words.notation.fraction}"
    about = f"(?P<about>{one('about', 'under')})?"
    multiple = (
        rf"(?:(?P<fixed>{one('double')})|(?:(?P<count>{count}){one('counters')}?{one('loosely')}?{one('times')}(?P<half>{one('half')})?|(?P<part>{part})))"
        rf"(?P<loose>{one('over', 'under')})?"
    )
    weight = rf"(?:{one('of')}?(?P<weight>{one('weights')}))?"
    usual = rf"{one('is', 'than')}{one('about', 'under')}?(?:{one('usual')})[^,，。;；{NAME}\d{turning}]{{0,6}}?"
    more = rf"(?P<more>{one('more')})?{one('by')}*"
    return {
        "share": re.compile(one("takes")),
        "multiple": re.compile(
            rf"(?:{one('is', 'about', 'under')}+(?P<name>{NAME}){weight}{one('of')}?|{usual}){more}{about}{multiple}"
        ),
    }
