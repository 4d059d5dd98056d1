"""Hugging Face folders → a Model: classification heads of transformers, straight from `save_pretrained`.

Only local files are read. Code beside the weights runs only when it is trusted; pickled weights are read as weights.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reporter.errors import ModelError, first_line, listing
from reporter.model import Model
from reporter.pretrained import cached, configuration, is_hub_name, refuse_code, refuse_larger
from reporter.quieting import quiet
from reporter.study import HEADS, ModelSection

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
SHOWN = 4  # names of weights in a message


def is_hugging_face(section: ModelSection, folder: Path) -> bool:
    """Whether a study's model is a folder in the Hugging Face layout, or what may be a name on its hub."""
    if section.factory or section.loader != "auto" or not section.path:
        return False
    path = folder / section.path
    return path.is_dir() or (not path.exists() and not path.suffix and is_hub_name(section.path))


def folder_of(section: ModelSection, folder: Path) -> Path:
    """Where the model lies: beside the study, or in the cache of what was fetched before. Raises ModelError."""
    path = folder / section.path
    return path if path.is_dir() else cached(section.path, path)


def load_hugging_face(section: ModelSection, folder: Path, device: torch.device, *, trust: bool = False) -> Model:
    """The classifier in a folder. Raises ModelError; NotTrusted when it would run code that lies beside it."""
    path = folder_of(section, folder)
    config = configuration(path)
    if not trust:
        refuse_code(config, path)
    head = _head(config, path)
    with quiet():
        network = _network(path, head, trust=trust)
    module: nn.Module = Reading(network) if HEADS[head] == "text" else Looking(network)
    dtype = next((each.dtype for each in module.parameters() if each.is_floating_point()), None)
    model = Model(module.to(device), name=section.path, device=device, dtype=dtype)
    return by_configuration(model, network.config, section.output_key)


class Reading(nn.Module):
    """A text classifier, called with token ids alone: every one of them counts, so none is taken for padding."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network, self.config = network, network.config
        self.padding = network.config.get_text_config().pad_token_id
        # Heads that look for the last token before the padding would find another one for a baseline of padding. No
        # token has this id, and without one they refuse several rows.
        network.config.get_text_config().pad_token_id = -1

    def forward(self, input_ids: Tensor) -> Tensor:
        found: Tensor = self.network(input_ids, attention_mask=torch.ones_like(input_ids)).logits
        return found


class Looking(nn.Module):
    """An image classifier, called with pixels alone."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network, self.config = network, network.config

    def forward(self, pixel_values: Tensor) -> Tensor:
        found: Tensor = self.network(pixel_values).logits
        return found


def _head(config: dict[str, Any], path: Path) -> str:
    named = config.get("architectures")
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    head = next((head for name in names for head in HEADS if name.endswith(head)), None)
    if head is None:
        raise ModelError(
            f"the model in {path} is a {listing(names) if names else 'model without an architecture'}",
            allowed=listing(f"…{each}" for each in HEADS),
            remedy="save the model with its classification head",
        )
    return head


def _network(path: Path, head: str, *, trust: bool) -> Any:
    import transformers

    kind = getattr(transformers, f"AutoModel{head}")
    files = [file for pattern in WEIGHTS for file in path.glob(pattern)]
    if not files:
        raise ModelError(f"{path} holds no weights", allowed="model.safetensors or pytorch_model.bin")
    safe = any(file.suffix == ".safetensors" for file in files)
    try:
        config = transformers.AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=trust)
        _bounded(kind, config, files, trust=trust)
        network, info = kind.from_pretrained(
            path,
            config=config,
            local_files_only=True,
            trust_remote_code=trust,
            use_safetensors=safe,
            weights_only=True,
            output_loading_info=True,
        )
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"the model in {path} cannot be loaded: {first_line(error)}",
            allowed="a folder as save_pretrained writes it",
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            f"{len(missing)} weights are missing in {path}, among them {listing(missing, SHOWN)}; they would be random",
            remedy="train the model and save it with its classification head",
        )
    return network


def _bounded(kind: Any, config: Any, files: list[Path], *, trust: bool) -> None:
    """Refuse a configuration that asks for more weights than its files can hold. Nothing is allocated for that."""
    with torch.device("meta"):
        planned = kind.from_config(config, trust_remote_code=trust)
    refuse_larger(sum(each.numel() for each in planned.parameters()), files)


def by_configuration(model: Model, config: Any, chosen: str | int | None = None) -> Model:
    """The model with what its configuration says of the outputs, by transformers' own rules for problem_type.

    Labels that may hold together are a question each; `chosen`, the number of one, makes it the only one. Of several
    values one is explained at a time. Raises ModelError for a number that no label has.
    """
    names = config.id2label or {}
    labels = tuple(str(names.get(i, i)) for i in range(config.num_labels))
    if config.problem_type == "multi_label_classification":
        key = 0 if len(labels) == 1 else chosen
        if key is None:
            return replace(model, task="classification", output="multi-label", classes=labels)
        if not isinstance(key, int) or not 0 <= key < len(labels):
            raise ModelError(
                f"output_key = {key!r}, but the model gives {len(labels)} labels: {listing(labels)}",
                allowed=f"0 to {len(labels) - 1}, or none for all of them",
                remedy="leave output_key out and give target, by its name",
            )
        return replace(model, task="classification", output="logit", classes=(f"not {labels[key]}", labels[key]))
    if config.problem_type == "regression" or len(labels) == 1:
        return replace(model, task="regression", output="value", values=labels if len(labels) > 1 else ())
    return replace(model, task="classification", output="logits", classes=labels)


def is_classifier(given: Any) -> bool:
    """Whether a module is a transformers classifier, whose configuration says what its outputs mean."""
    return type(given).__name__.endswith(tuple(HEADS)) and hasattr(getattr(given, "config", None), "id2label")
