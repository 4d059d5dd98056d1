"""Nights: rows drawn from a pool → an Overview, through the same tallies as an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.audits.pools import Pool
from reporter.auditing.gathering import overview_of
from reporter.auditing.moments import Numbers
from reporter.auditing.tally import Part, tallied
from reporter.overview import Cost, Overview, Reliability, Told

INSTANCES = 24  # that are explained one by one, as an audit does unless told otherwise
WALL = 0.2  # standard deviation of the logarithm of a run's time on a busy machine
ROW_SECONDS, BYTES, REPORT = 0.02, 600 * 2**20, 8 * 2**20
WATCHED = 6


@dataclass(frozen=True, eq=False)
class Drawn:
    """The rows of one night as arrays, to be changed before they are counted."""

    columns: dict[str, Any]
    truth: Any
    logit: Numbers
    attributions: Numbers
    values: Numbers
    confidence: float = 1.0  # what the log-odds are multiplied by where a probability is stated
    grades: Any = field(default_factory=lambda: np.empty(0))
    scores: Mapping[str, Numbers] = field(default_factory=dict)
    invalid: int = 0
    told: tuple[Told, ...] = ()
    cost: Cost = field(default_factory=Cost)
    weight_hash: str = ""


def drawn(pool: Pool, rows: int, rng: np.random.Generator) -> Drawn:
    """So many rows of a pool, with replacement: a night on which nothing has changed."""
    places = rng.integers(0, len(pool), rows)
    told = rng.integers(0, max(1, len(pool.grades)), INSTANCES) if len(pool.grades) else np.empty(0, dtype=int)
    return Drawn(
        {name: cells[places] for name, cells in pool.columns.items()},
        pool.truth[places],
        pool.logit[places],
        pool.attributions[places],
        pool.values[places],
        grades=pool.grades[told],
        scores={name: values[told] for name, values in pool.scores.items()},
        invalid=int(rng.binomial(rows, 0.004)),
        told=_watched(pool),
        cost=_cost(rows, rng),
        weight_hash=pool.described.weight_hash,
    )


def counted(pool: Pool, night: Drawn, slot: str = "2026-11-21T02:00:00+00:00") -> Overview:
    """The overview of a night."""
    binary = not pool.regression
    stated = 1 / (1 + np.exp(-night.logit * night.confidence)) if binary else night.logit
    classes = np.where(night.logit > 0, "yes", "no") if binary else np.empty(0)
    loss = (classes != night.truth).astype(float) if binary else np.abs(night.logit - night.truth)
    part = Part(
        columns={name: night.columns[name] for name in pool.gauge.columns if name in night.columns},
        said=stated,
        classes=classes.tolist(),
        loss=loss,
        truth=night.truth.tolist() if binary else night.truth,
        confidence=np.maximum(stated, 1 - stated) if binary else None,
        attributions=night.attributions,
        values=night.values,
        invalid=night.invalid,
        slices={name: night.columns[name] for name in pool.slices if name in night.columns},
    )
    known = replace(pool.described, weight_hash=night.weight_hash)
    found = overview_of(tallied(part, pool.gauge), pool.gauge, known, study=pool.name, slot=slot)
    return replace(
        found,
        drivers=tuple(replace(driver, noise=pool.noise.get(driver.id)) for driver in found.drivers),
        reliability=_reliability(night),
        told=night.told,
        cost=night.cost,
    )


def history(pool: Pool, sizes: Sequence[int], nights: int, rng: np.random.Generator) -> tuple[Overview, ...]:
    """Earlier nights, each of one of the sizes, of which only rows and cost are asked."""
    return tuple(
        Overview(pool.name, f"2026-11-{day + 1:02}T02:00:00+00:00", rows=rows, cost=_cost(rows, rng))
        for day, rows in enumerate(rng.choice(sizes, nights).tolist())
    )


def _cost(rows: int, rng: np.random.Generator) -> Cost:
    around = rng.lognormal(0, [WALL, WALL / 4, WALL / 4])
    seconds = (30 + rows * ROW_SECONDS) * around[0]
    return Cost(float(seconds), rows, rows, int(BYTES * around[1]), int(REPORT * around[2]))


def _reliability(night: Drawn) -> Reliability:
    grades = list(night.grades)
    known = {name: values[np.isfinite(values)] for name, values in night.scores.items()}
    return Reliability(
        grades.count("solid"),
        grades.count("indicative"),
        grades.count("unreliable"),
        {name: float(values.mean()) for name, values in known.items() if len(values) > 1},
        {name: float(values.std(ddof=1)) for name, values in known.items() if len(values) > 1},
    )


def _watched(pool: Pool) -> tuple[Told, ...]:
    """The same instances every night: their outcome and their three strongest reasons as this model gives them."""
    names = [each.id for each in pool.described.features]
    found = []
    for row in range(WATCHED):
        own, logit = pool.attributions[row], float(pool.logit[row])
        outcome = ("yes" if logit > 0 else "no") if not pool.regression else f"{logit:.2f}"
        side = 1.0 if pool.regression or logit > 0 else -1.0
        order = np.argsort(-np.abs(own))[:3]
        reasons = tuple((names[i], bool(own[i] * side > 0)) for i in order)
        text = f"The model says {outcome}. It rests on {', '.join(name for name, _ in reasons)}."
        found.append(
            Told(
                str(row), outcome, "solid", reasons, {"en": text}, logit, None if pool.regression else 0.5, watched=True
            )
        )
    return tuple(found)
