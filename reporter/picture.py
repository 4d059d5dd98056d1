"""Pictures: files and arrays → what a person sees and what the network sees. No torch.

The size of a picture is known, and bounded, before any of it is decoded.
"""

from __future__ import annotations

import base64
import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from reporter.errors import DataError, first_line
from reporter.recipe import FULL, MODES, Pixels, Recipe

MAX_BYTES = 256_000_000  # of a file
MAX_POINTS = 64_000_000  # of a picture as it lies there
MAX_EXPLAINED = 640 * 640  # points of a picture that is explained: each of them gets an attribution
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")  # others may start programs
SHOWN = 256  # points a side of a picture in a report, at most
ENLARGED = 240  # a small one is enlarged by a whole factor to no more than this
WHITE, DEEP = (255, 255, 255, 255), 257  # 16 bits hold 257 times what 8 bits do


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture on both scales."""

    seen: Pixels  # (height, width, channels), 0 to 1
    network: Pixels  # (channels, height, width)


# Reading


def picture_of(source: Path | np.ndarray[Any, Any], recipe: Recipe, *, white: float | None = None) -> Picture:
    """A picture from a file, or from numbers (H, W), (H, W, channels) or (channels, H, W).

    Of a file, the first frame, turned as its EXIF says, transparent parts white. `white` is what white is in the
    numbers (see `white_of`). Raises DataError in one line for what is no picture, is damaged or too large.
    """
    name = source.name if isinstance(source, Path) else "a picture"
    if isinstance(source, Path) and source.suffix.lower() == ".npy":
        source = _loaded(source)
        white = white_of(source)
    if isinstance(source, Path):
        image, own = _decoded(source, recipe.channels), False
        seen = _fractions(_fitted(image, recipe))
    else:
        seen, own = _from_numbers(source, recipe, white, name)
    if seen.shape[0] * seen.shape[1] > MAX_EXPLAINED:
        raise DataError(
            f"{name} has {seen.shape[1]} × {seen.shape[0]} points",
            allowed=f"at most {MAX_EXPLAINED} to be explained",
            remedy="set size = [height, width] under [image]",
        )
    return Picture(stretched(seen) if own else seen, recipe.scaled(seen, ranged=not own))


def white_of(numbers: np.ndarray[Any, Any]) -> float | None:
    """What white is in an array of pictures: 255, or 1 for fractions; None for numbers on a scale of their own."""
    if numbers.dtype == np.uint8:
        return float(FULL)
    if numbers.dtype == np.bool_:
        return 1.0
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    return None if not (low >= 0 and high <= FULL) else 1.0 if high <= 1 else float(FULL)


def stretched(seen: Pixels) -> Pixels:
    """Numbers on a scale of their own from black to white: the lowest is 0, the highest 1."""
    low, high = float(seen.min()), float(seen.max())
    return np.asarray((seen - low) / (high - low) if high > low else np.full_like(seen, 0.5), dtype=np.float32)


def _loaded(path: Path) -> np.ndarray[Any, Any]:
    try:
        # Mapped, so that a header that lies about its size allocates nothing.
        found: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is not an array file: {first_line(error)}") from error
    if found.nbytes > MAX_BYTES:
        raise DataError(f"{path} has {found.nbytes} bytes", allowed=f"at most {MAX_BYTES}")
    return found


def _decoded(path: Path, channels: int | None) -> Image.Image:
    """The first frame of a file, upright, in grey or colour."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"{path} has {size} bytes", allowed=f"at most {MAX_BYTES}", remedy="save it smaller")
    with warnings.catch_warnings(), _strictly():
        warnings.simplefilter("ignore")  # what Pillow minds in headers, and its own, larger bound
        try:
            with Image.open(path, formats=FORMATS) as image:
                _refuse_large(image, path)
                return _flattened(ImageOps.exif_transpose(image), channels, path)
        except DataError:
            raise
        except Image.DecompressionBombError as error:
            raise _too_large(path, first_line(error)) from error
        except UnidentifiedImageError as error:
            raise DataError(f"{path} is not a picture", allowed=", ".join(FORMATS)) from error
        except Exception as error:  # decoders raise anything on damaged files
            raise DataError(f"{path} is damaged: {first_line(error)}", remedy="save the picture again") from error


@contextlib.contextmanager
def _strictly() -> Iterator[None]:
    """Pillow refuses files that end too early; WeasyPrint sets it to fill them up with grey, for the whole process."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _refuse_large(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MAX_POINTS:
        raise _too_large(path, f"{image.width} × {image.height} points")


def _too_large(path: Path, what: str) -> DataError:
    return DataError(f"{path} is too large: {what}", allowed=f"at most {MAX_POINTS} points", remedy="save it smaller")


def _flattened(image: Image.Image, channels: int | None, path: Path) -> Image.Image:
    """Eight bits, no palette, nothing transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = _shallow(np.asarray(image, dtype=np.float64), path, deep=image.mode != "F")
        return Image.fromarray(grey).convert(MODES[channels or 1])
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
    return image.convert(MODES[channels] if channels else mode)


def _shallow(values: np.ndarray[Any, np.dtype[np.float64]], path: Path, *, deep: bool) -> np.ndarray[Any, Any]:
    """Sixteen bits, or floating numbers, in eight."""
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= (FULL * DEEP if deep else FULL)):
        raise DataError(
            f"{path} holds numbers from {low:g} to {high:g}",
            allowed="8 or 16 bits, or fractions from 0 to 1",
            remedy="save it as .npy",
        )
    by = 1 / DEEP if deep else FULL if high <= 1 else 1.0
    return np.round(values * by).astype(np.uint8)


def _fitted(image: Image.Image, recipe: Recipe) -> Image.Image:
    wanted = image.size
    if recipe.shortest is not None:
        short = min(image.size)
        wanted = tuple(  # type: ignore[assignment]
            recipe.shortest if side == short else int(recipe.shortest * side / short) for side in image.size
        )
    elif recipe.size is not None:
        wanted = (recipe.size[1], recipe.size[0])
    if image.size != wanted:
        image = image.resize(wanted, Image.Resampling(recipe.filter))
    if recipe.crop is not None:
        height, width = recipe.crop
        left, top = (image.width - width) // 2, (image.height - height) // 2
        image = image.crop((left, top, left + width, top + height))  # black where the picture ends
    return image


def _fractions(image: Image.Image) -> Pixels:
    array: Pixels = np.asarray(image, dtype=np.float32) / np.float32(FULL)
    return array[:, :, None] if array.ndim == 2 else array


def _from_numbers(array: np.ndarray[Any, Any], recipe: Recipe, white: float | None, name: str) -> tuple[Pixels, bool]:
    """Numbers as (H, W, channels), 0 to 1, and whether they are on a scale of their own instead."""
    last = channels_last(array, recipe.size, name)
    if not np.isfinite(last).all():
        raise DataError(f"{name} holds numbers that are not finite", remedy="fill them in, or leave the row out")
    if array.dtype == np.uint8 and last.shape[2] in MODES:
        image = Image.fromarray(np.ascontiguousarray(last[:, :, 0] if last.shape[2] == 1 else last))
        return _fractions(_fitted(image.convert(MODES[recipe.channels]) if recipe.channels else image, recipe)), False
    values = last.astype(np.float32) / np.float32(white or 1.0)
    if recipe.channels is not None and recipe.channels != values.shape[2]:
        if values.shape[2] != 1:
            raise DataError(
                f"{name} has {values.shape[2]} channels, the study {recipe.channels}", remedy="correct channels"
            )
        values = np.repeat(values, recipe.channels, axis=2)
    planes = [_fitted(Image.fromarray(np.ascontiguousarray(values[:, :, i])), recipe) for i in range(values.shape[2])]
    return np.stack([np.asarray(plane, dtype=np.float32) for plane in planes], axis=2), white is None


def channels_last(
    array: np.ndarray[Any, Any], size: tuple[int, int] | None = None, name: str = "a picture"
) -> np.ndarray[Any, Any]:
    """(H, W), (H, W, channels) or (channels, H, W) as (H, W, channels).

    Channels are where the size leaves them, else in the axis that is 1, 3 or 4 long, else in the shorter one of the
    first and the last.
    """
    if array.ndim == 2:
        return array[:, :, None]
    if array.ndim != 3 or not array.size:
        raise DataError(f"{name} has shape {array.shape}", allowed="(height, width), with channels before or behind")
    if size is not None and array.shape[:2] != array.shape[1:] and size in (array.shape[:2], array.shape[1:]):
        return array if array.shape[:2] == size else array.transpose(1, 2, 0)
    first, last = array.shape[0], array.shape[2]
    few = (1, 3, 4)
    behind = (last in few) if (last in few) != (first in few) else last <= first
    return array if behind else array.transpose(1, 2, 0)


# Showing


def shown(seen: Pixels) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(H, W) or (H, W, 3) in eight bits; more channels than grey or colour are shown as their mean, in grey."""
    inside = np.clip(seen, 0.0, 1.0)
    found = inside if seen.shape[2] == 3 else inside.mean(axis=2)
    return np.asarray(np.round(found * FULL), dtype=np.uint8)


def portrait(seen: Pixels) -> str:
    """A picture as a report shows it, a PNG in base64: small ones enlarged by a whole factor, large ones reduced."""
    array = shown(seen)
    height, width = array.shape[:2]
    factor = max(1, ENLARGED // max(height, width))
    if factor > 1:
        array = array.repeat(factor, axis=0).repeat(factor, axis=1)
    image = Image.fromarray(np.ascontiguousarray(array))
    if max(image.size) > SHOWN:
        image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
    return png(image)


def png(image: Image.Image, colours: int | None = None) -> str:
    """A PNG in base64, with a palette where few colours lose nothing, or where `colours` says how many may stay."""
    if image.mode == "RGB":
        few = image.getcolors(colours or 256)
        if few is not None:
            image = _indexed(image)
        elif colours is not None:
            image = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _indexed(image: Image.Image) -> Image.Image:
    """The same colours, each kept in a palette; Pillow's own quantisation may merge some."""
    array = np.asarray(image)
    palette, places = np.unique(array.reshape(-1, 3), axis=0, return_inverse=True)
    found = Image.fromarray(places.reshape(array.shape[:2]).astype(np.uint8))
    found.putpalette(palette.tobytes())  # makes grey values places in the palette
    return found
