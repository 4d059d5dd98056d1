"""Completeness: known errors of known attributions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.methods.perturbation import FeatureAblation
from reporter.metrics.completeness import Completeness
from tests.metrics.trials import trial
from tests.networks import Linear, Product, mlp, rows


def test_exact_attributions_have_no_error() -> None:
    for measured in Completeness().measure(trial(Linear([1.0, 2.0]), rows(4, 2))):
        assert measured.score.value == pytest.approx(0, abs=1e-6)
        assert measured.score.detail["sum"] == pytest.approx(measured.score.detail["change"], abs=1e-6)
        assert measured.score.detail["n_steps"] == 32


def test_the_error_is_what_is_missing() -> None:
    asked = trial(Linear([1.0, 1.0]), torch.tensor([[3.0, 1.0]]), attributions=np.array([[2.0, 1.0]]))
    (measured,) = Completeness().measure(asked)
    assert measured.score.value == pytest.approx(0.25)
    assert measured.score.detail == {"sum": 3.0, "change": 4.0, "n_steps": 32.0}


def test_a_change_near_nothing_is_measured_against_the_attributions() -> None:
    asked = trial(Linear([1.0, 1.0]), torch.tensor([[3.0, -3.0]]), attributions=np.array([[3.0, -2.7]]))
    (measured,) = Completeness().measure(asked)
    assert measured.score.value == pytest.approx(0.3 / (0.05 * 5.7))


def test_a_method_that_is_not_additive_shows() -> None:
    (measured,) = Completeness().measure(trial(Product(), torch.tensor([[2.0, 2.0, 2.0]]), method=FeatureAblation()))
    assert measured.score.value == pytest.approx(2.0)  # 24 are told of a change of 8
    assert "n_steps" not in measured.score.detail


def test_fixed_steps_that_are_too_few_show() -> None:
    few = Completeness().measure(trial(mlp(), rows(), method=IntegratedGradients(n_steps=2)))
    many = Completeness().measure(trial(mlp(), rows(), method=IntegratedGradients(n_steps=300)))
    errors = [[each.score.value or 0.0 for each in measured] for measured in (few, many)]
    assert np.mean(errors[0]) > 5 * np.mean(errors[1])


def test_a_constant_model_is_complete() -> None:
    (measured,) = Completeness().measure(trial(lambda x: x.sum(dim=1) * 0 + 3, rows(1)))
    assert measured.score.value == 0.0
