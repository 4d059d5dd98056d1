"""Tokens and the words they make: which columns of a text's tokens a reader would call one word. No torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

Range = tuple[int, int]  # first character, and the one behind the last

# A text is read in its shape: as many characters, those beyond ASCII put in the class of those that behave alike.
ALONE, SYMBOL, JOINER = "\ue000", "\ue001", "\ue002"
JOINERS = "\u200d\ufe0e\ufe0f\u20e3"  # what makes one emoji of several characters
TONES = range(0x1F3FB, 0x1F400)  # of skin
# Scripts without spaces between words: their words are the tokens.
UNSPACED = (
    *(range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800), range(0x2E80, 0x3130)),
    *(range(0x31A0, 0x3200), range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)),
    range(0x20000, 0x323B0),
)
WORD = re.compile(
    rf"""(?:[A-Za-z][A-Za-z0-9+.-]{{0,30}}://|www\.)[^\s<>"']*[\w/]   # an address
    |\w[\w.+-]{{0,100}}@\w[\w-]*(?:\.\w[\w-]*)+                       # an e-mail address
    |[\#@$€£¥₹]?\d+(?:[.,:/-]\d+)*(?:[%‰°]|\w+(?:[-'’]\w+)*)?         # 49.99, $1,200, 3:45, 10-12, 5GB, 3rd, 20%
    |[\#@]?\w+(?:['’ʼ‐‑-]\w+|\.\d+)*                                     # a word, can't, wi-fi
    |{SYMBOL}[{SYMBOL}{JOINER}]*                                      # emoji and other signs with a meaning
    """,
    re.VERBOSE | re.ASCII,
)

NEGATIONS = {
    *("not", "no", "never", "neither", "nor", "without", "cannot", "can't", "won't", "don't", "doesn't", "didn't"),
    *("isn't", "aren't", "wasn't", "weren't", "couldn't", "shouldn't", "wouldn't", "hasn't", "haven't", "hadn't"),
    *("ain't", "mustn't", "needn't", "mightn't", "shan't"),
}
# What may stand between a negation and the word it negates.
PASSED = {
    *("a", "an", "the", "any", "be", "been", "being", "to", "even", "yet", "really", "very", "so", "quite", "able"),
    *("my", "your", "our", "their", "his", "her", "its", "this", "that"),
}
MOST_PASSED = 3
UNSPACED_NEGATIONS = {"不", "没", "无", "未", "没有", "不是", "并非", "沒", "無", "沒有", "並非"}


@dataclass(frozen=True)
class Word:
    """What a reader would call one word, or a negation with what it negates."""

    start: int  # characters
    end: int
    columns: tuple[int, ...]  # its tokens, with punctuation that has no word of its own

    def written(self, text: str) -> str:
        """As it stands in the text, on one line."""
        return " ".join(text[self.start : self.end].split())


def words_of(text: str, spans: Sequence[Range | None]) -> tuple[Word, ...]:
    """The words that the tokens make; `spans` are their characters, None for special tokens.

    Every column belongs to a word: punctuation to the word before it, special tokens to the nearest (they are the same
    in the baseline, so they add nothing to it). Where there are no words at all, each punctuation mark is one. A word
    for which the tokenizer has no token is left out. Empty when no token has characters.
    """
    units = _units(text, spans)
    if not units:
        units = [(start, end) for start, end in dict.fromkeys(span for span in spans if span) if end > start]
    of_column = _columns(units, spans)
    found = [
        Word(start, end, tuple(column for column, unit in enumerate(of_column) if unit == number))
        for number, (start, end) in enumerate(units)
    ]
    return tuple(_negated(text, [word for word in found if word.columns]))


def _units(text: str, spans: Sequence[Range | None]) -> list[Range]:
    """The words in a text by their characters: as it is written, and by token where no spaces are written."""
    shape = shape_of(text)
    units = [found.span() for found in WORD.finditer(shape)]
    alone: list[Range] = []
    for span in spans:
        if span is None or ALONE not in shape[slice(*span)]:
            continue
        if alone and span[0] < alone[-1][1]:  # several tokens of one character
            alone[-1] = alone[-1][0], max(alone[-1][1], span[1])
        else:
            alone.append(_trimmed(shape, span))
    starts = {start for start, _ in alone}
    covered = {place for start, end in alone for place in range(start, end)}
    kept = [(start, end) for start, end in units if start not in starts and not covered & set(range(start, end))]
    return sorted([*kept, *alone])


def _trimmed(shape: str, span: Range) -> Range:
    """Without the white space and punctuation around it that a token may carry."""
    start, end = span
    while end - start > 1 and not _lettered(shape[end - 1]):
        end -= 1
    while end - start > 1 and not _lettered(shape[start]):
        start += 1
    return start, end


def _lettered(letter: str) -> bool:
    return letter == ALONE or (letter.isascii() and letter.isalnum())


def shape_of(text: str) -> str:
    """As many characters, each beyond ASCII put in the class of those that behave alike."""
    return text if text.isascii() else "".join(map(_class, text))


@lru_cache(maxsize=10_000)
def _class(letter: str) -> str:
    if letter.isascii():
        return letter
    code, category = ord(letter), unicodedata.category(letter)
    if letter in JOINERS or code in TONES:
        return JOINER
    if category[0] in "LMN":
        return ALONE if any(code in block for block in UNSPACED) else "0" if category[0] == "N" else "a"
    if category[0] == "Z":
        return " "
    return SYMBOL if category in ("So", "Co", "Cs", "Cn") else letter


def _columns(units: Sequence[Range], spans: Sequence[Range | None]) -> list[int]:
    """Per column the number of the unit it belongs to."""
    found: list[int | None] = []
    near = 0
    for span in spans:
        if span is None or not units:
            found.append(None)
            continue
        while near < len(units) - 1 and units[near][1] <= span[0]:
            near += 1
        before = near - 1 if near and units[near][0] >= max(span[1], span[0] + 1) else near
        found.append(before)
    return _filled(found)


def _filled(found: Sequence[int | None]) -> list[int]:
    """Special tokens go with the nearest token that is none; the one before, where two are as near."""
    known = [(column, unit) for column, unit in enumerate(found) if unit is not None]

    def nearest(column: int) -> int:
        return min((abs(other - column), other, unit) for other, unit in known)[2]

    return [nearest(column) if unit is None else unit for column, unit in enumerate(found)] if known else []


def _negated(text: str, words: Sequence[Word]) -> Iterable[Word]:
    """The words, a negation as one with the word it negates."""
    place = 0
    while place < len(words):
        count = _length(text, words[place:])
        group = words[place : place + count]
        columns = tuple(sorted(column for word in group for column in word.columns))
        yield Word(group[0].start, group[-1].end, columns)
        place += count


def _length(text: str, words: Sequence[Word]) -> int:
    """How many of the words, from the first on, are one: negations, what they pass over, and what they negate."""
    last = 0
    while last < len(words) - 1 and _negates(text, words[last]) and _adjacent(text, words[last], words[last + 1]):
        last += 1
    for _ in range(MOST_PASSED if last else 0):
        passes = last < len(words) - 1 and words[last].written(text).lower() in PASSED
        if passes and _adjacent(text, words[last], words[last + 1]):
            last += 1
    return last + 1


def _negates(text: str, word: Word) -> bool:
    written = word.written(text).lower().replace("’", "'")
    return written in NEGATIONS or written in UNSPACED_NEGATIONS


def _adjacent(text: str, first: Word, second: Word) -> bool:
    """Whether nothing but white space stands between them."""
    between = text[first.end : second.start]
    return not between.strip() and len(between) < 4
