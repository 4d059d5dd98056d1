"""Integrated gradients of a CNN and of a transformer beside the least that can be done, at equal steps, in one run.

    python benchmarks/networks.py [THREADS]

The least is forward and backward of all points alone, in batches of the size that is fastest for them here. Prints
ratios, never times: those depend on the machine, these hardly. What is counted is the time that the processor works for
this process, in rounds in which both take turns, the first of which changes; the median of the ratios counts, so that
what else the machine does falls on both alike. Exits 1 when the budget is missed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from reporter.guard import guarded
from reporter.loading import model_of
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.model import Model
from reporter.question import Question

STEPS = 50
BUDGET = 1.05
ROUNDS = 16
SIZES = (1, 2, 5, 10, 25, 50)  # points of a batch that the least is tried with


class Block(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        return torch.relu(x + self.body(x))


def cnn() -> nn.Sequential:
    """A residual network for pictures of 3 × 64 × 64."""
    stem = (nn.Conv2d(3, 32, 5, stride=2, padding=2), nn.ReLU())
    blocks = (Block(32), Block(32), nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(), Block(64), Block(64))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Transformer(nn.Module):
    """Four encoder layers over 32 vectors, their mean classified."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(192, 4, 768, dropout=0.0, batch_first=True, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.out = nn.Linear(192, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        found: Tensor = self.out(self.encoder(x).mean(dim=1))
        return found


@dataclass(frozen=True)
class Work:
    """A network and one row for it."""

    name: str
    net: nn.Module
    row: Tensor

    def question(self) -> Question:
        """Why this row has its class, compared with nothing."""
        model: Model = model_of(self.net).settled((self.row,))
        target = model.scores((self.row,)).argmax(dim=1)
        return Question(model, (self.row,), (torch.zeros_like(self.row),), target, torch.arange(self.row[0].numel()))

    def limit(self, size: int) -> Callable[[], None]:
        """Forward and backward of as many points, `size` at a time."""
        points = self.row.repeat(STEPS, *[1] * (self.row.ndim - 1))

        def run() -> None:
            for part in points.split(size):
                given = part.detach().requires_grad_()
                torch.autograd.grad(self.net(given)[:, 0].sum(), given)

        return run


def spent(work: Callable[[], object]) -> float:
    """Processor time of one run, of all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compared(ours: Callable[[], object], least: Callable[[], object]) -> float:
    """The median of how many times longer ours takes."""
    ratios = []
    for number in range(ROUNDS):
        first, second = (ours, least) if number % 2 else (least, ours)
        times = spent(first), spent(second)
        ratios.append(times[0] / times[1] if number % 2 else times[1] / times[0])
    return statistics.median(ratios)


def main(threads: int = 1) -> int:
    """Measure, print, compare with the budget of the design."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    works = (
        Work("CNN, 3 × 64 × 64", cnn().eval(), torch.randn(1, 3, 64, 64)),
        Work("transformer, 32 × 192", Transformer().eval(), torch.randn(1, 32, 192)),
    )
    method, missed = IntegratedGradients(n_steps=STEPS), False
    for work in works:
        with torch.no_grad():
            question = work.question()
        with guarded(question.model):
            least = {size: min(spent(work.limit(size)) for _ in range(4)) for size in SIZES}
            size = min(least, key=lambda each: least[each])
            ratio = compared(partial(method.attribute, question), work.limit(size))
        missed |= ratio > BUDGET
        batch = min(question.model.batch_size(question.inputs), STEPS)
        print(f"{work.name}: {STEPS} steps, {threads} thread{'s' * (threads > 1)}; batches of {batch}, "
              f"the fastest {size}")  # fmt: skip
        print(f"  cost / {STEPS} × (forward + backward){ratio:>10.3f}   <= {BUDGET}{'   MISSED' * (ratio > BUDGET)}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
