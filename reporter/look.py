"""What a report looks like but for its templates: colours, typeface, logo, and the texts around it."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reporter.errors import OwnTemplateError, UnknownName
from reporter.templating import Templates, current

FILE_NAME = "look.toml"
READ = ("ink", "soft", "towards", "away")  # colours of what is read
CONTRAST = 4.5  # of what is read, against the paper: WCAG 2.2, 1.4.3
LARGEST_LOGO = 64_000  # bytes
WIDEST_LOGO = 4_000  # points a side
HEIGHTS = (0.5, 12.0)  # of a logo, in the size of the type
LONGEST = 2_000  # characters of a text
THEMES = ("on light paper", "in the dark")
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_FACE = re.compile(r"[\w][\w .+-]{0,60}")
_GENERIC = ("serif", "sans-serif", "monospace", "system-ui", "-apple-system", "ui-serif", "ui-sans-serif")
_UNSAFE_SVG = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)|<\s*(?:script|foreignObject)|(?:href|src)\s*=\s*[\"'](?!#|data:image/)", re.IGNORECASE
)

Pair = tuple[str, str]  # a colour on light paper, and in the dark


@dataclass(frozen=True)
class Look:
    """A look that can be drawn: every colour is there, and what is read can be read."""

    colours: Mapping[str, Pair]
    typeface: str  # as CSS writes a list of families
    logo: str  # a data: address; empty when there is none
    logo_alt: str
    logo_height: float
    texts: Mapping[str, Mapping[str, str]]  # header, footer, legal → language → text; "" is every language

    def said(self, what: str, language: str) -> str:
        """A text in one language; that for every language where it has none of its own."""
        texts = self.texts[what]
        return texts.get(language, texts.get("", ""))

    def quoted(self, what: str, language: str) -> Markup:
        """The same as a text of CSS; empty where there is none."""
        text = self.said(what, language)
        letters = (c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text)
        return Markup(f'"{"".join(letters)}"' if text else "")  # noqa: S704 - nothing but letters and escapes

    def light(self, name: str) -> str:
        """A colour as it is printed."""
        return self.colours[name][0]

    def tone(self, name: str) -> str:
        """The middle between a colour in light and in the dark, as "58,134,190": what ink of both reads on."""
        light, dark = (channels(each) for each in self.colours[name])
        return ",".join(str(round((a + b) / 2)) for a, b in zip(light, dark, strict=True))


def look() -> Look:
    """The look of the templates in use. Raises OwnTemplateError for one that cannot be drawn or read."""
    return look_of(current())


@lru_cache(maxsize=8)
def look_of(templates: Templates) -> Look:
    """The look of some templates: what came along, and over it a folder's look.toml."""
    came, data = Templates().toml(FILE_NAME), templates.toml(FILE_NAME)
    _known(data, came, "")
    colours = {name: _colour(name, data["colours"][name]) for name in came["colours"]}
    _check_contrast(colours)
    logo, alt, height = _logo(data["logo"], templates)
    return Look(
        colours=colours,
        typeface=_families([*_list(data, "typeface"), *_list(data, "fallback")]),
        logo=logo,
        logo_alt=alt,
        logo_height=height,
        texts={name: _texts(name, data[name]) for name in ("header", "footer", "legal")},
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21. WCAG 2.2, relative luminance."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#1f5f8b" or "#fff", 0 to 255."""
    digits = colour[1:]
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _refused(what: str, allowed: str, remedy: str = "") -> OwnTemplateError:
    return OwnTemplateError(f"{FILE_NAME}: {what}", allowed=allowed, remedy=remedy)


def _known(data: Mapping[str, Any], came: Mapping[str, Any], table: str) -> None:
    for key, value in data.items():
        if key not in came:
            raise UnknownName(f"setting of {FILE_NAME}", f"{table}{key}", [f"{table}{each}" for each in came])
        if isinstance(came[key], dict):
            if not isinstance(value, dict):
                raise _refused(f"{table}{key} = {value!r}", f"a table, [{key}]")
            _known(value, came[key], f"{key}.")


def _colour(name: str, given: Any) -> Pair:
    pair = [given, given] if isinstance(given, str) else given
    if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(c, str) and _HEX.fullmatch(c) for c in pair)):
        raise _refused(f"colours.{name} = {given!r}", 'a colour as "#1f5f8b", or two: on light paper, and in the dark')
    return pair[0].lower(), pair[1].lower()


def _check_contrast(colours: Mapping[str, Pair]) -> None:
    for name in READ:
        for colour, paper, theme in zip(colours[name], colours["paper"], THEMES, strict=True):
            ratio = contrast(colour, paper)
            if ratio < CONTRAST:
                raise _refused(
                    f"colours.{name} {colour} differs from the paper {paper} {theme} by only {ratio:.1f}:1",
                    f"{CONTRAST}:1 or more",
                    "make it darker on light paper, lighter in the dark, or give one for each",
                )


def _list(data: Mapping[str, Any], name: str) -> list[str]:
    given = data[name]
    families = [given] if isinstance(given, str) else given
    if not isinstance(families, list) or not all(
        isinstance(f, str) and (f in _GENERIC or _FACE.fullmatch(f)) for f in families
    ):
        raise _refused(f"{name} = {given!r}", 'names of typefaces, such as ["Georgia", "serif"]')
    return families


def _families(names: list[str]) -> str:
    return ",".join(name if name in _GENERIC or " " not in name else f'"{name}"' for name in dict.fromkeys(names))


def _texts(name: str, given: Any) -> dict[str, str]:
    texts = {"": given} if isinstance(given, str) else given
    if not isinstance(texts, dict) or not all(
        isinstance(text, str) and len(text) <= LONGEST for text in texts.values()
    ):
        raise _refused(
            f"{name} = {str(given)[:80]!r}", f"a text of up to {LONGEST} characters, or one for each language"
        )
    return texts


def _logo(given: Mapping[str, Any], templates: Templates) -> tuple[str, str, float]:
    """Its data: address, what it shows, its height."""
    name, alt, height = given["file"], given["alt"], given["height"]
    if not isinstance(height, (int, float)) or not HEIGHTS[0] <= height <= HEIGHTS[1]:
        raise _refused(f"logo.height = {height!r}", f"{HEIGHTS[0]:g} to {HEIGHTS[1]:g}")
    if not isinstance(name, str) or not isinstance(alt, str):
        raise _refused("logo.file and logo.alt are texts", 'file = "logo.svg", alt = "Example Hospital"')
    if not name or templates.folder is None:
        return "", "", float(height)
    if not alt.strip():
        raise _refused(
            "the logo has no alt", "what it shows, for whoever does not see it", 'set alt = "…" under [logo]'
        )
    content = _read(templates.folder, name)
    kind = "svg+xml" if _is_svg(content, name) else "png" if _is_png(content, name) else ""
    if not kind:
        raise _refused(f"logo {name}", "a PNG, or an SVG without scripts and addresses of other files")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}", alt, float(height)


def _read(folder: Path, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise _refused(f"there is no logo {name} in {folder}", "a file in the same folder")
    if path.stat().st_size > LARGEST_LOGO:
        raise _refused(f"the logo has {path.stat().st_size} bytes", f"{LARGEST_LOGO}: it is in every report")
    return path.read_bytes()


def _is_svg(content: bytes, name: str) -> bool:
    return name.lower().endswith(".svg") and b"<svg" in content and not _UNSAFE_SVG.search(content)


def _is_png(content: bytes, name: str) -> bool:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return False
    width, height = struct.unpack(">II", content[16:24])
    if not 0 < max(width, height) <= WIDEST_LOGO:
        raise _refused(f"the logo {name} has {width} × {height} points", f"{WIDEST_LOGO} a side")
    return True
