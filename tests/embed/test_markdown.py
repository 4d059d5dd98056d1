"""Python-Markdown, alone and with pymdownx.superfences: blocks become fragments, everything else stays."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from markdown import Markdown
from markdown.extensions import Extension
from pymdownx.superfences import SuperFencesException

from reporter.embed import retelling
from reporter.embed.markdown import fence, makeExtension, validate
from reporter.embed.request import Request
from reporter.embed.retelling import fragment_of
from reporter.errors import ReporterError
from tests.markup import classed, headings, named, parsed, text_of
from tests.reports import decision

FENCES = {"custom_fences": [{"name": "explanation", "class": "x", "format": fence, "validator": validate}]}
BLOCK = "```explanation\npath: told.json\n```\n"


@pytest.fixture(autouse=True)
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decision(3).to_json(tmp_path / "told.json")
    monkeypatch.chdir(tmp_path)


def alone(**settings: Any) -> Markdown:
    """Python-Markdown with this extension."""
    return Markdown(extensions=["tables", makeExtension(**settings)])


def fenced(**settings: Any) -> Markdown:
    """Python-Markdown with superfences, and this extension only for its settings."""
    extensions: list[str | Extension] = ["admonition", "attr_list", "pymdownx.superfences", "pymdownx.tabbed"]
    if settings:
        extensions.append(makeExtension(**settings))
    return Markdown(extensions=extensions, extension_configs={"pymdownx.superfences": FENCES})


READERS = pytest.mark.parametrize("reader", [alone, fenced])


@READERS
@pytest.mark.parametrize(
    "block",
    [
        BLOCK,
        "~~~explanation\npath: told.json\n~~~\n",
        "````explanation\npath: 'told.json'\n````\n",
        '```explanation path="told.json"\n\n```\n',
        '``` {.explanation path="told.json"}\n\n```\n',
        "```explanation\n\n  path:   told.json  \n\n```",
    ],
)
def test_a_block_becomes_the_fragment(reader: Any, block: str) -> None:
    root = parsed(reader().convert(f"# Host\n\nBefore *it*.\n\n{block}\n\nAfter.\n"))
    (fragment,) = classed(root, "rx")
    (whole,) = classed(parsed(fragment_of(Request(Path("told.json")))), "rx")
    (style,) = named(whole, "style")
    style.text = ""
    assert text_of(fragment) == text_of(whole)
    assert fragment.get("id") == whole.get("id")
    assert [text_of(p) for p in named(root, "p") if not p.get("class")] == ["Before it.", "After."]


@READERS
def test_options_choose_what_is_told(reader: Any) -> None:
    options = "path: told.json\nlanguage: zh\naudience: affected\nsections: headline, table\nlevel: 4\n"
    (fragment,) = classed(parsed(reader().convert(f"```explanation\n{options}```\n")), "rx")
    assert fragment.get("lang") == "zh"
    assert [level for level, _ in headings(fragment)] == [4]
    assert classed(fragment, "rx-top")


@READERS
def test_settings_are_defaults_and_a_block_wins(reader: Any, tmp_path: Path) -> None:
    decision(5).to_json(tmp_path / "deep.json")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep.json").rename(tmp_path / "deep/five.json")
    md = reader(base=tmp_path / "deep", language="zh", sections=["headline", "table"], level=3)
    text = "```explanation\npath: five.json\n```\n\n```explanation\npath: five.json\nlanguage: en\nlevel: 2\n```\n"
    first, second = classed(parsed(md.convert(text)), "rx")
    assert (first.get("lang"), second.get("lang")) == ("zh", "en")
    assert [level for level, _ in headings(first)] == [3]
    assert [level for level, _ in headings(second)] == [2]
    assert len(named(second, "tr")) == 6


def test_blocks_in_notes_lists_and_tabs_need_superfences() -> None:
    block = "".join(f"    {line}\n" for line in BLOCK.splitlines())
    text = f'!!! note\n{block}\n- One\n\n{block}\n=== "Tab"\n\n{block}'
    assert len(classed(parsed(fenced().convert(text)), "rx")) == 3
    assert "rx-h1" not in alone().convert(text)


@READERS
def test_a_block_that_is_shown_stays_a_block(reader: Any) -> None:
    for around in ("````markdown\n{}````\n", "~~~\n{}~~~\n", "    {}"):
        html = reader().convert(
            "Text\n\n" + around.format(BLOCK.replace("\n", "\n    ") if "    " in around else BLOCK)
        )
        assert "rx-h1" not in html
        assert "path: told.json" in html


@READERS
def test_what_is_no_block_of_ours_is_left_alone(reader: Any) -> None:
    for text in (BLOCK.replace("explanation", "explanations"), "`explanation`\n", "```explanation\npath: told.json\n"):
        assert "rx-h1" not in reader().convert(f"```python\nx = 1\n```\n\n{text}")


@READERS
def test_several_on_a_page_have_ids_and_one_style(reader: Any) -> None:
    md = reader()
    other, same = (BLOCK.replace("told.json", f"told.json\nlanguage: {code}") for code in ("zh", "en"))
    page = f"{BLOCK}\n{BLOCK}\n{other}\n{same}"
    for _ in range(2):
        root = parsed(md.convert(page))
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert len(classed(root, "rx")) == 4
        assert len(named(root, "link")) == 1
        assert not named(root, "style")
        md.reset()  # the next page begins with its own style


def test_the_style_is_the_fragments_own(tmp_path: Path) -> None:
    from urllib.parse import unquote

    html = fragment_of(Request(tmp_path / "told.json"))
    (link,) = named(parsed(alone().convert(BLOCK)), "link")
    kind, _, style = link.get("href", "").partition(",")
    assert kind == "data:text/css;charset=utf-8"
    assert unquote(style) == named(parsed(html), "style")[0].text


def test_a_base_that_moves_with_the_page_is_asked_each_time(tmp_path: Path) -> None:
    class Moving:
        """As MkDocs has it for `!relative`."""

        at = tmp_path

        def __fspath__(self) -> str:
            return str(self.at)

    md = alone(base=Moving())
    assert "rx-h1" in md.convert(BLOCK)
    (tmp_path / "deep").mkdir()
    Moving.at = tmp_path / "deep"
    assert f"there is no explanation at {tmp_path}/deep/told.json" in md.convert(BLOCK)


def test_a_cache_keeps_fragments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = alone(cache="kept").convert(BLOCK)
    assert len(list((tmp_path / "kept").iterdir())) == 1
    monkeypatch.setattr(retelling, "report_of", None)
    assert alone(cache="kept").convert(BLOCK) == first


MISTAKES = [
    ("```explanation\n\n```\n", "an explanation needs a path; write `path: explanation.json` in the block"),
    ("```explanation\npath: none.json\n```\n", "there is no explanation at none.json; check the path"),
    ("```explanation\npath: told.json\nlangage: zh\n```\n", "did you mean 'language'?"),
    ("```explanation\npath: told.json\nlanguage: <b>\n```\n", "no language called '<b>'"),
    ("```explanation\npath: told.json\nsections: tables\n```\n", "did you mean 'table'?"),
    ("```explanation\npath: told.json\nlevel: 9\n```\n", "heading level 9; 1 to 5"),
    (
        "```explanation\npath: told.json\njust text\n```\n",
        "no option of an explanation: 'just text'; lines of `key: value`",
    ),
]


@READERS
@pytest.mark.parametrize(("block", "problem"), MISTAKES)
def test_a_mistake_is_a_line_on_the_page_and_a_warning(
    reader: Any, block: str, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    root = parsed(reader().convert(f"Before.\n\n{block}\nAfter."))
    (shown,) = classed(root, "explanation-error")
    assert problem in text_of(shown)
    assert len(named(root, "p")) == 3
    (said,) = [record for record in caplog.records if record.name.startswith("mkdocs.")]
    assert said.levelno == logging.WARNING
    assert problem in said.message


@pytest.mark.parametrize(("block", "problem"), MISTAKES)
def test_a_mistake_ends_a_strict_build(block: str, problem: str) -> None:
    with pytest.raises(ReporterError) as raised:
        alone(strict=True).convert(block)
    assert problem in str(raised.value)
    with pytest.raises(SuperFencesException) as swallowed_by_none:
        Markdown(
            extensions=["pymdownx.superfences", makeExtension(strict="true")],
            extension_configs={"pymdownx.superfences": FENCES},
        ).convert(f"- item\n\n{''.join('    ' + line for line in block.splitlines(keepends=True))}")
    assert problem in str(swallowed_by_none.value)


def test_a_setting_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError, match="langage"):
        makeExtension(langage="zh")
