"""The history of an audit: what each run came to in few figures, read from the ledger. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.measures import performance
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.quality import figure
from reporter.auditing.results import FailedItem, RunResult
from reporter.finding import SEVERITIES, Finding, Severity
from reporter.overview import Driver, Overview
from reporter.rounding import printable

if TYPE_CHECKING:
    from reporter.auditing.file import Audit
    from reporter.auditing.ledger import Ledger

STUDIED = ("complete", "partial")  # states of runs that have overviews


@dataclass(frozen=True)
class Known:
    """What is known of an audit beside its runs; without its file, little more than its name."""

    name: str
    title: str = ""
    zone: str = "UTC"
    language: str = "en"
    fail: Severity = "warning"

    @classmethod
    def of(cls, audit: Audit) -> Known:
        return cls(audit.name, audit.title, audit.time_zone, audit.language, audit.fail)


@dataclass(frozen=True)
class Night:
    """A run with all that was found."""

    row: RunRow
    overviews: Mapping[str, Overview] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    failed: tuple[FailedItem, ...] = ()

    def result(self, known: Known, before: Mapping[str, Overview] | None = None) -> RunResult:
        """The run as its report would tell it, as far as the ledger knows."""
        return RunResult(
            audit=self.row.audit,
            slot=self.row.slot,
            overviews=self.overviews,
            title=known.title,
            zone=known.zone,
            state="failed" if self.row.state == "running" else self.row.state,
            started=self.row.started,
            seconds=self.row.seconds,
            reference=self.row.reference,
            before=before or {},
            findings=self.findings,
            failed=self.failed,
            fail=known.fail,
            language=known.language,
        )


def night_in(ledger: Ledger, row: RunRow) -> Night:
    """A run with all that the ledger has of it."""
    at = (row.audit, row.slot)
    failed = tuple(FailedItem.of(study, done) for study, done in ledger.failed(*at))
    return Night(row, ledger.overviews(*at), ledger.findings(*at), failed)


# The table of the command line


def first_of(night: Night) -> Overview | None:
    """The study that a single line speaks of: the one with the worst finding, or the first."""
    worst = sorted(night.findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    named = next((finding.study for finding in worst if finding.study in night.overviews), None)
    return night.overviews[named] if named else next(iter(night.overviews.values()), None)


def main_figure(say: Phrases, overview: Overview | None) -> str:
    """The main figure of performance, written; empty without labels."""
    measured = performance(overview.quality) if overview else None
    return figure(say, overview, measured.value) if overview and measured else ""


def top_driver(say: Phrases, overview: Overview | None) -> str:
    """What drives the model most, and how much."""
    if overview is None or not overview.drivers:
        return ""
    first = overview.drivers[0]
    return f"{say.name(first.words, first.id)} {say.share(first.share)}"


def table(
    say: Phrases, ledger: Ledger, rows: list[RunRow], zone_of: Callable[[RunRow], str], *, named: bool
) -> list[tuple[str, ...]]:
    """Runs as the command line shows them, with a heading; `named`: with the audit of each."""
    heads = ("run", "state", "findings", "performance", "driver", "pinned")
    found = [((say("site", "audits"),) if named else ()) + tuple(say("site", key) for key in heads)]
    for row in rows:
        night = night_in(ledger, row)
        overview = first_of(night)
        pinned = (say("site", "pinned") + (f": {printable(row.note)}" if row.note else "")) if row.pinned else ""
        found.append(
            (
                *((printable(row.audit),) if named else ()),
                Phrases(say.tongue, zone_of(row)).stamp(row.slot),
                say("site", row.state),
                say.counted(ordered(row.counts)) or (say("site", "none") if row.state in STUDIED else ""),
                main_figure(say, overview),
                top_driver(say, overview),
                pinned,
            )
        )
    return found


def ordered(counts: Mapping[Severity, int]) -> dict[Severity, int]:
    """Counts by severity, the worst first."""
    return {severity: counts[severity] for severity in reversed(SEVERITIES) if counts.get(severity)}


def as_json(ledger: Ledger, rows: list[RunRow]) -> list[dict[str, Any]]:
    """Runs as JSON holds them: plain numbers, moments in UTC."""
    return [dict(_plain(night_in(ledger, row))) for row in rows]


def _plain(night: Night) -> Iterator[tuple[str, Any]]:
    row = night.row
    yield from (("audit", row.audit), ("slot", row.slot.isoformat()), ("state", row.state))
    yield from (("started", row.started.isoformat()), ("seconds", row.seconds), ("reference", row.reference))
    yield from (("pinned", row.pinned), ("note", row.note), ("reports", list(row.reports)))
    yield from (("worst", row.worst), ("counts", dict(ordered(row.counts))))
    yield "studies", {name: _study(overview) for name, overview in night.overviews.items()}
    yield "findings", [finding.id for finding in night.findings]


def _study(overview: Overview) -> dict[str, Any]:
    measured = performance(overview.quality)
    solid = overview.reliability.solid / overview.reliability.instances if overview.reliability.instances else None
    return {
        "performance": None if measured is None else {"value": measured.value, "interval": list(measured.interval)},
        "solid": solid,
        "rows": overview.rows,
        "model_hash": overview.model_hash,
        "drivers": [_driver(driver) for driver in overview.drivers],
    }


def _driver(driver: Driver) -> dict[str, Any]:
    return {"id": driver.id, "rank": driver.rank, "share": driver.share, "interval": list(driver.interval)}
