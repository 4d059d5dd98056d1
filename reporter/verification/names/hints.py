"""Hints: words that others use instead of a name, by rows of words that mean alike (`[names.alike]` of others.toml).

A hint is a mention by a part of the name: less sure than the name itself, so judges are more careful with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reporter.verification.text.mentions import Named, Referent, Surface, Token, tokens
from reporter.words import readable

_NUMBER = "#"  # at the end of a hint: only before a number, as in "aged 67"
_MARKS = frozenset((_NUMBER, "<", ">", "="))  # that tell "<=50K" from ">50K"
_LONGEST = 5  # tokens of a hint
_HINT = 70  # priority: any name goes before
_STEM = 6  # letters that must agree where a column's short word begins a longer one: "vib" is 3, see _SHORT
_SHORT = 3
_LIKE, _PART = 5, 0.65  # letters two words must share, and which part of the longer one
_EQUAL = 1  # of priority
_FEW = 3  # features that one hint may mean
Fold = Callable[[str], str]


@dataclass(frozen=True)
class Owner:
    """Something that can be hinted at: its referent, the folded words of each of its names."""

    referent: Referent
    names: tuple[tuple[str, ...], ...]


# The folded words of each phrase, whether it may be said for the others, and whether a name that holds it is told so.
Row = list[tuple[tuple[str, ...], bool, bool]]


class _Rows:
    """Rows of words that mean alike, found by the words that begin a phrase which brings a row."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = tuple(rows)
        self._at: dict[str, list[int]] = {}
        for place, row in enumerate(self._rows):
            for word in {phrase[0] for phrase, _, brings in row if brings and phrase}:
                self._at.setdefault(word, []).append(place)

    def about(self, name: Iterable[str]) -> Iterator[Row]:
        """The rows that a name of these words may bring, in their order."""
        for place in sorted({place for word in set(name) for place in self._at.get(word, ())}):
            yield self._rows[place]


_ROWS: dict[int, tuple[Mapping[str, Any], _Rows, _Rows]] = {}


class Hints:
    """The hints of one explanation: folded words → what they may stand for."""

    def __init__(
        self,
        owners: Iterable[Owner],
        data: Mapping[str, Any],
        fold: Fold,
        everyday: set[str],
        *,
        spaced: bool,
        outcome: Iterable[str] = (),
        ways: Iterable[str] = (),
    ) -> None:
        self.fold, self.spaced = fold, spaced
        self.said, self.everyday = everyday, {fold(word) for word in everyday}
        self.sayable = set(data.get("sayable", ()))
        self.generic = {fold(word) for word in (*data.get("weak", ()), *data.get("generic", ()))}
        self.numbers = {fold(word) for word in data.get("numerals", ())}
        self.free = {fold(word) for line in data.get("never", ()) for word in line.split()}
        self.data = data
        self._known: dict[tuple[str, ...], Surface] = {}
        self._lengths: dict[str, set[int]] = {}
        self._shorts: dict[str, list[Referent]] = {}
        self._whole: dict[str, list[Referent]] = {}  # the long words of the columns' names
        self.words_of: dict[str, set[str]] = {}  # id of a feature → the words that may speak of it
        common = self.everyday | {fold(word) for word in (*data.get("weak", ()), *data.get("generic", ()))}
        owners = list(owners)
        said = {(word, o.referent.id) for o in owners if o.referent.kind == "feature" for n in o.names for word in n}
        self._spread = Counter(word for word, _ in said)
        for owner in owners:
            for key, part in self._of(owner, common):
                self._add(key, owner.referent, part)
            if owner.referent.kind == "feature":
                self.words_of.setdefault(owner.referent.id, set()).update(w for name in owner.names for w in name)
            self._abbreviations(owner, common)
        for word in outcome:
            self._known.pop((word,), None)
        told = {self._folded(way) for way in ways}  # "away from", "cheaper" say where to, and name nothing
        self._known = {key: s for key, s in self._known.items() if key not in told}
        self._known = {key: s for key, s in self._known.items() if _of_few(s) and not self._vague(key, s)}

    def drop(self, name: str) -> None:
        """Parts of a name that are parts of what is predicted as well are no mention of it."""
        for key in [k for k in self._known if len(k) > 1 and "".join(k) in name]:
            if {r.kind for _, r in self._known[key].referents.values()} == {"feature"}:
                del self._known[key]

    def _vague(self, key: tuple[str, ...], surface: Surface) -> bool:
        """Whether a weak word could mean several features, which is then no mention of any: "area"."""
        return self.spaced and len(key) == 1 and key[0] in self.generic and len(_meant(surface)) > 1

    def _rows(self, *, outcomes: bool = False) -> _Rows:
        """The rows of words that mean alike, those of outcomes by themselves, folded once for each way to fold."""
        known = _ROWS.get(id(self.data))
        if known is None or known[0] is not self.data:
            rows = [
                [(self._folded(phrase), self._says(phrase), True) for phrase in row]
                for row in self.data.get("alike", ())
            ]
            for head, told in self.data.get("called", {}).items():
                said = [(self._folded(phrase), True, False) for phrase in told]
                rows.append([(self._folded(head), False, True), *said])
            classes = [[(self._folded(phrase), True, True) for phrase in row] for row in self.data.get("outcomes", ())]
            known = (self.data, _Rows(rows), _Rows(classes))
            _ROWS[id(self.data)] = known
        return known[2] if outcomes else known[1]

    def _says(self, phrase: str) -> bool:
        """Whether a phrase is more than one word of everyday language: "last", "main"."""
        return not self.spaced or phrase not in self.said or phrase in self.sayable

    def _of(self, owner: Owner, common: set[str]) -> Iterator[tuple[tuple[str, ...], float]]:
        """What may be said instead of a name, and what part of the name that stands for."""
        for name in owner.names:
            core = max(1, sum(word not in self.generic for word in name))
            if owner.referent.kind == "feature":
                yield from ((p, len(p) / core) for p in self._parts(name, common) if not self._everyday(p))
            whole = owner.referent.kind == "class"  # "not readmitted" holds "readmitted", and is the opposite
            for row in (*self._rows().about(name), *(self._rows(outcomes=True).about(name) if whole else ())):
                held = [p for p, _, brings in row if brings and (name == p if whole else self._brings(name, p))]
                if held:
                    part = max(len(p) for p in held) / core
                    yield from ((phrase, min(part, 1.0)) for phrase, said, _ in row if said)

    def _brings(self, name: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
        """Whether a name holds a phrase by which it may be told in other words: no "rate" in a longer one."""
        weak = len(phrase) == 1 and phrase[0] in self.generic and self._spread[phrase[0]] > 1
        vague = self.spaced and ((weak and len(name) > 1) or name[0].isdecimal())  # "1,000 steps" are not any steps
        return not vague and self._holds(name, phrase)

    def _everyday(self, part: tuple[str, ...]) -> bool:
        """Whether a part of a name is only everyday words; letters that are words of their own make others together."""
        if self.spaced:
            return (self.everyday - {self.fold(word) for word in self.sayable}).issuperset(part)
        return "".join(part) in self.everyday

    def _parts(self, name: tuple[str, ...], common: set[str]) -> Iterator[tuple[str, ...]]:
        if self.spaced and name[0].isdecimal():
            return  # "1,000 steps" is not named by any steps
        if self.spaced:
            yield from (
                (word,)
                for word in name
                if len(word) >= _SHORT and word.isalpha() and word not in common and word not in self.numbers
            )
            return
        for size in range(2, len(name)):
            for start in range(len(name) - size + 1):
                part = name[start : start + size]
                if "".join(part) not in common:
                    yield part

    def _holds(self, name: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
        size = len(phrase)
        if not self.spaced and size < 2 and not phrase[0].isascii():
            return False  # a single letter is part of many words
        if self.spaced and len(set(phrase)) == size > 1 and set(phrase) <= set(name):
            return True
        return any(name[at : at + size] == phrase for at in range(len(name) - size + 1))

    def _abbreviations(self, owner: Owner, common: set[str]) -> None:
        """Short words of a column's name, which may begin a longer one: "vib" stands for vibration."""
        if not self.spaced or owner.referent.kind != "feature":
            return
        for word in {token.norm for token in tokens(readable(owner.referent.id))}:
            if len(word) >= _LIKE and word.isalpha() and not common & {word, self.fold(word)}:
                self._whole.setdefault(word, []).append(owner.referent)
            if _SHORT <= len(word) <= _STEM and word.isalpha() and not common & {word, self.fold(word)}:
                self._shorts.setdefault(word, []).append(owner.referent)

    def _add(self, key: tuple[str, ...], referent: Referent, part: float) -> None:
        if key and not self.free.issuperset(key):
            if referent.kind == "feature":
                self.words_of.setdefault(referent.id, set()).update(key)
            self._known.setdefault(key, Surface()).add(_HINT + round(10 * (1 - min(part, 1.0))), referent)
            self._lengths.setdefault(key[0], set()).add(len(key) - (key[-1] == _NUMBER))

    def also(self, key: tuple[str, ...], referent: Referent) -> None:
        """One more hint, unless it is one of something else already."""
        if key not in self._known:
            self._add(key, referent, 0.0)

    def _folded(self, phrase: str) -> tuple[str, ...]:
        return tuple(self.fold(token.norm) for token in tokens(phrase) if token.norm.isalnum() or token.norm in _MARKS)

    def at(self, text: str, found: Sequence[Token], folded: Sequence[tuple[str, ...]], at: int) -> Named | None:
        """The longest hint that begins at a token."""
        for length in sorted(self._lengths.get(folded[at][0] if folded[at] else "", ()), reverse=True):
            stretch = [word for words in folded[at : at + length] for word in words]
            surface = self._known.get(tuple(stretch[:length]))
            end = min(at + length, len(found)) - 1
            if surface is None and end + 1 < len(found) and found[end + 1].norm.isdecimal():
                surface = self._known.get((*stretch[:length], _NUMBER))
            while end > at and not folded[end]:  # "LeadTime." is one word that holds two, and a mark
                end -= 1
            if surface is not None and len(stretch) == length and length <= _LONGEST:
                part = text[found[at].start : found[end].end]
                return Named(found[at].start, found[end].end, part, _meant(surface), partial=True)
        return self._acronym(text, found, at) or self._short(text, found[at])

    def _acronym(self, text: str, found: Sequence[Token], at: int) -> Named | None:
        """Words whose first letters are a column's short word: "free fatty acids" is its ffa."""
        for short, owners in self._shorts.items():
            run = found[at : at + len(short)]
            plain = any(self.fold(token.norm) in self.everyday for token in run)
            spelled = "".join(token.norm[:1] for token in run if token.norm.isalpha() and len(token.norm) > 1)
            if not plain and spelled == short and len({referent.id for referent in owners}) == 1:
                part = text[run[0].start : run[-1].end]
                return Named(run[0].start, run[-1].end, part, (owners[0],), partial=True)
        return None

    def _short(self, text: str, token: Token) -> Named | None:
        if not token.norm.isalpha():
            return None
        if token.norm in self.said:
            return None
        if text[max(0, token.start - 2) : token.start].strip().isdigit():
            return None  # "21,000 steps" are not the 1,000 steps
        like = {r.id: r for word, owners in self._whole.items() if _alike(token.norm, word) for r in owners}
        if len(like) == 1:
            one = next(iter(like.values()))
            return Named(token.start, token.end, text[token.start : token.end], (one,), partial=True)
        for size in range(_STEM, _SHORT - 1, -1):
            owners = self._shorts.get(token.norm[:size], []) if len(token.norm) > size + 1 else []
            if len({referent.id for referent in owners}) == 1:
                return Named(token.start, token.end, text[token.start : token.end], (owners[0],), partial=True)
        return None


def _alike(said: str, word: str) -> bool:
    """Whether a word of a text is a form or a part of one of a name: "plasticizer", "processing"."""
    if len(said) < _LIKE:
        return False
    if (len(said) > _LIKE and said in word) or (len(word) > _LIKE and word in said):
        return True
    same = next((at for at, (a, b) in enumerate(zip(said, word, strict=False)) if a != b), min(len(said), len(word)))
    return same >= _LIKE and same >= _PART * max(len(said), len(word))


def _of_few(surface: Surface) -> bool:
    """Whether a hint points at one thing, or at a few features of which a judge may try each."""
    referents = _meant(surface)
    some = len({r.id for r in referents})
    return some == 1 or (some <= _FEW and {r.kind for r in referents} == {"feature"})


def _meant(surface: Surface) -> tuple[Referent, ...]:
    """What a hint may stand for, each once."""
    best = min(priority for priority, _ in surface.referents.values())
    kinds = {r.kind for _, r in surface.referents.values()}  # what may be a class as well is neither
    return tuple({r.id: r for p, r in surface.referents.values() if p <= best + _EQUAL or len(kinds) > 1}.values())


def owned(names: Iterable[str], fold: Fold, units: frozenset[str] = frozenset()) -> tuple[tuple[str, ...], ...]:
    """The folded words of names, each once."""
    found = []
    for name in names:
        plain = [token.norm for token in tokens(readable(name)) if token.norm.isalnum() or token.norm in _MARKS]
        bare = plain[:-1] if len(plain) > 1 and plain[-1] in units else plain
        for words in (tuple(fold(word) for word in bare), tuple(fold(word) for word in plain)):
            if words and words not in found:
                found.append(words)
    return tuple(found)
