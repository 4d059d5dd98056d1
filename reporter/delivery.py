"""Where reports go: the `-o` of the command line, checked before long work begins. No torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import OutputError, UsageError
from reporter.report import Report, format_for
from reporter.writing import write

STDOUT = "-"


@dataclass(frozen=True)
class Output:
    """One `-o`: a path, or a pattern with {id}, and the format its suffix stands for."""

    pattern: str
    format: str

    @property
    def many(self) -> bool:
        """Whether it names a file for each instance."""
        return "{id}" in self.pattern

    def path(self, instance: str) -> Path:
        """The file for one instance; what could leave the folder is taken out of the id."""
        return Path(self.pattern.replace("{id}", file_name(instance)))

    def deliver(self, report: Report) -> str:
        """Render and write; returns where to, as a person would say it."""
        content = report.render(self.format)
        if self.pattern == STDOUT:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return "standard output"
        path = self.path(report.explanation.instance)
        write(path, content)
        return str(path)


def outputs_from(given: Sequence[str], *, fragment: bool = False) -> tuple[Output, ...]:
    """The outputs asked for. Raises OutputError for a suffix nobody knows, UsageError for a fragment of a PDF."""
    found = tuple(_output(pattern, fragment=fragment) for pattern in given)
    repeated = [pattern for pattern in given if list(given).count(pattern) > 1]
    if repeated:
        raise UsageError(f"-o {repeated[0]} is given twice", remedy="name each output once")
    if fragment and not any(output.format == "fragment" for output in found):
        raise UsageError("--fragment needs an HTML output", remedy="add -o name.html")
    return found


def check(outputs: Sequence[Output], instances: Sequence[str]) -> None:
    """Refuse now what would fail after long work: no folder, no permission, one file for many instances."""
    for output in outputs:
        if output.pattern == STDOUT:
            if len(instances) > 1:
                raise UsageError(f"-o - takes one instance, not {len(instances)}", remedy="use -o 'out/{id}.json'")
            continue
        if len(instances) > 1 and not output.many:
            raise UsageError(
                f"-o {output.pattern} is one file for {len(instances)} instances",
                remedy=f"use -o '{_with_id(output.pattern)}'",
            )
        paths = [output.path(instance) for instance in instances]
        twice = next((path for path in paths if paths.count(path) > 1), None) if len(paths) <= 10_000 else None
        if twice is not None:
            raise UsageError(f"two instances would be written to {twice}", remedy="give them distinct ids")
        _check_folder(paths[0] if paths else Path(output.pattern))


def file_name(instance: str) -> str:
    """An id as a part of a file name: letters, digits, dot, dash and underscore; never a way out of the folder."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in instance)[:120].strip(".")
    return kept or "instance"


def _output(pattern: str, *, fragment: bool) -> Output:
    if pattern == STDOUT:
        return Output(pattern, "json")
    name = format_for(pattern)
    return Output(pattern, "fragment" if fragment and name == "page" else name)


def _with_id(pattern: str) -> str:
    path = Path(pattern)
    return str(path.with_name(f"{path.stem}-{{id}}{path.suffix}"))


def _check_folder(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise OutputError(f"cannot write {path}: the folder {folder} {kind}", remedy=f"mkdir -p {folder}")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder", remedy="name a file in it")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission in {folder}", remedy="choose a folder you may write to")
