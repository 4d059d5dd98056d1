"""Noticing: findings of an audit in sentences of any language. No torch.

The sentences are data: templates/narrative/<language>/findings.toml. A place in them is `{value:how}`, where `value` is
one of a finding's values (or `name`, what its subject is called) and `how` one of HOW: rounding and units are never
decided in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import Formatter
from typing import Any

from reporter.errors import OwnTemplateError
from reporter.finding import Finding
from reporter.language import Language, language
from reporter.rounding import Rounding, printable
from reporter.templating import capital
from reporter.words import words_in

OWN = ("name", "slice", "subject")  # places that are filled from the finding itself
_MEBI = 2**20


def told(finding: Finding, code: str) -> str:
    """What was noticed, as one sentence in the language of that code.

    Raises UnknownName for a language that is not there, OwnTemplateError for a sentence of one's own that does not fit.
    """
    tongue = language(code)
    frames = _sentences(tongue)
    own = frames.get(finding.check, {})
    frame = own.get(finding.kind) or frames["any"].get(finding.kind) or frames["any"]["other"]
    if isinstance(frame, dict):  # one thing is told otherwise than many
        frame = frame["one" if finding.values.get("count") == 1 else "many"]
    text = _Filling(finding, tongue, frames).filled(frame)
    return tongue.fit(capital(text))


def called(check: str, code: str) -> str:
    """What a check is called by people: "input drift"."""
    names: dict[str, str] = _sentences(language(code))["names"]
    return names.get(check, printable(check))


@lru_cache(maxsize=8)
def _sentences(tongue: Language) -> dict[str, Any]:
    """The sentences of a language; of one that has none, the English ones, with its own numbers."""
    own = tongue.templates.toml(f"narrative/{tongue.code}/findings.toml")
    return own or tongue.templates.toml("narrative/en/findings.toml")


@dataclass(frozen=True, eq=False)
class _Filling:
    """Fills the places of one sentence."""

    finding: Finding
    tongue: Language
    frames: Mapping[str, Any]

    def filled(self, frame: str) -> str:
        """The sentence. Raises OwnTemplateError for a place that this finding or this program does not know."""
        try:
            pieces = list(Formatter().parse(frame))
        except ValueError as error:
            raise OwnTemplateError(
                f"findings.toml: {frame!r}: {error}", allowed="places such as {name:name}"
            ) from error
        return "".join(
            text + (self._place(place, how or "text") if place is not None else "") for text, place, how, _ in pieces
        )

    def _place(self, place: str, how: str) -> str:
        if how not in HOW or not (place in OWN or place in self.finding.values):
            raise OwnTemplateError(
                f"findings.toml: the place {{{place}:{how}}} of {self.finding.check}.{self.finding.kind} is unknown",
                allowed=f"values: {', '.join(['name', *self.finding.values])}; forms: {', '.join(HOW)}",
            )
        return HOW[how](self, place)

    def value(self, place: str) -> Any:
        """A value, or what it is called in this language where it has a name."""
        values = self.finding.values
        for key in (f"{place}.{self.tongue.code}", f"{place}.en"):
            if values.get(key):
                return values[key]
        return values[place]

    def number(self, place: str) -> float:
        value = self.finding.values[place]
        return float(value) if isinstance(value, (int, float)) else 0.0

    @cached_property
    def rounding(self) -> Rounding:
        return Rounding(self.tongue)

    # The forms

    def text(self, place: str) -> str:
        return printable(str(self.value(place)))

    def named(self, place: str) -> str:
        if place == "name":
            return self.rounding.name(words_in(self.finding.words, self.tongue.code, self.finding.subject).name)
        text = str(self.value(place) or "")
        return self.rounding.name(text) if text else str(self.frames["phrases"]["predicted"])

    def raw(self, place: str) -> str:
        """In the unit of the subject, or of the prediction; a mean has a digit more than its values."""
        values, words = self.finding.values, words_in(self.finding.words, self.tongue.code, self.finding.subject)
        value, decimals = values[place], values.get("decimals")
        unit = words.unit or str(values.get("unit") or "")
        if isinstance(value, float) and not value.is_integer() and isinstance(decimals, int):
            decimals += 1
        return self.rounding.value(value, unit, int(decimals) if isinstance(decimals, int) else None, words.values)

    def plain(self, place: str) -> str:
        """In the unit of the prediction, whatever the subject is."""
        return self.rounding.value(self.number(place), str(self.finding.values.get("unit") or ""), None, {})

    def slice(self, _: str) -> str:
        """The rows of a slice: "age above 40", "sex: female"."""
        values, frames = self.finding.values, self.frames["ranges"]
        words = words_in(self.finding.words, self.tongue.code, str(values["column"]))
        low, high = values["low"], values["high"]
        kind = "is" if low is None and high is None else "to" if low is None else "from" if high is None else "between"
        unit = words.unit or str(values.get("column_unit") or "")

        def limit(value: Any) -> str:
            return self.rounding.value(value, unit, None, words.values)

        return str(
            frames[kind].format(
                name=self.rounding.name(words.name), value=limit(values["value"]) or frames["nothing"],
                low=limit(low), high=limit(high),
            )
        )  # fmt: skip

    def ranks(self, _: str) -> str:
        """Its rank, and the one it had where that was another."""
        now, before = (self.tongue.number(self.number(key), 0) for key in ("rank", "rank_before"))
        return str(self.frames["phrases"]["rank_same" if now == before else "rank"]).format(rank=now, before=before)

    def grade(self, place: str) -> str:
        value = str(self.finding.values[place])
        return str(self.frames["grades"].get(value, value))

    def quote(self, place: str) -> str:
        """What a report says, behind the sentence that leads to it; nothing where it says nothing else."""
        # Marks within a quotation are single ones, in English and Chinese alike.
        text = printable(str(self.value(place) or "")).replace("“", "‘").replace("”", "’")
        return str(self.frames["phrases"]["quote"]).format(text=text) if text else ""


HOW: dict[str, Callable[[_Filling, str], str]] = {
    "text": _Filling.text,
    "name": _Filling.named,
    "value": _Filling.raw,
    "plain": _Filling.plain,
    "slice": _Filling.slice,
    "ranks": _Filling.ranks,
    "grade": _Filling.grade,
    "quote": _Filling.quote,
    "metric": lambda self, place: str(self.frames["metrics"].get(self.finding.values[place]) or self.text(place)),
    "method": lambda self, place: self.tongue.method(str(self.finding.values[place])),
    "instance": lambda self, _: self.tongue.numbered(
        self.frames["phrases"]["instance"], self.rounding.identifier(self.finding.subject)
    ),
    "percent": lambda self, place: self.rounding.probability(self.number(place)),
    "share": lambda self, place: self.rounding.share(self.number(place)),
    "points": lambda self, place: self.tongue.number(abs(self.number(place)) * 100, 1),
    "signed_points": lambda self, place: self.tongue.number(self.number(place) * 100, 1),
    "number": lambda self, place: self.tongue.significant(self.number(place)),
    "two": lambda self, place: self.tongue.number(self.number(place), 2),
    "times": lambda self, place: self.tongue.number(self.number(place), 1),
    "whole": lambda self, place: self.tongue.number(self.number(place), 0),
    "count": lambda self, place: self.tongue.count(int(self.number(place))),
    "milliseconds": lambda self, place: self.tongue.significant(self.number(place) * 1000),
    "mebibytes": lambda self, place: self.tongue.significant(self.number(place) / _MEBI),
}
