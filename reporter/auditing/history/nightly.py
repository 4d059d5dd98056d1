"""The page of one run in the history: findings, and what changed since the run before and since its reference."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.auditing.history.nights import Known, Night
from reporter.auditing.report import drivers, quality
from reporter.auditing.report.layout import failed_of, noticed_of, study_title
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Cell, Column, Section, Table
from reporter.finding import Finding

MOST_FINDINGS = 50


def run_sections(
    say: Phrases, known: Known, night: Night, before: Night | None, reference: Night | None
) -> Iterator[Section]:
    """The sections of a run's page; `reference` where it is another run than the one before."""
    result = night.result(known)
    several = len(night.overviews) > 1
    noticed = tuple(
        noticed_of(say, each, result, several=several, linked=False) for each in result.sorted_findings[:MOST_FINDINGS]
    )
    yield Section("findings", say("sections", "findings"), findings=noticed)
    if result.failed:
        yield failed_of(say, result)
    if before is not None:
        heading = say("site", "against_previous", moment=say.moment(before.row.slot))
        yield from _since(say, heading, night, before)
    else:
        yield Section("first", say("sections", "quality"), paragraphs=(say("site", "first_run"),))
        yield from _alone(say, night)
    if reference is not None:
        heading = say("site", "against_reference", moment=say.moment(reference.row.slot))
        yield from _since(say, heading, night, reference)


def _since(say: Phrases, heading: str, night: Night, before: Night) -> Iterator[Section]:
    yield Section("study", heading)
    found = _moved(say, before.findings, night.findings)
    if found.rows:
        yield Section("moved", say("sections", "findings"), level=1, tables=(found,))
    several = len(night.overviews) > 1
    for name, now in night.overviews.items():
        then = before.overviews.get(name)
        if then is None:
            continue
        title = f"{study_title(now)}: " if several else ""
        yield Section("quality", title + say("sections", "quality"), level=1, tables=quality.tables(say, now, then)[:1])
        if now.drivers and then.drivers:
            changed = drivers.changed(say, now, then)
            text, tables = ((changed,), ()) if isinstance(changed, str) else ((), (changed,))
            heading_of = title + say("sections", "drivers")
            yield Section("change", heading_of, level=1, paragraphs=text, tables=tables)


def _alone(say: Phrases, night: Night) -> Iterator[Section]:
    for now in night.overviews.values():
        title = study_title(now)
        yield Section("quality", title, level=1, tables=quality.tables(say, now, None)[:1])
        if now.drivers:
            yield Section("drivers", say("sections", "drivers"), level=1, tables=(drivers.driving(say, now, None),))


def _moved(say: Phrases, before: tuple[Finding, ...], now: tuple[Finding, ...]) -> Table:
    """Findings that went, and those that were there before; all others are new."""
    old, new = ({finding.id: finding for finding in findings} for findings in (before, now))
    rows = [(Cell(say("site", "gone")), each) for key, each in old.items() if key not in new]
    rows += [(Cell(say("site", "stayed")), each) for key, each in new.items() if key in old]
    heads = (Column(say("site", "state"), "name"), Column(say("columns", "finding")))
    told = tuple((state, Cell(say.sentence(each), severity=each.severity)) for state, each in rows[:MOST_FINDINGS])
    return Table(heads, told)
