"""Stretches: where in a sequence its attributions lie, found from the attributions alone. No torch.

A stretch stands out where its attributions, added up in one direction, are denser than `DENSER` times the average.
Which runs of points those are is the problem of all maximal scoring subsequences: every point scores what it gives in
that direction, less `DENSER` times the average, and the answer is unique, takes linear time, and bridges a gap
exactly where both sides gain more than the gap costs. Ruzzo and Tompa, A linear time algorithm for finding all maximal
scoring subsequences, ISMB 1999.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Run = tuple[int, int]  # first and last point, both included

DENSER = 1.5  # times the average: what stands out
SMALL = 0.05  # of all |attribution|: a stretch with less is not told
CUTS = 0.25  # of the weight of a stretch: something inside it that pulls the other way with this much splits it
MOST = 6  # stretches told
ENOUGH = 1 / 3  # of all |attribution|: where stretches hold less of it together, nothing stands out
WINDOWS = 4  # equal ones, where nothing stands out
AGREE = 0.75  # of |attribution| is left when channels are added: they pull the same way, and are told together
ALONE = 0.8  # of the |attribution| of a stretch: what one channel must hold for the stretch to be its own
FINENESS = 64  # points are smoothed over about this part of the sequence, so that noise and ripples do not count


@dataclass(frozen=True)
class Found:
    """One stretch: the points from `first` to `last`, of one channel or of all."""

    first: int
    last: int  # included
    channel: int | None = None  # None: all of them


def stretches_of(attributions: Numbers, *, smooth: bool = True) -> tuple[Found, ...]:
    """The stretches of attributions (channels, points) that stand out, in the order of time; none overlap.

    Channels that pull the same way are told together, a stretch that lies in one of them as its own. Where nothing
    stands out, equal windows that cover everything. There is always at least one.
    """
    given = np.asarray(attributions, dtype=np.float64)
    size = float(np.abs(given).max(initial=0.0))
    given = given / size if size else given  # tiny numbers lose their last bits in sums
    density = np.stack([smoothed(row) for row in given]) if smooth else given
    whole, together = float(np.abs(density).sum()), density.sum(axis=0)
    if float(np.abs(together).sum()) >= AGREE * whole:
        runs = _standing_out([given.sum(axis=0)], [together])
        found = [_owned(density, first, last) for _, first, last in runs]
        spread = [_owned(density, first, last) for first, last in _windows(given.shape[1], WINDOWS)]
    else:
        runs = _standing_out(list(given), list(density))
        found = [Found(first, last, channel) for channel, first, last in runs]
        each = max(1, WINDOWS // len(given))
        spread = [Found(*run, channel) for channel in range(len(given)) for run in _windows(given.shape[1], each)]
    return tuple(sorted(found or spread, key=lambda each: (each.first, each.last, each.channel or 0)))


def smoothed(values: Numbers) -> Numbers:
    """The mean over a window of about 1/64 of all points around each; what lies outside counts as 0."""
    width = 2 * (len(values) // (2 * FINENESS)) + 1
    return np.convolve(values, np.full(width, 1 / width), mode="same")


def _standing_out(given: Sequence[Numbers], density: Sequence[Numbers]) -> list[tuple[int, int, int]]:
    """Channel, first and last point of the runs that stand out; none when they hold too little together."""
    whole = sum(float(np.abs(each).sum()) for each in density)
    if not whole:
        return []
    level = DENSER * whole / sum(len(each) for each in density)
    weighed = []
    for channel, (raw, dense) in enumerate(zip(given, density, strict=True)):
        runs = _runs(dense, level, SMALL * whole)
        weighed += [
            (_weight(dense, run), channel, *fitted) for run, fitted in zip(runs, _fitted(raw, runs, level), strict=True)
        ]
    strongest = sorted(weighed, key=lambda each: (-each[0], *each[1:]))[:MOST]
    if sum(weight for weight, *_ in strongest) < ENOUGH * whole:
        return []
    return [(channel, first, last) for _, channel, first, last in strongest]


def _runs(density: Numbers, level: float, least: float) -> list[Run]:
    """The runs of either direction that weigh at least `least`.

    Where both directions claim a point, one run lies wholly inside the other, for the ends of a run gain in its own
    direction. The inner one cuts the outer one in two when it weighs enough beside it, and is not told otherwise.
    """
    found = {sign: _heavy(density, sign, level, least, ()) for sign in (1, -1)}
    cuts = {
        sign: [
            inner
            for inner in found[-sign]
            if any(
                _inside(inner, outer) and _weight(density, inner) >= CUTS * _weight(density, outer)
                for outer in found[sign]
            )
        ]
        for sign in (1, -1)
    }
    told = {sign: _heavy(density, sign, level, least, cuts[sign]) for sign in (1, -1)}
    return [run for sign in (1, -1) for run in told[sign] if not any(_inside(run, outer) for outer in told[-sign])]


def _weight(density: Numbers, run: Run) -> float:
    return abs(float(density[run[0] : run[1] + 1].sum()))


def _heavy(density: Numbers, sign: int, level: float, least: float, barriers: Sequence[Run]) -> list[Run]:
    scores = sign * density - level
    for first, last in barriers:
        scores[first : last + 1] = -np.inf
    runs = _maximal(scores.tolist())
    return [(first, last) for first, last in runs if sign * float(density[first : last + 1].sum()) >= least]


def _inside(inner: Run, outer: Run) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _maximal(scores: Sequence[float]) -> Iterator[Run]:
    """All maximal scoring subsequences, in order. Each candidate: first, last, sum before it, sum up to its end."""
    candidates: list[tuple[int, int, float, float]] = []
    before: list[int] = []  # per candidate: the nearest one to its left that begins at a lower sum; −1: none
    reached = 0.0
    for place, score in enumerate(scores):
        if score == -np.inf:  # nothing reaches across
            yield from ((first, last) for first, last, *_ in candidates)
            candidates, before, reached = [], [], 0.0
            continue
        reached += score
        if score <= 0:
            continue
        first, left = place, reached - score
        while True:
            lower = len(candidates) - 1
            while lower >= 0 and candidates[lower][2] >= left:
                lower = before[lower]
            if lower < 0:  # no later run reaches back across what was found so far
                yield from ((start, stop) for start, stop, *_ in candidates)
                candidates, before = [], []
                break
            if candidates[lower][3] >= reached:
                break
            first, _, left, _ = candidates[lower]
            del candidates[lower:], before[lower:]
        candidates.append((first, place, left, reached))
        before.append(lower)
    yield from ((first, last) for first, last, *_ in candidates)


def _fitted(raw: Numbers, runs: Sequence[Run], level: float) -> list[Run]:
    """The runs with the ends that smoothing blurred: each begins and ends with a point that stands out itself.

    Ends move inwards as far as it takes, and outwards over neighbours that stand out, which belong to no other run.
    """
    found: list[Run] = []
    free = np.ones(len(raw) + 2, dtype=bool)  # a point beyond either end
    free[[0, -1]] = False
    for first, last in runs:
        free[first + 1 : last + 2] = False
    for first, last in runs:
        sign = 1.0 if raw[first : last + 1].sum() >= 0 else -1.0
        out = sign * raw > level
        places = np.flatnonzero(out[first : last + 1])
        start, stop = (first + int(places[0]), first + int(places[-1])) if len(places) else (first, last)
        # Only an end that stayed where it was may move outwards.
        while start <= first and free[start] and out[start - 1]:
            start -= 1
            free[start + 1] = False
        while stop >= last and free[stop + 2] and out[stop + 1]:
            stop += 1
            free[stop + 1] = False
        found.append((start, stop))
    return found


def _owned(density: Numbers, first: int, last: int) -> Found:
    """The stretch as that of the channel which holds nearly all of it, or of all channels."""
    weights = np.abs(density[:, first : last + 1]).sum(axis=1)
    strongest = int(weights.argmax())
    own = len(weights) > 1 and weights.sum() > 0 and weights[strongest] >= ALONE * weights.sum()
    return Found(first, last, strongest if own else None)


def _windows(points: int, count: int) -> list[Run]:
    """Equal parts of all points; fewer where there are fewer points."""
    edges = np.linspace(0, points, min(count, points) + 1).round().astype(int).tolist()
    return [(first, stop - 1) for first, stop in pairwise(edges)]
