"""Feature: one thing the prose can name, and how features are ranked. No torch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from reporter.errors import UsageError
from reporter.words import Words


@dataclass(frozen=True)
class Array:
    """Numbers with a shape, row-major; what numpy would hold, without numpy."""

    shape: tuple[int, ...]
    values: tuple[float, ...]


Kind = Literal["numeric", "category", "region", "word", "span"]


@dataclass(frozen=True)
class Feature:
    """One thing the prose can name: a column, a one-hot group, a region of a picture, a word, a stretch of a sequence.

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
    ties: float = 0.0  # share of reference rows that equal the value: it is neither higher nor lower than these
    low: float | None = None  # smallest and largest value of the reference rows
    high: float | None = None
    out_of_range: bool = False
    missing: bool = False  # was missing in the data; `value` is what was filled in
    protected: bool = False
    group: str = ""
    kind: Kind = "numeric"
    span: tuple[float, float] | None = None  # where it lies: from–to in time, first–last position, characters of a text
    channel: str = ""  # of a sequence of several channels: the one it lies in; empty for all of them
    decimals: int | None = None  # how many to show; None lets the facts decide
    columns: tuple[int, ...] = ()  # where it stands in the flattened input
    words: dict[str, Words] = field(default_factory=dict)


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


def percentile(value: float, reference: Sequence[float]) -> float:
    """Share of `reference` (not empty) strictly below `value`, ties counted half; 0 to 1."""
    below = sum(other < value for other in reference)
    ties = sum(other == value for other in reference)
    return float((below + ties / 2) / len(reference))


def ties(value: float, reference: Sequence[float]) -> float:
    """Share of `reference` (not empty) that equals `value`, 0 to 1."""
    return sum(other == value for other in reference) / len(reference)


def completeness_error(attributions: Sequence[float], change: float) -> float:
    """Relative error |Σ a − change| / max(|change|, 0.05 Σ|a|); 0 when nothing moved and nothing is attributed.

    The second term keeps the ratio meaningful where reasons cancel and the change itself is close to nothing.
    """
    gap = abs(math.fsum(attributions) - change)
    scale = max(abs(change), 0.05 * math.fsum(abs(a) for a in attributions))
    return gap / scale if scale else 0.0


def features_from(
    names: Sequence[str],
    values: Sequence[Any],
    attributions: Sequence[Any],
    *,
    baseline: Sequence[Any] | None = None,
    reference: Sequence[Sequence[Any]] | None = None,
    units: Mapping[str, str] | None = None,
    words: Mapping[str, Words] | None = None,
) -> tuple[Feature, ...]:
    """Ranked features from what a caller has; a value that is None or NaN is missing. Raises UsageError."""
    count = len(names)
    for what, given in (("values", values), ("attributions", attributions), ("baseline values", baseline)):
        if given is not None and len(given) != count:
            raise UsageError(f"{count} features but {len(given)} {what}", remedy="give one of each per feature")
    for row in () if reference is None else reference:
        if len(row) != count:
            raise UsageError(f"{count} features but a reference row of {len(row)} values", remedy="one per feature")
    if not count:
        raise UsageError("there are no features", remedy="give at least one")
    if (twice := Counter(names).most_common(1)[0])[1] > 1:
        raise UsageError(f"the feature {twice[0]!r} is given {twice[1]} times", remedy="give each its own name")

    def described(i: int) -> Feature:
        name, value = names[i], _cell(values[i], names[i])
        shown = (words or {}).get(name) or Words()
        column = [] if reference is None else [row[i] for row in reference]
        return Feature(
            id=name,
            attribution=_number(attributions[i], f"the attribution of {name!r}"),
            share=0.0,
            side_share=0.0,
            rank=0,
            value=value,
            baseline=_cell(baseline[i], name) if baseline is not None else None,
            missing=value is None,
            kind="category" if isinstance(value, str) else "numeric",
            columns=(i,),
            words={"": replace(shown, name=shown.name or name, unit=shown.unit or (units or {}).get(name, ""))},
            **(_usual(value, column, name) if isinstance(value, float) else {}),
        )

    return ranked(described(i) for i in range(count))


def _usual(value: float, column: Sequence[Any], name: str) -> dict[str, Any]:
    """How a value stands to a column of the reference; nothing where the column is empty."""
    known = [cell for cell in (_cell(cell, name) for cell in column) if cell is not None]
    numbers = [cell for cell in known if isinstance(cell, float)]
    if len(numbers) < len(known):
        raise UsageError(f"{name!r} is {value:g} here but text in the reference", remedy="give numbers in both")
    if not numbers:
        return {}
    low, high = min(numbers), max(numbers)
    return {
        "percentile": percentile(value, numbers),
        "ties": ties(value, numbers),
        "low": low,
        "high": high,
        "out_of_range": not low <= value <= high,
    }


def _cell(value: Any, name: str) -> float | str | None:
    """A raw value: a number, or else text; None where it is missing."""
    if value is None or isinstance(value, str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return None if math.isnan(number) else _number(number, f"a value of {name!r}")


def _number(value: Any, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{what} is {value!r}", allowed="finite numbers")
    return number
