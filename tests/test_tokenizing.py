"""Tokenizers of any kind: ids with their place in the text, and what cannot be told is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import CanineTokenizer

from reporter.errors import ModelError, UsageError
from reporter.tokenizing import Tokenizer, aligned, read_tokenizer, tokenizer_of
from tests.languages import CORPUS, bytes_only, wordpiece


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return wordpiece()


@pytest.mark.parametrize("make", [wordpiece, bytes_only])
@pytest.mark.parametrize("text", [*CORPUS, "  spaces\n\n and\tlines ", "naïve café 🎉 打印机"])
def test_tokens_stand_where_they_are_read(make: Any, text: str) -> None:
    own = make()
    found = tokenizer_of(own)(text)
    assert list(found.ids) == own(text)["input_ids"]
    # Tokens of bytes may share a character; together they stand on all that is written.
    covered = {place for span in found.spans if span is not None for place in range(*span)}
    assert covered >= {place for place, letter in enumerate(text) if not letter.isspace()}
    starts = [span[0] for span in found.spans if span is not None]
    assert starts == sorted(starts)
    assert [span is None for span in found.spans] == [bool(own.sep_token and t in (2, 3)) for t in found.ids]


def test_a_special_token_that_is_written_out_is_part_of_the_text(tokenizer: Any) -> None:
    found = tokenizer_of(tokenizer)("a [SEP] b")
    assert found.spans[0] is None
    assert (2, 7) in found.spans


def test_it_knows_its_tokens_and_its_limit(tokenizer: Any) -> None:
    own = tokenizer_of(tokenizer)
    assert own.named == {"mask": 4, "unk": 1, "pad": 0}
    assert own.limit == 64
    assert own.around == (1, 1)
    assert tokenizer_of(bytes_only()).around == (0, 0)
    assert tokenizer_of(bytes_only()).limit is None
    assert tokenizer_of(tokenizer.backend_tokenizer).named == own.named


def test_a_tokenizer_without_offsets_is_aligned() -> None:
    kind: Any = CanineTokenizer
    slow = kind()
    assert not slow.is_fast
    found = tokenizer_of(slow)("The cat, the dog")
    assert [span for span in found.spans if span is not None] == [(i, i + 1) for i in range(16)]
    assert found.spans[0] is None
    assert found.spans[-1] is None


@pytest.mark.parametrize(
    ("tokens", "spans"),
    [
        (["[CLS]", "un", "##print", "able", "[SEP]"], [None, (0, 2), (2, 7), (7, 11), None]),
        (["▁Unprintable"], [(0, 11)]),
        (["[UNK]"], [(0, 11)]),
    ],
)
def test_tokens_are_searched_in_the_text(tokens: list[str], spans: list[Any]) -> None:
    special = [int(token in ("[CLS]", "[SEP]")) for token in tokens]
    assert list(aligned("Unprintable", tokens, special, "[UNK]")) == spans


def test_a_token_that_is_not_in_the_text_is_told() -> None:
    with pytest.raises(UsageError, match="'xyz' is not in the text as written; a fast tokenizer"):
        aligned("some text", ["some", "xyz"], [0, 0], None)
    with pytest.raises(UsageError, match="'c' is not in the text"):
        aligned("a b c", ["c"], [0], None)  # two words were passed over


def test_a_tokenizer_that_fails_is_told_in_one_line() -> None:
    def failing(text: str) -> list[int]:
        raise KeyError(f"no {text}\nsecond line")

    with pytest.raises(UsageError, match="the tokenizer fails: ") as told:
        tokenizer_of(failing)("text")
    assert "\n" not in str(told.value)


def test_a_text_of_a_million_characters_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="at most 1000000"):
        tokenizer_of(tokenizer)("a" * 1_000_001)


def test_ids_are_read_with_their_text(tokenizer: Any) -> None:
    own = tokenizer_of(tokenizer)
    ids = tokenizer(CORPUS[0])["input_ids"]
    found = own.read([*ids, 0, 0, 0])
    assert list(found.ids) == ids
    assert "printer" in found.text
    bare = own.read(ids[1:-1])  # no special tokens around
    assert list(bare.ids) == ids[1:-1]
    assert None not in bare.spans
    assert "printer" in bare.text


def test_ids_of_bytes_are_read(tokenizer: Any) -> None:
    own = bytes_only()
    ids = own(CORPUS[0])["input_ids"]
    assert tokenizer_of(own).read(ids).text == CORPUS[0]


def test_folders_that_hold_no_tokenizer_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such tokenizer"):
        read_tokenizer(tmp_path / "none")
    with pytest.raises(ModelError, match="cannot be read"):
        read_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        read_tokenizer(tmp_path)


def test_a_file_too_large_for_a_tokenizer_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "tokenizer.json").open("wb") as file:
        file.truncate(300_000_000)  # takes no room
    with pytest.raises(ModelError, match="at most 200000000"):
        read_tokenizer(tmp_path)


def test_a_tokenizer_is_taken_as_it_is(tokenizer: Any) -> None:
    own = tokenizer_of(tokenizer)
    assert isinstance(own, Tokenizer)
    assert tokenizer_of(own) is own


@pytest.mark.parametrize("text", ["Refund it, please.", "naïve café 🎉"])
def test_a_function_may_give_an_id_per_letter_or_per_byte(text: str) -> None:
    letters = tokenizer_of(lambda given: [ord(letter) for letter in given])(text)
    assert letters.spans == tuple((place, place + 1) for place in range(len(text)))
    spelled = tokenizer_of(lambda given: list(given.encode()))(text)
    assert [text[slice(*span)].encode() for span in spelled.spans if span] == [
        letter.encode() for letter in text for _ in letter.encode()
    ]
    with pytest.raises(UsageError, match=r"1 ids for a text of .* words and .* characters"):
        tokenizer_of(lambda _: [1])(text)
