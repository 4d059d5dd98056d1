"""Verification: finished prose is read, whoever wrote it, and every claim in it is held against the facts."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from reporter.explanation import Explanation
from reporter.facts import Direction, Facts, facts_of
from reporter.narrative import Claim, Draft, Mention, Narrative, Section, Sentence
from reporter.verification.judges import comparing, doubting, influence, outcome, parts, reasons, reliability, values
from reporter.verification.judges.judgement import Judge, Judgement, Scope, side_of, unverified
from reporter.verification.names.loosening import LooseNames
from reporter.verification.others.anchoring import anchored
from reporter.verification.others.freely import HEADED, Freely, unmasked
from reporter.verification.text.claims import Found, Parse
from reporter.verification.text.masks import Kind
from reporter.verification.text.mentions import Named, Names, blanked, settled
from reporter.verification.text.wording import Wording, wording

JUDGES: Mapping[str, Judge] = {
    **values.JUDGES,
    **influence.JUDGES,
    **reasons.JUDGES,
    **outcome.JUDGES,
    **reliability.JUDGES,
    **comparing.JUDGES,
    **parts.JUDGES,
}
# What an explanation that cannot be relied on must not claim.
REASONS = frozenset((*influence.JUDGES, *reasons.JUDGES, *comparing.JUDGES, *parts.JUDGES)) - {
    "none_stands_out",
    "small",
    "promised",
}
# What is read clause by clause in texts of others; of the rest the wordings of [[others]] speak.
BY_CLAUSE = frozenset(
    {
        "value",
        "direction",
        "amount",
        "output",
        "position",
        "prediction",
        "aside",
        "told_reason",
        "count",
        "foremost",
        "portion",
        "share",
        "side_share",
        "rank",
        "negligible",
    }
)
# What the reading by clause finds in a sentence that wordings have read too, where words are not set apart.
OWN = frozenset(
    {"direction", "rank", "standing_of_value", "next", "order", "top", "opposed", "lacking", "ratio", "count"}
)
# The same where they are: what is told by whole clauses.
WHOLE = frozenset(
    {
        "rank",
        "next",
        "order",
        "top",
        "stronger",
        "negligible",
        "weighty",
        "apart",
        "level",
        "adds",
        "total",
        "side_total",
    }
    | {"multiple", "customary", "ratio_of", "alike", "top_share", "moved", "chance", "missed"}
    | {"part", "output", "predicted", "likelier", "unanimous", "sole", "majority", "tally"}
)
_OF_FEATURE = frozenset({"standing_of_value", "baseline", "gap"})
NEUTRAL = "neutral"  # the kind of a wording that states nothing of the run
_POLAR = frozenset({"direction", "prediction", "truth", "agrees", "situation", "grade"})  # these judges read "not"
# Statements of the instance that could be of the baseline as well.
_OF_ONE = frozenset({"prediction", "probability", "probabilities", "output"})
# What a sentence is told to mention, by what was named.
_MENTIONED: dict[Kind, Literal["feature", "group", "class"]] = {
    "feature": "feature",
    "phrase": "feature",
    "group": "group",
    "class": "class",
}
_BULLET = re.compile(r"^\s*(?:(?:[-*•–]|\d+[.)])\s+|[①-⑳]\s*|\d{1,2}[、）]\s*|（\d{1,2}）\s*)")
_GAP = re.compile(
    r"(?<=[\u4e00-\u9fff\ue000-\uf8ff])[ \u3000](?=[ \u3000]*[\u4e00-\u9fff\ue000-\uf8ff])"
)  # stands for a comma
_QUOTE = re.compile('[“”„«»"]')
_LONG = 600  # characters: no sentence of our own prose is longer
_WRAPPED = 60  # characters from which a line may go on in the next
_PARAGRAPHS = re.compile(r"\n\s*\n")


def verify(
    text: str | Draft,
    subject: Explanation | Facts,
    language: str | None = None,
    *,
    published: bool = False,
    audience: str = "",
    narrator: str = "",
) -> Narrative:
    """Read a text and judge every claim in it.

    `published` is the strict reading for prose of our own: no word may stand in it that states something no fact
    decides. Texts by others are read with care the other way: *contradicted* is said only when sure.
    Raises UnknownName for a language without wordings.
    """
    facts = subject if isinstance(subject, Facts) else facts_of(subject, language)
    return _reader(facts).read(text, facts, published=published, audience=audience, narrator=narrator)


class Reader:
    """Reads texts about one explanation in one language; its names are prepared once."""

    def __init__(self, facts: Facts) -> None:
        self.wording: Wording = wording(facts.language.code)
        self.names = Names(facts, self.wording)
        self._loose: Names | None = None

    def named_in(self, facts: Facts, *, strict: bool) -> Names:
        """The names as our own prose must write them, or as others may."""
        if strict:
            return self.names
        self._loose = self._loose or LooseNames(facts, self.wording)
        return self._loose

    def read(self, text: str | Draft, facts: Facts, *, published: bool, audience: str, narrator: str) -> Narrative:
        """The text as a judged narrative."""
        draft = {"text": text} if isinstance(text, str) else text
        reading = _Reading(self, Scope(facts, self.wording, published))
        sections = tuple(Section(name, reading.paragraphs(content, narrator)) for name, content in draft.items())
        narrative = Narrative(facts.language.code, sections, audience, narrator)
        told = {fact for claim in narrative.claims if claim.verdict == "supported" for fact in claim.facts}
        return replace(narrative, missing=tuple(fact for fact in facts.required if fact not in told))


@dataclass
class _Reading:
    """One pass through a text, sentence by sentence; what was said before decides what "it" is."""

    reader: Reader
    scope: Scope

    @cached_property
    def freely(self) -> Freely:
        """The reader of what others write, clause by clause."""
        return Freely(self.scope.facts)

    def paragraphs(self, text: str, narrator: str) -> tuple[tuple[Sentence, ...], ...]:
        return tuple(tuple(self._sentences(part, narrator)) for part in _PARAGRAPHS.split(text) if part.strip())

    def _sentences(self, text: str, narrator: str) -> Iterator[Sentence]:
        wrapped = _WRAPPED if self.reader.wording.spaced else len(text) + 1  # no line is broken by hand
        for block, mark in _blocks(text, strict=self.scope.strict, wrapped=wrapped):
            if not self.scope.strict:
                self.freely.listing.begin(mark, block)
            names = self.reader.named_in(self.scope.facts, strict=self.scope.strict)
            masked, named = names.mask(block)
            if not self.scope.strict and not self.reader.wording.spaced:
                masked = _GAP.sub("，", masked)
            for start, end in self.reader.wording.split(masked):
                inside = [each.moved(-start) for each in named if start <= each.start < end]
                shown = blanked(masked[start:end])
                scope = replace(self.scope, told=set(self.scope.told))
                sentence = self._sentence(block[start:end], shown, self._named(shown, inside))
                if not self.scope.strict and sentence.verdict in ("contradicted", "unverified"):
                    sentence = self._as_ours(block[start:end], scope) or sentence
                if self.scope.strict:
                    sentence = _unnamed(sentence, masked[start:end])
                sentence = replace(sentence, claims=tuple(self._worded(claim) for claim in sentence.claims))
                yield replace(sentence, narrator=narrator) if narrator else sentence

    def _worded(self, claim: Claim) -> Claim:
        """The claim with its reason in the language of the text."""
        return replace(claim, reason=self.scope.facts.language.reason(claim.reason)) if claim.reason else claim

    def _as_ours(self, text: str, scope: Scope) -> Sentence | None:
        """The sentence as our own prose is read, where all of it holds."""
        if len(text) > _LONG:
            return None
        ours = _Reading(self.reader, replace(scope, strict=True))
        masked, named = self.reader.names.mask(text)
        shown = blanked(masked)
        sentence = ours._sentence(text, shown, [self._meant(n) for n in settled(shown, named)])
        return sentence if _unnamed(sentence, masked).verdict in ("supported", "neutral") else None

    def _sentence(self, text: str, masked: str, named: Sequence[Named]) -> Sentence:
        task = self.scope.facts.explanation.prediction.task
        strict, before = self.scope.strict, self.scope.before
        parse = Parse(masked, named, self.reader.wording, self.scope.focus, task, strict=strict, before=before)
        claims = [*self._claims(parse), *self._study(named), *self._phrases(parse)]
        if self.scope.strict:
            claims += self._leftovers(parse, text)
        else:
            claims += self._doubts(parse, text, claims)
            if self.scope.facts.modality == "tabular" and self.reader.wording.data.get("cues"):
                claims = self._freely(text, masked, named, claims, parse)
        self._remember(parse)
        claims.sort(key=lambda claim: (claim.start, claim.end))
        return Sentence(text, tuple(claims), tuple(_mentions(named)))

    def _freely(self, text: str, masked: str, named: Sequence[Named], claims: list[Claim], parse: Parse) -> list[Claim]:
        """What others write read clause by clause, where no wording has read all of it."""
        shown, plain = unmasked(masked, text, named, self.scope)
        reading = self.freely.read(shown, plain, self.scope)
        told = {claim.kind for claim in claims}
        own = WHOLE - {"apart"} if "position" in told else WHOLE
        mine = {HEADED, *(own if self.scope.wording.spaced else OWN)} - told
        headed = [c for c in reading.claims if c.kind in mine and c.verdict == "contradicted"]
        if claims and all(claim.verdict in ("supported", "neutral") for claim in claims):
            return [*claims, *headed]
        known = {(claim.kind, claim.verdict) for claim in reading.claims}
        decided = [c for c in claims if c.verdict in ("supported", "contradicted") and c.kind not in BY_CLAUSE]
        read = [c for c in reading.claims if c.verdict == "contradicted" or not any(_within(c, d) for d in decided)]
        for claim in claims:
            twice = claim.kind in BY_CLAUSE or (claim.kind, "supported") in known or _of_feature(claim, reading.claims)
            if claim.verdict in ("supported", "contradicted") and not twice:
                read.append(claim)
        unread = {word.start() for word in parse.unread_words}
        for item in reading.strange:
            if item.start in unread:
                reason = f"says {item.text!r}, which no fact decides"
                read.append(Claim("word", item.start, item.end, "unverified", (), reason))
        return read

    def _named(self, shown: str, inside: Sequence[Named]) -> list[Named]:
        """The names of a sentence, those that others only hint at with what stands beside them in mind."""
        named = [self._meant(n) for n in settled(shown, inside)]
        loose = not self.scope.strict and self.scope.facts.modality == "tabular"
        return anchored(shown, named, self.freely.numbers, self.reader.wording) if loose else named

    def _meant(self, named: Named) -> Named:
        """A phrase that several features share means those of which it is true, if there are any."""
        facts = self.scope.facts
        true = tuple(
            r
            for r in named.referents
            if r.kind != "phrase" or facts.feature(r.id).phrase.casefold() == r.surface.casefold()
        )
        return replace(named, referents=true) if true else named

    # Judging

    def _claims(self, parse: Parse) -> Iterator[Claim]:
        found = [each for each in parse.found if each.kind != NEUTRAL]
        sides = _sides(found, self.scope)
        others = frozenset(n.start for f in found if f.settings.get("others") for n in f.subjects)
        for each, side in zip(found, sides, strict=True):
            scope = replace(self.scope, side=side, others=others)
            judgement = self._judged(each, scope, parse)
            yield Claim(each.kind, each.start, each.end, judgement.verdict, judgement.facts, judgement.reason)
        if sides:
            self.scope.side = sides[-1]

    def _judged(self, found: Found, scope: Scope, parse: Parse) -> Judgement:
        judgement = (parts.miscalled(found, scope) if scope.strict else None) or JUDGES[found.kind](found, scope)
        if found.negated and found.kind not in _POLAR and (scope.strict or found.kind != "told_reason"):
            judgement = _denied(judgement)
        if parse.negations and judgement.verdict != "unverified":
            judgement = unverified(f"{parse.negations[0][0]!r} stands where it cannot be read", *judgement.facts)
        if not scope.strict and found.kind in _OF_ONE and doubting.of_baseline(parse, found):
            judgement = unverified("may be said of what it is compared with", *judgement.facts)
        if judgement.verdict == "contradicted" and not scope.strict:
            judgement = _if_sure(judgement, found, parse)
        guessed = any(n.partial and len(n.of("feature")) > 1 for n in found.subjects)
        if judgement.verdict == "supported" and guessed and not scope.strict:
            judgement = unverified("may be said of another one", *judgement.facts)
        if scope.strict and found.kind in REASONS and scope.facts.grade == "unreliable":
            judgement = unverified("an unreliable explanation decides no reasons", "grade")
        return judgement

    def _study(self, named: Sequence[Named]) -> Iterator[Claim]:
        for each in named:
            if each.of("study"):
                yield Claim("study", each.start, each.end, "supported")

    def _phrases(self, parse: Parse) -> Iterator[Claim]:
        for each in parse.named:
            if each.of("phrase") and not each.of("feature"):
                found = Found("phrase", each.start, each.end, {}, {}, (each,))
                judgement = self._judged(found, self.scope, parse)
                yield Claim("phrase", each.start, each.end, judgement.verdict, judgement.facts, judgement.reason)

    # What could not be read

    def _leftovers(self, parse: Parse, text: str) -> Iterator[Claim]:
        """In our own prose nothing may stand that was not read."""
        for number in parse.matching.unread_numbers:
            reason = f"says {text[number.start() : number.end()]}, which no fact decides"
            yield Claim("number", number.start(), number.end(), "unverified", (), reason)
        for word in parse.unread_words:
            reason = f"says {text[word.start() : word.end()]!r}, which no fact decides"
            yield Claim("word", word.start(), word.end(), "unverified", (), reason)
        for at in parse.matching.unread_signs:
            yield Claim("sign", at, at + 1, "unverified", (), f"says {text[at]!r}, which no fact decides")
        for named in parse.unused:
            yield Claim(
                "mention", named.start, named.end, "unverified", (), f"names {named.text!r} and says nothing of it"
            )

    def _doubts(self, parse: Parse, text: str, claims: Sequence[Claim]) -> Iterator[Claim]:
        """In prose of others whatever was not read is a doubt: a number, a word that may state something, a name."""
        for number in parse.matching.unread_numbers:
            reason = f"says {text[number.start() : number.end()]}, which no fact decides"
            yield Claim("number", number.start(), number.end(), "unverified", (), reason)
        neutral = any(m.pattern.statements[0].kind == NEUTRAL for m in parse.matches)
        if not (claims or neutral or parse.matching.unread_numbers):
            if parse.unread_words or parse.unused:
                yield Claim("sentence", 0, len(text), "unverified", (), "states nothing that a fact decides")
            return
        for word in parse.unread_words:
            reason = f"says {text[word.start() : word.end()]!r}, which no fact decides"
            yield Claim("word", word.start(), word.end(), "unverified", (), reason)
        for named in parse.unused:
            reason = f"names {named.text!r} and says nothing of it that can be read"
            yield Claim("mention", named.start, named.end, "unverified", (), reason)

    def _remember(self, parse: Parse) -> None:
        about = parse.topics
        if about:
            self.scope.focus, self.scope.before = (about[-1],), (*self.scope.before, *about)[-5:]
            self.scope.told |= {r.id for n in about for r in n.of("feature", "phrase")}


def _sides(found: Sequence[Found], scope: Scope) -> list[Direction]:
    """The side each statement speaks of: its own, else that of the one before it, else of the next, else as before."""
    own = [None if each.get("sign") == "same" else side_of(each, scope) for each in found]
    first = next((side for side in own if side is not None), scope.side)
    sides: list[Direction] = []
    for side in own:
        sides.append(side or (sides[-1] if sides else first))
    return sides


def _if_sure(judgement: Judgement, found: Found, parse: Parse) -> Judgement:
    """A contradiction of what others write; a doubt where it is supposed, or where an unread word may turn it."""
    if parse.supposed:
        return unverified("is asked or supposed, not stated", *judgement.facts)
    if doubting.borrowed(parse, found):
        return unverified("does not say of which features", *judgement.facts)
    stranger = doubting.stranger(parse, found)
    if stranger is not None:
        return unverified(f"may be said of {stranger[0]!r}", *judgement.facts)
    turning = doubting.turning(parse, found)
    if turning is not None:
        return unverified(f"{turning[0]!r} stands where it cannot be read", *judgement.facts)
    return judgement


def _within(claim: Claim, other: Claim) -> bool:
    """Whether a number that was not understood stands where another reading has decided it."""
    return claim.kind == "number" and other.start <= claim.start < other.end


def _of_feature(claim: Claim, read: Sequence[Claim]) -> bool:
    """Whether what is said to be wrong of the outcome holds of a feature: "83, below the usual 93"."""
    own = (c for c in read if c.verdict == "supported" and c.kind in _OF_FEATURE)
    wrong = claim.verdict == "contradicted" and claim.kind == "standing"
    return wrong and any(claim.start <= c.start < claim.end for c in own)


def _denied(judgement: Judgement) -> Judgement:
    """A statement with "not" before it."""
    if judgement.verdict == "supported":
        return Judgement("contradicted", judgement.facts, "denies what the facts say")
    if judgement.verdict == "contradicted":
        return Judgement("supported", judgement.facts)
    return judgement


def _blocks(text: str, *, strict: bool, wrapped: int) -> Iterator[tuple[str, str]]:
    """The lines of a paragraph joined as prose; each item of a list by itself, and of others each short line.

    With each comes the bullet or the number that stood before it; empty where none did.
    """
    block: list[str] = []
    mark = ""
    short = False
    for line in text.splitlines():
        if not strict and short:
            yield from [(" ".join(block), mark)] if block else []
            block, mark = [], ""
        short = len(line.rstrip()) < wrapped
        if bullet := _BULLET.match(line):
            yield from [(" ".join(block), mark)] if block else []
            block, mark = _BULLET.sub("", line).split(), bullet[0].strip()
        else:
            block += line.split()
    if block:
        yield " ".join(block), mark


def _unnamed(sentence: Sentence, masked: str) -> Sentence:
    """The sentence with a doubt for every quotation that is no name: our own prose quotes nothing else."""
    quotes = _QUOTE.finditer(masked)
    reason = "quotes what nothing is called"
    doubts = tuple(Claim("quotation", q.start(), q.end(), "unverified", (), reason) for q in quotes)
    return replace(sentence, claims=(*sentence.claims, *doubts)) if doubts else sentence


def _mentions(named: Sequence[Named]) -> Iterator[Mention]:
    for each in named:
        for referent in each.of(*_MENTIONED)[:1]:
            yield Mention(_MENTIONED[referent.kind], referent.id, each.start, each.end)


_READERS: dict[int, tuple[weakref.ref[Facts], Reader]] = {}


def _reader(facts: Facts) -> Reader:
    """The reader of these facts, built on first use and kept as long as they live."""
    known = _READERS.get(id(facts))
    if known is not None and known[0]() is facts:
        return known[1]
    key = id(facts)
    reader = Reader(facts)
    _READERS[key] = (weakref.ref(facts, lambda _: _READERS.pop(key, None)), reader)
    return reader
