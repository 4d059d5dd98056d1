"""Alternatives: what argued for the next class, and what the model says without the strongest features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from reporter.explanation import Explanation
from reporter.fact import ClassFacts, Fact, FeatureFacts, RunnerFacts, WithoutFacts
from reporter.language import Language
from reporter.naming import phrases
from reporter.reasons import SMALL_REASON
from reporter.rounding import Rounding

RUNNER_REASONS = 2  # of the next class that are told


def runner_of(
    explanation: Explanation, features: tuple[FeatureFacts, ...], classes: tuple[ClassFacts, ...], tongue: Language
) -> RunnerFacts | None:
    """The next class and its own reasons. Of two classes the second has none that the first does not tell."""
    runner = explanation.runner_up
    if runner is None or len(classes) < 3 or runner.index == explanation.prediction.target:
        return None
    towards = {key: value for key, value in runner.attributions.items() if value > 0}
    total = math.fsum(towards.values())
    known = {f.id: f for f in features}
    order = sorted((key for key in towards if key in known), key=lambda key: -towards[key])
    told = [key for key in order if towards[key] >= SMALL_REASON * total][:RUNNER_REASONS]
    shares = tuple(Rounding(tongue).share(towards[key] / total) for key in told)
    return RunnerFacts(classes[runner.index], tuple(known[key] for key in told), shares)


def without_of(
    explanation: Explanation, features: tuple[FeatureFacts, ...], classes: tuple[ClassFacts, ...], tongue: Language
) -> tuple[WithoutFacts, ...]:
    """What the model says without its strongest features: the strongest alone, the two strongest, and so on."""
    known, by_label = {f.id: f for f in features}, {c.id: c for c in classes}
    said, quotes = explanation.prediction.label, phrases(explanation, tongue)
    return tuple(
        WithoutFacts(
            f"without.{number}",
            tuple(known[key] for key in each.features),
            _names(each.features, known, quotes),
            by_label[each.label],
            "" if each.probability is None else Rounding(tongue).probability(each.probability),
            each.label != said,
        )
        for number, each in enumerate(explanation.without, 1)
        if each.label in by_label and all(key in known for key in each.features)
    )


def _names(
    features: Sequence[str], known: Mapping[str, FeatureFacts], quotes: Mapping[str, tuple[tuple[str, ...], str]]
) -> tuple[str, ...]:
    """The names of features as they are listed; words that make up a whole phrase are quoted together."""
    left, found = list(features), []
    for words, quote in quotes.values():
        if set(words) <= set(left):
            found.append((min(left.index(word) for word in words), quote))
            features = [each for each in features if each not in words]
    found += [(left.index(each), known[each].name) for each in features]
    return tuple(name for _, name in sorted(found))


def runner_facts(runner: RunnerFacts | None, explanation: Explanation) -> Iterable[Fact]:
    """The next class, and the share of each feature in what pushes towards it."""
    if runner is None or explanation.runner_up is None:
        return
    yield Fact("runner", "runner", runner.about.id, runner.about.id, runner.about.name)
    total = math.fsum(value for value in explanation.runner_up.attributions.values() if value > 0)
    for feature, share in zip(runner.features, runner.shares, strict=True):
        value = explanation.runner_up.attributions[feature.id] / total
        yield Fact(f"runner.{feature.id}.side_share", "runner_side_share", feature.id, value, share)


def without_facts(without: tuple[WithoutFacts, ...]) -> Iterable[Fact]:
    """The class that the model names without some features."""
    for each in without:
        yield Fact(each.id, "without", each.outcome.id, each.outcome.id, each.outcome.name)
