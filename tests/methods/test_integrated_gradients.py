"""Integrated gradients: closed forms, Captum's numbers at Captum's steps, and steps that adapt."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from torch import Tensor, nn

from reporter.errors import AttributionError, UsageError
from reporter.loading import model_of
from reporter.methods import integrated_gradients
from reporter.methods.integrated_gradients import RULES, IntegratedGradients, nodes_of, same_told
from reporter.model import Model
from reporter.question import Question
from reporter.study import Output
from tests.networks import Linear, Mixed, Nested, NestedTwin, Normed, Product, Residual, mlp, rows

ADAPTIVE = IntegratedGradients()


def question(
    net: Any,
    x: Tensor,
    baseline: Tensor | float = 0.0,
    target: int | Tensor = 0,
    args: tuple[Any, ...] = (),
    **known: Any,
) -> Question:
    model = Model(net, **known) if known else model_of(net)
    if not known:
        model = model.settled((torch.cat([x, x * 10, -x * 10]),)) if not args else Model(net, output="logits")
    full = torch.full_like(x, baseline) if isinstance(baseline, float) else baseline.expand_as(x)
    index = torch.full((len(x),), target) if isinstance(target, int) else target
    return Question(model, (x,), (full,), index, torch.arange(x.shape[1]), args)


# Answers known exactly


@pytest.mark.parametrize("method", [ADAPTIVE, IntegratedGradients(n_steps=500)])
@pytest.mark.parametrize("net", [Nested(), NestedTwin()])
def test_two_networks_of_one_function(net: nn.Module, method: IntegratedGradients) -> None:
    found = method.attribute(question(net, torch.tensor([[3.0, 1.0]]))).attributions
    np.testing.assert_allclose(found, [[1.5, -0.5]], atol=0.01 if method.n_steps else 1e-4)


@pytest.mark.parametrize("method", [ADAPTIVE, IntegratedGradients(n_steps=1), IntegratedGradients(n_steps=7)])
def test_a_linear_model_has_one_answer(method: IntegratedGradients) -> None:
    weights, x, baseline = torch.tensor([2.0, -1.0, 0.5]), rows(4, 3), torch.tensor([[1.0, 2.0, 3.0]])
    found = method.attribute(question(Linear(weights.tolist(), 4.0), x, baseline)).attributions
    np.testing.assert_allclose(found, (weights * (x - baseline)).numpy(), atol=1e-5)


def test_a_product_is_shared_equally() -> None:
    found = ADAPTIVE.attribute(question(Product(), torch.tensor([[2.0, 2.0, 2.0]]))).attributions
    np.testing.assert_allclose(found, [[8 / 3] * 3], rtol=0.005)


# Captum's numbers


NETS: list[nn.Module] = [
    mlp(),
    mlp(activation=nn.GELU),
    mlp(activation=nn.Tanh),
    Residual(),
    Normed().train(),
    mlp().double(),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [2, 17, 50])
def test_the_numbers_are_those_of_captum(rule: Any, steps: int) -> None:
    x, baseline, target = rows(), rows(1, seed=9), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    for net in NETS:
        dtype = next(net.parameters()).dtype
        asked = question(net, x.to(dtype), baseline.to(dtype), target)
        training, _ = net.training, net.eval()
        wanted = Captum(net).attribute(x.to(dtype), baseline.to(dtype), target, n_steps=steps, method=rule)
        found = IntegratedGradients(n_steps=steps, method=rule).attribute(asked).attributions
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)
        net.train(training)


@pytest.mark.parametrize("size", [1, 3, 8, 1000])
def test_batches_do_not_change_the_numbers(size: int) -> None:
    asked = question(mlp(), rows(), rows(1, seed=9), 1)
    pairs = [
        (ADAPTIVE, IntegratedGradients(internal_batch_size=size)),
        (IntegratedGradients(n_steps=20), IntegratedGradients(n_steps=20, internal_batch_size=size)),
    ]
    for method, other in pairs:
        np.testing.assert_allclose(
            method.attribute(asked).attributions, other.attribute(asked).attributions, rtol=1e-4, atol=1e-5
        )


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    asked = question(mlp(), rows(), rows(1, seed=9), 1)
    whole = ADAPTIVE.attribute(asked)
    for row in range(8):
        alone = ADAPTIVE.attribute(asked.select(torch.tensor([row])))
        np.testing.assert_allclose(alone.attributions[0], whole.attributions[row], rtol=1e-4, atol=1e-5)
        assert alone.settings[0] == whole.settings[row]


def test_several_inputs_and_arguments() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, a: Tensor, b: Tensor, scale: Tensor, power: int) -> Tensor:
            found: Tensor = self.net(torch.cat([a, b], dim=1)) * scale[:, None]
            return found**power

    net, a, b, scale = Two(), rows(5, 2), rows(5, 4, seed=3), torch.rand(5)
    model = Model(net, output="logits")
    target = torch.ones(5, dtype=torch.long)
    asked = Question(model, (a, b), (a * 0, b * 0), target, torch.arange(6), (scale, 2))
    found = IntegratedGradients(n_steps=20).attribute(asked).attributions
    wanted = Captum(net).attribute((a, b), target=1, additional_forward_args=(scale, 2), n_steps=20)
    np.testing.assert_allclose(found, torch.cat(wanted, dim=1).numpy(), atol=1e-4)


def test_an_unused_input_gets_nothing() -> None:
    model = Model(lambda a, b: a.sum(dim=1), output="value")
    given = (rows(3, 2), rows(3, 2, seed=3))
    asked = Question(model, given, (given[0] * 0, given[1] * 0), torch.zeros(3, dtype=torch.long), torch.arange(4))
    found = ADAPTIVE.attribute(asked).attributions
    np.testing.assert_allclose(found[:, :2], given[0].numpy(), atol=1e-6)
    assert not found[:, 2:].any()


def test_in_place_models_leave_the_input_alone() -> None:
    x = rows()
    before = x.clone()
    found = IntegratedGradients(n_steps=10).attribute(question(lambda x: x.mul_(2).sum(dim=1), x)).attributions
    np.testing.assert_allclose(found, 2 * before.numpy(), atol=1e-5)
    assert torch.equal(x, before)


def test_half_precision() -> None:
    exact = ADAPTIVE.attribute(question(mlp(), rows(), 0.0, 1)).attributions
    for dtype in (torch.bfloat16, torch.float16):
        found = ADAPTIVE.attribute(question(mlp().to(dtype), rows(), 0.0, 1)).attributions
        assert np.abs(found - exact).sum() < 0.05 * np.abs(exact).sum()


# Adapting


def test_steps_are_raised_until_the_sum_and_the_ranking_hold() -> None:
    net = mlp(columns=12, outputs=2)
    x = rows(100, 12)
    target = net(x).argmax(dim=1)
    asked = question(net, x, rows(1, 12, seed=9), target)
    answer = ADAPTIVE.attribute(asked)
    wanted = Captum(net).attribute(x, rows(1, 12, seed=9), target, n_steps=1000)
    strongest = [set(np.argsort(-np.abs(found))[:5]) for found in answer.attributions]
    best = [set(np.argsort(-np.abs(found))[:5]) for found in wanted.numpy()]
    assert np.mean([one == other for one, other in zip(strongest, best, strict=True)]) >= 0.98
    steps = [int(each["n_steps"]) for each in answer.settings]
    assert set(steps) <= {32, 64, 128, 256}
    assert len(set(steps)) > 1
    assert np.mean(steps) < 130


def test_steps_end_at_the_cap() -> None:
    # A score that jumps has no gradient where it does so: no number of steps accounts for the jump.
    asked = question(lambda x: x.sum(dim=1) + 5 * (x[:, 0] > 0.5), torch.tensor([[1.0, 1.0]]), output="value")
    for cap in (16, 64, 256):
        answer = IntegratedGradients(max_steps=cap).attribute(asked)
        assert answer.settings[0]["n_steps"] == cap
        np.testing.assert_allclose(answer.attributions, [[1.0, 1.0]], atol=1e-5)


def test_repeats_are_cheap_and_close() -> None:
    asked = question(mlp(), rows(), 0.0, 1)
    few, many = IntegratedGradients(n_steps=200).repeated().attribute(asked), ADAPTIVE.attribute(asked)
    assert {each["n_steps"] for each in few.settings} == {16}
    error = np.abs(few.attributions - many.attributions).sum(axis=1) / np.abs(many.attributions).sum(axis=1)
    assert np.median(error) < 0.005
    assert error.max() < 0.1


def test_memory_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    net = mlp()

    def watched(x: Tensor) -> Tensor:
        nonlocal most
        most = max(most, len(x))
        if len(x) > 10:
            raise torch.OutOfMemoryError("out of memory")
        found: Tensor = net(x)
        return found

    exact = ADAPTIVE.attribute(question(net, rows(), 0.0, 1)).attributions
    asked = question(watched, rows(), 0.0, 1, output="logits")
    np.testing.assert_allclose(ADAPTIVE.attribute(asked).attributions, exact, rtol=1e-4, atol=1e-5)
    assert most > 10
    monkeypatch.setattr(integrated_gradients, "STORED", 257 * 6 * 2)
    np.testing.assert_allclose(ADAPTIVE.attribute(asked).attributions, exact, rtol=1e-4, atol=1e-5)


def test_a_row_too_large_for_all_steps_gets_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    hard = question(lambda x: x.sum(dim=1) + 50 * (x > 0).sum(dim=1), rows(2), 0.0, 0, output="value")
    assert {each["n_steps"] for each in ADAPTIVE.attribute(hard).settings} == {256}
    monkeypatch.setattr(integrated_gradients, "STORED", 1)
    monkeypatch.setattr(integrated_gradients, "MOST_STORED", 6 * 100)
    assert {each["n_steps"] for each in ADAPTIVE.attribute(hard).settings} == {64}
    monkeypatch.setattr(integrated_gradients, "MOST_STORED", 1)
    assert {each["n_steps"] for each in ADAPTIVE.attribute(hard).settings} == {2}


def test_cudnn_is_switched_off_for_recurrent_layers() -> None:
    def recurrent(x: Tensor) -> Tensor:
        if torch.backends.cudnn.enabled:
            raise RuntimeError("cudnn RNN backward can only be called in training mode")
        return x.sum(dim=1)

    found = ADAPTIVE.attribute(question(recurrent, rows(), output="value")).attributions
    np.testing.assert_allclose(found, rows().numpy(), atol=1e-5)
    assert torch.backends.cudnn.enabled


# What cannot be done


def test_no_gradient_is_said() -> None:
    without: list[tuple[Callable[[Tensor], Tensor], Output]] = [
        (lambda x: x.detach().sum(dim=1), "value"),
        (lambda x: (x > 0).float(), "logits"),
        (lambda x: x.argmax(dim=1), "value"),
    ]
    for net, output in without:
        with pytest.raises(AttributionError, match="the score has no gradient"):
            ADAPTIVE.attribute(question(net, rows(), output=output))
    codes = torch.tensor([[1], [2]])
    given = (rows(2, 3), codes)
    asked = Question(
        Model(Mixed(), output="logits"), given, (given[0] * 0, codes * 0), torch.tensor([0, 1]), torch.arange(4)
    )
    with pytest.raises(AttributionError, match="whole numbers, which have no gradient"):
        ADAPTIVE.attribute(asked)


def test_gradients_that_are_not_finite_are_handed_on_for_the_guard_to_refuse() -> None:
    asked = question(lambda x: x.abs().sqrt().sum(dim=1), rows(2), output="value")
    answer = ADAPTIVE.attribute(asked)
    assert not np.isfinite(answer.attributions).all(axis=1).any()
    assert {each["n_steps"] for each in answer.settings} == {32}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n_steps": 0}, "n_steps = 0; a whole number from 1"),
        ({"n_steps": True}, "n_steps = True"),
        ({"n_steps": 2.5}, "n_steps = 2.5"),
        ({"n_steps": 1, "method": "riemann_left"}, "a whole number from 2"),
        ({"method": "simpson"}, "no quadrature rule called 'simpson'; gausslegendre"),
        ({"max_steps": 1}, "max_steps = 1; a whole number from 2"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        IntegratedGradients(**settings)
    assert said in str(caught.value)


# Its parts


def test_weights_add_up() -> None:
    for rule, steps in itertools.product(RULES, (2, 5, 50)):
        nodes, weights = nodes_of(rule, steps)
        assert len(nodes) == len(weights) == steps
        assert 0 <= nodes.min() <= nodes.max() <= 1
        expected = 1 - 1 / steps if rule == "riemann_trapezoid" else 1  # Captum's trapezoid gives its ends half of 1/n
        assert weights.sum() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ([5, 4, 3, 2, 1, 0.1], [5, 4, 3, 2, 1, 0.1], True),
        ([5, 4, 3, 2, 1, 0.1], [5, 4, 3, 2, -1, 0.1], False),  # a direction
        ([5, 4, 3, 2, 1, 0.1], [5, 4, 3, 2, 0.1, 1], False),  # the set
        ([4, 5, 3, 2, 1, 0.1], [5, 4, 3, 2, 1, 0.1], False),  # the order
        ([5, 5.01, 3, 2, 1, 0.1], [5.01, 5, 3, 2, 1, 0.1], True),  # an order that is about equal
        ([5, 4, 3, 2, 1, 0.1], [5, 4, 3, 2, 1.3, 1.1], False),  # a set closer than the change between the two
        ([5, 4, 3, 2, 1, 0.2], [5, 4, 3, 2, 1, -0.2], True),  # a direction that is not told
    ],
)
def test_what_is_told(before: list[float], after: list[float], same: bool) -> None:
    assert same_told(np.array([before]), np.array([after])).tolist() == [same]
