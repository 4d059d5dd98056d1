"""Trials for the tests of the metrics: a network, rows, an answer, and a reference to draw baselines from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.loading import model_of
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.methods.perturbation import FeatureAblation
from reporter.model import Model
from reporter.question import Answer, Question, Trial
from reporter.receiving import rows_of_inputs


def trial(
    net: Any,
    x: Tensor,
    *,
    attributions: np.ndarray[Any, Any] | None = None,
    method: Any = None,
    reference: Tensor | None = None,
    target: int | None = None,
    seed: int = 0,
    **known: Any,
) -> Trial:
    """A trial of `method` (integrated gradients), with its own answer or with `attributions` in its place."""
    given = rows_of_inputs(x, reference=reference, baselines="zero" if reference is None else "median")
    model: Model = replace(model_of(net), **known).settled((torch.cat([x, x * 10, x * -10]),))
    predicted = model.predicted(model.evaluate((x,)))
    question = Question(
        model=model,
        inputs=(x,),
        baselines=given.baselines_of(slice(None)),
        target=predicted if target is None else torch.full((len(x),), target),
        mask=given.mask,
        seed=seed,
    )
    method = method or IntegratedGradients()
    answer = method.attribute(question)
    if attributions is not None:
        answer = Answer(attributions, answer.settings)
    return Trial(
        question,
        answer,
        method,
        predicted,
        partial(given.resampled, slice(None)),
        FeatureAblation(),
        "feature-ablation",
    )


def values(measured: list[Any]) -> list[float]:
    """The values of the scores; none may be undefined."""
    found = [each.score.value for each in measured]
    assert None not in found, [each.score.undefined for each in measured]
    return found
