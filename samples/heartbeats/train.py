"""Make this sample again: `python train.py [FOLDER]` writes data and model, and prints how good the model is.

The traces are generated, so the truth is known: an abnormal trace differs from a normal one by a single wide early beat
whose place is stored beside it, and the attributions can be held against that place. Early beats, tall waves, slow and
fast rhythms occur in both classes, so that only the shape of a beat tells them apart.

Training runs in double precision on one thread and the weights are stored in single precision, so that they come out
the same, bit for bit, whatever the processor.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

SEED = 1
CLASSES = ("normal", "abnormal")  # the one logit is the log-odds of the second
STEP, POINTS = 0.01, 400  # seconds between points; a trace lasts four seconds
BEFORE, AFTER = 0.2, 0.6  # seconds around the peak of a wide beat that hold all of it: a fifth of the trace
SIZES = ((1600, 0.5), (120, 0.5), (200, 0.0), (1000, 0.5))  # training, test, reference, more: traces, share abnormal
EPOCHS, BATCH, RATE, DECAY = 15, 32, 0.004, 0.05
SMOOTHING = 0.03  # of the labels, so that probabilities keep away from 0 and 1
PRICE = 0.05  # of evidence, per place

Array = NDArray[np.float64]
TIME: Array = np.arange(POINTS, dtype=np.float64) * STEP

# The waves of a beat: seconds from the peak, width in seconds, height in millivolts in lead I and in lead II.
WAVES = {
    "P": (-0.16, 0.022, 0.10, 0.15),
    "Q": (-0.026, 0.010, -0.08, -0.10),
    "R": (0.0, 0.012, 0.80, 1.10),
    "S": (0.028, 0.011, -0.16, -0.24),
    "T": (0.26, 0.045, 0.20, 0.30),
}


@dataclass(frozen=True)
class Traces:
    """`inputs` (n, channels, time) in millivolts; the window of the wide beat in seconds, 0 to 0 if there is none."""

    inputs: NDArray[np.float32]
    label: NDArray[np.str_]
    window: Array


def wave(centre: float, width: float, height: float) -> Array:
    bell: Array = height * np.exp(-0.5 * ((TIME - centre) / width) ** 2)
    return bell


def narrow_beat(at: float, heights: dict[str, float], stretch: float, chance: Generator) -> Array:
    """One ordinary beat in both leads, a little different each time."""
    beat = np.zeros((2, POINTS))
    for name, (delay, width, *leads) in WAVES.items():
        varied = heights[name] * chance.normal(1, 0.06)
        wide = width * (stretch if name in "QRS" else 1)
        for lead, height in enumerate(leads):
            beat[lead] += wave(at + delay, wide, height * varied)
    return beat


def wide_beat(at: float, heights: dict[str, float], chance: Generator) -> Array:
    """The anomaly: no P wave, a wide main wave no taller than the others, and a T wave that points the other way."""
    width, height = chance.uniform(0.022, 0.044), heights["R"] * chance.uniform(0.75, 1.05)
    beat = np.zeros((2, POINTS))
    for lead, (tall, back) in enumerate(zip(WAVES["R"][2:], WAVES["T"][2:], strict=True)):
        beat[lead] += wave(at, width, tall * height) - wave(at + 2.4 * width, width, 0.35 * tall * height)
        beat[lead] -= wave(at + 0.32, 0.06, back * heights["T"] * chance.uniform(0.7, 1.2))
    return beat


def beats(rate: float, early: bool, chance: Generator) -> tuple[list[float], int]:
    """When the beats of one trace come, and which of them is early (-1: none). A pause follows an early beat."""
    times = [chance.uniform(-1, 0) * rate]
    while times[-1] < TIME[-1] + rate:
        times.append(times[-1] + rate * chance.normal(1, 0.05))
    if not early:
        return times, -1
    advance = min(rate * chance.uniform(0.28, 0.4), rate - 0.4)
    fits = [i for i, at in enumerate(times) if i and BEFORE <= at - advance <= TIME[-1] - AFTER]
    which = int(chance.choice(fits))
    return [at - advance * (i == which) for i, at in enumerate(times)], which


def trace(abnormal: bool, chance: Generator) -> tuple[Array, tuple[float, float]]:
    """One trace and the window of its wide beat. Both classes draw rhythm, heights, wander and noise alike."""
    heights = {name: chance.uniform(0.5, 1.6) for name in WAVES}
    heights["T"] *= chance.choice([1, 1, 1, -1])
    stretch = chance.uniform(0.8, 1.6)
    times, early = beats(chance.uniform(0.62, 1.0), abnormal or chance.random() < 0.7, chance)
    signal = np.zeros((2, POINTS))
    for number, at in enumerate(times):
        wide = abnormal and number == early
        signal += wide_beat(at, heights, chance) if wide else narrow_beat(at, heights, stretch, chance)
    for lead in range(2):
        for _ in range(2):
            swing, speed, phase = chance.uniform(0, 0.15), chance.uniform(0.1, 0.6), chance.uniform(0, 2 * np.pi)
            signal[lead] += swing * np.sin(2 * np.pi * speed * TIME + phase)
    window = (times[early] - BEFORE, times[early] + AFTER) if abnormal else (0.0, 0.0)
    return signal + chance.normal(0, chance.uniform(0.01, 0.06), signal.shape), window


def traces(count: int, abnormal: float, chance: Generator) -> Traces:
    """`count` traces, the share `abnormal` of them with a wide beat, in random order."""
    which = chance.permutation(np.arange(count) < round(count * abnormal))
    made = [trace(bool(wide), chance) for wide in which]
    # Three decimals of a millivolt are all there is to know, and take little room.
    inputs = np.round(np.stack([signal for signal, _ in made]), 3).astype(np.float32)
    return Traces(inputs, np.array(CLASSES)[which.astype(int)], np.round([window for _, window in made], 2))


class Heartbeats(nn.Module):
    """One logit from (n, 2, time): looks at a third of a second at a time, and weighs what it finds there."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        last = nn.Conv1d(width, 1, 1)
        last.bias = nn.Parameter(torch.tensor([2.0]))
        self.places = nn.Sequential(
            nn.Conv1d(2, width, 7, padding=3, stride=2),
            nn.ReLU(),
            nn.Conv1d(width, width, 7, padding=3),
            nn.ReLU(),
            nn.Conv1d(width, width, 7, padding=6, dilation=2),
            nn.ReLU(),
            last,
            nn.Softplus(),
        )
        self.offset = nn.Parameter(torch.tensor(-3.0))

    def evidence(self, inputs: Tensor) -> Tensor:
        """Of a wide beat, place by place (n, time / 2): never negative, so that an ordinary place says nothing."""
        found: Tensor = self.places(inputs)[:, 0]
        return found

    def forward(self, inputs: Tensor) -> Tensor:
        """The places that say most decide: a smooth maximum over time, which lets one beat stand out."""
        pooled: Tensor = self.evidence(inputs).logsumexp(1, keepdim=True) - float(np.log(POINTS / 2))
        return pooled + self.offset


def train(rows: Traces) -> nn.Module:
    """Knows the labels, never the windows. Evidence has a price, so that it is found only where it is needed."""
    torch.manual_seed(SEED)
    model = Heartbeats().double()
    inputs, wide = torch.tensor(rows.inputs).double(), torch.tensor(rows.label == CLASSES[1]).double()[:, None]
    aims = wide * (1 - 2 * SMOOTHING) + SMOOTHING
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(inputs[batch]), aims[batch])
            (loss + PRICE * model.evidence(inputs[batch]).mean()).backward()
            optimizer.step()
        schedule.step()
    return model.float().eval()


def save(model: nn.Module, path: Path) -> None:
    """Export for batches of any size, without the lines of source that would name this machine's folders."""
    batch = {0: torch.export.Dim("batch", min=1)}
    program = torch.export.export(model, (torch.zeros(2, 2, POINTS),), dynamic_shapes=(batch,))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)


def store(rows: Traces, first: int, path: Path) -> None:
    """The arrays of a study: `inputs`, and one-dimensional ones that are the columns of its table."""
    np.savez_compressed(
        path,
        inputs=rows.inputs,
        id=np.array([f"{first + row:04}" for row in range(len(rows.label))]),
        label=rows.label,
        window_start=rows.window[:, 0],
        window_end=rows.window[:, 1],
    )


def says(model: nn.Module, rows: Traces) -> NDArray[np.bool_]:
    """Where the model finds a wide beat."""
    with torch.no_grad():
        found: NDArray[np.bool_] = (model(torch.tensor(rows.inputs))[:, 0] > 0).numpy()
    return found


def attribute(model: nn.Module, inputs: Tensor, baseline: Tensor, steps: int = 64) -> Tensor:
    """Integrated gradients by the midpoint rule, in the shape of the inputs."""
    gradients = torch.zeros_like(inputs)
    for step in range(steps):
        place = (baseline + (inputs - baseline) * (step + 0.5) / steps).requires_grad_()
        gradients += torch.autograd.grad(model(place).sum(), place)[0] / steps
    return (inputs - baseline) * gradients


def shares(model: nn.Module, rows: Traces, baseline: Tensor) -> NDArray[np.float32]:
    """Per trace, how much of all |attribution| lies inside the window of its wide beat."""
    weights = attribute(model, torch.tensor(rows.inputs), baseline).abs().sum(1).numpy()
    inside = (rows.window[:, :1] <= TIME) & (rows.window[:, 1:] >= TIME)
    found: NDArray[np.float32] = (weights * inside).sum(1) / weights.sum(1)
    return found


def statistics(rows: Traces) -> Array:
    """What can be said of a trace without looking at the shape of its beats."""
    signal = rows.inputs.astype(float)
    slope, centred = np.diff(signal, axis=2), signal - signal.mean(2, keepdims=True)
    deviation = centred.std(2)
    moments = [(centred**power).mean(2) / deviation**power for power in (3, 4)]
    ends = [signal.mean(2), signal.min(2), signal.max(2), np.median(signal, 2)]
    return np.concatenate([*ends, *moments, deviation, slope.std(2), np.abs(slope).mean(2)], axis=1)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    chance = np.random.default_rng(SEED)
    training, test, reference, more = (traces(*size, chance) for size in SIZES)
    store(test, 1, folder / "test.npz")
    store(reference, 1 + len(test.label), folder / "reference.npz")

    model = train(training)
    save(model, folder / "model.pt2")

    for name, rows in (("held-out accuracy", more), ("accuracy on the test traces", test)):
        right = says(model, rows) == (rows.label == CLASSES[1])
        print(f"{name}: {right.mean():.4f} on {len(right)} traces")
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    score = plain.fit(statistics(training), training.label).score(statistics(more), more.label)
    print(f"the same from statistics of the whole trace: {score:.4f}")

    hit = says(model, test) & (test.label == CLASSES[1])
    found = Traces(test.inputs[hit], test.label[hit], test.window[hit])
    inside = shares(model, found, torch.tensor(reference.inputs).mean(0))
    length = float((found.window[:, 1] - found.window[:, 0]).mean() / (STEP * POINTS))
    print(f"share of |attribution| inside the window: {inside.mean():.4f} on {hit.sum()} detected anomalies")
    print(f"least share: {inside.min():.4f}; by chance: {length:.4f}; ratio: {inside.mean() / length:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
