"""The section on what the model says and what it is fed: classes, and columns of the data."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from reporter.auditing.report.measures import shares_of
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Bar, Cell, Column, Key, Table
from reporter.overview import Overview, Summary

MOST = 8  # columns with a row
MOST_VALUES = 3


def tables(say: Phrases, now: Overview, before: Overview | None) -> tuple[Table, ...]:
    """Predictions and columns beside those of the reference run."""
    return tuple(_tables(say, now, before))


def _tables(say: Phrases, now: Overview, before: Overview | None) -> Iterator[Table]:
    if now.classes:
        yield _classes(say, now, before)
    elif now.said is not None:
        yield _columns(say, [now.said], {before.said.id: before.said} if before and before.said else {}, "value")
    if now.columns:
        old = before.by_column if before else {}
        order = sorted(now.columns, key=lambda column: -_moved(column, old.get(column.id)))
        note = say("said", "rest", count=say.count(len(order) - MOST)) if len(order) > MOST else ""
        yield _columns(say, order[:MOST], dict(old), "columns", note)


def _classes(say: Phrases, now: Overview, before: Overview | None) -> Table:
    shares, old = shares_of(now.classes), shares_of(before.classes) if before else {}
    rows = []
    for name in sorted(shares, key=lambda each: -shares[each]):
        bar = Bar(0.0, 100 * shares[name], tick=100 * old[name] if name in old else None)
        cells = [
            Cell(say.name(now.class_words.get(name, {}), name)),
            Cell(bar=bar),
            Cell(say.share(shares[name])),
        ]
        if old:
            cells.append(Cell(say.share(old.get(name, 0.0))))
        rows.append((*cells, Cell(say.count(now.classes[name]))))
    heads = [Column(say("columns", "class"), "name"), Column(say("columns", "share"), "bar")]
    heads.append(Column(say("columns", "now"), "number"))
    if old:
        heads.append(Column(say("columns", "before"), "number"))
    heads.append(Column(say("columns", "rows"), "number"))
    legend = (Key("strength", say("columns", "now")), Key("tick", say("drivers", "reference"))) if old else ()
    return Table(tuple(heads), tuple(rows), say("said", "classes"), legend)


def _columns(say: Phrases, columns: list[Summary], old: dict[str, Summary], caption: str, note: str = "") -> Table:
    heads = [Column(say("columns", "column"), "name"), Column(say("columns", "now"), "number")]
    if old:
        heads.append(Column(say("columns", "before"), "number"))
    heads += [Column(say("columns", "range"), "number"), Column(say("columns", "missing"), "number")]
    rows = []
    for column in columns:
        then = old.get(column.id)
        cells = [Cell(say.name(column.words, column.id)), Cell(_middle(say, column))]
        if old:
            cells.append(Cell(_middle(say, then) if then else ""))
        rows.append((*cells, Cell(_range(say, column)), Cell(_missing(say, column))))
    return Table(tuple(heads), tuple(rows), say("said", caption), note=note)


def _middle(say: Phrases, column: Summary) -> str:
    """Mean and deviation; of categories the most frequent ones."""
    if column.kind == "category":
        shares = shares_of(column.values)
        first = sorted(shares, key=lambda value: -shares[value])[:MOST_VALUES]
        return say.listed(
            [
                say(
                    "said",
                    "item",
                    value=say.category(column.words, value) or say("said", "others"),
                    share=say.tongue.percent(shares[value]),
                )
                for value in first
            ]
        )
    if column.mean is None:
        return ""
    more = None if column.decimals is None else column.decimals + 1  # a mean has one more than its values
    mean = say.measured(column.mean, column.unit, more)
    return mean if column.std is None else say("said", "spread", mean=mean, std=say.measured(column.std, "", more))


def _range(say: Phrases, column: Summary) -> str:
    if column.low is None or column.high is None:
        return ""
    return say(
        "said",
        "range",
        low=say.measured(column.low, "", column.decimals),
        high=say.measured(column.high, "", column.decimals),
    )


def _missing(say: Phrases, column: Summary) -> str:
    return say.percent(column.missing / column.rows) if column.rows and column.missing else "–"


def _moved(column: Summary, old: Summary | None) -> float:
    """By how much a column differs from before, roughly: what moved most stands first. Nothing is decided by it."""
    if old is None:
        return 0.0
    gaps = abs(column.missing / (column.rows or 1) - old.missing / (old.rows or 1))
    if column.kind == "category":
        now, then = shares_of(column.values), shares_of(old.values)
        return gaps + sum(abs(now.get(value, 0.0) - then.get(value, 0.0)) for value in {*now, *then}) / 2
    if column.mean is None or old.mean is None:
        return gaps
    spread = sqrt(((column.std or 0.0) ** 2 + (old.std or 0.0) ** 2) / 2)
    return gaps + (abs(column.mean - old.mean) / spread if spread else float(column.mean != old.mean))
