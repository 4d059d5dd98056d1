"""Pictures handed over in Python: tensors of them, their baselines, their regions, and how they look to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import UsageError
from reporter.pictorial import BASELINES, named_baseline
from reporter.picture import channels_last, stretched, white_of
from reporter.recipe import Pixels, Recipe
from reporter.regions import Box, Regions, regions_of
from reporter.rows import Given

SLACK = 1e-3  # what rounding may leave outside of 0 to 1


def batch_of_pictures(given: Any, what: str) -> Tensor:
    """One tensor of several pictures, finite and floating."""
    if isinstance(given, Mapping):
        given = tuple(given.values())
    if isinstance(given, tuple):
        if len(given) != 1:
            raise UsageError(f"{what} are {len(given)} tensors", allowed="one of shape (rows, channels, height, width)")
        given = given[0]
    try:
        tensor = given.detach().cpu().clone() if isinstance(given, Tensor) else torch.from_numpy(np.array(given))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{what} are no pictures of one size", allowed="a tensor or array (rows, channels, height, width)"
        ) from error
    if tensor.layout != torch.strided or tensor.is_nested or tensor.is_meta or tensor.is_complex():
        raise UsageError(f"{what}: a {tensor.layout} tensor of {tensor.dtype}", allowed="dense real numbers")
    if tensor.ndim != 4:
        remedy = {2: "give x[None, None] for one picture in grey", 3: "give x[None] for one picture"}
        raise UsageError(
            f"{what} have shape {tuple(tensor.shape)}",
            allowed="(rows, channels, height, width)",
            remedy=remedy.get(tensor.ndim, ""),
        )
    if not tensor.numel():
        raise UsageError(f"{what} of shape {tuple(tensor.shape)} hold no picture", remedy="give at least one")
    if not tensor.is_floating_point():
        tensor = tensor.to(torch.float32)
    if not bool(tensor.isfinite().all()):
        row = int((~tensor.isfinite().flatten(1).all(dim=1)).nonzero()[0])
        raise UsageError(f"{what}: picture {row} holds numbers that are not finite", remedy="fill them in")
    return tensor


def baselines_of(given: Any, pictures: Tensor, referenced: bool, asked: str) -> tuple[str, Tensor | None]:
    """The name of the baseline and, where it is the caller's own, the baseline."""
    if isinstance(given, tuple) and len(given) == 1:
        given = given[0]
    if given is None or isinstance(given, str):
        name = named_baseline(given or asked, referenced=referenced)
        if name in ("mean", "median") and not referenced:
            raise UsageError(f"the baseline {name!r} needs reference pictures", remedy="give reference=, or 'blur'")
        return name, None
    tensor = given.detach().clone() if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    if tensor.ndim == 0:
        tensor = tensor.expand(1, *pictures.shape[1:]).clone()
    if tensor.shape[1:] != pictures.shape[1:] or len(tensor) not in (1, len(pictures)):
        raise UsageError(
            f"a baseline has shape {tuple(tensor.shape)}, the inputs {tuple(pictures.shape)}",
            allowed=f"a number, one picture, one per picture, or {', '.join(BASELINES)}",
        )
    if not bool(tensor.isfinite().all()):
        raise UsageError("a baseline is not finite", allowed="finite numbers")
    return "own", tensor.to(pictures)


def regions_given(given: Given, boxes: Mapping[str, Box], pictures: Tensor) -> Callable[[int], Regions]:
    """The regions of each picture: segments of a feature mask, else those of the study, or a grid."""
    channels, height, width = pictures.shape[1:]
    if given.mask is None:
        found = regions_of(boxes, height, width)
        if given.names is not None:
            found = Regions(_names(given.names, len(found.ids)), found.labels)
        return lambda _: found
    mask = given.mask[0] if isinstance(given.mask, tuple) and len(given.mask) == 1 else given.mask
    numbers = mask.detach().cpu().numpy() if isinstance(mask, Tensor) else np.asarray(mask)
    whole = numbers.dtype.kind in "iu"
    fits = numbers.ndim == 4 and numbers.shape[0] in (1, len(pictures)) and numbers.shape[1] in (1, channels)
    if not (whole and fits and numbers.shape[2:] == (height, width)):
        raise UsageError(
            f"feature_mask has shape {numbers.shape} and type {numbers.dtype}",
            allowed=f"whole numbers of shape {(1, channels, height, width)}, or 1 for all channels",
        )

    def segments(row: int) -> Regions:
        own = numbers[row] if len(numbers) > 1 else numbers[0]
        known, places = np.unique(own, return_inverse=True)
        plain = [f"segment {i}" for i in range(1, len(known) + 1)]
        return Regions(_names(given.names or plain, len(known)), places.reshape(own.shape).astype(np.int64))

    segments(0)
    return segments


def _names(names: Sequence[str], count: int) -> tuple[str, ...]:
    found = tuple(str(name) for name in names)
    if len(found) != count or len(set(found)) != count:
        raise UsageError(f"{len(found)} feature_names for {count} regions", remedy="give each region its own")
    return found


def raw_pictures(given: Any, pictures: Tensor) -> Callable[[int], Pixels]:
    """Pictures as a person sees them, channels first or last."""
    array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    white = white_of(array) if array.dtype.kind in "biuf" else None
    size = (pictures.shape[2], pictures.shape[3])
    if white is None or array.ndim not in (3, 4) or len(array) != len(pictures):
        raise UsageError(
            f"raw has shape {array.shape} and type {array.dtype}",
            allowed="one picture per row, in eight bits or from 0 to 1",
        )

    def seen(row: int) -> Pixels:
        return np.asarray(channels_last(array[row], size, "raw") / np.float32(white), dtype=np.float32)

    seen(0)
    return seen


def restored(pictures: Tensor, recipe: Recipe) -> Callable[[int], Pixels]:
    """Pictures brought back from the scale of the network; stretched where they then are not within 0 to 1."""
    white = white_of(pictures.cpu().to(torch.float32).numpy())
    plain = recipe.mean == () and recipe.std == () and recipe.range == (0.0, 1.0)

    def seen(row: int) -> Pixels:
        network = pictures[row].cpu().to(torch.float32).numpy()
        if plain:
            values = network.transpose(1, 2, 0)
            return np.asarray(values / white, dtype=np.float32) if white else stretched(values)
        values = np.asarray(recipe.unscaled(network), dtype=np.float32)
        inside = values.min() > -SLACK and values.max() < 1 + SLACK
        return np.clip(values, 0.0, 1.0) if inside else stretched(values)

    return seen
