"""Exported programs run from their own description: the same numbers as torch's own reader, or not read at all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from reporter.errors import ModelError
from reporter.program import Program
from reporter.unpacking import NotPlain, read_program
from reporter.weights import hash_of, weights_of
from tests.networks import Mixed, Normed, Residual, mlp, rows


class Busy(nn.Module):
    """Many kinds of arguments and results: splits, symbolic sizes, new tensors, ties, infinities, several outputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Linear(6, 4), nn.Linear(4, 4)
        self.last.weight = nn.Parameter(torch.randn(4, 4))
        self.tied = self.last
        self.register_buffer("shift", torch.arange(3.0))
        self.shift: Tensor
        self.constant = torch.tensor([2.0, 3.0, 4.0])

    def forward(self, x: Tensor) -> dict[str, Any]:
        left, right = x.chunk(2, dim=1)
        joined = torch.cat([left, right * self.shift + self.constant], dim=1)
        hidden = nn.functional.gelu(self.tied(self.last(self.first(joined))), approximate="tanh")
        pairs = hidden.reshape(x.shape[0], 2, -1).sum(dim=1)
        top, _ = torch.topk(hidden, 2, dim=1)
        empty = torch.zeros(x.shape[0], 2, dtype=torch.float32)
        chosen = torch.where(x[:, :1] > 0, top, -top + empty)
        return {
            "logits": torch.cat([pairs, chosen], dim=1),
            "other": (hidden.masked_fill(hidden < 0, float("-inf")), top),
        }


class Conditional(nn.Module):
    """Control flow that stays in the graph."""

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = torch.cond(x.sum() > 0, lambda y: y + 1, lambda y: y - 1, (x,))
        return found


def exported(net: nn.Module, path: Path, inputs: tuple[Tensor, ...], *, dynamic: bool = True) -> Any:
    shapes = tuple({0: torch.export.Dim("batch")} for _ in inputs) if dynamic else None
    program = torch.export.export(net.eval(), inputs, dynamic_shapes=shapes)
    torch.export.save(program, path)
    return program


def same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = tuple(ours.values()), tuple(theirs.values())
    if isinstance(theirs, (tuple, list)):
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("net", [mlp(), Residual(), Normed(), Busy(), mlp(activation=nn.SiLU).double()])
def test_the_numbers_are_those_of_torch(net: nn.Module, tmp_path: Path) -> None:
    dtype = next(net.parameters()).dtype
    theirs = exported(net, tmp_path / "a.pt2", (rows(4).to(dtype),)).module()
    ours = read_program(tmp_path / "a.pt2")
    x = rows(9, seed=5).to(dtype)
    same(ours(x), theirs(x))
    assert (ours.batch, ours.dtype) == (None, dtype)


def test_gradients_are_those_of_torch(tmp_path: Path) -> None:
    net = mlp()
    exported(net, tmp_path / "a.pt2", (rows(4),))
    found = []
    for each in (net, read_program(tmp_path / "a.pt2")):
        x = rows(5).requires_grad_()
        found.append(torch.autograd.grad(each(x)[:, 1].sum(), x)[0])
    torch.testing.assert_close(*found, rtol=0, atol=0)


def test_weights_keep_their_names_and_hash(tmp_path: Path) -> None:
    net = Busy()
    exported(net, tmp_path / "a.pt2", (rows(4),))
    ours = read_program(tmp_path / "a.pt2")
    assert {name for name, _ in ours.named_parameters()} >= {"first.weight", "last.bias"}
    plain = mlp()
    exported(plain, tmp_path / "b.pt2", (rows(4),))
    assert hash_of(weights_of((read_program(tmp_path / "b.pt2"),))) == hash_of(weights_of((plain,)))


def test_several_inputs_and_whole_numbers(tmp_path: Path) -> None:
    given = (rows(4, 3), torch.tensor([[0], [1], [2], [4]]))
    theirs = exported(Mixed(), tmp_path / "a.pt2", given).module()
    ours = read_program(tmp_path / "a.pt2")
    same(ours(*given), theirs(*given))


def test_a_static_batch_is_known(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),), dynamic=False)
    ours = read_program(tmp_path / "a.pt2")
    assert ours.batch == 4
    with pytest.raises(ValueError, match=r"inputs of shape \(4, 6\), not \(3, 6\)"):
        ours(rows(3))


def test_inputs_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    ours = read_program(tmp_path / "a.pt2")
    with pytest.raises(ValueError, match=r"inputs of shape \(any, 6\), not \(2, 5\)"):
        ours(rows(2, 5))
    with pytest.raises(ValueError, match="takes 1 inputs, not 2"):
        ours(rows(2), rows(2))


def test_control_flow_is_left_to_torch(tmp_path: Path) -> None:
    exported(Conditional(), tmp_path / "a.pt2", (rows(4),), dynamic=False)
    with pytest.raises(NotPlain, match="higher_order"):
        read_program(tmp_path / "a.pt2")


@pytest.mark.parametrize(
    ("key", "value"), [("schema_version", {"major": 9, "minor": 0}), ("guards_code", ["L['x'].size()[0] == 2"])]
)
def test_another_form_is_left_to_torch(tmp_path: Path, key: str, value: Any) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    with zipfile.ZipFile(tmp_path / "a.pt2") as old, zipfile.ZipFile(tmp_path / "b.pt2", "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("models/model.json"):
                content = json.dumps({**json.loads(content), key: value}).encode()
            new.writestr(info.filename, content)
    with pytest.raises(NotPlain):
        read_program(tmp_path / "b.pt2")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pt2").write_bytes(b"no zip")
    with pytest.raises(ModelError, match="not an exported program"):
        read_program(tmp_path / "a.pt2")


@pytest.mark.parametrize("sample", ["breast-cancer", "diabetes"])
def test_the_samples_are_plain(sample: str) -> None:
    path = Path(__file__).parent.parent / "samples" / sample / "model.pt2"
    ours, theirs = read_program(path), torch.export.load(path).module()
    assert isinstance(ours, Program)
    x = rows(7, 30 if sample == "breast-cancer" else 10)
    same(ours(x), theirs(x))
