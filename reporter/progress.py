"""Progress on long work: silent for the first second, then a bar on a terminal or a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is

PATIENCE = 1.0  # seconds before anything is shown
EVERY = 5.0  # seconds between lines where there is no terminal


def silent(stage: str, done: int, total: int) -> None:
    """Shows nothing: the default of the Python face."""


class Meter:
    """A `Progress` for the command line, on standard error; use it as a context."""

    def __init__(self) -> None:
        self._started = self._spoke = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._started < PATIENCE:
            return
        if self._terminal:
            self._draw(stage, done, total)
        elif now - self._spoke >= EVERY:
            self._spoke = now
            sys.stderr.write(f"{stage} {done}/{total}\n" if total > 1 else f"{stage} …\n")

    def _draw(self, stage: str, done: int, total: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(stage, total=None)
        self._bar.update(self._task, description=stage, completed=done, total=total if total > 1 else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
