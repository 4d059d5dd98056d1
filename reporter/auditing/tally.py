"""Tally: what is counted over the rows of one part of a night, put together part by part. No torch.

A tally is as large for a million rows as for ten. Its parts are added in the order of the rows, whatever the order in
which they were finished, so that every engine comes to the same digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reporter.auditing.gauge import CONFIDENCE, Gauge, counted
from reporter.auditing.moments import Moments, Numbers

Texts = Sequence[str | None]


@dataclass(frozen=True, eq=False)
class Part:
    """Rows as arrays: what they hold, what the model says of them and, for some, what drove it.

    `attributions` and `values` are (attributed rows, features): the attributions towards the outcome that is named,
    and the raw values they belong to, NaN for categories.
    """

    columns: Mapping[str, Numbers | Texts]
    said: Numbers
    classes: Sequence[str] = ()  # predicted, per row
    loss: Numbers | None = None  # per row, NaN without a label; see overview.Quality
    truth: Numbers | Texts | None = None
    confidence: Numbers | None = None  # probability of the predicted class
    attributions: Numbers | None = None
    values: Numbers | None = None
    methods: Mapping[str, int] = field(default_factory=dict)  # attribution method → rows
    invalid: int = 0
    slices: Mapping[str, Numbers | Texts] = field(default_factory=dict)


@dataclass
class Column:
    """One column: numbers by moments, extremes and a histogram; categories by counts."""

    rows: int = 0
    missing: int = 0
    moments: Moments | None = None
    low: float | None = None
    high: float | None = None
    counts: list[int] | None = None
    values: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, cells: Numbers | Texts, edges: Sequence[float] | None) -> Column:
        if edges is None:
            texts = [None if cell is None or cell != cell else str(cell) for cell in cells]
            return cls(len(texts), texts.count(None), values=Counter(text for text in texts if text is not None))
        numbers = np.asarray(cells, dtype=float)
        there = numbers[np.isfinite(numbers)]
        return cls(
            len(numbers),
            len(numbers) - len(there),
            Moments.of(numbers[:, None]),
            float(there.min()) if len(there) else None,
            float(there.max()) if len(there) else None,
            counted(numbers, edges),
        )

    def __add__(self, other: Column) -> Column:
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Column(
            self.rows + other.rows,
            self.missing + other.missing,
            _sum(self.moments, other.moments),
            min(lows, default=None),
            max(highs, default=None),
            [a + b for a, b in zip(self.counts, other.counts, strict=True)] if self.counts and other.counts else None,
            self.values + other.values,
        )

    def stored(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "missing": self.missing,
            "moments": self.moments.stored() if self.moments else None,
            "low": self.low,
            "high": self.high,
            "counts": self.counts,
            "values": dict(self.values),
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Column:
        moments = Moments.read(stored["moments"]) if stored["moments"] else None
        rest = {name: stored[name] for name in ("rows", "missing", "low", "high", "counts")}
        return cls(**rest, moments=moments, values=Counter(stored["values"]))


@dataclass
class Tally:
    """Everything counted over some rows."""

    rows: int = 0
    invalid: int = 0
    columns: dict[str, Column] = field(default_factory=dict)
    said: Column | None = None
    classes: Counter[str] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    loss: Moments | None = None  # beside it the squared error, for values
    truth: Moments | None = None  # of values
    confidence: Numbers | None = None  # (bins, 4): rows, stated, right, variance, as sums
    slices: dict[str, dict[str, Moments]] = field(default_factory=dict)  # column → value or number of the range → loss
    driving: Moments | None = None  # |attribution| of each feature, beside the sum over all of them
    pushing: Moments | None = None  # attribution beside the value

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.invalid + other.invalid,
            _merged(self.columns, other.columns),
            _sum(self.said, other.said),
            self.classes + other.classes,
            self.truths + other.truths,
            self.methods + other.methods,
            _sum(self.loss, other.loss),
            _sum(self.truth, other.truth),
            _sum(self.confidence, other.confidence),
            {
                name: _merged(self.slices.get(name, {}), other.slices.get(name, {}))
                for name in dict.fromkeys((*self.slices, *other.slices))
            },
            _sum(self.driving, other.driving),
            _sum(self.pushing, other.pushing),
        )

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "rows": self.rows,
            "invalid": self.invalid,
            "columns": {name: column.stored() for name, column in self.columns.items()},
            "said": self.said.stored() if self.said else None,
            "classes": dict(self.classes),
            "truths": dict(self.truths),
            "methods": dict(self.methods),
            "confidence": self.confidence.tolist() if self.confidence is not None else None,
            "slices": {
                name: {value: moments.stored() for value, moments in found.items()}
                for name, found in self.slices.items()
            },
            **{name: getattr(self, name).stored() if getattr(self, name) else None for name in _MOMENTS},
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Tally:
        """From what JSON held."""
        return cls(
            rows=stored["rows"],
            invalid=stored["invalid"],
            columns={name: Column.read(column) for name, column in stored["columns"].items()},
            said=Column.read(stored["said"]) if stored["said"] else None,
            classes=Counter(stored["classes"]),
            truths=Counter(stored["truths"]),
            methods=Counter(stored["methods"]),
            confidence=np.array(stored["confidence"]) if stored["confidence"] is not None else None,
            slices={
                name: {value: Moments.read(moments) for value, moments in found.items()}
                for name, found in stored["slices"].items()
            },
            **{name: Moments.read(stored[name]) if stored[name] else None for name in _MOMENTS},
        )


_MOMENTS = ("loss", "truth", "driving", "pushing")


def tallied(part: Part, gauge: Gauge) -> Tally:
    """What there is to count in a part."""
    tally = Tally(
        rows=len(part.said),
        invalid=part.invalid,
        columns={name: Column.of(cells, gauge.columns[name]) for name, cells in part.columns.items()},
        said=Column.of(part.said, gauge.said),
        classes=Counter(part.classes),
    )
    if part.loss is not None:
        tally.loss = Moments.of(part.loss[:, None], part.loss[:, None] ** 2)
        tally.slices = {name: _sliced(cells, part.loss, gauge.slices[name]) for name, cells in part.slices.items()}
        if part.confidence is not None:
            tally.confidence = _confidence(part.confidence, part.loss)
    if isinstance(part.truth, np.ndarray):
        tally.truth = Moments.of(part.truth[:, None])
    elif part.truth is not None:
        tally.truths = Counter(text for text in part.truth if text is not None)
    if part.attributions is not None and part.attributions.size:
        size = np.abs(part.attributions)
        tally.driving = Moments.of(size, size.sum(axis=1, keepdims=True))
        tally.methods = Counter(part.methods)
        tally.pushing = Moments.of(part.attributions, part.attributions if part.values is None else part.values)
    return tally


def total(tallies: Sequence[Tally]) -> Tally:
    """All parts together, in the order given."""
    found = Tally()
    for tally in tallies:
        found = found + tally
    return found


def _sliced(cells: Numbers | Texts, loss: Numbers, edges: Sequence[float] | None) -> dict[str, Moments]:
    """The loss of the rows of each value, or of each range by its number."""
    if edges is None:
        names = ["" if cell is None or cell != cell else str(cell) for cell in cells]
    else:
        numbers = np.asarray(cells, dtype=float)
        places = np.searchsorted(np.array(edges), numbers, side="left")
        names = ["" if np.isnan(number) else str(place) for number, place in zip(numbers, places, strict=True)]
    kinds, places = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    return {str(kind): Moments.of(loss[places == i][:, None]) for i, kind in enumerate(kinds) if kind}


def _confidence(stated: Numbers, loss: Numbers) -> Numbers:
    known = np.isfinite(loss) & np.isfinite(stated)
    stated, right = stated[known], 1.0 - loss[known]
    places = np.searchsorted(np.array(CONFIDENCE), stated, side="left")
    sums = [np.ones_like(stated), stated, right, stated * (1 - stated)]
    return np.stack([np.bincount(places, weights=each, minlength=len(CONFIDENCE) + 1) for each in sums], axis=1)


def _sum(one: Any, other: Any) -> Any:
    """Both together, where both are there; else the one that is."""
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _sum(one.get(name), other.get(name)) for name in dict.fromkeys((*one, *other))}
