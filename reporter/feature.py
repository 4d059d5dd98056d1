"""Feature: one thing the prose can name, how features are ranked, and the heat map they make. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from reporter.words import Words


@dataclass(frozen=True)
class Array:
    """Numbers with a shape, row-major; what numpy would hold, without numpy."""

    shape: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Feature:
    """One thing the prose can name: a column, a one-hot group, later a word, region or span.

    `attribution` is in the unit of the explained score: above 0 pushes the score of the target up (towards the target
    class, or the value up), below 0 down. `value` and `baseline` are raw, in `words[...].unit`, never standardised.
    """

    id: str
    attribution: float
    share: float  # |attribution| / Σ |attribution|, 0 to 1
    side_share: float  # attribution / Σ attributions of the same sign, 0 to 1
    rank: int  # 1 = largest |attribution|
    firm: bool = False  # this rank held in at least 95% of the repeats (see Score "stability")
    value: float | str | None = None
    baseline: float | str | None = None
    interval: tuple[float, float] | None = None  # of `share`, the middle 95% of the repeats
    percentile: float | None = None  # share of reference rows strictly below the value, ties halved, 0 to 1
    low: float | None = None  # smallest and largest value of the reference rows
    high: float | None = None
    out_of_range: bool = False
    missing: bool = False  # was missing in the data; `value` is what was filled in
    protected: bool = False
    group: str = ""
    kind: Literal["numeric", "category"] = "numeric"
    decimals: int | None = None  # how many to show; None lets the facts decide
    columns: tuple[int, ...] = ()  # where it stands in the flattened input
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Bars:
    """The neutral heat map of ranked features: which are drawn, in which order, on which scale."""

    features: tuple[str, ...]  # feature ids, strongest first
    scale: float  # |attribution| of a bar of full length
    kind: Literal["bars"] = "bars"


Heatmap = Bars  # grows into a union (words, raster, spans) as modalities come


def ranked(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The features strongest first, with rank, share and side share filled in; ties keep the order given."""
    ordered = sorted(features, key=lambda feature: -abs(feature.attribution))
    total = math.fsum(abs(f.attribution) for f in ordered)
    sides = {
        True: math.fsum(f.attribution for f in ordered if f.attribution > 0),
        False: math.fsum(f.attribution for f in ordered if f.attribution < 0),
    }

    def filled(rank: int, feature: Feature) -> Feature:
        side = sides[feature.attribution > 0]
        return replace(
            feature,
            rank=rank,
            share=abs(feature.attribution) / total if total else 0.0,
            side_share=feature.attribution / side if side and feature.attribution else 0.0,
        )

    return tuple(filled(rank, feature) for rank, feature in enumerate(ordered, 1))


def bars(features: Sequence[Feature]) -> Bars:
    """The heat map of ranked features, scaled to the strongest."""
    return Bars(tuple(f.id for f in features), max((abs(f.attribution) for f in features), default=0.0))


def percentile(value: float, reference: Sequence[float]) -> float:
    """Share of `reference` (not empty) strictly below `value`, ties counted half; 0 to 1."""
    below = sum(other < value for other in reference)
    ties = sum(other == value for other in reference)
    return float((below + ties / 2) / len(reference))


def completeness_error(attributions: Sequence[float], change: float) -> float:
    """Relative error |Σ a − change| / max(|change|, 0.05 Σ|a|); 0 when nothing moved and nothing is attributed.

    The second term keeps the ratio meaningful where reasons cancel and the change itself is close to nothing.
    """
    gap = abs(math.fsum(attributions) - change)
    scale = max(abs(change), 0.05 * math.fsum(abs(a) for a in attributions))
    return gap / scale if scale else 0.0
