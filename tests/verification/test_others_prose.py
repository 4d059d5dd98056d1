"""What people write about decisions of four trades is judged as a careful reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.narrative import Narrative
from reporter.verification import verify
from reporter.verification.text import matching
from reporter.verification.text.wording import LONGEST
from tests import prose
from tests.verification import decisions
from tests.verification.decisions import HARD, NOT_READ, TOLD, WRITTEN, WRONG

FACTS = {name: facts_of(getattr(decisions, name)()) for name in WRITTEN}
SAMPLE, LOAN, HOUSE = (facts_of(make()) for make in (prose.sample, prose.loan, prose.house))


def verdict_of(narrative: Narrative) -> str:
    """The worst verdict of its sentences."""
    found = {sentence.verdict for sentence in narrative.sentences}
    return next((v for v in ("contradicted", "unverified", "supported") if v in found), "neutral")


def _written() -> Iterator[tuple[str, str, str]]:
    for decision, by_verdict in WRITTEN.items():
        for verdict, texts in by_verdict.items():
            for text in texts:
                yield decision, verdict, text


@pytest.mark.parametrize(("decision", "verdict", "text"), list(_written()))
def test_what_others_write_is_judged(decision: str, verdict: str, text: str) -> None:
    narrative = verify(text, FACTS[decision])
    wanted = "unverified" if text in NOT_READ else verdict
    assert verdict_of(narrative) == wanted, [(c.kind, c.verdict, c.reason) for c in narrative.claims]


def test_most_of_what_others_write_is_read() -> None:
    written = {text for _, verdict, text in _written() if verdict != "unverified"}
    assert written >= set(NOT_READ)
    assert len(NOT_READ) < 0.12 * len(written)


@pytest.mark.parametrize(("decision", "text"), [(name, text) for name, texts in HARD.items() for text in texts])
def test_what_is_true_and_hard_to_read_is_not_contradicted(decision: str, text: str) -> None:
    narrative = verify(text, FACTS[decision])
    assert verdict_of(narrative) != "contradicted", [(c.kind, c.verdict, c.reason) for c in narrative.claims]


@pytest.mark.parametrize(("decision", "text"), [(name, text) for name, texts in TOLD.items() for text in texts])
def test_no_sentence_of_a_true_letter_or_list_is_contradicted(decision: str, text: str) -> None:
    narrative = verify(text, FACTS[decision])
    assert verdict_of(narrative) != "contradicted", [(c.kind, c.verdict, c.reason) for c in narrative.claims]
    assert any(sentence.verdict == "supported" for sentence in narrative.sentences)


@pytest.mark.parametrize(("decision", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_what_is_wrong_is_not_supported(decision: str, text: str) -> None:
    assert verdict_of(verify(text, FACTS[decision])) in ("contradicted", "unverified")


# A sentence is supported only when all of it was read


@pytest.mark.parametrize(
    "text",
    [
        "Only the worst texture argues for malignant.",
        "The worst texture is the only reason.",
        "The worst texture is the only feature that speaks for malignant.",
        "Half of the worst texture argues for malignant.",
        "A third of the worst texture speaks for malignant.",
        "Most of the radius error speaks against malignant.",
        "All features argue for malignant.",
        "Every feature argues for malignant.",
        "None of the features argues against malignant.",
        "The worst texture barely speaks for malignant.",
        "The worst texture always speaks for malignant.",
        "The worst texture of the other breast speaks for malignant.",
        "The worst texture of 35.3 speaks for malignant since last year.",
        "The worst texture speaks for malignant and the shoe size against it.",
        "Like the weather, the worst texture speaks for malignant.",
    ],
)
def test_a_sentence_of_which_only_a_part_was_read_is_no_support(text: str) -> None:
    assert verdict_of(verify(text, SAMPLE)) in ("unverified", "contradicted")  # "only" and "all" are decided


def test_a_rank_with_the_value_between_is_read() -> None:
    assert verdict_of(verify("Worst texture (35.3) was the strongest reason.", SAMPLE)) == "supported"
    assert verdict_of(verify("Mean texture (19.1) was the strongest reason.", SAMPLE)) == "contradicted"


# What is true must not be contradicted


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("The probability is 95% for malignant and 5% for benign.", SAMPLE),
        ("The model says malignant with 95%, which leaves 5% for benign.", SAMPLE),
        ("There is a probability of 5% for benign.", SAMPLE),
        ("It gives 5% for benign.", SAMPLE),
        ("The probability is 47% for refused.", LOAN),
        ("53% approved, 47% refused.", LOAN),
        ("Worst texture adds 29%. Worst fractal dimension adds 15%. Together they make 44%.", SAMPLE),
        ("A typical sample would be benign with 90%.", SAMPLE),
        ("The baseline is benign (90%).", SAMPLE),
        ("A typical sample has a probability of 10% for malignant.", SAMPLE),
        ("For a typical sample the probability of malignant is only 10%.", SAMPLE),
        ("A typical house would cost 212,000 €.", HOUSE),
        ("The baseline is 212,000 €.", HOUSE),
    ],
)
def test_the_other_class_the_baseline_and_sums_are_read(text: str, facts: object) -> None:
    narrative = verify(text, facts)  # type: ignore[arg-type]
    assert verdict_of(narrative) == "supported", [(c.kind, c.verdict, c.reason) for c in narrative.claims]


@pytest.mark.parametrize(("given", "said"), [(0.94, "6%"), (0.944, "6%"), (0.937, "6%")])
def test_what_is_left_of_a_rounded_probability_is_the_other_class(given: float, said: str) -> None:
    explanation = Explanation.from_values(
        ["age"],
        [30.0],
        [1.0],
        prediction={"malignant": given, "benign": 1 - given},
        class_names=["malignant", "benign"],
    )
    assert verdict_of(verify(f"The probability is {said} for benign.", explanation)) == "supported"
    assert verdict_of(verify("The probability is 16% for benign.", explanation)) == "contradicted"


def test_the_record_of_a_value_is_held_against_the_record() -> None:
    explanation = replace(prose.house(), prediction=replace(prose.house().prediction, truth=141.0))
    assert verdict_of(verify("The record says 141.", explanation)) == "supported"
    assert verdict_of(verify("The record says 151.", explanation)) == "contradicted"
    assert verdict_of(verify("The record says 141.", HOUSE)) == "unverified"


@pytest.mark.parametrize(
    "text",
    [
        "Worst texture adds 29%. Worst fractal dimension adds 15%. Together they make 64%.",
        "The mean radius of the other sample was 13.1 mm.",
        "Before the treatment the mean radius was 13.1 mm.",
        "If the radius error spoke for malignant, the outcome would be clearer.",
        "Not the radius error speaks for malignant.",
        "The pathologist's verdict was benign, say the records of another hospital.",
        "The texture is 12.",
        "Worst texture is high. The smoothness speaks against malignant.",
        "Worst texture is high and the smoothness speaks against malignant.",
        "Worst texture is high, but smoothness speaks against it.",
    ],
)
def test_what_is_not_sure_is_not_contradicted(text: str) -> None:
    narrative = verify(text, SAMPLE)
    assert verdict_of(narrative) == "unverified", [(c.kind, c.verdict, c.reason) for c in narrative.claims]


# Nothing hangs


@pytest.mark.parametrize(
    "part",
    [
        "worst texture adds 15% and ",
        "e.g. ",
        '" " ',
        "9 ",
        "of the ",
        "the main reason ",
        "because of its ",
        "- a\n",
        "(",
    ],
)
def test_a_text_of_twenty_thousand_words_is_read_in_stretches(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    build = matching.Matching.__init__

    def counted(self: matching.Matching, masked: str, *given: object, **more: object) -> None:
        lengths.append(len(masked))
        build(self, masked, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(matching.Matching, "__init__", counted)
    text = part * (20_000 // max(1, len(part.split())))
    for published in (True, False):
        lengths.clear()
        assert verify(text, SAMPLE, published=published).sentences
        assert max(lengths) <= LONGEST
        assert sum(lengths) <= len(text) + LONGEST


def test_no_pattern_of_others_scans_a_long_run_of_spaces_twice() -> None:
    spaced = SAMPLE.language.code
    from reporter.verification.text.wording import wording

    for pattern in wording(spaced).wider:
        assert " *" not in re.sub(r"\[[^]]*\]|\\.", "", pattern.regex.pattern), pattern.text
