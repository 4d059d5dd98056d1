"""Checks as an audit file asks for them: which are on, their settings, and what they cannot be set to."""

from __future__ import annotations

from typing import Any

import pytest

from reporter.auditing.checking import checks_of, findings_of
from reporter.auditing.file import audit_from
from reporter.checks.inputs import InputDrift
from reporter.comparison import Comparison
from reporter.errors import AuditError, ReporterError
from reporter.plugins import CHECKS
from tests.checks.overviews import SCENES


def asked(**checks: Any) -> tuple[Any, ...]:
    return checks_of(audit_from({"studies": {"credit": {"study": "credit"}}, "checks": checks}))


def test_all_are_on_with_their_own_settings_unless_told_otherwise() -> None:
    assert [check.name for check in asked()] == CHECKS.names()
    assert asked()[CHECKS.names().index("inputs")] == InputDrift()


def test_one_is_turned_off_and_one_is_set() -> None:
    found = {check.name: check for check in asked(cost={"on": False}, inputs={"severity": "info", "smallest": 0.25})}
    assert "cost" not in found
    assert found["inputs"] == InputDrift(severity="info", smallest=0.25)


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"inputs": {"alpha": 5}}, r"checks\.inputs\.alpha = 5; a chance between 0 and 1, such as 0\.002"),
        ({"inputs": {"alpha": 0}}, "a chance between 0 and 1"),
        ({"inputs": {"alpha": "often"}}, r"checks\.inputs\.alpha = 'often'; a value such as 0\.002"),
        ({"inputs": {"smallest": -1}}, "a number from 0, such as 0.1"),
        ({"cost": {"floor": float("nan")}}, "a number from 0"),
        ({"cost": {"nights": 5.5}}, "a value such as 5"),
        ({"cost": {"nights": True}}, "a value such as 5"),
        ({"ranks": {"draws": 10}}, "10 draws cannot show a chance"),
        ({"inputs": {"alhpa": 0.1}}, "has no setting 'alhpa'; did you mean 'alpha'"),
        ({"imputs": {}}, "no check called 'imputs'; did you mean 'inputs'"),
        ({"inputs": {"severty": "info"}}, "did you mean 'severity'"),
        ({"inputs": {"name": "other"}}, "has no setting 'name'; it has: alpha, smallest, smallest_share"),
    ],
)
def test_what_cannot_be_set_is_said_in_one_line(checks: dict[str, Any], said: str) -> None:
    with pytest.raises(ReporterError, match=said) as caught:
        asked(**checks)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"language": "xx"}, "no language called 'xx'; known: en, zh"),
        ({"studies": {"one": {"study": ".", "method": "integrated"}}}, "no method called 'integrated'"),
        ({"studies": {"one": {"study": ".", "attributions": "all"}}}, "attributions: must hold {slot:…}"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(given: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        audit_from({"studies": {"one": {"study": ".", "method": "auto"}}, **given}, name="audit.toml")


def test_findings_are_of_the_study_in_the_order_of_the_checks() -> None:
    scene: Comparison = SCENES["performance"]["accuracy"]()
    found = findings_of(asked(), scene)
    assert [(each.check, each.study) for each in found] == [("performance", "credit")]
