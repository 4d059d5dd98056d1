"""The study file: which model, which data, what things are called.

Every key is optional that can be inferred; an unknown key is an error with a suggestion. Paths start at the file. A
folder that holds study.toml may be given wherever a study is.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from reporter.errors import StudyError, nearest
from reporter.keys import MAX_BYTES, Section, fault, fault_of, read_toml
from reporter.words import Words

FILE_NAME = "study.toml"
HEADS = {"ForSequenceClassification": "text", "ForImageClassification": "image"}  # of an architecture → modality

Output = Literal[
    "logits",
    "logit",
    "probabilities",
    "probability",
    "log-probabilities",
    "value",
    "multi-label",  # labels that may hold together: a logit each
    "multi-label-probabilities",
]


class ModelSection(Section):
    """`[model]`: where the model is, how it is loaded, what its output means."""

    path: str = ""  # a file, or "module:object" for anything that can be imported
    loader: Literal["auto", "export", "safetensors", "state-dict", "import"] = "auto"  # auto: by suffix
    factory: str = ""  # "module:function" that builds the nn.Module; beside the study it needs --trust
    factory_arguments: dict[str, Any] = Field(default_factory=dict)
    output: Output | None = None  # inferred for one row sums of 1 etc.; better said
    output_key: str | int | None = None  # which part of a tuple or dict of outputs
    classes: list[str] = Field(default_factory=list)  # ids, in the order of the outputs; for one logit: [no, yes]
    threshold: float | None = Field(default=None, gt=0, lt=1)  # two classes: probability from which it says the second
    # Regression: what is predicted, id of its words under [words.en.classes]; of several values a list, in their order.
    value: str | list[str] = ""
    unit: str = ""  # regression: its unit
    decimals: int | None = Field(default=None, ge=0, le=12)  # regression: how many to show


class DataSection(Section):
    """`[data]`: the rows that can be explained, and the rows that say what is usual."""

    path: str = ""
    reference: str = ""  # rows that say what is usual; the data themselves when absent
    modality: Literal["tabular", "image", "text", "sequence"] | None = None  # a table unless said or evident
    input: str = ""  # images, texts, sequences: the column with the text or the file's name, or the array of an .npz
    # Tables, for a model of several inputs: the columns of each, in order; one column by its name alone is a vector.
    inputs: list[str | list[str]] = Field(default_factory=list)
    target: str = ""  # column with the label on record; never a feature
    id: str = ""  # column with the instance's id; never a feature
    ignore: list[str] = Field(default_factory=list)
    missing: Literal["error", "median", "mean"] = "error"  # what to do with missing cells
    mean: list[float] = Field(default_factory=list)  # the network sees (raw − mean) / std, per feature in order
    std: list[float] = Field(default_factory=list)
    standardise: bool = False  # take mean and std (population) from the reference rows


class FeatureSection(Section):
    """`[features.<column>]`: one column. Words here hold for all languages; those of `[words.<language>]` go first."""

    kind: Literal["numeric", "category"] = "numeric"
    columns: list[str] = Field(default_factory=list)  # one-hot columns that are one feature
    group: str = ""
    protected: bool = False
    decimals: int | None = Field(default=None, ge=0, le=12)
    name: str = ""
    aliases: list[str] = Field(default_factory=list)
    unit: str = ""
    description: str = ""
    high: str = ""
    low: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class RegionSection(Section):
    """`[image.regions.<id>]`: a part of the picture that prose may name; its words stand under `[words.<language>]`."""

    box: tuple[float, float, float, float]  # left, top, right, bottom as fractions of the picture


class ImageSection(Section):
    """`[image]`: how a picture becomes what the network sees."""

    size: list[int] = Field(default_factory=list)  # height, width; as it is when absent
    channels: Literal[1, 3] | None = None  # grey or colour; as the file has it when absent
    range: tuple[float, float] = (0.0, 1.0)  # what 0 and 255 become
    mean: list[float] = Field(default_factory=list)  # per channel, after the range: the network sees (x − mean) / std
    std: list[float] = Field(default_factory=list)
    regions: dict[str, RegionSection] = Field(default_factory=dict)  # a 3 × 3 grid when absent


class TextSection(Section):
    """`[text]`: how a text becomes tokens."""

    tokenizer: str = ""  # folder; the model's own when absent
    max_tokens: int | None = Field(default=None, ge=3)  # special tokens included; the model's own limit when absent
    windows: bool = False  # explain a longer text by windows, whose scores are averaged; an error otherwise


class SequenceSection(Section):
    """`[sequence]`: what the axes of a sequence mean."""

    channels: list[str] = Field(default_factory=list)  # ids; words under [words.<language>.groups]
    start: float = 0.0  # time of the first point
    step: float = Field(default=1.0, gt=0)  # time from one point to the next
    unit: str = ""  # of time; empty: points are counted from 1
    symbols: str = ""  # "ACGT": the input is text, and the network sees one channel per symbol
    layout: Literal["channels-first", "channels-last"] = "channels-first"  # of what the network takes
    mean: list[float] = Field(default_factory=list)  # per channel: the network sees (x − mean) / std
    std: list[float] = Field(default_factory=list)


class WordsSection(Section):
    """What one thing is called in one language; see reporter.words.Words."""

    name: str = ""
    aliases: list[str] = Field(default_factory=list)
    unit: str = ""
    description: str = ""
    high: str = ""
    low: str = ""
    values: dict[str, str] = Field(default_factory=dict)

    def words(self) -> Words:
        given = self.model_dump()
        return Words(**{**given, "aliases": tuple(given["aliases"])})


class LanguageSection(Section):
    """`[words.<language>]`: everything a study says in one language."""

    title: str = ""
    instance: str = ""  # what one row is called: "sample"
    instances: str = ""
    role: str = ""
    intended_use: str = ""
    limits: str = ""
    next_step: str = ""
    contact: str = ""
    classes: dict[str, WordsSection] = Field(default_factory=dict)
    features: dict[str, WordsSection] = Field(default_factory=dict)
    groups: dict[str, WordsSection] = Field(default_factory=dict)


class Study(Section):
    """A study as read; `folder` is where its paths start."""

    title: str = ""
    language: str = "en"
    audience: Literal["affected", "decision-maker", "expert"] = "expert"
    task: Literal["classification", "regression"] | None = None
    method: str = "auto"
    settings: dict[str, float | int | str | bool] = Field(default_factory=dict)  # of the method, under Captum's names
    baseline: str = ""  # by modality: median, mean, zero, blur, mask, …; the modality's own when absent
    seed: int = Field(default=0, ge=0, lt=2**32)
    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    image: ImageSection = ImageSection()
    text: TextSection = TextSection()
    sequence: SequenceSection = SequenceSection()
    features: dict[str, FeatureSection] = Field(default_factory=dict)  # in the model's order when all are listed
    words: dict[str, LanguageSection] = Field(default_factory=dict)
    folder: Path = Field(default=Path(), exclude=True)

    @cached_property
    def modality(self) -> str:
        """What is explained: as said, else what the model's folder is for, else a table."""
        return self.data.modality or _modality_of(self.folder / self.model.path) or "tabular"

    def path(self, name: str) -> Path:
        """A path of the study, relative to its file."""
        return self.folder / name

    def feature_words(self, column: str) -> dict[str, Words]:
        """Language → words of a column; "" holds those meant for every language."""
        found: dict[str, Words] = {}
        if (section := self.features.get(column)) is not None:
            shared = section.model_dump(include=set(WordsSection.model_fields))
            found[""] = WordsSection(**shared).words()
        for language, words in self.words.items():
            if column in words.features:
                found[language] = words.features[column].words()
        return found

    def class_words(self, label: str) -> dict[str, Words]:
        """Language → words of a class, or of the value of a regression."""
        return {code: words.classes[label].words() for code, words in self.words.items() if label in words.classes}

    def group_words(self) -> dict[str, dict[str, Words]]:
        """Group id → language → words."""
        found: dict[str, dict[str, Words]] = {}
        for code, words in self.words.items():
            for group, section in words.groups.items():
                found.setdefault(group, {})[code] = section.words()
        return found


def read_study(given: str | Path) -> Study:
    """Read a study file, or the study.toml in a folder. Raises StudyError with one line."""
    path = Path(given)
    try:
        if path.is_dir() and not (path / FILE_NAME).is_file() and _modality_of(path):
            return Study(title=path.resolve().name, model=ModelSection(path="."), folder=path)
        if path.is_dir():
            path = path / FILE_NAME
            if not path.is_file():
                where = "this folder" if path.parent == Path() else path.parent
                raise StudyError(f"no {FILE_NAME} in {where}", remedy="`reporter init MODEL DATA` writes one")
        elif not path.exists():
            near = _neighbours(path)
            raise StudyError(f"no such study: {given}", allowed=near, remedy="`reporter init MODEL DATA` writes one")
    except OSError as error:
        raise StudyError(f"cannot read {path}: {error.strerror}", remedy="give a study file you may read") from error
    content = read_toml(path, StudyError, what="study", remedy="see samples/breast-cancer/study.toml")
    return study_from(content, folder=path.parent, name=str(path))


def study_from(content: dict[str, Any], *, folder: Path = Path(), name: str = "study") -> Study:
    """A study from what its TOML says. Raises StudyError that names the key and the nearest allowed one."""
    if "folder" in content:  # a field of Study, but where the file lies is not for the file to say
        raise fault_of({"type": "extra_forbidden", "loc": ("folder",)}, content, Study, StudyError, name)
    try:
        return Study.model_validate({**content, "folder": folder})
    except ValidationError as error:
        raise fault(error, content, Study, StudyError, name) from error


def _modality_of(folder: Path) -> str:
    """What a model in the Hugging Face layout is for, by its config.json; empty for anything else."""
    try:
        with (folder / "config.json").open(encoding="utf-8") as file:
            config = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return ""  # no such folder, or none that says so: the loader tells what is wrong with it
    named = config.get("architectures") if isinstance(config, dict) else None
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    return next((kind for name in names for head, kind in HEADS.items() if name.endswith(head)), "")


def _neighbours(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return ""
    near = nearest(path.name, [entry.name for entry in sorted(folder.iterdir())[:500]])
    return f"did you mean {folder / near}?" if near else ""
