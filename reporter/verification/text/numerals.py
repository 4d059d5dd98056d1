"""Numbers as prose writes them: read with the precision they are written at, and compared at that precision."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from reporter.verification.text.spelled import Spelled

Bound = Literal["", "over", "under", "about"]
Rounding = Literal["nearest", "down"]

ABOUT = 0.1  # relative width of "about", "nearly", "roughly"
_LIMIT = 1e300  # so that no number is infinite
_SLACK = 1e-9  # binary fractions: 0.285 rounds to 0.29 and to 0.28


@dataclass(frozen=True)
class Numeral:
    """A number that was read: `value` is what it says, 0.94 for "94%"; `decimals` are those written."""

    text: str
    value: float
    decimals: int = 0
    percent: bool = False
    bound: Bound = ""
    close: bool = False  # whether what it bounds lies within one written digit: 一千八百多 is no 1,930

    def agrees(self, fact: float, *, strict: bool = True, rounding: Rounding = "nearest") -> bool:
        """Whether it says `fact` at the written digits.

        Strict: only by the rounding the facts use themselves ("down" for what must not be exceeded), zeros before the
        decimal mark count as written digits, a bound lies within one written digit of the fact, and "about" adds
        nothing. Otherwise "12,000" also says 12,640, by rounding or by truncation.
        """
        step = self.step if strict else self._loose_step
        slack = _SLACK * max(1.0, abs(fact))
        if self.bound in ("over", "under"):
            beyond = fact - self.value if self.bound == "over" else self.value - fact
            if self.close and not strict:
                return -slack < beyond < max(step, ABOUT * abs(self.value)) - slack
            return (slack if strict else -slack) < beyond and (not strict or beyond <= step + slack)
        off = abs(self.value - fact)
        if self.bound == "about" and not strict and off <= ABOUT * abs(fact):
            return True
        truncated = self.value * fact >= 0 and -slack <= abs(fact) - abs(self.value) < step - slack
        if strict and rounding == "nearest":
            return abs(round(fact / self.scale, self.decimals) * self.scale - self.value) <= slack
        if strict:
            return truncated
        return truncated or off <= step / 2 + slack

    def near(self, fact: float) -> bool:
        """Whether "about" so much may still be meant, although it is not what most would say."""
        return self.bound == "about" and abs(self.value - fact) <= 1.5 * ABOUT * max(abs(fact), abs(self.value))

    def bounds(self, fact: float, *, strict: bool = True) -> bool:
        """Whether "within" this number holds of `fact`: not smaller, strictly by less than a written digit larger."""
        slack = _SLACK * max(1.0, abs(fact))
        return fact <= self.value + slack and (not strict or self.value - fact < self.step - slack)

    @property
    def scale(self) -> float:
        """What a written 1 is worth."""
        return 0.01 if self.percent else 1.0

    @property
    def step(self) -> float:
        """What the last written digit is worth."""
        return float(10.0**-self.decimals * self.scale)

    @property
    def _loose_step(self) -> float:
        digits = f"{abs(self.value / self.scale):.0f}"
        # "12,000" may be meant to the thousand, but nobody means 99% by "90%".
        if self.decimals > 0 or self.value == 0 or (self.percent and not self.bound):
            return self.step
        return float(max(self.step, self.scale * 10 ** (len(digits) - len(digits.rstrip("0")))))


@dataclass(frozen=True)
class Notation:
    """How one language writes numbers; `data` is the [numbers] table of its claims.toml, `words` counts from nought."""

    data: Mapping[str, Any]
    words: tuple[str, ...]
    ordinals: tuple[str, ...]

    @cached_property
    def number(self) -> str:
        """A regular expression for digits with their sign."""
        point, group = re.escape(self.data["decimal"]), re.escape(self.data["group"])
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{point}\d+)?|{point}\d+"
        times = "|".join(sorted((re.escape(word) for word in self._times), key=len, reverse=True))
        scaled = rf"(?: ?(?:{times}))?" if times else ""
        return rf"(?<![A-Za-z\d])(?<!\d[.,])[-−+]?(?:{whole}){scaled}(?![A-Za-z\d])"

    @cached_property
    def _edge(self) -> str:
        """A regular expression for where a number word begins and ends: anywhere, where words are not set apart."""
        return r"\b" if self.data.get("edges", True) else ""

    @cached_property
    def _times(self) -> dict[str, float]:
        """Words and letters behind a number that multiply it: "1.3k", "2 million"."""
        return dict(self.data.get("times", {}))

    def parted(self, unit: str) -> tuple[float, str]:
        """What a unit multiplies a number by, and the unit itself, which 万 has none of: 万元 is ten thousand 元."""
        if self.data.get("edges", True):
            times, money = self.data.get("prefixes", {}).get(unit[:1]), unit[1:] in self.data.get("money", ())
            return (float(times), unit[1:]) if times and money else (1.0, unit)
        times = max((word for word in self._times if unit.startswith(word)), key=len, default="")
        return self._times.get(times, 1.0), unit.removeprefix(times)

    @cached_property
    def nth(self) -> str:
        """A regular expression for an ordinal in digits: "94th"."""
        endings = "|".join(re.escape(ending) for ending in self.data.get("nth", ()))
        return rf"(?<![\w.])\d+(?:{endings})\b" if endings else "(?!)"

    @property
    def unless(self) -> str:
        """A regular expression for what must not follow a value: "3 times"."""
        words = "|".join(re.escape(word) for word in self.data.get("unless", ()))
        return rf"(?! ?(?:{words}){self._edge})" if words else ""

    @cached_property
    def percent(self) -> str:
        """A regular expression for what stands behind a percentage."""
        return " ?(?:" + "|".join(re.escape(mark) for mark in self.data["percent"]) + ")"

    @cached_property
    def bound(self) -> str:
        """A regular expression for the words that widen or bound a number."""
        words = sorted(self._bounds, key=len, reverse=True)
        return "(?:" + "|".join(re.escape(word) for word in words) + ") ?"

    @cached_property
    def fraction(self) -> str:
        """A regular expression for a fraction in words: "a third"."""
        words = sorted(self._fractions, key=len, reverse=True)
        return self._edge + "(?:" + "|".join(re.escape(word) for word in words) + ")" + self._edge if words else "(?!)"

    @cached_property
    def _fractions(self) -> dict[str, float]:
        return dict(self.data.get("fractions", {}))

    @cached_property
    def _part(self) -> re.Pattern[str]:
        return re.compile(rf"({self.bound})?({self.fraction})", re.IGNORECASE)

    @cached_property
    def spelled(self) -> Spelled:
        """Numbers in characters that stand for digits, where the language has them."""
        return Spelled(self.data.get("spelled", {}))

    @cached_property
    def count(self) -> str:
        """A regular expression for a count, in words or digits."""
        words = "|".join(re.escape(word) for word in sorted(self.counts, key=len, reverse=True))
        return rf"(?:{self.spelled.number}|{self._edge}(?:{words}){self._edge}|{self.number})"

    @cached_property
    def tally(self) -> str:
        """A regular expression for a count that can be no article: "three", "3"."""
        words = [re.escape(word) for word in self.words[1:]]
        return rf"(?:{self._edge}(?:{'|'.join(words)}){self._edge}|{self.number})" if words else self.number

    @cached_property
    def inside(self) -> dict[str, str]:
        """Words between a number and its unit, and how they widen it: 五个半小时, 九个多小时."""
        return {word: kind for kind, words in self.data.get("inside", {}).items() for word in words}

    @cached_property
    def in_words(self) -> str:
        """A regular expression for a number in words that is no article: "eight", "fifty-two", "three hundred"."""
        if self.data.get("spelled"):
            letters = re.escape("".join(self.data["spelled"]["digits"]) + "".join(self.data["spelled"]["powers"]))
            behind = "|".join(re.escape(word) for word in self.data.get("measures", ()))
            lonely = f"{self.spelled.number}(?={behind})" if behind else "(?!)"
            between = "|".join(re.escape(word) for word in self.inside) or "(?!)"
            return f"(?:[{letters}]{{2,}}|{self.spelled.number}(?=(?:{between})?[\ue000-\uf8ff])|{lonely})"
        plain = [word for word, value in self._cardinals.items() if value > 1]
        if not plain:
            return "(?!)"
        half = "|".join(re.escape(f" {words}") for words in self.data.get("halves", ())) or "(?!)"
        word = "(?:" + "|".join(re.escape(word) for word in sorted(self._cardinals, key=len, reverse=True)) + ")"
        first = "(?:" + "|".join(re.escape(each) for each in sorted(plain, key=len, reverse=True)) + ")"
        half = rf"(?:(?:{half})(?: (?:{'|'.join(self.data.get('rest', ())) or '(?!)'}))?)?"
        return rf"\b(?:{first}|one(?=[ -]{word}))(?:[ -](?:and )?{word})*{half}\b"

    @cached_property
    def _cardinals(self) -> dict[str, float]:
        """Number words and what they are worth, those from a hundred on as factors."""
        return {**{word: float(n) for n, word in enumerate(self.words) if n}, **self.data.get("cardinals", {})}

    def _added_up(self, text: str) -> float | None:
        """A number in several words: "fifty-two", "three hundred and five thousand"; None for anything else."""
        total = part = 0.0
        for words in self.data.get("halves", ()):
            left, parts, right = text.casefold().partition(f" {words} ")
            if parts and right in self._cardinals:
                whole = self._added_up(left)
                return None if whole is None else (whole + 0.5) * self._cardinals[right]
            if text.casefold().endswith(f" {words}"):
                whole = self._added_up(text[: -len(words) - 1])
                return None if whole is None else whole + 0.5
        for word in re.split(r"[\s-]+(?:and\s+)?", text.casefold()):
            value = self._cardinals.get(word)
            if value is None:
                return None
            if value < 100:
                if part % 100 and (part % 10 or part % 100 < 20 or value > 9):
                    return None  # "sixteen forty" is no sum
                part += value
            elif value == 100:
                part = (part or 1) * value
            else:
                total, part = total + (part or 1) * value, 0.0
        return total + part

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number words and what they count."""
        return {**{word: number for number, word in enumerate(self.words)}, **self.data.get("also", {})}

    @cached_property
    def _bounds(self) -> dict[str, Bound]:
        kinds: tuple[Bound, ...] = ("over", "under", "about")
        return {word: kind for kind in kinds for word in self.data[kind]}

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        return re.compile(rf"({self.bound})?({self.number})({self.percent})?", re.IGNORECASE)

    def read(self, text: str) -> Numeral:
        """The number in a text that one of the expressions above has matched."""
        word = self.counts.get(text.strip().casefold())
        if word is not None:
            return Numeral(text, float(word))
        if (part := self._part.fullmatch(text.strip())) is not None:
            bound = self._bounds[part[1].strip().casefold()] if part[1] else "about"
            return Numeral(text, self._fractions[part[2].casefold()], percent=True, bound=bound)
        if (spelled := self._spelled(text.strip())) is not None:
            return spelled
        opening = re.match(self.bound, text.strip(), re.IGNORECASE)
        rest = text.strip()[opening.end() :] if opening else text.strip()
        plain = re.sub(self.percent + "$", "", rest, flags=re.IGNORECASE)
        if plain != rest and (hundredths := self._added_up(plain)) is not None:
            bound = self._bounds[opening[0].strip().casefold()] if opening else ""
            whole = hundredths == int(hundredths)
            return Numeral(text, hundredths / 100, 0 if whole else 1, percent=True, bound=bound)
        if rest[:1].isalpha() and (value := self._added_up(rest)) is not None:
            zeros = len(f"{value:.0f}") - len(f"{value:.0f}".rstrip("0"))
            bound = self._bounds[opening[0].strip().casefold()] if opening else ""
            return Numeral(text, value, (-zeros if value else 0) if value == int(value) else 1, bound=bound)
        found = self._shape.fullmatch(text.strip())
        if found is None:
            return Numeral(text, math.nan)
        digits = found[2].strip()
        times = next((word for word in self._times if digits.casefold().endswith(word)), "")
        digits = digits[: len(digits) - len(times)].strip()
        plain = digits.replace(self.data["group"], "").replace(self.data["decimal"], ".").replace("−", "-")
        scale = 0.01 if found[3] else self._times.get(times, 1.0)
        zeros = round(math.log10(scale)) if times else 0
        bound = self._bounds[found[1].strip().casefold()] if found[1] else ""
        decimals = len(plain.partition(".")[2]) - zeros
        return Numeral(text, max(-_LIMIT, min(_LIMIT, float(plain) * scale)), decimals, bool(found[3]), bound)

    def _spelled(self, text: str) -> Numeral | None:
        """A number or share in characters, with the words that widen or bound it."""
        opening = re.match(self.bound, text)
        plain = text[opening.end() :] if opening else text
        bound = self._bounds[opening[0].strip().casefold()] if opening else ""
        if (share := self.spelled.read_share(plain)) is not None:
            part = self.data["spelled"]["fraction"] in plain and not plain.startswith(self.data["spelled"]["percent"])
            return Numeral(text, share[0], share[1], percent=True, bound="about" if part and not bound else bound)
        value = self.spelled.read(plain)
        return None if value is None else Numeral(text, value, bound=bound)

    def read_nth(self, text: str) -> Numeral:
        """A place among a hundred, as a share: "94th"."""
        return Numeral(text, int(re.sub(r"\D", "", text)) / 100, percent=True)
