"""The ten narratives in samples/narratives are what is told today, and all that is told in them is true."""

from __future__ import annotations

import pytest

from benchmarks.prose.narratives import FOLDER, TOLD, texts
from reporter.explanation import Explanation
from reporter.telling import tell

TEXTS = dict(texts())


def test_there_are_ten_of_all_kinds() -> None:
    assert len(TEXTS) == 10
    assert {language for _, language, _ in TOLD} == {"en", "zh"}
    assert {audience for _, _, audience in TOLD} == {"affected", "decision-maker", "expert"}
    stored = {sample: Explanation.from_json(FOLDER / "explanations" / f"{sample}.json") for sample, _, _ in TOLD}
    assert {explanation.modality for explanation in stored.values()} == {"tabular", "image", "text", "sequence"}
    assert {path.name for path in FOLDER.glob("*.md")} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_a_narrative_is_as_it_was_written_down(name: str) -> None:
    """When a wording was meant to change, `python -m benchmarks.prose.narratives` writes them down again."""
    assert (FOLDER / name).read_text(encoding="utf-8") == TEXTS[name]


@pytest.mark.parametrize(("sample", "language", "audience"), TOLD)
def test_nothing_had_to_be_withheld(sample: str, language: str, audience: str) -> None:
    explanation = Explanation.from_json(FOLDER / "explanations" / f"{sample}.json")
    narrative = tell(explanation, language=language, audience=audience).narrative
    assert narrative.supported
    assert not narrative.withheld
