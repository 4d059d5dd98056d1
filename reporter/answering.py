"""Answering: one method after the other is asked about the rows that are left, until each has an answer to publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.asking import ask
from reporter.assembly import Batch
from reporter.batching import is_out_of_memory
from reporter.choosing import EXACT, EXACT_FEATURES
from reporter.errors import AttributionError, first_line
from reporter.feature import completeness_error
from reporter.grade import RULES
from reporter.provenance import Tried
from reporter.question import NOISE, Answer, Method, Setting

MISSED = next(rule.indicative for rule in RULES if rule.metric == "completeness")


@dataclass(frozen=True, eq=False)
class Answered:
    """The answer of one method that was accepted for some rows of a batch, and what had been tried for each before."""

    name: str
    method: Method
    rows: Tensor  # (rows,) places in the batch
    answer: Answer
    tried: Mapping[int, tuple[Tried, ...]]  # place in the batch → methods before this one, and why they were left


def answers(batch: Batch, methods: Mapping[str, Method], *, auto: bool, remedy: str = "") -> Iterator[Answered]:
    """The accepted answers, which together hold every row of the batch once.

    With `auto`, exact values are asked for only where features are few. Raises AttributionError for the first row that
    no method could explain.
    """
    left = torch.arange(len(batch.question))
    tried: dict[int, list[Tried]] = {row: [] for row in left.tolist()}
    for name, method in methods.items():
        if name == EXACT and auto and batch.question.features > EXACT_FEATURES:
            continue
        answer, reasons = _asked(batch, method, left, judged=len(methods) > 1 and name != list(methods)[-1])
        good = torch.tensor([not reason for reason in reasons], dtype=torch.bool)
        if answer is not None and bool(good.any()):
            accepted = answer.select(good.nonzero()[:, 0].tolist())
            yield Answered(name, method, left[good], accepted, {row: tuple(tried[row]) for row in left[good].tolist()})
        for row, reason in zip(left.tolist(), reasons, strict=True):
            if reason:
                tried[row].append(Tried(name, reason))
        left = left[~good]
        if not len(left):
            return
    row = int(left[0])
    raise AttributionError(
        f"no method could explain instance {batch.id(row)!r}: "
        + ", ".join(f"{each.method} because {each.reason}" for each in tried[row]),
        remedy=remedy,
    )


def _asked(batch: Batch, method: Method, left: Tensor, *, judged: bool) -> tuple[Answer | None, list[str]]:
    """The answer of a method, and per row why it cannot be used (empty where it can)."""
    question = batch.question.select(left.to(batch.question.device))
    try:
        answer = ask(method, question)
    except AttributionError as error:
        return None, [str(error)] * len(left)
    except (RuntimeError, NotImplementedError, TypeError) as error:  # what torch says of models it cannot differentiate
        if is_out_of_memory(error):
            raise
        return None, [first_line(error)] * len(left)
    found = question.by_feature(answer.attributions)
    complete = judged and method.complete
    scores = batch.scores[left].gather(1, question.target.cpu()[:, None])[:, 0].tolist()
    return answer, [
        _problem(row, change, score, settings, complete)
        for row, change, score, settings in zip(
            found, batch.changes(left, question.target), scores, answer.settings, strict=True
        )
    ]


def _problem(
    attributions: np.ndarray[Any, Any], change: float, score: float, settings: Mapping[str, Setting], complete: bool
) -> str:
    """Why attributions cannot be published; empty when they can. Those of a complete method must add up."""
    if not np.isfinite(attributions).all():
        return "its attributions are not finite"
    if not complete or abs(change) <= NOISE * abs(score):
        return ""
    if not attributions.any():
        return "its gradient is zero everywhere although the score changes"
    error = completeness_error(attributions.tolist(), change)
    if error <= MISSED:
        return ""
    steps = f" after {settings['n_steps']} steps" if "n_steps" in settings else ""
    return f"its attributions miss the change in score by {error:.0%}{steps}"
