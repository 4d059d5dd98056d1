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

MIXTURES = 48  # of inputs and baselines; two columns look alike in all of them once in 2⁴⁸

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
        (number, place, here[number][1], there[number][1])
        for number, place in enumerate(_places(question, here, there))
        if place is not None
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


def _looked_up(question: Question, inputs: Inputs, rows: Tensor | None = None) -> Vectors:
    """What the model looks up for some inputs, call by call; row i of them belongs to row `rows[i]` of the question."""
    count = len(inputs[0])
    index = torch.arange(count, device=question.device) if rows is None else rows

    def run(part: slice) -> Vectors:
        recording = _Recording()
        with torch.no_grad(), recording:
            question.model.scores(tuple(each[part] for each in inputs), question.args_of(index[part]))
        return [(ids[: part.stop - part.start], each[: part.stop - part.start]) for ids, each in recording.found]

    # A program that takes batches of one size only is run batch by batch, so that each has its own lookups.
    parts = in_batches(run, count, question.model.batch or question.model.batch_size(inputs))
    if len({len(part) for part in parts}) > 1:
        raise AttributionError("the model looks up another number of vectors from row to row")
    return [_joined(calls, count) for calls in zip(*parts, strict=True)]


def _joined(calls: Sequence[tuple[Tensor, Tensor]], rows: int) -> tuple[Tensor, Tensor]:
    """One call over all batches; empty when what it looks up does not go by rows, as positions do not."""
    if sum(len(ids) if ids.ndim else 0 for ids, _ in calls) != rows:
        return torch.empty(0), torch.empty(0)
    if len(calls) > 1 and len({(ids.shape[1:], each.shape[1:]) for ids, each in calls}) > 1:
        return torch.empty(0), torch.empty(0)
    return torch.cat([ids for ids, _ in calls]), torch.cat([each for _, each in calls])


def _places(question: Question, here: Vectors, there: Vectors) -> list[Tensor | None]:
    """Per lookup which columns it read, one per number looked up in a row; None where it follows no input.

    Which number came from which column is told by trying: the model is run on mixtures of inputs and baselines, drawn
    column by column, and a lookup follows the column whose numbers, or these shifted by a constant, it has in all of
    them. So a number that occurs twice in a row is never taken for its twin.
    """
    rows = torch.arange(len(question), device=question.device).repeat(-(-MIXTURES // len(question)))
    generator = torch.Generator().manual_seed(0)
    mixed = tuple(
        torch.where(
            torch.rand(len(rows), *given.shape[1:], generator=generator).to(given.device) < 0.5,
            given[rows],
            other[rows],
        )
        for given, other in zip(question.inputs, question.baselines, strict=True)
    )
    tried = _looked_up(question, mixed, rows)
    if len(tried) != len(here):
        raise AttributionError("the model looks up another number of vectors from row to row")
    whole = [
        torch.cat(parts).reshape(len(rows) + 2 * len(question), -1).cpu()
        for parts in zip(question.inputs, question.baselines, mixed, strict=True)
        if not parts[0].is_floating_point()
    ]
    widths = [each[0].numel() for each in question.inputs]
    columns = torch.cat(
        [
            torch.arange(width) + start
            for given, width, start in zip(question.inputs, widths, accumulate(widths, initial=0), strict=False)
            if not given.is_floating_point()
        ]
    )
    given = torch.cat(whole, dim=1)
    found: list[Tensor | None] = []
    for calls in zip(here, there, tried, strict=True):
        ids = [ids for ids, _ in calls]
        if any(not each.ndim or not len(each) for each in ids) or len({each.shape[1:] for each in ids}) > 1:
            found.append(None)
            continue
        place = _place(torch.cat(ids).reshape(len(given), -1).cpu(), given)
        found.append(None if place is None else columns[place])
    return found


def _place(asked: Tensor, given: Tensor) -> Tensor | None:
    """Per number looked up (rows, numbers), the column of whole numbers (rows, columns) that it follows."""
    moving = (given != given[:1]).any(dim=0)
    still = (asked == asked[:1]).all(dim=0)
    if bool(still.all()):  # positions, or numbers that are the same in every baseline: nothing is attributed to them
        exact = asked.shape == given.shape and bool((asked == given).all())
        return torch.arange(given.shape[1]) if exact else None
    if asked.shape[1] > given.shape[1] and bool(still.any()):
        return None
    found = torch.empty(asked.shape[1], dtype=torch.long)
    for number in range(asked.shape[1]):
        if still[number]:
            # The same everywhere: its vector never changes, so that it only has to stand somewhere.
            alike = (asked[:, number, None] == given).all(dim=0).nonzero()[:, 0].tolist()
            found[number] = number if number in alike or not alike else alike[0]
            continue
        shift = asked[:, number, None] - given
        fits = ((shift == shift[:1]).all(dim=0) & moving).nonzero()[:, 0]
        if not len(fits):
            return None
        found[number] = fits[0]
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
