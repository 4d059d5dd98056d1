"""Templates of strangers: what they may not do, that they come to an end, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from reporter.errors import OwnTemplateError
from reporter.report import Report
from reporter.templating import report_environment, templates_in, using
from tests.reports import decision, told


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.sandbox.SECONDS", 0.5)


@pytest.fixture(scope="module")
def report() -> Report:
    return told(decision(4))


def page(folder: Path, report: Report, body: str) -> str:
    """The page whose body is this template."""
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "body.html.j2").write_text(body, encoding="utf-8")
    return report.to_html(templates=folder)


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'report/body.html.j2' %}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ [0] * 10 ** 9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% set n = namespace(s='x' * 1000) %}{% for a in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% set n = namespace(s='x' * 1000) %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% set n = namespace(s='x' * 1000) %}{% for a in range(9) %}{% set n.s = n.s|replace('x', n.s) %}{% endfor %}",
        "{{ range(99999)|map('replace', '1', 'x' * 99999)|join }}",
        "{{ 'x'.ljust(10 ** 9) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 1|round(10 ** 9) }}{{ 'a b'|truncate(10 ** 9) }}",
        "{{ range(10 ** 9)|list }}",
        "{{ sheet.model|center(10 ** 9) }}",
    ],
)
def test_what_would_not_end_or_fit_is_stopped(body: str, tmp_path: Path, report: Report) -> None:
    with pytest.raises(OwnTemplateError, match=r"^report/body\.html\.j2, line 1: "):
        page(tmp_path, report, body)


@pytest.mark.parametrize(
    "body",
    [
        "{{ sheet.__class__ }}",
        "{{ sheet.wording.facts.explanation.to_json('stolen.json') }}",
        "{{ sheet.wording.facts.explanation.report() }}",
        "{{ sheet.wording.explanation.from_json('x') }}",
        "{{ sheet.wording.facts.language.templates.folder }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ '{0.__class__}'.format(sheet) }}",
        "{{ sheet.wording.scale.__func__.__globals__ }}",
        "{{ self._TemplateReference__context.environment }}",
        "{{ cycler.__init__.__globals__.os.listdir('/') }}",
        "{{ sheet.wording.facts.language.words.clear() }}",
        "{{ sheet.wording.facts.language.lexicon.numbers.words.append('x') }}",
        "{% include '../../../../etc/hostname' %}",
        "{% include '/etc/hostname' %}",
        "{% include 'outside.txt' %}",
        "{% import 'os' as os %}",
    ],
)
def test_nothing_can_be_reached_but_what_is_given(body: str, tmp_path: Path, report: Report) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    (own / "outside.txt").symlink_to(outside)
    with pytest.raises(OwnTemplateError):
        page(own, report, body)
    assert not list(tmp_path.rglob("stolen.json"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n\n{{ sheet.titel }}", r"report/body\.html\.j2, line 3: .*'titel'"),
        ("\n{% if %}", r"report/body\.html\.j2, line 2: Expected an expression"),
        ("{{ sheet.model|bold }}", r"report/body\.html\.j2, line 1: No filter named 'bold'"),
        ("\n{% include 'report/none.j2' %}", r"report/body\.html\.j2, line 2: there is no template 'report/none\.j2'"),
        ("{{ 1 / 0 }}", r"report/body\.html\.j2, line 1: division by zero"),
        ("{{ sheet.model() }}", r"report/body\.html\.j2, line 1: not allowed in a template"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(body: str, said: str, tmp_path: Path, report: Report) -> None:
    with pytest.raises(OwnTemplateError, match=f"^{said}") as caught:
        page(tmp_path, report, body)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_it_puts_out_is_escaped_and_ours_can_be_built_upon(tmp_path: Path, report: Report) -> None:
    shown = page(tmp_path, report, '{% include "original/report/body.html.j2" %}<p>{{ "<script>" }}</p>')
    assert "&lt;script&gt;" in shown
    assert shown.count("<h1") == 1


def test_a_list_of_its_own_can_grow(tmp_path: Path, report: Report) -> None:
    body = "{% set l = [] %}{% for a in range(3) %}{% set _ = l.append(a) %}{% endfor %}<p>{{ l|join('-') }}</p>"
    assert "<p>0-1-2</p>" in page(tmp_path, report, body)


def test_a_mistake_that_is_not_of_a_template_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with pytest.raises(ZeroDivisionError), using(templates_in(tmp_path)):
        1 / 0  # noqa: B018


def test_outside_of_a_report_there_is_no_budget(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with using(templates_in(tmp_path)):
        environment = report_environment()
    assert environment.from_string("{% for a in range(3) %}{{ a }}{% endfor %}").render() == "012"
