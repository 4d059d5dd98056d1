"""Every registered method, built in or not, keeps the same promises."""

from __future__ import annotations

import inspect
from contextlib import nullcontext, suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reporter.errors import AttributionError
from reporter.model import Model
from reporter.plugins import METHODS
from reporter.question import Answer, Question
from tests.architectures import architecture
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, Residual, mlp, rows

NAMES = METHODS.names()
COMPARING = [name for name in NAMES if METHODS.load(name)().against_baseline]
MODALITIES = {"tabular", "image", "text", "sequence"}
FEW = {"kernel-shap": {"n_samples": 20}, "lime": {"n_samples": 200}}  # so few that another seed draws others
OWN = {"max_steps", "alpha", "distance_mode", "kernel_width"}  # of Captum's functions, or our own


@pytest.fixture(params=NAMES)
def method(request: pytest.FixtureRequest) -> Any:
    return METHODS.load(request.param)(**FEW.get(request.param, {}))


def asked(method: Any, net: nn.Module | None = None, seed: int = 0) -> Question:
    """About an MLP, about pictures for a method that is for pictures alone, about what attends for one of attention."""
    if method.needs == "attention":
        return architecture("transformer").question(seed)
    if "tabular" not in method.modalities:
        return architecture("cnn with one ReLU").question(seed)
    plain = question(net or mlp(), rows(4), rows(1, seed=9), torch.tensor([0, 1, 2, 0]))
    return replace(plain, seed=seed)


def changes(given: Question) -> Any:
    index = torch.arange(len(given))
    return given.evaluate(given.inputs, index) - given.evaluate(given.baselines, index)


def test_it_is_a_frozen_dataclass_that_says_what_it_is(method: Any) -> None:
    kind = type(method)
    assert is_dataclass(kind)
    with pytest.raises(AttributeError):
        method.modalities = ()
    assert set(method.modalities) <= MODALITIES
    assert method.modalities
    flags = (method.needs_gradients, method.complete, method.stochastic, method.against_baseline, method.directed)
    assert {type(flag) for flag in flags} == {bool}
    assert ("gradients" in method.needs) == method.needs_gradients
    assert kind.__doc__
    assert any(year in kind.__doc__ for year in map(str, range(1900, 2100))), "it names no paper"
    assert len(kind.__doc__.splitlines()[0]) < 120


def test_its_settings_have_defaults_under_captums_names(method: Any) -> None:
    import captum.attr

    if not method.captum:
        assert not fields(method)
        return
    kind = getattr(captum.attr, method.captum)
    known = {*inspect.signature(kind).parameters, *inspect.signature(kind.attribute.__wrapped__).parameters}
    known |= set(inspect.signature(captum.attr.LayerAttribution.interpolate).parameters)
    assert {field.name for field in fields(method)} - OWN <= known


@pytest.mark.parametrize("net", [mlp(), Residual()], ids=["mlp", "residual"])
def test_one_finite_number_per_row_and_column_or_a_reason(method: Any, net: nn.Module) -> None:
    given = asked(method, net)
    if isinstance(net, Residual) and method.needs.startswith("gradients, ") and "tabular" in method.modalities:
        # LayerNorm and GELU are beyond what hooks on modules know.
        with pytest.raises(AttributionError):
            method.attribute(given)
        return
    answer = method.attribute(given)
    assert isinstance(answer, Answer)
    assert answer.attributions.shape == (len(given), len(given.mask))
    assert answer.attributions.dtype == np.float64
    assert np.isfinite(answer.attributions).all()
    assert answer.attributions.any()
    assert len(answer.settings) == len(given)
    assert {type(value) for each in answer.settings for value in each.values()} <= {int, float, str, bool}
    if method.complete:
        np.testing.assert_allclose(answer.attributions.sum(axis=1), changes(given), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("method", COMPARING, indirect=True)
def test_a_linear_model_has_one_answer(method: Any) -> None:
    weights = [2.0, -1.0, 0.5, 0.0, 3.0, 1.0]
    found = method.attribute(question(Linear(weights), rows(4), rows(1, seed=9))).attributions
    wanted = (torch.tensor(weights) * (rows(4) - rows(1, seed=9))).numpy()
    # A lasso shrinks every coefficient by its penalty over the variance of a coin's toss, 1 / 4.
    slack = 4 * method.alpha * np.abs(wanted).sum() if hasattr(method, "alpha") else 1e-4
    np.testing.assert_allclose(found, wanted, atol=slack)


def test_a_complete_method_is_complete_to_the_last_digits() -> None:
    """On a linear and on a product model; integrated gradients at a number of steps, which are exact for both."""
    own: dict[str, dict[str, Any]] = {"integrated-gradients": {"n_steps": 20}}
    x, baseline = rows(4, 3).double(), rows(1, 3, seed=9).double()
    checked = 0
    for name in NAMES:
        kind = METHODS.load(name)
        if not kind.complete:
            continue
        for net in (Linear([2.0, -1.0, 0.5], 4.0).double(), lambda x: x.prod(dim=1)):
            given = question(net, x, baseline, output="value", task="regression")
            try:
                found = kind(**own.get(name, {})).attribute(given).attributions.sum(axis=1)
            except AttributionError:
                assert "DeepLift" in kind.captum  # which says that it has no rule for a product
                assert not isinstance(net, nn.Module)
                continue
            np.testing.assert_allclose(found, changes(given), rtol=1e-6, atol=1e-6)
            checked += 1
    assert checked >= 8


def test_ablation_on_a_product_adds_up_to_as_many_times_the_score() -> None:
    given = question(lambda x: x.prod(dim=1), torch.tensor([[2.0, 3.0, 4.0]]), output="value", task="regression")
    found = METHODS.load("feature-ablation")().attribute(given).attributions
    assert found.tolist() == [[24.0] * 3]


@pytest.mark.parametrize("method", COMPARING, indirect=True)
def test_where_input_and_baseline_are_the_same_nothing_is_attributed(method: Any) -> None:
    assert not method.attribute(question(mlp(), rows(3), rows(3), 1)).attributions.any()


def test_the_same_seed_gives_the_same_numbers(method: Any) -> None:
    first, again = (method.attribute(asked(method)).attributions for _ in range(2))
    assert np.array_equal(first, again)
    np.random.seed(99)
    torch.manual_seed(99)
    assert np.array_equal(first, method.attribute(asked(method)).attributions)
    other = method.attribute(asked(method, seed=1)).attributions
    assert np.array_equal(first, other) is not method.stochastic


@pytest.mark.parametrize("method", [name for name in NAMES if name != "feature-permutation"], indirect=True)
def test_a_row_does_not_depend_on_its_neighbours(method: Any) -> None:
    given = asked(method)
    whole = method.attribute(given).attributions
    for row in range(len(given)):
        alone = method.attribute(given.select(torch.tensor([row]))).attributions[0]
        np.testing.assert_allclose(alone, whole[row], rtol=0, atol=1e-5 * np.abs(whole).max())


def test_memory_runs_out_and_the_batch_is_halved(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = asked(method)
    wanted = method.attribute(given).attributions
    inner, most = given.model.forward, 0

    def narrow(x: Tensor) -> Any:
        nonlocal most
        most = max(most, len(x))
        if len(x) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return inner(x)

    found = method.attribute(replace(given, model=replace(given.model, forward=narrow))).attributions
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())
    assert most > 0


def state_of(net: nn.Module) -> Any:
    """Everything about a network that a method might change: attributes, hooks, children, modes, weights."""
    return (
        {name: each.clone() for name, each in net.state_dict().items()},
        [
            {name: dict(value) if isinstance(value, dict) else value for name, value in vars(module).items()}
            for module in net.modules()
        ],
        [(id(each), each.requires_grad, each.grad) for each in net.parameters()],
    )


def assert_same(before: Any, after: Any) -> None:
    assert before[0].keys() == after[0].keys()
    assert all(torch.equal(each, after[0][name]) for name, each in before[0].items())
    assert before[1] == after[1]
    assert before[2] == after[2]


class Failing(nn.Module):
    """A network that fails when it runs for the `at`-th time, between two of its layers."""

    def __init__(self, first: nn.Module, *rest: nn.Module) -> None:
        super().__init__()
        self.first, self.rest, self.at, self.runs = first, nn.Sequential(*rest), 10**9, [0]

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        self.runs[0] += 1
        if self.runs[0] >= self.at:
            raise ZeroDivisionError
        found: Tensor = self.rest(x)
        return found


@pytest.mark.parametrize("at", [10**9, 1, 2], ids=["works", "fails at once", "fails later"])
def test_model_and_inputs_are_as_they_were_also_after_a_failure(method: Any, at: int) -> None:
    relu = nn.ReLU(inplace=True)
    calls: list[int] = []
    relu.register_forward_hook(lambda *_: calls.append(1))
    failing = Failing(nn.Conv2d(2, 4, 3, padding=1), relu, nn.Flatten(), nn.Linear(144, 3))
    failing.at = at
    failing.rest.train()
    x = rows(3, 72).reshape(3, 2, 6, 6)
    model = Model(failing, task="classification", output="logits", classes=("a", "b", "c"))
    given = Question(model, (x,), (x * 0.5,), torch.tensor([0, 1, 2]), torch.arange(72) // 18)
    before, inputs = state_of(failing), [each.clone() for each in (*given.inputs, *given.baselines)]
    # A network without attention is a failure of its own.
    with nullcontext() if at > 10**8 and method.needs != "attention" else suppress(ZeroDivisionError, AttributionError):
        method.attribute(given)
    if at == 1:
        assert failing.runs == [1]
    assert_same(before, state_of(failing))
    assert all(torch.equal(a, b) for a, b in zip(inputs, (*given.inputs, *given.baselines), strict=True))
    assert not any(each.requires_grad for each in (*given.inputs, *given.baselines))


def test_repeats_are_of_the_same_kind(method: Any) -> None:
    again = method.repeated()
    assert type(again) is type(method)
    close = again.attribute(asked(method)).attributions
    whole = method.attribute(asked(method)).attributions
    assert np.abs(close - whole).sum() < 0.2 * np.abs(whole).sum()
