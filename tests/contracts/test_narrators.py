"""What every narrator keeps to, whoever it is."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from reporter.plugins import NARRATORS
from reporter.rewording import Writer
from reporter.slots import Plan
from reporter.telling import open_narrator, tell
from tests import prose


@pytest.fixture(params=NARRATORS.names())
def narrator(request: pytest.FixtureRequest) -> Any:
    return open_narrator(request.param)


def test_it_is_known_by_its_name(narrator: Any) -> None:
    assert isinstance(narrator, NARRATORS.load(narrator.name))
    assert narrator.description


def test_its_settings_are_fields_with_a_default(narrator: Any) -> None:
    assert is_dataclass(narrator)
    assert fields(narrator)
    with pytest.raises(AttributeError):
        setattr(narrator, fields(narrator)[0].name, None)


def test_it_writes_a_draft_or_sentences(narrator: Any) -> None:
    assert isinstance(narrator, Writer) != hasattr(narrator, "narrate")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_it_tells_holds(narrator: Any, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(narrator, Writer):  # a model need not be there

        def write(_: Any, plans: list[Plan], *, attempt: int, seconds: float) -> list[str]:
            return [plan.frame if number % 3 else "No." for number, plan in enumerate(plans)]

        monkeypatch.setattr(type(narrator), "prepare", lambda _: None)
        monkeypatch.setattr(type(narrator), "write", write)
    for explanation in (prose.sample(), prose.loan(), prose.house()):
        for audience in ("expert", "decision-maker", "affected"):
            narrative = tell(explanation, language=language, audience=audience, narrator=narrator).narrative
            assert narrative.supported
            assert {s.narrator for s in narrative.sentences} <= {narrator.name, "templated"}
