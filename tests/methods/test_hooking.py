"""What hooks on modules can and cannot do: modules used twice, functions, programs, one-column outputs, failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

from reporter.asking import ask
from reporter.errors import AttributionError, UnknownName, UsageError
from reporter.guard import guarded
from reporter.loading import model_of
from reporter.methods.deep_lift import DeepLift, DeepLiftShap
from reporter.methods.grad_cam import GuidedGradCam, LayerGradCam
from reporter.methods.guided import Deconvolution, GuidedBackprop
from reporter.methods.hooking import Scores, hookable, traced
from reporter.methods.relevance import LRP
from reporter.model import Model
from reporter.question import Method, Question
from tests.architectures import Bag, ReusedRelu, architecture
from tests.methods.test_integrated_gradients import question
from tests.networks import Linear, Nested, Residual, Wrapped, mlp, rows

pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting:UserWarning", "ignore:Input Tensor:UserWarning", "ignore:.torch.jit:DeprecationWarning"
)

HOOKING: list[Method] = [DeepLift(), DeepLiftShap(), GuidedBackprop(), Deconvolution(), LRP()]


def change(given: Question) -> Any:
    index = torch.arange(len(given))
    return given.evaluate(given.inputs, index) - given.evaluate(given.baselines, index)


# One module, several uses


def test_captum_itself_crashes_on_a_module_that_is_used_twice() -> None:
    x = rows(2, 72).reshape(2, 2, 6, 6)
    with pytest.raises(RuntimeError):
        attr.DeepLift(ReusedRelu().eval()).attribute(x, target=0)


def test_each_use_has_a_module_of_its_own_while_hooks_hang_on_it() -> None:
    given = architecture("cnn with one ReLU").question()
    net: Any = given.model.forward
    relu = net.relu
    with hookable(given) as scores:
        wanted = scores(*given.inputs)
        scores.separate(traced(scores, given).reused((nn.ReLU,)), traced(scores, given).counts)
        assert net.relu is net.again is not relu
        assert len(scores.standing_for(relu)) == 2
        assert scores.standing_for(net.out) == [net.out]
        assert torch.equal(scores(*given.inputs), wanted)
    assert net.relu is net.again is relu


def test_the_nested_relus_of_one_module() -> None:
    given = question(Nested(), torch.tensor([[3.0, 1.0]]))
    found = DeepLift().attribute(given).attributions
    np.testing.assert_allclose(found.sum(), change(given), atol=1e-6)


class Weighty(nn.Module):
    """A linear layer used twice, whose weight is looked at as well."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.relu = nn.Linear(6, 6), nn.ReLU()
        self.second = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.second(self.layer(self.relu(self.layer(x)))) + 0 * self.layer.weight.sum()
        return found


def test_a_layer_with_weights_that_is_used_twice_keeps_one_weight() -> None:
    class Twice(Weighty):
        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.second(self.layer(self.relu(self.layer(x))))
            return found

    net = Twice()
    given = question(net, rows(3), 0.0, 1)
    split = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU())
    for place in ("0", "2"):
        split.get_submodule(place).load_state_dict(net.layer.state_dict())
    wanted = attr.LRP(split).attribute(rows(3), target=1)
    np.testing.assert_allclose(LRP().attribute(given).attributions, wanted.detach().numpy(), atol=1e-6)
    with hookable(question(Weighty(), rows(3))) as scores:
        trace = traced(scores, question(Weighty(), rows(3)))
        scores.separate(trace.reused((nn.Linear,)), trace.counts)
        scores(rows(3))


class Fickle(nn.Module):
    """Uses its ReLU once more where the numbers are large."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.relu = nn.Linear(6, 3), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3 if len(x) > 1 else 2):
            x = self.relu(x)
        found: Tensor = self.layer(x)
        return found


def test_a_module_that_is_used_a_changing_number_of_times_is_refused() -> None:
    with pytest.raises(AttributionError, match="changing number of times"):
        DeepLift().attribute(
            question(Fickle(), rows(3), output="logits", task="classification", classes=("a", "b", "c"))
        )


# Functions


class Functional(nn.Module):
    """ReLU as a function, beside a ReLU that is a module."""

    def __init__(self, *, both: bool) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second, self.out = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        self.relu = nn.ReLU() if both else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(torch.relu(self.second(self.relu(self.first(x)))))
        return found


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("method", [GuidedBackprop(), Deconvolution()])
def test_relu_as_a_function_is_refused_where_its_gradient_is_to_be_changed(method: Method, both: bool) -> None:
    with pytest.raises(AttributionError, match=r"calls ReLU as a function.*use nn\.ReLU"):
        method.attribute(question(Functional(both=both), rows(3)))


def test_without_relu_guided_backpropagation_is_refused() -> None:
    with pytest.raises(AttributionError, match=r"runs no nn\.ReLU"):
        GuidedBackprop().attribute(question(mlp(activation=nn.GELU), rows(3)))


def test_deep_lift_through_functions_alone_is_refused() -> None:
    with pytest.raises(AttributionError, match="runs no module DeepLIFT has a rule for"):
        DeepLift().attribute(question(Functional(both=False), rows(3)))


class Odd(nn.Module):
    """One ruled ReLU in front of something that has no rule."""

    def __init__(self, what: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.relu, self.what, self.out = nn.Linear(6, 8), nn.ReLU(), what, nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.what(self.relu(self.first(x))))
        return found


@pytest.mark.parametrize("what", [nn.LayerNorm(8), nn.GELU(), nn.SiLU()], ids=["LayerNorm", "GELU", "SiLU"])
def test_deep_lift_through_modules_without_a_rule_shows_in_the_sum(what: nn.Module) -> None:
    given = question(Odd(what), 3 * rows(4), 0.0, 1)
    found = DeepLift().attribute(given).attributions.sum(axis=1)
    assert (np.abs(found - change(given)) > 0.01 * np.abs(change(given))).any()


# Programs


def test_programs_have_no_modules_to_hang_hooks_on() -> None:
    net = mlp()
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(net, (rows(4),), dynamic_shapes=({0: batch},))
    for method in HOOKING:
        for given, said in (
            (torch.jit.trace(net, rows(4)), "scripted program"),
            (exported.module(), "exported program"),
            (model_of(exported).forward, "exported program"),
        ):
            asked = question(given, rows(3), output="logits", task="classification", classes=("a", "b", "c"))
            with pytest.raises(AttributionError, match=said):
                method.attribute(asked)


def test_captum_on_a_traced_program_is_silently_wrong() -> None:
    net = mlp()
    x = rows(4)
    _, delta = attr.DeepLift(torch.jit.trace(net, x)).attribute(x, target=0, return_convergence_delta=True)
    assert delta.abs().max() > 0.1
    np.testing.assert_allclose(
        DeepLift().attribute(question(net, x)).attributions.sum(axis=1), change(question(net, x)), atol=1e-4
    )


# Outputs


@pytest.mark.parametrize("kind", ["tuple of one", "dict", "object"])
def test_wrapped_outputs(kind: str) -> None:
    for method in HOOKING[:-1]:  # LRP will not have the sum that is computed beside
        found = method.attribute(question(Wrapped(kind), rows(3), 0.0, 1)).attributions
        np.testing.assert_allclose(found, method.attribute(question(mlp(), rows(3), 0.0, 1)).attributions, atol=1e-6)


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("method", HOOKING, ids=lambda method: type(method).__name__)
def test_of_one_column_either_class_can_be_explained(method: Method, output: Any) -> None:
    net = nn.Sequential(*mlp(outputs=1), *([nn.Tanh()] if output == "probability" else []))
    known = {"output": output, "task": "classification", "classes": ("no", "yes")}
    for_it, against = (method.attribute(question(net, rows(3), 0.0, i, **known)).attributions for i in (1, 0))
    if isinstance(method, (DeepLift, DeepLiftShap, LRP)):
        np.testing.assert_allclose(for_it, -against, atol=1e-6)
    else:
        assert not np.allclose(for_it, against)
    if isinstance(method, LRP):
        wanted = attr.LRP(net).attribute(rows(3), target=0)
        np.testing.assert_allclose(for_it, wanted.detach().numpy(), atol=1e-5)


def test_several_inputs_and_arguments() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
            found: Tensor = self.net(torch.cat([a, b], dim=1)) * scale[:, None]
            return found

    net, given, scale = Two(), (rows(5, 2), rows(5, 4, seed=3)), torch.rand(5) + 0.5
    zeros = tuple(torch.zeros_like(each) for each in given)
    target = torch.ones(5, dtype=torch.long)
    asked = Question(Model(net, output="logits"), given, zeros, target, torch.arange(6), (scale,))
    for method, captum, more in (
        (DeepLift(), attr.DeepLift, {"baselines": zeros}),
        (GuidedBackprop(), attr.GuidedBackprop, {}),
    ):
        wanted = captum(net).attribute(given, target=1, additional_forward_args=(scale,), **more)
        found = method.attribute(asked).attributions
        np.testing.assert_allclose(found, torch.cat(wanted, dim=1).detach().numpy(), atol=1e-5)


def test_an_input_that_is_not_used_gets_nothing() -> None:
    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            found: Tensor = self.net(a)
            return found

    given = (rows(3), rows(3, 2, seed=5))
    zeros = tuple(torch.zeros_like(each) for each in given)
    model = Model(One(), output="logits", task="classification", classes=("a", "b", "c"))
    asked = Question(model, given, zeros, torch.tensor([0, 1, 2]), torch.arange(8))
    for method in HOOKING:
        found = method.attribute(asked).attributions
        alone = method.attribute(question(mlp(), rows(3), 0.0, torch.tensor([0, 1, 2]))).attributions
        np.testing.assert_allclose(found[:, :6], alone, atol=1e-6)
        assert not found[:, 6:].any()


@pytest.mark.filterwarnings("ignore")
def test_a_quantised_network_is_refused_in_one_line() -> None:
    net = torch.ao.quantization.quantize_dynamic(mlp(), {nn.Linear})
    for method in HOOKING:
        with pytest.raises(AttributionError) as caught:
            method.attribute(question(net, rows(3)))
        assert "\n" not in str(caught.value)


def test_hooks_hang_on_the_network_inside_a_compiled_one() -> None:
    compiled = torch.compile(mlp(), backend="eager")
    known: dict[str, Any] = {"output": "logits", "task": "classification", "classes": ("a", "b", "c")}
    for method in HOOKING:
        found = method.attribute(question(compiled, rows(3), 0.0, 1, **known)).attributions
        np.testing.assert_array_equal(found, method.attribute(question(mlp(), rows(3), 0.0, 1, **known)).attributions)


def test_a_function_around_a_network_is_hooked_inside() -> None:
    net = mlp()
    given = question(lambda x: net(x) * 2, rows(3), 0.0, 1, output="logits", task="classification")
    np.testing.assert_allclose(DeepLift().attribute(given).attributions.sum(axis=1), change(given), atol=1e-4)


def test_a_module_inside_another_is_hooked_once() -> None:
    net = mlp()
    first = net[0]

    def both(x: Tensor) -> Tensor:
        found: Tensor = net(x) + 0 * first(x).sum()
        return found

    given = question(both, rows(3), 0.0, 1, output="logits", task="classification")
    assert len(Scores(given).parts) == 1
    np.testing.assert_allclose(DeepLift().attribute(given).attributions.sum(axis=1), change(given), atol=1e-4)


def test_whole_numbers_are_refused_unless_they_are_looked_up() -> None:
    given = architecture("embedding bag").question()
    assert isinstance(given.model.forward, Bag)
    for method in HOOKING:
        with pytest.raises(AttributionError, match="whole numbers"):
            method.attribute(given)
    assert ask(DeepLift(), given).attributions.any()


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.Sigmoid()], ids=["softmax", "sigmoid"])
def test_a_row_does_not_depend_on_its_neighbours(last: nn.Module) -> None:
    net = nn.Sequential(*mlp(), last)
    whole = DeepLift().attribute(question(net, rows(4), 0.0, 1)).attributions
    captum = attr.DeepLift(net).attribute(rows(4), target=1).detach().numpy()
    if isinstance(last, nn.Softmax):  # Captum's rule takes its mean over all rows
        assert np.abs(captum - whole).max() > 1e-3 * np.abs(whole).max()
    else:
        np.testing.assert_allclose(whole, captum, atol=1e-6)
    for row in range(4):
        alone = attr.DeepLift(net).attribute(rows(4)[row : row + 1], target=1)
        np.testing.assert_allclose(whole[row], alone[0].detach().numpy(), atol=1e-6)


# Layers


def test_lrp_names_the_layer_that_has_no_rule() -> None:
    with pytest.raises(AttributionError, match=r"no rule for the layer 'norm' \(LayerNorm\)"):
        LRP().attribute(question(Residual(), rows(3)))


class Skip(nn.Module):
    """A sum of two branches, of layers that all have a rule."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner, self.relu, self.out = nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.relu(self.inner(x)) + x)
        return found


def test_lrp_through_a_sum_of_branches_is_refused() -> None:
    x = rows(3)
    _, delta = attr.LRP(Skip()).attribute(x, target=0, return_convergence_delta=True)
    assert delta.abs().max() > 0.1  # what Captum would have said
    with pytest.raises(AttributionError, match="relevance of a sum of two branches twice"):
        LRP().attribute(question(Skip(), x))
    with pytest.raises(AttributionError, match="no rule for the function 'relu'"):
        LRP().attribute(question(Functional(both=True), x))


def test_lrp_knows_captums_module_for_sums_and_layers_that_only_reshape() -> None:
    from captum.attr._utils.custom_modules import Addition_Module

    class Summed(Skip):
        def __init__(self) -> None:
            super().__init__()
            self.sum, self.flat = Addition_Module(), nn.Flatten()

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.out(self.flat(self.sum(self.relu(self.inner(x)), x)))
            return found

    net = Summed()
    with torch.no_grad():
        for layer in (net.inner, net.out):
            layer.bias.zero_()
    given = question(net, rows(3), 0.0, 1)
    np.testing.assert_allclose(LRP().attribute(given).attributions.sum(axis=1), change(given), atol=1e-5)


def test_grad_cam_of_a_named_layer() -> None:
    given = architecture("cnn with one ReLU")
    net: Any = given.net
    found = LayerGradCam(layer="first", relu_attributions=True, interpolate_mode="bilinear").attribute(given.question())
    wanted = attr.LayerGradCam(net, net.first).attribute(given.inputs, given.target, relu_attributions=True)
    wide = attr.LayerAttribution.interpolate(wanted, (6, 6), interpolate_mode="bilinear")
    summed = found.attributions.reshape(3, 2, 36).sum(axis=1)
    np.testing.assert_allclose(summed, wide.detach().reshape(3, 36).numpy(), atol=1e-6)
    assert found.settings[0] == {"layer": "first", "relu_attributions": True, "interpolate_mode": "bilinear"}
    assert GuidedGradCam().attribute(given.question()).settings[0]["layer"] == "second"


def test_grad_cam_where_it_cannot_be_drawn() -> None:
    given = architecture("cnn with one ReLU").question()
    with pytest.raises(UnknownName, match="no layer called 'secnd'; did you mean 'second'"):
        LayerGradCam(layer="secnd").attribute(given)
    with pytest.raises(AttributionError, match="'out' has no grid"):
        LayerGradCam(layer="out").attribute(given)
    with pytest.raises(AttributionError, match="runs no convolution"):
        LayerGradCam().attribute(question(mlp(), rows(3)))
    with pytest.raises(UsageError, match="interpolate_mode = 'best'"):
        LayerGradCam(interpolate_mode="best")

    class Last(nn.Module):
        """A sequence with its channels last, which the convolution sees first."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv1d(2, 3, 3), nn.Linear(18, 3)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.out(self.conv(x.transpose(1, 2)).flatten(1))
            return found

    x = rows(3, 16).reshape(3, 8, 2)
    asked = Question(Model(Last(), output="logits"), (x,), (x * 0,), torch.tensor([0, 1, 2]), torch.arange(16))
    with pytest.raises(AttributionError, match="runs on a grid of 8, the input has the shape 8 × 2"):
        LayerGradCam().attribute(asked)


# Guard


def test_under_the_guard_gradients_of_weights_are_off_and_hooks_still_work() -> None:
    net = mlp().train()
    given = question(net, rows(3), 0.0, 1)
    with guarded(given.model):
        found = DeepLift().attribute(given).attributions
    wanted = attr.DeepLift(net.eval()).attribute(rows(3), target=1)
    np.testing.assert_allclose(found, wanted.detach().numpy(), atol=1e-5)
    assert all(each.requires_grad for each in net.parameters())


def test_linear_models_need_no_rule() -> None:
    given = question(Linear([2.0, -1.0, 0.5]), rows(4, 3), rows(1, 3, seed=9))
    np.testing.assert_allclose(DeepLift().attribute(given).attributions.sum(axis=1), change(given), atol=1e-5)
