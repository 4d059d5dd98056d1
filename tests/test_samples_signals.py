"""The samples that are not tables: pictures, traces and letters. Honest data, whole words, models made again."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from pandas import DataFrame
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from reporter.study import Study, WordsSection, read_study

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = ("digits", "heartbeats", "splice")
LANGUAGES = ("en", "zh")
CHINESE = re.compile("[\u4e00-\u9fff]")
WEIGHTS = {"digits": "model.safetensors", "heartbeats": "model.pt2", "splice": "model.pt2"}

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Rows:
    """What a sample holds: inputs as the network takes them, and its table."""

    inputs: Tensor
    table: DataFrame


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(name: str) -> Study:
    return read_study(SAMPLES / name)


def standardised(scans: NDArray[np.uint8], study: Study) -> Tensor:
    low, high = study.image.range
    grey = torch.tensor(scans).double() / 255 * (high - low) + low
    return ((grey - study.image.mean[0]) / study.image.std[0]).float()[:, None]


def letters(sequences: list[str], symbols: str) -> Tensor:
    codes = torch.tensor([[symbols.index(letter) for letter in row] for row in sequences])
    return nn.functional.one_hot(codes, len(symbols)).float().transpose(1, 2)


def rows(study: Study, which: str) -> Rows:
    path = study.path(which)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            table = DataFrame({key: arrays[key] for key in arrays.files if arrays[key].ndim == 1})
            return Rows(torch.tensor(arrays[study.data.input]), table)
    if path.suffix == ".npy":
        scans = np.load(path, allow_pickle=False)
        return Rows(standardised(scans, study), DataFrame(index=range(len(scans))))
    table = pd.read_csv(path, dtype={study.data.id: str, study.data.target: str})
    given = list(table[study.data.input])
    if study.sequence.symbols:
        return Rows(letters(given, study.sequence.symbols), table)
    return Rows(standardised(np.stack([np.asarray(Image.open(study.path(file))) for file in given]), study), table)


def model_of(study: Study) -> Forward:
    """The committed model; where the study names a factory, it is taken from the file beside the study."""
    path = study.path(study.model.path)
    if path.suffix == ".pt2":
        module: Forward = torch.export.load(path).module()
        return module
    module_name, function = study.model.factory.split(":")
    spec = importlib.util.spec_from_file_location(module_name, study.folder / f"{module_name}.py")
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    network: nn.Module = getattr(code, function)()
    network.load_state_dict(load_file(path))
    return network.eval()


def said(study: Study, inputs: Tensor) -> NDArray[np.str_]:
    with torch.no_grad():
        outputs = model_of(study)(inputs)
    codes = (outputs[:, 0] > 0).long() if study.model.output == "logit" else outputs.argmax(1)
    labels: NDArray[np.str_] = np.array(study.model.classes)[codes.numpy()]
    return labels


def attribute(model: Forward, inputs: Tensor, baseline: Tensor, target: Tensor) -> Tensor:
    """Integrated gradients written plainly: the mean gradient at 100 midpoints, times the way from the baseline."""
    total = torch.zeros_like(inputs)
    for step in range(100):
        place = (baseline + (inputs - baseline) * (step + 0.5) / 100).requires_grad_()
        (gradient,) = torch.autograd.grad(model(place).gather(1, target[:, None]).sum(), place)
        total += gradient / 100
    return (inputs - baseline) * total


def made_again(name: str, folder: Path) -> str:
    """What train.py prints in a fresh Python, where warnings are errors too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SAMPLES / name / "train.py"), str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Words


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_complete(study: Study, language: str) -> None:
    words = study.words[language]
    for key in ("title", "instance", "instances", "role", "intended_use", "limits", "next_step", "contact"):
        assert getattr(words, key), key
    for sentence in (words.role, words.intended_use, words.limits, words.next_step):
        assert sentence.endswith("." if language == "en" else "。")
    assert set(words.classes) == set(study.model.classes)
    assert set(words.features) == set(study.image.regions)
    assert list(words.groups) == (study.sequence.channels or list(study.sequence.symbols))
    for told in (*words.classes.values(), *words.groups.values(), *words.features.values()):
        assert told.name
        assert told.description
        assert len(told.aliases) >= 2
    for told in words.features.values():
        assert told.high
        assert told.low


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_belongs_to_one_thing(study: Study, language: str) -> None:
    """A reader, and the verifier, must be able to tell from a phrase alone what it speaks of."""
    words = study.words[language]
    for kind in (words.classes, words.groups, words.features):
        owners: dict[str, str] = {}
        for key, told in kind.items():
            for phrase in {told.name, *told.aliases, told.high, told.low} - {""}:
                assert owners.setdefault(phrase.casefold(), key) == key, (
                    f"{phrase!r} also belongs to {owners[phrase.casefold()]}"
                )
        for phrase, key in owners.items():
            for other, owner in owners.items():
                inside = re.search(rf"\b{re.escape(phrase)}\b", other) if language == "en" else phrase in other
                assert owner == key or not inside, f"{phrase!r} of {key} is part of {other!r} of {owner}"


def test_chinese_words_are_chinese(study: Study) -> None:
    """Full-width punctuation beside Chinese, and no English left where Chinese belongs."""
    words = study.words["zh"]
    sections: list[WordsSection] = [*words.classes.values(), *words.groups.values(), *words.features.values()]
    told = [words.model_dump(exclude={"classes", "features", "groups"})]
    told += [section.model_dump(exclude={"unit", "aliases", "values"}) for section in sections]
    for section in told:
        for text in filter(None, section.values()):
            assert CHINESE.search(text), text
            assert not re.search(r"[,;:()]|[一-鿿]\.", text), text


def test_both_languages_name_the_same_units(study: Study) -> None:
    english, chinese = (study.words[language].groups for language in LANGUAGES)
    assert {key: told.unit for key, told in english.items()} == {key: told.unit for key, told in chinese.items()}


# Data


def test_every_row_has_its_own_id_and_a_known_label(study: Study) -> None:
    table = rows(study, study.data.path).table
    assert table[study.data.id].is_unique
    assert set(table[study.data.target]) == set(study.model.classes)
    for column in study.data.ignore:
        assert column in table


def test_files_are_small() -> None:
    assert sum((SAMPLES / name / file).stat().st_size for name, file in WEIGHTS.items()) < 1_500_000
    for name in NAMES:
        data = [file for file in (SAMPLES / name).rglob("*") if file.suffix in (".csv", ".npz", ".npy", ".png")]
        assert 0 < sum(file.stat().st_size for file in data) < 1_000_000


def test_the_regions_tile_the_picture() -> None:
    """Every point of the picture lies in one region, and every edge of a region lies between points."""
    image = read_study(SAMPLES / "digits").image
    height, width = image.size
    covered = np.zeros(image.size, dtype=int)
    for region in image.regions.values():
        left, top, right, bottom = np.array(region.box) * (width, height, width, height)
        assert [left, top, right, bottom] == [int(edge) for edge in (left, top, right, bottom)]
        covered[int(top) : int(bottom), int(left) : int(right)] += 1
    assert 5 <= len(image.regions) <= 7
    assert (covered == 1).all()


def test_the_scans_are_those_of_scikit_learn() -> None:
    """Grey values, labels and ids; and no test scan is among the reference."""
    from sklearn.datasets import load_digits

    study, source = read_study(SAMPLES / "digits"), load_digits()
    table, reference = rows(study, study.data.path).table, np.load(study.path(study.data.reference))
    scans = np.round(source.images * 255 / 16).astype(np.uint8)
    assert len(table) == 60
    assert reference.shape == (200, 8, 8)
    assert reference.dtype == np.uint8
    for row, file, label in table[["id", "file", "label"]].itertuples(index=False):
        with Image.open(study.path(file)) as picture:
            assert picture.mode == "L"
            assert (np.asarray(picture) == scans[int(row)]).all()
        assert str(source.target[int(row)]) == label
    known = {scan.tobytes() for scan in scans}
    shown = {scans[int(row)].tobytes() for row in table["id"]}
    kept = {scan.tobytes() for scan in reference}
    assert kept <= known
    assert not kept & shown


def test_a_wide_beat_has_a_window_and_a_normal_trace_has_none() -> None:
    study = read_study(SAMPLES / "heartbeats")
    test, reference = rows(study, study.data.path), rows(study, study.data.reference)
    assert tuple(reference.inputs.shape) == (200, len(study.sequence.channels), test.inputs.shape[2])
    assert set(reference.table["label"]) == {"normal"}
    lasts = test.inputs.shape[2] * study.sequence.step
    for _, label, start, end in test.table.itertuples(index=False):
        if label == "normal":
            assert start == end == 0
        else:
            assert 0 <= start < end <= lasts
            assert end - start <= lasts / 4 + 1e-9


def test_a_site_stands_where_the_table_says() -> None:
    """With its two letters that never vary: GT in a donor site, AG at the end of an acceptor site."""
    study = read_study(SAMPLES / "splice")
    for which in (study.data.path, study.data.reference):
        for sequence, label, start, end in rows(study, which).table.iloc[:, 1:].itertuples(index=False):
            site = sequence[start - 1 : end]
            assert set(sequence) <= set(study.sequence.symbols)
            if label == "neither":
                assert start == end == 0
            elif label == "donor":
                assert len(site) == 9
                assert site[3:5] == "GT"
            else:
                assert len(site) == 16
                assert site.endswith("AG")
                assert sum(letter in "CT" for letter in site[:12]) >= 10


# Models


@pytest.mark.parametrize(("name", "least"), [("digits", 0.97), ("heartbeats", 0.95), ("splice", 0.95)])
def test_the_stored_model_is_good_enough(name: str, least: float) -> None:
    """Its outputs, read as the study tells, fit the labels on record."""
    study = read_study(SAMPLES / name)
    test = rows(study, study.data.path)
    right = said(study, test.inputs) == test.table[study.data.target]
    assert least <= right.mean() < 1  # a mistake among them is worth a report


def inside(positions: NDArray[np.floating], table: DataFrame, start: str, end: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (table[[start]].values <= positions) & (table[[end]].values >= positions)
    return found


def test_the_attribution_of_a_trace_lies_on_the_wide_beat() -> None:
    study = read_study(SAMPLES / "heartbeats")
    test, reference = rows(study, study.data.path), rows(study, study.data.reference)
    hit = (said(study, test.inputs) == "abnormal") & (test.table["label"] == "abnormal").to_numpy()
    inputs, table = test.inputs[torch.tensor(hit)], test.table[hit]
    time = study.sequence.start + np.arange(inputs.shape[2]) * study.sequence.step
    window = inside(time, table, "window_start", "window_end")
    for baseline in (reference.inputs.mean(0), torch.zeros_like(inputs[0])):
        target = torch.zeros(len(inputs), dtype=torch.long)
        weights = attribute(model_of(study), inputs, baseline, target).abs().sum(1).numpy()
        share = (weights * window).sum(1) / weights.sum(1)
        assert share.mean() >= 0.70
        assert share.min() > 2 * window.mean()  # chance: the part of the time that the window lasts
    assert hit.sum() >= 50


@pytest.mark.parametrize("label", ["donor", "acceptor"])
def test_the_attribution_of_a_sequence_lies_on_the_site(label: str) -> None:
    study = read_study(SAMPLES / "splice")
    test, reference = rows(study, study.data.path), rows(study, study.data.reference)
    hit = (said(study, test.inputs) == label) & (test.table["label"] == label).to_numpy()
    inputs, table = test.inputs[torch.tensor(hit)], test.table[hit]
    positions = np.arange(1.0, inputs.shape[2] + 1)
    site = inside(positions, table, "motif_start", "motif_end")
    target = torch.full((len(inputs),), study.model.classes.index(label))
    found = attribute(model_of(study), inputs, reference.inputs.mean(0), target).sum(1)
    weights = found.abs().numpy()
    share = (weights * site).sum(1) / weights.sum(1)
    assert hit.sum() >= 45
    assert share.mean() >= 0.70
    assert share.min() > 2 * site.mean()
    assert (found.numpy() * site).sum(1).min() > 0  # and it speaks for the class


def test_exported_models_take_any_batch(name: str, study: Study) -> None:
    if WEIGHTS[name] != "model.pt2":
        assert study.model.factory  # weights alone: the network is code, which is not in the file
        return
    inputs, model = rows(study, study.data.path).inputs, model_of(study)
    for count in (1, 2, len(inputs)):
        part = inputs[:count].clone().requires_grad_()
        outputs = model(part)
        outputs.sum().backward()
        assert tuple(outputs.shape) == (count, 1 if study.model.output == "logit" else len(study.model.classes))
        assert part.grad is not None
        assert (part.grad.abs().amax((1, 2)) > 0).all()
    content = study.path(study.model.path).read_bytes()
    assert b"stack_trace" not in content
    assert b"site-packages" not in content


# Made again


def weights(path: Path) -> dict[str, Tensor]:
    return dict(load_file(path) if path.suffix == ".safetensors" else torch.export.load(path).state_dict)


PROMISES = {
    "digits": {"held-out accuracy": 0.97},
    "heartbeats": {"held-out accuracy": 0.95, "share of |attribution| inside the window": 0.70, "least share": 0.4},
    "splice": {"held-out accuracy": 0.95, "share of |attribution| on the site": 0.70, "least share": 0.4},
}


MODELS = ("model.pt2", "model.safetensors")
ELSEWHERE = (
    0.75  # of a promise: another processor adds in another order, and thousands of steps make that another network
)


def assert_same_data(made: Path, kept: Path) -> None:
    """The same numbers, pictures or text; how they are packed is the business of the libraries here and there."""
    if made.suffix == ".npz":
        with np.load(made) as new, np.load(kept) as old:
            assert set(new.files) == set(old.files)
            for array in old.files:
                if old[array].dtype.kind == "f":
                    np.testing.assert_allclose(new[array], old[array], atol=2e-3)
                else:
                    assert (new[array] == old[array]).all()
    elif made.suffix == ".png":
        with Image.open(made) as picture, Image.open(kept) as other:
            assert (np.asarray(picture) == np.asarray(other)).all()
    else:
        assert made.read_bytes() == kept.read_bytes(), made.name


@pytest.mark.slow
def test_it_can_be_made_again(name: str, tmp_path: Path) -> None:
    """The same data and, where the processor adds in the same order, the same weights; and it keeps its promises."""
    printed = made_again(name, tmp_path)
    made = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file())
    kept = {file.relative_to(SAMPLES / name) for file in (SAMPLES / name).rglob("*") if file.is_file()}
    code = {file for file in kept if file.suffix in (".py", ".toml", ".pyc")}
    assert set(made) == kept - code
    for file in made:
        if file.name not in MODELS:
            assert_same_data(tmp_path / file, SAMPLES / name / file)
    again, committed = (weights(folder / WEIGHTS[name]) for folder in (tmp_path, SAMPLES / name))
    assert again.keys() == committed.keys()
    assert {key: each.shape for key, each in again.items()} == {key: each.shape for key, each in committed.items()}
    same = all(torch.equal(again[key], weight) for key, weight in committed.items())
    for what, least in PROMISES[name].items():
        number = re.search(rf"^{re.escape(what)}: (\d\.\d+)", printed, re.MULTILINE)
        assert number is not None, what
        assert (least if same else ELSEWHERE * least) <= float(number[1]) < 1
