"""What argued for the next class, and what the model says without the strongest features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from reporter.explanation import Explanation, RunnerUp, Without
from reporter.facts import facts_of
from reporter.pipeline import explain
from tests.parts import a_part


def image() -> Explanation:
    found = a_part(0, "image")
    labels = ("cat", "dog", "other")
    outcomes = tuple(
        replace(found.prediction.outcomes[0], label=label, index=i, probability=p)
        for i, (label, p) in enumerate(zip(labels, (0.7, 0.2, 0.1), strict=True))
    )
    said = replace(found.prediction, outcomes=outcomes, index=0, target=0, truth=None)
    return replace(found, prediction=said, runner_up=None, without=())


def test_the_next_class_is_told_from_its_own_attributions() -> None:
    ids = [f.id for f in image().features]
    towards = dict.fromkeys(ids, 0.0) | {ids[0]: 3.0, ids[1]: -9.0, ids[2]: 1.0}
    facts = facts_of(replace(image(), runner_up=RunnerUp("dog", 1, towards)))
    assert facts.runner is not None
    assert facts.runner.about.id == "dog"
    assert [f.id for f in facts.runner.features] == [ids[0], ids[2]]
    assert facts.runner.shares == ("75%", "25%")
    assert facts[f"runner.{ids[0]}.side_share"].value == 0.75


def test_of_two_classes_the_second_has_no_reasons_of_its_own() -> None:
    found = image()
    two = replace(found.prediction, outcomes=found.prediction.outcomes[:2])
    assert facts_of(replace(found, prediction=two, runner_up=RunnerUp("dog", 1, {}))).runner is None


def test_what_turns_the_answer_is_the_fewest_features_that_do() -> None:
    first, second = (f.id for f in image().features[:2])
    without = (Without((first,), "cat", 0.5, 1.0), Without((first, second), "dog", 0.6, -1.0))
    facts = facts_of(replace(image(), without=without))
    assert facts.turning is not None
    assert facts.turning.id == "without.2"
    assert facts.turning.outcome.id == "dog"
    assert facts["without.1"].value == "cat"
    assert facts_of(replace(image(), without=without[:1])).turning is None


def test_the_words_of_a_phrase_are_listed_as_one() -> None:
    found = a_part(1, "text")
    facts = facts_of(found)
    for each in facts.without:
        assert len(each.names) <= len(each.features)
        quotes = [name for name in each.names if " " in name.strip("“”") and not name.startswith("the ")]
        assert len(each.names) == len(each.features) or quotes


@pytest.mark.parametrize("outputs", [2, 3])
def test_it_is_what_the_model_says_then(outputs: int) -> None:
    torch.manual_seed(outputs)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, outputs))
    x, reference = torch.randn(1, 4), torch.randn(50, 4)
    found = explain(net, x, reference=reference, class_names=[str(i) for i in range(outputs)])
    assert isinstance(found, Explanation)
    middle = torch.from_numpy(np.median(reference.numpy(), axis=0))
    assert found.without
    for each in found.without:
        changed = x.clone()
        for identifier in each.features:
            (column,) = found.feature(identifier).columns
            changed[0, column] = middle[column]
        with torch.no_grad():
            scores = net(changed)[0]
        assert each.label == str(int(scores.argmax()))
        assert each.score == pytest.approx(float(scores[found.prediction.target]), abs=1e-5)
        assert each.probability == pytest.approx(float(scores.softmax(0).max()), abs=1e-5)
