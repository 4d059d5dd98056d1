"""Every check keeps the same promises: small, frozen, quiet when nothing changed, never at a loss for an odd night."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.language import languages
from reporter.noticing import called, told
from reporter.overview import Overview
from reporter.plugins import CHECKS
from reporter.storing import refuse_unstorable
from tests.checks import odd
from tests.checks.overviews import SCENES, nights, overview, values

NAMES = CHECKS.names()
BUILT_IN = list(CHECKS.built_in)
READABLE = 6  # findings of one check, the one that counts the rest included, beside those of no weight


@pytest.fixture(params=NAMES)
def check(request: pytest.FixtureRequest) -> Any:
    return CHECKS.load(request.param)()


def speaks(check: Any, comparison: Comparison) -> list[Finding]:
    return list(check.compare(comparison))


def test_it_is_a_frozen_dataclass_that_says_what_it_is(check: Any) -> None:
    kind = type(check)
    assert is_dataclass(kind)
    with pytest.raises(AttributeError):
        check.severity = "info"
    assert kind.__doc__
    assert check.description[0].islower()
    assert not check.description.endswith(".")
    assert check.severity in get_args(Severity)
    assert fields(kind)[0].name == "severity"
    assert all(each.name in ("severity", "alpha", "seed") or not isinstance(each.default, float)
               or each.default > 0 for each in fields(kind))  # fmt: skip


@pytest.mark.parametrize("name", BUILT_IN)
def test_its_name_is_that_of_its_plug_in(name: str) -> None:
    assert CHECKS.load(name).name == name


def test_it_is_quiet_when_nothing_changed(check: Any) -> None:
    for night in (overview(), values()):
        assert speaks(check, Comparison(night, night, nights(9))) == []


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - {"columns", "protected"}))
def test_it_says_nothing_without_a_reference(name: str) -> None:
    check = CHECKS.load(name)()
    for scenes in SCENES.values():
        for scene in scenes.values():
            assert speaks(check, Comparison(scene().after)) == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_kind_of_finding_can_be_had(name: str) -> None:
    check = CHECKS.load(name)()
    for kind, scene in SCENES[name].items():
        found = speaks(check, scene())
        assert kind in {finding.kind for finding in found}, found


def test_what_it_says_can_be_kept_and_read_again(check: Any) -> None:
    for scenes in SCENES.values():
        for scene in scenes.values():
            found = speaks(check, scene())
            assert len([each for each in found if each.severity != "info"]) <= READABLE + 1
            assert len({each.id for each in found}) == len(found)
            for finding in found:
                assert finding.check == check.name
                assert finding.study == "credit"
                refuse_unstorable(finding, "finding")
                assert json.loads(json.dumps(finding.values)) == finding.values


def test_a_severity_of_ones_own_is_kept(check: Any) -> None:
    own = replace(check, severity="info")
    for scene in SCENES.get(check.name, {}).values():
        usual, lighter = speaks(check, scene()), speaks(own, scene())
        assert [each.kind for each in usual] == [each.kind for each in lighter]
        for one, other in zip(usual, lighter, strict=True):
            assert other.severity == ("info" if one.severity == check.severity else one.severity) or one.kind == "more"


def test_it_answers_the_same_each_time(check: Any) -> None:
    for scene in SCENES.get(check.name, {}).values():
        assert speaks(check, scene()) == speaks(check, scene())


@pytest.mark.parametrize("name", sorted(odd.NIGHTS))
def test_odd_nights_are_no_trouble(check: Any, name: str) -> None:
    night = odd.NIGHTS[name]()
    for before, after in ((night, overview()), (overview(), night), (night, night), (None, night)):
        for finding in speaks(check, Comparison(after, before, (night,) * 6)):
            _sentences(finding)
    assert speaks(check, Comparison(night, night)) == [] or name in ("nothing at all", "no rows", "protected alone")


@settings(max_examples=60, deadline=None)
@given(before=odd.overviews(), after=odd.overviews(), data=st.data())
def test_any_two_nights_can_be_compared(before: Overview, after: Overview, data: st.DataObject) -> None:
    check = CHECKS.load(data.draw(st.sampled_from(NAMES)))()
    for finding in speaks(check, Comparison(after, before, (before,) * data.draw(st.integers(0, 6)))):
        refuse_unstorable(finding, "finding")
        _sentences(finding)


def _sentences(finding: Finding) -> None:
    for language in languages():
        text = told(finding, language)
        assert text
        assert "nan" not in text.casefold().split()
        assert not any(isinstance(value, float) and not math.isfinite(value) for value in finding.values.values())


def test_every_check_has_a_name_for_people() -> None:
    for language in languages():
        names = [called(name, language) for name in BUILT_IN]
        assert len(set(names)) == len(names)
        assert called("one-of-mine", language) == "one-of-mine"
