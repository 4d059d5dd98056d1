"""Lookups: whole numbers are explained by the vectors a model looks up for them, as Captum's layer methods do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor, nn

from reporter.asking import ask
from reporter.errors import AttributionError
from reporter.loading import model_of
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.model import Model
from reporter.program import Program
from reporter.question import Question
from tests.languages import Bag, bert, bytes_only, distilbert, gpt2, wordpiece
from tests.networks import Mixed

# Captum remarks that it shows the layers in the order given, which is what these tests compare.
pytestmark = pytest.mark.filterwarnings("ignore:Multiple layers provided:UserWarning")

STEPS = 20
WORDS = 30


def ids(rows: int = 3, columns: int = 5, seed: int = 0, below: int = WORDS) -> Tensor:
    return torch.randint(1, below, (rows, columns), generator=torch.Generator().manual_seed(seed))


def asked(forward: Any, inputs: Any, baselines: Any, target: int = 1, **model: Any) -> Question:
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    others = baselines if isinstance(baselines, tuple) else (baselines,)
    known = {"task": "classification", "output": "logits", "classes": ("a", "b", "c"), **model}
    made = model_of(forward)
    made = Model(forward, device=made.device, dtype=made.dtype, **known)
    width = sum(each[0].numel() for each in given)
    targets = torch.full((len(given[0]),), target)
    return Question(made, given, others, targets, torch.arange(width))


def found(question: Question, **settings: Any) -> np.ndarray[Any, Any]:
    return ask(IntegratedGradients(**settings), question).attributions


def layers(module: nn.Module, layer: Any, inputs: Any, baselines: Any, target: int = 1) -> np.ndarray[Any, Any]:
    """Captum's own, added up over each vector."""
    own = LayerIntegratedGradients(lambda *given: logits(module(*given)), layer)
    answer = own.attribute(inputs, baselines, target=target, n_steps=STEPS)
    parts = answer if isinstance(answer, (tuple, list)) else (answer,)
    return np.concatenate([each.detach().sum(dim=-1).reshape(len(each), -1).numpy() for each in parts], axis=1)


def logits(given: Any) -> Tensor:
    out: Tensor = given if isinstance(given, Tensor) else given.logits
    return out


def assert_complete(question: Question, attributions: np.ndarray[Any, Any], within: float = 0.01) -> None:
    each = torch.arange(len(question))
    change = question.evaluate(question.inputs, each) - question.evaluate(question.baselines, each)
    assert np.abs(change).min() > 1e-4, "the test says nothing"
    np.testing.assert_allclose(attributions.sum(axis=1), change, atol=within * np.abs(change).max())


def assert_same(mine: np.ndarray[Any, Any], captum: np.ndarray[Any, Any]) -> None:
    np.testing.assert_allclose(mine, captum, atol=1e-5 * np.abs(captum).max())


class Bags(nn.Module):
    """An embedding bag of one bag a row, and a layer."""

    def __init__(self, mode: str, padding: int | None = None, *, weighted: bool = False) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.table = nn.EmbeddingBag(WORDS, 6, mode=mode, padding_idx=padding)
        self.out, self.weighted = nn.Linear(6, 3), weighted

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.linspace(0.5, 1.5, x.shape[1]).expand(len(x), -1) if self.weighted else None
        found: Tensor = self.out(torch.tanh(self.table(x, per_sample_weights=weights)))
        return found


class Offsets(nn.Module):
    """One table for all columns, each shifted to a part of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.table, self.out = nn.Embedding(4 * WORDS, 5), nn.Linear(20, 3)
        self.register_buffer("shift", torch.arange(4) * WORDS)
        self.shift: Tensor

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(torch.tanh(self.table(x + self.shift).flatten(1)))
        return found


class Columns(nn.Module):
    """A table for each of two columns, in another order than they come."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.first, self.second, self.out = nn.Embedding(WORDS, 4), nn.Embedding(WORDS, 3), nn.Linear(7, 3)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.second(x[:, 1]), self.first(x[:, 0])]
        found: Tensor = self.out(torch.tanh(torch.cat(parts, dim=1)))
        return found


class Recommender(nn.Module):
    """A user and an item, each by its index."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.users, self.items, self.out = nn.Embedding(WORDS, 4), nn.Embedding(WORDS, 4), nn.Linear(4, 3)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        pair = self.users(user.reshape(-1)) * self.items(item.reshape(-1))
        found: Tensor = self.out(pair)
        return found


class Placed(nn.Module):
    """Tokens and their positions; the positions are the same for every row."""

    def __init__(self, *, expanded: bool) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.table, self.places, self.out = nn.Embedding(WORDS, 6), nn.Embedding(20, 6), nn.Linear(6, 3)
        self.expanded = expanded

    def forward(self, x: Tensor) -> Tensor:
        places = torch.arange(x.shape[1])
        places = places.expand(x.shape[0], -1) if self.expanded else places
        found: Tensor = self.out(torch.tanh(self.table(x) + self.places(places)).sum(dim=1))
        return found


class Twice(nn.Module):
    """Looks the same tokens up in two tables, once from behind."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(8)
        self.one, self.two, self.out = nn.Embedding(WORDS, 4), nn.Embedding(WORDS, 4), nn.Linear(20, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(torch.tanh(self.one(x) * self.two(x.flip(1))).flatten(1))
        return found


def test_a_mean_of_vectors_equals_captum() -> None:
    net = Bag(WORDS)
    question = asked(net, ids(), torch.zeros_like(ids()))
    mine = found(question, n_steps=STEPS)
    assert_same(mine, layers(net, net.table, ids(), torch.zeros_like(ids())))
    assert_complete(question, found(question))


@pytest.mark.parametrize(("mode", "padding"), [("sum", None), ("mean", None), ("max", None), ("mean", 0), ("sum", 2)])
def test_an_embedding_bag_is_a_lookup_and_what_follows(mode: str, padding: int | None) -> None:
    net = Bags(mode, padding)
    x = ids()
    question = asked(net, x, torch.full_like(x, 7))
    torch.testing.assert_close(question.model.scores((x,)), net(x))
    attributions = found(question)
    assert_complete(question, attributions)
    assert attributions.shape == (3, 5)
    if padding == 2:
        # A word that the bag leaves out has no attribution, whatever stands in its place.
        kept = x.clone()
        kept[:, 0] = 2
        left_out = asked(net, kept, kept.clone().fill_(7).index_fill_(1, torch.tensor([0]), 2))
        assert (found(left_out)[:, 0] == 0).all()


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_an_embedding_bag_looked_up_is_what_torch_computes(mode: str) -> None:
    """The view of a question is the same function: at the end of its path it has the model's own score."""
    from reporter.lookups import viewed

    net = Bags(mode, 2 if mode != "max" else None)
    x = ids()
    x[0, 0] = 2
    view = viewed(asked(net, x, torch.zeros_like(x))).question
    torch.testing.assert_close(view.model.scores(view.inputs, view.args), net(x))


def test_weights_of_a_bag_are_kept() -> None:
    net = Bags("sum", weighted=True)
    question = asked(net, ids(), torch.zeros_like(ids()))
    assert_complete(question, found(question))


def test_a_shared_table_with_offsets_equals_captum() -> None:
    net = Offsets()
    x, base = ids(columns=4), torch.zeros(3, 4, dtype=torch.long)
    question = asked(net, x, base)
    assert_same(found(question, n_steps=STEPS), layers(net, net.table, x, base))
    assert_complete(question, found(question))


def test_columns_looked_up_one_by_one_find_their_place() -> None:
    net = Columns()
    x, base = torch.tensor([[4, 4], [9, 2]]), torch.zeros(2, 2, dtype=torch.long)
    question = asked(net, x, base)
    captum = [layers(net, layer, x, base)[:, :1] for layer in (net.first, net.second)]
    mine = found(question, n_steps=STEPS)
    assert_complete(question, found(question))
    # Captum substitutes one table at a time, so that only the sum over a path of both at once can be compared with it.
    both = LayerIntegratedGradients(net, [net.first, net.second]).attribute(x, base, target=1, n_steps=STEPS)
    assert_same(mine, np.stack([each.detach().sum(dim=-1).numpy() for each in both], axis=1))
    assert [each.shape for each in captum] == [(2, 1), (2, 1)]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_users_and_items(shape: tuple[int, ...]) -> None:
    net = Recommender()
    users, items = ids(3, 1).reshape(shape), ids(3, 1, seed=1).reshape(shape)
    base = (torch.zeros_like(users), torch.zeros_like(items))
    question = asked(net, (users, items), base)
    both = LayerIntegratedGradients(net, [net.users, net.items])
    captum = both.attribute((users, items), base, target=1, n_steps=STEPS)
    mine = found(question, n_steps=STEPS)
    assert_same(mine, np.stack([each.detach().sum(dim=-1).numpy() for each in captum], axis=1))
    assert_complete(question, found(question))


def test_floats_and_categories_are_explained_together() -> None:
    net = Mixed()
    numbers, codes = torch.randn(4, 3), ids(4, 1, below=5)
    question = asked(net, (numbers, codes), (torch.zeros(4, 3), torch.zeros_like(codes)), classes=("a", "b"))
    attributions = found(question)
    assert attributions.shape == (4, 4)
    assert_complete(question, attributions)
    weight = net.out.weight.detach()[1].numpy()
    np.testing.assert_allclose(attributions[:, :3], numbers.numpy() * weight[:3], atol=1e-5)  # it is linear
    moved = (net.table.weight[codes[:, 0]] - net.table.weight[0]).detach().numpy()
    np.testing.assert_allclose(attributions[:, 3], moved @ weight[3:], atol=1e-5)


@pytest.mark.parametrize("expanded", [False, True])
def test_positions_are_left_alone(expanded: bool) -> None:
    net = Placed(expanded=expanded)
    x, base = ids(), torch.zeros(3, 5, dtype=torch.long)
    question = asked(net, x, base)
    assert_same(found(question, n_steps=STEPS), layers(net, net.table, x, base))
    assert_complete(question, found(question))


def test_tokens_that_read_like_positions_are_still_tokens() -> None:
    net = Placed(expanded=True)
    x, base = torch.arange(5)[None], torch.full((1, 5), 9)
    question = asked(net, x, base)
    assert_same(found(question, n_steps=STEPS), layers(net, net.table, x, base))


def test_a_token_that_occurs_twice_keeps_its_places() -> None:
    net = Twice()
    x, base = torch.tensor([[7, 3, 7, 3, 7]]), torch.zeros(1, 5, dtype=torch.long)
    question = asked(net, x, base)
    both = LayerIntegratedGradients(net, [net.one, net.two]).attribute(x, base, target=1, n_steps=STEPS)
    one, two = (each.detach().sum(dim=-1).numpy() for each in both)
    assert_same(found(question, n_steps=STEPS), one + two[:, ::-1])
    assert_complete(question, found(question))


class Recurrent(nn.Module):
    """Steps first and rows second, as recurrent layers have them by default, or the other way round."""

    def __init__(self, *, rows_first: bool = False) -> None:
        super().__init__()
        torch.manual_seed(9)
        self.table, self.out = nn.Embedding(WORDS, 6), nn.Linear(6, 3)
        self.layer = nn.GRU(6, 6, batch_first=rows_first)

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.layer(self.table(x if self.layer.batch_first else x.t()))
        found: Tensor = self.out(last[0])
        return found


@pytest.mark.parametrize("rows", [1, 3, 5])  # 5 rows of 5 tokens look the same either way
def test_rows_may_come_second(rows: int) -> None:
    net = Recurrent()
    x, base = ids(rows), torch.zeros(rows, 5, dtype=torch.long)
    question = asked(net, x, base)
    twin = Recurrent(rows_first=True)  # Captum takes the first dimension for the rows
    twin.load_state_dict(net.state_dict())
    assert_same(found(question, n_steps=STEPS), layers(twin, twin.table, x, base))
    assert_complete(question, found(question))


def test_vectors_of_a_model_in_half_are_told_in_single() -> None:
    net = Bag(WORDS).to(torch.bfloat16)
    question = asked(net, ids(), torch.zeros_like(ids()))
    whole = asked(Bag(WORDS), ids(), torch.zeros_like(ids()))
    np.testing.assert_allclose(found(question), found(whole), atol=0.02 * np.abs(found(whole)).max())


def test_rows_in_batches_are_the_rows_alone() -> None:
    net = Placed(expanded=True)
    x, base = ids(7), torch.zeros(7, 5, dtype=torch.long)
    whole = found(asked(net, x, base), n_steps=STEPS)
    small = found(asked(net, x, base), n_steps=STEPS, internal_batch_size=2)
    alone = [found(asked(net, x[i : i + 1], base[i : i + 1]), n_steps=STEPS) for i in range(7)]
    np.testing.assert_allclose(small, whole, atol=1e-6)
    np.testing.assert_allclose(np.concatenate(alone), whole, atol=1e-6)


def test_a_row_that_is_its_own_baseline_has_no_attribution() -> None:
    x = ids()
    assert not found(asked(Bag(WORDS), x, x.clone())).any()


TRANSFORMERS: list[tuple[Callable[[Any], Any], Callable[[], Any], str]] = [
    (bert, wordpiece, "bert.embeddings.word_embeddings"),
    (distilbert, wordpiece, "distilbert.embeddings.word_embeddings"),
    (gpt2, bytes_only, "transformer.wte"),
]


@pytest.mark.parametrize(("network", "tokenizer", "layer"), TRANSFORMERS)
def test_transformers_equal_captum(network: Any, tokenizer: Any, layer: str) -> None:
    net = network(tokenizer())
    x = ids(2, 9, below=100) + 5
    base = torch.full_like(x, 5)
    question = asked(net, x, base)
    assert_same(found(question, n_steps=STEPS), layers(net, net.get_submodule(layer), x, base))
    assert_complete(question, found(question, max_steps=1024))


@pytest.mark.parametrize("rows", [None, 1, 4])
def test_an_exported_program_is_asked_about_its_vectors(rows: int | None, tmp_path: Any) -> None:
    from reporter.loading import load_model
    from reporter.study import study_from

    net, x, base = Placed(expanded=True), ids(), torch.zeros(3, 5, dtype=torch.long)
    dynamic = ({0: torch.export.Dim("rows", min=1, max=64)},) if rows is None else None
    example = ids(rows or 2)
    torch.export.save(torch.export.export(net, (example,), dynamic_shapes=dynamic), tmp_path / "net.pt2")
    loaded = load_model(study_from({"model": {"path": "net.pt2"}}, folder=tmp_path))
    assert isinstance(loaded.forward, Program)
    question = asked(loaded.forward, x, base, batch=loaded.batch)
    assert_same(found(question, n_steps=STEPS), layers(net, net.table, x, base))


class OneHot(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.one_hot(x, WORDS).float().sum(dim=1)


def test_numbers_that_nothing_is_looked_up_for_are_refused() -> None:
    with pytest.raises(AttributionError, match="looks up no vectors"):
        found(asked(OneHot(), ids(), torch.zeros_like(ids())))


class Growing(nn.Module):
    """Looks up as often as the first number says."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(WORDS, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = sum((self.table(x).sum(dim=1) for _ in range(int(x.max()))), torch.zeros(len(x), 3))
        return found


def test_another_number_of_lookups_for_the_baseline_is_refused() -> None:
    with pytest.raises(AttributionError, match="looks up"):
        found(asked(Growing(), ids(), torch.ones_like(ids())))


def test_the_model_and_its_inputs_are_as_they_were() -> None:
    net, x = Bag(WORDS), ids()
    before = {name: each.clone() for name, each in net.state_dict().items()}
    found(asked(net, x, torch.zeros_like(x)))
    assert all(torch.equal(each, before[name]) for name, each in net.state_dict().items())
    assert torch.equal(x, ids())
