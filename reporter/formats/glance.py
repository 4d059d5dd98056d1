"""The answers at a glance: what the outcome is, what weighed most, how far to trust this, what it was compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.facts import ClassFacts, Facts
from reporter.formats.ranking import Row
from reporter.formats.wording import Wording
from reporter.templating import capital

LINE = 24  # characters that fit on a line of a cell
OTHERS = 2  # classes named beside the predicted one
STRONGEST = 3  # features named


@dataclass(frozen=True)
class Answer:
    """One cell: a question, its answer in a word or two, and what stands behind it."""

    name: str  # outcome, strongest, trust, compared
    question: str
    answer: str
    details: tuple[str, ...]  # each on its own line
    rows: tuple[Row, ...] = ()  # of the strongest features, which are the answer


def glance_of(facts: Facts, wording: Wording, rows: Sequence[Row] = ()) -> tuple[Answer, ...]:
    """Two to four answers; one that is not known is left out. `rows`: the ranked features, strongest first."""
    words = wording["glance"]
    answers = [Answer("outcome", words["outcome"], _outcome(facts, wording), tuple(_outcome_details(facts, wording)))]
    if strongest := _strongest(facts, rows):
        answers.append(Answer("strongest", words["strongest"], "", (), strongest))
    answers.append(Answer("trust", words["trust"], wording["grades"][facts.grade], tuple(_checks(facts, wording))))
    if wording.baseline_known:
        answers.append(Answer("compared", words["compared"], _compared(facts), tuple(_baseline(facts, wording))))
    return tuple(answers)


def _strongest(facts: Facts, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The first rows that moved anything worth a word; none of an unreliable explanation, which gives no reasons."""
    if "unreliable" in facts.situations:
        return ()
    small = {feature.id for feature in facts.features if feature.small}
    return tuple(row for row in rows[:STRONGEST] if row.id not in small and row.direction != "none")


def _outcome(facts: Facts, wording: Wording) -> str:
    if facts.regression:
        return facts.predicted.score
    named = wording.title(facts.predicted.name)
    # A label that need not hold is no outcome without its probability.
    return named if facts.explanation.prediction.exclusive else f"{named} {facts.predicted.probability}".strip()


def _outcome_details(facts: Facts, wording: Wording) -> Iterator[str]:
    words = wording["glance"]
    if facts.regression:
        if usual := facts.text("usual"):
            yield words["usual"].format(value=usual)
        place = facts.explanation.prediction.percentile
        if place is not None:
            yield words["above"].format(share=wording.rounding.above(place))
    else:
        others = [_together(f"{wording.bare(other.name)} {other.probability}") for other in _runners(facts)]
        mine = [facts.predicted.probability] if facts.explanation.prediction.exclusive else []
        if probabilities := wording.joined([*mine, *others]):
            yield probabilities
        if facts.explanation.prediction.target != facts.explanation.prediction.index:
            yield words["explained"].format(name=wording.bare(facts.target.name))
        if threshold := facts.text("threshold"):
            yield words["threshold"].format(value=threshold)
    if record := facts.text("truth"):
        yield words["record"].format(value=wording.bare(record))


def _together(text: str) -> str:
    """The text on one line; of a long one, its last two words."""
    kept = -1 if len(text) <= LINE else 1
    return "\u00a0".join(text.rsplit(" ", kept))


def _runners(facts: Facts) -> list[ClassFacts]:
    """The most probable classes beside the predicted one."""
    others = [c for c in facts.classes if c.id != facts.predicted.id and c.probability_value is not None]
    return sorted(others, key=lambda c: -(c.probability_value or 0.0))[:OTHERS]


def _checks(facts: Facts, wording: Wording) -> Iterator[str]:
    words = wording["checks"]
    made, passed = facts["checks.count"], facts["checks.passed"]
    if made.value == 0:
        yield words["none"]
        return
    if passed.value == made.value:
        yield words["only"] if made.value == 1 else words["all"].format(count=made.text)
        return
    frame = words["some"] if passed.value else words["only_failed"] if made.value == 1 else words["zero"]
    yield frame.format(passed=passed.text, count=made.text)
    rulings = [r for r in facts.explanation.grade.rulings if r.value is not None]
    for level in ("unreliable", "indicative"):
        names = [str(wording["metrics"].get(r.metric, r.metric)) for r in rulings if r.level == level]
        if names:
            frame = words["failed"] if level == "unreliable" else words["weak"]
            yield frame.format(names=facts.language.join(names))
            return


def _compared(facts: Facts) -> str:
    known, lexicon = facts.language.lexicon["baselines"], facts.language.lexicon
    frame = known.get(facts.explanation.provenance.baseline.name, known["own"])
    return capital(str(frame.format(one=facts.card.instance or lexicon["instance"]["one"])))


def _baseline(facts: Facts, wording: Wording) -> Iterator[str]:
    words = wording["glance"]
    if facts.explanation.provenance.baseline.name in ("median", "mean"):
        yield wording.baseline()
    if facts.regression:
        if value := facts.text("baseline.output"):
            yield words["baseline_value"].format(value=value)
        return
    read = facts.get("baseline.prediction")
    if read is not None:
        probability = facts.text(f"baseline.probability.{read.about}")
        frame = words["baseline_class_probability"] if probability else words["baseline_class"]
        yield frame.format(name=wording.bare(read.text), probability=probability)
