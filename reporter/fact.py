"""What a fact is, and the views that hold facts the way a narrator needs them. How they are made: facts.py."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from reporter.explanation import Card, Explanation
from reporter.grade import Ruling, Score
from reporter.language import Language
from reporter.naming import parts_key
from reporter.rounding import Rounding
from reporter.words import Words

Direction = Literal["towards", "away", "none"]


@dataclass(frozen=True)
class Fact:
    """One true thing of the run; `text` is the wording a narrator may use, `value` what the verifier compares."""

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
    above: str  # "94%": higher than that share of them, for a column in which all are told the same way
    usual: Literal["higher", "lower", "middle", ""]
    phrase: str  # the study's words for a high or low value, when it is one
    amount: str  # |attribution| in the unit of the score
    score: str  # attribution with its sign, for tables
    interval: tuple[str, str]  # of `share`, from the repeats; empty where there were none
    small: bool  # too small to mention
    out_of_range: bool
    missing: bool
    protected: bool
    range: tuple[str, str]  # smallest and largest value of the reference rows
    attribution: float
    side_share_value: float
    percentile_value: float | None
    rows_below: float | None  # share of the reference rows strictly below the value; the rest may equal it
    rows_above: float | None
    extent: str = ""  # share of the picture or recording that it covers


@dataclass(frozen=True)
class Reason:
    """One reason as a person would count them: a feature, or the features of one group on one side."""

    id: str  # of the feature, or of the group
    direction: Direction
    features: tuple[FeatureFacts, ...]
    side_share: str
    side_share_value: float
    amount: str  # Σ |attribution| in the unit of the score
    group: str = ""  # the group's words; empty for a single feature
    others: bool = False  # whether a stronger feature of the same group was already told by itself
    quoted: bool = False  # `group` is a phrase of the text, the features its words


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
class RunnerFacts:
    """The next class and what argued for it, from its own attributions."""

    about: ClassFacts
    features: tuple[FeatureFacts, ...]  # that push towards it and are large enough to mention, strongest first
    shares: tuple[str, ...]  # of all that pushes towards it


@dataclass(frozen=True)
class WithoutFacts:
    """What the model says when some features are put to their baseline together."""

    id: str  # of its fact: "without.2"
    features: tuple[FeatureFacts, ...]
    names: tuple[str, ...]  # of them as they are listed; the words of a phrase are one
    outcome: ClassFacts  # what it says then
    probability: str
    changes: bool  # whether it says another class


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
    runner: RunnerFacts | None  # of more than two classes
    without: tuple[WithoutFacts, ...]
    instance: str  # "sample 41"
    required: tuple[str, ...]  # ids a narrative must tell
    scale: tuple[str, int | None] = ("", None)  # unit and decimals of amounts

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
    def modality(self) -> str:
        return self.explanation.modality

    @property
    def parts(self) -> dict[str, str]:
        """What features are called, and what they are parts of: `one`, `many`, `whole`."""
        found: dict[str, str] = self.language.lexicon["parts"][parts_key(self.explanation)]
        return found

    @property
    def turning(self) -> WithoutFacts | None:
        """The fewest features without which the model says another class, or None when those tried do not turn it."""
        return next((each for each in self.without if each.changes), None)

    @property
    def regression(self) -> bool:
        return self.explanation.prediction.task == "regression"

    def together(self, reasons: Iterable[Reason]) -> str:
        """What reasons of one side supply of it, as a share."""
        return Rounding(self.language).share(min(1.0, math.fsum(reason.side_share_value for reason in reasons)))

    def summed(self, reasons: Iterable[Reason]) -> str:
        """How far reasons of one side move a value together."""
        total = math.fsum(feature.attribution for reason in reasons for feature in reason.features)
        return Rounding(self.language).amount(total, *self.scale)

    @cached_property
    def leading(self) -> Direction:
        """The side a telling begins with: of a value the one that all influences take together, if it has reasons."""
        if not self.regression:
            return "towards"
        side: Direction = "towards" if float(self["net"].value) > 0 else "away"
        told = self.towards if side == "towards" else self.away
        return side if told or not self.features else self.features[0].direction

    @property
    def grade(self) -> str:
        return self.explanation.grade.level

    def score(self, name: str) -> Score | None:
        """The score of a metric, or None when it was not measured."""
        return next((s for s in self.explanation.scores if s.name == name), None)

    def ruling(self, metric: str) -> Ruling | None:
        """What the grade's rule made of a metric."""
        return next((r for r in self.explanation.grade.rulings if r.metric == metric), None)
