"""Texts: words and the tokens they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError, ReporterError, UsageError, listing
from reporter.model import Instance, Model
from reporter.rows import Given
from reporter.selection import Selection
from reporter.sources import Source, recorded, sources_of
from reporter.study import Study
from reporter.textual import Text, Textual, baseline_token, text_of
from reporter.tokenizing import Tokenizer, Tokens, tokenizer_of
from reporter.windows import limit_of, study_tokenizer

REFERENCE = 500  # texts that say which tokens are usual
MOST_BYTES = 4_000_000  # of a text file


@dataclass(frozen=True)
class Texts:
    """Texts, from a column, from files, or from Python as text or as token ids. A feature is a word."""

    def of_study(self, selection: Selection, rows: Sequence[int], *, model: Model, baseline: str) -> Textual:
        """The chosen rows of a study's table, each by its text or its file."""
        study, table = selection.study, selection.table
        tokenizer = study_tokenizer(study)
        most = _most(model, tokenizer, study)
        kind, token = baseline_token(tokenizer, baseline or study.baseline, _ending(model))
        ids = table.labels(study.data.id)
        texts = []
        for row, source in zip(rows, sources_of(study, table, rows), strict=True):
            try:
                texts.append(text_of(_bounded(tokenizer(_read(source)), most), token))
            except UsageError as error:
                raise DataError(
                    f"{table.name}: {ids[row]!r}: {error.problem}", allowed=error.allowed, remedy=error.remedy
                ) from error
        truths = [recorded(study, selection.table, row) for row in rows]
        return Textual(
            texts=tuple(texts),
            instances=tuple(map(_instance, [ids[row] for row in rows], texts, truths)),
            baseline_name=kind,
            reference=_reference_of(selection, tokenizer, most),
            data=study.data.path,
            data_hash=table.hash,
        )

    def of_inputs(self, inputs: Any, given: Given) -> Textual:
        """A text, several, or token ids as (rows, tokens); they need a tokenizer. Raises UsageError."""
        study = given.study or Study()
        tokenizer = _tokenizer(given, study)
        most = _most(given.model, tokenizer, study)
        read = [_bounded(tokens, most) for tokens in _tokens(inputs, tokenizer)]
        for what, each in (("ids", given.ids), ("labels", given.truths)):
            if each is not None and len(each) != len(read):
                raise UsageError(f"{len(each)} {what} for {len(read)} texts", remedy="give one per text")
        named = given.baselines if isinstance(given.baselines, str) else study.baseline
        kind, token = baseline_token(tokenizer, named, _ending(given.model))
        own = None if given.baselines is None or isinstance(given.baselines, str) else _own(given.baselines, read)
        texts = [text_of(tokens, token, own[row] if own else None) for row, tokens in enumerate(read)]
        usual = [] if given.reference is None else _tokens(given.reference, tokenizer)
        return Textual(
            texts=tuple(texts),
            instances=tuple(
                _instance(
                    str(given.ids[row]) if given.ids is not None else str(row),
                    text,
                    given.truths[row] if given.truths is not None else None,
                )
                for row, text in enumerate(texts)
            ),
            baseline_name="own" if own else kind,
            reference=tuple(tokens for tokens in usual[:REFERENCE] if most is None or len(tokens.ids) <= most),
        )


def _instance(name: str, text: Text, truth: str | float | None) -> Instance:
    values = tuple(word.written(text.tokens.text) for word in text.words)
    return Instance(name, (text.inputs,), values, (False,) * len(values), truth)


def _most(model: Model, tokenizer: Tokenizer, study: Study) -> int | None:
    """The most tokens a text may have; None where it is read by windows, or any length will do."""
    return None if study.text.windows else limit_of(model, tokenizer, study.text.max_tokens)


def _ending(model: Model) -> int | None:
    """The id at which a transformers model takes a text to have ended."""
    found = next((module.config for module in model.modules if hasattr(module, "config")), None)
    return getattr(found, "pad_token_id", None)


def _bounded(tokens: Tokens, most: int | None) -> Tokens:
    if most is not None and len(tokens.ids) > most:
        raise UsageError(
            f"the text has {len(tokens.ids)} tokens",
            allowed=f"at most {most}, special tokens included",
            remedy="shorten it, or set windows = true under [text] in the study",
        )
    return tokens


# From a study


def _read(source: Source) -> str:
    if isinstance(source, str):
        return source
    if not isinstance(source, Path):
        raise DataError(
            "the data hold numbers, not texts", remedy="name the column of the texts with input under [data]"
        )
    try:
        if source.stat().st_size > MOST_BYTES:
            raise DataError(f"{source} is larger than {MOST_BYTES} bytes", remedy="split the text")
        return source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataError(f"cannot read {source}: {said}", remedy="give plain text in UTF-8") from error


def _reference_of(selection: Selection, tokenizer: Tokenizer, most: int | None) -> tuple[Tokens, ...]:
    """The reference texts, else the study's own data; those that cannot be read say nothing of what is usual."""
    study = selection.study
    table = selection.reference or selection.labelled or selection.table
    if table is not selection.table:
        study = _own_columns(selection)
    found: list[Tokens] = []
    for row in range(min(len(table), REFERENCE)):
        try:
            tokens = tokenizer(_read(sources_of(study, table, [row])[0]))
        except ReporterError:
            continue
        if most is None or len(tokens.ids) <= most:
            found.append(tokens)
    return tuple(found)


def _own_columns(selection: Selection) -> Study:
    """The study as its own data are read, where other texts than these are explained."""
    if not selection.given:
        return selection.study
    from reporter.study import read_study

    return read_study(selection.name)


# From Python


def _tokenizer(given: Given, study: Study) -> Tokenizer:
    if given.tokenizer is not None:
        return tokenizer_of(given.tokenizer)
    if given.study is not None:
        return study_tokenizer(study)
    raise UsageError("texts need a tokenizer", remedy="give tokenizer=")


def _tokens(inputs: Any, tokenizer: Tokenizer) -> list[Tokens]:
    """Texts or token ids, read. Raises UsageError for anything else, and for none."""
    if isinstance(inputs, str):
        return [tokenizer(inputs)]
    if isinstance(inputs, Mapping):
        if "input_ids" not in inputs:
            raise UsageError(f"inputs hold {listing(map(str, inputs))}", allowed="input_ids, as a tokenizer gives them")
        return _ids(inputs["input_ids"], tokenizer, inputs.get("attention_mask"))
    if getattr(inputs, "ndim", 0) == 1 and hasattr(inputs, "tolist"):  # an array or a column of a data frame
        inputs = inputs.tolist()
    if isinstance(inputs, (list, tuple)):
        if inputs and all(isinstance(part, str) for part in inputs):
            return [tokenizer(part) for part in inputs]
        if len(inputs) == 1 and isinstance(inputs[0], (Tensor, np.ndarray)):  # a tuple of one input, as Captum has it
            inputs = inputs[0]
    return _ids(inputs, tokenizer, None)


def _ids(given: Any, tokenizer: Tokenizer, attended: Any) -> list[Tokens]:
    """Token ids, rows of any length. Raises UsageError."""
    nested = isinstance(given, (list, tuple)) and given and not isinstance(given[0], (int, str))
    rows = [_whole(row) for row in (given if nested else _rows(given))]
    if attended is not None:
        masks = [np.asarray(row).astype(bool) for row in (attended if nested else _rows(attended))]
        rows = [[token for token, kept in zip(*pair, strict=True) if kept] for pair in zip(rows, masks, strict=True)]
    return [tokenizer.read(row) for row in rows]


def _rows(given: Any) -> Any:
    """The rows of an array; one alone may be given without its batch."""
    array = _array(given)
    if array is None or array.ndim not in (1, 2) or not array.size:
        raise UsageError(
            f"{type(given).__name__} is no text",
            allowed="a text, a list of texts, or token ids as (rows, tokens)",
        )
    return array[None] if array.ndim == 1 else array


def _whole(row: Any) -> list[int]:
    array = _array(row)
    if array is None or array.ndim != 1 or array.dtype.kind not in "iu":
        raise UsageError("a row of inputs is no text", allowed="texts, or token ids as whole numbers")
    return [int(token) for token in array]


def _array(given: Any) -> np.ndarray[Any, Any] | None:
    try:
        return np.asarray(given)
    except ValueError:  # rows of several lengths, which no array has
        return None


def _own(given: Any, read: Sequence[Tokens]) -> list[Tensor]:
    """Own baselines as Captum takes them: one number, or ids in the shape of the inputs."""
    parts = given[0] if isinstance(given, tuple) and len(given) == 1 else given
    if isinstance(parts, (int, np.integer)):
        return [torch.full((1, len(tokens.ids)), int(parts), dtype=torch.long) for tokens in read]
    rows = [parts] if len(read) == 1 and np.asarray(parts).ndim == 1 else list(parts)
    if len(rows) == 1 and len(read) > 1:
        rows = rows * len(read)
    if len(rows) != len(read):
        raise UsageError(f"{len(rows)} baselines for {len(read)} texts", allowed="one, or one per text")
    return [torch.tensor([_whole(row)], dtype=torch.long) for row in rows]
