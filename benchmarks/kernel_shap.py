"""Kernel SHAP beside Captum's, in one run: how much faster, and which of the two is nearer to the exact values.

    python benchmarks/kernel_shap.py [THREADS]

Prints ratios, never times: those depend on the machine, these hardly. Speed is measured on 569 rows of 30 features,
of which Captum, which goes row by row, gets a few; error on the first twelve features, where all coalitions can be
run. Exits 1 when a budget is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.attr import KernelShap as Captum
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from reporter.guard import guarded
from reporter.loading import model_of
from reporter.methods.coalitions import KernelShap, ShapleyValues
from reporter.question import Question

SAMPLES = 200
FEW = 12  # features of which all coalitions are run
CAPTUM_ROWS = 10
ROUNDS = 5


def shortest(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The shortest time of several rounds."""
    found = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found = min(found, time.perf_counter() - start)
    return found


def network(inputs: Tensor, labels: Tensor) -> nn.Sequential:
    """A trained multilayer perceptron with two hidden layers."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(inputs.shape[1], 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))
    optimiser = torch.optim.Adam(net.parameters(), 1e-2, weight_decay=1e-4)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels).backward()
        optimiser.step()
    return net.eval()


def asked(inputs: Tensor, labels: Tensor) -> tuple[nn.Sequential, Question]:
    """A network trained on these columns, and the question why it says what it says of every row."""
    net = network(inputs, labels)
    baselines = inputs.median(dim=0, keepdim=True).values.expand_as(inputs)
    model = model_of(net).settled((inputs,))
    target = net(inputs).argmax(dim=1)
    return net, Question(model, (inputs,), (baselines,), target, torch.arange(inputs.shape[1]))


def by_captum(net: nn.Sequential, question: Question, rows: int) -> np.ndarray[Any, Any]:
    """Captum's answer for the first rows, one after the other, as it would go through them itself."""
    (inputs,), (baselines,) = question.inputs, question.baselines
    return np.concatenate(
        [
            Captum(net)
            .attribute(inputs[i : i + 1], baselines[i : i + 1], int(question.target[i]), n_samples=SAMPLES)
            .numpy()
            for i in range(rows)
        ]
    )


def main(threads: int = 1) -> int:
    """Measure, print, compare with the budgets of the design."""
    torch.set_num_threads(threads)
    data = load_breast_cancer()
    inputs = torch.tensor((data.data - data.data.mean(axis=0)) / data.data.std(axis=0), dtype=torch.float32)
    labels, method = torch.tensor(data.target), KernelShap(n_samples=SAMPLES)
    net, wide = asked(inputs, labels)
    with guarded(wide.model):
        slow = shortest(lambda: by_captum(net, wide, CAPTUM_ROWS), rounds=2) / CAPTUM_ROWS
        fast = shortest(lambda: method.attribute(wide)) / len(inputs)
    net, narrow = asked(inputs[:, :FEW], labels)
    rows = 4 * CAPTUM_ROWS
    with guarded(narrow.model):
        part = narrow.select(torch.arange(rows))
        exact = ShapleyValues().attribute(part).attributions
        ours = np.abs(method.attribute(part).attributions - exact).sum() / np.abs(exact).sum()
        theirs = np.abs(by_captum(net, part, rows) - exact).sum() / np.abs(exact).sum()
    found = [
        (f"times faster than Captum, {SAMPLES} coalitions", slow / fast, ">=", 300.0),
        ("error / that of Captum", ours / theirs, "<=", 1.0),
    ]
    print(f"{len(inputs)} rows × 30 columns, 30-64-32-2, {threads} thread{'s' * (threads > 1)}")
    missed = False
    for name, value, sign, budget in found:
        kept = value <= budget if sign == "<=" else value >= budget
        missed |= not kept
        print(f"{name:<48}{value:>12.3g}   {sign} {budget:g}{'' if kept else '   MISSED'}")
    print(f"{'error, relative: ours, Captum':<48}{ours:>12.3g}   {theirs:.3g}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
