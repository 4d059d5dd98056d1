"""Symbols as a row of letters: the taller a letter, the more it moved the score; upwards towards, downwards away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.heatmap import Spans, Stretch

TEN = 10  # symbols of a block; blocks are set one behind the other and wrap like words
MOST = 400  # symbols drawn; of more, the surroundings of the stretches
AROUND = 20  # symbols on either side of a stretch
CELL = 11  # width of a symbol
TALL = 54  # height of the tallest
CAPITAL = 10.1  # height of a capital letter of 14 units, in the typefaces of a report
LEAST = 0.06  # of the tallest: what is lower would not be read
MARK, ROW = 17, 26  # above the letters: numbers and lines; below: the plain symbols and positions


@dataclass(frozen=True)
class Letter:
    """A symbol that moved the score."""

    symbol: str
    x: float
    y: float  # of its foot
    scale: float  # of its height
    side: str


@dataclass(frozen=True)
class Line:
    """The part of a stretch that lies in a block, and its rank where it begins."""

    x: float
    width: float
    side: str
    label: str


@dataclass(frozen=True)
class Block:
    """Ten symbols at most."""

    width: int
    height: float
    axis: float
    letters: tuple[Letter, ...]
    plain: tuple[tuple[str, float, bool], ...]  # symbol, place, whether it lies in a stretch
    lines: tuple[Line, ...]
    position: int  # of its last symbol, from 1
    gap: bool  # whether something was left out before it


def blocks_of(heat: Spans, facts: Facts) -> tuple[tuple[Block, ...], int]:
    """The blocks of a sequence, and how many symbols they hold."""
    attributions = heat.channels[0].attributions
    scale = max((abs(each) for each in attributions), default=0.0) or 1.0
    down = TALL * max((-each for each in attributions if -each >= LEAST * scale), default=0.0) / scale
    found: list[Block] = []
    starts = _starts(heat, facts)
    for number, start in enumerate(starts):
        part = range(start, min(start + TEN, len(heat.symbols)))
        gap = start > 0 and (number == 0 or starts[number - 1] != start - TEN)
        found.append(_block(heat, facts, part, scale, down, gap))
    return tuple(found), sum(len(block.plain) for block in found)


def _starts(heat: Spans, facts: Facts) -> list[int]:
    """Where blocks begin: everywhere, or around the stretches, the strongest first, as long as there is room."""
    every = list(range(0, len(heat.symbols), TEN))
    if len(heat.symbols) <= MOST:
        return every
    kept: set[int] = set()
    for stretch in sorted(heat.stretches, key=lambda each: facts.feature(each.feature).rank):
        first = max(0, stretch.first - AROUND) // TEN * TEN
        around = range(first, min(stretch.last + AROUND + 1, len(heat.symbols)), TEN)
        for start in around:
            if len(kept) * TEN < MOST:
                kept.add(start)
    return sorted(kept)


def _block(heat: Spans, facts: Facts, part: range, scale: float, down: float, gap: bool) -> Block:
    inside = [s for s in heat.stretches if s.first <= part[-1] and s.last >= part[0]]
    # Blocks stand on one line, so what lies below is the same for all; above, each takes the room that it needs.
    up = TALL * max((heat.channels[0].attributions[i] for i in part), default=0.0) / scale
    axis = (MARK if inside else 0) + max(up, 2.0)
    marked_points = {point for s in inside for point in range(s.first, s.last + 1)}
    return Block(
        width=CELL * TEN,
        height=round(axis + down + ROW, 1),
        axis=round(axis, 1),
        letters=tuple(_letters(heat, part, axis, scale)),
        plain=tuple((heat.symbols[i], _centre(i, part), i in marked_points) for i in part),
        lines=tuple(_line(each, facts, part) for each in inside),
        position=part[-1] + 1,
        gap=gap,
    )


def _letters(heat: Spans, part: range, axis: float, scale: float) -> Iterable[Letter]:
    for point in part:
        value = heat.channels[0].attributions[point]
        height = TALL * abs(value) / scale
        if abs(value) < LEAST * scale:
            continue
        foot = axis if value > 0 else axis + height
        side = "towards" if value > 0 else "away"
        yield Letter(heat.symbols[point], _centre(point, part), round(foot, 1), round(height / CAPITAL, 2), side)


def _centre(point: int, part: range) -> float:
    return CELL * (point - part[0] + 0.5)


def _line(stretch: Stretch, facts: Facts, part: range) -> Line:
    feature = facts.feature(stretch.feature)
    first, last = max(stretch.first, part[0]), min(stretch.last, part[-1])
    label = str(feature.rank) if first == stretch.first else ""
    return Line(CELL * (first - part[0]) + 1, CELL * (last - first + 1) - 2, feature.direction, label)


# Without a picture


def marked(heat: Spans, facts: Facts) -> str:
    """The symbols with the stretches set off: «towards» and [−away], each with its rank; long parts are cut."""
    found: list[str] = []
    done = 0
    for stretch in sorted(heat.stretches, key=lambda each: each.first):
        feature = facts.feature(stretch.feature)
        inside = heat.symbols[stretch.first : stretch.last + 1]
        frame = {"towards": "«{}»{}", "away": "[−{}]{}"}.get(feature.direction, "{}")
        found += [_cut(heat.symbols[done : stretch.first]), frame.format(_cut(inside), feature.rank)]
        done = stretch.last + 1
    return " ".join(each for each in [*found, _cut(heat.symbols[done:])] if each)


def _cut(symbols: str) -> str:
    return symbols if len(symbols) <= 2 * AROUND else f"{symbols[:AROUND]}…{symbols[-AROUND:]}"
