"""Batches: in order, halved when memory runs out, given up only at a single row."""

from __future__ import annotations

import pytest
import torch

from reporter.batching import TooLarge, batch_size, in_batches, is_out_of_memory
from reporter.errors import ModelError


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_batches_halve_until_they_fit(error: Exception) -> None:
    sizes = []

    def run(rows: slice) -> list[int]:
        sizes.append(rows.stop - rows.start)
        if rows.stop - rows.start > 3:
            raise error
        return list(range(rows.start, rows.stop))

    assert [row for batch in in_batches(run, 20, 16) for row in batch] == list(range(20))
    assert sizes == [16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]


def test_a_row_that_does_not_fit_is_told() -> None:
    def run(rows: slice) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(ModelError, match="does not fit into memory, not even for one row"):
        in_batches(run, 4, 4)


def test_batches_in_batches_halve_on_the_outside() -> None:
    def outer(rows: slice) -> int:
        def inner(nodes: slice) -> int:
            if (rows.stop - rows.start) * (nodes.stop - nodes.start) > 4:
                raise MemoryError
            return int(rows.stop - rows.start) * int(nodes.stop - nodes.start)

        return sum(in_batches(inner, 3, 3))

    assert sum(in_batches(outer, 10, 10)) == 30


def test_other_errors_are_not_swallowed() -> None:
    def run(rows: slice) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        in_batches(run, 4, 4)


def test_what_counts_as_out_of_memory() -> None:
    assert is_out_of_memory(RuntimeError("MPS backend out of memory"))
    assert is_out_of_memory(TooLarge("x"))
    assert not is_out_of_memory(RuntimeError("x"))


def test_sizes() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert batch_size(100, cpu) > batch_size(1000, cpu) >= 1
    assert batch_size(10**12, cpu) == 1
    assert batch_size(100, cuda) > batch_size(100, cpu)
