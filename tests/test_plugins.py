"""The index of plug-ins: every line leads somewhere, strangers' entry points are found, nothing is imported early."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reporter import plugins
from reporter.errors import MissingDependency, ReporterError, UnknownName
from reporter.plugins import CHECKS, ENGINES, FORMATS, NARRATORS, REGISTRIES, Registry

MODULE = """
class Method:
    class Inner: name = "inner"
"""


def foreign(monkeypatch: pytest.MonkeyPatch, **declared: str) -> Registry:
    """A registry whose third parties declare these lines."""

    def entry_points(group: str) -> list[EntryPoint]:
        assert group == "reporter.narrators"
        return [EntryPoint(name, value, group) for name, value in declared.items()]

    monkeypatch.setattr(plugins, "entry_points", entry_points)
    return Registry("narrator", "narrators", {"templated": "reporter.narrators.templated:TemplatedNarrator"})


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path for modules of third parties."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "stranger_fine.py").write_text(MODULE)
    return tmp_path


def lines(*registries: Registry) -> list[Any]:
    """Every line of these tables."""
    return [pytest.param(r, name, id=f"{r.kind} {name}") for r in registries for name in r.built_in]


@pytest.mark.parametrize(("registry", "name"), lines(*REGISTRIES))
def test_every_line_of_the_index_leads_to_a_module(registry: Registry, name: str) -> None:
    module, colon, attribute = registry.built_in[name].partition(":")
    assert module.startswith(f"reporter.{registry.plural}.")
    assert colon
    assert attribute.isidentifier()
    assert find_spec(module) is not None


@pytest.mark.parametrize(("registry", "name"), lines(NARRATORS, FORMATS, CHECKS, ENGINES))
def test_a_plug_in_goes_by_the_name_the_index_has_for_it(registry: Registry, name: str) -> None:
    assert registry.load(name).name == name
    assert registry.load(name).description


def test_kinds_are_singular_and_plural() -> None:
    assert {r.kind: r.plural for r in REGISTRIES} == {
        "method": "methods",
        "metric": "metrics",
        "modality": "modalities",
        "narrator": "narrators",
        "format": "formats",
        "check": "checks",
        "engine": "engines",
    }


def test_an_unknown_name_is_answered_with_the_nearest_and_the_command_that_lists() -> None:
    with pytest.raises(UnknownName) as caught:
        FORMATS.load("Pdfs")
    assert str(caught.value) == "no format called 'Pdfs'; did you mean 'pdf'?; see `reporter formats`"
    with pytest.raises(UnknownName):
        FORMATS.load("")


def test_an_entry_point_is_found_listed_behind_ours_and_loaded(monkeypatch: pytest.MonkeyPatch, stranger: Path) -> None:
    registry = foreign(monkeypatch, zeta="stranger_fine:Method", alpha="stranger_fine:Method.Inner")
    assert registry.names() == ["templated", "alpha", "zeta"]
    assert registry.load("zeta").__name__ == "Method"
    assert registry.load("alpha").name == "inner"


def test_a_stranger_cannot_take_over_a_name_of_ours(monkeypatch: pytest.MonkeyPatch, stranger: Path) -> None:
    registry = foreign(monkeypatch, templated="stranger_fine:Method")
    assert registry.names() == ["templated"]
    assert registry.load("templated") is NARRATORS.load("templated")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import a_package_nobody_has\n", "needs the package 'a_package_nobody_has', which is not installed"),
        ("raise RuntimeError('no\\nlicence')\n", "cannot be loaded: no licence"),
        ("1 +\n", "cannot be loaded: invalid syntax"),
        ("from os import nothing_of_that_name\n", "cannot be loaded: cannot import name"),
        ("x = 1\n", "cannot be loaded: module 'stranger_bad' has no attribute 'Method'"),
    ],
    ids=["missing package", "raises", "no python", "missing name", "no attribute"],
)
def test_a_stranger_that_does_not_load_is_one_line(
    monkeypatch: pytest.MonkeyPatch, stranger: Path, text: str, said: str
) -> None:
    (stranger / "stranger_bad.py").write_text(text)
    monkeypatch.delitem(sys.modules, "stranger_bad", raising=False)
    registry = foreign(monkeypatch, bad="stranger_bad:Method")
    with pytest.raises(MissingDependency) as caught:
        registry.load("bad")
    assert str(caught.value).startswith("the narrator 'bad' ")
    assert said in str(caught.value)
    assert caught.value.remedy


def test_a_built_in_whose_package_is_absent_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name}", name="weasyprint")

    monkeypatch.setattr(plugins, "import_module", absent)
    with pytest.raises(MissingDependency, match=r"needs the package 'weasyprint'.*pip install weasyprint"):
        FORMATS.load("pdf")


def test_a_defect_of_our_own_is_not_called_a_missing_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Registry("format", "formats", {"broken": "reporter.errors:NothingOfThatName"})
    with pytest.raises(AttributeError) as caught:
        broken.load("broken")
    assert not isinstance(caught.value, ReporterError)


def test_nothing_is_imported_until_it_is_asked_for() -> None:
    code = (
        "import sys; from reporter.plugins import REGISTRIES; names = [r.names() for r in REGISTRIES]; "
        "assert all(names); print(sorted(m for m in sys.modules if m.startswith('reporter.')), 'torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "['reporter.errors', 'reporter.plugins'] False\n"
