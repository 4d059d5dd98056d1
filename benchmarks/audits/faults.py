"""What an audit survives: `python -m benchmarks.audits.faults [--kills N]`.

    kills     the driver, or one of its workers, is killed (SIGKILL) at a random moment of a run. Nothing that was
              acknowledged may be lost, nothing may be there twice, and the next run must come to the same results
    full      no file may grow beyond a few kilobytes in the middle of a run: the site of the nights before stays
    readonly  the folder of the outputs cannot be written: the run fails in one line, the next one finishes it
    ray       forty items on Ray, one of whose workers is killed: forty results, those of the serial engine

Exits 1 when anything was lost, doubled, or different.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent.parent.parent / "samples"
SLOTS = tuple(datetime(2026, 3, day, 1, tzinfo=UTC) for day in (1, 2))
LONGEST = 300.0  # seconds of one run
# Says each key when it is committed: what was said is acknowledged.
DRIVER = """
import sys
from reporter.auditing import ledger
from reporter.cli import main
record = ledger.Ledger.record
def said(self, audit, slot, study, done):
    written = record(self, audit, slot, study, done)
    print("committed", done.item.key, flush=True)
    return written
ledger.Ledger.record = said
main(["audit", *sys.argv[1:]])
"""


@dataclass
class Tally:
    """What was counted over all faults of a kind."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


def prepare(folder: Path) -> None:
    """An audit of forty parts of a few rows each, beside some instances."""
    shutil.copytree(SAMPLES / "breast-cancer", folder / "study", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "audit.toml").write_text(
        """name = "faults"
[studies.breast-cancer]
study = "study"
chunk = 3
instances = 4
watch = ["41"]
[engine]
workers = 2
[outputs]
formats = ["html", "json"]
site = "site"
"""
    )


def started(folder: Path, slot: datetime, limit: int = 0) -> subprocess.Popen[str]:
    """A run in a process of its own; with a `limit`, no file it writes may grow beyond so many bytes."""

    def bounded() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder), "--slot", slot.isoformat()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=bounded if limit else None,  # noqa: PLW1509 - no threads here
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def ended(process: subprocess.Popen[str]) -> tuple[list[str], str, int]:
    """The keys that were acknowledged, what was said of errors, and the exit code."""
    try:
        said, errors = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        said, errors = process.communicate()
    keys = [line.removeprefix("committed ") for line in said.splitlines() if line.startswith("committed ")]
    return keys, errors, process.returncode


def stored(folder: Path, slot: datetime) -> list[tuple[str, str]]:
    """Key and result of every item in the ledger, what varies from run to run left out."""
    from reporter.auditing.ledger import Ledger

    with Ledger.open("ledger.sqlite", folder=folder) as ledger:
        found = list(ledger.each("faults", slot, "breast-cancer"))
    # Where the study lies, and how much memory a worker held, is another matter each time.
    aside = {"peak_bytes", "explanation"}
    kept = [
        (
            done.item.key,
            {
                name: value
                for name, value in (done.result or {}).items()
                if (name in ("described", "gauge") if done.item.key == "study" else name not in aside)
            },
        )
        for done in found
    ]
    return [(key, json.dumps(result, sort_keys=True)) for key, result in kept]


def children(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid:
            found.append(int(status.parent.name))
    return found + [each for child in found for each in children(child)]


def kills(count: int, seed: int) -> Tally:
    """Half of the kills hit the driver, half a worker."""
    tally, chance = Tally(), random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place) / "whole"
        whole.mkdir()
        prepare(whole)
        begun = time.monotonic()
        _, errors, code = ended(started(whole, SLOTS[0]))
        seconds = time.monotonic() - begun
        tally.check(code == 0, f"the undisturbed run ended with {code}: {errors[-300:]}")
        wanted = stored(whole, SLOTS[0])
        for number in range(2 * count):  # some moments are too early, or too late, to hit anything
            if tally.counts["drivers killed"] + tally.counts["workers killed"] == count:
                break
            folder = Path(place) / str(number)
            folder.mkdir()
            prepare(folder)
            _killed(folder, number % 2 == 0, chance.uniform(0.2, 1) * seconds, wanted, tally, chance)
            shutil.rmtree(folder)
    return tally


def _killed(
    folder: Path, driver: bool, after: float, wanted: list[tuple[str, str]], tally: Tally, chance: random.Random
) -> None:
    tally.runs += 1
    process = started(folder, SLOTS[0])
    time.sleep(after)
    victims = [process.pid] if driver else children(process.pid)
    if not victims or process.poll() is not None:
        tally.counts["too early or too late to hit anything"] += 1
    else:
        victim = chance.choice(victims)
        try:
            os.kill(victim, signal.SIGKILL)
            tally.counts["drivers killed" if driver else "workers killed"] += 1
        except ProcessLookupError:
            tally.counts["too early or too late to hit anything"] += 1
    said, errors, _ = ended(process)
    there = [key for key, _ in stored(folder, SLOTS[0])] if (folder / "ledger.sqlite").exists() else []
    tally.counts["results acknowledged before"] += len(said)
    tally.check(set(said) <= set(there), f"lost: {sorted(set(said) - set(there))}")
    tally.check(len(there) == len(set(there)), "a result is there twice")
    again, errors, code = ended(started(folder, SLOTS[0]))
    tally.check(code == 0, f"the next run ended with {code}: {errors[-300:]}")
    tally.check(not set(again) & set(said), f"done twice: {sorted(set(again) & set(said))}")
    found = stored(folder, SLOTS[0])
    other = sorted({key for key, _ in set(found) ^ set(wanted)})
    tally.check(found == wanted, f"the results are others than without the kill: {', '.join(other[:3])}")
    tally.counts["next runs that were complete"] += code == 0


def outputs() -> tuple[Tally, Tally]:
    """A disk that is full, and a folder that cannot be written, after a night that went well."""
    full, readonly = Tally(), Tally()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder)
        _, errors, code = ended(started(folder, SLOTS[0]))
        full.check(code == 0, f"the first night ended with {code}: {errors[-300:]}")
        before = _site(folder)
        for limit in (4_000, 20_000, 60_000, 200_000):
            _, errors, code = ended(started(folder, SLOTS[1], limit))
            full.runs += 1
            full.check(_site(folder) == before or code == 0, f"the site changed at a limit of {limit} bytes")
            full.check("Traceback" not in errors, errors[-300:])
            full.counts["stopped, in one line" if code == 2 else f"ended with {code}"] += 1
        _, errors, code = ended(started(folder, SLOTS[1]))
        full.check(code == 0, f"the night after ended with {code}: {errors[-300:]}")
        readonly.runs += 1
        kept = folder / "kept"
        before = _site(folder)
        (folder / "reports").rename(kept)
        (folder / "reports").write_text("a file, where a folder should be")
        third = datetime(2026, 3, 3, 1, tzinfo=UTC)
        _, errors, code = ended(started(folder, third))
        readonly.check(code == 2 and "Traceback" not in errors, f"a run without room for its reports ended with {code}")
        readonly.counts["stopped, in one line"] += code == 2
        readonly.check(_site(folder) == before, "the site changed")
        (folder / "reports").unlink()
        kept.rename(folder / "reports")
        again, errors, code = ended(started(folder, third))
        readonly.check(code == 0 and not again, f"the next run ended with {code} and did {len(again)} items again")
        readonly.counts["finished by the next run, with no item done again"] += code == 0 and not again
    return full, readonly


def _site(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "site").rglob("*") if path.is_file()}


def ray() -> Tally:
    """Forty items, a worker of which is killed when ten are done."""
    from reporter.plugins import ENGINES
    from reporter.work import Item, Job

    tally = Tally(runs=1)
    with tempfile.TemporaryDirectory() as folder:
        job = Job("tests.engines.toys:plain", {"folder": folder})  # workers leave their numbers there
        items = [Item(f"{number:02}", {"number": number, "pause": 0.2}) for number in range(40)]
        serial = {done.item.key: done.result for done in ENGINES.load("serial")().map(job, items)}
        for mark in Path(folder).iterdir():
            mark.unlink()
        found: dict[str, Any] = {}
        for done in ENGINES.load("ray")(workers=2).map(job, items):
            found[done.item.key] = done.result
            if len(found) == 10:
                os.kill(int(next(iter(sorted(Path(folder).iterdir()))).stem), signal.SIGKILL)
                tally.counts["workers killed"] += 1
    tally.check(len(found) == 40, f"{len(found)} results of 40")
    tally.check(found == serial, "the results are others than those of the serial engine")
    tally.counts["results of 40"] = len(found)
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was survived; 1 when something was not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    full, readonly = outputs()
    found = {"ray": ray(), "kills": kills(asked.kills, asked.seed), "disk full": full, "read-only": readonly}
    for name, tally in found.items():
        print(f"{name}: {tally.runs} runs; {', '.join(f'{count} {what}' for what, count in tally.counts.items())}")
        for wrong in dict.fromkeys(tally.wrong):
            print(f"  WRONG: {wrong}")
    return int(any(tally.wrong for tally in found.values()))


if __name__ == "__main__":
    sys.exit(main())
