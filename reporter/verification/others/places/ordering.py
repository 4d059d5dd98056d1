"""Ordering: what others say comes before what: lists from the strongest down, "next comes", "only behind".

Only where words are not set apart: there a rank often stands in no word of its own, but in the order of a list.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from reporter.fact import FeatureFacts
from reporter.verification.judges.judgement import (
    Judgement,
    Scope,
    contradicted,
    either,
    features_of,
    supported,
    unverified,
    whether,
)
from reporter.verification.others.clauses import Subject
from reporter.verification.others.places.placing import FAR, NEAR, Placing, Said
from reporter.verification.text.claims import Found

_TIED = 1e-9  # relative: strengths nearer than this are tied
_GREATER = frozenset(">＞")
_COMMAS = frozenset(",，")


class Ordering(Placing):
    """The orders that a sentence tells."""

    def all(self) -> Iterator[Said]:
        if self.clauses.scope.wording.spaced:
            return
        for at, item in enumerate(self.items):
            if at in self.used:
                continue
            if cue := item.cue("ordered"):
                yield from self._listed(at, top=bool(cue.get("top")), less=bool(cue.get("less")))
            elif item.cue("follows"):
                yield from self._behind(at)
            elif item.cue("next"):
                yield from self._next(at)
            elif (cue := item.cue("ahead")) is not None:
                yield from self._ahead(at, less=bool(cue.get("less")))
            elif (cue := item.cue("aligned")) is not None:
                yield from self._aligned(at, same=bool(cue.get("same")))
        yield from self._signs()

    def _aligned(self, at: int, *, same: bool) -> Iterator[Said]:
        """That the features of a list push the same way, or the two of it apart: 收入和房产同向."""
        start, _ = self.clauses.clause(at)
        comma = max((i + 1 for i in range(start, at) if self.items[i].text in _COMMAS), default=start)
        subject = self.clauses.before(at, comma)
        if (
            not subject.at
            or at - subject.at[-1] > NEAR
            or not (len(subject.names) == 2 or (same and subject.names[1:]))
        ):
            return
        yield Said("opposed", at, at, subject, {"same": same}, subject.doubt)

    def _listed(self, at: int, *, top: bool, less: bool) -> Iterator[Said]:
        """Names behind "in this order": 从大到小依次是 A、B、C."""
        _, stop = self.clauses.clause(at)
        stop = min(stop, next((i for i in range(at + 1, stop) if self.items[i].text in _COMMAS), stop))
        names = [i for i in self.clauses.topics if at < i < stop and self.clauses.bracket(i) is None]
        if not names or names[0] - at > FAR:
            return
        run = names[:1]
        for i in names[1:]:
            between = self.items[run[-1] + 1 : i]
            if any(item.cue("contrast", "moves", "shoves", "favours") for item in between):
                break
            run.append(i)
        if len(run) < 2:
            return
        subject = Subject(tuple(n for i in run if (n := self.clauses.topic(i)) is not None), "", tuple(run))
        kind = "top" if top else "order"
        yield Said(kind, at, run[-1], subject, {"less": less}, "")

    def _behind(self, at: int) -> Iterator[Said]:
        """That a feature comes right behind another: A 仅次于 B."""
        before = self.clauses.before(at)
        behind = self.clauses.after(at + 1, self.clauses.clause(at)[1])
        if before.names and behind.names and behind.at[0] - at <= NEAR:
            yield self._pair(at, behind.at[0], behind, before, explicit=True)

    def _next(self, at: int) -> Iterator[Said]:
        """That a feature comes next, after the one of which the words before said that it is the strongest."""
        comma = max((i + 1 for i in range(at) if self.items[i].text in _COMMAS or self.clauses.is_break(i)), default=0)
        own = self.clauses.before(at, comma)
        if not own.names:
            own = self.clauses.after(at + 1, self.clauses.clause(at)[1])
            if not own.names or own.at[0] - at > FAR or self._acts(at + 1, own.at[0]):
                return
        first = [i for i in self.clauses.topics if i < min(own.at) and i < comma]
        placed = [i for i in range(comma) if self.items[i].cue("place", "most", "ordinal", "next", "ranks")]
        if first and placed:
            before = Subject(tuple(n for i in first[-1:] if (n := self.clauses.topic(i)) is not None), "", (first[-1],))
            yield self._pair(at, max(at, *own.at), before, own, explicit=True)
        elif not first and len(self.clauses.memory.ranked) == 1:
            yield self._pair(at, max(at, *own.at), Subject(self.clauses.memory.ranked), own, explicit=False)

    def _acts(self, start: int, end: int) -> bool:
        return any(True for _ in self.clauses.between(start, end, "contrast", "place", "little"))

    def _ahead(self, at: int, *, less: bool) -> Iterator[Said]:
        """That a feature stands before or behind another: A 排在 B 之后."""
        other = self.clauses.topic(at - 1)
        ranks = next((i for i in range(at - 2, max(-1, at - 5), -1) if self.items[i].cue("ranks", "follows")), None)
        if other is None or ranks is None:
            return
        before = self.clauses.before(ranks)
        if before.names:
            names = (*before.names[-1:], other)
            yield Said("order", ranks, at, Subject(names, before.doubt, (*before.at[-1:], at - 1)), {"less": less})

    def _signs(self) -> Iterator[Said]:
        """Names with signs between them: A>B>C."""
        run: list[int] = []
        for i in self.clauses.topics:
            gap = self.items[run[-1] + 1 : i] if run else ()
            if run and len(gap) == 1 and gap[0].text in _GREATER:
                run.append(i)
                continue
            if len(run) > 1:
                break
            run = [i]
        if len(run) > 1:
            names = tuple(n for i in run if (n := self.clauses.topic(i)) is not None)
            yield Said("order", run[0], run[-1], Subject(names, "", tuple(run)), {"less": False})

    def _pair(self, at: int, end: int, first: Subject, then: Subject, *, explicit: bool) -> Said:
        names = (*first.names[-1:], *then.names)
        places = (*first.at[-1:], *then.at)
        return Said("next", at, end, Subject(names, then.doubt, places), {"explicit": explicit}, then.doubt)


def order(found: Found, scope: Scope) -> Judgement:
    """That each of several features weighs at least as much as the one named behind it; with `less`, at most."""
    less = bool(found.settings.get("less"))

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        told = tuple(reversed(features)) if less else features
        facts = tuple(f"feature.{f.id}.rank" for f in features)
        for one, other in itertools.pairwise(told):
            if abs(other.attribution) > abs(one.attribution) * (1 + _TIED):
                return contradicted(f"{one.name} before {other.name}", f"rank {one.rank} and {other.rank}", *facts)
        return supported(*facts)

    options = [option for option in features_of(found, scope, scope.side) if len(option) == len(found.subjects)]
    return either(of(option) for option in options) if options else unverified("does not say of which features")


def top(found: Found, scope: Scope) -> Judgement:
    """That so many features are the strongest of all, or of one side; with `less`, the weakest."""
    less = bool(found.settings.get("less"))

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        facts = tuple(f"feature.{f.id}.rank" for f in features)
        named = {f.id for f in features}
        for side in (None, "towards", "away"):
            pool = [f for f in scope.facts.features if side is None or f.direction == side]
            if len(pool) < len(named):
                continue
            weights = sorted((abs(f.attribution) for f in pool), reverse=not less)[: len(named)]
            edge, own = weights[-1], [abs(f.attribution) for f in pool if f.id in named]
            inside = [w >= edge * (1 - _TIED) if not less else w <= edge * (1 + _TIED) for w in own]
            if len(own) == len(named) and all(inside):
                return supported(*facts)
        told = ", ".join(f.name for f in features)
        return whether(False, f"{told} at the {'end' if less else 'top'}", scope.facts.features[0].name, *facts)

    options = [option for option in features_of(found, scope, scope.side) if len(option) == len(found.subjects)]
    return either(of(option) for option in options) if options else unverified("does not say of which features")


def following(found: Found, scope: Scope) -> Judgement:
    """That features come right behind another, among all or on its side; `explicit`: the other is told to lead."""
    explicit = bool(found.settings.get("explicit"))

    def of(features: tuple[FeatureFacts, ...]) -> Judgement:
        before, *behind = features
        facts = (f"feature.{before.id}.rank", *(f"feature.{f.id}.rank" for f in behind))
        if explicit and any(abs(f.attribution) > abs(before.attribution) * (1 + _TIED) for f in behind):
            return contradicted(f"{behind[0].name} after {before.name}", f"rank {behind[0].rank}", *facts)
        if any(_right_behind(before, f, scope) for f in behind):
            return supported(*facts)
        if explicit:
            return contradicted(f"{behind[0].name} next", f"rank {behind[0].rank}", *facts)
        return unverified("may leave some out", *facts)

    options = [option for option in features_of(found, scope, scope.side) if len(option) == len(found.subjects) > 1]
    return either(of(option) for option in options) if options else unverified("does not say behind which feature")


def _right_behind(before: FeatureFacts, feature: FeatureFacts, scope: Scope) -> bool:
    """Whether nothing weighs more than one feature and less than the other, among all or on the side of one."""
    for side in (None, feature.direction):
        pool = [abs(f.attribution) for f in scope.facts.features if side is None or f.direction == side]
        low, high = abs(feature.attribution), abs(before.attribution)
        if not any(low * (1 + _TIED) < weight < high * (1 - _TIED) for weight in pool):
            return True
    return False
