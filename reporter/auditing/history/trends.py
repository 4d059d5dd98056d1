"""Trends: figures of many runs as small curves, with their text alternatives and the numbers they are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from reporter.auditing.history.nights import ordered
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.measures import performance
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.quality import figure
from reporter.auditing.report.sheet import Cell, Column, Table
from reporter.finding import Severity
from reporter.overview import Overview
from reporter.words import Words

TOP = 5  # features with a curve
KEPT = 256  # features of a run that are remembered
WIDTH, HEIGHT = 240.0, 36.0  # of a curve; it is stretched to its place
PAD = 4.0
DRAWN = 90  # runs of a curve


@dataclass(frozen=True)
class Share:
    """A feature in one run."""

    share: float
    low: float
    high: float
    rank: int
    words: Mapping[str, Words]


@dataclass(frozen=True)
class Point:
    """One run of one study, in few figures: what is kept of it while a site is built."""

    row: RunRow
    value: float | None = None  # performance
    interval: tuple[float, float] | None = None
    told: str = ""  # the same, written
    solid: float | None = None
    shares: Mapping[str, Share] | None = None


def point_of(say: Phrases, row: RunRow, overview: Overview | None) -> Point:
    """The figures of one run; few of them where the study is not in it."""
    if overview is None:
        return Point(row)
    measured, graded = performance(overview.quality), overview.reliability.instances
    return Point(
        row,
        measured.value if measured else None,
        measured.interval if measured else None,
        figure(say, overview, measured.value) if measured else "",
        overview.reliability.solid / graded if graded else None,
        {d.id: Share(d.share, *d.interval, d.rank, d.words) for d in overview.drivers[:KEPT]},
    )


@dataclass(frozen=True)
class Series:
    """One line of trends: a value for each run, None where there is none; the earliest first."""

    name: str
    values: tuple[float | None, ...]
    told: tuple[str, ...]
    bounds: tuple[float, float]  # of the axis
    bands: tuple[tuple[float, float] | None, ...] = ()
    counts: tuple[Mapping[Severity, int], ...] = ()  # of findings, which are drawn as columns


def series_of(say: Phrases, points: Sequence[Point], performance_name: str) -> list[Series]:
    """What is drawn of one study: performance, the leading features, reliability. `points`: the earliest first."""
    found = []
    if any(point.value is not None for point in points):
        ends = [end for point in points if point.interval for end in point.interval]
        told = tuple(point.told for point in points)
        bands = tuple(point.interval for point in points)
        values = tuple(point.value for point in points)
        found.append(Series(performance_name, values, told, (min(ends), max(ends)), bands))
    found += _shares(say, points)
    if any(point.solid is not None for point in points):
        solid = tuple(point.solid for point in points)
        told = tuple("" if each is None else say.tongue.percent(each) for each in solid)
        found.append(Series(say("site", "solid"), solid, told, (0.0, 1.0)))
    return found


def _shares(say: Phrases, points: Sequence[Point]) -> list[Series]:
    """The leading features of the latest run, and whatever led before it, on one scale."""
    latest = next((point.shares for point in reversed(points) if point.shares), None)
    if not latest:
        return []
    led = [min(point.shares, key=lambda key: point.shares[key].rank) for point in points if point.shares]  # type: ignore[index]
    names = list(dict.fromkeys([*sorted(latest, key=lambda key: latest[key].rank)[:TOP], *led]))[: TOP + 3]
    words = {key: share.words for point in points for key, share in (point.shares or {}).items()}
    top = max(share.high for point in points for key, share in (point.shares or {}).items() if key in names)
    found = []
    for key in names:
        shares = [(point.shares or {}).get(key) for point in points]
        values = tuple(each.share if each else None for each in shares)
        told = tuple(say.share(each.share) if each else "" for each in shares)
        bands = tuple((each.low, each.high) if each else None for each in shares)
        found.append(
            Series(say("site", "share_of", name=say.plain_name(words[key], key)), values, told, (0.0, top), bands)
        )
    return found


def findings_series(say: Phrases, rows: Sequence[RunRow]) -> Series:
    """How many findings each run had."""
    totals = tuple(float(sum(row.counts.values())) for row in rows)
    told = tuple(say.count(int(total)) for total in totals)
    counts = tuple(ordered(row.counts) for row in rows)
    return Series(say("site", "count"), totals, told, (0.0, max(1.0, *totals)), counts=counts)


# Drawn


def trends_table(say: Phrases, rows: Sequence[RunRow], series: Sequence[Series], caption: str) -> Table:
    """A row for each series: its name, its curve, the latest value, the lowest and the highest."""
    heads = [Column(say("site", "series"), "name"), Column(say("site", "trend"), "curve")]
    heads += [Column(say("site", key), "number") for key in ("latest", "lowest", "highest")]
    return Table(tuple(heads), tuple(_row(say, rows, each) for each in series), caption)


def _row(say: Phrases, rows: Sequence[RunRow], series: Series) -> tuple[Cell, ...]:
    known = [(value, told) for value, told in zip(series.values, series.told, strict=True) if value is not None]
    latest, low, high = (known[-1][1], min(known)[1], max(known)[1]) if known else ("", "", "")
    alt = say(
        "site",
        "alt",
        name=series.name,
        count=say.count(len(known)),
        first=say.stamp(rows[0].slot),
        last=say.stamp(rows[-1].slot),
        latest=latest,
        low=low,
        high=high,
    )
    drawn = curve(rows, series, alt)
    return (Cell(series.name), Cell(drawn=drawn), Cell(latest, strong=True), Cell(low), Cell(high))


def data_table(say: Phrases, rows: Sequence[RunRow], series: Sequence[Series]) -> Table:
    """The same in numbers, the latest run first."""
    heads = (Column(say("site", "run"), "name"), *(Column(each.name, "number") for each in series))
    lines = [
        (Cell(say.stamp(row.slot)), *(Cell(each.told[place]) for each in series)) for place, row in enumerate(rows)
    ]
    return Table(heads, tuple(reversed(lines)), say("site", "data_caption"))


def curve(rows: Sequence[RunRow], series: Series, alt: str) -> Markup:
    """A series as inline SVG: its band, its line, broken where nothing is known, and a dot on the latest."""
    xs = _places(rows)
    if series.counts:
        inside = _columns(xs, series)
    else:
        ys = [None if value is None else _height(value, series.bounds) for value in series.values]
        runs = _unbroken(ys)
        inside = "".join(_band(xs, series, run) for run in _unbroken(series.bands)) if series.bands else ""
        inside += "".join(f'<path class="rx-line-of" d="{_path(xs, ys, run)}"/>' for run in runs)
        if runs:
            last = runs[-1][-1]
            inside += f'<path class="rx-dot" d="M{xs[last]:.1f} {ys[last]:.1f}h0"/>'
    label = Markup.escape(alt)
    return Markup(  # noqa: S704 - numbers, and a label that was escaped just now
        f'<svg class="rx-curve" role="img" aria-label="{label}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'preserveAspectRatio="none">{inside}</svg>'
    )


def _places(rows: Sequence[RunRow]) -> list[float]:
    """Where runs stand, by their moments."""
    first, last = rows[0].slot.timestamp(), rows[-1].slot.timestamp()
    span = (last - first) or 1.0
    return [PAD + (WIDTH - 2 * PAD) * (row.slot.timestamp() - first) / span for row in rows]


def _height(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return HEIGHT - PAD - (HEIGHT - 2 * PAD) * ((value - low) / (high - low) if high > low else 0.5)


def _unbroken(values: Sequence[object | None]) -> list[list[int]]:
    """The places of values, in stretches without a gap."""
    found: list[list[int]] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _path(xs: Sequence[float], ys: Sequence[float | None], run: Sequence[int]) -> str:
    steps = [f"{xs[place]:.1f} {ys[place]:.1f}" for place in run]
    return f"M{steps[0]}" + ("".join(f"L{step}" for step in steps[1:]) or "h0")


def _band(xs: Sequence[float], series: Series, run: Sequence[int]) -> str:
    bands = [(xs[place], series.bands[place]) for place in run]
    above = [f"{x:.1f} {_height(band[1], series.bounds):.1f}" for x, band in bands if band]
    below = [f"{x:.1f} {_height(band[0], series.bounds):.1f}" for x, band in reversed(bands) if band]
    return f'<path class="rx-band" d="M{"L".join([*above, *below])}Z"/>'


def _columns(xs: Sequence[float], series: Series) -> str:
    """Findings as columns: the worst at the foot."""
    gap = min((after - before for before, after in pairwise(xs)), default=WIDTH)
    wide = max(0.8, min(6.0, gap * 0.7))
    drawn = []
    for x, counts in zip(xs, series.counts, strict=True):
        below = 0.0
        for severity, count in counts.items():
            top, foot = _height(below + count, series.bounds), _height(below, series.bounds)
            drawn.append(
                f'<rect class="rx-of-{severity}" x="{x - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}" '
                f'height="{foot - top:.1f}"/>'
            )
            below += count
    floor = HEIGHT - PAD
    return f'<path class="rx-floor" d="M{PAD:g} {floor:g}H{WIDTH - PAD:g}"/>' + "".join(drawn)
