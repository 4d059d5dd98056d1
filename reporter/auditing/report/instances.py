"""The sections on single instances: how far explanations can be trusted, the watched ones, the surprising ones."""

from __future__ import annotations

from urllib.parse import quote

from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Bar, Cell, Column, Key, Table
from reporter.grade import LEVELS
from reporter.overview import Overview, Reliability, Told
from reporter.rounding import printable
from reporter.templating import capital
from reporter.words import words_in


def reliability(say: Phrases, now: Overview, before: Overview | None) -> tuple[Table, ...]:
    """How many explanations had which grade, and the mean of each of their scores."""
    after, old = now.reliability, before.reliability if before and before.reliability.instances else None
    if not after.instances:
        return ()
    heads = [Column(say("columns", "grade"), "name"), Column(say("columns", "share"), "bar")]
    heads.append(Column(say("columns", "now"), "number"))
    if old:
        heads.append(Column(say("columns", "before"), "number"))
    grades = say.tongue.words["grades"]
    rows = []
    for level in reversed(LEVELS):
        count = int(getattr(after, level))
        bar = Bar(0.0, 100 * count / after.instances, tick=100 * getattr(old, level) / old.instances if old else None)
        cells = [Cell(str(grades[level])), Cell(bar=bar), Cell(say.count(count))]
        rows.append((*cells, *([Cell(_of(say, old, level))] if old else [])))
    caption = say("reliability", "caption", count=say.count(after.instances))
    legend = (Key("strength", say("columns", "now")), Key("tick", say("drivers", "reference"))) if old else ()
    return (Table(tuple(heads), tuple(rows), caption, legend), *_scores(say, after, old))


def _of(say: Phrases, old: Reliability, level: str) -> str:
    return say.count(int(getattr(old, level)))


def _scores(say: Phrases, after: Reliability, old: Reliability | None) -> tuple[Table, ...]:
    if not after.scores:
        return ()
    names = say.words["scores"]
    heads = [Column(say("columns", "score"), "name"), Column(say("columns", "now"), "number")]
    if old:
        heads.append(Column(say("columns", "before"), "number"))
    rows = []
    for name, value in after.scores.items():
        cells = [Cell(capital(str(names.get(name, name.replace("-", " "))))), Cell(say.tongue.number(value, 3))]
        if old:
            cells.append(Cell(say.tongue.number(old.scores[name], 3) if name in old.scores else ""))
        rows.append(tuple(cells))
    return (Table(tuple(heads), tuple(rows), say("reliability", "scores")),)


def watched(say: Phrases, now: Overview, before: Overview | None) -> tuple[Table, ...]:
    """What the reports of the same instances say now, beside what they said."""
    shown = [told for told in now.told if told.watched]
    if not shown:
        return ()
    old = {told.instance: told for told in before.told if told.watched} if before else {}
    moved = [told for told in shown if told.instance in old and text(say, old[told.instance]) != text(say, told)]
    heads = [Column(say("columns", "instance"), "name"), Column(say("columns", "says"))]
    if moved:
        heads.append(Column(say("columns", "said")))
    rows = []
    for told in shown:
        then = old.get(told.instance)
        detail = _differs(say, told, then) if before else ""
        cells = [Cell(printable(told.instance), detail, link(told.report)), Cell(text(say, told))]
        if moved:
            same = then is not None and text(say, then) == text(say, told)
            cells.append(Cell(say("told", "same") if same else text(say, then) if then else ""))
        rows.append(tuple(cells))
    return (Table(tuple(heads), tuple(rows), say("told", "watched")),)


def _differs(say: Phrases, told: Told, then: Told | None) -> str:
    if then is None:
        return say("told", "new")
    if then.outcome != told.outcome:
        return say("told", "outcome_changed")
    return say("told", "changed" if then.reasons != told.reasons else "same")


def surprising(say: Phrases, now: Overview) -> tuple[Table, ...]:
    """The instances that deserve most attention, with links to their own reports."""
    shown = sorted((t for t in now.told if not t.watched and t.report), key=lambda told: -told.surprise)
    if not shown:
        return ()
    grades = say.tongue.words["grades"]
    rows = []
    for told in shown:
        right = "" if told.right is None else say("told", "right" if told.right else "wrong")
        rows.append(
            (
                Cell(printable(told.instance), right, link(told.report)),
                Cell(text(say, told)),
                Cell(str(grades.get(told.grade, told.grade))),
            )
        )
    heads = (
        Column(say("columns", "instance"), "name"),
        Column(say("columns", "says")),
        Column(say("columns", "grade"), "number"),
    )
    return (Table(heads, tuple(rows), say("told", "surprising")),)


def text(say: Phrases, told: Told) -> str:
    """What the report of an instance says, in this language; its outcome where it was told in others alone."""
    own = told.text.get(say.tongue.code)
    if own:
        return printable(own)
    name = words_in(told.words.get(told.outcome, {}), say.tongue.code, told.outcome).name
    return capital(printable(name))


def link(path: str) -> str:
    """A path below the report's own folder as an address; empty for any other."""
    parts = path.replace("\\", "/").split("/")
    if not path or path.startswith("/") or ".." in parts:
        return ""
    return quote(path, safe="/")
