"""Models: one shape of outputs for everything that can be run, and what the outputs mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reporter.errors import ModelError, UsageError
from reporter.loading import model_of
from reporter.model import Model
from reporter.outputs import SCORE_KINDS
from reporter.study import Output
from tests.networks import KeywordOnly, Meddling, Mixed, Wrapped, mlp, rows

LOGITS = mlp()(rows()).detach()


def settled(given: Any, x: Tensor | None = None, **known: Any) -> Model:
    return Model(given, **known).settled((rows() if x is None else x,))


# One shape


@pytest.mark.parametrize("kind", ["tensor", "tuple of one", "dict", "object", "list of lists"])
def test_logits_are_found(kind: str) -> None:
    found = Model(Wrapped(kind)).outputs((rows(),))
    torch.testing.assert_close(found.detach().float(), LOGITS, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "key"), [("tuple", 1), ("other dict", "scores"), ("object", "logits"), ("tuple", "1")]
)
def test_a_key_chooses(kind: str, key: str | int) -> None:
    found = Model(Wrapped(kind), output_key=key).outputs((rows(),))
    torch.testing.assert_close(found.detach(), LOGITS, rtol=1e-5, atol=1e-6)


def test_a_key_chooses_a_column() -> None:
    found = Model(mlp(), output_key=2).outputs((rows(),))
    torch.testing.assert_close(found.detach(), LOGITS[:, 2:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        ("tuple", None, "a tuple of 3 parts; its parts: 0 to 2; choose one with output_key"),
        ("other dict", None, "a dict of 2 parts; its parts: scores, hidden; choose one with output_key"),
        ("dict", "logit", "no 'logit'; its parts: logits, hidden"),
        ("tuple", 5, "no 5; its parts: 0 to 2"),
        ("tensor", 7, "no 7"),
        ("one row", None, "shape (1, 3) for 8 rows"),
        ("nothing", None, "returns NoneType"),
        ("text", None, "returns str"),
    ],
)
def test_outputs_that_cannot_be_used(kind: str, key: Any, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        Model(Wrapped(kind), output_key=key).outputs((rows(),))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("returned", "shape"),
    [
        (lambda x: x[:, 0], (8, 1)),
        (lambda x: x.numpy().sum(axis=1), (8, 1)),
        (lambda x: x.numpy(), (8, 6)),
        (lambda x: [float(each) for each in x[:, 0]], (8, 1)),
    ],
)
def test_arrays_and_one_axis(returned: Callable[[Tensor], Any], shape: tuple[int, int]) -> None:
    assert Model(returned).outputs((rows(),)).shape == shape


def test_one_number_for_one_row() -> None:
    assert Model(lambda x: x.sum()).outputs((rows(1),)).shape == (1, 1)
    with pytest.raises(ModelError, match=r"shape \(\) for 2 rows"):
        Model(lambda x: x.sum()).outputs((rows(2),))


@pytest.mark.parametrize("wrong", [lambda x: x.to_sparse(), lambda x: x.to(torch.complex64)])
def test_outputs_of_strange_kinds(wrong: Callable[[Tensor], Any]) -> None:
    with pytest.raises(ModelError, match="dense real numbers"):
        Model(wrong).outputs((rows(),))


def test_the_input_is_never_touched() -> None:
    x = rows()
    before = x.clone()
    Model(Meddling()).outputs((x,))
    assert torch.equal(x, before)


def test_a_forward_by_keyword() -> None:
    torch.testing.assert_close(Model(KeywordOnly()).outputs((rows(),)).detach(), LOGITS, rtol=1e-5, atol=1e-6)


def test_types_are_aligned() -> None:
    net = mlp()
    model = model_of(net)
    torch.testing.assert_close(model.outputs((rows().double(),)).detach(), LOGITS, rtol=1e-5, atol=1e-6)
    assert model_of(mlp().double()).outputs((rows(),)).dtype == torch.float64
    assert model_of(mlp().bfloat16()).outputs((rows(),)).dtype == torch.bfloat16
    codes = torch.tensor([[1]] * 8)
    assert model_of(Mixed()).outputs((rows(8, 3).double(), codes)).shape == (8, 2)


# What they mean


def test_every_kind_has_a_name() -> None:
    assert set(SCORE_KINDS) == set(get_args(Output))


def squashed(function: Callable[[Tensor], Tensor], outputs: int = 3) -> Callable[[Tensor], Tensor]:
    net = mlp(outputs=outputs)
    return lambda x: function(net(x))


WIDE = torch.cat([rows(), rows() * 10, rows() * -10])


@pytest.mark.parametrize(
    ("function", "outputs", "known", "expected"),
    [
        (lambda z: z, 3, {}, ("classification", "logits")),
        (lambda z: z.softmax(1), 3, {}, ("classification", "probabilities")),
        (lambda z: z.softmax(1).bfloat16(), 3, {}, ("classification", "probabilities")),
        (lambda z: z.log_softmax(1), 3, {}, ("classification", "log-probabilities")),
        (lambda z: z, 1, {}, ("regression", "value")),
        (lambda z: z[:, 0], 1, {}, ("regression", "value")),
        (lambda z: z, 1, {"classes": ("no", "yes")}, ("classification", "logit")),
        (lambda z: z, 1, {"task": "classification"}, ("classification", "logit")),
        (lambda z: z.sigmoid(), 1, {"classes": ("no", "yes")}, ("classification", "probability")),
        (lambda z: z.sigmoid(), 1, {"threshold": 0.3}, ("classification", "probability")),
        (lambda z: z.sigmoid(), 1, {"task": "regression"}, ("regression", "value")),
        (lambda z: z.relu(), 3, {}, ("classification", "logits")),
        (lambda z: z.argmax(1), 3, {"classes": ("a", "b", "c")}, ("classification", "probabilities")),
        (lambda z: z[:, 0] > 0, 1, {"classes": ("a", "b")}, ("classification", "probability")),
    ],
)
def test_the_kind_is_inferred(
    function: Callable[[Tensor], Tensor], outputs: int, known: dict[str, Any], expected: tuple[str, str]
) -> None:
    model = settled(squashed(function, outputs), WIDE, **known)
    assert (model.task, model.output) == expected
    assert model.inferred


def test_what_is_said_is_not_inferred() -> None:
    model = settled(nn.Sequential(mlp(), nn.Softmax(dim=1)), output="logits")
    assert (model.output, model.inferred, model.classes) == ("logits", False, ("0", "1", "2"))
    assert settled(mlp(outputs=1), output="value").task == "regression"
    assert settled(mlp(outputs=1), output="logit").labels == ("0", "1")
    assert settled(mlp(outputs=1), value="price").labels == ("price",)


def test_numbers_that_are_no_probabilities_are_not_taken_for_them() -> None:
    with pytest.raises(ModelError, match="output = 'probabilities', but the model returns numbers from"):
        settled(mlp(), output="probabilities")


@pytest.mark.parametrize(
    ("outputs", "known", "said"),
    [
        (3, {"classes": ("a", "b")}, "2 classes are named (a, b), but the model returns 3 columns"),
        (1, {"classes": ("a", "b", "c")}, "3 classes are named (a, b, c), but the model returns one column"),
        (
            1,
            {"output": "logits"},
            "output = 'logits', but the model returns one column per row; logit, probability or value",
        ),
        (3, {"output": "logit"}, "output = 'logit', but the model returns 3 columns"),
        (3, {"output": "value"}, "the model returns 3 values per row: quantity_0, quantity_1, quantity_2"),
        (3, {"task": "regression"}, "3 values per row: quantity_0, quantity_1, quantity_2; one of them at a time"),
    ],
)
def test_what_is_said_must_fit(outputs: int, known: dict[str, Any], said: str) -> None:
    with pytest.raises((ModelError, UsageError)) as caught:
        settled(mlp(outputs=outputs), **known)
    assert said in str(caught.value)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_one_column_has_a_score_for_either_class(output: Output) -> None:
    net = mlp(outputs=1)
    model = settled((lambda x: net(x).sigmoid()) if output == "probability" else net, output=output)
    scores, raw = model.evaluate((rows(),)), model.outputs((rows(),)).detach().double()
    torch.testing.assert_close(scores[:, 1], raw[:, 0])
    torch.testing.assert_close(scores[:, 0], -raw[:, 0] if output == "logit" else 1 - raw[:, 0])
    chances = model.probabilities(scores)
    assert chances is not None
    torch.testing.assert_close(chances.sum(dim=1), torch.ones(8, dtype=torch.float64))
    assert torch.equal(model.predicted(scores), (chances[:, 1] >= 0.5).long())


def test_the_threshold_decides() -> None:
    scores = torch.tensor([[-0.0, 0.0], [2.0, -2.0], [-2.0, 2.0]], dtype=torch.float64)
    chances = scores[:, 1].sigmoid()
    model = Model(mlp(outputs=1), output="logit", task="classification", classes=("a", "b"))
    for threshold in (0.05, 0.3, 0.7, 0.95):
        decided = Model(**{**vars(model), "threshold": threshold}).predicted(scores)
        assert torch.equal(decided, (chances >= threshold).long())


def test_labels_become_columns() -> None:
    net = mlp()
    model = settled(lambda x: net(x).argmax(1), classes=("a", "b", "c"))
    assert torch.equal(model.evaluate((rows(),)).argmax(1), LOGITS.argmax(1))
    assert model.score_kind == "probability"


def test_probabilities() -> None:
    logits = torch.randn(4, 3, dtype=torch.float64)
    for output, scores in (("logits", logits), ("log-probabilities", logits.log_softmax(1))):
        found = Model(mlp(), output=output).probabilities(scores)  # type: ignore[arg-type]
        assert found is not None
        torch.testing.assert_close(found, logits.softmax(1))
    assert Model(mlp(), output="value").probabilities(logits) is None


# What it is


def test_the_hash_follows_the_weights() -> None:
    net = mlp()
    first = Model(net).weight_hash()
    assert Model(mlp()).weight_hash() == first
    assert Model(lambda x: net(x) * 2).weight_hash() == first
    with torch.no_grad():
        next(net.parameters())[0, 0] += 1e-7
        next(net.parameters())[0, 1] += 1.0
    assert Model(net).weight_hash() != first
    assert Model(np.sum).weight_hash() == ""


def test_modules_inside_functions_are_found() -> None:
    net, other = mlp(), mlp(seed=1)

    def closing(x: Tensor) -> Any:
        return net(x) + other(x)

    class Holder:
        def __init__(self) -> None:
            self.net = net

        def predict(self, x: Tensor) -> Any:
            return self.net(x)

        def __call__(self, x: Tensor) -> Any:
            return self.net(x)

    assert set(Model(closing).modules) == {net, other}
    assert Model(functools.partial(nn.Module.__call__, net)).modules == (net,)
    assert Model(Holder().predict).modules == (net,)
    assert Model(Holder()).modules == (net,)
    assert Model(torch.relu).modules == ()


def test_size_counts_every_weight() -> None:
    assert Model(nn.Linear(6, 3)).size == 21
    assert Model(torch.relu).size == 0
