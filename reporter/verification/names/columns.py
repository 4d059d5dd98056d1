"""Columns: what the short words of a column's name stand for, as people spell them out (`[names.short]`).

"precip_prev_24h" is the precipitation, "battCapKwh" the battery capacity: the time a column looks back over and the
unit it counts in are no part of what people call it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from reporter.words import readable

_OPTIONS = 8  # ways to spell one name out
_PIECE = re.compile(r"[^\W\d_]+|\d+[^\W\d_]*")
_WINDOW = re.compile(
    r"\d+(?:h|hr|hrs|d|days?|w|wk|wks|m|mo|mos|mths?|months?|y|yrs?|years?|min|s|pm|am|cm|mm|km)?", re.IGNORECASE
)
_ATOM = re.compile(
    r"(?:k|m|c|d|n|u|g|h)?(?:g|m|l|w|wh|v|a|pa|s|hz|j|b|bps|bar|mol|ha|t|eq)[23]?|pct|perc|percent|eur|usd|gbp|chf|days?"
    r"|weeks?|wks?|mths?|months?|yrs?|years?|hrs?|hours?|mins?|secs?|deg|celsius|points?|pts|per|rms|ppm|dl|kmh|kph|mph|kn"
    r"|sq|ft|sqm|sqft|nm|k|c|f|db|bpm|rpm|spm|[0-9]+[a-z]*",
)
_BACK = frozenset(("last", "past", "prev", "previous", "lag", "prior", "next"))  # before a number: "last5"
_LEAST = 3  # letters of a word that names something


def spelled_out(identifier: str, short: Mapping[str, Sequence[str]], units: Collection[str]) -> Iterator[str]:
    """The names a column has when its short words are spelled out, without its window of time and its unit."""
    if identifier[:1].isdigit():
        return  # "1,000 steps" are not any steps
    words = _told([w for part in readable(identifier).split() for w in _parted(part)])
    while len(words) > 1 and (len(words[-1]) == 1 or words[-1] in units or _ATOM.fullmatch(words[-1])):
        words = words[:-1]
    options = [(word, *short.get(word, ())) if word not in short else tuple(short[word]) for word in words]
    for chosen in itertools.islice(itertools.product(*options), _OPTIONS):
        name = " ".join(chosen)
        if name.split() != identifier.casefold().split() and any(
            len(w) >= _LEAST and w.isalpha() for w in name.split()
        ):
            yield name


def _parted(part: str) -> list[str]:
    """A word without the number glued to it: "tickets90d" are tickets."""
    pieces: list[str] = _PIECE.findall(part.casefold())
    numbers = [piece for piece in pieces if piece[0].isdigit()]
    if len(pieces) > 1 and all(_WINDOW.fullmatch(piece) for piece in numbers) and len(pieces[0]) >= _LEAST:
        return pieces
    return [part.casefold()]


def _told(words: list[str]) -> list[str]:
    """The words that are no window of time."""
    kept = [w for w in words if not _WINDOW.fullmatch(w)]
    if len(kept) < len(words):
        kept = [w for at, w in enumerate(kept) if not (w in _BACK and len(kept) > 1)]
    return kept
