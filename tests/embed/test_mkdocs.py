"""MkDocs: a real site is built, strict or not, and opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.embed.sites import assert_intact, built, read, written
from tests.markup import classed, headings

pytestmark = pytest.mark.slow

# With a colour mode and without highlight.js the theme reaches for a style sheet of the latter.
THEIRS = ("Cannot set properties of null (setting 'disabled')",)
CONFIG = """
site_name: A site
theme: {name: mkdocs, color_mode: auto, highlightjs: false}
use_directory_urls: false
markdown_extensions:
  - admonition
  - reporter.embed.markdown:
      base: !relative
  - pymdownx.superfences:
      custom_fences:
        - name: explanation
          class: explanation
          format: !!python/name:reporter.embed.markdown.fence
          validator: !!python/name:reporter.embed.markdown.validate
"""
INDEX = """# Decisions

Before.

```explanation
path: told/table.json
```

!!! note

    ```explanation
    path: told/digits.json
    sections: headline, lead, figures, table
    level: 3
    ```
"""
DEEP = """# A ticket

```explanation path="../told/tickets.json" language="zh" audience="decision-maker"

```
"""


def site(folder: Path, stored: Path, **pages: str) -> Path:
    """The sources of a site."""
    files = pages or {"docs/index.md": INDEX, "docs/deep/page.md": DEEP}
    written(folder, {"mkdocs.yml": CONFIG, **files})
    shutil.copytree(stored, folder / "docs/told", dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, stored: Path) -> Path:
    """The built site."""
    folder = site(tmp_path_factory.mktemp("mkdocs"), stored)
    built("mkdocs", "build", "--strict", folder=folder)
    return folder / "site"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fragments_look_in_a_site_as_they_look_alone(
    pages: Path, browser: Browser, served: Callable[[Path], str], scheme: str
) -> None:
    address = served(pages)
    assert_intact(browser, f"{address}/index.html", 2, scheme=scheme, errors=THEIRS)
    assert_intact(browser, f"{address}/deep/page.html", 1, scheme=scheme, errors=THEIRS)


def test_pages_hold_what_was_asked_for(pages: Path) -> None:
    table, digits = classed(read(pages / "index.html"), "rx")
    (ticket,) = classed(read(pages / "deep/page.html"), "rx")
    assert classed(table, "rx-proofs")
    assert not classed(digits, "rx-proofs")
    assert headings(digits)[0][0] == 3
    assert ticket.get("lang") == "zh"
    assert classed(ticket, "rx-words")


def test_the_search_finds_what_is_told_and_no_style(pages: Path) -> None:
    found = json.loads((pages / "search/search_index.json").read_text(encoding="utf-8"))
    text = " ".join(entry["text"] for entry in found["docs"])
    assert "malignant" in text
    assert "font-size" not in text
    assert ".rx" not in text


def test_a_mistake_fails_a_strict_build_and_shows_in_others(tmp_path: Path, stored: Path) -> None:
    page = {"docs/index.md": "# A\n\n```explanation\npath: told/none.json\n```\n"}
    folder = site(tmp_path, stored, **page)
    said = built("mkdocs", "build", folder=folder)
    (line,) = [line for line in said.splitlines() if "WARNING" in line]
    assert "explanation: there is no explanation at" in line
    assert "told/none.json; check the path" in line
    assert classed(read(folder / "site/index.html"), "explanation-error")
    assert "Aborted with 1 warnings in strict mode" in built("mkdocs", "build", "--strict", folder=folder, fails=True)


def test_the_extension_alone_is_enough_for_blocks_that_are_not_indented(tmp_path: Path, stored: Path) -> None:
    extension = "markdown_extensions:\n  - reporter.embed.markdown:\n      base: docs\n"
    plain = f"site_name: A site\nuse_directory_urls: false\n{extension}"
    folder = site(tmp_path, stored, **{"docs/index.md": INDEX, "mkdocs.yml": plain})
    built("mkdocs", "build", "--strict", folder=folder)
    assert len(classed(read(folder / "site/index.html"), "rx")) == 1  # the one in the note is left as it is
