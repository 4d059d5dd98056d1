"""Framing: the side that the opening words of a clause name for all that follows: 正面因素中, 指向诈骗的四项里.

Only where words are not set apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from reporter.fact import Direction
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.others.clauses import Clauses
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.valence import good_side

_MARKS = frozenset(",，:：")


def framed(clauses: Clauses, pushes: Sequence[Push], at: int) -> Direction | None:
    """The side of the frame in which an item stands; None where there is none, or where it is not sure."""
    if clauses.scope.wording.spaced:
        return None
    start, _ = clauses.clause(at)
    end = next((i for i in range(start, at) if clauses.items[i].text in _MARKS), None)
    if end is None or any(start <= i < end for i in clauses.topics):
        return None
    for push in pushes:
        if start <= push.start < end and push.goal and push.sign and not push.other and not push.doubt:
            return OPPOSITE[push.sign] if push.negated else push.sign
    if not any(True for _ in clauses.between(start, end, "of", "factor", "flank", "partly")):
        return None
    return _named(clauses, start, end)


def opened(clauses: Clauses, at: int) -> bool:
    """Whether an item stands behind a frame at all: 拉后腿的几项里, of a side that may not have been understood."""
    start, _ = clauses.clause(at)
    if clauses.scope.wording.spaced:
        return False
    mark = next((i for i in range(start, at) if clauses.items[i].text in _MARKS), at)
    end = next((i for i in range(mark, start, -1) if clauses.cue(i - 1, "of") is not None), None)
    if end is None or any(start <= i < end for i in clauses.topics):
        return False
    total = len(clauses.scope.facts.features)
    return not all(_of_all(clauses, i, total) for i in range(start, end))


def _of_all(clauses: Clauses, at: int, total: int) -> bool:
    """Whether an item may stand in a frame that holds all features: 在所有八个因素当中."""
    item = clauses.items[at]
    numeral = item.numeral
    if item.shape in ("number", "word"):
        told = numeral.value if numeral is not None else clauses.scope.wording.notation.spelled.read(item.text)
        return told == total
    known = ("free", "of", "factor", "it", "model", "copula", "weighs")
    every = (cue := item.cue("quantifier")) is not None and cue.get("means") == "all"
    return every or (item.cue(*known) is not None and item.cue("partly", "sided", "favours", "moves", "way") is None)


def _named(clauses: Clauses, start: int, end: int) -> Direction | None:
    """The side that a noun names in a stretch."""
    good, regression = good_side(clauses.scope.facts), clauses.scope.facts.regression
    plain = regression or good == "towards"  # what counts down is then also what is not wished for
    for i in range(start, end):
        if (cue := clauses.cue(i, "sided")) is not None and (plain or not cue.get("vague")):
            side: Direction = cue.get("sign")
            return side
        if (cue := clauses.cue(i, "favours")) is not None and good is not None:
            return good if cue.get("sign") == "towards" else OPPOSITE[good]
        if (cue := clauses.cue(i, "moves")) is not None and cue.get("bare") and not cue.get("valued"):
            moved: Direction = cue.get("sign")
            return moved
    return None
