"""Heat maps in four neutral kinds: modalities emit them, formats draw them, and no format asks for the modality.

Every one of them is signed: above 0 towards the target, below 0 away, in the unit of the explained score. No torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reporter.feature import Feature


@dataclass(frozen=True)
class Bars:
    """Ranked features: which are drawn, in which order, on which scale."""

    features: tuple[str, ...]  # feature ids, strongest first
    scale: float  # |attribution| of a bar of full length
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True)
class Piece:
    """The characters of a text that belong to one feature."""

    feature: str
    start: int
    end: int  # not included


@dataclass(frozen=True)
class Shading:
    """A text with the words that were attributed; what lies between the pieces is not shaded."""

    text: str
    pieces: tuple[Piece, ...]  # in reading order, none overlapping
    scale: float  # |attribution| of full colour
    kind: Literal["words"] = "words"


@dataclass(frozen=True)
class Area:
    """Where a named region lies: fractions of the picture's width and height, from its upper left corner."""

    feature: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Raster:
    """A picture and the attribution of each of its cells."""

    width: int  # cells
    height: int
    values: tuple[float, ...]  # (height × width) row by row; channels added, cells of a coarser grid added
    picture: str  # the picture as a person sees it, a PNG in base64
    areas: tuple[Area, ...]
    scale: float  # |attribution| of full colour
    half: float  # share of the picture, 0 to 1, that holds half of all |attribution|: the smallest such
    kind: Literal["raster"] = "raster"


@dataclass(frozen=True)
class Channel:
    """One channel of a sequence, point by point."""

    id: str
    values: tuple[float, ...]  # as a reader knows them; empty for symbols
    attributions: tuple[float, ...]


@dataclass(frozen=True)
class Stretch:
    """Where a feature of a sequence lies."""

    feature: str
    channel: str  # id; empty for all channels
    first: int  # points
    last: int  # included


@dataclass(frozen=True)
class Spans:
    """A sequence with the stretches that were found in its attributions."""

    channels: tuple[Channel, ...]
    stretches: tuple[Stretch, ...]
    start: float  # time or position of the first point
    step: float  # from one point to the next
    unit: str  # of time; empty for positions
    scale: float  # |attribution| of full colour
    symbols: str = ""  # one character a point, where the sequence is made of symbols
    kind: Literal["spans"] = "spans"


Heatmap = Bars | Shading | Raster | Spans


def bars(features: Sequence[Feature]) -> Bars:
    """The heat map of ranked features, scaled to the strongest."""
    return Bars(tuple(f.id for f in features), max((abs(f.attribution) for f in features), default=0.0))


def smallest_half(sizes: Iterable[float]) -> float:
    """The smallest share of equal cells, 0 to 1, whose |attribution| is half of the sum; 0 when all are 0."""
    ordered = sorted((abs(size) for size in sizes), reverse=True)
    total, reached = sum(ordered), 0.0
    if not total:
        return 0.0
    for count, size in enumerate(ordered, 1):
        reached += size
        if reached >= total / 2:
            return count / len(ordered)
    return 1.0
