"""Facts: the one place where rounding, ranking, direction, ties and "too small to mention" are decided.

Narrators and the verifier see nothing else. What a fact is: fact.py. How numbers are written: rounding.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from reporter.alternatives import runner_facts, runner_of, without_facts, without_of
from reporter.describing import Scale, classes_of, features_of, scale_of
from reporter.explanation import Card, Explanation
from reporter.fact import ClassFacts, Direction, Fact, Facts, FeatureFacts, Reason
from reporter.heatmap import Raster
from reporter.language import Language, decimals_for, language
from reporter.naming import extents, phrases
from reporter.prediction import Prediction
from reporter.reasons import TOP, members, reasons_of
from reporter.rounding import Rounding, plain_words, printable, score_decimals
from reporter.situation import required_facts, situations_of
from reporter.words import Words, words_in

__all__ = ["ClassFacts", "Direction", "Fact", "Facts", "FeatureFacts", "Reason", "facts_of"]


def facts_of(explanation: Explanation, code: str | None = None) -> Facts:
    """The facts of an explanation, worded for one language (the study's own unless given)."""
    tongue = language(code or explanation.language)
    card = card_in(explanation, tongue.code)
    features = features_of(explanation, tongue)
    classes = classes_of(explanation, tongue)
    groups = groups_of(explanation, tongue)
    scale = scale_of(explanation, tongue)
    quoted = explanation.modality == "text"
    towards = reasons_of(features, "towards", groups, tongue, scale, quoted=quoted)
    away = reasons_of(features, "away", groups, tongue, scale, quoted=quoted)
    runner = runner_of(explanation, features, classes, tongue)
    without = without_of(explanation, features, classes, tongue)
    items = tuple(
        fact
        for source in (
            _outcome_facts(explanation, classes, tongue),
            _feature_facts(explanation, features),
            _group_facts(features, groups, tongue, scale, quoted=quoted),
            _side_facts(explanation, features, tongue),
            _picture_facts(explanation, tongue),
            runner_facts(runner, explanation),
            without_facts(without),
            _trust_facts(explanation, tongue),
            _run_facts(explanation, tongue),
        )
        for fact in source
    )
    situations = frozenset(situations_of(explanation, features))
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
        runner,
        without,
        instance=tongue.numbered(name, Rounding(tongue).identifier(explanation.instance)),
        required=required_facts(towards, situations, explanation.prediction),
        scale=scale,
    )


def groups_of(explanation: Explanation, tongue: Language) -> dict[str, Words]:
    """Group id → its words: groups of the study, or the phrases of a text. Channels of a sequence are no groups."""
    if explanation.modality == "text":
        return {phrase: Words(name=quote) for phrase, (_, quote) in phrases(explanation, tongue).items()}
    if explanation.modality == "sequence":
        return {}
    return {group: plain_words(words_in(words, tongue.code, group)) for group, words in explanation.groups.items()}


def card_in(explanation: Explanation, code: str) -> Card:
    """What the study says of the model in a language; what is silent falls back to "", never to another tongue."""
    layers = [explanation.card[c] for c in (code, "") if c in explanation.card]
    merged = {
        name: printable(next((value for card in layers if (value := getattr(card, name))), ""))
        for name in Card.__dataclass_fields__
    }
    if not merged["title"]:
        merged["title"] = printable(next((card.title for card in explanation.card.values() if card.title), ""))
    return Card(**merged)


def _outcome_facts(explanation: Explanation, classes: tuple[ClassFacts, ...], tongue: Language) -> Iterable[Fact]:
    if explanation.prediction.task == "regression":
        yield from _value_facts(explanation.prediction, classes[0], tongue)
        return
    yield from _class_facts(explanation.prediction, classes)
    yield from _standing_facts(explanation, classes, tongue)


def _value_facts(prediction: Prediction, predicted: ClassFacts, tongue: Language) -> Iterable[Fact]:
    write, unit = Rounding(tongue), words_in(prediction.predicted.words, tongue.code).unit

    def valued(value: float) -> str:
        return write.value(value, unit, prediction.decimals, {})

    yield Fact("prediction", "output", predicted.id, prediction.score or 0.0, predicted.score)
    base = prediction.predicted.baseline_score
    if base is not None:
        yield Fact("baseline.output", "output", predicted.id, base, valued(base))
        change = (prediction.score or 0.0) - base
        yield Fact("change", "change", predicted.id, change, write.amount(change, unit, prediction.decimals))
    if prediction.usual is not None:
        yield Fact("usual", "usual", predicted.id, prediction.usual, valued(prediction.usual))
    if prediction.percentile is not None:
        text, side = write.percentile(prediction.percentile)
        yield Fact("prediction.percentile", "percentile", predicted.id, prediction.percentile, text)
        yield Fact("prediction.position", "position", predicted.id, side, side)
    if isinstance(prediction.truth, (int, float)):
        yield Fact("truth", "output", predicted.id, float(prediction.truth), valued(float(prediction.truth)))


def _class_facts(prediction: Prediction, classes: tuple[ClassFacts, ...]) -> Iterable[Fact]:
    predicted, target = classes[prediction.index], classes[prediction.target]
    yield Fact("prediction", "prediction", predicted.id, predicted.id, predicted.name)
    yield Fact("target", "target", target.id, target.id, target.name)
    for facts, outcome in zip(classes, prediction.outcomes, strict=True):
        if outcome.probability is not None:
            yield Fact(f"probability.{facts.id}", "probability", facts.id, outcome.probability, facts.probability)
        if outcome.baseline_probability is not None:
            base, text = outcome.baseline_probability, facts.baseline_probability
            yield Fact(f"baseline.probability.{facts.id}", "probability", facts.id, base, text)


def _standing_facts(explanation: Explanation, classes: tuple[ClassFacts, ...], tongue: Language) -> Iterable[Fact]:
    """How the prediction stands to its threshold, to the baseline and to the record."""
    prediction, write = explanation.prediction, Rounding(tongue)
    names = {c.id: c.name for c in classes}
    if prediction.threshold is not None:
        threshold = tongue.percent(prediction.threshold, decimals_for(round(prediction.threshold * 100, 6), 3))
        yield Fact("threshold", "threshold", "", prediction.threshold, threshold)
    if label := explanation.provenance.baseline.label:
        yield Fact("baseline.prediction", "prediction", label, label, names.get(label) or write.name(label))
    if prediction.truth is not None:
        truth = str(prediction.truth)
        yield Fact("truth", "truth", truth, truth, names.get(truth) or write.name(truth))
        yield Fact("truth.agrees", "agrees", truth, truth == prediction.label, "")


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
        if facts.extent:
            yield Fact(f"{prefix}.extent", "extent", feature.id, extents(explanation)[feature.id], facts.extent)
        if feature.value is not None and facts.value:
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


def _picture_facts(explanation: Explanation, tongue: Language) -> Iterable[Fact]:
    raster = explanation.heatmap("raster")
    if isinstance(raster, Raster) and raster.half:
        yield Fact("half.area", "half_area", "", raster.half, Rounding(tongue).share(raster.half))


def _group_facts(
    features: tuple[FeatureFacts, ...], groups: dict[str, Words], tongue: Language, scale: Scale, *, quoted: bool
) -> Iterable[Fact]:
    write = Rounding(tongue)
    sides: tuple[Direction, ...] = ("towards", "away")
    for group in groups:
        for direction in sides:
            same = members(features, group, direction, quoted=quoted)
            if same:
                weight = sum(m.side_share_value for m in same)
                prefix = f"group.{group}.{direction}"
                yield Fact(f"{prefix}.count", "group_count", group, float(len(same)), tongue.count(len(same)))
                yield Fact(f"{prefix}.side_share", "group_side_share", group, weight, write.share(weight))
                total = sum(m.attribution for m in same)
                yield Fact(f"{prefix}.amount", "group_amount", group, total, write.amount(total, *scale))


def _side_facts(explanation: Explanation, features: tuple[FeatureFacts, ...], tongue: Language) -> Iterable[Fact]:
    weights: dict[str, float] = {"towards": 0.0, "away": 0.0, "none": 0.0}
    for facts in features:
        weights[facts.direction] += abs(facts.attribution)
    decimals = score_decimals(max((abs(f.attribution) for f in explanation.features), default=0.0))
    scale = scale_of(explanation, tongue)
    yield Fact("features.count", "count", "", float(len(features)), tongue.count(len(features)))
    top = [f for f in features if f.rank <= TOP]
    yield Fact("top.count", "count", "", float(len(top)), tongue.count(len(top)))
    for direction in ("towards", "away"):
        among = [f for f in top if f.direction == direction]
        total = [f for f in features if f.direction == direction]
        yield Fact(f"top.{direction}.count", "count", "", float(len(among)), tongue.count(len(among)))
        yield Fact(f"{direction}.count", "count", "", float(len(total)), tongue.count(len(total)))
        weight = weights[direction]
        text = (
            Rounding(tongue).amount(weight, *scale)
            if scale[0] or scale[1] is not None
            else tongue.number(weight, decimals)
        )
        yield Fact(f"{direction}.weight", "weight", "", weights[direction], text)
    if weights["towards"] > 0:
        ratio = weights["away"] / weights["towards"]
        yield Fact("balance", "balance", "", ratio, tongue.ratio(ratio))
    if weights["away"] > 0:
        ratio = weights["towards"] / weights["away"]
        yield Fact("balance.inverse", "balance", "", ratio, tongue.ratio(ratio))
    if len(top) < len(features):
        rest = sum(f.attribution for f in features if f.rank > TOP)
        yield Fact(
            "rest.count", "rest_count", "", float(len(features) - len(top)), tongue.count(len(features) - len(top))
        )
        yield Fact("rest.net", "rest_net", "", rest, tongue.signed(rest, decimals))
    net = weights["towards"] - weights["away"]
    yield Fact("net", "net", "", net, tongue.significant(abs(net)))
    largest = max(f.share for f in explanation.features)
    yield Fact("share.largest", "largest_share", "", largest, Rounding(tongue).at_most(largest))
    reached, half = 0.0, 0
    enough = 0.5 - 1e-9  # ten of twenty equal shares are half, whatever their last bits add up to
    while half < len(features) and reached < enough:
        reached += explanation.features[half].share
        half += 1
    if reached >= enough:
        yield Fact("half.count", "half", "", float(half), tongue.count(half))


def _trust_facts(explanation: Explanation, tongue: Language) -> Iterable[Fact]:
    yield Fact("grade", "grade", "", explanation.grade.level, explanation.grade.level)
    for ruling in explanation.grade.rulings:
        yield Fact(f"ruling.{ruling.metric}", "ruling", "", ruling.level, ruling.level)
    passed = [r for r in explanation.grade.rulings if r.value is not None]
    yield Fact("checks.count", "count", "", float(len(passed)), tongue.count(len(passed)))
    unmade = len(explanation.grade.rulings) - len(passed)
    yield Fact("checks.unmade", "count", "", float(unmade), tongue.count(unmade))
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
            text = tongue.method(value) if isinstance(value, str) else tongue.significant(value)
            if key == "correlation" and not isinstance(value, str):
                text = tongue.number(value, 2)
            yield Fact(f"score.{score.name}.{key}", f"{score.name}_{key}", "", value, text)


def _error_text(error: float, tongue: Language) -> str:
    """A completeness error rounded up, so that "within" stays true; one decimal below ten percent."""
    decimals = 1 if error < 0.1 else 0
    step = 10.0 ** -(decimals + 2)
    return tongue.percent(max(step, math.ceil(error / step - 1e-9) * step), decimals)


def _run_facts(explanation: Explanation, tongue: Language) -> Iterable[Fact]:
    provenance, write = explanation.provenance, Rounding(tongue)
    yield Fact("method", "method", "", provenance.method, tongue.method(provenance.method))
    yield Fact("baseline.name", "baseline_name", "", provenance.baseline.name, provenance.baseline.name)
    if provenance.reference_rows:
        rows = provenance.reference_rows
        yield Fact("reference.rows", "reference_rows", "", float(rows), tongue.number(rows, 0))
    steps = provenance.settings.get("n_steps")
    if isinstance(steps, int) and not isinstance(steps, bool):
        yield Fact("steps", "steps", "", float(steps), tongue.number(steps, 0))
    performance = explanation.performance
    if performance is not None:
        yield Fact(
            "performance.rows", "performance_rows", "", float(performance.rows), tongue.number(performance.rows, 0)
        )
        told = write.share(performance.value) if performance.value > 0 else tongue.percent(performance.value)
        yield Fact("performance.value", "performance", "", performance.value, told)
        if performance.metric == "accuracy":
            yield Fact("performance.chance", "chance", "", performance.chance, write.share(performance.chance))
        if performance.error is not None:
            told = write.amount(performance.error, *scale_of(explanation, tongue))
            yield Fact("performance.error", "performance_error", "", performance.error, told)
