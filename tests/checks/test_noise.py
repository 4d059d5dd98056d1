"""Chance: tests and intervals against published examples, SciPy's own, and their coverage."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reporter.checks.noise import beyond, chance_of_more, holm, mean_rise, share_rise, wilson


def test_intervals_of_newcombe_s_paper() -> None:
    """Table II of his paper: 56 of 70 and 48 of 80, method 10; and 9 of 10 and 3 of 10."""
    rise = share_rise(48, 80, 56, 70)
    assert (round(rise.low, 4), round(rise.high, 4)) == (0.0524, 0.3339)
    rise = share_rise(3, 10, 9, 10)
    assert (round(rise.low, 4), round(rise.high, 4)) == (0.1705, 0.8090)
    rise = share_rise(0, 10, 10, 10)
    assert (round(rise.low, 4), round(rise.high, 4)) == (0.6075, 1.0)


def test_wilson_as_scipy_has_it() -> None:
    for count, rows in ((0, 10), (3, 17), (17, 17)):
        expected = stats.binomtest(count, rows).proportion_ci(0.95, "wilson")
        assert wilson(count, rows, 1.959964) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize(("before", "after"), [((3, 100), (14, 120)), ((0, 10), (4, 10)), ((50, 60), (60, 60))])
def test_a_share_rose_as_fisher_has_it(before: tuple[int, int], after: tuple[int, int]) -> None:
    table = [[after[0], after[1] - after[0]], [before[0], before[1] - before[0]]]
    assert share_rise(*before, *after).p == pytest.approx(stats.fisher_exact(table, "greater").pvalue)


@pytest.mark.parametrize(
    ("before", "after"),
    [((40, 15_000), (75, 15_000)), ((14_960, 15_000), (14_990, 15_000)), ((7_000, 15_000), (7_200, 15_000))],
)
def test_with_many_rows_the_limit_is_close_to_it(before: tuple[int, int], after: tuple[int, int]) -> None:
    exact = stats.hypergeom.sf(after[0] - 1, before[1] + after[1], before[0] + after[0], after[1])
    assert chance_of_more(*before, *after) == pytest.approx(exact, rel=0.15)


def test_millions_of_rows_take_no_time() -> None:
    assert chance_of_more(500_000, 10**9, 520_000, 10**9) < 1e-80
    assert 0.4 < chance_of_more(500_000_000, 10**9, 500_000_000, 10**9) < 0.6


def test_a_share_that_did_not_rise_is_no_rise() -> None:
    assert share_rise(5, 10, 5, 10).p == 1.0
    assert share_rise(8, 10, 2, 10).p == 1.0
    assert share_rise(0, 1, 0, 1).low == pytest.approx(-share_rise(0, 1, 0, 1).high)


def test_a_mean_rose_as_welch_has_it() -> None:
    one, other = np.random.default_rng(1).normal(5, 2, 40), np.random.default_rng(2).normal(6, 4, 25)
    expected = [stats.ttest_ind(other, one, equal_var=equal, alternative="greater").pvalue for equal in (True, False)]
    two_sided = stats.ttest_ind(other, one, equal_var=False).confidence_interval(0.95)
    rise = mean_rise(one.mean(), one.std(ddof=1), 40, other.mean(), other.std(ddof=1), 25)
    assert rise.p == pytest.approx(max(expected))
    assert (rise.low, rise.high) == pytest.approx((two_sided.low, two_sided.high))


def test_what_does_not_vary_is_certain() -> None:
    assert mean_rise(1.0, 0.0, 5, 2.0, 0.0, 5).p == 0.0
    assert mean_rise(1.0, 0.0, 5, 1.0, 0.0, 5).p == 1.0
    assert beyond(0.0, 0.0, 9) == 1.0
    assert beyond(0.1, 0.0, 9) == 0.0


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 0.2 times 4, 3, 2, 1, never falling."""
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_only_ever_raises_and_keeps_the_order(chances: list[float]) -> None:
    corrected = holm(chances)
    assert all(one <= other <= 1 for one, other in zip(chances, corrected, strict=True))
    order = sorted(range(len(chances)), key=chances.__getitem__)
    assert all(corrected[i] <= corrected[j] for i, j in pairwise(order))


def test_beyond_is_two_sided_student() -> None:
    assert beyond(2.0, 1.0, 10) == pytest.approx(2 * stats.t.sf(2, 10))
    assert beyond(-2.0, 1.0, 1e9) == pytest.approx(2 * stats.norm.sf(2), rel=1e-6)


@pytest.mark.parametrize(("before", "after"), [(60, 60), (120, 1200), (1200, 120)])
def test_skewed_errors_rise_by_chance_no_more_often_than_they_may(before: int, after: int) -> None:
    random, wrong, trials = np.random.default_rng(before), 0, 4000
    for _ in range(trials):
        one, other = random.exponential(1.0, before), random.exponential(1.0, after)
        wrong += mean_rise(one.mean(), one.std(ddof=1), before, other.mean(), other.std(ddof=1), after).p <= 0.01
    assert wrong <= 0.01 * trials + 3 * math.sqrt(0.01 * trials)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_shares_rise_by_chance_no_more_often_than_they_may(share: float) -> None:
    random = np.random.default_rng(int(share * 1000))
    draws = random.binomial(200, share, (4000, 2))
    wrong = sum(share_rise(int(a), 200, int(b), 200).p <= 0.02 for a, b in draws)
    assert wrong <= 0.02 * 4000 + 3 * math.sqrt(0.02 * 4000)
    covered = [share_rise(int(a), 200, int(b), 200) for a, b in draws[:1000]]
    assert sum(each.low <= 0 <= each.high for each in covered) >= 930
