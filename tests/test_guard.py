"""The guard: whatever a model does while it runs, afterwards everything is as it was."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from reporter.errors import ModelError
from reporter.guard import guarded
from reporter.loading import model_of
from reporter.model import Model
from tests.networks import Meddling, Normed, SelfTraining, mlp, rows


def state(net: nn.Module) -> dict[str, Any]:
    """Everything about a module that could be changed by running it."""
    return {
        "modes": [each.training for each in net.modules()],
        "weights": {name: tensor.clone() for name, tensor in net.state_dict().items()},
        "flags": [p.requires_grad for p in net.parameters()],
        "gradients": [p.grad for p in net.parameters()],
        "hooks": [dict(getattr(each, "_forward_hooks")) for each in net.modules()],  # noqa: B009
    }


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    weights = all(torch.equal(first["weights"][name], second["weights"][name]) for name in first["weights"])
    return weights and all(first[key] == second[key] for key in first if key != "weights")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("net", [mlp(), Normed().train(), Meddling().train()])
def test_a_model_is_left_as_it_was(net: nn.Module, fails: bool) -> None:
    first = next(net.parameters())
    first.requires_grad_(False)
    model, before = model_of(net), state(net)
    with suppress(ZeroDivisionError), guarded(model, seed=3):
        assert not any(each.training for each in net.modules())
        assert not any(p.requires_grad for p in net.parameters())
        model.outputs((rows(),))
        net.register_forward_hook(lambda *_: None)
        assert 1 / (not fails) == 1
    assert same(before, state(net))


def test_random_states_are_put_back() -> None:
    def drawn() -> tuple[float, float, float]:
        return torch.rand(()).item(), float(np.random.rand()), random.random()

    model = model_of(mlp())
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    wanted = drawn()
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    with guarded(model, seed=7):
        first = drawn()
    assert drawn() == wanted
    with guarded(model, seed=7):
        assert drawn() == first
    with guarded(model, seed=8):
        assert drawn() != first


def test_a_model_that_trains_itself_is_refused() -> None:
    model = model_of(SelfTraining())
    with pytest.raises(ModelError, match="changes its own weights when it is run"), guarded(model):
        model.outputs((rows(),))


def test_the_hash_is_given() -> None:
    model = model_of(mlp())
    with guarded(model) as weights:
        assert weights == model.weight_hash()


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_work_where_the_caller_switched_them_off(context: Any) -> None:
    net = mlp()
    with context():
        x = rows()
        with guarded(model_of(net)):
            given = x.clone().requires_grad_()
            (found,) = torch.autograd.grad(net(given).sum(), given)
    assert bool(found.any())


def test_a_model_made_in_inference_mode_can_be_guarded() -> None:
    with torch.inference_mode():
        net = mlp()
    with guarded(model_of(net)):
        assert model_of(net).settled((rows(),)).evaluate((rows(),)).shape == (8, 3)


def test_one_thread_at_a_time() -> None:
    running, most = 0, 0

    def slow(x: torch.Tensor) -> torch.Tensor:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.005)
        running -= 1
        return x

    model = Model(slow)

    def work() -> None:
        with guarded(model):
            model.outputs((rows(),))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_module_goes_home_after_a_visit_to_another_device() -> None:
    # "meta" is a device every machine has; nothing can be computed on it, but moving can be seen.
    net = nn.Linear(2, 2)
    moved = []

    class Watched(nn.Linear):
        def to(self, *args: Any, **kwargs: Any) -> Any:
            moved.append(str(args[0]))
            return self

    watched = Watched(2, 2)
    with guarded(Model(watched, device=torch.device("meta"))):
        assert moved == ["meta"]
    assert moved == ["meta", "cpu"]
    with guarded(Model(net)):
        pass
    assert net.weight.device.type == "cpu"


def test_attention_is_the_same_function_with_gradients_and_without() -> None:
    """torch encodes by another path without gradients: zeros at padding, a warning, an error where all is padding."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    net = nn.TransformerEncoder(layer, 1)
    given = torch.randn(2, 5, 8)
    padding = torch.tensor([[False, False, False, True, True], [True] * 5])
    before = torch.backends.mha.get_fastpath_enabled()
    with guarded(model_of(net)):
        followed = net(given.requires_grad_(), src_key_padding_mask=padding)
        with torch.no_grad():
            assert torch.allclose(net(given, src_key_padding_mask=padding), followed, atol=1e-6)
    assert torch.backends.mha.get_fastpath_enabled() is before is True
