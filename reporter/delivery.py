"""Where reports go: the `-o` of the command line, checked before long work begins. No torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reporter.errors import OutputError, UsageError
from reporter.plugins import FORMATS
from reporter.report import Report, format_for
from reporter.writing import write

STDOUT = "-"
LONGEST = 120  # bytes of an id in a file name


@dataclass(frozen=True)
class Output:
    """One `-o`: a path, or a pattern with {id}, and the format its suffix stands for."""

    pattern: str
    format: str
    settings: Mapping[str, str] = field(default_factory=dict)  # the format's own

    @property
    def many(self) -> bool:
        """Whether it names a file for each instance."""
        return "{id}" in self.pattern

    def path(self, instance: str) -> Path:
        """The file for one instance; what could leave the folder is taken out of the id."""
        return Path(self.pattern.replace("{id}", file_name(instance)))

    def deliver(self, report: Report) -> str:
        """Render and write; returns where to, as a person would say it."""
        content = report.render(self.format, **self.settings)
        if self.pattern == STDOUT:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return "standard output"
        path = self.path(report.explanation.instance)
        write(path, content)
        return str(path)


def outputs_from(
    given: Sequence[str], *, fragment: bool = False, settings: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Output, ...]:
    """The outputs asked for, with the `settings` of their formats.

    Raises OutputError for a suffix nobody knows, UsageError for a fragment or a setting that no output can have, and
    UnknownName for a setting's value.
    """
    known = {name: chosen for name, chosen in (settings or {}).items() if chosen}
    found = tuple(_output(pattern, known, fragment=fragment) for pattern in given)
    repeated = [pattern for pattern in given if list(given).count(pattern) > 1]
    if repeated:
        raise UsageError(f"-o {repeated[0]} is given twice", remedy="name each output once")
    if fragment and not any(output.format == "fragment" for output in found):
        raise UsageError("--fragment needs an HTML output", remedy="add -o name.html")
    for name, chosen in known.items():
        if not any(output.format == name for output in found):
            asked = ", ".join(f"{setting} {value}" for setting, value in chosen.items())
            raise UsageError(f"{asked} is for {name}, and no output is one", remedy=f"add -o name.{name}")
        FORMATS.load(name)(**chosen)  # a mistake here is told before long work
    return found


def check(outputs: Sequence[Output], instances: Sequence[str]) -> None:
    """Refuse now what would fail after long work: no folder, no permission, one file for many instances."""
    files = [output for output in outputs if output.pattern != STDOUT]
    if len(files) < len(outputs) and len(instances) > 1:
        raise UsageError(f"-o - takes one instance, not {len(instances)}", remedy="use -o 'out/{id}.json'")
    taken: dict[Path, tuple[Output, int]] = {}
    for output in files:
        if len(instances) > 1 and not output.many:
            raise UsageError(
                f"-o {output.pattern} is one file for {len(instances)} instances",
                remedy=f"use -o '{_with_id(output.pattern)}'",
            )
        for number, instance in enumerate(instances):
            path = output.path(instance)
            other, before = taken.setdefault(path, (output, number))
            if before != number:
                raise UsageError(f"two instances would be written to {path}", remedy="give them distinct ids")
            if other is not output:
                raise UsageError(f"-o {other.pattern} and -o {output.pattern} are one file", remedy="name another")
    paths = list(taken) if instances else [Path(output.pattern) for output in files]
    for path in {path.parent: path for path in reversed(paths)}.values():
        _check_folder(path)


def file_name(instance: str) -> str:
    """An id as a part of a file name: letters, digits, dot, dash and underscore; never a way out of the folder."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in instance)
    # A file system counts bytes; the suffix and what stands before {id} need room too.
    return kept.encode("utf-8", "ignore")[:LONGEST].decode("utf-8", "ignore").strip(".") or "instance"


def _output(pattern: str, settings: Mapping[str, Mapping[str, str]], *, fragment: bool) -> Output:
    if pattern == STDOUT:
        return Output(pattern, "json")
    name = format_for(pattern)
    name = "fragment" if fragment and name == "page" else name
    return Output(pattern, name, settings.get(name, {}))


def _with_id(pattern: str) -> str:
    path = Path(pattern)
    return str(path.with_name(f"{path.stem}-{{id}}{path.suffix}"))


def _check_folder(path: Path) -> None:
    folder = path.parent
    try:
        if not folder.is_dir() and folder.exists():
            raise OutputError(f"cannot write {path}: {folder} is a file, not a folder", remedy="choose another name")
        if not folder.is_dir():
            raise OutputError(f"cannot write {path}: the folder {folder} does not exist", remedy=f"mkdir -p {folder}")
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder", remedy="name a file in it")
        allowed = os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
        reason = "" if allowed else f"no permission in {folder}"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise OutputError(f"cannot write {path}: {reason}", remedy="choose a folder you may write to")
