"""Weighing: what others say of two features against each other, and of those that hardly count."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.verification.others.clauses import Subject
from reporter.verification.others.places.placing import FAR, NEAR, Placing, Said, several

_NOTHING = frozenset(("no", "nothing", "irrelevant", "none", "ignored"))


class Comparing(Placing):
    """Which of two features weighs more."""

    def all(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            cue = item.cue("outweighs", "than")
            if cue is None or at in self.used:
                if cue is None:
                    yield from self._measured(at)
                continue
            behind = self.clauses.after(at + 1, self.clauses.clause(at)[1])
            if not behind.names or behind.at[0] - at > NEAR + 1 or self._strangers(at + 1, behind.at[0]):
                continue
            if item.cue("outweighs"):
                yield from self._pair(at, at, behind, less=bool(cue.get("less")), follows=bool(cue.get("follows")))
                continue
            more = next((i for i in range(at - 1, max(-1, at - FAR), -1) if self.items[i].cue("more")), None)
            if not self.clauses.scope.wording.spaced:  # 作用比光伏小
                yield from self._compared(at, behind)
                continue
            weighty = more is not None and self._weighty(more)
            if more is not None and weighty:
                found = self.items[more].cue("more")
                yield from self._pair(more, at, behind, less=bool(found and found.get("less")), follows=False)

    def _measured(self, at: int) -> Iterator[Said]:
        """A comparison of influences by a word that is mostly said of values: 周六的抬升略小于竞争门店的拖累."""
        cue = self.items[at].cue("extent")
        if cue is None or not cue.get("base") or self.clauses.topic(at + 1) is None:
            return
        near = (*range(at - NEAR, at), *range(at + 2, at + 2 + NEAR))
        if any(self.clauses.cue(i, "weighs", "moves") for i in near if i >= 0):
            behind = self.clauses.after(at + 1, at + 2)
            self.used.add(at)
            yield from self._pair(at, at, behind, less=cue.get("place") == "low", follows=False)

    def _compared(self, at: int, behind: Subject) -> Iterator[Said]:
        """A comparison whose adjective stands behind the name: 作用比光伏小, 比光伏更重要."""
        more = self._more_behind(behind.at[-1])
        if more is None:
            behind = Subject(behind.names[:1], behind.doubt, behind.at[:1])
            more = self._more_behind(behind.at[0])
        if more is not None and self._weighty(more):
            found = self.items[more].cue("more")
            for named, place in zip(behind.names, behind.at, strict=True):
                one = Subject((named,), behind.doubt, (place,))
                yield from self._pair(at, at, one, less=bool(found and found.get("less")), follows=False)

    def _more_behind(self, at: int) -> int | None:
        for i in range(at + 1, min(at + 1 + NEAR, len(self.items))):
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
        if not before.names or (several(behind) and not follows) or several(before):
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


class Hardly(Placing):
    """What is said to have no weight."""

    def all(self) -> Iterator[Said]:
        for at, item in enumerate(self.items):
            cue = item.cue("little")
            denied = bool(item.cue("weighs")) and self.clauses.negated(at, max(0, at - NEAR))
            if (cue is None and not denied) or at in self.used:
                continue
            start, stop = self.clauses.clause(at)
            near = range(max(start, at - NEAR), min(stop, at + FAR))
            behind, plain = self.items[at + 1 : at + 3], item.text.casefold() == "no"
            if (
                not denied
                and item.cue("lacks", "free")
                and self.clauses.topic(at + 1) is not None
                and not any(self.clauses.cue(i, "weighs", "factor") for i in (at + 2, at + 3))
            ):
                continue  # "no updates were made"
            if (
                not denied
                and behind
                and (behind[0].shape == "word" or behind[0].cue("copula"))
                and self.clauses.cue(at - 1, "and")
            ):
                continue  # "and little energy", "and nothing is owed" open what is said of something else
            if not denied and len(behind) == 2 and behind[0].cue("copula") and behind[1].shape == "number":
                continue  # "the wind is next to nothing at 1.1 m/s"
            if not denied and self.clauses.cue(at + 1, "factor") and not self.clauses.cue(at + 1, "weighs"):
                continue  # "no column is as heavy"
            if (
                not denied
                and cue is not None
                and not cue.get("alone")
                and not any(
                    self.items[i].cue("weighs", "moves", "shoves", "favours", "factor")
                    for i in near
                    if i > at and not (plain and self.items[i].cue("moves", "shoves"))
                )
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
                    and p.start - NEAR <= at <= p.end + NEAR
                    and not self.items[at].cue("little")
                    for p in self.pushes
                )
                push = push and not denied
                slight = "says that it does so slightly" if cue is not None and cue.get("slight") else ""
                untrue = cue is not None and not denied and self.clauses.negated(at, max(start, at - NEAR))
                doubt = (
                    subject.doubt
                    or slight
                    or ("is denied" if untrue else "")  # "not because nothing stands out"
                    or ("compares" if more else "")
                    or ("" if not push else "denies a direction")
                )
                nothing = denied or any(word in _NOTHING for word in item.text.casefold().split())
                yield Said("negligible", at, at, subject, {"nothing": nothing}, doubt)
