"""Planted changes: what happens to a night, and to a model, that the checks must notice; each in several sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.audits.nights import BYTES, REPORT, Drawn
from benchmarks.audits.pools import Pool, Source, loans, pool_of, reweighted, traded, trained
from reporter.overview import Told


@dataclass(frozen=True, eq=False)
class Scene:
    """A night to be changed: the pool it is drawn from, how much is to change, and the dice."""

    pool: Pool
    night: Drawn
    size: float
    dice: np.random.Generator

    def some(self) -> Flags:
        """A share of the rows, at random."""
        return np.asarray(self.dice.random(len(self.night.logit)) < self.size)

    def with_column(self, name: str, cells: object) -> Drawn:
        return replace(self.night, columns={**self.night.columns, name: cells})

    @property
    def first(self) -> str:
        """The column that is changed where it does not matter which: one of numbers."""
        return next(iter(self.night.columns))


Flags = np.ndarray[Any, np.dtype[np.bool_]]
Change = Callable[[Scene], Drawn]


@dataclass(frozen=True, eq=False)
class Planted:
    """A change of one night: what is done, how much of it, and which check must say so."""

    check: str
    what: str
    sizes: tuple[float, ...]  # growing; the last one must be found
    change: Change
    only: str = ""  # classification or regression


@dataclass(frozen=True, eq=False)
class Swapped:
    """A change of the model: tonight's rows are of another pool, for which the reference night is not changed."""

    checks: tuple[str, ...]  # each of which must say so
    what: str
    sizes: tuple[float, ...]
    change: Callable[[Source, Pool, float], Pool]
    sources: tuple[str, ...] = ()


def _noisy_labels(scene: Scene) -> Drawn:
    night, some = scene.night, scene.some()
    if scene.pool.regression:
        return replace(night, truth=night.truth + some * scene.dice.normal(0, 2, len(some)))
    other = np.where(night.truth == "yes", "no", "yes").astype(object)
    return replace(night, truth=np.where(some, other, night.truth))


def _worse_slice(scene: Scene) -> Drawn:
    column = scene.pool.slices[0]
    edges, cells = scene.pool.gauge.slices[column], scene.night.columns[column]
    inside = cells == "a" if edges is None else cells <= edges[0]
    return replace(scene.night, truth=np.where(inside, _noisy_labels(scene).truth, scene.night.truth))


def _overconfident(scene: Scene) -> Drawn:
    return replace(scene.night, confidence=scene.size)


def _other_predictions(scene: Scene) -> Drawn:
    return replace(scene.night, logit=scene.night.logit + scene.size * scene.pool.logit.std())


def _shifted(scene: Scene) -> Drawn:
    cells = scene.night.columns[scene.first]
    return scene.with_column(scene.first, cells + scene.size * scene.pool.columns[scene.first].std())


def _wider(scene: Scene) -> Drawn:
    cells, middle = scene.night.columns[scene.first], np.mean(scene.pool.columns[scene.first])
    return scene.with_column(scene.first, middle + (cells - middle) * scene.size)


def _mixed(value: str) -> Change:
    def plant(scene: Scene) -> Drawn:
        cells = np.where(scene.some(), value, scene.night.columns["region"]).astype(object)
        return scene.with_column("region", cells)

    return plant


def _column_gone(scene: Scene) -> Drawn:
    kept = list(scene.night.columns.items())[int(scene.size) :]
    return replace(scene.night, columns=dict(kept))


def _constant(scene: Scene) -> Drawn:
    return scene.with_column(scene.first, np.full(len(scene.night.logit), scene.pool.columns[scene.first][0]))


def _missing(scene: Scene) -> Drawn:
    cells = scene.night.columns[scene.first].astype(float)
    return scene.with_column(scene.first, np.where(scene.some(), np.nan, cells))


def _unreadable(scene: Scene) -> Drawn:
    return replace(scene.night, invalid=scene.night.invalid + int(scene.some().sum()))


def _unreliable(scene: Scene) -> Drawn:
    some = scene.dice.random(len(scene.night.grades)) < scene.size
    return replace(scene.night, grades=np.where(some, "unreliable", scene.night.grades))


def _unstable(scene: Scene) -> Drawn:
    scores = {
        name: values - scene.size if name == "deletion" else values for name, values in scene.night.scores.items()
    }
    return replace(scene.night, scores=scores)


def _told_otherwise(change: Callable[[Told], Told]) -> Change:
    def plant(scene: Scene) -> Drawn:
        told = [change(each) if i < scene.size else each for i, each in enumerate(scene.night.told)]
        return replace(scene.night, told=tuple(told))

    return plant


def _slower(scene: Scene) -> Drawn:
    return replace(scene.night, cost=replace(scene.night.cost, seconds=scene.night.cost.seconds * scene.size))


def _larger(scene: Scene) -> Drawn:
    return replace(scene.night, cost=replace(scene.night.cost, peak_bytes=int(BYTES * scene.size)))


def _longer(scene: Scene) -> Drawn:
    return replace(scene.night, cost=replace(scene.night.cost, report_bytes=int(REPORT * scene.size)))


PLANTED: tuple[Planted, ...] = (
    Planted("performance", "share of labels that are wrong", (0.05, 0.1, 0.2), _noisy_labels, "classification"),
    Planted("performance", "share of labels with added noise", (0.03, 0.1, 0.3), _noisy_labels, "regression"),
    Planted("calibration", "log-odds stated as so many times", (1.5, 2.0, 3.0), _overconfident, "loans"),
    Planted("slices", "share of wrong labels in one slice", (0.2, 0.4, 0.6), _worse_slice, "classification"),
    Planted("slices", "share of noisy labels in one slice", (0.1, 0.3, 0.6), _worse_slice, "regression"),
    Planted("predictions", "scores up by standard deviations", (0.1, 0.25, 0.5), _other_predictions),
    Planted("inputs", "a column up by standard deviations", (0.1, 0.25, 0.5), _shifted),
    Planted("inputs", "a column's spread times", (1.25, 1.5, 2.0), _wider),
    Planted("inputs", "share of rows moved to a category", (0.05, 0.15, 0.3), _mixed("a"), "loans"),
    Planted("inputs", "share of rows with a new category", (0.01, 0.03, 0.05), _mixed("new"), "loans"),
    Planted("columns", "columns gone", (1, 7), _column_gone),
    Planted("columns", "one column constant", (1,), _constant),
    Planted("columns", "share of a column missing", (0.01, 0.03, 0.1), _missing),
    Planted("columns", "share of rows unreadable", (0.01, 0.03, 0.1), _unreadable),
    Planted("reliability", "share of explanations unreliable", (0.25, 0.5, 0.75), _unreliable),
    Planted("reliability", "a score lower by", (0.1, 0.2, 0.4), _unstable),
    Planted(
        "narrative", "watched with another outcome", (1, 3),
        _told_otherwise(lambda told: replace(told, outcome=told.outcome + "9", score=told.score + 5)),
    ),
    Planted(
        "narrative", "watched with another reason", (1, 3),
        _told_otherwise(lambda told: replace(told, reasons=(("another", True), *told.reasons[1:]))),
    ),
    Planted("cost", "run takes times as long", (1.5, 2.0, 4.0), _slower),
    Planted("cost", "memory times", (1.2, 1.5, 2.0), _larger),
    Planted("cost", "reports times", (1.5, 2.0, 4.0), _longer),
)  # fmt: skip


# Models


def _strengthened(source: Source, pool: Pool, size: float) -> Pool:
    order = _order(pool)
    return pool_of(source, reweighted(trained(source), order[min(6, len(order) - 1)], size))


def _traded(source: Source, pool: Pool, size: float) -> Pool:
    """The strongest features have the weights of the weakest, and these have theirs."""
    order, net = _order(pool), trained(source)
    for i in range(int(size)):
        net = traded(net, order[i], order[-1 - i])
    return pool_of(source, net)


def _turned(source: Source, pool: Pool, size: float) -> Pool:
    numbers = [i for i in _order(pool) if source.features[i].kind == "numeric"]
    return pool_of(source, reweighted(trained(source), numbers[1], -size))


def _retrained(source: Source, _: Pool, size: float) -> Pool:
    """A network that learnt other labels: so large a share of them was exchanged."""
    rng = np.random.default_rng(3)
    mixed = np.where(rng.random(len(source.y)) < size, rng.permutation(source.y), source.y)
    return pool_of(source, trained(source, mixed, seed=5))


def _unfair(source: Source, _: Pool, size: float) -> Pool:
    """A network that learnt to weigh a protected attribute; the rows themselves stay as they are."""
    return pool_of(source, trained(source, loans(sex=size).y))


def _order(pool: Pool) -> list[int]:
    share = np.abs(pool.attributions).mean(axis=0)
    return [int(i) for i in np.argsort(-share)]


SWAPPED: tuple[Swapped, ...] = (
    Swapped(("shares", "dominance"), "weight of a minor feature times", (2, 4, 8, 16), _strengthened),
    Swapped(("ranks",), "features that trade weight with the weakest", (1, 2, 4), _traded),
    Swapped(("signs",), "direction of a major feature turned", (1.0,), _turned),
    Swapped(("protected",), "log-odds a protected attribute is given", (0.5, 1.0, 2.0), _unfair, ("loans",)),
    Swapped(("model",), "trained anew, share of labels exchanged", (0.0, 0.4), _retrained),
)
