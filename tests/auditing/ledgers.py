"""What tests of the ledger put into it, and processes that work on one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow, ScheduleRow
from reporter.errors import ReporterError
from reporter.finding import Finding
from reporter.overview import Driver, Overview, Quality
from reporter.words import Words
from reporter.work import Done, Item

ROOT = Path(__file__).parents[2]
SLOT = datetime(2026, 11, 21, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def done(key: str = "rows:0", result: Mapping[str, Any] | None = None, problem: str = "") -> Done:
    """An item that succeeded, or failed where there is a problem."""
    if problem:
        return Done(Item(key), None, problem, "error", 0.5, 2)
    return Done(Item(key), {"rows": 3, "mean": 0.1, "names": ["ä", "年"]} if result is None else result, seconds=0.25)


def overview(study: str = "cells", slot: datetime = SLOT) -> Overview:
    words = {"en": Words("texture"), "zh": Words("纹理")}
    quality = Quality("classification", 569, 0.1, 0.3)
    return Overview(
        study, slot.isoformat(), rows=569, quality=quality, drivers=(Driver("t", 0.1, 0.01, 1, words=words),)
    )


def finding(kind: str = "rose", severity: Any = "warning", study: str = "cells") -> Finding:
    values: dict[str, float | int | str | None] = {
        "before": 0.1,
        "rows": 569,
        "whole": 1.0,
        "name": "年 ä\0",
        "none": None,
    }
    return Finding("shares", kind, severity, study, "t", values, {"en": Words("texture")}, ("41", "7"))


def schedule(audit: str = "nightly", at: str = "0 2 * * *", last: datetime | None = None) -> ScheduleRow:
    return ScheduleRow(audit, "/srv/audits/audit.toml", at, "Europe/Berlin", "latest", 168.0, SLOT, last)


def ended(ledger: Ledger, slot: datetime, state: Any = "complete", audit: str = "nightly") -> RunRow:
    """A run that has ended, with one result, one overview and one finding."""
    ledger.begin(audit, slot)
    ledger.record(audit, slot, "cells", done())
    ledger.finish(audit, slot, state, {"cells": overview(slot=slot)}, [finding()], 1.5, ["a.html"])
    run = ledger.run(audit, slot)
    assert run is not None
    return run


def started(place: str, task: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that does one of the tasks below on a ledger, and says so line by line."""
    command = [sys.executable, "-W", "error", "-m", "tests.auditing.ledgers", place, task, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    """Its next line, without the line break; empty when it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def hold(place: str) -> None:
    """Claim, and hold until the input ends."""
    with Ledger.open(place) as ledger, ledger.claimed("nightly"):
        _say("held")
        sys.stdin.read()


def work(place: str, name: str, items: str) -> None:
    """Go on with a run: every item that is not there yet, a line for each that was acknowledged; then end it."""
    with Ledger.open(place) as ledger, ledger.claimed("nightly"):
        ledger.begin("nightly", SLOT)
        there = ledger.results("nightly", SLOT, "cells")
        _say("begun")
        for number in range(int(items)):
            if str(number) not in there:
                ledger.record("nightly", SLOT, "cells", done(str(number), {"by": name}))
                _say(str(number))
        ledger.finish("nightly", SLOT, "complete", {"cells": overview()}, [finding()], 1.0)


def write(place: str, name: str, items: str) -> None:
    """Write without a claim, at the same time as others."""
    with Ledger.open(place) as ledger:
        _say("open")
        sys.stdin.readline()
        ledger.begin("nightly", SLOT)
        for number in range(int(items)):
            if ledger.record("nightly", SLOT, "cells", done(str(number), {"by": name})):
                _say(str(number))


def fill(place: str) -> None:
    """Write until it cannot be done any more."""
    with Ledger.open(place) as ledger:
        ledger.begin("nightly", SLOT)
        for number in range(100_000):
            ledger.record("nightly", SLOT, "cells", done(str(number), {"text": "x" * 5000}))
            _say(str(number))


def tell(place: str) -> None:
    """The items that are there."""
    with Ledger.open(place, create=False) as ledger:
        for key in ledger.results("nightly", SLOT, "cells"):
            _say(key)


def visit(place: str, elsewhere: str) -> None:
    """Open and begin, as a user who may do nothing but read; elsewhere first, while all modules can be read."""
    Ledger.open(elsewhere).close()
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    with Ledger.open(place) as ledger:
        ledger.begin("nightly", SLOT)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    place, task, *arguments = sys.argv[1:]
    try:
        {each.__name__: each for each in (hold, work, write, fill, tell, visit)}[task](place, *arguments)
    except ReporterError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
