"""What must be on the machine beside Python packages: how to tell that it is there, and the one line that remedies it.

Set-up, `reporter doctor` and the PDF format read the same table, so that they give the same advice.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import io
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reporter.errors import MissingDependency


@dataclass(frozen=True)
class Part:
    """A library or a font, and the packages that bring it."""

    name: str
    without: str  # what happens where it is absent
    required: bool  # without it a report in some format cannot be made at all
    debian: tuple[str, ...]
    fedora: tuple[str, ...]
    macos: tuple[str, ...]  # empty where macOS brings it
    libraries: tuple[tuple[str, int], ...] = ()  # (name, ABI version) of each shared library
    fonts: str = ""  # a fontconfig pattern that at least one family must match

    @property
    def present(self) -> bool:
        """Whether every library loads and some font matches; tried anew each time."""
        if any(shared_library(name, version) is None for name, version in self.libraries):
            return False
        return not self.fonts or bool(font_families(self.fonts))


PANGO = Part(
    "Pango",
    without="no PDF can be made",
    required=True,
    debian=("libpango-1.0-0", "libpangoft2-1.0-0"),
    fedora=("pango",),
    macos=("pango",),
    libraries=(("gobject-2.0", 0), ("pango-1.0", 0), ("pangoft2-1.0", 0), ("harfbuzz", 0), ("fontconfig", 1)),
)
HARFBUZZ_SUBSET = Part(
    "HarfBuzz subset",
    without="PDFs take more than twice as long",
    required=False,
    debian=("libharfbuzz-subset0",),
    fedora=("harfbuzz",),
    macos=("harfbuzz",),
    libraries=(("harfbuzz-subset", 0),),
)
LATIN_FACE = Part(
    "Inter",
    without="reports are set in whatever sans-serif face there is",
    required=False,
    debian=("fonts-inter",),
    fedora=("rsms-inter-fonts",),
    macos=("font-inter",),
    fonts=":family=Inter",
)
CJK_FACE = Part(
    "a Chinese face",
    without="Chinese text in a PDF shows as empty boxes",
    required=False,
    debian=("fonts-noto-cjk",),
    fedora=("google-noto-sans-cjk-fonts",),
    macos=(),
    fonts=":lang=zh-cn",
)
PARTS = (PANGO, HARFBUZZ_SUBSET, LATIN_FACE, CJK_FACE)


def missing(parts: Iterable[Part] = PARTS) -> list[Part]:
    """Those of `parts` that are not on this machine."""
    return [part for part in parts if not part.present]


def remedy(parts: Iterable[Part]) -> str:
    """What to type on Debian, Fedora and macOS to have all of `parts`, as one line."""
    wanted = list(parts)
    commands = {
        "Debian": ("apt install", [name for part in wanted for name in part.debian]),
        "Fedora": ("dnf install", [name for part in wanted for name in part.fedora]),
        "macOS": ("brew install", [name for part in wanted for name in part.macos]),
    }
    return "install " + ", ".join(
        f"on {platform} `{command} {' '.join(names)}`" for platform, (command, names) in commands.items() if names
    )


def weasyprint() -> Any:
    """The module WeasyPrint, imported without what it prints when a library is absent.

    Raises MissingDependency where it, or a library it needs, is not installed.
    """
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # It warns about HarfBuzz subset, which `reporter doctor` tells; a PDF can be made without.
        warnings.filterwarnings("ignore", "HarfBuzz-Subset", DeprecationWarning)
        try:
            import weasyprint
        except ModuleNotFoundError as error:
            raise MissingDependency(
                f"a PDF needs the package {error.name!r}, which is not installed", remedy=f"pip install {error.name}"
            ) from error
        except OSError as error:
            # cffi's message goes on with every name it tried; the first sentence names the library.
            reason = str(error).splitlines()[0].split(": ")[0]
            raise MissingDependency(f"a PDF needs Pango: {reason}", remedy=remedy([PANGO])) from error
    return weasyprint


def shared_library(name: str, version: int) -> ctypes.CDLL | None:
    """The library under the name it has on this platform, or None where it cannot be loaded."""
    if sys.platform == "win32":
        candidates = [f"lib{name}-{version}.dll"]
    elif sys.platform == "darwin":
        candidates = [f"lib{name}.{version}.dylib", ctypes.util.find_library(name)]
    else:
        candidates = [f"lib{name}.so.{version}"]
    for candidate in filter(None, candidates):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(candidate)
    return None


class _FontSet(ctypes.Structure):
    """fontconfig's FcFontSet: so many patterns, room for so many, and where they are."""

    _fields_ = (("count", ctypes.c_int), ("room", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p)))


def font_families(pattern: str = "") -> list[str]:
    """Families that fontconfig, and so a PDF, can be set in, sorted; a pattern such as `:lang=zh-cn` narrows them.

    Asked of the library and not of `fc-list`, which need not be installed where the library is.
    """
    library = shared_library("fontconfig", 1)
    if library is None:
        return []
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for function, result, arguments in (
        (library.FcNameParse, pointer, (text,)),
        (library.FcObjectSetCreate, pointer, ()),
        (library.FcObjectSetAdd, ctypes.c_int, (pointer, text)),
        (library.FcFontList, ctypes.POINTER(_FontSet), (pointer, pointer, pointer)),
        (library.FcPatternGetString, ctypes.c_int, (pointer, text, ctypes.c_int, ctypes.POINTER(text))),
        (library.FcFontSetDestroy, None, (ctypes.POINTER(_FontSet),)),
        (library.FcObjectSetDestroy, None, (pointer,)),
        (library.FcPatternDestroy, None, (pointer,)),
    ):
        function.restype, function.argtypes = result, arguments
    wanted, properties = library.FcNameParse(pattern.encode()), library.FcObjectSetCreate()
    library.FcObjectSetAdd(properties, b"family")
    listed = library.FcFontList(None, wanted, properties)
    families: set[str] = set()
    family = text()
    for index in range(listed.contents.count):
        if library.FcPatternGetString(listed.contents.fonts[index], b"family", 0, ctypes.byref(family)) == 0:
            families.add((family.value or b"").decode("utf-8", "replace"))
    library.FcFontSetDestroy(listed)
    library.FcObjectSetDestroy(properties)
    library.FcPatternDestroy(wanted)
    return sorted(families - {""})
