"""A local language model as narrator: it words sentences whose names, values, numbers and directions are slots.

Any causal or encoder-decoder model of transformers, from a folder or from what was fetched of the hub before. Nothing
is fetched, and what it writes is published only where it holds (reporter/rewording.py).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from reporter.errors import ModelError, UsageError
from reporter.pretrained import cached, is_hub_name
from reporter.slots import Plan
from reporter.templating import templates_folder

if TYPE_CHECKING:
    from reporter.narrators.speaking import Speaker

SHIPPED = Path("samples", "narrator", "model")  # beside templates/, in a checkout
SECOND = 0.7  # temperature of a sentence that is written once more


@dataclass(frozen=True)
class LanguageModelNarrator:
    """Words the sentences of the templated narrative anew with a local model.

    `model`: a folder, or owner/name on the hub; the small one that is shipped when empty. `temperature` 0 is greedy;
    `max_tokens` limits a sentence, `seconds` a report. `trust` runs code that lies beside the model.
    """

    name: ClassVar[str] = "language-model"
    description: ClassVar[str] = "a local language model rewords the templates; what does not hold is put back"
    model: str = ""
    device: str = "auto"
    dtype: str = "auto"  # by device: bf16 or fp16 on an accelerator, fp32 on a processor
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 256
    seconds: float = 300.0
    batch: int = 16
    trust: bool = False

    def __post_init__(self) -> None:
        for name, least in (("temperature", 0), ("max_tokens", 1), ("seconds", 0), ("batch", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} = {getattr(self, name)}", allowed=f"{least} or more")

    @property
    def model_name(self) -> str:
        """The name on the hub, or the last of a folder: where it lies is nobody's business."""
        return "/".join(Path(self.model or SHIPPED).parts[-2:])

    def prepare(self) -> None:
        """Load the model. Raises ModelError; NotTrusted when it would run foreign code; UsageError for the device."""
        self._loaded()

    def write(self, plans: Sequence[Plan], *, attempt: int, seconds: float) -> list[str]:
        """A sentence for each plan; empty where time ran out or the prompt is longer than the model reads."""
        speaker = self._loaded()
        until = time.monotonic() + seconds
        temperature = self.temperature if attempt == 0 else max(self.temperature, SECOND)
        written: list[str] = []
        for start in range(0, len(plans), self.batch):
            stretch = plans[start : start + self.batch]
            written += speaker.speak(stretch, temperature, self.seed + attempt, self.max_tokens, until)
        return written

    def _loaded(self) -> Speaker:
        return _speaker(str(self._folder()), self.device, self.dtype, self.trust)

    def _folder(self) -> Path:
        if not self.model:
            shipped = templates_folder().parent / SHIPPED
            if (shipped / "config.json").is_file():
                return shipped
            raise ModelError(
                "the narrator has no model",
                allowed="the folder of a language model, or owner/name of one that was fetched before",
                remedy="add --narrator-model FOLDER",
            )
        path = Path(self.model)
        if path.is_dir():
            return path.resolve()
        if path.exists() or not is_hub_name(self.model):
            raise ModelError(
                f"no such narrator model: {self.model}",
                allowed="the folder of a language model, or owner/name of one that was fetched before",
                remedy="give its folder",
            )
        return cached(self.model, path)


@lru_cache(maxsize=2)
def _speaker(folder: str, device: str, dtype: str, trust: bool) -> Speaker:
    from reporter.narrators.speaking import load

    return load(Path(folder), device, dtype, trust=trust)
