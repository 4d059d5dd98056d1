"""Zensical: a real site is built, strict or not, again when an explanation changes, and opened."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.embed.sites import assert_intact, built, read, written
from tests.embed.test_mkdocs import DEEP, INDEX
from tests.markup import classed
from tests.reports import decision

pytestmark = pytest.mark.slow

CONFIG = """
[project]
site_name = "A site"
site_url = "http://127.0.0.1/"
use_directory_urls = false
watch = ["docs/told"]

[project.theme]
font = false
palette = [
    { media = "(prefers-color-scheme: light)", scheme = "default" },
    { media = "(prefers-color-scheme: dark)", scheme = "slate" },
]

[project.markdown_extensions.admonition]
[project.markdown_extensions."reporter.embed.markdown"]
base = "docs"
strict = true

[[project.markdown_extensions.pymdownx.superfences.custom_fences]]
name = "explanation"
class = "explanation"
format = "reporter.embed.markdown.fence"
validator = "reporter.embed.markdown.validate"
"""


def site(folder: Path, stored: Path, **pages: str) -> Path:
    """The sources of a site; paths begin at docs/, for all its pages."""
    files = pages or {"docs/index.md": INDEX, "docs/deep/page.md": DEEP.replace("../", "")}
    written(folder, {"zensical.toml": CONFIG, **files})
    shutil.copytree(stored, folder / "docs/told", dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, stored: Path) -> Path:
    """The built site."""
    folder = site(tmp_path_factory.mktemp("zensical"), stored)
    assert "No issues found" in built("zensical", "build", "--strict", folder=folder)
    return folder / "site"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fragments_look_in_a_site_as_they_look_alone(
    pages: Path, browser: Browser, served: Callable[[Path], str], scheme: str
) -> None:
    address = served(pages)
    assert_intact(browser, f"{address}/index.html", 2, scheme=scheme)
    assert_intact(browser, f"{address}/deep/page.html", 1, scheme=scheme)


def test_the_search_finds_what_is_told_and_no_style(pages: Path) -> None:
    text = (pages / "search.json").read_text(encoding="utf-8")
    assert "malignant" in text
    assert "rx.rx" not in text


def test_a_page_is_built_again_only_when_its_explanation_changes(tmp_path: Path, stored: Path) -> None:
    folder = site(tmp_path, stored)
    page = folder / "site/index.html"
    built("zensical", "build", folder=folder)
    first = page.read_text(encoding="utf-8")
    built("zensical", "build", folder=folder)
    assert page.read_text(encoding="utf-8") == first
    later = (folder / "docs/told/table.json").stat().st_mtime + 5
    decision(13).to_json(folder / "docs/told/table.json")
    os.utime(folder / "docs/told/table.json", (later, later))
    built("zensical", "build", folder=folder)
    assert page.read_text(encoding="utf-8") != first


def test_a_mistake_ends_a_build_that_is_to_be_strict(tmp_path: Path, stored: Path) -> None:
    block = "# A\n\n```explanation\npath: told/none.json\n```\n"
    folder = site(tmp_path, stored, **{"docs/index.md": block})
    assert "there is no explanation at docs/told/none.json" in built("zensical", "build", folder=folder, fails=True)
    lenient = CONFIG.replace("strict = true", "strict = false")
    written(folder, {"zensical.toml": lenient})
    assert "there is no explanation at docs/told/none.json" in built("zensical", "build", folder=folder)
    assert classed(read(folder / "site/index.html"), "explanation-error")
