"""Ways to make a true narrative untrue, one small damage at a time, and why some leave it true."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reporter.facts import Facts, FeatureFacts, facts_of
from reporter.narrators.templated import TemplatedNarrator
from reporter.verification import verify
from reporter.words import words_in
from tests.strategies import another_instance

Draft = dict[str, str]


@dataclass(frozen=True)
class Mutant:
    """A damaged draft: what was done to it, where, and, when it is still true, why."""

    kind: str
    draft: Draft
    before: str  # what was damaged, in brackets, with what stands around it
    after: str
    still_true: str = ""


Edit = tuple[str, int, int, str]  # section, start and end of what goes, what takes its place
Damage = Callable[[Draft, Facts, random.Random], Iterator[Edit]]

FLIPS = {
    "towards": "away from",
    "speaks for": "speaks against",
    "speak for": "speak against",
    "speaks against": "speaks for",
    "speak against": "speak for",
    "adds": "takes away",
    "add": "take away",
    "takes away": "adds",
    "take away": "add",
    "raises": "lowers",
    "lowers": "raises",
    "push up": "push down",
    "push down": "push up",
    "Raised": "Lowered",
    "Lowered": "Raised",
    "Driven up": "Brought down",
    "Brought down": "Driven up",
    "argues more for": "argues more against",
    "speaks most for": "speaks most against",
    "because of": "despite",
    "argue the other way": "argue the same way",
    "argues the other way": "argues the same way",
    "the other way": "the same way",
    "The main reasons were": "The main reasons against it were",
    "misled": "not misled",
    "strongest reason for": "strongest reason against",
    "reason against": "reason for",
    "despite": "because of",
    "Despite": "Because of",
    "push up,": "push down,",
    "push down,": "push up,",
    "Pushed up": "Pushed down",
    "Pushed down": "Pushed up",
    "raised": "lowered",
    "lowered": "raised",
    "is added": "is taken away",
    "taken away": "added",
    "did argue for": "did argue against",
    "things speak for": "things speak against",
    "One reason against": "One reason for",
    "opposing": "supporting",
    "supporting": "opposing",
}
COMPARISONS = {
    "higher than": "lower than",
    "lower than": "higher than",
    "above all the": "below all the",
    "above the usual": "below the usual",
    "below the usual": "above the usual",
    "close to the usual": "above the usual",
    "weigh more than": "weigh less than",
    "near the middle": "above the middle",
    "faster than": "no faster than",
    "no faster than": "faster than",
    "outside the range": "inside the range",
    "in order after": "in order before",
    "above": "below",
    "below": "above",
}
RANKS = {
    "strongest": "weakest",
    "comes first": "comes second",
    "above all": "least of all",
    "Above all": "Least of all",
    "Chiefly": "Least of all",
    "chiefly": "least of all",
    "Mainly": "Least of all",
    "mainly": "least of all",
    "most influential": "least influential",
    "speaks most": "speaks least",
    "Next comes": "First comes",
    "It is followed by": "It is preceded by",
    "most is": "least is",
    "nothing argues more": "nothing argues less",
    "came first": "came second",
    "Next come": "First come",
    "strongest reason": "weakest reason",
    "the strongest feature of all": "the weakest feature of all",
    "apart: above all": "apart: least of all",
    "followed by": "preceded by",
}
AMOUNTS = {
    "two": "three",
    "three": "two",
    "one": "two",
    "four": "five",
    "five": "four",
    "ten": "twelve",
    "nothing": "something",
    "Two": "Three",
    "Three": "Two",
    "One": "Two",
    "Four": "Five",
    "half": "a third",
    "third": "half",
    "tenth": "quarter",
    "twice": "three times",
    "quarter": "tenth",
    "nearly": "not nearly",
    "all of its": "none of its",
    "both of": "one of",
    "everything": "most",
    "No single": "A single",
    "All opposing": "Most opposing",
    "all too": "partly too",
    "the whole order": "half the order",
    "most frequent": "least frequent",
    "fifth": "third",
    "as much": "twice as much",
    "Nothing": "Something",
    "Another": "A further and separate",
    "together supply": "separately supply",
    "only": "all",
    "All supporting": "Most supporting",
    "Altogether": "Perhaps",
}
CAVEATS = {
    "is not firm": "is firm",
    "are firm": "are not firm",
    "is firm": "is not firm",
    "not reliable": "reliable",
    "does not add up": "adds up",
    "nearly adds up": "adds up",
    "adds up": "does not add up",
    "disagrees": "agrees",
    "agrees in part": "agrees",
    "agrees": "disagrees",
    "in part": "in full",
    "not causes": "causes",
    "nearly cancel": "do not cancel",
    "fairly firm": "firm",
    "undecided": "decided",
    "was missing": "was measured",
    "no better": "better",
    "not affected": "affected",
    "declares protected": "declares harmless",
    "does not listen": "listens",
    "no rank is firm": "every rank is firm",
    "too small to mention": "too large to mention",
    "but only just": "clearly",
    "within": "beyond",
    "misled": "helped",
    "stays": "becomes",
    "same way": "other way",
    "so no side prevails": "so one side prevails",
    "solid": "indicative",
    "indicative": "solid",
    "were passed": "were failed",
    "cannot be told": "can be told",
    "a small change": "no change",
}
EVENS = {
    "Even without": "Without",
    "would still say": "would say",
    "Without": "Even without",
    "would say": "would still say",
}
CALLED = {
    "words": "regions",
    "regions": "words",
    "parts": "words",
    "equal windows": "words",
    "positions": "words",
    "word": "region",
    "region": "part",
    "part": "word",
    "features": "words",
    "picture": "recording",
    "recording": "picture",
    "sequence it": "picture it",
}
INVENTED = (
    "It smokes thirty cigarettes a day.",
    "The weather was fine.",
    "Its shape decides everything.",
    "The model is fair.",
    "Nothing else matters.",
    "The data were checked twice.",
    "It will be the same next year.",
    "Doctors agree with this.",
    "A third of the rows were removed.",
    "The reasons are causes in the world.",
    "The order is firm in all models.",
    "It is the strongest reason of all.",
    "This instance is the most typical one.",
    "The prediction is certain.",
)
NO_WORDS = ("“zebra”", "“it”", "“the”", "“not”", "“60%”", "“zebra crossing”", "the second “zebra”", "“all of it”")
MADE_UP = ("phase of the moon", "shoe size", "mean happiness", "zeta coefficient")
UNITS = ("kg", "cm", "hours", "$", "points", "miles")


_PLAIN = re.compile(r"\d+\.\d+")
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def _words(text: str, table: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    for word, other in table.items():
        for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            yield found.start(), found.end(), other


def _swapped(table: dict[str, str]) -> Damage:
    def damage(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
        for section, text in draft.items():
            for start, end, other in _words(text, table):
                yield section, start, end, other

    return damage


def digits(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """One digit of a number becomes another."""
    for section, text in draft.items():
        for found in re.finditer(r"\d", text):
            yield section, found.start(), found.end(), rng.choice([d for d in "0123456789" if d != found[0]])


def signs(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A minus goes or comes."""
    for section, text in draft.items():
        for found in re.finditer(r"(?<=[ (])(−?)(?=\d)", text):
            yield section, found.start(), found.end(), "" if found[1] else "−"


def units(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A unit becomes another."""
    known = sorted({f.unit for f in facts.features if f.unit}, key=len, reverse=True)
    for section, text in draft.items():
        for unit in known:
            for found in re.finditer(rf"(?<=\d){' ?' if unit[0] not in '%°' else ''}{re.escape(unit)}(?!\w)", text):
                if unit == "%":
                    continue  # most percentages are shares, damaged elsewhere
                yield section, found.start(), found.end(), " " + rng.choice([u for u in UNITS if u != unit])


def features(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A feature is exchanged for another."""
    if len(facts.features) > 1:
        for section, start, end, feature in _named(draft, facts):
            other = rng.choice([f for f in facts.features if f.id != feature.id])
            yield section, start, end, other.name


def made_up(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A feature is exchanged for one that does not exist."""
    for section, start, end, _ in _named(draft, facts):
        yield section, start, end, rng.choice(MADE_UP)


def _named(draft: Draft, facts: Facts) -> Iterator[tuple[str, int, int, FeatureFacts]]:
    for section, text in draft.items():
        taken: list[tuple[int, int]] = []
        for feature in sorted(facts.features, key=lambda f: -len(f.name)):
            for found in re.finditer(rf"(?<![\w“]){re.escape(feature.name)}(?![\w”])", text, re.IGNORECASE):
                if not any(a < found.end() and found.start() < b for a, b in taken):
                    taken.append(found.span())
                    yield section, found.start(), found.end(), feature


def words_made_up(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A word or phrase of the text is exchanged for one that does not stand in it."""
    if facts.modality == "text":
        known = {name.casefold() for name in _names(facts)}
        for section, start, end, _ in _spoken(draft, facts):
            yield section, start, end, rng.choice([word for word in NO_WORDS if word not in known])


def phrases_exchanged(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A phrase is exchanged for a word of it, or for another word or phrase."""
    if facts.modality == "text":
        quotes = {words.name for words in facts.groups.values()}
        for section, start, end, name in _spoken(draft, facts):
            if name in quotes:
                yield section, start, end, rng.choice([other for other in _names(facts) if other != name])


def _names(facts: Facts) -> list[str]:
    return [*(shown.name for shown in facts.features), *(words.name for words in facts.groups.values())]


def _spoken(draft: Draft, facts: Facts) -> Iterator[tuple[str, int, int, str]]:
    """Where words and phrases of a text are quoted."""
    for section, text in draft.items():
        taken: list[tuple[int, int]] = []
        for name in sorted(set(_names(facts)), key=lambda name: -len(name)):
            for found in re.finditer(re.escape(name), text, re.IGNORECASE):
                if not any(a < found.end() and found.start() < b for a, b in taken):
                    taken.append(found.span())
                    yield section, found.start(), found.end(), name


_RUNNER = re.compile(r"What argues for (.+?), the next class")
_WITHOUT = re.compile(r"[Ww]ithout (.+?) the model would (?:still )?say (.+?)(?: \([^()]*%\))?\.(?=\s|$)")
_EXTENT = re.compile(r"(?:\bon|lies in) (?:over |under )?([\d.]+)% of the")


def runners(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """The next class is exchanged for another class."""
    for section, start, end, said in _found(draft, _RUNNER, 1):
        yield section, start, end, rng.choice([c.name for c in facts.classes if c.name != said])


def without_classes(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """What the model says without some features is exchanged for another class."""
    for section, start, end, said in _found(draft, _WITHOUT, 2):
        if others := [c.name for c in facts.classes if c.name != said]:
            yield section, start, end, rng.choice(others)


def without_words(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """The features without which the model says it are exchanged: another, one more, or one fewer."""
    for section, start, end, said in _found(draft, _WITHOUT, 1):
        for other in [name for name in _names(facts) if name not in said]:
            yield section, start, end, other
            yield section, start, end, f"{said} and {other}"
        for each in (e for e in facts.without if facts.language.join(list(e.names)) == said and len(e.names) > 1):
            yield section, start, end, each.names[0]


def extents(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """How much of the picture or recording it is becomes another number."""
    for section, start, end, said in _found(draft, _EXTENT, 1):
        yield section, start, end, str(rng.choice([n for n in range(2, 98) if str(n) != said]))


def _found(draft: Draft, pattern: re.Pattern[str], group: int) -> Iterator[tuple[str, int, int, str]]:
    for section, text in draft.items():
        for found in pattern.finditer(text):
            yield section, found.start(group), found.end(group), found[group]


def phrases(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """The words for a high value become those for a low one."""
    for feature, raw in zip(facts.features, facts.explanation.features, strict=True):
        words = words_in(raw.words, facts.language.code, raw.id)
        other = words.low if feature.phrase == words.high else words.high
        if feature.phrase and other:
            for section, text in draft.items():
                for found in re.finditer(rf"(?<!\w){re.escape(feature.phrase)}(?!\w)", text, re.IGNORECASE):
                    yield section, found.start(), found.end(), other


def classes(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A class is exchanged for another."""
    if facts.regression:
        return
    for section, text in draft.items():
        for shown in facts.classes:
            for found in re.finditer(rf"(?<![\w“]){re.escape(shown.name)}(?![\w”])", text):
                other = rng.choice([c for c in facts.classes if c.id != shown.id])
                yield section, found.start(), found.end(), other.name


def negations(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A "not" is added."""
    verbs = (
        r"\b(is|was|comes|adds|add|supplies|carries|speaks|speak|says|argue|argues|brings|bring|stays|weigh|decides)\b"
    )
    for section, text in draft.items():
        for found in re.finditer(verbs, text):
            verb = found[1]
            denied = f"{verb} not" if verb in ("is", "was") else f"does not {verb.removesuffix('s')}"
            yield section, found.start(), found.end(), denied


def invented(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A sentence is added that no fact knows."""
    for section, text in draft.items():
        for found in re.finditer(r"(?<=[.;] )(?=[A-Z])|$", text):
            yield section, found.start(), found.end(), " " + rng.choice(INVENTED) + " "


def transplanted(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A sentence of another instance of the study, with a number that no fact of this one has, takes one's place."""
    foreign = facts_of(another_instance(facts.explanation, rng))
    other = dict(TemplatedNarrator().narrate(foreign, "expert"))
    known = {number for fact in facts.items for number in _NUMBER.findall(fact.text)}
    known |= set(_NUMBER.findall(" ".join((*vars(facts.card).values(), *(shown.name for shown in facts.features)))))
    known |= {f"{float(number):.{digits}f}" for number in known if _PLAIN.fullmatch(number) for digits in (0, 1, 2)}
    known |= {number for shown in facts.features for limit in shown.range for number in _NUMBER.findall(limit)}
    for section, text in draft.items():
        whole = " ".join(text.split())
        for sentence in _sentences(other.get(section, ""), foreign):
            if sentence not in whole and set(_NUMBER.findall(sentence)) - known:
                for own in _sentences(text, facts):
                    start = text.find(own)
                    if start >= 0:
                        yield section, start, start + len(own), sentence


def _sentences(text: str, facts: Facts) -> list[str]:
    return [sentence.text for sentence in verify(text, facts, published=True).sentences]


DAMAGES: dict[str, Damage] = {
    "digit changed": digits,
    "sign changed": signs,
    "unit changed": units,
    "direction flipped": _swapped(FLIPS),
    "comparison reversed": _swapped(COMPARISONS),
    "rank changed": _swapped(RANKS),
    "quantity in words changed": _swapped(AMOUNTS),
    "caveat turned": _swapped(CAVEATS),
    "feature exchanged": features,
    "feature made up": made_up,
    "high for low": phrases,
    "class exchanged": classes,
    "negation added": negations,
    "words made up": words_made_up,
    "phrase exchanged": phrases_exchanged,
    "next class exchanged": runners,
    "class without exchanged": without_classes,
    "words without exchanged": without_words,
    "extent changed": extents,
    "even put or left out": _swapped(EVENS),
    "parts called otherwise": _swapped(CALLED),
    "sentence invented": invented,
    "sentence of another instance": transplanted,
}


def mutants(draft: Draft, facts: Facts, rng: random.Random, most: int) -> Iterator[Mutant]:
    """Up to `most` mutants of each kind of damage."""
    for kind, damage in DAMAGES.items():
        edits = list(damage(draft, facts, rng))
        for section, start, end, other in rng.sample(edits, min(most, len(edits))):
            text = draft[section]
            put = other[:1].upper() + other[1:] if text[start:end][:1].isupper() else other
            if put == text[start:end]:
                continue
            shown = f"{text[max(0, start - 60) : start]}[{text[start:end]}]{text[end : end + 60]}"
            damaged = {**draft, section: text[:start] + put + text[end:]}
            yield Mutant(kind, damaged, " ".join(shown.split()), put, still_true(text, start, end, put, facts))
    yield Mutant("prediction dropped", _without_outcome(draft, facts), draft["headline"], "")


def _without_outcome(draft: Draft, facts: Facts) -> Draft:
    """The draft without every sentence that says the outcome."""
    kept = {}
    for name, text in draft.items():
        sentences = [s.text for s in verify(text, facts).sentences if "prediction" not in s.facts]
        kept[name] = " ".join(sentences)
    return {name: text for name, text in kept.items() if text}


def still_true(text: str, start: int, end: int, put: str, facts: Facts) -> str:
    """Why the text still holds although it was changed; empty when it does not."""
    return (
        _still_true_words(text, start, end, put)
        or _still_true_names(text, start, end, put, facts)
        or _still_true_phrases(text, start, end, put, facts)
    )


def _still_true_phrases(text: str, start: int, end: int, put: str, facts: Facts) -> str:
    """Two features may have the same words for a high or low value, and push different ways."""
    phrases = [(shown.phrase.casefold(), shown.direction) for shown in facts.features if shown.phrase]
    behind = text[end:].lstrip().split(".")[0].casefold()
    before = re.split(r"[.;:] ", text[:start])[-1].strip().casefold()
    for phrase, direction in phrases:
        both = any(other == phrase and side != direction for other, side in phrases)
        if both and (behind == phrase or before == phrase):
            return "another feature of the same words pushes the other way"
    sides = {direction for phrase, direction in phrases if phrase == text[start:end].casefold()}
    reasons = [reason.features[0] for reason in (*facts.towards, *facts.away)]
    others = [shown for shown in reasons if shown.phrase.casefold() == put.casefold() and shown.direction in sides]
    if others and not text[end:].startswith(" ("):
        return "the words are true of another reason"
    return ""


def _still_true_names(text: str, start: int, end: int, put: str, facts: Facts) -> str:
    by_name = {shown.name.casefold(): shown for shown in facts.features}
    gone, came = by_name.get(text[start:end].casefold()), by_name.get(put.casefold())
    if gone is None or came is None:
        return ""
    if text[end:].startswith(", which the study declares protected") and came.protected and came.rank <= 4:
        return "the other feature is protected too"
    if text[end:].startswith(" was missing; it is told without a value") and came.missing and not came.value:
        return "the other feature was missing too"
    value = re.match(r"[ (:,]*(?:of |at )?[\d−“]", text[end:])
    if gone.attribution == came.attribution and not value and text[:start].endswith(("than ", "apart is ")):
        return "both features weigh the same"
    return ""


def _still_true_words(text: str, start: int, end: int, put: str) -> str:
    behind, gone = text[end:], text[start:end]
    if put == "−" and re.match(r"0(?:\.0+)?(?!\d|[.,]\d)", behind):
        return "the number is nought, which has no sign"
    if behind.startswith(" strongest features") and (gone, put) == ("four", "five") and "is among the" in text[:start]:
        return "what is among the first four is among the first five"
    sums = re.search(
        r"All that raises the prediction adds up to (.+?), and all that lowers it to (.+?)[.;](?:\s|$)", text
    )
    if sums and sums[1] == sums[2] and sums.start() <= start < sums.end() and gone in ("raises", "lowers"):
        return "both sums are written alike"
    return ""
