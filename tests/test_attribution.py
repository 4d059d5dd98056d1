"""Attribution end to end: the right method, the promises kept on awkward models, everything in the Explanation."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from torch import Tensor, nn

from reporter.attribution import STANDARD, Plan, attribute
from reporter.choosing import chosen_methods
from reporter.errors import AttributionError, ModelError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.loading import model_of
from reporter.model import Model
from reporter.plugins import METRICS
from reporter.receiving import rows_of_inputs
from tests.networks import Linear, Meddling, Mixed, Nested, Normed, Product, SelfTraining, Wrapped, mlp, rows
from tests.test_guard import same, state

REFERENCE = rows(60, seed=4)
MIDDLE = torch.from_numpy(np.median(REFERENCE.numpy(), axis=0, keepdims=True))  # torch's median takes the lower of two


def explained(
    net: Any, x: Any = None, *, reference: Any = REFERENCE, known: dict[str, Any] | None = None, **plan: Any
) -> list[Explanation]:
    x = rows(3) if x is None else x
    model = model_of(net)
    if known:
        model = Model(**{**{name: getattr(model, name) for name in Model.__dataclass_fields__}, **known})
    return list(attribute(model, rows_of_inputs(x, reference=reference), Plan(**plan)))


def one(net: Any, x: Any = None, **given: Any) -> Explanation:
    return explained(net, rows(1) if x is None else x, **given)[0]


# Which method


def test_a_network_is_explained_by_integrated_gradients() -> None:
    for each in explained(mlp()):
        assert each.provenance.method == "integrated-gradients"
        assert each.provenance.method_reason == "the model can be differentiated"
        assert each.provenance.tried == ()


def with_nan_gradient(x: Tensor) -> Tensor:
    return torch.where(x > -100, x, (x * 0).sqrt()).sum(dim=1) + x[:, 0] * 2


WITHOUT: list[tuple[str, Callable[[Tensor], Any], dict[str, Any], str]] = [
    ("argmax", lambda x: mlp()(x).argmax(dim=1), {"classes": ("a", "b", "c")}, "the score has no gradient"),
    ("detach", lambda x: mlp()(x).detach(), {}, "the score has no gradient"),
    ("no_grad", torch.no_grad()(mlp()), {}, "the score has no gradient"),
    ("comparison", lambda x: x[:, 0] > x[:, 1], {"classes": ("a", "b")}, "the score has no gradient"),
    ("numpy", lambda x: x.detach().numpy().sum(axis=1), {}, "the score has no gradient"),
    ("round", lambda x: (x * 3).round().sum(dim=1), {}, "its gradient is zero everywhere although the score changes"),
    ("sqrt", lambda x: (x * 0).sqrt().sum(dim=1) + x.sum(dim=1), {}, "its attributions are not finite"),
    ("nan", with_nan_gradient, {}, "its attributions are not finite"),
    ("jump", lambda x: x.sum(dim=1) + 50 * (x > 0).sum(dim=1), {}, "miss the change in score by"),
]


@pytest.mark.parametrize(("net", "known", "reason"), [each[1:] for each in WITHOUT], ids=[each[0] for each in WITHOUT])
def test_without_usable_gradients_another_method_is_chosen(net: Any, known: dict[str, Any], reason: str) -> None:
    for each in explained(net, known=known, metrics=("completeness",)):
        assert each.provenance.method == "shapley-values"
        (tried,) = each.provenance.tried
        assert tried.method == "integrated-gradients"
        assert reason in tried.reason
        assert each.provenance.method_reason == f"integrated-gradients could not be used: {tried.reason}"
        assert each.scores[0].value == pytest.approx(0, abs=1e-4)


def test_a_quantised_model_falls_back() -> None:
    class Quantised(nn.Module):
        """Integer arithmetic inside, as dynamic quantisation has it."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.quantize_per_tensor(x, 0.01, 0, torch.qint32).dequantize().sum(dim=1)

    each = one(Quantised())
    assert each.provenance.method == "shapley-values"


def test_a_model_made_in_inference_mode_falls_back() -> None:
    with torch.inference_mode():
        net = mlp()
    each = one(net)
    assert each.provenance.method == "shapley-values"
    assert "nference tensors cannot be saved for backward" in each.provenance.tried[0].reason


def test_only_the_rows_that_need_it_fall_back() -> None:
    def net(x: Tensor) -> Tensor:
        return x.sum(dim=1) + 50 * (x[:, 0] > 2)

    x = torch.tensor([[1.0, 1.0], [3.0, 1.0], [1.5, 0.5]])
    found = explained(net, x, reference=None, metrics=())
    assert [each.provenance.method for each in found] == [
        "integrated-gradients", "shapley-values", "integrated-gradients",
    ]  # fmt: skip
    assert [each.instance for each in found] == ["0", "1", "2"]


def test_a_method_that_was_asked_for_is_used_or_said_to_fail() -> None:
    each = one(mlp(), method="feature-ablation")
    assert (each.provenance.method, each.provenance.method_reason) == ("feature-ablation", "it was asked for")
    with pytest.raises(AttributionError) as caught:
        one(lambda x: x.detach().sum(dim=1), method="integrated-gradients")
    assert str(caught.value) == (
        "no method could explain instance '0': integrated-gradients because the score has no gradient; "
        'choose method = "auto"'
    )
    with pytest.raises(AttributionError, match="leave n_steps out"):
        one(lambda x: x.detach().sum(dim=1), settings={"n_steps": 20})


def test_an_asked_for_method_that_cannot_converge_is_published_and_graded() -> None:
    each = one(lambda x: x.sum(dim=1) + 50 * (x > 0).sum(dim=1), method="integrated-gradients")
    assert each.grade.level == "unreliable"
    assert each.provenance.settings["n_steps"] == 256


def test_fixed_steps_give_the_numbers_of_captum() -> None:
    net, x = mlp(), rows(3)
    target = int(net(x[:1]).argmax())
    (found,) = explained(net, x[:1], settings={"n_steps": 17})
    wanted = Captum(net).attribute(x[:1], MIDDLE, target, n_steps=17)
    np.testing.assert_allclose(found.attributions, wanted.numpy(), atol=1e-5)
    assert found.provenance.settings["n_steps"] == 17


def test_methods_and_settings_are_checked() -> None:
    with pytest.raises(
        UnknownName, match="no method called 'integrated_gradient'; did you mean 'integrated-gradients'"
    ):
        chosen_methods("integrated_gradient", {})
    with pytest.raises(UnknownName, match="no setting of auto called 'n_step'; did you mean 'n_steps'"):
        chosen_methods("auto", {"n_step": 5})
    with pytest.raises(UnknownName, match="no setting of feature-ablation called 'n_steps'"):
        chosen_methods("feature-ablation", {"n_steps": 5})
    assert list(chosen_methods("auto", {"n_samples": 5})) == ["integrated-gradients", "shapley-value-sampling"]
    assert list(chosen_methods("auto", {"n_steps": 5})) == ["integrated-gradients"]


def test_captum_is_not_imported_where_it_is_not_needed() -> None:
    code = (
        "import sys, torch; from reporter.attribution import Plan, attribute; from reporter.loading import model_of;"
        "from reporter.receiving import rows_of_inputs;"
        "x = torch.randn(20, 4); list(attribute(model_of(torch.nn.Linear(4, 2)), rows_of_inputs(x[:1], reference=x)));"
        "print({'captum', 'matplotlib', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_wide_rows_come_in_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter import attribution

    monkeypatch.setattr(attribution, "CELLS_AT_ONCE", 12)
    seen: list[int] = []
    given = rows_of_inputs(rows(5), reference=REFERENCE)
    list(attribute(model_of(mlp()), given, Plan(metrics=()), lambda _, done, __: seen.append(done)))
    assert seen == [0, 2, 4]


# Left as it was


@pytest.mark.parametrize("method", ["integrated-gradients", "shapley-value-sampling", "feature-ablation"])
@pytest.mark.parametrize("net", [mlp(), Normed().train(), Meddling().train(), mlp().double().requires_grad_(False)])
def test_nothing_is_changed(net: nn.Module, method: str) -> None:
    x, reference = rows(2), REFERENCE.clone()
    before, given, usual = state(net), x.clone(), reference.clone()
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    explained(
        net, x, reference=reference, method=method, metrics=STANDARD if method != "shapley-value-sampling" else ()
    )
    assert same(before, state(net))
    assert torch.equal(x, given)
    assert torch.equal(reference, usual)
    assert x.grad is None
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()
    assert str(states[2]) == str(np.random.get_state())


def test_nothing_is_changed_by_a_failure() -> None:
    class Failing(Normed):
        runs = 0

        def forward(self, x: Tensor) -> Tensor:
            self.runs += 1
            if self.runs > 6:
                raise ValueError("enough")
            return super().forward(x)

    net = Failing().train()
    before, seeded = state(net), torch.get_rng_state()
    with pytest.raises(ValueError, match="enough"):
        explained(net)
    assert same(before, state(net))
    assert torch.equal(seeded, torch.get_rng_state())


def test_training_mode_does_not_matter() -> None:
    training, evaluating = (one(net).attributions for net in (Normed().train(), Normed().eval()))
    np.testing.assert_allclose(np.asarray(training), np.asarray(evaluating), atol=1e-6)


def test_a_model_that_trains_itself_is_refused() -> None:
    with pytest.raises(ModelError, match="changes its own weights"):
        one(SelfTraining())


def test_no_graph_is_kept() -> None:
    import gc

    net = mlp()
    explained(net)
    gc.collect()
    before = sum(type(each) in (Tensor, nn.Parameter) for each in gc.get_objects())
    for _ in range(5):
        explained(net)
    gc.collect()
    assert sum(type(each) in (Tensor, nn.Parameter) for each in gc.get_objects()) <= before + 5


def test_threads_share_a_model() -> None:
    net = Normed().train()
    wanted = np.asarray(one(net).attributions)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(one(net).attributions)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(each, wanted) for each in found)
    assert net.training


@pytest.mark.parametrize("method", ["integrated-gradients", "shapley-value-sampling"])
def test_the_same_seed_gives_the_same_explanation(method: str) -> None:
    first, again = (one(mlp(), method=method).to_json() for _ in range(2))
    assert first == again
    if method == "shapley-value-sampling":
        assert one(mlp(), method=method, seed=1).to_json() != first


def test_a_model_that_draws_numbers_is_seeded() -> None:
    def noisy(x: Tensor) -> Tensor:
        return x.sum(dim=1) + torch.rand(()) * 0.0 + float(np.random.rand()) * 0.0

    assert one(noisy).to_json() == one(noisy).to_json()


# What comes in and goes out


@pytest.mark.parametrize("kind", ["tuple of one", "dict", "object"])
def test_wrapped_outputs(kind: str) -> None:
    np.testing.assert_allclose(
        np.asarray(one(Wrapped(kind)).attributions), np.asarray(one(mlp()).attributions), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_one_logit_is_explained_for_either_class(output: str) -> None:
    inner = mlp(outputs=1)
    net = inner if output == "logit" else nn.Sequential(inner, nn.Sigmoid())
    known = {"classes": ("no", "yes"), "output": output}
    yes, no = (one(net, known=known, target=target) for target in ("yes", "no"))
    np.testing.assert_allclose(np.asarray(yes.attributions), -np.asarray(no.attributions), atol=1e-5)
    assert (yes.prediction.target, no.prediction.target) == (1, 0)
    assert yes.prediction.score_kind == {"logit": "log-odds", "probability": "probability"}[output]
    assert yes.runner_up is not None
    assert yes.runner_up.label == "no"
    for feature in yes.features:
        assert yes.runner_up.attributions[feature.id] == -feature.attribution
    raw = float(net(rows(1)).detach())
    assert yes.prediction.outcomes[1].score == pytest.approx(raw, abs=1e-5)
    chance = yes.prediction.outcomes[1].probability
    assert chance == pytest.approx(raw if output == "probability" else torch.tensor(raw).sigmoid().item(), abs=1e-5)


def test_the_runner_up_has_its_own_attributions() -> None:
    net, x = mlp(), rows(4)
    chances = net(x).softmax(dim=1)
    for row, each in enumerate(explained(net, x)):
        order = chances[row].argsort(descending=True)
        assert each.runner_up is not None
        assert (each.prediction.index, each.runner_up.index) == (int(order[0]), int(order[1]))
        own = explained(net, x[row : row + 1], target=int(order[1]))[0]
        for feature in own.features:
            assert each.runner_up.attributions[feature.id] == pytest.approx(feature.attribution, rel=0.02, abs=0.02)
        assert own.runner_up is not None
        assert own.runner_up.index == int(order[0])


@pytest.mark.parametrize("target", ["b", 1, np.int64(1), torch.tensor(1), "1"])
def test_targets(target: Any) -> None:
    assert one(mlp(), known={"classes": ("a", "b", "c")}, target=target).prediction.explained.label == "b"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (-1, "target -1 is out of range; 0 to 2: a, b, c"),
        (3, "target 3 is out of range"),
        ("d", "no class called 'd'; known: a, b, c"),
        (1.0, "target 1.0 is no class"),
        (True, "target True is no class"),
        (torch.tensor(1.0), "is no class"),
        ([1, 2], "2 targets for 1 row; one class, or a list with one for each row"),
        ([1.5], "target 1.5 is no class"),
        ((1, "b"), "target names position 1, but the model has one output per row"),
    ],
)
def test_targets_that_are_none(target: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        one(mlp(), known={"classes": ("a", "b", "c")}, target=target)


def test_a_regression_has_one_target() -> None:
    each = one(mlp(outputs=1), known={"value": "price"})
    assert (each.prediction.task, each.prediction.label, each.runner_up) == ("regression", "price", None)
    assert one(mlp(outputs=1), known={"value": "price"}, target="price").prediction.target == 0
    with pytest.raises(UsageError, match="target 1 is out of range"):
        one(mlp(outputs=1), target=1)


def test_a_regression_is_compared_with_the_reference() -> None:
    net = mlp(outputs=1)
    usual = net(REFERENCE)[:, 0].detach().double().numpy()
    each = one(net)
    assert each.prediction.usual == pytest.approx(np.median(usual), abs=1e-5)
    assert each.prediction.percentile == pytest.approx(np.mean(usual < each.prediction.score), abs=1e-9)


def test_float64_data_and_models() -> None:
    wanted = np.asarray(one(mlp()).attributions)
    for net, x in ((mlp(), rows(1).double()), (mlp().double(), rows(1))):
        np.testing.assert_allclose(
            np.asarray(explained(net, x, reference=REFERENCE.to(x.dtype))[0].attributions), wanted, atol=1e-4
        )
    assert one(mlp().double()).provenance.dtype == "float64"
    assert one(mlp().bfloat16()).provenance.dtype == "bfloat16"
    matrix = torch.randn(6, 3)
    assert explained(lambda x: x @ matrix, rows(1).double().numpy(), reference=None)[0].features


def test_mixed_inputs_have_one_ranking() -> None:
    given = (rows(3, 3), torch.tensor([[1], [2], [4]]))
    usual = (rows(50, 3), torch.randint(0, 5, (50, 1)))
    for each in explained(Mixed(), given, reference=usual):
        assert each.provenance.method == "integrated-gradients"
        assert len(each.features) == 4
        assert isinstance(each.attributions, tuple)
        assert [part.shape for part in each.attributions] == [(1, 3), (1, 1)]


def test_a_feature_mask_makes_one_feature_of_several_columns() -> None:
    net, x = mlp(), rows(2)
    mask = torch.tensor([[0, 0, 1, 2, 2, 2]])
    given = rows_of_inputs(x, reference=REFERENCE, mask=mask, names=["a", "b", "c"])
    plain = explained(net, x)
    for each, alone in zip(attribute(model_of(net), given, Plan()), plain, strict=True):
        columns = np.asarray(each.attributions)[0]
        np.testing.assert_allclose(columns, np.asarray(alone.attributions)[0], rtol=1e-3, atol=1e-4)
        sums = {"a": columns[:2].sum(), "b": columns[2], "c": columns[3:].sum()}
        assert {feature.id: feature.attribution for feature in each.features} == pytest.approx(sums)
        assert each.feature("c").columns == (3, 4, 5)


def test_additional_arguments_follow_their_rows() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, x: Tensor, scale: Tensor, power: int) -> Tensor:
            found: Tensor = self.net(x) * scale[:, None]
            return found * power

    net, x, scale = Scaled(), rows(3), torch.tensor([1.0, 2.0, 0.5])
    found = explained(net, x, args=(scale, 3))
    for row, each in enumerate(found):
        alone = explained(net, x[row : row + 1], args=(scale[row : row + 1], 3))[0]
        np.testing.assert_allclose(np.asarray(each.attributions), np.asarray(alone.attributions), rtol=1e-3, atol=1e-4)


def test_many_rows_come_in_order_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter import attribution

    wanted = [each.to_json() for each in explained(mlp(), rows(10))]
    monkeypatch.setattr(attribution, "ROWS_AT_ONCE", 3)
    seen: list[tuple[str, int, int]] = []
    given = rows_of_inputs(rows(10), reference=REFERENCE)
    found = list(attribute(model_of(mlp()), given, Plan(), lambda *said: seen.append(said)))
    assert [each.instance for each in found] == [str(i) for i in range(10)]
    assert [each[1:] for each in seen] == [(0, 10), (3, 10), (6, 10), (9, 10)]
    for one_way, other in zip(found, wanted, strict=True):
        other_read = Explanation.from_json(other)
        np.testing.assert_allclose(np.asarray(one_way.attributions), np.asarray(other_read.attributions), atol=1e-4)


@pytest.mark.parametrize(
    ("estimator", "output"),
    [
        (LogisticRegression(), "probabilities"),
        (RandomForestClassifier(20, random_state=0), "probabilities"),
        (LinearSVC(), "logit"),
        (LinearRegression(), "value"),
        (RandomForestRegressor(20, random_state=0), "value"),
    ],
)
def test_estimators(estimator: Any, output: str) -> None:
    x = rows(200, 4)
    truth = (x[:, 0] + 0.3 * x[:, 1] > 0).numpy()
    estimator.fit(x.numpy(), truth if output != "value" else truth * 2.0)
    each = explained(estimator, x[:1].numpy(), reference=x.numpy(), metrics=("completeness",))[0]
    assert each.provenance.output == output
    assert each.features[0].id == "column_1"
    if output != "value":
        assert [outcome.label for outcome in each.prediction.outcomes] == ["False", "True"]


def test_an_estimator_of_labels_alone_is_refused() -> None:
    class Labels:
        classes_ = np.array(["a", "b"])

        def predict(self, x: Any) -> Any:
            return np.array(["a"] * len(x))

    with pytest.raises(ModelError, match="predicts labels only; predict_proba or decision_function"):
        one(Labels())


def test_an_estimator_fitted_on_a_data_frame_is_not_warned_about() -> None:
    import pandas as pd

    frame = pd.DataFrame(rows(100, 3).numpy(), columns=["a", "b", "c"])
    estimator = LogisticRegression().fit(frame, frame["a"] > 0)
    each = explained(estimator, frame.iloc[:1], reference=frame, metrics=())[0]
    assert {feature.id for feature in each.features} == {"a", "b", "c"}


# What fails


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (mlp(columns=5), r"the model fails on inputs of shape \(.*, 6\): mat1 and mat2 shapes cannot be multiplied"),
        (lambda x: 1 / 0, "the model fails on inputs of shape .*: division by zero"),
        (lambda x: {"a": x, "b": x}, "a dict of 2 parts"),
        (lambda x: x.sum(dim=1).log(), "output for .*instance '.' is not finite"),
    ],
)
def test_models_that_fail_are_told_in_one_line(net: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        explained(net)
    assert "\n" not in str(caught.value)


def test_class_counts_must_match() -> None:
    with pytest.raises(ModelError, match=r"2 classes are named \(a, b\), but the model returns 3 columns"):
        one(mlp(), known={"classes": ("a", "b")})


# The explanation


def test_everything_is_in_it() -> None:
    names = ["age", "income", "debts", "years", "children", "balance"]
    x, net = rows(1), mlp()
    given = rows_of_inputs(
        x,
        reference=REFERENCE,
        names=names,
        raw=x * 10 + 50,
        raw_reference=REFERENCE * 10 + 50,
        ids=["A7"],
        truths=["b"],
    )
    model = Model(net, name="net", classes=("a", "b", "c"), dtype=torch.float32)
    (each,) = attribute(model, given, Plan(seed=11))
    assert each.instance == "A7"
    assert each.modality == "tabular"
    assert each.prediction.truth == "b"
    assert [score.name for score in each.scores] == list(STANDARD)
    assert len(each.grade.rulings) == 4
    assert each.provenance.model_hash == model.weight_hash()
    assert (each.provenance.seed, each.provenance.model, each.provenance.reference_rows) == (11, "net", 60)
    assert each.provenance.baseline.name == "median"
    assert each.provenance.baseline.rows == 60
    assert each.provenance.baseline.label in ("a", "b", "c")
    assert [feature.rank for feature in each.features] == [1, 2, 3, 4, 5, 6]
    assert sum(feature.share for feature in each.features) == pytest.approx(1)
    raw = (REFERENCE * 10 + 50).double().numpy()
    for feature in each.features:
        column = names.index(feature.id)
        value = float(x[0, column] * 10 + 50)
        assert feature.value == pytest.approx(value)
        assert feature.baseline == pytest.approx(np.median(raw[:, column]), rel=1e-5)
        assert feature.percentile == pytest.approx(np.mean(raw[:, column] < value))
        assert feature.low == pytest.approx(raw[:, column].min())
        assert feature.high == pytest.approx(raw[:, column].max())
        assert feature.interval is not None
        assert 0 <= feature.interval[0] <= feature.interval[1] <= 1
    total = sum(feature.attribution for feature in each.features)
    explained_outcome = each.prediction.explained
    assert explained_outcome.score is not None
    assert explained_outcome.baseline_score is not None
    assert total == pytest.approx(explained_outcome.score - explained_outcome.baseline_score, rel=0.02)
    assert Explanation.from_json(each.to_json()) == each


def test_a_metric_that_is_not_there() -> None:
    with pytest.raises(UnknownName, match="no metric called 'completness'; did you mean 'completeness'"):
        one(mlp(), metrics=("completness",))
    assert set(STANDARD) <= set(METRICS.names())


# Answers known exactly


def test_closed_forms() -> None:
    each = explained(Nested(), torch.tensor([[3.0, 1.0]]), reference=None)[0]
    np.testing.assert_allclose(np.asarray(each.attributions), [[1.5, -0.5]], atol=1e-3)
    each = explained(Product(), torch.tensor([[2.0, 2.0, 2.0]]), reference=None, method="feature-ablation")[0]
    assert np.asarray(each.attributions).tolist() == [[8.0, 8.0, 8.0]]
    assert each.grade.level == "indicative"  # it never promised a sum, and its miss is told
    weights = [2.0, -1.0, 0.5, 0.0, 3.0, 1.0]
    for method in ("integrated-gradients", "shapley-value-sampling", "feature-ablation"):
        each = one(Linear(weights), method=method)
        wanted = torch.tensor(weights) * (rows(1) - MIDDLE)
        np.testing.assert_allclose(np.asarray(each.attributions), wanted.numpy(), atol=1e-4)


# The grade


def well_behaved() -> tuple[nn.Module, Tensor]:
    data = load_breast_cancer()
    x = torch.tensor((data.data - data.data.mean(axis=0)) / data.data.std(axis=0), dtype=torch.float32)
    truth = torch.tensor(data.target)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2))
    optimiser = torch.optim.Adam(net.parameters(), 1e-2, weight_decay=1e-3)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x), truth).backward()
        optimiser.step()
    return net, x


def test_a_well_behaved_network_is_solid_for_most_rows() -> None:
    net, x = well_behaved()
    levels = [each.grade.level for each in explained(net, x[:60], reference=x)]
    assert levels.count("solid") >= 36
    assert levels.count("unreliable") <= 3


def test_without_a_reference_nothing_is_solid() -> None:
    net, x = well_behaved()
    for each in explained(net, x[:5], reference=None):
        assert each.grade.level != "solid"
        assert "no reference rows" in next(score.undefined for score in each.scores if score.name == "stability")


def constant(x: Tensor) -> Tensor:
    return x.sum(dim=1) * 0 + 3


def saturated(x: Tensor) -> Tensor:
    return (x.sum(dim=1) * 0.01 + 50).sigmoid()


@pytest.mark.parametrize(
    ("net", "plan"),
    [
        (constant, {}),
        (saturated, {}),
        (lambda x: x.sum(dim=1) + 50 * (x > 0).sum(dim=1), {"method": "integrated-gradients"}),
        (mlp(), {"method": "integrated-gradients", "settings": {"n_steps": 1}}),
        (Product(), {"method": "feature-ablation"}),
    ],
    ids=["constant", "saturated", "jumps", "one step", "interactions"],
)
def test_what_is_not_known_is_not_graded_solid(net: Any, plan: dict[str, Any]) -> None:
    found = explained(net, rows(10).abs() + 1, **plan)
    assert [each.grade.level for each in found].count("solid") == 0


def test_too_few_samples_are_not_graded_solid() -> None:
    def noisy(x: Tensor) -> Tensor:
        return ((x[:, :1] * x[:, 1:2] * x[:, 2:3] * 3 + x.sum(dim=1, keepdim=True)) * 2).round().sum(dim=1)

    found = explained(noisy, rows(10), settings={"n_samples": 1})
    assert {each.provenance.method for each in found} == {"shapley-value-sampling"}
    assert [each.grade.level for each in found].count("solid") <= 2


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**63}, "seed = 9223372036854775808"),
        ({"seed": 1.5}, r"seed = 1\.5"),
        ({"seed": "x"}, "seed = 'x'"),
        ({"method": 5}, "method = 5"),
        ({"method": None}, "method = None"),
        ({"n_steps": "x"}, "n_steps = 'x'"),
        ({"labels": 5}, "labels = 5"),
        ({"class_names": ["a", "a", "b"]}, "two classes have one name"),
    ],
)
def test_settings_that_are_none_are_told_in_one_line(said: dict[str, Any], problem: str) -> None:
    from reporter.pipeline import explain

    with pytest.raises(UsageError, match=problem) as caught:
        explain(nn.Linear(4, 3), torch.ones(1, 4), **said)
    assert "\n" not in str(caught.value)
