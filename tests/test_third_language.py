"""A third language is a folder: German, with a template, a lexicon and how it states things, and no line of code."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from reporter.errors import UnknownName
from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.grade import Score
from reporter.language import languages
from reporter.report import Report
from reporter.telling import tell
from reporter.templating import templates_folder, templates_in, using
from reporter.verification import verify
from reporter.words import Words
from tests.explanations import TRUSTED, UNTRUSTED, explained

GERMAN = Path(__file__).parent / "german"
HEADINGS = {'why = "Why"': 'why = "Warum"', 'outcome = "Outcome"': 'outcome = "Ergebnis"', '"Evidence"': '"Belege"'}
ROWS = [[float(i), float(i), float(i)] for i in range(20)]
SAMPLE = {"gutartig": 0.061, "bösartig": 0.939}


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """A folder of templates with German in it: report headings begin as the English ones, translated as far as here."""
    folder = tmp_path / "narrative" / "de"
    shutil.copytree(GERMAN, folder)
    words = (templates_folder() / "narrative" / "en" / "words.toml").read_text(encoding="utf-8")
    for english, translated in HEADINGS.items():
        assert english in words
        words = words.replace(english, translated)
    (folder / "words.toml").write_text(words, encoding="utf-8")
    return tmp_path


def sample(scores: Sequence[Score] = TRUSTED) -> Explanation:
    words = {"alpha": Words("Radius", unit="mm"), "beta": Words("Rauheit"), "gamma": Words("Alter", unit="Jahre")}
    return explained([0.5, 0.3, -0.2], SAMPLE, values=[17.5, 3, 2], reference=ROWS, words=words, scores=scores)


def told(german: Path, scores: Sequence[Score] = TRUSTED) -> Report:
    return tell(sample(scores), language="de", audience="expert", templates=german)


def test_it_is_known_by_its_folder(german: Path) -> None:
    with using(templates_in(german)):
        assert languages() == ("de", "en", "zh")
    assert "de" not in languages()


def test_without_its_folder_it_is_unknown() -> None:
    with pytest.raises(UnknownName, match="no language called 'de'"):
        tell(sample(), language="de")


def test_it_is_told_and_checked_in_its_own_words(german: Path) -> None:
    narrative = told(german).narrative
    assert narrative.text == (
        "Das Modell hält Fall 1 für bösartig, mit einer Wahrscheinlichkeit von 93,9%.\n\n"
        "Am stärksten spricht Radius dafür: der Wert 17,5 mm ist höher als bei 90% der Vergleichsfälle und trägt 62% "
        "von allem, was für bösartig spricht. Dagegen spricht Alter."
    )
    assert narrative.supported
    assert {sentence.verdict for sentence in narrative.sentences} == {"supported"}


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("93,9%", "83,9%"),
        ("17,5 mm", "18,5 mm"),
        ("höher", "niedriger"),
        ("für bösartig,", "für gutartig,"),
        ("Radius dafür", "Rauheit dafür"),
        ("Dagegen spricht Alter", "Dagegen spricht Radius"),
        ("trägt 62%", "trägt 26%"),
        ("Dagegen spricht Alter", "Es regnet"),
    ],
)
def test_what_is_damaged_does_not_pass(german: Path, true: str, false: str) -> None:
    text = told(german).narrative.text
    assert true in text
    with using(templates_in(german)):
        facts = facts_of(sample(), "de")
        assert verify(text, facts, published=True).supported
        assert not verify(text.replace(true, false), facts, published=True).supported


def test_what_cannot_be_relied_on_is_said_so(german: Path) -> None:
    narrative = told(german, scores=UNTRUSTED).narrative
    assert narrative.supported
    assert "Diese Erklärung ist nicht zuverlässig." in narrative.text
    assert "Radius" not in narrative.text


def test_a_page_says_it_in_the_language(german: Path) -> None:
    page = told(german).render("page").decode()
    assert 'lang="de"' in page
    assert "Warum" in page
    assert "Ergebnis" in page
    assert "17,5" in page
    assert ">Why<" not in page
