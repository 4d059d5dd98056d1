"""Running a model over many rows in batches that fit: a size chosen beforehand, halved when memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from reporter.errors import ModelError

T = TypeVar("T")


class TooLarge(ModelError):
    """Not even the smallest batch fits into memory."""


# Activations of one batch, in numbers. Small enough to stay in a processor's cache, which on CPU is faster than one
# large batch; large enough that the cost of a call does not matter.
# On CPU the number is for each thread, because each has a cache of its own.
MOST_THREADS = 8
NUMBERS_PER_BATCH = {"cpu": 1_000_000, "": 50_000_000}


def batch_size(numbers_per_row: int, device: torch.device) -> int:
    """How many rows to run at once, for a model that holds about `numbers_per_row` numbers while it runs one."""
    numbers = NUMBERS_PER_BATCH.get(device.type, NUMBERS_PER_BATCH[""])
    if device.type == "cpu":
        numbers *= min(torch.get_num_threads(), MOST_THREADS)
    return max(1, numbers // max(1, numbers_per_row))


def in_batches(run: Callable[[slice], T], count: int, size: int) -> list[T]:
    """`run` over `count` rows, `size` at a time, in order; on out-of-memory the size is halved and the batch run again.

    Raises TooLarge when a single row does not fit; an outer call, over rows of which each runs many, halves on that.
    """
    results: list[T] = []
    start = 0
    while start < count:
        stop = min(start + size, count)
        try:
            results.append(run(slice(start, stop)))
        except (RuntimeError, MemoryError, TooLarge) as error:
            if not is_out_of_memory(error):
                raise
            if stop - start == 1:
                raise TooLarge(
                    "the model does not fit into memory, not even for one row", remedy="choose another --device"
                ) from error
            size = (stop - start) // 2
        else:
            start = stop
            continue
        _release()  # outside the handler, where the failed batch is no longer referred to
    return results


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is any of the ways in which torch says that memory ran out."""
    text = str(error).lower()
    return (
        isinstance(error, (torch.OutOfMemoryError, MemoryError, TooLarge))
        or "out of memory" in text
        or "can't allocate memory" in text
        or "not enough memory" in text
    )


def _release() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
