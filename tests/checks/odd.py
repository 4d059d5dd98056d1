"""Odd nights: no rows, no labels, one class, one feature, nothing that varies, ten thousand columns; and any others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from reporter.overview import (
    Confidence,
    Cost,
    Driver,
    Histogram,
    Overview,
    Quality,
    Reliability,
    Slice,
    Summary,
)
from tests.checks.overviews import LEVEL, TILTED, categories, column, drivers, many, overview, quality, told, values

NIGHTS: dict[str, Callable[[], Overview]] = {
    "nothing at all": lambda: Overview("credit", "2026-11-21T02:00:00+00:00"),
    "no rows": lambda: overview(
        rows=0, columns=(), said=None, classes={}, quality=None, slices=(), drivers=(), attributed=0
    ),
    "one row": lambda: overview(
        rows=1, columns=(column(counts=(1, 0, 0, 0), std=0.0, low=5.0, high=5.0), categories(values={"north": 1})),
        classes={"good": 1}, quality=quality(0.0, 2), confidence=(Confidence(1, 0.9, 1.0, 0.09),), attributed=1,
        said=column("good", (1, 0, 0, 0), std=0.0), slices=(Slice("region", "north", quality(0.0, 2)),),
    ),
    "no labels": lambda: overview(quality=None, confidence=(), slices=()),
    "one class": lambda: overview(classes={"good": 1000}, said=column("good", (0, 0, 0, 1000), mean=1.0, std=0.0)),
    "never wrong": lambda: overview(quality=quality(0.0), confidence=(Confidence(1000, 1.0, 1.0, 0.0),)),
    "always wrong": lambda: overview(quality=quality(1.0), confidence=(Confidence(1000, 1.0, 0.0, 0.0),)),
    "nothing varies": lambda: overview(
        columns=(column(counts=(1000,), histogram=Histogram((), (1000,)), std=0.0, low=7.0, high=7.0, mean=7.0),),
        said=column("good", (1000,), histogram=Histogram((), (1000,)), std=0.0, low=0.5, high=0.5),
    ),
    "all missing": lambda: overview(
        columns=(
            column(counts=(0, 0, 0, 0), rows=1000, missing=1000, mean=None, std=None, low=None, high=None),
            categories(values={}, rows=1000, missing=1000),
        )
    ),
    "one feature": lambda: overview(drivers=drivers(1.0)),
    "nothing drives it": lambda: overview(drivers=drivers(0.0, 0.0, noise=None)),
    "protected alone": lambda: overview(drivers=drivers(1.0, protected=0)),
    "no error": lambda: overview(drivers=tuple(Driver(f"f{i}", s, 0.0, i + 1) for i, s in enumerate((0.5, 0.3, 0.2)))),
    "many columns": lambda: overview(columns=many(10_000, TILTED), drivers=drivers(*[1 / 400] * 400)),
    "other columns": lambda: overview(columns=many(10_000, LEVEL)),
    "many values": lambda: overview(columns=(categories(values={**{str(i): 3 for i in range(50)}, "": 850}),)),
    "no cost": lambda: overview(cost=Cost()),
    "a value": values,
    "a perfect value": lambda: values(quality=Quality("regression", 1000, 0.0, 0.0)),
    "odd names": lambda: overview(
        columns=(column("{name}"), categories("{0}", {"{x:y}": 500, "}": 500})),
        told=(told("{41}", "{good}"), told("\n", "")), class_words={},
        drivers=tuple(Driver("{%s}", 1.0, 0.0, 1) for _ in range(1)),
    ),
}  # fmt: skip

_SHARES = st.floats(0, 1)
_COUNTS = st.integers(0, 5000)
_SIZES = st.floats(0, 1e9)


def overviews() -> st.SearchStrategy[Overview]:
    """Overviews of any numbers that a tally could come to, and some that it could not."""
    return st.builds(_overview, st.fixed_dictionaries(_PARTS))


def _overview(parts: dict[str, Any]) -> Overview:
    return overview(**{name: value for name, value in parts.items() if value is not ...})


@st.composite
def _columns(draw: st.DrawFn) -> tuple[Summary, ...]:
    found = []
    for name in draw(st.lists(st.sampled_from("abc"), max_size=3, unique=True)):
        missing = draw(_COUNTS)
        if draw(st.booleans()):
            known = draw(st.dictionaries(st.sampled_from(["", "x", "y", "z{}"]), st.integers(1, 900), max_size=4))
            found.append(categories(name, known, rows=sum(known.values()) + missing, missing=missing))
        else:
            edges = tuple(sorted(draw(st.sets(st.integers(-3, 3), max_size=3))))
            counts = tuple(draw(st.lists(_COUNTS, min_size=len(edges) + 1, max_size=len(edges) + 1)))
            low = draw(st.floats(-1e6, 1e6))
            high = low + draw(st.sampled_from([0.0, 1.0, 1e6]))
            some: dict[str, Any] = {"mean": (low + high) / 2, "std": (high - low) / 3, "low": low, "high": high}
            if not sum(counts):
                some = dict.fromkeys(some)
            histogram = Histogram(tuple(map(float, edges)), counts)
            found.append(column(name, counts, rows=sum(counts) + missing, missing=missing, histogram=histogram, **some))
    return tuple(found)


@st.composite
def _quality(draw: st.DrawFn) -> Quality:
    rows = draw(st.integers(2, 5000))
    if draw(st.booleans()):
        return quality(draw(_SHARES), rows)
    return Quality("regression", rows, draw(_SIZES), draw(_SIZES))


@st.composite
def _drivers(draw: st.DrawFn) -> tuple[Driver, ...]:
    count = draw(st.integers(0, 5))
    return tuple(
        Driver(
            f"f{i}", draw(_SHARES), draw(_SHARES), i + 1, draw(st.floats(-9, 9)), draw(_SHARES),
            draw(st.none() | st.floats(-1, 1)), draw(st.none() | _SHARES), draw(st.booleans()),
        )
        for i in range(count)
    )  # fmt: skip


_PARTS: dict[str, st.SearchStrategy[Any]] = {
    "rows": _COUNTS,
    "invalid": _COUNTS,
    "columns": _columns(),
    "said": st.none() | st.sampled_from([column("good", TILTED), column("good", (0, 0, 0, 0), mean=None)]),
    "classes": st.dictionaries(st.sampled_from(["good", "bad", "{"]), st.integers(1, 5000), max_size=3),
    "towards": st.sampled_from(["", "good", "nobody"]),
    "quality": st.none() | _quality(),
    "confidence": st.lists(
        st.builds(Confidence, _COUNTS, _SHARES, _SHARES, st.floats(0, 0.25)), max_size=4
    ).map(tuple),
    "slices": st.lists(
        st.builds(Slice, st.just("a"), st.sampled_from("xyz"), _quality(),
                  st.sampled_from([None, (None, 1.0), (1.0, None), (1.0, 2.0)])), max_size=3,
    ).map(tuple),
    "drivers": _drivers(),
    "attributed": _COUNTS,
    "method": st.sampled_from(["", "integrated-gradients", "kernel-shap"]),
    "reliability": st.builds(
        Reliability, st.integers(0, 30), st.integers(0, 30), st.integers(0, 30),
        st.just({"stability": 0.5}), st.dictionaries(st.just("stability"), _SHARES),
    ),
    "told": st.lists(
        st.builds(told, st.sampled_from("12"), st.sampled_from(["good", "bad", "{}"]),
                  grade=st.sampled_from(["solid", "unreliable", "?"]), score=st.floats(-9, 9)),
        max_size=2, unique_by=lambda each: each.instance,
    ).map(tuple),
    "cost": st.builds(Cost, _SIZES, _COUNTS, _COUNTS, st.none() | st.integers(0, 2**40), st.integers(0, 2**40)),
    "weight_hash": st.sampled_from(["", "aa", "bb"]),
    "model_hash": st.sampled_from(["", "aa", "bb"]),
}  # fmt: skip
