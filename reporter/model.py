"""A model that can be run, whatever it is made of, and one instance of what it is run on.

A model's outputs are brought to one shape, (rows, outcomes): one column per class, or one for the value of a
regression. A single logit or probability becomes two columns, so that either class can be explained.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from reporter.batching import batch_size, counting, in_batches
from reporter.errors import ModelError, listing
from reporter.outputs import ONE_COLUMN, SCORE_KINDS, TOGETHER, adapted, kind_of, may_be, value_index
from reporter.prediction import ScoreKind, Task
from reporter.study import Output
from reporter.weights import hash_of, modules_in, weights_of

CPU = torch.device("cpu")

Inputs = tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Instance:
    """One thing to explain: what the network sees, and what a reader sees."""

    id: str
    inputs: Inputs  # each (1, …), on the scale of the network
    values: tuple[float | str | None, ...]  # raw, one per feature
    missing: tuple[bool, ...]  # which values were filled in
    truth: str | float | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """An nn.Module or a callable, with what is known about its outputs.

    `output` and `classes` may be left open; `settled` finds them by looking at outputs.
    """

    forward: Callable[..., Any]
    name: str = ""  # file or import path, or the class's name
    task: Task | None = None
    output: Output | None = None
    output_key: str | int | None = None
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    value: str = "quantity"  # id of what a regression predicts
    values: tuple[str, ...] = ()  # the same of each of several values, of which one is explained at a time
    column: int | None = None  # which of several values that is
    position: tuple[int, ...] = ()  # which of the outputs per position are explained
    decimals: int | None = None
    device: torch.device = CPU
    dtype: torch.dtype | None = None  # None: the model takes whatever floating type it is given
    own_dtype: torch.dtype | None = None  # of the weights, where they are cast to `dtype` while it runs under guard
    batch: int | None = None  # the only batch size an exported program accepts
    inferred: bool = False  # `output` was inferred, not said
    activations: int = 0  # numbers that the layers hand on for one row, as far as `settled` saw; 0: not known

    # What it is

    @functools.cached_property
    def modules(self) -> tuple[nn.Module, ...]:
        """The nn.Modules that run when this is called: itself, or those a function closes over."""
        return tuple(modules_in(self.forward))

    @functools.cached_property
    def size(self) -> int:
        """How many numbers the weights hold."""
        return sum(tensor.numel() for tensor in weights_of(self.modules).values())

    def weight_hash(self) -> str:
        """sha256 over all parameters and buffers in the order of their names; empty when there are none."""
        return hash_of(weights_of(self.modules))

    @property
    def labels(self) -> tuple[str, ...]:
        """The ids of the outcomes, one per column of `scores`."""
        return self.classes if self.task == "classification" else (self.value,)

    @property
    def exclusive(self) -> bool:
        """Whether the outcomes exclude each other; labels that may hold together are a question each."""
        return self.output not in TOGETHER

    @property
    def score_kind(self) -> ScoreKind:
        return SCORE_KINDS[self.output or "logits"]

    # What it says

    def outputs(self, inputs: Inputs, args: tuple[Any, ...] = ()) -> Tensor:
        """The model's own outputs as (rows, columns), with gradients where it has any.

        The model gets copies on its own device and in its own type, so it cannot touch what it was given.
        Raises ModelError when the outputs are not one row of numbers per row of inputs.
        """
        if self.batch is not None:
            return self._in_own_batches(inputs, args)
        return self._adapted(self.call(inputs, args), len(inputs[0]))

    def scores(self, inputs: Inputs, args: tuple[Any, ...] = ()) -> Tensor:
        """(rows, outcomes), with gradients: what is attributed. One logit z becomes (−z, z), p becomes (1 − p, p)."""
        found = self.outputs(inputs, args)
        if found.dtype.is_floating_point:
            pass
        elif self.task == "classification" and found.shape[1] == 1 and len(self.classes) > 2:
            return nn.functional.one_hot(found[:, 0].long(), len(self.classes)).to(torch.float32)
        else:
            found = found.to(torch.float32)
        if self.output == "logit":
            return torch.cat([-found, found], dim=1)
        if self.output == "probability":
            return torch.cat([1 - found, found], dim=1)
        return found

    def evaluate(self, inputs: Inputs, args: tuple[Any, ...] = ()) -> Tensor:
        """`scores` as float64 on the CPU, without gradients, in batches that fit."""

        def run(rows: slice) -> Tensor:
            part = tuple(given[rows] for given in inputs)
            return self.scores(part, rows_of(args, rows)).detach().to("cpu", torch.float64)

        with torch.no_grad():
            return torch.cat(in_batches(run, len(inputs[0]), self.batch_size(inputs)))

    def batch_size(self, inputs: Inputs) -> int:
        """How many rows to run at once."""
        width = sum(given[0].numel() for given in inputs)
        layers = sum(p.shape[0] for module in self.modules for p in module.parameters() if p.ndim > 1)
        return batch_size(width + layers, self.device, self.activations, self.size)

    def probabilities(self, scores: Tensor) -> Tensor | None:
        """(rows, classes) from `scores`; None for values."""
        if self.output == "logits":
            return scores.softmax(dim=1)
        if self.output in ("logit", "multi-label"):
            return scores.sigmoid()
        if self.output == "log-probabilities":
            return scores.exp()
        return None if self.output == "value" else scores

    def predicted(self, scores: Tensor) -> Tensor:
        """The index of the predicted outcome of each row: the most probable one, or by the threshold of the second."""
        chances = self.probabilities(scores)
        if chances is None:
            return torch.zeros(len(scores), dtype=torch.long)
        if self.threshold is not None and chances.shape[1] == 2 and self.exclusive:
            return (chances[:, 1] >= self.threshold).long()
        return chances.argmax(dim=1)

    def prepared(self, tensor: Tensor) -> Tensor:
        """A copy on the model's device; floating numbers in the model's type."""
        dtype = self.dtype if self.dtype is not None and tensor.is_floating_point() else tensor.dtype
        return tensor.to(device=self.device, dtype=dtype, copy=True)

    def call(self, inputs: Inputs, args: tuple[Any, ...], forward: Callable[..., Any] | None = None) -> Any:
        """What the model, or another `forward` of the same kind, returns for copies of the inputs, as it returns it."""
        called = forward or self.forward
        given = [self.prepared(tensor) for tensor in inputs]
        rest = [arg.to(self.device) if isinstance(arg, Tensor) else arg for arg in args]
        if not rest and len(self._keywords) == len(given):
            return called(**dict(zip(self._keywords, given, strict=True)))
        return called(*given, *rest)

    @functools.cached_property
    def _keywords(self) -> tuple[str, ...]:
        """The names of a forward whose parameters are keyword-only; empty for all others."""
        called = self.forward.forward if isinstance(self.forward, nn.Module) else self.forward
        try:
            parameters = list(inspect.signature(called).parameters.values())
        except (TypeError, ValueError):
            return ()
        if any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL) for p in parameters):
            return ()
        return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty)

    def _in_own_batches(self, inputs: Inputs, args: tuple[Any, ...]) -> Tensor:
        """Run rows `batch` at a time; the last batch is filled up with its own last row, which is cut off again."""
        size, count = self.batch or 1, len(inputs[0])
        found = []
        for start in range(0, count, size):
            index = torch.arange(start, start + size).clamp(max=count - 1).to(inputs[0].device)
            outputs = self._adapted(self.call(tuple(x[index] for x in inputs), rows_of(args, index)), size)
            found.append(outputs[: count - start])
        return torch.cat(found)

    def _adapted(self, raw: Any, rows: int) -> Tensor:
        found = adapted(raw, rows, self.output_key, self.position, self.classes)
        return found if self.column is None else found[:, self.column : self.column + 1]

    # What it means

    def settled(
        self, inputs: Inputs, args: tuple[Any, ...] = (), more: Sequence[Inputs] = (), target: Any = None
    ) -> Model:
        """The same model with task, output and classes filled in by looking at its outputs for `inputs` and `more`.

        Of a regression with several values the one that `target` names is kept, by name or number. Rows that sum to 1
        are probabilities; rows ≤ 0 whose exponentials do are log-probabilities; one column is a probability when it
        never leaves 0 to 1, else a logit, and a value where nothing speaks of classes; all others are logits. Labels
        that may hold together are said, never told; their outputs are probabilities when they never leave 0 to 1.
        Raises ModelError when classes or the stated output do not fit, UsageError for the target.
        """
        parts = [part for each in (inputs, *more) for part in self._parts(each, args)]
        found, known = torch.cat([part for part, _ in parts]), replace(self, activations=max(each for _, each in parts))
        columns = found.shape[1]
        shown = "one column" if columns == 1 else f"{columns} columns"
        if not found.dtype.is_floating_point and self.task != "regression" and len(self.classes) > 2:
            return replace(known, task="classification", output="probabilities", inferred=self.output is None)
        task, output = self._task(columns), self.output
        if output is None:
            output = "value" if task == "regression" else kind_of(found.to("cpu", torch.float64))
        elif output != "value" and (columns == 1) != (output in ONE_COLUMN):
            better = "logit, probability or value" if columns == 1 else "logits, probabilities or log-probabilities"
            raise ModelError(f"output = {output!r}, but the model returns {shown} per row", allowed=better)
        if task == "regression" and (columns > 1 or len(self.values) > 1):
            return self._of_value(columns, target).settled(inputs, args, more)
        if output == "multi-label" and bool(((found >= 0) & (found <= 1)).all()):
            output = "multi-label-probabilities"
        if self.output is not None and not may_be(self.output, found.to("cpu", torch.float64)):
            low, high = float(found.min()), float(found.max())
            raise ModelError(
                f"output = {self.output!r}, but the model returns numbers from {low:.3g} to {high:.3g}",
                allowed="probabilities from 0 to 1, log-probabilities up to 0",
                remedy="say logits or logit, or correct the model",
            )
        outcomes = 2 if output in ("logit", "probability") else columns
        classes = self.classes or tuple(str(i) for i in range(outcomes)) if task == "classification" else ()
        if task == "classification" and len(classes) != outcomes:
            raise ModelError(
                f"{len(classes)} classes are named ({listing(classes)}), but the model returns {shown}",
                allowed="one name per column, or two names for a single column",
                remedy="correct the classes",
            )
        return replace(known, task=task, output=output, classes=classes, inferred=self.output != output)

    def _of_value(self, columns: int, target: Any) -> Model:
        """The same model, of whose values one is explained."""
        names = self.values or (self.classes if len(self.classes) == columns else ())
        names = names or tuple(f"{self.value}_{i}" for i in range(columns))
        if len(names) != columns:
            raise ModelError(
                f"{len(names)} values are named ({listing(names)}), but the model returns {columns} per row",
                allowed="one name per column",
                remedy="correct value under [model]",
            )
        column = value_index(names, target)
        return replace(self, task="regression", value=names[column], values=(), column=column, classes=())

    def _parts(self, inputs: Inputs, args: tuple[Any, ...]) -> list[tuple[Tensor, int]]:
        """`outputs` for all rows at once, or in parts where memory runs out; and the numbers handed on for a row."""

        def run(rows: slice) -> tuple[Tensor, int]:
            with torch.no_grad(), counting(self.modules) as counted:
                found = self.outputs(tuple(given[rows] for given in inputs), rows_of(args, rows))
            return found, sum(counted) // len(found)

        return in_batches(run, len(inputs[0]), len(inputs[0]))

    def _task(self, columns: int) -> Task:
        if self.task is not None:
            return self.task
        if self.output is not None:
            return "regression" if self.output == "value" else "classification"
        if len(self.values) > 1:
            return "regression"
        return "classification" if columns > 1 or self.classes or self.threshold is not None else "regression"


def rows_of(args: tuple[Any, ...], rows: slice | Tensor) -> tuple[Any, ...]:
    """Additional forward arguments for some rows: a tensor's first dimension is the batch, as in Captum."""
    return tuple(
        arg[rows.to(arg.device) if isinstance(rows, Tensor) else rows] if isinstance(arg, Tensor) and arg.ndim else arg
        for arg in args
    )
