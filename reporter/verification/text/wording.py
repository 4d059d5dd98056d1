"""Wording: how one language states things, turned into regular expressions once.

claims.toml holds what everybody says, others.toml, where a language has one, what only other people say: its tables are
added to those of the first. How a pattern is written: patterns.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from reporter.errors import UnknownName
from reporter.language import Language, language, languages
from reporter.templating import Templates, current
from reporter.verification.text.masks import masked
from reporter.verification.text.numerals import Notation
from reporter.verification.text.patterns import MENTIONS, SPACE, WORD, Parser, Pattern, statement_of

FILE_NAME, OTHERS = "claims.toml", "others.toml"
LONGEST = 3000  # characters of a sentence; a longer one is read in stretches


class Wording:
    """What the verifier knows of one language."""

    def __init__(self, tongue: Language, data: Mapping[str, Any]) -> None:
        self.language = tongue
        self.data = data
        self.spaced = bool(tongue.lexicon.get("typography", {}).get("spaces", True))
        numbers = tongue.lexicon["numbers"]
        self.notation = Notation(data["numbers"], tuple(numbers["words"]), tuple(numbers["ordinals"]))
        self.plurals: tuple[str, ...] = tuple(data["names"]["plurals"])

    @cached_property
    def meanings(self) -> dict[str, dict[str, Any]]:
        """Set name → wording → what it means; ordinals and ratios come from the lexicon."""
        found: dict[str, dict[str, Any]] = {
            name: dict(table) if isinstance(table, Mapping) else dict.fromkeys(table, True)
            for name, table in self.data["sets"].items()
        }
        found["ordinal"] = {word: rank for rank, word in enumerate(self.notation.ordinals, 1)} | found.get(
            "ordinal", {}
        )
        found["ratio"] = {row["say"]: (row["from"], row["to"]) for row in self.language.lexicon["ratios"]}
        return found

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """All wordings of claims that our own prose may use, compiled."""
        return self._compiled[0]

    @cached_property
    def wider(self) -> tuple[Pattern, ...]:
        """Those and the wordings that only other people use."""
        return (*self.patterns, *self._compile(self.data.get("others", ()))[0])

    @cached_property
    def free(self) -> frozenset[str]:
        """Words that state nothing by themselves and may stand anywhere."""
        return frozenset(
            [*(w for line in self.data["free"]["words"] for w in line.split()), *self.data["names"]["determiners"]]
        )

    @cached_property
    def chatter(self) -> frozenset[str]:
        """Words that state nothing in the prose of others."""
        return self.free | {w for line in self.data["free"].get("others", ()) for w in line.split()}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the file: a name made of these alone stands in quotation marks."""
        return self.free | self._compiled[1]

    @cached_property
    def _units(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for number, row in enumerate(self.data.get("units", {}).get("same", ())):
            for unit in row:
                found.setdefault(unit.casefold(), set()).add(number)
        return found

    @property
    def units(self) -> tuple[str, ...]:
        """Units a text may use although the study does not."""
        table = self.data.get("units", {})
        return (*(unit for unit in self._units if unit not in table.get("unsaid", ())), *table.get("points", ()))

    @property
    def counters(self) -> frozenset[str]:
        """Words behind a count of a wording that a study may use as units too: "100 次"."""
        return frozenset(self.data.get("units", {}).get("counters", ()))

    def same_unit(self, one: str, other: str) -> bool:
        """Whether two units mean the same."""
        one, written, other = one.casefold(), self.language.unit(other).casefold(), other.casefold()
        if other == "%" and one in self.data.get("units", {}).get("points", ()):
            return True  # a change of a percentage
        return one in (other, written) or bool(self._units.get(one, set()) & self._units.get(other, set()))

    def everyday(self, norms: Iterable[str]) -> bool:
        """Whether a wording holds nothing but words of this file."""
        return all(norm in self.vocabulary for norm in norms if norm.isalpha())

    def means(self, name: str, text: str) -> Any:
        """What a wording of a set means; None when it is none of them."""
        for regex, meaning in self._set_regexes(name):
            if regex.fullmatch(text):
                return meaning
        return None

    def words(self, text: str) -> Iterator[re.Match[str]]:
        """The words of a masked text."""
        return WORD.finditer(text)

    def anchors(self, text: str) -> set[str]:
        """The words of a masked text, and the parts of those with a hyphen: what an anchor of a pattern may be."""
        found = {m[0].casefold() for m in self.words(text)}
        return found | {part for word in found if "-" in word for part in word.split("-")}

    def one_of(self, name: str) -> re.Pattern[str]:
        """A regular expression for any word of a list under [words]."""
        if name not in self._lists:
            words = self.data["words"].get(name, ())
            expression = Parser(self, "|".join(words)).parse()[0] if words else "(?!)"
            self._lists[name] = re.compile(expression, re.IGNORECASE)
        return self._lists[name]

    @cached_property
    def _lists(self) -> dict[str, re.Pattern[str]]:
        return {}

    # Sentences

    def split(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each sentence of a (masked) paragraph."""
        start = 0
        for stop in self._stop.finditer(text):
            near = max(start, stop.end() - self._longest_abbreviation)
            if not self._abbreviation.search(text[near : stop.end()]):
                yield from _stretches(text, start, stop.end())
                start = stop.end()
        yield from _stretches(text, start, len(text))

    @cached_property
    def _stop(self) -> re.Pattern[str]:
        marks = re.escape(self.data["sentences"]["stops"])
        return re.compile(rf"[{marks}]+[”\"')\]*]*" + (r"(?=\s|$)" if self.spaced else ""))

    @cached_property
    def _longest_abbreviation(self) -> int:
        return max((len(word) for word in self.data["sentences"]["abbreviations"]), default=0) + 1

    @cached_property
    def _abbreviation(self) -> re.Pattern[str]:
        words = "|".join(re.escape(word) for word in self.data["sentences"]["abbreviations"])
        return re.compile(rf"(?:^|[\s(])(?:{words})$", re.IGNORECASE) if words else re.compile(r"(?!)")

    # Patterns

    @cached_property
    def _compiled(self) -> tuple[tuple[Pattern, ...], frozenset[str]]:
        return self._compile(self.data["claims"])

    def _compile(self, entries: Iterable[Mapping[str, Any]]) -> tuple[tuple[Pattern, ...], frozenset[str]]:
        """The patterns of these entries, and every word they hold."""
        patterns: list[Pattern] = []
        literals: set[str] = set()
        for entry in entries:
            statements = (statement_of(entry), *(statement_of({**entry, **also}) for also in entry.get("also", ())))
            for text in map(self._expanded, entry["say"]):
                parser = Parser(self, text)
                expression, anchors = parser.parse()
                regex = re.compile(expression, re.IGNORECASE)
                patterns.append(Pattern(text, regex, tuple(parser.slots), anchors, statements))
                literals |= parser.literals
        return tuple(patterns), frozenset(literals)

    def _expanded(self, text: str) -> str:
        """A pattern with the pieces of [pieces] put in for "<name>"."""
        pieces: Mapping[str, str] = self.data.get("pieces", {})
        return re.sub(r"<([a-z_]+)>", lambda found: pieces[found[1]], text)

    def inflected(self, word: str) -> tuple[str, ...]:
        """The forms of a verb: "raise" is also "raises", "raised" and "raising"."""
        for ending, forms in self.data.get("inflections", {}).items():
            if word.endswith(ending):
                stem = word.removesuffix(ending)
                return tuple(stem + form for form in forms)
        return (word,)

    def _set_regexes(self, name: str) -> list[tuple[re.Pattern[str], Any]]:
        if name not in self._sets:
            self._sets[name] = [
                (re.compile(Parser(self, wording).parse()[0], re.IGNORECASE), meaning)
                for wording, meaning in self.meanings[name].items()
            ]
        return self._sets[name]

    @cached_property
    def _sets(self) -> dict[str, list[tuple[re.Pattern[str], Any]]]:
        return {}

    @cached_property
    def determiner(self) -> str:
        """What may stand before a name without changing it."""
        words = "|".join(re.escape(word) for word in self.data["names"]["determiners"])
        return rf"(?:\b(?:{words})\b{SPACE})" if words else "(?!)"

    @cached_property
    def value(self) -> str:
        """A value as prose writes it: a number with its unit, or a category."""
        notation, unit = self.notation, masked(("unit",))
        number = f"(?:{unit} ?)?{notation.number}{notation.unless}(?:{notation.percent}| ?{unit})?"
        return f"(?:{notation.bound})?(?:{number})|{masked(('value',))}"

    def slot(self, kind: str) -> str:
        """The regular expression of a slot."""
        notation = self.notation
        if kind == "number":
            return f"(?:{notation.bound})?{notation.number}(?!{notation.percent})"
        if kind == "percent":
            return f"(?:{notation.bound})?(?:{notation.number}{notation.percent}|{notation.spelled.share})"
        if kind == "portion":
            shares = (notation.spelled.share, notation.fraction, f"{notation.number}{notation.percent}")
            return f"(?:{notation.bound})?(?:{'|'.join(shares)})"
        if kind == "count":
            return notation.count + f"(?!{notation.percent})"
        if kind == "tally":
            return notation.tally
        if kind == "value":
            return self.value
        if kind == "nth":
            return notation.nth
        return masked(MENTIONS[kind])


def _stretches(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence; one of more than `LONGEST` characters in several, each of which ends before a word."""
    while end - start > LONGEST:
        at = text.rfind(" ", start + 1, start + LONGEST)
        cut = at if at > start else start + LONGEST
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def wording(code: str) -> Wording:
    """The wording of a language. Raises UnknownName when it has no claims.toml."""
    return _wording(code, current())


@lru_cache
def _wording(code: str, templates: Templates) -> Wording:
    if not templates.find(f"narrative/{code}/{FILE_NAME}").is_file():
        known = [each for each in languages() if templates.find(f"narrative/{each}/{FILE_NAME}").is_file()]
        raise UnknownName("language for verification", code, known)
    data, others = (templates.toml(f"narrative/{code}/{name}") for name in (FILE_NAME, OTHERS))
    return Wording(language(code), _added(data, others))


def _added(data: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two files as one: tables are joined entry by entry, and lists end to end."""
    joined = dict(data)
    for key, value in more.items():
        known = joined.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            joined[key] = _added(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            joined[key] = [*known, *value]
        else:
            joined[key] = value
    return joined
