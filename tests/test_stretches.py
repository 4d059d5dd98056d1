"""Stretches: planted ones are found to the point, noise and ripples are not, and every answer is one of few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reporter.stretches import MOST, WINDOWS, Found, Numbers, _maximal, smoothed, stretches_of

POINTS = 400

numbers = arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 60)),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: round(x, 3)),
)


def planted(*events: tuple[int, int, float], channels: int = 1, channel: int | None = None) -> Numbers:
    """Attributions that are 0 but for events: from, to (included), and how much at each point."""
    found = np.zeros((channels, POINTS))
    for first, last, weight in events:
        found[slice(None) if channel is None else channel, first : last + 1] = weight
    return found


# What is found


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize(("first", "last"), [(100, 159), (0, 30), (370, 399), (200, 204)])
def test_a_planted_event_is_found_to_the_point(first: int, last: int, smooth: bool) -> None:
    assert stretches_of(planted((first, last, 0.3)), smooth=smooth) == (Found(first, last),)


def test_events_of_both_directions_are_told_apart_in_the_order_of_time() -> None:
    assert stretches_of(planted((200, 240, -1.0), (50, 90, 1.0), (241, 260, 1.0))) == (
        Found(50, 90),
        Found(200, 240),
        Found(241, 260),
    )


def test_noise_moves_the_ends_by_little() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        (found,) = stretches_of(planted((150, 189, 1.0)) + generator.normal(0, 0.15, (1, POINTS)))
        assert abs(found.first - 150) <= 3
        assert abs(found.last - 189) <= 3


def test_ripples_within_an_event_do_not_break_it() -> None:
    wave = planted((150, 219, 1.0))
    wave[0, 150:220] += 1.5 * np.cos(np.arange(70) * np.pi)  # every other point pulls the other way
    (found,) = stretches_of(wave)
    assert 148 <= found.first <= 152
    assert 217 <= found.last <= 221


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    assert stretches_of(planted((100, 130, 1.0), (141, 170, 1.0))) == (Found(100, 170),)
    assert stretches_of(planted((100, 130, 1.0), (300, 330, 1.0))) == (Found(100, 130), Found(300, 330))


def test_a_weak_opposite_inside_an_event_is_part_of_it_and_a_strong_one_splits_it() -> None:
    assert stretches_of(planted((100, 199, 1.0), (145, 155, -0.5))) == (Found(100, 199),)
    strong = stretches_of(planted((100, 199, 1.0), (140, 160, -2.0)))
    assert strong == (Found(100, 139), Found(140, 160), Found(161, 199))


def test_no_more_than_the_strongest_six_are_told() -> None:
    weights = [1.0, 2.0, 1.5, 0.9, 1.8, 2.2, 1.1, 1.9]
    found = stretches_of(planted(*((50 * i, 50 * i + 9, weight) for i, weight in enumerate(weights))))
    strongest = sorted(range(8), key=lambda i: -weights[i])[:MOST]
    assert found == tuple(Found(50 * i, 50 * i + 9) for i in sorted(strongest))


def test_a_point_alone_is_a_stretch() -> None:
    assert stretches_of(planted((77, 77, 1.0)), smooth=False) == (Found(77, 77),)


# Nothing stands out


@pytest.mark.parametrize("level", [0.0, 1.0, -2.5, 1e-300])
def test_flat_attributions_give_equal_windows(level: float) -> None:
    found = stretches_of(np.full((1, POINTS), level))
    assert found == tuple(Found(100 * i, 100 * i + 99) for i in range(WINDOWS))


def test_noise_alone_gives_equal_windows() -> None:
    generator = np.random.default_rng(1)
    for _ in range(20):
        assert len(stretches_of(generator.normal(size=(1, 2000)), smooth=False)) == WINDOWS


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_few_points_give_a_few_windows(points: int) -> None:
    assert stretches_of(np.ones((1, points))) == tuple(Found(i, i) for i in range(points))


# Channels


def test_channels_that_pull_together_are_told_together() -> None:
    assert stretches_of(planted((100, 159, 1.0), channels=12)) == (Found(100, 159, None),)


def test_an_event_of_one_channel_is_told_as_its_own() -> None:
    assert stretches_of(planted((100, 159, 1.0), channels=12, channel=7)) == (Found(100, 159, 7),)


def test_channels_that_pull_against_each_other_are_told_one_by_one() -> None:
    found = planted((100, 159, 1.0), channels=2)
    found[1] *= -1
    assert stretches_of(found) == (Found(100, 159, 0), Found(100, 159, 1))


def test_windows_of_channels_that_pull_against_each_other_are_their_own() -> None:
    found = np.ones((2, 10)) * np.array([[1.0], [-1.0]])
    assert stretches_of(found) == (Found(0, 4, 0), Found(0, 4, 1), Found(5, 9, 0), Found(5, 9, 1))


# Whatever is given


@given(numbers, st.booleans())
def test_stretches_never_overlap_and_are_few(attributions: Numbers, smooth: bool) -> None:
    found = stretches_of(attributions, smooth=smooth)
    taken = np.zeros(attributions.shape, dtype=int)
    for each in found:
        assert 0 <= each.first <= each.last < attributions.shape[1]
        taken[slice(None) if each.channel is None else each.channel, each.first : each.last + 1] += 1
    assert taken.max() == 1
    assert 1 <= len(found) <= max(MOST, len(attributions))


@given(numbers)
def test_the_other_direction_gives_the_same_stretches(attributions: Numbers) -> None:
    assert stretches_of(attributions) == stretches_of(-attributions)


@given(numbers, st.integers(-60, 60))
def test_the_unit_of_the_score_does_not_matter(attributions: Numbers, power: int) -> None:
    assert stretches_of(attributions) == stretches_of(attributions * 2.0**power)


@given(numbers, st.booleans())
def test_stretches_that_were_found_hold_what_they_say(attributions: Numbers, smooth: bool) -> None:
    """They are windows, or together they hold at least half of what is left after smoothing, within their ends."""
    found = stretches_of(attributions, smooth=smooth)
    if sum(each.last - each.first + 1 for each in found if each.channel is None) == attributions.shape[1]:
        return
    for each in found:
        channels = slice(None) if each.channel is None else slice(each.channel, each.channel + 1)
        assert np.abs(attributions[channels, each.first : each.last + 1]).max() > 0


@given(st.lists(st.integers(-4, 3), max_size=40))
def test_maximal_runs_are_those_of_the_definition(scores: list[int]) -> None:
    """Against the recursive definition: the heaviest run, then the same to its left and to its right."""

    def slow(first: int, stop: int) -> list[tuple[int, int]]:
        runs = [(sum(scores[a:b]), -(b - a), -a, a, b) for a in range(first, stop) for b in range(a + 1, stop + 1)]
        best = max(runs, default=(0, 0, 0, 0, 0))
        if best[0] <= 0:
            return []
        return [*slow(first, best[3]), (best[3], best[4] - 1), *slow(best[4], stop)]

    found = list(_maximal([float(score) for score in scores]))
    assert sum(sum(scores[a : b + 1]) for a, b in found) == sum(sum(scores[a : b + 1]) for a, b in slow(0, len(scores)))
    assert all(sum(scores[a : b + 1]) > 0 for a, b in found)


def test_a_long_sequence_takes_no_quadratic_time() -> None:
    """A hundred thousand points of noise: some ten thousand candidates, each looked at a few times."""
    generator = np.random.default_rng(2)
    assert list(_maximal((generator.normal(size=100_000) - 0.5).tolist()))


def test_smoothing_keeps_what_lies_inside() -> None:
    values = planted((100, 200, 1.0))[0]
    assert smoothed(values).sum() == pytest.approx(values.sum())
    assert (smoothed(np.arange(100.0)) == np.arange(100.0)).all()  # a short sequence is left as it is
