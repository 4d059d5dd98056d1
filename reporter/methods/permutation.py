"""Feature permutation: what the score loses when a feature has the value of another row."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from reporter.errors import AttributionError
from reporter.methods.gradients import ALL, answer_of
from reporter.methods.perturbation import evaluated, masks_of, spread
from reporter.question import Answer, Question


@dataclass(frozen=True)
class FeaturePermutation:
    """The change in score when a feature has its value from another row, by one permutation of the rows.

    It says what a model uses over a set of rows that are explained together; a row's own number depends on the row
    whose value it was given, so that only means over many rows say anything. The baseline plays no part. Breiman,
    Random forests, Machine Learning 45 (2001); Fisher, Rudin and Dominici, JMLR 20 (2019).
    """

    captum: ClassVar[str] = "FeaturePermutation"
    modalities: ClassVar[tuple[str, ...]] = ALL
    needs: ClassVar[str] = "several rows"
    needs_gradients: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    stochastic: ClassVar[bool] = True
    against_baseline: ClassVar[bool] = False
    directed: ClassVar[bool] = True

    def attribute(self, question: Question) -> Answer:
        """By Captum, over all rows at once. Raises AttributionError for a single one."""
        if len(question) < 2:
            raise AttributionError(
                "feature permutation takes values from other rows, and there is only one",
                remedy="explain several rows together, or choose feature-ablation",
            )
        from captum.attr import FeaturePermutation as Captum

        def forward(*given: Any) -> Tensor:
            return evaluated(question, given)

        torch.manual_seed(question.seed)
        with redirect_stdout(StringIO()):  # a report may be written to the standard output
            found = Captum(forward).attribute(
                question.inputs,
                target=question.target.tolist(),
                additional_forward_args=question.args or None,
                feature_mask=masks_of(question),
            )
        return answer_of(np.asarray(spread(found, question).numpy()), {"rows": len(question)})

    def repeated(self) -> FeaturePermutation:
        """The same: how much the permutations vary is what repeats are to show."""
        return self
