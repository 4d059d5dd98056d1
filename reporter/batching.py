"""Running a model over many rows in batches that fit: a size chosen beforehand, halved when memory runs out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from reporter.errors import ModelError, says_out_of_memory

T = TypeVar("T")


class TooLarge(ModelError):
    """Not even the smallest batch fits into memory."""


# Activations of one batch, in numbers. Small enough to stay in a processor's cache, which on CPU is faster than one
# large batch; large enough that the cost of a call does not matter.
# On CPU the number is for each thread, because each has a cache of its own.
MOST_THREADS = 8
MEMORY = Path("/proc/meminfo")
NUMBERS_PER_BATCH = {"cpu": 1_000_000, "": 50_000_000}


# On CPU, of what layers hand on: measured on convolutional, residual and transformer networks of 0.2 to 40 million
# weights, such batches are within a few percent of the fastest.
CACHED = 8_000_000
FEWEST = 4  # rows
FREE = 0.5  # of the memory that is free: what one batch may take
BYTES = 12  # for each number a layer hands on: itself, its gradient, and room to compute


def batch_size(numbers_per_row: int, device: torch.device, activations: int = 0, weights: int = 0) -> int:
    """How many rows to run at once, for a model that holds about `numbers_per_row` numbers while it runs one.

    `activations` are the numbers that its layers hand on for one row, where they were counted: no more rows are run
    than fit into the memory that is free, and on CPU no more than stay in its caches, but enough to make it worth
    reading the weights.
    """
    numbers = NUMBERS_PER_BATCH.get(device.type, NUMBERS_PER_BATCH[""])
    if device.type == "cpu":
        threads = min(torch.get_num_threads(), MOST_THREADS)
        numbers *= threads
    size = numbers // max(1, numbers_per_row)
    if device.type == "cpu" and activations:
        size = min(size, max(FEWEST, max(CACHED, weights) * threads // activations))
    free = free_memory(device) if activations else None
    if free is not None:
        size = min(size, int(FREE * free) // (BYTES * activations))
    return max(1, size)


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a device, as far as it says; None where it does not."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    if device.type != "cpu" or not MEMORY.is_file():
        return None
    found = re.search(r"^MemAvailable:\s*(\d+) kB", MEMORY.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


@contextmanager
def counting(modules: Iterable[nn.Module]) -> Iterator[list[int]]:
    """While this holds, the list gets how many numbers each layer hands on, call by call."""
    found: list[int] = []

    def seen(_: nn.Module, __: Any, output: Any) -> None:
        parts = output if isinstance(output, (tuple, list)) else (output,)
        found.append(sum(each.numel() for each in parts if isinstance(each, torch.Tensor)))

    layers = {each for module in modules for each in module.modules() if next(each.children(), None) is None}
    # Scripted programs take no hooks on what runs inside them.
    hooks = [each.register_forward_hook(seen) for each in layers if not isinstance(each, torch.jit.ScriptModule)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def in_batches(run: Callable[[slice], T], count: int, size: int) -> list[T]:
    """`run` over `count` rows, at most `size` at a time, in order, in even parts.

    On out-of-memory the size is halved and the batch run again.

    Raises TooLarge when a single row does not fit; an outer call, over rows of which each runs many, halves on that.
    """
    results: list[T] = []
    start, size = 0, -(-count // -(-count // size)) if count else size
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
    return isinstance(error, (torch.OutOfMemoryError, TooLarge)) or says_out_of_memory(error)


def _release() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
