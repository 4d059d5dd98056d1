"""Outputs of every shape: per position, several values, labels that may hold together, a target for each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from torch import Tensor, nn

import reporter
from reporter.errors import ModelError, ReporterError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.formats.glance import glance_of
from reporter.formats.wording import Wording
from reporter.verification import verify
from tests.networks import mlp, rows

QUICK = ("completeness",)
CLASSES = ["noun", "verb", "other"]
REFERENCE = rows(40, seed=4)


class Tagger(nn.Module):
    """Logits of three classes at each of four positions: (rows, 4, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp(outputs=12)

    def forward(self, x: Tensor) -> Tensor:
        return torch.unflatten(self.net(x), 1, (4, 3))


class AtPosition(nn.Module):
    """The same at one position alone."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.net, self.position = Tagger(), position

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)[:, self.position]
        return found


def explained(net: Any, x: Any, **settings: Any) -> list[Explanation]:
    found = reporter.explain(net, x, **{"metrics": QUICK, "reference": REFERENCE, **settings})
    return found if isinstance(found, list) else [found]


def one(net: Any, **settings: Any) -> Explanation:
    return explained(net, rows(1), **settings)[0]


def attributions(explanation: Explanation) -> Any:
    return np.asarray(explanation.attributions)


# Outputs per position


def test_a_position_is_explained_as_captum_does() -> None:
    found = one(Tagger(), target=(2, "verb"), class_names=CLASSES, baselines=0.0, n_steps=40)
    wanted = Captum(Tagger()).attribute(rows(1), 0.0, target=(2, 1), n_steps=40)
    np.testing.assert_allclose(attributions(found), wanted.numpy(), atol=1e-5)
    assert found.prediction.explained.label == "verb"
    assert found.provenance.settings["position"] == "2"


@pytest.mark.parametrize("target", [(3, 1), (3, "verb"), "3,verb", "3,1", (np.int64(3), 1)])
def test_a_position_is_the_model_that_returns_it_alone(target: Any) -> None:
    found = one(Tagger(), target=target, class_names=CLASSES, metrics="completeness,deletion,stability,agreement")
    wanted = one(AtPosition(3), target="verb", class_names=CLASSES, metrics="completeness,deletion,stability,agreement")
    np.testing.assert_allclose(attributions(found), attributions(wanted), atol=1e-6)
    assert found.prediction == wanted.prediction
    assert found.scores == wanted.scores
    assert found.runner_up == wanted.runner_up
    assert found.report().narrative.failures == ()


def test_without_a_position_it_is_said_how_to_give_one() -> None:
    with pytest.raises(UsageError) as caught:
        one(Tagger(), class_names=CLASSES)
    said = str(caught.value)
    assert "outputs for 4 positions of each row: 3 classes at each: noun, verb, other" in said
    assert "target = (position, class)" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ((4, 1), r"position 4 is not there: the model returns 4 positions; 0 to 3"),
        ((-1, 1), "position -1 is not there"),
        ((0, 1, 2), "position 0, 1 is not there"),
        ((0, 3), "target 3 is out of range"),
        ((0, "adverb"), "no class called 'adverb'"),
        ((0.5, 1), "is no position and class"),
        ((True, 1), "is no position and class"),
        ((), "is no position and class"),
        ((1,), "is no position and class"),
    ],
)
def test_positions_that_are_none(target: Any, said: str) -> None:
    with pytest.raises(ReporterError, match=said) as caught:
        one(Tagger(), target=target, class_names=CLASSES)
    assert caught.value.exit_code == 2


def test_several_axes_of_positions() -> None:
    def grid(x: Tensor) -> Tensor:
        return torch.unflatten(mlp(outputs=12)(x), 1, (2, 2, 3))

    found = one(grid, target=(1, 0, 2), baselines=0.0, n_steps=20)
    wanted = Captum(grid).attribute(rows(1), 0.0, target=(1, 0, 2), n_steps=20)
    np.testing.assert_allclose(attributions(found), wanted.numpy(), atol=1e-5)
    with pytest.raises(UsageError, match="outputs for 2 × 2 positions"):
        one(grid)


def test_a_class_that_is_written_like_a_position() -> None:
    assert one(mlp(outputs=2), class_names=["0,1", "1,0"], target="1,0").prediction.target == 1


# Several values


def test_values_are_explained_one_at_a_time_by_name_or_number() -> None:
    net = mlp(outputs=3)
    told = {"study": study_of({"output": "value", "value": ["rent", "price", "age"], "unit": "€"})}
    for target in ("price", 1, "1", torch.tensor(1)):
        found = one(net, target=target, baselines=0.0, n_steps=30, **told)
        wanted = Captum(net).attribute(rows(1), 0.0, target=1, n_steps=30)
        np.testing.assert_allclose(attributions(found), wanted.numpy(), atol=1e-5)
        assert (found.prediction.task, found.prediction.label) == ("regression", "price")
        assert found.prediction.score == pytest.approx(float(net(rows(1))[0, 1].detach()), rel=1e-5)
        assert found.prediction.usual == pytest.approx(float(np.median(net(REFERENCE)[:, 1].detach().double())))
        assert "price: " in found.report().text
        assert "€" in found.report().text


def test_without_a_value_it_is_said_which_there_are() -> None:
    net = mlp(outputs=3)
    with pytest.raises(UsageError, match=r"3 values per row: rent, price, age; one of them at a time; give target"):
        one(net, study=study_of({"output": "value", "value": ["rent", "price", "age"]}))
    with pytest.raises(UsageError, match="3 values per row: quantity_0, quantity_1, quantity_2"):
        one(net, output="value")
    with pytest.raises(UnknownName, match="no value called 'prize'; did you mean 'price'"):
        one(net, target="prize", study=study_of({"value": ["rent", "price", "age"]}))
    with pytest.raises(UsageError, match="target 3 is out of range; 0 to 2: 0 rent, 1 price, 2 age"):
        one(net, target=3, study=study_of({"value": ["rent", "price", "age"]}))
    with pytest.raises(ModelError, match=r"2 values are named \(rent, price\), but the model returns 3 per row"):
        one(net, target=0, study=study_of({"value": ["rent", "price"]}))


def test_labels_on_record_are_those_of_the_value() -> None:
    net, x = mlp(outputs=2), rows(30)
    labels = net(x)[:, 1].detach().tolist()
    found = explained(net, x, labels=labels, output="value", target=1)
    assert found[0].performance is not None
    assert found[0].performance.value == pytest.approx(1.0)


def study_of(model: dict[str, Any]) -> Any:
    from reporter.study import study_from

    return study_from({"model": model})


# Labels that may hold together


class Labels(nn.Module):
    """Three labels with known logits: weights of their own and no softmax."""

    def __init__(self, *, sigmoid: bool = False) -> None:
        super().__init__()
        self.layer, self.sigmoid = nn.Linear(3, 3, bias=False), sigmoid
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[3.0, 1.0, 0.0], [2.0, 0.0, 0.5], [-2.0, 0.0, 0.5]]))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layer(x)
        return found.sigmoid() if self.sigmoid else found


X = torch.tensor([[1.0, 1.0, 1.0]])
KINDS = ["toxic", "insult", "praise"]


def labelled(**settings: Any) -> Explanation:
    net = settings.pop("net", Labels())
    usual = 0.3 * rows(60, 3, seed=2)
    return explained(net, X, reference=usual, class_names=KINDS, output="multi-label", baselines="zero", **settings)[0]


def test_labels_have_probabilities_of_their_own() -> None:
    found = labelled()
    chances = Labels()(X).sigmoid()[0].tolist()
    assert [each.probability for each in found.prediction.outcomes] == pytest.approx(chances)
    assert sum(chances) > 1.5
    assert (found.prediction.label, found.prediction.score_kind) == ("toxic", "log-odds")
    assert found.prediction.exclusive is False
    assert attributions(found)[0].tolist() == pytest.approx([3.0, 1.0, 0.0], abs=1e-4)
    assert Explanation.from_json(found.to_json()) == found


def test_outputs_from_nothing_to_one_are_probabilities() -> None:
    found = labelled(net=Labels(sigmoid=True))
    assert found.provenance.output == "multi-label-probabilities"
    assert found.prediction.score_kind == "probability"
    assert found.prediction.probability == pytest.approx(float(torch.tensor(4.0).sigmoid()))


def test_each_label_is_a_question_of_its_own() -> None:
    found = labelled(target="insult")
    assert (found.prediction.label, found.prediction.explained.label) == ("insult", "insult")
    assert attributions(found)[0].tolist() == pytest.approx([2.0, 0.0, 0.5], abs=1e-4)
    assert found.runner_up is None
    assert found.without == ()
    told = found.report()
    assert told.narrative.failures == ()
    assert told.text.startswith("Read as insult, with a probability of 92.4%.")
    assert "next class" not in told.text
    assert "does not choose" not in told.text


def test_what_is_probable_as_well_makes_no_close_call() -> None:
    facts = facts_of(labelled())
    second = sorted(each.probability for each in facts.explanation.prediction.outcomes)[-2]  # type: ignore[type-var]
    assert second is not None
    assert second > 0.9
    assert "close-call" not in facts.situations
    near = labelled(net=_shifted(-3.95))
    assert "close-call" in facts_of(near).situations
    text = near.report().text
    assert "only just" in text
    assert "next class" not in text


def _shifted(by: float) -> nn.Module:
    net = Labels()
    net.layer.bias = nn.Parameter(torch.full((3,), by))
    return net


@pytest.mark.parametrize("audience", ["expert", "decision-maker", "affected"])
def test_a_label_that_is_not_probable_is_not_said_to_be_the_answer(audience: str) -> None:
    found = labelled(target="praise")
    assert found.prediction.probability == pytest.approx(float(torch.tensor(-1.5).sigmoid()))
    told = found.report(audience=audience)
    assert told.narrative.failures == ()
    assert told.text.startswith("The probability of praise is 18.2%.")
    assert "Read as" not in told.text
    assert "classed as" not in told.text
    (read,) = verify("Read as praise.", found).sentences
    assert read.verdict == "contradicted"


def test_two_labels_need_not_add_up() -> None:
    class Two(Labels):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, :2]

    usual = rows(60, 3, seed=2)
    found = explained(Two(), X, reference=usual, class_names=KINDS[:2], output="multi-label")[0]
    assert verify("The probability of insult is 92.4%.", found).sentences[0].verdict == "supported"
    assert verify("The probability of insult is 1.8%.", found).sentences[0].verdict == "contradicted"


def test_at_a_glance_a_label_has_its_probability() -> None:
    facts = facts_of(labelled(target="praise"))
    outcome = glance_of(facts, Wording(facts))[0]
    assert outcome.answer == "Praise 18.2%"
    assert outcome.details[0].replace("\xa0", " ") == "toxic 98.2% · insult 92.4%"


def test_the_baseline_is_read_as_a_label_only_where_that_is_probable() -> None:
    assert labelled().provenance.baseline.label == "toxic"  # all logits are 0 there: one half
    assert labelled(net=_shifted(-1.0)).provenance.baseline.label == ""


def test_several_labels_on_record_say_nothing_of_right_or_wrong() -> None:
    x = rows(30, 3)
    found = explained(Labels(), x, reference=None, class_names=KINDS, output="multi-label", labels=["toxic"] * 30)
    assert {each.prediction.truth for each in found} == {None}
    assert {each.performance for each in found} == {None}


def test_labels_that_cannot_be() -> None:
    with pytest.raises(ModelError, match="output = 'multi-label', but the model returns one column"):
        one(mlp(outputs=1), output="multi-label", class_names=["a"])
    with pytest.raises(UnknownName, match="no output called 'multi_label'; did you mean 'multi-label'"):
        one(mlp(), output="multi_label")


# A target for each row


@pytest.mark.parametrize("targets", [[2, 0, 1], ["c", "a", "b"], torch.tensor([2, 0, 1]), np.array([2, 0, 1])])
def test_each_row_may_have_its_own_target(targets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.attribution.ROWS_AT_ONCE", 2)
    net, x = mlp(), rows(3)
    found = explained(net, x, target=targets, class_names=["a", "b", "c"], baselines=0.0, n_steps=30)
    wanted = Captum(net).attribute(x, 0.0, target=torch.tensor([2, 0, 1]), n_steps=30)
    assert [each.prediction.target for each in found] == [2, 0, 1]
    for each, row in zip(found, wanted.numpy(), strict=True):
        np.testing.assert_allclose(attributions(each)[0], row, atol=1e-5)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([0, 1], "2 targets for 3 rows; one class, or a list with one for each row"),
        ([0, 1, 3], "target 3 is out of range"),
        ([0, 1, -1], "target -1 is out of range"),
        (torch.tensor([0.0, 1.0, 2.0]), "target 0.0 is no class"),
        ([0, 1, [2]], "is no class"),
        ([], "0 targets for 3 rows"),
    ],
)
def test_targets_that_do_not_fit_the_rows(targets: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explained(mlp(), rows(3), target=targets)
