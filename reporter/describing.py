"""Describing: features and classes as prose may speak of them, each number rounded and each direction decided."""

from __future__ import annotations

from typing import Literal

from reporter.explanation import Explanation, Feature, Outcome
from reporter.fact import ClassFacts, Direction, FeatureFacts
from reporter.language import Language
from reporter.naming import PARTS, extents, part_names, phrases
from reporter.rounding import Rounding, Side, plain_words, score_decimals
from reporter.words import words_in

SMALL_SHARE = 0.01  # of all influence: below this a feature is too small to mention
NOISE = 1e-9  # relative: an attribution this small has no direction
HIGH, LOW = 0.70, 0.30  # percentiles from which a value counts as high or low

Scale = tuple[str, int | None]  # unit and decimals of the explained score


def scale_of(explanation: Explanation, tongue: Language) -> Scale:
    """A value's own unit and decimals; scores of classes have none."""
    prediction = explanation.prediction
    if prediction.task == "classification":
        return "", None
    return words_in(prediction.explained.words, tongue.code).unit, prediction.decimals


def features_of(explanation: Explanation, tongue: Language) -> tuple[FeatureFacts, ...]:
    """The features by rank, each with what may be said of it."""
    write = Rounding(tongue)
    decimals = score_decimals(max((abs(f.attribution) for f in explanation.features), default=0.0))
    named = {f.id: words_in(f.words, tongue.code, f.id).name for f in explanation.features if f.kind not in PARTS}
    names = {**write.names(named), **part_names(explanation, tongue)}
    covered = extents(explanation)
    within = {word: phrase for phrase, (words, _) in phrases(explanation, tongue).items() for word in words}
    least = _least(explanation)
    met = {"towards": 0, "away": 0, "none": 0}
    scale = scale_of(explanation, tongue)
    nowhere: tuple[str, Side | Literal[""]] = ("", "")

    def facts(feature: Feature) -> FeatureFacts:
        words = plain_words(words_in(feature.words, tongue.code, feature.id))
        direction: Direction = (
            "none"
            if abs(feature.attribution) <= least or not explanation.provenance.directed
            else "towards"
            if feature.attribution > 0
            else "away"
        )
        met[direction] += 1
        position, usual = nowhere
        below = above = None
        if feature.percentile is not None and not feature.missing:
            position, usual = write.percentile(feature.percentile, feature.ties)
            below, above = feature.percentile - feature.ties / 2, 1 - feature.percentile - feature.ties / 2
        high = usual == "higher" and (feature.percentile or 0) >= HIGH
        low = usual == "lower" and (feature.percentile or 0) <= LOW
        shown = feature.kind == "numeric" and feature.low is not None and feature.high is not None

        def valued(value: float | str | None) -> str:
            return write.value(value, words.unit, feature.decimals, words.values)

        def span(value: float | None) -> str:
            return write.value(value, words.unit, feature.decimals, {})  # of numbers: a code's meaning has no range

        return FeatureFacts(
            id=feature.id,
            name=names[feature.id],
            aliases=words.aliases,
            description=words.description,
            group=feature.group if feature.kind not in PARTS else within.get(feature.id, ""),
            rank=feature.rank,
            side_rank=met[direction],
            firm=feature.firm,
            direction=direction,
            value="" if feature.kind in PARTS else valued(feature.value),  # the name says it
            baseline=valued(feature.baseline),
            unit=words.unit,
            share=write.share(feature.share),
            side_share=write.share(feature.side_share),
            percentile=position,
            above=write.above(below) if below is not None else "",
            usual=usual,
            phrase=words.high if high else words.low if low else "",
            amount=write.amount(feature.attribution, *scale),
            score=tongue.signed(feature.attribution, decimals),
            interval=(write.share(feature.interval[0]), write.share(feature.interval[1]))
            if feature.interval
            else ("", ""),
            small=feature.share < SMALL_SHARE,
            out_of_range=feature.out_of_range,
            missing=feature.missing,
            protected=feature.protected,
            range=(span(feature.low), span(feature.high)) if shown else ("", ""),
            attribution=feature.attribution,
            side_share_value=feature.side_share,
            percentile_value=feature.percentile,
            rows_below=below,
            rows_above=above,
            extent=write.share(covered[feature.id]) if feature.id in covered else "",
        )

    return tuple(facts(feature) for feature in explanation.features)


def _least(explanation: Explanation) -> float:
    """Attributions up to this are what rounding leaves behind: beside the largest, and beside the score itself."""
    explained = explanation.prediction.explained
    sizes = [f.attribution for f in explanation.features] + [explained.score or 0.0, explained.baseline_score or 0.0]
    return NOISE * max(abs(size) for size in sizes)


def classes_of(explanation: Explanation, tongue: Language) -> tuple[ClassFacts, ...]:
    """The classes in the model's order, or the one value of a regression."""
    plain = {o.label: words_in(o.words, tongue.code, o.label).name for o in explanation.prediction.outcomes}
    names = Rounding(tongue).names(plain)
    return tuple(_class(explanation, o, names[o.label], tongue) for o in explanation.prediction.outcomes)


def _class(explanation: Explanation, outcome: Outcome, name: str, tongue: Language) -> ClassFacts:
    write = Rounding(tongue)
    words = plain_words(words_in(outcome.words, tongue.code, outcome.label))
    prediction = explanation.prediction
    if prediction.task == "regression":
        score = write.value(outcome.score, words.unit, prediction.decimals, {})
    else:
        score = "" if outcome.score is None else tongue.significant(outcome.score)
    return ClassFacts(
        id=outcome.label,
        name=name,
        aliases=words.aliases,
        probability="" if outcome.probability is None else write.probability(outcome.probability),
        probability_value=outcome.probability,
        baseline_probability=""
        if outcome.baseline_probability is None
        else write.probability(outcome.baseline_probability),
        score=score,
    )
