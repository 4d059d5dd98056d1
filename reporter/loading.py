"""Model files and import paths → a Model, without running code that nobody vouched for.

What is installed may be imported. Code that lies beside a study or in the current folder, and pickles, run only when
they are trusted.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reporter.checkpoint import CORRUPTIONS, bounded, fill, load_weights
from reporter.errors import ModelError, NotTrusted, ReporterError, UsageError, first_line, listing, nearest
from reporter.estimator import estimator_model, is_estimator
from reporter.huggingface import by_configuration, is_classifier, is_hugging_face, load_hugging_face
from reporter.importing import imported
from reporter.model import Instance, Model
from reporter.study import ModelSection, Study
from reporter.unpacking import NotPlain, read_program

WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib")
MAX_BATCH = 2**16  # rows of an exported program; the machine must hold as many at once
SUFFIXES = (".pt2", *WEIGHT_SUFFIXES, *PICKLE_SUFFIXES)

__all__ = ["Instance", "Model", "choose_device", "described", "load_model", "model_of"]

_IMPORT_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_ENVIRONMENT = threading.Lock()


def choose_device(wanted: str = "auto") -> torch.device:
    """The best device there is for "auto" (cuda, then mps, xpu, cpu), or the one asked for.

    Raises UsageError for a device this machine does not have.
    """
    present: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "xpu": torch.xpu.is_available,
    }
    usable = [*(name for name, available in present.items() if available()), "cpu"]
    if wanted == "auto":
        return torch.device(usable[0])
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise UsageError(f"no device called {wanted!r}", allowed=f"auto, {listing(usable)}") from error
    if device.type not in usable:
        raise UsageError(f"device {wanted!r} is not available here", allowed=f"auto, {listing(usable)}")
    return device


def load_model(study: Study, *, trust: bool = False, device: str = "auto") -> Model:
    """The model of a study, on the device asked for. Raises ModelError; NotTrusted when it would run foreign code."""
    section, place = study.model, choose_device(device)
    if section.factory and section.loader in ("auto", "import") and not section.path:
        model = _from_object(_built(section, study.folder, trust), section.factory, place)
    elif section.loader == "import" or (section.loader == "auto" and _is_import_path(section.path, study.folder)):
        model = _from_object(imported(section.path, study.folder, trust, _is_model), section.path, place)
    elif is_hugging_face(section, study.folder):
        model = load_hugging_face(section, study.folder, place, trust=trust)
    else:
        model = _from_file(study, trust, place)
    return described(model, section, study.task)


def described(model: Model, section: ModelSection, task: Any = None) -> Model:
    """The model with what a study says of its outputs; what the study leaves open stays as the model knows it."""
    return replace(
        model,
        task=task or model.task,
        output=section.output or model.output,
        output_key=section.output_key if section.output_key is not None else model.output_key,
        classes=tuple(section.classes) or model.classes,
        threshold=section.threshold,
        value=(section.value if isinstance(section.value, str) else "") or model.value,
        values=tuple(section.value) if isinstance(section.value, list) else model.values,
        decimals=section.decimals,
    )


def model_of(given: Any, *, device: str = "auto", name: str = "") -> Model:
    """A Model from a Python object: an nn.Module, an exported program, an estimator, any callable, or a Model.

    A module stays on the device it is on unless another is asked for; in that case it is moved while it runs, and back.
    """
    if isinstance(given, Model):
        return given
    if isinstance(given, torch.export.ExportedProgram):
        return _from_program(given, name or "exported program", choose_device(device))
    if is_estimator(given):
        return estimator_model(given, name)
    if isinstance(given, type) or not callable(given):
        raise ModelError(
            f"{_called(given)} is not a model",
            allowed="an nn.Module, a function of tensors, an estimator with predict_proba or predict",
            remedy="give a trained object",
        )
    model = Model(given, name=name or _called(given))
    tensors = [tensor for module in model.modules for tensor in [*module.parameters(), *module.buffers()]]
    floating = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
    home = tensors[0].device if tensors else torch.device("cpu")
    model = replace(
        model,
        dtype=floating[0] if floating else torch.float32 if isinstance(given, torch.jit.ScriptModule) else None,
        device=home if device == "auto" else choose_device(device),
    )
    return by_configuration(model, given.config) if is_classifier(given) else model


def _called(given: Any) -> str:
    named = given if isinstance(given, type) or hasattr(given, "__qualname__") else type(given)
    return str(getattr(named, "__qualname__", named)).replace("<locals>.", "")


def _from_object(given: Any, name: str, device: torch.device) -> Model:
    if isinstance(given, nn.Module):
        given = given.to(device)
    return model_of(given, device=str(device), name=name)


def _is_import_path(path: str, folder: Path) -> bool:
    return bool(_IMPORT_PATH.fullmatch(path)) and not (folder / path).exists()


# Files


def _from_file(study: Study, trust: bool, device: torch.device) -> Model:
    section = study.model
    path = _existing(section.path, study.folder)
    suffix = path.suffix.lower()
    loader = section.loader
    if loader == "auto":
        loader = {".pt2": "export", ".safetensors": "safetensors"}.get(suffix, "state-dict")  # type: ignore[assignment]
        if suffix not in SUFFIXES:
            raise ModelError(
                f"cannot load {path.name}: unknown suffix {suffix!r}",
                allowed=f"known: {listing(SUFFIXES)}, or an import path module:object",
                remedy="set loader under [model]",
            )
    if loader == "export":
        return _from_archive(path, str(section.path), device, trust)
    if suffix in PICKLE_SUFFIXES:
        return _from_object(_unpickled(path, trust), str(section.path), device)
    weights = load_weights(path, "safetensors" if loader == "safetensors" else "state-dict", trust=trust)
    if isinstance(weights, nn.Module):
        return _from_object(weights, str(section.path), device)
    if not section.factory:
        raise ModelError(
            f"{path.name} holds weights only",
            remedy="set factory under [model] to module:function that builds the network, or export it as .pt2",
        )
    module = _built(section, study.folder, trust)
    if not isinstance(module, nn.Module):
        raise ModelError(f"the factory {section.factory} returns {type(module).__name__}", allowed="an nn.Module")
    fill(module, weights, str(path))
    return _from_object(module, str(section.path), device)


def _existing(given: str, folder: Path) -> Path:
    if not given:
        raise ModelError("the study names no model", remedy="set path under [model]")
    path = folder / given
    if path.is_file():
        return path
    near = nearest(path.name, [each.name for each in sorted(path.parent.iterdir())]) if path.parent.is_dir() else None
    raise ModelError(f"no such model: {path}", allowed=f"did you mean {path.parent / near}?" if near else "")


def _is_model(found: Any) -> bool:
    inner = getattr(found, "__module__", None) in ("torch.nn.functional", "torch._C._nn")
    return isinstance(found, nn.Module) or is_estimator(found) or inner


def _is_layer(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, nn.Module) and found.__module__.startswith("torch.nn.")


def _built(section: ModelSection, folder: Path, trust: bool) -> Any:
    factory: Callable[..., Any] = imported(section.factory, folder, trust, _is_layer)
    try:
        return factory(**section.factory_arguments)
    except CORRUPTIONS as error:
        raise ModelError(f"the factory {section.factory} failed: {error}", remedy="check factory_arguments") from error


def _from_archive(path: Path, name: str, device: torch.device, trust: bool) -> Model:
    bounded(path)
    try:
        program = read_program(path)
    except (NotPlain, NotTrusted) as error:
        if isinstance(error, NotTrusted) and not trust:
            raise
        return _from_program(load_program(path, trust=trust), name, device)
    batch = _checked_batch(program.batch, path.name)
    return Model(program.to(device), name=name, device=device, dtype=program.dtype, batch=batch)


def _checked_batch(batch: int | None, name: str) -> int | None:
    if batch is not None and not 0 < batch <= MAX_BATCH:
        raise ModelError(
            f"{name} was exported for {batch} rows at once",
            allowed=f"1 to {MAX_BATCH}",
            remedy="export it for any batch",
        )
    return batch


def load_program(path: Path, *, trust: bool = False) -> torch.export.ExportedProgram:
    """An exported program, read by torch. Unless trusted, only weights are unpickled and nothing in it may run code."""
    from reporter.archive import checked

    try:
        if trust:
            return torch.export.load(path)
        with checked(path) as copy, _weights_only():
            return torch.export.load(copy)
    except ReporterError:
        raise
    except Exception as error:  # torch reads with half a compiler, which has errors of its own
        raise ModelError(
            f"{path} cannot be loaded as an exported program: {first_line(error)}", remedy="export it with this torch"
        ) from error


def _from_program(program: torch.export.ExportedProgram, name: str, device: torch.device) -> Model:
    from torch.export.passes import move_to_device_pass

    taken = program.graph_signature.user_inputs
    values: list[Any] = [node.meta.get("val") for node in program.graph.nodes if node.name in taken]
    shapes = [value.shape for value in values if isinstance(value, Tensor) and value.ndim]
    if not shapes:
        raise ModelError(f"{name} takes no tensor", allowed="an exported program with a batch as its first dimension")
    dtypes = [value.dtype for value in values if isinstance(value, Tensor) and value.is_floating_point()]
    fixed: Any = shapes[0][0]
    try:
        module = (program if device.type == "cpu" else move_to_device_pass(program, device)).module()
    except Exception as error:
        raise ModelError(f"{name} cannot be run: {first_line(error)}", remedy="export it with this torch") from error
    return Model(
        module,
        name=name,
        device=device,
        dtype=dtypes[0] if dtypes else None,
        batch=_checked_batch(fixed, name) if isinstance(fixed, int) else None,
    )


def _unpickled(path: Path, trust: bool) -> Any:
    if not trust:
        raise NotTrusted(
            f"{path.name} is a pickle; loading it would run code", remedy="add --trust if you know where it comes from"
        )
    try:
        if find_spec("joblib") is not None:
            return importlib.import_module("joblib").load(path)  # reads plain pickles too
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - trusted by the user, just above
    except CORRUPTIONS as error:
        raise ModelError(f"{path} cannot be unpickled: {first_line(error)}") from error


@contextmanager
def _weights_only() -> Iterator[None]:
    """While this holds, torch unpickles nothing but weights, also where it would otherwise fall back to everything."""
    name, level = "TORCH_FORCE_WEIGHTS_ONLY_LOAD", logging.root.manager.disable
    with _ENVIRONMENT:
        before = os.environ.get(name)
        try:
            os.environ[name] = "1"
            logging.disable(logging.ERROR)  # torch tells in a hundred lines what the error says in one
            yield
        finally:
            logging.disable(level)
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before
