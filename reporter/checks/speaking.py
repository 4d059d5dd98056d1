"""How a check says what it noticed: findings with its own name, the worst few one by one, the rest counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reporter.check import Check
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity, worst
from reporter.words import Vocabulary, words_in

MOST = 5  # findings of one check in one study that are told one by one
Values = float | int | str | None


def noticed(
    check: Check,
    comparison: Comparison,
    kind: str,
    subject: str = "",
    *,
    severity: Severity | None = None,
    words: Vocabulary | None = None,
    instances: tuple[str, ...] = (),
    more: Mapping[str, Values] | None = None,
    **values: Values,
) -> Finding:
    """A finding of this check on tonight's study; of the check's severity unless it is of another by its nature."""
    return Finding(
        check=check.name,
        kind=kind,
        severity=severity or check.severity,
        study=comparison.after.study,
        subject=subject,
        values={**values, **(more or {})},
        words=dict(words or {}),
        instances=instances,
    )


def the_first(findings: Sequence[Finding], most: int = MOST) -> list[Finding]:
    """The findings, those that matter most first; where there are too many to read, the rest as one that counts them.

    The counting one, "and 37 more columns", is as severe as the worst it stands for.
    """
    if len(findings) <= most + 1:
        return list(findings)
    rest = findings[most:]
    severity = worst(rest) or rest[0].severity
    shown = tuple(dict.fromkeys(one for each in rest for one in each.instances))
    more = Finding(
        rest[0].check,
        "more",
        severity,
        rest[0].study,
        values={"count": len(rest), "all": len(findings)},
        instances=shown,
    )
    return [*findings[:most], more]


def named(key: str, identifier: str, vocabulary: Vocabulary) -> dict[str, Values]:
    """What a thing is called in every language there are words in: `key` its id, `key.en` its name in English."""
    names: dict[str, Values] = {key: identifier}
    for code in vocabulary:
        if name := words_in(vocabulary, code, identifier).name:
            names[f"{key}.{code}" if code else key] = name
    return names
