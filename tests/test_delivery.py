"""Delivery: what `-o` may say, and what would fail after long work is refused before it."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.delivery import LONGEST, Output, check, file_name, outputs_from
from reporter.errors import OutputError, UnknownName, UsageError
from tests.explanations import explained
from tests.reports import told
from tests.test_writing import as_nobody

HOSTILE = [
    "../../x",
    "",
    "a/b",
    "x" * 300,
    "/etc/passwd",
    "..",
    ".",
    "\0",
    "a\nb",
    "~",
    "-rf",
    "{id}",
    "年" * 300,
    "😀" * 100,
    "C:\\x",
]


def one(pattern: str) -> Output:
    return outputs_from([pattern])[0]


# What may be asked for


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("a.pdf", "pdf"),
        ("a.PDF", "pdf"),
        ("out/a.html", "page"),
        ("a.htm", "page"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("-", "json"),
        ("out.d/{id}.html", "page"),
        ("a.tar.pdf", "pdf"),
    ],
)
def test_the_suffix_says_the_format(pattern: str, form: str) -> None:
    assert one(pattern).format == form


@pytest.mark.parametrize("pattern", ["a", "a.docx", "", ".", "out/", ".html", "pdf", "{id}", "a.html "])
def test_a_suffix_nobody_knows_says_which_are_known(pattern: str) -> None:
    with pytest.raises(OutputError, match=r"cannot tell a format from .*; a name that ends in .pdf, .html"):
        one(pattern)


def test_a_fragment_is_a_part_of_a_page_and_of_nothing_else() -> None:
    assert [o.format for o in outputs_from(["a.html", "a.pdf"], fragment=True)] == ["fragment", "pdf"]
    for pattern in ("a.pdf", "-"):
        with pytest.raises(UsageError, match=r"--fragment needs an HTML output; add -o name.html"):
            outputs_from([pattern], fragment=True)


def test_an_output_is_named_once() -> None:
    for pattern in ("a.pdf", "-"):
        with pytest.raises(UsageError, match=f"-o {pattern} is given twice"):
            outputs_from([pattern, "b.html", pattern])


# Names of files


@pytest.mark.parametrize("instance", HOSTILE)
def test_an_id_never_leads_out_of_the_folder(tmp_path: Path, instance: str) -> None:
    output = one(f"{tmp_path}/{{id}}.html")
    path = output.path(instance)
    assert path.parent == tmp_path
    assert path.resolve().parent == tmp_path.resolve()
    path.write_bytes(b"")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@given(st.text())
def test_an_id_becomes_a_name_that_every_file_system_takes(instance: str) -> None:
    name = file_name(instance)
    assert name
    assert 0 < len(name.encode()) <= LONGEST
    assert not set(name) & set('/\\\0\n:*?"<>|{}')
    assert name.strip(".") == name


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        ("41", "41"),
        ("A-7_b.c", "A-7_b.c"),
        ("../../x", "-..-x"),
        ("", "instance"),
        ("..", "instance"),
        ("a b", "a-b"),
        ("年龄 3", "年龄-3"),
    ],
)
def test_an_id_as_a_file_name(instance: str, name: str) -> None:
    assert file_name(instance) == name


# Before the work begins


@pytest.mark.parametrize(
    "instances", [["a/b", "a-b"], ["", "instance"], ["x", "x"], ["y" * 200, "y" * 300], ["..", "..."], ["1", "2", "1"]]
)
def test_two_instances_never_share_a_file(tmp_path: Path, instances: list[str]) -> None:
    with pytest.raises(UsageError, match=r"two instances would be written to .*; give them distinct ids"):
        check(outputs_from([f"{tmp_path}/{{id}}.html"]), instances)


def test_two_outputs_never_share_a_file(tmp_path: Path) -> None:
    for other in (f"{tmp_path}/./{{id}}.html", f"{tmp_path}/41.html"):
        with pytest.raises(UsageError, match="are one file; name another"):
            check(outputs_from([f"{tmp_path}/{{id}}.html", other]), ["41"])
    check(outputs_from([f"{tmp_path}/{{id}}.html", f"{tmp_path}/{{id}}.pdf"]), ["41", "42"])


def test_many_instances_need_a_file_each(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"-o .*/a.html is one file for 2 instances; use -o '.*/a-{id}.html'"):
        check(outputs_from([f"{tmp_path}/a.html"]), ["1", "2"])
    with pytest.raises(UsageError, match=r"-o - takes one instance, not 2; use -o 'out/{id}.json'"):
        check(outputs_from(["-"]), ["1", "2"])
    check(outputs_from(["-", f"{tmp_path}/a.html"]), ["1"])


def test_hundreds_of_thousands_of_instances_are_checked_at_once(tmp_path: Path) -> None:
    ids = [str(i) for i in range(20_000)]
    started = time.process_time()
    check(outputs_from([f"{tmp_path}/{{id}}.html"]), ids)
    with pytest.raises(UsageError, match="two instances would be written"):
        check(outputs_from([f"{tmp_path}/{{id}}.html"]), [*ids, "19999"])
    assert time.process_time() - started < 5


@pytest.mark.parametrize("instances", [["1"], []])
def test_a_folder_that_is_not_there_is_noticed_early(tmp_path: Path, instances: list[str]) -> None:
    with pytest.raises(OutputError, match=r"the folder .*/out does not exist; mkdir -p .*/out"):
        check(outputs_from([f"{tmp_path}/out/a.html"]), instances)


def test_every_folder_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    with pytest.raises(OutputError, match=r"the folder .*/2 does not exist"):
        check(outputs_from([f"{tmp_path}/{{id}}/a.html"]), ["1", "2"])
    with pytest.raises(OutputError, match=r"the folder .*/out does not exist"):
        check(outputs_from([f"{tmp_path}/a.html", f"{tmp_path}/out/a.pdf"]), ["1"])


def test_a_file_is_no_folder_and_a_folder_no_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(OutputError, match="out is a file, not a folder; choose another name"):
        check(outputs_from([f"{tmp_path}/out/a.html"]), ["1"])
    (tmp_path / "a.html").mkdir()
    with pytest.raises(OutputError, match="it is a folder; name a file in it"):
        check(outputs_from([f"{tmp_path}/a.html"]), ["1"])


@pytest.mark.parametrize("pattern", ["/a.html", "/deeper/a.html"])
@pytest.mark.parametrize("rights", [0o555, 0o000])
def test_a_folder_one_may_not_write_to_is_noticed_early(pattern: str, rights: int) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(rights)
    try:
        with as_nobody(), pytest.raises(OutputError, match="cannot write"):
            check(outputs_from([f"{folder}{pattern}"]), ["1"])
    finally:
        folder.chmod(0o700)
        folder.rmdir()


def test_a_name_too_long_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        check(outputs_from([f"{tmp_path}/{'x' * 300}/a.html"]), ["1"])


# Delivering


def test_what_is_delivered_is_where_it_says(tmp_path: Path) -> None:
    report = told(explained([1.0, -0.5], instance="a/b"))
    output = one(f"{tmp_path}/{{id}}.json")
    assert output.deliver(report) == f"{tmp_path}/a-b.json"
    assert (tmp_path / "a-b.json").read_bytes() == report.render("json")


def test_standard_output_takes_json_and_nothing_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    report = told(explained([1.0, -0.5]))
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert one("-").deliver(report) == "standard output"
    assert out.buffer.getvalue() == report.render("json")


def test_a_report_that_cannot_be_drawn_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"before")
    report = told(explained([1.0]))

    def fails(*_: Any, **__: Any) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(type(report), "render", fails)
    with pytest.raises(RuntimeError):
        one(str(path)).deliver(report)
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_settings_go_to_the_format_they_are_for() -> None:
    page, pdf = outputs_from(["a.html", "a.pdf"], settings={"pdf": {"paper": "letter"}})
    assert (page.settings, pdf.settings) == ({}, {"paper": "letter"})


def test_settings_that_no_output_can_have_are_refused_before_any_work() -> None:
    with pytest.raises(UsageError, match="paper letter is for pdf, and no output is one"):
        outputs_from(["a.html"], settings={"pdf": {"paper": "letter"}})
    with pytest.raises(UnknownName, match="no paper called 'a6'"):
        outputs_from(["a.pdf"], settings={"pdf": {"paper": "a6"}})
