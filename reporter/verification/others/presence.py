"""Presence: that something which is there or not is there, or is not, where words are not set apart.

"增氧机没开", "是节假日", "装了光伏", "没有电梯": of features whose value is a plain yes or no, whatever words the data
has for it. The words stand in `[presence]` of others.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reporter.verification.judges.judgement import Judgement, whether
from reporter.verification.others.clauses import Clauses

_MARKS = frozenset(",，;；。:：、!！?？(（)）")


class Presence:
    """What a sentence says is there, or is not; `used`: the items that were read already."""

    def __init__(self, clauses: Clauses, used: set[int]) -> None:
        self.clauses, self.items, self.used = clauses, clauses.items, used
        self.facts = clauses.scope.facts
        self.data: Mapping[str, Sequence[str]] = clauses.scope.wording.data.get("presence", {})

    def all(self) -> Iterator[tuple[int, int, Judgement]]:
        """Where each statement begins and ends, and what the facts say of it."""
        if self.clauses.scope.wording.spaced or not self.data:
            return
        for at in self.clauses.topics:
            if self.items[at].shape != "name" or (there := self._there(at)) is None:
                continue
            found = self._before(at) or self._behind(at)
            if found is not None:
                said, start, end = found
                fact = f"feature.{there[1]}.value"
                told = f"{'' if said else 'no '}{self.items[at].text}"
                yield start, end, whether(said is there[0], told, self.facts.text(fact), fact)

    def _there(self, at: int) -> tuple[bool, str] | None:
        """Whether the feature that an item names is there, and its id; None when it is no yes or no."""
        named = self.clauses.topic(at)
        ids = {r.id for r in named.of("feature", "phrase")} if named is not None else set()
        if len(ids) != 1 or (named := self.items[at].named) is None or named.of("value"):
            return None
        feature = self.facts.explanation.feature(ids.pop())
        value, base = feature.value, feature.baseline
        if isinstance(value, str):
            word = value.casefold()
            if word in self.data["there"] or word in self.data["gone"]:
                return word in self.data["there"], feature.id
            return None
        if isinstance(value, float) and {value, base} <= {0.0, 1.0}:
            return value == 1.0, feature.id
        return None

    def _opens(self, at: int) -> bool:
        """Whether an item opens a part of the sentence, or stands behind what says nothing."""
        before = at - 1
        while (
            before >= 0 and self.items[before].cue("free", "quantifier", "person") and not self.items[before].cue("of")
        ):
            before -= 1
        return before < 0 or self.items[before].text in _MARKS or self.clauses.is_break(before)

    def _ends(self, at: int) -> bool:
        """Whether nothing more is said of the name behind an item: no influence, no factor, no "的"."""
        item = self.items[at + 1] if at + 1 < len(self.items) else None
        return item is None or item.text in _MARKS or item.shape == "number" or item.text in self.data["closing"]

    def _told_before(self, at: int) -> bool:
        """Whether the words before speak of reasons and ranks, of which a name behind "is" is one."""
        start = next((i + 1 for i in range(at - 1, -1, -1) if self.items[i].text in "。;；"), 0)
        kinds = ("place", "most", "factor", "weighs", "ordered", "next", "moves", "favours", "owing", "what", "partly")
        free = any(
            self.items[i].text not in self.data["days"] and not self.items[i].cue("it") for i in range(at - 1, at)
        )
        return any(True for _ in self.clauses.between(start, at, *kinds)) or (
            at > 0 and self.items[at - 1].text not in _MARKS and free
        )

    def _before(self, at: int) -> tuple[bool, int, int] | None:
        """没有电梯, 装了光伏, 是节假日."""
        words, start = "", at
        for i in range(at - 1, max(-1, at - 4), -1):
            if self.items[i].text in _MARKS or self.items[i].shape in ("number", "name"):
                break
            words, start = self.items[i].text + words, i
            if words in self.data["lacks"] and self._ends(at):
                named = words.endswith(tuple(self.data["copulas"])) and not (
                    self._opens(i) and not self._told_before(i)
                )
                apart = any(self.clauses.cue(i, "contrast") for i in (at + 1, at + 2))
                named = named or (apart and words.endswith(tuple(self.data["copulas"])))
                return None if named else (False, start, at)  # 让模型警觉的不是投诉; 不是跨专业，而是…
            if words in self.data["has"] and self._opens(i) and self._ends(at):
                named = words in self.data["copulas"] and self._told_before(i)  # 影响最大的因素,是节假日
                return None if named else (True, start, at)
        return None

    def _behind(self, at: int) -> tuple[bool, int, int] | None:
        """增氧机没开, 光伏已装, 手术史：无."""
        words = ""
        if self.clauses.is_colon(at + 1) and at + 2 < len(self.items) and self._ends(at + 2):
            told = self.items[at + 2].text.casefold()
            return (
                (told in self.data["there"], at, at + 2) if told in (*self.data["there"], *self.data["gone"]) else None
            )
        named = self.items[at].named
        ahead = self.items[at + 1] if at + 1 < len(self.items) else None
        goes_on = named is not None and named.partial and ahead is not None and ahead.shape == "word"
        for i in range(at + 1 + goes_on, min(at + 5 + goes_on, len(self.items))):  # 曝气机 of a 曝气设备
            if self.items[i].text in _MARKS or self.items[i].shape in ("number", "name"):
                break
            words += self.items[i].text
            ended = (
                i + 1 >= len(self.items)
                or self.items[i + 1].text in _MARKS
                or self.items[i + 1].text in self.data["closing"]
            )
            if ended and words in self.data["off"]:
                return False, at, i
            if ended and words in self.data["on"]:
                return True, at, i
        return None
