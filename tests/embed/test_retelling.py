"""Stored explanations are told once, again when they change, and without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporter.embed import retelling
from reporter.embed.request import Request
from reporter.embed.retelling import fragment_of, kept_fragment_of, report_of, stamp
from reporter.errors import ExplanationError, OwnTemplateError, UnknownName, UsageError
from reporter.telling import tell
from tests.reports import decision


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The instances that were told, as they are; nothing is remembered from another test."""
    instances: list[str] = []

    def counted(explanation, **asked):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN202
        instances.append(explanation.instance)
        return tell(explanation, **asked)

    retelling._told.cache_clear()
    monkeypatch.setattr(retelling, "tell", counted)
    yield instances
    retelling._told.cache_clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    decision(3).to_json(tmp_path / "told.json")
    return tmp_path / "told.json"


def test_several_uses_of_one_explanation_are_told_once(path: Path, told: list[str]) -> None:
    for request in (Request(path), Request(path, sections=("table",)), Request(path, level=4)):
        fragment_of(request, "here")
    assert len(told) == 1
    report_of(Request(path, language="zh"))
    report_of(Request(path, audience="affected"))
    assert len(told) == 3


def test_another_content_is_told_again_however_old_the_file_is(path: Path, told: list[str]) -> None:
    before, when = fragment_of(Request(path)), path.stat().st_mtime_ns
    decision(4).to_json(path)
    os.utime(path, ns=(when, when))
    assert fragment_of(Request(path)) != before
    decision(3).to_json(path)
    assert fragment_of(Request(path)) == before
    assert len(told) == 2  # the first is still remembered


def test_a_kept_fragment_is_read_until_something_changes(
    path: Path, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, request = tmp_path / "deep/cache", Request(path, sections=("table",))

    def again() -> str:
        retelling._told.cache_clear()  # as another process would begin
        return kept_fragment_of(request, "", cache)

    first = again()
    assert first == fragment_of(request)
    assert again() == first
    assert len(told) == 1

    decision(4).to_json(path)
    assert again() != first
    assert len(told) == 2
    again()
    assert len(told) == 2

    monkeypatch.setattr(retelling, "stamp", lambda _templates: "another version")
    again()
    assert len(told) == 3
    assert len(list(cache.iterdir())) == 1  # what is outdated does not pile up
    assert kept_fragment_of(request, "2", cache) != again()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"told_with": 3}', b"\xff"])
def test_a_damaged_file_of_the_cache_is_written_anew(path: Path, tmp_path: Path, content: bytes) -> None:
    cache = tmp_path / "cache"
    html = kept_fragment_of(Request(path), "", cache)
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert kept_fragment_of(Request(path), "", cache) == html
    assert file.read_bytes() != content


def test_the_stamp_is_of_the_version_and_the_templates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def anew() -> str:
        retelling._stamp.cache_clear()
        return stamp()

    first = anew()
    assert anew() == first
    monkeypatch.setattr(retelling, "edition", lambda: "0.0.1")
    other = anew()
    assert other != first
    (tmp_path / "report").mkdir()
    (tmp_path / "report/page.html.j2").write_text("mine", encoding="utf-8")
    own = stamp(tmp_path)
    assert own != other
    (tmp_path / "report/page.html.j2").write_text("another", encoding="utf-8")
    assert stamp(tmp_path) != own
    monkeypatch.setattr(retelling, "templates_folder", lambda: tmp_path)
    assert anew() not in (first, other)
    monkeypatch.undo()
    assert anew() == first


def test_templates_of_ones_own_are_used(path: Path, tmp_path: Path) -> None:
    own = tmp_path / "own/report"
    own.mkdir(parents=True)
    (own / "fragment.html.j2").write_text('<section class="rx" id="{{ p }}">Mine</section>', encoding="utf-8")
    assert "Mine" in fragment_of(Request(path, templates=own.parent))
    assert "Mine" not in fragment_of(Request(path))
    (own / "fragment.html.j2").write_text("{{ nothing }}", encoding="utf-8")
    with pytest.raises(OwnTemplateError, match="fragment"):
        fragment_of(Request(path, templates=own.parent))
    with pytest.raises(OwnTemplateError, match="is no folder"):
        fragment_of(Request(path, templates=tmp_path / "none"))


def test_what_cannot_be_read_or_told_says_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ExplanationError, match=r"there is no explanation at .*none\.json; check the path"):
        report_of(Request(tmp_path / "none.json"))
    with pytest.raises(ExplanationError, match="there is no explanation at"):
        report_of(Request(tmp_path))
    (tmp_path / "damaged.json").write_text("[", encoding="utf-8")
    with pytest.raises(ExplanationError, match=r"damaged\.json is not JSON"):
        report_of(Request(tmp_path / "damaged.json"))
    with pytest.raises(UnknownName, match="no language called 'xx'"):
        report_of(Request(path, language="xx"))
    with pytest.raises(UsageError, match="heading level 7"):
        fragment_of(Request(path, level=7))


def test_embedding_brings_no_torch(path: Path) -> None:
    code = (
        "import sys, markdown, reporter.embed.sphinx, reporter.embed.nodes\n"
        f"page = '```explanation\\npath: {path}\\n```'\n"
        "html = markdown.markdown(page, extensions=['reporter.embed.markdown'])\n"
        "assert 'class=\"rx\"' in html, html\n"
        "print(sorted({'torch', 'captum', 'matplotlib', 'transformers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
