"""Parameter randomisation: do the attributions depend on what the model has learned?"""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import nn

from reporter.asking import ask
from reporter.errors import AttributionError, UsageError
from reporter.grade import Score
from reporter.metrics.agreement import correlation
from reporter.question import Measurement, Question, Trial, seeds, silent

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ParameterRandomisation:
    """How alike the attributions are to those of the same network with its weights shuffled.

    The numbers of every parameter change places at random, in a copy of the model, and the method is asked again. The
    value is the mean over `copies` of Spearman's rank correlation of both attributions, signs included, 0 where it is
    below: 0 when they have nothing in common, 1 when the weights make no difference, so that the attributions tell of
    the input alone.

    Detail: `copies`, `correlation` (the mean, also below 0). Undefined for a single feature, for models without
    weights that can be shuffled, and where nothing is attributed.
    Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
    """

    better: ClassVar[Literal["lower", "higher"]] = "lower"
    fine: ClassVar[bool] = False

    copies: int = 10

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise UsageError(f"copies = {self.copies}", allowed="a whole number from 1")

    def measure(self, trial: Trial) -> list[Measurement]:
        """Judges the method at this input rather than the answer in question."""
        question, method = trial.question, trial.method.repeated()
        if question.features < 2:
            return [_undefined("there is only one feature")] * len(question)
        forward = question.model.forward
        if not isinstance(forward, nn.Module) or not any(each.numel() > 1 for each in forward.parameters()):
            return [_undefined("the model shows no weights that could be shuffled")] * len(question)
        found = question.by_feature(ask(method, question).attributions)
        others = []
        for seed in seeds(question.seed, self.copies):
            try:
                shuffled = replace(question, model=replace(question.model, forward=_shuffled(forward, seed)))
                others.append(question.by_feature(ask(method, shuffled).attributions))
            except (TypeError, RuntimeError, AttributionError, pickle.PicklingError) as error:
                why = f"the model cannot be explained with other weights: {error}".splitlines()[0]
                return [_undefined(why)] * len(question)
        return _measured(question, found, np.stack(others, axis=1))


def _measured(question: Question, found: Numbers, others: Numbers) -> list[Measurement]:
    """From (rows, features) and (rows, copies, features)."""
    whole = question.evaluate(question.inputs, torch.arange(len(question), device=question.device))
    quiet = silent(found, whole) | ~np.isfinite(others).all(axis=(1, 2))
    measured = []
    for i in range(len(question)):
        if quiet[i]:
            measured.append(_undefined("no feature moves the score"))
            continue
        alike = float(np.mean([correlation(found[i], other) for other in others[i]]))
        detail: dict[str, float | str] = {"copies": float(others.shape[1]), "correlation": alike}
        measured.append(Measurement(Score("parameter-randomisation", max(0.0, alike), detail)))
    return measured


def _shuffled(module: nn.Module, seed: int) -> nn.Module:
    """A copy of which the numbers of each parameter have changed places."""
    generator = torch.Generator().manual_seed(seed)
    found = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in found.parameters():
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.reshape(-1)[order].reshape(parameter.shape))
    return found


def _undefined(why: str) -> Measurement:
    return Measurement(Score("parameter-randomisation", None, {}, why))
