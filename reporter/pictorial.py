"""Pictures to be explained: what the network sees, what a reader sees, and what both are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from reporter.errors import DataError, UnknownName
from reporter.feature import Feature
from reporter.heatmap import Heatmap, Raster, smallest_half
from reporter.model import Inputs, Instance
from reporter.picture import portrait
from reporter.recipe import Pixels
from reporter.regions import CELLS, Regions, areas, cells
from reporter.rows import Numbers, Told
from reporter.words import Words

PROBES = 8  # rows of each kind that are looked at
BASELINES = ("blur", "mean", "median", "zero")
BLUR = 0.2  # standard deviation of the blur, as a share of the longer side: no shape survives it
BLURS = (0.1, 0.5)  # the same of other blurs that would have done as well
MIDDLE = (0.05, 0.95)  # quantiles of a picture's own values between which uniform pictures are drawn
FULL_COLOUR = 0.99  # quantile of |attribution| of a cell that is drawn in full colour


@dataclass(frozen=True)
class Region:
    """What a study says of one region, whatever the picture."""

    words: dict[str, Words] = field(default_factory=dict)
    group: str = ""
    protected: bool = False


@dataclass(frozen=True, eq=False)
class Pictorial:
    """The pictures to explain, one by one: they are read when they are asked for.

    `network` gives a row as (1, channels, height, width), on the scale of the network; `seen` as a person sees it,
    (height, width, channels), 0 to 1.
    """

    modality: ClassVar[str] = "image"
    at_once: ClassVar[int] = 1  # pictures may differ in size, and so do their regions

    instances: tuple[Instance, ...]
    network: Callable[[int], Tensor]
    seen: Callable[[int], Pixels]
    regions: Callable[[int], Regions]
    baseline_name: str  # blur, mean, median, zero or own
    own: Tensor | None = None  # (1 or rows, channels, height, width)
    usual: Callable[[], Tensor] | None = None  # (reference rows, channels, height, width)
    said: dict[str, Region] = field(default_factory=dict)
    data: str = ""  # where the rows came from
    data_hash: str = ""

    def __len__(self) -> int:
        return len(self.instances)

    def inputs(self, rows: slice) -> Inputs:
        """Some pictures of one size, side by side."""
        return (torch.cat([self.network(row) for row in self._numbers(rows)]),)

    def baselines_of(self, rows: slice) -> Inputs:
        """Their baselines, in the same shape."""
        return (torch.cat([self._baseline(row) for row in self._numbers(rows)]),)

    def _numbers(self, rows: slice) -> range:
        return range(len(self))[rows]

    def _baseline(self, row: int) -> Tensor:
        picture = self.network(row)
        if self.own is not None:
            return self.own[row : row + 1] if len(self.own) > 1 else self.own
        if self.baseline_name == "zero":
            return torch.zeros_like(picture)
        if self.baseline_name == "blur":
            return blurred(picture, BLUR)
        centre = self._centre
        if centre.shape != picture.shape:
            raise DataError(
                f"picture {self.instances[row].id!r} has {_size(picture)} points, the reference {_size(centre)}",
                remedy="set size and channels under [image], or choose the baseline blur",
            )
        return centre.to(picture.dtype)

    @cached_property
    def reference(self) -> Tensor | None:
        """The reference pictures; read once."""
        return self.usual() if self.usual is not None else None

    @cached_property
    def _centre(self) -> Tensor:
        if self.reference is None:
            raise DataError(f"the baseline {self.baseline_name!r} needs reference pictures", remedy="choose blur")
        return middle(self.reference, self.baseline_name)

    @property
    def reference_rows(self) -> int:
        return 0 if self.reference is None else len(self.reference)

    @property
    def baseline_rows(self) -> int:
        return self.reference_rows if self.baseline_name in ("mean", "median") and self.own is None else 0

    def distribution(self) -> Inputs:
        """None: every row is compared with one baseline."""
        return ()

    def usual_inputs(self) -> list[Inputs]:
        """The reference pictures as the network sees them."""
        return [(self.reference,)] if self.reference is not None else []

    def probes(self) -> list[Inputs]:
        """Some pictures, their baselines, and pictures far outside of both, by size."""
        parts: dict[torch.Size, list[Tensor]] = {}
        for row in range(min(len(self), PROBES)):
            picture = self.network(row)
            # Far outside, a probability stays between 0 and 1 and a logit does not.
            seen = [picture, self._baseline(row), picture * -10.0, picture * 10.0]
            parts.setdefault(picture.shape, []).extend(seen)
        return [(torch.cat(part),) for part in parts.values()]

    def mask_of(self, rows: slice) -> Tensor:
        """The region of each point, in every channel."""
        row = self._numbers(rows)[0]
        return torch.from_numpy(self.regions(row).mask(self.network(row).shape[1]).astype(np.int64))

    def resampled(self, rows: slice, repeats: int, seed: int) -> Inputs | None:
        """Other baselines (repeats, …): middles of bootstrap samples of the reference, or blurs and uniform pictures.

        Without a middle to take, every other one is a blur with its radius drawn evenly on a logarithmic scale, and
        the others are uniform: all channels at one place, drawn evenly, between the 5% and 95% quantiles of the
        picture's own values.
        """
        generator = np.random.default_rng(seed)
        if self.reference is not None and self.own is None and self.baseline_name in ("mean", "median"):
            return (_bootstrapped(self.reference, self.baseline_name, repeats, generator),)
        picture = self.network(self._numbers(rows)[0])
        low, high = (_quantile(picture, share) for share in MIDDLE)
        found = []
        for i in range(repeats):
            place = float(generator.random())
            if i % 2:
                found.append((low + place * (high - low)).expand_as(picture))
            else:
                found.append(blurred(picture, BLURS[0] * (BLURS[1] / BLURS[0]) ** place))
        return (torch.cat(found),)

    # What is told of a row

    def told(self, row: int, columns: Numbers) -> Told:
        """The regions of a picture with the attributions of all their points, in all channels."""
        regions = self.regions(row)
        mask = regions.mask(self.network(row).shape[1])
        sums = np.bincount(mask, weights=columns, minlength=len(regions.ids))
        features = [self._feature(name, float(value)) for name, value in zip(regions.ids, sums, strict=True)]
        return Told(features, torch.from_numpy(mask.astype(np.int64)))

    def _feature(self, name: str, attribution: float) -> Feature:
        said = self.said.get(name, Region())
        return Feature(
            id=name,
            attribution=attribution,
            share=0.0,
            side_share=0.0,
            rank=0,
            kind="region",
            group=said.group,
            protected=said.protected,
            words=said.words,
        )

    def heatmaps(self, row: int, columns: Numbers, features: Sequence[Feature]) -> tuple[Heatmap, ...]:  # noqa: ARG002
        """The picture, with the attributions of its points added over channels and, where it is large, over cells."""
        points = columns.reshape(tuple(self.network(row).shape[1:])).sum(axis=0)
        coarse = cells(points)
        return (
            Raster(
                width=coarse.shape[1],
                height=coarse.shape[0],
                values=tuple(coarse.reshape(-1).tolist()),
                picture=portrait(self.seen(row)),
                areas=areas(self.regions(row)),
                scale=_full(coarse),
                half=smallest_half(points.reshape(-1).tolist()),
            ),
        )


def _size(picture: Tensor) -> str:
    return " × ".join(str(each) for each in picture.shape[1:])


def _full(values: Numbers) -> float:
    """The size from which cells are drawn in full colour; that of the largest where nearly all are zero."""
    sizes = np.abs(values)
    return float(np.quantile(sizes, FULL_COLOUR)) or float(sizes.max())


# Baselines


def named_baseline(asked: str, *, referenced: bool) -> str:
    """The baseline by its name: as asked, else the mean of the reference, else a blur. Raises UnknownName."""
    if asked and asked not in BASELINES:
        raise UnknownName("baseline of pictures", asked, BASELINES)
    return asked or ("mean" if referenced else "blur")


def middle(reference: Tensor, kind: str) -> Tensor:
    """The mean or median picture, (1, …)."""
    found = reference.median(dim=0).values if kind == "median" else reference.mean(dim=0)
    return found[None]


def _bootstrapped(reference: Tensor, kind: str, repeats: int, generator: np.random.Generator) -> Tensor:
    count = len(reference)
    draws = generator.integers(0, count, (repeats, count))
    if kind == "median":
        return torch.cat([middle(reference[torch.from_numpy(draw)], kind) for draw in draws])
    weights = torch.from_numpy(np.stack([np.bincount(draw, minlength=count) for draw in draws]) / count)
    means = weights.to(reference.dtype) @ reference.reshape(count, -1)
    return means.reshape(repeats, *reference.shape[1:])


def _quantile(picture: Tensor, share: float) -> Tensor:
    """Of the values of each channel, (1, channels, 1, 1)."""
    values = np.quantile(picture[0].double().cpu().numpy().reshape(picture.shape[1], -1), share, axis=1)
    return torch.from_numpy(values).to(picture)[None, :, None, None]


def blurred(pictures: Tensor, share: float) -> Tensor:
    """(n, channels, height, width) under a Gaussian blur whose deviation is `share` of the longer side.

    A large picture is blurred in a reduced form, which a blur this wide does not show.
    """
    height, width = pictures.shape[2:]
    largest = max(height, width)
    work = pictures.detach().to("cpu", torch.float64)
    if largest > CELLS:
        small = (max(1, round(height * CELLS / largest)), max(1, round(width * CELLS / largest)))
        work = nn.functional.adaptive_avg_pool2d(work, small)
    sigma = share * max(work.shape[2:])
    reach = math.ceil(3 * sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=work.dtype) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    for axis in (2, 3):
        work = _convolved(work, kernel, axis)
    if largest > CELLS:
        work = nn.functional.interpolate(work, size=(height, width), mode="bilinear", align_corners=False)
    return work.to(pictures)


def _convolved(pictures: Tensor, kernel: Tensor, axis: int) -> Tensor:
    """Along one axis; beyond its edges a picture goes on as it ends."""
    reach, size = len(kernel) // 2, pictures.shape[axis]
    places = torch.arange(-reach, size + reach).clamp(0, size - 1)
    wide = pictures.index_select(axis, places).movedim(axis, -1)
    found: Tensor = (wide.unfold(-1, len(kernel), 1) @ kernel).movedim(-1, axis)
    return found
