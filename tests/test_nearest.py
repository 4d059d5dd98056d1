"""The nearest row of another class as a baseline."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from reporter.attribution import Plan, attribute
from reporter.errors import UsageError
from reporter.explanation import Explanation
from reporter.loading import model_of
from reporter.model import Model
from reporter.pipeline import explain
from reporter.receiving import rows_of_inputs

CLASSES = ["low", "high"]


def by_sign() -> nn.Module:
    """Says high where the first column is above 0, whatever the second."""
    net = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))
    return net


REFERENCE = torch.tensor([[-1.0, 5.0], [-1.5, 0.2], [2.0, 0.0], [-9.0, 0.0]])


def test_it_is_the_most_similar_row_of_another_class() -> None:
    found = explain(
        by_sign(), torch.tensor([[1.0, 0.0]]), reference=REFERENCE, baselines="nearest", class_names=CLASSES
    )
    assert isinstance(found, Explanation)
    assert found.provenance.baseline.name == "nearest"
    assert found.provenance.baseline.label == "low"
    assert {f.id: f.baseline for f in found.features} == {
        "column_1": pytest.approx(-1.5),
        "column_2": pytest.approx(0.2),
    }
    assert "most similar" in found.report().text
    assert found.report().narrative.supported


def test_every_row_has_its_own() -> None:
    x = torch.tensor([[1.0, 0.0], [-8.0, 0.0], [1.0, 5.0]])
    rows = rows_of_inputs(x, reference=REFERENCE, baselines="nearest")
    model = Model(by_sign(), classes=tuple(CLASSES), output="logits", task="classification")
    found = list(attribute(model, rows, Plan()))
    baselines = [[f.baseline for f in sorted(each.features, key=lambda f: f.id)] for each in found]
    assert np.allclose(np.array(baselines, dtype=float), [[-1.5, 0.2], [2.0, 0.0], [-1.0, 5.0]], atol=1e-6)


def test_codes_are_alike_or_not() -> None:
    reference = (torch.zeros(2, 1), torch.tensor([[3], [9]]))
    net = nn.Embedding(10, 2)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, -1.0]] * 9 + [[-1.0, 1.0]]))
    found = explain(
        lambda x, codes: net(codes)[:, 0] + x * 0,
        (torch.zeros(1, 1), torch.tensor([[4]])),
        reference=reference,
        baselines="nearest",
        class_names=CLASSES,
    )
    assert isinstance(found, Explanation)
    assert found.feature("column_2").baseline == "9"


def test_what_cannot_be_is_told() -> None:
    x = torch.tensor([[1.0, 0.0]])
    with pytest.raises(UsageError, match="no reference row is of another class"):
        explain(by_sign(), x, reference=x.repeat(3, 1), baselines="nearest", class_names=CLASSES)
    with pytest.raises(UsageError, match="is for classes"):
        explain(nn.Linear(2, 1), x, reference=REFERENCE, baselines="nearest", output="value")
    with pytest.raises(UsageError, match="needs reference rows"):
        explain(model_of(by_sign()), x, baselines="nearest", class_names=CLASSES)
