"""Small models, ordinary and awkward, that the tests of the torch side share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def mlp(columns: int = 6, outputs: int = 3, activation: type[nn.Module] = nn.ReLU, seed: int = 0) -> nn.Sequential:
    """Two hidden layers with weights large enough for kinks between any two points."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(columns, 16), activation(), nn.Linear(16, 16), activation(), nn.Linear(16, outputs))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(2.0)
    return net.eval()


def rows(count: int = 8, columns: int = 6, seed: int = 1) -> Tensor:
    """Standard normal rows."""
    return torch.randn(count, columns, generator=torch.Generator().manual_seed(seed))


class Linear(nn.Module):
    """w·x + b with known weights, as one value or as two logits (0, value)."""

    def __init__(self, weights: list[float], bias: float = 0.0, *, logits: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(len(weights), 1)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([weights]))
            self.layer.bias.fill_(bias)
        self.logits = logits

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layer(x)
        return torch.cat([torch.zeros_like(found), found], dim=1) if self.logits else found


class Nested(nn.Module):
    """ReLU(ReLU(x1) − 1 − ReLU(x2)), with one ReLU module used three times."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.relu(self.relu(x[:, 0]) - 1 - self.relu(x[:, 1]))
        return found


class NestedTwin(nn.Module):
    """ReLU(ReLU(x1 − 1) − ReLU(x2)): the same function as Nested where x1 > 1."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.relu(x[:, 0] - 1) - torch.relu(x[:, 1]))


class Product(nn.Module):
    """x1 · x2 · …"""

    def forward(self, x: Tensor) -> Tensor:
        return x.prod(dim=1)


class Residual(nn.Module):
    """A residual block with LayerNorm and GELU."""

    def __init__(self, columns: int = 6) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.inner, self.out = nn.LayerNorm(columns), nn.Linear(columns, columns), nn.Linear(columns, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(x + nn.functional.gelu(self.inner(self.norm(x))))
        return found


class Normed(nn.Module):
    """BatchNorm and dropout: two layers that behave otherwise while training."""

    def __init__(self, columns: int = 6) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.drop, self.out = nn.BatchNorm1d(columns), nn.Dropout(0.5), nn.Linear(columns, 3)
        mean, var = self.norm.running_mean, self.norm.running_var
        if mean is not None and var is not None:
            mean.uniform_(-1, 1)
            var.uniform_(0.5, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.drop(self.norm(x)))
        return found


class Wrapped(nn.Module):
    """A network whose logits come wrapped in `kind`: tuple, dict, output object, three axes, …"""

    def __init__(self, kind: str, columns: int = 6) -> None:
        super().__init__()
        self.net, self.kind = mlp(columns), kind

    def forward(self, x: Tensor) -> Any:
        logits = self.net(x)
        return {
            "tensor": logits,
            "tuple of one": (logits,),
            "tuple": (x.sum(), logits, x),
            "dict": {"logits": logits, "hidden": x},
            "other dict": {"scores": logits, "hidden": x},
            "object": Output(logits, x),
            "list of lists": logits.tolist(),
            "sequence": logits[:, None, :].expand(-1, 4, -1),
            "one row": logits[:1],
            "nothing": None,
            "text": "cat",
        }[self.kind]


class Output:
    """What transformers' models return, in miniature."""

    def __init__(self, logits: Tensor, hidden: Tensor) -> None:
        self.logits, self.hidden = logits, hidden


class Mixed(nn.Module):
    """A numeric input and a column of codes that goes to an embedding."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table, self.out = nn.Embedding(5, 4), nn.Linear(7, 2)

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        found: Tensor = self.out(torch.cat([numbers, self.table(codes[:, 0])], dim=1))
        return found


class Meddling(nn.Module):
    """Writes to its input, to its buffers, and registers a hook on itself every time it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp()
        self.register_buffer("calls", torch.zeros(1))
        self.calls: Tensor

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(1.0).add_(0.0)
        x.clamp_(min=-2.0)
        self.calls += 1
        self.net[0].register_forward_hook(lambda *_: None)
        found: Tensor = self.net(x)
        return found


class SelfTraining(nn.Module):
    """Changes its own weights when it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.layer.weight.data.add_(0.1)
        found: Tensor = self.layer(x)
        return found


class KeywordOnly(nn.Module):
    """A forward that takes its input by name alone."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp()

    def forward(self, *, values: Tensor) -> Tensor:
        found: Tensor = self.net(values)
        return found
