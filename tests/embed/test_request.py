"""What a document asks for is read from text, and mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from reporter.embed.request import Request, request_from
from reporter.errors import UnknownName, UsageError

PATH = Path("told.json")


def test_nothing_asked_for_is_everything_as_the_study_has_it() -> None:
    assert request_from(PATH, {}) == Request(PATH, None, None, (), 2)
    assert request_from(PATH, {"language": "", "level": ""}) == Request(PATH)


def test_options_win_over_defaults() -> None:
    defaults = {"language": "zh", "sections": "table", "level": "4", "audience": ""}
    asked = request_from(PATH, {"language": "en", "sections": "why headline"}, defaults)
    assert asked == Request(PATH, "en", None, ("headline", "why"), 4)
    listed = request_from(PATH, {}, {"sections": ["table", "why"], "level": 3})
    assert listed == Request(PATH, None, None, ("why", "table"), 3)


def test_an_option_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"no option of an explanation called 'langage'; did you mean 'language'\?"):
        request_from(PATH, {"langage": "zh"})


def test_a_level_is_a_number() -> None:
    with pytest.raises(UsageError, match="no heading level 'h2'; 1 to 5"):
        request_from(PATH, {"level": "h2"})
