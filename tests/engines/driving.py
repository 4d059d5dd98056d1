"""A driver to be interrupted: works on items in a process of its own, and says which have ended.

python -m tests.engines.driving '{"engine": "processes", "job": {…}, "items": {"count": 4, …}}'
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reporter.plugins import ENGINES
from tests.engines.toys import items, job

ROOT = Path(__file__).parent.parent.parent


def drive(said: dict[str, Any]) -> None:
    engine = ENGINES.load(said["engine"])(**said.get("settings", {}))
    for done in engine.map(job(**said["job"]), items(**said["items"])):
        sys.stdout.write(json.dumps({"key": done.item.key, "result": done.result, "cause": done.cause}) + "\n")
        sys.stdout.flush()


@contextmanager
def driver(folder: Path, variables: Mapping[str, str] | None = None, /, **said: Any) -> Iterator[subprocess.Popen[str]]:
    """A driver at work in a process group of its own, with a home and a place for temporary files in the folder."""
    (folder / "home").mkdir(exist_ok=True)
    short = Path(tempfile.mkdtemp(dir="/tmp"))  # with sockets in it, whose names may not be long
    (folder / "t").unlink(missing_ok=True)
    (folder / "t").symlink_to(short)
    environment = {name: each for name, each in os.environ.items() if not name.startswith("RAY_")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engines.driving", json.dumps(said)],
        cwd=ROOT,
        env={
            **environment,
            "HOME": str(folder / "home"),
            "TMPDIR": str(short),
            "MARK": str(folder),
            **(variables or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            shutil.rmtree(short, ignore_errors=True)


if __name__ == "__main__":
    drive(json.loads(sys.argv[1]))
