"""Called: everything in a decision that can be named, with the names that a text of others may give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reporter.facts import Facts
from reporter.naming import phrases, quoted
from reporter.verification.names.folding import Folding
from reporter.verification.names.hints import Owner, owned
from reporter.verification.text.mentions import Referent
from reporter.words import readable, words_in


def owned_names(words: Any, code: str, identifier: str) -> tuple[str, ...]:
    """The names that a study gives a feature."""
    told = words_in(words, code, identifier)
    return (told.name, *told.aliases)


def plain_names(facts: Facts) -> Iterable[Referent]:
    """The names of features, groups and classes, without the quotation marks they may need in a sentence."""
    code = facts.language.code
    for feature in facts.explanation.features:
        words = words_in(feature.words, code, feature.id)
        for name in dict.fromkeys((words.name, *words.aliases, readable(feature.id))):
            yield Referent("feature", feature.id, name)
    for group, words in facts.groups.items():
        for name in (words.name, *words.aliases):
            yield Referent("group", group, name)
    for outcome in facts.explanation.prediction.outcomes:
        words = words_in(outcome.words, code, outcome.label)
        for name in dict.fromkeys((words.name, *words.aliases, readable(outcome.label))):
            yield Referent("class", outcome.label, name)
            for kind in ("grade", "class", "category", "band") if len(name) == 1 and not facts.regression else ():
                yield Referent("class", outcome.label, f"{kind} {name}")


def quoted_words(facts: Facts) -> Iterable[Referent]:
    """Words and phrases of a text as others quote them: in single marks too, and without saying which of several."""
    opening, closing = facts.language.lexicon["quoting"]["pair"]
    for feature, shown in zip(facts.explanation.features, facts.features, strict=True):
        if feature.kind == "word" and isinstance(feature.value, str):
            inner = quoted(feature.value, facts.language).removeprefix(opening).removesuffix(closing)
            for surface in (f'"{inner}"', f"'{inner}'"):
                yield Referent("feature", shown.id, surface)
    for phrase, (_, quote) in phrases(facts.explanation, facts.language).items():
        yield Referent("group", phrase, f"'{quote.removeprefix(opening).removesuffix(closing)}'")


def others(facts: Facts, fold: Folding) -> Iterable[Owner]:
    """The categories and the classes, with all their names."""
    code = facts.language.code
    for feature in facts.explanation.features:
        words = words_in(feature.words, code, feature.id)
        if isinstance(feature.value, str):
            shown = words.values.get(feature.value, feature.value)
            yield Owner(Referent("value", feature.id, shown), owned((shown, feature.value), fold))
    for outcome in facts.explanation.prediction.outcomes:
        words = words_in(outcome.words, code, outcome.label)
        names = [words.name, *words.aliases, outcome.label]
        if facts.regression:  # "life" is the remaining life
            names += [name.split()[-1] for name in map(readable, names) if len(name.split()) > 1]
        names += denied(facts, outcome.label, fold.data.get("denying", ()), fold.data.get("needing", ()))
        yield Owner(Referent("class", outcome.label, words.name or outcome.label), owned(names, fold))


def denied(facts: Facts, label: str, denying: Iterable[str], needing: Iterable[str]) -> list[str]:
    """What else an outcome is called where the only other one denies it: 加固 for 需加固 beside 无需加固."""
    outcomes = [o.label for o in facts.explanation.prediction.outcomes]
    if len(outcomes) != 2 or label not in outcomes:
        return []
    denying = sorted(denying, key=len, reverse=True)
    negative = next((o for o in outcomes if o.startswith(tuple(denying))), None)
    if negative is None:
        return []
    positive = outcomes[1 - outcomes.index(negative)]
    core = negative.removeprefix(next(word for word in denying if negative.startswith(word)))
    if len(core) < 2 or not positive.endswith(core):
        return []
    return [word + core for word in denying] if label == negative else [core, *(word + core for word in needing)]
