"""Import paths: what is installed, what lies about, and that nothing runs before it is trusted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from reporter import importing
from reporter.errors import ModelError, NotTrusted


def imported(given: str, folder: Path, trust: bool, *, harmless: bool = True) -> Any:
    return importing.imported(given, folder, trust, lambda found: harmless)


MARK = "from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\nvalue = __name__\n"


def test_what_is_installed_is_imported(tmp_path: Path) -> None:
    import json

    assert imported("json:dumps", tmp_path, trust=True, harmless=False) is json.dumps
    assert imported("torch.nn:functional.relu", tmp_path, trust=False).__name__ == "relu"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("os:system", "code of Python's own library"),
        ("subprocess:run", "code of Python's own library"),
        ("builtins:exec", "code of Python's own library"),
        ("antigravity:webbrowser", "code of Python's own library"),  # opens a browser when it is imported
        ("pip.__main__:sys", "not meant to be called from outside"),  # would run pip
        ("torch:_C.import_ir_module", "not meant to be called from outside"),
        ("torch:nn.Module.__init__.__globals__", "not meant to be called from outside"),
        ("torch:os.system", "installed code that is no model"),
        ("torch.hub:load", "installed code that is no model"),
    ],
)
def test_installed_code_that_could_do_anything_needs_trust(given: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NotTrusted, match=said) as caught:
        imported(given, tmp_path, trust=False, harmless=False)
    assert "--trust" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not {"antigravity", "pip.__main__"} & set(sys.modules)


def test_code_beside_the_study_does_not_run_before_it_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MARK)
    with pytest.raises(NotTrusted, match=r"mine:value would run the code in .*mine\.py"):
        imported("mine:value", tmp_path, trust=False)
    assert not (tmp_path / "mine.ran").exists()
    assert imported("mine:value", tmp_path, trust=True)
    assert (tmp_path / "mine.ran").exists()
    assert "mine" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_code_in_the_current_folder_does_not_run_before_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "parcel_of_mine"
    package.mkdir()
    (package / "__init__.py").write_text(MARK)
    (package / "part.py").write_text(MARK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    elsewhere = tmp_path / "studies"
    elsewhere.mkdir()
    with pytest.raises(NotTrusted):
        imported("parcel_of_mine.part:value", elsewhere, trust=False)
    assert not (package / "__init__.ran").exists()
    assert imported("parcel_of_mine.part:value", elsewhere, trust=True) == "parcel_of_mine.part"
    for name in ("parcel_of_mine", "parcel_of_mine.part"):
        del sys.modules[name]


def test_a_file_that_hides_an_installed_module_needs_trust(tmp_path: Path) -> None:
    (tmp_path / "sklearn.py").write_text(MARK)
    with pytest.raises(NotTrusted):
        imported("sklearn:value", tmp_path, trust=False)


def test_two_studies_may_each_have_a_module_of_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(f"value = {folder!r}")
    assert [imported("mine:value", tmp_path / folder, trust=True) for folder in ("a", "b", "a")] == ["a", "b", "a"]


def test_a_package_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "nets" / "deep").mkdir(parents=True)
    (tmp_path / "nets" / "deep" / "__init__.py").write_text("value = 3")
    assert imported("nets.deep:value", tmp_path, trust=True) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("json", "'json' is not an import path; module:object"),
        ("..json:x", "is not an import path"),
        ("/etc/code:x", "is not an import path"),
        ("json:x()", "is not an import path"),
        ("nowhere:x", "no module called 'nowhere', for nowhere:x"),
        ("json:dump_", "json has no 'dump_'; did you mean json:dump?"),
        ("json.nowhere:x", "cannot import json.nowhere"),
        ("__main__:no_such", "no module called|has no"),
        ("broken:x", r"broken\.py fails when it is imported: ZeroDivisionError"),
    ],
)
def test_mistakes(tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(ModelError, match=said):
        imported(given, tmp_path, trust=True)
