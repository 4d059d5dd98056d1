"""Explanations of pictures, texts, sequences and symbols for tests, each from a seed so that it can be repeated."""

from __future__ import annotations

import base64
import io
import math
import random
import re
from dataclasses import replace
from functools import lru_cache

from PIL import Image

from reporter.explanation import (
    Area,
    Array,
    Baseline,
    Card,
    Channel,
    Explanation,
    Feature,
    Heatmap,
    Outcome,
    Performance,
    Piece,
    Prediction,
    Provenance,
    Raster,
    RunnerUp,
    Shading,
    Spans,
    Stretch,
    Without,
    bars,
    ranked,
)
from reporter.grade import Score, grade_of
from reporter.heatmap import smallest_half
from reporter.words import Words

GRID = (
    *("upper-left", "upper-middle", "upper-right"),
    *("middle-left", "centre", "middle-right"),
    *("lower-left", "lower-middle", "lower-right"),
)
REGIONS = {
    "bowl": "the upper bowl",
    "open": "the open left side",
    "stem": "the stem",
    "sky": "the sky above the roof",
    "wing": "the left wing",
}
TEXTS = (
    "I was charged twice for March. The refund has not arrived, and the login page said refund pending.",
    "The parcel never arrived. The driver marked the parcel as delivered, but the parcel is not here!",
    "Please cancel my plan; I am not working there any more, and it costs 12.50 a month.",
    "No.",
    "Reset link does not work does not work does not work",
    "The strongest reason for leaving is the price: half of all calls drop, and two of three reasons are the model.",
    "What “support” said is wrong. e.g. “the screen” (see A-7) flickers at 60 Hz – 100% of the time.",
    "登录 page 打不开, please help",
)
LABELS = (
    ("billing", "account", "delivery"),
    ("spam", "not spam"),
    ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    ("normal", "abnormal"),
    ("donor", "acceptor", "neither"),
    ("cat", "dog", "other"),
)
KINDS = ("image", "text", "sequence", "symbols")


def a_part(seed: int, kind: str = "") -> Explanation:
    """One explanation whose features are parts of something, the same for the same seed."""
    rng = random.Random(f"parts {seed}")
    kind = kind or KINDS[seed % len(KINDS)]
    features, heatmaps = {"image": _image, "text": _text, "sequence": _sequence, "symbols": _symbols}[kind](rng)
    return _dressed(rng, kind, ranked(features), heatmaps)


def _weights(rng: random.Random, count: int) -> list[float]:
    """One strong, even, cancelling, many small, none, or what chance gives."""
    shape = rng.choice(("strong", "even", "cancelling", "chance", "chance", "one side", "none"))
    if shape == "none" and rng.random() < 0.3:
        return [0.0] * count
    if shape == "even":
        return [rng.choice((0.5, -0.5)) for _ in range(count)]
    found = [rng.gauss(0, 1) ** 3 for _ in range(count)]
    if shape == "strong":
        found[rng.randrange(count)] = 4.0 + sum(map(abs, found))
    if shape == "one side":
        found = [abs(each) + 0.01 for each in found]
    if shape == "cancelling" and count > 1:
        found[0] -= sum(found) * 0.98
    return found


def _feature(identifier: str, attribution: float, kind: str, **more: object) -> Feature:
    return Feature(identifier, attribution, 0.0, 0.0, 0, kind=kind, **more)  # type: ignore[arg-type]


def _image(rng: random.Random) -> tuple[list[Feature], tuple[Heatmap, ...]]:
    named = rng.random() < 0.5
    ids = tuple(REGIONS) if named else GRID[: rng.choice((4, 6, 9, 9))]
    words = {key: {"en": Words(name=name)} for key, name in REGIONS.items()}
    features = [
        _feature(key, weight, "region", words=words.get(key, {}))
        for key, weight in zip(ids, _weights(rng, len(ids)), strict=True)
    ]
    side = rng.choice((4, 8, 14))
    values = tuple(rng.gauss(0, 1) ** rng.choice((1, 3)) for _ in range(side * side))
    areas = tuple(Area(key, 0.0, i / len(ids), 1.0, (i + 1) / len(ids)) for i, key in enumerate(ids))
    return features, (Raster(side, side, values, _picture(), areas, max(map(abs, values)), smallest_half(values)),)


@lru_cache
def _picture() -> str:
    held = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


def _text(rng: random.Random) -> tuple[list[Feature], tuple[Heatmap, ...]]:
    text = rng.choice(TEXTS)
    found = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[\w’'%.-]*\w%?", text)]
    features = [
        _feature(f"w{i}", weight, "word", value=word, span=(float(start), float(end)))
        for i, ((word, start, end), weight) in enumerate(zip(found, _weights(rng, len(found)), strict=True), 1)
    ]
    pieces = tuple(Piece(f"w{i}", start, end) for i, (_, start, end) in enumerate(found, 1))
    return features, (Shading(text, pieces, 1.0),)


def _sequence(rng: random.Random) -> tuple[list[Feature], tuple[Heatmap, ...]]:
    channels = rng.choice((("",), ("lead-1",), ("lead-1", "lead-2"), ("x", "y", "z")))
    points, step = rng.choice((60, 300)), rng.choice((0.01, 0.25, 1.0))
    cuts = sorted(rng.sample(range(1, points - 1), 2 * rng.choice((1, 2, 3))))
    weights = _weights(rng, len(cuts) // 2 + 1)
    features, stretches = [_feature("rest", weights[-1], "span")], []
    for number, (first, last) in enumerate(zip(cuts[::2], cuts[1::2], strict=True), 1):
        channel = rng.choice(channels)
        where = (round(first * step, 6), round(last * step, 6))
        features.append(_feature(f"s{number}", weights[number - 1], "span", span=where, channel=channel, group=channel))
        stretches.append(Stretch(f"s{number}", channel, first, last))
    drawn = tuple(
        Channel(each, tuple(math.sin(i) for i in range(points)), tuple(rng.gauss(0, 1) for _ in range(points)))
        for each in channels
    )
    return features, (Spans(drawn, tuple(stretches), 0.0, step, rng.choice(("s", "ms", "days")), 3.0),)


def _symbols(rng: random.Random) -> tuple[list[Feature], tuple[Heatmap, ...]]:
    symbols = "".join(rng.choice("ACGT") for _ in range(80))
    cuts = sorted(rng.sample(range(79), 2 * rng.choice((1, 2))))
    weights = _weights(rng, len(cuts) // 2 + 1)
    features, stretches = [_feature("rest", weights[-1], "span")], []
    for number, (first, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=True), 1):
        last = rng.choice((first, min(end, first + 9)))
        where = (first + 1.0, last + 1.0)
        features.append(
            _feature(f"s{number}", weights[number - 1], "span", span=where, value=symbols[first : last + 1])
        )
        stretches.append(Stretch(f"s{number}", "", first, last))
    drawn = (Channel("", (), tuple(rng.gauss(0, 1) for _ in symbols)),)
    return features, (Spans(drawn, tuple(stretches), 1.0, 1.0, "", 3.0, symbols),)


def _dressed(
    rng: random.Random, kind: str, features: tuple[Feature, ...], heatmaps: tuple[Heatmap, ...]
) -> Explanation:
    labels = rng.choice(LABELS)
    prediction = _prediction(rng, labels)
    target = prediction.explained
    scores = _scores(rng, features, (target.score or 0.0) - (target.baseline_score or 0.0))
    others = [o for o in prediction.outcomes if o.index != prediction.target]
    runner = max(others, key=lambda o: o.probability or 0.0)
    towards = {f.id: -f.attribution + rng.gauss(0, 0.2) for f in features}
    strongest = [f.id for f in sorted(features, key=lambda f: -f.attribution) if f.attribution > 0][:3]
    means = {"image": "blur", "text": rng.choice(("mask", "unk", "pad")), "sequence": "mean", "symbols": "uniform"}
    noun = {"image": "scan", "text": "ticket", "sequence": "trace", "symbols": "sequence"}[kind]
    dressed = rng.random() < 0.7
    return Explanation(
        instance=rng.choice(("41", "T-7", "row 3", "scan_0012")),
        modality="sequence" if kind == "symbols" else kind,
        features=features,
        prediction=prediction,
        arrays=(Array((1, len(features)), tuple(f.attribution for f in features)),),
        heatmaps=(bars(features), *heatmaps),
        runner_up=RunnerUp(runner.label, runner.index, towards) if rng.random() < 0.9 else None,
        without=tuple(_without(rng, labels, strongest[: i + 1]) for i in range(len(strongest))),
        scores=scores,
        grade=grade_of(scores),
        groups={f"lead-{i}": {"en": Words(name=f"lead {i}")} for i in (1, 2)} if rng.random() < 0.7 else {},
        card={"": Card(title="Sample"), "en": Card(instance=noun, instances=f"{noun}s")} if dressed else {},
        performance=Performance(120, "accuracy", 0.93, 0.3) if rng.random() < 0.5 else None,
        provenance=replace(_provenance(rng), baseline=Baseline(means[kind], 0, rng.choice(labels), rng.random())),
    )


def _prediction(rng: random.Random, labels: tuple[str, ...]) -> Prediction:
    scores = [rng.gauss(0, rng.choice((0.3, 3.0))) for _ in labels]
    total = math.fsum(map(math.exp, scores))
    outcomes = tuple(
        Outcome(label, i, score, rng.gauss(0, 1), math.exp(score) / total, 1 / len(labels))
        for i, (label, score) in enumerate(zip(labels, scores, strict=True))
    )
    said = max(range(len(labels)), key=lambda i: scores[i])
    target = rng.randrange(len(labels)) if rng.random() < 0.1 else said
    truth = rng.choice((None, None, labels[said], rng.choice(labels)))
    return Prediction("classification", "logit", outcomes, said, target, truth)


def _without(rng: random.Random, labels: tuple[str, ...], features: list[str]) -> Without:
    return Without(tuple(features), rng.choice(labels), rng.choice((0.41, 0.553, 0.98)), rng.gauss(0, 1))


def _scores(rng: random.Random, features: tuple[Feature, ...], change: float) -> tuple[Score, ...]:
    if rng.random() < 0.1:
        return ()
    bad = rng.random() < 0.12
    first = rng.choice((100.0, 97.0, 88.0, 20.0 if bad else 92.0))
    detail: dict[str, float | str] = {
        "repeats": 100.0,
        "first": first,
        "firm": float(min(len(features), rng.choice((0, 1, 2)))),
    }
    return (
        Score("completeness", 0.41 if bad else rng.choice((0.0003, 0.004, 0.02)), {"sum": change, "change": change}),
        Score(
            "deletion",
            rng.choice((0.97, 0.9, 0.5)),
            {"orders": 10.0, **rng.choice(({}, {"ranked": 2.0, "random": 5.5}))},
        ),
        Score("stability", first / 100, detail),
        Score("agreement", 0.86, {"method": "feature-ablation", "correlation": 0.86}),
    )


def _provenance(rng: random.Random) -> Provenance:
    return Provenance(
        "integrated-gradients",
        "the model can be differentiated",
        settings={"n_steps": rng.choice((32, 128))},
        model="m.pt2",
    )
