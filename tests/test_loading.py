"""Loading models: every way in, and what is refused until it is trusted."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from torch import nn

from reporter.checkpoint import fill
from reporter.errors import ModelError, NotTrusted, UsageError
from reporter.loading import choose_device, load_model, load_program, model_of
from reporter.model import Model
from reporter.study import Study, study_from
from tests.networks import Normed, mlp, rows
from tests.test_archive import Bomb
from tests.test_unpacking import Conditional, exported

FACTORY = """
import torch
from torch import nn
import helper

def build(hidden=16):
    return nn.Sequential(nn.Linear(6, hidden), nn.ReLU(), nn.Linear(hidden, 16), nn.ReLU(), nn.Linear(16, 3))

def wrong():
    return 7

network = build()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A study's folder with code beside it."""
    (tmp_path / "code.py").write_text("raise RuntimeError('the wrong module was imported')")
    (tmp_path / "networks_of_mine.py").write_text(FACTORY)
    (tmp_path / "helper.py").write_text("answer = 42")
    yield tmp_path
    import sys

    sys.modules.pop("helper", None)


def study(folder: Path, **model: Any) -> Study:
    return study_from({"model": model}, folder=folder)


def scores(model: Model) -> torch.Tensor:
    return model.settled((rows(),)).evaluate((rows(),))


EXPECTED = mlp()(rows()).detach().double()


def close(found: torch.Tensor) -> None:
    torch.testing.assert_close(found, EXPECTED, rtol=1e-5, atol=1e-5)


def test_exported_program_without_trust(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    model = load_model(study(tmp_path, path="a.pt2"))
    close(scores(model))
    assert (model.name, model.dtype, model.batch) == ("a.pt2", torch.float32, None)


def test_exported_program_with_control_flow(tmp_path: Path) -> None:
    exported(Conditional(), tmp_path / "a.pt2", (rows(4),), dynamic=False)
    model = load_model(study(tmp_path, path="a.pt2"))
    assert model.batch == 4
    torch.testing.assert_close(model.outputs((rows(4).abs(),)), rows(4).abs() + 1)


def test_a_static_batch_runs_at_its_own_size(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(5),), dynamic=False)
    model = load_model(study(tmp_path, path="a.pt2"))
    assert model.batch == 5
    close(scores(model))
    x = rows().requires_grad_()
    (found,) = torch.autograd.grad(model.settled((rows(),)).scores((x,))[:, 1].sum(), x)
    (wanted,) = torch.autograd.grad(mlp()(x)[:, 1].sum(), x)
    torch.testing.assert_close(found, wanted)


def test_an_exported_program_in_memory() -> None:
    program = torch.export.export(mlp(), (rows(3),))
    model = model_of(program)
    assert model.batch == 3
    close(scores(model))


def test_a_program_that_would_run_code_needs_trust(tmp_path: Path) -> None:
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    with zipfile.ZipFile(tmp_path / "a.pt2") as old, zipfile.ZipFile(tmp_path / "b.pt2", "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("model_constants_config.json"):
                bomb = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
                content = json.dumps({"config": {"bomb": bomb}}).encode()
            new.writestr(info.filename, content)
        new.writestr("a/data/constants/opaque_obj_0", pickle.dumps(Bomb()))
    with pytest.raises(NotTrusted, match="--trust"):
        load_model(study(tmp_path, path="b.pt2"))


def test_the_guard_of_torch_is_set_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    monkeypatch.setattr(torch.export, "load", lambda path: seen.append(os.environ.get(name)))
    monkeypatch.delenv(name, raising=False)
    exported(mlp(), tmp_path / "a.pt2", (rows(4),))
    load_program(tmp_path / "a.pt2")
    load_program(tmp_path / "a.pt2", trust=True)
    assert seen == ["1", None]
    assert name not in os.environ


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_weights_and_a_factory(folder: Path, suffix: str, prefix: str) -> None:
    weights = {prefix + name: tensor for name, tensor in mlp().state_dict().items()}
    path = folder / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save({"state_dict": weights, "epoch": 3} if prefix else weights, path)
    asked = study(folder, path=path.name, factory="networks_of_mine:build", factory_arguments={"hidden": 16})
    with pytest.raises(NotTrusted, match=r"would run the code in .*networks_of_mine\.py; read it, then add --trust"):
        load_model(asked)
    close(scores(load_model(asked, trust=True)))


def test_a_factory_that_is_installed_needs_no_trust(tmp_path: Path) -> None:
    save_file(nn.Linear(6, 3).state_dict(), tmp_path / "w.safetensors")
    arguments = {"in_features": 6, "out_features": 3}
    asked = study(tmp_path, path="w.safetensors", factory="torch.nn:Linear", factory_arguments=arguments)
    assert scores(load_model(asked)).shape == (8, 3)


@pytest.mark.parametrize(
    "model",
    [
        {"factory": "os:system", "factory_arguments": {"command": "touch {mark}"}},
        {"factory": "subprocess:check_call", "factory_arguments": {"args": ["touch", "{mark}"]}},
        {"factory": "torch:os.system", "factory_arguments": {"command": "touch {mark}"}},
        {"factory": "torch:load", "factory_arguments": {"f": "{bomb}", "weights_only": False}},
        {"factory": "torch.jit:load", "factory_arguments": {"f": "{bomb}"}},
        {"factory": "numpy:load", "factory_arguments": {"file": "{bomb}", "allow_pickle": True}},
        {
            "factory": "torch.hub:load",
            "factory_arguments": {"repo_or_dir": "{folder}", "source": "local", "model": "x"},
        },
        {"path": "os:abort"},
        {"path": "builtins:exec"},
        {"path": "torch:os.abort"},
    ],
)
def test_a_study_cannot_call_what_it_likes(model: dict[str, Any], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "bomb").write_bytes(pickle.dumps(Toucher(mark)))
    (tmp_path / "hubconf.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()")
    text = json.dumps(model)
    for name, place in (("mark", mark), ("bomb", tmp_path / "bomb"), ("folder", tmp_path)):
        text = text.replace(f"{{{name}}}", str(place))
    with pytest.raises(NotTrusted, match="--trust"):
        load_model(study(tmp_path, **json.loads(text)))
    assert not mark.exists()


class Toucher:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_factory_alone(folder: Path) -> None:
    asked = study(folder, factory="networks_of_mine:build")
    with pytest.raises(NotTrusted):
        load_model(asked)
    assert scores(load_model(asked, trust=True)).shape == (8, 3)


def test_an_object_beside_the_study(folder: Path) -> None:
    with pytest.raises(NotTrusted):
        load_model(study(folder, path="networks_of_mine:network"))
    assert scores(load_model(study(folder, path="networks_of_mine:network"), trust=True)).shape == (8, 3)


def test_an_installed_function() -> None:
    model = load_model(study_from({"model": {"path": "torch.nn.functional:relu", "output": "logits"}}))
    torch.testing.assert_close(model.outputs((rows(),)), rows().relu())


def test_a_pickled_estimator_needs_trust(tmp_path: Path) -> None:
    estimator = LogisticRegression().fit(rows(40).numpy(), (rows(40)[:, 0] > 0).numpy())
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(estimator))
    with pytest.raises(NotTrusted, match="is a pickle"):
        load_model(study(tmp_path, path="m.pkl"))
    model = load_model(study(tmp_path, path="m.pkl"), trust=True)
    assert model.classes == ("False", "True")
    assert model.output == "probabilities"


def test_a_pickled_module_needs_trust(tmp_path: Path) -> None:
    torch.save(mlp(), tmp_path / "m.pt")
    with pytest.raises(NotTrusted, match="holds Python objects, not weights alone"):
        load_model(study(tmp_path, path="m.pt"))
    close(scores(load_model(study(tmp_path, path="m.pt"), trust=True)))


def test_tied_weights_may_be_stored_once(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)
            self.b.weight = self.a.weight

    given = {name: torch.ones_like(tensor) for name, tensor in Tied().state_dict().items() if name != "b.weight"}
    net = Tied()
    fill(net, given, "w")
    assert bool((net.b.weight == 1).all())


def broken_state(change: str) -> dict[str, Any]:
    state: dict[str, Any] = dict(mlp().state_dict())
    if change == "all other names":
        return {f"encoder.{name}": tensor for name, tensor in state.items()}
    if change == "one missing":
        del state["4.bias"]
    if change == "one too many":
        state["9.bias"] = torch.zeros(3)
    if change == "another shape":
        state["4.weight"] = torch.zeros(2, 16)
    return state


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "all other names",
            "of 6 tensors 6 missing (0.weight, 0.bias, 2.weight and 3 more), 6 unknown (encoder.0.bias",
        ),
        ("one missing", "1 missing (4.bias)"),
        ("one too many", "1 unknown (9.bias)"),
        ("another shape", "1 of another shape (4.weight)"),
    ],
)
def test_weights_that_do_not_fit(folder: Path, change: str, said: str) -> None:
    save_file(broken_state(change), folder / "w.safetensors")
    with pytest.raises(ModelError) as caught:
        load_model(study(folder, path="w.safetensors", factory="networks_of_mine:build"), trust=True)
    assert said in str(caught.value)


def files(folder: Path) -> None:
    (folder / "x.onnx").write_bytes(b"x")
    (folder / "x.pt").write_bytes(b"x")
    (folder / "x.safetensors").write_bytes(b"x")
    (folder / "x.pt2").write_bytes(b"x")
    torch.save({"lr": 3}, folder / "settings.pt")
    save_file(mlp().state_dict(), folder / "w.safetensors")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({}, "names no model; set path"),
        ({"path": "w.safetensor"}, "no such model: .*did you mean .*w.safetensors"),
        ({"path": "x.onnx"}, "unknown suffix '.onnx'; known: .pt2, .safetensors"),
        ({"path": "w.safetensors"}, "holds weights only; set factory"),
        ({"path": "x.pt"}, "is not a state dict|cannot be"),
        ({"path": "x.safetensors"}, "is not a safetensors file"),
        ({"path": "x.pt2"}, "is not an exported program"),
        ({"path": "settings.pt", "factory": "networks_of_mine:build"}, "holds dict, not a state dict"),
        ({"path": "w.safetensors", "factory": "networks_of_mine:wrong"}, "returns int; an nn.Module"),
        ({"path": "w.safetensors", "factory": "networks_of_mine:biuld"}, "did you mean networks_of_mine:build"),
        ({"path": "w.safetensors", "factory": "networks_of_mine:build", "factory_arguments": {"depth": 2}}, "depth"),
        ({"path": "w.safetensors", "factory": "nowhere:build"}, "no module called 'nowhere'"),
        ({"path": "torch.nn:Linearr"}, "did you mean torch.nn:Linear"),
        ({"path": "torch.nn:Linear"}, "Linear is not a model"),
        ({"path": "math:pi"}, "is not a model"),
        ({"path": "code:anything"}, "fails when it is imported: RuntimeError"),
    ],
)
def test_mistakes(folder: Path, model: dict[str, Any], said: str) -> None:
    files(folder)
    with pytest.raises(ModelError, match=said) as caught:
        load_model(study(folder, **model), trust=True)
    assert "\n" not in str(caught.value)


# Devices


@pytest.mark.parametrize(
    ("present", "best"), [(("cuda", "mps"), "cuda"), (("mps", "xpu"), "mps"), (("xpu",), "xpu"), ((), "cpu")]
)
def test_the_best_device(present: tuple[str, ...], best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in present)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in present)
    monkeypatch.setattr(torch.xpu, "is_available", lambda: "xpu" in present)
    assert choose_device("auto").type == best
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="no device called 'gpu'; auto, "):
        choose_device("gpu")


def test_a_device_that_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="'cuda' is not available here; auto, cpu"):
        choose_device("cuda")


# Python objects


def test_what_is_a_model() -> None:
    net = Normed().double()
    assert model_of(net).dtype == torch.float64
    assert model_of(net).name == "Normed"
    assert model_of(lambda x: net(x) + 1).modules == (net,)
    assert model_of(net.forward).modules == (net,)
    own = model_of(net)
    assert model_of(own) is own
    for wrong in (3, nn.Linear, "net", None):
        with pytest.raises(ModelError, match="is not a model"):
            model_of(wrong)
