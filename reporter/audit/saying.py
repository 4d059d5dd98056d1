"""Saying: a run in the last line of the command that ran it. No torch."""

from __future__ import annotations

from reporter.audit.layout import verdict
from reporter.audit.phrases import phrases
from reporter.audit.run import Outcome


def said(outcome: Outcome) -> str:
    """What it came to, and where its reports lie."""
    result = outcome.result
    say = phrases("en", result.zone)
    counts = [f"{count} {severity}" for severity, count in result.counts.items() if count]
    noticed = f" ({', '.join(counts)})" if counts else ""
    first = "It was complete before, and nothing was done. " if outcome.before else ""
    failed = (
        f" {len(result.failed)} items failed, first {result.failed[0].key}: {result.failed[0].problem}."
        if result.failed
        else ""
    )
    where = f" Wrote {', '.join(map(str, outcome.reports))}" if outcome.reports and not outcome.before else ""
    where = f" See {outcome.reports[0]}" if outcome.reports and outcome.before else where
    return f"{first}{result.audit}, {result.local:%Y-%m-%d %H:%M}: {verdict(say, result)}{noticed}.{failed}{where}"
