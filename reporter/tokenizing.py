"""Tokenizers of any kind → token ids with their place in the text. No torch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from reporter.errors import ModelError, NotTrusted, UsageError, first_line, listing
from reporter.tokens import Range

MOST_CHARACTERS = 1_000_000  # of one text
KINDS = "a transformers tokenizer, a tokenizers.Tokenizer, or a function from a text to its token ids"
MARKERS = ("##", "▁", "Ġ", "Ċ", "@@", "</w>")  # what tokenizers put where words begin or go on
MOST_BYTES = 200_000_000  # of a tokenizer's file; the largest vocabularies take a tenth
UNBOUNDED = 1_000_000  # a limit from here on means that there is none


@dataclass(frozen=True)
class Tokens:
    """A text as a model takes it."""

    text: str
    ids: tuple[int, ...]
    spans: tuple[Range | None, ...]  # characters of each token; None for those that are not in the text


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """Any tokenizer, behind one door."""

    encode: Callable[[str], Tokens]
    decode: Callable[[Sequence[int]], str] | None = None
    named: Mapping[str, int] = field(default_factory=dict)  # mask, unk, pad → id, for those there are
    outer: frozenset[int] = frozenset()  # ids that stand around a text: first, last, separators
    limit: int | None = None  # tokens it says the model takes

    def __call__(self, text: str) -> Tokens:
        """Raises UsageError for a text that is empty, too long, or that the tokenizer cannot take."""
        if not text.strip():
            raise UsageError("the text is empty", remedy="give a text with at least one word")
        if len(text) > MOST_CHARACTERS:
            raise UsageError(f"the text has {len(text)} characters", allowed=f"at most {MOST_CHARACTERS}")
        clean = text.encode("utf-8", "replace").decode("utf-8")  # half a character has no bytes
        try:
            found = self.encode(clean)
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"the tokenizer fails: {first_line(error)}", allowed=KINDS) from error
        if not any(found.spans):
            raise UsageError("the tokenizer finds no tokens in the text", remedy="give a text with at least one word")
        return found

    @cached_property
    def around(self) -> tuple[int, int]:
        """How many special tokens stand before and after a text."""
        spans = self("a").spans
        inside = [place for place, span in enumerate(spans) if span is not None]
        return inside[0], len(spans) - 1 - inside[-1]

    def read(self, ids: Sequence[int]) -> Tokens:
        """Token ids as they are, with the text they stand for; padding is left out. Raises UsageError."""
        kept = _unpadded(ids, self.named.get("pad"))
        if self.decode is None:
            raise UsageError("token ids need a tokenizer that can decode them", remedy="give the texts")
        inner = [token for token in kept if token not in self.outer]
        if not inner:
            raise UsageError("a row of token ids holds no text", remedy="give at least one token")
        whole = self.decode(inner)
        if whole.strip():
            again = self(whole)
            if list(again.ids) == list(kept):
                return again
        return self._pieced(kept)

    def _pieced(self, ids: Sequence[int]) -> Tokens:
        """The text put together token by token, where decoding the whole does not lead back to the ids."""
        text = ""
        spans: list[Range | None] = []
        for token in ids:
            if token in self.outer:
                spans.append(None)
                continue
            piece = self.decode([token]) if self.decode is not None else str(token)
            piece = piece or f"[{token}]"
            glued = piece.startswith(("##", " ")) or not text
            text += "" if glued else " "
            piece = piece.removeprefix("##")
            spans.append((len(text), len(text) + len(piece)))
            text += piece
        return Tokens(text, tuple(ids), tuple(spans))


def _unpadded(ids: Sequence[int], pad: int | None) -> list[int]:
    kept = list(ids)
    while pad is not None and kept and kept[-1] == pad:
        kept.pop()
    while pad is not None and kept and kept[0] == pad:
        kept.pop(0)
    return kept


def tokenizer_of(given: Any) -> Tokenizer:
    """A tokenizer from Python. Raises UsageError for what is none."""
    if isinstance(given, Tokenizer):
        return given
    if hasattr(given, "convert_tokens_to_ids") and callable(given):
        return _of_transformers(given)
    if hasattr(given, "encode") and hasattr(given, "token_to_id") and hasattr(given, "to_str"):
        return _of_tokenizers(given)
    if callable(given) and not isinstance(given, type):
        return _of_function(given)
    raise UsageError(f"{type(given).__name__} is no tokenizer", allowed=KINDS)


# The three kinds


def _of_transformers(given: Any) -> Tokenizer:
    structure = [given.cls_token_id, given.sep_token_id, given.bos_token_id, given.eos_token_id, given.pad_token_id]
    named = {"mask": given.mask_token_id, "unk": given.unk_token_id, "pad": given.pad_token_id}
    most = getattr(given, "model_max_length", None)

    def fast(text: str) -> Tokens:
        found = given(
            text, return_offsets_mapping=True, return_special_tokens_mask=True, truncation=False, padding=False,
            verbose=False,
        )  # fmt: skip
        return Tokens(text, tuple(found["input_ids"]), _spans(found["special_tokens_mask"], found["offset_mapping"]))

    def slow(text: str) -> Tokens:
        found = given(text, return_special_tokens_mask=True, truncation=False, padding=False, verbose=False)
        ids, special = found["input_ids"], found["special_tokens_mask"]
        return Tokens(text, tuple(ids), aligned(text, given.convert_ids_to_tokens(ids), special, given.unk_token))

    return Tokenizer(
        fast if getattr(given, "is_fast", False) else slow,
        lambda ids: str(given.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)),
        {name: token for name, token in named.items() if token is not None},
        frozenset(token for token in structure if token is not None and token != given.unk_token_id),
        most if isinstance(most, int) and most < UNBOUNDED else None,
    )


def _spans(mask: Sequence[int], offsets: Sequence[Range]) -> tuple[Range | None, ...]:
    """Spans of tokens, None for special ones; a special token that is written out in the text is part of it."""
    return tuple(
        None if special and start == end else (start, end)
        for special, (start, end) in zip(mask, ((int(a), int(b)) for a, b in offsets), strict=True)
    )


def _of_tokenizers(given: Any) -> Tokenizer:
    own = type(given).from_str(given.to_str())  # a copy: what cuts or pads must not change the caller's
    own.no_truncation()
    own.no_padding()

    def encode(text: str) -> Tokens:
        found = own.encode(text)
        return Tokens(text, tuple(found.ids), _spans(found.special_tokens_mask, found.offsets))

    spelled = {"mask": ("[MASK]", "<mask>"), "unk": ("[UNK]", "<unk>"), "pad": ("[PAD]", "<pad>")}
    found = {
        name: next((token for word in words if (token := own.token_to_id(word)) is not None), None)
        for name, words in spelled.items()
    }
    words = ("[CLS]", "[SEP]", "<s>", "</s>", "<cls>", "<sep>", "[PAD]", "<pad>", "<|endoftext|>")
    outer = frozenset(token for word in words if (token := own.token_to_id(word)) is not None)
    return Tokenizer(
        encode,
        lambda ids: str(own.decode(list(ids), skip_special_tokens=False)),
        {name: token for name, token in found.items() if token is not None},
        outer,
    )


def _of_function(given: Callable[[str], Any]) -> Tokenizer:
    names = {"mask": "mask_token_id", "unk": "unk_token_id", "pad": "pad_token_id"}

    def encode(text: str) -> Tokens:
        ids = whole_numbers(given(text))
        ways = [_found(way, text) for way in (r"\S+", r"\w+|[^\w\s]", r"\w+")]
        letters = [(place, place + 1) for place in range(len(text))]
        spelled = [place for place, letter in zip(letters, text, strict=True) for _ in letter.encode()]
        spans = next((way for way in (*ways, letters, spelled) if len(way) == len(ids)), None)
        if spans is None:
            counts = listing(dict.fromkeys(str(len(way)) for way in ways))
            raise UsageError(
                f"the tokenizer gives {len(ids)} ids for a text of {counts} words and {len(text)} characters",
                allowed="one id per word, split at white space, with or without punctuation, or one per character",
                remedy="give a transformers tokenizer or a tokenizers.Tokenizer, which say where each token stands",
            )
        return Tokens(text, tuple(ids), tuple(spans))

    named = {name: getattr(given, attribute, None) for name, attribute in names.items()}
    return Tokenizer(encode, None, {name: token for name, token in named.items() if isinstance(token, int)})


def _found(pattern: str, text: str) -> list[Range]:
    return [found.span() for found in re.finditer(pattern, text)]


def whole_numbers(given: Any) -> list[int]:
    """Token ids of one text from whatever holds them. Raises UsageError."""
    if isinstance(given, Mapping):
        given = given.get("input_ids", given)
    if hasattr(given, "ids"):
        given = given.ids
    found = given.tolist() if hasattr(given, "tolist") else given
    if isinstance(found, (list, tuple)) and len(found) == 1 and isinstance(found[0], (list, tuple)):
        found = found[0]
    if not isinstance(found, (list, tuple)) or not all(isinstance(n, int) and not isinstance(n, bool) for n in found):
        raise UsageError(f"the tokenizer returns {type(given).__name__}", allowed="the token ids, as whole numbers")
    return list(found)


def aligned(text: str, tokens: Sequence[str], special: Sequence[int], unknown: str | None) -> tuple[Range | None, ...]:
    """Where tokens stand in a text whose tokenizer does not say: each is searched behind the one before it.

    An unknown token is the next word. Raises UsageError for a token that is not in the text.
    """
    spans: list[Range | None] = []
    low, place = text.lower(), 0
    for token, outside in zip(tokens, special, strict=True):
        if outside:
            spans.append(None)
            continue
        bare = _bare(token)
        if token == unknown:
            found = re.compile(r"\S+").search(text, place)
            start, end = found.span() if found else (place, place)
        elif not bare:
            start = end = place
        else:
            start = low.find(bare.lower(), place)
            end = start + len(bare)
        if start < 0 or len(text[place:start].split()) > 1:
            raise UsageError(
                f"the tokenizer does not say where its tokens stand, and {token!r} is not in the text as written",
                allowed="a fast tokenizer, which gives offsets",
            )
        spans.append((start, end))
        place = end
    return tuple(spans)


def _bare(token: str) -> str:
    for marker in MARKERS:
        token = token.removeprefix(marker).removesuffix(marker)
    return token


# Folders


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in a folder, from local files only, never by code that lies beside it.

    Raises ModelError, and NotTrusted for a tokenizer that is nothing but code.
    """
    if not folder.is_dir():
        raise ModelError(f"no such tokenizer: {folder}", remedy="set tokenizer under [text] to its folder")
    for file in folder.glob("*token*"):
        if file.stat().st_size > MOST_BYTES:
            raise ModelError(f"{file} has {file.stat().st_size} bytes", allowed=f"at most {MOST_BYTES}")
    plain = folder / "tokenizer.json"
    if _is_code(folder):
        if plain.is_file():
            return _plain_tokenizer(plain)
        raise NotTrusted(
            f"the tokenizer in {folder} is code that lies beside it",
            remedy="save it as tokenizer.json, a fast tokenizer",
        )
    if plain.is_file() and not any((folder / name).is_file() for name in ("config.json", "tokenizer_config.json")):
        return _plain_tokenizer(plain)
    from transformers import AutoTokenizer

    from reporter.quieting import quiet

    try:
        with quiet():
            found = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise ModelError(
            f"the tokenizer in {folder} cannot be read: {first_line(error)}",
            allowed="a folder as save_pretrained writes it",
        ) from error
    return tokenizer_of(found)


def _is_code(folder: Path) -> bool:
    try:
        config = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False  # tokenizer.json alone is enough, and transformers tells what is wrong with either
    return isinstance(config, dict) and bool(config.get("auto_map"))


def _plain_tokenizer(path: Path) -> Tokenizer:
    import tokenizers

    try:
        return tokenizer_of(tokenizers.Tokenizer.from_file(str(path)))
    except Exception as error:
        raise ModelError(f"{path} cannot be read: {first_line(error)}", allowed="a tokenizer.json") from error
