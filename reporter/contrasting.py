"""Contrasting: what argues for the next class, and what the model says without the strongest features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.asking import ask
from reporter.assembly import Batch
from reporter.outputs import ONE_COLUMN
from reporter.prediction import RunnerUp, Without
from reporter.question import LEAST_EVALUATIONS, Answer, Method, Question, Trial
from reporter.rows import Told

TOGETHER = 3  # features that are put to their baseline together, to see what the model says then


def as_far(method: Method, answer: Answer, trial: Trial) -> Method:
    """The method; on a large model with no more steps than the attribution itself took, so that it is one more pass."""
    steps = [int(each["n_steps"]) for each in answer.settings if "n_steps" in each]
    adaptive: Any = method
    if not steps or getattr(method, "max_steps", None) is None or trial.affordable(1.0) > LEAST_EVALUATIONS:
        return method
    found: Method = replace(adaptive, max_steps=max(steps))
    return found


def runners_up(
    batch: Batch, method: Method, question: Question, rows: Tensor, answer: Answer, told: Told
) -> list[RunnerUp | None]:
    """Per row the most probable class other than the target, with the attributions towards it."""
    model = batch.model
    chances = model.probabilities(batch.scores[rows])
    if chances is None or chances.shape[1] < 2 or not model.exclusive:
        return [None] * len(rows)
    others = chances.clone().scatter_(1, question.target.cpu()[:, None], -1.0).argmax(dim=1)
    if model.output in ONE_COLUMN:
        # Of two classes with one score, what speaks for one speaks against the other.
        towards = -question.by_feature(answer.attributions)
    else:
        asked = replace(question, target=others.to(question.device))
        towards = question.by_feature(ask(method, asked).attributions)
    ids = [feature.id for feature in told.features]
    return [
        RunnerUp(model.labels[int(other)], int(other), dict(zip(ids, found.tolist(), strict=True)))
        if np.isfinite(found).all()
        else None
        for other, found in zip(others, towards, strict=True)
    ]


def without_strongest(batch: Batch, question: Question, told: Sequence[Told]) -> list[tuple[Without, ...]]:
    """Per row what the model says when its strongest features towards the target are put to their baseline.

    The strongest alone, then the strongest two, and so on up to `TOGETHER`. Of labels that may hold together nothing is
    told: the model does not choose one of them.
    """
    features = question.features
    if not batch.model.exclusive:
        return [()] * len(told)
    chosen = []
    for each in told:
        order = sorted(range(features), key=lambda i: -each.features[i].attribution)
        chosen.append([i for i in order[:TOGETHER] if each.features[i].attribution > 0])
    index = torch.tensor([i for i, some in enumerate(chosen) for _ in some], dtype=torch.long, device=question.device)
    if not len(index):
        return [()] * len(told)
    keep = torch.ones(len(index), features, dtype=torch.bool, device=question.device)
    groups = [some[: count + 1] for some in chosen for count in range(len(some))]
    for row, group in enumerate(groups):
        keep[row, group] = False
    scores = batch.model.evaluate(question.mixed(index, keep), question.args_of(index))
    chances, said = batch.model.probabilities(scores), batch.model.predicted(scores)
    found: list[list[Without]] = [[] for _ in told]
    for row, (place, group) in enumerate(zip(index.tolist(), groups, strict=True)):
        label, target = int(said[row]), int(question.target[place])
        found[place].append(
            Without(
                tuple(told[place].features[i].id for i in group),
                batch.model.labels[label],
                float(chances[row, label]) if chances is not None else None,
                float(scores[row, target]),
            )
        )
    return [tuple(each) for each in found]
