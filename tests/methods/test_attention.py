"""Attention roll-out against the attention that transformers return, and what a report makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification, ViTConfig, ViTForImageClassification

from reporter.errors import AttributionError
from reporter.explanation import Explanation
from reporter.methods.attention import Numbers, laid_over, rolled_out
from reporter.pipeline import explain

WORDS = ["the", "parcel", "is", "not", "here", "and", "i", "want", "my", "money", "back"]


def tokenizer(text: str) -> list[int]:
    return [WORDS.index(word) + 1 for word in text.split()]


def bert() -> Any:
    torch.manual_seed(0)
    return BertForSequenceClassification(
        BertConfig(  # type: ignore[call-arg]
            vocab_size=20,
            hidden_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=32,
            num_labels=2,
        )
    ).eval()  # type: ignore[no-untyped-call]


def told(attentions: tuple[Tensor, ...]) -> Numbers:
    """The same by the formula of the paper, written out."""
    places = attentions[0].shape[-1]
    flow = np.eye(places)
    for layer in attentions:
        mixed = layer[0].mean(0).detach().double().numpy() + np.eye(places)
        flow = mixed / mixed.sum(axis=1, keepdims=True) @ flow
    return np.asarray(flow.mean(axis=0))


def test_it_is_the_flow_of_the_attention_that_the_model_returns() -> None:
    text = "the parcel is not here"
    net = bert()
    found = explain(net, text, tokenizer=tokenizer, method="attention-rollout", class_names=["no", "yes"])
    assert isinstance(found, Explanation)
    net.set_attn_implementation("eager")
    wanted = told(net(torch.tensor([tokenizer(text)]), output_attentions=True).attentions)
    assert np.allclose(np.asarray(found.attributions)[0], wanted, atol=1e-6)
    assert sum(f.attribution for f in found.features) == pytest.approx(1.0)


def test_patches_are_laid_over_their_points() -> None:
    torch.manual_seed(1)
    net: Any = ViTForImageClassification(
        ViTConfig(
            image_size=16,
            patch_size=4,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
        )
    ).eval()  # type: ignore[no-untyped-call]
    found = explain(net, torch.rand(1, 3, 16, 16), method="attention-rollout", class_names=["no", "yes"])
    assert isinstance(found, Explanation)
    grid = np.asarray(found.attributions)[0].sum(axis=0)
    assert np.allclose(grid, np.kron(grid[::4, ::4], np.ones((4, 4))))  # one number a patch
    assert 0.5 < grid.sum() < 1.0  # the class token keeps the rest


def test_torch_transformers_are_seen() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    net = nn.Sequential(nn.Linear(1, 8), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False))
    found = explain(lambda x: net(x.transpose(1, 2)).mean(1)[:, :2], torch.randn(2, 1, 12), method="attention-rollout")
    assert isinstance(found, list)
    assert all(sum(f.attribution for f in each.features) == pytest.approx(1.0) for each in found)


def test_masks_are_kept() -> None:
    uniform = torch.zeros(1, 1, 3, 3).softmax(-1)
    assert np.allclose(rolled_out([uniform], 1), 1 / 3)
    causal = torch.tensor([[[[1.0, 0.0], [0.5, 0.5]]]])
    assert np.allclose(rolled_out([causal], 1), [[0.625, 0.375]])


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(AttributionError, match="no attention was seen"):
        explain(nn.Sequential(nn.Flatten(), nn.Linear(5, 2)), torch.randn(1, 1, 5), method="attention-rollout")
    with pytest.raises(AttributionError, match="cannot be laid over"):
        laid_over(np.ones(7), (3, 8, 8))
    with pytest.raises(AttributionError, match="different places"):
        rolled_out([torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2)], 1)


@pytest.mark.parametrize("audience", ["expert", "decision-maker", "affected"])
def test_it_is_told_as_a_view(audience: str) -> None:
    found = explain(
        bert(), "the parcel is not here", tokenizer=tokenizer, method="attention-rollout", class_names=["no", "yes"]
    )
    assert isinstance(found, Explanation)
    assert not found.provenance.evidence
    assert found.grade.level != "solid"
    report = found.report(audience=audience)
    assert "not evidence" in report.text
    assert not any(word in report.text for word in ("speaks for", "because of", "reason was", "argue", "carries"))
    assert not report.narrative.withheld
