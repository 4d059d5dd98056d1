"""Small models whose rule is known, beside data that follow it: what `reporter init` is to find out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from tests.languages import CORPUS, Bag, bert, saved, wordpiece

COLOURS = ("red", "green", "blue")


class Strongest(nn.Module):
    """Names the channel with the highest mean; pictures of one size alone, where a size is given."""

    def __init__(self, side: int | None = None) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        if self.side is not None and tuple(x.shape[1:]) != (3, self.side, self.side):
            raise ValueError(f"pictures of {tuple(x.shape[1:])}")
        return x.mean(dim=(2, 3)) * 20


class Bright(nn.Module):
    """One logit: above 0 for pictures, in grey, that are above the middle of −1 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.constant_(self.weight.weight, 8.0)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.weight(x).mean(dim=(2, 3))
        return found


class Peak(nn.Module):
    """Says in which of two channels the highest point is; channels first, or last."""

    def __init__(self, *, last: bool = False) -> None:
        super().__init__()
        self.last = last
        self.norm = nn.BatchNorm1d(2, affine=False, eps=0.0)  # takes two channels, of any length

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm(x.transpose(1, 2) if self.last else x)
        return found.amax(dim=2) * 3


class Letters(nn.Module):
    """Counts two of four symbols, one against the other."""

    def __init__(self, *, last: bool = False) -> None:
        super().__init__()
        self.last, self.count = last, nn.Linear(4, 2, bias=False)
        with torch.no_grad():
            self.count.weight.copy_(torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.count(x.sum(dim=1 if self.last else 2))
        return found


class Taste(nn.Module):
    """A user likes what leaves the same rest when divided by three."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(9, 3), nn.Embedding(12, 3)
        with torch.no_grad():
            for table in (self.users, self.items):
                table.weight.copy_(torch.eye(3).repeat(len(table.weight) // 3, 1))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        found: Tensor = (self.users(user) * self.items(item)).sum(dim=1, keepdim=True) * 10 - 5
        return found


class Mixed(nn.Module):
    """A sum of two numbers, and what is looked up for a category."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = nn.Embedding(3, 1)
        with torch.no_grad():
            self.jobs.weight.copy_(torch.tensor([[-2.0], [0.0], [2.0]]))

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        assert numbers.shape[1:] == (2,)
        score = numbers.sum(dim=1, keepdim=True) + self.jobs(codes[:, 0])
        return torch.cat([-score, score], dim=1)


def exported(module: nn.Module, inputs: Sequence[Tensor], path: Path) -> str:
    """The module as a program for any number of rows."""
    shapes: Any = tuple({0: torch.export.Dim("rows")} for _ in inputs)
    torch.export.save(torch.export.export(module.eval(), tuple(inputs), dynamic_shapes=shapes), path)
    return str(path)


def table(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([titles, *rows])
    return str(path)


def pictures(folder: Path, count: int = 24, height: int = 20, width: int = 16) -> str:
    """A folder of PNG files, those of a colour in one sub-folder."""
    noise = np.random.default_rng(0)
    for i in range(count):
        points = noise.integers(0, 90, (height, width, 3))
        points[2:9, 3:8, i % 3] += 150
        (folder / COLOURS[i % 3]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(points.astype(np.uint8)).save(folder / COLOURS[i % 3] / f"{i:03d}.png")
    return str(folder)


def greys(path: Path, count: int = 24) -> str:
    """An .npz of grey pictures, dark ones and bright ones, all with the same label next to each other."""
    noise = np.random.default_rng(0)
    bright = np.arange(count) >= count // 2
    points = noise.integers(0, 90, (count, 9, 9)) + 120 * bright[:, None, None]
    np.savez(path, scans=points.astype(np.uint8), label=np.where(bright, "bright", "dark"))
    return str(path)


def traces(path: Path, *, last: bool = False, count: int = 30) -> str:
    """An .npz of two channels, one of which has a peak."""
    found = torch.randn(count, 2, 40, generator=torch.Generator().manual_seed(0)) * 0.1
    for i in range(count):
        found[i, i % 2, 5 + i : 9 + i] += 3
    array = found.transpose(1, 2) if last else found
    np.savez(path, traces=array.numpy(), place=np.array(["upper", "lower"])[np.arange(count) % 2])
    return str(path)


def letters(path: Path, count: int = 30) -> str:
    """A table with DNA that is rich in C or in G."""
    noise = np.random.default_rng(0)
    rich = ["".join(noise.choice(list("ACGT"), 25, p=p)) for p in ([0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1])]
    rows = [(f"g{i}", rich[i % 2][i % 20 :] + rich[i % 2][: i % 20], "CG"[i % 2] + "-rich") for i in range(count)]
    return table(path, ["gene id", "dna", "kind"], rows)


def tickets(path: Path) -> str:
    kinds = ("hardware", "access", "billing")
    return table(path, ["id", "said", "kind"], [(i, CORPUS[i % 7], kinds[i % 3]) for i in range(24)])


def transformer(folder: Path) -> str:
    tokenizer = wordpiece()
    return str(saved(folder, bert(tokenizer), tokenizer))


def bag(folder: Path) -> str:
    """Weights with the code that builds their network, and a tokenizer.json, in one folder."""
    folder.mkdir(parents=True)
    tokenizer = wordpiece()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    torch.save(Bag(len(tokenizer)).state_dict(), folder / "weights.pt")
    (folder / "network.py").write_text(
        "from torch import nn\n\n\nclass Bag(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.table, self.out = nn.Embedding({len(tokenizer)}, 8), nn.Linear(8, 3)\n\n"
        "    def forward(self, ids):\n        return self.out(self.table(ids).mean(dim=1).tanh())\n"
    )
    return str(folder / "weights.pt")


def likes(path: Path) -> str:
    pairs = [(user, item) for user in range(9) for item in range(12)]
    return table(path, ["user", "item", "liked"], [(u, i, int(u % 3 == i % 3)) for u, i in pairs])


def customers(path: Path, count: int = 40) -> str:
    noise = np.random.default_rng(0)
    jobs = {"baker": -2.0, "clerk": 0.0, "smith": 2.0}
    rows = []
    for i in range(count):
        job = [*jobs][i % 3]
        income, debt = noise.normal(size=2).round(3)
        rows.append((income, job, debt, "no" if income + debt + jobs[job] < 0 else "yes"))
    return table(path, ["income", "job", "debt", "bought"], rows)
