"""Facts: the one place where rounding, ranking, direction, ties and "too small to mention" are decided.

Narrators and the verifier see nothing else. Every number a reader may meet is a `Fact` with a stable id; beside the flat
list stand views (`FeatureFacts`, `Reason`, …) that hold the same facts grouped the way a narrator needs them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from reporter.explanation import Card, Explanation, Feature, Outcome
from reporter.grade import Ruling, Score
from reporter.language import Language, language
from reporter.rounding import Rounding, score_decimals
from reporter.words import Words, own, words_in

Direction = Literal["towards", "away", "none"]

TOP = 10  # "among the ten strongest"
SMALL_SHARE = 0.01  # of all influence: below this a feature is too small to mention
SMALL_REASON = 0.05  # of its side: below this a reason is too small to tell as one
MOST_REASONS = 4
ENOUGH = 0.75  # of its side: reasons are told until they reach this
HIGH, LOW = 0.70, 0.30  # percentiles from which a value counts as high or low
CLOSE_CALL = 0.15  # lead in probability under which a class is a close call
DOMINANT = 0.40  # share of all influence from which one feature decides alone
DIFFUSE = 0.12  # share of the strongest feature below which no single feature decides
CANCELLING = 0.15  # |Σ a| / Σ|a| under which reasons nearly cancel
CONFIDENT = 0.80  # probability from which the baseline counts as being of a class itself
NEAR_USUAL = 0.10  # distance from the middle percentile within which a predicted value is near the usual


@dataclass(frozen=True)
class Fact:
    """One thing that is true of the run. `text` is the wording a narrator may use, `value` what the verifier compares."""

    id: str  # stable: "feature.worst_texture.side_share"
    kind: str  # last part of the id; the kind of claim it decides
    about: str  # id of the feature, group or class; empty when about the whole
    value: float | str | bool
    text: str


@dataclass(frozen=True)
class FeatureFacts:
    """One feature as prose may speak of it; empty texts mean there is nothing to say."""

    id: str
    name: str  # as it stands in a sentence; in quotation marks where it would be misread otherwise
    aliases: tuple[str, ...]
    description: str
    group: str
    rank: int
    side_rank: int  # rank among the features of its own direction
    firm: bool
    direction: Direction
    value: str  # with unit
    baseline: str
    unit: str
    share: str  # of all influence
    side_share: str  # of all that pushes the same way
    percentile: str  # "94%": higher (or lower, see `usual`) than that share of the reference rows
    usual: Literal["higher", "lower", "middle", ""]
    phrase: str  # the study's words for a high or low value, when it is one
    amount: str  # |attribution| in the unit of the score
    score: str  # attribution with its sign, for tables
    small: bool  # too small to mention
    out_of_range: bool
    missing: bool
    protected: bool
    range: tuple[str, str]  # smallest and largest value of the reference rows
    attribution: float
    side_share_value: float
    percentile_value: float | None


@dataclass(frozen=True)
class Reason:
    """One reason as a person would count them: a feature, or the features of one group on one side."""

    id: str  # of the feature, or of the group
    direction: Direction
    features: tuple[FeatureFacts, ...]
    side_share: str
    side_share_value: float
    group: str = ""  # the group's words; empty for a single feature
    others: bool = False  # whether a stronger feature of the same group was already told by itself


@dataclass(frozen=True)
class ClassFacts:
    """One class, or the value of a regression, as prose may speak of it."""

    id: str
    name: str
    aliases: tuple[str, ...]
    probability: str
    probability_value: float | None
    baseline_probability: str
    score: str


@dataclass(frozen=True)
class Facts:
    """Everything that may be said of one explanation, in one language."""

    language: Language
    explanation: Explanation
    card: Card
    items: tuple[Fact, ...]
    features: tuple[FeatureFacts, ...]  # by rank
    classes: tuple[ClassFacts, ...]  # in the model's order; one for a regression
    groups: dict[str, Words]
    towards: tuple[Reason, ...]  # reasons worth telling for the target, strongest first
    away: tuple[Reason, ...]
    situations: frozenset[str]
    instance: str  # "sample 41"
    required: tuple[str, ...]  # ids a narrative must tell

    @cached_property
    def _index(self) -> dict[str, Fact]:
        return {fact.id: fact for fact in self.items}

    def __getitem__(self, identifier: str) -> Fact:
        return self._index[identifier]

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._index

    def get(self, identifier: str) -> Fact | None:
        """The fact of that id, or None when nothing is known."""
        return self._index.get(identifier)

    def text(self, identifier: str) -> str:
        """The wording of a fact; empty when nothing is known."""
        fact = self._index.get(identifier)
        return fact.text if fact else ""

    def feature(self, identifier: str) -> FeatureFacts:
        """The facts of one feature. Raises KeyError."""
        return self._features[identifier]

    @cached_property
    def _features(self) -> dict[str, FeatureFacts]:
        return {feature.id: feature for feature in self.features}

    @property
    def predicted(self) -> ClassFacts:
        return self.classes[self.explanation.prediction.index]

    @property
    def target(self) -> ClassFacts:
        return self.classes[self.explanation.prediction.target]

    @property
    def regression(self) -> bool:
        return self.explanation.prediction.task == "regression"

    @property
    def grade(self) -> str:
        return self.explanation.grade.level

    def score(self, name: str) -> Score | None:
        """The score of a metric, or None when it was not measured."""
        return next((s for s in self.explanation.scores if s.name == name), None)

    def ruling(self, metric: str) -> Ruling | None:
        """What the grade's rule made of a metric."""
        return next((r for r in self.explanation.grade.rulings if r.metric == metric), None)


def facts_of(explanation: Explanation, code: str | None = None) -> Facts:
    """The facts of an explanation, worded for one language (the study's own unless given)."""
    tongue = language(code or explanation.language)
    card = card_in(explanation, tongue.code)
    features = _features(explanation, tongue)
    classes = tuple(_class(explanation, outcome, tongue) for outcome in explanation.prediction.outcomes)
    groups = {group: words_in(words, tongue.code, group) for group, words in explanation.groups.items()}
    towards = _reasons(features, "towards", groups, tongue)
    away = _reasons(features, "away", groups, tongue)
    items = tuple(
        fact
        for source in (
            _outcome_facts(explanation, classes, tongue),
            _feature_facts(explanation, features),
            _group_facts(features, groups, tongue),
            _side_facts(explanation, features, tongue),
            _trust_facts(explanation, tongue),
            _run_facts(explanation, tongue),
        )
        for fact in source
    )
    situations = frozenset(_situations(explanation, features))
    name = card.instance or tongue.lexicon["instance"]["one"]
    return Facts(
        tongue,
        explanation,
        card,
        items,
        features,
        classes,
        groups,
        towards,
        away,
        situations,
        instance=f"{name} {Rounding(tongue).identifier(explanation.instance)}",
        required=_required(explanation, towards, situations),
    )


def card_in(explanation: Explanation, code: str) -> Card:
    """What the study says of the model in a language; each silent entry falls back to "" and never to another tongue."""
    layers = [explanation.card[c] for c in (code, "") if c in explanation.card]
    merged = {
        name: next((value for card in layers if (value := getattr(card, name))), "") for name in Card.__dataclass_fields__
    }
    if not merged["title"]:
        merged["title"] = next((card.title for card in explanation.card.values() if card.title), "")
    return Card(**merged)


# Features and reasons


def _features(explanation: Explanation, tongue: Language) -> tuple[FeatureFacts, ...]:
    write = Rounding(tongue)
    decimals = score_decimals(max((abs(f.attribution) for f in explanation.features), default=0.0))
    names = _distinct_names(explanation, tongue)
    met = {"towards": 0, "away": 0, "none": 0}

    def facts(feature: Feature) -> FeatureFacts:
        words = words_in(feature.words, tongue.code, feature.id)
        direction: Direction = (
            "none" if round(feature.attribution, 12) == 0 else "towards" if feature.attribution > 0 else "away"
        )
        met[direction] += 1
        position, usual = ("", "")
        if feature.percentile is not None and not feature.missing:
            position, usual = write.percentile(feature.percentile)
        high = usual == "higher" and (feature.percentile or 0) >= HIGH
        low = usual == "lower" and (feature.percentile or 0) <= LOW
        shown = feature.kind == "numeric" and feature.low is not None and feature.high is not None

        def valued(value: float | str | None) -> str:
            return write.value(value, words.unit, feature.decimals, words.values)

        return FeatureFacts(
            id=feature.id,
            name=names[feature.id],
            aliases=words.aliases,
            description=own(feature.words, tongue.code, "description"),
            group=feature.group,
            rank=feature.rank,
            side_rank=met[direction],
            firm=feature.firm,
            direction=direction,
            value=valued(feature.value),
            baseline=valued(feature.baseline),
            unit=words.unit,
            share=write.share(feature.share),
            side_share=write.share(feature.side_share),
            percentile=position,
            usual=usual,
            phrase=words.high if high else words.low if low else "",
            amount=tongue.significant(abs(feature.attribution)),
            score=tongue.signed(feature.attribution, decimals),
            small=feature.share < SMALL_SHARE,
            out_of_range=feature.out_of_range,
            missing=feature.missing,
            protected=feature.protected,
            range=(valued(feature.low), valued(feature.high)) if shown else ("", ""),
            attribution=feature.attribution,
            side_share_value=feature.side_share,
            percentile_value=feature.percentile,
        )

    return tuple(facts(feature) for feature in explanation.features)


def _distinct_names(explanation: Explanation, tongue: Language) -> dict[str, str]:
    """Feature id → name in a sentence; two features of the same name are told apart by their ids."""
    write = Rounding(tongue)
    plain = {f.id: words_in(f.words, tongue.code, f.id).name for f in explanation.features}
    folded = [name.casefold() for name in plain.values()]
    return {
        identifier: write.name(name if folded.count(name.casefold()) == 1 else f"{name} ({identifier})")
        for identifier, name in plain.items()
    }


def _class(explanation: Explanation, outcome: Outcome, tongue: Language) -> ClassFacts:
    write = Rounding(tongue)
    words = words_in(outcome.words, tongue.code, outcome.label)
    prediction = explanation.prediction
    if prediction.task == "regression":
        score = write.value(outcome.score, words.unit, prediction.decimals, {})
    else:
        score = "" if outcome.score is None else tongue.significant(outcome.score)
    return ClassFacts(
        id=outcome.label,
        name=write.name(words.name),
        aliases=words.aliases,
        probability="" if outcome.probability is None else write.probability(outcome.probability),
        probability_value=outcome.probability,
        baseline_probability=""
        if outcome.baseline_probability is None
        else write.probability(outcome.baseline_probability),
        score=score,
    )


def members(features: Iterable[FeatureFacts], group: str, direction: Direction) -> tuple[FeatureFacts, ...]:
    """The features of a group among the ten strongest that push one way."""
    return tuple(f for f in features if f.group == group and f.direction == direction and f.rank <= TOP and not f.small)


def _reasons(
    features: tuple[FeatureFacts, ...], direction: Direction, groups: dict[str, Words], tongue: Language
) -> tuple[Reason, ...]:
    """The reasons worth telling on one side: the strongest feature alone, then groups and features by weight."""
    side = [f for f in features if f.direction == direction and f.rank <= TOP and not f.small]
    if not side:
        return ()
    first, found, seen = side[0], [_single(side[0])], {side[0].id}
    for feature in side[1:]:
        if feature.id in seen:
            continue
        same = [m for m in members(features, feature.group, direction) if m.id not in seen] if feature.group else []
        if len(same) > 1 and feature.group in groups:
            seen.update(m.id for m in same)
            weight = sum(m.side_share_value for m in same)
            share, words = Rounding(tongue).share(weight), groups[feature.group].name
            found.append(
                Reason(
                    feature.group, direction, tuple(same), share, weight, words, others=first.group == feature.group
                )
            )
        else:
            seen.add(feature.id)
            found.append(_single(feature))
    rest = sorted(found[1:], key=lambda reason: -reason.side_share_value)
    told, reached = [found[0]], found[0].side_share_value
    for reason in rest:
        if len(told) == MOST_REASONS or reached >= ENOUGH or reason.side_share_value < SMALL_REASON:
            break
        told.append(reason)
        reached += reason.side_share_value
    return tuple(told)


def _single(feature: FeatureFacts) -> Reason:
    return Reason(feature.id, feature.direction, (feature,), feature.side_share, feature.side_share_value)


# Facts, kind by kind


def _outcome_facts(explanation: Explanation, classes: tuple[ClassFacts, ...], tongue: Language) -> Iterable[Fact]:
    prediction, write = explanation.prediction, Rounding(tongue)
    predicted, target = classes[prediction.index], classes[prediction.target]
    if prediction.task == "regression":
        unit = words_in(prediction.predicted.words, tongue.code).unit

        def valued(value: float) -> str:
            return write.value(value, unit, prediction.decimals, {})

        yield Fact("prediction", "output", predicted.id, prediction.score or 0.0, predicted.score)
        if prediction.predicted.baseline_score is not None:
            base = prediction.predicted.baseline_score
            yield Fact("baseline.output", "output", predicted.id, base, valued(base))
            change = (prediction.score or 0.0) - base
            yield Fact("change", "change", predicted.id, change, valued(abs(change)))
        if prediction.usual is not None:
            yield Fact("usual", "usual", predicted.id, prediction.usual, valued(prediction.usual))
        if prediction.percentile is not None:
            text, side = write.percentile(prediction.percentile)
            yield Fact("prediction.percentile", "percentile", predicted.id, prediction.percentile, text)
            yield Fact("prediction.position", "position", predicted.id, side, side)
        if isinstance(prediction.truth, float):
            yield Fact("truth", "output", predicted.id, prediction.truth, valued(prediction.truth))
        return
    yield Fact("prediction", "prediction", predicted.id, predicted.id, predicted.name)
    yield Fact("target", "target", target.id, target.id, target.name)
    for facts, outcome in zip(classes, prediction.outcomes, strict=True):
        if outcome.probability is not None:
            yield Fact(f"probability.{facts.id}", "probability", facts.id, outcome.probability, facts.probability)
        if outcome.baseline_probability is not None:
            base, text = outcome.baseline_probability, facts.baseline_probability
            yield Fact(f"baseline.probability.{facts.id}", "probability", facts.id, base, text)
    if prediction.threshold is not None:
        yield Fact("threshold", "threshold", "", prediction.threshold, write.probability(prediction.threshold))
    if explanation.provenance.baseline.label:
        label = explanation.provenance.baseline.label
        name = next((c.name for c in classes if c.id == label), write.name(label))
        yield Fact("baseline.prediction", "prediction", label, label, name)
    if prediction.truth is not None:
        truth = str(prediction.truth)
        name = next((c.name for c in classes if c.id == truth), write.name(truth))
        yield Fact("truth", "truth", truth, truth, name)
        yield Fact("truth.agrees", "agrees", truth, truth == predicted.id, "")


def _feature_facts(explanation: Explanation, features: tuple[FeatureFacts, ...]) -> Iterable[Fact]:
    for feature, facts in zip(explanation.features, features, strict=True):
        prefix = f"feature.{feature.id}"
        yield Fact(f"{prefix}.direction", "direction", feature.id, facts.direction, facts.direction)
        yield Fact(f"{prefix}.rank", "rank", feature.id, float(feature.rank), str(feature.rank))
        yield Fact(f"{prefix}.side_rank", "side_rank", feature.id, float(facts.side_rank), str(facts.side_rank))
        yield Fact(f"{prefix}.firm", "firm", feature.id, feature.firm, "")
        yield Fact(f"{prefix}.share", "share", feature.id, feature.share, facts.share)
        yield Fact(f"{prefix}.side_share", "side_share", feature.id, feature.side_share, facts.side_share)
        yield Fact(f"{prefix}.amount", "amount", feature.id, feature.attribution, facts.amount)
        if feature.value is not None:
            yield Fact(f"{prefix}.value", "value", feature.id, feature.value, facts.value)
        if feature.baseline is not None:
            yield Fact(f"{prefix}.baseline", "baseline", feature.id, feature.baseline, facts.baseline)
        if feature.percentile is not None and facts.percentile:
            yield Fact(f"{prefix}.percentile", "percentile", feature.id, feature.percentile, facts.percentile)
        if feature.out_of_range:
            low_to_high = "–".join(part for part in facts.range if part)
            yield Fact(f"{prefix}.out_of_range", "out_of_range", feature.id, True, low_to_high)
        if feature.missing:
            yield Fact(f"{prefix}.missing", "missing", feature.id, True, facts.value)
        if feature.protected:
            yield Fact(f"{prefix}.protected", "protected", feature.id, True, "")


def _group_facts(features: tuple[FeatureFacts, ...], groups: dict[str, Words], tongue: Language) -> Iterable[Fact]:
    write = Rounding(tongue)
    sides: tuple[Direction, ...] = ("towards", "away")
    for group in groups:
        for direction in sides:
            same = members(features, group, direction)
            if same:
                weight = sum(m.side_share_value for m in same)
                prefix = f"group.{group}.{direction}"
                yield Fact(f"{prefix}.count", "group_count", group, float(len(same)), tongue.count(len(same)))
                yield Fact(f"{prefix}.side_share", "group_side_share", group, weight, write.share(weight))


def _side_facts(explanation: Explanation, features: tuple[FeatureFacts, ...], tongue: Language) -> Iterable[Fact]:
    weights: dict[str, float] = {"towards": 0.0, "away": 0.0, "none": 0.0}
    for facts in features:
        weights[facts.direction] += abs(facts.attribution)
    decimals = score_decimals(max((abs(f.attribution) for f in explanation.features), default=0.0))
    yield Fact("features.count", "count", "", float(len(features)), tongue.count(len(features)))
    top = [f for f in features if f.rank <= TOP]
    yield Fact("top.count", "count", "", float(len(top)), tongue.count(len(top)))
    for direction in ("towards", "away"):
        among = [f for f in top if f.direction == direction]
        total = [f for f in features if f.direction == direction]
        yield Fact(f"top.{direction}.count", "count", "", float(len(among)), tongue.count(len(among)))
        yield Fact(f"{direction}.count", "count", "", float(len(total)), tongue.count(len(total)))
        text = tongue.number(weights[direction], decimals)
        yield Fact(f"{direction}.weight", "weight", "", weights[direction], text)
    if weights["towards"] > 0:
        ratio = weights["away"] / weights["towards"]
        yield Fact("balance", "balance", "", ratio, tongue.ratio(ratio))
    if weights["away"] > 0:
        ratio = weights["towards"] / weights["away"]
        yield Fact("balance.inverse", "balance", "", ratio, tongue.ratio(ratio))
    net = weights["towards"] - weights["away"]
    yield Fact("net", "net", "", net, tongue.significant(abs(net)))
    reached, half = 0.0, 0
    while half < len(features) and reached < 0.5:
        reached += explanation.features[half].share
        half += 1
    if reached >= 0.5:
        yield Fact("half.count", "half", "", float(half), tongue.count(half))


def _trust_facts(explanation: Explanation, tongue: Language) -> Iterable[Fact]:
    yield Fact("grade", "grade", "", explanation.grade.level, explanation.grade.level)
    for ruling in explanation.grade.rulings:
        yield Fact(f"ruling.{ruling.metric}", "ruling", "", ruling.level, ruling.level)
    passed = [r for r in explanation.grade.rulings if r.value is not None]
    yield Fact("checks.count", "count", "", float(len(passed)), tongue.count(len(passed)))
    solid = sum(r.level == "solid" for r in passed)
    yield Fact("checks.passed", "count", "", float(solid), tongue.count(solid))
    for score in explanation.scores:
        if score.value is None:
            continue
        if score.name == "completeness":
            yield Fact("score.completeness", "completeness", "", score.value, _error_text(score.value, tongue))
        else:
            yield Fact(f"score.{score.name}", score.name, "", score.value, tongue.number(score.value, 2))
        for key, value in score.detail.items():
            text = value if isinstance(value, str) else tongue.significant(value)
            yield Fact(f"score.{score.name}.{key}", f"{score.name}_{key}", "", value, text)


def _error_text(error: float, tongue: Language) -> str:
    """A completeness error rounded up, so that "within" stays true; one decimal below ten percent."""
    decimals = 1 if error < 0.1 else 0
    step = 10.0 ** -(decimals + 2)
    return tongue.percent(max(step, math.ceil(error / step - 1e-9) * step), decimals)


def _run_facts(explanation: Explanation, tongue: Language) -> Iterable[Fact]:
    provenance, write = explanation.provenance, Rounding(tongue)
    yield Fact("method", "method", "", provenance.method, provenance.method.replace("-", " "))
    yield Fact("baseline.name", "baseline_name", "", provenance.baseline.name, provenance.baseline.name)
    if provenance.reference_rows:
        rows = provenance.reference_rows
        yield Fact("reference.rows", "reference_rows", "", float(rows), tongue.number(rows, 0))
    steps = provenance.settings.get("n_steps")
    if isinstance(steps, int) and not isinstance(steps, bool):
        yield Fact("steps", "steps", "", float(steps), tongue.number(steps, 0))
    performance = explanation.performance
    if performance is not None:
        yield Fact("performance.rows", "performance_rows", "", float(performance.rows), tongue.number(performance.rows, 0))
        told = write.share(performance.value) if performance.metric == "accuracy" else tongue.number(performance.value, 2)
        yield Fact("performance.value", "performance", "", performance.value, told)
        if performance.metric == "accuracy":
            yield Fact("performance.chance", "chance", "", performance.chance, write.share(performance.chance))
        if performance.error is not None:
            yield Fact("performance.error", "performance_error", "", performance.error, tongue.significant(performance.error))


# What kind of story this is


def _situations(explanation: Explanation, features: tuple[FeatureFacts, ...]) -> Iterable[str]:
    """The situations that hold; a narrator tells each differently. Several may hold at once."""
    prediction = explanation.prediction
    if explanation.grade.level == "unreliable":
        yield "unreliable"
    if any(f.missing for f in features):
        yield "missing"
    if any(f.out_of_range and not f.missing for f in features):
        yield "out-of-range"
    if any(f.protected and f.rank <= MOST_REASONS and not f.small for f in features):
        yield "protected"
    strengths = [f.share for f in explanation.features]
    if not any(strengths):
        yield "nothing"
    elif strengths[0] >= DOMINANT:
        yield "dominant"
    elif strengths[0] < DIFFUSE and len(strengths) > TOP:
        yield "diffuse"
    total = sum(abs(f.attribution) for f in features)
    if total and abs(sum(f.attribution for f in features)) < CANCELLING * total:
        yield "cancelling"
    yield from _regression_situations(explanation) if prediction.task == "regression" else _class_situations(explanation)


def _class_situations(explanation: Explanation) -> Iterable[str]:
    prediction, baseline = explanation.prediction, explanation.provenance.baseline
    known = sorted((o.probability for o in prediction.outcomes if o.probability is not None), reverse=True)
    if len(known) > 1 and known[0] - known[1] < CLOSE_CALL:
        yield "close-call"
    if prediction.truth is not None and str(prediction.truth) != prediction.label:
        yield "disagrees"
    if prediction.target != prediction.index:
        yield "other-target"
    if baseline.label == prediction.explained.label and (baseline.probability or 0) >= CONFIDENT:
        yield "baseline-agrees"


def _regression_situations(explanation: Explanation) -> Iterable[str]:
    place = explanation.prediction.percentile
    if place is not None:
        yield "near-usual" if abs(place - 0.5) <= NEAR_USUAL else "above-usual" if place > 0.5 else "below-usual"


def _required(explanation: Explanation, towards: tuple[Reason, ...], situations: frozenset[str]) -> tuple[str, ...]:
    """Facts no narrative may leave out: the prediction, the first reason, and the caveats that apply."""
    required = ["prediction"]
    if "unreliable" in situations:
        return (*required, "grade")
    if towards:
        required.append(f"feature.{towards[0].features[0].id}.direction")
    if "disagrees" in situations:
        required.append("truth")
    return tuple(required)
