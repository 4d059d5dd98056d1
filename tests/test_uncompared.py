"""Methods that compare with no baseline: none is told, and nothing that needs one is measured."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reporter.explanation import Explanation
from reporter.pipeline import explain
from reporter.plugins import METHODS

UNCOMPARED = [
    name
    for name in METHODS.names()
    if not METHODS.load(name).against_baseline
    and "tabular" in METHODS.load(name).modalities
    and name not in ("lrp", "feature-permutation")  # which need rules, and rows
]


@pytest.mark.parametrize("method", UNCOMPARED)
def test_no_baseline_is_told(method: str) -> None:
    torch.manual_seed(3)
    net, x = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), torch.randn(80, 4)
    names = ["age", "income", "debt", "tenure"]
    found = explain(
        net, x[:1] * 2, reference=x, method=method, class_names=["refused", "approved"], feature_names=names
    )
    assert isinstance(found, Explanation)
    assert found.provenance.baseline.name == "none"
    assert all(feature.baseline is None for feature in found.features)
    scores = {score.name: score for score in found.scores}
    assert scores["completeness"].value is None
    assert found.grade.level != "solid"
    for audience in ("expert", "decision-maker", "affected"):
        report = found.report(audience=audience)
        assert not report.narrative.withheld
        assert not any(
            words in report.text for words in ("ompared with", "comparison is", "another baseline", "would also")
        )
    page = found.report().to_html()
    assert "ompared with" not in page


def test_there_are_some() -> None:
    assert "input-x-gradient" in UNCOMPARED
    assert "integrated-gradients" not in UNCOMPARED
