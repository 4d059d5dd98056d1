"""The house rules hold: imports go down only, and what is installed is whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")


def contract(kind: str) -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return next(each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == kind)


def run(*command: str | Path, folder: Path, fails: bool = False) -> str:
    """What the command says; it must end as told."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def rooms(layers: Sequence[str]) -> set[str]:
    return {room.strip(" ()") for layer in layers for room in layer.split("|")}


def test_every_contract_is_kept() -> None:
    run(LINT, "--no-cache", folder=ROOT)


def test_the_torch_free_contract_covers_every_room_from_embed_downwards() -> None:
    layers = contract("layers")["layers"]
    below = rooms(layers[layers.index("embed") :])
    present = {room for room in below if any((ROOT / "reporter").glob(f"{room}*")) and is_there(room)}
    covered = {module.removeprefix("reporter.") for module in contract("forbidden")["source_modules"]}
    single = {module for module in covered if "." in module}  # of rooms above, of which some need torch
    assert covered - single == present
    assert not {module.partition(".")[0] for module in single} & present


def is_there(room: str) -> bool:
    return any((ROOT / "reporter" / name).exists() for name in (f"{room}.py", f"{room}/__init__.py"))


@pytest.mark.parametrize(
    ("place", "line", "broken"),
    [
        ("facts.py", "from reporter.telling import tell", "Imports go down only"),
        ("facts.py", "import reporter.narrative", "Imports go down only"),
        ("new_room.py", "", "Imports go down only"),
        ("words.py", "import torch", "No torch from embed downwards"),
        ("formats/page.py", "from captum.attr import IntegratedGradients", "No torch from embed downwards"),
        ("formats/page.py", "import reporter", "The façade is for users"),
    ],
)
def test_contracts_notice_what_they_forbid(tmp_path: Path, place: str, line: str, broken: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "reporter", tmp_path / "reporter", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "reporter" / place).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    said = run(LINT, "--no-cache", folder=tmp_path, fails=True)
    assert f"{broken} BROKEN" in said or f"{broken}: nothing inside imports it BROKEN" in said


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_package_the_templates_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "reporter").rglob("*.py")}
    templates = {f"reporter/{path.relative_to(ROOT)}" for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert sources | templates <= held
    assert {Path(name).parts[0] for name in held} == {"reporter", wheel.name.partition("-py3")[0] + ".dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in held)


@pytest.mark.slow
def test_an_installed_wheel_finds_its_own_templates(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", place, wheel, folder=tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(place)!r})\n"
        "from reporter.templating import templates_folder\n"
        "print(templates_folder())\n"
    )
    said = run(sys.executable, "-I", "-c", script, folder=tmp_path)
    assert Path(said) == place / "reporter" / "templates"
