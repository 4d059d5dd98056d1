"""The command line from end to end: what is written, what is said, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reporter.cli import _run
from reporter.explanation import Explanation

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"


def run(*arguments: object) -> int:
    return _run([str(argument) for argument in arguments], debug=False)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An explanation of one sample, written by the command line."""
    path = tmp_path_factory.mktemp("stored") / "a.json"
    assert run("explain", SAMPLES / "breast-cancer", "--id", "41", "-o", path) == 0
    return path


def test_explain_writes_every_format_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [tmp_path / name for name in ("r.pdf", "r.html", "r.md", "r.json")]
    given = [part for path in outputs for part in ("-o", path)]
    assert run("explain", SAMPLES / "breast-cancer", "--row", 3, *given) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Wrote ")
    assert all(str(path) in last for path in outputs)
    assert "probability" in last
    assert outputs[0].read_bytes().startswith(b"%PDF-")
    assert "<!doctype html>" in outputs[1].read_text().lower()
    assert "## Read as" in outputs[2].read_text()
    assert Explanation.from_json(outputs[3]).modality == "tabular"


@pytest.mark.parametrize("sample", ["breast-cancer", "diabetes"])
def test_a_stored_explanation_renders_to_the_same_bytes(sample: str, tmp_path: Path) -> None:
    direct = {suffix: tmp_path / f"direct{suffix}" for suffix in (".pdf", ".html", ".md")}
    json_path = tmp_path / "a.json"
    given = [part for path in (*direct.values(), json_path) for part in ("-o", path)]
    assert run("explain", SAMPLES / sample, "--row", 3, *given) == 0
    for suffix, path in direct.items():
        again = tmp_path / f"again{suffix}"
        assert run("render", json_path, "-o", again) == 0
        assert again.read_bytes() == path.read_bytes(), suffix


def test_two_runs_give_identical_bytes(tmp_path: Path) -> None:
    """In processes of their own, with another hash seed each, under SOURCE_DATE_EPOCH."""
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-m", "reporter", "explain", str(SAMPLES / "diabetes"), "--row", "5"]
        for suffix in ("json", "html", "pdf"):
            command += ["-o", str(folder / f"r.{suffix}")]
        environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1700000000", "PYTHONHASHSEED": str(number)}
        subprocess.run(command, check=True, env=environment, cwd=ROOT, capture_output=True, timeout=300)
    for suffix in ("json", "html", "pdf"):
        first, second = ((tmp_path / str(number) / f"r.{suffix}").read_bytes() for number in (1, 2))
        assert first == second, suffix


def test_many_rows_go_to_files_named_by_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", SAMPLES / "diabetes", "--rows", "0:3", "-o", tmp_path / "{id}.html") == 0
    assert len(list(tmp_path.glob("*.html"))) == 3
    assert "3 instances" in capsys.readouterr().out


def test_json_goes_to_standard_output_and_the_rest_to_standard_error() -> None:
    command = [sys.executable, "-m", "reporter", "explain", str(SAMPLES / "diabetes"), "--row", "0", "-o", "-"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=True)
    assert json.loads(done.stdout)["modality"] == "tabular"
    assert b"Wrote standard output" in done.stderr


def test_without_an_output_the_text_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", SAMPLES / "breast-cancer", "--id", "41") == 0
    assert "malignant" in capsys.readouterr().out


def test_own_narrative_verifies_and_a_wrong_digit_does_not(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Explanation.from_json(stored).report().narrative.section("why")
    assert text is not None
    told = tmp_path / "told.txt"
    told.write_text(text.text)
    assert run("verify", stored, told) == 0
    capsys.readouterr()
    wrong = text.text.replace("35.3", "36.3", 1)
    assert wrong != text.text
    told.write_text(wrong)
    assert run("verify", stored, told) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("contradicted") and "36.3" in line]


def test_of_a_text_by_somebody_else_the_sentence_with_the_wrong_digit_is_told(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told.txt"
    right = "The model reads it as malignant. Worst texture was 35.3. Worst texture is the strongest reason."
    told.write_text(right)
    assert run("verify", stored, told) == 0
    capsys.readouterr()
    told.write_text(right.replace("35.3", "35.8"))
    assert run("verify", stored, told) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("contradicted")]
    assert len(said) == 1
    assert "Worst texture was 35.8." in said[0]


def test_a_demand_that_is_not_met_exits_with_one(stored: Path, tmp_path: Path) -> None:
    weak = json.loads(stored.read_text())
    weak["grade"]["level"] = "indicative"
    path = tmp_path / "weak.json"
    path.write_text(json.dumps(weak))
    assert run("render", path, "-o", tmp_path / "a.md", "--require", "indicative") == 0
    assert run("render", path, "-o", tmp_path / "b.md", "--require", "solid") == 1
    assert (tmp_path / "b.md").exists()  # the report is written; the demand is a separate answer


@pytest.mark.parametrize("command", ["methods", "metrics", "formats"])
def test_lists_name_every_plug_in(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from reporter import plugins

    registry = next(each for each in plugins.REGISTRIES if each.plural == command)
    assert run(command) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in registry.names())


def test_init_writes_a_study_that_explains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study.toml"
    sample = SAMPLES / "diabetes"
    assert run("init", sample / "model.pt2", sample / "test.csv", "-o", study) == 0
    assert "the label is 'progression'" in capsys.readouterr().out
    assert run("explain", tmp_path, "--row", 0, "-o", tmp_path / "r.html") == 0
    assert run("init", sample / "model.pt2", sample / "test.csv", "-o", study) == 2
    assert run("init", sample / "model.pt2", sample / "test.csv", "-o", study, "--force") == 0


FRESH = """
import sys
from reporter.cli import _run
code = _run(sys.argv[1:], debug=True)
heavy = sorted({"torch", "captum", "pyarrow", "sklearn"} & set(sys.modules))
sys.exit(f"imported {heavy}" if heavy else code)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["render", "{json}", "-o", "{folder}/a.html"], ["verify", "{json}", "{text}"]],
    ids=["help", "version", "render", "verify"],
)
def test_no_torch_where_none_is_needed(arguments: list[str], stored: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The model reads sample 41 as malignant.")
    names: dict[str, Any] = {"json": stored, "folder": tmp_path, "text": text}
    given = [argument.format(**names) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", FRESH, *given], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_help_names_every_command_and_brings_no_pydantic() -> None:
    code = (
        "import sys\nfrom reporter.cli import _run\n_run(['--help'], debug=True)\nsys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    readme = (ROOT / "README.md").read_text()
    for command in ("explain", "render", "verify", "init", "methods", "metrics", "formats", "doctor"):
        assert f"\n  {command} " in done.stdout
        assert command in readme


def test_nothing_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert "Commands:" in capsys.readouterr().out
