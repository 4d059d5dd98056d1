"""Speaking: a model of transformers with its tokenizer, loaded with care and held to its slots while it writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from reporter.errors import ModelError, UsageError, first_line, listing, says_out_of_memory
from reporter.narrators.decoding import Vocabulary, Written
from reporter.pretrained import configuration, refuse_code, refuse_larger
from reporter.quieting import quiet
from reporter.slots import Plan, instructions, prompt

DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
KINDS = {"CausalLM": "AutoModelForCausalLM", "Seq2SeqLM": "AutoModelForSeq2SeqLM"}
_QUOTES = (("“", "”"), ('"', '"'), ("「", "」"))


def load(folder: Path, device: str = "auto", dtype: str = "auto", *, trust: bool = False) -> Speaker:
    """The model in a folder with its tokenizer, on a device. Raises ModelError, NotTrusted, UsageError."""
    import torch
    import transformers

    config = configuration(folder)
    if not trust:
        refuse_code(config, folder)
        refuse_code(_tokenizer_configuration(folder), folder)
    kind = _kind(config, folder)
    place = _device(device)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelError(f"{folder} holds no weights", allowed="a model saved as safetensors")
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": trust}
    try:
        with quiet():
            known = transformers.AutoConfig.from_pretrained(folder, **options)
            maker = getattr(transformers, KINDS[kind])
            with torch.device("meta"):
                planned = maker.from_config(known, trust_remote_code=trust)
            refuse_larger(sum(each.numel() for each in planned.parameters()), files)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **options)
            network, info = maker.from_pretrained(
                folder,
                config=known,
                dtype=_dtype(dtype, place),
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
            network = network.to(place).eval()
    except (ModelError, UsageError):
        raise
    except Exception as error:
        raise ModelError(
            f"the narrator model in {folder} cannot be loaded: {first_line(error)}",
            allowed="a folder as save_pretrained writes it, with its tokenizer",
        ) from error
    if missing := sorted(info["missing_keys"]):
        raise ModelError(f"{len(missing)} weights are missing in {folder}, among them {listing(missing, 4)}")
    return Speaker(network, tokenizer, encoder=kind == "Seq2SeqLM")


def _tokenizer_configuration(folder: Path) -> dict[str, Any]:
    import json

    try:
        found = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}  # tokenizer.json alone is enough, and transformers tells what is wrong with either
    return found if isinstance(found, dict) else {}


def _kind(config: dict[str, Any], folder: Path) -> str:
    """Whether it goes on writing a text or answers one. Raises ModelError for a model that does neither."""
    if config.get("is_encoder_decoder"):
        return "Seq2SeqLM"
    named = [str(each) for each in config.get("architectures") or ()]
    if any(each.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")) for each in named):
        return "CausalLM"
    raise ModelError(
        f"the model in {folder} is a {listing(named) if named else 'model without an architecture'}",
        allowed="a causal or an encoder-decoder language model",
    )


def _device(wanted: str) -> Any:
    import torch

    there = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    usable = [*([there.type] if there else []), "cpu"]
    try:
        place = torch.device(usable[0] if wanted == "auto" else wanted)
    except RuntimeError as error:
        raise UsageError(f"no device called {wanted!r}", allowed=f"auto, {listing(usable)}") from error
    if place.type not in usable:
        raise UsageError(f"device {wanted!r} is not available here", allowed=f"auto, {listing(usable)}")
    return place


def _dtype(wanted: str, place: Any) -> Any:
    import torch

    if wanted != "auto":
        if wanted not in DTYPES:
            raise UsageError(f"no dtype called {wanted!r}", allowed=f"auto, {listing(DTYPES)}")
        return getattr(torch, DTYPES[wanted])
    if place.type == "cpu":
        return torch.float32
    return torch.bfloat16 if place.type != "cuda" or torch.cuda.is_bf16_supported() else torch.float16


class Speaker:
    """A model with its tokenizer, ready to write. `encoder`: it answers a prompt, else it goes on from it."""

    def __init__(self, network: Any, tokenizer: Any, *, encoder: bool) -> None:
        self.network, self.tokenizer, self.encoder = network, tokenizer, encoder
        self._plain: dict[int, Any] = {}
        tokenizer.padding_side = "right" if encoder else "left"
        ends = network.generation_config.eos_token_id if network.generation_config is not None else None
        own = [ends] if isinstance(ends, int) else list(ends or ())
        self.ends = sorted({*own, *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else [])})
        if tokenizer.pad_token_id is None:
            if not self.ends:
                raise ModelError("the narrator model has neither a token that ends a text nor one for padding")
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(self.ends[0])

    def speak(self, plans: Sequence[Plan], temperature: float, seed: int, max_tokens: int, until: float) -> list[str]:
        """A sentence for each plan. Halves the batch when memory is short; raises what the model raises."""
        if time.monotonic() >= until:
            return [""] * len(plans)
        try:
            return self._spoken(plans, temperature, seed, max_tokens, until)
        except (RuntimeError, MemoryError) as error:
            if len(plans) == 1 or not says_out_of_memory(error):
                raise
        half = len(plans) // 2
        parts = (plans[:half], plans[half:])
        return [text for part in parts for text in self.speak(part, temperature, seed, max_tokens, until)]

    def asked(self, plan: Plan) -> str:
        """The prompt of a plan as this model is used to being asked."""
        if not getattr(self.tokenizer, "chat_template", None):
            return prompt(plan)
        said = [{"role": "system", "content": instructions(plan)}, {"role": "user", "content": prompt(plan)}]
        together = [{"role": "user", "content": f"{instructions(plan)}\n\n{prompt(plan)}"}]
        from jinja2 import TemplateError

        try:
            return self._chat(said)
        except TemplateError:  # some know no system
            return self._chat(together)

    def _chat(self, said: list[dict[str, str]]) -> str:
        return str(
            self.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        )

    def _spoken(self, plans: Sequence[Plan], temperature: float, seed: int, max_tokens: int, until: float) -> list[str]:
        import torch
        import transformers
        from transformers import LogitsProcessorList, StoppingCriteriaList

        chat = bool(getattr(self.tokenizer, "chat_template", None))
        given = self.tokenizer(
            [self.asked(plan) for plan in plans], return_tensors="pt", padding=True, add_special_tokens=not chat
        )
        given = {key: given[key].to(self.network.device) for key in ("input_ids", "attention_mask")}
        length = 1 if self.encoder else given["input_ids"].shape[1]
        room = self._room(given["input_ids"].shape[1])
        if room < 1:
            if len(plans) == 1:
                return [""]  # longer than what the model reads
            return [text for plan in plans for text in self._spoken([plan], temperature, seed, max_tokens, until)]
        leash = Leash(self, plans, length, until)
        made: Any = transformers.GenerationConfig  # its class is not annotated
        settings = made(
            max_new_tokens=min(max_tokens, room),
            do_sample=temperature > 0,
            **({"temperature": temperature} if temperature > 0 else {}),
            eos_token_id=self.ends or None,
            pad_token_id=self.tokenizer.pad_token_id,
            bos_token_id=self.tokenizer.bos_token_id,
            decoder_start_token_id=getattr(self.network.config, "decoder_start_token_id", None),
        )
        self.network.generation_config = settings  # what lies beside the model decides nothing here
        devices = [self.network.device] if self.network.device.type == "cuda" else []
        with quiet(), torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(seed)
            found = self.network.generate(
                **given,
                generation_config=settings,
                logits_processor=LogitsProcessorList([leash.narrowed]),
                stopping_criteria=StoppingCriteriaList([leash.stopped]),
            )
        return [sentence(self.text(row[length:].tolist())) for row in found]

    def _room(self, length: int) -> int:
        """How many tokens the model may still write behind a prompt of this length."""
        most = getattr(self.network.config.get_text_config(), "max_position_embeddings", None)
        if self.encoder or not isinstance(most, int) or most < 1:
            return 1_000_000
        return most - length

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def plain(self, width: int) -> Any:
        """Which of so many tokens hold neither a digit nor a brace."""
        import torch

        if width not in self._plain:
            self._plain[width] = torch.zeros(width, dtype=torch.bool)
            self._plain[width][sorted(token for token in self.vocabulary.plain if token < width)] = True
        return self._plain[width]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tokens by what they add to a text."""
        count = len(self.tokenizer)
        pieces = self.tokenizer.convert_ids_to_tokens(list(range(count)))
        texts = self.tokenizer.batch_decode(
            [[token] for token in range(count)], skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        # Some decoders drop the space before a first word.
        spaced = [
            f" {text}" if str(piece).startswith("▁") and not text.startswith(" ") else text
            for piece, text in zip(pieces, texts, strict=True)
        ]
        return Vocabulary(spaced, self.text, ends=self.ends, special=self.tokenizer.all_special_ids)


class Leash:
    """What holds one call of a model: which tokens it may write, and when a sentence is over."""

    def __init__(self, speaker: Speaker, plans: Sequence[Plan], length: int, until: float) -> None:
        self.speaker, self.plans, self.length, self.until = speaker, plans, length, until
        self._seen: tuple[int, list[Written]] = (-1, [])

    def narrowed(self, tokens: Any, scores: Any) -> Any:
        """The scores, with every token that may not stand next at minus infinity."""
        import torch

        vocabulary = self.speaker.vocabulary
        plain = self.speaker.plain(scores.shape[1])
        allowed = torch.zeros(scores.shape, dtype=torch.bool)
        for row, (written, plan) in enumerate(zip(self._written(tokens), self.plans, strict=True)):
            if written.partial is None:
                allowed[row] = plain
                allowed[row, self.speaker.ends] = True
                allowed[row, sorted(vocabulary.digits(tokens[row, self.length :].tolist()))] = False
            allowed[row, sorted(vocabulary.marked(written.partial, written.left(plan)))] = True
            if not allowed[row].any():
                allowed[row, self.speaker.ends or [self.speaker.tokenizer.pad_token_id]] = True
        return scores.masked_fill(~allowed.to(scores.device), float("-inf"))

    def stopped(self, tokens: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002 - as transformers calls it
        """Which sentences are over."""
        import torch

        late = time.monotonic() >= self.until
        over = [late or written.ends(plan) for written, plan in zip(self._written(tokens), self.plans, strict=True)]
        return torch.tensor(over, dtype=torch.bool, device=tokens.device)

    def _written(self, tokens: Any) -> list[Written]:
        length = tokens.shape[1]
        if self._seen[0] != length:  # both are asked of the same tokens
            self._seen = length, [Written(self.speaker.text(row[self.length :].tolist())) for row in tokens]
        return self._seen[1]


def sentence(written: str) -> str:
    """The sentence in what a model wrote: the first line that holds any, without quotation marks around it."""
    line = next((line.strip() for line in written.splitlines() if line.strip()), "")
    for opening, closing in _QUOTES:
        if len(line) > 1 and line.startswith(opening) and line.endswith(closing):
            return line[1:-1].strip()
    return line
