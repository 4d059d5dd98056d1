"""Every registered method, built in or not, keeps the same promises."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from reporter.plugins import METHODS
from reporter.question import Answer, Question
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, Residual, mlp, rows

NAMES = METHODS.names()
NETS = [mlp(), Residual()]


def asked(net: nn.Module, seed: int = 0) -> Question:
    plain = question(net, rows(4), rows(1, seed=9), torch.tensor([0, 1, 2, 0]))
    return Question(plain.model, plain.inputs, plain.baselines, plain.target, plain.mask, seed=seed)


@pytest.fixture(params=NAMES)
def method(request: pytest.FixtureRequest) -> Any:
    return METHODS.load(request.param)()


def test_it_is_a_frozen_dataclass_that_says_what_it_is(method: Any) -> None:
    kind = type(method)
    assert is_dataclass(kind)
    with pytest.raises(AttributeError):
        method.modalities = ()
    assert "tabular" in method.modalities
    assert {type(flag) for flag in (method.needs_gradients, method.complete, method.stochastic)} == {bool}
    assert kind.__doc__
    assert any(year in kind.__doc__ for year in map(str, range(1900, 2100))), "it names no paper"
    assert len(kind.__doc__.splitlines()[0]) < 120


def test_its_settings_have_defaults_under_captums_names(method: Any) -> None:
    import captum.attr

    own = {"max_steps"}
    known = getattr(captum.attr, method.captum).attribute.__wrapped__.__code__.co_varnames
    assert {field.name for field in fields(method)} - own <= set(known)


@pytest.mark.parametrize("net", NETS, ids=lambda net: type(net).__name__)
def test_one_number_per_row_and_column(method: Any, net: nn.Module) -> None:
    answer = method.attribute(asked(net))
    assert isinstance(answer, Answer)
    assert answer.attributions.shape == (4, 6)
    assert answer.attributions.dtype == np.float64
    assert np.isfinite(answer.attributions).all()
    assert len(answer.settings) == 4


@pytest.mark.parametrize("net", NETS, ids=lambda net: type(net).__name__)
def test_a_complete_method_is_complete(method: Any, net: nn.Module) -> None:
    given = asked(net)
    index = torch.arange(4)
    change = given.evaluate(given.inputs, index) - given.evaluate(given.baselines, index)
    found = method.attribute(given).attributions.sum(axis=1)
    if method.complete:
        np.testing.assert_allclose(found, change, rtol=0.02, atol=0.02)


def test_a_linear_model_has_one_answer(method: Any) -> None:
    weights = [2.0, -1.0, 0.5, 0.0, 3.0, 1.0]
    found = method.attribute(question(Linear(weights), rows(4), rows(1, seed=9))).attributions
    np.testing.assert_allclose(found, (torch.tensor(weights) * (rows(4) - rows(1, seed=9))).numpy(), atol=1e-4)


def test_where_input_and_baseline_are_the_same_nothing_is_attributed(method: Any) -> None:
    assert not method.attribute(question(mlp(), rows(3), rows(3), 1)).attributions.any()


def test_the_same_seed_gives_the_same_numbers(method: Any) -> None:
    first, again = (method.attribute(asked(mlp())).attributions for _ in range(2))
    assert np.array_equal(first, again)
    other = method.attribute(asked(mlp(), seed=1)).attributions
    assert np.array_equal(first, other) is not method.stochastic


def test_it_leaves_inputs_and_weights_alone(method: Any) -> None:
    net = mlp()
    given, weights = asked(net), {name: each.clone() for name, each in net.state_dict().items()}
    before = [each.clone() for each in (*given.inputs, *given.baselines)]
    method.attribute(given)
    assert all(torch.equal(a, b) for a, b in zip(before, (*given.inputs, *given.baselines), strict=True))
    assert all(torch.equal(each, weights[name]) for name, each in net.state_dict().items())
    assert not any(each.requires_grad for each in given.inputs)


def test_repeats_are_of_the_same_kind(method: Any) -> None:
    again = method.repeated()
    assert type(again) is type(method)
    close = again.attribute(asked(mlp())).attributions
    whole = method.attribute(asked(mlp())).attributions
    assert np.abs(close - whole).sum() < 0.2 * np.abs(whole).sum()
