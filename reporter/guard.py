"""Running a model so that afterwards everything is as it was: mode, weights, flags, hooks, device, random state."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from reporter.errors import ModelError
from reporter.model import Model
from reporter.weights import hash_of, weights_of

HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks_always_called",
)

# One explanation at a time in a process: a model has one mode and one set of hooks, and torch and numpy have one random
# state. Threads would gain nothing, because torch already uses all cores for one call.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def guarded(model: Model, seed: int = 0) -> Iterator[str]:
    """Run the model in evaluation mode, seeded, without touching it; gives the hash of its weights.

    Buffers that the model changes while it runs are put back. Raises ModelError when parameters changed.
    """
    with _ONE_AT_A_TIME, ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(_seeded(seed, model.device))
        stack.enter_context(_one_attention())
        for module in model.modules:
            stack.enter_context(_on_device(module, model.device))
            stack.enter_context(_evaluating(module))
            stack.enter_context(_without_parameter_gradients(module))
            stack.enter_context(_own_hooks(module))
            stack.enter_context(_own_buffers(module))
        whole = model.weight_hash()
        if model.own_dtype is not None and model.dtype is not None:
            for module in model.modules:
                stack.enter_context(_in_type(module, model.dtype))
        stack.enter_context(_same_weights(model))
        yield whole


@contextmanager
def _one_attention() -> Iterator[None]:
    # Without gradients torch encodes by another path, which warns of nested tensors, fails where all is padding, and
    # gives padding other numbers: scores and gradients would be those of two functions.
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextmanager
def _same_weights(model: Model) -> Iterator[None]:
    buffers = {id(buffer) for module in model.modules for buffer in module.buffers()}
    fixed = {name: each for name, each in weights_of(model.modules).items() if id(each) not in buffers}
    before = hash_of(fixed)
    yield
    if hash_of(fixed) != before:
        raise ModelError(
            "the model changes its own weights when it is run", remedy="explain a model that only reads them"
        )


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    # A frozen TorchScript module has no mode: it evaluates always.
    modes = [(each, each.training) for each in module.modules() if hasattr(each, "training")]
    try:
        # `eval` is not called: exported programs refuse it, and a module may override it to do more than switch.
        for each, _ in modes:
            each.training = False
        yield
    finally:
        for each, mode in modes:
            each.training = mode


@contextmanager
def _without_parameter_gradients(module: nn.Module) -> Iterator[None]:
    # Those made in inference mode cannot be changed, and need not be.
    own = [parameter for parameter in module.parameters() if parameter.is_leaf and not parameter.is_inference()]
    flags = [(parameter, parameter.requires_grad) for parameter in own]
    try:
        for parameter, _ in flags:
            parameter.requires_grad_(False)  # saves memory: nothing is kept for gradients nobody asks for
        yield
    finally:
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


@contextmanager
def _own_hooks(module: nn.Module) -> Iterator[None]:
    known = [(each, {name: set(getattr(each, name, ())) for name in HOOKS}) for each in module.modules()]
    try:
        yield
    finally:
        for each, before in known:
            for name, keys in before.items():
                hooks: Any = getattr(each, name, {})
                for key in set(hooks) - keys:
                    del hooks[key]


@contextmanager
def _own_buffers(module: nn.Module) -> Iterator[None]:
    before = [(buffer, buffer.detach().clone()) for buffer in module.buffers() if not buffer.is_quantized]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, content in before:
                if not _identical(buffer, content):
                    buffer.copy_(content)


def _identical(buffer: torch.Tensor, content: torch.Tensor) -> bool:
    return buffer.shape == content.shape and bool(((buffer == content) | (buffer.isnan() & content.isnan())).all())


@contextmanager
def _in_type(module: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    # The numbers themselves are kept: cast there and back they would not be the same.
    own = {id(each): each for each in (*module.parameters(), *module.buffers()) if each.is_floating_point()}
    before = [(each, each.data) for each in own.values()]
    try:
        for each, content in before:
            each.data = content.to(dtype)
        yield
    finally:
        for each, content in before:
            each.data = content


@contextmanager
def _on_device(module: nn.Module, device: torch.device) -> Iterator[None]:
    first = next(iter([*module.parameters(), *module.buffers()]), None)
    home = first.device if first is not None else device
    stays = home == device or (device.index is None and home.type == device.type)
    try:
        if not stays:
            module.to(device)
        yield
    finally:
        if not stays:
            module.to(home)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    python, arrays = random.getstate(), np.random.get_state()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        try:
            random.seed(seed)
            np.random.seed(seed % 2**32)
            torch.default_generator.manual_seed(seed)
            if devices:
                torch.cuda.manual_seed(seed)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(arrays)
