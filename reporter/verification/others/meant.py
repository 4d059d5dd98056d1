"""Meant: names of which the words beside them tell that they are of something else: "the chance of a late return".

A part of a name is a guess. Where words of likelihood stand before it and it is worded as an outcome is, it is that
outcome; where a number says the value of another feature that has this word too, it is that feature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reporter.fact import Facts
from reporter.verification.others.items import Item
from reporter.verification.others.numbers.binding import SMALL
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.text.mentions import Named, Referent, tokens
from reporter.verification.text.wording import wording
from reporter.words import readable

_NEAR = 3  # items
_ALIKE = 5  # letters that two words of one stem share
_BEFORE = ("likely", "goal")  # "the chance of", "the risk of"
_BETWEEN = ("copula", "free", "of", "way", "extent")


def meant(items: Sequence[Item], facts: Facts, numbers: Numbers) -> tuple[Item, ...]:
    """The items of a sentence, with names as what stands beside them tells."""
    own = tuple(_of_outcome(items, at, facts) for at in range(len(items)))
    return tuple(_by_value(own, at, facts, numbers) for at in range(len(own)))


def _of_outcome(items: Sequence[Item], at: int, facts: Facts) -> Item:
    """A part of a name that is worded as an outcome, where its likelihood is spoken of, as that outcome."""
    item = items[at]
    if _leads(items, at):
        return replace(item, shape="word", named=None)
    named = item.named
    guess = named is not None and named.partial and bool(named.of("feature"))
    if facts.regression or not (guess or (item.shape == "word" and item.text.isalpha())):
        return item
    alike = [c for c in facts.classes if _alike(item.text, (c.name, *c.aliases, c.id))]
    if len(alike) > 1:  # "treatment" is the treatment that is needed, not the one that is not
        denying = set(wording(facts.language.code).data.get("valence", {}).get("not", ()))
        alike = [c for c in alike if denying.isdisjoint(token.norm for token in tokens(c.name))]
    if len(alike) != 1 or not (_likely_before(items, at) or _likely_behind(items, at)):
        return item
    referent = Referent("class", alike[0].id, item.text)
    named = Named(item.start, item.end, item.text, (referent,)) if named is None else named
    return replace(item, shape="name", named=replace(named, referents=(referent,), partial=False))


def _leads(items: Sequence[Item], at: int) -> bool:
    """Whether a part of a name only tells how far something is pushed: "pushed her closer to dropping out"."""
    named, ahead = items[at].named, range(at + 2, min(at + 2 + _NEAR, len(items)))
    if named is None or not named.partial or not named.of("feature") or at + 1 >= len(items):
        return False
    pushed = any(items[i].cue("shoves") for i in range(max(0, at - _NEAR), at))
    outcome = any((n := items[i].named) is not None and n.of("class") for i in ahead)
    return pushed and outcome and items[at + 1].cue("way") is not None


def _likely_before(items: Sequence[Item], at: int) -> bool:
    """Whether "the chance of" or "towards" stands right before a name."""
    for i in reversed(range(max(0, at - _NEAR - 1), at)):
        way = items[i].cue("way")
        if items[i].cue(*_BEFORE) or (way is not None and way.get("alone")):
            return not items[i].cue("it")
        if not items[i].cue(*_BETWEEN):
            return False
    return False


def _likely_behind(items: Sequence[Item], at: int) -> bool:
    """Whether "more likely" stands right behind a name, and it is no subject: "makes a cancellation more likely"."""
    made = any(items[i].cue("shoves") for i in range(max(0, at - _NEAR), at))
    behind = range(at + 1, min(at + 1 + _NEAR, len(items)))
    likely = next((i for i in behind if (way := items[i].cue("way")) and way.get("of") == "goal"), None)
    return made and likely is not None and all(items[i].cue("free", "quantifier") for i in range(at + 1, likely))


def _alike(said: str, names: Sequence[str]) -> bool:
    """Whether a word of what was said is one of an outcome's name, or a form of it: "cancellation", "canceled"."""
    words = [token.norm for name in names for token in tokens(readable(name)) if token.norm.isalpha()]
    return any(_stems(one.norm, other) for one in tokens(said) for other in words if one.norm.isalpha())


def _stems(one: str, other: str) -> bool:
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one == other or same >= max(_ALIKE, min(len(one), len(other)) - _NEAR)


def _by_value(items: Sequence[Item], at: int, facts: Facts, numbers: Numbers) -> Item:
    """A name whose number is the value of another feature that the same word may mean, as that feature."""
    item = items[at]
    ids = {r.id for r in item.named.of("feature")} if item.named is not None else set()
    if item.named is None or len(ids) != 1 or not facts.explanation.features:
        return item
    told = next(_numbers_of(items, at), None)
    if told is None or told.numeral is None or told.value is None:
        return item
    own = next(iter(ids))
    fitting = {
        k.of
        for each in numbers.by_feature.values()
        for k in each
        if k.kind == "value" and says(told.numeral, k) and _same_unit(told, k.unit, facts)
    }
    if own in fitting or len(fitting) != 1:
        return item
    other = facts.feature(next(iter(fitting)))
    telling = told.numeral.value != int(told.numeral.value) or told.numeral.value > SMALL
    guessed = item.named.partial and not _shared(item.text, own, facts)
    if not (guessed and telling) and _shared(item.text, other.id, facts) < len(tokens(item.text)):
        return item
    referent = Referent("feature", other.id, other.name)
    return replace(item, named=replace(item.named, referents=(referent,), partial=True))


def _numbers_of(items: Sequence[Item], at: int) -> Iterator[Item]:
    """The number that is told right behind a name: "the bill being 38.50", "the starter, nine hours old"."""
    for i in range(at + 1, min(at + 1 + _NEAR, len(items))):
        if items[i].shape == "number":
            yield items[i]
            return
        if not (items[i].cue("copula") or items[i].text in ",("):
            return


def _same_unit(item: Item, unit: str, facts: Facts) -> bool:
    said = item.value.unit if item.value is not None else None
    return not said or wording(facts.language.code).same_unit(said, unit)


def _shared(said: str, identifier: str, facts: Facts) -> int:
    """How many of the words that were said a feature's name holds."""
    shown = facts.feature(identifier)
    words = {token.norm for name in (identifier, shown.name) for token in tokens(readable(name))}
    return sum(token.norm in words for token in tokens(said))
