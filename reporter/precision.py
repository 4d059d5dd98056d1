"""Precision: running a model in another floating type than that of its weights."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from reporter.errors import UnknownName, UsageError
from reporter.model import Model
from reporter.program import Program
from reporter.weights import weights_of

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32, "fp64": torch.float64}


def in_type(model: Model, wanted: str | torch.dtype) -> Model:
    """The model as it is for "auto", else one whose weights are cast while it runs under guard, and put back.

    Raises UnknownName for a type there is not, UsageError for a model whose type is fixed.
    """
    if wanted == "auto":
        return model
    names = {**DTYPES, **{str(dtype).removeprefix("torch."): dtype for dtype in DTYPES.values()}}
    dtype = wanted if isinstance(wanted, torch.dtype) else names.get(wanted)
    if dtype not in DTYPES.values():
        raise UnknownName("dtype", str(wanted), ["auto", *DTYPES])
    if dtype == model.dtype:
        return model
    why = _fixed(model)
    if why:
        raise UsageError(f"dtype {wanted}, but {why}", allowed="an nn.Module with floating weights", remedy="leave it")
    return replace(model, dtype=dtype, own_dtype=model.dtype)


def in_own_type(model: Model) -> Model:
    """The model in the type of its weights."""
    return model if model.own_dtype is None else replace(model, dtype=model.own_dtype, own_dtype=None)


def _fixed(model: Model) -> str:
    """Why a model runs in one type alone; empty when it need not."""
    parts = [each for module in model.modules for each in module.modules()]
    if model.batch is not None or any(isinstance(each, (Program, torch.fx.GraphModule)) for each in parts):
        return "an exported program runs in the type it was exported in"
    if any(isinstance(each, torch.jit.ScriptModule) for each in parts):
        return "a scripted program runs in the type it was saved in"
    if any(each.is_quantized for each in weights_of(model.modules).values()):
        return "a quantised model calculates with whole numbers"
    weights = [each for module in model.modules for each in _floating(module)]
    if model.dtype is None or not weights:
        return "the model has no weights that could be cast"
    return "its weights were made in inference mode" if any(each.is_inference() for each in weights) else ""


def _floating(module: nn.Module) -> list[torch.Tensor]:
    return [each for each in (*module.parameters(), *module.buffers()) if each.is_floating_point()]
