"""Names in looser wording: by stems, in any order, without generic words, or by the part that only one name has.

Only texts of others are read so; our own prose must use names as the study writes them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reporter.facts import Facts
from reporter.verification.names.called import denied, others, owned_names, plain_names, quoted_words
from reporter.verification.names.columns import spelled_out
from reporter.verification.names.folding import Folding
from reporter.verification.names.hints import Hints, Owner, owned
from reporter.verification.text.cues import cues_of
from reporter.verification.text.masks import Kind
from reporter.verification.text.mentions import Named, Names, Referent, Surface, Token, tokens
from reporter.verification.text.wording import Wording
from reporter.words import readable, words_in

_UNITS = (
    "pct",
    "eur",
    "usd",
    "gbp",
    "yrs",
    "hrs",
    "mins",
    "secs",
    "sqm",
    "sqft",
    "kg",
    "km",
    "cm",
    "mm",
    "kwh",
    "mg",
    "ppm",
    "bpm",
)
_TOLD: tuple[Kind, ...] = ("feature", "phrase", "group", "class", "value", "unit", "baseline", "study", "instance")
_SPAN = 9  # tokens that a name in looser wording may take
_FIXED = ("favours", "way", "owing", "likewise", "fixed")  # kinds of cues that no part of a name breaks up
_BESIDE = 4  # words on each side of a hint that may tell what it means
_CORE = 5  # words of a name whose parts are tried


@dataclass
class _Forms:
    """One name taken apart: all its words, and those that tell it from others, in order."""

    referent: Referent
    words: tuple[str, ...]  # folded
    core: tuple[str, ...]
    head: str = ""  # the word before "of" or "to", which may stand for the whole
    replaced: bool = False  # whether a general synonym took the place of one of its words


class LooseNames(Names):
    """The names of an explanation, and their looser wordings."""

    def __init__(self, facts: Facts, wording: Wording) -> None:
        super().__init__(facts, wording)
        self.wording, self.fold = wording, Folding(wording.data["names"])
        self.units = frozenset((*wording.units, *_UNITS))
        numbers = wording.data["numbers"]
        self._spelled = frozenset((*wording.notation.words[1:], *numbers.get("cardinals", ()), *numbers.get("few", ())))
        self._spelled |= {
            letter for kind in ("digits", "powers") for letter in numbers.get("spelled", {}).get(kind, ())
        }
        self._units.drop(numbers.get("spelled", {}).get("tenth", ""))  # 五成 is a share, whatever the study counts in
        self._known: dict[tuple[str, ...], Surface] = {}
        self._ones: set[str] = set()
        self._parts: set[tuple[str, ...]] = set()
        self._common = {self.fold(word) for word in wording.vocabulary | wording.chatter}
        self._short: Mapping[str, list[str]] = wording.data["names"].get("short", {})
        forms = [f for f in map(self._forms, (*plain_names(facts), *self._columns(facts))) if self._tells(f)]
        self._add_forms(forms)
        self._add_parts([each for each in forms if each.referent.kind == "feature"], self._outcome(facts))
        self._add_plainly(facts)
        self._words = {word for key in self._known for word in key}
        self._add_columns(facts)
        chatter = {*wording.chatter, *cues_of(wording.language.code).alone}
        for outcome in () if wording.spaced else facts.classes:
            for name in denied(facts, outcome.id, self.fold.data.get("denying", ()), self.fold.data.get("needing", ())):
                norms = tuple(token.norm for token in tokens(name))
                self._names.add(norms, 20, Referent("class", outcome.id, name))
        self.hints = Hints(
            self._owners(facts),
            wording.data["names"],
            self.fold,
            chatter,
            spaced=wording.spaced,
            outcome=self._outcome(facts),
            ways=cues_of(wording.language.code).ways if wording.spaced else (),
        )
        for name in () if wording.spaced or not facts.regression else (facts.target.name, *facts.target.aliases):
            self.hints.drop(name)
        for norms, referent in () if wording.spaced else (*self._outcome_parts(facts), *self._class_cores(facts)):
            self.hints.also(norms, referent)

    def _outcome(self, facts: Facts) -> set[str]:
        """The words of the name of what is predicted, which are no part of a feature's name."""
        if not facts.regression or not self.wording.spaced:
            return set()
        words = words_in(facts.explanation.prediction.explained.words, facts.language.code, facts.target.id)
        names = (words.name, *words.aliases, facts.target.id)
        return {self.fold(token.norm) for name in names for token in tokens(readable(name))}

    def _columns(self, facts: Facts) -> Iterator[Referent]:
        """The columns by the words that theirs are short for."""
        for feature in facts.explanation.features if self.wording.spaced else ():
            for name in spelled_out(feature.id, self._short, self.units):
                yield Referent("feature", feature.id, name)

    def _owners(self, facts: Facts) -> Iterator[Owner]:
        """Everything that can be hinted at, with all its names."""
        spelled: dict[str, list[str]] = {}
        for referent in self._columns(facts):
            spelled.setdefault(referent.id, []).append(referent.surface)
        for feature in facts.explanation.features:
            words = words_in(feature.words, facts.language.code, feature.id)
            names = (words.name, *words.aliases, feature.id, *spelled.get(feature.id, ()))
            yield Owner(Referent("feature", feature.id, words.name or feature.id), owned(names, self.fold, self.units))
        yield from others(facts, self.fold)

    def _add_forms(self, forms: list[_Forms]) -> None:
        """Whole names in any order, and what tells each from the others."""
        holders: dict[str, set[str]] = {}
        for each in forms:
            for word in each.words:
                holders.setdefault(word, set()).add(f"{each.referent.kind} {each.referent.id}")
        for each in forms:
            self._add(each.words, 30 if each.replaced else 20, each.referent)
            sharing = [holders[word] for word in each.core]
            unshared = bool(sharing) and len(set.intersection(*sharing)) == 1
            if unshared and not self._common.issuperset(each.core):
                self._add(each.core, 25, each.referent)

    def _add_plainly(self, facts: Facts) -> None:
        """Names without quotation marks, quoted words of a text, and what instances are called."""
        wording = self.wording
        for referent in () if wording.spaced else plain_names(facts):  # without the quotation marks of our own prose
            norms = tuple(token.norm for token in tokens(referent.surface))
            if len(norms) > 1 and (referent.kind == "class" or referent.surface not in self._common):
                self._names.add(norms, 20, referent)
        for referent in quoted_words(facts):
            norms = tuple(token.norm for token in tokens(referent.surface))
            self._names.add(norms, 20, referent)
        for noun in wording.data["names"].get("ones", ()):
            forms_of = (noun, *(noun + ending for ending in wording.plurals))
            if noun not in wording.vocabulary:
                self._ones.update(forms_of)
                self._add((self.fold(noun),), 60, Referent("one", noun, noun))

    def _outcome_parts(self, facts: Facts) -> Iterator[tuple[tuple[str, ...], Referent]]:
        """The two letters that end or open the name of a predicted value: 强度 is the 屈服强度, 进站 the 进站人数."""
        if not facts.regression:
            return
        names = [
            n for f in facts.explanation.features for n in (f.id, *owned_names(f.words, facts.language.code, f.id))
        ]
        free = self.fold.weak | self._common | cues_of(facts.language.code).together
        for name in (facts.target.name, *facts.target.aliases):
            for part in {name[-2:], name[:2]} if len(name) > 2 else ():
                norms = tuple(token.norm for token in tokens(part))
                if len(norms) > 1 and part not in free and not any(part in each for each in names):
                    yield norms, Referent("class", facts.target.id, facts.target.name)

    def _class_cores(self, facts: Facts) -> Iterator[tuple[tuple[str, ...], Referent]]:
        """What is left of a class without a word of need or will before it: 住院 is 需住院, 回家 is 可回家."""
        known = {name for c in facts.classes for name in (c.id, c.name, *c.aliases)}
        taken = [
            n for f in facts.explanation.features for n in (f.id, *owned_names(f.words, facts.language.code, f.id))
        ]
        for outcome in () if facts.regression else facts.classes:
            for word in sorted(self.fold.data.get("leading", ()), key=len, reverse=True):
                core = outcome.name.removeprefix(word)
                others = sum(core in name for name in known)
                if core != outcome.name and len(core) > 1 and others == 1 and not any(core in name for name in taken):
                    yield tuple(token.norm for token in tokens(core)), Referent("class", outcome.id, core)
                    break

    def _add_columns(self, facts: Facts) -> None:
        """The names of the columns as they are written, and in words."""
        for feature in facts.explanation.features:
            plain = tuple(token.norm for token in tokens(feature.id))
            apart = tuple(token.norm for token in tokens(readable(feature.id)))
            for norms in {plain, apart, apart[:-1] if apart[-1:] and apart[-1] in self.units else apart}:
                if len(norms) > 1 and not norms[0].isdecimal():
                    self._names.add(norms, 5, Referent("feature", feature.id, feature.id))

    def _forms(self, referent: Referent) -> _Forms:
        bare = [token.norm for token in tokens(readable(referent.surface)) if token.norm.isalnum()]
        if len(bare) > 1 and bare[-1] in self.units and referent.kind == "feature":
            bare = bare[:-1]  # "ppm" at the end of a column's name
        words = tuple(self.fold(word) for word in bare if word not in self.fold.links)
        core = tuple(word for word in words if word not in self.fold.generic)
        link = next((at for at, word in enumerate(bare) if at and word in self.fold.links), 0)
        head = self.fold(bare[link - 1]) if link else ""
        replaced = any(self.fold.replaces(word) for word in bare)
        return _Forms(referent, words, core, head if head in core else "", replaced)

    def _tells(self, forms: _Forms) -> bool:
        """Whether a name can be known in running text: everyday words cannot, but those of a class mostly can."""
        if not any(len(word) > 1 and word.isalpha() for word in forms.words):
            return False
        if forms.referent.kind != "class":
            return not self._common.issuperset(forms.words)
        return not all(word in self.wording.chatter or word in self.wording.notation.counts for word in forms.words)

    def _add(self, words: tuple[str, ...], priority: int, referent: Referent) -> None:
        if words:
            self._known.setdefault(tuple(sorted(words)), Surface()).add(priority, referent)

    def _add_parts(self, forms: list[_Forms], outcome: set[str]) -> None:
        """Parts of names that only one feature has."""
        owners: dict[tuple[str, ...], dict[str, Referent]] = {}
        tails: dict[str, dict[str, Referent]] = {}
        spread = Counter(word for word, _ in {(word, f.referent.id) for f in forms for word in f.core})
        for each in forms:
            core = each.core[:_CORE]
            for size in range(2, len(core)):
                for part in itertools.combinations(core, size):
                    owners.setdefault(tuple(sorted(part)), {})[each.referent.id] = each.referent
            if len(each.words) > 1 and core:
                tails.setdefault(core[-1], {})[each.referent.id] = each.referent
                if each.head and spread[each.head] == 1:
                    tails.setdefault(each.head, {})[each.referent.id] = each.referent
        for word, own in tails.items():
            alone_in = spread[word] == len(own)  # "milk" names no days in milk where another column is of milk too
            if alone_in and word not in self.fold.weak and word not in self._common and word.isalpha():
                owners.setdefault((word,), {}).update(own)
        for key, own in owners.items():
            if (
                len(own) == 1
                and not outcome.issuperset(key)
                and key not in self._known
                and not self._common.issuperset(key)
            ):
                self._add(key, 40, next(iter(own.values())))
                self._parts.add(key)

    # Finding

    def _found(self, text: str) -> Iterator[Named]:
        found = tokens(text)
        folded = [self._folded(text, token) for token in found]
        turns = self._turns(found)
        at = 0
        while at < len(found):
            exact, loose = self.at(text, found, at), self._loosely(text, found, folded, at)
            named = loose if exact is None or (loose is not None and loose.end > exact.end) else exact
            unsure = named is None or named.partial or not named.of(*_TOLD)
            hint = self.hints.at(text, found, folded, at)
            if (
                hint is not None
                and not unsure
                and named is not None
                and not (hint.end > named.end and hint.of("feature"))
            ):
                hint = None
            if (
                hint is not None
                and alone(text, hint.start, hint.end)
                and (named is None or hint.end > named.end or not named.of(*_TOLD))
            ):
                named = hint
            if named is None or self._cut(text, named) or self._of_turn(named, found, turns):
                at += 1
                continue
            yield self._narrowed(named, found, folded, at)
            while at < len(found) and found[at].start < named.end:
                at += 1

    def _turns(self, found: list[Token]) -> list[tuple[int, int]]:
        """Where turns of several words stand in which no word is by itself: "to your credit", "less expensive"."""
        cues, spans = cues_of(self.wording.language.code), []
        for at in range(len(found)) if self.wording.spaced else ():
            size, meanings = cues.at(found, at)
            if size > 1 and any(cue.kind in _FIXED for cue in meanings):
                spans.append((found[at].start, found[at + size - 1].end))
        return spans

    def _of_turn(self, named: Named, found: list[Token], turns: Sequence[tuple[int, int]]) -> bool:
        """Whether a part of a name is only a word of such a turn, or begins with a preposition that is none of it."""
        if not named.partial:
            return False
        first = next(token.norm for token in found if token.start == named.start)
        places = self.wording.data["words"].get("places", ())
        led = len(named.text.split()) > 1 and self.wording.spaced and first in places
        return led or any(start <= named.start and named.end <= end for start, end in turns)

    def _cut(self, text: str, named: Named) -> bool:
        """Whether a name would begin inside a verb, where words are not set apart: 降低|风险 is no 低风险."""
        if self.wording.spaced or not named.of("class", "value") or not named.start:
            return False
        return text[named.start - 1 : named.start + 1] in self.fold.data.get("uncut", ())

    def _narrowed(self, named: Named, found: list[Token], folded: list[tuple[str, ...]], at: int) -> Named:
        """A hint that may mean several features, as the one of which the words beside it speak too."""
        ids = {r.id for r in named.referents}
        if len(ids) < 2 or not named.partial or len(named.of("feature")) < len(named.referents):
            return named
        beside: set[str] = set()
        for step in (-1, 1):
            place, left = at, _BESIDE
            while left and 0 <= place < len(found) and (found[place].norm.isalnum() or found[place].norm in "-'’"):
                if not named.start <= found[place].start < named.end:
                    beside.update(folded[place])
                    left -= 1
                place += step
        said = {i: len(beside & (self.hints.words_of.get(i, set()) - self._common)) for i in ids}
        best = [i for i in ids if said[i] == max(said.values())]
        if len(best) == len(ids):
            return named
        return replace(named, referents=tuple(r for r in named.referents if r.id in best))

    def _folded(self, text: str, token: Token) -> tuple[str, ...]:
        if not token.norm.isalnum():
            return ()
        parts = readable(text[token.start : token.end]).casefold().split()
        return tuple(self.fold(part) for part in parts)

    def _loosely(self, text: str, found: list[Token], folded: list[tuple[str, ...]], at: int) -> Named | None:
        """The longest looser wording of a name that begins at a token."""
        words: list[str] = []
        best: Named | None = None
        for behind in range(at, min(at + _SPAN, len(found))):
            token = found[behind]
            if token.norm in self.fold.links and words:
                continue
            beside = best is not None and not text[best.end : token.start].strip()
            trailing = beside and token.norm in self.fold.trailing  # "vibration level" is the vibration
            if not trailing and (not folded[behind] or not self._words.issuperset(folded[behind])):
                break
            key = tuple(sorted((*words, *folded[behind])))
            if trailing and best is not None and key not in self._known:
                best = replace(best, end=token.end, text=text[best.start : token.end])
                break
            words += folded[behind]
            surface = self._known.get(key)
            if surface is not None and alone(text, found[at].start, token.end):
                part = text[found[at].start : token.end]
                named = Named(found[at].start, token.end, part, surface.best(part), partial=key in self._parts)
                if len(named.of("one")) < len(named.referents) or part.casefold() in self._ones:
                    best = named
        return best


def alone(text: str, start: int, end: int) -> bool:
    """Whether a stretch is no part of a longer word: "co-applicant" does not name the applicant."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:] in (".", ",") and before[:1].isdigit() and text[start].isdigit():
        return False  # part of a number
    joined = _spelled_out(before[-1:]) or (before[-1:] in ("-", "_") and before[:1].isalnum() and len(before) == 2)
    follows = _spelled_out(after[:1]) or (after[:1] in ("-", "_") and after[1:].isalnum())
    return not (joined and _spelled_out(text[start])) and not (follows and _spelled_out(text[end - 1]))


def _spelled_out(letter: str) -> bool:
    """Whether a letter belongs to a word that spaces set apart."""
    return letter.isalnum() and not "\u3040" <= letter <= "\u9fff"
