"""Small networks of the kinds people have, each with rows to explain and the network that Captum is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reporter.model import Inputs, Model
from reporter.question import Question

ROWS, CLASSES, FEATURES = 3, 3, 4


@dataclass(frozen=True)
class Architecture:
    """A network, its inputs, and where it differs the network of the same function that plain Captum can explain."""

    net: nn.Module
    inputs: Inputs
    baselines: Inputs
    plain: nn.Module | None = None  # the same function for Captum: of vectors, or without a module that is used twice
    vectors: Callable[[Inputs], Inputs] | None = None  # whole numbers → what `plain` takes instead

    @property
    def target(self) -> Tensor:
        return torch.arange(len(self.inputs[0])) % CLASSES

    def question(self, seed: int = 0) -> Question:
        """Why these rows have the scores of their classes; columns are grouped into few features."""
        model = Model(self.net, task="classification", output="logits", classes=("a", "b", "c"))
        columns = sum(each[0].numel() for each in self.inputs)
        mask = torch.arange(columns) * min(FEATURES, columns) // columns
        return Question(model, self.inputs, self.baselines, self.target, mask, seed=seed)

    def for_captum(self) -> tuple[nn.Module, Inputs, Inputs]:
        """The network, inputs and baselines that plain Captum is given where gradients are needed."""
        if self.vectors is None:
            return self.plain or self.net, self.inputs, self.baselines
        return self.plain or self.net, self.vectors(self.inputs), self.vectors(self.baselines)


class ReusedRelu(nn.Module):
    """A CNN whose one ReLU module stands behind every layer."""

    def __init__(self, *, reused: bool = True) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2)
        self.out, self.relu = nn.Linear(16, CLASSES), nn.ReLU()
        self.again = self.relu if reused else nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.again(self.second(self.relu(self.first(x)))).flatten(1))
        return found


class Block(nn.Module):
    """A residual block as torchvision has it: one ReLU, in place, between the convolutions and behind the sum."""

    def __init__(self, *, reused: bool) -> None:
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1)
        self.relu = nn.ReLU(inplace=True)
        self.again = self.relu if reused else nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out = self.second(self.relu(self.norm(self.first(x))))
        out += x
        found: Tensor = self.again(out)
        return found


class ResNet(nn.Module):
    """Two residual blocks, pooled."""

    def __init__(self, *, reused: bool = True) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.blocks = nn.Sequential(Block(reused=reused), Block(reused=reused))
        self.pool, self.out = nn.AdaptiveAvgPool2d(1), nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))
        return found


class Pooled(nn.Module):
    """A convolution whose strongest answers are classified."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.out = nn.Linear(12, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.features(x).reshape(-1, 12))
        return found


class Recurrent(nn.Module):
    """LSTM or GRU over a sequence, the last state classified."""

    def __init__(self, kind: type[nn.LSTM | nn.GRU]) -> None:
        super().__init__()
        self.rnn, self.out = kind(2, 5, batch_first=True), nn.Linear(5, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.rnn(x)[0][:, -1])
        return found


class Transformer(nn.Module):
    """One encoder layer over vectors, their mean classified."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.out = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.encoder(x).mean(dim=1))
        return found


class Bag(nn.Module):
    """The mean of token embeddings, classified behind a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(9, 4, mode="mean")
        self.rest = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, CLASSES))

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.rest(self.table(tokens))
        return found


class BagOfVectors(nn.Module):
    """The same, given the vectors."""

    def __init__(self, bag: Bag) -> None:
        super().__init__()
        self.rest = bag.rest

    def forward(self, vectors: Tensor) -> Tensor:
        found: Tensor = self.rest(vectors.mean(dim=1))
        return found


class Recommender(nn.Module):
    """Two indexes, of a user and of an item, whose vectors are put side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(5, 4), nn.Embedding(7, 4)
        self.rest = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, CLASSES))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        found: Tensor = self.rest(torch.cat([self.users(user[:, 0]), self.items(item[:, 0])], dim=1))
        return found


class OfVectors(nn.Module):
    """The same, given both vectors."""

    def __init__(self, recommender: Recommender) -> None:
        super().__init__()
        self.rest = recommender.rest

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        found: Tensor = self.rest(torch.cat([user, item], dim=1))
        return found


def _grown(net: nn.Module) -> nn.Module:
    """With weights large enough for kinks between any two points, and statistics that do something."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.5)
    return net.eval()


def _of(net: nn.Module, *shape: int, plain: nn.Module | None = None) -> Architecture:
    if plain is not None:
        plain.load_state_dict(net.state_dict())
    return Architecture(net, (torch.randn(ROWS, *shape),), (0.3 * torch.randn(ROWS, *shape),), plain)


def _reused() -> Architecture:
    return _of(_grown(ReusedRelu()), 2, 6, 6, plain=ReusedRelu(reused=False).eval())


def _bag() -> Architecture:
    net = Bag()
    _grown(net)
    tokens = torch.tensor([[1, 2, 3, 2, 8], [4, 4, 5, 6, 7], [8, 1, 1, 2, 6]])
    return Architecture(
        net,
        (tokens,),
        (torch.zeros_like(tokens),),
        BagOfVectors(net),
        lambda given: (net.table.weight[given[0]].detach(),),
    )


def _recommender() -> Architecture:
    net = Recommender()
    _grown(net)
    inputs = (torch.tensor([[1], [2], [3]]), torch.tensor([[6], [5], [4]]))
    return Architecture(
        net,
        inputs,
        tuple(torch.zeros_like(each) for each in inputs),
        OfVectors(net),
        lambda given: (net.users.weight[given[0][:, 0]].detach(), net.items.weight[given[1][:, 0]].detach()),
    )


ARCHITECTURES: dict[str, Callable[[], Architecture]] = {
    "mlp": lambda: _of(
        _grown(nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))), 6
    ),
    "cnn with one ReLU": _reused,
    "resnet": lambda: _of(_grown(ResNet()), 2, 6, 6, plain=ResNet(reused=False).eval()),
    "max pooling": lambda: _of(_grown(Pooled()), 2, 6, 6),
    "lstm": lambda: _of(_grown(Recurrent(nn.LSTM)), 6, 2),
    "gru": lambda: _of(_grown(Recurrent(nn.GRU)), 6, 2),
    "transformer": lambda: _of(_grown(Transformer()), 5, 4),
    "embedding bag": _bag,
    "recommender": _recommender,
    "1-d cnn": lambda: _of(
        _grown(
            nn.Sequential(
                nn.Conv1d(2, 4, 3), nn.ReLU(), nn.Conv1d(4, 3, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(12, 3)
            )
        ),
        2,
        8,
    ),
}


def architecture(name: str) -> Architecture:
    """A fresh one, always with the same weights and rows."""
    torch.manual_seed(0)
    return ARCHITECTURES[name]()
