"""Models of several inputs, categories that are looked up, and one-hot columns: one ranking for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor, nn

from reporter.cli import main
from reporter.errors import StudyError
from reporter.explanation import Explanation
from reporter.pipeline import explain
from reporter.preparing import rows_of_study
from reporter.study import Study, study_from
from reporter.table import table_of
from reporter.tabular import flat

USERS, ITEMS = 50, 30


class Recommender(nn.Module):
    """Whether a user likes an item: two indexes in, one value out."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.items, self.head = nn.Embedding(USERS, 8), nn.Embedding(ITEMS, 8), nn.Linear(16, 1)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        found: Tensor = self.head(torch.cat([self.users(users), self.items(items)], dim=-1))[:, 0]
        return found


class Mixed(nn.Module):
    """Numbers and categories: every category has an embedding of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(5, 3) for _ in range(2))
        self.head = nn.Sequential(nn.Linear(8, 12), nn.Tanh(), nn.Linear(12, 3))

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        found: Tensor = self.head(torch.cat([numbers, *(e(codes[:, i]) for i, e in enumerate(self.tables))], dim=1))
        return found


def one(found: Explanation | list[Explanation]) -> Explanation:
    assert isinstance(found, Explanation)
    return found


def test_users_and_items_are_two_features() -> None:
    torch.manual_seed(0)
    net, users, items = Recommender(), torch.randint(0, USERS, (200,)), torch.randint(0, ITEMS, (200,))
    found = one(
        explain(net, (users[:1], items[:1]), reference=(users, items), feature_names=["user", "item"], output="value")
    )
    assert found.provenance.method == "integrated-gradients"
    assert {feature.id: feature.kind for feature in found.features} == {"user": "category", "item": "category"}
    score = found.prediction.predicted
    assert sum(f.attribution for f in found.features) == pytest.approx(
        (score.score or 0.0) - (score.baseline_score or 0.0), abs=1e-5
    )
    assert isinstance(found.attributions, tuple)
    assert [each.shape for each in found.attributions] == [(1,), (1,)]


def test_embeddings_get_what_captum_gives_their_layer() -> None:
    torch.manual_seed(1)
    net, users, items = Recommender().eval(), torch.tensor([3, 7]), torch.tensor([5, 9])
    others = (torch.zeros(2, dtype=torch.long), torch.ones(2, dtype=torch.long))
    found = explain(net, (users, items), baselines=others, output="value", n_steps=20)
    assert isinstance(found, list)
    with pytest.warns(UserWarning, match="Multiple layers"):
        layers = LayerIntegratedGradients(net, [net.users, net.items])
    wanted = layers.attribute((users, items), baselines=others, n_steps=20)
    for row, each in enumerate(found):
        mine = np.array([float(part[0]) for part in each.attributions])
        theirs = np.array([float(part[row].sum()) for part in wanted])
        assert np.allclose(mine, theirs, atol=1e-5 * np.abs(theirs).max())


def test_numbers_and_categories_share_one_ranking() -> None:
    torch.manual_seed(2)
    numbers, codes = torch.randn(80, 2), torch.randint(0, 5, (80, 2))
    found = one(explain(Mixed(), (numbers[:1], codes[:1]), reference=(numbers, codes), class_names=["a", "b", "c"]))
    assert found.provenance.method == "integrated-gradients"
    assert not found.provenance.tried
    assert [each.kind for each in sorted(found.features, key=lambda f: f.columns)] == ["numeric"] * 2 + ["category"] * 2
    completeness = next(score for score in found.scores if score.name == "completeness")
    assert completeness.value is not None
    assert completeness.value < 0.01


# From a study

TABLE = {
    "age": [30.0, 40.0, 50.0, 60.0],
    "user": [3, 1, 2, 0],
    "plan": ["basic", "plus", "basic", "plus"],
    "colour_red": [1, 0, 0, 1],
    "colour_blue": [0, 1, 1, 0],
    "label": ["no", "yes", "no", "yes"],
}
STUDY: dict[str, dict[str, Any]] = {
    "model": {"classes": ["no", "yes"]},
    "data": {"target": "label", "inputs": [["age", "colour_red", "colour_blue"], "user", ["plan"]]},
    "features": {
        "user": {"kind": "category"},
        "plan": {"kind": "category", "values": {"basic": "the basic plan", "plus": "the plus plan"}},
        "colour": {"columns": ["colour_red", "colour_blue"]},
    },
}


def study(**changes: object) -> Study:
    data = {**STUDY["data"], **changes}
    return study_from({**STUDY, "data": data})


def test_a_study_says_which_columns_are_which_input() -> None:
    found = rows_of_study(study(), table_of(pd.DataFrame(TABLE)), [0, 1])
    numbers, users, plans = found.inputs(slice(0, 2))
    assert numbers.tolist() == [[30.0, 1.0, 0.0], [40.0, 0.0, 1.0]]
    assert (users.dtype, users.tolist()) == (torch.long, [3, 1])
    assert (plans.dtype, plans.tolist()) == (torch.long, [[0], [1]])
    assert [column.id for column in found.columns] == ["age", "colour", "user", "plan"]
    assert [each.values for each in found.instances] == [(30.0, "red", "3", "basic"), (40.0, "blue", "1", "plus")]
    assert found.mask.tolist() == [0, 1, 1, 2, 3]


def test_indexes_are_never_standardised() -> None:
    found = rows_of_study(study(standardise=True), table_of(pd.DataFrame(TABLE)), [0])
    numbers, users, _ = found.inputs(slice(0, 1))
    assert users.tolist() == [3]
    assert float(numbers[0, 0]) == pytest.approx(-1.3416, abs=1e-3)
    assert float(flat(found.baselines)[0, 3]) in {0.0, 1.0, 2.0, 3.0}


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [([["age"], ["age"]], "name 'age' twice"), ([["age"], []], "hold an empty list")],
)
def test_an_input_is_named_once(inputs: list[object], problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        rows_of_study(study(inputs=inputs), table_of(pd.DataFrame(TABLE)), [0])


NETWORK = """
import torch
from torch import nn

class Loans(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.users, self.plans, self.head = nn.Embedding(4, 2), nn.Embedding(2, 2), nn.Linear(7, 2)

    def forward(self, numbers, users, plans):
        return self.head(torch.cat([numbers, self.users(users), self.plans(plans)[:, 0]], dim=1))

loans = Loans()
"""
TOML = """
[model]
path = "network:loans"
classes = ["no", "yes"]
[data]
path = "loans.csv"
target = "label"
standardise = true
inputs = [["age", "colour_red", "colour_blue"], "user", ["plan"]]
[features]
user = { kind = "category" }
plan = { kind = "category", values = { basic = "the basic plan", plus = "the plus plan" } }
colour = { columns = ["colour_red", "colour_blue"] }
"""


def test_such_a_study_is_explained_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "study.toml").write_text(TOML)
    pd.DataFrame(TABLE).to_csv(tmp_path / "loans.csv", index=False)
    with pytest.raises(SystemExit) as left:
        main(["explain", str(tmp_path), "--row", "1", "--trust", "-o", str(tmp_path / "loan.json")])
    assert left.value.code == 0, capsys.readouterr().err
    explanation = Explanation.from_json(tmp_path / "loan.json")
    assert explanation.provenance.method == "integrated-gradients"
    assert explanation.feature("colour").value == "blue"
    assert explanation.report().narrative.supported


class Parts(nn.Module):
    """Two inputs that are not the same turned round."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return (left - 3 * right).sum(dim=1, keepdim=True)


class OfMapping(Parts):
    def forward(self, batch: dict[str, Tensor]) -> Tensor:  # type: ignore[override]
        return super().forward(batch["left"], batch["right"])


@pytest.mark.parametrize("model", [Parts(), OfMapping()])
@pytest.mark.parametrize("names", [("left", "right"), ("right", "left")])
def test_a_mapping_of_inputs_goes_by_name(model: nn.Module, names: tuple[str, str]) -> None:
    given = {"left": torch.tensor([[1.0]]), "right": torch.tensor([[2.0]])}
    found = explain(model, {name: given[name] for name in names}, feature_names=names)
    assert isinstance(found, Explanation)
    assert {each.id: each.attribution for each in found.features} == pytest.approx({"left": 1.0, "right": -6.0})


def test_arrays_of_whole_numbers_are_indexes_where_the_model_has_embeddings() -> None:
    torch.manual_seed(0)
    model, users, items = Recommender(), torch.tensor([3, 7]), torch.tensor([1, 5])
    of_tensors = explain(model, (users, items))
    of_arrays = explain(model, (users.numpy(), items.numpy().astype(np.int16)))
    assert isinstance(of_tensors, list)
    assert isinstance(of_arrays, list)
    for one, other in zip(of_tensors, of_arrays, strict=True):
        assert [each.values for each in one.arrays] == [each.values for each in other.arrays]


class Coded(nn.Module):
    """A matrix of numbers whose last column is a code."""

    def __init__(self) -> None:
        super().__init__()
        self.colours, self.head = nn.Embedding(6, 3), nn.Linear(5, 2)

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.head(torch.cat([rows[:, :2], self.colours(rows[:, 2].long())], dim=1))
        return found


@pytest.mark.parametrize("numbers", [[[0.3, -1.2]], [[1.0, 2.0]]])
def test_codes_among_numbers_are_looked_up_and_not_stretched(numbers: list[list[float]]) -> None:
    """Rows far outside, which tell a probability from a logit, would be no code; in whole numbers alone none tells."""
    torch.manual_seed(0)
    model = Coded().eval()
    given = torch.cat([torch.tensor(numbers), torch.tensor([[5.0]])], dim=1)
    found = explain(model, given)
    assert isinstance(found, Explanation)
    assert found.provenance.output == "logits"
    change = (model(given) - model(torch.zeros(1, 3))).detach()[0, found.prediction.target]
    assert sum(each.attribution for each in found.features) == pytest.approx(float(change), rel=1e-4)


def test_nested_lists_are_what_they_are_nested_as() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    for shape, modality in (((1, 12), "tabular"), ((1, 3, 4), "sequence"), ((1, 1, 3, 4), "image")):
        found = explain(net, torch.rand(shape).tolist(), metrics=())
        assert isinstance(found, Explanation)
        assert found.modality == modality
