"""Standing: what others say of a value without a number: that it is high, lower than usual, or not there."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.verification.others.clauses import Subject
from reporter.verification.others.places.placing import FAR, NEAR, Placing, Said
from reporter.verification.text.mentions import Named, Referent


class Standing(Placing):
    """Values told without a number."""

    def all(self) -> Iterator[Said]:
        """Everything the sentence says of the kind."""
        yield from self._extents()
        yield from self._more()
        yield from self._lacking()
        yield from self._comparatives()
        if self.clauses.scope.wording.spaced:
            yield from self._denied_value()

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
                or cue.get("base")  # measured already, where it is held against what is usual
                or self._by_how_much(at)
                or self._how_strongly(at)
                or self._superlative(at)
            ):
                continue
            subject = self._of_extent(at)
            only = next((c for c in item.cues if c.kind == "extent" and c.get("only")), None)
            if not subject.names and only is not None and only.get("compares") and self._by_itself(at):
                subject, cue = self._only_one(only.get("only")), only
            if not subject.names:
                continue
            usual = any(True for _ in self.clauses.between(at, at + FAR, "usual"))
            than = any(True for _ in self.clauses.between(at, at + NEAR, "than"))
            if (cue.get("usual") or than) and not usual:
                continue
            place = (
                {"high": "higher", "low": "lower"}[cue.get("place")]
                if usual or cue.get("compares")
                else cue.get("place")
            )
            negated = self.clauses.negated(at, max(0, at - NEAR))
            kind = cue.get("only")
            yield Said("standing_of_value", at, at, subject, {"place": place, "only": kind}, subject.doubt, negated)

    def _superlative(self, at: int) -> bool:
        """Whether it tells the largest of several values, where words are not set apart: 最高只到112."""
        return not self.clauses.scope.wording.spaced and self.clauses.cue(at - 1, "most") is not None

    def _how_strongly(self, at: int) -> bool:
        """Whether it only grades what is done, where words are not set apart: 弱支持."""
        opens = at == 0 or self.items[at - 1].shape == "mark"
        acts = self.clauses.cue(at + 1, "moves", "way", "shoves") is not None
        return not self.clauses.scope.wording.spaced and opens and acts

    def _by_how_much(self, at: int) -> bool:
        """Whether a number right behind tells by how much: 多了640个人 says nothing of the value before it."""
        cue = self.items[at].cue("extent")
        if cue is None or not cue.get("grows"):
            return False
        behind = at + 2 if self.clauses.cue(at + 1, "free") else at + 1
        number = behind < len(self.items) and self.items[behind].shape == "number"
        compared = any(self.clauses.cue(i, "than", "versus", "usual") for i in range(max(0, at - NEAR - 1), at))
        return number and not compared

    def _more(self) -> Iterator[Said]:
        """More or fewer of something than usual: "more defects than you'd normally see"."""
        for at in self.clauses.between(0, len(self.items), "more"):
            cue, than = self.items[at].cue("more"), at + 2
            usual = any(True for _ in self.clauses.between(than, than + FAR + 2, "usual"))
            if cue is None or cue.get("alone") or self.clauses.topic(at + 1) is None or not usual:
                continue
            if self.clauses.cue(than, "than") is not None and not self.items[at].cue("extent"):
                subject = self.clauses.after(at + 1, at + 2)
                place = "lower" if cue.get("less") else "higher"
                yield Said("standing_of_value", at, than, subject, {"place": place, "only": None}, subject.doubt)

    def _comparatives(self) -> Iterator[Said]:
        """Names that are comparatives themselves: "older than the typical patient" tells an age."""
        places = self.clauses.scope.wording.data["words"].get("comparatives", {})
        for at in self.clauses.topics if places else ():
            place = next((p for p, words in places.items() if self.items[at].text.casefold() in words), None)
            if place is None or self.clauses.cue(at + 1, "than") is None:
                continue
            if any(True for _ in self.clauses.between(at, at + FAR, "usual")):
                subject, negated = self.clauses.after(at, at + 1), self.clauses.negated(at, max(0, at - NEAR))
                yield Said("standing_of_value", at, at, subject, {"place": place, "only": None}, subject.doubt, negated)

    def _denied_value(self) -> Iterator[Said]:
        """That a value is not the one that it is: "it isn't on fibre", "not a smoker"."""
        for at in self.clauses.between(0, len(self.items), "not"):
            name = at + 1
            while name < len(self.items) and name <= at + 2 and self.items[name].cue("free", "copula"):
                name += 1
            named = self.items[name].named if name < len(self.items) else None
            values = named.of("value") if named is not None and not named.of("feature", "class") else ()
            ends = self.clauses.cue(name + 1, "moves", "weighs", "factor", "shoves", "speaks") is None
            if values and named is not None and len({r.id for r in values}) == 1 and ends and not self.clauses.supposed:
                subject = self.clauses.after(name, name + 1)
                yield Said("denied_value", at, name, subject, {"text": named.text}, subject.doubt)

    def _lacking(self) -> Iterator[Said]:
        """That something is not there: "no balcony", "not on promotion"."""
        for at in self.clauses.between(0, len(self.items), "lacks"):
            name = at + 2 if self.clauses.cue(at + 1, "free") else at + 1
            weighed = self.clauses.cue(name + 1, "weighs", "factor", "reason", "more", "than") is not None
            named = self.items[name].named if name < len(self.items) else None
            if named is not None and named.of("value") and not named.of("feature", "class") and not weighed:
                if self.clauses.scope.wording.spaced and not self.clauses.supposed:
                    subject = self.clauses.after(name, name + 1)
                    yield Said("denied_value", at, name, subject, {"text": named.text}, subject.doubt)
                continue
            if self.clauses.topic(name) is not None and not weighed:
                subject = self.clauses.after(name, name + 1)
                yield Said("lacking", at, name, subject, {}, subject.doubt)

    def _by_itself(self, at: int) -> bool:
        """Whether it is said of the whole: "the flat is larger than usual", "the week was warmer"."""
        usual = any(True for _ in self.clauses.between(at + 1, at + FAR, "usual"))
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
        # 工作少、岁数大: what stands behind a comma of a list has a word of its own
        joining = ("free", "extent", "and") if self.clauses.scope.wording.spaced else ("free", "extent")
        if behind is not None and not follows and all(self.items[i].cue(*joining) for i in range(at + 1, behind)):
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
