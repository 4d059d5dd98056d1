"""The first mistakes a newcomer makes: one line that helps, exit code 2, and nothing half written."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from reporter.cli import _run
from reporter.errors import ReporterError
from reporter.pipeline import explain

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE = SAMPLES / "breast-cancer"
TICKETS, DIGITS, SPLICE = (str(SAMPLES / name) for name in ("tickets", "digits", "splice"))
SCAN = str(SAMPLES / "digits" / "test" / "0024.png")

Spoil = Callable[[Path], list[str]]


def edited(old: str, new: str, file: str = "study.toml") -> Spoil:
    """A mistake in a file of the study."""

    def spoil(study: Path) -> list[str]:
        path = study / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return ["explain", str(study), "--row", "0", "-o", str(study / "out.html")]

    return spoil


def asked(*arguments: str) -> Spoil:
    """A mistake on the command line; {study} and {out} stand for paths."""
    return lambda study: [argument.format(study=study, out=study / "out.html") for argument in arguments]


def first_cell(value: str, column: int = 1) -> Spoil:
    """A mistake in the first row of the data."""

    def spoil(study: Path) -> list[str]:
        path = study / "test.csv"
        lines = path.read_text().splitlines()
        cells = lines[1].split(",")
        cells[column] = value
        path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
        return ["explain", str(study), "--row", "0", "-o", str(study / "out.html")]

    return spoil


def read_only(study: Path) -> list[str]:
    (study / "locked").mkdir()
    (study / "locked").chmod(0o500)
    return ["explain", str(study), "--row", "0", "-o", str(study / "locked" / "out.html")]


EXPLAIN = ("explain", "{study}", "--row", "0", "-o", "{out}")

MISTAKES: dict[str, tuple[Spoil, list[str]]] = {
    "no such study": (asked("explain", "{study}x", "-o", "{out}"), ["no such study", "reporter init"]),
    "folder without a study": (asked("explain", "{study}/..", "-o", "{out}"), ["no study.toml", "reporter init"]),
    "unknown key": (edited("title =", "titel ="), ["unknown key 'titel'", "did you mean 'title'"]),
    "not TOML": (edited("title =", "title"), ["is not TOML"]),
    "no such model file": (edited('path = "model.pt2"', 'path = "modle.pt2"'), ["no such model", "model.pt2"]),
    "no such data file": (edited('path = "test.csv"', 'path = "tset.csv"'), ["tset.csv", "test.csv"]),
    "wrong target column": (edited('target = "diagnosis"', 'target = "diagnose"'), ["'diagnose'", "'diagnosis'"]),
    "wrong id column": (edited('id = "id"', 'id = "sample_id"'), ["'sample_id'"]),
    "wrong feature": (edited("mean_radius = {", "mean_radios = {"), ["'mean_radios'", "'mean_radius'"]),
    "one feature too few": (edited('id = "id"', 'id = "id"\nignore = ["mean_radius"]'), ["29", "fails on inputs"]),
    "class count mismatch": (edited('["benign", "malignant"]', '["a", "b", "c"]'), ["3 classes", "one column"]),
    "unknown output": (edited('output = "logit"', 'output = "logitz"'), ["model.output", "logits"]),
    "NaN in a row": (first_cell("nan", 2), ["row 0", "mean_"]),
    "text in a number": (first_cell("large", 2), ["'large'", "mean_"]),
    "ragged row": (first_cell("1,2,3"), ["test.csv"]),
    "row out of range": (asked("explain", "{study}", "--row", "500", "-o", "{out}"), ["row 500", "113"]),
    "rows that are no range": (asked("explain", "{study}", "--rows", "5", "-o", "{study}/{{id}}.html"), ["5", "A:B"]),
    "unknown id": (asked("explain", "{study}", "--id", "99999", "-o", "{out}"), ["99999"]),
    "unknown method": (
        asked(*EXPLAIN, "--method", "integrated_gradient"),
        ["no method called 'integrated_gradient'", "did you mean 'integrated-gradients'"],
    ),
    "unknown target class": (asked(*EXPLAIN, "--target", "malign"), ["'malign'", "malignant"]),
    "unknown baseline": (asked(*EXPLAIN, "--baseline", "medain"), ["'medain'", "median"]),
    "unknown format": (asked("explain", "{study}", "--row", "0", "-o", "{study}/out.docx"), [".docx", ".pdf"]),
    "output folder missing": (asked("explain", "{study}", "--row", "0", "-o", "{study}/no/o.pdf"), ["mkdir -p"]),
    "output is a folder": (asked("explain", "{study}", "--row", "0", "-o", "{study}/x.html"), ["it is a folder"]),
    "read-only folder": (read_only, ["locked", "permission"]),
    "one file for many rows": (asked("explain", "{study}", "--rows", "0:3", "-o", "{out}"), ["{id}"]),
    "unknown language": (asked(*EXPLAIN, "--language", "xx"), ["no language called 'xx'", "en"]),
    "unknown audience": (asked(*EXPLAIN, "--audience", "experts"), ["did you mean 'expert'"]),
    "unknown narrator": (asked(*EXPLAIN, "--narrator", "poet"), ["no narrator called 'poet'"]),
    "unknown device": (asked(*EXPLAIN, "--device", "gpu9"), ["gpu9", "cpu"]),
    "unknown grade": (asked(*EXPLAIN, "--require", "sold"), ["did you mean 'solid'"]),
    "unknown command": (asked("explian", "{study}"), ["explain"]),
    "render of no JSON": (asked("render", "{study}/study.toml", "-o", "{out}"), ["is not JSON"]),
    "a text for a table": (asked("explain", "{study}", "--text", "hello", "-o", "{out}"), ["--text with a table"]),
    "no such input": (asked("explain", TICKETS, "--input", "no.txt", "-o", "{out}"), ["no such file", "no.txt"]),
    "an empty text": (asked("explain", TICKETS, "--text", " ", "-o", "{out}"), ["the text is empty"]),
    "a picture for a text": (asked("explain", TICKETS, "--input", SCAN, "-o", "{out}"), ["not UTF-8"]),
    "a text for a picture": (
        asked("explain", DIGITS, "--trust", "--input", f"{TICKETS}/test.csv", "-o", "{out}"),
        ["test.csv is not a picture", "PNG"],
    ),
    "letters that are no symbols": (
        asked("explain", SPLICE, "--text", "ACGTZ", "-o", "{out}"),
        ["'Z' at position 5 is no symbol"],
    ),
    "a baseline of other data": (
        asked("explain", TICKETS, "--row", "0", "--baseline", "median", "-o", "{out}"),
        ["no baseline of texts called 'median'", "mask"],
    ),
    "code without trust": (asked("explain", DIGITS, "--row", "0", "-o", "{out}"), ["network", "--trust"]),
    "init without data": (asked("init", "{study}/model.pt2", "{study}/tset.csv", "-o", "{study}/a.toml"), ["test.csv"]),
    "init without a model": (
        asked("init", "{study}/modle.pt2", "{study}/test.csv", "-o", "{study}/../a.toml"),
        ["no such model", "modle.pt2", "model.pt2"],
    ),
    "init over a study": (
        asked("init", "{study}/model.pt2", "{study}/test.csv", "-o", "{study}/study.toml"),
        ["study.toml exists", "--force"],
    ),
    "init with an empty folder": (
        asked("init", "{study}/model.pt2", "{study}/x.html", "-o", "{study}/a.toml"),
        ["holds no files", ".png"],
    ),
    "init with pictures for a model of tables": (
        asked("init", "{study}/model.pt2", f"{DIGITS}/test", "-o", "{study}/a.toml"),
        ["takes no picture", "[image]"],
    ),
    "init with texts for a model of tables": (
        asked("init", "{study}/model.pt2", f"{TICKETS}/test.csv", "-o", "{study}/a.toml"),
        ["does not fit", "tokenizer"],
    ),
    "init with columns the model does not take": (
        asked("init", f"{SPLICE}/model.pt2", "{study}/test.csv", "-o", "{study}/a.toml"),
        ["does not fit", "--target", "inputs = ["],
    ),
    "verify without the text": (asked("verify", "{study}/study.toml"), ["TEXTFILE"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_helpful_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, expected = MISTAKES[name]
    study = tmp_path / "study"
    shutil.copytree(SAMPLE, study, ignore=shutil.ignore_patterns("__pycache__"))
    (study / "x.html").mkdir()
    arguments = spoil(study)
    if name == "read-only folder" and os.access(study / "locked", os.W_OK):
        pytest.skip("this user may write everywhere")
    before = sorted(path for path in tmp_path.rglob("*"))
    assert _run(arguments, debug=False) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("reporter: ")
    assert "unexpected" not in said.err
    for part in expected:
        assert part in said.err, said.err
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_missing_pango_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    pdf = tmp_path / "a.pdf"
    assert _run(["explain", str(SAMPLE), "--row", "0", "-o", str(pdf)], debug=False) == 2
    said = capsys.readouterr().err
    assert "pango" in said.lower()
    assert said.count("\n") == 1
    assert not pdf.exists()


@pytest.mark.parametrize(
    ("net", "inputs", "remedy"),
    [
        (nn.Conv2d(3, 2, 3), torch.rand(1, 1, 8, 8), "check the size and the channels it takes"),
        (nn.Conv1d(2, 3, 3), torch.rand(1, 3, 20), "check the channels it takes; inputs are"),
        (nn.Linear(3, 2), torch.rand(1, 4), "check which columns it takes"),
    ],
    ids=["picture", "sequence", "table"],
)
def test_a_model_that_fails_is_looked_at_by_what_it_was_given(
    net: nn.Module, inputs: torch.Tensor, remedy: str
) -> None:
    with pytest.raises(ReporterError, match=remedy):
        explain(net, inputs)
