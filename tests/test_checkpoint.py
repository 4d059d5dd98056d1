"""Files of weights, TorchScript and pickles: what is read, what needs trust, what is damaged."""

from __future__ import annotations

import importlib
import json
import pickle
import random
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from torch import nn

from reporter.checkpoint import fill
from reporter.errors import AttributionError, ModelError, NotTrusted, ReporterError
from reporter.explanation import Explanation
from reporter.guard import guarded
from reporter.loading import load_model, model_of
from reporter.pipeline import explain
from tests.networks import Normed, mlp, rows
from tests.test_loading import Toucher, close, study
from tests.test_unpacking import exported

# TorchScript


def scripted(kind: str) -> Any:
    """A script module as people have them; torch says of each that it is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind.startswith("traced"):
            return torch.jit.trace(mlp(), rows())
        module = torch.jit.script(mlp())
        return torch.jit.freeze(module) if kind == "frozen" else module


def saved(module: Any, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.save(str(path))
    return path


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize("kind", ["scripted", "traced", "frozen"])
def test_torchscript_is_run_like_the_network_it_was(kind: str, suffix: str, tmp_path: Path) -> None:
    path = saved(scripted(kind), tmp_path / f"m{suffix}")
    with pytest.raises(NotTrusted, match="is TorchScript, a program that may also write files; add --trust"):
        load_model(study(tmp_path, path=path.name))
    model = load_model(study(tmp_path, path=path.name), trust=True)
    assert model.dtype == torch.float32
    found = []
    for each in (model, model_of(mlp())):
        with guarded(each) as before:
            x = rows().double().requires_grad_()
            found.append(torch.autograd.grad(each.outputs((x,))[:, 1].sum(), x)[0])
            close(each.outputs((rows(),)).detach().double())
        assert each.weight_hash() == before
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)


def test_torchscript_keeps_its_weights_and_evaluates(tmp_path: Path) -> None:
    assert model_of(scripted("scripted")).weight_hash() == model_of(mlp()).weight_hash()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.script(Normed().train())
    saved(module, tmp_path / "m.pt")
    model = load_model(study(tmp_path, path="m.pt"), trust=True)
    with guarded(model):
        found = model.outputs((rows(),))
    torch.testing.assert_close(found, Normed().eval()(rows()))


def test_what_was_traced_while_training_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saved(torch.jit.trace(Normed().train(), rows(), check_trace=False), tmp_path / "m.pt")
    with pytest.raises(ModelError, match=r"was traced while it trained: .*; call model\.eval\(\) and trace it again"):
        load_model(study(tmp_path, path="m.pt"), trust=True)


class Writing(nn.Module):
    """Writes a file as soon as it is loaded: TorchScript may."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place, self.weight = place, torch.ones(6)

    @torch.jit.export
    def __getstate__(self) -> tuple[str, torch.Tensor, bool]:
        return (self.place, self.weight, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[str, torch.Tensor, bool]) -> None:
        torch.save(state[1], state[0])
        self.place, self.weight, self.training = state

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x


def test_torchscript_that_writes_files_does_not_before_it_is_trusted(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saved(torch.jit.script(Writing(str(mark))), tmp_path / "m.pt")
    mark.unlink(missing_ok=True)
    with pytest.raises(NotTrusted):
        load_model(study(tmp_path, path="m.pt"))
    assert not mark.exists()
    load_model(study(tmp_path, path="m.pt"), trust=True)
    assert mark.exists()  # which is why


def test_damaged_torchscript_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr("m/code/__torch__.py", "x")
    with pytest.raises(ModelError, match="cannot be loaded as TorchScript") as caught:
        load_model(study(tmp_path, path="m.pt"), trust=True)
    assert "\n" not in str(caught.value)


# Hostile and damaged weights


def lying(header: Any, size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + b"\0" * 72


def entry(**changes: Any) -> dict[str, Any]:
    return {"weight": {"dtype": "F32", "shape": [3, 6], "data_offsets": [0, 72], **changes}}


@pytest.mark.parametrize(
    "content",
    [
        lying(entry(), size=2**63 - 1),
        lying(entry(), size=2**40),
        lying(entry(shape=[3, 2**40])),
        lying(entry(shape=[-3, 6])),
        lying(entry(data_offsets=[0, 2**40])),
        lying(entry(data_offsets=[72, 0])),
        lying(entry(dtype="PICKLE")),
        lying({**entry(), "bias": entry()["weight"]}),
        lying(b"{" * 5000),
        lying([1, 2]),
        b"",
    ],
)
def test_safetensors_that_lie(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    asked = study(tmp_path, path="w.safetensors", factory="torch.nn:Linear")
    with pytest.raises(ModelError, match="is not a safetensors file") as caught:
        load_model(asked, trust=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("suffix", [".pt", ".bin", ".ckpt"])
def test_a_pickle_among_weights_does_not_run(suffix: str, zipped: bool, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    content = {**mlp().state_dict(), "extra": Toucher(mark)}
    torch.save(content, tmp_path / f"w{suffix}", _use_new_zipfile_serialization=zipped)
    with pytest.raises(NotTrusted, match="holds Python objects, not weights alone"):
        load_model(study(tmp_path, path=f"w{suffix}", factory="torch.nn:Linear"))
    assert not mark.exists()


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib"])
def test_a_pickle_does_not_run(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"m{suffix}").write_bytes(pickle.dumps(Toucher(tmp_path / "mark")))
    with pytest.raises(NotTrusted, match="is a pickle; loading it would run code"):
        load_model(study(tmp_path, path=f"m{suffix}"))
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("compress", [0, 3])
def test_what_joblib_wrote_is_read(compress: int, tmp_path: Path) -> None:
    estimator = LogisticRegression().fit(rows(40).numpy(), (rows(40)[:, 0] > 0).numpy())
    importlib.import_module("joblib").dump(estimator, tmp_path / "m.joblib", compress=compress)
    model = load_model(study(tmp_path, path="m.joblib"), trust=True)
    torch.testing.assert_close(
        model.outputs((rows(),)), torch.as_tensor(estimator.predict_proba(rows().double().numpy()))
    )


def test_compressed_weights_are_refused(tmp_path: Path) -> None:
    torch.save(mlp().state_dict(), tmp_path / "a.pt")
    with (
        zipfile.ZipFile(tmp_path / "a.pt") as old,
        zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(ModelError, match="is compressed or larger inside than outside"):
        load_model(study(tmp_path, path="b.pt", factory="torch.nn:Linear"))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")
@pytest.mark.parametrize("name", ["a.pt", "b.pt", "a.pt2", "a.safetensors"])
def test_damaged_files_are_told_in_one_line(name: str, tmp_path: Path) -> None:
    net = nn.Linear(6, 3)
    if name == "a.pt2":
        exported(net, tmp_path / name, (rows(4),))
    elif name == "a.safetensors":
        save_file(net.state_dict(), tmp_path / name)
    else:
        torch.save(net.state_dict(), tmp_path / name, _use_new_zipfile_serialization=name == "a.pt")
    content = (tmp_path / name).read_bytes()
    chance = random.Random(0)
    told = []
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 3, 30))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / name).write_bytes(damaged[: chance.choice((len(damaged), chance.randrange(len(damaged))))])
        arguments = {"in_features": 6, "out_features": 3}
        factory = {} if name == "a.pt2" else {"factory": "torch.nn:Linear", "factory_arguments": arguments}
        try:
            load_model(study(tmp_path, path=name, **factory))
        except ReporterError as error:
            told.append(str(error))
    assert len(told) > 10
    assert not any("\n" in line for line in told)


def test_an_exported_program_for_a_batch_beyond_use(tmp_path: Path) -> None:
    exported(nn.Linear(6, 3), tmp_path / "a.pt2", (rows(4),), dynamic=False)
    with zipfile.ZipFile(tmp_path / "a.pt2") as old, zipfile.ZipFile(tmp_path / "b.pt2", "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("models/model.json"):
                content = (
                    json.dumps(json.loads(content)).encode().replace(b'[{"as_int": 4}', b'[{"as_int": 99999999999}')
                )
            new.writestr(info.filename, content)
    with pytest.raises(ModelError, match="was exported for 99999999999 rows at once"):
        load_model(study(tmp_path, path="b.pt2"))


# State dicts


@pytest.mark.parametrize("prefix", ["module._orig_mod.", "_orig_mod.module.", "model."])
def test_prefixes_in_any_order(prefix: str) -> None:
    net = mlp(seed=1)
    fill(net, {prefix + name: tensor for name, tensor in mlp().state_dict().items()}, "w")
    close(net(rows()).detach().double())


def test_a_network_whose_names_begin_like_a_wrapper() -> None:
    net, other = (nn.ModuleDict({"model": mlp(seed=seed)}) for seed in (1, 0))
    fill(net, other.state_dict(), "w")
    close(net["model"](rows()).detach().double())


def test_a_state_dict_with_more_than_tensors() -> None:
    with pytest.raises(ModelError, match=r"of 6 tensors 1 unknown \(epoch\)"):
        fill(mlp(), {**mlp().state_dict(), "epoch": 3}, "w")  # type: ignore[dict-item]
    with pytest.raises(ModelError, match=r"1 of another shape \(4\.bias\)"):
        fill(mlp(), {**mlp().state_dict(), "4.bias": "x"}, "w")  # type: ignore[dict-item]


def test_counts_of_training_may_be_missing() -> None:
    state = {name: tensor for name, tensor in Normed().state_dict().items() if not name.endswith("tracked")}
    fill(Normed(), state, "w")


# Hugging Face folders


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small classifier, with code beside it that makes a file when it is imported."""
    import transformers

    folder = tmp_path_factory.mktemp("bert") / "m"
    sizes: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    config = transformers.BertConfig(vocab_size=20, max_position_embeddings=16, **sizes)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    (folder / "evil.py").write_text("from pathlib import Path\nPath(__file__).with_name('mark').touch()\nclass C: pass")
    return folder


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"auto_map": {"AutoConfig": "evil.C"}}, "is code that lies beside it"),
        ({"auto_map": {"AutoModelForSequenceClassification": "evil.C"}}, "is code that lies beside it"),
        ({"attn_implementation": "evil/kernel"}, "asks for code of the hub"),
        ({"_attn_implementation": "evil/kernel"}, "asks for code of the hub"),
        ({"text_config": {"attn_implementation": {"": "evil/kernel"}}}, "asks for code of the hub"),
    ],
)
def test_code_of_a_hugging_face_folder_does_not_run(extra: dict[str, Any], said: str, bert: Path) -> None:
    file = bert / "config.json"
    plain = file.read_text()
    try:
        file.write_text(json.dumps({**json.loads(plain), **extra}))
        with pytest.raises(NotTrusted, match=said) as caught:
            load_model(study(bert.parent, path="m"))
    finally:
        file.write_text(plain)
    assert "--trust" in str(caught.value)
    assert not (bert / "mark").exists()


def test_a_pickle_in_a_hugging_face_folder_does_not_run(bert: Path, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text((bert / "config.json").read_text())
    torch.save({"x": Toucher(tmp_path / "mark"), "y": torch.zeros(10_000)}, tmp_path / "m" / "pytorch_model.bin")
    with pytest.raises(ModelError) as caught:
        load_model(study(tmp_path, path="m"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "mark").exists()


# Methods


@pytest.mark.parametrize("kind", ["scripted", "traced", "frozen"])
@pytest.mark.parametrize("method", ["auto", "integrated-gradients", "saliency", "feature-ablation"])
def test_methods_on_torchscript_give_what_they_give_on_the_network(kind: str, method: str) -> None:
    found = []
    for model in (scripted(kind), mlp()):
        explanation = explain(model, rows(1), method=method, reference=rows(40), metrics=("completeness",))
        assert isinstance(explanation, Explanation)
        found.append(np.asarray(explanation.attributions))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["deep-lift", "guided-backprop", "layer-grad-cam", "lrp"])
def test_methods_that_need_hooks_say_why_they_cannot(method: str) -> None:
    with pytest.raises(AttributionError, match="scripted program, on whose modules no hooks can be hung") as caught:
        explain(scripted("traced"), rows(1), method=method, reference=rows(40))
    assert "\n" not in str(caught.value)
