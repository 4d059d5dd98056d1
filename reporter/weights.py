"""The weights of a model: where they are, their hash."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


def hash_of(weights: Mapping[str, Tensor]) -> str:
    """sha256 over names, types, shapes and numbers, in the order of the names; empty when there are no weights."""
    if not weights:
        return ""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        plain = tensor.detach()
        plain = (plain.dequantize() if plain.is_quantized else plain).contiguous().cpu()
        digest.update(f"{name}:{plain.dtype}:{tuple(plain.shape)};".encode())
        if plain.numel():
            digest.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def weights_of(modules: tuple[nn.Module, ...]) -> dict[str, Tensor]:
    """Every tensor of the modules by name: parameters, buffers, packed weights of quantised layers."""
    found: dict[str, Tensor] = {}
    for number, module in enumerate(modules):
        prefix = f"{number}." if len(modules) > 1 else ""
        named = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
        for name, tensor in [*named, *_packed(module)]:
            found[prefix + name] = tensor
    return found


def _packed(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    if isinstance(module, torch.jit.ScriptModule):
        return
    for name, value in module.state_dict().items():
        for i, part in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(part, Tensor):
                yield f"{name}.{i}", part


def modules_in(called: Any, depth: int = 0) -> Iterator[nn.Module]:
    """The modules a callable runs: itself, its `self`, its closure, its defaults, the globals it names."""
    if isinstance(called, nn.Module):
        yield called
        return
    if depth > 2:
        return
    inside: list[Any] = []
    if isinstance(called, functools.partial):
        inside += [called.func, *called.args, *called.keywords.values()]
    if inspect.ismethod(called):
        inside.append(called.__self__)
    function = inspect.unwrap(called) if callable(called) else called
    if inspect.ismethod(function):
        function = function.__func__
    if inspect.isfunction(function):
        variables = function.__globals__
        inside += [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        inside += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        inside += [variables[name] for name in function.__code__.co_names if isinstance(variables.get(name), nn.Module)]
    elif hasattr(called, "__dict__") and not inspect.isclass(called) and not inspect.ismodule(called):
        inside += [each for each in vars(called).values() if isinstance(each, nn.Module)]
    seen: set[int] = set()
    for each in inside:
        if isinstance(each, nn.Module) or callable(each):
            for module in modules_in(each, depth + 1):
                if id(module) not in seen:
                    seen.add(id(module))
                    yield module


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises when it is looked at
    except ValueError:
        return False
    return True
