"""What is put into the rows of a ledger, and read back from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Row

from reporter.auditing.ledger.rows import RunRow
from reporter.errors import LedgerError
from reporter.finding import SEVERITIES, Finding, worst
from reporter.storing import dumped, loaded
from reporter.work import Done, Item

VERSION = 1  # of a finding's form
LONGEST = 200  # letters of an item's key that an index takes as they are


@dataclass(frozen=True)
class StoredFinding:
    """A finding with the version of its form."""

    finding: Finding
    version: int = VERSION


def identity(key: str) -> str:
    """What stands for an item's key in an index, where neither long texts nor all letters may be."""
    plain = len(key) <= LONGEST and key == storable(key) and not key.startswith("sha256:")
    return key if plain else "sha256:" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def of_done(done: Done) -> str:
    """What became of an item, without its arguments. Raises LedgerError for a result that JSON cannot hold."""
    content = {
        "key": done.item.key,
        "result": None if done.result is None else dict(done.result),
        "problem": done.problem,
        "cause": done.cause,
        "seconds": done.seconds,
        "attempts": done.attempts,
    }
    try:
        return json.dumps(content)
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"the result of {done.item.key!r} cannot be stored: {error}"
        raise LedgerError(problem, allowed="what JSON can hold") from error


def read_done(text: str) -> Done:
    """Read it back; the item has its key alone."""
    content = json.loads(text)
    return Done(Item(content.pop("key")), **content)


def of_finding(finding: Finding) -> dict[str, Any]:
    """A finding, and beside it what those may ask for who look into the database themselves."""
    try:
        text = dumped(StoredFinding(finding))
    except ValueError as error:  # half a character, from a stranger's check
        raise LedgerError(f"the finding {finding.id!r} cannot be stored: {error}") from error
    return {"severity": finding.severity, "check_name": finding.check, "study": finding.study, "finding": text}


def read_finding(text: str) -> Finding:
    """Read it back. Raises ExplanationError when it is damaged or newer."""
    return loaded(StoredFinding, text.encode(), VERSION).finding


def of_outcome(findings: Sequence[Finding], reports: Sequence[str]) -> dict[str, Any]:
    """What the row of a run says of its findings and reports."""
    counts = {each: sum(finding.severity == each for finding in findings) for each in SEVERITIES}
    found = {each: count for each, count in counts.items() if count}
    return {"reports": json.dumps(list(reports)), "worst": worst(findings), "counts": json.dumps(found)}


def read_run(row: Row[Any]) -> RunRow:
    """The row of a run."""
    content = dict(row._mapping)  # noqa: SLF001  (public, in spite of its name)
    content["reports"] = tuple(json.loads(content["reports"]))
    content["counts"] = json.loads(content["counts"])
    return RunRow(**content)


def storable(text: str) -> str:
    """Text without what a database cannot hold: half characters, and the character 0."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
