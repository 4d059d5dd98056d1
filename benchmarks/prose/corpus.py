"""Texts that people wrote about decisions, with what is wrong in them: benchmarks/prose/texts/<set>/<decision>.toml.

A file holds one decision, as `Explanation.from_values` takes it, and what was written about it:

    domain = "property"
    language = "en"
    [decision]                      # of a price; or prediction = { approved = 0.53, refused = 0.47 }
    prediction = 412000.0
    value_name = "price"
    unit = "€"
    baseline_output = 371000.0      # what a typical one gets
    [[features]]
    name = "living_area"            # as a column is called
    words = { name = "living area", aliases = ["floor space"] }     # if the study says so
    value = 148.0
    unit = "m²"
    usual = 110.0                   # the baseline
    range = [40.0, 260.0]           # of the reference rows, evenly spread
    attribution = 38200.0
    [[texts]]
    id = "house-01"
    manner = "letter"
    error = ""                      # or what kind of damage was done to one sentence
    wrong = ""                      # that sentence, as it stands in the text
    text = '''…'''
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.explanation import Explanation
from reporter.words import Words

TEXTS = Path(__file__).parent / "texts"
_ROWS = 100  # reference rows that a range becomes


@dataclass(frozen=True)
class Text:
    """One text about one decision; `wrong` is the sentence that is not true, empty where all are."""

    id: str
    domain: str
    language: str
    manner: str
    explanation: Explanation
    text: str
    error: str = ""
    wrong: str = ""


def texts_in(folder: Path) -> Iterator[Text]:
    """All texts of the files in a folder, in the order of the files. Raises ValueError where an error is not found."""
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        explanation = explanation_from(data)
        for entry in data.get("texts", ()):
            text, wrong = entry["text"].strip(), entry.get("wrong", "").strip()
            if " ".join(wrong.split()) not in " ".join(text.split()):
                raise ValueError(f"{path.name}, {entry['id']}: the wrong sentence does not stand in the text: {wrong}")
            if bool(wrong) != bool(entry.get("error", "")):
                raise ValueError(f"{path.name}, {entry['id']}: an error needs its kind and its sentence")
            yield Text(
                entry["id"],
                data["domain"],
                data["language"],
                entry["manner"],
                explanation,
                text,
                entry.get("error", ""),
                wrong,
            )


def explanation_from(data: Mapping[str, Any]) -> Explanation:
    """The decision of a file, as somebody with attributions of their own would hand it over."""
    decision, features = dict(data["decision"]), data["features"]
    names = [feature["name"] for feature in features]
    units = {feature["name"]: feature["unit"] for feature in features if feature.get("unit")}
    if unit := decision.pop("unit", ""):
        units[decision.get("value_name", "quantity")] = unit
    if not isinstance(decision["prediction"], Mapping):
        decision["output"] = decision["prediction"]
    return Explanation.from_values(
        names,
        [feature.get("value") for feature in features],
        [feature["attribution"] for feature in features],
        baseline=[f.get("usual") for f in features] if any("usual" in f for f in features) else None,
        units=units,
        reference=_reference(features),
        words={f["name"]: Words(**_words(f["words"])) for f in features if "words" in f},
        language=data["language"],
        **decision,
    )


def _words(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _reference(features: list[dict[str, Any]]) -> list[list[float | str | None]] | None:
    """Rows in which every number runs evenly through its range; a column without one is left empty."""
    if not any("range" in feature for feature in features):
        return None

    def cell(feature: Mapping[str, Any], row: int) -> float | str | None:
        if "range" not in feature or isinstance(feature.get("value"), str):
            return None
        low, high = feature["range"]
        return float(low + (high - low) * (row + 0.5) / _ROWS)

    return [[cell(feature, row) for feature in features] for row in range(_ROWS)]
