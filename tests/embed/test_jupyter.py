"""Jupyter: a real notebook is run, converted and opened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reporter.explanation import Explanation
from reporter.formats.markdown import Markdown
from tests.browser import Browser
from tests.embed.sites import assert_intact, built
from tests.markup import parsed
from tests.reports import decision, told

CELLS = (
    "import reporter\nexplanation = reporter.Explanation.from_json('table.json')\nexplanation",
    "explanation.report(language='zh', audience='affected')",
    "explanation  # once more",
    "reporter.Explanation.from_json('digits.json').report(audience='decision-maker')",
    "reporter.Explanation.from_values(['income', 'age'], [42, 31], [1.4, -0.3], prediction={'yes': 0.8, 'no': 0.2})",
)
# What its page would fetch from elsewhere, for other notebooks than ours.
OFFLINE = ("--HTMLExporter.mathjax_url=", "--HTMLExporter.require_js_url=", "--HTMLExporter.mermaid_js_url=")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, stored: Path) -> Path:
    """A notebook with its outputs, in a folder with the explanations that it reads."""
    folder = tmp_path_factory.mktemp("notebook")
    shutil.copytree(stored, folder, dirs_exist_ok=True)
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"cell-{i}", "source": code, "outputs": [], "metadata": {}, "execution_count": None}
        for i, code in enumerate(CELLS)
    ]
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "plain.ipynb").write_text(json.dumps(made), encoding="utf-8")
    convert(folder / "plain.ipynb", "notebook", "--execute", "--output", "told.ipynb")
    return folder / "told.ipynb"


def convert(notebook: Path, form: str, *options: str) -> None:
    """Convert it with nbconvert, which must not touch anybody's own Jupyter."""
    own = str(notebook.parent / "own")
    variables = {"JUPYTER_RUNTIME_DIR": own, "JUPYTER_CONFIG_DIR": own, "IPYTHONDIR": own}
    command = ("nbconvert", "--to", form, *options, notebook.name)
    built(*command, folder=notebook.parent, variables=variables)


@pytest.mark.slow
def test_every_output_is_html_markdown_and_text(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [{kind: "".join(lines) for kind, lines in cell["outputs"][0]["data"].items()} for cell in cells]
    assert all(set(data) == {"text/html", "text/markdown", "text/plain"} for data in outputs)
    report = Explanation.from_json(notebook.parent / "table.json").report()
    assert outputs[0]["text/plain"] == report.text
    assert outputs[0]["text/markdown"] == Markdown(folded=False).render(report).decode()


@pytest.mark.slow
@pytest.mark.parametrize(("template", "theme"), [("lab", "light"), ("lab", "dark"), ("basic", "light")])
def test_fragments_look_in_a_notebook_as_they_look_alone(
    notebook: Path, browser: Browser, template: str, theme: str
) -> None:
    """A basic page is no document, and browsers read it by older rules."""
    page = notebook.with_name(f"{template}-{theme}.html")
    look = [] if template == "basic" else [f"--HTMLExporter.theme={theme}"]
    convert(notebook, "html", "--template", template, *OFFLINE, *look, "--output", page.name)
    assert_intact(browser, page.as_uri(), len(CELLS), scheme=theme)


@pytest.mark.slow
def test_converted_to_markdown_it_keeps_its_report(notebook: Path) -> None:
    convert(notebook, "markdown", "--NbConvertBase.display_data_priority=text/markdown")
    text = notebook.with_suffix(".md").read_text(encoding="utf-8")
    assert text.count("\n## ") == len(CELLS)
    assert "<section" not in text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pandoc") is None, reason="nbconvert writes LaTeX with pandoc, which is not here")
def test_converted_to_latex_it_is_a_document(notebook: Path) -> None:
    convert(notebook, "latex")
    text = notebook.with_suffix(".tex").read_text(encoding="utf-8")
    assert "begin{longtable}" in text
    assert "rx-h1" not in text


def test_shown_once_more_a_fragment_has_ids_of_its_own() -> None:
    explanation = decision(5)
    report = explanation.report()
    shown: list[str] = [report._repr_html_(), explanation._repr_html_(), report._repr_mimebundle_()["text/html"]]
    ids = [element.get("id") for element in parsed("".join(shown)).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_a_notebook_may_say_what_it_wants() -> None:
    wanted: dict[str, Any] = {"include": {"text/html"}, "exclude": None}
    bundle = told(decision(3))._repr_mimebundle_(**wanted)
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    assert "<" not in bundle["text/markdown"].replace("<!-- -->", "")
