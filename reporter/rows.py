"""What a modality is, and the rows it gives to be explained: the contract of modalities/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import Tensor

from reporter.feature import Feature
from reporter.heatmap import Heatmap
from reporter.model import Inputs, Instance, Model
from reporter.selection import Selection
from reporter.study import Study

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Told:
    """The features of one row, found once its attributions are known."""

    features: list[Feature]  # with their attributions, not yet ranked
    mask: Tensor  # (columns,) which of them, counted from 0, each column of the flattened inputs belongs to


class Rows(Protocol):
    """The rows to explain, what they are compared with, and what everything in them is called.

    All inputs are on the scale of the network, on the CPU; a column is one number of the flattened inputs of a row.
    """

    modality: ClassVar[str]

    @property
    def instances(self) -> Sequence[Instance]: ...

    @property
    def at_once(self) -> int:
        """How many may be explained together; 1 where rows differ in shape or in their features."""
        ...

    @property
    def baseline_name(self) -> str: ...

    @property
    def baseline_rows(self) -> int:
        """Reference rows the baseline was computed from; 0 when none."""
        ...

    @property
    def reference_rows(self) -> int: ...

    @property
    def data(self) -> str: ...

    @property
    def data_hash(self) -> str: ...

    def __len__(self) -> int: ...

    def inputs(self, rows: slice) -> Inputs:
        """The inputs of rows that may be explained together, side by side: each (rows, …)."""
        ...

    def baselines_of(self, rows: slice) -> Inputs:
        """Their baselines, in the same shapes."""
        ...

    def mask_of(self, rows: slice) -> Tensor:
        """(columns,): what is taken away together while attributing; finer than the features where those follow."""
        ...

    def resampled(self, rows: slice, repeats: int, seed: int) -> Inputs | None:
        """Other baselines, each (repeats, …), that would have done as well; None when there are none."""
        ...

    def distribution(self) -> Inputs:
        """Baselines to average over, each (any number, …); () where there is one baseline a row."""
        ...

    def usual_inputs(self) -> list[Inputs]:
        """Reference rows, in parts that can be run together."""
        ...

    def probes(self) -> list[Inputs]:
        """Inputs of all kinds, in parts that can be run together, from which the meaning of the outputs is told."""
        ...

    def told(self, row: int, columns: Numbers) -> Told:
        """The features of a row, from its attributions (columns,)."""
        ...

    def heatmaps(self, row: int, columns: Numbers, features: Sequence[Feature]) -> tuple[Heatmap, ...]:
        """The heat maps of a row beside the bars; `features` are ranked."""
        ...


@dataclass(frozen=True)
class Given:
    """What a caller in Python says beside the inputs; see reporter.explain."""

    model: Model
    names: Sequence[str] | None = None
    mask: Any = None
    reference: Any = None
    raw: Any = None
    raw_reference: Any = None
    baselines: Any = None
    study: Study | None = None
    ids: Sequence[str] | None = None
    truths: Sequence[str | float | None] | None = None
    tokenizer: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Modality(Protocol):
    """A kind of data: how rows of it come from a study or from Python."""

    def of_study(self, selection: Selection, rows: Sequence[int], *, model: Model, baseline: str) -> Rows:
        """The chosen rows of a study's table. Raises DataError, StudyError."""
        ...

    def of_inputs(self, inputs: Any, given: Given) -> Rows:
        """Rows handed over in Python. Raises UsageError."""
        ...
