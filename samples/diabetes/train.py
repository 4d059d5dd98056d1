"""Make this sample again: `python train.py [FOLDER]` writes data and model, and prints how good the model is.

Training runs in double precision on one thread and the weights are stored in single precision, so that they come out
the same, bit for bit, whatever the processor.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from pandas import DataFrame
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, train_test_split
from torch import Tensor, nn

SEED = 2
FOLDS = 5
TEST_ROWS = 89
HIDDEN, EPOCHS, RATE, DECAY = 8, 300, 0.01, 3.0


class Progression(nn.Module):
    """Raw measurements in, progression out: what the training rows say about scale is kept inside as buffers."""

    mean: Tensor
    std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        super().__init__()
        first, last = (nn.Linear(*widths, dtype=torch.double) for widths in ((inputs.shape[1], HIDDEN), (HIDDEN, 1)))
        self.layers = nn.Sequential(first, nn.Tanh(), last)
        self.register_buffer("mean", inputs.mean(0))
        self.register_buffer("std", inputs.std(0, correction=0))
        self.register_buffer("target_mean", targets.mean(0))
        self.register_buffer("target_std", targets.std(0, correction=0))

    def forward(self, raw: Tensor) -> Tensor:
        scaled: Tensor = self.layers((raw - self.mean) / self.std)
        return scaled * self.target_std + self.target_mean


def data() -> DataFrame:
    """All rows; the index is the row number in scikit-learn's data, starting at 0."""
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.insert(0, "progression", frame.pop("target"))
    return frame.convert_dtypes()  # whole numbers, such as the codes of sex, are written as whole numbers


def tensors(rows: DataFrame) -> tuple[Tensor, Tensor]:
    """Raw features, and the progression on record."""
    values = torch.tensor(rows.astype(float).values)
    return values[:, 1:], values[:, :1]


def train(rows: DataFrame) -> nn.Module:
    """A small network with one hidden layer, trained on all rows at once."""
    torch.manual_seed(SEED)
    inputs, targets = tensors(rows)
    model = Progression(inputs, targets)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        ((model(inputs) - targets) / model.target_std).square().mean().backward()
        optimizer.step()
    return model.float().eval()


def score(model: nn.Module, rows: DataFrame) -> float:
    """R² on rows the model has not seen."""
    inputs, targets = tensors(rows)
    with torch.no_grad():
        return float(r2_score(targets, model(inputs.float())))


def save(model: nn.Module, width: int, path: Path) -> None:
    """Export for batches of any size, without the lines of source that would name this machine's folders."""
    batch = {0: torch.export.Dim("batch", min=1)}
    program = torch.export.export(model, (torch.zeros(2, width),), dynamic_shapes=(batch,))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rows = data()
    folds = KFold(FOLDS, shuffle=True, random_state=SEED).split(rows)
    scores = [score(train(rows.iloc[kept]), rows.iloc[left_out]) for kept, left_out in folds]
    print(f"five-fold mean R²: {sum(scores) / FOLDS:.4f} on {len(rows)} rows")

    reference, test = (part.sort_index() for part in train_test_split(rows, test_size=TEST_ROWS, random_state=SEED))
    reference.to_csv(folder / "reference.csv", index_label="id")
    test.to_csv(folder / "test.csv", index_label="id")
    model = train(reference)
    save(model, rows.shape[1] - 1, folder / "model.pt2")
    print(f"held-out R²: {score(model, test):.4f} on {len(test)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
