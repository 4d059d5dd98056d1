"""The environments: what is put out is escaped, and a name that does not exist is an error."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from reporter.templating import marked_environment, prose_environment, report_environment, templates_folder


def test_templates_are_found_beside_the_package() -> None:
    assert {"report", "narrative"} <= {path.name for path in templates_folder().iterdir()}


def test_pages_escape_and_prose_does_not() -> None:
    given = '<b title="x">'
    assert report_environment().from_string("{{ given }}").render(given=given) == "&lt;b title=&#34;x&#34;&gt;"
    assert prose_environment().from_string("{{ given }}").render(given=given) == given


def test_another_markup_escapes_in_its_own_way() -> None:
    environment = marked_environment(lambda text: text.replace("*", r"\*"))
    template = environment.from_string("{% macro m(x) %}*{{ x }}*{% endmacro %}{{ m(given) }} {{ safe }} {{ 1 }} <")
    assert template.render(given="a*<b>", safe=Markup("**")) == r"*a\*<b>* ** 1 <"


@pytest.mark.parametrize("environment", [report_environment(), prose_environment(), marked_environment(str)])
def test_an_unknown_name_is_an_error(environment: object) -> None:
    with pytest.raises(UndefinedError):
        environment.from_string("{{ nothing }}").render()  # type: ignore[attr-defined]


def test_a_text_is_never_a_template() -> None:
    assert report_environment().from_string("{{ given }}").render(given="{{ 7 * 7 }}") == "{{ 7 * 7 }}"
