"""Every format that is registered draws every kind of report, the same each time, and reaches for nothing."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.plugins import FORMATS
from reporter.report import SUFFIXES, Report
from tests.reports import decision, everything

NAMES = FORMATS.names()
TEXTUAL = [name for name in NAMES if name not in ("pdf", "json")]
REPORTS = everything()
# A PDF takes a second: these hold what the others hold.
COSTLY = ("nothing known", "unreliable", "hostile")
DRAWN = [(name, kind) for name in NAMES for kind in (COSTLY if name == "pdf" else REPORTS)]


@cache
def rendered(name: str, kind: str) -> bytes:
    return REPORTS[kind].render(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_format_says_what_it_is(name: str) -> None:
    form = FORMATS.load(name)()
    assert dataclasses.fields(form) is not None
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        form.surprise = 1
    assert form.name == name
    assert form.suffix in SUFFIXES
    assert "/" in form.media_type
    assert form.description == form.description.strip().rstrip(".")
    assert form.description


def test_every_suffix_stands_for_a_format() -> None:
    assert set(SUFFIXES.values()) <= set(NAMES)


@pytest.mark.parametrize(("name", "kind"), DRAWN)
def test_it_draws_every_kind_of_report(name: str, kind: str) -> None:
    assert rendered(name, kind)


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, k in DRAWN if n != "pdf" or k == "unreliable"])
def test_it_draws_the_same_from_a_stored_explanation(name: str, kind: str) -> None:
    told = REPORTS[kind]
    again = Explanation.from_json(told.explanation.to_json().encode())
    assert again == told.explanation
    assert Report(facts_of(again, "en"), told.narrative).render(name) == rendered(name, kind)


@pytest.mark.parametrize("name", TEXTUAL)
@pytest.mark.parametrize("kind", [kind for kind in REPORTS if kind not in ("hostile", "no headline")])
def test_it_says_what_a_report_must_say(name: str, kind: str) -> None:
    report, shown = REPORTS[kind], rendered(name, kind).decode()
    headline = report.narrative.section("headline")
    assert headline is not None
    assert headline.text.rstrip(".") in shown
    assert report.facts.instance in shown
    assert {"solid": "Solid", "indicative": "Indicative", "unreliable": "Unreliable"}[report.facts.grade] in shown
    for feature in report.facts.features[:10]:
        assert feature.score in shown
        assert feature.value in shown
    assert report.facts.text("rest.net") in shown
    for sentence in report.narrative.sentences:
        assert sentence.reasons == () or sentence.reasons[0] in shown


@pytest.mark.parametrize("kind", REPORTS)
def test_json_is_read_back_and_leads_from_each_sentence_to_its_facts(kind: str) -> None:
    told, content = REPORTS[kind], rendered("json", kind)
    assert Explanation.from_json(content) == told.explanation
    twin = json.loads(content)
    sentences = [s for section in twin["narrative"]["sections"] for part in section["paragraphs"] for s in part]
    assert [s["text"] for s in sentences] == [s.text for s in told.narrative.sentences]
    assert [s["verdict"] for s in sentences] == [s.verdict for s in told.narrative.sentences]
    for sentence in sentences:
        assert (sentence["verdict"] == "supported") <= bool(sentence["facts"])
        assert set(sentence["facts"]) <= set(twin["facts"])
    assert all(fact["text"] == told.facts[name].text for name, fact in twin["facts"].items())


SCRIPT = """
import hashlib, sys
from reporter.explanation import Explanation
report = Explanation.from_json(sys.argv[1]).report()
for name in sys.argv[2:]:
    print(name, hashlib.sha256(report.render(name)).hexdigest())
assert not {"torch", "captum", "matplotlib"} & set(sys.modules), "rendering needs no model"
"""


def test_another_process_draws_the_same_without_torch(tmp_path: Path) -> None:
    stored = tmp_path / "explanation.json"
    decision(12).to_json(stored)
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT, str(stored), *NAMES],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        for seed in ("1", "2")
    ]
    assert [each.stderr for each in said] == ["", ""]
    assert said[0].stdout == said[1].stdout
    assert said[0].stdout.count("\n") == len(NAMES)
