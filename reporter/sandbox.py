"""Templates of strangers: they reach nothing but what they are given, come to an end, and their mistakes have a line.

A template of one's own is a small program. It runs in Jinja's immutable sandbox, narrowed: methods of our own objects
only where they read; loops, texts and what is put out are counted against a budget.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from jinja2 import FileSystemLoader, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from reporter.errors import OwnTemplateError, ReporterError, first_line

STEPS = 500_000  # turns of all loops, and calls of all macros, of one report
SECONDS = 5.0  # in loops
PAUSE = 0.5  # seconds between two turns of a loop from which on somebody else was at work
PUT_OUT = 20_000_000  # characters, those of a macro counted again wherever they pass
LONGEST = 1_000_000  # characters of one text, and members of one list
LARGEST_FILE = 1_000_000  # bytes of a template
NUMBER = 10_000  # the largest number a filter takes: a width, a count

# Our own objects, by module, that templates may call: they read, and write nothing.
READABLE = (
    "describing", "fact", "facts", "feature", "language", "look", "naming", "narrators.templated", "prediction",
    "reasons", "rounding", "situation", "words", "formats",
)  # fmt: skip
_JINJA = (Macro, BlockReference, LoopContext, Cycler, Joiner, Namespace)
_PLAIN = (str, int, float, bool, list, tuple, dict, set, frozenset, type(None))
_REFUSED = (
    "center",
    "filesizeformat",
    "format",
    "indent",
    "lipsum",
    "pprint",
    "random",
    "urlize",
    "wordwrap",
    "xmlattr",
)


class _Gathered(list[Any]):
    """A list that a template made, which it may add to; those of the report it may not."""


_SAFE = {
    str: {
        *("capitalize", "casefold", "count", "endswith", "find", "format", "index", "isalpha", "isdigit", "isupper"),
        *("islower", "isspace", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rfind", "rpartition"),
        *("rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper"),
    },
    _Gathered: {"append", "count", "index"},
    list: {"count", "index"},
    tuple: {"count", "index"},
    dict: {"get", "items", "keys", "values"},
}


class _Budget:
    """What one report may spend."""

    def __init__(self) -> None:
        self.steps = self.characters = 0
        self.seconds, self.last = 0.0, time.monotonic()


_SPENT: ContextVar[_Budget | None] = ContextVar("spent", default=None)


class Folder(FileSystemLoader):
    """Templates in a folder, and none outside it, whatever its links lead to."""

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, name, fresh = super().get_source(environment, template)
        path, root = Path(name), Path(self.searchpath[0]).resolve()
        if not path.resolve().is_relative_to(root) or path.stat().st_size > LARGEST_FILE:
            raise TemplateNotFound(template, f"{template} leads out of the folder or is too large")
        return source, name, fresh


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for templates that are not ours."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.finalize = self.counted
        self._fillers: WeakSet[Callable[..., str]] = WeakSet()  # what fills in a text, which is safe to call
        for name in _REFUSED:
            self.filters.pop(name, None)
        self.globals.pop("lipsum", None)
        self.filters = {name: _bounded(found) for name, found in self.filters.items()}
        self.filters.update(bounded=_measured, gathered=_Gathered)

    # What may be called

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if type(obj) is _Gathered and attr == "append":
            return True
        return super().is_safe_attribute(obj, attr, value) and not isinstance(value, Path) and attr != "templates"

    def is_safe_callable(self, obj: Any) -> bool:
        if not super().is_safe_callable(obj):
            return False
        owner = getattr(obj, "__self__", None)
        if isinstance(obj, _JINJA) or isinstance(owner, _JINJA) or getattr(obj, "__func__", None) is Sandbox.tick:
            return True
        if any(obj is each for each in self.globals.values()) or obj in self._fillers:
            return True
        for kind, names in _SAFE.items():
            if isinstance(owner, kind):
                return getattr(obj, "__name__", "") in names
        return _ours(owner if owner is not None and not isinstance(owner, type) else obj)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        frame = value.__self__
        if re.search(r":[^}]*\d{4}", frame):
            raise SecurityError("a text cannot be made that wide")
        fit = getattr(frame, "fitted", None)
        # Words of a language without spaces are spaced after they are filled in.
        filled = partial(_filled, frame) if fit else wrapped
        self._fillers.add(filled)
        return filled

    # What is counted

    def _generate(self, source: nodes.Template, *rest: Any, **more: Any) -> str:
        for loop in source.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
            tick = nodes.EnvironmentAttribute("tick")
            written = sum(len(part.data) for part in loop.find_all(nodes.TemplateData))
            step = nodes.ExprStmt(nodes.Call(tick, [nodes.Const(written)], [], None, None))
            loop.body.insert(0, step.set_lineno(loop.lineno, override=True))  # type: ignore[attr-defined]
        for given in source.find_all((nodes.Assign, nodes.Keyword)):
            name = "node" if isinstance(given, nodes.Assign) else "value"
            if isinstance(made := getattr(given, name), nodes.List):
                setattr(given, name, nodes.Filter(made, "gathered", [], [], None, None))
        for joined in list(source.find_all(nodes.Concat)):
            joined.nodes = [nodes.Filter(part, "bounded", [], [], None, None) for part in joined.nodes]
        source.set_environment(self)
        return super()._generate(source, *rest, **more)

    def tick(self, written: int) -> None:
        """One turn of a loop, or one call of a macro, with so many characters in it."""
        spent = _SPENT.get()
        if spent is None:
            return
        now = time.monotonic()
        pause = now - spent.last
        spent.seconds += pause if pause < PAUSE else 0.0
        spent.last = now
        spent.steps += 1
        _spend(written)
        if spent.steps > STEPS or spent.seconds > SECONDS:
            raise SecurityError("it does not come to an end")

    def counted(self, value: Any) -> Any:
        """A value that is put out, as it is."""
        _spend(len(value) if isinstance(value, str) else 8)
        return value

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        sizes = [len(each) for each in (left, right) if isinstance(each, (str, list, tuple))]
        numbers = [abs(each) for each in (left, right) if isinstance(each, (int, float))]
        if operator == "%" and isinstance(left, str):
            raise SecurityError("a text is filled in with .format")
        if operator == "**" and max(numbers, default=0) > 1_000:
            raise SecurityError("that power is too large")
        if operator == "*" and sizes and sizes[0] * max(numbers, default=0) > LONGEST:
            raise SecurityError("a text or a list becomes too long")
        if operator == "+" and sum(sizes) > LONGEST:
            raise SecurityError("a text or a list becomes too long")
        return super().call_binop(context, operator, left, right)


@contextmanager
def bounded(folder: Path, own: Path) -> Iterator[None]:
    """A budget for what happens within; a mistake in a template is told in one line.

    Raises OwnTemplateError with the template's name and line.
    """
    token = _SPENT.set(_Budget())
    try:
        yield
    except ReporterError:
        raise
    except Exception as error:
        where = _place(error, folder, own)
        if not where:
            raise
        raise OwnTemplateError(f"{where}: {_said(error)}", remedy=f"mend it in {folder}, or take it away") from error
    finally:
        _SPENT.reset(token)


def _place(error: BaseException, folder: Path, own: Path) -> str:
    """Where in the templates an error happened: "report/body.html.j2, line 3"; empty when it was not there."""
    if isinstance(error, TemplateSyntaxError):
        name = _relative(error.filename or "", folder, own) or error.name or "a template"
        return f"{name}, line {error.lineno}"
    found = mine = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if relative := _relative(name, folder, own):
            found = f"{relative}, line {trace.tb_lineno}"
            # One of ours that is included by one of theirs fails by what it was given.
            mine = found if Path(name).is_relative_to(folder) else mine
        trace = trace.tb_next
    return mine or found or ("a template" if isinstance(error, TemplateError) else "")


def _relative(name: str, folder: Path, own: Path) -> str:
    return next(
        (Path(name).relative_to(each).as_posix() for each in (folder, own) if Path(name).is_relative_to(each)), ""
    )


def _said(error: BaseException) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.message or error.name!r}"
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {first_line(error)}"
    return first_line(error)


def _ours(thing: Any) -> bool:
    """Whether something is an object of ours that only reads."""
    kind = thing if isinstance(thing, type) else type(thing)
    room = kind.__module__.removeprefix("reporter.")
    return kind.__module__.startswith("reporter.") and any(
        room == each or room.startswith(f"{each}.") for each in READABLE
    )


def _spend(characters: int) -> None:
    """So many characters are written."""
    spent = _SPENT.get()
    if spent is None:
        return
    spent.characters += characters
    if spent.characters > PUT_OUT:
        raise SecurityError(f"it writes more than {PUT_OUT // 1_000_000} million characters")


def _measured(value: Any) -> Any:
    if isinstance(value, str):
        _spend(len(value))
        if len(value) > LONGEST:
            raise SecurityError("a text becomes too long")
    return value


def _bounded(function: Any) -> Any:
    """The filter, refused what would make too much of it: large numbers, and texts that grow by texts."""
    from functools import wraps

    @wraps(function)
    def narrowed(*given: Any, **named: Any) -> Any:
        texts = 1
        for each in (*given, *named.values()):
            if isinstance(each, (int, float)) and not isinstance(each, bool) and abs(each) > NUMBER:
                if function.__name__ not in _ARITHMETIC:
                    raise SecurityError(f"a filter takes numbers up to {NUMBER}")
            elif isinstance(each, str):
                texts *= max(1, len(each))
        if function.__name__ in ("do_replace", "sync_do_join", "do_join") and texts > LONGEST * 100:
            raise SecurityError("a text becomes too long")
        return _measured(function(*given, **named))

    return narrowed


_ARITHMETIC = ("do_float", "do_int", "do_round", "abs", "soft_str", "str", "do_default", "do_string")


def _filled(frame: Any, *given: Any, **named: Any) -> str:
    text: str = frame.fitted(
        str.format(frame, *map(_told, given), **{name: _told(each) for name, each in named.items()})
    )
    return text


def _told(value: Any) -> Any:
    """What is filled in: plain values, or as text, so that a frame reaches no attribute."""
    return value if isinstance(value, _PLAIN) else str(value)
