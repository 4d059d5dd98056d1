"""What an audit costs beside the bare model: `python -m benchmarks.audits.streaming [ROWS]`.

A network of 30 inputs is audited over 10,000 rows and over a million, each in a fresh process: peak memory of the one
as a ratio to the other, and rows per second of the whole run as a ratio to what forward and backward passes alone take
for the same rows, steps and threads. Exits 1 when memory grows by more than a fifth.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from pyarrow import parquet
from torch import nn

COLUMNS, HIDDEN, STEPS, BATCH = 30, 64, 16, 4096
FEW, MANY, GROUP = 10_000, 1_000_000, 50_000
LIMIT = 1.2


def network() -> nn.Module:
    """A network of 30 inputs and one logit, the same every time."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(COLUMNS, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 1)
    )


def prepare(folder: Path, rows: int) -> None:
    """A study, its reference, and an audit of that many rows."""
    model = network().eval()
    batch = {0: torch.export.Dim("batch", min=1)}
    torch.export.save(
        torch.export.export(model, (torch.zeros(2, COLUMNS),), dynamic_shapes=(batch,)), folder / "model.pt2"
    )
    generator = np.random.default_rng(0)
    names = [f"sensor_{i:02d}" for i in range(COLUMNS)]
    for name, count in (("usual", 2_000), ("tonight", rows)):
        writer = None
        for start in range(0, count, GROUP):
            values = generator.standard_normal((min(GROUP, count - start), COLUMNS))
            fault = np.where(values[:, 0] + generator.standard_normal(len(values)) > 0, "fault", "fine")
            table = pa.table({"state": fault, **dict(zip(names, values.T, strict=True))})
            writer = writer or parquet.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    (folder / "study.toml").write_text(
        f"""[model]
path = "model.pt2"
output = "logit"
classes = ["fine", "fault"]
[data]
path = "usual.parquet"
target = "state"
[settings]
n_steps = {STEPS}
"""
    )
    (folder / "audit.toml").write_text(
        """[studies.machines]
study = "."
data = "tonight.parquet"
instances = 4
[engine]
name = "serial"
[outputs]
formats = ["json"]
"""
    )


def audited(folder: Path) -> dict[str, float]:
    """Seconds and peak bytes of an audit in a process of its own."""
    code = (
        "import json, sys, time; from datetime import datetime, UTC\n"
        "from reporter.auditing.file import read_audit; from reporter.auditing.run import run_audit\n"
        "from reporter.auditing.measuring import peak_bytes\n"
        "import torch; torch.set_num_threads(1)\n"
        "begun = time.perf_counter(); outcome = run_audit(read_audit(sys.argv[1]), datetime(2026, 3, 1, tzinfo=UTC))\n"
        "assert outcome.result.state == 'complete', outcome.result.failed\n"
        "print(json.dumps({'seconds': time.perf_counter() - begun, 'peak': peak_bytes()}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def bare(rows: int) -> float:
    """Seconds of forward and backward passes alone, over as many points as the audit's attributions take."""
    torch.set_num_threads(1)
    model = network().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    points = torch.randn(BATCH, COLUMNS)
    begun, done = time.perf_counter(), 0
    while done < rows * STEPS:
        given = points.clone().requires_grad_()
        model(given).sum().backward()
        done += BATCH
    return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both ratios; 1 when memory grows beyond the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=MANY)
    many = parser.parse_args(arguments).rows
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for rows in (FEW, many):
            folder = Path(place) / str(rows)
            folder.mkdir()
            prepare(folder, rows)
            found[rows] = audited(folder)
    growth = found[many]["peak"] / found[FEW]["peak"]
    limit = bare(many)
    # What starts once, however many rows there are, is what the small run took.
    rate = limit / (found[many]["seconds"] - found[FEW]["seconds"]) * (many - FEW) / many
    print(f"peak memory, {many:,} rows : {FEW:,} rows      {growth:6.2f}  (limit {LIMIT})")
    print(f"rows per second : forward + backward alone   {rate:6.2f}")
    return int(growth > LIMIT)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
