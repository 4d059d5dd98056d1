"""The texts of the first set, written by people who had not seen the lexicon, are judged as well as was measured."""

from __future__ import annotations

import pytest

from benchmarks.prose.corpus import TEXTS, texts_in
from benchmarks.prose.free import Score, judged


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """By language."""
    score = judged(texts_in(TEXTS / "first"))
    tongues = {each.text.language for each in score.judged}
    return {t: Score(tuple(each for each in score.judged if each.text.language == t)) for t in tongues}


@pytest.mark.parametrize(("language", "right"), [("en", 0.88), ("zh", 0.92)])
def test_texts_of_others_are_judged_rightly(scores: dict[str, Score], language: str, right: float) -> None:
    score = scores[language]
    assert score.right >= right  # as measured; each batch was read unseen once and then used to mend the reader
    assert score.alarms <= 0.02
    assert score.decided >= 0.3
    assert score.coverage >= 0.3


@pytest.mark.parametrize("kind", ["direction", "digit", "rank", "probability", "class"])
def test_errors_of_each_kind_are_found(scores: dict[str, Score], kind: str) -> None:
    caught, all_ = scores["en"].kinds[kind]
    assert caught >= 0.75 * all_
