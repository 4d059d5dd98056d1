"""The samples: complete words in two languages, honest data, and models that can be made again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest
import torch
from pandas import DataFrame

from reporter.study import Study, read_study

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = ("breast-cancer", "diabetes")
LANGUAGES = ("en", "zh")
SCORES = {"breast-cancer": ("held-out accuracy", 0.95), "diabetes": ("five-fold mean R²", 0.42)}
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(name: str) -> Study:
    return read_study(SAMPLES / name)


def rows(study: Study, which: str) -> DataFrame:
    return pd.read_csv(study.path(which), dtype={study.data.id: str})


def run(*arguments: str, **environment: str) -> str:
    """What a fresh Python prints; warnings are errors there too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Sample → the folder it was made in again, and what that printed."""
    found = {}
    for sample in NAMES:
        folder = tmp_path_factory.mktemp(sample)
        found[sample] = folder, run(str(SAMPLES / sample / "train.py"), str(folder), PYTHONUTF8="1")
    return found


def weights(path: Path) -> dict[str, torch.Tensor]:
    return dict(torch.export.load(path).state_dict)


def test_the_study_names_every_column_in_the_order_of_the_data(study: Study) -> None:
    for which in (study.data.path, study.data.reference):
        columns = [c for c in rows(study, which).columns if c not in (study.data.id, study.data.target)]
        assert list(study.features) == columns


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_complete(study: Study, language: str) -> None:
    words = study.words[language]
    value = study.model.value
    outcomes = study.model.classes or ([value] if isinstance(value, str) else value)
    for key in ("title", "instance", "instances", "role", "intended_use", "limits", "next_step", "contact"):
        assert getattr(words, key), key
    for sentence in (words.role, words.intended_use, words.limits, words.next_step):
        assert sentence.endswith("." if language == "en" else "。")
    assert set(words.classes) == set(outcomes)
    assert set(words.groups) == {section.group for section in study.features.values() if section.group}
    assert list(words.features) == list(study.features)
    for column, told in words.features.items():
        assert told.name, column
        assert told.description, column
        assert len(told.aliases) >= 2, column
        if study.features[column].kind == "category":
            assert told.values, column
        else:
            assert told.high, column
            assert told.low, column


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_belongs_to_one_feature(study: Study, language: str) -> None:
    """A reader, and the verifier, must be able to tell from a phrase alone which feature it speaks of."""
    features = study.words[language].features
    owners: dict[str, str] = {}
    for column, told in features.items():
        for phrase in {told.name, *told.aliases, column} | ({told.high, told.low} - {""}):
            key = phrase.casefold()
            assert owners.setdefault(key, column) == column, f"{phrase!r} also belongs to {owners[key]}"
    phrases = [phrase for told in features.values() for phrase in (told.high, told.low) if phrase]
    assert len(phrases) == len(set(phrases))
    for one, other in permutations(phrases, 2):
        assert one not in other


def test_english_phrases_are_singular(study: Study) -> None:
    for told in study.words["en"].features.values():
        for phrase in filter(None, (told.high, told.low)):
            assert phrase.startswith(("a ", "an ")), phrase


def test_chinese_words_are_chinese(study: Study) -> None:
    """Full-width punctuation beside Chinese, and no English left where Chinese belongs."""
    words = study.words["zh"]
    told = [words.model_dump(exclude={"classes", "features", "groups"})]
    told += [section.model_dump() for section in words.groups.values()]
    told += [s.model_dump(exclude={"unit", "aliases", "values"}) for s in (words.features | words.classes).values()]
    for section in told:
        for text in filter(None, section.values()):
            assert CHINESE.search(text), text
            assert not re.search(r"[,;:()]|[一-鿿]\.", text), text


def test_units_are_given_only_where_they_are_known() -> None:
    for name, known in (("breast-cancer", {}), ("diabetes", {"age": "years", "bmi": "kg/m²"})):
        told = read_study(SAMPLES / name).words["en"].features
        assert {column: section.unit for column, section in told.items() if section.unit} == known


def test_age_and_sex_are_protected() -> None:
    features = read_study(SAMPLES / "diabetes").features
    assert {column for column, section in features.items() if section.protected} == {"age", "sex"}


def test_rows_are_those_of_scikit_learn(name: str, study: Study) -> None:
    """Every row of the source is in one of the two files, under its own row number, to the last digit."""
    from sklearn.datasets import load_breast_cancer, load_diabetes

    if name == "breast-cancer":
        source = load_breast_cancer()
        target = [source.target_names[code] for code in source.target]
    else:
        source = load_diabetes(scaled=False)
        target = list(source.target)
    parts = [rows(study, which) for which in (study.data.reference, study.data.path)]
    both = pd.concat(parts).set_index(study.data.id)
    assert both.index.is_unique
    assert set(both.index) == {str(number) for number in range(len(target))}
    ordered = both.loc[[str(number) for number in range(len(target))]]
    assert list(ordered[study.data.target]) == target
    assert (ordered[list(study.features)].to_numpy(dtype=float) == source.data).all()
    assert len(parts[1]) == pytest.approx(len(target) / 5, abs=1)


def test_it_can_be_made_again(name: str, made: dict[str, tuple[Path, str]]) -> None:
    folder, _ = made[name]
    for file in ("reference.csv", "test.csv"):
        assert (folder / file).read_bytes() == (SAMPLES / name / file).read_bytes()
    again, committed = weights(folder / "model.pt2"), weights(SAMPLES / name / "model.pt2")
    assert again.keys() == committed.keys()
    for key, weight in committed.items():
        assert torch.equal(again[key], weight), key


def test_it_is_good_enough(name: str, made: dict[str, tuple[Path, str]]) -> None:
    what, least = SCORES[name]
    printed = re.search(rf"^{what}: (\d\.\d+)", made[name][1], re.MULTILINE)
    assert printed is not None
    assert least <= float(printed[1]) < 1


def test_the_stored_model_means_what_the_study_says(name: str, study: Study) -> None:
    """Its outputs, read as the study tells, fit the labels on record: no class is the wrong way round."""
    test, columns = rows(study, study.data.path), list(study.features)
    inputs = test[columns]
    if study.data.standardise:
        reference = rows(study, study.data.reference)[columns]
        inputs = (inputs - reference.mean()) / reference.std(ddof=0)
    with torch.no_grad():
        outputs = torch.export.load(study.path(study.model.path)).module()(torch.tensor(inputs.values).float())[:, 0]
    if name == "breast-cancer":
        said = [study.model.classes[int(log_odds > 0)] for log_odds in outputs]
        assert (test[study.data.target] == said).mean() >= 0.95
    else:
        record = torch.tensor(test[study.data.target]).double()
        assert 1 - ((outputs - record) ** 2).sum() / ((record - record.mean()) ** 2).sum() > 0.42


LOADED = """
import json, sys
import torch

model = torch.export.load(sys.argv[1]).module()
told = {}
for count in (1, 2, 500):
    inputs = torch.rand(count, int(sys.argv[2]), requires_grad=True)
    outputs = model(inputs)
    outputs.sum().backward()
    told[count] = [list(outputs.shape), float(inputs.grad.abs().min(dim=1).values.max())]
print(json.dumps(told))
"""


def test_the_model_loads_under_the_guard(study: Study) -> None:
    """As weights only, in any batch size, with gradients that reach every input."""
    path, width = study.path(study.model.path), len(study.features)
    told = json.loads(run("-c", LOADED, str(path), str(width), TORCH_FORCE_WEIGHTS_ONLY_LOAD="1"))
    for count, (shape, gradient) in told.items():
        assert shape == [int(count), 1]
        assert gradient > 0


def test_the_model_file_is_small_and_names_no_folder(study: Study) -> None:
    content = study.path(study.model.path).read_bytes()
    assert len(content) < 40_000
    assert b"stack_trace" not in content
    assert b"site-packages" not in content
