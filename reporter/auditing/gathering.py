"""Gathering: a tally and what things are called → the Overview of a night. No torch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reporter.auditing.gauge import CATEGORIES, Gauge
from reporter.auditing.moments import Moments
from reporter.auditing.tally import Column, Tally
from reporter.feature import Kind
from reporter.overview import Confidence, Driver, Histogram, Overview, Quality, Slice, Summary
from reporter.prediction import Task
from reporter.words import Words

LEAST_LABELLED = 2
STILL = 0.25  # share of the rows from which the method of the reference run is still the one


@dataclass(frozen=True)
class Named:
    """What one column or feature is called, and what is said of it."""

    id: str
    kind: Kind = "numeric"
    unit: str = ""
    decimals: int | None = None
    protected: bool = False
    group: str = ""
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Described:
    """What a worker knows of its study before any row is looked at."""

    task: Task
    columns: tuple[Named, ...]  # of the data
    features: tuple[Named, ...]  # that are attributed, in their order
    said: Named
    towards: str = ""
    method: str = ""
    model: str = ""
    weight_hash: str = ""
    class_words: dict[str, dict[str, Words]] = field(default_factory=dict)


def overview_of(
    tally: Tally, gauge: Gauge, known: Described, *, study: str, slot: str, usual_method: str = ""
) -> Overview:
    """The part of an overview that follows from counting: all but instances, cost and where things came from.

    `usual_method` is that of the reference run.
    """
    drivers = drivers_of(tally, known.features, one_way=bool(known.towards) or known.task == "regression")
    return Overview(
        study=study,
        slot=slot,
        model=known.model,
        weight_hash=known.weight_hash,
        towards=known.towards,
        rows=tally.rows,
        invalid=tally.invalid,
        columns=tuple(
            _summary(each, tally.columns[each.id], gauge.columns.get(each.id))
            for each in known.columns
            if each.id in tally.columns
        ),
        absent=tuple(each.id for each in known.columns if tally.columns and each.id not in tally.columns),
        said=_summary(known.said, tally.said, gauge.said) if tally.said is not None else None,
        classes=dict(sorted(tally.classes.items())),
        quality=_quality(known.task, tally.loss, tally),
        confidence=_confidence(tally),
        slices=tuple(_slices(tally, gauge, known)),
        drivers=drivers,
        attributed=int(tally.driving.rows.max()) if tally.driving is not None else 0,
        method=_method(tally.methods, usual_method) or known.method,
        class_words=known.class_words,
    )


def drivers_of(tally: Tally, features: Sequence[Named], *, one_way: bool = True) -> tuple[Driver, ...]:
    """The features by their share of all influence, strongest first; ties keep the order given.

    `one_way`: all attributions point to one outcome, so that it can be said which way higher values push.
    """
    if tally.driving is None or tally.pushing is None:
        return ()
    shares, errors = tally.driving.ratio
    along = tally.pushing.correlation
    found = [
        Driver(
            id=named.id,
            share=float(shares[i]),
            error=float(errors[i]),
            rank=0,
            mean=float(tally.pushing.x[i]),
            mean_error=float(tally.pushing.error[i]),
            along=None if not one_way or named.kind == "category" or math.isnan(along[i]) else float(along[i]),
            protected=named.protected,
            group=named.group,
            words=named.words,
        )
        for i, named in enumerate(features)
    ]
    ordered = sorted(found, key=lambda driver: -driver.share)
    return tuple(replace(driver, rank=rank) for rank, driver in enumerate(ordered, 1))


def _method(rows: Counter[str], usual: str) -> str:
    """The method of most rows, or the usual one while it still has a good part of them.

    A model may need another method for about half of its rows: which half is larger is chance, and no change.
    """
    if rows[usual] >= STILL * rows.total() > 0:
        return usual
    return next((name for name, _ in rows.most_common(1)), "")


def _summary(named: Named, column: Column, edges: tuple[float, ...] | None) -> Summary:
    moments = column.moments
    known = moments is not None and column.rows > column.missing
    counts = column.values.most_common()
    values = dict(sorted(counts[:CATEGORIES]))
    if rest := sum(count for _, count in counts[CATEGORIES:]):
        values[""] = rest
    return Summary(
        id=named.id,
        kind=named.kind if edges is not None or named.kind != "numeric" else "category",
        rows=column.rows,
        missing=column.missing,
        mean=float(moments.x[0]) if known and moments is not None else None,
        std=float(moments.std[0]) if known and moments is not None else None,
        low=column.low,
        high=column.high,
        histogram=Histogram(edges, tuple(column.counts)) if edges is not None and column.counts is not None else None,
        values=values,
        unit=named.unit,
        decimals=named.decimals,
        words=named.words,
    )


def _quality(task: Task, loss: Moments | None, tally: Tally | None = None) -> Quality | None:
    """Of all rows with `tally`, else of some of them."""
    if loss is None or loss.rows[0] < LEAST_LABELLED:
        return None
    rows, r2, majority = int(loss.rows[0]), None, None
    if tally is not None and task == "regression" and tally.truth is not None and tally.truth.xx[0] > 0:
        r2 = 1.0 - float(loss.y[0] * rows / tally.truth.xx[0])  # y is the squared error
    if tally is not None and tally.truths:
        majority = max(tally.truths.values()) / sum(tally.truths.values())
    return Quality(task, rows, float(loss.x[0]), float(loss.std[0]), r2, majority)


def _confidence(tally: Tally) -> tuple[Confidence, ...]:
    if tally.confidence is None:
        return ()
    return tuple(
        Confidence(int(rows), stated / rows, right / rows, variance / rows)
        for rows, stated, right, variance in tally.confidence.tolist()
        if rows
    )


def _slices(tally: Tally, gauge: Gauge, known: Described) -> list[Slice]:
    words = {each.id: each.words for each in known.columns}
    found = []
    for column, parts in tally.slices.items():
        edges = gauge.slices.get(column)
        names: Mapping[str, tuple[float | None, float | None] | None] = dict.fromkeys(sorted(parts))
        if edges is not None:
            limits = (None, *edges, None)
            names = {place: (limits[int(place)], limits[int(place) + 1]) for place in sorted(parts, key=int)}
        for name, bounds in names.items():
            quality = _quality(known.task, parts[name])
            if quality is not None:
                value = name if bounds is None else _range(*bounds)
                found.append(Slice(column, value, quality, bounds, words.get(column, {})))
    return found


def _range(low: float | None, high: float | None) -> str:
    """A range as an id; how it is told is for the report to say."""
    if low is None or high is None:
        return f"≤{high:g}" if high is not None else f">{low:g}"
    return f"{low:g}–{high:g}"
