"""A network as a list of operator calls: what an exported program (.pt2) comes down to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Name:
    """A value computed before, by its name in the graph."""

    name: str


class _Place:
    """The device on which the program runs, whichever it was exported on."""


HERE = _Place()


@dataclass(frozen=True, eq=False)
class Call:
    """One operator called in the course of a program."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[Any, ...]  # names; a list of names where the function returns a list; None for what is not used


class Program(nn.Module):
    """A network as a list of operator calls, with its weights under their own names."""

    def __init__(
        self,
        weights: Mapping[str, tuple[str, Tensor, bool]],
        inputs: Sequence[tuple[str, tuple[int | None, ...], torch.dtype]],
        calls: Sequence[Call],
        output: Any,
    ) -> None:
        """`weights`: name in the graph → its own name, tensor, whether it is a parameter. `inputs`: name, sizes (None
        for any), type. `output`: names, nested as the network returns them."""
        super().__init__()
        self._homes = {place: _put(self, name, tensor, own) for place, (name, tensor, own) in weights.items()}
        self._inputs, self._calls, self._output = tuple(inputs), tuple(calls), output

    @property
    def batch(self) -> int | None:
        """The only batch size it takes, or None for any."""
        return self._inputs[0][1][0]

    @property
    def dtype(self) -> torch.dtype | None:
        """The type of its first floating input."""
        return next((dtype for _, _, dtype in self._inputs if dtype.is_floating_point), None)

    def forward(self, *inputs: Tensor) -> Any:
        """Run the calls in order. Raises ValueError for inputs of another number or width than it was exported for."""
        if len(inputs) != len(self._inputs):
            raise ValueError(f"it takes {len(self._inputs)} inputs, not {len(inputs)}")
        values: dict[str, Any] = {place: getattr(module, name) for place, (module, name) in self._homes.items()}
        for (name, sizes, _), given in zip(self._inputs, inputs, strict=True):
            if given.ndim != len(sizes) or any(
                s is not None and s != n for s, n in zip(sizes, given.shape, strict=True)
            ):
                shape = ", ".join("any" if size is None else str(size) for size in sizes)
                raise ValueError(f"it takes inputs of shape ({shape}), not {tuple(given.shape)}")
            values[name] = given
        device = inputs[0].device
        for call in self._calls:
            args = [_filled(arg, values, device) for arg in call.args]
            kwargs = {key: _filled(arg, values, device) for key, arg in call.kwargs.items()}
            result = call.function(*args, **kwargs)
            for name, value in zip(call.results, [result] if len(call.results) == 1 else result, strict=True):
                if isinstance(name, list):
                    values.update(zip(name, value, strict=True))
                elif name is not None:
                    values[name] = value
        return _filled(self._output, values, device)


def _put(root: nn.Module, name: str, tensor: Tensor, parameter: bool) -> tuple[nn.Module, str]:
    """Register a tensor under its dotted name; gives the module it lies in and the last part of the name."""
    *path, last = name.split(".")
    for part in path:
        if part not in dict(root.named_children()):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    if not hasattr(root, last):
        if parameter:
            root.register_parameter(last, nn.Parameter(tensor, requires_grad=tensor.is_floating_point()))
        else:
            root.register_buffer(last, tensor)
    return root, last


def _filled(arg: Any, values: Mapping[str, Any], device: torch.device) -> Any:
    if isinstance(arg, Name):
        return values[arg.name]
    if arg is HERE:
        return device
    if isinstance(arg, list):
        return [_filled(each, values, device) for each in arg]
    if isinstance(arg, tuple):
        return tuple(_filled(each, values, device) for each in arg)
    if isinstance(arg, dict):
        return {key: _filled(each, values, device) for key, each in arg.items()}
    return arg
