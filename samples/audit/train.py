"""Make this sample again: `python train.py [FOLDER]` writes three nights of data and a model that took another's place.

The nights are drawn from the test rows of samples/breast-cancer: each row is one of them, moved a little. On the third
night texture is read a quarter higher, as from another scanner, and the model that runs is one that was trained again
in haste: on a sixth of the rows, a third of whose malignant ones were recorded as benign.
"""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import numpy as np
import torch
from pandas import DataFrame

NIGHTS = ("2026-03-01", "2026-03-02", "2026-03-03")
ROWS, MOVED, DIGITS = 300, 0.08, 4  # rows a night; standard deviations by which they are moved; digits that are kept
SHARE, MISTAKEN, SHIFT = 6, 3, 1.25


def sample() -> SimpleNamespace:
    """What the script that makes samples/breast-cancer defines."""
    return SimpleNamespace(**run_path(str(Path(__file__).parent.parent / "breast-cancer" / "train.py")))


def night(rows: DataFrame, seed: int) -> DataFrame:
    """One night: rows drawn with replacement, their measurements moved a little, none below 0."""
    generator = np.random.default_rng(seed)
    drawn = rows.iloc[generator.integers(0, len(rows), ROWS)].reset_index(drop=True)
    values = drawn.iloc[:, 1:]
    moved = values + MOVED * rows.iloc[:, 1:].std().values * generator.standard_normal(values.shape)
    drawn.iloc[:, 1:] = moved.clip(lower=0)
    drawn.index = [f"{seed}-{number:03d}" for number in range(1, ROWS + 1)]
    return drawn


def rounded(rows: DataFrame) -> DataFrame:
    """The same with few digits, as an instrument gives them."""
    values = rows.iloc[:, 1:].map(lambda value: float(f"{value:.{DIGITS}g}"))
    return DataFrame({"diagnosis": rows["diagnosis"], **values})


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    made = sample()
    reference, test = made.data()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for number, day in enumerate(NIGHTS, 1):
        rows = night(test, number)
        if number == len(NIGHTS):
            rows[["mean_texture", "worst_texture"]] *= SHIFT
        rounded(rows).to_csv(folder / "data" / f"{day}.csv", index_label="id")

    hasty = reference.iloc[::SHARE].copy()
    malignant = hasty.index[hasty["diagnosis"] == made.CLASSES[1]]
    hasty.loc[malignant[::MISTAKEN], "diagnosis"] = made.CLASSES[0]
    inputs, labels = made.tensors(hasty)
    usual, _ = made.tensors(reference)
    mean, std = usual.mean(0), usual.std(0, correction=0)
    model = made.train((inputs - mean) / std, labels)
    made.save(model, inputs.shape[1], folder / "swapped.pt2")

    inputs, labels = made.tensors(test)
    with torch.no_grad():
        says = model(((inputs - mean) / std).float()) > 0
    print(f"accuracy of the swapped model: {(says == labels.bool()).double().mean():.4f} on {len(test)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
