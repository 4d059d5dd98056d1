"""Everything that can go wrong on purpose.

    ReporterError                 exit 2
    ├── UsageError                what was asked for does not exist or does not fit together
    │   └── UnknownName           no plug-in, row, column or class of that name
    ├── StudyError                the study file
    ├── DataError                 rows, columns, files of data
    ├── ModelError                loading a model, or what it returns
    │   └── NotTrusted            would run code that lies beside the model; needs --trust
    ├── AttributionError          no method could explain this instance
    ├── ExplanationError          a stored explanation that cannot be read
    ├── OutputError               a report that cannot be written
    ├── OwnTemplateError          a template or a look of one's own that cannot be used
    ├── AuditError                the audit file, or a run that cannot be begun
    ├── LedgerError               a ledger that cannot be opened, is none, is damaged or of a newer version
    │   └── Locked                exit 11: another run of the same audit is at work
    ├── PartialRun                exit 3: some items failed; what could be done is done
    ├── MissingDependency         an optional part or a system library is absent
    └── DemandNotMet              exit 1: `--require`, `verify`: all worked, the answer is no

A message is one line and says three things: what was given, what is allowed, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any


class ReporterError(Exception):
    """Root of all errors raised on purpose; `str()` is one line fit for a terminal."""

    exit_code = 2

    def __init__(self, problem: str, *, allowed: str = "", remedy: str = "") -> None:
        self.problem, self.allowed, self.remedy = problem, allowed, remedy
        parts = [_one_line(part).rstrip(".;") for part in (problem, allowed, remedy)]
        super().__init__("; ".join(part for part in parts if part))

    def __reduce__(self) -> tuple[Callable[..., ReporterError], tuple[Any, ...]]:
        # Errors cross between processes; pickling calls the class with `args`, which not every class here takes.
        return _again, (type(self), str(self), self.__dict__)


def _again(kind: type[ReporterError], line: str, state: dict[str, Any]) -> ReporterError:
    error = kind.__new__(kind, line)
    Exception.__init__(error, line)
    error.__dict__.update(state)
    return error


class UsageError(ReporterError):
    """What was asked for does not exist or does not fit together."""


class UnknownName(UsageError):
    """A name that is not among those known; suggests the nearest one."""

    def __init__(self, kind: str, given: str, known: Iterable[str], *, remedy: str = "") -> None:
        names = list(known)
        near = nearest(given, names)
        super().__init__(
            f"no {kind} called {given!r}",
            allowed=f"did you mean {near!r}?" if near else f"known: {listing(names)}",
            remedy=remedy,
        )


class StudyError(ReporterError):
    """The study file is missing, is not TOML, or says something that cannot be."""


class DataError(ReporterError):
    """Rows, columns or files of data that are missing, of the wrong shape or not finite."""


class ModelError(ReporterError):
    """A model that cannot be loaded, or whose outputs cannot be explained as asked."""


class NotTrusted(ModelError):
    """Loading would run code that lies beside the study or the model."""


class AttributionError(ReporterError):
    """No attribution method could explain this instance."""


class ExplanationError(ReporterError):
    """A stored explanation that is not one, is damaged, or comes from a newer version."""


class OutputError(ReporterError):
    """A report that cannot be written where it was asked for."""


class OwnTemplateError(ReporterError):
    """A template or a look of one's own that cannot be used; the message begins with its file, and line where known."""


class AuditError(ReporterError):
    """The audit file is missing or says something that cannot be, or a run cannot be begun."""


class LedgerError(ReporterError):
    """A ledger that cannot be opened, is none of ours, is damaged, or was written by a newer version."""


class Locked(LedgerError):
    """Another run of the same audit is at work; nothing was done."""

    exit_code = 11


class PartialRun(ReporterError):
    """Some items of an audit failed; all others are done and stored."""

    exit_code = 3


class MissingDependency(ReporterError):
    """An optional part or a system library is absent; the message says how to install it."""


class DemandNotMet(ReporterError):
    """Everything worked and the answer is no: `--require`, or a text that does not hold."""

    exit_code = 1


def _one_line(text: str) -> str:
    """No line breaks, and nothing that a terminal would obey: names come from strangers' files."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known name most like `given`, or None when none is close."""
    names = {name.lower().replace("_", "-"): name for name in known}
    found = difflib.get_close_matches(given.lower().replace("_", "-"), list(names), n=1, cutoff=0.6)
    return names[found[0]] if found else None


def listing(names: Iterable[str], most: int = 12) -> str:
    """Names as a short comma list that ends with how many were left out."""
    all_names = list(names)
    shown = ", ".join(all_names[:most]) or "none"
    rest = len(all_names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def first_line(error: BaseException) -> str:
    """What a foreign error says first, kept short; its class when it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def says_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, in the words of any device."""
    text = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError) or any(sign in text for sign in signs)
