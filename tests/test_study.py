"""The study file: what it may say, and one line for everything it may not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from reporter.errors import StudyError
from reporter.keys import MAX_BYTES
from reporter.study import Study, read_study, study_from
from reporter.words import Words, words_in

SAMPLES = Path(__file__).parent.parent / "samples"

RICH = """
title = "Loans"
language = "zh"
[model]
path = "model.pt2"
classes = ["no", "yes"]
[features.income]
unit = "€"
name = "income"
high = "a high income"
[features.sex]
protected = true
kind = "category"
values = { 0 = "female", 1 = "male" }
[words.en]
title = "Loans"
[words.en.classes.yes]
name = "approved"
[words.en.features.income]
name = "yearly income"
aliases = ["salary"]
[words.en.groups.money]
name = "answers about money"
[words.zh.features.income]
name = "收入"
[words.zh.groups.money]
name = "财务情况"
"""


def study(text: str) -> Study:
    return study_from(tomllib.loads(text))


def refusal(text: str) -> str:
    """What is said to a study that says this."""
    with pytest.raises(StudyError) as caught:
        study(text)
    assert str(caught.value).startswith("study: ")
    return str(caught.value).removeprefix("study: ")


# What it may say


def test_an_empty_study_is_one() -> None:
    empty = study("")
    assert (empty.language, empty.audience, empty.method, empty.baseline, empty.seed) == (
        "en",
        "expert",
        "auto",
        "",
        0,
    )
    assert empty == Study()


@pytest.mark.parametrize("name", ["breast-cancer", "diabetes"])
def test_the_samples_can_be_read_by_folder_and_by_file(name: str) -> None:
    by_folder = read_study(SAMPLES / name)
    assert by_folder == read_study(str(SAMPLES / name / "study.toml"))
    assert by_folder.path(by_folder.model.path).is_file()


def test_words_of_all_kinds_are_found_by_language() -> None:
    rich = study(RICH)
    words = rich.feature_words("income")
    assert list(words) == ["", "en", "zh"]
    assert words[""] == Words("income", unit="€", high="a high income")
    assert words_in(words, "en", "income") == Words("yearly income", ("salary",), "€", "", "a high income")
    assert words_in(words, "zh", "income").name == "收入"
    assert rich.class_words("yes") == {"en": Words("approved")}
    assert rich.class_words("no") == {}
    assert rich.group_words() == {"money": {"en": Words("answers about money"), "zh": Words("财务情况")}}
    assert rich.features["sex"].values == {"0": "female", "1": "male"}


def test_a_column_the_study_does_not_name_goes_by_its_id() -> None:
    assert study(RICH).feature_words("age") == {}
    assert words_in(study(RICH).feature_words("age"), "en", "age").name == "age"


def test_columns_may_be_called_anything() -> None:
    odd = study(
        '[features."the"]\nunit = "mm"\n[features."a.b c"]\n[features.name]\n[features.folder]\n[features."年龄"]'
    )
    assert list(odd.features) == ["the", "a.b c", "name", "folder", "年龄"]
    assert odd.feature_words("the")[""].unit == "mm"


def test_settings_keep_their_types() -> None:
    told = study('[settings]\nn_steps = 50\nmethod = "gausslegendre"\nexact = true\nratio = 0.5').settings
    assert [type(value) for value in told.values()] == [int, str, bool, float]


def test_a_study_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        study("").seed = 3


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('[model]\npath = "m.pt2"')
    assert read_study(tmp_path).path("m.pt2") == tmp_path / "m.pt2"
    assert read_study(tmp_path).path("/abs/m.pt2") == Path("/abs/m.pt2")


# Unknown keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('titel = "x"', "unknown key 'titel'; did you mean 'title'?"),
        ('[model]\nfactroy = "x"', "unknown key 'model.factroy'; did you mean 'factory'?"),
        ("[model]\nDecimals = 1", "unknown key 'model.Decimals'; did you mean 'decimals'?"),
        ("[data]\nstandardize = true", "unknown key 'data.standardize'; did you mean 'standardise'?"),
        ('[features.age]\nuint = "a"', "unknown key 'features.age.uint'; did you mean 'unit'?"),
        ('[features.name]\nuint = "a"', "unknown key 'features.name.uint'; did you mean 'unit'?"),
        ('[words.en]\nlimit = "a"', "unknown key 'words.en.limit'; did you mean 'limits'?"),
        ('[words.en.classes.yes]\nnmae = "a"', "unknown key 'words.en.classes.yes.nmae'; did you mean 'name'?"),
        ('[words.en.features.age]\nhihg = "a"', "unknown key 'words.en.features.age.hihg'; did you mean 'high'?"),
        (
            '[words.en.features.classes]\nhihg = "a"',
            "unknown key 'words.en.features.classes.hihg'; did you mean 'high'?",
        ),
        ('[words.en.groups.g]\nalias = ["a"]', "unknown key 'words.en.groups.g.alias'; did you mean 'aliases'?"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_at_every_depth(text: str, said: str) -> None:
    assert refusal(text) == said


def test_a_key_that_is_like_none_is_answered_with_all() -> None:
    assert refusal("[data]\nxyz = 1") == (
        "unknown key 'data.xyz'; allowed here: "
        "path, reference, modality, input, inputs, target, id, ignore, missing, mean, std, standardise"
    )


def test_where_the_file_lies_is_not_for_the_file_to_say() -> None:
    said = refusal('folder = "/etc"')
    assert said.startswith("unknown key 'folder'; allowed here: title, language")
    assert "folder" not in said.partition("allowed here")[2]


# Values that cannot be


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("language = 3", "language: must be a valid string, not 3"),
        ('audience = "boss"', "audience: must be 'affected', 'decision-maker' or 'expert', not 'boss'"),
        ('task = "ranking"', "task: must be 'classification' or 'regression', not 'ranking'"),
        ("seed = -1", "seed: must be greater than or equal to 0, not -1"),
        ("seed = 4294967296", "seed: must be less than 4294967296, not 4294967296"),
        ("features = 3", "features: must be a table, not 3"),
        ("[features]\nage = 3", "features.age: must be a table, not 3"),
        ("[features.age]\ndecimals = -1", "features.age.decimals: must be greater than or equal to 0, not -1"),
        ("[features.age.values]\n1 = 2", "features.age.values.1: must be a valid string, not 2"),
        ("[model]\ndecimals = 400", "model.decimals: must be less than or equal to 12, not 400"),
        ("[model]\nclasses = [0, 1]", "model.classes.0: must be a valid string, not 0"),
        ("[model]\nthreshold = 1.0", "model.threshold: must be less than 1, not 1.0"),
        ("[model]\nthreshold = nan", "model.threshold: must be"),
        ("[model]\noutput_key = [1]", "model.output_key: must be a valid string"),
        ("[settings]\nn_steps = [1]", "settings.n_steps: must be a valid number"),
        ('[data]\nmodality = "video"', "data.modality: must be 'tabular', 'image', 'text' or 'sequence', not 'video'"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_place(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


# Files


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"title = ", "is not TOML: Invalid value (at end of document)"),
        (b"title = 'a'\ntitle = 'b'", "is not TOML: Cannot overwrite a value"),
        (b"[model\n", "is not TOML: Expected ']'"),
        (b"title = '\xff'", "is not TOML: 'utf-8' codec can't decode byte 0xff in position 9"),
        (b"PK\x03\x04\x00\x00", "is not TOML"),
        (b"a = " + b"[" * 100_000, "is not TOML: maximum recursion depth"),
        (b"{}", "is not TOML"),
    ],
    ids=["no value", "twice", "open bracket", "no utf-8", "a zip", "very deep", "json"],
)
def test_what_is_not_toml_says_where(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(raw)
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert str(caught.value).startswith(f"{path} {said}")
    assert str(caught.value).endswith("; see samples/breast-cancer/study.toml")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("raw", [b'title = "x"', b'\xef\xbb\xbftitle = "x"', b'title = "x"\r\n'])
def test_a_byte_order_mark_and_dos_lines_do_no_harm(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "study.toml").write_bytes(raw)
    assert read_study(tmp_path).title == "x"


def test_a_folder_without_a_study_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path)
    assert str(caught.value) == f"no study.toml in {tmp_path}; `reporter init MODEL DATA` writes one"


def test_a_study_that_is_not_there_is_answered_with_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(StudyError, match=f"no such study: {tmp_path}/stdy.toml; did you mean {tmp_path}/study.toml"):
        read_study(tmp_path / "stdy.toml")
    with pytest.raises(StudyError, match=r"no such study: .*; `reporter init"):
        read_study(tmp_path / "zzzzzzz" / "study.toml")


def test_no_name_at_all_is_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=r"^no study.toml in this folder; `reporter init"):
        read_study("")


@pytest.mark.parametrize("name", ["x" * 300, "study.toml/deeper"])
def test_a_path_that_cannot_be_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(StudyError, match=r"no such study|cannot read"):
        read_study(tmp_path / name)


def test_a_file_too_large_for_a_study_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(StudyError, match="is larger than 4000000 bytes; give the study file, not the data"):
        read_study(path)
