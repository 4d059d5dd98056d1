"""The report of one run, laid out: the verdict in one sentence, findings by severity, then study by study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any

from reporter.auditing.report import colophon, drivers, inputs, instances, quality
from reporter.auditing.report.measures import performance
from reporter.auditing.report.phrases import Phrases, phrases
from reporter.auditing.report.sheet import Answer, Cell, Column, Noticed, Section, Sheet, Table
from reporter.auditing.results import RunResult
from reporter.finding import Finding, at_least
from reporter.overview import Overview
from reporter.rounding import printable
from reporter.templating import capital

NAMED = 3  # checks in the headline
MOST_INSTANCES = 6  # of a finding


def sheet_of(result: RunResult) -> Sheet:
    """Lay out the report of a run in the run's language."""
    say = phrases(result.language, result.zone)
    name = printable(result.title or result.audit)
    headline = verdict(say, result)
    lead = tuple(lead_of(say, result))
    words = wording_of(say)
    return Sheet(
        wording=words,
        language=result.language,
        title=str(words["document"]["separator"]).join([headline, name, say.stamp(result.slot)]),
        description=" ".join(lead),
        kicker=(say("document", "kind"), name, say.moment(result.slot)),
        headline=headline,
        lead=lead,
        glance=tuple(_glance(say, result)),
        sections=tuple(section for section in _sections(say, result) if not section.empty),
        created=result.slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        day=say.tongue.date(result.local.isoformat()),
    )


def wording_of(say: Phrases) -> dict[str, Any]:
    """A report's own words, with those of audits over them: what templates of both ask for."""
    return {**say.tongue.words, "document": {**say.tongue.words["document"], **say.words["document"]}}


def verdict(say: Phrases, result: RunResult) -> str:
    """The run in one sentence, without its stop."""
    if result.state == "failed":
        return say("headline", "failed")
    noticed = _notable(result)
    if not noticed:
        return say("headline", "quiet" if result.state == "complete" else "partial")
    names = [say.check(name) for name in dict.fromkeys(finding.check for finding in noticed)]
    more, listed = len(names) - NAMED, say.tongue.join(names[:NAMED])
    if more > 0:
        return say("headline", "changed_more", names=say.listed(names[:NAMED]), count=say.tongue.count(more))
    return say("headline", "changed", names=listed)


def _notable(result: RunResult) -> list[Finding]:
    """What is worth attention: warnings, and whatever fails the run; the worst first."""
    return [f for f in result.sorted_findings if at_least(f.severity, "warning") or at_least(f.severity, result.fail)]


def lead_of(say: Phrases, result: RunResult) -> Iterator[str]:
    """What stands below the verdict: the worst finding, and what the run is compared with."""
    noticed = _notable(result)
    gap = " " if say.tongue.spaced else ""
    if noticed:
        yield say.sentence(noticed[0])
    elif result.findings:
        yield say("headline", "notes", sentence=say.sentence(result.sorted_findings[0]))
    elif result.state == "complete":
        checks = len(result.checks)
        if checks:  # those of a run that comes from the ledger are not known
            yield say("headline", "checks" if checks > 1 else "check", count=say.count(checks))
    rest = []
    if result.failed:
        key, count = "item" if len(result.failed) == 1 else "items", capital(say.tongue.count(len(result.failed)))
        rest.append(say("headline", key, count=count))
    if result.reference:
        rest.append(say("headline", "compared", moment=say.moment(result.reference)))
    else:
        rest.append(say("headline", "first"))
    yield gap.join(rest)


def _glance(say: Phrases, result: RunResult) -> Iterator[Answer]:
    """Findings; then performance and the main driver of the study that has the worst of them."""
    told = say.counted(result.counts)
    limit = say("glance", "fails" if result.failing else "passes", severity=say.severity(result.fail))
    yield Answer(
        say("glance", "findings"),
        say.count(len(result.findings)) if told else say("glance", "none"),
        (told, limit) if told else (),
        result.worst or "",
    )
    if not result.overviews:
        return
    worst = next((f.study for f in result.sorted_findings if f.study in result.overviews), next(iter(result.overviews)))
    now, before = result.overviews[worst], result.before.get(worst)
    for answer in (_performance(say, now, before), _driver(say, now, before)):
        named = (study_title(now),) if len(result.overviews) > 1 else ()
        yield replace(answer, details=(*answer.details, *named))


def _performance(say: Phrases, now: Overview, before: Overview | None) -> Answer:
    measured, old = performance(now.quality), performance(before.quality) if before else None
    question = say("glance", "performance")
    if measured is None:
        return Answer(question, "–", (say("glance", "unlabelled"),))
    details = [say("glance", "interval", ends=quality.within(say, now, measured.interval))]
    if old is not None:
        details.insert(0, say("glance", "was", value=quality.figure(say, now, old.value)))
    return Answer(question, quality.figure(say, now, measured.value), tuple(details))


def _driver(say: Phrases, now: Overview, before: Overview | None) -> Answer:
    question = say("glance", "driver")
    if not now.drivers:
        return Answer(question, "–", (say("glance", "unattributed"),))
    first = now.drivers[0]
    old = before.by_driver.get(first.id) if before else None
    share = say.share(first.share)
    if old is None:
        detail = say("glance", "rank", share=share)
    elif old.rank == first.rank:
        detail = say("glance", "rank_same", share=share, before=say.share(old.share))
    else:
        detail = say("glance", "rank_was", share=share, rank=say.count(old.rank), before=say.share(old.share))
    return Answer(question, say.name(first.words, first.id), (detail,))


def _sections(say: Phrases, result: RunResult) -> Iterator[Section]:
    several = len(result.overviews) > 1
    noticed = tuple(noticed_of(say, finding, result, several=several) for finding in result.sorted_findings)
    yield Section("findings", say("sections", "findings"), findings=noticed)
    if result.failed:
        yield failed_of(say, result)
    for name, now in result.overviews.items():
        own = _study(say, now, result.before.get(name))
        if several:
            yield Section("study", study_title(now))
            own = (replace(section, level=1) for section in own)
        yield from own
    yield Section("again", say("sections", "again"), entries=colophon.again(say, result), annex=True)


def study_title(now: Overview) -> str:
    """What a study is called; its name in the audit file where it has no title."""
    return printable(now.title or now.study)


def _study(say: Phrases, now: Overview, before: Overview | None) -> Iterator[Section]:
    yield Section("quality", say("sections", "quality"), tables=quality.tables(say, now, before))
    if now.drivers:
        yield Section("drivers", say("sections", "drivers"), tables=(drivers.driving(say, now, before),))
        if before is not None and before.drivers:
            found = drivers.changed(say, now, before)
            text, tables = ((found,), ()) if isinstance(found, str) else ((), (found,))
            yield Section("change", say("sections", "change"), paragraphs=text, tables=tables)
    yield Section("reliability", say("sections", "reliability"), tables=instances.reliability(say, now, before))
    yield Section("watched", say("sections", "watched"), tables=instances.watched(say, now, before))
    yield Section("surprising", say("sections", "surprising"), tables=instances.surprising(say, now))
    yield Section("said", say("sections", "said"), tables=inputs.tables(say, now, before))
    yield Section("cost", say("sections", "cost"), tables=(colophon.cost(say, now, before),), annex=True)
    yield Section("identity", say("sections", "identity"), entries=colophon.identity(say, now, before), annex=True)


def noticed_of(say: Phrases, finding: Finding, result: RunResult, *, several: bool, linked: bool = True) -> Noticed:
    """A finding, told; `linked`: with links to the reports of the instances that show it."""
    study = result.overviews.get(finding.study)
    about = [say.check(finding.check)]
    if several and study is not None:
        about.append(study_title(study))
    reports = {told.instance: told.report for told in study.told} if study and linked else {}
    return Noticed(
        finding.severity,
        say.severity(finding.severity),
        str(say.tongue.words["document"]["separator"]).join(about),
        say.sentence(finding),
        tuple(
            Cell(printable(each), href=instances.link(reports.get(each, "")))
            for each in finding.instances[:MOST_INSTANCES]
        ),
        say("told", "shown"),
    )


def failed_of(say: Phrases, result: RunResult) -> Section:
    """The items that came to nothing, as a table."""
    several = len({each.study for each in result.failed}) > 1 or len(result.overviews) > 1
    heads = [Column(say("columns", "item"), "name"), Column(say("columns", "problem"))]
    heads.append(Column(say("columns", "attempts"), "number"))
    rows = []
    for each in result.failed:
        cells = (Cell(printable(each.key), printable(each.study) if several else ""), Cell(printable(each.problem)))
        rows.append((*cells, Cell(say.count(each.attempts))))
    return Section("failed", say("sections", "failed"), tables=(Table(tuple(heads), tuple(rows)),))
