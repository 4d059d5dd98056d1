"""Hugging Face folders: straight from save_pretrained, quietly, offline, and nothing random or untrusted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, ViTConfig, ViTForImageClassification
from transformers.utils import logging as transformers_logging

import reporter
from reporter.errors import ModelError, NotTrusted, UsageError
from reporter.huggingface import Looking, Reading
from reporter.loading import load_model
from reporter.model import Model
from reporter.pipeline import explain_selection
from reporter.selection import select
from reporter.study import read_study, study_from
from tests.languages import CORPUS, NAMES, bert, bytes_only, distilbert, gpt2, saved, wordpiece

TEXT = "The printer is not working"
logging: Any = transformers_logging


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return wordpiece()


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Any) -> Path:
    return saved(tmp_path / "model", bert(tokenizer), tokenizer)


def loaded(folder: Path, *, trust: bool = False, **model: Any) -> Model:
    return load_model(study_from({"model": {"path": folder.name, **model}}, folder=folder.parent), trust=trust)


def changed(folder: Path, name: str = "config.json", **changes: Any) -> Path:
    content = {**json.loads((folder / name).read_text()), **changes}
    (folder / name).write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    return folder


def test_a_folder_is_loaded_with_its_classes(folder: Path, tokenizer: Any) -> None:
    model = loaded(folder)
    assert (model.task, model.output, model.classes) == ("classification", "logits", NAMES)
    assert isinstance(model.forward, Reading)
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    torch.testing.assert_close(model.scores((ids,)), bert(tokenizer)(ids).logits)


def test_a_study_says_what_the_classes_are_called(folder: Path) -> None:
    assert loaded(folder, classes=["x", "y", "z"]).classes == ("x", "y", "z")


def test_a_folder_is_a_study(folder: Path) -> None:
    study = read_study(folder)
    assert study.modality == "text"
    (found,) = explain_selection(select(str(folder), texts=[TEXT]))
    assert found.prediction.label in NAMES
    assert {f.value for f in found.features} == {"The", "printer", "is", "not working"}
    assert found.provenance.model_hash


def test_the_command_line_explains_a_text_quietly(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "reporter", "explain", str(folder), "--text", TEXT]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "report.json")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() in ("", "loading the model …", "attributing …", "loading the model …\nattributing …")
    stored = reporter.Explanation.from_json(tmp_path / "report.json")
    assert stored.provenance.command.endswith(f"--text '{TEXT}'")
    assert "transformers" in stored.provenance.versions


def test_what_transformers_says_is_as_it_was(folder: Path) -> None:
    logging.set_verbosity_info()
    try:
        loaded(folder)
        assert logging.get_verbosity() == logging.INFO
        assert logging.is_progress_bar_enabled()
        with pytest.raises(ModelError):
            loaded(changed(folder, architectures=["BertModel"]))
        assert logging.get_verbosity() == logging.INFO
    finally:
        logging.set_verbosity_warning()


@pytest.mark.parametrize("make", [bert, distilbert])
def test_several_rows_are_the_rows_alone(make: Any, tokenizer: Any, tmp_path: Path) -> None:
    model = loaded(saved(tmp_path / "model", make(tokenizer), tokenizer))
    ids = torch.randint(5, 100, (4, 7))
    each = torch.cat([model.scores((ids[i : i + 1],)) for i in range(4)])
    torch.testing.assert_close(model.scores((ids,)), each)


def test_a_text_of_padding_is_read_to_its_end(tmp_path: Path) -> None:
    """GPT-2 reads the last token before the padding; a baseline of padding must not move what it reads."""
    own = bytes_only()
    network = gpt2(own)
    model = loaded(saved(tmp_path / "model", network, own))
    ids = torch.full((2, 6), own.pad_token_id)
    ids[:, 0] = 9
    with torch.no_grad():
        hidden = network.transformer(ids).last_hidden_state
        last = network.score(hidden)[:, -1]
    torch.testing.assert_close(model.scores((ids,)), last)


def test_pickled_weights_are_read_as_weights(folder: Path, tokenizer: Any) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    torch.testing.assert_close(loaded(folder).scores((ids,)), bert(tokenizer)(ids).logits)


class _Runs:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


def test_a_pickle_that_runs_code_does_not_run(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"weight": _Runs(tmp_path / "ran"), "more": torch.zeros(20_000)}, folder / "pytorch_model.bin")
    for trust in (False, True):
        with pytest.raises(ModelError, match="cannot be loaded"):
            loaded(folder, trust=trust)
    assert not (tmp_path / "ran").exists()


def test_safetensors_go_before_pickles(folder: Path, tmp_path: Path) -> None:
    torch.save({"weight": _Runs(tmp_path / "ran")}, folder / "pytorch_model.bin")
    assert loaded(folder).classes == NAMES
    assert not (tmp_path / "ran").exists()


def test_a_head_without_weights_is_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    headless = {name: each for name, each in weights.items() if not name.startswith("classifier")}
    save_file(headless, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"2 weights are missing .*classifier\.bias.*would be random"):
        loaded(folder)


def test_a_head_of_another_size_is_refused(folder: Path) -> None:
    changed(folder, id2label={str(i): str(i) for i in range(5)}, label2id={str(i): i for i in range(5)})
    with pytest.raises(ModelError, match="cannot be loaded"):
        loaded(folder)


def test_a_model_without_a_head_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"is a BertModel; .*ForSequenceClassification"):
        loaded(changed(folder, architectures=["BertModel"]))
    with pytest.raises(ModelError, match="without an architecture"):
        loaded(changed(folder, architectures=None))


CODE = """
from pathlib import Path
Path({marker!r}).touch()
from transformers import BertForSequenceClassification, BertConfig
class Own(BertConfig):
    model_type = "own-bert"
class Net(BertForSequenceClassification):
    config_class = Own
"""


def test_code_beside_the_weights_needs_trust(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "cache"))
    (folder / "net.py").write_text(CODE.format(marker=str(tmp_path / "ran")))
    own = {"AutoConfig": "net.Own", "AutoModelForSequenceClassification": "net.Net"}
    changed(folder, auto_map=own, model_type="own-bert")
    with pytest.raises(NotTrusted, match=r"code that lies beside it; add --trust"):
        loaded(folder)
    assert not (tmp_path / "ran").exists()
    assert loaded(folder, trust=True).classes == NAMES
    assert (tmp_path / "ran").exists()


def test_a_tokenizer_that_is_code_is_not_run(folder: Path) -> None:
    changed(folder, "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.Own", None]})
    (found,) = explain_selection(select(str(folder), texts=[TEXT]), metrics=("completeness",))
    assert found.features  # from tokenizer.json, which is no code
    (folder / "tokenizer.json").unlink()
    with pytest.raises(NotTrusted, match=r"the tokenizer in .* is code"):
        list(explain_selection(select(str(folder), texts=[TEXT])))


def test_a_configuration_larger_than_its_weights_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"asks for .* weights, but their files have"):
        loaded(changed(folder, vocab_size=2_000_000_000))
    with pytest.raises(ModelError, match="layers; at most"):
        loaded(changed(folder, num_hidden_layers=10_000_000))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"architectures": 7}', "[" * 100_000])
def test_a_damaged_configuration_is_told_in_one_line(content: str, folder: Path) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(ModelError) as told:
        loaded(folder)
    assert "\n" not in str(told.value)


def test_damaged_weights_are_told_in_one_line(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 100_000)
    with pytest.raises(ModelError, match="cannot be loaded") as told:
        loaded(folder)
    assert "\n" not in str(told.value)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="holds no weights"):
        loaded(folder)


def test_a_folder_without_configuration_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"without config\.json"):
        loaded(folder)


def test_a_name_of_the_hub_is_looked_for_in_the_cache_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"not in the local cache .*; a folder with config\.json; give the folder"):
        load_model(study_from({"model": {"path": "some-people/some-model"}}, folder=tmp_path))


def test_a_model_of_the_hub_that_was_fetched_before_is_loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    place = tmp_path / "models--some-people--some-model"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("0" * 40)
    (place / "snapshots").mkdir()
    folder.rename(place / "snapshots" / ("0" * 40))
    path = tmp_path / "study.toml"
    path.write_text('[model]\npath = "some-people/some-model"\n[data]\nmodality = "text"\n')
    (found,) = explain_selection(select(str(path), texts=[TEXT]), metrics=("completeness",))
    assert found.prediction.label in NAMES


# What the outputs mean, by transformers' own rules


def test_one_label_is_a_value(tokenizer: Any, tmp_path: Path) -> None:
    network = bert(tokenizer)
    network = type(network)(type(network.config)(**{**network.config.to_dict(), "id2label": {0: "hours"}}))
    model = loaded(saved(tmp_path / "model", network, tokenizer))
    assert (model.task, model.output) == ("regression", "value")
    (found,) = explain_selection(select(str(tmp_path / "model"), texts=[TEXT]), metrics=("completeness",))
    assert found.prediction.task == "regression"


def test_labels_that_may_hold_together_are_explained_one_by_one(folder: Path, tokenizer: Any) -> None:
    changed(folder, problem_type="multi_label_classification")
    network: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    ids = tokenizer(CORPUS[1], return_tensors="pt")["input_ids"]
    chances = network(ids).logits[0].sigmoid().tolist()
    (found,) = explain_selection(select(str(folder), texts=[CORPUS[1]]), target="access", metrics=("completeness",))
    assert found.prediction.exclusive is False
    assert [o.label for o in found.prediction.outcomes] == list(NAMES)
    assert [o.probability for o in found.prediction.outcomes] == pytest.approx(chances, abs=1e-5)
    assert found.prediction.label == "access"
    assert found.report().narrative.failures == ()


def test_one_of_several_labels_may_be_made_the_only_one(folder: Path, tokenizer: Any) -> None:
    changed(folder, problem_type="multi_label_classification")
    path = folder.parent / "study.toml"
    path.write_text('[model]\npath = "model"\noutput_key = 3\n[data]\nmodality = "text"\n')
    with pytest.raises(ModelError, match=r"output_key = 3, but the model gives 3 labels.*hardware.*; 0 to 2"):
        list(explain_selection(select(str(path), texts=[CORPUS[1]])))
    path.write_text('[model]\npath = "model"\noutput_key = 1\n[data]\nmodality = "text"\n')
    (found,) = explain_selection(select(str(path), texts=[CORPUS[1]]), metrics=("completeness",))
    assert [o.label for o in found.prediction.outcomes] == ["not access", "access"]
    network: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    ids = tokenizer(CORPUS[1], return_tensors="pt")["input_ids"]
    chance = network(ids).logits[0, 1].sigmoid().item()
    assert found.prediction.outcomes[1].probability == pytest.approx(chance, abs=1e-5)


def test_several_values_are_called_by_their_labels(folder: Path) -> None:
    changed(folder, problem_type="regression")
    with pytest.raises(UsageError, match=r"3 values per row: hardware.*give target"):
        list(explain_selection(select(str(folder), texts=[TEXT])))
    (found,) = explain_selection(select(str(folder), texts=[TEXT]), target="access", metrics=("completeness",))
    assert (found.prediction.task, found.prediction.label) == ("regression", "access")


def test_a_module_from_python_is_called_by_its_labels(tokenizer: Any) -> None:
    found = reporter.explain(bert(tokenizer), TEXT, tokenizer=tokenizer, metrics=("completeness",))
    assert isinstance(found, reporter.Explanation)
    assert [o.label for o in found.prediction.outcomes] == list(NAMES)


def test_an_image_classifier_is_loaded(tmp_path: Path) -> None:
    torch.manual_seed(0)
    settings: Any = ViTConfig
    config = settings(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8,
        num_labels=4,
    )  # fmt: skip
    network: Any = ViTForImageClassification(config)
    network.eval()
    network.save_pretrained(tmp_path / "model")
    model = loaded(tmp_path / "model")
    assert isinstance(model.forward, Looking)
    pixels = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(model.scores((pixels,)), network(pixels).logits)
    assert read_study(tmp_path / "model").modality == "image"


class Plain(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def test_other_modules_are_left_alone() -> None:
    assert reporter.loading.model_of(Plain()).classes == ()
