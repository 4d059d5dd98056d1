"""Gauge: what the rows of a night are counted against: edges, categories and slices, the same for every part. No torch.

The edges of a histogram are those of the reference run, or else cut the study's reference rows into parts of equal
size: tonight's rows never choose them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reporter.auditing.moments import Numbers
from reporter.overview import Overview
from reporter.storing import plain, restored

BINS = 20
CATEGORIES = 50  # that are counted one by one; the rest together
RANGES = 4  # that a column of numbers is sliced into
CONFIDENCE = tuple(round(edge / 10, 1) for edge in range(1, 10))


@dataclass(frozen=True)
class Gauge:
    """For each column its edges, or None where its values are counted one by one."""

    columns: Mapping[str, tuple[float, ...] | None]
    said: tuple[float, ...]
    slices: Mapping[str, tuple[float, ...] | None] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return plain(self)  # type: ignore[no-any-return]

    @classmethod
    def read(cls, stored: Any) -> Gauge:
        """From what JSON held."""
        return restored(cls, stored)

    @classmethod
    def of(cls, overview: Overview) -> Gauge:
        """What the rows of an overview were counted against."""
        ranges: dict[str, set[float] | None] = {}
        for each in overview.slices:
            own = ranges.setdefault(each.column, None if each.bounds is None else set())
            if own is not None:
                own.update(edge for edge in each.bounds or () if edge is not None)
        said = overview.said.histogram if overview.said is not None else None
        return cls(
            {each.id: each.histogram.edges if each.histogram else None for each in overview.columns},
            said.edges if said is not None else (),
            {name: tuple(sorted(edges)) if edges is not None else None for name, edges in ranges.items()},
        )

    def like(self, before: Gauge) -> Gauge:
        """The same with the edges of a reference run where it has any, so that both nights are counted alike."""

        def known(
            own: Mapping[str, tuple[float, ...] | None], other: Mapping[str, tuple[float, ...] | None]
        ) -> dict[str, tuple[float, ...] | None]:
            return {name: other.get(name) or edges if edges is not None else None for name, edges in own.items()}

        return Gauge(known(self.columns, before.columns), before.said or self.said, known(self.slices, before.slices))


def edges_of(values: Numbers, bins: int = BINS) -> tuple[float, ...]:
    """Edges that cut values into parts of equal size; fewer where values repeat. () where there is one value only.

    What few values repeat often is cut between them, so that each has a part of its own.
    """
    values = values[np.isfinite(values)]
    different = np.unique(values)
    if len(different) < 2:
        return tuple(different.tolist())
    if len(different) <= bins:
        return tuple(((different[1:] + different[:-1]) / 2).tolist())
    cuts = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
    return tuple(np.unique(cuts).tolist())


def counted(values: Numbers, edges: Sequence[float]) -> list[int]:
    """How many values lie below and up to the first edge, up to the second, …, above the last."""
    places = np.searchsorted(np.array(edges, dtype=float), values[np.isfinite(values)], side="left")
    return [int(each) for each in np.bincount(places, minlength=len(edges) + 1)]
