"""Files of weights, and putting them into a network."""

from __future__ import annotations

import pickle
import struct
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
    RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, ImportError, ArithmeticError,
    MemoryError, struct.error, zlib.error, pickle.UnpicklingError,
)  # fmt: skip
PREFIXES = ("module.", "_orig_mod.")  # of DataParallel and torch.compile


def load_weights(path: Path, loader: str, *, trust: bool = False) -> Mapping[str, Tensor] | nn.Module:
    """A state dict, or the whole module when a trusted file holds one.

    Raises NotTrusted for a pickle that needs code, ModelError for what is no state dict.
    """
    bounded(path)
    if loader == "safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{path} is not a safetensors file: {first_line(error)}") from error
    if zipfile.is_zipfile(path) and _holds_script(path):
        raise ModelError(f"{path} is TorchScript, which is not supported", remedy="save it with torch.export.save")
    if not zipfile.is_zipfile(path) and not _begins_as_pickle(path):
        raise ModelError(f"{path} is not a state dict", allowed="what torch.save(state_dict) wrote")
    try:
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            if not trust:
                raise NotTrusted(
                    f"{path.name} holds Python objects, not weights alone; loading it would run code",
                    remedy="add --trust if you know where it comes from; or save model.state_dict(), or export it",
                ) from error
            content = torch.load(path, map_location="cpu", weights_only=False)
    except (RuntimeError, EOFError, ValueError, AttributeError, ImportError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{path} is not a state dict: {first_line(error)}", allowed="what torch.save(state_dict) wrote"
        ) from error
    return content if isinstance(content, nn.Module) else _state_dict(content, path)


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
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())


def bounded(path: Path) -> None:
    """Raises ModelError for a file that is larger than any model this is meant for."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ModelError(f"{path} has {size} bytes", allowed=f"at most {MAX_BYTES}")


def fill(module: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Put weights into a module, all of them. Prefixes of wrappers are taken off; tied weights may be stored once.

    Raises ModelError that counts what does not match and names some.
    """
    given = dict(weights)
    own = module.state_dict()
    for prefix in PREFIXES:
        if given and all(key.startswith(prefix) for key in given) and not all(key in own for key in given):
            given = {key.removeprefix(prefix): value for key, value in given.items()}
    stored = {own[key].data_ptr() for key in given if key in own and isinstance(own[key], Tensor)}
    missing = [
        key for key, value in own.items() if key not in given and not (value.numel() and value.data_ptr() in stored)
    ]
    unknown = [key for key in given if key not in own]
    wrong = [key for key in given if key in own and given[key].shape != own[key].shape]
    if missing or unknown or wrong:
        said = [f"{len(missing)} missing ({listing(missing, 3)})"] if missing else []
        said += [f"{len(unknown)} unknown ({listing(unknown, 3)})"] if unknown else []
        said += [f"{len(wrong)} of another shape ({listing(wrong, 3)})"] if wrong else []
        raise ModelError(
            f"the weights in {name} do not fit the network: of {len(own)} tensors {', '.join(said)}",
            remedy="check factory and factory_arguments",
        )
    module.load_state_dict(given, strict=False)  # strict by the checks above, which know tied weights
