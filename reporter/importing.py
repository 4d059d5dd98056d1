"""Import paths `module:object`: found before they are imported, so that code which was not installed needs trust.

What is installed is not therefore harmless: `os:system` is installed too, and a study says what it is called with. So
without trust an object is only handed out if it is known to be a model and nothing more.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import site
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from reporter.errors import ModelError, NotTrusted, nearest

_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_PATH = re.compile(f"({_DOTTED}):({_DOTTED})", re.ASCII)


def imported(given: str, folder: Path, trust: bool, harmless: Callable[[Any], bool]) -> Any:
    """The object at `module:object`; a module that is not installed is looked for beside the study.

    Raises NotTrusted for code beside the study or in the current folder and for objects that are not `harmless`,
    ModelError when there is no such object.
    """
    if _PATH.fullmatch(given) is None:
        raise ModelError(f"{given!r} is not an import path", allowed="module:object")
    name, _, attribute = given.partition(":")
    beside = _beside(name, folder)
    if not trust and beside is None:
        _check_words(given)
    module = _from_beside(name, beside, given, trust) if beside else _installed(name, folder, given, trust)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = nearest(part, [each for each in dir(found) if not each.startswith("_")])
            raise ModelError(
                f"{name} has no {part!r}",
                allowed=f"did you mean {name}:{near}?" if near else "",
                remedy="check the path",
            )
        found = getattr(found, part)
    if not trust and not harmless(found):
        _refuse(given, "installed code that is no model, with what the study says")
    return found


def _check_words(given: str) -> None:
    """Python's own library has no models, but programs that start when they are imported; so has `__main__`."""
    if given.partition(".")[0].partition(":")[0] in sys.stdlib_module_names:
        _refuse(given, "code of Python's own library")
    if any(part.startswith("_") for part in re.split("[.:]", given)):
        _refuse(given, "code that is not meant to be called from outside")


def _installed(name: str, folder: Path, given: str, trust: bool) -> Any:
    top = name.partition(".")[0]
    try:
        # Only the first part is looked for: finding "a.b" would import, and so run, "a".
        spec = importlib.util.find_spec(top)
    except ValueError:
        spec = None  # a module without a spec, such as __main__
    if spec is None:
        raise ModelError(
            f"no module called {top!r}, for {given}", allowed="what is installed, or lies beside the study"
        )
    places = [
        Path(place).resolve() for place in [spec.origin, *(spec.submodule_search_locations or ())] if _is_file(place)
    ]
    if not trust and any(_needs_trust(place, folder) for place in places):
        _refuse(given, f"the code in {places[0]}")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(f"cannot import {name}, for {given}: {error}", remedy="install what is missing") from error
    except Exception as error:
        raise ModelError(f"{name} fails when it is imported: {type(error).__name__}: {error}") from error


def _is_file(place: str | None) -> bool:
    return place is not None and place not in ("built-in", "frozen", "namespace")


def _needs_trust(place: Path, folder: Path) -> bool:
    paths = sysconfig.get_paths()
    homes = [paths[key] for key in ("purelib", "platlib", "stdlib", "platstdlib")]
    homes += [*site.getsitepackages(), site.getusersitepackages()]
    if any(place.is_relative_to(Path(home).resolve()) for home in homes):
        return False
    return any(place.is_relative_to(near.resolve()) for near in (folder, Path.cwd()))


def _beside(name: str, folder: Path) -> Path | None:
    """The file of a module that lies beside the study and is not installed elsewhere under that name."""
    path = folder.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _from_beside(name: str, file: Path, given: str, trust: bool) -> Any:
    if not trust:
        _refuse(given, f"the code in {file}")
    # A name of its own, so that two studies may each have a model.py.
    own = f"reporter_study_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]}_{name.replace('.', '_')}"
    if own in sys.modules:
        return sys.modules[own]
    spec = importlib.util.spec_from_file_location(own, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[own]
        if isinstance(error, Exception):
            raise ModelError(f"{file} fails when it is imported: {type(error).__name__}: {error}") from error
        raise
    finally:
        sys.path.remove(str(file.parent))
    return module


def _refuse(given: str, what: str) -> NoReturn:
    raise NotTrusted(
        f"{given} would run {what}",
        remedy="read it, then add --trust; or export the model as .pt2, which needs none",
    )
