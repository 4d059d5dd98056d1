"""JUnit XML of one run, for CI services: one testcase for each study and check, one for each item that failed.

Findings that fail the run are failures, those below stand in system-out; failed items are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree as ET

from reporter.auditing.report.phrases import Phrases, phrases
from reporter.auditing.results import FailedItem, RunResult
from reporter.finding import Finding, at_least, by_severity

_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def junit_of(result: RunResult) -> bytes:
    """The run as JUnit XML, in UTF-8."""
    say = phrases(result.language, result.zone)
    studies = list(result.overviews)
    others = [*(f.study for f in result.findings), *(item.study for item in result.failed)]
    suites = [_suite(say, result, study) for study in dict.fromkeys([*studies, *others])]
    root = ET.Element("testsuites", {"name": clean(result.audit), **_sums(suites), "time": f"{result.seconds:.3f}"})
    root.extend(suites)
    ET.indent(root, " ")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def clean(text: str) -> str:
    """A text without the characters that no XML can hold."""
    return _REFUSED.sub("\ufffd", text)


def _suite(say: Phrases, result: RunResult, study: str) -> ET.Element:
    name = f"{result.audit}.{study}" if study else result.audit
    own = [finding for finding in result.findings if finding.study == study]
    checks = [*(result.checks if study in result.overviews else ()), *(finding.check for finding in own)]
    cases = [_case(say, result, name, check, (f for f in own if f.check == check)) for check in dict.fromkeys(checks)]
    cases += [_failed(name, item) for item in result.failed if item.study == study]
    now = result.overviews.get(study)
    seconds = now.cost.seconds if now else 0.0
    when = (result.started or result.slot).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
    }
    suite = ET.Element("testsuite", {"name": clean(name), **counts, "time": f"{seconds:.3f}", "timestamp": when})
    suite.extend(cases)
    return suite


def _case(say: Phrases, result: RunResult, suite: str, check: str, findings: Iterable[Finding]) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(suite), "name": clean(check), "time": "0.000"})
    ordered = by_severity(findings)
    failing = [finding for finding in ordered if at_least(finding.severity, result.fail)]
    rest = [finding for finding in ordered if finding not in failing]
    if failing:
        said = {"message": clean(say.sentence(failing[0])), "type": failing[0].severity}
        ET.SubElement(case, "failure", said).text = clean(_lines(say, failing))
    if rest:
        ET.SubElement(case, "system-out").text = clean(_lines(say, rest))
    return case


def _lines(say: Phrases, findings: Iterable[Finding]) -> str:
    colon = str(say.tongue.words["document"]["colon"])
    return "\n".join(f"{say.severity(each.severity)}{colon}{say.sentence(each)}" for each in findings)


def _failed(suite: str, item: FailedItem) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(suite), "name": clean(item.key), "time": f"{item.seconds:.3f}"})
    ET.SubElement(case, "error", {"message": clean(item.problem), "type": item.cause}).text = clean(item.problem)
    return case


def _sums(suites: list[ET.Element]) -> dict[str, str]:
    return {
        name: str(sum(int(suite.get(name, "0")) for suite in suites))
        for name in ("tests", "failures", "errors", "skipped")
    }
