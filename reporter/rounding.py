"""How names, values and shares are written: every rounding a reader meets is one of these."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from reporter.language import MOST_DECIMALS, Language, decimals_for
from reporter.words import Words

Side = Literal["higher", "lower", "middle"]

# Probabilities and percentages beyond these are told as "over" and "under": 100% is kept for certainty.
ALMOST_ONE = 0.9995
ALMOST_NONE = 0.0005


@dataclass(frozen=True)
class Rounding:
    """Writes numbers for one language."""

    tongue: Language

    def name(self, name: str, *, place: bool = False) -> str:
        """A name as it stands in a sentence: in quotation marks where it would be taken for something else.

        That is a name made of everyday words or of nothing but digits and signs, one that holds marks which end or
        open sentences, and one in the letters of another script than the sentence. Control characters and line breaks
        never survive. `place`: of a place, "lower right side", several words stand behind an article and need no marks.
        """
        clean = printable(name)
        quoting = self.tongue.lexicon["quoting"]
        everyday: set[str] = set(quoting["words"])
        tokens = clean.casefold().split()
        plain = any(token not in everyday and sum(c.isalpha() for c in token) > 1 for token in tokens)
        plain = plain or (place and len(tokens) > 1 and all(map(str.isalpha, tokens)))
        foreign = self.tongue.foreign(clean) or self.tongue.uses(clean)
        if plain and not foreign and not any(mark in clean for mark in quoting["marks"]):
            return clean
        opening, closing = quoting["pair"]
        inner = clean.replace(opening, "'").replace(closing, "'")
        return f"{opening}{inner}{closing}"

    def names(self, plain: Mapping[str, str], places: Collection[str] = ()) -> dict[str, str]:
        """Id → name in a sentence; those that a reader would take for one another are told apart by their ids."""
        told = {identifier: printable(name) for identifier, name in plain.items()}
        # Ids may differ in their case alone.
        for frame in (self.tongue.lexicon["quoting"]["apart"], "{name} #{number}"):
            alike: dict[str, list[str]] = {}
            for identifier, name in told.items():
                alike.setdefault(name.casefold(), []).append(identifier)
            for same in alike.values():
                for number, identifier in enumerate(sorted(same), 1):
                    if len(same) > 1:
                        text = frame.format(name=plain[identifier], id=identifier, number=number)
                        told[identifier] = printable(text)
        return {identifier: self.name(name, place=identifier in places) for identifier, name in told.items()}

    def identifier(self, identifier: str) -> str:
        """The id of an instance as it stands behind its noun: "41", or quoted when it is not a plain token."""
        clean = printable(identifier)
        if clean and all(c.isalnum() or c in "-_/" for c in clean):
            return clean
        opening, closing = self.tongue.lexicon["quoting"]["pair"]
        return f"{opening}{clean.replace(opening, chr(39)).replace(closing, chr(39))}{closing}"

    def value(self, value: float | str | None, unit: str, decimals: int | None, values: dict[str, str]) -> str:
        """A raw value with its unit; a category by its meaning; empty when there is none."""
        if value is None:
            return ""
        code = _code(value)
        if code in values:
            return self.name(values[code])
        if isinstance(value, str):
            return self.name(value)
        if decimals is None:
            shown = decimals_for(value)
            decimals = shown if round(value, shown) else 0
        text, unit = self.tongue.compact(value, decimals), self.tongue.unit(unit)
        if not unit:
            return text
        return f"{text}{unit}" if unit[0] in "%‰°" else self.tongue.fit(f"{text} {unit}")

    def probability(self, value: float) -> str:
        """A probability in percent with one decimal; never a 100% or 0% that is not exact."""
        if ALMOST_ONE <= value < 1:
            return self._bound("over", self.tongue.percent(0.999, 1))
        if 0 < value < ALMOST_NONE:
            return self._bound("under", self.tongue.percent(0.001, 1))
        return self.tongue.percent(value, 1)

    def share(self, value: float) -> str:
        """A share of influence in whole percent; "under 1%" instead of a 0% that is not exact."""
        if 0 < value <= 0.005:
            return self._bound("under", self.tongue.percent(0.01))
        if 0.995 <= value < 1 - 1e-9:  # a sum of shares may miss 1 by its last bit
            return self._bound("over", self.tongue.percent(0.99))
        return self.tongue.percent(value)

    def at_most(self, value: float) -> str:
        """A share of influence in whole percent, rounded up, so that "no more than" is true."""
        return self.tongue.percent(math.ceil(value * 100 - 1e-9) / 100)

    def percentile(self, value: float, ties: float = 0.0) -> tuple[str, Side]:
        """Where a value lies: ("94%", "higher") is higher than in 94% of the rows, rounded down so that it is true.

        `value` counts half of the `ties`, the rows with the same value; what is told counts none of them.
        """
        if 0.45 <= value <= 0.55:
            return self.above(value - ties / 2), "middle"
        if value > 0.5:
            return self.above(value - ties / 2), "higher"
        return self.above(1 - value - ties / 2), "lower"

    def above(self, value: float) -> str:
        """Share of the reference rows that a value exceeds, in whole percent, rounded down so that it is true."""
        return self.tongue.percent(math.floor(value * 100 + 1e-9) / 100)

    def amount(self, value: float, unit: str = "", decimals: int | None = None) -> str:
        """A size without its sign, in the unit of the score: as few decimals as the score itself, but two digits.

        A change of a percentage is counted in points where the language has a word for them.
        """
        size = abs(value)
        shown = None if decimals is None else max(decimals, decimals_for(size, 2))
        unit = self.tongue.points if unit == "%" else unit
        return self.value(size, unit, shown, {})

    def _bound(self, side: str, limit: str) -> str:
        return str(self.tongue.lexicon["bounds"][side]).format(limit)


def plain_words(words: Words) -> Words:
    """Words from the data on one line each; see `printable`."""
    return replace(
        words,
        name=printable(words.name),
        aliases=tuple(filter(None, map(printable, words.aliases))),
        unit=printable(words.unit),
        description=printable(words.description),
        high=printable(words.high),
        low=printable(words.low),
    )


def printable(text: str) -> str:
    """A text from the data on one line: no control characters, no runs of spaces, no space before a stop."""
    folded = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r" +([,.;:!?)])", r"\1", folded).replace("( ", "(")


def score_decimals(largest: float) -> int:
    """Decimals for a column of attributions, so that the largest shows three significant digits."""
    return min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(largest)))) if largest else 2


def _code(value: float | str) -> str:
    return value if isinstance(value, str) else (str(int(value)) if float(value).is_integer() else str(value))
