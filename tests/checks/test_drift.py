"""Drift: distances and their chances against SciPy, and what they do when nothing changed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reporter.checks.drift import alike, category_drift, comparable, drift, new_values, number_drift
from reporter.overview import Histogram
from tests.checks.overviews import EDGES, LEVEL, TILTED, categories, column


def test_the_ks_distance_is_that_of_the_rows_at_the_edges() -> None:
    random = np.random.default_rng(3)
    one, other = random.integers(0, 6, 300), random.binomial(5, 0.6, 400)
    found = number_drift(tuple(np.bincount(one, minlength=6)), tuple(np.bincount(other, minlength=6)))
    expected = stats.ks_2samp(one, other, method="asymp")
    assert found is not None
    assert found.ks == pytest.approx(expected.statistic)


def test_chi_squared_of_categories_as_scipy_has_it() -> None:
    one, other = {"a": 50, "b": 30, "c": 20}, {"a": 60, "b": 60, "c": 40}
    found = category_drift(one, other)
    assert found is not None
    table = [list(one.values()), list(other.values())]
    assert found.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert (found.moved, found.share_before, found.share_after) == ("a", 0.5, 0.375)


def test_psi_of_a_normal_shift_is_the_square_of_the_shift() -> None:
    """J-divergence of two normal distributions of one spread: δ²; bins lose a little of it."""
    random = np.random.default_rng(5)
    edges = stats.norm.ppf(np.linspace(0, 1, 51)[1:-1])
    counts = [
        tuple(np.bincount(np.searchsorted(edges, random.normal(by, 1, 200_000)), minlength=50)) for by in (0, 0.3)
    ]
    found = number_drift(counts[0], counts[1])
    assert found is not None
    assert found.psi == pytest.approx(0.09, abs=0.005)


@pytest.mark.parametrize("rows", [40, 200, 5000])
def test_nothing_changed_is_nothing_found(rows: int) -> None:
    random = np.random.default_rng(rows)
    draws = random.multinomial(rows, np.full(20, 0.05), (600, 2))
    found = [number_drift(tuple(a), tuple(b)) for a, b in draws]
    chances = np.array([each.p for each in found if each is not None])
    assert (chances <= 0.01).mean() <= 0.02
    assert np.mean([each.psi for each in found if each is not None]) <= 12 / rows + 0.01


def test_categories_by_chance() -> None:
    random = np.random.default_rng(9)
    shares = np.array([0.6, 0.3, 0.05, 0.03, 0.01, 0.004, 0.003, 0.003])
    chances = []
    for one, other in random.multinomial(500, shares, (800, 2)):
        names = "abcdefgh"
        counts = [{name: int(c) for name, c in zip(names, cells, strict=True) if c} for cells in (one, other)]
        found = category_drift(*counts)
        assert found is not None
        chances.append([found.p, min(new_values(*counts).values(), default=1.0)])
    assert ((np.array(chances) <= 0.01).mean(axis=0) <= 0.02).all()


def test_only_what_was_counted_alike_is_compared() -> None:
    assert comparable(column(), column(counts=TILTED))
    assert not comparable(column(), column(histogram=Histogram((1.0, 2.0, 3.0), LEVEL)))
    assert not comparable(column(), column(histogram=None))
    assert not comparable(column(), categories())
    assert drift(column(), column(histogram=Histogram((1.0,), (5, 5)))) is None
    assert drift(column(counts=(0, 0, 0, 0)), column()) is None
    assert drift(column(), column(histogram=Histogram(EDGES, LEVEL))) is not None


def test_what_may_hide_among_the_rest_is_no_change() -> None:
    """The 50th most frequent value on one night is the 51st on the other: it is not gone."""
    named = {str(i): 100 for i in range(49)}
    before, after = {**named, "x": 31, "": 30}, {**named, "y": 31, "": 30}
    one, other = alike(before, after)
    assert one["y"] == other["x"] == 30
    found = category_drift(one, other)
    assert found is not None
    assert found.p > 0.9
    assert sum(one.values()) == sum(before.values())
    assert alike({"a": 5}, {"a": 5, "b": 3}) == ({"a": 5}, {"a": 5, "b": 3})


def test_what_cannot_hide_among_the_rest_is_one() -> None:
    named = {str(i): 100 for i in range(49)}
    found = category_drift(*alike({**named, "": 1000}, {**named, "x": 900, "": 100}))
    assert found is not None
    assert found.p < 1e-9
    assert found.moved == "x"


def test_a_value_is_new_when_chance_would_have_shown_it_before() -> None:
    found = new_values({"a": 100}, {"a": 80, "b": 19, "c": 1})
    assert found["b"] == pytest.approx(3 * stats.hypergeom.sf(18, 200, 19, 100))
    assert found["c"] == 1.0
    assert new_values({"a": 100, "": 3}, {"b": 100}) == {}
    assert new_values({}, {"b": 100}) == {}


def test_one_value_only_has_nothing_to_move() -> None:
    for found in (category_drift({"a": 9}, {"a": 900}), number_drift((9,), (900,))):
        assert found is not None
        assert (found.p, found.psi) == (1.0, 0.0)
    assert math.isfinite(category_drift({"a": 9}, {"b": 9}).psi)  # type: ignore[union-attr]
