"""Texts: token ids as the network sees them, words as a reader does. The two meet here only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from reporter.errors import UnknownName, UsageError
from reporter.feature import Feature
from reporter.heatmap import Heatmap, Piece, Shading
from reporter.model import Inputs, Instance
from reporter.rows import Numbers, Told
from reporter.tokenizing import Tokenizer, Tokens
from reporter.tokens import Word, words_of

BASELINES = ("mask", "unk", "pad", "zero")
PROBES = 16  # texts that are looked at, and made-up ones
SHOWN = 20_000  # characters of a text that are drawn; a longer one is drawn up to here
MOST_DRAWN = 100_000  # tokens of the reference texts from which others are drawn


@dataclass(frozen=True, eq=False)
class Text:
    """One text, read once."""

    tokens: Tokens
    words: tuple[Word, ...]
    inputs: Tensor  # (1, tokens)
    baseline: Tensor  # (1, tokens)

    @cached_property
    def mask(self) -> Tensor:
        """(tokens,): the word that each token belongs to."""
        found = torch.zeros(len(self.tokens.ids), dtype=torch.long)
        for number, word in enumerate(self.words):
            found[list(word.columns)] = number
        return found

    @property
    def inner(self) -> Tensor:
        """(tokens,): which tokens are not special."""
        return torch.tensor([span is not None for span in self.tokens.spans])


def text_of(tokens: Tokens, token: int, own: Tensor | None = None) -> Text:
    """A text with its baseline: `token` in the place of all that is not special, or its own (1, tokens)."""
    inputs = torch.tensor([tokens.ids], dtype=torch.long)
    words = words_of(tokens.text, tokens.spans)
    special = torch.tensor([span is None for span in tokens.spans])
    baseline = torch.where(special, inputs, token) if own is None else own
    if baseline.shape != inputs.shape:
        raise UsageError(
            f"a baseline has {tuple(baseline.shape)} tokens, the text {tuple(inputs.shape)}",
            allowed="as many token ids as the text has",
        )
    return Text(tokens, words, inputs, baseline)


def baseline_token(tokenizer: Tokenizer, name: str, avoided: int | None = None) -> tuple[str, int]:
    """The name and id of the token that stands for no word: the mask, else unknown, else padding, else id 0.

    `avoided` is an id at which the model takes a text to have ended. Raises UnknownName, and UsageError for a token
    that the tokenizer has not.
    """
    known: dict[str, int] = {**tokenizer.named, "zero": 0}
    if not name:
        fitting = [each for each in BASELINES if each in known and known[each] != avoided]
        return next(((each, known[each]) for each in fitting), ("zero", 0))
    if name not in BASELINES:
        raise UnknownName("baseline of texts", name, BASELINES)
    if name not in known:
        raise UsageError(
            f"the tokenizer has no {name} token", allowed=", ".join(each for each in BASELINES if each in known)
        )
    return name, known[name]


@dataclass(frozen=True, eq=False)
class Textual:
    """The texts to explain, each by itself: they differ in length and in their words.

    A feature is a word, or a negation with what it negates. Special tokens stay in the input and in the baseline, so
    that they add nothing; their columns go with the nearest word, and punctuation with the word before it.
    """

    modality: ClassVar[str] = "text"

    texts: tuple[Text, ...]
    instances: tuple[Instance, ...]
    baseline_name: str  # mask, unk, pad, zero or own
    reference: tuple[Tokens, ...] = ()
    data: str = ""
    data_hash: str = ""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def at_once(self) -> int:
        return 1

    @property
    def baseline_rows(self) -> int:
        return 0

    @property
    def reference_rows(self) -> int:
        return len(self.reference)

    def inputs(self, rows: slice) -> Inputs:
        return (torch.cat([text.inputs for text in self.texts[rows]]),)

    def baselines_of(self, rows: slice) -> Inputs:
        return (torch.cat([text.baseline for text in self.texts[rows]]),)

    def mask_of(self, rows: slice) -> Tensor:
        return self.texts[rows][0].mask

    def resampled(self, rows: slice, repeats: int, seed: int) -> Inputs:
        """Other baselines: each place has the usual token, or as likely one drawn from the tokens of the reference.

        Without reference texts the tokens are those of the texts at hand. Special tokens stay.
        """
        text = self.texts[rows][0]
        generator = np.random.default_rng(seed)
        shape = (repeats, text.inputs.shape[1])
        drawn = torch.from_numpy(generator.choice(self._pool, shape))
        usual = torch.from_numpy(generator.random(shape) < 0.5)
        return (torch.where(usual | ~text.inner, text.baseline, drawn),)

    @cached_property
    def _pool(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Token ids of the reference, as often as they occur; special tokens left out."""
        found: list[int] = []
        for tokens in self.reference or [text.tokens for text in self.texts]:
            found += [token for token, span in zip(tokens.ids, tokens.spans, strict=True) if span is not None]
            if len(found) > MOST_DRAWN:
                break
        return np.array(found, dtype=np.int64)

    def distribution(self) -> Inputs:
        """None: every row is compared with one baseline."""
        return ()

    def usual_inputs(self) -> list[Inputs]:
        return [(torch.tensor([tokens.ids], dtype=torch.long),) for tokens in self.reference]

    def probes(self) -> list[Inputs]:
        """Some texts, their baselines, and made-up ones."""
        seen: list[Inputs] = [(each,) for text in self.texts[:PROBES] for each in (text.inputs, text.baseline)]
        return [*seen, self.resampled(slice(0, 1), PROBES, 0)]

    def told(self, row: int, columns: Numbers) -> Told:
        text = self.texts[row]
        sums = np.bincount(text.mask.numpy(), weights=columns, minlength=len(text.words))
        features = [
            Feature(
                id=f"w{number}",
                attribution=float(attribution),
                share=0.0,
                side_share=0.0,
                rank=0,
                value=word.written(text.tokens.text),
                kind="word",
                span=(float(word.start), float(word.end)),
                columns=word.columns,
            )
            for number, (word, attribution) in enumerate(zip(text.words, sums, strict=True), 1)
        ]
        return Told(features, text.mask)

    def heatmaps(self, row: int, columns: Numbers, features: Sequence[Feature]) -> tuple[Heatmap, ...]:  # noqa: ARG002
        """The text with its words; a very long one as far as it can be drawn."""
        text = self.texts[row]
        written = text.tokens.text
        shown = written if len(written) <= SHOWN else written[:SHOWN] + "…"
        pieces = tuple(
            Piece(f"w{number}", word.start, word.end) for number, word in enumerate(text.words, 1) if word.end <= SHOWN
        )
        return (Shading(shown, pieces, max((abs(feature.attribution) for feature in features), default=0.0)),)
