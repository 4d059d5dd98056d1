"""What things are called: the display words of a study, kept with every explanation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# What may stand in brackets behind the name of a column and is then its unit, not a part of the name.
# fmt: off
UNITS = frozenset([
    "%", "‰", "°C", "°F", "K", "mm", "cm", "m", "km", "in", "ft", "mi", "mm²", "cm²", "m²", "m2", "km²", "ha",
    "sqft", "sqm", "mm³", "cm³", "m³", "ml", "mL", "cl", "dl", "l", "L", "gal", "mg", "g", "kg", "t", "lb",
    "lbs", "oz", "ms", "s", "sec", "min", "h", "hr", "hrs", "hours", "days", "weeks", "months", "years", "yr",
    "yrs", "Hz", "kHz", "MHz", "GHz", "rpm", "bpm", "W", "kW", "MW", "GW", "Wh", "kWh", "MWh", "GWh", "J",
    "kJ", "MJ", "kcal", "V", "mV", "kV", "A", "mA", "Ah", "Ω", "Pa", "hPa", "kPa", "MPa", "bar", "mbar",
    "psi", "mmHg", "N", "Nm", "m/s", "km/h", "mph", "kn", "mg/l", "mg/L", "g/l", "g/L", "mg/dl", "mg/dL",
    "mmol/l", "mmol/L", "µg/l", "µg/m³", "ppm", "ppb", "dB", "dBA", "px", "€", "$", "£", "¥", "EUR", "USD",
    "GBP", "CHF", "CNY", "RMB", "k€", "k$",
])
# fmt: on
_UNIT = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]")


@dataclass(frozen=True)
class Words:
    """What one thing (a feature, a class, a group, a model) is called in one language.

    All are written as they would stand inside a sentence: lower case unless a proper name, no full stop.
    """

    name: str = ""
    aliases: tuple[str, ...] = ()
    unit: str = ""  # behind a value: "mm", "years", "€"
    description: str = ""  # a line under the name in a table
    high: str = ""  # what a high value means, as a noun phrase: "a rough outline"
    low: str = ""
    values: dict[str, str] = field(default_factory=dict)  # code → meaning, for categories


Vocabulary = Mapping[str, Words]  # language code → words; "" holds words meant for every language


def words_in(vocabulary: Vocabulary, language: str, identifier: str = "") -> Words:
    """The words for `language`; where they are silent, those of "" and then English; the name falls back to the id."""
    layers = [vocabulary[code] for code in dict.fromkeys((language, "", "en")) if code in vocabulary]

    def first(attribute: str) -> str:
        return next((value for words in layers if (value := getattr(words, attribute))), "")

    name, aliases = (
        first("name") or readable(identifier),
        next((words.aliases for words in layers if words.aliases), ()),
    )
    unit = first("unit")
    if not unit and (bare := unit_of(name)):
        aliases, (name, unit) = (name, *aliases), bare
    return Words(
        name=name,
        aliases=aliases,
        unit=unit,
        # A sentence part in a foreign language is worse than none, so these do not fall back across languages.
        description=own(vocabulary, language, "description"),
        high=own(vocabulary, language, "high"),
        low=own(vocabulary, language, "low"),
        values=next((words.values for words in layers if words.values), {}),
    )


def own(vocabulary: Vocabulary, language: str, attribute: str) -> str:
    """One attribute in `language`, or as given for every language; never in another language."""
    for code in (language, ""):
        if code in vocabulary and (value := getattr(vocabulary[code], attribute)):
            return str(value)
    return ""


def unit_of(name: str) -> tuple[str, str] | None:
    """Name and unit of a column that is called "petal width (cm)"; None where no unit stands in brackets behind it."""
    found = _UNIT.fullmatch(name)
    return (found[1], found[2]) if found and found[2] in UNITS else None


def readable(identifier: str) -> str:
    """An identifier as a person would write it: `worst_texture` and `worstTexture` become "worst texture"."""
    # Two small letters before a capital one part words: "pH", "kWh" and "HbA1c" stay whole, "maxHR" becomes "max HR".
    spaced = re.sub(r"(?<=[a-z]{2})[A-Z](?=[a-z])", lambda found: f" {found[0].lower()}", identifier)
    spaced = re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", spaced)
    return " ".join(spaced.replace("_", " ").split()) or identifier
