"""Files of weights, and putting them into a network."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reporter.errors import ModelError, NotTrusted, first_line, listing

MAX_BYTES = 64 * 1024**3
# What readers of files raise for bytes that are not what they expect.
CORRUPTIONS = (
    RuntimeError, AssertionError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError, ImportError,
    ArithmeticError, MemoryError, zipfile.BadZipFile, struct.error, zlib.error, pickle.UnpicklingError,
)  # fmt: skip
PREFIXES = ("module.", "_orig_mod.", "model.")  # of DataParallel, torch.compile and Lightning
UNUSED = "num_batches_tracked"  # counts while training; older files lack it


def load_weights(path: Path, loader: str, *, trust: bool = False) -> Mapping[str, Tensor] | nn.Module:
    """A state dict; or the whole module when a trusted file holds one, pickled or as TorchScript.

    Raises NotTrusted for a pickle that needs code and for TorchScript, ModelError for what is no state dict.
    """
    bounded(path)
    if loader == "safetensors":
        return _safetensors(path)
    allowed = "what torch.save(state_dict) wrote"
    try:
        if zipfile.is_zipfile(path):
            if _holds_script(path):
                return _scripted(path, trust)
        elif not _begins_as_pickle(path):
            raise ModelError(f"{path} is not a state dict", allowed=allowed)
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            if not trust:
                raise NotTrusted(
                    f"{path.name} holds Python objects, not weights alone; loading it would run code",
                    remedy="add --trust if you know where it comes from; or save model.state_dict(), or export it",
                ) from error
            content = torch.load(path, map_location="cpu", weights_only=False)
    except CORRUPTIONS as error:
        raise ModelError(f"{path} is not a state dict: {first_line(error)}", allowed=allowed) from error
    return content if isinstance(content, nn.Module) else _state_dict(content, path)


def _safetensors(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, *CORRUPTIONS) as error:
        raise ModelError(f"{path} is not a safetensors file: {first_line(error)}") from error


def _scripted(path: Path, trust: bool) -> torch.jit.ScriptModule:
    """A TorchScript module. It is a program: what it does on being loaded may write files, by `aten::save`."""
    if not trust:
        raise NotTrusted(
            f"{path.name} is TorchScript, a program that may also write files",
            remedy="add --trust if you know where it comes from; or save it with torch.export.save, which needs none",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch would rather have it exported
            module: torch.jit.ScriptModule = torch.jit.load(path, map_location="cpu")
        trains = _trains(module.inlined_graph)
    except CORRUPTIONS as error:
        raise ModelError(f"{path} cannot be loaded as TorchScript: {first_line(error)}") from error
    if trains:
        raise ModelError(
            f"{path.name} was traced while it trained: dropout or batch statistics are in it for ever",
            remedy="call model.eval() and trace it again",
        )
    return module


def _trains(graph: Any) -> bool:
    """Whether a graph has training written into it, which no evaluation mode can switch off."""
    for name in ("aten::dropout", "aten::dropout_", "aten::feature_dropout", "aten::alpha_dropout"):
        if any(list(node.inputs())[2].toIValue() is True for node in graph.findAllNodes(name)):
            return True
    for node in graph.findAllNodes("aten::batch_norm"):
        inputs = list(node.inputs())
        if inputs[5].toIValue() is True and inputs[3].node().kind() != "prim::Constant":  # it has running statistics
            return True
    return False


def _state_dict(content: Any, path: Path) -> Mapping[str, Tensor]:
    inside = (
        [content.get(key) for key in ("state_dict", "model_state_dict", "model")] if isinstance(content, dict) else []
    )
    content = next((each for each in inside if isinstance(each, dict)), content)
    if not isinstance(content, dict) or not any(isinstance(value, Tensor) for value in content.values()):
        raise ModelError(f"{path} holds {type(content).__name__}, not a state dict", allowed="names and tensors")
    return {str(key): value for key, value in content.items()}


def _begins_as_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"\x80"


def _holds_script(path: Path) -> bool:
    """Whether a zip file is TorchScript; what torch.save wrote is looked at for sizes that are not there."""
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    insides = [info.filename.partition("/")[2] for info in infos]
    if any(inside.startswith("code/") or inside == "constants.pkl" for inside in insides):
        return True
    stored = all(info.compress_type == zipfile.ZIP_STORED for info in infos)
    if not stored or sum(info.file_size for info in infos) > path.stat().st_size:
        raise ModelError(
            f"{path} is compressed or larger inside than outside", allowed="what torch.save(state_dict) wrote"
        )
    return False


def bounded(path: Path) -> None:
    """Raises ModelError for a file that is larger than any model this is meant for."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ModelError(f"{path} has {size} bytes", allowed=f"at most {MAX_BYTES}")


def fill(module: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Put weights into a module, all of them. Prefixes of wrappers are taken off; tied weights may be stored once.

    Raises ModelError that counts what does not match and names some.
    """
    own = module.state_dict()
    given = _without_prefixes(weights, own)
    stored = {_address(own[key]) for key in given if key in own} - {None}
    missing = [
        key
        for key, value in own.items()
        if key not in given and _address(value) not in stored and not key.endswith(UNUSED)
    ]
    unknown = [key for key in given if key not in own]
    shared = [key for key in given if key in own]
    wrong = [key for key in shared if getattr(given[key], "shape", None) != getattr(own[key], "shape", None)]
    if missing or unknown or wrong:
        said = [f"{len(missing)} missing ({listing(missing, 3)})"] if missing else []
        said += [f"{len(unknown)} unknown ({listing(unknown, 3)})"] if unknown else []
        said += [f"{len(wrong)} of another shape ({listing(wrong, 3)})"] if wrong else []
        raise ModelError(
            f"the weights in {name} do not fit the network: of {len(own)} tensors {', '.join(said)}",
            remedy="check factory and factory_arguments",
        )
    try:
        module.load_state_dict(given, strict=False)  # strict by the checks above, which know tied weights
    except (RuntimeError, TypeError) as error:
        raise ModelError(f"the weights in {name} do not fit the network: {first_line(error)}") from error


def _without_prefixes(weights: Mapping[str, Tensor], own: Mapping[str, Any]) -> dict[str, Tensor]:
    """Names without the prefixes that every one of them has, in whatever order they were put before each other."""
    given = dict(weights)
    for _ in PREFIXES:
        for prefix in PREFIXES:
            if given and all(key.startswith(prefix) for key in given) and not all(key in own for key in given):
                given = {key.removeprefix(prefix): value for key, value in given.items()}
    return given


def _address(value: Any) -> int | None:
    """Where the numbers of a tensor lie; None for an empty one, or what is none."""
    return value.data_ptr() if isinstance(value, Tensor) and value.numel() else None
