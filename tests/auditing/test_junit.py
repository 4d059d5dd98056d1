"""JUnit XML as CI services read it: counts that add up, failures from the failing severity on, nothing XML refuses."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reporter.auditing.report.junit import clean, junit_of
from reporter.auditing.results import FailedItem, RunResult
from reporter.finding import Finding
from tests.auditing import nights

# What Jenkins' junit-10.xsd, which GitLab, GitHub actions and pytest's own files follow too, allows: attributes and
# children of each element, those with ! must be there.
SHAPE: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time", "disabled"}, {"testsuite"}),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "skipped", "time!", "timestamp!", "hostname", "id", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name!", "classname!", "time!", "status", "assertions"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"message!", "type!"}, set()),
    "error": ({"message!", "type!"}, set()),
    "system-out": (set(), set()),
}


def read(result: RunResult) -> ET.Element:
    return ET.fromstring(junit_of(result))


def check(element: ET.Element) -> None:
    attributes, children = SHAPE[element.tag]
    assert set(element.attrib) <= {name.rstrip("!") for name in attributes}
    assert {name.rstrip("!") for name in attributes if name.endswith("!")} <= set(element.attrib)
    for child in element:
        assert child.tag in children
        check(child)


@pytest.mark.parametrize("result", [nights.run(), nights.run(8), nights.run(0), nights.run(language="zh")])
def test_the_shape_is_the_common_one(result: RunResult) -> None:
    root = read(result)
    check(root)
    for suite in root:
        cases = suite.findall("testcase")
        names = [case.get("name") for case in cases]
        assert len(set(names)) == len(names)
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))


def test_one_case_for_each_check_and_each_failed_item() -> None:
    result = nights.run()
    (suite,) = read(result)
    assert suite.get("name") == "screening.breast-cancer"
    names = [case.get("name") for case in suite]
    assert names == [*result.checks, "rows 10000–20000"]
    assert (suite.get("errors"), suite.get("timestamp")) == ("1", "2026-11-21T01:00:04")
    (error,) = suite.iter("error")
    assert (error.get("type"), error.get("message")) == ("crash", "the worker ended by signal 11")


def test_findings_below_the_failing_severity_are_no_failures() -> None:
    result = replace(nights.run(), fail="critical")
    (suite,) = read(result)
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {each.check for each in result.findings if each.severity == "critical"}
    said = {case.get("name") for case in suite if case.find("system-out") is not None}
    assert said == {each.check for each in result.findings if each.severity != "critical"}
    assert read(nights.run(8)).get("failures") == "0"


def test_one_case_tells_all_its_findings() -> None:
    result = nights.run()
    (suite,) = read(result)
    (shares,) = (case for case in suite if case.get("name") == "shares")
    failure = shares.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert len(failure.text.splitlines()) == sum(each.check == "shares" for each in result.findings) > 1
    assert failure.text.startswith("Warning: Age weighs more than it did")


def test_what_belongs_to_no_study_is_told_too() -> None:
    result = nights.run(8)
    other = FailedItem("missing", "open", "no such file")
    changed = replace(result, failed=(other,), findings=(Finding("cost", "unknown", "warning"),))
    suites = {suite.get("name"): suite for suite in read(changed)}
    assert set(suites) == {"screening.breast-cancer", "screening.missing", "screening"}
    assert suites["screening"].find("testcase/failure") is not None
    assert suites["screening.missing"].find("testcase/error") is not None


def test_letters_that_xml_refuses() -> None:
    refused = "a\x00b\x08c\x1bd\ufffe\ud800"
    assert clean(refused) == "a\ufffdb\ufffdc\ufffdd\ufffd\ufffd"
    item = FailedItem(refused, refused, "]]>" + refused + "<&\"'")
    root = read(replace(nights.run(8), audit=refused, failed=(item,)))
    (error,) = root.iter("error")
    assert (error.text or "").startswith("]]>a\ufffdb")
    assert (error.text or "").endswith("<&\"'")
