"""One decision of each sample explained by its real model, computed once for a whole run of the tests."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

from reporter.explanation import Explanation

SAMPLES = Path(__file__).parent.parent / "samples"
# The same decisions as `make report` explains.
IDS = {
    "breast-cancer": "41",
    "diabetes": "327",
    "digits": "1428",
    "tickets": "152",
    "heartbeats": "0057",
    "splice": "0108",
}


def explained(name: str, folder: Path) -> Explanation:
    """The sample's decision, from `folder` where a worker has put it there before."""
    path = folder / f"{name}.json"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            _compute(name).to_json(path)
    return Explanation.from_json(path)


def _compute(name: str) -> Explanation:
    from reporter.pipeline import explain_selection
    from reporter.selection import select

    (found,) = explain_selection(select(os.path.relpath(SAMPLES / name), ids=[IDS[name]]), trust=name == "digits")
    return found
