"""Mentions: every name a text may use is found first and masked, so that nothing inside a name is read as prose.

A masked text has the length of the text it masks: a name becomes one private-use character for what kind of thing it
names, followed by filling. Offsets stay true, and digits, dots and brackets in names can do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reporter.facts import Facts
from reporter.naming import PARTS
from reporter.plugins import METHODS
from reporter.rounding import Rounding
from reporter.verification.text.masks import AMBIGUOUS, FILL, HEADS, Kind
from reporter.verification.text.wording import Wording
from reporter.words import readable, words_in

_PRIVATE = re.compile("[\ue000-\uf8ff]")
# One letter of a script without spaces is a token of its own.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+|\d+|[^\w\s]|_")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'"})
_BLANKED = str.maketrans({**dict.fromkeys('“”„«»"*', " "), "’": "'", "‘": "'"})


@dataclass(frozen=True)
class Referent:
    """One thing a name may stand for; `surface` is the name as the study writes it, `side` what a phrase says of it."""

    kind: Kind
    id: str
    surface: str
    side: str = ""


@dataclass(frozen=True)
class Named:
    """Where a text names something; several referents when the name alone does not decide."""

    start: int
    end: int
    text: str
    referents: tuple[Referent, ...]
    partial: bool = False  # named by a part of its name, which may mean something else
    alien: str = ""  # a phrase: the feature in the bracket behind it, when that is not the feature it is the phrase of

    def of(self, *kinds: Kind) -> tuple[Referent, ...]:
        """The referents of these kinds."""
        return tuple(referent for referent in self.referents if referent.kind in kinds)

    @property
    def head(self) -> str:
        """The character it is masked with."""
        kinds = {referent.kind for referent in self.referents}
        return HEADS[kinds.pop()] if len(kinds) == 1 else AMBIGUOUS

    def moved(self, by: int) -> Named:
        """The same mention in a text that starts elsewhere."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True)
class Token:
    """A word, a run of digits or a mark, folded."""

    start: int
    end: int
    norm: str


def tokens(text: str) -> list[Token]:
    """The words, digit runs and marks of a text, folded."""
    return [Token(m.start(), m.end(), m[0].translate(_QUOTES).casefold()) for m in _TOKEN.finditer(text)]


@dataclass
class Surface:
    """One wording, and everything it may stand for with the priority of each: the lower goes first."""

    referents: dict[tuple[str, str, str], tuple[int, Referent]] = field(default_factory=dict)

    def add(self, priority: int, referent: Referent) -> None:
        key = (referent.kind, referent.id, referent.side)
        if key not in self.referents or self.referents[key][0] > priority:
            self.referents[key] = (priority, referent)

    def best(self, text: str) -> tuple[Referent, ...]:
        """The referents of the best priority in each kind; letter case decides between names alike in all else."""
        least: dict[str, int] = {}
        for priority, referent in self.referents.values():
            least[referent.kind] = min(priority, least.get(referent.kind, priority))
        kept = [referent for priority, referent in self.referents.values() if priority == least[referent.kind]]
        if len(least) > 1 or len(kept) == 1:
            return tuple(kept)
        alike = [_alike(referent.surface, text) for referent in kept]
        return tuple(referent for referent, likeness in zip(kept, alike, strict=True) if likeness == max(alike))


class _Surfaces:
    """Wordings by their tokens."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Surface] = {}
        self._lengths: dict[str, list[int]] = {}  # first token → how long the wordings are that begin with it

    def add(self, norms: tuple[str, ...], priority: int, referent: Referent) -> None:
        if norms not in self._known:
            self._known[norms] = Surface()
            lengths = self._lengths.setdefault(norms[0], [])
            if len(norms) not in lengths:
                lengths.append(len(norms))
                lengths.sort(reverse=True)
        self._known[norms].add(priority, referent)

    def drop(self, word: str) -> None:
        """Forget a wording of one token."""
        self._known.pop((word,), None)

    def at(self, text: str, found: list[Token], at: int) -> Named | None:
        """The longest wording that stands at a token."""
        for length in self._lengths.get(found[at].norm, ()):
            stretch = found[at : at + length]
            surface = self._known.get(tuple(token.norm for token in stretch))
            start, end = stretch[0].start, stretch[-1].end
            if surface is not None and _stands_alone(text, start, end):
                return Named(start, end, text[start:end], surface.best(text[start:end]))
        return None


class Names:
    """All names of one explanation in one language; built once, then used for every text about it."""

    def __init__(self, facts: Facts, wording: Wording) -> None:
        self._names, self._units = _Surfaces(), _Surfaces()
        self._fraction = str(wording.data["numbers"].get("spelled", {}).get("fraction", ""))
        self._steps = frozenset((*wording.data["numbers"].get("times", ()), *"".join(wording.notation.inside)))
        self._spelled: frozenset[str] = frozenset()  # number words before which a unit may stand
        for priority, referent in (*_referents(facts, wording), *_study(facts, wording)):
            norms = tuple(token.norm for token in tokens(referent.surface))
            if not norms or (referent.kind == "study" and wording.everyday(norms)):
                continue  # "the model" given as a contact must not hide every "the model"
            surfaces = self._units if referent.kind == "unit" else self._names
            surfaces.add(norms, priority, referent)
            if referent.kind in ("feature", "class", "one") and norms[-1].isalpha():
                for ending in wording.plurals:
                    surfaces.add((*norms[:-1], norms[-1] + ending), priority + 10, referent)

    def mask(self, text: str) -> tuple[str, tuple[Named, ...]]:
        """The text with every name masked, and what was named, in order."""
        clean = _PRIVATE.sub("\ufffd", text)
        found = tuple(self._found(clean))
        parts, at = [], 0
        for named in found:
            parts += [clean[at : named.start], named.head, FILL * (named.end - named.start - 1)]
            at = named.end
        return "".join([*parts, clean[at:]]), found

    def at(self, text: str, found: list[Token], at: int) -> Named | None:
        """The longest name or unit that stands at a token as the study writes it."""
        units = self._units.at(text, found, at)
        if units is not None and not _beside_number(found, at, units.end, self._steps, self._spelled):
            units = None
        named = self._names.at(text, found, at)
        if units is not None and self._fraction and text.startswith(self._fraction, units.start):
            units = None  # 三分之一 counts no 分
        return units if units is not None and (named is None or units.end >= named.end) else named

    def _found(self, text: str) -> Iterator[Named]:
        found = tokens(text)
        at = 0
        while at < len(found):
            named = self.at(text, found, at)
            if named is None:
                at += 1
                continue
            yield named
            while at < len(found) and found[at].start < named.end:
                at += 1


def settled(masked: str, named: Sequence[Named]) -> tuple[Named, ...]:
    """The mentions; a phrase with a feature's name in the bracket behind it is that feature's."""
    found: list[Named] = []
    for each, behind in zip(named, (*named[1:], None), strict=False):
        owner = behind is not None and each.of("phrase") and masked[each.end : behind.start].strip() in ("(", "（")
        if owner and behind is not None and (features := {r.id for r in behind.of("feature")}):
            mine = tuple(r for r in each.referents if r.kind != "phrase" or r.id in features)
            found.append(replace(each, referents=mine or each.referents, alien="" if mine else behind.text))
        else:
            found.append(each)
    return tuple(found)


def blanked(masked: str) -> str:
    """A masked text without its quotation marks and asterisks, which say nothing once names are masked."""
    return masked.translate(_BLANKED)


def _beside_number(found: list[Token], at: int, end: int, steps: frozenset[str], spelled: frozenset[str]) -> bool:
    """Whether a unit may stand here: behind a number ("12 €", "1.2 万 €"), or before one when it is a sign."""
    last = at - 1
    while last > 0 and found[last].norm in steps:  # 1.2 万元, 五个半小时
        last -= 1
    last = last - 1 if last > 0 and found[last].norm == "-" else last  # "a 67-year-old"
    behind = last >= 0 and (found[last].norm.isdecimal() or found[last].norm in spelled)
    after = next((i for i in range(at, len(found)) if found[i].start >= end), len(found))
    before = after < len(found) and found[after].norm.isdecimal() and not found[after - 1].norm.isalpha()
    return behind or before


def _alike(surface: str, text: str) -> tuple[int, bool]:
    """How alike two spellings are; the first letter, which may open a sentence, comes last."""
    return sum(a == b for a, b in zip(surface[1:], text[1:], strict=False)), surface[:1] == text[:1]


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name is not part of a longer word: "age" is not named by "aged", "age2" or "age-related"."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if text[start].isalpha() and _is_word(text[start]):
        if before.isalpha() and _is_word(before):
            return False
        if before in "-_" and before and _is_word(text[start - 2 : start - 1]):
            return False
    joined = _is_word(after) or (after in ("-", "_") and _is_word(text[end + 1 : end + 2]))
    return not (_is_word(text[end - 1]) and joined)


def _is_word(letter: str) -> bool:
    """Whether a letter belongs to a word that spaces set apart."""
    return letter.isalnum() and not "\u3040" <= letter <= "\u9fff"


def _referents(facts: Facts, wording: Wording) -> Iterable[tuple[int, Referent]]:
    """Everything that can be named, with a priority: a name goes before an alias, an alias before an id."""
    tongue, write = facts.language, Rounding(facts.language)
    for feature, shown in zip(facts.explanation.features, facts.features, strict=True):
        words = words_in(feature.words, tongue.code, feature.id)
        yield 0, Referent("feature", shown.id, shown.name)
        for alias in words.aliases:
            yield 1, Referent("feature", shown.id, write.name(alias))
        for name in (readable(shown.id), shown.id):
            yield 2, Referent("feature", shown.id, write.name(name))
        for side, phrase in (("high", words.high), ("low", words.low)):
            if phrase:
                yield 3, Referent("phrase", shown.id, phrase, side)
        if words.unit and words.unit != "%":
            yield 0, Referent("unit", words.unit, words.unit)
        if feature.kind not in PARTS:  # the value of a word is the word, which only its name may quote
            yield from _values(feature.id, (feature.value, feature.baseline), words.values, write)
    for group, group_words in facts.groups.items():
        for name in (group_words.name, *group_words.aliases):
            yield 0, Referent("group", group, name)
    yield from _outcomes(facts, write)
    yield from _surroundings(facts, wording)


def _values(
    feature: str, given: tuple[float | str | None, ...], values: dict[str, str], write: Rounding
) -> Iterable[tuple[int, Referent]]:
    """The categories of a feature; a plain number is no name."""
    quote = write.tongue.lexicon["quoting"]["pair"][0]
    texts = {write.value(v, "", None, values) for v in given if isinstance(v, str)}
    for text in {*texts, *(write.name(meaning) for meaning in values.values())}:
        if any(letter.isalpha() for letter in text) or text.startswith(quote):
            yield 0, Referent("value", feature, text)


def _outcomes(facts: Facts, write: Rounding) -> Iterable[tuple[int, Referent]]:
    for shown in facts.classes:
        yield 0, Referent("class", shown.id, shown.name)
        for alias in shown.aliases:
            yield 1, Referent("class", shown.id, write.name(alias))
        yield 2, Referent("class", shown.id, write.name(shown.id))
    known = {shown.id for shown in facts.classes}
    for identifier in ("truth", "baseline.prediction"):
        fact = facts.get(identifier)
        if fact is not None and isinstance(fact.value, str) and fact.value not in known:
            yield 0, Referent("class", fact.value, fact.text)
    units = {words_in(o.words, facts.language.code).unit for o in facts.explanation.prediction.outcomes}
    for unit in units - {"", "%"}:
        yield 0, Referent("unit", unit, unit)


def _surroundings(facts: Facts, wording: Wording) -> Iterable[tuple[int, Referent]]:
    """What is not a feature or a class: the instance, the rows, the baseline, the method, the study's own sentences."""
    lexicon, card = facts.language.lexicon, facts.card
    yield 0, Referent("instance", facts.explanation.instance, facts.instance)
    one, many = card.instance or lexicon["instance"]["one"], card.instances or lexicon["instance"]["many"]
    for noun in {one, many, lexicon["instance"]["one"], lexicon["instance"]["many"]}:
        yield 0, Referent("one", noun, noun)
    for rows in (
        lexicon["reference"]["many"],
        *(form.format(many=many, one=one) for form in wording.data["names"]["rows"]),
    ):
        yield 0, Referent("rows", "rows", rows)
    for unit in wording.units:
        yield 1, Referent("unit", unit, unit)
    for name, words in lexicon["baselines"].items():
        yield 0, Referent("baseline", name, words.format(one=one))
    compared = facts.score("agreement")
    methods = {*METHODS.names(), facts.explanation.provenance.method}
    if compared is not None and isinstance(second := compared.detail.get("method"), str):
        methods.add(second)
    for method in methods:
        for called in dict.fromkeys((facts.language.method(method), method.replace("-", " "))):
            yield 0, Referent("method", method, called)


def _study(facts: Facts, wording: Wording) -> Iterable[tuple[int, Referent]]:
    """The study's own sentences, which may be repeated word for word."""
    for entry in ("title", "role", "intended_use", "limits", "next_step", "contact"):
        text = " ".join(str(getattr(facts.card, entry)).split())
        for start, end in wording.split(text):
            yield 0, Referent("study", entry, text[start:end].rstrip(".!?。！？ "))
