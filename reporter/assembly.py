"""Numbers → Explanations: what was computed for a batch of rows, put together with what a reader needs beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import ModelError
from reporter.explanation import Array, Explanation
from reporter.feature import ranked
from reporter.grade import grade_of
from reporter.heatmap import bars
from reporter.model import Inputs, Model, rows_of
from reporter.prediction import Outcome, Prediction, RunnerUp, Without
from reporter.provenance import Baseline, Provenance
from reporter.question import Measurement, Question, Setting
from reporter.rows import Rows, Told
from reporter.settling import truth_of, working
from reporter.words import Words


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows, what the model says of them and of their baselines, and the question asked about them."""

    rows: Rows
    start: int  # of the first in `rows`
    question: Question
    scores: Tensor  # (rows, outcomes), float64 on the CPU
    baseline_scores: Tensor
    predicted: Tensor  # (rows,) index of the predicted outcome
    usual: np.ndarray[Any, Any]  # (reference rows, outcomes): the model's scores over the reference
    weights: str  # hash
    own_scores: Tensor | None = None  # in the type of its weights, where the model is run in another

    def dtype_difference(self, row: int) -> float | None:
        """How far another type moves the explained score, relative to the largest score of the row."""
        if self.own_scores is None:
            return None
        target, own = int(self.question.target[row]), self.own_scores[row]
        size = float(own.abs().max())
        return float((self.scores[row, target] - own[target]).abs()) / size if size else 0.0

    @property
    def model(self) -> Model:
        return self.question.model

    def id(self, row: int) -> str:
        """What a row is called."""
        return self.rows.instances[self.start + row].id

    def resampled(self, repeats: int, seed: int) -> Inputs | None:
        """Baselines of resampled reference rows, as the model takes them."""
        place = slice(self.start, self.start + len(self.question))
        found = self.rows.resampled(place, repeats, seed)
        return working(self.model, found) if found is not None else None

    def changes(self, rows: Tensor, target: Tensor) -> list[float]:
        """How far the score of the target moved from the baseline, per row."""
        index = target.cpu()[:, None]
        moved = self.scores[rows].gather(1, index) - self.baseline_scores[rows].gather(1, index)
        return [float(each) for each in moved[:, 0]]


def batch_of(
    model: Model,
    rows: Rows,
    part: slice,
    *,
    target: int | list[int] | None,
    args: tuple[Any, ...],
    seed: int,
    usual: np.ndarray[Any, Any],
    weights: str,
    own_scores: Tensor | None = None,
) -> Batch:
    """Run the model on some rows and their baselines. Raises ModelError where its output is not finite."""
    own = rows_of(args, part)
    inputs, baselines = working(model, rows.inputs(part)), working(model, rows.baselines_of(part))
    scores, baseline_scores = model.evaluate(inputs, own), model.evaluate(baselines, own)
    for what, found in (("", scores), ("the baseline of ", baseline_scores)):
        wrong = (~found.isfinite().all(dim=1)).nonzero()
        if len(wrong):
            name = rows.instances[part.start + int(wrong[0])].id
            raise ModelError(
                f"the model's output for {what}instance {name!r} is not finite",
                remedy="choose another baseline" if what else "look at that row and at the scale of the columns",
            )
    predicted = model.predicted(scores)
    if isinstance(target, list):
        explained = torch.tensor(target[part])
    else:
        explained = predicted if target is None else torch.full_like(predicted, target)
    question = Question(
        model=model,
        inputs=inputs,
        baselines=baselines,
        target=explained.to(model.device),
        mask=rows.mask_of(part).to(model.device),
        args=own,
        seed=seed,
        distribution=working(model, rows.distribution()),
    )
    if question.distribution:  # what is compared with is the mean score over it
        baseline_scores = model.evaluate(question.distribution).mean(dim=0, keepdim=True).expand_as(scores)
    return Batch(rows, part.start, question, scores, baseline_scores, predicted, usual, weights, own_scores)


def assembled(
    batch: Batch,
    row: int,
    columns: np.ndarray[Any, Any],
    told: Told,
    measured: Sequence[Measurement],
    runner: RunnerUp | None,
    without: tuple[Without, ...],
    provenance: Provenance,
    words: Mapping[str, dict[str, Words]],
) -> Explanation:
    """The Explanation of one row from its attributions (columns,) and what was measured of them."""
    features = list(told.features)
    for each in measured:
        if each.intervals is not None and each.firm is not None:
            features = [
                replace(feature, interval=(float(low), float(high)), firm=bool(firm))
                for feature, (low, high), firm in zip(features, each.intervals, each.firm, strict=True)
            ]
    ordered = ranked(features)
    scores = tuple(each.score for each in measured)
    return Explanation(
        instance=batch.id(row),
        modality=batch.rows.modality,
        features=ordered,
        prediction=_prediction(batch, row, words),
        arrays=_arrays(batch, columns),
        heatmaps=(bars(ordered), *batch.rows.heatmaps(batch.start + row, columns, ordered)),
        runner_up=runner,
        without=without,
        scores=scores,
        grade=grade_of(scores),
        provenance=provenance,
    )


def uncompared(explanation: Explanation) -> Explanation:
    """The same by a method that compares with nothing: no baseline is told, because none was used."""
    prediction = explanation.prediction
    return replace(
        explanation,
        features=tuple(replace(feature, baseline=None) for feature in explanation.features),
        prediction=replace(
            prediction,
            outcomes=tuple(replace(o, baseline_score=None, baseline_probability=None) for o in prediction.outcomes),
        ),
        provenance=replace(explanation.provenance, baseline=Baseline("none")),
    )


def _arrays(batch: Batch, columns: np.ndarray[Any, Any]) -> tuple[Array, ...]:
    inputs = batch.question.inputs
    ends = np.cumsum([each[0].numel() for each in inputs])[:-1]
    return tuple(
        Array((1, *each.shape[1:]), tuple(part.tolist()))
        for part, each in zip(np.split(columns, ends), inputs, strict=True)
    )


def _prediction(batch: Batch, row: int, words: Mapping[str, dict[str, Words]]) -> Prediction:
    model, target = batch.model, int(batch.question.target[row])
    chances = model.probabilities(batch.scores[row : row + 1])
    # The mean score over a distribution of baselines is no probability that the model gives anything.
    base = None if batch.question.distribution else model.probabilities(batch.baseline_scores[row : row + 1])
    outcomes = tuple(
        Outcome(
            label=label,
            index=i,
            score=float(batch.scores[row, i]),
            baseline_score=float(batch.baseline_scores[row, i]),
            probability=float(chances[0, i]) if chances is not None else None,
            baseline_probability=float(base[0, i]) if base is not None else None,
            words=dict(words.get(label, {})),
        )
        for i, label in enumerate(model.labels)
    )
    usual = batch.usual[:, 0] if model.task == "regression" and len(batch.usual) else None
    score = float(batch.scores[row, 0])
    return Prediction(
        task=model.task or "classification",
        score_kind=model.score_kind,
        outcomes=outcomes,
        index=int(batch.predicted[row]) if model.exclusive else target,  # each label is a question of its own
        target=target,
        truth=truth_of(model, batch.rows.instances[batch.start + row].truth),
        threshold=model.threshold,
        usual=float(np.median(usual)) if usual is not None else None,
        percentile=float(np.mean(usual < score) + np.mean(usual == score) / 2) if usual is not None else None,
        decimals=model.decimals,
        exclusive=model.exclusive,
    )


def _placed(model: Model) -> dict[str, Setting]:
    """The position that is explained, where the model has an output for each."""
    return {"position": ", ".join(map(str, model.position))} if model.position else {}


def provenance_of(batch: Batch, row: int, settings: Mapping[str, Setting], **of_method: Any) -> Provenance:
    """Where the numbers of one row came from; `of_method` is what only the choice of the method knows."""
    model, rows, base = batch.model, batch.rows, batch.baseline_scores[row : row + 1]
    said = int(model.predicted(base)[0])
    chances = None if batch.question.distribution else model.probabilities(base)
    if not model.exclusive:
        said = int(batch.question.target[row])
    holds = chances is not None and (model.exclusive or float(chances[0, said]) >= (model.threshold or 0.5))
    return Provenance(
        settings={**settings, **_placed(model)},
        output=str(model.output),
        output_inferred=model.inferred,
        baseline=Baseline(
            rows.baseline_name,
            rows=rows.baseline_rows,
            label=model.labels[said] if holds else "",
            probability=float(chances[0, said]) if chances is not None and holds else None,
        ),
        model=model.name,
        model_hash=batch.weights,
        data=rows.data,
        data_hash=rows.data_hash,
        reference_rows=rows.reference_rows,
        device=str(model.device),
        dtype=str(batch.question.inputs[0].dtype if model.dtype is None else model.dtype).removeprefix("torch."),
        own_dtype=str(model.own_dtype).removeprefix("torch.") if model.own_dtype is not None else "",
        dtype_difference=batch.dtype_difference(row),
        seed=batch.question.seed,
        **of_method,
    )
