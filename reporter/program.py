"""A network as a list of operator calls: what an exported program (.pt2) comes down to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

ANY = 2**31  # no limit of a size

Sizes = tuple[int | tuple[int, int], ...]  # per dimension the only size, or the smallest and the largest


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
    last: tuple[str, ...] = ()  # values that nothing needs after this call


class Program(nn.Module):
    """A network as a list of operator calls, with its weights under their own names."""

    def __init__(
        self,
        weights: Mapping[str, tuple[str, Tensor, bool]],
        inputs: Sequence[tuple[str, Sizes, torch.dtype]],
        calls: Sequence[Call],
        output: Any,
    ) -> None:
        """`weights`: name in the graph → its own name, tensor, whether it is a parameter. `inputs`: name, sizes, type.
        `output`: names, nested as the network returns them.

        Raises KeyError or TypeError for names that mean nothing or something else, ValueError without inputs of rows.
        """
        super().__init__()
        self._homes = {place: _put(self, name, tensor, own) for place, (name, tensor, own) in weights.items()}
        self._inputs, self._output = tuple(inputs), output
        self._calls = _with_lasts(calls, {*self._homes, *_names(output)})
        known = {*self._homes, *(name for name, _, _ in inputs)}
        for call in calls:
            _check_known({*_names(call.args), *_names(call.kwargs)}, known)
            known |= _made(call)
        _check_known(set(_names(output)), known)
        if not any(sizes for _, sizes, _ in inputs):
            raise ValueError("it takes no tensor")

    @property
    def batch(self) -> int | None:
        """The batch size at which it is to be run: the only one, or one within its limits; None for any."""
        size = next(sizes[0] for _, sizes, _ in self._inputs if sizes)
        if isinstance(size, int):
            return size
        low, high = size
        return None if low <= 1 and high >= ANY else min(high, max(low, 64))

    @property
    def dtype(self) -> torch.dtype | None:
        """The type of its first floating input."""
        return next((dtype for _, _, dtype in self._inputs if dtype.is_floating_point), None)

    def forward(self, *inputs: Tensor) -> Any:
        """Run the calls in order; inputs that were nested or named are given in their order.

        Raises ValueError for inputs of another number or shape than it was exported for.
        """
        if len(inputs) != len(self._inputs):
            raise ValueError(f"it takes {len(self._inputs)} inputs, not {len(inputs)}")
        values: dict[str, Any] = {place: getattr(module, name) for place, (module, name) in self._homes.items()}
        for (name, sizes, _), given in zip(self._inputs, inputs, strict=True):
            if len(sizes) != given.ndim or not all(map(_fits, sizes, given.shape)):
                raise ValueError(f"it takes inputs of shape {_shown(sizes)}, not {tuple(given.shape)}")
            values[name] = given
        device = inputs[0].device
        for call in self._calls:
            args = [_filled(arg, values, device) for arg in call.args]
            kwargs = {key: _filled(arg, values, device) for key, arg in call.kwargs.items()}
            result = call.function(*args, **kwargs)
            if call.results:  # a check returns nothing
                _keep(call.results, result, values)
            del args, kwargs, result
            for name in call.last:
                values.pop(name, None)
        return _filled(self._output, values, device)


def _keep(results: tuple[Any, ...], result: Any, values: dict[str, Any]) -> None:
    for name, value in zip(results, [result] if len(results) == 1 else result, strict=True):
        if isinstance(name, list):
            values.update(zip(name, value, strict=True))
        elif name is not None:
            values[name] = value


def _fits(size: int | tuple[int, int], given: int) -> bool:
    return given == size if isinstance(size, int) else size[0] <= given <= size[1]


def _shown(sizes: Sizes) -> str:
    parts = [
        str(size) if isinstance(size, int) else "any" if size[1] >= ANY and size[0] <= 1 else f"{size[0]} to {size[1]}"
        for size in sizes
    ]
    return f"({', '.join(parts)})".replace(str(ANY), "any")


def _names(arg: Any) -> Iterator[str]:
    if isinstance(arg, Name):
        yield arg.name
    elif isinstance(arg, (list, tuple, dict)):
        for each in arg.values() if isinstance(arg, dict) else arg:
            yield from _names(each)


def _made(call: Call) -> set[str]:
    return {name for each in call.results for name in (each if isinstance(each, list) else [each]) if name}


def _check_known(used: set[str], known: set[str]) -> None:
    if used - known:
        raise KeyError(f"no value called {min(used - known)}")


def _with_lasts(calls: Sequence[Call], kept: set[str]) -> tuple[Call, ...]:
    """Each call with what may be forgotten after it, so that only gradients keep what lies between the layers."""
    found: list[Call] = []
    later = set(kept)
    for call in reversed(calls):
        used = {*_names(call.args), *_names(call.kwargs)}
        found.append(replace(call, last=tuple((used | _made(call)) - later)))
        later |= used
    return tuple(reversed(found))


def _put(root: nn.Module, name: str, tensor: Tensor, parameter: bool) -> tuple[nn.Module, str]:
    """Register a tensor under its dotted name; gives the module it lies in and the last part of the name.

    torch refuses names that mean something else already, such as `forward` or `__class__`.
    """
    *path, last = name.split(".")
    for part in path:
        if part not in dict(root.named_children()):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    if hasattr(type(root), last):  # torch asks the module alone, which is not yet what it will be
        raise KeyError(last)
    if last not in {**dict(root.named_parameters(recurse=False)), **dict(root.named_buffers(recurse=False))}:
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
