"""Anchoring: a number beside a loosely told name says which feature is meant, where it is the value of just one.

"Your credit bureau score of 612" may name the credit lines by one of its words; but 612 is the bureau score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reporter.verification.others.items import Item, items_of
from reporter.verification.others.numbers.known import Known, Numbers, says
from reporter.verification.text.mentions import Named, Referent
from reporter.verification.text.numerals import Numeral
from reporter.verification.text.wording import Wording

_BEHIND, _BEFORE = 5, 3  # items between a name and the number that tells its value
_WRITTEN = 3  # characters, from which a number stands for itself
_ENDS = frozenset(",;:()，；：（）、")


def anchored(shown: str, named: Sequence[Named], numbers: Numbers, words: Wording) -> list[Named]:
    """The names of a masked sentence: a guess before a name belongs to it, one beside a value may mean its owner."""
    if not any(_guessed(each) for each in named):
        return list(named)
    items = items_of(shown, named, words)
    told = {r.id for each in named if not each.partial for r in each.of("feature")}
    meant: list[Named] = []
    for at, item in enumerate(items):
        if item.named is None:
            continue
        if words.spaced and _guessed(item.named) and _opens(at, items, shown):
            continue
        meant.append(_anchored(item.named, at, items, told, numbers))
    units = [each for each in named if not any(each.start == item.start for item in items if item.named is not None)]
    return sorted((*meant, *units), key=lambda each: each.start)


def _opens(at: int, items: Sequence[Item], shown: str) -> bool:
    """Whether a guess is the first word of the name behind it: the "credit" of "credit bureau score"."""
    behind = items[at + 1].named if at + 1 < len(items) else None
    whole = behind is not None and not behind.partial and bool(behind.of("feature"))
    return whole and behind is not None and not shown[items[at].end : behind.start].strip(" ")


def _guessed(named: Named) -> bool:
    """Whether a feature is named by one word that may mean another: not by a part of a column's name with a digit."""
    one = named.text.isalpha() and len(named.of("feature")) == len(named.referents)
    return named.partial and one


def _tells(numeral: Numeral, known: Known) -> bool:
    """Whether a number says a value, and is none that says many."""
    return known.kind == "value" and says(numeral, known) and len(numeral.text.strip("0. ")) >= _WRITTEN


def _anchored(named: Named, at: int, items: Sequence[Item], told: set[str], numbers: Numbers) -> Named:
    if not _guessed(named):
        return named
    own = {r.id for r in named.referents}
    for item in _beside(at, items):
        numeral = item.numeral
        if numeral is None or any(says(numeral, known) for i in own for known in numbers.by_feature.get(i, ())):
            return named
        others = {
            identifier for identifier, known in numbers.by_feature.items() if any(_tells(numeral, k) for k in known)
        }
        if len(others) == 1 and not others & told:
            (other,) = others
            return replace(named, referents=(*named.referents, Referent("feature", other, named.text)))
    return named


def _beside(at: int, items: Sequence[Item]) -> list[Item]:
    """The nearest number behind and before a name, with no other name and no mark between."""
    found = []
    for step, reach in ((1, _BEHIND), (-1, _BEFORE)):
        for place in range(at + step, at + step * (reach + 1), step):
            if not 0 <= place < len(items):
                break
            item = items[place]
            if item.shape == "number":
                found.append(item)
            if item.shape in ("number", "name") or (item.shape == "mark" and item.text in _ENDS):
                break
    return found
