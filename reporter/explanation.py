"""The seam. Left of an Explanation is torch; from it on there are only numbers and words.

Everything a report may say must be in here, because facts, prose, pages and audits can reach nothing else: a stored
explanation is told again years later, in another language or format, without the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reporter.errors import ExplanationError, UsageError
from reporter.grade import Grade, Score, grade_of
from reporter.words import Words

if TYPE_CHECKING:
    import numpy as np

    from reporter.report import Report

VERSION = 1  # of the JSON form; raised when a stored explanation would no longer be read the same way

Task = Literal["classification", "regression"]
ScoreKind = Literal["logit", "log-odds", "probability", "log-probability", "value"]


@dataclass(frozen=True)
class Array:
    """Numbers with a shape, row-major; what numpy would hold, without numpy."""

    shape: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Feature:
    """One thing the prose can name: a column, a one-hot group, later a word, region or span.

    `attribution` is in the unit of the explained score: above 0 pushes the score of the target up (towards the target
    class, or the value up), below 0 down. `value` and `baseline` are raw, in `words[...].unit`, never standardised.
    """

    id: str
    attribution: float
    share: float  # |attribution| / Σ |attribution|, 0 to 1
    side_share: float  # attribution / Σ attributions of the same sign, 0 to 1
    rank: int  # 1 = largest |attribution|
    firm: bool = False  # this rank held in at least 95% of the repeats (see Score "stability")
    value: float | str | None = None
    baseline: float | str | None = None
    interval: tuple[float, float] | None = None  # of `share`, the middle 95% of the repeats
    percentile: float | None = None  # share of reference rows strictly below the value, ties halved, 0 to 1
    low: float | None = None  # smallest and largest value of the reference rows
    high: float | None = None
    out_of_range: bool = False
    missing: bool = False  # was missing in the data; `value` is what was filled in
    protected: bool = False
    group: str = ""
    kind: Literal["numeric", "category"] = "numeric"
    decimals: int | None = None  # how many to show; None lets the facts decide
    columns: tuple[int, ...] = ()  # where it stands in the flattened input
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """One thing the model can say: a class, or the value of a regression."""

    label: str  # class id, or the id of the value
    index: int
    score: float | None = None  # raw model output at the instance, in `Prediction.score_kind`; None if not known
    baseline_score: float | None = None  # the same at the baseline
    probability: float | None = None  # None for values and where it cannot be had
    baseline_probability: float | None = None
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """What the model says about this instance, and what is explained.

    `label`, `index`, `score` and `probability` are of the predicted class (or of the value); the attributions belong
    to `target`, the same class unless another was asked for.
    """

    task: Task
    score_kind: ScoreKind
    outcomes: tuple[Outcome, ...]
    index: int  # of the predicted outcome in `outcomes`
    target: int  # of the explained outcome in `outcomes`
    truth: str | float | None = None  # the label on record, where known
    threshold: float | None = None  # probability from which a two-class model says the second class
    usual: float | None = None  # regression: median prediction over the reference rows
    percentile: float | None = None  # regression: of this prediction among those of the reference rows
    decimals: int | None = None

    @property
    def predicted(self) -> Outcome:
        return self.outcomes[self.index]

    @property
    def explained(self) -> Outcome:
        return self.outcomes[self.target]

    @property
    def label(self) -> str:
        return self.predicted.label

    @property
    def score(self) -> float | None:
        return self.predicted.score

    @property
    def probability(self) -> float | None:
        return self.predicted.probability


@dataclass(frozen=True)
class RunnerUp:
    """The next most probable class with its own attributions: only from these may prose say what argued for it."""

    label: str
    index: int
    attributions: dict[str, float]  # feature id → attribution towards this class


@dataclass(frozen=True)
class Bars:
    """The neutral heat map of ranked features: which are drawn, in which order, on which scale."""

    features: tuple[str, ...]  # feature ids, strongest first
    scale: float  # |attribution| of a bar of full length
    kind: Literal["bars"] = "bars"


Heatmap = Bars  # grows into a union (words, raster, spans) as modalities come


@dataclass(frozen=True)
class Tried:
    """A method that was tried and left, with the reason in plain words."""

    method: str
    reason: str


@dataclass(frozen=True)
class Baseline:
    """What the instance was compared with."""

    name: str  # "median", "zero", "mean", "own"
    rows: int = 0  # reference rows it was computed from; 0 when none
    label: str = ""  # class the model gives the baseline itself; empty for regression
    probability: float | None = None


@dataclass(frozen=True)
class Performance:
    """How good the model is on labelled rows; None in an explanation when there are no labels."""

    rows: int
    metric: Literal["accuracy", "r2"]
    value: float
    chance: float  # accuracy of always saying the most frequent class; 0 for R²
    error: float | None = None  # regression: mean absolute error, in the value's unit


@dataclass(frozen=True)
class Provenance:
    """Where the explanation came from: enough to compute it again."""

    method: str
    method_reason: str = ""
    settings: dict[str, float | int | str | bool] = field(default_factory=dict)  # n_steps, …, as used
    tried: tuple[Tried, ...] = ()
    baseline: Baseline = field(default_factory=lambda: Baseline("own"))
    model: str = ""  # file or import path, as given
    model_hash: str = ""  # sha256 over the weights; empty for models without any
    data: str = ""
    data_hash: str = ""
    reference_rows: int = 0
    device: str = ""
    dtype: str = ""
    seed: int = 0
    created: str = ""  # ISO 8601, UTC
    versions: dict[str, str] = field(default_factory=dict)  # package → version
    command: str = ""


@dataclass(frozen=True)
class Card:
    """What the study says of the model, in one language."""

    title: str = ""
    role: str = ""  # a sentence: "It assists the laboratory; it does not make the diagnosis."
    intended_use: str = ""
    limits: str = ""
    next_step: str = ""
    contact: str = ""
    instance: str = ""  # what one row is called: "sample", "patient"
    instances: str = ""  # the same in the plural


@dataclass(frozen=True)
class Explanation:
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
        _refuse_non_finite(self, "explanation")

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

    def at_rank(self, count: int) -> tuple[Feature, ...]:
        """The `count` strongest features, strongest first."""
        return self.features[:count]

    # Telling

    def report(
        self, language: str | None = None, audience: str | None = None, narrator: str = "templated", **settings: Any
    ) -> Report:
        """Tell it: prose that was checked, ready to be rendered. `language` and `audience` default to the study's."""
        from reporter.telling import tell  # the one declared upward import: a convenience for the Python face

        return tell(self, language=language, audience=audience, narrator=narrator, **settings)

    def _repr_html_(self) -> str:
        return self.report().to_html(fragment=True)

    # Storing

    def to_json(self, path: str | Path | None = None) -> str:
        """Versioned JSON that `from_json` reads back equal; written to `path` as well when one is given."""
        text = _adapter().dump_json(self, indent=1, exclude_defaults=False).decode() + "\n"
        if path is not None:
            from reporter.writing import write

            write(Path(path), text.encode())
        return text

    @classmethod
    def from_json(cls, source: str | Path | bytes) -> Explanation:
        """Read a stored explanation from a path, or from the JSON itself (a str that begins with a brace, or bytes).

        Raises ExplanationError when it is none, is damaged, or was written by a newer version.
        """
        name, text = _read_json(source)
        import json

        from pydantic import ValidationError

        try:
            content = json.loads(text)
        except ValueError as error:
            raise ExplanationError(
                f"{name} is not JSON: {error}", allowed="an explanation written by `reporter explain … -o file.json`"
            ) from error
        version = content.get("version") if isinstance(content, dict) else None
        if not isinstance(version, int) or isinstance(version, bool):
            raise ExplanationError(
                f"{name} is not a stored explanation: it has no version",
                allowed="an explanation written by `reporter explain … -o file.json`",
            )
        if version > VERSION:
            raise ExplanationError(
                f"{name} has version {version}; this reporter reads up to {VERSION}", remedy="upgrade reporter"
            )
        try:
            read: Explanation = _adapter().validate_json(text, strict=False)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise ExplanationError(f"{name} is damaged at {where}: {first['msg']}", remedy="explain again") from error
        return read

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
        reference: Sequence[Sequence[float]] | None = None,
        output: float | None = None,
        baseline_output: float | None = None,
        truth: str | float | None = None,
        instance: str = "1",
        title: str = "",
        value_name: str = "value",
        method: str = "own",
        words: Mapping[str, Words] | None = None,
        language: str = "en",
    ) -> Explanation:
        """An explanation from attributions computed elsewhere, such as SHAP values of a tree model.

        `attributions`: one number per feature, above 0 towards `target` (the predicted class unless given), or up.
        `prediction`: a class name, a mapping class → probability, or a number for a regression.
        `reference`: rows × features, raw, says what is usual. `output` and `baseline_output`: the explained score at
        the instance and at the baseline; with both the sum of the attributions is checked.
        Raises UsageError when lengths differ or a class is unknown.
        """
        count = len(features)
        for what, given in (("values", values), ("attributions", attributions), ("baseline", baseline)):
            if given is not None and len(given) != count:
                raise UsageError(f"{count} features but {len(given)} {what}", remedy="give one of each per feature")
        for row in () if reference is None else reference:
            if len(row) != count:
                raise UsageError(f"{count} features but a reference row of {len(row)} values", remedy="one per feature")
        told, units = words or {}, units or {}
        columns = [[float(row[i]) for row in reference] for i in range(count)] if reference is not None else None

        def described(i: int) -> Feature:
            name, value = features[i], values[i]
            number = not isinstance(value, str) and value is not None
            usual = columns[i] if columns is not None and number else None
            shown = told.get(name) or Words(name=name, unit=units.get(name, ""))
            return Feature(
                id=name,
                attribution=float(attributions[i]),
                share=0.0,
                side_share=0.0,
                rank=0,
                value=float(value) if number else value,  # type: ignore[arg-type]
                baseline=baseline[i] if baseline is not None else None,
                percentile=percentile(float(value), usual) if usual else None,  # type: ignore[arg-type]
                low=min(usual) if usual else None,
                high=max(usual) if usual else None,
                out_of_range=bool(usual) and not min(usual) <= float(value) <= max(usual),  # type: ignore[arg-type]
                missing=value is None,
                kind="category" if isinstance(value, str) else "numeric",
                columns=(i,),
                words={"": shown},
            )

        said = _prediction(prediction, list(class_names), target, output, baseline_output, truth, value_name)
        total = math.fsum(float(a) for a in attributions)
        scores: tuple[Score, ...] = ()
        if output is not None and baseline_output is not None:
            error = completeness_error([float(a) for a in attributions], output - baseline_output)
            scores = (Score("completeness", error, {"sum": total, "change": output - baseline_output}),)
        ordered = ranked(described(i) for i in range(count))
        return cls(
            instance=instance,
            modality="tabular",
            features=ordered,
            prediction=said,
            arrays=(Array((1, count), tuple(float(a) for a in attributions)),),
            heatmaps=(bars(ordered),),
            scores=scores,
            grade=grade_of(scores),
            card={"": Card(title=title)},
            provenance=Provenance(
                method, baseline=Baseline("own"), reference_rows=len(reference) if reference is not None else 0
            ),
            language=language,
        )


def ranked(features: Sequence[Feature] | Any) -> tuple[Feature, ...]:
    """The features strongest first, with rank, share and side share filled in; ties keep the order given."""
    from dataclasses import replace

    ordered = sorted(features, key=lambda feature: -abs(feature.attribution))
    total = math.fsum(abs(f.attribution) for f in ordered)
    sides = {
        True: math.fsum(f.attribution for f in ordered if f.attribution > 0),
        False: math.fsum(f.attribution for f in ordered if f.attribution < 0),
    }

    def filled(rank: int, feature: Feature) -> Feature:
        side = sides[feature.attribution > 0]
        return replace(
            feature,
            rank=rank,
            share=abs(feature.attribution) / total if total else 0.0,
            side_share=feature.attribution / side if side and feature.attribution else 0.0,
        )

    return tuple(filled(rank, feature) for rank, feature in enumerate(ordered, 1))


def bars(features: Sequence[Feature]) -> Bars:
    """The heat map of ranked features, scaled to the strongest."""
    return Bars(tuple(f.id for f in features), max((abs(f.attribution) for f in features), default=0.0))


def percentile(value: float, reference: Sequence[float]) -> float:
    """Share of `reference` strictly below `value`, ties counted half; 0 to 1. Undefined (ZeroDivisionError) if empty."""
    below = sum(other < value for other in reference)
    ties = sum(other == value for other in reference)
    return float((below + ties / 2) / len(reference))


def completeness_error(attributions: Sequence[float], change: float) -> float:
    """Relative error |Σ a − change| / max(|change|, 0.05 Σ|a|); 0 when nothing moved and nothing is attributed.

    The second term keeps the ratio meaningful where reasons cancel and the change itself is close to nothing.
    """
    gap = abs(math.fsum(attributions) - change)
    scale = max(abs(change), 0.05 * math.fsum(abs(a) for a in attributions))
    return gap / scale if scale else 0.0


def _prediction(
    given: str | float | Mapping[str, float],
    class_names: list[str],
    target: str | None,
    output: float | None,
    baseline_output: float | None,
    truth: str | float | None,
    value_name: str,
) -> Prediction:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        outcome = Outcome(value_name, 0, float(given), baseline_output)
        return Prediction("regression", "value", (outcome,), 0, 0, truth)
    probabilities: Mapping[str, float | None] = given if isinstance(given, Mapping) else {str(given): None}
    names = class_names or list(probabilities)
    unknown = [name for name in [*probabilities, *([target] if target else [])] if name not in names]
    if unknown:
        raise UsageError(f"class {unknown[0]!r} is not among class_names", allowed=", ".join(names))
    label = max(probabilities, key=lambda name: probabilities[name] or 0.0)
    explained = target or label

    def outcome_of(index: int, name: str) -> Outcome:
        mine = name == explained
        return Outcome(
            name, index, output if mine else None, baseline_output if mine else None, probabilities.get(name)
        )

    outcomes = tuple(outcome_of(i, name) for i, name in enumerate(names))
    return Prediction("classification", "logit", outcomes, names.index(label), names.index(explained), truth)


def _refuse_non_finite(value: Any, where: str) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExplanationError(f"{where} is {value}", allowed="finite numbers", remedy="do not publish it")
    elif is_dataclass(value):
        for each in fields(value):
            _refuse_non_finite(getattr(value, each.name), f"{where}.{each.name}")
    elif isinstance(value, (tuple, list)):
        for i, each_value in enumerate(value):
            _refuse_non_finite(each_value, f"{where}[{i}]")
    elif isinstance(value, Mapping):
        for key, each_value in value.items():
            _refuse_non_finite(each_value, f"{where}.{key}")


def _read_json(source: str | Path | bytes) -> tuple[str, str]:
    if isinstance(source, bytes):
        return "the text given", source.decode("utf-8", errors="replace")
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return "the text given", source
    path = Path(source)
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ExplanationError(f"cannot read {path}: {reason}", remedy="give a file written by `reporter explain`") from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the stored form."""
    schema: dict[str, Any] = _adapter().json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _adapter() -> Any:
    global _ADAPTER
    if _ADAPTER is None:
        from pydantic import TypeAdapter

        _ADAPTER = TypeAdapter(Explanation)
    return _ADAPTER


_ADAPTER: Any = None
