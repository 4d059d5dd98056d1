"""Windows: a text longer than the model takes, read part by part, its scores averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from reporter.errors import StudyError
from reporter.huggingface import folder_of, is_hugging_face
from reporter.model import Model
from reporter.outputs import adapted
from reporter.study import Study
from reporter.tokenizing import Tokenizer, read_tokenizer, tokenizer_of

# Models whose positions begin behind the id of their padding token.
SHIFTED = ("roberta", "xlm-roberta", "xlm-roberta-xl", "roberta-prelayernorm", "camembert", "mpnet", "data2vec-text")


def study_tokenizer(study: Study) -> Tokenizer:
    """The tokenizer of a study: the one it names, else the model's own. Raises StudyError, ModelError, NotTrusted."""
    if study.text.tokenizer:
        return read_tokenizer(study.path(study.text.tokenizer))
    if not is_hugging_face(study.model, study.folder):
        raise StudyError(
            "the study does not say how texts become tokens", remedy="set tokenizer under [text] to the folder of one"
        )
    return read_tokenizer(folder_of(study.model, study.folder))


def limit_of(model: Model, tokenizer: Tokenizer, most: int | None) -> int | None:
    """How many tokens the model takes, special ones included: the least of what is known; None when nothing is."""
    return min((each for each in (most, tokenizer.limit, *map(_positions, model.modules)) if each), default=None)


def _positions(module: Any) -> int | None:
    """How many positions a transformers model has."""
    config = getattr(module, "config", None)
    most = getattr(config, "max_position_embeddings", None)
    if not isinstance(most, int) or most <= 0:
        return None
    if getattr(config, "model_type", "") not in SHIFTED:
        return most
    pads = (getattr(module, "padding", None), getattr(config, "pad_token_id", None), 0)
    return most - next(pad for pad in pads if pad is not None) - 1


def windowed(model: Model, study: Study, given: Any = None) -> Model:
    """The model, called once a window for texts longer than it takes; as it is where it takes any length.

    A window has as many tokens as the model takes, special tokens around each; windows do not overlap and are as
    equal as can be. The output is the mean of the windows' outputs, so that every word is explained by the window it
    stands in.
    """
    tokenizer = study_tokenizer(study) if given is None else tokenizer_of(given)
    most = limit_of(model, tokenizer, study.text.max_tokens)
    if most is None:
        return model
    before, after = tokenizer.around
    room = most - before - after
    if room < 1:
        raise StudyError(f"max_tokens = {most} leaves no room for words", allowed=f"more than {before + after}")
    forward: Callable[..., Any] = model.forward  # closed over, so that its modules are found
    key = model.output_key

    def read(ids: Tensor, *rest: Any) -> Any:
        inner = ids.shape[1] - before - after
        count = max(1, -(-inner // room))
        if count == 1:
            return adapted(forward(ids, *rest), len(ids), key)
        first, last = ids[:, :before], ids[:, ids.shape[1] - after :]
        parts = ids[:, before : ids.shape[1] - after].tensor_split(count, dim=1)
        # One after the other, so that each lookup has the rows of the question.
        found = [adapted(forward(torch.cat([first, part, last], dim=1), *rest), len(ids), key) for part in parts]
        return torch.stack(found).mean(dim=0)

    return replace(model, forward=read, output_key=None)
