"""Decoding: every digit stands in a slot, every slot is one there is, and a sentence has an end."""

from __future__ import annotations

import pytest

from reporter.language import language
from reporter.narrators.decoding import Vocabulary, Written
from reporter.slots import Plan, Slot

TEXTS = (
    *("", "the", " most", "{", "}", "{1", "{1}", "{2}", "{12}", "1", "2", "b", "c", "1}", "2b}", " 1", "x9", "９", "½"),
    *("} and {", "}.", ". {1}", "}}", "{}", ".", "\ufffd", "\n", "{ 1", "1b"),
)
SPECIAL, END = TEXTS.index(""), TEXTS.index("\n")
PLAN = Plan(
    "", (Slot(1, "class", ("malignant",), most=1), Slot(2, "direction", ("for", "towards"), most=2)), language("en")
)


def read(tokens: object) -> str:
    return "".join(TEXTS[token] for token in tokens)  # type: ignore[attr-defined]


VOCABULARY = Vocabulary(TEXTS, read, ends=[END], special=[SPECIAL])


def may_follow(text: str) -> set[str]:
    written = Written(text)
    found = VOCABULARY.marked(written.partial, written.left(PLAN))
    if written.partial is None:
        found |= VOCABULARY.plain
    return {TEXTS[token] for token in found}


def test_outside_of_a_slot_no_digit_may_follow() -> None:
    assert may_follow("The ") == {"the", " most", "b", "c", ".", "\ufffd", "{", "{1", "{1}", "{2}", ". {1}"}


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("The {", {"1", "2", "1}", "2b}"}),
        ("The {1", {"}", "} and {", "}."}),
        ("The {2", {"b", "}", "} and {", "}."}),
        ("The {2b", {"}", "} and {", "}."}),
        ("The {1} and {", {"2", "2b}"}),  # 1 may be used once
        ("The {1} {2} {2b} ", {"the", " most", "b", "c", ".", "\ufffd"}),  # and 2 twice: nothing is left
    ],
)
def test_in_a_slot_only_its_name_may_follow(text: str, allowed: set[str]) -> None:
    assert may_follow(text) == allowed


def test_nothing_follows_a_name_that_there_is_not() -> None:
    assert may_follow("The {9") == set()


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("{1} is {2}.", True),
        ("{1} is {2}. ", True),
        ("{1} 是{2}。", True),
        ("{1} is, e.g. {2}", False),
        ("{1} is.", False),  # {2} is not told yet
        ("{1} is {2} ９", True),  # beyond help
        ("\n{1} is", False),
        ("{1} is\n", False),
        ("{1} is\nnot", True),
        ("{1} is {", False),
        ("{1} is {2", False),
    ],
)
def test_a_sentence_ends(text: str, ends: bool) -> None:
    assert Written(text).ends(PLAN) == ends


def test_digits_cannot_be_put_together_from_parts() -> None:
    parts = "９".encode()
    texts = ["a", *(chr(byte) if byte < 128 else "\ufffd" for byte in range(256))]

    def decode(tokens: object) -> str:
        return bytes(token - 1 for token in tokens if token).decode("utf-8", "replace")  # type: ignore[attr-defined]

    vocabulary = Vocabulary(texts, decode, ends=[], special=[])
    first, second = parts[0] + 1, parts[1] + 1
    assert vocabulary.digits([0, first]) == frozenset()
    forbidden = vocabulary.digits([0, first, second])
    assert parts[2] + 1 in forbidden
    assert len(forbidden) == 10  # ０ to ９
    assert vocabulary.digits([first, second, 0]) == frozenset()  # what stood there is over
    bold = "𝟗".encode()
    assert bold[3] + 1 in vocabulary.digits([byte + 1 for byte in bold[:3]])
