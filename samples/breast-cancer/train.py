"""Make this sample again: `python train.py [FOLDER]` writes data and model, and prints how good the model is.

Training runs in double precision on one thread and the weights are stored in single precision, so that they come out
the same, bit for bit, whatever the processor.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from pandas import DataFrame
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

SEED = 1
CLASSES = ("benign", "malignant")  # the one logit is the log-odds of the second
TEST_ROWS = 114
HIDDEN, EPOCHS, RATE, DECAY = 16, 300, 0.01, 1.0  # a decay this strong keeps probabilities away from 0 and 1


def data() -> tuple[DataFrame, DataFrame]:
    """Reference and test rows; the index is the row number in scikit-learn's data, starting at 0."""
    source = load_breast_cancer(as_frame=True)
    frame = source.data.rename(columns=lambda name: name.replace(" ", "_"))
    frame.insert(0, "diagnosis", [source.target_names[code] for code in source.target])
    parts = train_test_split(frame, test_size=TEST_ROWS, stratify=frame["diagnosis"], random_state=SEED)
    return parts[0].sort_index(), parts[1].sort_index()


def tensors(rows: DataFrame) -> tuple[Tensor, Tensor]:
    """Raw features, and 1 for malignant, 0 for benign."""
    return torch.tensor(rows.iloc[:, 1:].values), torch.tensor((rows[["diagnosis"]] == CLASSES[1]).values).double()


def train(inputs: Tensor, labels: Tensor) -> nn.Module:
    """A small network with one hidden layer, trained on all rows at once."""
    torch.manual_seed(SEED)
    first, last = (nn.Linear(*widths, dtype=torch.double) for widths in ((inputs.shape[1], HIDDEN), (HIDDEN, 1)))
    model = nn.Sequential(first, nn.Tanh(), last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(model(inputs), labels).backward()
        optimizer.step()
    return model.float().eval()


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
    reference, test = data()
    reference.to_csv(folder / "reference.csv", index_label="id")
    test.to_csv(folder / "test.csv", index_label="id")

    inputs, labels = tensors(reference)
    mean, std = inputs.mean(0), inputs.std(0, correction=0)  # the study says `standardise`: the reporter does the same
    model = train((inputs - mean) / std, labels)
    save(model, inputs.shape[1], folder / "model.pt2")

    inputs, labels = tensors(test)
    with torch.no_grad():
        says = model(((inputs - mean) / std).float()) > 0
    print(f"held-out accuracy: {(says == labels.bool()).double().mean():.4f} on {len(test)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
