"""The README's examples run as they stand, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: ([\w-]+) -->\n```python\n(.*?)```", README, re.DOTALL))


def test_there_are_examples() -> None:
    modalities = {f"own-{kind}-model" for kind in ("picture", "text", "sequence")}
    assert set(EXAMPLES) >= {"own-module", "own-attributions", *modalities}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = EXAMPLES[name]
    assert len([line for line in code.splitlines() if line.strip()]) < 15
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"README:{name}", "exec"), {"__name__": "__main__"})
    assert "approved" in capsys.readouterr().out or "refused" in README
    written = re.findall(r'to_html\("([^"]+)"\)', code)
    assert all((tmp_path / path).stat().st_size > 2_000 for path in written)


def test_paths_in_the_readme_exist() -> None:
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).exists(), path
    for sample in re.findall(r"samples/([\w-]+)", README):
        assert (ROOT / "samples" / sample / "study.toml").is_file()


def test_every_target_of_make_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
