"""Signals: what a sequence is read from → numbers per channel and point, as a person knows them. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from reporter.errors import DataError, listing
from reporter.reading import read_array, read_table
from reporter.study import SequenceSection

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Source = str | Path | np.ndarray[Any, Any]

# How the network takes one sequence: (channels, points), (points, channels), or (points,) without a channel axis.
Layout = Literal["channels-first", "channels-last", "points"]

UNKNOWN = "NX?-"  # stand for any symbol, where they are none themselves
MOST_POINTS = 1_000_000  # of a sequence
MOST_BYTES = 4_000_000  # of a text file


@dataclass(frozen=True, eq=False)
class Signal:
    """One sequence: numbers, or symbols as one channel each."""

    values: Numbers  # (channels, points)
    symbols: str = ""  # one character a point; empty for numbers
    names: tuple[str, ...] = ()  # of its channels, where the file says
    plain: bool = False  # it came without a channel axis

    @property
    def points(self) -> int:
        return int(self.values.shape[1])


@dataclass(frozen=True)
class Clock:
    """The time, or the position, of every point."""

    start: float = 1.0
    step: float = 1.0
    unit: str = ""  # empty: points are counted from 1

    def at(self, point: int) -> float:
        """When a point is, without the noise of the last digits."""
        return float(f"{self.start + point * self.step:.12g}")

    def told(self, point: int) -> str:
        """A point as an error names it."""
        return f"at {self.at(point):g} {self.unit}" if self.unit else f"at point {point + 1}"


def clock_of(section: SequenceSection) -> Clock:
    """The study's; without a unit, points are counted from 1 unless it says where they start."""
    if section.symbols:
        return Clock()
    return Clock(section.start if section.unit else section.start or 1.0, section.step, section.unit)


# Reading


def signal_of(source: Source, section: SequenceSection, ignore: Sequence[str] = (), *, where: str) -> Signal:
    """Read one sequence: a text of symbols, an array, or a file of either. `where` is how errors call it.

    A .csv or other table has one column a channel and one line a point. Raises DataError.
    """
    if isinstance(source, Path):
        return _file(source, section, ignore)
    if isinstance(source, str):
        return encoded(source, section.symbols, where)
    return signal_from(source, section.layout, where)


def _file(path: Path, section: SequenceSection, ignore: Sequence[str]) -> Signal:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return signal_from(_array(path), section.layout, str(path))
    if suffix in (".txt", ".fa", ".fasta"):
        if not section.symbols:
            raise DataError(f"{path} holds text", remedy='set symbols under [sequence], such as "ACGT"')
        return encoded(_text(path), section.symbols, str(path))
    table = read_table(path)
    named = section.channels if section.channels and set(section.channels) <= set(table.names) else None
    names = [name for name in named or table.names if name not in ignore]
    return Signal(np.stack([table.numbers(name) for name in names]), names=tuple(names))


def _array(path: Path) -> np.ndarray[Any, Any]:
    try:
        return read_array(path, most=2)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _text(path: Path) -> str:
    """The letters of a text file; a FASTA file's title lines are no part of them."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES} bytes", remedy="split the sequence")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text", remedy="save the file as UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    if sum(line.startswith(">") for line in lines) > 1:
        raise DataError(f"{path} holds several sequences", remedy="give one a file, or a table with one a row")
    return "".join(line.strip() for line in lines if not line.startswith(">"))


def signal_from(array: np.ndarray[Any, Any], layout: str, where: str) -> Signal:
    """A signal from (points,), or from two dimensions in the layout. Raises DataError."""
    if array.dtype.kind not in "iufb":
        raise DataError(f"{where} holds {array.dtype}", allowed="numbers")
    if array.ndim not in (1, 2) or not array.size:
        wanted = "(points, channels)" if layout == "channels-last" else "(channels, points)"
        raise DataError(f"{where} has shape {array.shape}", allowed=f"{wanted}, or (points,) for a single channel")
    values = array.astype(np.float64)
    if array.ndim == 1:
        return _bounded(Signal(values[None], plain=True), where)
    return _bounded(Signal(np.ascontiguousarray(values.T if layout == "channels-last" else values)), where)


def _bounded(signal: Signal, where: str) -> Signal:
    if signal.points > MOST_POINTS:
        raise DataError(f"{where} has {signal.points} points", allowed=f"at most {MOST_POINTS}", remedy="cut it up")
    return signal


def encoded(text: str, symbols: str, where: str) -> Signal:
    """A text as one channel per symbol: 1 where the symbol stands, else 0; an unknown symbol is a bit of each.

    Small letters count as capitals where the study has capitals alone. An unknown symbol (one of N, X, ? and -, unless
    the study has it) is 1 / (number of symbols) in every channel: as likely to be one as another, which is also what
    the baseline "uniform" says, so that against it nothing is attributed to it. Raises DataError for any other
    character, with its position.
    """
    written = text.strip()
    if symbols == symbols.upper():
        written = written.upper()
    if not written:
        raise DataError(f"{where} is empty", allowed=f"a text of {listing(list(symbols))}")
    place = {symbol: number for number, symbol in enumerate(symbols)}
    values = np.zeros((len(symbols), len(written)))
    for point, letter in enumerate(written):
        if letter in place:
            values[place[letter], point] = 1.0
        elif letter in UNKNOWN:
            values[:, point] = 1 / len(symbols)
        else:
            raise DataError(
                f"{where}: {text.strip()[point]!r} at position {point + 1} is no symbol",
                allowed=f"{listing(list(symbols), 30)}, and N, X, ? or - for one that is not known",
            )
    return _bounded(Signal(values, symbols=written), where)


def decoded(values: Numbers, symbols: str) -> str:
    """The text of one channel per symbol; what is no single symbol becomes one that stands for any."""
    unknown = next(letter for letter in UNKNOWN if letter not in symbols)
    one = np.isclose(values.max(axis=0), 1.0) & np.isclose(np.abs(values).sum(axis=0), 1.0)
    letters = values.argmax(axis=0)
    return "".join(symbols[letter] if known else unknown for letter, known in zip(letters, one, strict=True))


def refuse_missing(signal: Signal, channels: Sequence[str], clock: Clock, where: str) -> None:
    """Raises DataError for the first number that is not finite, by channel and time."""
    wrong = np.argwhere(~np.isfinite(signal.values))
    if not len(wrong):
        return
    channel, point = wrong[0]
    what = "missing (NaN)" if np.isnan(signal.values[channel, point]) else "infinite"
    named = f"channel {channels[channel]!r}" if len(channels) > 1 else "the sequence"
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    raise DataError(f"{where}: {named} is {what} {clock.told(int(point))}{more}", remedy="fill it in before")


def channel_names(section: SequenceSection, signals: Sequence[Signal], where: str) -> tuple[str, ...]:
    """The ids of the channels: the study's, the file's, or numbers. Raises DataError when they do not fit."""
    if section.symbols:
        return tuple(section.symbols)
    count = len(signals[0].values)
    named = tuple(section.channels) or signals[0].names or tuple(f"channel_{i + 1}" for i in range(count))
    for row, signal in enumerate(signals):
        if len(signal.values) != len(named):
            raise DataError(
                f"{where}: sequence {row} has {len(signal.values)} channels",
                allowed=f"{len(named)}: {listing(named)}",
                remedy="set channels and layout under [sequence]",
            )
    return named


# What the network sees


def laid_out(values: Numbers, layout: Layout) -> Numbers:
    """(channels, points) as the network takes one row."""
    return values[0] if layout == "points" else values.T if layout == "channels-last" else values


def taken_back(row: Numbers, layout: Layout) -> Numbers:
    """One row as the network takes it, as (channels, points)."""
    return row[None] if layout == "points" else row.T if layout == "channels-last" else row


# What is shown


def thinned(values: Numbers, attributions: Numbers, most: int) -> tuple[Numbers, Numbers, int]:
    """At most `most` points (channels, points) of a longer signal, and how many became one.

    What was attributed to them is added; of the values the one that is farthest from its channel's middle stays, so
    that no peak is lost. The last may stand for fewer points.
    """
    points = attributions.shape[1]
    bin_size = -(-points // most)
    if bin_size == 1:
        return values, attributions, 1
    starts = np.arange(0, points, bin_size)
    added = np.add.reduceat(attributions, starts, axis=1)
    if not values.size:
        return values, added, bin_size
    padded = np.pad(values, ((0, 0), (0, len(starts) * bin_size - points)), mode="edge")
    bins = padded.reshape(len(values), len(starts), bin_size)
    away = np.abs(bins - np.median(values, axis=1)[:, None, None]).argmax(axis=2)
    return np.take_along_axis(bins, away[:, :, None], axis=2)[:, :, 0], added, bin_size
