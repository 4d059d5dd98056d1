"""Asking a method: the one door between a question and whoever answers it."""

from __future__ import annotations

from reporter.errors import AttributionError
from reporter.lookups import is_whole, viewed
from reporter.question import Answer, Method, Question


def ask(method: Method, question: Question) -> Answer:
    """The answer of a method; one that needs gradients is asked about the embeddings of whole numbers.

    Raises AttributionError when there are whole numbers and nothing is looked up for them, or when the answer has
    another shape than (rows, columns).
    """
    if method.needs_gradients and is_whole(question.inputs):
        view = viewed(question)
        answer = view.folded(method.attribute(view.question))
    else:
        answer = method.attribute(question)
    if answer.attributions.shape != (len(question), len(question.mask)):
        raise AttributionError(f"attributions of shape {answer.attributions.shape} for {len(question)} rows")
    return answer
