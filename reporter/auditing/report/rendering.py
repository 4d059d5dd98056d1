"""The reports of one run: a page, a PDF, Markdown, JSON and JUnit XML, written into the folder of the night."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reporter.auditing.report.junit import junit_of
from reporter.auditing.report.layout import sheet_of
from reporter.auditing.report.phrases import phrases
from reporter.auditing.results import RunResult
from reporter.errors import UnknownName
from reporter.formats.markdown import markdown_environment
from reporter.formats.page import PAPERS
from reporter.formats.pdf import pdf_of
from reporter.look import look
from reporter.storing import dumped
from reporter.templating import Templates, current, report_environment, templates_in, using
from reporter.writing import make_folder, write

VERSION = 1
ELSEWHERE = "choose another [outputs].folder"
FILES = {"html": "report.html", "pdf": "report.pdf", "json": "report.json", "md": "report.md", "junit": "junit.xml"}


def write_reports(
    result: RunResult, folder: Path, formats: Sequence[str], templates: str | Path | Templates | None = None
) -> list[Path]:
    """Write a run's reports, each whole or not at all, into a folder that is made where it is absent.

    Nothing is written unless all could be rendered. Raises UnknownName (format, language), OutputError,
    MissingDependency (PDF), and OwnTemplateError for a mistake in a folder of templates.
    """
    for name in formats:
        if name not in FILES:
            raise UnknownName("format of an audit", name, FILES)
    with using(templates if isinstance(templates, Templates) else templates_in(templates)):
        made = [(folder / FILES[name], render(result, name)) for name in dict.fromkeys(formats)]
    make_folder(folder, ELSEWHERE)
    for path, content in made:
        write(path, content)
    return [path for path, _ in made]


def render(result: RunResult, name: str) -> bytes:
    """One report of a run: html, pdf, json, md or junit."""
    if name == "json":
        return json_of(result).encode()
    if name == "junit":
        return junit_of(result)
    if name == "md":
        return markdown_of(result).encode()
    if name == "pdf":
        words = phrases(result.language).tongue.words["document"]
        return pdf_of(html_of(result, "paper"), words)
    return html_of(result, "page").encode()


def html_of(result: RunResult, medium: Literal["page", "paper"], paper: str = "a4") -> str:
    """The report as a whole HTML document, with no script in it."""
    template = report_environment().get_template("report/audit.html.j2")
    return template.render(
        look=look(), sheet=sheet_of(result), medium=medium, paper=PAPERS[paper], p="rx", level=1, script="", policy=""
    )


def markdown_of(result: RunResult) -> str:
    """The report as GitHub-flavoured Markdown; what is drawn stands there in numbers."""
    template = markdown_environment(current()).get_template("report/audit.md.j2")
    text = template.render(look=look(), sheet=sheet_of(result))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def json_of(result: RunResult) -> str:
    """All numbers of the run, versioned, with its verdict and findings as they are told."""
    say, sheet = phrases(result.language, result.zone), sheet_of(result)
    content = json.loads(dumped(result))
    content["findings"] = [
        {"id": finding.id, "told": say.sentence(finding), **stored}
        for finding, stored in zip(result.findings, content["findings"], strict=True)
    ]
    told = {"headline": sheet.headline, "lead": list(sheet.lead), "worst": result.worst, "failing": result.failing}
    return json.dumps({"version": VERSION, "kind": "audit", **told, **content}, ensure_ascii=False, indent=1) + "\n"
