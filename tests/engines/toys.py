"""Openers for engines to work with: each makes a worker that does what its items ask for, good or bad."""

from __future__ import annotations

import ctypes
import math
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reporter.errors import ModelError
from reporter.work import Item, Job, Result, Worker

HERE = "tests.engines.toys"


def job(opener: str = "plain", *, limit: float | None = None, threads: int = 1, **arguments: Any) -> Job:
    return Job(f"{HERE}:{opener}", arguments, item_seconds=limit, threads=threads)


def items(count: int, **arguments: Mapping[str, Any]) -> list[Item]:
    """Items "00", "01", …; those named by a keyword such as i03 do what it says."""
    return [Item(f"{i:02}", {"number": i, **arguments.get(f"i{i:02}", {})}) for i in range(count)]


def plain(folder: str = "") -> Worker:
    """A worker that computes something with digits to compare; it leaves its number in the folder."""
    if folder:
        Path(folder, f"{os.getpid()}.pid").touch()
    return _worked


def missing() -> Worker:
    raise ModelError("no such model: weights.pt2", remedy="train it")


def broken() -> Worker:
    raise ValueError("the\x1b[31m weights\nare torn")


def leaving() -> Worker:
    raise SystemExit(4)


def dying() -> Worker:
    os._exit(5)


def slow() -> Worker:
    time.sleep(600)
    return _worked


def once(folder: str) -> Worker:
    """The first worker that is opened dies of it, others do not."""
    try:
        Path(folder, "opened").touch(exist_ok=False)
    except FileExistsError:
        return plain(folder)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def reluctant(folder: str) -> Worker:
    """All but the first worker to be opened are refused."""
    try:
        Path(folder, "opened").touch(exist_ok=False)
    except FileExistsError:
        raise ModelError("no room for another model") from None
    return plain(folder)


def scoring(study: str) -> Worker:
    """The real model of a study, which scores a chunk of its rows."""
    import numpy as np
    import torch

    from reporter.loading import load_model
    from reporter.study import read_study

    read = read_study(study)
    model = load_model(read, device="cpu")
    rows = np.loadtxt(read.folder / str(read.data.path), delimiter=",", skiprows=1, usecols=range(2, 32))

    def scored(item: Item) -> Result:
        start, stop = item.arguments["rows"]
        with torch.no_grad():
            outputs = model.outputs((torch.as_tensor(rows[start:stop], dtype=torch.float32),))
        return {"outputs": outputs.double().tolist(), "threads": torch.get_num_threads()}

    return scored


def _worked(item: Item) -> Result:
    number = item.arguments["number"]
    for name in ("pause", "do"):
        found: Result | None = _DEEDS[name](item) if name in item.arguments else None
        if found is not None:
            return found
    return {"key": item.key, "sum": math.fsum(math.sin(number + i) for i in range(1000)), "pair": (number, "é\udc80")}


def _paused(item: Item) -> None:
    time.sleep(item.arguments["pause"])


def _done(item: Item) -> Any:
    return globals()[f"_{item.arguments['do']}"](item)


_DEEDS = {"pause": _paused, "do": _done}

# What an item can ask for


def _fail(item: Item) -> None:
    raise ValueError("row 3 is\nmissing")


def _refuse(item: Item) -> None:
    raise ModelError("the model returns NaN", remedy="look at its inputs")


def _leave(item: Item) -> None:
    sys.exit(7)


def _nan(item: Item) -> Result:
    return {"value": math.nan}


def _object(item: Item) -> Result:
    return {"value": object()}


def _list(item: Item) -> Any:
    return [1, 2]


def _hang(item: Item) -> None:
    time.sleep(600)


def _spin(item: Item) -> None:
    """Holds the interpreter: no other thread of the process runs until it ends, which is not in this world."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def _stubborn(item: Item) -> None:
    """Catches everything that can be caught, once."""
    try:
        time.sleep(600)
    except BaseException:  # noqa: BLE001
        time.sleep(600)


def _segfault(item: Item) -> None:
    ctypes.string_at(0)


def _exit(item: Item) -> None:
    os._exit(9)


def _kill(item: Item) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_once(item: Item) -> None:
    """As if somebody ended the worker from outside, at the first try."""
    mark = Path(item.arguments["folder"], f"{item.key}.tried")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def _hoard(item: Item) -> None:
    """Takes all the memory that it may have, which is little."""
    import resource

    former = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**29, former[1]))
    try:
        hoard = [bytearray(2**22) for _ in range(1000)]
        hoard.clear()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, former)


def _large(item: Item) -> Result:
    return {"key": item.key, "text": "0123456789abcdef" * (item.arguments["size"] // 16)}


def _noise(item: Item) -> None:
    """Everything that ends up on the terminal, from Python, from C and from what is started."""
    print("a line on standard output", flush=True)  # noqa: T201
    sys.stderr.write("a line on standard error\n")
    os.write(1, b"\x00\x00\x00\x00\x00\x00\x00\x05bytes")
    warnings.warn("a warning", UserWarning, stacklevel=1)
    subprocess.run(["echo", "from another program"], check=True)
    sys.stdin.read()


def _children(item: Item) -> None:
    """Starts a program that outlives everything, and tells its number; then hangs."""
    started = subprocess.Popen(["sleep", "600"])
    Path(item.arguments["folder"], f"{started.pid}.child").touch()
    if item.arguments.get("then") == "exit":
        os._exit(9)
    if item.arguments.get("then") != "return":
        time.sleep(600)


def _fork(item: Item) -> None:
    """A forked process holds all that this one holds, and stays when it is gone."""
    if os.fork() == 0:
        os.setsid()
        Path(item.arguments["folder"], f"{os.getpid()}.child").touch()
        time.sleep(600)
    time.sleep(0.3)
    os._exit(9)


def _describe(item: Item) -> Result:
    torch = sys.modules.get("torch")
    return {
        "omp": os.environ.get("OMP_NUM_THREADS"),
        "torch": torch.get_num_threads() if torch else None,
    }
