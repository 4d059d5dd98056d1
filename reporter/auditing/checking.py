"""Checking: every check of an audit asked about tonight. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from math import inf

from reporter.auditing.file import Audit, settings_of
from reporter.check import Check
from reporter.comparison import Comparison
from reporter.errors import AuditError
from reporter.finding import Finding
from reporter.plugins import CHECKS


def checks_of(audit: Audit) -> tuple[Check, ...]:
    """The checks that are on, with the settings of the audit file. Raises AuditError for a value they cannot have."""
    return tuple(_checks(audit))


def _checks(audit: Audit) -> Iterator[Check]:
    for name in CHECKS.names():
        asked = audit.checks.get(name)
        if asked is not None and not asked.on:
            continue
        kind = CHECKS.load(name)
        settings = dict(settings_of(kind, asked)) if asked is not None else {}
        if asked is not None and asked.severity is not None:
            settings["severity"] = asked.severity
        for key, value in settings.items():
            default = next((each.default for each in fields(kind) if each.name == key), None)
            number = isinstance(default, (int, float)) and not isinstance(default, bool)
            kinds = int if isinstance(default, int) else (int, float)
            fits = isinstance(value, kinds) if number else default is None or isinstance(value, type(default))
            if not fits or (number and isinstance(value, bool)):
                raise AuditError(f"checks.{name}.{key} = {value!r}", allowed=f"a value such as {default!r}")
            if number and not (0 < value < 1 if key == "alpha" else 0 <= value < inf):
                allowed = "a chance between 0 and 1" if key == "alpha" else "a number from 0"
                raise AuditError(f"checks.{name}.{key} = {value!r}", allowed=f"{allowed}, such as {default!r}")
        yield kind(**settings)


def findings_of(checks: tuple[Check, ...], comparison: Comparison) -> tuple[Finding, ...]:
    """What the checks have to say of one study, in their order."""
    return tuple(
        replace(finding, study=comparison.after.study) for check in checks for finding in check.compare(comparison)
    )
