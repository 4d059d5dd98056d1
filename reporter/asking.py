"""Asking a method: the one door between a question and whoever answers it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reporter.errors import AttributionError
from reporter.lookups import is_whole, viewed
from reporter.question import Answer, Method, Question


def ask(method: Method, question: Question) -> Answer:
    """The answer of a method; one that needs gradients is asked about the embeddings of whole numbers.

    A method that compares with one baseline is asked once for each of a distribution of them, and the answers are
    averaged: what is explained then is the change from the mean score over the distribution (for integrated gradients
    these are the expected gradients of Erion et al., Nature Machine Intelligence 3, 2021).

    Raises AttributionError when there are whole numbers and nothing is looked up for them, or when the answer has
    another shape than (rows, columns).
    """
    if question.distribution and not getattr(method, "draws", False):
        return _averaged(method, question)
    if method.needs_gradients and is_whole(question.inputs):
        view = viewed(question)
        answer = view.folded(method.attribute(view.question))
    else:
        answer = method.attribute(question)
    if answer.attributions.shape != (len(question), len(question.mask)):
        raise AttributionError(f"attributions of shape {answer.attributions.shape} for {len(question)} rows")
    return answer


def _averaged(method: Method, question: Question) -> Answer:
    """The mean answer over the baselines of a distribution."""
    count = len(question.distribution[0])
    answers = [
        ask(
            method,
            replace(
                question,
                distribution=(),
                baselines=tuple(
                    each[i : i + 1].expand(len(question), *each.shape[1:]) for each in question.distribution
                ),
            ),
        )
        for i in range(count)
    ]
    mean = np.mean([answer.attributions for answer in answers], axis=0)
    return Answer(mean, tuple({**each, "n_baselines": count} for each in answers[0].settings))
