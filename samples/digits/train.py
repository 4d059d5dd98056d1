"""Make this sample again: `python train.py [FOLDER]` writes data and model, and prints how good the model is.

Training runs in double precision on one thread and the weights are stored in single precision, so that they come out
the same, bit for bit, whatever the processor.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from network import build  # type: ignore[import-not-found]  # it lies beside this file
from numpy.typing import NDArray
from pandas import DataFrame
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

SEED = 2
HELD_OUT = 360  # scans that training never sees
TEST, REFERENCE = 60, 200  # as many of the held-out ones, and of the others, are kept beside the model
MEAN, STD = 0.306, 0.376  # of the training scans in 0..1, as in the study
EPOCHS, BATCH, RATE, DECAY, SMOOTHING = 30, 64, 0.003, 0.1, 0.05  # smoothed labels keep probabilities away from 1

Scans = NDArray[np.uint8]
Labels = NDArray[np.int64]


def data() -> tuple[Scans, Labels]:
    """All scans as grey values 0..255, ink bright, and their digits, in the order of scikit-learn."""
    source = load_digits()
    return np.round(source.images * 255 / 16).astype(np.uint8), source.target


def part(rows: Labels, digits: Labels, count: int) -> tuple[Labels, Labels]:
    """Row numbers split into two: the last `count` of a fair draw, every digit alike in both; sorted."""
    first, last = train_test_split(rows, test_size=count, stratify=digits[rows], random_state=SEED)
    return np.sort(first), np.sort(last)


def tensor(scans: Scans) -> Tensor:
    """What the network sees: (n, 1, 8, 8), standardised."""
    return ((torch.tensor(scans).double() / 255 - MEAN) / STD)[:, None]


def train(inputs: Tensor, labels: Tensor) -> nn.Module:
    torch.manual_seed(SEED)
    model: nn.Module = build().double()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[batch]), labels[batch], label_smoothing=SMOOTHING)
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.float().eval()


def write(scans: Scans, digits: Labels, rows: Labels, folder: Path) -> None:
    """One small picture per scan, and the table that names them; the id is the row number in scikit-learn's data."""
    (folder / "test").mkdir(exist_ok=True)
    files = [f"test/{row:04}.png" for row in rows]
    for row, file in zip(rows, files, strict=True):
        Image.fromarray(scans[row]).save(folder / file, optimize=True)
    DataFrame({"id": rows, "file": files, "label": digits[rows]}).to_csv(folder / "test.csv", index=False)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    scans, digits = data()
    seen, held_out = part(np.arange(len(scans)), digits, HELD_OUT)
    _, test = part(held_out, digits, TEST)
    _, reference = part(seen, digits, REFERENCE)
    write(scans, digits, test, folder)
    np.save(folder / "reference.npy", scans[reference])

    model = train(tensor(scans[seen]), torch.tensor(digits[seen]))
    save_file(model.state_dict(), folder / "model.safetensors")

    with torch.no_grad():
        says = model(tensor(scans).float()).argmax(1).numpy()
    for name, rows in (("held-out accuracy", held_out), ("accuracy on the test pictures", test)):
        print(f"{name}: {(says == digits)[rows].mean():.4f} on {len(rows)} scans")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
