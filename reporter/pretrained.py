"""Pretrained: folders as `save_pretrained` writes them, looked at before anything in them is loaded. No torch.

Only local files are read, and nothing is fetched.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from reporter.errors import ModelError, NotTrusted, first_line
from reporter.keys import MAX_BYTES
from reporter.quieting import quiet

MOST_LAYERS = 1_000
_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def is_hub_name(name: str) -> bool:
    """Whether a name may be one on the hub: owner/name."""
    return bool(_HUB.fullmatch(name))


def cached(name: str, path: Path) -> Path:
    """The folder of a model of the hub, if it was fetched before. Raises ModelError."""
    from huggingface_hub import snapshot_download

    try:
        with quiet():
            return Path(snapshot_download(name, local_files_only=True))
    except Exception as error:
        raise ModelError(
            f"no such model: {path}, and {name} is not in the local cache of Hugging Face models",
            allowed="a folder with config.json",
            remedy="give the folder",
        ) from error


def configuration(path: Path) -> dict[str, Any]:
    """The config.json of a folder. Raises ModelError."""
    file = path / "config.json"
    try:
        with file.open(encoding="utf-8") as opened:
            found = json.loads(opened.read(MAX_BYTES))
    except OSError as error:
        raise ModelError(
            f"{path} is a folder without config.json", allowed="a model file, or a folder as save_pretrained writes it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not JSON: {first_line(error)}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{file} holds no configuration", allowed="an object, as save_pretrained writes it")
    layers = [value for key, value in found.items() if key.endswith(("layers", "n_layer")) and isinstance(value, int)]
    if max(layers, default=0) > MOST_LAYERS:
        raise ModelError(f"{file} asks for {max(layers)} layers", allowed=f"at most {MOST_LAYERS}")
    return found


def refuse_code(config: dict[str, Any], path: Path) -> None:
    """Raises NotTrusted for a configuration by which code would run that lies beside the model or on the hub."""
    if config.get("auto_map"):
        raise NotTrusted(
            f"the model in {path} is code that lies beside it", remedy="add --trust if you know where it is from"
        )
    if _names_code(config):
        raise NotTrusted(
            f"the model in {path} asks for code of the hub to calculate with",
            remedy="take attn_implementation out of its config.json, or add --trust",
        )


def _names_code(config: Any) -> bool:
    """Whether a configuration names code that transformers would fetch and run: `owner/name` as an implementation."""
    left = [config]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if any(key.endswith("_implementation") and "/" in str(value) for key, value in part.items()):
                return True
            left += part.values()
        elif isinstance(part, list):
            left += part
    return False


def refuse_larger(asked: int, files: list[Path]) -> None:
    """Raises ModelError for a configuration that asks for more weights than its files can hold."""
    held = sum(file.stat().st_size for file in files)
    if asked > 2 * held:  # two weights a byte, where they are packed
        raise ModelError(
            f"the configuration asks for {asked} weights, but their files have {held} bytes",
            remedy="take the configuration that belongs to the weights",
        )
