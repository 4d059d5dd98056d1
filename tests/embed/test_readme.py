"""What the README says of documentation builds as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reporter.embed.request import OPTIONS
from reporter.formats.sections import SECTIONS
from tests.embed.sites import ROOT, built, read, written
from tests.markup import classed

README = (ROOT / "README.md").read_text(encoding="utf-8")
PART = README[README.index("## In documentation") : README.index("## What is here")]


def block(language: str) -> str:
    """The one block of a language, however many marks open it."""
    (found,) = re.findall(rf"^(`{{3,}}){language}\n(.*?)^\1$", PART, re.MULTILINE | re.DOTALL)
    return str(found[1])


@pytest.fixture
def stored_as_told(tmp_path: Path, stored: Path) -> Path:
    """A folder with the explanation where the README has it, for a site and for its docs."""
    for place in ("explanations", "docs/explanations"):
        (tmp_path / place).mkdir(parents=True)
        shutil.copy(stored / "table.json", tmp_path / place / "41.json")
    return tmp_path


def test_its_tables_name_every_option_and_every_section() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PART, re.MULTILINE))
    assert tuple(rows) == OPTIONS
    assert tuple(re.findall(r"`(\w+)`", rows["sections"])) == SECTIONS


@pytest.mark.slow
def test_a_sphinx_site_builds(stored_as_told: Path) -> None:
    folder = written(stored_as_told, {"conf.py": block("python"), "index.rst": f"A site\n======\n\n{block('rst')}"})
    built("sphinx", "-W", ".", "out", folder=folder)
    (fragment,) = classed(read(folder / "out/index.html"), "rx")
    assert classed(fragment, "rx-top")
    assert not classed(fragment, "rx-proofs")


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["mkdocs", "zensical"])
def test_a_site_of_markdown_builds(stored_as_told: Path, tool: str) -> None:
    config = f"site_name: A site\nsite_url: http://127.0.0.1/\nuse_directory_urls: false\n{block('yaml')}"
    folder = written(stored_as_told, {"mkdocs.yml": config, "docs/index.md": f"# A site\n\n{block('markdown')}"})
    built(tool, "build", "--strict", folder=folder)
    (fragment,) = classed(read(folder / "site/index.html"), "rx")
    assert fragment.get("lang") == "zh"
