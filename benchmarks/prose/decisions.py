"""Decisions to write about: explanations of ten domains, each from a seed, of every situation a table can be in."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from reporter.explanation import Baseline, Card, Explanation, Feature, Performance, Provenance, bars, ranked
from reporter.grade import Score, grade_of
from reporter.words import Words

DOMAINS: tuple[dict[str, Any], ...] = tuple(
    tomllib.loads((Path(__file__).parent / "domains.toml").read_text(encoding="utf-8"))["domains"]
)
# How the attributions are shaped, and how often.
SHAPES = (
    "clear",
    "clear",
    "clear",
    "clear",
    "dominant",
    "many",
    "cancelling",
    "close",
    "mistaken",
    "against",
    "typical",
)
_ROWS = 60  # reference rows


def decisions(count: int, seed: int = 0) -> Iterator[Explanation]:
    """So many explanations, the same for the same seed; domain and situation change from one to the next."""
    for number in range(count):
        yield decision(seed * 100_003 + number)


def decision(number: int) -> Explanation:
    """One explanation; the same for the same number."""
    rng = random.Random(f"decision {number}")
    domain = DOMAINS[number % len(DOMAINS)]
    shape = SHAPES[number // len(DOMAINS) % len(SHAPES)]
    told = rng.sample(domain["features"], rng.randint(max(5, len(domain["features"]) - 4), len(domain["features"])))
    weights = _weights(rng, shape, len(told))
    words = {f["name"]: Words(f["name"], unit=f["unit"], high=f.get("high", ""), low=f.get("low", "")) for f in told}
    settings: dict[str, Any] = {
        "reference": [[_value(rng, f, 1.0) for f in told] for _ in range(_ROWS)],
        "baseline": [round(f["middle"], f["decimals"]) for f in told],
        "words": words,
        "instance": str(rng.randint(2, 990)),
        "method": "integrated-gradients",
    }
    values = [_value(rng, f, 1.3) for f in told]
    names = [f["name"] for f in told]
    made = (_valued if "value" in domain else _classed)(rng, domain, shape, (names, values, weights), settings)
    return _dressed(rng, domain, shape, made)


def _value(rng: random.Random, feature: dict[str, Any], wide: float) -> float:
    value = float(round(rng.gauss(feature["middle"], wide * feature["spread"]), feature["decimals"]))
    return value if feature["unit"] == "°C" else max(0.0, min(100.0, value) if feature["unit"] == "%" else value)


def _weights(rng: random.Random, shape: str, count: int) -> list[float]:
    """Attributions, in the unit of a log-odds score."""
    if shape == "dominant":
        rest = [rng.gauss(0.1, 0.25) for _ in range(count - 1)]
        return [rng.uniform(1.0, 1.4) * (0.2 + sum(map(abs, rest))), *rest]
    if shape == "many":
        return [rng.uniform(0.2, 0.34) * rng.choice((1, 1, 1, -1)) for _ in range(count)]
    sizes = sorted((rng.uniform(0.15, 2.2) for _ in range(count)), reverse=True)
    signs = [1 if rng.random() < 0.65 else -1 for _ in sizes]
    found = [size * sign for size, sign in zip(sizes, signs, strict=True)]
    net, whole = sum(found), sum(sizes)
    if shape == "cancelling":
        found[-1] -= net - rng.uniform(-0.08, 0.08) * whole
    elif shape == "against":
        found = [-abs(found[0]), *found[1:]]
        found[-1] += max(0.0, 0.4 - sum(found))
    elif net < 0:
        found = [-each for each in found]
    return found


def _classed(
    rng: random.Random,
    domain: dict[str, Any],
    shape: str,
    row: tuple[list[str], list[float], list[float]],
    settings: dict[str, Any],
) -> Explanation:
    names, values, weights = row
    classes, label = domain["classes"], rng.choice(domain["classes"])
    chance = rng.uniform(0.51, 0.555) if shape == "close" else rng.uniform(0.7, 0.985)
    left = [1 - chance] if len(classes) == 2 else [(1 - chance) * 0.8, (1 - chance) * 0.2]
    others = iter(left)
    probabilities = {name: chance if name == label else next(others) for name in classes}
    truth = label if rng.random() < 0.3 else None
    if shape == "mistaken":
        truth = next(name for name in classes if name != label)
    return Explanation.from_values(
        names,
        values,
        weights,
        prediction=probabilities,
        class_names=classes,
        truth=truth,
        output=1.0 + sum(weights) * rng.uniform(1.0, 1.008),
        baseline_output=1.0,
        **settings,
    )


def _valued(
    rng: random.Random,
    domain: dict[str, Any],
    shape: str,
    row: tuple[list[str], list[float], list[float]],
    settings: dict[str, Any],
) -> Explanation:
    names, values, weights = row
    sign = rng.choice((1, -1))
    scaled = [sign * weight * domain["step"] for weight in weights]
    base = domain["level"] * rng.uniform(0.95, 1.05)
    output = base + sum(scaled) * rng.uniform(1.0, 1.004)
    made = Explanation.from_values(
        names,
        values,
        scaled,
        prediction=output,
        value_name=domain["value"],
        units={domain["value"]: domain["unit"]},
        output=output,
        baseline_output=base,
        truth=output + rng.gauss(0, domain["step"]) if shape == "mistaken" else None,
        **settings,
    )
    place = min(0.99, max(0.01, 0.5 + (output - base) / (6 * domain["step"])))
    prediction = replace(made.prediction, usual=base * rng.uniform(0.99, 1.01), percentile=place, decimals=0)
    return replace(made, prediction=prediction)


def _dressed(rng: random.Random, domain: dict[str, Any], shape: str, made: Explanation) -> Explanation:
    """The same with what a run measures and a study says."""
    about = {f["name"]: f for f in domain["features"]}
    missing = rng.choice([f.id for f in made.features]) if rng.random() < 0.12 else ""
    grouped = rng.random() < 0.5

    def feature(raw: Feature) -> Feature:
        said = about[raw.id]
        return replace(
            raw,
            decimals=said["decimals"],
            group=said.get("group", "") if grouped else "",
            protected=bool(said.get("protected")),
            missing=raw.id == missing,
        )

    features = ranked(map(feature, made.features))
    first = rng.choice((100.0, 100.0, 98.0, 96.0, 71.0))
    scores = (
        *made.scores,
        Score("stability", first / 100, {"first": first, "repeats": 100.0, "firm": float(rng.randint(1, 4))}),
        Score("deletion", rng.uniform(0.75, 0.99), {"ranked": float(rng.randint(1, 3)), "random": rng.uniform(4, 7)}),
        _agreement(rng),
    )
    groups = {key: {"en": Words(name)} for key, name in domain.get("groups", {}).items()}
    one, many = domain["instance"]
    typical = made.prediction.task == "classification" and shape == "typical"
    score = 0.965 if made.prediction.task == "classification" else 0.52
    return replace(
        made,
        features=features,
        heatmaps=(bars(features),),
        groups=groups if grouped else {},
        scores=scores,
        grade=grade_of(scores),
        card={
            "en": Card(
                instance=one,
                instances=many,
                role=domain["role"],
                next_step=domain["next_step"],
                contact=domain["contact"],
            )
        },
        provenance=Provenance(
            "integrated-gradients",
            settings={"n_steps": 100},
            baseline=Baseline("median", _ROWS, made.prediction.label, 0.91 if typical else 0.6)
            if made.prediction.task == "classification"
            else Baseline("median", _ROWS),
            reference_rows=_ROWS,
        ),
        performance=Performance(114, "accuracy" if score > 0.9 else "r2", score, 0.63 if score > 0.9 else 0.0),
    )


def _agreement(rng: random.Random) -> Score:
    value = round(rng.choice((0.93, 0.88, 0.71, 0.32)) + rng.uniform(-0.04, 0.04), 2)
    return Score("agreement", value, {"correlation": value, "method": "feature-ablation"})
