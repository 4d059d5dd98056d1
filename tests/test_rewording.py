"""Rewording: what a writer does well is published as its own; whatever it does ill, the report is told all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from reporter.explanation import Explanation
from reporter.narrative import Narrative
from reporter.planning import plan_of
from reporter.slots import Plan, fill, is_digit
from reporter.telling import tell
from reporter.verification import verify
from tests import prose
from tests.explanations import TRUSTED, explained
from tests.parts import a_part
from tests.strategies import an_explanation


@dataclass
class Told:
    """A writer that answers by a function of the plan and the attempt."""

    answer: Callable[[Plan, int], str]
    name: str = "language-model"
    model_name: str = "tests/told"
    seconds: float = 60.0
    asked: list[int] = field(default_factory=list)

    def prepare(self) -> None:
        """Nothing to load."""

    def write(self, plans: Sequence[Plan], *, attempt: int, seconds: float) -> list[str]:
        self.asked.append(len(plans))
        return [self.answer(plan, attempt) for plan in plans]


def echo(plan: Plan, attempt: int) -> str:
    return plan.frame


def told(writer: Any, explanation: Explanation | None = None, **settings: Any) -> Narrative:
    return tell(explanation or prose.sample(), narrator=writer, **settings).narrative


def held(narrative: Narrative, plain: Narrative) -> None:
    """What is published is supported or neutral, and holds no digit that the templates would not write."""
    assert narrative.supported
    assert all(s.verdict in ("supported", "neutral") for s in narrative.sentences)
    assert len(narrative.sentences) == len(plain.sentences)
    for mine, theirs in zip(narrative.sentences, plain.sentences, strict=True):
        numbers = re.compile(r"[\d.,]*\d")
        assert set(numbers.findall(mine.text)) <= set(numbers.findall(theirs.text))
        assert sum(map(is_digit, mine.text)) <= 3 * sum(map(is_digit, theirs.text))


def test_a_good_writer_is_published_and_named() -> None:
    narrative = told(Told(echo))
    assert narrative.drafting is not None
    assert narrative.drafting.first == narrative.drafting.drafted == narrative.drafting.written > 10
    assert narrative.drafting.replaced == 0
    assert narrative.narrator == "language-model"
    facts = tell(prose.sample()).facts
    for sentence in narrative.sentences:
        assert sentence.narrator == ("language-model" if plan_of(sentence, facts) else "templated")
    assert {s.narrator for s in narrative.sentences if s.verdict == "neutral"} == {"templated"}


def test_words_of_its_own_are_published() -> None:
    def reworded(plan: Plan, attempt: int) -> str:
        return plan.frame.replace("Read as {1}, with a probability of {2}", "With a probability of {2}, read as {1}")

    narrative = told(Told(reworded))
    assert narrative.drafting is not None
    assert narrative.drafting.own == 1
    assert narrative.text.startswith("With a probability of 94.6%, read as malignant.")
    assert narrative.sentences[0].narrator == "language-model"


def test_what_fails_is_written_once_more_and_then_put_back() -> None:
    def faltering(plan: Plan, attempt: int) -> str:
        if "probability" in plan.frame:
            return "It is so."
        return plan.frame if attempt or "most" not in plan.frame else "{1} is best."

    writer = Told(faltering)
    narrative, plain = told(writer), told("templated")
    assert narrative.drafting is not None
    assert narrative.drafting.second > 0
    assert narrative.drafting.replaced == 1
    assert len(writer.asked) == 2
    assert writer.asked[1] == narrative.drafting.second + 1
    assert narrative.text == plain.text
    assert narrative.sentences[0].narrator == "templated"
    held(narrative, plain)


@pytest.mark.parametrize(
    "answer",
    [
        lambda plan: plan.frame.replace("most", "least"),  # contradicts
        lambda plan: plan.frame[:-1] + ", which the doctors confirmed.",  # adds what no fact decides
        lambda plan: plan.frame[:-1] + "; nothing else is certain.",
        lambda plan: f"{plan.frame} It is so.",  # two sentences
        lambda plan: "In short: " + plan.frame,
        lambda plan: "- " + plan.frame,  # an item of a list, whose mark would be lost
        lambda plan: "It may be that " + plan.frame,
        lambda plan: re.sub(r"\{(\d+)\w?\}", lambda m: f"{{{m[1]}}}{{{m[1]}}}", plan.frame),
        lambda plan: " and ".join(f"{{{slot.number}}}" for slot in plan.slots) + ".",
        lambda plan: plan.frame.replace("{1}", "the model"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_not_published(answer: Callable[[Plan], str]) -> None:
    narrative, plain = told(Told(lambda plan, _: answer(plan))), told("templated")
    held(narrative, plain)
    assert {s.text for s in narrative.sentences if s.narrator == "language-model"} <= {s.text for s in plain.sentences}


LESS = "Compared with {baseline}, {feature} ({value}, {place}) supplies {share} of everything that {direction} {class}."


def test_a_sentence_that_leaves_out_a_fact_is_put_back() -> None:
    """It holds by itself, but says less: not that the feature is the strongest."""
    lesser: list[str] = []

    def less(plan: Plan, attempt: int) -> str:
        by = {slot.kind: f"{{{slot.number}}}" for slot in plan.slots}
        if by.keys() == {"baseline", "direction", "class", "feature", "value", "place", "share"}:
            lesser.append(fill(LESS.format(**by), plan).text)
            return LESS.format(**by)
        return plan.frame

    report = tell(prose.sample(), narrator=Told(less))
    assert lesser
    assert not verify(lesser[0], report.facts, published=True).failures
    assert report.text == told("templated").text
    assert report.narrative.drafting is not None
    assert report.narrative.drafting.replaced == 1


def test_more_than_half_failing_leaves_the_templates_alone() -> None:
    narrative, plain = told(Told(lambda plan, _: plan.frame if len(plan.slots) > 4 else "No.")), told("templated")
    assert narrative.drafting is not None
    assert narrative.drafting.whole
    assert narrative.drafting.written == 0
    assert narrative.drafting.first > 0
    assert narrative.sections == plain.sections
    assert narrative.narrator == "templated"


@pytest.mark.parametrize(
    ("error", "stopped"),
    [
        (MemoryError(), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (ValueError("/secret/place is\nbroken"), "error"),
        (KeyError(3), "error"),
    ],
)
def test_a_writer_that_raises_loses_no_report(error: Exception, stopped: str) -> None:
    def raising(plan: Plan, attempt: int) -> str:
        raise error

    narrative, plain = told(Told(raising)), told("templated")
    assert narrative.sections == plain.sections
    assert narrative.drafting is not None
    assert narrative.drafting.stopped == stopped
    assert narrative.drafting.whole
    assert "\n" not in narrative.drafting.problem
    report = tell(prose.sample(), narrator=Told(raising))
    assert "/secret" not in report.to_html() + report.to_markdown() + report.render("json").decode()
    why = {"memory": "memory ran out", "error": "it failed"}[stopped]
    assert f"The model did not come to an end: {why}." in report.to_html()


def test_a_writer_that_raises_in_the_second_attempt_keeps_the_first() -> None:
    def later(plan: Plan, attempt: int) -> str:
        if attempt:
            raise MemoryError
        return plan.frame if len(plan.slots) < 4 else "No."

    narrative = told(Told(later))
    assert narrative.drafting is not None
    assert narrative.drafting.stopped == "memory"
    assert narrative.drafting.first == narrative.drafting.written > 5


def test_a_writer_without_time_is_not_asked() -> None:
    writer = Told(echo, seconds=0.0)
    narrative = told(writer)
    assert writer.asked == []
    assert narrative.drafting is not None
    assert narrative.drafting.stopped == "time"


def test_fewer_answers_than_asked_are_failures() -> None:
    class Short(Told):
        def write(self, plans: Sequence[Plan], *, attempt: int, seconds: float) -> list[str]:
            return super().write(plans, attempt=attempt, seconds=seconds)[:-1]

    narrative = told(Short(echo))
    assert narrative.drafting is not None
    assert narrative.drafting.replaced == 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("seed", range(5))
def test_every_plan_can_be_said(seed: int, language: str) -> None:
    for make in (an_explanation, a_part):
        for audience in ("expert", "decision-maker", "affected"):
            plain = tell(make(seed), language=language, audience=audience).narrative
            narrative = tell(make(seed), language=language, audience=audience, narrator=Told(echo)).narrative
            assert narrative.text == plain.text
            assert narrative.drafting is not None
            assert plain.failures or narrative.drafting.replaced == 0


def test_an_unreliable_explanation_gives_no_reasons_whoever_writes() -> None:
    from tests.explanations import UNTRUSTED

    shaky = explained([3.0, -1.0, 0.5], scores=UNTRUSTED)

    def reasons(plan: Plan, attempt: int) -> str:
        return "Chiefly because of alpha."

    narrative = told(Told(reasons), shaky)
    held(narrative, told("templated", shaky))
    assert "because" not in narrative.text
    assert not any(s.narrator == "language-model" for s in narrative.sentences if "not reliable" in s.text)


def test_all_formats_say_who_wrote_what() -> None:
    explanation = explained([3.0, -1.0, 0.5, 0.2], scores=TRUSTED)
    report = tell(explanation, narrator=Told(lambda plan, _: plan.frame if "probability" not in plan.frame else "No."))
    drafting = report.narrative.drafting
    assert drafting is not None
    account = f"Of {drafting.drafted} sentences that rest on facts, {drafting.written} were written by a language model"
    for shown in (report.to_html(), report.to_html(fragment=True), report.to_markdown()):
        assert account in " ".join(shown.split())
        assert "language model" in shown.replace(account, "")
        assert "templates" in shown.replace(account, "")
    stored = report.render("json").decode()
    assert '"drafting"' in stored
    assert f'"written": {drafting.written}' in stored
    assert '"narrator": "language-model"' in stored
    plain = tell(explanation)
    assert "language model" not in plain.to_html()
    assert '"drafting"' not in plain.render("json").decode()


def test_a_chinese_report_says_it_in_chinese() -> None:
    report = tell(explained([3.0, -1.0, 0.5, 0.2], scores=TRUSTED), language="zh", narrator=Told(echo))
    assert "句由语言模型（tests/told）写成" in report.to_html()
