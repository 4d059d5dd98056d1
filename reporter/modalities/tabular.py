"""Tabular data: rows of named columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from reporter.model import Model
from reporter.preparing import rows_of_study
from reporter.receiving import rows_of_inputs
from reporter.rows import Given
from reporter.selection import Selection
from reporter.tabular import Tabular

LOOKUPS = (nn.Embedding, nn.EmbeddingBag)


@dataclass(frozen=True)
class Tables:
    """Rows of a table, or of what Python has in two dimensions. A feature is a column, or a one-hot group of them."""

    def of_study(self, selection: Selection, rows: Sequence[int], *, model: Model, baseline: str) -> Tabular:  # noqa: ARG002
        """The chosen rows of a study's table."""
        study, table = selection.study, selection.table
        return rows_of_study(study, table, rows, reference=selection.reference, baseline=baseline)

    def of_inputs(self, inputs: Any, given: Given) -> Tabular:
        """Rows from tensors, arrays, nested lists or data frames."""
        return rows_of_inputs(
            inputs,
            names=given.names,
            mask=given.mask,
            reference=given.reference,
            raw=given.raw,
            raw_reference=given.raw_reference,
            baselines=given.baselines,
            study=given.study,
            ids=given.ids,
            truths=given.truths,
            looked_up=any(isinstance(each, LOOKUPS) for module in given.model.modules for each in module.modules()),
        )
