"""Models as Captum's hooking methods take them: one module that returns the scores, put back as it was afterwards.

DeepLift, guided backpropagation, Grad-CAM and LRP hang hooks on the modules of a network. They need an nn.Module to
look through, leave attributes behind when they fail, and cannot tell one use of a module from another. So the model is
wrapped, a module that is used several times is replaced by one module for each use, and every module gets its own
attributes and hooks back in the end, whatever happened.
"""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from reporter.batching import in_batches
from reporter.errors import AttributionError, first_line
from reporter.model import Inputs
from reporter.question import Question, columns_of

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Scores(nn.Module):
    """The model of a question as a module: inputs and additional arguments → (rows, outcomes).

    With `raw`, the outputs as the network has them: what turns one column into two scores is left out.
    """

    def __init__(self, question: Question, *, raw: bool = False) -> None:
        super().__init__()
        self._count, self._raw = len(question.inputs), raw
        # What torch.compile has made knows no hooks; the network inside it does.
        network = getattr(question.model.forward, "_orig_mod", question.model.forward)
        self._model = replace(question.model, forward=network)
        self._uses: dict[nn.Module, Uses] = {}
        inner = {id(each) for module in self._model.modules for each in module.modules() if each is not module}
        self.parts = nn.ModuleList(module for module in self._model.modules if id(module) not in inner)

    def forward(self, *given: Any) -> Tensor:
        """Run the model on all inputs, then all arguments."""
        for uses in self._uses.values():
            uses.turn = 0
        inputs, args = given[: self._count], given[self._count :]
        return self._model.outputs(inputs, args) if self._raw else self._model.scores(inputs, args)

    def separate(self, modules: Sequence[nn.Module], counts: Counter[nn.Module]) -> None:
        """Give each use of these modules a module of its own, wherever a parent holds it. `hookable` undoes it."""
        for module in modules:
            uses = self._uses[module] = Uses(module, counts[module])
            for parent in list(self.modules()):
                if isinstance(parent, Uses):
                    continue
                children = vars(parent)["_modules"]
                for name in [name for name, child in children.items() if child is module]:
                    children[name] = uses

    def standing_for(self, module: nn.Module) -> list[nn.Module]:
        """The modules that run in place of one: those for each use, or itself."""
        return list(self._uses[module].each) if module in self._uses else [module]


class Uses(nn.Module):
    """One module that is used several times, as several that are used once each, in the order of the calls."""

    def __init__(self, module: nn.Module, count: int) -> None:
        super().__init__()
        shared: dict[int, Any] = {id(each): each for each in (*module.parameters(), *module.buffers())}
        self.each = nn.ModuleList(copy.deepcopy(module, dict(shared)) for _ in range(count))
        self.turn = 0

    def __getattr__(self, name: str) -> Any:
        """What a network asks of the module it thinks it has, such as its weight."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(vars(self)["_modules"]["each"][0], name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the copy whose turn it is."""
        if self.turn >= len(self.each):
            raise AttributionError("the model uses one of its modules a changing number of times")
        self.turn += 1
        return self.each[self.turn - 1](*args, **kwargs)


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run of a model did: the modules of torch.nn it ran, and the functions it called outside them."""

    modules: list[nn.Module] = field(default_factory=list)  # in order, once for each use
    functions: list[tuple[str, int]] = field(default_factory=list)  # name, how many differentiable tensors it was given
    shapes: dict[nn.Module, tuple[int, ...]] = field(default_factory=dict)  # of the first input of each module

    @property
    def counts(self) -> Counter[nn.Module]:
        """How often each module ran."""
        return Counter(self.modules)

    def reused(self, kinds: tuple[type[nn.Module], ...]) -> list[nn.Module]:
        """The modules of these kinds that ran more than once."""
        return [module for module, count in self.counts.items() if count > 1 and isinstance(module, kinds)]


class _Tracing(TorchFunctionMode):
    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace, self.inside = trace, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self.inside:
            given = [*args, *kwargs.values()]
            given += [each for some in given if isinstance(some, (list, tuple)) for each in some]
            count = sum(isinstance(each, Tensor) and each.requires_grad for each in given)
            self._trace.functions.append((getattr(func, "__name__", str(func)).strip("_"), count))
        return func(*args, **kwargs)


def _is_leaf(module: nn.Module) -> bool:
    # captum: its module for sums, which models made for LRP have.
    return type(module).__module__.startswith(("torch.nn.", "captum.")) and next(module.children(), None) is None


def traced(scores: Scores, question: Question) -> Trace:
    """Run the first row, with gradients, and note what is done. The hooks for it are removed again."""
    trace = Trace()
    mode = _Tracing(trace)

    def before(module: nn.Module, args: tuple[Any, ...]) -> None:
        mode.inside += 1
        trace.modules.append(module)
        if args and isinstance(args[0], Tensor):
            trace.shapes.setdefault(module, tuple(args[0].shape))

    def after(*_: Any) -> None:
        mode.inside -= 1

    handles = []
    try:
        for module in scores.modules():
            if _is_leaf(module):
                handles.append(module.register_forward_pre_hook(before))
                handles.append(module.register_forward_hook(after, always_call=True))
        one = question.select(torch.zeros(1, dtype=torch.long, device=question.device))
        with mode:
            scores(*differentiable(one), *one.args)
    finally:
        for handle in handles:
            handle.remove()
    return trace


def differentiable(question: Question) -> Inputs:
    """Copies of the inputs that gradients are taken of. Raises AttributionError for whole numbers."""
    if not all(each.is_floating_point() for each in question.inputs):
        raise AttributionError("some inputs are whole numbers, which have no gradient")
    return tuple(each.detach().clone().requires_grad_() for each in question.inputs)


def gradients_of(
    forward: Callable[..., Tensor], inputs: Inputs, target: Any = None, additional_forward_args: Any = None
) -> Inputs:
    """Captum's `gradient_func` for any number of rows, with zeros for an input that the model does not use."""
    from captum._utils.common import _run_forward

    with torch.enable_grad():
        scores = _run_forward(forward, inputs, target, additional_forward_args)
        if not scores.requires_grad:
            raise AttributionError("the score has no gradient")
        return torch.autograd.grad(scores.sum(), inputs, allow_unused=True, materialize_grads=True)


@contextmanager
def hookable(question: Question, *, raw: bool = False) -> Iterator[Scores]:
    """The model as a module that may be hooked; afterwards every module of it is as it was.

    Raises AttributionError for scripted and exported programs, which have no modules that hooks can be hung on.
    """
    from reporter.program import Program

    for module in (each for root in question.model.modules for each in root.modules()):
        if isinstance(module, torch.jit.ScriptModule):
            raise AttributionError("the model is a scripted program, on whose modules no hooks can be hung")
        if isinstance(module, Program) or _is_exported(module):
            raise AttributionError("the model is an exported program, which has no modules to hang hooks on")
    scores = Scores(question, raw=raw)
    own = list(scores.parts.modules())[1:]
    recurrent = question.device.type == "cuda" and any(isinstance(module, nn.RNNBase) for module in own)
    # cuDNN's recurrent layers have no backward pass in evaluation mode.
    cudnn = torch.backends.cudnn.flags(enabled=False) if recurrent else nullcontext()
    with _as_they_were(own), cudnn, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Captum's, about the hooks it sets; the model's own were told when it ran
        try:
            yield scores
        except (AssertionError, AttributeError, IndexError, KeyError) as error:  # Captum's ways to say no
            raise AttributionError(f"no hooks can be hung on this model ({first_line(error)})") from error


def _is_exported(module: nn.Module) -> bool:
    """Whether this is a graph of operator calls; torch.export leaves one module in it, which checks the inputs."""
    return isinstance(module, torch.fx.GraphModule) and not any(
        node.op == "call_module" and node.target != "_guards_fn" for node in module.graph.nodes
    )


@contextmanager
def _as_they_were(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Give the modules back the attributes they had, and the contents of those that are tables: hooks, children, …"""
    kept = [
        (
            vars(module),
            dict(vars(module)),
            {k: dict(each) for k, each in vars(module).items() if isinstance(each, dict)},
        )
        for module in modules
    ]
    try:
        yield
    finally:
        for attributes, before, tables in kept:
            attributes.clear()
            attributes.update(before)
            for name, content in tables.items():
                attributes[name].clear()
                attributes[name].update(content)


def by_rows(question: Question, run: Callable[[Question], Inputs | Tensor], size: int | None = None) -> Numbers:
    """(rows, columns) by `run`, which answers for some rows with tensors of the shapes of the inputs."""

    def some(rows: slice) -> Tensor:
        part = question.select(torch.arange(rows.start, rows.stop, device=question.device))
        found = run(part)
        return columns_of(found if isinstance(found, tuple) else (found,)).detach().to("cpu", torch.float64)

    return np.asarray(torch.cat(in_batches(some, len(question), size or question.model.batch_size(question.inputs))))
