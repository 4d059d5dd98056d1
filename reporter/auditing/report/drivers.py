"""The sections on what drives the model overall, and what has changed in that since the reference run."""

from __future__ import annotations

from reporter.auditing.report.measures import Shift, shifts
from reporter.auditing.report.phrases import Phrases, direction
from reporter.auditing.report.sheet import Bar, Cell, Column, Key, Table
from reporter.overview import Driver, Overview

MOST = 12  # features with a row of their own
CHANGED = 8


def driving(say: Phrases, now: Overview, before: Overview | None) -> Table:
    """The features that move the model most: share, interval, noise, and what the reference run had."""
    shown, rest = now.drivers[:MOST], now.drivers[MOST:]
    old = before.by_driver if before else {}
    ends = [each.interval[1] for each in shown] + [old[each.id].share for each in shown if each.id in old]
    top = max(ends, default=0.0) or 1.0
    rows = [_driver(say, now, each, old.get(each.id), top, compared=before is not None) for each in shown]
    if rest:
        share = sum(each.share for each in rest)
        label = say("drivers", "rest", count=say.count(len(rest)))
        rows.append((Cell(), Cell(label), Cell(), Cell(say.share(share)), Cell()))
    legend = [Key("strength", say("drivers", "legend")), Key("interval", say("drivers", "interval"))]
    if any(each.noise for each in shown):
        legend.append(Key("noise", say("drivers", "noise")))
    if old:
        legend.append(Key("tick", say("drivers", "reference")))
    return Table(
        (
            Column(say("columns", "rank"), "rank"),
            Column(say("columns", "feature"), "name"),
            Column(say("columns", "effect"), "bar"),
            Column(say("columns", "share"), "number"),
            Column(say("columns", "interval"), "number"),
        ),
        tuple(rows),
        say(
            "drivers",
            "caption" if now.method else "caption_plain",
            count=say.count(len(shown)),
            rows=say.count(now.attributed),
            method=say.tongue.method(now.method),
        ),
        tuple(legend),
    )


def _driver(
    say: Phrases, now: Overview, driver: Driver, old: Driver | None, top: float, *, compared: bool
) -> tuple[Cell, ...]:
    notes = [direction(say, now, driver.mean, driver.along)]
    if driver.protected:
        notes.append(say("drivers", "protected"))
    if compared and old is None:
        notes.append(say("drivers", "new"))
    elif old is not None and old.rank != driver.rank:
        notes.append(say("drivers", "from_rank", rank=say.count(old.rank)))
    low, high = driver.interval
    noise = driver.noise or 0.0
    bar = Bar(
        0.0,
        _at(driver.share, top),
        interval=(_at(low, top), _at(high, top)),
        noise=(_at(driver.share - noise, top), _at(driver.share + noise, top)) if noise else None,
        tick=_at(old.share, top) if old else None,
    )
    separator = str(say.tongue.words["document"]["separator"])
    return (
        Cell(say.count(driver.rank)),
        Cell(say.name(driver.words, driver.id), detail=separator.join(notes)),
        Cell(bar=bar),
        Cell(say.share(driver.share), strong=True),
        Cell(say("said", "range", low=say.share(low), high=say.share(high))),
    )


def _at(share: float, top: float) -> float:
    return round(min(100.0, max(0.0, 100 * share / top)), 2)


def changed(say: Phrases, now: Overview, before: Overview) -> Table | str:
    """What has changed since then, or a sentence that nothing has."""
    every = shifts(before, now)
    shown = [shift for shift in every if shift.beyond][:CHANGED]
    if not shown:
        return say("change", "none")
    beyond = sum(shift.beyond for shift in every)
    note = ""
    if beyond > len(shown):
        note = say("change", "more", count=say.count(beyond - len(shown)))
    elif len(every) > beyond:
        note = say("change", "others", count=say.count(len(every) - beyond))
    top = max(each.share for shift in shown for each in (shift.before, shift.now) if each) or 1.0
    return Table(
        (
            Column(say("columns", "feature"), "name"),
            Column(say("change", "share"), "bar"),
            Column(say("columns", "before"), "number"),
            Column(say("columns", "now"), "number"),
            Column(say("columns", "change"), "number"),
            Column(say("columns", "noise"), "number"),
            Column(say("columns", "rank"), "number"),
        ),
        tuple(_shift(say, shift, top) for shift in shown),
        say("change", "caption", moment=say.moment(before.slot)),
        (Key("towards", say("change", "grew")), Key("away", say("change", "shrank"))),
        note,
    )


def _shift(say: Phrases, shift: Shift, top: float) -> tuple[Cell, ...]:
    before, now = shift.before, shift.now
    ends = sorted((_at(before.share if before else 0.0, top), _at(now.share if now else 0.0, top)))
    missing = "–"
    return (
        Cell(say.name(shift.driver.words, shift.driver.id)),
        Cell(bar=Bar(ends[0], ends[1], "towards" if shift.change > 0 else "away")),
        Cell(say.share(before.share) if before else missing),
        Cell(say.share(now.share) if now else missing),
        Cell(say("change", "points", change=say.points(shift.change)), strong=True),
        Cell(say("change", "within_noise", noise=say.tongue.number(100 * shift.noise, 1))),
        Cell(_ranks(say, before, now)),
    )


def _ranks(say: Phrases, before: Driver | None, now: Driver | None) -> str:
    then, current = (say.count(each.rank) if each else "–" for each in (before, now))
    return say("change", "same", now=current) if then == current else say("change", "rank", before=then, now=current)
