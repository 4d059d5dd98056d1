"""Freely: one sentence of other people, read clause by clause and judged.

items.py    names, numbers, cues, words
clauses.py  what stands where, and of which names a cue speaks
pushing.py placing.py outcomes.py figures.py    what is said: directions, ranks and comparisons, the outcome, numbers
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reporter.fact import Direction, Facts, FeatureFacts
from reporter.narrative import Claim
from reporter.verification.judges import comparing, reasons, reliability
from reporter.verification.judges.judgement import (
    OPPOSITE,
    Judge,
    Judgement,
    Scope,
    contradicted,
    per_feature,
    supported,
    unverified,
    whether,
)
from reporter.verification.others import phrases
from reporter.verification.others.clauses import LEFT_OUT, Clauses, Memory, Subject
from reporter.verification.others.directions.agents import Push
from reporter.verification.others.directions.pushing import NO_OBJECT, pushes
from reporter.verification.others.items import Item, items_of
from reporter.verification.others.listing import Listing
from reporter.verification.others.meant import meant
from reporter.verification.others.numbers import amounting, multiples, quantifying
from reporter.verification.others.numbers.figures import Figures
from reporter.verification.others.numbers.foreign import Foreign
from reporter.verification.others.numbers.known import Numbers, says
from reporter.verification.others.numbers.measuring import Measuring
from reporter.verification.others.numbers.proportions import Proportions
from reporter.verification.others.numbers.tallies import Tallies
from reporter.verification.others.outcomes import Outcomes
from reporter.verification.others.phrases import Phrases
from reporter.verification.others.places import ordering
from reporter.verification.others.places.ordering import Ordering
from reporter.verification.others.places.placing import Said
from reporter.verification.others.places.ranking import Ranking
from reporter.verification.others.places.standing import Standing
from reporter.verification.others.places.weighing import Comparing, Hardly
from reporter.verification.others.presence import Presence
from reporter.verification.others.whole import NUMBERS, Whole
from reporter.verification.text.claims import Found
from reporter.verification.text.cues import cues_of
from reporter.verification.text.mentions import Named, Referent
from reporter.verification.text.wording import wording
from reporter.words import readable

HEADED = "headed"  # the kind of a direction that is told above a list
_NEAR = 3  # items
_ITEM = 24  # items of one line of a list
_SHORT = 2  # letters of a word that names nothing
_MIDDLE = 0.1  # of the rows on either side of the middle: here "high" is neither sure nor wrong


@dataclass(frozen=True)
class Reading:
    """What was read of a sentence: its claims, and the words nothing was made of."""

    claims: tuple[Claim, ...]
    strange: tuple[Item, ...]  # words that no cue knows


class Freely:
    """Reads the sentences of one text in order."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.numbers = facts, Numbers(facts)
        self.foreign = Foreign(self.numbers)
        self.wording = wording(facts.language.code)
        self.memory, self.listing = Memory(), Listing(self.wording)

    def read(self, shown: str, named: Sequence[Named], scope: Scope) -> Reading:
        """One masked sentence with its names."""
        items = self._implied(items_of(shown, _compounds(shown, named), scope.wording))
        if scope.wording.spaced:
            items = meant(items, self.facts, self.numbers)
        clauses = Clauses(items, scope, self.memory, shown)
        found = clauses.pushes = tuple(pushes(clauses))
        outcomes = Outcomes(clauses, found)
        used: set[int] = set()
        claims: list[tuple[int, str, Judgement]] = []
        causes = frozenset(_causes(clauses))
        claims += [(at, "causal", reliability.causal(None, scope)) for at in sorted(causes)]
        for kind, judged in (
            ("count", outcomes.counts()),
            ("prediction", outcomes.predictions()),
            ("only", outcomes.only()),
        ):
            claims += [(at, kind, judgement) for at, judgement in judged]
        for start, end, judgement in Measuring(clauses, self.numbers, used).all():
            claims.append((start, "standing_of_value", self._sure(judgement, clauses, start, end, "")))
        tallies = Tallies(clauses, self.numbers)
        claims += [(at, HEADED, judgement) for at, judgement in self._headed(clauses, found, tallies)]
        claims += [(at, HEADED, judgement) for at, judgement in self.listing.read(clauses, found)]
        for start, kind, judgement in tallies.all():
            claims.append((start, kind, self._sure(judgement, clauses, start, start, "")))
        for start, end, judgement in Presence(clauses, used).all():
            claims.append((start, "lacking", self._sure(judgement, clauses, start, end, "")))
        for start, kind, judgement in Proportions(clauses, self.numbers, used).all():
            claims.append((start, kind, self._sure(judgement, clauses, start, start, "")))
        rooms = (Whole, Phrases, Comparing, Ranking, Ordering, Hardly, Standing)
        places = [s for room in rooms for s in room(clauses, found, used).all()]
        decided: list[Item | None] = []  # numbers of clauses that hold
        for said in places:
            judgement = self._placed(said, clauses)
            claims.append((said.start, said.kind, judgement))
            decided += [said.settings.get(key) for key in NUMBERS if judgement.verdict == "supported"]
        counted = frozenset(outcomes.counted) | {
            i for i in range(len(items)) if items[i].shape == "number" and i in used
        }
        numbered = _after_numero(items)
        figures = list(Figures(clauses, found, self.numbers, counted | numbered).all())
        figures = [f for f in figures if f.judgement.verdict != "unverified" or items[f.at] not in decided]
        claims += [(figure.at, figure.kind, self.foreign.judged(figure, clauses)) for figure in figures]
        moved = {f.feature for f in figures if f.kind == "amount" and f.judgement.verdict == "supported"}
        mute = {i for s in places if s.settings.get("mute") for i in range(s.start, s.end + 1)}
        pushed = [(p, self._pushed(p, clauses, moved)) for p in found if p.start not in causes | mute]
        claims += [(p.start, "direction", judgement) for p, judgement in pushed if judgement is not None]
        self._remember(clauses, found)
        self.memory.ranked = next((s.subject.names[-1:] for s in reversed(places) if s.kind in _ORDERS), ())
        told = any(item.named is not None or _states(item) for item in items)
        if not claims and told:
            claims.append((0, "sentence", unverified("states nothing that a fact decides")))
        known = [Claim(k, items[at].start, items[at].end, j.verdict, j.facts, j.reason) for at, k, j in claims]
        read = used if scope.wording.spaced else set[int]()
        strange = tuple(
            item for at, item in enumerate(items) if item.shape == "word" and item.text.isalpha() and at not in read
        )
        return Reading(tuple(known), strange)

    # Judging

    def _pushed(self, push: Push, clauses: Clauses, moved: Collection[str]) -> Judgement | None:
        """Which way a push goes; what moves by the amount of a feature is the outcome, whatever it is called."""
        if not push.subject.names:
            return None
        told = push.doubt == NO_OBJECT and bool(moved) and set(_ids(push.subject.names)) <= set(moved)
        scope, doubt = clauses.scope, "" if told else push.doubt
        if push.sign is None and push.other is None:
            return unverified("does not say in which direction")
        settings: dict[str, Any] = {"sign": push.sign or "towards"}
        slots = {"class": push.other} if push.other is not None else {}
        found = Found("direction", push.start, push.end, settings, slots, push.subject.names, push.negated)
        judgement = reasons.direction(found, replace(scope, side=push.sign or "towards"))
        if judgement.verdict == "supported" and any(n.partial and len(n.of("feature")) > 1 for n in push.subject.names):
            judgement = unverified("may be said of another one", *judgement.facts)
        if doubt == LEFT_OUT and judgement.verdict == "supported":
            return unverified(doubt, *judgement.facts)
        if push.start in clauses.settled and judgement.verdict == "supported":
            return unverified("is asked or supposed, not stated", *judgement.facts)
        return self._sure(judgement, clauses, push.start, push.end, doubt)

    def _headed(self, clauses: Clauses, found: Sequence[Push], tallies: Tallies) -> Iterator[tuple[int, Judgement]]:
        """What the line above a list says of the names that open this item; where words are not set apart."""
        if self.wording.spaced:
            return
        for sign, listed in tallies.listed():
            yield listed.at[0], self._towards(sign, listed, clauses)
        heading = tallies.heading()
        told = next(
            (p for p in found if not p.subject.names and p.goal and p.sign and not p.doubt and not p.other), None
        )
        if heading is None and told is not None and clauses.is_colon(len(clauses.items) - 1) and not clauses.topics:
            heading = OPPOSITE[told.sign or "towards"] if told.negated else told.sign
        if heading is not None:
            self.memory.heading = heading
            return
        opens = bool(clauses.topics) and clauses.topics[0] <= 1 and len(clauses.items) <= _ITEM
        if not opens or clauses.is_colon(len(clauses.items) - 1):
            self.memory.heading = None
            return
        if self.memory.heading is not None and not any(p.subject.names for p in found):
            yield clauses.topics[0], self._towards(self.memory.heading, clauses.after(clauses.topics[0]), clauses)

    def _towards(self, sign: Direction, subject: Subject, clauses: Clauses) -> Judgement:
        """That what a list names pushes one way."""
        said = Found("direction", 0, 0, {"sign": sign}, {}, subject.names, False)
        judgement = reasons.direction(said, replace(clauses.scope, side=sign))
        return self._sure(judgement, clauses, subject.at[0], subject.at[-1], subject.doubt)

    def _placed(self, said: Said, clauses: Clauses) -> Judgement:
        found = Found(said.kind, said.start, said.end, said.settings, {}, said.subject.names, False)
        if said.kind == "rank" and self._among_all(said):
            found = replace(found, settings={**said.settings, "all": True})
        judgement = _JUDGES[said.kind](found, clauses.scope)
        if (
            said.kind == "rank"
            and "all" not in found.settings
            and judgement.verdict == "contradicted"
            and self._on_its_side(said, clauses)
        ):
            judgement = unverified("holds only among what pushes the same way", *judgement.facts)
        if judgement.verdict == "contradicted" and self._may_be_another(found, _JUDGES[said.kind], clauses.scope):
            judgement = unverified("may be said of another one", *judgement.facts)
        if said.negated and judgement.verdict in ("supported", "contradicted"):
            judgement = _denied(judgement, sure=bool(said.settings.get("sure")))
        return self._sure(judgement, clauses, said.start, said.end, said.doubt)

    def _among_all(self, said: Said) -> bool:
        """Whether places are told among all features: the last one was told of a feature of the other side."""
        if "sign" in said.settings or len(said.subject.names) != 1 or self.wording.spaced:
            return False
        sides = {self.facts.feature(i).direction for i in _ids(said.subject.names)}
        among, self.memory.among = self.memory.among, next(iter(sides)) if len(sides) == 1 else None
        return among is not None and among not in sides and said.settings["rank"] not in (1, "last")

    def _may_be_another(self, found: Found, judge: Judge, scope: Scope) -> bool:
        """Whether it holds of another feature, whose name shares the words that were taken for a part: "hard rock"."""
        if not self.wording.spaced or len(found.subjects) != 1 or not found.subjects[0].partial:
            return False
        named = found.subjects[0]
        told = {word for word in named.text.casefold().split() if len(word) > _SHORT}
        for feature in self.facts.features:
            words = {*readable(feature.id).casefold().split(), *feature.name.casefold().split()}
            if feature.id in _ids(found.subjects) or not told & words:
                continue
            other = replace(named, referents=(Referent("feature", feature.id, feature.name),))
            if judge(replace(found, subjects=(other,)), scope).verdict != "contradicted":
                return True
        return False

    def _on_its_side(self, said: Said, clauses: Clauses) -> bool:
        """Whether a place holds among those of one side, where the sentence speaks of a side, or of no factors."""
        if "sign" in said.settings or len(_ids(said.subject.names)) != 1:
            return False
        facts = [self.facts.feature(i) for i in _ids(said.subject.names)]
        start, stop = clauses.clause(said.start)
        spoken = clauses.memory.heading is not None or any(start <= p.start < stop for p in clauses.pushes)
        kinds = ("reason", "favours", "way", "moves", "sign")
        sided = any(True for _ in clauses.between(start, min(stop, said.end + 6), *kinds))
        spoken = spoken or (clauses.memory.sided and not self.wording.spaced)
        among = clauses.between(start, min(stop, said.end + 6), "factor")  # "the strongest factor" is so among all
        spoken = spoken or (self.wording.spaced and all(clauses.cue(at, "reason") is not None for at in among))
        last = {s: sum(f.direction == s for f in self.facts.features) for s in ("towards", "away")}
        place = said.settings["rank"]
        return (spoken or sided) and any(
            f.side_rank == (last.get(f.direction) if place == "last" and not self.wording.spaced else place)
            for f in facts
        )

    def _sure(self, judgement: Judgement, clauses: Clauses, at: int, end: int, doubt: str) -> Judgement:
        """A verdict only where nothing may turn the statement into another; support also of a guessed subject."""
        if judgement.verdict not in ("contradicted", "supported"):
            return judgement
        start, stop = clauses.clause(at)
        turned = "is asked or supposed, not stated" if clauses.supposed else ""
        if word := clauses.elsewhere(start, max(stop, end)):
            turned = turned or f"{word!r} stands where it cannot be read"
        if judgement.verdict == "contradicted":
            turned = turned or doubt
        return unverified(turned, *judgement.facts) if turned else judgement

    # Names that only a number tells

    def _implied(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Numbers whose unit only one feature has, and which say its value, as mentions of it."""
        told = tuple(
            self._mention(item) if item.shape == "number" and item.value and item.value.unit else item for item in items
        )
        return tuple(self._of_two(told, at, item) for at, item in enumerate(told))

    def _of_two(self, items: Sequence[Item], at: int, item: Item) -> Item:
        """ "The latter" and "the former" as mentions, where just two features were named."""
        cue = item.cue("it")
        if cue is None or not cue.get("vague") or cue.get("many"):
            return item
        named = [i.named for i in items[:at] if i.named is not None and i.named.of("feature")] or self.memory.names
        told = list({" ".join(r.id for r in n.of("feature")): n for n in named}.values())
        if len(told) != 2 or any(len(n.of("feature")) != 1 for n in told):
            return item
        one = told[0 if cue.get("first") else 1]
        return replace(item, shape="name", cues=(), named=replace(one, start=item.start, end=item.end, text=item.text))

    def _mention(self, item: Item) -> Item:
        unit, numeral = (item.value.unit or "", item.numeral) if item.value is not None else ("", None)
        known = [k for each in self.numbers.by_feature.values() for k in each if k.kind == "value" and k.unit]
        same = [k for k in known if self.wording.same_unit(unit, k.unit)]
        if numeral is None or len(same) != 1 or same[0].unit == "%" or not says(numeral, same[0]):
            return item
        referent = Referent("feature", same[0].of, item.text)
        return replace(item, named=Named(item.start, item.end, item.text, (referent,), partial=True))

    def _remember(self, clauses: Clauses, found: Sequence[Push]) -> None:
        names = tuple(n for at in clauses.topics if (n := clauses.topic(at)) is not None)
        if names:
            self.memory.names = names
        self.memory.last = names
        self.memory.model = any(True for _ in clauses.between(0, len(clauses.items), "model", "suppose"))
        kinds = ("sided", "favours", "flank", "likewise")
        classes = any(clauses.class_at(i) is not None for i in range(len(clauses.items)))
        said = [r.id for i in range(len(clauses.items)) if (n := clauses.class_at(i)) for r in n.of("class")]
        self.memory.outcome = said[-1] if said else self.memory.outcome
        self.memory.sided = classes or bool(found) or any(True for _ in clauses.between(0, len(clauses.items), *kinds))
        if found:
            signs = {p.sign for p in found if p.subject.names}
            self.memory.sign = signs.pop() if len(signs) == 1 else None


def _standing(found: Found, scope: Scope) -> Judgement:
    """That a value is high or low, or higher or lower than usual: only sure where baseline and rows say the same."""
    place = found.get("place")
    up = place in ("high", "higher")

    def of(feature: FeatureFacts) -> Judgement:
        raw, fact = scope.facts.explanation.feature(feature.id), f"feature.{feature.id}.value"
        if not isinstance(raw.value, float):
            return unverified("is no number", fact)
        only = found.get("only")
        if only and not any(word in feature.id.casefold() or word in feature.name.casefold() for word in only):
            return unverified("may be said of something else", fact)
        votes = []
        if isinstance(raw.baseline, float) and raw.value != raw.baseline:
            votes.append(raw.value > raw.baseline)
        if feature.percentile_value is not None and abs(feature.percentile_value - 0.5) >= _MIDDLE:
            votes.append(feature.percentile_value > 0.5)
        if not votes or (len(set(votes)) > 1 and place in ("high", "low")):
            return unverified(f"says {place}, which is a matter of taste", fact)
        return whether(votes[0] is up, place, f"{feature.value}, usually {feature.baseline}", fact)

    return per_feature(found, scope, of)


def _lacking(found: Found, scope: Scope) -> Judgement:
    """That a feature which is there or not is not there."""
    data = scope.wording.data.get("presence", {})

    def of(feature: FeatureFacts) -> Judgement:
        raw, fact = scope.facts.explanation.feature(feature.id), f"feature.{feature.id}.value"
        value = str(raw.value).casefold() if isinstance(raw.value, str) else raw.value
        there, gone = value in data.get("there", ()), value in data.get("gone", ()) or value == 0
        flag = isinstance(raw.value, float) and raw.value == 1 and raw.baseline == 0
        if not (there or gone or flag):
            return unverified("is nothing that is there or not", fact)
        return whether(gone, f"no {feature.name}", feature.value, fact)

    return per_feature(found, scope, of)


def _denied(judgement: Judgement, *, sure: bool) -> Judgement:
    """A statement that is denied; `sure`: whether the whole clause is known, so that nothing else can be meant."""
    if judgement.verdict == "contradicted":
        return supported(*judgement.facts)
    if sure:
        return Judgement("contradicted", judgement.facts, "denies what the facts say")
    return unverified("is denied", *judgement.facts)


def _denied_value(found: Found, scope: Scope) -> Judgement:
    """That a category is not the one that is told."""

    def of(feature: FeatureFacts) -> Judgement:
        value, said = str(scope.facts.explanation.feature(feature.id).value), str(found.get("text"))
        same = said.casefold() in (value.casefold(), feature.value.casefold())
        fact = f"feature.{feature.id}.value"
        return contradicted(f"not {said}", feature.value, fact) if same else unverified(f"says not {said}", fact)

    return per_feature(found, scope, of)


_JUDGES: Mapping[str, Judge] = {
    **amounting.JUDGES,
    **multiples.JUDGES,
    **quantifying.JUDGES,
    "rank": reasons.rank,
    "followed": reasons.followed,
    "next": ordering.following,
    "opposed": reasons.opposed,
    "order": ordering.order,
    "top": ordering.top,
    "stronger": comparing.stronger,
    "negligible": comparing.negligible,
    "weighty": comparing.weighty,
    "standing_of_value": _standing,
    "lacking": _lacking,
    "denied_value": _denied_value,
    "category": phrases.category,
    "decided": phrases.decided,
    "height": phrases.height,
}
_ORDERS = frozenset(("rank", "next"))
_STATING = frozenset(
    ("moves", "shoves", "place", "most", "weighs", "usual", "favours", "goes", "quantifier", "extent", "verdict")
)


def _causes(clauses: Clauses) -> Iterator[int]:
    """Where something is said to cause something in the world: not what the model says, and not the noun."""
    for at in clauses.between(0, len(clauses.items), "causes"):
        near = range(at + 1, min(at + 1 + _NEAR, len(clauses.items)))
        goals = [cue.get("of") for i in near if (cue := clauses.cue(i, "goal"))]
        says = any(clauses.cue(i, "model", "reads", "verdict") is not None for i in near)
        says = says or any(of not in ("risk", "good") for of in goals)
        noun = clauses.cue(at - 1, "free", "place", "only", "factor", "quantifier") or clauses.cue(
            at + 1, "of", "copula"
        )
        if not says and not noun:
            yield at


def _compounds(shown: str, named: Sequence[Named]) -> list[Named]:
    """The names without hints that stand right behind another name: "the cloud cover" is not also the snow cover."""
    kept: list[Named] = []
    for each in named:
        before = kept[-1] if kept else None
        beside = before is not None and before.of("feature") and not shown[before.end : each.start].strip()
        apart = before is not None and shown[before.end : each.start].isspace()
        if beside and apart and before is not None and before.partial and not each.partial and each.of("feature"):
            text = shown[before.start : each.start] + each.text  # "the credit bureau score": what comes last is meant
            kept[-1] = replace(each, start=before.start, text=text)
            continue
        if beside and before is not None and each.partial and each.of("feature"):
            kept[-1] = replace(before, end=each.end, text=f"{before.text} {each.text}")
            continue
        kept.append(each)
    return kept


def _states(item: Item) -> bool:
    """Whether a cue by itself says that something is stated here."""
    return item.shape == "cue" and bool({cue.kind for cue in item.cues} & _STATING) and not item.cue("free")


def _after_numero(items: Sequence[Item]) -> frozenset[int]:
    return frozenset(i + 1 for i, item in enumerate(items) if item.cue("numero"))


def _ids(names: Sequence[Named]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.id for n in names for r in n.of("feature", "phrase")))


def unmasked(shown: str, text: str, named: Sequence[Named], scope: Scope) -> tuple[str, list[Named]]:
    """The sentence without names that are only everyday words: a category such as "no" or "high"."""
    everyday = cues_of(scope.wording.language.code).words | scope.wording.chatter
    kept: list[Named] = []
    letters = list(shown)
    for each in named:
        kinds = {referent.kind for referent in each.referents}
        plain = each.text.casefold().split()
        if kinds == {"value"} and not each.partial and all(word in everyday for word in plain):
            letters[each.start : each.end] = text[each.start : each.end]
        else:
            kept.append(each)
    return "".join(letters), kept
