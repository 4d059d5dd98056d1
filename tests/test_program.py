"""Programs of many architectures: the same outputs and gradients as torch's own, at any batch size."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everybody calls it
from torch.overrides import TorchFunctionMode

from reporter.program import Program
from reporter.unpacking import NotPlain, read_program
from tests.networks import mlp, rows
from tests.test_unpacking import exported, same

# Said by torch while it exports.
pytestmark = pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")


class Of(nn.Module):
    """A network written as one function of itself and its inputs."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if isinstance(part, Tensor) and not isinstance(part, nn.Parameter):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Any:
        return self.function(self, x) if y is None else self.function(self, x, y)


class Block(nn.Module):
    """Two convolutions and a way around them; one ReLU, in place, used twice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.norm, self.relu = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.relu(self.second(self.relu(self.norm(self.first(x)))) + x)
        return found


class Cells(nn.Module):
    """A recurrent cell called in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.LSTMCell(4, 3), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden = x.new_zeros(x.shape[0], 3)
        memory = torch.zeros_like(hidden)
        for step in range(x.shape[1]):
            hidden, memory = self.cell(x[:, step], (hidden, memory))
        found: Tensor = self.out(hidden)
        return found


def recurrent(kind: Any, *, both: bool = False) -> nn.Module:
    layer = kind(4, 3, num_layers=2, batch_first=True, bidirectional=both)
    return Of(lambda net, x: net.out(net.layer(x)[0][:, -1]), layer=layer, out=nn.Linear(6 if both else 3, 2))


def encoder(*, first: bool) -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=first, activation="gelu")
    layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return Of(lambda net, x: net.out(net.layers(x).mean(1)), layers=layers, out=nn.Linear(8, 2))


def tokens() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(net: Any, x: Tensor) -> Tensor:
        padding = x == 0
        hidden = net.layer(net.table(x) + net.places[: x.shape[1]], src_key_padding_mask=padding)
        found: Tensor = net.out(hidden.masked_fill(padding[..., None], 0).sum(1))
        return found

    places = nn.Parameter(torch.randn(9, 8))
    return Of(forward, table=nn.Embedding(10, 8), places=places, layer=layer, out=nn.Linear(8, 2))


def shapes(net: Any, x: Tensor) -> Tensor:
    flat = net.out(x.reshape(x.shape[0] * 3, 4)).view(x.size(0), 3, -1).sum(1) / x.shape[0]
    found: Tensor = flat + torch.arange(x.shape[0])[:, None] * (x.shape[0] - 1) // 2
    return found


def in_place(net: Any, x: Tensor) -> Tensor:
    y = torch.zeros(x.shape[0], 6)
    y[:, 0] = x[:, 1]
    y[:, 2:4] += x[:, 2:4]
    return y.mul_(2).relu_()


def picked(net: Any, x: Tensor) -> Tensor:
    parts = [x[:, 0], x[:, 1:3].sum(1), x[..., -1], x[:, ::2].prod(1), x[:, net.index].sum(1)]
    parts += [x[torch.arange(x.shape[0]), x.argmax(1)], x.gather(1, x.argmin(1, keepdim=True))[:, 0]]
    return torch.stack([*parts, x.norm(dim=1), x.std(1), torch.logsumexp(x, 1)], 1)


def conditions(net: Any, x: Tensor) -> Tensor:
    return torch.where(x > 0, x, 0.1 * x).masked_fill(x > 1, -math.inf).clamp(min=-5) * ((x > -1) & (x < 2) | (x > 3))


def pool(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(), nn.LazyLinear(2))


def floats(*shape: int) -> Tensor:
    return rows(4, math.prod(shape)).reshape(4, *shape)


def whole(*shape: int) -> Tensor:
    return torch.arange(4 * math.prod(shape)).reshape(4, *shape) % 10


WEIGHT = torch.arange(12.0).reshape(6, 2)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[[], Tensor]]] = {
    "convolutions": (
        lambda: pool(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.MaxPool1d(2), nn.AdaptiveAvgPool1d(1)),
        lambda: floats(2, 12),
    ),
    "pictures": (
        lambda: pool(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.AdaptiveMaxPool2d(2)),
        lambda: floats(3, 12, 12),
    ),
    "residual": (
        lambda: pool(nn.Conv2d(3, 4, 3), Block(4), Block(4), nn.AdaptiveAvgPool2d(1)),
        lambda: floats(3, 6, 6),
    ),
    "depthwise": (
        lambda: pool(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 6, 1), nn.ReLU6(), nn.Hardswish()),
        lambda: floats(4, 5, 5),
    ),
    "upsampled": (
        lambda: pool(nn.ConvTranspose2d(1, 2, 2), nn.Upsample(scale_factor=2, mode="bilinear"), nn.AvgPool2d(2)),
        lambda: floats(1, 3, 3),
    ),
    "normed": (
        lambda: pool(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, track_running_stats=True), nn.SiLU()),
        lambda: floats(3, 5, 5),
    ),
    "channels last": (
        lambda: Of(lambda net, x: net.c(x.to(memory_format=torch.channels_last)).mean((2, 3)), c=nn.Conv2d(3, 2, 3)),
        lambda: floats(3, 5, 5),
    ),
    "activations": (
        lambda: nn.Sequential(
            nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.PReLU(), nn.Mish(), nn.GLU(), nn.Softmax(1)
        ),
        lambda: floats(6),
    ),
    "lstm": (lambda: recurrent(nn.LSTM), lambda: floats(5, 4)),
    "lstm, both ways": (lambda: recurrent(nn.LSTM, both=True), lambda: floats(5, 4)),
    "gru": (lambda: recurrent(nn.GRU), lambda: floats(5, 4)),
    "gru, both ways": (lambda: recurrent(nn.GRU, both=True), lambda: floats(5, 4)),
    "cells": (Cells, lambda: floats(3, 4)),
    "attention": (
        lambda: Of(lambda net, x: net.a(x, x, x)[0].mean(1), a=nn.MultiheadAttention(8, 2, batch_first=True)),
        lambda: floats(5, 8),
    ),
    "transformer": (lambda: encoder(first=False), lambda: floats(5, 8)),
    "transformer, norm first": (lambda: encoder(first=True), lambda: floats(5, 8)),
    "tokens": (tokens, lambda: whole(6)),
    "bag": (lambda: nn.Sequential(nn.EmbeddingBag(10, 4), nn.Linear(4, 2)), lambda: whole(6)),
    "one-hot": (lambda: Of(lambda net, x: F.one_hot(x, 10).float() @ net.w, w=torch.randn(10, 2)), whole),
    "indexing": (lambda: Of(picked, index=torch.tensor([0, 2])), lambda: floats(6)),
    "conditions": (lambda: Of(conditions), lambda: floats(6)),
    "shapes": (lambda: Of(shapes, out=nn.Linear(4, 2)), lambda: floats(3, 4)),
    "class token": (
        lambda: Of(lambda net, x: torch.cat([net.t.expand(x.shape[0], -1, -1), x], 1).mean(1), t=torch.randn(1, 1, 4)),
        lambda: floats(3, 4),
    ),
    "einsum": (
        lambda: Of(lambda net, x: torch.einsum("bij,kj->bik", x, net.w).flatten(1), w=WEIGHT),
        lambda: floats(3, 2),
    ),
    "in place": (lambda: Of(in_place), lambda: floats(6)),
    "several outputs": (
        lambda: Of(lambda net, x: {"a": (x @ net.w, [x, None]), "b": net.w}, w=WEIGHT),
        lambda: floats(6),
    ),
    "constants": (lambda: Of(lambda net, x: x[:, :2] * torch.tensor([1.0, 2.0]) + torch.tensor(3)), lambda: floats(6)),
    "a whole scalar": (lambda: Of(lambda net, x: x * net.n + net.n, n=torch.tensor(3)), lambda: floats(6)),
    "casts": (
        lambda: Of(lambda net, x: (x.double() @ net.w).to(x.dtype) + x.long()[:, :2], w=WEIGHT.double()),
        lambda: floats(6),
    ),
    "views of one tensor": (
        lambda: Of(lambda net, x: x @ net.a[:, :1] + x @ net.b, a=WEIGHT, b=WEIGHT[:, 1:]),
        lambda: floats(6),
    ),
    "no numbers": (lambda: Of(lambda net, x: torch.cat([x, x @ net.w], 1), w=torch.zeros(6, 0)), lambda: floats(6)),
    "complex": (lambda: Of(lambda net, x: (torch.fft.fft(x) * net.w).abs(), w=torch.randn(6) * 1j), lambda: floats(6)),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(6, 2)), lambda: floats(6)),
    "double": (lambda: mlp(activation=nn.Tanh).double(), lambda: floats(6).double()),
    "bfloat16": (lambda: mlp(activation=nn.Tanh).bfloat16(), lambda: floats(6).bfloat16()),
}


def first_output(found: Any) -> Tensor:
    while not isinstance(found, Tensor):
        found = next(iter(found.values())) if isinstance(found, dict) else found[0]
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_architectures(name: str, tmp_path: Path) -> None:
    build, make = NETWORKS[name]
    torch.manual_seed(0)
    net, x = build().eval(), make()
    net(x)
    theirs, ours = exported(net, tmp_path / "a.pt2", (x,)).module(), read_program(tmp_path / "a.pt2")
    assert isinstance(ours, Program)
    assert ours.batch is None
    for count in (1, 4, 7):
        found = []
        for each in (ours, theirs):
            given = x[torch.arange(count) % 4].clone()
            if given.is_floating_point():
                given.requires_grad_()
            outputs = each(given)
            total = first_output(outputs).abs().float().nan_to_num(0, 0, 0).sum()
            slope = torch.autograd.grad(total, given)[0] if given.requires_grad else None
            found.append((outputs, slope))
        same(found[0][0], found[1][0])
        torch.testing.assert_close(found[0][1], found[1][1], rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["convolutions", "lstm", "tokens", "casts"])
def test_a_static_batch(name: str, tmp_path: Path) -> None:
    build, make = NETWORKS[name]
    net, x = build().eval(), make()
    net(x)
    theirs = exported(net, tmp_path / "a.pt2", (x,), dynamic=False).module()
    ours = read_program(tmp_path / "a.pt2")
    assert ours.batch == 4
    same(ours(x), theirs(x))


class Named(nn.Module):
    """Takes one input by place, one by name alone."""

    def forward(self, x: Tensor, *, scale: Tensor) -> Tensor:
        return x * scale[:, :1] - scale.sum()


class Nested(nn.Module):
    """Takes a dictionary that holds a list."""

    def forward(self, given: dict[str, Any]) -> Tensor:
        found: Tensor = given["z"] - given["a"][0] * given["a"][1]
        return found


def test_inputs_by_name_and_nested_ones_come_in_their_order(tmp_path: Path) -> None:
    x, y, z = rows(4, seed=1), rows(4, seed=2), rows(4, seed=3)
    torch.export.save(torch.export.export(Named(), (x,), {"scale": y}), tmp_path / "a.pt2")
    same(read_program(tmp_path / "a.pt2")(x, y), Named()(x, scale=y))
    batch = {0: torch.export.Dim("batch")}
    given = {"z": z, "a": [x, y]}
    program = torch.export.export(Nested(), (given,), dynamic_shapes=({"z": batch, "a": [batch, batch]},))
    torch.export.save(program, tmp_path / "b.pt2")
    same(read_program(tmp_path / "b.pt2")(z, x, y), Nested()(given))


def test_a_batch_with_limits_is_run_within_them(tmp_path: Path) -> None:
    for limits, batch in (({"max": 16}, 16), ({"min": 100}, 100), ({"min": 4, "max": 900}, 64)):
        dim = torch.export.Dim("batch", **limits)
        program = torch.export.export(mlp(), (rows(max(batch, 4)),), dynamic_shapes=({0: dim},))
        torch.export.save(program, tmp_path / "a.pt2")
        ours = read_program(tmp_path / "a.pt2")
        assert ours.batch == batch
        same(ours(rows(batch)), mlp()(rows(batch)))
    with pytest.raises(ValueError, match=r"inputs of shape \(4 to 900, 6\), not \(2, 6\)"):
        ours(rows(2))


def test_whoever_listens_for_embeddings_hears_them(tmp_path: Path) -> None:
    class Listening(TorchFunctionMode):
        heard = 0

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.heard += func is F.embedding
            return func(*args, **(kwargs or {}))

    net = nn.Sequential(nn.Embedding(10, 4, padding_idx=3), nn.Flatten(), nn.LazyLinear(2))
    net(whole(3))
    exported(net, tmp_path / "a.pt2", (whole(3),))
    ours = read_program(tmp_path / "a.pt2")
    with Listening() as listening:
        found = ours(whole(3))
    same(found, net(whole(3)))
    assert listening.heard == 1


def test_nothing_is_kept_that_is_not_needed(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    calls = read_program(tmp_path / "a.pt2")._calls
    assert [len(call.last) for call in calls] == [1] * len(calls)  # the input, then each layer's result after the next


@pytest.mark.parametrize("name", ["batch", "dtype"])
def test_weights_with_a_name_of_ours_are_left_to_torch(name: str, tmp_path: Path) -> None:
    net = Of(lambda net, x: x * getattr(net, name), **{name: torch.ones(6)})
    exported(net, tmp_path / "a.pt2", (rows(4),))
    with pytest.raises(NotPlain):
        read_program(tmp_path / "a.pt2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aten.linear.default", "aten.no_such_thing.default"),
        ("aten.linear.default", "aten.__class__"),
        ("aten.linear.default", "aten.linear.__setattr__"),
        ('"parameter_name": "0.weight"', '"parameter_name": "__class__"'),
        ('"parameter_name": "0.weight"', '"parameter_name": "0.__class__"'),
        ('"parameter_name": "0.weight"', '"parameter_name": "forward"'),
        ('{"as_tensor": {"name": "linear"}}, "kind"', '{"as_tensor": {"name": "unheard_of"}}, "kind"'),
        ('"expr_str": "', '"expr_str": "2*'),
    ],
)
def test_what_means_nothing_is_not_run(old: str, new: str, tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    with zipfile.ZipFile(tmp_path / "a.pt2") as before, zipfile.ZipFile(tmp_path / "b.pt2", "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename.endswith(".json"):
                content = json.dumps(json.loads(content)).encode().replace(old.encode(), new.encode())
            after.writestr(info.filename, content)
    with pytest.raises(NotPlain):
        read_program(tmp_path / "b.pt2")
