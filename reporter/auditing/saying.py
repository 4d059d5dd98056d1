"""Saying: a run in the last line of the command that ran it. No torch."""

from __future__ import annotations

from reporter.auditing.report.layout import verdict
from reporter.auditing.report.phrases import phrases
from reporter.auditing.run import Outcome


def said(outcome: Outcome) -> str:
    """What it came to, and where its reports lie."""
    result = outcome.result
    say = phrases("en", result.zone)
    counts = [f"{count} {severity}" for severity, count in result.counts.items() if count]
    noticed = f" ({', '.join(counts)})" if counts else ""
    first = "It was complete before, and nothing was done. " if outcome.before else ""
    when = f"{result.audit}, {result.local:%Y-%m-%d %H:%M}"
    return f"{first}{when}: {verdict(say, result)}{noticed}.{_failed(outcome)}{_where(outcome)}"


def _failed(outcome: Outcome) -> str:
    items = outcome.result.failed
    if not items:
        return ""
    one = items[0]
    count = f"{len(items)} items" if len(items) > 1 else "1 item"
    return f" {count} failed, first {one.key} of {one.study}: {one.problem.rstrip('.?')}."


def _where(outcome: Outcome) -> str:
    if not outcome.reports:
        return ""
    main, rest = outcome.reports[0], len(outcome.reports) - 1
    beside = f" and {rest} more beside it" if rest else ""
    return f" See {main}." if outcome.before else f" Wrote {main}{beside}."
