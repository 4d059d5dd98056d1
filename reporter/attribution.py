"""Model and rows → Explanations: chooses a method, runs it and the metrics under guard, puts everything together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.batching import is_out_of_memory
from reporter.errors import AttributionError, ModelError, ReporterError, UnknownName, UsageError
from reporter.explanation import Array, Explanation
from reporter.feature import bars, completeness_error, ranked
from reporter.grade import RULES, grade_of
from reporter.guard import guarded
from reporter.modalities.tabular import Tabular
from reporter.model import Inputs, Model
from reporter.outputs import ONE_COLUMN
from reporter.plugins import METHODS, METRICS
from reporter.prediction import Outcome, Prediction, RunnerUp
from reporter.provenance import Baseline, Provenance, Tried
from reporter.question import Answer, Measurement, Method, Question, Setting, Trial
from reporter.words import Words

AUTO = ("integrated-gradients", "shapley-value-sampling")  # in the order in which they are tried
STANDARD = ("completeness", "deletion", "stability", "agreement")
ROWS_AT_ONCE = 128
PROBES = 32  # rows of each kind that are looked at to tell what the outputs are
MISSED = next(rule.indicative for rule in RULES if rule.metric == "completeness")

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


@dataclass(frozen=True)
class Plan:
    """How to explain: everything but the model and the rows."""

    method: str = "auto"
    target: int | str | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)  # of the method, under Captum's names
    metrics: Sequence[str] = STANDARD
    seed: int = 0
    args: tuple[Any, ...] = ()  # additional forward arguments
    words: Mapping[str, dict[str, Words]] = field(default_factory=dict)  # of the outcomes


def attribute(
    model: Model, rows: Tabular, plan: Plan = Plan(), progress: Progress | None = None
) -> Iterator[Explanation]:
    """Explain the rows, one Explanation each, in order and in batches.

    The attributions are of the raw score of the target: by default the predicted class, or the value of a regression.
    Raises UsageError for a target, method or setting that is not there, ModelError when the model fails or returns
    what cannot be explained, AttributionError when no method gave finite attributions.
    """
    methods = chosen_methods(plan.method, plan.settings)
    metrics = {name: METRICS.load(name)() for name in plan.metrics}
    model, usual = prepared(model, rows, plan)
    target = target_index(model, plan.target)
    return _explained(model, rows, plan, methods, metrics, target, usual, progress)


def prepared(model: Model, rows: Tabular, plan: Plan) -> tuple[Model, np.ndarray[Any, Any]]:
    """The model with its outputs understood, and its scores over the reference rows (empty without any)."""
    with guarded(model, plan.seed):
        model = settled(model, rows, plan.args)
        if rows.reference is None or plan.args:
            return model, np.empty((0, len(model.labels)))
        return model, model.evaluate(_working(model, rows.reference)).numpy()


def _explained(
    model: Model,
    rows: Tabular,
    plan: Plan,
    methods: Mapping[str, Method],
    metrics: Mapping[str, Any],
    target: int | None,
    usual: np.ndarray[Any, Any],
    progress: Progress | None,
) -> Iterator[Explanation]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, len(rows)))
        if progress is not None:
            progress("attributing", start, len(rows))
        with guarded(model, plan.seed) as weights:
            work = _Work(model, rows, part, plan, target, usual, weights)
            found = work.explanations(methods, metrics)
        yield from found


# Choosing


def chosen_methods(name: str, settings: Mapping[str, Setting]) -> dict[str, Method]:
    """The methods to try, in order, with the settings that are theirs.

    Raises UsageError for a setting that none of them has, UnknownName for a method there is not.
    """
    names = AUTO if name == "auto" else (name,)
    if name not in ("auto", *METHODS.names()):
        raise UnknownName("method", name, ["auto", *METHODS.names()], remedy="see `reporter methods`")
    kinds = {each: METHODS.load(each) for each in names}
    known = {each: {f.name for f in fields(kind)} for each, kind in kinds.items()}
    for setting in settings:
        if not any(setting in each for each in known.values()):
            raise UnknownName(f"setting of {name}", setting, sorted(set().union(*known.values())))
    return {
        each: kind(**{key: value for key, value in settings.items() if key in known[each]})
        for each, kind in kinds.items()
    }


def target_index(model: Model, target: Any) -> int | None:
    """The index of the outcome to explain, by the name or number of a class; None means the predicted one."""
    if target is None:
        return None
    labels = model.labels
    if isinstance(target, Tensor) and target.numel() == 1 and not target.is_floating_point():
        target = int(target)
    if isinstance(target, str):
        if target in labels:
            return labels.index(target)
        if not target.isdigit():
            raise UnknownName("class", target, labels)
        target = int(target)
    if isinstance(target, (bool, np.bool_)) or not isinstance(target, (int, np.integer)):
        raise UsageError(f"target {target!r} is no class", allowed=f"a name or a whole number: {', '.join(labels)}")
    if not 0 <= target < len(labels):
        raise UsageError(f"target {target} is out of range", allowed=f"0 to {len(labels) - 1}: {', '.join(labels)}")
    return int(target)


def settled(model: Model, rows: Tabular, args: tuple[Any, ...] = ()) -> Model:
    """The model with task, output and classes known, told from its outputs for rows, reference, baseline and beyond.

    Must be called under guard.
    """
    some = slice(0, 1 if args else PROBES)
    seen = [rows.inputs(some)]
    if not args:  # additional arguments belong to the rows, so nothing else can be run with them
        seen.append(tuple(each[:PROBES] for each in rows.baselines))
        seen += [tuple(each[:PROBES] for each in rows.reference)] if rows.reference is not None else []
        # Far outside, a probability stays between 0 and 1 and a logit does not.
        seen += [tuple(_stretched(each, by) for each in seen[0]) for by in (-10.0, 10.0)]
    probes = _working(model, tuple(torch.cat(parts) for parts in zip(*seen, strict=True)))
    own = tuple(arg[some] if isinstance(arg, Tensor) and arg.ndim else arg for arg in args)
    for dtype in dict.fromkeys((model.dtype, torch.float32, torch.float64) if model.dtype is None else (model.dtype,)):
        try:
            return replace(model, dtype=dtype).settled(probes, own)
        except ReporterError:
            raise
        except Exception as error:  # noqa: BLE001 - the model is foreign code and may raise anything
            failed = error
    shapes = ", ".join(str(tuple(each.shape)) for each in probes)
    said = str(failed).strip().splitlines()[0][:300] if str(failed).strip() else type(failed).__name__
    raise ModelError(
        f"the model fails on inputs of shape {shapes}: {said}", remedy="check which columns it takes, and their order"
    ) from failed


def _stretched(inputs: Tensor, by: float) -> Tensor:
    return inputs * by if inputs.is_floating_point() else inputs


def _working(model: Model, inputs: Inputs) -> Inputs:
    """On the model's device, and of its type, or of single precision where it works in half: paths need the digits."""
    half = model.dtype in (torch.float16, torch.bfloat16)
    dtype = torch.float32 if half else model.dtype
    return tuple(
        each.to(model.device, dtype if dtype is not None and each.is_floating_point() else each.dtype)
        for each in inputs
    )


# One batch of rows


@dataclass(eq=False)
class _Work:
    """One batch of rows on its way to Explanations; lives inside the guard."""

    model: Model
    rows: Tabular
    part: slice
    plan: Plan
    target: int | None
    usual: np.ndarray[Any, Any]
    weights: str

    def __post_init__(self) -> None:
        count = self.part.stop - self.part.start
        self.args = tuple(arg[self.part] if isinstance(arg, Tensor) and arg.ndim else arg for arg in self.plan.args)
        self.inputs = _working(self.model, self.rows.inputs(self.part))
        self.baselines = _working(self.model, self.rows.baselines_of(self.part))
        self.scores = self.model.evaluate(self.inputs, self.args)
        self.baseline_scores = self.model.evaluate(self.baselines, self.args)
        self._refuse_non_finite()
        self.predicted = self.model.predicted(self.scores)
        explained = self.predicted if self.target is None else torch.full((count,), self.target)
        self.question = Question(
            model=self.model,
            inputs=self.inputs,
            baselines=self.baselines,
            target=explained.to(self.model.device),
            mask=self.rows.mask.to(self.model.device),
            args=self.args,
            seed=self.plan.seed,
        )

    def _refuse_non_finite(self) -> None:
        for what, scores in (("", self.scores), ("the baseline of ", self.baseline_scores)):
            wrong = (~scores.isfinite().all(dim=1)).nonzero()
            if len(wrong):
                name = self.rows.instances[self.part.start + int(wrong[0])].id
                raise ModelError(
                    f"the model's output for {what}instance {name!r} is not finite",
                    remedy="look at that row, or choose another baseline" if what else "look at that row",
                )

    def explanations(self, methods: Mapping[str, Method], metrics: Mapping[str, Any]) -> list[Explanation]:
        found: dict[int, Explanation] = {}
        left = torch.arange(len(self.question))
        tried: dict[int, list[Tried]] = {int(row): [] for row in left}
        for name, method in methods.items():
            answer, reasons = self._asked(method, left, last=name == list(methods)[-1])
            for row, reason in zip(left.tolist(), reasons, strict=True):
                if reason:
                    tried[row].append(Tried(name, reason))
            good = torch.tensor([not reason for reason in reasons], dtype=torch.bool)
            if answer is not None and bool(good.any()):
                accepted = answer.select(good.nonzero()[:, 0].tolist())
                found.update(self._made(name, method, left[good], accepted, metrics, tried))
            left = left[~good]
            if not len(left):
                return [found[row] for row in sorted(found)]
        row = int(left[0])
        said = "; ".join(f"{each.method}: {each.reason}" for each in tried[row])
        raise AttributionError(
            f"no method could explain instance {self.rows.instances[self.part.start + row].id!r}: {said}",
            remedy="" if self.plan.method == "auto" else 'use method = "auto"',
        )

    def _asked(self, method: Method, left: Tensor, last: bool) -> tuple[Answer | None, list[str]]:
        """The answer of a method, and per row why it cannot be used (empty where it can)."""
        question = self.question.select(left.to(self.question.device))
        try:
            answer = method.attribute(question)
        except AttributionError as error:
            return None, [str(error)] * len(left)
        except (RuntimeError, NotImplementedError, TypeError) as error:
            if is_out_of_memory(error):
                raise
            return None, [str(error).strip().splitlines()[0][:200]] * len(left)
        judged = method.complete and not last and self.plan.settings.get("n_steps") is None
        found, changes = question.by_feature(answer.attributions), self._changes(question, left)
        return answer, [
            "its attributions are not finite"
            if not np.isfinite(row).all()
            else missed(row, change, settings)
            if judged
            else ""
            for row, change, settings in zip(found, changes, answer.settings, strict=True)
        ]

    def _changes(self, question: Question, rows: Tensor) -> list[float]:
        target = question.target.cpu()[:, None]
        return (self.scores[rows].gather(1, target) - self.baseline_scores[rows].gather(1, target))[:, 0].tolist()

    # Putting together

    def _made(
        self,
        name: str,
        method: Method,
        left: Tensor,
        answer: Answer,
        metrics: Mapping[str, Any],
        tried: Mapping[int, list[Tried]],
    ) -> Iterator[tuple[int, Explanation]]:
        question = self.question.select(left.to(self.question.device))
        second = "feature-ablation" if name != "feature-ablation" else "shapley-value-sampling"
        trial = Trial(
            question=question,
            answer=answer,
            method=method,
            predicted=self.predicted[left],
            resampled=self._resampled,
            second=METHODS.load(second)(),
            second_name=second,
        )
        measured = {each: metric.measure(trial) for each, metric in metrics.items()}
        by_feature = question.by_feature(answer.attributions)
        runners, towards = self._runners_up(method, question, left, by_feature)
        for i, row in enumerate(left.tolist()):
            runner = None
            if runners is not None and towards is not None:
                index = int(runners[i])
                ids = [column.id for column in self.rows.columns]
                attributions = dict(zip(ids, towards[i].tolist(), strict=True))
                runner = RunnerUp(self.model.labels[index], index, attributions)
            yield (
                row,
                self._explanation(
                    row,
                    by_feature[i].tolist(),
                    answer.attributions[i],
                    [measured[each][i] for each in metrics],
                    runner,
                    self._provenance(name, answer.settings[i], tried[row], row),
                ),
            )

    def _resampled(self, repeats: int, seed: int) -> Inputs | None:
        found = self.rows.resampled(repeats, seed)
        return _working(self.model, found) if found is not None else None

    def _runners_up(
        self, method: Method, question: Question, rows: Tensor, towards: np.ndarray[Any, Any]
    ) -> tuple[Tensor | None, np.ndarray[Any, Any] | None]:
        """The most probable class other than the target, and the attributions towards it, per row."""
        chances = self.model.probabilities(self.scores[rows])
        if chances is None or chances.shape[1] < 2:
            return None, None
        others = chances.clone().scatter_(1, question.target.cpu()[:, None], -1.0)
        runners = others.argmax(dim=1)
        if self.model.output in ONE_COLUMN:
            return runners, -towards  # of two classes with one score, what speaks for one speaks against the other
        answer = method.attribute(replace(question, target=runners.to(question.device)))
        found = question.by_feature(answer.attributions)
        return (runners, found) if np.isfinite(found).all() else (None, None)

    def _explanation(
        self,
        row: int,
        attributions: list[float],
        columns: np.ndarray[Any, Any],
        measured: list[Measurement],
        runner: RunnerUp | None,
        provenance: Provenance,
    ) -> Explanation:
        place = self.part.start + row
        features = self.rows.features(place, attributions)
        for each in measured:
            if each.intervals is not None and each.firm is not None:
                features = [
                    replace(feature, interval=(float(low), float(high)), firm=bool(firm))
                    for feature, (low, high), firm in zip(features, each.intervals, each.firm, strict=True)
                ]
        ordered = ranked(features)
        scores = tuple(each.score for each in measured)
        return Explanation(
            instance=self.rows.instances[place].id,
            modality=self.rows.modality,
            features=ordered,
            prediction=self._prediction(row),
            arrays=self._arrays(columns),
            heatmaps=(bars(ordered),),
            runner_up=runner,
            scores=scores,
            grade=grade_of(scores),
            provenance=provenance,
        )

    def _arrays(self, columns: np.ndarray[Any, Any]) -> tuple[Array, ...]:
        ends = np.cumsum([each[0].numel() for each in self.inputs])[:-1]
        return tuple(
            Array((1, *each.shape[1:]), tuple(part.tolist()))
            for part, each in zip(np.split(columns, ends), self.inputs, strict=True)
        )

    def _prediction(self, row: int) -> Prediction:
        model, labels = self.model, self.model.labels
        chances = model.probabilities(self.scores[row : row + 1])
        base = model.probabilities(self.baseline_scores[row : row + 1])
        outcomes = tuple(
            Outcome(
                label=label,
                index=i,
                score=float(self.scores[row, i]),
                baseline_score=float(self.baseline_scores[row, i]),
                probability=float(chances[0, i]) if chances is not None else None,
                baseline_probability=float(base[0, i]) if base is not None else None,
                words=dict(self.plan.words.get(label, {})),
            )
            for i, label in enumerate(labels)
        )
        value = model.task == "regression"
        usual = self.usual[:, 0] if value and len(self.usual) else None
        score = float(self.scores[row, 0])
        return Prediction(
            task=model.task or "classification",
            score_kind=model.score_kind,
            outcomes=outcomes,
            index=int(self.predicted[row]),
            target=int(self.question.target[row]),
            truth=truth_of(model, self.rows.instances[self.part.start + row].truth),
            threshold=model.threshold,
            usual=float(np.median(usual)) if usual is not None else None,
            percentile=float(np.mean(usual < score) + np.mean(usual == score) / 2) if usual is not None else None,
            decimals=model.decimals,
        )

    def _provenance(self, name: str, settings: Mapping[str, Setting], tried: list[Tried], row: int) -> Provenance:
        model, base = self.model, self.baseline_scores[row : row + 1]
        chances = model.probabilities(base)
        said = int(model.predicted(base)[0])
        return Provenance(
            method=name,
            method_reason=self._reason(name, tried),
            settings={**settings, "output": str(model.output), "output_inferred": model.inferred},
            tried=tuple(tried),
            baseline=Baseline(
                self.rows.baseline_name,
                rows=self.rows.reference_rows if self.rows.baseline_name in ("median", "mean") else 0,
                label=model.labels[said] if chances is not None else "",
                probability=float(chances[0, said]) if chances is not None else None,
            ),
            model=model.name,
            model_hash=self.weights,
            data=self.rows.data,
            data_hash=self.rows.data_hash,
            reference_rows=self.rows.reference_rows,
            device=str(model.device),
            dtype=str(self.inputs[0].dtype if model.dtype is None else model.dtype).removeprefix("torch."),
            seed=self.plan.seed,
        )

    def _reason(self, name: str, tried: list[Tried]) -> str:
        if self.plan.method != "auto":
            return "it was asked for"
        if tried:
            return f"{tried[-1].method} could not be used: {tried[-1].reason}"
        return "the model can be differentiated" if METHODS.load(name).needs_gradients else ""


def missed(attributions: np.ndarray[Any, Any], change: float, settings: Mapping[str, Setting]) -> str:
    """Why attributions that should add up to `change` cannot be published; empty when they do well enough."""
    if change and not attributions.any():
        return "its gradient is zero everywhere although the score changes"
    error = completeness_error(attributions.tolist(), change)
    if error <= MISSED:
        return ""
    steps = f" after {settings['n_steps']} steps" if "n_steps" in settings else ""
    return f"its attributions miss the change in score by {error:.0%}{steps}"


def truth_of(model: Model, given: str | float | None) -> str | float | None:
    """A label on record as the model calls it: a class name, or a class's number. Raises UsageError for neither."""
    if given is None or model.task == "regression":
        return float(given) if given is not None else None
    text = f"{given:g}" if isinstance(given, float) else str(given)
    if text in model.labels:
        return text
    if text.isdigit() and int(text) < len(model.labels):
        return model.labels[int(text)]
    raise UnknownName("class on record", text, model.labels, remedy="name the classes as the data do")
