"""What explaining costs, counted in runs of the model: on a large one the metrics take about twice the attribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import reporter
from reporter.attribution import STANDARD
from reporter.explanation import Explanation
from reporter.model import Model
from tests.languages import bert, wordpiece

LARGE = 100_000_000  # weights; the networks here are small ones that are said to have so many
PATH = 3 * 33  # what the first look of integrated gradients takes: a backward pass costs about two forward passes
TEXT = "the printer is not working and the password of the new printer can not be reset today please help me soon"


class Runs:
    """Counts the rows that a network is run for; one whose gradient is taken counts three times."""

    def __init__(self, net: nn.Module) -> None:
        self.count = 0
        net.register_forward_hook(self._seen)

    def _seen(self, net: nn.Module, args: Any, found: Any) -> None:
        scores: Tensor = getattr(found, "logits", found)
        self.count += len(scores) * (3 if scores.requires_grad else 1)


def texts() -> tuple[nn.Module, dict[str, Any]]:
    torch.manual_seed(0)
    tokenizer = wordpiece()
    return bert(tokenizer), {"inputs": TEXT, "tokenizer": tokenizer}


def pictures() -> tuple[nn.Module, dict[str, Any]]:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Tanh(), nn.Linear(72, 5)
    )
    return net.eval(), {"inputs": torch.rand(1, 3, 24, 24), "baselines": "zero", "modality": "image"}


def tables(columns: int) -> tuple[nn.Module, dict[str, Any]]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(columns, 8), nn.Tanh(), nn.Linear(8, 3))
    return net.eval(), {"inputs": torch.randn(1, columns), "reference": torch.randn(40, columns)}


def cost(given: tuple[nn.Module, dict[str, Any]], metrics: Any, **settings: Any) -> tuple[int, Explanation]:
    net, inputs = given
    runs = Runs(net)
    found = reporter.explain(net, metrics=metrics, **inputs, **settings)
    assert isinstance(found, Explanation)
    return runs.count, found


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "size", LARGE)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(
    "make",
    [texts, pictures, lambda: tables(30), lambda: tables(300)],
    ids=["text", "picture", "table", "wide table"],
)
def test_metrics_of_a_large_model_cost_about_twice_the_attribution(make: Any) -> None:
    alone, _ = cost(make(), ())
    whole, found = cost(make(), STANDARD)
    assert alone >= PATH
    assert whole - alone <= 2.1 * PATH
    scores = {each.name: each for each in found.scores}
    assert all(scores[name].value is not None for name in STANDARD)
    assert scores["stability"].detail["repeats"] == 8
    assert scores["deletion"].detail["orders"] == 2


@pytest.mark.usefixtures("large")
def test_of_many_features_some_are_taken_away_alone() -> None:
    _, found = cost(tables(60), ("agreement", "deletion"))
    agreement = next(each for each in found.scores if each.name == "agreement")
    assert agreement.detail["features"] == 32
    assert len(found.features) == 60


@pytest.mark.usefixtures("large")
def test_a_cheap_method_has_metrics_of_the_cost_of_a_path() -> None:
    alone, _ = cost(tables(12), (), method="feature-ablation")
    whole, found = cost(tables(12), STANDARD, method="feature-ablation")
    assert whole - alone <= 2.5 * PATH
    assert next(each for each in found.scores if each.name == "agreement").detail["method"] == "shapley-value-sampling"


@pytest.mark.usefixtures("large")
def test_a_sampled_method_of_a_large_model_is_repeated_with_fewer_samples() -> None:
    alone, _ = cost(tables(12), (), method="shapley-value-sampling")
    whole, _ = cost(tables(12), STANDARD, method="shapley-value-sampling")
    assert whole - alone <= 2.5 * 25 * 12


def hard() -> tuple[nn.Module, dict[str, Any]]:
    """Two logits that a few steps are enough for, and one that no number is."""

    class Hard(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x.sum(dim=1) + 9, x.sum(dim=1) + (x * 40).sin().sum(dim=1), -x[:, 0]], dim=1)

    return Hard(), {"inputs": torch.ones(1, 6), "baselines": "zero", "output": "logits"}


def test_the_next_class_of_a_large_model_takes_no_more_steps_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    small, found = cost(hard(), ())
    assert found.provenance.settings["n_steps"] == 32
    assert small > 3 * 150
    monkeypatch.setattr(Model, "size", LARGE)
    large, found = cost(hard(), ())
    assert found.runner_up is not None
    assert 2 * PATH <= large <= 2 * PATH + 20


def test_a_small_model_keeps_all_repeats_and_orders() -> None:
    _, found = cost(tables(30), STANDARD)
    scores = {each.name: each for each in found.scores}
    assert scores["stability"].detail["repeats"] == 100
    assert scores["deletion"].detail["orders"] == 10
    assert "features" not in scores["agreement"].detail


def test_right_attributions_are_found_right_whatever_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = torch.linspace(3.0, -1.0, 40)
    weights[0] = 6.0  # far ahead of the others
    reference = 0.2 * torch.randn(60, 40, generator=torch.Generator().manual_seed(3))

    def net(x: Tensor) -> Tensor:
        return x @ weights

    for size in (1_000, LARGE):
        monkeypatch.setattr(Model, "size", size)
        found = reporter.explain(net, torch.ones(1, 40), reference=reference, output="value")
        assert isinstance(found, Explanation)
        values = {each.name: each.value for each in found.scores}
        assert values["deletion"] == pytest.approx(1.0)
        assert values["agreement"] == pytest.approx(1.0)
        assert values["stability"] == pytest.approx(1.0)
        assert found.grade.level == "solid"


def test_wrong_attributions_are_found_wrong_on_a_large_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter.methods.integrated_gradients import IntegratedGradients
    from reporter.question import Answer, Question

    monkeypatch.setattr(Model, "size", LARGE)
    given = IntegratedGradients.attribute

    def shuffled(self: IntegratedGradients, question: Question) -> Answer:
        right = given(self, question)
        order = np.random.default_rng(1).permutation(right.attributions.shape[1])
        return Answer(right.attributions[:, order], right.settings)

    monkeypatch.setattr(IntegratedGradients, "attribute", shuffled)
    weights = torch.linspace(3.0, -1.0, 40)
    weights[0] = 6.0  # far ahead of the others
    reference = 0.2 * torch.randn(60, 40, generator=torch.Generator().manual_seed(3))
    found = reporter.explain(lambda x: x @ weights, torch.ones(1, 40), reference=reference, output="value")
    assert isinstance(found, Explanation)
    values = {each.name: each.value for each in found.scores}
    assert values["deletion"] is not None
    assert values["agreement"] is not None
    assert values["deletion"] < 0.5
    assert values["agreement"] < 0.5
    assert found.grade.level != "solid"


def test_a_convolution_over_a_large_picture_is_no_small_model() -> None:
    """Its weights are few; what counts is how often each is used."""

    class Counted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(
                nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
            )
            self.rows = 0

        def forward(self, x: Tensor) -> Tensor:
            self.rows += len(x)
            found: Tensor = self.layers(x)
            return found

    torch.manual_seed(0)
    small, large = Counted(), Counted()
    reporter.explain(small, torch.rand(1, 1, 16, 16))
    reporter.explain(large, torch.rand(1, 1, 384, 384))
    assert large.rows < 400 < small.rows
