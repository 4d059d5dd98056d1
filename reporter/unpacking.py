"""An exported program (.pt2) read from its own description: quick, and nothing in it can run code.

`torch.export.load` brings half a compiler with it, evaluates expressions and calls whatever a graph names. To run a
network none of that is needed: its graph is a list of calls of aten operators, its weights are plain bytes. What goes
beyond that (control flow, quantised packs, newer forms of the file) is not read here; loading.py turns to torch then.
"""

from __future__ import annotations

import io
import json
import math
import operator
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload

from reporter.archive import check_files, is_plain_operator
from reporter.checkpoint import CORRUPTIONS
from reporter.errors import ModelError, first_line
from reporter.program import ANY, HERE, Call, Name, Program, Sizes

SCHEMA = 8  # the major version of the file's form that is understood here

# As numbered in the file; torch.save numbers them in the same way in C++.
_DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16, 7: torch.float32,
    8: torch.float64, 10: torch.complex64, 11: torch.complex128, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
_MEMORY_FORMATS = {
    1: torch.contiguous_format,
    2: torch.channels_last,
    3: torch.channels_last_3d,
    4: torch.preserve_format,
}
_STRIDED = 7
_ROWS = r"L(\[('\w+'|\d+)\])+\.size\(\)\[0\]"
_SAME_BATCH = re.compile(f"{_ROWS} == {_ROWS}")  # the one guard that always holds here
_SYMBOL = re.compile(r"Symbol\('(\w+)'(, \w+=True)*\)")
_PLAIN = ("as_int", "as_ints", "as_bool", "as_bools", "as_string", "as_strings")


class NotPlain(Exception):
    """The file holds something that is not read here; no error, because the caller has another way."""


def read_program(path: Path) -> Program:
    """The network in a .pt2 file. Raises NotPlain for what only torch can read, ModelError for what is no such file."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_files(path, archive.infolist())
            return _Reader(archive).program()
    except zipfile.BadZipFile as error:
        raise ModelError(
            f"{path} is not an exported program: {error}", allowed="what torch.export.save writes"
        ) from error
    except CORRUPTIONS as error:
        raise NotPlain(first_line(error)) from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._root = archive.namelist()[0].partition("/")[0]
        whole = self._json("models/model.json")
        guarded = any(not _SAME_BATCH.fullmatch(guard) for guard in whole["guards_code"])
        if whole["schema_version"]["major"] != SCHEMA or guarded:
            raise NotPlain("another form of the file, or guards")
        if self._bytes("byteorder").decode().strip() != sys.byteorder:
            raise NotPlain("another order of bytes")
        self._ranges: dict[str, Any] = whole["range_constraints"]
        self._module = whole["graph_module"]
        self._graph = self._module["graph"]

    def program(self) -> Program:
        if self._graph["custom_obj_values"]:
            raise NotPlain("custom objects")
        signature = self._module["signature"]
        weights: dict[str, tuple[str, Tensor, bool]] = {}
        inputs = []
        for spec in signature["input_specs"]:
            (kind, content), *more = spec.items()
            name = _one(content["arg"])[1]["name"] if kind == "user_input" else content["arg"]["name"]
            if more:
                raise NotPlain("an input of several kinds")
            if kind == "user_input":
                inputs.append((name, *self._shape(name)))
            elif kind == "parameter":
                weights[name] = (content["parameter_name"], self._weights[content["parameter_name"]], True)
            elif kind == "buffer":
                weights[name] = (content["buffer_name"], self._weights[content["buffer_name"]], False)
            elif kind == "tensor_constant":
                own = content["tensor_constant_name"]
                weights[name] = (own, self._weights[own], False)
            else:
                raise NotPlain(kind)
        return Program(weights, inputs, [self._call(node) for node in self._graph["nodes"]], self._output(signature))

    def _bytes(self, inside: str) -> bytes:
        return self._archive.read(f"{self._root}/{inside}")

    def _json(self, inside: str) -> Any:
        return json.loads(self._bytes(inside))

    @property
    def _weights(self) -> dict[str, Tensor]:
        if not hasattr(self, "_tensors"):
            self._tensors: dict[str, Tensor] = {}
            stored: dict[str, bytearray] = {}
            for folder, config in (("weights", "model_weights_config"), ("constants", "model_constants_config")):
                for name, payload in self._json(f"data/{folder}/{config}.json")["config"].items():
                    self._tensors[name] = self._tensor(f"data/{folder}/", payload, stored)
        return self._tensors

    def _tensor(self, folder: str, payload: Mapping[str, Any], stored: dict[str, bytearray]) -> Tensor:
        place = folder + payload["path_name"]
        if not payload["path_name"].startswith(("weight_", "tensor_")):
            raise NotPlain("an object that is no tensor")
        if payload["use_pickle"]:
            found = torch.load(io.BytesIO(self._bytes(place)), weights_only=True)
            if not isinstance(found, Tensor):
                raise NotPlain("a pickle that is no tensor")
            return found
        meta = payload["tensor_meta"]
        sizes, strides = [_whole(each) for each in meta["sizes"]], [_whole(each) for each in meta["strides"]]
        dtype = _DTYPES[meta["dtype"]]
        if 0 in sizes:
            return torch.empty(sizes, dtype=dtype)
        if place not in stored:
            stored[place] = bytearray(self._bytes(place))  # torch wants memory it may write to; tied weights share it
        flat = torch.frombuffer(stored[place], dtype=dtype)
        return flat.as_strided(sizes, strides, _whole(meta["storage_offset"]))

    def _shape(self, name: str) -> tuple[Sizes, torch.dtype]:
        meta = self._graph["tensor_values"][name]
        return tuple(self._size(size) for size in meta["sizes"]), _DTYPES[meta["dtype"]]

    def _size(self, size: Mapping[str, Any]) -> int | tuple[int, int]:
        kind, content = _one(size)
        if kind == "as_int":
            return int(content)
        symbol = _SYMBOL.fullmatch(content["expr_str"])
        if symbol is None:
            raise NotPlain("a size that is computed from another")
        limits = self._ranges.get(symbol[1], {})
        low, high = limits.get("min_val"), limits.get("max_val")
        low, high = 0 if low is None or low <= 2 else int(low), ANY if high is None else min(int(high), ANY)
        return low, high  # torch tells nothing apart from 2 on: a smallest size of 2 is its way to say any

    def _call(self, node: Mapping[str, Any]) -> Call:
        target = node["target"]
        if not is_plain_operator(target):
            raise NotPlain(target)
        root, *path = target.split(".")
        function: Any = {"torch": torch, "math": math, "_operator": operator}[root]
        for part in path:
            function = getattr(function, part)
        if root == "torch" and path[0] == "ops" and not isinstance(function, OpOverload):
            raise NotPlain(target)
        if function is torch.ops.aten.embedding.default:
            function = _embedding
        args = tuple(_argument(each["arg"]) for each in node["inputs"] if each["kind"] == 1)
        kwargs = {each["name"]: _argument(each["arg"]) for each in node["inputs"] if each["kind"] == 2}
        if len(args) + len(kwargs) != len(node["inputs"]):
            raise NotPlain("arguments of no kind")
        return Call(function, args, kwargs, tuple(_result(each) for each in node["outputs"]))

    def _output(self, signature: Mapping[str, Any]) -> Any:
        """The outputs, nested as the network nests them."""
        kinds = [next(iter(spec.items())) for spec in signature["output_specs"]]
        if any(kind != "user_output" for kind, _ in kinds):
            raise NotPlain("it changes its own buffers")
        leaves = [_argument(content["arg"]) for _, content in kinds]
        called = self._module["module_call_graph"][0]["signature"]
        nested, rest = _nested(json.loads(called["out_spec"])[1], leaves)
        if rest:
            raise NotPlain("outputs without a place")
        return nested


def _embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """Called as networks call it, so that whoever listens for embeddings hears it."""
    place = None if padding_idx < 0 else padding_idx
    return nn.functional.embedding(indices, weight, place, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def _one(argument: Mapping[str, Any]) -> tuple[str, Any]:
    ((kind, value),) = argument.items()
    return kind, value


def _whole(size: Mapping[str, Any]) -> int:
    return int(size["as_int"])


def _argument(argument: Mapping[str, Any]) -> Any:
    kind, value = _one(argument)
    if kind in _PLAIN:
        return value
    if kind == "as_none":
        return None
    if kind in ("as_tensor", "as_tensors"):
        return Name(value["name"]) if kind == "as_tensor" else [Name(each["name"]) for each in value]
    if kind in ("as_optional_tensor", "as_sym_int", "as_sym_float", "as_sym_bool"):
        inner, content = _one(value)
        return Name(content) if inner == "as_name" else _argument(value)
    if kind in ("as_optional_tensors", "as_sym_ints", "as_sym_floats", "as_sym_bools"):
        return [_argument({kind[:-1]: each}) for each in value]
    if kind in ("as_float", "as_floats"):
        return float(value) if kind == "as_float" else [float(each) for each in value]  # "Infinity" stands as text
    if kind == "as_scalar_type":
        return _DTYPES[value]
    if kind == "as_memory_format":
        return _MEMORY_FORMATS[value]
    if kind == "as_layout" and value == _STRIDED:
        return torch.strided
    if kind == "as_device":
        return HERE
    raise NotPlain(kind)


def _result(argument: Mapping[str, Any]) -> Any:
    kind, value = _one(argument)
    if kind == "as_tensor":
        return value["name"]
    if kind == "as_tensors":
        return [each["name"] for each in value]
    if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
        return value["as_name"]
    if kind == "as_none":
        return None
    raise NotPlain(kind)


def _nested(spec: Mapping[str, Any], leaves: list[Any]) -> tuple[Any, list[Any]]:
    """Leaves put into the containers of a spec, and those that are left over."""
    if spec["type"] is None:
        return leaves[0], leaves[1:]
    parts = []
    for child in spec["children_spec"]:
        part, leaves = _nested(child, leaves)
        parts.append(part)
    if spec["type"] == "builtins.dict":
        return dict(zip(json.loads(spec["context"]), parts, strict=True)), leaves
    if spec["type"] in ("builtins.tuple", "builtins.list"):
        return (tuple(parts) if spec["type"] == "builtins.tuple" else parts), leaves
    raise NotPlain(spec["type"])
