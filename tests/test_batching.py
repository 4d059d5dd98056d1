"""Batches: in order, halved when memory runs out, given up only at a single row."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from reporter import batching
from reporter.batching import TooLarge, batch_size, counting, free_memory, in_batches, is_out_of_memory
from reporter.errors import ModelError
from reporter.loading import model_of


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
    assert sizes == [10, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]  # two even parts to begin with


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


def test_no_more_rows_than_fit_into_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(batching, "free_memory", lambda device: 240_000)
    assert batch_size(1, cpu, 1000) == 10  # half of it, at twelve bytes for each number
    assert batch_size(1, cpu, 10**9) == 1
    assert batch_size(100_000, cpu, 1000) == min(10, batch_size(100_000, cpu))
    monkeypatch.setattr(batching, "free_memory", lambda device: None)
    assert batch_size(10_000, cpu, 1000) == batch_size(10_000, cpu)


def test_on_a_processor_a_batch_stays_in_its_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "free_memory", lambda device: None)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    cpu = torch.device("cpu")
    assert batch_size(1, cpu, 800_000) == 10
    assert batch_size(1, cpu, 600_000, 60_000_000) == 100  # which makes reading the weights worth while
    assert batch_size(1, cpu, 60_000_000) == 4
    assert batch_size(1, torch.device("cuda"), 400_000) == batch_size(1, torch.device("cuda"))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert batch_size(1, cpu, 800_000) == 20


def test_free_memory_is_what_the_device_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       32 kB\nMemFree:  1 kB\nMemAvailable:       7 kB\n")
    monkeypatch.setattr(batching, "MEMORY", file)
    assert free_memory(torch.device("cpu")) == 7 * 1024
    file.write_text("MemTotal:       32 kB\n")
    assert free_memory(torch.device("cpu")) is None
    monkeypatch.setattr(batching, "MEMORY", tmp_path / "none")
    assert free_memory(torch.device("cpu")) is None
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 200)
    assert free_memory(torch.device("cuda")) == 1100  # what torch keeps for later is free as well
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 900)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 400)
    assert free_memory(torch.device("mps")) == 500
    assert free_memory(torch.device("xpu")) is None


def test_layers_are_counted_and_left_without_hooks() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 5))
    with counting([net]) as found:
        net(torch.zeros(2, 3, 8, 8))
    assert found == [2 * 256, 2 * 256, 2 * 256, 2 * 5]
    net(torch.zeros(2, 3, 8, 8))
    assert len(found) == 4
    lstm = nn.LSTM(3, 5, batch_first=True)
    with counting([lstm]) as found:
        lstm(torch.zeros(2, 7, 3))
    assert found == [2 * 7 * 5]  # the states behind it come in a tuple of their own


def test_a_model_knows_what_its_layers_hand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 5)).eval()
    model = model_of(net).settled((torch.zeros(2, 3, 8, 8),))
    assert model.activations == 3 * 256 + 5
    monkeypatch.setattr(batching, "free_memory", lambda device: 2 * 12 * 3 * model.activations)
    assert model.batch_size((torch.zeros(9, 3, 8, 8),)) == 3
    assert model_of(lambda x: x.sum(dim=1)).settled((torch.zeros(2, 3),)).activations == 0


@pytest.mark.gpu
def test_on_a_gpu_a_batch_takes_no_more_than_is_free() -> None:
    # Needs an accelerator: only there does torch say how much of its memory is free.
    device = torch.device("cuda")
    free = free_memory(device)
    assert free is not None
    assert 0 < free <= torch.cuda.mem_get_info(device)[1]
