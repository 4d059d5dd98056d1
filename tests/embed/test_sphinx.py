"""Sphinx and MyST: real sites are built, read and opened."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from reporter.embed.request import Request
from reporter.embed.retelling import fragment_of
from reporter.explanation import Explanation
from tests.browser import Browser
from tests.embed.sites import assert_intact, built, read, written
from tests.markup import classed, headings, parsed, text_of
from tests.reports import decision

pytestmark = pytest.mark.slow

WRITTEN = (".1", ".texi", ".xml", ".xhtml")
CONF = 'extensions = ["reporter.embed.sphinx", "myst_parser"]\nproject = "A site"\nhtml_theme = "{theme}"\n'
INDEX = """
Decisions
=========

.. explanation:: told/table.json

.. explanation:: told/table.json
   :sections: headline, table

.. toctree::

   deep/page
   myst
"""
PAGE = """
A picture
=========

In depth
--------

.. note::

   .. explanation:: ../told/digits.json
      :audience: decision-maker
      :sections: headline lead figures table

.. explanation:: /told/unreliable.json
   :language: zh
   :level: 4
"""
MYST = """# In MyST

## A ticket

```{explanation} told/tickets.json
:audience: affected
:sections: headline, lead, why, figures, table, limits
```

- In a list:

  :::{explanation} told/value.json
  :language: zh
  :::
"""


def site(folder: Path, stored: Path, *, theme: str = "alabaster", conf: str = "", **pages: str) -> Path:
    """The sources of a site."""
    files = pages or {"index.rst": INDEX, "deep/page.rst": PAGE, "myst.md": MYST}
    more = 'myst_enable_extensions = ["colon_fence"]\n'
    written(folder, {"conf.py": CONF.format(theme=theme) + more + conf, **files})
    shutil.copytree(stored, folder / "told", dirs_exist_ok=True)
    return folder


def build(folder: Path, builder: str = "html", *, fails: bool = False) -> str:
    """What Sphinx says of the site built in `folder`/out/`builder`, where any warning is a failure."""
    trees = folder / "out" / ("trees" if builder not in ("epub", "gettext") else f"trees-{builder}")
    options = ("-W", "--keep-going", "-j", "2", "-d", trees)
    return built("sphinx", *options, "-b", builder, ".", folder / "out" / builder, folder=folder, fails=fails)


@pytest.fixture(scope="module")
def alabaster(tmp_path_factory: pytest.TempPathFactory, stored: Path) -> Path:
    """A site of all pages, built in HTML; other builders find its pages already read."""
    conf = 'version = "1"\nepub_copyright = "nobody"\n'
    folder = site(tmp_path_factory.mktemp("alabaster"), stored, conf=conf)
    build(folder)
    return folder


@pytest.fixture(scope="module")
def furo(tmp_path_factory: pytest.TempPathFactory, stored: Path) -> Path:
    """The same in a theme that has a dark side."""
    folder = site(tmp_path_factory.mktemp("furo"), stored, theme="furo")
    build(folder)
    return folder


@pytest.mark.parametrize(("theme", "scheme"), [("alabaster", "light"), ("furo", "light"), ("furo", "dark")])
def test_fragments_look_in_a_theme_as_they_look_alone(
    request: pytest.FixtureRequest, browser: Browser, theme: str, scheme: str
) -> None:
    folder = request.getfixturevalue(theme)
    for name in ("index.html", "deep/page.html", "myst.html"):
        assert_intact(browser, (folder / "out/html" / name).as_uri(), 2, scheme=scheme)


def test_pages_hold_what_the_fragment_holds(alabaster: Path, stored: Path) -> None:
    root = read(alabaster / "out/html/index.html")
    whole, cut = classed(root, "rx")
    assert text_of(whole) == text_of(classed(parsed(fragment_of(Request(stored / "table.json"))), "rx")[0])
    assert not classed(cut, "rx-statement")
    assert classed(cut, "rx-top")
    assert [level for level, _ in headings(whole)][:2] == [2, 3]


def test_headlines_are_one_below_where_they_stand(alabaster: Path) -> None:
    first, second = classed(read(alabaster / "out/html/deep/page.html"), "rx")
    assert headings(first)[0][0] == 3
    assert headings(second)[0][0] == 4
    assert second.get("lang") == "zh"


def test_myst_has_the_same_directive(furo: Path) -> None:
    ticket, value = classed(read(furo / "out/html/myst.html"), "rx")
    assert headings(ticket)[0] == (3, text_of(classed(ticket, "rx-headline")[0]))
    assert classed(ticket, "rx-words")
    assert value.get("lang") == "zh"


def test_the_search_finds_what_is_told(alabaster: Path) -> None:
    index = (alabaster / "out/html/searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert "malign" in terms  # stemmed
    assert not {"rx", "webkit", "border"} & set(terms)


# Documents that are no web pages


def test_as_text_it_is_a_document(alabaster: Path, stored: Path) -> None:
    build(alabaster, "text")
    text = (alabaster / "out/text/index.txt").read_text(encoding="utf-8")
    told = Explanation.from_json(stored / "table.json").report()
    folded = " ".join(re.sub(r"\*\*|\^\d+", "", text).split())
    for sentence in told.narrative.sentences:
        assert sentence.text.rstrip(".") in folded
    assert "<" not in text
    row = next(line for line in text.splitlines() if line.startswith("| 1 "))
    assert row.strip("|").split("|")[-1].strip() == told.facts.features[0].score
    assert "-[ Evidence ]-" in text
    assert "[image: " in (alabaster / "out/text/deep/page.txt").read_text(encoding="utf-8")


def test_as_latex_it_is_a_document_with_its_pictures(alabaster: Path) -> None:
    build(alabaster, "latex")
    out = alabaster / "out/latex"
    text = next(out.glob("*.tex")).read_text(encoding="utf-8")
    assert "\\section*{" in text
    assert len(re.findall(r"\\begin\{(?:tabular|tabulary|longtable)\}", text)) >= 8
    assert "<section" not in text
    assert "\\sphinxcaption" not in text  # numbered tables would be numbered on pages that do not have them
    pictures = [path.stem for path in out.glob("*.png")]
    assert len(pictures) == 2
    assert all("{" + name + "}" in text for name in pictures)


@pytest.mark.parametrize("builder", ["man", "texinfo", "xml", "epub"])
def test_every_other_builder_has_its_own_tables(alabaster: Path, builder: str) -> None:
    build(alabaster, builder)
    files = [path for path in (alabaster / "out" / builder).rglob("*.*") if path.suffix in WRITTEN]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert "towards malignant" in text
    assert builder == "xml" or 'class="rx"' not in text


def test_many_pages_in_one_have_ids_that_do_not_clash(alabaster: Path) -> None:
    build(alabaster, "singlehtml")
    fragments = classed(read(alabaster / "out/singlehtml/index.html"), "rx")
    assert len(fragments) == 6
    ids = [element.get("id") for fragment in fragments for element in fragment.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 6


def test_translators_are_not_asked_for_what_was_checked(alabaster: Path) -> None:
    build(alabaster, "gettext")
    catalogue = (alabaster / "out/gettext/index.pot").read_text(encoding="utf-8")
    assert "Decisions" in catalogue
    assert "malignant" not in catalogue


# What is built again, and what is not


def test_a_page_is_read_again_only_when_its_explanation_or_the_version_changes(tmp_path: Path, stored: Path) -> None:
    pages = {"index.rst": INDEX.replace("deep/page", "plain"), "plain.rst": "Plain\n=====\n\nText.\n", "myst.md": MYST}
    version = "import reporter.embed.sphinx\nreporter.embed.sphinx.stamp = lambda templates: '{}'\n"
    folder = site(tmp_path, stored, conf=version.format("one"), **pages)
    assert "3 added" in build(folder)
    assert "0 added, 0 changed, 0 removed" in build(folder)

    later = (folder / "out/trees/index.doctree").stat().st_mtime + 5
    decision(13).to_json(folder / "told/table.json")
    os.utime(folder / "told/table.json", (later, later))
    assert "0 added, 1 changed, 0 removed" in build(folder)
    told = fragment_of(Request(folder / "told/table.json"))
    assert text_of(classed(read(folder / "out/html/index.html"), "rx")[0]) == text_of(classed(parsed(told), "rx")[0])

    os.utime(folder / "told/table.json")
    with (folder / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(version.format("another"))
    assert "0 added, 2 changed, 0 removed" in build(folder)
    assert "0 added, 0 changed, 0 removed" in build(folder)


MISTAKES = {
    "told/late.json": "told/late.json; check the path",
    "told/damaged.json": "told/damaged.json is not JSON",
    "told": "there is no explanation at",
    "told/table.json\n   :language: xx": "no language called 'xx'; known: en, zh",
    "told/table.json\n   :audience: experts": "did you mean 'expert'?",
    "told/table.json\n   :sections: why, tables": "no section of a report called 'tables'; did you mean 'table'?",
    "told/table.json\n   :level: 9": "a fragment cannot begin at heading level 9; 1 to 5",
    "told/table.json\n   :level: two": "no heading level 'two'; 1 to 5",
}


def test_a_mistake_is_one_warning_with_its_place_and_is_forgotten_when_mended(tmp_path: Path, stored: Path) -> None:
    lines = "A\n=\n"
    places = {}
    for directive, problem in MISTAKES.items():
        lines += "\nText.\n\n"
        places[lines.count("\n") + 1] = problem
        lines += f".. explanation:: {directive}\n"
    folder = site(tmp_path, stored, **{"index.rst": lines, "late.rst": ":orphan:\n\n.. explanation:: told/late.json\n"})
    (folder / "told/damaged.json").write_text("{", encoding="utf-8")
    said = [line for line in build(folder, fails=True).splitlines() if "WARNING: " in line]
    assert len(said) == len(MISTAKES) + 1
    for number, problem in places.items():
        (line,) = [line for line in said if line.startswith(f"{folder / 'index.rst'}:{number}: WARNING: ")]
        assert problem in line
        assert line.endswith("[reporter.explanation]")

    decision(3).to_json(folder / "told/late.json")
    (folder / "index.rst").write_text("A\n=\n", encoding="utf-8")
    build(folder)
    assert classed(read(folder / "out/html/late.html"), "rx")


# Settings of a whole site


@pytest.mark.parametrize(("language", "told"), [("zh_CN", "zh"), ("de", "en")])
def test_the_language_of_a_site_is_that_of_its_explanations_where_there_is_one(
    tmp_path: Path, stored: Path, language: str, told: str
) -> None:
    page = "A\n=\n\n.. explanation:: told/table.json\n\n.. explanation:: told/table.json\n   :language: en\n"
    folder = site(tmp_path, stored, conf=f'language = "{language}"\n', **{"index.rst": page})
    build(folder)
    assert [each.get("lang") for each in classed(read(folder / "out/html/index.html"), "rx")] == [told, "en"]


def test_a_site_may_have_templates_of_its_own(tmp_path: Path, stored: Path) -> None:
    page = {"index.rst": "A\n=\n\n.. explanation:: told/table.json\n"}
    folder = site(tmp_path, stored, conf='reporter_templates = "own"\n', **page)
    own = written(folder / "own/report", {"fragment.html.j2": '<section class="rx" id="{{ p }}">Mine</section>'})
    build(folder)
    assert text_of(classed(read(folder / "out/html/index.html"), "rx")[0]) == "Mine"
    written(own, {"fragment.html.j2": '<section class="rx" id="{{ p }}">Another</section>'})
    assert "0 added, 1 changed, 0 removed" in build(folder)
    assert text_of(classed(read(folder / "out/html/index.html"), "rx")[0]) == "Another"
    written(own, {"fragment.html.j2": "{{ nothing }}"})
    assert "index.rst:4: WARNING: " in build(folder, fails=True)


def test_settings_are_the_defaults_of_all_explanations(tmp_path: Path, stored: Path) -> None:
    conf = 'reporter_language = "zh"\nreporter_sections = ["headline", "table"]\nreporter_level = 5\n'
    own = "\n.. explanation:: told/table.json\n   :sections: headline\n   :level: 2\n"
    page = f"A\n=\n\n.. explanation:: told/table.json\n{own}"
    folder = site(tmp_path, stored, conf=conf, **{"index.rst": page})
    build(folder)
    first, second = classed(read(folder / "out/html/index.html"), "rx")
    assert first.get("lang") == "zh"
    assert [level for level, _ in headings(first)] == [5]
    assert len(classed(first, "rx-top")) == 1
    assert [level for level, _ in headings(second)] == [2]
    assert not classed(second, "rx-top")
