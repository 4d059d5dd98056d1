"""One language as its folder under templates/narrative/ gives it: words, lexicon, and how numbers are written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import localcontext
from functools import cached_property, lru_cache
from typing import Any

from reporter.errors import OwnTemplateError, UnknownName
from reporter.templating import CAME_ALONG, Templates, current

MINUS = "\u2212"
MOST_DECIMALS = 12  # what is smaller is written as 0
COMPACT = 1e5  # from here a language that has words for large steps counts in them
MYRIAD_DECIMALS = 2
_EXACT = 1e-6  # relative: what single precision leaves of a number that was written with few decimals
_MARKS = "\u2018\u2019\u201c\u201d\u2026\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_WIDE = f"\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff{_MARKS}"
# A space between two wide characters, or beside a full-width mark; one beside a digit or a Latin letter stays.
_LOOSE = re.compile(f"(?<=[{_MARKS}]) +| +(?=[{_MARKS}])|(?<=[{_WIDE}]) +(?=[{_WIDE}])")
_STRETCH = re.compile(f"[{_WIDE}]+")
_PLACES = re.compile(r"(?:[^{}]|\{\w*\})*", re.DOTALL)  # of words: names alone, no widths, nothing of what is filled in
_DIGITS = 309 + MOST_DECIMALS  # of the largest number there is


@dataclass(frozen=True, eq=False)
class Language:
    """The data of one language. `words` are a report's own words, `lexicon` what narrators and the verifier share."""

    code: str
    words: dict[str, Any]  # words.toml: headings, table heads, text alternatives
    lexicon: dict[str, Any]  # lexicon.toml
    templates: Templates = CAME_ALONG  # it is one of these

    def number(self, value: float, decimals: int) -> str:
        """A number with that many decimals, grouped and signed as the language does; minus is U+2212."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * decimals if decimals > 0 else "")
        # Adding 0.0 turns the −0.0 that rounding leaves behind into 0.
        rounded = round(value, decimals) + 0.0
        with localcontext(prec=_DIGITS):
            text = str(format_decimal(rounded, format=pattern, locale=self.code))
        return text.replace("-", MINUS)

    def significant(self, value: float, digits: int = 3) -> str:
        """A number with about `digits` significant digits; whole numbers and large ones stay whole."""
        decimals = decimals_for(value, digits)
        return self.number(value, decimals if round(value, decimals) else 0)

    def signed(self, value: float, decimals: int) -> str:
        """A number that always shows its sign, but for one that rounds to zero."""
        text = self.number(value, decimals)
        return text if text.startswith(MINUS) or round(value, decimals) == 0 else f"+{text}"

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share of 1 as a percentage."""
        return f"{self.number(share * 100, decimals)}%"

    def count(self, number: int) -> str:
        """A small count in words where the lexicon has one, otherwise in digits."""
        spelled: list[str] = self.lexicon["numbers"]["words"]
        return spelled[number] if 0 <= number < len(spelled) else self.number(number, 0)

    def ordinal(self, number: int) -> str:
        """A small rank in words where the lexicon has one, otherwise in digits with the ending it has for them."""
        numbers = self.lexicon["numbers"]
        if 0 < number <= len(numbers["ordinals"]):
            return str(numbers["ordinals"][number - 1])
        digits, endings = self.number(number, 0), numbers.get("endings", {})
        last = max((key for key in endings if digits.endswith(key)), key=len, default="")
        return digits + str(endings.get(last, ""))

    def ratio(self, value: float) -> str:
        """A ratio in words: "about half as much"; empty where the lexicon has none for it."""
        rows: list[dict[str, Any]] = self.lexicon["ratios"]
        return next((str(row["say"]) for row in rows if row["from"] <= value < row["to"]), "")

    def join(self, items: list[str]) -> str:
        """Items as a list in running text: "a, b and c"."""
        if len(items) < 2:
            return "".join(items)
        rule: dict[str, str] = self.lexicon["lists"]
        return self.fit(rule["comma"].join(items[:-1]) + rule["and"] + items[-1])

    def compact(self, value: float, decimals: int) -> str:
        """A number as prose counts it: large ones in the language's own steps ("21.5 万"), all others in full.

        Round ones are counted so from a tenth of that size: "6 万", but "12,640".
        """
        steps: list[list[Any]] = self.lexicon["numbers"].get("myriads", [])
        round_one = abs(value) >= COMPACT / 10 and value % (COMPACT / 10) == 0
        if not steps or (abs(value) < COMPACT and not round_one):
            return self.number(value, decimals)
        size, word = next((size, word) for size, word in steps if abs(value) >= size)
        short = round(value / size, MYRIAD_DECIMALS)
        return f"{self.number(short, min(MYRIAD_DECIMALS, decimals_for(short, 4)))} {word}"

    def numbered(self, noun: str, identifier: str) -> str:
        """One of its kind by its id: "sample 41"."""
        return self.fit(str(self.lexicon["instance"]["numbered"]).format(one=noun, id=identifier))

    @property
    def spaced(self) -> bool:
        """Whether words are set apart by spaces."""
        return bool(self.lexicon["typography"]["spaces"])

    def fit(self, text: str) -> str:
        """A text with the spaces its language writes: where words are not set apart, only beside Latin and digits."""
        return text if self.spaced else _LOOSE.sub("", text)

    def method(self, name: str) -> str:
        """What a method is called in a sentence."""
        names: dict[str, str] = self.lexicon.get("methods", {})
        return names.get(name, name.replace("-", " "))

    def reason(self, text: str) -> str:
        """A reason found in English as this language words it; one that it has no words for stays as it is."""
        for frame, wording in self._reasons:
            if (found := frame.fullmatch(text)) is not None:
                return self.fit(wording.format(**{key: self.reason(part) for key, part in found.groupdict().items()}))
        if len(text) > 2 and text[0] == text[-1] == "'" and self._reasons:  # a stretch of the text, as it stands
            opening, closing = self.lexicon["quoting"]["pair"]
            return f"{opening}{text[1:-1]}{closing}"
        return text

    @cached_property
    def _reasons(self) -> list[tuple[re.Pattern[str], str]]:
        """The frames of reasons.toml, those that say most by themselves first."""
        frames: dict[str, str] = self.templates.toml(f"narrative/{self.code}/reasons.toml").get("frames", {})
        ordered = sorted(frames, key=lambda frame: -len(re.sub(r"\{\w+\}", "", frame)))
        return [(re.compile(_expression(frame), re.DOTALL), frames[frame]) for frame in ordered]

    def unit(self, unit: str) -> str:
        """A unit as this language writes it behind a number; one that it has no word for stays as it is."""
        words: dict[str, str] = self.lexicon.get("units", {})
        return words.get(unit, unit)

    @property
    def points(self) -> str:
        """The unit in which a change of a percentage is counted."""
        return str(self.lexicon.get("numbers", {}).get("points", "%"))

    def foreign(self, name: str) -> bool:
        """Whether a name is in other letters than a language without spaces, which would run into its own."""
        return not self.spaced and _STRETCH.search(name) is None

    def uses(self, name: str) -> bool:
        """Whether the templates of a language without spaces write this themselves, so that no reader could tell."""
        return not self.spaced and name in self._written

    @cached_property
    def _written(self) -> str:
        """Everything but Latin that the templates of this language write, one stretch a line."""
        folder = f"narrative/{self.code}"
        names = (name for name in self.templates.names(folder) if name.endswith(".j2"))
        texts = (self.templates.find(f"{folder}/{name}").read_text("utf-8") for name in names)
        return "\n".join(stretch for text in texts for stretch in _STRETCH.findall(text))

    def date(self, iso: str) -> str:
        """An ISO 8601 moment as a date in words."""
        from datetime import datetime

        from babel.dates import format_date

        return str(format_date(datetime.fromisoformat(iso), format="long", locale=self.code))


def language(code: str) -> Language:
    """The language of that code. Raises UnknownName when there is no folder for it."""
    return _language(code, current())


@lru_cache
def _language(code: str, templates: Templates) -> Language:
    known = _languages(templates)
    if code not in known:
        raise UnknownName("language", code, known)
    words, lexicon = (templates.toml(f"narrative/{code}/{name}.toml") for name in ("words", "lexicon"))
    if templates.folder:
        _check(words, f"narrative/{code}/words.toml")
    tongue = Language(code, words, lexicon, templates)
    return tongue if tongue.spaced else replace(tongue, words=_framed(tongue.words, tongue))


def _expression(frame: str) -> str:
    """A frame with places in braces as a regular expression with groups."""
    parts = re.split(r"\{(\w+)\}", frame)
    return "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))


class _Frame(str):
    """Words with places to fill, of a language without spaces: what is filled in is spaced as it writes it."""

    __slots__ = ("tongue",)
    tongue: Language

    def __str__(self) -> str:
        return self  # what is filled in later is spaced too

    def format(self, *given: object, **named: object) -> str:
        return self.fitted(super().format(*given, **named))

    def fitted(self, text: str) -> str:
        """What was filled in, spaced."""
        return self.tongue.fit(text)


def _framed(words: Any, tongue: Language) -> Any:
    if isinstance(words, dict):
        return {key: _framed(value, tongue) for key, value in words.items()}
    frame = _Frame(words)
    frame.tongue = tongue
    return frame


def languages() -> tuple[str, ...]:
    """Codes of the languages a report can be told in: the folders with a lexicon."""
    return _languages(current())


@lru_cache
def _languages(templates: Templates) -> tuple[str, ...]:
    found = templates.names("narrative")
    return tuple(name for name in found if templates.find(f"narrative/{name}/lexicon.toml").is_file())


def _check(words: dict[str, Any], name: str) -> None:
    """Words of one's own have plain places to fill, such as {count}. Raises OwnTemplateError."""
    for key, value in words.items():
        if isinstance(value, dict):
            _check(value, name)
        elif not isinstance(value, str) or not _PLACES.fullmatch(value):
            raise OwnTemplateError(
                f"{name}: {key} = {value!r}", allowed="a text; places to fill are names in braces, {count}"
            )


def decimals_for(value: float, digits: int = 3) -> int:
    """How many decimals show `digits` significant digits: none for whole numbers, 12 at most.

    What fewer decimals show exactly has no more of them: 7.4 is "7.4", not "7.40".
    """
    if value == 0 or float(value).is_integer() or not math.isfinite(value):
        return 0
    decimals = min(MOST_DECIMALS, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
    while decimals and abs(round(value, decimals - 1) - value) <= _EXACT * abs(value):
        decimals -= 1
    return decimals
