"""`reporter init`: what it finds out about a model and its data, also where columns are called anything."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from torch import nn

from reporter.drafting import draft_study
from reporter.errors import DataError, ModelError
from reporter.study import Study, study_from

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
    import tomllib

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
