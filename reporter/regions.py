"""Regions of a picture: which point belongs to which, where each lies, and attributions added over coarser cells.

No torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reporter.errors import StudyError
from reporter.heatmap import Area

Labels = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[float, float, float, float]  # left, top, right, bottom as fractions

CELLS = 64  # a side, at most
RECTANGLES = 64  # from which regions are told to a cell
REST = "rest"  # what no declared region covers
ROWS = {1: ("middle",), 2: ("upper", "lower"), 3: ("upper", "middle", "lower")}
COLUMNS = {1: ("middle",), 2: ("left", "right"), 3: ("left", "middle", "right")}


@dataclass(frozen=True, eq=False)
class Regions:
    """The features of a picture, and which of them each number of it belongs to, counted from 0."""

    ids: tuple[str, ...]
    labels: Labels  # (channels, height, width); 1 channel stands for all

    def mask(self, channels: int) -> Labels:
        """(columns,) for a picture of so many channels."""
        return np.broadcast_to(self.labels, (channels, *self.labels.shape[1:])).reshape(-1)


def regions_of(boxes: Mapping[str, Box], height: int, width: int) -> Regions:
    """The declared regions, or a grid where there are none."""
    return declared(boxes, height, width) if boxes else grid(height, width)


def grid(height: int, width: int) -> Regions:
    """Nine parts, three by three; fewer in a picture of less than three points a side."""
    down, across = ROWS[min(3, height)], COLUMNS[min(3, width)]
    rows = np.arange(height) * len(down) // height
    columns = np.arange(width) * len(across) // width
    ids = tuple("centre" if (a, b) == ("middle", "middle") else f"{a}-{b}" for a in down for b in across)
    return Regions(ids, (rows[:, None] * len(across) + columns)[None])


def declared(boxes: Mapping[str, Box], height: int, width: int) -> Regions:
    """Regions by their boxes: a point belongs to the first whose box holds its middle, and else to the rest.

    Raises StudyError for a box that is none or holds no point of its own.
    """
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    labels = np.full((height, width), -1)
    for number, (name, (left, top, right, bottom)) in enumerate(boxes.items()):
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise StudyError(
                f"box = {[left, top, right, bottom]} of the region {name!r}",
                allowed="left, top, right, bottom as fractions from 0 to 1",
            )
        inside = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))
        labels[inside & (labels < 0)] = number
        if not (labels == number).any():
            raise StudyError(
                f"the region {name!r} holds no point of its own in a picture of {width} × {height}",
                remedy="make its box larger, or name it before those that cover it",
            )
    left_over = labels < 0
    labels[left_over] = len(boxes)
    return Regions((*boxes, *([REST] if left_over.any() else [])), labels[None])


def areas(regions: Regions) -> tuple[Area, ...]:
    """Where the regions lie, as rectangles that tile them: exactly, or ragged ones to a 64th of the picture."""
    found = _tiled(regions, regions.labels)
    return found if len(found) <= RECTANGLES else _tiled(regions, _coarse(regions.labels))


def _tiled(regions: Regions, labels: Labels) -> tuple[Area, ...]:
    height, width = labels.shape[1:]
    return tuple(
        Area(name, left / width, top / height, right / width, bottom / height)
        for number, name in enumerate(regions.ids)
        for left, top, right, bottom in _rectangles((labels == number).any(axis=0))
    )


def _coarse(labels: Labels) -> Labels:
    """Every cell by the point in its middle."""
    for axis in (1, 2):
        size = labels.shape[axis]
        if size > CELLS:
            labels = labels.take(((np.arange(CELLS) + 0.5) * size / CELLS).astype(int), axis=axis)
    return labels


def _rectangles(covered: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int, int, int]]:
    """Rectangles (left, top, right, bottom) that tile what is covered: equal runs of neighbouring rows are one."""
    found = list[tuple[int, int, int, int]]()
    open_ = dict[tuple[int, int], int]()
    for row in range(len(covered) + 1):
        runs = set(_runs(covered[row])) if row < len(covered) else set()
        found += [(run[0], open_.pop(run), run[1], row) for run in list(open_) if run not in runs]
        for run in runs:
            open_.setdefault(run, row)
    return sorted(found, key=lambda box: (box[1], box[0]))


def _runs(row: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[tuple[int, int]]:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    return zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)


def cells(values: Numbers) -> Numbers:
    """(height, width) added over blocks, so that no side is longer than 64; the sum stays."""
    for axis in (0, 1):
        size = values.shape[axis]
        if size > CELLS:
            values = np.add.reduceat(values, np.arange(CELLS) * size // CELLS, axis=axis)
    return values
