"""Integrated gradients beside Captum's and beside the least that can be done, in one run.

    python benchmarks/integrated_gradients.py [THREADS]

Prints ratios, never times: those depend on the machine, these hardly. Everything alternates, so that whatever else the
machine does meanwhile falls on all alike, and the best of several rounds counts. One thread unless told otherwise: on
a busy machine threads wait for each other. Exits 1 when a budget is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients as Captum
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from reporter.guard import guarded
from reporter.loading import model_of
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.question import Question

STEPS = 50
EXACT = 300
ROUNDS = 9


def network(inputs: Tensor, labels: Tensor) -> nn.Sequential:
    """A trained multilayer perceptron, 30-64-32-2."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))
    optimiser = torch.optim.Adam(net.parameters(), 1e-2, weight_decay=1e-4)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels).backward()
        optimiser.step()
    return net.eval()


def best(works: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """The shortest time of each piece of work over rounds in which they take turns."""
    found = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            found[name] = min(found[name], time.perf_counter() - start)
    return found


def strongest(attributions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The set of the five strongest features of each row."""
    return np.sort(np.argsort(-np.abs(attributions), axis=1, kind="stable")[:, :5], axis=1)


def main(threads: int = 1) -> int:
    """Measure, print, compare with the budgets of the design."""
    torch.set_num_threads(threads)
    data = load_breast_cancer()
    inputs = torch.tensor((data.data - data.data.mean(axis=0)) / data.data.std(axis=0), dtype=torch.float32)
    net = network(inputs, torch.tensor(data.target))
    baseline = inputs.median(dim=0, keepdim=True).values
    model = model_of(net).settled((inputs,))
    target = net(inputs).argmax(dim=1)
    question = Question(model, (inputs,), (baseline.expand_as(inputs),), target, torch.arange(30))
    fixed, adaptive = IntegratedGradients(n_steps=STEPS), IntegratedGradients()
    points = inputs.repeat(STEPS, 1)

    def limit() -> None:
        given = points.detach().requires_grad_()
        torch.autograd.grad(net(given).gather(1, target.repeat(STEPS)[:, None]).sum(), given)

    def captum() -> Tensor:
        found: Tensor = Captum(net).attribute(inputs, baseline, target, n_steps=STEPS)
        return found

    with guarded(model):
        difference = np.abs(fixed.attribute(question).attributions - captum().numpy()).max()
        exact = Captum(net).attribute(inputs, baseline, target, n_steps=EXACT).numpy()
        answer = adaptive.attribute(question)
        works = {
            "limit": limit,
            "fixed": lambda: fixed.attribute(question),
            "adaptive": lambda: adaptive.attribute(question),
        }
        times = best(works)
        slow = best({"captum": captum, "fixed": works["fixed"]}, rounds=2)
    same = float((strongest(answer.attributions) == strongest(exact)).all(axis=1).mean())
    plain = float((strongest(fixed.attribute(question).attributions) == strongest(exact)).all(axis=1).mean())
    runs = float(np.mean([int(each["n_steps"]) + 1 for each in answer.settings])) / STEPS
    rows = [
        ("largest difference from Captum, 50 steps", difference, "<=", 1e-5),
        ("times faster than Captum, 50 steps", slow["captum"] / slow["fixed"], ">=", 10.0),
        ("cost / 50 × (forward + backward)", times["fixed"] / times["limit"], "<=", 1.5),
        ("adaptive: rows with the top five of 300 steps", same, ">=", 0.99),
        ("adaptive: gradients / those of 50 fixed steps", runs, "<=", 1.3),
        ("adaptive: cost / 50 fixed steps", times["adaptive"] / times["fixed"], "<=", 1.3),
    ]
    print(f"{len(inputs)} rows × 30 columns, 30-64-32-2, {threads} thread{'s' * (threads > 1)}")
    missed = False
    for name, value, sign, budget in rows:
        kept = value <= budget if sign == "<=" else value >= budget
        missed |= not kept
        print(f"{name:<48}{value:>12.3g}   {sign} {budget:g}{'' if kept else '   MISSED'}")
    print(f"{'50 fixed steps: rows with the top five of 300':<48}{plain:>12.3g}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
