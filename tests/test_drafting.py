"""`reporter init`: what it finds out about a model and its data, also where columns are called anything."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from reporter.cli import _run
from reporter.drafting import Drafted, draft_study
from reporter.errors import DataError, ModelError, UsageError
from reporter.study import Study, study_from
from tests import drafts
from tests.drafts import exported

ROWS = 60


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A model of three classes that are not in alphabetical order, and data with an id and a label in words."""

    class Sorter(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x[:, 0], x[:, 1], x[:, 2]], dim=1) * 5

    rows = torch.rand(ROWS, 4, generator=torch.Generator().manual_seed(0))
    dynamic = ({0: torch.export.Dim("rows")},)
    torch.export.save(torch.export.export(Sorter(), (rows[:2],), dynamic_shapes=dynamic), tmp_path / "m.pt2")
    names = ["pear", "apple", "fig"]
    with (tmp_path / "d.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["client no.", "a", "b", "c", "d", "fruit?"])
        for i, row in enumerate(rows.tolist()):
            writer.writerow([f"{i:05d}", *row, names[row.index(max(row[:3]))]])
    return tmp_path


def drafted(place: Path, **more: str) -> Study:
    found = draft_study(str(place / "m.pt2"), str(place / "d.csv"), folder=place, **more)  # type: ignore[arg-type]
    return study_from(tomllib.loads(found.toml), folder=place)


def test_the_label_the_id_and_the_order_of_the_classes_are_found(place: Path) -> None:
    study = drafted(place)
    assert (study.data.target, study.data.id) == ("fruit?", "client no.")
    assert study.model.classes == ["pear", "apple", "fig"]
    assert list(study.features) == ["a", "b", "c", "d"]
    assert study.task == "classification"
    assert study.model.path == "m.pt2"


def test_without_evidence_the_classes_stay_sorted(place: Path) -> None:
    lines = (place / "d.csv").read_text().splitlines()
    labels = ["apple", "fig", "pear"]
    mixed = [line.rsplit(",", 1)[0] + "," + labels[i % 3] for i, line in enumerate(lines[1:])]
    (place / "d.csv").write_text("\n".join([lines[0], *mixed]) + "\n")
    assert drafted(place).model.classes == labels


def test_what_was_named_is_taken_and_must_be_there(place: Path) -> None:
    assert drafted(place, target="fruit?", identity="client no.").data.id == "client no."
    with pytest.raises(DataError, match="fruits"):
        drafted(place, target="fruits")


def test_a_model_of_another_width_says_so(place: Path) -> None:
    torch.export.save(torch.export.export(nn.Linear(9, 2), (torch.rand(2, 9),)), place / "m.pt2")
    with pytest.raises(ModelError, match="it takes 9 columns"):
        drafted(place)


# Pictures, texts, sequences, several inputs: a model and data, and what the study must then say

Maker = Callable[[Path], tuple[str, str]]  # a folder → model, data

MAKERS: dict[str, tuple[Maker, dict[str, object]]] = {
    "pictures as they are": (
        lambda to: (
            exported(drafts.Strongest(), (torch.rand(3, 3, 20, 16),), to / "m.pt2"),
            drafts.pictures(to / "pictures"),
        ),
        {
            "data.modality": "image",
            "image.size": [20, 16],
            "image.channels": 3,
            "image.range": (0.0, 1.0),
            "model.classes": ["red", "green", "blue"],
        },
    ),
    "pictures of another size": (
        lambda to: (
            exported(drafts.Strongest(24), (torch.rand(3, 3, 24, 24),), to / "m.pt2"),
            drafts.pictures(to / "pictures"),
        ),
        {"image.size": [24, 24], "model.classes": ["red", "green", "blue"]},
    ),
    "an array of pictures on another scale": (
        lambda to: (
            exported(drafts.Bright(), (torch.rand(3, 1, 9, 9),), to / "m.pt2"),
            drafts.greys(to / "greys.npz"),
        ),
        {
            "data.input": "scans",
            "data.target": "label",
            "image.channels": 1,
            "image.range": (-1.0, 1.0),
            "model.classes": ["dark", "bright"],
        },
    ),
    "texts for a Hugging Face folder": (
        lambda to: (drafts.transformer(to / "model"), drafts.tickets(to / "tickets.csv")),
        {"data.modality": "text", "data.input": "said", "data.target": "kind", "data.id": "id", "model.classes": []},
    ),
    "traces, channels first": (
        lambda to: (
            exported(drafts.Peak(), (torch.rand(3, 2, 40),), to / "m.pt2"),
            drafts.traces(to / "t.npz"),
        ),
        {
            "data.modality": "sequence",
            "data.input": "traces",
            "sequence.layout": "channels-first",
            "sequence.channels": ["channel_1", "channel_2"],
            "model.classes": ["upper", "lower"],
        },
    ),
    "traces, channels last": (
        lambda to: (
            exported(drafts.Peak(last=True), (torch.rand(3, 40, 2),), to / "m.pt2"),
            drafts.traces(to / "t.npz", last=True),
        ),
        {"sequence.layout": "channels-last", "sequence.channels": ["channel_1", "channel_2"]},
    ),
    "symbols": (
        lambda to: (
            exported(drafts.Letters(), (torch.rand(3, 4, 25),), to / "m.pt2"),
            drafts.letters(to / "dna.csv"),
        ),
        {
            "data.input": "dna",
            "data.id": "gene id",
            "sequence.symbols": "ACGT",
            "sequence.layout": "channels-first",
            "model.classes": ["C-rich", "G-rich"],
        },
    ),
    "symbols, channels last": (
        lambda to: (
            exported(drafts.Letters(last=True), (torch.rand(3, 25, 4),), to / "m.pt2"),
            drafts.letters(to / "dna.csv"),
        ),
        {"sequence.symbols": "ACGT", "sequence.layout": "channels-last"},
    ),
    "users and items": (
        lambda to: (
            exported(drafts.Taste(), (torch.arange(3), torch.arange(3)), to / "m.pt2"),
            drafts.likes(to / "likes.csv"),
        ),
        {"data.inputs": ["user", "item"], "data.target": "liked", "model.output": "logit"},
    ),
    "numbers and a category in words": (
        lambda to: (
            exported(drafts.Mixed(), (torch.rand(3, 2), torch.ones(3, 1, dtype=torch.long)), to / "m.pt2"),
            drafts.customers(to / "customers.csv"),
        ),
        {"data.inputs": [["income", "debt"], ["job"]], "data.target": "bought", "model.classes": ["no", "yes"]},
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_first_study_finds_what_the_model_takes_and_is_explained(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, expected = MAKERS[name]
    model, data = make(tmp_path)
    found = draft_study(model, data, folder=tmp_path)
    study = study_from(tomllib.loads(found.toml), folder=tmp_path)
    for key, value in expected.items():
        section, field = key.split(".")
        assert getattr(getattr(study, section), field) == value, key
    assert all(f"# - {guess}\n" in found.toml for guess in found.guesses)
    (tmp_path / "study.toml").write_text(found.toml, encoding="utf-8")
    page = tmp_path / "page.html"
    assert _run(["explain", str(tmp_path), "--row", "1", "-o", str(page)], debug=False) == 0, capsys.readouterr().err
    assert page.stat().st_size > 10_000


AGREED = [name for name in MAKERS if "texts" not in name]  # whose model follows the labels


@pytest.mark.parametrize("name", AGREED)
def test_it_says_how_far_the_model_agrees_with_the_labels(name: str, tmp_path: Path) -> None:
    found = draft_study(*MAKERS[name][0](tmp_path), folder=tmp_path)
    assert "agrees with it in 100% of" in found.summary
    assert not any("must be wrong" in guess for guess in found.guesses)


def test_labels_that_do_not_agree_are_told(tmp_path: Path) -> None:
    model, data = MAKERS["numbers and a category in words"][0](tmp_path)
    lines = Path(data).read_text().splitlines()
    swapped = [line.replace("baker", "x").replace("smith", "baker").replace("x", "smith") for line in lines]
    Path(data).write_text("\n".join(swapped) + "\n")
    found = draft_study(model, data, folder=tmp_path)
    assert any("one of these guesses must be wrong" in guess for guess in found.guesses)
    assert any("the codes of job are sorted" in guess for guess in found.guesses)


def test_a_tokenizer_beside_the_model_makes_a_column_of_texts_the_input(tmp_path: Path) -> None:
    model = drafts.bag(tmp_path / "bag")
    data = drafts.tickets(tmp_path / "tickets.csv")
    place = tmp_path / "bag"
    found = draft_study(model, data, folder=place, factory="network:Bag", trust=True)
    study = study_from(tomllib.loads(found.toml), folder=place)
    assert (study.data.modality, study.data.input, study.text.tokenizer) == ("text", "said", ".")
    (place / "study.toml").write_text(found.toml, encoding="utf-8")
    assert _run(["explain", str(place), "--trust", "-o", str(tmp_path / "page.html")], debug=False) == 0


def test_numbers_are_standardised_where_the_labels_then_agree(tmp_path: Path) -> None:
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    labels = ["high" if row.sum() > 0 else "low" for row in noise]
    rows = [(*(row * 7 + 900).tolist(), label) for row, label in zip(noise, labels, strict=True)]
    data = drafts.table(tmp_path / "d.csv", ["a", "b", "level"], rows)
    net = nn.Linear(2, 1)
    with torch.no_grad():
        net.weight.fill_(4.0)
        net.bias.zero_()
    found = draft_study(exported(net, (noise[:3],), tmp_path / "m.pt2"), data, folder=tmp_path)
    study = study_from(tomllib.loads(found.toml), folder=tmp_path)
    assert study.data.standardise
    assert study.model.classes == ["low", "high"]
    assert any(guess.startswith("standardise = true") for guess in found.guesses)


def swapped(to: Path) -> Drafted:
    model = exported(drafts.Peak(), (torch.rand(3, 2, 40),), to / "m.pt2")
    return draft_study(model, drafts.traces(to / "t.npz", last=True), folder=to)


def no_tokenizer(to: Path) -> Drafted:
    model = exported(nn.Linear(2, 3), (torch.rand(3, 2),), to / "m.pt2")
    return draft_study(model, drafts.tickets(to / "tickets.csv"), folder=to)


def damaged(to: Path) -> Drafted:
    model = exported(drafts.Strongest(), (torch.rand(3, 3, 20, 16),), to / "m.pt2")
    for file in Path(drafts.pictures(to / "pictures")).rglob("*.png"):
        file.write_bytes(b"no picture")
    return draft_study(model, str(to / "pictures"), folder=to)


def of_no_size(to: Path) -> Drafted:
    model = exported(drafts.Strongest(13), (torch.rand(3, 3, 13, 13),), to / "m.pt2")
    return draft_study(model, drafts.pictures(to / "pictures"), folder=to)


def code_elsewhere(to: Path) -> Drafted:
    model = drafts.bag(to / "bag")
    return draft_study(model, drafts.tickets(to / "t.csv"), folder=to, factory="network:Bag", trust=True)


@pytest.mark.parametrize(
    ("mistake", "error", "said"),
    [
        (swapped, ModelError, r"\(any, 2, 40\), not \(2, 40, 2\).*the other way round"),
        (no_tokenizer, ModelError, "for texts, lay the tokenizer.json"),
        (damaged, DataError, "is not a picture"),
        (of_no_size, ModelError, r"tried: 20 × 16 and the usual sizes.*\[image\]"),
        (code_elsewhere, UsageError, "beside the model.*write the study there"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    mistake: Callable[[Path], Drafted], error: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said) as caught:
        mistake(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_matrix_of_numbers_is_a_table(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(30, 4))
    np.save(tmp_path / "rows.npy", rows)
    model = exported(nn.Linear(4, 2), (torch.rand(3, 4),), tmp_path / "m.pt2")
    found = draft_study(model, str(tmp_path / "rows.npy"), folder=tmp_path)
    assert study_from(tomllib.loads(found.toml), folder=tmp_path).modality == "tabular"


def test_a_matrix_may_hold_sequences_of_one_channel(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(30, 25)))
    net = nn.Sequential(nn.Conv1d(1, 2, 5), nn.AdaptiveMaxPool1d(1), nn.Flatten())
    model = exported(net, (torch.rand(3, 1, 25),), tmp_path / "m.pt2")
    found = draft_study(model, str(tmp_path / "rows.npy"), folder=tmp_path)
    assert study_from(tomllib.loads(found.toml), folder=tmp_path).modality == "sequence"
    assert "30 sequences of 25 points" in found.summary
    (tmp_path / "study.toml").write_text(found.toml, encoding="utf-8")
    assert _run(["explain", str(tmp_path), "-o", str(tmp_path / "page.html")], debug=False) == 0
