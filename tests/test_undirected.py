"""Methods that say how strongly the score reacts, but not in which direction, are told as just that."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.grade import LEVELS
from reporter.pipeline import explain
from reporter.plugins import METHODS

METHOD = {name: METHODS.load(name)() for name in METHODS.names()}
UNDIRECTED = [name for name, method in METHOD.items() if not method.directed and "tabular" in method.modalities]


def explained(method: str) -> Explanation:
    torch.manual_seed(4)
    net, x = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), torch.randn(100, 4)
    names = ["age", "income", "debt", "tenure"]
    found = explain(
        net, x[:1] * 3, reference=x, method=method, class_names=["refused", "approved"], feature_names=names
    )
    assert isinstance(found, Explanation)
    return found


def test_there_are_some() -> None:
    assert {"saliency", "smooth-grad-squared", "var-grad"} <= set(UNDIRECTED)
    assert not {"integrated-gradients", "feature-ablation", "deep-lift", "kernel-shap"} & set(UNDIRECTED)


@pytest.mark.parametrize("method", UNDIRECTED)
def test_no_direction_is_told(method: str) -> None:
    found = explained(method)
    assert not found.provenance.directed
    assert LEVELS.index(found.grade.level) <= LEVELS.index("indicative")
    facts = facts_of(found)
    assert {f.direction for f in facts.features} == {"none"}
    for audience in ("expert", "decision-maker", "affected"):
        report = found.report(audience=audience)
        assert report.narrative.supported
        assert not report.narrative.withheld
        assert not any(word in report.text for word in ("towards", "speaks for", "argue", "adds", "against it"))
    if found.grade.level != "unreliable":
        assert "carries" in found.report().text
        assert "not in which direction" in found.report().text


@pytest.mark.parametrize("method", UNDIRECTED)
def test_what_needs_a_direction_is_undefined(method: str) -> None:
    scores = {score.name: score for score in explained(method).scores}
    assert scores["completeness"].value is None
    assert "no sum" in scores["completeness"].undefined
    assert scores["deletion"].value is None
    assert scores["agreement"].value is not None


def test_what_was_never_promised_is_no_fault() -> None:
    torch.manual_seed(0)
    x = torch.rand(60, 3) + 0.5
    found = explain(lambda x: x.prod(dim=1), x[:1] * 3, reference=x, method="feature-ablation", output="value")
    assert isinstance(found, Explanation)
    completeness = next(score for score in found.scores if score.name == "completeness")
    assert completeness.value is not None
    assert completeness.value > 0.1
    assert completeness.detail["promised"] == 0
    ruling = next(each for each in found.grade.rulings if each.metric == "completeness")
    assert ruling.level == "indicative"
    assert "promises no sum" in found.report().text
    assert not found.report().narrative.withheld
