"""The seam. Left of an Explanation is torch; from it on there are only numbers and words.

Everything a report may say must be in here, because facts, prose, pages and audits can reach nothing else: a stored
explanation is told again years later, in another language or format, without the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reporter.errors import ExplanationError
from reporter.feature import (
    Array,
    Feature,
    completeness_error,
    features_from,
    percentile,
    ranked,
    ties,
)
from reporter.grade import Grade, Score, grade_of
from reporter.heatmap import Area, Bars, Channel, Heatmap, Piece, Raster, Shading, Spans, Stretch, bars
from reporter.prediction import (
    Outcome,
    Performance,
    Prediction,
    RunnerUp,
    ScoreKind,
    Task,
    Without,
    prediction_from,
)
from reporter.provenance import Baseline, Card, Provenance, Tried
from reporter.storing import Stored, refuse_unstorable, schema_of
from reporter.words import Words

if TYPE_CHECKING:
    import numpy as np

    from reporter.report import Report

__all__ = [
    "Area",
    "Array",
    "Bars",
    "Baseline",
    "Card",
    "Channel",
    "Explanation",
    "Feature",
    "Heatmap",
    "Outcome",
    "Performance",
    "Piece",
    "Prediction",
    "Provenance",
    "Raster",
    "RunnerUp",
    "ScoreKind",
    "Shading",
    "Spans",
    "Stretch",
    "Task",
    "Tried",
    "Without",
    "bars",
    "completeness_error",
    "json_schema",
    "percentile",
    "ranked",
    "ties",
]

VERSION = 1  # of the JSON form; raised when a stored explanation would no longer be read the same way


@dataclass(frozen=True)
class Explanation(Stored):
    """One decision of one model, explained: the ranked features and everything a report may say about them.

    Attributions are in the unit of the explained score, above 0 towards the target (or up, for a value), below 0 away.
    """

    instance: str  # id of what is explained, as a reader knows it
    modality: str
    features: tuple[Feature, ...]  # by rank
    prediction: Prediction
    arrays: tuple[Array, ...]  # attributions in the shape of each input, as Captum returns them
    heatmaps: tuple[Heatmap, ...] = ()
    runner_up: RunnerUp | None = None
    without: tuple[Without, ...] = ()  # what the model says when features are put to their baseline, strongest first
    scores: tuple[Score, ...] = ()
    grade: Grade = field(default_factory=lambda: Grade("indicative"))
    groups: dict[str, dict[str, Words]] = field(default_factory=dict)  # group id → words by language
    card: dict[str, Card] = field(default_factory=dict)  # language → what the study says of the model
    performance: Performance | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("own"))
    language: str = "en"  # what the study asks for; a report may be told otherwise
    audience: str = "expert"
    version: int = VERSION

    def __post_init__(self) -> None:
        refuse_unstorable(self, "explanation")
        self._refuse_contradictions()

    # Reading

    @cached_property
    def attributions(self) -> np.ndarray[Any, Any] | tuple[np.ndarray[Any, Any], ...]:
        """As Captum would return them: an array in the shape of the inputs, a tuple of them for several inputs."""
        import numpy

        arrays = tuple(numpy.array(a.values, dtype=float).reshape(a.shape) for a in self.arrays)
        return arrays[0] if len(arrays) == 1 else arrays

    def feature(self, identifier: str) -> Feature:
        """The feature of that id. Raises KeyError."""
        return self._by_id[identifier]

    @cached_property
    def _by_id(self) -> dict[str, Feature]:
        return {feature.id: feature for feature in self.features}

    def heatmap(self, kind: str) -> Heatmap | None:
        """The heat map of a kind ("bars", "words", "raster", "spans"), or None when there is none."""
        return next((heat for heat in self.heatmaps if heat.kind == kind), None)

    def at_rank(self, count: int) -> tuple[Feature, ...]:
        """The `count` strongest features, strongest first."""
        return self.features[:count]

    def _refuse_contradictions(self) -> None:
        """Raise ExplanationError for what no run leaves behind, but a file changed by hand may hold."""
        ids, said = [feature.id for feature in self.features], self.prediction
        wrong = {
            "it has no features": not ids,
            "two features have one id": len(set(ids)) < len(ids),
            "the features are not in the order of their ranks": [f.rank for f in self.features]
            != list(range(1, len(ids) + 1)),
            "the prediction is none of its outcomes": not {said.index, said.target} <= set(range(len(said.outcomes))),
            "a heat map draws a feature that is not there": bool(_drawn(self.heatmaps) - set(ids)),
            "an array has not its own shape": any(math.prod(a.shape) != len(a.values) for a in self.arrays),
        }
        for problem, holds in wrong.items():
            if holds:
                raise ExplanationError(
                    f"the explanation of {self.instance!r} is damaged: {problem}", remedy="explain again"
                )

    # Telling

    def report(
        self,
        language: str | None = None,
        audience: str | None = None,
        narrator: str | Any = "templated",
        **settings: Any,
    ) -> Report:
        """Tell it: prose that was checked, ready to be rendered. `language` and `audience` default to the study's.

        `narrator` is a name, with its settings ("lm", model="folder"), or a narrator that is used for many.
        """
        from reporter.telling import tell  # the one declared upward import: a convenience for the Python face

        return tell(self, language=language, audience=audience, narrator=narrator, **settings)

    def _repr_mimebundle_(self, **wanted: object) -> dict[str, str]:
        return self.report()._repr_mimebundle_(**wanted)

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()

    @classmethod
    def from_values(
        cls,
        features: Sequence[str],
        values: Sequence[float | str | None],
        attributions: Sequence[float],
        *,
        prediction: str | float | Mapping[str, float],
        class_names: Sequence[str] = (),
        target: str | None = None,
        baseline: Sequence[float | str | None] | None = None,
        units: Mapping[str, str] | None = None,
        reference: Sequence[Sequence[float | str | None]] | None = None,
        output: float | None = None,
        baseline_output: float | None = None,
        truth: str | float | None = None,
        instance: str = "1",
        title: str = "",
        value_name: str = "quantity",
        method: str = "own",
        words: Mapping[str, Words] | None = None,
        language: str = "en",
    ) -> Explanation:
        """An explanation from attributions computed elsewhere, such as SHAP values of a tree model.

        `attributions`: one number per feature, above 0 towards `target` (the predicted class unless given), or up.
        `prediction`: a class name, a mapping class → probability, or a number for a regression, whose name is
        `value_name`. `units` may name it too. `reference`: rows × features, raw, says what is usual. `output` and
        `baseline_output`: the explained score at the instance and at the baseline; with both the sum of the
        attributions is checked. Raises UsageError when lengths differ, a name is given twice, or a class is unknown.
        """
        units, names = dict(units or {}), [str(name) for name in features]
        ordered = features_from(
            names, values, attributions, baseline=baseline, reference=reference, units=units, words=words
        )
        said = prediction_from(
            prediction,
            class_names,
            target,
            output,
            baseline_output,
            truth,
            value_name,
            units.get(value_name, ""),
        )
        by_column = sorted(ordered, key=lambda feature: feature.columns)
        row = tuple(feature.attribution for feature in by_column)
        scores: tuple[Score, ...] = ()
        if output is not None and baseline_output is not None:
            change = float(output) - float(baseline_output)
            detail: dict[str, float | int | str] = {"sum": math.fsum(row), "change": change}
            scores = (Score("completeness", completeness_error(row, change), detail),)
        return cls(
            instance=str(instance),
            modality="tabular",
            features=ordered,
            prediction=said,
            arrays=(Array((1, len(row)), row),),
            heatmaps=(bars(ordered),),
            scores=scores,
            grade=grade_of(scores),
            card={"": Card(title=title)},
            provenance=Provenance(
                method,
                baseline=Baseline("own" if baseline is not None else "unstated"),
                reference_rows=len(reference) if reference is not None else 0,
            ),
            language=language,
        )


def _drawn(heatmaps: Sequence[Heatmap]) -> set[str]:
    """The features that heat maps refer to."""
    found: set[str] = set()
    for heat in heatmaps:
        if isinstance(heat, Bars):
            found.update(heat.features)
        elif isinstance(heat, Shading):
            found.update(piece.feature for piece in heat.pieces)
        elif isinstance(heat, Raster):
            found.update(area.feature for area in heat.areas)
        else:
            found.update(stretch.feature for stretch in heat.stretches)
    return found


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the stored form; the same as reporter/explanation.schema.json."""
    schema = schema_of(Explanation)
    # What has a default may be left out, but for the version: without it nobody knows how to read the rest.
    schema["properties"]["version"] = {"type": "integer", "minimum": 1, "maximum": VERSION}
    # A report's JSON holds these too, for whoever reads it; `from_json` leaves them aside (formats/json.py).
    schema["properties"]["narrative"] = {"type": "object", "description": "sentences, verdicts and ids of their facts"}
    schema["properties"]["facts"] = {"type": "object", "description": "the facts that the sentences rest on, by id"}
    return {**schema, "required": [*schema["required"], "version"]}
