"""The README's examples run as they stand, and what it names exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from reporter.auditing.file import audit_from
from reporter.study import study_from

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: ([\w-]+) -->\n```python\n(.*?)```", README, re.DOTALL))
AUDITS = re.findall(r"<!-- audit file -->\n```toml\n(.*?)```", README, re.DOTALL)
BLOCKS = [block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if block not in AUDITS]


def test_there_are_examples() -> None:
    modalities = {f"own-{kind}-model" for kind in ("picture", "text", "sequence", "recommender")}
    assert set(EXAMPLES) >= {"own-module", "own-attributions", *modalities}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = EXAMPLES[name]
    assert len([line for line in code.splitlines() if line.strip()]) < 15
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"README:{name}", "exec"), {"__name__": "__main__"})
    assert not re.search(r"print\(.*text\)", code) or re.search("approved|refused", capsys.readouterr().out)
    written = re.findall(r'to_html\("([^"]+)"\)', code)
    assert all((tmp_path / path).stat().st_size > 2_000 for path in written)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_piece_of_a_study_is_one(block: str) -> None:
    study_from(tomllib.loads(block), folder=ROOT)


def test_the_audit_file_is_one() -> None:
    assert [audit_from(tomllib.loads(block), folder=ROOT).name for block in AUDITS] == ["loans"]


def test_every_sample_has_its_line_with_a_figure() -> None:
    lines = {found[1]: found[0] for found in re.finditer(r"^\| `?samples/([\w-]+)`? \|.*\|$", README, re.MULTILINE)}
    assert set(lines) == {path.parent.name for path in ROOT.glob("samples/*/study.toml")}
    assert all(re.search(r"\d\d", line) for line in lines.values())


def test_paths_in_the_readme_exist() -> None:
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).exists(), path
    for sample in re.findall(r"samples/([\w-]+)", README):
        assert (ROOT / "samples" / sample).is_dir()


def test_every_target_of_make_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_table_of_methods_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    from reporter.cli import app

    app(["methods"], standalone_mode=False)
    listed = [re.split(r" {2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    table = README[README.index("## Methods") :]
    told = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.count("|") == 6]
    assert told[2:] == [[name, *rest] for name, _, *rest in listed[1:]]
    assert told[0] == [listed[0][0], *listed[0][2:]]


def test_a_program_written_as_told_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from reporter.loading import load_model

    code = next(code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "torch.export.save" in code)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README", "exec"), {"torch": torch, "model": torch.nn.Linear(3, 2), "inputs": torch.rand(9, 3)})
    model = load_model(study_from({"model": {"path": "model.pt2"}}, folder=tmp_path))
    assert model.batch is None
    assert model.outputs((torch.rand(7, 3),)).shape == (7, 2)
