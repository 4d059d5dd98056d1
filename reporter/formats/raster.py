"""The figure of a picture: as it was given, and beside it the map of its attributions."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from reporter.errors import ExplanationError, first_line
from reporter.facts import Facts, FeatureFacts
from reporter.formats.figure import Figure
from reporter.formats.wording import Wording
from reporter.heatmap import Area, Raster
from reporter.look import channels, look
from reporter.picture import png
from reporter.templating import report_environment

NAMED = 3  # regions that are numbered in the map
OUTLINED = 16  # more regions than this are not outlined
LARGEST = 1024  # points a side of a picture that is read back
SHARP = 480  # points a side of the map of a small picture, so that its hatching is fine
SMOOTH = 32  # cells a side from which they are drawn running into one another
COLOURS = 64  # of the map
LONG = 2.2  # times as wide as high: such pictures stand one below the other
TALLEST = 22.0  # height of a picture in its type size
LINE = 3  # points of a border where a side has as many as are sharp
INK = (27, 33, 38)  # of borders
STRIPE = 8  # points from one line of the hatching to the next
OPAQUE, PALE = 0.95, 0.25  # of the colour at full strength: filled, and between the lines of a hatching
NEUTRAL = (0.86, 0.99)  # lightness of black and white in the map: any picture leaves room for colour
UNSURE = (0.45, 0.0, 0.0)  # in OKLab, of what has no side

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def drawn(heat: Raster, facts: Facts, wording: Wording) -> Figure:
    """Both pictures as data, regions outlined, the strongest numbered as they are ranked.

    An unreliable explanation is drawn without colours, and no region is named. Raises ExplanationError for a picture
    that cannot be read back.
    """
    picture, values = _opened(heat), _values(heat)
    unsure = "unreliable" in facts.situations
    sided = not wording.strength
    top = tuple(
        f for f in facts.features[:NAMED] if not f.small and (f.direction != "none" or not sided) and not unsure
    )
    told = _Told(facts, wording, top, unsure)
    template = report_environment().get_template("report/raster.html.j2")
    html = template.render(
        look=look(),
        original=heat.picture,
        map=png(
            _bordered(
                overlay(picture, values if sided else np.abs(values), heat.scale, coloured=sided and not unsure),
                heat,
                {f.id for f in top},
            ),
            COLOURS,
        ),
        size=picture.size,
        told=told,
        full=told.full(heat),
        boxes=_boxes(heat, {f.id: f.rank for f in top}),
        stacked=picture.width >= LONG * picture.height,
        widest=round(TALLEST * picture.width / picture.height, 2),
    )
    return Figure("raster", Markup(html), told.caption, told.alt, told.strongest)  # noqa: S704 - the template escapes


# Reading


def _opened(heat: Raster) -> Image.Image:
    try:
        data = base64.b64decode(heat.picture, validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            fits = max(image.size) <= LARGEST
            found = image.convert("RGB") if fits else image
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ExplanationError(f"the stored picture is damaged: {first_line(error)}", remedy="explain again") from error
    if not fits:
        raise ExplanationError(f"the stored picture has {found.size} points", allowed=f"{LARGEST} a side")
    return found


def _values(heat: Raster) -> Numbers:
    if len(heat.values) != heat.width * heat.height or not heat.values:
        raise ExplanationError(
            f"{len(heat.values)} values for a map of {heat.width} × {heat.height} cells", remedy="explain again"
        )
    return np.array(heat.values, dtype=np.float64).reshape(heat.height, heat.width)


# Drawing


def overlay(picture: Image.Image, values: Numbers, scale: float, *, coloured: bool = True) -> Image.Image:
    """The map: a pale grey picture, blue where the score was moved towards the target, hatched in orange where away.

    Strength is blended in OKLab, where equal steps look equal, up to `scale`.
    """
    factor = max(1, SHARP // max(picture.size)) if max(values.shape) < SMOOTH else 1
    size = (picture.width * factor, picture.height * factor)
    grey = np.asarray(picture.convert("L").resize(size, Image.Resampling.NEAREST), dtype=np.float64) / 255
    base = np.zeros((*grey.shape, 3))
    base[..., 0] = NEUTRAL[0] + (NEUTRAL[1] - NEUTRAL[0]) * grey
    strength = np.clip(_spread(values / scale, size) if scale else np.zeros(grey.shape), -1, 1)
    lines = (np.add.outer(np.arange(size[1]), np.arange(size[0])) % STRIPE) < STRIPE / 2
    opacity = np.abs(strength) * np.where((strength < 0) & ~lines, PALE, OPAQUE)
    sides = [_lab(look().light(side)) for side in ("towards", "away")]
    towards, away = sides if coloured else (UNSURE, UNSURE)
    end = np.where((strength > 0)[..., None], np.array(towards), np.array(away))
    found = base + opacity[..., None] * (end - base)
    return Image.fromarray(np.round(_srgb(found) * 255).astype(np.uint8))


def _spread(values: Numbers, size: tuple[int, int]) -> Numbers:
    """Cells over points; many cells run into one another, few keep their edges."""
    way = Image.Resampling.BILINEAR if max(values.shape) >= SMOOTH else Image.Resampling.NEAREST
    plane = Image.fromarray(np.clip(values, -1, 1).astype(np.float32))
    return np.asarray(plane.resize(size, way), dtype=np.float64)


# OKLab and sRGB: Ottosson, A perceptual color space for image processing (2020).
_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def _lab(colour: str) -> Numbers:
    """A colour as "#1f5f8b" in OKLab."""
    shown = np.array(channels(colour)) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.linalg.inv(_TO_LMS) @ np.cbrt(np.linalg.inv(_TO_RGB) @ linear))


def _srgb(lab: Numbers) -> Numbers:
    """OKLab → sRGB, 0 to 1."""
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def _pieces(heat: Raster) -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = {}
    for area in heat.areas:
        found.setdefault(area.feature, []).append(area)
    return found


def _bordered(image: Image.Image, heat: Raster, names: set[str]) -> Image.Image:
    """The map with the borders of the named regions that are no rectangles."""
    array = np.asarray(image).copy()
    height, width = array.shape[:2]
    for name, parts in _pieces(heat).items():
        if name not in names or len(parts) == 1:
            continue
        inside = np.zeros((height + 2, width + 2), dtype=bool)
        for part in parts:
            left, top, right, bottom = _edges(part)
            rows = slice(1 + round(top * height), 1 + round(bottom * height))
            inside[rows, 1 + round(left * width) : 1 + round(right * width)] = True
        inner = inside.copy()
        for _ in range(max(1, max(height, width) * LINE // SHARP)):
            inner[1:-1, 1:-1] &= inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
        array[(inside & ~inner)[1:-1, 1:-1]] = INK
    return Image.fromarray(array)


def _boxes(heat: Raster, ranks: dict[str, int]) -> list[tuple[str, int, bool]]:
    """Style, rank (0 for none) and whether it is drawn, of every outline: of rectangles where they are few or ranked.

    A region in several pieces has its rank in the largest, and its border in the map itself.
    """
    pieces = _pieces(heat)
    few = len(pieces) <= OUTLINED
    found = [
        (_style(max(parts, key=_extent)), ranks.get(name, 0), len(parts) == 1)
        for name, parts in pieces.items()
        if name in ranks or (few and len(parts) == 1)
    ]
    return sorted(found, key=lambda box: (box[1] > 0, -box[1]))  # the first lies on top


def _edges(area: Area) -> list[float]:
    return [min(max(each, 0.0), 1.0) for each in (area.left, area.top, area.right, area.bottom)]


def _extent(area: Area) -> float:
    return (area.right - area.left) * (area.bottom - area.top)


def _style(area: Area) -> str:
    left, top, right, bottom = _edges(area)
    edges = {"left": left, "top": top, "width": right - left, "height": bottom - top}
    return ";".join(f"{name}:{round(100 * value, 3):g}%" for name, value in edges.items())


# Wording


@dataclass(frozen=True)
class _Told:
    """What the figure says, from the facts."""

    facts: Facts
    wording: Wording
    top: tuple[FeatureFacts, ...]  # regions that are numbered; none of an unreliable explanation
    unsure: bool

    @cached_property
    def sides(self) -> dict[str, str]:
        """What each direction is called: "towards digit 4", or "up"."""
        return {side: self.wording.side(side, "side").format(name=self._name) for side in ("towards", "away", "none")}

    def phrase(self, key: str, /, **given: Any) -> str:
        """Words of [figure.raster], or of its table for the task, with what they leave open."""
        words = self.wording["figure"]["raster"]
        frame = words[key] if key in words else words[self.wording.task][key]
        return str(frame.format(**{**self.facts.parts, "name": self._name, **given}))

    @property
    def strength(self) -> str:
        """What the map shows where there are no directions; empty where there are."""
        return self.wording.strong("legend") if self.wording.strength else ""

    @property
    def caption(self) -> str:
        shown = self.wording.strong("raster") if self.strength else self.phrase("caption")
        return self._joined(shown, self.strongest if self.unsure else "")

    @property
    def alt(self) -> str:
        shown = self.wording.strong("map") if self.strength else self.phrase("map")
        return self._joined(shown, self.strongest, self._half)

    def _joined(self, *told: str) -> str:
        return self.facts.language.fit(" ".join(filter(None, told)))

    @property
    def strongest(self) -> str:
        """The numbered regions in a sentence."""
        if self.unsure:
            return self.phrase("unsure")
        items = [self._item(f) for f in self.top]
        return self.phrase("strongest", list=self.phrase("separator").join(items)) if items else self.phrase("even")

    def _item(self, feature: FeatureFacts) -> str:
        named = {"name": self.wording.bare(feature.name), "share": feature.share}
        if self.strength:
            return f"{feature.rank}. {self.wording.strong('item', **named)}"
        return self.phrase("item", rank=feature.rank, side=self.sides[feature.direction], **named)

    @property
    def key(self) -> list[tuple[int, str]]:
        return [(f.rank, self.wording.bare(f.name)) for f in self.top]

    def full(self, heat: Raster) -> str:
        """What the strongest colour stands for."""
        if not heat.scale or self.strength:
            return ""
        tongue = self.facts.language
        amount, count = tongue.significant(heat.scale), tongue.number(heat.width * heat.height, 0)
        return self.phrase("full", amount=amount, count=count, scale=self.wording.scale())

    @property
    def _half(self) -> str:
        share = "" if self.unsure or "view" in self.facts.situations else self.facts.text("half.area")
        return self.phrase("half", share=share) if share else ""

    @property
    def _name(self) -> str:
        return self.wording.bare(self.facts.target.name)
