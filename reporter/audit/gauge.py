"""Gauge: what the rows of a night are counted against: edges, categories and slices, the same for every part. No torch.

The edges of a histogram are those of the reference run, or else cut the study's reference rows into parts of equal
size: tonight's rows never choose them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reporter.audit.moments import Numbers
from reporter.overview import Overview

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

    def as_before(self, before: Overview | None) -> Gauge:
        """The same with the edges of the reference run, where it has any."""
        if before is None:
            return self
        known = {each.id: each.histogram.edges for each in before.columns if each.histogram is not None}
        said = before.said.histogram.edges if before.said is not None and before.said.histogram is not None else None
        ranges: dict[str, set[float]] = {}
        for each in before.slices:
            if each.bounds is not None:
                ranges.setdefault(each.column, set()).update(edge for edge in each.bounds if edge is not None)
        return Gauge(
            {name: known.get(name, edges) if edges is not None else None for name, edges in self.columns.items()},
            said or self.said,
            {
                name: tuple(sorted(ranges[name])) if edges is not None and name in ranges else edges
                for name, edges in self.slices.items()
            },
        )


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
