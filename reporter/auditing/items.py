"""Items: into what a night's work on a study is cut. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reporter.work import Item

OPENS = "reporter.auditing.work:open_study"
ABOUT = "study"
WATCHED = 4  # of the study's own data, where the audit names none


def row_items(rows: int, chunk: int, attributed: int | str, into: str = "") -> Iterator[Item]:
    """The rows of a night in parts; of `attributed` rows, evenly spread, it is said what drives them."""
    count = rows if attributed == "all" else min(rows, int(attributed))
    picked = (np.arange(count) * rows) // max(count, 1)
    for start in range(0, rows, chunk):
        stop = min(start + chunk, rows)
        own = None if count == rows else picked[(picked >= start) & (picked < stop)].tolist()
        yield Item(f"rows/{start:012d}", {"start": start, "stop": stop, "picked": own, "into": into})


def instance_items(rows: int, count: int, seed: Sequence[int]) -> Iterator[Item]:
    """Some of tonight's rows, drawn anew each night, to be explained one by one."""
    drawn = np.random.default_rng(list(seed)).choice(rows, size=min(rows, count), replace=False)
    for row in sorted(drawn.tolist()):
        yield Item(f"instance/{row:012d}", {"row": row})


def watched_items(labels: Sequence[str], watch: Sequence[str]) -> Iterator[Item]:
    """The instances of the study's own data whose reports are compared night by night. Raises ValueError."""
    rows = [labels.index(each) for each in watch]
    if not watch:
        rows = np.unique(np.linspace(0, len(labels) - 1, min(WATCHED, len(labels))).round().astype(int)).tolist()
    for row in rows:
        yield Item(f"watched/{labels[row]}", {"row": row})
