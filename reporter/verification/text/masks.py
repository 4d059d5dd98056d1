"""The characters that stand for names in a masked text: private-use ones, which no prose holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Kind = Literal[
    "feature",
    "phrase",  # a study's words for a high or low value
    "group",
    "class",
    "instance",  # "sample 41"
    "study",  # a sentence of the study itself
    "value",  # a category
    "one",  # "sample"
    "rows",  # "reference samples"
    "baseline",  # "a typical sample"
    "method",
    "unit",
]
HEADS: dict[str, str] = {kind: chr(0xE000 + number) for number, kind in enumerate(get_args(Kind))}
AMBIGUOUS = "\ue0f0"  # names things of several kinds; the slot it stands in decides
FILL = "\ue0ff"


def masked(kinds: Iterable[str]) -> str:
    """A regular expression for a mention of one of these kinds."""
    return f"[{''.join(HEADS[kind] for kind in kinds)}{AMBIGUOUS}]{FILL}*"
