"""Numbers spelled in characters that stand for digits and powers, and shares of them: 一百二十, 百分之三十, 三成."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

NEVER = "(?!)"


@dataclass(frozen=True)
class Spelled:
    """How one language spells numbers in characters; `data` is [numbers.spelled] of its claims.toml, if it has one."""

    data: Mapping[str, Any]

    @cached_property
    def number(self) -> str:
        """A regular expression for a spelled number."""
        letters = "".join((*self._digits, *self._powers))
        return f"[{letters}]+" if letters else NEVER

    @cached_property
    def small(self) -> str:
        """The letters of spelled numbers below a hundred, side by side."""
        return "".join((*self._digits, *(letter for letter, power in self._powers.items() if power == 10)))

    @property
    def point(self) -> str:
        """What stands for the decimal point."""
        return str(self.data.get("point", ""))

    @cached_property
    def mixed(self) -> str:
        """A regular expression for digits and powers in turn: 86万4, 3千5, 1亿2000万."""
        powers = "".join(self._powers)
        if not powers:
            return NEVER
        large = "".join(letter for letter, power in self._powers.items() if power >= _MYRIAD)
        small = powers.translate(dict.fromkeys(map(ord, large)))
        return rf"(?:\d+(?:\.\d+)?[{small}]\d*|\d+[{large}](?:\d+[{powers}]?)+)(?![\d.%％])"

    @cached_property
    def share(self) -> str:
        """A regular expression for a spelled share: 百分之三十, 三分之一, 三成."""
        if not self.data:
            return NEVER
        point = f"(?:{self.data['point']}[{''.join(self._digits)}]+)?"
        whole = f"{self.data['percent']}{self.number}{point}"
        part = f"{self.number}{self.data['fraction']}{self.number}"
        digit = f"[{''.join(self._digits)}]"
        return f"(?:{whole}|{part}|(?:{digit}|\\d){self.data['tenth']}{digit}?)"

    @cached_property
    def _digits(self) -> dict[str, int]:
        return dict(self.data.get("digits", {}))

    @cached_property
    def _powers(self) -> dict[str, float]:
        return dict(self.data.get("powers", {}))

    def read(self, text: str) -> float | None:
        """A spelled number; None for anything else."""
        if text[:1].isdecimal() and re.fullmatch(self.mixed, text):
            return self._read_mixed(text)
        if not text or any(letter not in self._digits and letter not in self._powers for letter in text):
            return None
        total, part, digit, last = 0.0, 0.0, None, 0.0
        for letter in text:
            if letter in self._digits:
                if digit not in (None, 0):
                    return None
                digit = self._digits[letter]
                continue
            power = self._powers[letter]
            if power >= _MYRIAD:
                total, part = total + (part + (digit or 0) or 1) * power, 0.0
            else:
                part += (1 if digit is None else digit) * power
            digit, last = None, power
        if digit is not None and text[-2:-1] and self._powers.get(text[-2]) == last > 10:
            return total + part + digit * last / 10  # 五千六 is 5600
        return total + part + (digit or 0)

    def _read_mixed(self, text: str) -> float:
        """Digits and powers in turn; a digit behind the last power counts the tenth of it."""
        total, last = 0.0, 1.0
        for digits, letter in re.findall(r"(\d+(?:\.\d+)?)(\D?)", text):
            power = self._powers.get(letter, last / 10 if len(digits) == 1 and last > 1 else 1.0)
            total, last = total + float(digits) * power, power
        return total

    def read_share(self, text: str) -> tuple[float, int] | None:
        """A spelled share of 1, and the decimals of its percentage that are written; None for anything else."""
        if not self.data or re.fullmatch(self.share, text) is None:
            return None
        if text.startswith(self.data["percent"]):
            whole, _, rest = text.removeprefix(self.data["percent"]).partition(self.data["point"])
            value = self.read(whole)
            places = "".join(str(self._digits[letter]) for letter in rest)
            return None if value is None else (float(f"{value:.0f}.{places or 0}") / 100, len(places))
        if self.data["tenth"] in text:  # 八成五 is 85%
            tens, _, ones = text.partition(self.data["tenth"])
            value = float(tens) if tens.isdecimal() else self.read(tens)
            return None if value is None else (value / 10 + self._digits.get(ones, 0) / 100, 0 if ones else -1)
        below, above = (self.read(part) for part in text.split(self.data["fraction"]))
        return None if not below or above is None else (above / below, 0)


_MYRIAD = 1e4  # from here a power multiplies all that stands before it
