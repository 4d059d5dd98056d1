"""Items: a sentence of others as a row of names, numbers, cues, marks and words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from reporter.verification.text.cues import Cue, Cues, cues_of
from reporter.verification.text.masks import FILL, HEADS
from reporter.verification.text.matching import Value
from reporter.verification.text.mentions import Named, Token, tokens
from reporter.verification.text.numerals import Bound, Numeral
from reporter.verification.text.wording import Wording, wording

Shape = Literal["name", "number", "cue", "word", "mark"]
_MARKS = re.compile(r"[^\w\s]|_")
_LABEL = re.compile(r"[A-Z][-_/]$")  # "CNC-12" holds no number
_PADDED = re.compile(r"0\d+")  # nor does "027"
_SOLID = "solid"  # the kind of cue that is only a word, in which no other cue begins: 分别, 小时
_SIGNS = {"+": 1, "-": -1, "−": -1, "–": -1}


@dataclass(frozen=True)
class Item:
    """One piece of a sentence. A cue may have several meanings, a number its unit and a sign before it."""

    shape: Shape
    start: int
    end: int
    text: str
    named: Named | None = None
    value: Value | None = None
    cues: tuple[Cue, ...] = ()
    sign: int = 0  # of a number: written before it

    def cue(self, *kinds: str) -> Cue | None:
        """Its meaning of one of these kinds."""
        return next((cue for cue in self.cues if cue.kind in kinds), None)

    @property
    def numeral(self) -> Numeral | None:
        return self.value.numeral if self.value is not None else None


def items_of(shown: str, named: Sequence[Named], words: Wording) -> tuple[Item, ...]:
    """The pieces of a masked sentence in order."""
    cues, found = cues_of(words.language.code), tokens(shown)
    numbers = _numbers(shown, named, words)
    taken = {at for start, end, *_ in numbers for at in range(start, end)}
    names = {n.start: n for n in named if n.start not in taken}
    inside = {at for n in named for at in range(n.start, n.end)}
    items = [Item("name", n.start, n.end, n.text, named=n) for n in names.values()]
    items += [Item("number", start, end, value.text, value=value, sign=sign) for start, end, value, sign in numbers]
    free = [token for token in found if token.start not in taken and token.start not in inside]
    items += _worded(free, shown, cues)
    return tuple(sorted(items, key=lambda item: item.start))


def _worded(free: Sequence[Token], shown: str, cues: Cues) -> Iterator[Item]:
    """The cues, words and marks among what is neither a name nor a number."""
    runs: list[list[Token]] = []
    for token in free:  # a cue does not reach over a name or a number
        if runs and not shown[runs[-1][-1].end : token.start].strip():
            runs[-1].append(token)
        else:
            runs.append([token])
    for run in runs:
        at = 0
        while at < len(run):
            size, meanings = cues.at(run, at)
            start, end = run[at].start, run[at + max(size, 1) - 1].end
            if size and any(meaning.kind != _SOLID for meaning in meanings):
                yield Item("cue", start, end, shown[start:end], cues=meanings)
            else:
                shape: Shape = "mark" if _MARKS.fullmatch(shown[start:end]) else "word"
                yield Item(shape, start, end, shown[start:end])
            at += max(size, 1)


def _numbers(shown: str, named: Sequence[Named], words: Wording) -> list[tuple[int, int, Value, int]]:
    """Every number with its unit and its sign."""
    found: list[tuple[int, int, Value, int]] = []
    at = {n.start: n for n in named}
    for match in _figure(words.language.code).finditer(shown):
        if found and match.start() < found[-1][1]:
            continue
        if shown[: match.start("number")].endswith(tuple(words.data["numbers"].get("ranking", ()))):
            continue  # 第三 is a place
        if not any(c.isdigit() for c in match["number"]) and shown[: match.start("number")].endswith(
            tuple(words.data["numbers"].get("pointing", ()))
        ):
            continue  # 这两点, 没有哪一个
        if _LABEL.search(shown[: match.start()]) or _PADDED.fullmatch(match["number"]):
            continue
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        unit = next((at[match.start(g)] for g in ("before", "behind") if match.start(g) in at and match[g]), None)
        plain = (match["bound"] or "") + (match["sign"] or "") + match["number"] + (match["percent"] or "")
        numeral = words.notation.read(plain.strip())
        if numeral.value != numeral.value or _goes_on(shown, match.end(), words):  # no number after all
            continue
        sign = _SIGNS.get((match["sign"] or "").strip(), 0)
        if numeral.value < 0 and match["number"][:1] in _SIGNS:
            sign = -1
        text, numeral = shown[start : match.end()], _widened(numeral, match, words.language.code)
        if unit is not None:
            text = text.replace(shown[unit.start : unit.end], unit.text)
        times, plain_unit = words.notation.parted(unit.text) if unit is not None else (1.0, None)
        found.append((start, match.end(), Value(text.strip(), _times(numeral, times), plain_unit or None), sign))
    return found


def _goes_on(shown: str, end: int, words: Wording) -> bool:
    """Whether a number in words goes on in words that were not read: "three hundred and a half"."""
    rest = words.data["numbers"].get("rest", ())
    behind = shown[end : end + 20].casefold().lstrip()
    return any(behind.startswith(word) for word in rest)


def _times(numeral: Numeral, times: float) -> Numeral:
    """A number in a unit that multiplies it: 486 万元."""
    if times == 1:
        return numeral
    zeros = round(math.log10(times))
    return replace(numeral, value=numeral.value * times, decimals=numeral.decimals - zeros)


def _widened(numeral: Numeral, match: re.Match[str], code: str) -> Numeral:
    """A number with what stands behind it and its unit: 七年半, 三成左右, 一半以上."""
    if match["scale"]:  # 三十来万
        numeral = _times(numeral, wording(code).notation.data["times"][match["scale"]])
        numeral = replace(numeral, bound=_bounds(code, match["loose"]))
    inside = wording(code).notation.inside.get(match["inside"] or "")
    if match["half"] or inside == "half":  # of the last place: 七年半 are 7.5 years, 五成半 are 55%
        half, places = (0.05, 0) if numeral.percent else (0.5, 1)
        numeral = replace(numeral, value=numeral.value + half, decimals=places)
    after = match["after"] or match["inside"] if inside != "half" else match["after"]
    if not after:
        return numeral
    close = after in wording(code).data["numbers"].get("close", ())
    bound: Bound = "over" if inside == "over" else "about" if inside == "about" else _bounds(code, after)
    return replace(numeral, bound=bound, close=close and bound == "over")


@lru_cache
def _figure(code: str) -> re.Pattern[str]:
    words = wording(code)
    notation, unit = words.notation, f"{HEADS['unit']}{FILL}*"
    percent = rf"{notation.percent}"
    shares = f"{notation.spelled.share}|{notation.fraction}"
    spelled = notation.in_words
    inside = "|".join(map(re.escape, notation.inside)) or "(?!)"
    return re.compile(
        rf"(?P<bound>{notation.bound})?(?P<sign>(?:(?<![\w)])|(?<=[\u4e00-\u9fff]))[+−–-] ?(?=\S))?"
        rf"(?P<before>{unit} ?)?"
        rf"(?P<number>{shares}|{notation.spelled.mixed}|{notation.number}|{spelled})"
        rf"(?:(?P<loose>{_after(code)})(?P<scale>{_scales(code)}))?"
        rf"(?:(?P<inside>{inside})(?={unit}))?"
        rf"(?:(?P<percent>{percent})|[ -]?(?P<behind>{unit}))?"
        rf"(?P<half>{re.escape(notation.data.get('half', '')) or '(?!)'})?"
        rf"(?:(?P<after>{_after(code)}){_not_counted(code)})?",
        re.IGNORECASE,
    )


def _after(code: str) -> str:
    """A regular expression for the words behind a number that widen or bound it."""
    said = [word for words in wording(code).data["numbers"].get("after", {}).values() for word in words]
    return "|".join(sorted(map(re.escape, said), key=len, reverse=True)) or "(?!)"


def _not_counted(code: str) -> str:
    """A regular expression for what may not stand behind those words: 比505多37公斤 is no 505多."""
    letters = "".join(wording(code).notation.data.get("spelled", {}).get("digits", ()))
    return rf"(?![\d{letters}])" if letters else ""


def _scales(code: str) -> str:
    """A regular expression for what multiplies a number behind those words."""
    numbers = wording(code).data["numbers"]
    return "|".join(map(re.escape, numbers.get("times", ()))) if "after" in numbers else "(?!)"


def _bounds(code: str, word: str) -> Bound:
    kinds: tuple[Bound, ...] = ("over", "under", "about")
    return next(kind for kind in kinds if word in wording(code).data["numbers"]["after"].get(kind, ()))
