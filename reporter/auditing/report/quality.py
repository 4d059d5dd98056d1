"""The sections on how good the model is: performance, calibration, parts of the data."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from reporter.auditing.report.measures import Z, calibration_error, performance
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Bar, Cell, Column, Key, Table
from reporter.overview import Overview, Quality, Slice

MOST_SLICES = 24


def tables(say: Phrases, now: Overview, before: Overview | None) -> tuple[Table, ...]:
    """Performance, calibration and slices, as far as there are any."""
    return tuple(_tables(say, now, before))


def _tables(say: Phrases, now: Overview, before: Overview | None) -> Iterator[Table]:
    if now.quality is not None and now.quality.rows:
        yield _main(say, now, now.quality, before)
    if now.confidence:
        yield _calibration(say, now)
    if now.slices:
        yield _slices(say, now, before)


def figure(say: Phrases, overview: Overview, value: float) -> str:
    """The main figure of performance as it is written: an accuracy in percent, an error in its unit."""
    if overview.quality is not None and overview.quality.task == "classification":
        return say.percent(value)
    return say.measured(value, overview.said.unit if overview.said else "")


def within(say: Phrases, overview: Overview, interval: tuple[float, float]) -> str:
    """An interval of the main figure: "89.2% to 93.7%"."""
    classes = overview.quality is not None and overview.quality.task == "classification"
    low, high = (say.tongue.percent(end, 1) if classes else figure(say, overview, end) for end in interval)
    return say("said", "range", low=low, high=high)


def _main(say: Phrases, now: Overview, quality: Quality, before: Overview | None) -> Table:
    then = before.quality if before else None
    rows = [_performance(say, now, quality, then)]
    off, was = calibration_error(now.confidence), calibration_error(before.confidence) if before else None
    if off is not None:
        rows.append(_row(say, "calibration", off, was, points=True))
    if quality.r2 is not None:
        old = then.r2 if then else None
        rows.append(
            (
                Cell(say("quality", "r2")),
                Cell(say.tongue.number(quality.r2, 3)),
                Cell(),
                *([Cell(say.tongue.number(old, 3) if old is not None else ""), Cell()] if before else []),
            )
        )
    if quality.majority is not None:
        rows.append(_row(say, "majority", quality.majority, then.majority if then else None, points=True))
    if before is not None:
        rows = [(*row, *[Cell()] * (5 - len(row))) for row in rows]
    heads = [
        Column(say("columns", "measure"), "name"),
        Column(say("columns", "now"), "number"),
        Column(say("columns", "interval"), "number"),
    ]
    if before is not None:
        heads += [Column(say("columns", "before"), "number"), Column(say("columns", "change"), "number")]
    return Table(tuple(heads), tuple(rows), say("quality", "caption", rows=say.count(quality.rows)))


def _performance(say: Phrases, now: Overview, quality: Quality, then: Quality | None) -> tuple[Cell, ...]:
    measured, old = performance(quality), performance(then)
    accuracy = quality.task == "classification"
    if measured is None:
        return (Cell(),)
    change = ""
    if old is not None:
        difference = measured.value - old.value
        change = say("change", "points", change=say.points(difference)) if accuracy else _signed(say, difference)
    return (
        Cell(say("quality", "accuracy" if accuracy else "loss"), strong=True),
        Cell(figure(say, now, measured.value), strong=True),
        Cell(within(say, now, measured.interval)),
        *([Cell(figure(say, now, old.value)), Cell(change)] if old is not None else []),
    )


def _signed(say: Phrases, difference: float) -> str:
    text = say.measured(abs(difference))
    return f"+{text}" if difference > 0 else f"\u2212{text}" if difference < 0 else text


def _row(say: Phrases, key: str, now: float, before: float | None, *, points: bool) -> tuple[Cell, ...]:
    cells = (Cell(say("quality", key)), Cell(say.percent(now)), Cell())
    if before is None:
        return cells
    change = say("change", "points", change=say.points(now - before)) if points else ""
    return (*cells, Cell(say.percent(before)), Cell(change))


def _calibration(say: Phrases, now: Overview) -> Table:
    rows = []
    for each in now.confidence:
        if not each.rows:
            continue
        half = Z * sqrt(each.variance / each.rows)
        expected = (100 * max(0.0, each.stated - half), 100 * min(1.0, each.stated + half))
        rows.append(
            (
                Cell(say.percent(each.stated)),
                Cell(bar=Bar(0.0, 100 * each.right, interval=expected, tick=100 * each.stated)),
                Cell(say.percent(each.right)),
                Cell(say.count(each.rows)),
            )
        )
    return Table(
        (
            Column(say("columns", "stated"), "name"),
            Column(say("quality", "bins_legend"), "bar"),
            Column(say("columns", "right"), "number"),
            Column(say("columns", "rows"), "number"),
        ),
        tuple(rows),
        say("quality", "bins"),
        (
            Key("strength", say("quality", "bins_legend")),
            Key("tick", say("columns", "stated")),
            Key("interval", say("quality", "bins_expected")),
        ),
    )


def _slices(say: Phrases, now: Overview, before: Overview | None) -> Table:
    old = {each.id: each for each in before.slices} if before else {}
    figures = [performance(each.quality) for each in now.slices]
    top = max((each.interval[1] for each in figures if each), default=0.0) or 1.0
    if now.quality and now.quality.task == "classification":
        top = 1.0
    told = now.slices
    if len(told) > MOST_SLICES:  # then the worst, in their own order
        worst = sorted(told, key=lambda each: -each.quality.loss)[:MOST_SLICES]
        told = tuple(each for each in told if each in worst)
    rows = [_slice(say, now, each, old.get(each.id), top) for each in told]
    accuracy = bool(now.quality and now.quality.task == "classification")
    legend = [Key("strength", say("quality", "slice_legend" if accuracy else "slice_loss_legend"))]
    legend.append(Key("interval", say("drivers", "interval")))
    heads = [
        Column(say("columns", "slice"), "name"),
        Column(say("quality", "accuracy" if accuracy else "loss"), "bar"),
        Column(say("columns", "now"), "number"),
        Column(say("columns", "interval"), "number"),
    ]
    if old:
        heads.append(Column(say("columns", "before"), "number"))
        legend.append(Key("tick", say("quality", "reference_legend")))
    heads.append(Column(say("columns", "rows"), "number"))
    return Table(
        tuple(heads), tuple(row if old else (*row[:4], row[5]) for row in rows), say("quality", "slices"), tuple(legend)
    )


def _slice(say: Phrases, now: Overview, part: Slice, old: Slice | None, top: float) -> tuple[Cell, ...]:
    value = part.value if part.bounds else say.category(part.words, part.value)
    name = say("quality", "slice", column=say.name(part.words, part.column), value=value)
    measured, then = performance(part.quality), performance(old.quality) if old else None
    if measured is None:
        return (Cell(name), Cell(), Cell(), Cell(), Cell(), Cell(say.count(part.quality.rows)))
    low, high = measured.interval
    bar = Bar(
        0.0,
        100 * measured.value / top,
        interval=(100 * low / top, min(100.0, 100 * high / top)),
        tick=min(100.0, 100 * then.value / top) if then else None,
    )
    return (
        Cell(name),
        Cell(bar=bar),
        Cell(figure(say, now, measured.value)),
        Cell(within(say, now, measured.interval)),
        Cell(figure(say, now, then.value) if then else ""),
        Cell(say.count(part.quality.rows)),
    )
