"""Overviews made by hand, and one pair of them for every kind of finding that a check can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reporter.comparison import Comparison
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
    Told,
)
from reporter.words import Words

EDGES = (10.0, 20.0, 30.0)
LEVEL = (250, 250, 250, 250)
TILTED = (100, 150, 300, 450)
NAMES = {
    "en": Words("annual income", unit="k€"),
    "zh": Words("年收入", unit="千欧元"),
}
CLASSES = {
    "good": {"en": Words("creditworthy"), "zh": Words("信用良好")},
    "bad": {"en": Words("not creditworthy"), "zh": Words("信用不佳")},
}


def column(name: str = "income", counts: tuple[int, ...] = LEVEL, **changes: Any) -> Summary:
    given: dict[str, Any] = {
        "rows": sum(counts), "mean": 20.0, "std": 11.0, "low": 0.0, "high": 40.0,
        "histogram": Histogram(EDGES, counts), "words": NAMES if name == "income" else {},
    }  # fmt: skip
    return Summary(name, **{**given, **changes})


def categories(name: str = "region", values: dict[str, int] | None = None, **changes: Any) -> Summary:
    known = {"north": 400, "south": 600} if values is None else values
    return Summary(name, **{"kind": "category", "rows": sum(known.values()), "values": known, **changes})


def quality(wrong: float, rows: int = 1000) -> Quality:
    return Quality("classification", rows, wrong, (wrong * (1 - wrong)) ** 0.5)


def error(loss: float, rows: int = 1000) -> Quality:
    return Quality("regression", rows, loss, loss)


def drivers(
    *shares: float, protected: int | None = None, noise: float | None = 0.005, **changes: Any
) -> tuple[Driver, ...]:
    """Features f0, f1, … with these shares, ranked."""
    made = [
        Driver(
            f"f{i}", share, 0.005, 0, mean=0.2, mean_error=0.01, along=0.6, noise=noise, protected=i == protected,
            words=NAMES if i == 0 else {}, **changes,
        )
        for i, share in enumerate(shares)
    ]  # fmt: skip
    ordered = sorted(made, key=lambda each: -each.share)
    return tuple(replace(each, rank=rank) for rank, each in enumerate(ordered, 1))


def told(instance: str = "41", outcome: str = "good", **changes: Any) -> Told:
    reasons = (("income", True), ("age", False))
    text = {
        "en": f"The outcome is {outcome}. Income decided it at 0.53.",
        "zh": f"结果为 {outcome}。收入起了决定作用。",
    }
    given: dict[str, Any] = {"reasons": reasons, "text": text, "watched": True, "words": CLASSES, "probability": 0.9}
    return Told(instance, outcome, **{"grade": "solid", **given, **changes})


def overview(**changes: Any) -> Overview:
    """A night of a model with two classes on 1,000 rows, with everything there is to say of it."""
    given: dict[str, Any] = {
        "rows": 1000,
        "invalid": 2,
        "columns": (column(), categories()),
        "said": column("good", unit="", mean=0.5, std=0.2),
        "classes": {"bad": 400, "good": 600},
        "towards": "good",
        "quality": quality(0.1),
        **stated(0.76, 0.94),
        "slices": (
            Slice("region", "north", quality(0.1, 400)),
            Slice("income", "≤10", quality(0.1, 250), (None, 10.0), NAMES),
            Slice("income", "10–20", quality(0.1, 250), (10.0, 20.0), NAMES),
            Slice("income", ">30", quality(0.1, 250), (30.0, None), NAMES),
        ),
        "drivers": drivers(0.3, 0.25, 0.2, 0.15, 0.06, 0.04),
        "attributed": 1000,
        "method": "integrated-gradients",
        "reliability": Reliability(20, 3, 1, {"stability": 0.95, "deletion": 0.9}, {"stability": 0.1, "deletion": 0.1}),
        "told": (told("41"), told("42")),
        "cost": Cost(100.0, 1000, 1000, 600 * 2**20, 20 * 2**20),
        "class_words": CLASSES,
        "weight_hash": "a" * 64,
        "model_hash": "b" * 64,
    }
    return Overview("credit", "2026-11-21T02:00:00+00:00", **{**given, **changes})


def stated(*right: float) -> dict[str, Any]:
    """How often the model is right where it states 75% and 93%."""
    return {"confidence": (Confidence(400, 0.75, right[0], 0.18), Confidence(600, 0.93, right[1], 0.06))}


def values(**changes: Any) -> Overview:
    """The same of a model that predicts a value."""
    slices = (Slice("region", "north", error(10.0, 400)),)
    given: dict[str, Any] = {"classes": {}, "towards": "", "confidence": (), "quality": error(10.0), "slices": slices}
    said = column("price", mean=200.0, std=50.0, unit="€", decimals=0, words={})
    return overview(**{**given, "said": said, "class_words": {}, **changes})


def pair(after: dict[str, Any], before: dict[str, Any] | None = None, **more: Any) -> Comparison:
    return Comparison(overview(**after), overview(**(before or {})), **more)


def of_values(after: dict[str, Any], before: dict[str, Any] | None = None) -> Comparison:
    return Comparison(values(**after), values(**(before or {})))


def many(count: int, counts: tuple[int, ...]) -> tuple[Summary, ...]:
    return tuple(column(f"c{i}", counts) for i in range(count))


def nights(count: int) -> tuple[Overview, ...]:
    return tuple(overview(cost=Cost(100.0 + day, 1000, 1000, 600 * 2**20, 20 * 2**20)) for day in range(count))


def costly(seconds: float = 100.0, peak: int = 600, report: int = 20) -> dict[str, Any]:
    return {"cost": Cost(seconds, 1000, 1000, peak * 2**20, report * 2**20)}


def sliced(wrong: float, bounds: int = 0) -> dict[str, Any]:
    """The slice of that place is as wrong as said, all others are as before."""
    found = list(overview().slices)
    rows = found[bounds].quality.rows
    found[bounds] = replace(found[bounds], quality=quality(wrong, rows))
    return {"slices": tuple(found), "quality": quality((wrong * rows + 0.1 * (1000 - rows)) / 1000)}


def pushed(after: float, before: float = -0.6, **changes: Any) -> Any:
    """Which way the first feature pushes on both nights."""
    return {"drivers": _turned(after, **changes)}, {"drivers": _turned(before, **changes)}


def _turned(along: float, mean: bool = False) -> tuple[Driver, ...]:
    first, *others = drivers(0.3, 0.25, 0.2, 0.15, 0.06, 0.04)
    return (replace(first, along=None if mean else along, mean=along), *others)


def watched(**changes: Any) -> dict[str, Any]:
    return {"told": (told("41", **changes), told("42"))}


FEW = drivers(0.6, 0.2, 0.2)
SCENES: dict[str, dict[str, Callable[[], Comparison]]] = {
    "performance": {
        "accuracy": lambda: pair({"quality": quality(0.2)}),
        "error": lambda: of_values({"quality": error(14.0)}),
        "unlabelled": lambda: pair({"quality": None}),
    },
    "calibration": {
        "overconfident": lambda: pair(stated(0.76, 0.8)),
        "underconfident": lambda: pair(stated(0.92, 0.94)),
        "more": lambda: pair(
            {"confidence": tuple(Confidence(900, 0.05 + i / 10, max(0.0, i / 10 - 0.15), 0.2) for i in range(10))},
            {"confidence": tuple(Confidence(900, 0.05 + i / 10, 0.05 + i / 10, 0.2) for i in range(10))},
        ),
    },
    "slices": {
        "wrong": lambda: pair(sliced(0.3)),
        "error": lambda: of_values({"slices": (Slice("region", "north", error(20.0, 400)),), "quality": error(14.0)}),
        "more": lambda: pair(
            {"slices": tuple(Slice("region", str(i), quality(0.6, 50)) for i in range(8)), "quality": quality(0.3)},
            {"slices": tuple(Slice("region", str(i), quality(0.1, 50)) for i in range(8))},
        ),
    },
    "predictions": {
        "classes": lambda: pair({"classes": {"bad": 200, "good": 800}}),
        "towards": lambda: pair({"said": column("good", TILTED, mean=0.65)}),
        "probabilities": lambda: pair({"said": column("p", TILTED, mean=0.65), "towards": ""}, {"towards": ""}),
        "values": lambda: of_values({"said": column("price", TILTED, mean=240.0, unit="€", decimals=0)}),
        "incomparable": lambda: pair({"said": column("good", (500, 500), histogram=Histogram((1.0,), (500, 500)))}),
    },
    "inputs": {
        "numbers": lambda: pair({"columns": (column(counts=TILTED, mean=26.5, std=10.2), categories())}),
        "categories": lambda: pair({"columns": (column(), categories(values={"north": 700, "south": 300}))}),
        "new": lambda: pair({"columns": (column(), categories(values={"north": 370, "south": 580, "west": 50}))}),
        "more": lambda: pair({"columns": many(40, TILTED)}, {"columns": many(40, LEVEL)}),
        "incomparable": lambda: pair({"columns": (column(histogram=Histogram((1.0,), (500, 500))), categories())}),
    },
    "columns": {
        "few_rows": lambda: pair({"rows": 12}),
        "no_rows": lambda: pair({"rows": 0, "columns": ()}),
        "gone": lambda: pair({"columns": (column(),)}),
        "new": lambda: pair({"columns": (column(), categories(), column("age"))}),
        "empty": lambda: pair({"columns": (column(missing=1000), categories())}),
        "constant": lambda: pair({"columns": (column(low=7.0, high=7.0, mean=7.0, std=0.0), categories())}),
        "now_text": lambda: pair({"columns": (categories("income"), categories())}),
        "now_numbers": lambda: pair({"columns": (column(), column("region"))}),
        "missing": lambda: pair({"columns": (column(missing=120), categories())}),
        "unreadable": lambda: pair({"invalid": 150}),
        "more": lambda: pair({"columns": (column(),)}, {"columns": many(40, LEVEL)}),
    },
    "ranks": {
        "risen": lambda: pair({"drivers": drivers(0.15, 0.1, 0.15, 0.1, 0.1, 0.4)}),
        "fallen": lambda: pair({"drivers": drivers(0.02, 0.3, 0.24, 0.2, 0.14, 0.1)}),
    },
    "signs": {
        "along_towards": lambda: pair(*pushed(0.6)),
        "along_away": lambda: pair(*pushed(-0.6, 0.6)),
        "along_up": lambda: of_values(*pushed(0.6)),
        "along_down": lambda: of_values(*pushed(-0.6, 0.6)),
        "mean_towards": lambda: pair(*pushed(0.6, mean=True)),
        "mean_away": lambda: pair(*pushed(-0.6, 0.6, mean=True)),
        "mean_up": lambda: of_values(*pushed(0.6, mean=True)),
        "mean_down": lambda: of_values(*pushed(-0.6, 0.6, mean=True)),
        "more": lambda: pair(
            {"drivers": tuple(replace(each, along=-0.6) for each in drivers(*[0.1] * 10))},
            {"drivers": drivers(*[0.1] * 10)},
        ),
    },
    "shares": {
        "rose": lambda: pair({"drivers": drivers(0.4, 0.15, 0.2, 0.15, 0.06, 0.04)}),
        "fell": lambda: pair({"drivers": drivers(0.2, 0.29, 0.22, 0.17, 0.07, 0.05)}),
        "more": lambda: pair({"drivers": drivers(*[0.05, 0.15] * 5)}, {"drivers": drivers(*[0.15, 0.05] * 5)}),
    },
    "dominance": {
        "leads": lambda: pair({"drivers": drivers(0.1, 0.4, 0.2, 0.15, 0.1, 0.05)}),
        "half": lambda: pair({"drivers": FEW}, {"drivers": drivers(0.4, 0.3, 0.3)}),
    },
    "protected": {
        "risen": lambda: pair({"drivers": drivers(0.3, 0.2, 0.2, 0.3, protected=3)},
                              {"drivers": drivers(0.4, 0.3, 0.28, 0.02, protected=3)}),
        "still": lambda: pair(
            {"drivers": drivers(0.4, 0.3, 0.3, protected=0)}, {"drivers": drivers(0.4, 0.3, 0.3, protected=0)}
        ),
        "present": lambda: Comparison(overview(drivers=drivers(0.4, 0.3, 0.3, protected=0))),
        "more": lambda: Comparison(overview(drivers=tuple(replace(d, protected=True) for d in drivers(*[0.1] * 10)))),
    },
    "reliability": {
        "unreliable": lambda: pair({"reliability": Reliability(6, 3, 15)}),
        "unsure": lambda: pair({"reliability": Reliability(5, 18, 1)}),
        "score": lambda: pair({"reliability": Reliability(20, 3, 1, {"stability": 0.5}, {"stability": 0.1})}),
        "unmeasured": lambda: pair({"reliability": Reliability()}),
    },
    "narrative": {
        "outcome": lambda: pair(watched(outcome="bad")),
        "value": lambda: of_values({"told": (told("41", "260 €", score=260.0, probability=None),)},
                                   {"told": (told("41", "200 €", score=200.0, probability=None),)}),
        "grade": lambda: pair(watched(grade="unreliable")),
        "reasons": lambda: pair(watched(reasons=(("postcode", True), ("age", False)))),
        "more": lambda: pair(
            {"told": tuple(told(str(i), "bad") for i in range(9))}, {"told": tuple(told(str(i)) for i in range(9))}
        ),
    },
    "model": {
        "weights": lambda: pair({"weight_hash": "c" * 64, "model_hash": "d" * 64}),
        "file": lambda: pair({"weight_hash": "", "model_hash": "d" * 64}, {"weight_hash": ""}),
        "packing": lambda: pair({"model_hash": "d" * 64}),
        "method": lambda: pair({"method": "kernel-shap"}),
        "towards": lambda: pair({"towards": "bad"}),
    },
    "cost": {
        "time": lambda: pair(costly(seconds=400.0), history=nights(9)),
        "time_before": lambda: pair(costly(seconds=400.0)),
        "memory": lambda: pair(costly(peak=2000), history=nights(9)),
        "memory_before": lambda: pair(costly(peak=2000)),
        "reports": lambda: pair(costly(report=90), history=nights(9)),
        "reports_before": lambda: pair(costly(report=90)),
    },
}  # fmt: skip
