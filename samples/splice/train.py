"""Make this sample again: `python train.py [FOLDER]` writes data and model, and prints how good the model is.

The sequences are generated, so the truth is known: where a donor or an acceptor site was planted is stored beside each,
and the attributions can be held against it. Sites vary as real ones do. Every sequence holds both sets of letters, in
the right order or shuffled, so that counting letters does not tell the classes apart.

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
from pandas import DataFrame
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

SEED = 1
SYMBOLS = "ACGT"
CLASSES = ("neither", "donor", "acceptor")  # in the order of the logits
LENGTH = 100
SIZES = (3000, 150, 300, 1000)  # sequences for training, test, reference, and more to measure with
EPOCHS, BATCH, RATE, DECAY = 15, 50, 0.004, 0.5
SMOOTHING = 0.05  # of the labels, so that probabilities keep away from 0 and 1
PRICE = 0.5  # of evidence, per place; it rises from nothing to this
MISSES = 2  # places of a planted site that may not fit


@dataclass(frozen=True)
class Site:
    """What each place of a site is drawn from, and which letters fit there. The `core` never varies."""

    drawn: tuple[str, ...]
    fits: tuple[str, ...]
    core: slice

    def misses(self, letters: str) -> int:
        """How many places do not fit."""
        return sum(letter not in allowed for letter, allowed in zip(letters, self.fits, strict=True))

    def draw(self, chance: Generator) -> str:
        """One site as it may occur, with few misses."""
        while True:
            numbers = chance.random(len(self.drawn))
            letters = "".join(
                place[int(number * len(place))] for place, number in zip(self.drawn, numbers, strict=True)
            )
            if self.misses(letters) <= MISSES:
                return letters

    def found(self, sequence: str) -> list[int]:
        """Where the sequence holds anything like this site: up to two misses more than a planted one has."""
        core, width = "".join(self.fits[self.core]), len(self.fits)
        starts = [at - self.core.start for at in range(len(sequence)) if sequence.startswith(core, at)]
        inside = [start for start in starts if 0 <= start <= len(sequence) - width]
        return [start for start in inside if self.misses(sequence[start : start + width]) <= MISSES + 2]


SITES = {
    # The end of an exon and the start of an intron.
    "donor": Site(
        ("CCCAAAAAGT", "AAAAAAAGCT", "GGGGGGGGGA", "G", "T", "AAAAAAGGGC", "AAAAAAAAGT", "GGGGGGGGGA", "TTTTTTTACG"),
        ("AC", "A", "G", "G", "T", "AG", "A", "G", "T"),
        slice(3, 5),
    ),
    # A tract of pyrimidines and an AG: the end of an intron.
    "acceptor": Site(
        (*["TTTTTTCCCA"] * 6, *["TTTTTCCCCG"] * 6, "ACGT", "CCCCCCCTTA", "A", "G"),
        (*["CT"] * 12, "ACGT", "CT", "A", "G"),
        slice(14, 16),
    ),
}


def sequence(label: str, chance: Generator) -> tuple[str, int, int]:
    """Letters, and the first and last position of the planted site, counted from 1 (0 and 0: none).

    Every sequence holds the letters of both sites; those of the other one, or of both, are shuffled.
    """
    while True:
        parts = {name: site.draw(chance) for name, site in SITES.items()}
        parts |= {name: "".join(chance.permutation(list(part))) for name, part in parts.items() if name != label}
        first, second = (str(name) for name in chance.permutation(list(parts)))
        room = LENGTH - len(parts[first]) - len(parts[second])
        rest = "".join(chance.choice(list(SYMBOLS), room))
        here, there = sorted(int(cut) for cut in chance.integers(0, room + 1, 2))
        letters = rest[:here] + parts[first] + rest[here:there] + parts[second] + rest[there:]
        starts = {first: here, second: there + len(parts[first])}
        if any(site.found(letters) != [starts[name]] * (name == label) for name, site in SITES.items()):
            continue  # by chance there is another site, or nearly one
        return (letters, starts[label] + 1, starts[label] + len(parts[label])) if label in SITES else (letters, 0, 0)


def sequences(count: int, chance: Generator) -> DataFrame:
    """`count` sequences, as many of each class, in random order."""
    labels = chance.permutation(np.resize(CLASSES, count))
    rows = [sequence(str(label), chance) for label in labels]
    frame = DataFrame(rows, columns=["sequence", "motif_start", "motif_end"])
    frame.insert(1, "label", labels)
    return frame


def one_hot(rows: DataFrame) -> Tensor:
    """What the network sees: (n, 4, LENGTH), one channel per letter."""
    codes = torch.tensor([[SYMBOLS.index(letter) for letter in letters] for letters in rows["sequence"]])
    return nn.functional.one_hot(codes, len(SYMBOLS)).double().transpose(1, 2).contiguous()


def targets(rows: DataFrame) -> Tensor:
    return torch.tensor([CLASSES.index(label) for label in rows["label"]])


class Splice(nn.Module):
    """Three logits from (n, 4, length): looks for pieces of sites everywhere, and weighs the best place of each."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.places = nn.Sequential(
            nn.Conv1d(len(SYMBOLS), width, 9, padding=4),
            nn.ReLU(),
            nn.Conv1d(width, width, 9, padding=4),
            nn.ReLU(),
        )
        self.classes = nn.Linear(width, len(CLASSES))

    def evidence(self, inputs: Tensor) -> Tensor:
        """Place by place (n, width, length): never negative, so that other places say nothing."""
        found: Tensor = self.places(inputs)
        return found

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.classes(self.evidence(inputs).amax(2))
        return logits


def train(inputs: Tensor, labels: Tensor) -> nn.Module:
    """Knows the labels, never the positions. Evidence has a price, so that it is found only where it is needed."""
    torch.manual_seed(SEED)
    model = Splice().double()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(EPOCHS):
        price = PRICE * epoch / EPOCHS
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[batch]), labels[batch], label_smoothing=SMOOTHING)
            (loss + price * model.evidence(inputs[batch]).mean()).backward()
            optimizer.step()
        schedule.step()
    return model.float().eval()


def save(model: nn.Module, path: Path) -> None:
    """Export for batches of any size, without the lines of source that would name this machine's folders."""
    batch = {0: torch.export.Dim("batch", min=1)}
    program = torch.export.export(model, (torch.zeros(2, len(SYMBOLS), LENGTH),), dynamic_shapes=(batch,))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)


def store(rows: DataFrame, first: int, path: Path) -> None:
    numbered = rows.set_axis([f"{first + row:04}" for row in range(len(rows))])
    numbered.to_csv(path, index_label="id")


def attribute(model: nn.Module, inputs: Tensor, baseline: Tensor, target: Tensor, steps: int = 64) -> Tensor:
    """Integrated gradients by the midpoint rule towards each row's target, in the shape of the inputs."""
    gradients = torch.zeros_like(inputs)
    for step in range(steps):
        place = (baseline + (inputs - baseline) * (step + 0.5) / steps).requires_grad_()
        chosen = model(place).gather(1, target[:, None]).sum()
        gradients += torch.autograd.grad(chosen, place)[0] / steps
    return (inputs - baseline) * gradients


def shares(model: nn.Module, rows: DataFrame, baseline: Tensor) -> NDArray[np.float64]:
    """Per sequence, how much of all |attribution| lies on its site; the letters of one position count together."""
    weights = attribute(model, one_hot(rows).float(), baseline, targets(rows)).sum(1).abs().double().numpy()
    positions = np.arange(1, LENGTH + 1)
    inside = (rows[["motif_start"]].values <= positions) & (rows[["motif_end"]].values >= positions)
    found: NDArray[np.float64] = (weights * inside).sum(1) / weights.sum(1)
    return found


def pairs(rows: DataFrame) -> NDArray[np.float64]:
    """How often each pair of neighbouring letters occurs: what can be said of a sequence without looking for a site."""
    inputs = one_hot(rows)
    found: NDArray[np.float64] = torch.einsum("nap,nbp->nab", inputs[..., :-1], inputs[..., 1:]).flatten(1).numpy()
    return found


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    chance = np.random.default_rng(SEED)
    training, test, reference, more = (sequences(size, chance) for size in SIZES)
    store(test, 1, folder / "test.csv")
    store(reference, 1 + len(test), folder / "reference.csv")

    model = train(one_hot(training), targets(training))
    save(model, folder / "model.pt2")

    with torch.no_grad():
        said = {name: model(one_hot(rows).float()).argmax(1) for name, rows in (("test", test), ("more", more))}
    right = said["test"] == targets(test)
    print(f"held-out accuracy: {(said['more'] == targets(more)).double().mean():.4f} on {len(more)} sequences")
    print(f"accuracy on the test sequences: {right.double().mean():.4f} on {len(test)} sequences")
    plain = LogisticRegression(max_iter=1000).fit(pairs(training), training["label"])
    print(f"the same from pairs of letters: {plain.score(pairs(more), more['label']):.4f}")

    found = test[right.numpy() & (test["label"] != CLASSES[0])]
    inside = shares(model, found, one_hot(reference).float().mean(0))
    length = float((found["motif_end"] - found["motif_start"] + 1).mean()) / LENGTH
    print(f"share of |attribution| on the site: {inside.mean():.4f} on {len(found)} sites found")
    print(f"least share: {inside.min():.4f}; by chance: {length:.4f}; ratio: {inside.mean() / length:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
