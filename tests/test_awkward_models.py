"""What awkward models get, promise by promise: a right number, another method with the reason, or one clear line.

Each test is one row of what was measured of plain Captum on such models: first what made it crash, then what made it
silently wrong, then the answers that are known exactly. All go through `explain`, as a user does.
"""

from __future__ import annotations

import copy
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

import reporter
from reporter.errors import AttributionError, DataError, ModelError, UsageError
from reporter.explanation import Explanation
from reporter.methods import integrated_gradients
from reporter.plugins import METHODS
from tests.architectures import Bag, Recommender, architecture
from tests.contracts.test_methods import assert_same, state_of
from tests.languages import bert, wordpiece
from tests.methods.test_hooking import Functional, Odd, Skip
from tests.networks import (
    KeywordOnly,
    Linear,
    Meddling,
    Mixed,
    Nested,
    NestedTwin,
    Normed,
    Product,
    Residual,
    Wrapped,
    mlp,
    rows,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting:UserWarning", "ignore:Input Tensor:UserWarning", "ignore:.torch.jit:DeprecationWarning"
)

QUICK = ("completeness",)


def explained(net: Any, x: Any, **settings: Any) -> list[Explanation]:
    found = reporter.explain(net, x, **{"metrics": QUICK, **settings})
    return found if isinstance(found, list) else [found]


def one(net: Any, x: Any = None, **settings: Any) -> Explanation:
    return explained(net, rows(1) if x is None else x, **settings)[0]


def numbers(net: Any, x: Any = None, **settings: Any) -> Any:
    found = explained(net, rows(3) if x is None else x, **settings)
    return np.stack([np.asarray(each.attributions).reshape(-1) for each in found])


def missed(explanation: Explanation) -> float:
    value = next(each.value for each in explanation.scores if each.name == "completeness")
    assert value is not None
    return value


def fell_back(net: Any, x: Any = None, reason: str = "", within: float = 0.01, **settings: Any) -> Explanation:
    """The explanation, which is not by the first method and says why."""
    found = one(net, x, **settings)
    assert found.provenance.method != "integrated-gradients"
    assert reason in found.provenance.tried[0].reason
    assert found.provenance.tried[0].reason in found.provenance.method_reason
    assert missed(found) < within
    return found


# Crashes


def test_token_ids() -> None:
    found = one(Bag().eval(), torch.tensor([[1, 2, 3, 2]]))
    assert found.provenance.method == "integrated-gradients"
    assert missed(found) < 0.01
    assert numbers(Bag().eval(), torch.tensor([[1, 2, 3, 2]]), method="saliency").any()


def test_floats_and_whole_numbers_together() -> None:
    found = one(Mixed(), (rows(1, 3), torch.tensor([[2]])))
    assert len(found.features) == 4
    assert sorted(each.rank for each in found.features) == [1, 2, 3, 4]
    assert missed(found) < 0.01
    assert len(one(Recommender().eval(), (torch.tensor([[1]]), torch.tensor([[2]]))).features) == 2


def test_one_relu_module_used_twice_and_deep_lift() -> None:
    given = architecture("cnn with one ReLU")
    x, net = given.inputs[0].clone(), given.net
    before = state_of(net)
    found = one(net, x[:1], method="deep-lift", output="logits", modality="image")
    assert missed(found) < 1e-4
    assert not x.requires_grad
    assert_same(before, state_of(net))


def test_outputs_that_are_wrapped() -> None:
    wanted = numbers(Wrapped("tensor"))
    for kind in ("dict", "object", "tuple of one"):
        np.testing.assert_allclose(numbers(Wrapped(kind)), wanted, atol=1e-6)
    for kind in ("other dict", "tuple"):
        with pytest.raises(ModelError, match="choose one with output_key"):
            one(Wrapped(kind))


def test_one_logit_and_targets_that_are_none() -> None:
    net, known = mlp(outputs=1), {"class_names": ["no", "yes"], "output": "logit"}
    np.testing.assert_allclose(numbers(net, target="yes", **known), -numbers(net, target=0, **known), atol=1e-6)
    np.testing.assert_allclose(numbers(lambda x: net(x)[:, 0], target=1, **known), numbers(net, target="yes", **known))
    for target in (2, "maybe", 0.5):
        with pytest.raises(UsageError):
            one(net, target=target, **known)


def test_an_output_per_position() -> None:
    np.testing.assert_allclose(
        numbers(Wrapped("sequence"), target=(2, 1)), numbers(Wrapped("tensor"), target=1), atol=1e-6
    )
    with pytest.raises(
        UsageError, match=r"outputs for 4 positions of each row: 3 classes.*target = \(position, class\)"
    ):
        one(Wrapped("sequence"))


def test_what_cuts_the_gradient() -> None:
    for net, known in (
        (lambda x: mlp()(x).argmax(dim=1), {"class_names": ["a", "b", "c"]}),
        (lambda x: mlp()(x).detach(), {}),
        (torch.no_grad()(mlp()), {}),
        (lambda x: x[:, 0] > x[:, 1], {"class_names": ["a", "b"]}),
    ):
        found = one(net, **known)
        assert found.provenance.method == "shapley-values"
        assert "the score has no gradient" in found.provenance.method_reason


def test_an_input_that_is_not_used() -> None:
    found = numbers(lambda a, b: a.sum(dim=1), (rows(1, 2), rows(1, 2, seed=3)), output="value")[0]
    assert found[:2].all()
    assert not found[2:].any()


def test_a_batch_of_one_in_training_mode_with_batch_norm() -> None:
    net = Normed().train()
    with pytest.raises(ValueError, match="more than 1 value"):
        attr.IntegratedGradients(net).attribute(rows(1), target=0, n_steps=1)
    np.testing.assert_array_equal(numbers(net, rows(1)), numbers(Normed().eval(), rows(1)))
    assert net.training


def test_inference_mode_around_the_call() -> None:
    wanted = numbers(mlp())
    net, x = mlp(), rows(3)
    with torch.inference_mode():
        np.testing.assert_array_equal(numbers(net, x), wanted)


def test_double_data_and_single_model_and_the_reverse() -> None:
    wanted = numbers(mlp())
    np.testing.assert_allclose(numbers(mlp(), rows(3).double()), wanted, atol=1e-5)
    np.testing.assert_allclose(numbers(mlp().double(), rows(3)), wanted, atol=1e-3)


def test_kernel_shap_of_one_feature() -> None:
    x = torch.tensor([[2.0]])
    assert one(Linear([3.0], 1.0), x, method="kernel-shap").attributions == pytest.approx(np.array([[6.0]]))
    grouped = one(mlp(), method="kernel-shap", feature_mask=torch.zeros(6, dtype=torch.long))
    assert missed(grouped) < 1e-5


def test_an_exported_program_of_a_fixed_batch() -> None:
    program = torch.export.export(mlp(), (rows(4),))
    np.testing.assert_allclose(numbers(program, rows(3)), numbers(mlp(), rows(3)), atol=1e-4)


def test_an_exported_program_and_hooks() -> None:
    program = torch.export.export(mlp(), (rows(4),))
    assert one(program).provenance.method == "integrated-gradients"
    with pytest.raises(AttributionError, match=r'exported program, which has no modules.*choose method = "auto"'):
        one(program, method="deep-lift")


def test_a_scripted_model_and_hooks() -> None:
    scripted = torch.jit.trace(mlp(), rows(4))
    assert one(scripted).provenance.method == "integrated-gradients"
    with pytest.raises(AttributionError, match=r'scripted program.*choose method = "auto"'):
        one(scripted, method="guided-backprop")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_quantised_model() -> None:
    net = torch.ao.quantization.quantize_dynamic(mlp(), {nn.Linear})
    # Its activations are scaled by the largest of a batch, so that a row's score depends a little on its neighbours.
    found = fell_back(net, reason="gradient is zero everywhere although the score changes", within=0.05)
    assert found.provenance.method == "shapley-values"
    with pytest.raises(AttributionError, match="no hooks can be hung"):
        one(net, method="deep-lift")


def test_lrp_through_a_layer_without_a_rule() -> None:
    with pytest.raises(AttributionError, match=r"no rule for the layer 'norm' \(LayerNorm\)"):
        one(Residual(), method="lrp")
    assert one(Residual()).provenance.method != "lrp"


def test_a_model_that_writes_to_its_input() -> None:
    x = rows(3)
    before = x.clone()
    net = Meddling()
    for method in ("auto", "saliency", "deep-lift", "feature-ablation", "kernel-shap"):
        numbers(net, x, method=method)
    assert torch.equal(x, before)


def test_empty_and_overlong_inputs() -> None:
    with pytest.raises(UsageError, match="no rows"):
        explained(mlp(), torch.empty(0, 6))
    tokenizer = wordpiece()
    network = bert(tokenizer)
    with pytest.raises(UsageError, match="the text is empty"):
        explained(network, "", tokenizer=tokenizer)
    with pytest.raises(UsageError, match=r"at most 64.*windows = true"):
        explained(network, "the printer is not working " * 40, tokenizer=tokenizer)


def test_ways_to_hand_over_inputs() -> None:
    wanted = numbers(mlp())
    np.testing.assert_array_equal(numbers(KeywordOnly()), wanted)
    np.testing.assert_array_equal(numbers(mlp(), rows(3).numpy()), wanted)
    np.testing.assert_allclose(numbers(mlp(), rows(3).tolist()), wanted, atol=1e-6)
    nested = torch.nested.nested_tensor([rows(1)[0], rows(1)[0]], layout=torch.jagged)
    for given in (rows(3).to_sparse(), nested, rows(3).to("meta")):
        with pytest.raises(UsageError, match="dense real numbers"):
            one(mlp(), given)


@pytest.mark.filterwarnings("ignore")
def test_one_model_and_several_threads() -> None:
    net = mlp()
    wanted = numbers(net, method="deep-lift")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: numbers(net, method="deep-lift"), range(12)))
    assert all(np.array_equal(each, wanted) for each in found)


def test_recurrent_layers_that_cudnn_cannot_differentiate() -> None:
    lstm = architecture("lstm").net

    class Refusing(nn.Module):
        """Says what cuDNN says, as long as it is asked."""

        def __init__(self) -> None:
            super().__init__()
            self.net = lstm

        def forward(self, x: Tensor) -> Tensor:
            if torch.backends.cudnn.enabled and x.requires_grad:
                raise RuntimeError("cudnn RNN backward can only be called in training mode")
            found: Tensor = self.net(x.reshape(-1, 6, 2))
            return found

    assert one(Refusing(), rows(1, 12)).provenance.method == "integrated-gradients"


def test_out_of_memory() -> None:
    net = mlp()

    def narrow(x: Tensor) -> Any:
        if len(x) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return net(x)

    np.testing.assert_allclose(numbers(narrow), numbers(net), atol=1e-3)

    def never(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(ModelError, match="does not fit into memory, not even for one row"):
        one(never)


# Silently wrong


def test_cached_language_model_attribution_is_not_there() -> None:
    assert not any("LLM" in METHODS.load(name).captum for name in METHODS.names())


def test_deep_lift_and_relu_as_a_function() -> None:
    with pytest.raises(AttributionError, match="no module DeepLIFT has a rule for"):
        one(Functional(both=False), method="deep-lift")
    assert one(Functional(both=True), 3 * rows(1), method="deep-lift", metrics="all").grade.level != "solid"


def test_guided_backpropagation_and_relu_as_a_function() -> None:
    with pytest.raises(AttributionError, match="calls ReLU as a function"):
        one(Functional(both=True), method="guided-backprop")


def test_a_traced_program_and_deep_lift() -> None:
    with pytest.raises(AttributionError, match="scripted program"):
        one(torch.jit.trace(mlp(), rows(4)), method="deep-lift")


def test_deep_lift_through_what_has_no_rule() -> None:
    for what in (nn.LayerNorm(8), nn.GELU(), nn.SiLU()):
        found = one(Odd(what), 3 * rows(1), method="deep-lift")
        assert missed(found) > 0.01
        assert found.grade.level != "solid"


def test_lrp_through_a_sum_of_branches() -> None:
    with pytest.raises(AttributionError, match="sum of two branches"):
        one(Skip(), method="lrp")


def test_training_mode_with_dropout_and_batch_norm() -> None:
    net = Normed().train()
    before = copy.deepcopy(net.state_dict())
    np.testing.assert_array_equal(numbers(net), numbers(net))
    assert all(torch.equal(each, before[name]) for name, each in net.state_dict().items())
    assert net.training


def test_a_missing_number() -> None:
    x = rows(3)
    x[1, 2] = torch.nan
    with pytest.raises(DataError, match=r"column.*3|row.*1"):
        one(mlp(), x, method="feature-ablation")


def test_a_gradient_that_is_not_a_number() -> None:
    def net(x: Tensor) -> Tensor:
        return (x * 0).sqrt().sum(dim=1) + x.sum(dim=1)

    assert fell_back(net, reason="not finite", output="value").provenance.method == "shapley-values"


def test_steps_inside_the_model() -> None:
    fell_back(lambda x: (x * 3).round().sum(dim=1), reason="gradient is zero everywhere", output="value")


def test_target_minus_one() -> None:
    with pytest.raises(UsageError, match="-1"):
        one(mlp(), target=-1)


def test_lime_of_scores_that_vary_little() -> None:
    def net(x: Tensor) -> Tensor:
        return 1e-4 * (3 * x[:, 0] - 2 * x[:, 1])

    found = numbers(net, torch.ones(1, 4), method="lime", output="value")[0]
    np.testing.assert_allclose(found, [3e-4, -2e-4, 0, 0], atol=3e-5)


def test_kernel_shap_with_few_samples() -> None:
    found = one(mlp(30), rows(1, 30), method="kernel-shap")
    assert found.provenance.settings["n_samples"] == 2048 + 60
    few = numbers(mlp(30), rows(1, 30), method="kernel-shap", n_samples=40)
    assert len(np.unique(few.round(6))) > 20


def test_feature_permutation_of_one_instance(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AttributionError, match="there is only one"):
        one(mlp(), method="feature-permutation")
    assert numbers(mlp(), rows(8), method="feature-permutation").any()
    assert capsys.readouterr().out == ""


def test_a_transformer_takes_as_many_steps_as_it_needs() -> None:
    given = architecture("transformer")
    for found in explained(lambda x: given.net(x.reshape(-1, 5, 4)), 4 * given.inputs[0].reshape(3, 20)):
        assert missed(found) < 0.01 or found.grade.level != "solid"
        tried = [each.method for each in found.provenance.tried]
        assert tried == ["integrated-gradients"] or int(found.provenance.settings["n_steps"]) >= 32


def test_gradient_shap_is_seeded() -> None:
    first = numbers(mlp(), method="gradient-shap")
    np.random.seed(5)
    torch.manual_seed(5)
    np.testing.assert_array_equal(numbers(mlp(), method="gradient-shap"), first)
    assert not np.array_equal(numbers(mlp(), method="gradient-shap", seed=1), first)


def test_one_symbol_that_occurs_twice() -> None:
    tokenizer = wordpiece()
    found = one(bert(tokenizer), "reset the printer and reset the password", tokenizer=tokenizer)
    assert len({each.id for each in found.features}) == len(found.features) == 7


def test_memory_of_integrated_gradients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    net = mlp()

    def watched(x: Tensor) -> Any:
        nonlocal most
        most = max(most, len(x))
        return net(x)

    monkeypatch.setattr(integrated_gradients, "STORED", 257 * 6 * 2)
    monkeypatch.setattr("reporter.batching.NUMBERS_PER_BATCH", {"cpu": 200, "": 200})
    numbers(watched, rows(40))
    assert 1 < most < 300  # of 40 rows at 33 points each


def test_no_graph_is_kept() -> None:
    net, x = mlp(), rows(3)

    def alive() -> int:
        gc.collect()
        return sum(issubclass(type(each), Tensor) and each.grad_fn is not None for each in gc.get_objects())

    before = alive()
    kept = [explained(net, x, method=method) for method in ("auto", "deep-lift", "lrp", "kernel-shap")]
    assert alive() == before
    assert len(kept) == 4


def test_batch_sizes_change_nothing_that_is_told() -> None:
    told = [one(mlp(), internal_batch_size=size, n_steps=40).report().text for size in (1, 7, 1000)]
    assert told[0] == told[1] == told[2]


# Answers known exactly


@pytest.mark.parametrize("net", [Nested(), NestedTwin()], ids=["one form", "the other"])
def test_two_networks_of_one_function(net: nn.Module) -> None:
    np.testing.assert_allclose(numbers(net, torch.tensor([[3.0, 1.0]]), output="value"), [[1.5, -0.5]], atol=1e-3)


def test_a_linear_model() -> None:
    weights, x = torch.tensor([2.0, -1.0, 0.5, 0.0, 3.0, 1.0]), rows(2)
    for name in METHODS.names():
        method = METHODS.load(name)()
        if method.complete:
            found = numbers(Linear(weights.tolist(), 4.0), x, method=name, output="value")
            np.testing.assert_allclose(found, (weights * x).numpy(), atol=1e-5)


def test_a_product() -> None:
    found = one(Product(), torch.tensor([[2.0, 3.0, 4.0]]), method="feature-ablation", output="value")
    assert np.asarray(found.attributions).tolist() == [[24.0] * 3]
    assert missed(found) == pytest.approx(2.0)


def test_a_logistic_regression() -> None:
    weights, x = torch.tensor([3.0, -2.0, 1.5, 1.0, -0.5, 0.25]), rows(4)
    known = {"output": "logit", "class_names": ["no", "yes"], "target": "yes", "metrics": ("deletion",)}
    orders = []
    for method in ("integrated-gradients", "shapley-values"):
        found = explained(Linear(weights.tolist(), 0.5), x, method=method, **known)
        assert [each.scores[0].value for each in found] == [pytest.approx(1.0)] * 4
        orders.append([[feature.id for feature in sorted(each.features, key=lambda f: f.rank)] for each in found])
    assert orders[0] == orders[1]
