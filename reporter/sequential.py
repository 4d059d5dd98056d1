"""Sequences: channels over time, or symbols one after the other. Their features are found in the attributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from reporter.feature import Feature
from reporter.heatmap import Channel, Heatmap, Spans, Stretch
from reporter.model import Inputs, Instance
from reporter.rows import Numbers, Told
from reporter.signals import Clock, Layout, Signal, laid_out, taken_back, thinned
from reporter.stretches import stretches_of

REST = "rest"  # id of what lies in no stretch
PROBES = 32  # rows that are looked at
WINDOWS, CELLS = 48, 96  # taken away one by one while attributing: windows of a channel, and of all channels together
POSITIONS = 200  # up to so many symbols are taken away one by one
POINTS, SHOWN = 2_000, 24_000  # of a channel, and of all channels, that a heat map keeps


@dataclass(frozen=True, eq=False)
class Usual:
    """What the reference says: each row's own middle of every channel, on the scale of the network."""

    levels: Numbers  # (reference rows, channels): means or medians over time
    lengths: Numbers  # (reference rows,)
    rows: tuple[Inputs, ...] = ()  # some of them whole, in parts that can be run together

    def __len__(self) -> int:
        return len(self.levels)

    def level(self, kind: str, chosen: Any = slice(None)) -> Numbers:
        """The middle of every channel over the chosen reference rows: their median, or the mean over all points."""
        if kind == "median":
            return np.asarray(np.median(self.levels[chosen], axis=0))
        return np.asarray(np.average(self.levels[chosen], axis=0, weights=self.lengths[chosen]))


@dataclass(frozen=True)
class Part:
    """One feature: a stretch of a channel or of all, or what is left (`first` is None)."""

    id: str
    first: int | None = None
    last: int = -1
    channel: int | None = None
    solid: bool = True  # whether it holds every point between its ends


@dataclass(frozen=True, eq=False)
class Sequential:
    """The rows to explain, each of its own length, and what they are compared with.

    The baseline is a level per channel, the same at every point, or one's own per row. A level keeps its meaning
    whatever the length of a row and wherever in it something happens; a mean point by point would not.
    """

    modality: ClassVar[str] = "sequence"

    instances: tuple[Instance, ...]
    signals: tuple[Signal, ...]  # as a person knows them
    channels: tuple[str, ...]
    clock: Clock
    layout: Layout
    baseline_name: str  # mean, median, zero, uniform or own
    level: Numbers | None = None  # (channels,), on the scale of the network; None: `own`
    own: tuple[Tensor, ...] = ()  # one baseline per row, in its shape
    usual: Usual | None = None
    groups: Numbers | None = None  # (channels, points) features as the caller groups them, from 0; None: found
    data: str = ""
    data_hash: str = ""

    def __len__(self) -> int:
        return len(self.instances)

    @property
    def at_once(self) -> int:
        return 1  # every row has its own stretches

    @property
    def symbolic(self) -> bool:
        """Whether the channels stand for symbols."""
        return bool(self.signals[0].symbols)

    @property
    def reference_rows(self) -> int:
        return len(self.usual) if self.usual is not None else 0

    @property
    def baseline_rows(self) -> int:
        return self.reference_rows if self.baseline_name in ("mean", "median") else 0

    def inputs(self, rows: slice) -> Inputs:
        """The inputs of rows of one length, side by side."""
        return (torch.cat([instance.inputs[0] for instance in self.instances[rows]]),)

    def baselines_of(self, rows: slice) -> Inputs:
        """Their baselines, in the same shapes."""
        return (torch.cat([self._baseline(row) for row in range(*rows.indices(len(self)))]),)

    def _baseline(self, row: int) -> Tensor:
        like = self.instances[row].inputs[0]
        if self.level is None:
            return self.own[row]
        return self._tensors(np.repeat(self.level[:, None], self.signals[row].points, axis=1)[None], like)

    def _tensors(self, values: Numbers, like: Tensor) -> Tensor:
        """(any number, channels, points) as inputs."""
        found = np.stack([laid_out(each, self.layout) for each in values])
        return torch.from_numpy(np.ascontiguousarray(found)).to(like.dtype)

    def mask_of(self, rows: slice) -> Tensor:
        """Equal windows of each channel, or positions where there are few symbols."""
        row = range(*rows.indices(len(self)))[0]
        count, points = self.signals[row].values.shape
        if self.groups is not None:
            return self._flat(self.groups)
        together = self.symbolic or count > CELLS
        most = POSITIONS if self.symbolic else WINDOWS if together else max(1, min(WINDOWS, CELLS // count))
        windows = np.arange(points) * min(most, points) // points
        first = np.zeros(count, dtype=int) if together else np.arange(count) * min(most, points)
        return self._flat(first[:, None] + windows)

    def _flat(self, owner: np.ndarray[Any, Any]) -> Tensor:
        """Which feature each column of the flattened input belongs to, from (channels, points)."""
        return torch.from_numpy(np.ascontiguousarray(laid_out(owner, self.layout)).reshape(-1).astype(np.int64))

    def distribution(self) -> Inputs:
        """None: every row is compared with one baseline."""
        return ()

    def usual_inputs(self) -> list[Inputs]:
        """Reference rows, those of one length together."""
        return list(self.usual.rows) if self.usual is not None else []

    def probes(self) -> list[Inputs]:
        """Some rows, their baselines, and rows far outside of both; then some of the reference."""
        found = []
        for row in range(min(PROBES, len(self))):
            here, there = self.instances[row].inputs[0], self._baseline(row)
            # Far outside, a probability stays between 0 and 1 and a logit does not.
            far = [here * -10.0, here * 10.0] if here.is_floating_point() else []
            found.append((torch.cat([here, there, *far]),))
        return [*found, *(tuple(each[:PROBES] for each in part) for part in self.usual_inputs()[:1])]

    def resampled(self, rows: slice, repeats: int, seed: int) -> Inputs | None:
        """Baselines that would have done as well, each (repeats, …).

        With a reference: shifted as its middle is shifted by drawing its rows anew, with replacement. Without one:
        random mixtures of the baseline, the row's own level and the row's own straight trend.
        """
        row = range(*rows.indices(len(self)))[0]
        like, base = self.instances[row].inputs[0], self._baseline(row)
        if not like.is_floating_point():
            return None
        generator = np.random.default_rng(seed)
        given = taken_back(base[0].double().numpy(), self.layout)
        if self.usual is None:
            found = _mixtures(given, taken_back(like[0].double().numpy(), self.layout), repeats, generator)
        else:
            count, middle = len(self.usual), self.usual.level(self.baseline_name)
            draws = [self.usual.level(self.baseline_name, generator.integers(0, count, count)) for _ in range(repeats)]
            found = given + (np.stack(draws) - middle)[:, :, None]
        return (self._tensors(found, like),)

    # Features

    def told(self, row: int, columns: Numbers) -> Told:
        """The stretches that stand out in the attributions, in the order of time, and the rest."""
        attributions = self._grid(row, columns)
        parts, owner = self._parts(row, attributions)
        symbols = self.signals[row].symbols
        mask = self._flat(owner)
        features = []
        for number, part in enumerate(parts):
            named = self.channels[part.channel] if part.channel is not None and not symbols else ""
            features.append(
                Feature(
                    id=part.id,
                    attribution=float(attributions[owner == number].sum()),
                    share=0.0,
                    side_share=0.0,
                    rank=0,
                    value=symbols[part.first : part.last + 1] if symbols and part.first is not None else None,
                    kind="span",
                    span=(self.clock.at(part.first), self.clock.at(part.last)) if part.first is not None else None,
                    channel=named,
                    group=named,
                    columns=tuple((mask == number).nonzero()[:, 0].tolist()),
                )
            )
        return Told(features, mask)

    def heatmaps(self, row: int, columns: Numbers, features: Sequence[Feature]) -> tuple[Heatmap, ...]:  # noqa: ARG002
        """The curves or the symbols, what was attributed to each point, and where the stretches lie."""
        signal, attributions = self.signals[row], self._grid(row, columns)
        parts, _ = self._parts(row, attributions)
        values = np.empty((0, 0)) if signal.symbols else signal.values
        shown = attributions.sum(axis=0, keepdims=True) if signal.symbols else attributions
        most = signal.points if signal.symbols else max(100, min(POINTS, SHOWN // len(shown)))
        values, shown, size = thinned(values, shown, most)
        names = ("",) if signal.symbols else self.channels
        return (
            Spans(
                channels=tuple(
                    Channel(name, _short(values[i]) if values.size else (), _short(shown[i]))
                    for i, name in enumerate(names)
                ),
                stretches=tuple(
                    Stretch(
                        part.id,
                        names[part.channel] if part.channel is not None and not signal.symbols else "",
                        part.first // size,
                        part.last // size,
                    )
                    for part in parts
                    if part.first is not None and part.solid
                ),
                start=self.clock.start,
                step=self.clock.step * size,
                unit=self.clock.unit,
                scale=float(f"{np.abs(shown).max():.6g}"),
                symbols=signal.symbols,
            ),
        )

    def _grid(self, row: int, columns: Numbers) -> Numbers:
        """Attributions of the flattened input as (channels, points)."""
        shape = tuple(self.instances[row].inputs[0].shape[1:])
        return taken_back(np.asarray(columns, dtype=np.float64).reshape(shape), self.layout)

    def _parts(self, row: int, attributions: Numbers) -> tuple[list[Part], np.ndarray[Any, Any]]:
        """The features, and which of them each number of (channels, points) belongs to."""
        if self.groups is not None:
            return _grouped(self.groups), self.groups
        symbolic = bool(self.signals[row].symbols)
        shown = attributions.sum(axis=0, keepdims=True) if symbolic else attributions
        found = stretches_of(shown, smooth=not symbolic)
        owner = np.full(attributions.shape, len(found))
        for number, each in enumerate(found):
            channels = slice(None) if each.channel is None else each.channel
            owner[channels, each.first : each.last + 1] = number
        parts = [Part(f"s{i}", each.first, each.last, each.channel) for i, each in enumerate(found, 1)]
        if (owner == len(found)).any():
            parts.append(Part(REST))
        return parts, owner


def _grouped(groups: np.ndarray[Any, Any]) -> list[Part]:
    """The features of a caller's own mask: where each begins and ends."""
    found = []
    for number in range(int(groups.max()) + 1):
        channels, points = np.nonzero(groups == number)
        first, last = int(points.min()), int(points.max())
        own = set(channels.tolist())
        single = len(groups) > 1 and len(own) == 1
        whole = len(points) == (1 if single else len(groups)) * (last - first + 1)
        found.append(Part(f"s{number + 1}", first, last, own.pop() if single else None, whole))
    return found


def _mixtures(base: Numbers, own: Numbers, repeats: int, generator: np.random.Generator) -> Numbers:
    """(repeats, channels, points): random mixtures of the baseline, the row's own level and its own straight trend."""
    time = np.linspace(-1.0, 1.0, own.shape[1]) if own.shape[1] > 1 else np.zeros(1)
    level = own.mean(axis=1, keepdims=True) * np.ones_like(own)
    slope = (own @ time / max(float(time @ time), 1.0))[:, None]
    family = np.stack([base, level, level + slope * time])
    weights = generator.dirichlet(np.ones(len(family)), repeats)
    return np.asarray(np.einsum("rf,fcp->rcp", weights, family))


def _short(numbers: Numbers) -> tuple[float, ...]:
    """Numbers with as many digits as a drawing can show."""
    return tuple(float(f"{number:.6g}") for number in numbers)
