"""Lookups: where a model turns whole numbers into vectors, which is where their gradients can be taken.

Whole numbers (tokens, categories, indexes of users and items) have no gradient; the vectors that a model looks up for
them have. A question about such inputs is asked about the vectors instead, on the straight way from the baseline's
vectors to the input's, and the answer is added up over each vector. This is Captum's layer attribution at every
embedding at once, for any model that calls torch's embedding functions, as a module or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
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

HALF = (torch.float16, torch.bfloat16)  # too few digits for a path between vectors

Vectors = list[tuple[Tensor, Tensor]]  # per call: what was looked up, and what was found (…, width)
Seen = (
    tuple[Tensor, Tensor] | None
)  # one call over all rows: ids (rows, …), vectors (rows, …, width); None if not by rows
Sides = tuple[Seen, Seen]  # with rows first, as most models have them, and with rows second, as recurrent ones may


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
    found = _found(question)
    if not found:
        raise AttributionError("some inputs are whole numbers, and the model looks up no vectors for them")
    starts = [0, *accumulate(each[0].numel() for each in question.inputs)]
    floats = [i for i, each in enumerate(question.inputs) if each.is_floating_point()]
    places = [torch.arange(starts[i], starts[i + 1]) for i in floats]
    places += [each.place.repeat_interleave(each.vectors[0].numel() // each.place.numel()) for each in found]
    view = replace(
        question,
        model=_substituting(question, floats, found),
        inputs=(*(question.inputs[i] for i in floats), *(each.vectors for each in found)),
        baselines=(*(question.baselines[i] for i in floats), *(each.others for each in found)),
        mask=question.mask[torch.cat(places).to(question.mask.device)],
        args=(*(each for each in question.inputs if not each.is_floating_point()), *question.args),
    )
    return View(view, tuple(places), len(question.mask))


@dataclass(frozen=True, eq=False)
class _Lookup:
    """A lookup that follows the inputs."""

    number: int  # which call it is
    second: bool  # rows are its second dimension, not its first
    place: Tensor  # per number looked up in a row: the column of the inputs it follows
    vectors: Tensor  # (rows, …, width)
    others: Tensor  # those of the baselines


def _found(question: Question) -> list[_Lookup]:
    """The lookups that follow the inputs, each with the columns it reads.

    Which number came from which column is told by trying: the model is run on mixtures of inputs and baselines, drawn
    column by column, and a lookup follows the column whose numbers, or these shifted by a constant, it has in all of
    them. So a number that occurs twice in a row is never taken for its twin.
    """
    rows, mixed = _mixtures(question)
    first = rows[:1]
    counts = [
        len(_looked_up(question, tuple(each[:1] for each in given), first))
        for given in (question.inputs, question.baselines)
    ]
    # How many lookups there are is known now, so that nothing behind the last of them needs to be run again.
    runs = [_looked_up(question, question.inputs, most=counts[0])]
    runs.append(_looked_up(question, question.baselines, most=counts[0]))
    runs.append(_looked_up(question, mixed, rows, most=counts[0]))
    if len({*counts, *map(len, runs)}) > 1:
        raise AttributionError("the model looks up another number of vectors from row to row")
    given, columns = _columns(question, mixed)
    found = []
    for number, calls in enumerate(zip(*runs, strict=True)):
        for second in (False, True):
            seen = [side for call in calls if (side := call[second]) is not None]
            if len(seen) < len(calls) or len({ids.shape[1:] for ids, _ in seen}) > 1:
                continue
            place = _place(torch.cat([ids for ids, _ in seen]).reshape(len(given), -1).cpu(), given)
            if place is not None:
                found.append(_Lookup(number, second, columns[place], seen[0][1], seen[1][1]))
                break
    return found


def _mixtures(question: Question) -> tuple[Tensor, Inputs]:
    """Rows of the question, and for each of these its input with some numbers put to the baseline, drawn at random."""
    rows = torch.arange(len(question), device=question.device).repeat(-(-MIXTURES // len(question)))
    generator = torch.Generator().manual_seed(0)

    def mixed(given: Tensor, other: Tensor) -> Tensor:
        kept = torch.rand(len(rows), *given.shape[1:], generator=generator) < 0.5
        return torch.where(kept.to(given.device), given[rows], other[rows])

    return rows, tuple(mixed(*pair) for pair in zip(question.inputs, question.baselines, strict=True))


def _columns(question: Question, mixed: Inputs) -> tuple[Tensor, Tensor]:
    """Whole numbers of inputs, baselines and mixtures as (rows, columns), and which columns of the inputs they are."""
    whole, places, start = [], [], 0
    for parts in zip(question.inputs, question.baselines, mixed, strict=True):
        width = parts[0][0].numel()
        if not parts[0].is_floating_point():
            whole.append(torch.cat(parts).reshape(-1, width).cpu())
            places.append(torch.arange(start, start + width))
        start += width
    return torch.cat(whole, dim=1), torch.cat(places)


def _looked_up(question: Question, inputs: Inputs, rows: Tensor | None = None, most: int | None = None) -> list[Sides]:
    """What the model looks up for some inputs, call by call; row i of them belongs to row `rows[i]` of the question.

    With `most`, the run ends after so many lookups.
    """
    count = len(inputs[0])
    index = torch.arange(count, device=question.device) if rows is None else rows
    # A program that takes batches of one size only is run batch by batch, so that each has its own lookups.
    fixed = question.model.batch

    def run(part: slice) -> tuple[int, Vectors]:
        # A program that takes one batch size alone looks everything up again for each batch, and ends by itself.
        recording = _Recording(most if fixed is None else None)
        with torch.no_grad(), suppress(_Enough), recording:
            question.model.scores(tuple(each[part] for each in inputs), question.args_of(index[part]))
        return part.stop - part.start, recording.found

    parts = in_batches(run, count, fixed or question.model.batch_size(inputs))
    sizes = [size for size, _ in parts]
    if len({len(calls) for _, calls in parts}) > 1:
        raise AttributionError("the model looks up another number of vectors from row to row")
    return [
        (_joined(calls, sizes, fixed, 0), _joined(calls, sizes, fixed, 1))
        for calls in zip(*(calls for _, calls in parts), strict=True)
    ]


def _joined(calls: Sequence[tuple[Tensor, Tensor]], sizes: Sequence[int], fixed: int | None, axis: int) -> Seen:
    """One call over all batches, whose rows are dimension `axis`; None when it does not go by rows, as positions."""
    found = []
    for (ids, vectors), size in zip(calls, sizes, strict=True):
        if ids.ndim <= axis or ids.shape[axis] != (fixed or size):
            return None
        # A batch that was filled up has more rows than were asked for.
        found.append((ids.transpose(0, axis)[:size], vectors.transpose(0, axis)[:size]))
    if len({(ids.shape[1:], vectors.shape[1:]) for ids, vectors in found}) > 1:
        return None
    return torch.cat([ids for ids, _ in found]), torch.cat([vectors for _, vectors in found])


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


def _substituting(question: Question, floats: Sequence[int], lookups: Sequence[_Lookup]) -> Model:
    """The model, called with its floating inputs, the vectors, and behind them the whole numbers themselves."""
    model, kinds = question.model, [each.is_floating_point() for each in question.inputs]
    forward: Callable[..., Any] = model.forward  # closed over, so that its modules are found

    def called(*given: Any) -> Any:
        continuous = iter(given[: len(floats)])
        vectors = given[len(floats) : len(floats) + len(lookups)]
        rest = given[len(floats) + len(lookups) :]
        whole = iter(rest[: kinds.count(False)])
        inputs = tuple(next(continuous) if floating else next(whole) for floating in kinds)
        turned = {
            each.number: vector.transpose(0, 1) if each.second else vector
            for each, vector in zip(lookups, vectors, strict=True)
        }
        with _Substituting(turned):
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


class _Enough(BaseException):
    """Ends a run whose lookups are all known. No Exception: a model may catch those."""


class _Recording(_Embedding):
    def __init__(self, most: int | None = None) -> None:
        super().__init__()
        self.found: Vectors = []
        self._most = most

    def lookup(self, ids: Tensor, weight: Tensor, rest: Callable[[], Tensor]) -> Tensor:  # noqa: ARG002
        found = rest()
        kept = found.detach().clone()
        self.found.append((ids.detach().clone(), kept.float() if kept.dtype in HALF else kept))
        if len(self.found) == self._most:
            raise _Enough
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
