"""How a picture becomes what a network sees: as a study says, or a Hugging Face folder beside its model. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reporter.errors import ModelError, StudyError, first_line
from reporter.study import Study

Pixels = np.ndarray[Any, np.dtype[np.float32]]

FULL = 255  # white in eight bits
MODES = {1: "L", 3: "RGB"}
HUGGING_FACE = "preprocessor_config.json"
CONVNEXT = 384  # from this side on ConvNeXT resizes without cutting


@dataclass(frozen=True)
class Recipe:
    """How a picture becomes what the network sees: size, channels, range, then (x − mean) / std."""

    size: tuple[int, int] | None = None  # height, width; as it is when absent
    shortest: int | None = None  # the shorter side, in place of both
    crop: tuple[int, int] | None = None  # height, width cut from the middle afterwards
    channels: int | None = None
    range: tuple[float, float] = (0.0, 1.0)  # what black and white become
    mean: tuple[float, ...] = ()  # per channel, or one for all
    std: tuple[float, ...] = ()
    filter: int = int(Image.Resampling.BILINEAR)  # Pillow's number

    @property
    def fixed(self) -> bool:
        """Whether all pictures come out in one size."""
        return self.crop is not None or self.size is not None

    def scaled(self, seen: Pixels, *, ranged: bool = True) -> Pixels:
        """(height, width, channels) as a person sees it, 0 to 1 → (channels, height, width) as the network does.

        Numbers on a scale of their own (`ranged` off) skip the range.
        """
        low, high = self.range
        found = low + seen * (high - low) if ranged else seen
        mean, std = self._moments(seen.shape[2])
        return np.ascontiguousarray(((found - mean) / std).transpose(2, 0, 1), dtype=np.float32)

    def unscaled(self, network: Pixels) -> Pixels:
        """The way back: (channels, height, width) → (height, width, channels), not yet cut off at 0 and 1."""
        low, high = self.range
        mean, std = self._moments(network.shape[0])
        return np.asarray((network.transpose(1, 2, 0) * std + mean - low) / (high - low))

    def _moments(self, channels: int) -> tuple[Any, Any]:
        for key, given in (("mean", self.mean), ("std", self.std)):
            if len(given) not in (0, 1, channels):
                raise StudyError(
                    f"{len(given)} values in {key} under [image], but a picture of {channels} channels",
                    remedy="give one per channel, or set channels",
                )
        if any(value <= 0 for value in self.std):
            raise StudyError("a value in std under [image] is not above 0", allowed="numbers above 0")
        return np.array(self.mean or (0.0,)), np.array(self.std or (1.0,))


def recipe_of(study: Study, folder: Path | None = None) -> Recipe:
    """What the study says; what it leaves open is filled in from a model's folder in the Hugging Face layout.

    Raises StudyError for a size that is none, ModelError for a damaged preprocessor_config.json.
    """
    image, said = study.image, study.image.model_fields_set
    found = _hugging_face(folder) if folder is not None else Recipe()
    if image.size:
        if len(image.size) != 2 or min(image.size) < 1:
            raise StudyError(f"size = {image.size} under [image]", allowed="height and width, such as [224, 224]")
        found = replace(found, size=(image.size[0], image.size[1]), shortest=None, crop=None)
    if image.channels is not None:
        found = replace(found, channels=image.channels)
    if "range" in said:
        if image.range[0] >= image.range[1]:
            raise StudyError(f"range = {list(image.range)} under [image]", allowed="what black and white become")
        found = replace(found, range=image.range)
    if image.mean or image.std:  # they belong together
        found = replace(found, mean=tuple(image.mean), std=tuple(image.std))
    return found


def _hugging_face(folder: Path) -> Recipe:
    config, given = _json(folder / "config.json"), _json(folder / HUGGING_FACE)
    channels = config.get("num_channels", 3)
    recipe = Recipe(channels=channels if channels in MODES else None)
    try:
        return _processed(recipe, config, given)
    except (TypeError, ValueError, KeyError, ZeroDivisionError) as error:
        raise ModelError(
            f"{folder / HUGGING_FACE} does not say how a picture is prepared: {first_line(error)}",
            remedy="set size, mean and std under [image]",
        ) from error


def _processed(recipe: Recipe, config: dict[str, Any], given: dict[str, Any]) -> Recipe:
    """A recipe from what transformers wrote: resize, crop from the middle, rescale, normalise, in this order."""
    size = given.get("size", given.get("crop_size", config.get("image_size")))
    if size is not None and given.get("do_resize", True):
        recipe = _resized(recipe, size, float(given.get("crop_pct") or 1))
    if given.get("do_center_crop") and given.get("crop_size") is not None:
        recipe = replace(recipe, crop=_pair(given["crop_size"]))
    if isinstance(given.get("resample"), int):
        recipe = replace(recipe, filter=int(Image.Resampling(given["resample"])))
    if given.get("do_rescale", True):
        white = FULL * float(given.get("rescale_factor", 1 / FULL))
        low = -1.0 if given.get("rescale_offset") else 0.0
        recipe = replace(recipe, range=(low, white + low))
    else:
        recipe = replace(recipe, range=(0.0, float(FULL)))
    if given.get("do_normalize", "image_mean" in given):
        mean, std = given.get("image_mean", ()), given.get("image_std", ())
        recipe = replace(recipe, mean=_numbers(mean), std=_numbers(std))
    return recipe


def _resized(recipe: Recipe, size: Any, kept: float) -> Recipe:
    if isinstance(size, dict) and "shortest_edge" in size:
        edge = int(size["shortest_edge"])
        if kept >= 1:
            return replace(recipe, shortest=edge)
        # ConvNeXT: a small picture is resized a little larger and cut, a large one resized as it is.
        return (
            replace(recipe, shortest=int(edge / kept), crop=(edge, edge)) if edge < CONVNEXT else _square(recipe, edge)
        )
    return replace(recipe, size=_pair(size))


def _square(recipe: Recipe, edge: int) -> Recipe:
    return replace(recipe, size=(edge, edge))


def _pair(given: Any) -> tuple[int, int]:
    if isinstance(given, dict):
        return int(given["height"]), int(given["width"])
    if isinstance(given, (list, tuple)):
        height, width = given
        return int(height), int(width)
    return int(given), int(given)


def _numbers(given: Any) -> tuple[float, ...]:
    return tuple(float(each) for each in given) if isinstance(given, (list, tuple)) else (float(given),)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.read(4_000_000))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged: {first_line(error)}", remedy="save the model again") from error
    return found if isinstance(found, dict) else {}
