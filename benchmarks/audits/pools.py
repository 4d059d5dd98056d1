"""Pools: rows of real and of made-up data with everything a night counts, computed once; nights are drawn from them.

Each has a small network trained here, integrated gradients of every row, and grades as `reporter.explain` gives them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes
from torch import nn

import reporter
from reporter.auditing.gathering import Described, Named
from reporter.auditing.gauge import Gauge, edges_of
from reporter.auditing.moments import Numbers
from reporter.guard import guarded
from reporter.loading import model_of
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.question import Question

Net = nn.Sequential
EXPLAINED = 300  # rows whose explanations are graded


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows, what one model says of them and what drives it; (rows,) or (rows, features) each."""

    name: str
    columns: Mapping[str, Any]
    truth: Any
    said: Numbers
    logit: Numbers  # of the second class; the value itself for values
    attributions: Numbers
    values: Numbers
    described: Described
    gauge: Gauge
    noise: Mapping[str, float]
    grades: np.ndarray[Any, Any] = field(default_factory=lambda: np.empty(0))
    scores: Mapping[str, Numbers] = field(default_factory=dict)
    slices: tuple[str, ...] = ()

    @property
    def regression(self) -> bool:
        return self.described.task == "regression"

    def __len__(self) -> int:
        return len(self.said)


@dataclass(frozen=True, eq=False)
class Source:
    """Data before any model: inputs as the network takes them, raw columns, labels."""

    name: str
    x: Numbers
    y: Numbers
    columns: Mapping[str, Any]
    features: tuple[Named, ...]
    train: slice
    task: str
    slices: tuple[str, ...]


def trained(source: Source, y: Numbers | None = None, *, seed: int = 0, rounds: int = 50) -> Net:
    """A small network fitted to the training rows, no longer than its probabilities hold; to other labels if given."""
    torch.manual_seed(seed)
    outputs = 2 if source.task == "classification" else 1
    net = nn.Sequential(nn.Linear(source.x.shape[1], 24), nn.ReLU(), nn.Linear(24, outputs))
    x = torch.tensor(source.x[source.train], dtype=torch.float32)
    labels = source.y if y is None else y
    given = torch.tensor(labels[source.train], dtype=torch.long if outputs == 2 else torch.float32)
    optimiser = torch.optim.Adam(net.parameters(), 1e-2, weight_decay=1e-3)
    for _ in range(rounds):
        optimiser.zero_grad()
        found = net(x)
        lost = nn.functional.cross_entropy(found, given) if outputs == 2 else ((found[:, 0] - given) ** 2).mean()
        lost.backward()
        optimiser.step()
    return net.eval()


def reweighted(net: Net, feature: int, factor: float) -> Net:
    """The same network with one input weighted so many times as much; −1 turns its direction."""
    changed = copy.deepcopy(net)
    with torch.no_grad():
        changed[0].weight[:, feature] *= factor  # type: ignore[operator, union-attr]
    return changed


def traded(net: Net, one: int, other: int) -> Net:
    """The same network with the weights of two inputs exchanged."""
    changed = copy.deepcopy(net)
    with torch.no_grad():
        changed[0].weight[:, [one, other]] = changed[0].weight[:, [other, one]]  # type: ignore[operator, union-attr, index]
    return changed


def pool_of(source: Source, net: Net, *, metrics: bool = False) -> Pool:
    """What the network says of all rows and what drives it; with `metrics`, some of the explanations are graded."""
    x = torch.tensor(source.x, dtype=torch.float32)
    reference = x[source.train]
    with torch.no_grad():
        found = net(x)
    binary = source.task == "classification"
    logit = (found[:, 1] - found[:, 0] if binary else found[:, 0]).double().numpy()
    names = [each.id for each in source.features]
    asked: dict[str, Any] = {"reference": reference, "feature_names": names, "target": 1 if binary else None}
    attributions = _attributions(net, x, reference)
    values = np.column_stack(
        [np.full(len(x), np.nan) if each.kind == "category" else source.columns[each.id] for each in source.features]
    )
    said = _sigmoid(logit) if binary else logit
    gauge = Gauge(
        {
            each.id: None
            if each.kind == "category"
            else edges_of(np.asarray(source.columns[each.id], dtype=float)[source.train])
            for each in source.features
        },
        edges_of(said[source.train]),
        {
            name: None
            if source.columns[name].dtype == object
            else edges_of(np.asarray(source.columns[name], dtype=float)[source.train], 4)
            for name in source.slices
        },
    )
    described = Described(
        task="classification" if binary else "regression",
        columns=source.features,
        features=source.features,
        said=Named("yes" if binary else "value"),
        towards="yes" if binary else "",
        method="integrated-gradients",
        weight_hash=str(hash(tuple(p.sum().item() for p in net.parameters()))),
    )
    truth = np.where(source.y == 1, "yes", "no").astype(object) if binary else source.y
    pool = Pool(
        source.name, source.columns, truth, said, logit, attributions, values, described, gauge, {},
        slices=source.slices,
    )  # fmt: skip
    return _graded(pool, net, x, asked) if metrics else pool


def _graded(pool: Pool, net: Net, x: torch.Tensor, asked: Mapping[str, Any]) -> Pool:
    told = reporter.explain(net, x[:EXPLAINED], **asked)
    told = told if isinstance(told, list) else [told]
    names = {score.name for each in told for score in each.scores}
    scores = {
        name: np.array(
            [next((s.value for s in each.scores if s.name == name and s.value is not None), np.nan) for each in told]
        )
        for name in sorted(names)
    }
    halves = {
        named.id: float(np.mean([(f.interval[1] - f.interval[0]) / 2 for each in told for f in each.features
                                 if f.id == named.id and f.interval]))
        for named in pool.described.features
    }  # fmt: skip
    return replace(pool, grades=np.array([each.grade.level for each in told]), scores=scores, noise=halves)


def _attributions(net: Net, x: torch.Tensor, reference: torch.Tensor) -> Numbers:
    """(rows, features): towards the second class, or the value, against the median of the reference rows."""
    model = model_of(net).settled((x,))
    baseline = reference.median(dim=0, keepdim=True).values.expand_as(x)
    target = torch.full((len(x),), net(x[:1]).shape[1] - 1)
    with guarded(model):
        found = IntegratedGradients().attribute(Question(model, (x,), (baseline,), target, torch.arange(x.shape[1])))
    return np.asarray(found.attributions, dtype=float)


def _sigmoid(logit: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-logit)))


# Where rows come from


def breast_cancer() -> Source:
    """569 rows, 30 numbers, two classes."""
    data = load_breast_cancer()
    return _numeric("breast-cancer", data.data, data.target.astype(float), list(data.feature_names), "classification")


def diabetes() -> Source:
    """442 rows, 10 numbers, a value."""
    data = load_diabetes(scaled=False)
    y = (data.target - data.target.mean()) / data.target.std()
    return _numeric("diabetes", data.data, y, list(data.feature_names), "regression", protected=("age", "sex"))


def _numeric(
    name: str, raw: Numbers, y: Numbers, names: list[str], task: str, protected: tuple[str, ...] = ()
) -> Source:
    order = np.random.default_rng(0).permutation(len(raw))
    raw, y = raw[order], y[order]
    names = [each.replace(" ", "_") for each in names]
    train = slice(len(raw) // 2, None)
    x = (raw - raw[train].mean(axis=0)) / raw[train].std(axis=0)
    features = tuple(Named(each, protected=each in protected) for each in names)
    columns = {each: raw[:, i] for i, each in enumerate(names)}
    return Source(name, x, y, columns, features, train, task, (names[0], names[3]))


def loans(rows: int = 1_600, sex: float = 0.0) -> Source:
    """Made up: skewed and whole numbers, categories, and a protected attribute that weighs `sex` in the log-odds."""
    rng = np.random.default_rng(7)
    income, age = rng.lognormal(10, 0.6, rows), rng.normal(45, 12, rows).clip(18, 90)
    debt, tenure = rng.beta(2, 5, rows), rng.gamma(2, 3, rows)
    accounts, late = rng.poisson(3, rows).astype(float), rng.poisson(0.3, rows).astype(float)
    region, product, male = rng.integers(0, 5, rows), rng.choice(3, rows, p=[0.7, 0.25, 0.05]), rng.integers(0, 2, rows)
    noise = [rng.normal(size=rows) for _ in range(4)]
    odds = (
        1.3 * (np.log(income) - 10) - 3.0 * (debt - 0.3) + 0.12 * (tenure - 6) - 0.9 * late + 0.3 * (region == 2)
        + 0.25 * (accounts - 3) * (debt < 0.3) + 0.5 * (product == 1) + sex * (male - 0.5) * 2
    )  # fmt: skip
    y = (rng.random(rows) < _sigmoid(1.5 * odds)).astype(float)
    numbers = {"income": income, "age": age, "debt": debt, "tenure": tenure, "accounts": accounts, "late": late}
    numbers |= {f"other_{i}": each for i, each in enumerate(noise)}
    codes = {"region": region, "product": product, "sex": male}
    texts = {"region": "abcde", "product": "xyz", "sex": "fm"}
    columns: dict[str, Any] = dict(numbers)
    columns |= {name: np.array([texts[name][code] for code in cells], dtype=object) for name, cells in codes.items()}
    train = slice(rows // 2, None)
    raw = np.column_stack([*numbers.values(), *codes.values()]).astype(float)
    raw[:, 0] = np.log(raw[:, 0])
    x = (raw - raw[train].mean(axis=0)) / raw[train].std(axis=0)
    features = tuple(
        Named(name, kind="category" if name in codes else "numeric", protected=name in ("sex", "age"))
        for name in columns
    )  # fmt: skip
    return Source("loans", x, y, columns, features, train, "classification", ("region", "product", "age"))


SOURCES: tuple[Callable[[], Source], ...] = (breast_cancer, diabetes, loans)
