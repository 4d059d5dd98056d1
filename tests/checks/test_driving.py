"""Ranks, signs, shares, dominance and protected attributes: decisions whose right answer is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reporter.checks.dominance import NewDominant
from reporter.checks.protected import ProtectedDriver
from reporter.checks.ranks import PERSISTENCE, RankChange, kendall, overlap
from reporter.checks.shares import ShareChange
from reporter.checks.signs import SignChange
from reporter.comparison import Comparison
from reporter.errors import UsageError
from reporter.finding import Finding
from reporter.plugins import CHECKS
from tests.checks.overviews import drivers, overview, pair, pushed

DRIVING = ("ranks", "signs", "shares", "dominance")


def subjects(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in found]


@pytest.mark.parametrize("name", DRIVING)
@pytest.mark.parametrize("change", [{"method": "kernel-shap"}, {"towards": "bad"}, {"attributed": 5}, {"drivers": ()}])
def test_what_cannot_be_compared_is_not(name: str, change: dict[str, object]) -> None:
    other = drivers(0.04, 0.06, 0.15, 0.2, 0.25, 0.3)
    check = CHECKS.load(name)()
    comparison = pair({"drivers": tuple(replace(each, along=-0.6) for each in other)})
    assert list(check.compare(comparison))
    assert not list(check.compare(Comparison(replace(comparison.after, **change), comparison.before)))  # type: ignore[arg-type]


# Ranks


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(7)), st.permutations(range(7)))
def test_measures_of_order_are_those_of_the_papers(one: list[int], other: list[int]) -> None:
    ranks = np.array([one]), np.array([other])
    assert kendall(*ranks)[0] == pytest.approx(stats.kendalltau(one, other).statistic)
    depth = 5
    lists = [[row.index(rank) for rank in range(depth)] for row in (one, other)]
    agreement = [len(set(lists[0][:d]) & set(lists[1][:d])) / d for d in range(1, depth + 1)]
    weights = [PERSISTENCE ** (d - 1) for d in range(1, depth + 1)]
    expected = sum(w * a for w, a in zip(weights, agreement, strict=True)) / sum(weights)
    assert overlap(*ranks, depth=depth)[0] == pytest.approx(expected)


def test_the_same_order_overlaps_fully_and_the_top_counts_most() -> None:
    same = np.arange(12)[None]
    assert overlap(same, same, depth=10)[0] == pytest.approx(1.0)
    top, bottom = np.arange(12)[None], np.arange(12)[None]
    top[0, [0, 1]], bottom[0, [8, 9]] = [1, 0], [9, 8]
    assert overlap(same, top, depth=10)[0] < overlap(same, bottom, depth=10)[0] < 1


def test_features_that_are_nearly_equal_may_change_places() -> None:
    before, after = drivers(0.201, 0.2, 0.199, 0.2, 0.2), drivers(0.199, 0.2, 0.201, 0.2, 0.2)
    assert not list(RankChange().compare(pair({"drivers": after}, {"drivers": before})))
    exact = [tuple(replace(each, error=1e-5, noise=0.0) for each in side) for side in (before, after)]
    assert list(RankChange().compare(pair({"drivers": exact[1]}, {"drivers": exact[0]})))


def test_the_one_that_moved_most_is_named() -> None:
    found = list(RankChange().compare(pair({"drivers": drivers(0.2, 0.15, 0.1, 0.1, 0.05, 0.4)})))
    assert subjects(found) == [("risen", "f5")]
    assert (found[0].values["rank_before"], found[0].values["rank"]) == (6, 1)


def test_an_order_that_the_explanations_are_not_sure_of_may_change() -> None:
    before, after = drivers(0.35, 0.3, 0.2, 0.15), drivers(0.29, 0.36, 0.15, 0.2)
    assert list(RankChange().compare(pair({"drivers": after}, {"drivers": before})))
    unsure = [tuple(replace(each, noise=0.06) for each in side) for side in (after, before)]
    assert not list(RankChange().compare(pair({"drivers": unsure[0]}, {"drivers": unsure[1]})))


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(UsageError, match=r"100 draws cannot show a chance of 0\.002; at least 1000"):
        RankChange(draws=100)


# Signs


@pytest.mark.parametrize(
    ("before", "after", "rows", "speaks"),
    [
        (0.6, -0.6, 1000, True),
        (0.6, 0.2, 1000, False),
        (0.05, -0.6, 1000, False),  # it had no direction that would be worth the name
        (0.2, -0.2, 60, False),  # few rows are not sure of it
        (0.2, -0.2, 2000, True),
    ],
)
def test_both_nights_have_to_be_sure(before: float, after: float, rows: int, speaks: bool) -> None:
    one, other = pushed(after, before)
    found = list(SignChange().compare(pair({**one, "attributed": rows}, {**other, "attributed": rows})))
    assert bool(found) == speaks


def test_a_feature_that_hardly_weighs_may_turn() -> None:
    small = drivers(0.5, 0.495, 0.005)
    back = tuple(replace(each, along=-0.6 if each.id == "f2" else each.along) for each in small)
    assert not list(SignChange().compare(pair({"drivers": back}, {"drivers": small})))


# Shares


@pytest.mark.parametrize(
    ("after", "error", "noise", "speaks"),
    [
        (0.40, 0.005, 0.0, True),
        (0.31, 0.001, 0.0, False),  # certain, and too little to matter
        (0.40, 0.05, 0.0, False),  # may be chance
        (0.40, 0.005, 0.09, False),  # may be another baseline
        (0.40, 0.005, 0.06, True),
    ],
)
def test_a_share_moves_beyond_chance_and_noise(after: float, error: float, noise: float, speaks: bool) -> None:
    sides = [
        tuple(replace(each, error=error, noise=noise) for each in drivers(first, 0.3, 0.2)) for first in (after, 0.3)
    ]
    found = ShareChange().compare(pair({"drivers": sides[0]}, {"drivers": sides[1]}))
    assert (("rose", "f0") in subjects(found)) == speaks


# Dominance


def test_a_new_leader_has_to_lead_on_either_side() -> None:
    assert not list(NewDominant().compare(pair({"drivers": drivers(0.3, 0.31, 0.2, 0.19)})))
    led = pair({"drivers": drivers(0.2, 0.4, 0.2, 0.2)}, {"drivers": drivers(0.3, 0.295, 0.2, 0.2)})
    assert not list(NewDominant().compare(led))
    (finding,) = NewDominant().compare(pair({"drivers": drivers(0.2, 0.4, 0.2, 0.2)}))
    assert (finding.kind, finding.subject, finding.values["old"]) == ("leads", "f1", "f0")
    assert finding.values["old.zh"] == "年收入"


def test_more_than_half_is_told_once() -> None:
    more, less = drivers(0.6, 0.2, 0.2), drivers(0.4, 0.3, 0.3)
    assert subjects(NewDominant().compare(pair({"drivers": more}, {"drivers": less}))) == [("half", "f0")]
    assert not list(NewDominant().compare(pair({"drivers": more}, {"drivers": more})))


# Protected


def test_what_is_new_is_critical_and_what_stays_is_a_note() -> None:
    small, large = drivers(0.5, 0.48, 0.02, protected=2), drivers(0.4, 0.4, 0.2, protected=2)
    check = ProtectedDriver()
    for after, before, expected in ((large, small, ("risen", "critical")), (large, large, ("still", "info"))):
        (finding,) = check.compare(pair({"drivers": after}, {"drivers": before}))
        assert (finding.kind, finding.severity) == expected
    (alone,) = check.compare(Comparison(overview(drivers=large)))
    assert (alone.kind, alone.severity) == ("present", "warning")
    assert not list(check.compare(pair({"drivers": small}, {"drivers": large})))


def test_noise_does_not_make_a_driver() -> None:
    loud = tuple(replace(each, error=0.08) for each in drivers(0.4, 0.4, 0.2, protected=2))
    assert not list(ProtectedDriver().compare(Comparison(overview(drivers=loud))))


def test_among_many_features_the_first_ranks_count() -> None:
    shares = [0.04, 0.039, 0.038] + [0.883 / 25] * 25
    first, later = drivers(*shares, protected=1, noise=0.0), drivers(*shares, protected=9, noise=0.0)
    exact = [tuple(replace(each, error=0.001) for each in side) for side in (first, later)]
    assert list(ProtectedDriver().compare(Comparison(overview(drivers=exact[0]))))
    assert not list(ProtectedDriver().compare(Comparison(overview(drivers=exact[1]))))


def test_all_of_it_is_the_same_whatever_the_order_of_the_features() -> None:
    one, other = drivers(0.15, 0.1, 0.15, 0.1, 0.1, 0.4), drivers(0.3, 0.25, 0.2, 0.15, 0.06, 0.04)
    for name in ("signs", "shares", "dominance"):
        check = CHECKS.load(name)()
        found = [
            [each.id for each in check.compare(pair({"drivers": a}, {"drivers": b}))]
            for a, b in ((one, other), (one, tuple(reversed(other))))
        ]
        assert found[0] == found[1]
