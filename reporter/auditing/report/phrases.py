"""How audits word things in one language: moments, measures, names, severities. No torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from reporter.errors import OwnTemplateError, UnknownName
from reporter.finding import Finding, Severity
from reporter.language import Language, language
from reporter.noticing import called, told
from reporter.overview import Overview
from reporter.rounding import Rounding, printable
from reporter.templating import Templates, capital, current
from reporter.words import Words, words_in

FALLBACK = "en"
_PLACES = re.compile(r"(?:[^{}]|\{\w+\})*", re.DOTALL)
_ALWAYS = 0.3  # correlation of attribution and value from which "higher values push" is true as a rule


@dataclass(frozen=True)
class Phrases:
    """The words of templates/narrative/<language>/audit.toml, and how numbers stand in them."""

    tongue: Language
    zone: str = "UTC"

    @property
    def words(self) -> Mapping[str, Any]:
        return _words(self.tongue.code, current())

    @property
    def write(self) -> Rounding:
        return Rounding(self.tongue)

    def __call__(self, table: str, key: str, /, **given: object) -> str:
        """A phrase, filled in. Raises OwnTemplateError for one of somebody's own that asks for what is not there."""
        frame: Any = self.words
        for part in (*table.split("."), key):
            frame = frame[part]
        try:
            return self.tongue.fit(str(frame).format(**given)) if given else str(frame)
        except (KeyError, IndexError) as error:
            raise OwnTemplateError(
                f"audit.toml: {table}.{key} = {frame!r} names what is not there", allowed=", ".join(given)
            ) from error

    # Names

    def severity(self, severity: str) -> str:
        return self("severity", severity)

    def check(self, name: str) -> str:
        """What a check is called inside a sentence."""
        return called(name, self.tongue.code)

    def name(self, vocabulary: Mapping[str, Words], identifier: str) -> str:
        """What a feature, column or class is called, as a table begins with it."""
        return capital(self.plain_name(vocabulary, identifier))

    def plain_name(self, vocabulary: Mapping[str, Words], identifier: str) -> str:
        """The same inside a phrase."""
        return printable(words_in(vocabulary, self.tongue.code, identifier).name)

    def category(self, vocabulary: Mapping[str, Words], code: str) -> str:
        """What a category of a column means; its code where the study gives it no meaning."""
        return printable(words_in(vocabulary, self.tongue.code).values.get(code, code))

    def class_name(self, overview: Overview, identifier: str) -> str:
        """What a class is called inside a sentence."""
        words = overview.class_words.get(identifier, {})
        return printable(words_in(words, self.tongue.code, identifier).name)

    def sentence(self, finding: Finding) -> str:
        """A finding as a sentence."""
        return told(finding, self.tongue.code)

    def listed(self, items: list[str]) -> str:
        return self.tongue.fit(str(self.tongue.lexicon["lists"]["comma"]).join(items))

    def counted(self, counts: Mapping[Severity, int]) -> str:
        """Findings of each severity: "2 critical, 14 warnings"."""
        forms = self.words["counted"]
        return self.listed(
            [
                self.tongue.fit(forms[severity]["one" if count == 1 else "many"].format(count=self.count(count)))
                for severity, count in counts.items()
                if count
            ]
        )

    # Moments

    def moment(self, slot: datetime | str) -> str:
        """A moment in words, in the audit's time zone."""
        local = self.local(slot)
        return self("document", "moment", day=self.tongue.date(local.isoformat()), time=f"{local:%H:%M}")

    def stamp(self, slot: datetime | str) -> str:
        """A moment in a table: 2026-11-21 02:00, with its distance from UTC where that hour is there twice."""
        local = self.local(slot)
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return f"{local:%Y-%m-%d %H:%M}" + (f" {local:%z}" if twice else "")

    def local(self, slot: datetime | str) -> datetime:
        moment = datetime.fromisoformat(slot) if isinstance(slot, str) else slot
        return moment.astimezone(ZoneInfo(self.zone))

    # Numbers

    def percent(self, value: float) -> str:
        return self.write.probability(value) if 0 <= value <= 1 else self.tongue.percent(value, 1)

    def share(self, value: float) -> str:
        """A share of influence with one decimal, as nights are compared by them."""
        return self.tongue.percent(value, 1)

    def points(self, change: float) -> str:
        """A difference of two shares, in points of a percentage, signed."""
        return self.tongue.signed(change * 100, 1)

    def measured(self, value: float, unit: str = "", decimals: int | None = None) -> str:
        """A value in its unit; as many decimals as its size asks for, unless they are given."""
        if unit or decimals is not None:
            return self.write.value(value, unit, decimals, {})
        return self.tongue.significant(value)

    def seconds(self, seconds: float) -> str:
        for limit, unit, size in ((100.0, "s", 1.0), (6000.0, "min", 60.0)):
            if seconds < limit:
                return self("cost", unit, value=self.tongue.significant(seconds / size, 2))
        return self("cost", "h", value=self.tongue.significant(seconds / 3600, 2))

    def size(self, content: float) -> str:
        unit, size = ("mb", 1e6) if content >= 1e6 else ("kb", 1e3)
        return self("cost", unit, value=self.tongue.significant(content / size, 3))

    def count(self, number: int) -> str:
        return self.tongue.number(number, 0)


def phrases(code: str, zone: str = "UTC") -> Phrases:
    """The words of a language. Raises UnknownName for one that is not there."""
    return Phrases(language(code), zone)


@lru_cache(maxsize=8)
def _words(code: str, templates: Templates) -> dict[str, Any]:
    """English words stand in for those that a language of one's own leaves out."""
    own, came = (templates.toml(f"narrative/{each}/audit.toml") for each in (code, FALLBACK))
    if not came:
        raise UnknownName("file of words", f"narrative/{FALLBACK}/audit.toml", [])
    if templates.folder is not None:
        _check(own, f"narrative/{code}/audit.toml")
    return _filled(came, own)


def _check(words: dict[str, Any], name: str) -> None:
    """Words of one's own have plain places to fill, as those of words.toml. Raises OwnTemplateError."""
    for key, value in words.items():
        if isinstance(value, dict):
            _check(value, name)
        elif not isinstance(value, str) or not _PLACES.fullmatch(value):
            raise OwnTemplateError(f"{name}: {key} = {value!r}", allowed="a text; places to fill are names in braces")


def _filled(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _filled(value, above.get(key, {})) if isinstance(value, dict) else above.get(key, value)
        for key, value in {**above, **below}.items()
    }


def direction(say: Phrases, overview: Overview, mean: float, along: float | None) -> str:
    """What a feature does, in words: "higher values push towards malignant"."""
    values = task_of(overview) == "regression"
    kind = "value" if values else "class"
    name = say.class_name(overview, overview.towards) if overview.towards else say("drivers.along", "predicted")
    if along is not None and abs(along) >= _ALWAYS:
        key = "higher" if along > 0 else "lower"
    elif mean == 0 or along is not None:
        key = "either"
    else:
        key = "towards" if mean > 0 else "away"
    return say("drivers.along", f"{key}_{kind}", name=name)


def task_of(overview: Overview) -> str:
    """Whether the model names classes or values."""
    if overview.quality is not None:
        return overview.quality.task
    return "classification" if overview.classes else "regression"
