"""Lookups: where a model turns whole numbers into vectors, which is where their gradients can be taken.

Whole numbers (tokens, categories, indexes of users and items) have no gradient; the vectors that a model looks up for
them have. A question about such inputs is asked about the vectors instead, on the straight way from the baseline's
vectors to the input's, and the answer is added up over each vector. This is Captum's layer attribution at every
embedding at once, for any model that calls torch's embedding functions, as a module or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from reporter.batching import in_batches
from reporter.errors import AttributionError
from reporter.model import Inputs, Model
from reporter.question import Answer, Question

# The parameters of torch.nn.functional.embedding_bag, in order.
BAG = (
    *("input", "weight", "offsets", "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse"),
    *("per_sample_weights", "include_last_offset", "padding_idx"),
)

Vectors = list[tuple[Tensor, Tensor]]  # per lookup: what was looked up (rows, …), and what was found (rows, …, width)


@dataclass(frozen=True, eq=False)
class View:
    """A question about whole numbers, asked about floating inputs and looked-up vectors instead."""

    question: Question
    places: tuple[Tensor, ...]  # per input of it, and per number: the column of the first question it belongs to
    columns: int  # of the first question

    def folded(self, answer: Answer) -> Answer:
        """The answer for the columns of the first question."""
        index = torch.cat(self.places).numpy()
        found = np.zeros((len(answer.attributions), self.columns))
        np.add.at(found.T, index, answer.attributions.T)
        return Answer(found, answer.settings)


def is_whole(inputs: Inputs) -> bool:
    """Whether some inputs are whole numbers."""
    return not all(each.is_floating_point() for each in inputs)


def viewed(question: Question) -> View:
    """The same question, asked where there are gradients. Raises AttributionError when nothing is looked up."""
    here, there = _looked_up(question, question.inputs), _looked_up(question, question.baselines)
    if len(here) != len(there) or any(a[1].shape != b[1].shape for a, b in zip(here, there, strict=False)):
        raise AttributionError("the model looks up other vectors for the baseline than for the input")
    found = [
        (number, place, vectors, other)
        for number, ((ids, vectors), (others, other)) in enumerate(zip(here, there, strict=True))
        if (place := _place(ids, others, question)) is not None
    ]
    if not found:
        raise AttributionError("some inputs are whole numbers, and the model looks up no vectors for them")
    starts = [0, *accumulate(each[0].numel() for each in question.inputs)]
    floats = [i for i, each in enumerate(question.inputs) if each.is_floating_point()]
    places = [torch.arange(starts[i], starts[i + 1]) for i in floats]
    places += [place.repeat_interleave(vectors[0].numel() // place.numel()) for _, place, vectors, _ in found]
    view = replace(
        question,
        model=_substituting(question, floats, [number for number, *_ in found]),
        inputs=(*(question.inputs[i] for i in floats), *(vectors for _, _, vectors, _ in found)),
        baselines=(*(question.baselines[i] for i in floats), *(other for *_, other in found)),
        mask=question.mask[torch.cat(places).to(question.mask.device)],
        args=(*(each for each in question.inputs if not each.is_floating_point()), *question.args),
    )
    return View(view, tuple(places), len(question.mask))


def _looked_up(question: Question, inputs: Inputs) -> Vectors:
    """What the model looks up for some inputs, call by call."""

    def run(rows: slice) -> Vectors:
        index = torch.arange(rows.start, rows.stop, device=question.device)
        recording = _Recording()
        with torch.no_grad(), recording:
            question.model.scores(tuple(each[rows] for each in inputs), question.args_of(index))
        return recording.found

    parts = in_batches(run, len(question), question.model.batch_size(inputs))
    if len({len(part) for part in parts}) > 1:
        raise AttributionError("the model looks up another number of vectors from row to row")
    return [_joined(calls, len(question)) for calls in zip(*parts, strict=True)]


def _joined(calls: Sequence[tuple[Tensor, Tensor]], rows: int) -> tuple[Tensor, Tensor]:
    """One call over all batches; empty when what it looks up does not go by rows, as positions do not."""
    if len(calls) > 1 and sum(len(ids) if ids.ndim else 0 for ids, _ in calls) != rows:
        return torch.empty(0), torch.empty(0)
    return (
        calls[0] if len(calls) == 1 else (torch.cat([ids for ids, _ in calls]), torch.cat([each for _, each in calls]))
    )


def _place(ids: Tensor, others: Tensor, question: Question) -> Tensor | None:
    """Which columns a lookup read, one per number looked up in a row; None for what is none of the inputs."""
    count = len(question)
    if not ids.ndim or len(ids) != count:
        return None
    start = 0
    for given, baseline in zip(question.inputs, question.baselines, strict=True):
        width = given[0].numel()
        if not given.is_floating_point():
            rows, other = given.reshape(count, -1).to(ids.device), baseline.reshape(count, -1).to(ids.device)
            asked, instead = ids.reshape(count, -1), others.reshape(count, -1)
            if asked.shape[1] == width and _same(asked, instead, rows, other):
                return torch.arange(start, start + width)
            if found := _columns(asked, instead, rows, other):
                return torch.tensor(found) + start
        start += width
    return None


def _same(asked: Tensor, instead: Tensor, rows: Tensor, other: Tensor) -> bool:
    """Whether what is looked up follows an input number by number: the numbers themselves, or these shifted."""
    return bool((asked == rows).all() and (instead == other).all()) or bool(
        ((asked - instead) == (rows - other)).all() and (rows != other).any()
    )


def _columns(asked: Tensor, instead: Tensor, rows: Tensor, other: Tensor) -> list[int]:
    """Which columns of an input are looked up, one after the other; empty when some are not among them."""
    found: list[int] = []
    for number in range(asked.shape[1]):
        mine, base = asked[:, number, None], instead[:, number, None]
        fits = ((mine == rows) & (base == other)).all(dim=0).nonzero()[:, 0].tolist()
        free = [column for column in fits if column not in found]
        if not free:
            return []
        found.append(free[0])
    return found


def _substituting(question: Question, floats: Sequence[int], numbers: Sequence[int]) -> Model:
    """The model, called with its floating inputs, the vectors, and behind them the whole numbers themselves."""
    model, kinds = question.model, [each.is_floating_point() for each in question.inputs]
    forward: Callable[..., Any] = model.forward  # closed over, so that its modules are found

    def called(*given: Any) -> Any:
        continuous = iter(given[: len(floats)])
        vectors = given[len(floats) : len(floats) + len(numbers)]
        rest = given[len(floats) + len(numbers) :]
        whole = iter(rest[: kinds.count(False)])
        inputs = tuple(next(continuous) if floating else next(whole) for floating in kinds)
        with _Substituting(dict(zip(numbers, vectors, strict=True))):
            return model.call(inputs, rest[kinds.count(False) :], forward)

    return replace(model, forward=called)


class _Embedding(TorchFunctionMode):
    """Sees every lookup a model makes, whether by nn.Embedding, nn.EmbeddingBag or the functions behind them."""

    def lookup(self, ids: Tensor, weight: Tensor, rest: Callable[[], Tensor]) -> Tensor:
        raise NotImplementedError

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is nn.functional.embedding:
            ids, weight = _two(args, kwargs, "input", "weight")
            return self.lookup(ids, weight, lambda: func(*args, **kwargs))
        if func in (torch.embedding, torch.ops.aten.embedding.default):
            weight, ids = _two(args, kwargs, "weight", "indices")
            return self.lookup(ids, weight, lambda: func(*args, **kwargs))
        if func is nn.functional.embedding_bag:
            return _bag(self, func, args, kwargs)
        return func(*args, **kwargs)


class _Recording(_Embedding):
    def __init__(self) -> None:
        super().__init__()
        self.found: Vectors = []

    def lookup(self, ids: Tensor, weight: Tensor, rest: Callable[[], Tensor]) -> Tensor:  # noqa: ARG002
        found = rest()
        self.found.append((ids.detach().clone(), found.detach().clone()))
        return found


class _Substituting(_Embedding):
    def __init__(self, given: dict[int, Tensor]) -> None:
        super().__init__()
        self._given, self._count = given, 0

    def lookup(self, ids: Tensor, weight: Tensor, rest: Callable[[], Tensor]) -> Tensor:  # noqa: ARG002
        number, self._count = self._count, self._count + 1
        return self._given[number] if number in self._given else rest()


def _two(args: Sequence[Any], kwargs: dict[str, Any], first: str, second: str) -> tuple[Tensor, Tensor]:
    return (args[0] if args else kwargs[first]), (args[1] if len(args) > 1 else kwargs[second])


def _bag(mode: _Embedding, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """An embedding bag of one bag a row, as a lookup and what follows it; others as they are."""
    given = {**dict(zip(BAG, args, strict=False)), **kwargs}
    ids, weight, kind = given["input"], given["weight"], given.get("mode", "mean")
    if ids.ndim != 2 or given.get("max_norm") is not None:
        return func(*args, **kwargs)  # type: ignore[no-any-return]
    found = mode.lookup(ids, weight, lambda: weight[ids])
    factors = given.get("per_sample_weights")
    if factors is not None:
        found = found * factors[..., None]
    padding = given.get("padding_idx")
    kept = torch.ones_like(ids, dtype=torch.bool) if padding is None else ids != padding
    if kind == "max":
        return found.masked_fill(~kept[..., None], -torch.inf).amax(dim=1)
    total = (found * kept[..., None]).sum(dim=1)
    return total if kind == "sum" else total / kept.sum(dim=1, keepdim=True).clamp(min=1)
