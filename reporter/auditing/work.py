"""Work: what an engine is told to open; called by its name, in each worker."""

from __future__ import annotations

from typing import Any

from reporter.auditing.bench import opened_bench
from reporter.auditing.items import ABOUT
from reporter.auditing.measuring import Measuring, peak_bytes
from reporter.storing import plain
from reporter.work import Item, Result, Worker


def open_study(**arguments: Any) -> Worker:
    """A worker for one study: what it is called with is what `opened_bench` takes."""
    bench = opened_bench(**arguments)
    measuring = Measuring(bench)

    def work(item: Item) -> Result:
        kind, _, _ = item.key.partition("/")
        given = item.arguments
        if kind == ABOUT:
            found: dict[str, Any] = {"described": plain(bench.described), "gauge": bench.gauge.stored(), **given}
        elif kind == "rows":
            found = measuring.count(given["start"], given["stop"], given["picked"], given.get("into", ""))
        else:
            found = measuring.tell(given["row"], watched=kind == "watched")
        return {**found, "peak_bytes": peak_bytes()}

    return work
