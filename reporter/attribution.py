"""Model and rows → Explanations: chooses a method, runs it and the metrics under guard, puts everything together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from reporter.answering import Answered, answers
from reporter.assembly import Batch, assembled, batch_of, provenance_of, uncompared
from reporter.choosing import chosen_methods
from reporter.contrasting import as_far, runners_up, without_strongest
from reporter.errors import UsageError
from reporter.explanation import Explanation
from reporter.guard import guarded
from reporter.model import Model, rows_of
from reporter.nearest import compared
from reporter.plugins import METHODS, METRICS
from reporter.precision import in_own_type
from reporter.provenance import Tried
from reporter.question import Method, Metric, Setting, Trial
from reporter.rows import Rows
from reporter.settling import settled, target_index, working
from reporter.words import Words

STANDARD = ("completeness", "deletion", "stability", "agreement")
ROWS_AT_ONCE = 128
CELLS_AT_ONCE = 500_000  # rows × columns; a metric may repeat them a hundred times

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
MOST_SEED = 2**63  # what torch takes


@dataclass(frozen=True)
class Plan:
    """How to explain: everything but the model and the rows."""

    method: str = "auto"
    target: Any = None  # a class by name or index, a list with one for each row, or (position, class)
    settings: Mapping[str, Setting] = field(default_factory=dict)  # of the method, under Captum's names
    metrics: Sequence[str] = STANDARD
    seed: int = 0
    args: tuple[Any, ...] = ()  # additional forward arguments
    words: Mapping[str, dict[str, Words]] = field(default_factory=dict)  # of the outcomes

    def __post_init__(self) -> None:
        seed: Any = self.seed  # whoever calls from Python may give anything
        if type(seed) is not int or not 0 <= seed < MOST_SEED:
            raise UsageError(f"seed = {seed!r}", allowed="a whole number from 0 to 2**63 - 1")
        method: Any = self.method
        if not isinstance(method, str):
            raise UsageError(f"method = {method!r}", allowed="a name", remedy="see `reporter methods`")


def attribute(model: Model, rows: Rows, plan: Plan = Plan(), progress: Progress | None = None) -> Iterator[Explanation]:
    """Explain the rows, one Explanation each, in order and in batches.

    The attributions are of the raw score of the target: by default the predicted class, or the value of a regression.
    Raises UsageError for a target, method or setting that is not there, ModelError when the model fails or returns
    what cannot be explained, AttributionError when no method gave finite attributions.
    """
    methods = chosen_methods(plan.method, plan.settings)
    metrics = {name: METRICS.load(name)() for name in plan.metrics}
    model, rows, usual = prepared(model, rows, plan)
    target = target_index(model, plan.target, len(rows))
    return _explained(model, rows, plan, methods, metrics, target, usual, progress)


def prepared(model: Model, rows: Rows, plan: Plan) -> tuple[Model, Rows, np.ndarray[Any, Any]]:
    """The model with its outputs understood, the rows with their baselines, and the scores over the reference rows.

    The scores are those of a value; for classes, and without a reference, there are none.
    """
    with guarded(model, plan.seed):
        model = settled(model, rows, plan.args, plan.target)
        rows = compared(model, rows)
        parts = [] if plan.args or model.task != "regression" else rows.usual_inputs()  # told of values only
        found = [model.evaluate(working(model, part)).numpy() for part in parts]
        return model, rows, np.concatenate(found) if found else np.empty((0, len(model.labels)))


def _explained(
    model: Model,
    rows: Rows,
    plan: Plan,
    methods: Mapping[str, Method],
    metrics: Mapping[str, Metric],
    target: int | list[int] | None,
    usual: np.ndarray[Any, Any],
    progress: Progress | None,
) -> Iterator[Explanation]:
    most = max(1, min(ROWS_AT_ONCE, rows.at_once))
    size = max(1, min(most, CELLS_AT_ONCE // len(rows.mask_of(slice(0, most)))))
    for start in range(0, len(rows), size):
        part = slice(start, min(start + size, len(rows)))
        if progress is not None:
            progress("attributing", start, len(rows))
        own = _own_scores(model, rows, part, plan)
        with guarded(model, plan.seed) as weights:
            batch = batch_of(
                model,
                rows,
                part,
                target=target,
                args=plan.args,
                seed=plan.seed,
                usual=usual,
                weights=weights,
                own_scores=own,
            )
            found = _batch_explained(batch, plan, methods, metrics)
        yield from found


def _own_scores(model: Model, rows: Rows, part: slice, plan: Plan) -> Tensor | None:
    """What the model says in the type of its weights, where it is run in another; to tell the difference."""
    if model.own_dtype is None:
        return None
    own = in_own_type(model)
    with guarded(own, plan.seed):
        return own.evaluate(working(own, rows.inputs(part)), rows_of(plan.args, part))


# One batch of rows, inside the guard


def _batch_explained(
    batch: Batch, plan: Plan, methods: Mapping[str, Method], metrics: Mapping[str, Metric]
) -> list[Explanation]:
    """Every row of a batch explained, in order."""
    found: dict[int, Explanation] = {}
    for answered in answers(batch, methods, auto=plan.method == "auto", remedy=_way_out(plan)):
        made = _made(batch, plan, answered, metrics)
        found.update(zip(answered.rows.tolist(), made, strict=True))
    return [found[row] for row in sorted(found)]


def _way_out(plan: Plan) -> str:
    if plan.method != "auto":
        return 'choose method = "auto"'
    return "leave n_steps out, so that other methods may be tried" if plan.settings.get("n_steps") is not None else ""


def _made(batch: Batch, plan: Plan, answered: Answered, metrics: Mapping[str, Metric]) -> Iterator[Explanation]:
    """Measure an accepted answer, ask about the runner-up, and put both together, row by row."""
    name, method, left, answer = answered.name, answered.method, answered.rows, answered.answer
    told = [batch.rows.told(batch.start + row, answer.attributions[i]) for i, row in enumerate(left.tolist())]
    # Rows that are explained together share their features; others come one by one.
    question = replace(
        batch.question.select(left.to(batch.question.device)), mask=told[0].mask.to(batch.question.device)
    )
    second = "feature-ablation" if name != "feature-ablation" else "shapley-value-sampling"
    trial = Trial(
        question=question,
        answer=answer,
        method=method,
        predicted=batch.predicted[left],
        resampled=batch.resampled,
        second=METHODS.load(second)(),
        second_name=second,
    )
    # Where features follow from the attributions (stretches of a sequence), the order is judged piece by piece.
    fine = replace(trial, question=batch.question.select(left.to(batch.question.device)))
    measured = [metric.measure(fine if getattr(metric, "fine", False) else trial) for metric in metrics.values()]
    runners = runners_up(batch, as_far(method, answer, trial), question, left, answer, told[0])
    without = without_strongest(batch, question, told)
    directed, evidence = getattr(method, "directed", True), getattr(method, "evidence", True)
    for i, row in enumerate(left.tolist()):
        reason = _reason(plan, answered.tried[row], method)
        origin = provenance_of(
            batch,
            row,
            answer.settings[i],
            method=name,
            method_reason=reason,
            tried=answered.tried[row],
            directed=directed,
            evidence=evidence,
        )
        made = assembled(
            batch,
            row,
            answer.attributions[i],
            told[i],
            [each[i] for each in measured],
            runners[i],
            without[i],
            origin,
            plan.words,
        )
        yield made if getattr(method, "against_baseline", True) else uncompared(made)


def _reason(plan: Plan, tried: Sequence[Tried], method: Method) -> str:
    if plan.method != "auto":
        return "it was asked for"
    if tried:
        return f"{tried[-1].method} could not be used: {tried[-1].reason}"
    return "the model can be differentiated" if method.needs_gradients else "it needs no gradients"
