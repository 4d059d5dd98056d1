"""A first study of traces and of texts of symbols: which axis, and which symbols, by what the model accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reporter.drafting.finding import Found, finding
from reporter.drafting.pictures import input_of
from reporter.drafting.trial import REFUSALS, Asked, accepted, better, tried
from reporter.errors import ModelError
from reporter.guard import guarded
from reporter.signals import UNKNOWN, signal_of
from reporter.sources import sources_of
from reporter.study import Study
from reporter.table import Table

SIGNALS = (".npy", ".csv", ".tsv", ".txt", ".fa", ".fasta")
NUCLEOTIDES = "ACGT"
ORDERS = ("ATGC", "ATCG", "AGCT", "ACTG", "TCGA")  # other orders in which people encode them
PROTEINS = "ACDEFGHIKLMNPQRSTVWY"
LEAST, MOST_SYMBOLS, SEEN = 6, 30, 200  # letters of a sequence, on average; different symbols; rows looked at


def draft_sequences(asked: Asked) -> Found:
    """Raises ModelError when the model takes neither axis of the traces as channels, or none of the symbols tried."""
    table = asked.table
    name = symbol_column(table)
    spelled = bool(name)
    name = name or input_of(table, SIGNALS)
    label = asked.label((name, "id"))
    data = asked.study.data.model_copy(
        update={"modality": "sequence", "input": name, "target": label, "id": asked.id((name, label))}
    )
    study = asked.study.model_copy(update={"data": data})
    if not spelled:
        return _of_numbers(asked, study)
    fitting = _first(asked, _spellings(study, table, name), "write symbols under [sequence] in the model's order")
    orders = (_with(fitting, symbols=order) for order in ORDERS if fitting.sequence.symbols == NUCLEOTIDES)
    trial = better(asked, tried(asked, fitting), orders)
    symbols = trial.study.sequence.symbols
    guess = f'symbols = "{symbols}": the order must be the one in which the network was trained'
    return finding(asked, trial, f"{len(table)} sequences of symbols from the column {name!r}", [guess])


def symbol_column(table: Table) -> str:
    """The column whose cells are long words of few letters; empty when there is none."""
    for name in table.names:
        if table.files or table.column(name).dtype != object:
            continue
        cells = [cell for cell in table.texts(name)[:SEEN] if cell]
        letters = set("".join(cells).upper())
        if (
            cells
            and sum(map(len, cells)) >= LEAST * len(cells)
            and len(set(cells)) > 1
            and 2 <= len(letters) <= MOST_SYMBOLS
            and all(letter.isalpha() or letter in UNKNOWN for letter in letters)
            # Words of a language are not all as long as these, nor made of so few letters.
            and (letters <= {*"ACGTU", *UNKNOWN} or sum(map(len, cells)) >= 3 * LEAST * len(cells))
        ):
            return name
    return ""


def _spellings(study: Study, table: Table, name: str) -> Iterator[Study]:
    """Alphabets and layouts to try, the likeliest first."""
    letters = {*"".join(cell or "" for cell in table.texts(name)).upper()}
    known = letters - {*UNKNOWN}
    alphabets = ["".join(sorted(letters)), "".join(sorted(known)), PROTEINS]
    if known <= {*NUCLEOTIDES}:
        alphabets = [NUCLEOTIDES, NUCLEOTIDES + "N"]
    elif known <= {*"ACGU"}:
        alphabets = ["ACGU", "ACGUN"]
    for symbols in dict.fromkeys(alphabets):
        if known <= {*symbols}:
            for layout in ("channels-first", "channels-last"):
                yield _with(study, symbols=symbols, layout=layout)


def _with(study: Study, **said: Any) -> Study:
    return study.model_copy(update={"sequence": study.sequence.model_copy(update=said)})


def _first(asked: Asked, candidates: Iterator[Study], remedy: str) -> Study:
    first = ""
    for candidate in candidates:
        refused = accepted(asked, candidate)
        if not refused:
            return candidate
        first = first or refused
    raise ModelError(f"the model takes no sequence of {asked.table.name}: {first}", remedy=remedy)


# Traces


def _of_numbers(asked: Asked, study: Study) -> Found:
    source = sources_of(study, asked.table, [0])[0]
    signal = signal_of(source, study.sequence, where=asked.table.name)
    from_table = isinstance(source, Path) and source.suffix.lower() != ".npy"
    layouts = ("channels-first", "channels-last")
    guesses = []
    if from_table or signal.plain:  # what is read has its channels; only how the network takes them is open
        study = _first(asked, (_with(study, layout=each) for each in layouts), SWAP)
        channels, points = signal.values.shape
    else:
        first, second = signal.values.shape
        study = _first(asked, iter([study]), SWAP)
        last = _channels_last(asked, (first, second))
        channels, points = (second, first) if last else (first, second)
        study = _with(study, layout=layouts[last])
        guesses.append(f"layout = {layouts[last]!r}: told from the axis in which the model takes no other length")
    if channels > 1:
        study = _with(study, channels=list(signal.names) or [f"channel_{i + 1}" for i in range(channels)])
    guesses.append("points are counted from 1: write start, step and unit for times")
    trial = tried(asked, study)
    several = f"{channels} channels and " if channels > 1 else ""
    return finding(asked, trial, f"{len(asked.table)} sequences of {several}{points} points", guesses)


SWAP = "save it with channels and points the other way round, or write a study with [sequence] layout"


def _channels_last(asked: Asked, shape: tuple[int, int]) -> bool:
    """Whether channels are in the second axis: that of which the model takes no other length, else the shorter one."""
    first, second = (_takes(asked, each) for each in ((shape[0] + 1, shape[1]), (shape[0], shape[1] + 1)))
    return first if first != second else shape[1] < shape[0]


def _takes(asked: Asked, shape: Sequence[int]) -> bool:
    row = torch.from_numpy(np.zeros((2, *shape), dtype=np.float32))
    try:
        with guarded(asked.model), torch.no_grad():
            asked.model.outputs((row,))
    except REFUSALS:
        return False
    return True
