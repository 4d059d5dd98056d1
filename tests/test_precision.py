"""Running a model in another floating type: what is computed, what is told of it, and that nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

import reporter
from reporter.cli import main
from reporter.errors import ModelError, ReporterError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.guard import guarded
from reporter.loading import model_of
from reporter.precision import in_own_type, in_type
from reporter.report import Report
from tests.networks import Normed, SelfTraining, mlp, rows
from tests.test_guard import same, state

REFERENCE = rows(40, seed=4)


def explained(net: Any, dtype: Any, **settings: Any) -> Explanation:
    found = reporter.explain(
        net, rows(1), reference=REFERENCE, dtype=dtype, **{"metrics": ("completeness",), **settings}
    )
    assert isinstance(found, Explanation)
    return found


class Seen(nn.Module):
    """A network that notes in which type it ran."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.seen = mlp(), set[torch.dtype]()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)
        self.seen.add(found.dtype)
        return found


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("bf16", torch.bfloat16),
        ("fp16", torch.float16),
        ("fp64", torch.float64),
        ("bfloat16", torch.bfloat16),
        (torch.float64, torch.float64),
    ],
)
def test_the_model_runs_in_the_type_and_the_difference_is_measured(name: Any, dtype: torch.dtype) -> None:
    net = Seen()
    found = explained(net, name)
    assert net.seen == {dtype, torch.float32}  # in its own for the comparison
    assert found.provenance.dtype == str(dtype).removeprefix("torch.")
    assert found.provenance.own_dtype == "float32"
    own, other = mlp()(rows(1))[0].detach().double(), mlp().to(dtype)(rows(1).to(dtype))[0].detach().double()
    target = found.prediction.target
    wanted = float((own[target] - other[target]).abs() / own.abs().max())
    assert found.provenance.dtype_difference == pytest.approx(wanted, rel=1e-6)
    assert (wanted > 1e-5) == (dtype != torch.float64)
    assert np.asarray(found.attributions) == pytest.approx(
        np.asarray(explained(net, "auto").attributions), rel=0.05, abs=0.05
    )


@pytest.mark.parametrize("dtype", ["auto", "fp32", "float32"])
def test_its_own_type_is_no_difference(dtype: str) -> None:
    found = explained(mlp(), dtype)
    assert (found.provenance.own_dtype, found.provenance.dtype_difference) == ("", None)


def test_weights_buffers_and_hash_are_as_they_were() -> None:
    net = Normed().train()
    net.tied = net.out  # the same weights under two names
    before, whole = state(net), model_of(net).weight_hash()
    found = explained(net, "bf16", metrics="completeness,deletion,stability,agreement")
    assert same(before, state(net))
    assert {each.dtype for each in net.parameters()} == {torch.float32}
    assert found.provenance.model_hash == whole == model_of(net).weight_hash()
    assert net.tied.weight is net.out.weight


def test_a_failure_leaves_the_weights_as_they_were() -> None:
    net = mlp()
    before = state(net)

    def fail() -> None:
        assert {each.dtype for each in net.parameters()} == {torch.bfloat16}
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), guarded(in_type(model_of(net), "bf16")):
        fail()
    assert same(before, state(net))


def test_a_model_that_trains_itself_is_still_refused() -> None:
    net = SelfTraining()
    before = state(net)
    model = in_type(model_of(net), "fp64")
    with pytest.raises(ModelError, match="changes its own weights"), guarded(model):
        model.outputs((rows(1),))
    assert same(before, state(net))


def test_the_way_back() -> None:
    model = model_of(mlp())
    assert in_own_type(in_type(model, "bf16")) == model or in_own_type(in_type(model, "bf16")).dtype == model.dtype
    assert in_own_type(model) is model


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (lambda: LogisticRegression().fit(REFERENCE.numpy(), REFERENCE[:, 0] > 0), "no weights that could be cast"),
        (lambda: lambda x: x.sum(dim=1), "no weights that could be cast"),
        (lambda: torch.export.export(mlp(), (rows(4),)), "runs in the type it was exported in"),
        (lambda: torch.jit.trace(mlp(), rows(4)), "runs in the type it was saved in"),
    ],
    ids=["estimator", "function", "exported", "scripted"],
)
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_models_of_one_type_alone(net: Any, said: str) -> None:
    with pytest.raises(UsageError, match=f"dtype bf16, but .*{said}"):
        explained(net(), "bf16")


def test_types_there_are_not() -> None:
    with pytest.raises(UnknownName, match=r"no dtype called 'bf61'; did you mean 'bf16'"):
        explained(mlp(), "bf61")
    with pytest.raises(ReporterError, match="no dtype called"):
        explained(mlp(), torch.int64)


def test_the_method_card_tells_the_difference() -> None:
    page = _report(explained(mlp(), "bf16")).to_html()
    assert "bfloat16" in page
    assert "its score differs from that in float32 by" in page
    assert "differs from that in" not in _report(explained(mlp(), "auto")).to_html()


def _report(explanation: Explanation) -> Report:
    return explanation.report()


def test_the_command_line_runs_in_a_type_and_says_how_to_do_it_again(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    with pytest.raises(SystemExit) as left:
        main(["explain", "samples/tickets", "--dtype", "fp64", "--metrics", "completeness", "-o", str(out)])
    assert left.value.code == 0
    found = Explanation.from_json(out)
    assert found.provenance.dtype == "float64"
    assert found.provenance.own_dtype == "float32"
    assert "--dtype fp64" in found.provenance.command


def test_an_exported_sample_keeps_its_type(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explain", "samples/breast-cancer", "--dtype", "bf16"])
    assert left.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("reporter: dtype bf16, but an exported program runs in the type it was exported in")


@pytest.mark.gpu
def test_bf16_on_a_gpu_is_close() -> None:
    # Needs an accelerator: products of bfloat16 are computed and rounded there in another order than on a processor.
    found = explained(mlp(), "bf16", device="cuda")
    assert found.provenance.dtype_difference is not None
    assert found.provenance.dtype_difference < 0.05
