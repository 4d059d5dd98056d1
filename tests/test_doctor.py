"""What `reporter doctor` finds, and what it says where something is absent."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from importlib import metadata
from types import SimpleNamespace

import pytest

from reporter import doctor, system
from reporter.doctor import Check, examine, lacking, text
from reporter.errors import MissingDependency


@pytest.fixture(scope="module")
def found() -> list[Check]:
    return examine()


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def versions(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> None:
    """Lets `metadata.version` answer otherwise for some packages; None: not installed."""
    real: Callable[[str], str] = metadata.version

    def version(name: str) -> str:
        answer = changed.get(name, real(name) if name not in changed else None)
        if answer is None:
            raise metadata.PackageNotFoundError(name)
        return answer

    monkeypatch.setattr(metadata, "version", version)


def test_this_machine_can_make_reports(found: list[Check]) -> None:
    assert lacking(found) == []
    assert text(found).endswith("Everything that reports need is here.")


def test_names_are_unique_within_a_topic(found: list[Check]) -> None:
    keys = [(check.topic, check.name) for check in found]
    assert len(keys) == len(set(keys))


def test_topics_are_not_torn_apart(found: list[Check]) -> None:
    topics = [check.topic for check in found]
    assert topics == sorted(topics, key=topics.index)
    assert set(topics) == {"machine", "devices", "printing", "fonts", "packages", "extras"}


def test_versions_are_those_installed(found: list[Check]) -> None:
    for name in ("torch", "captum", "weasyprint", "jinja2"):
        assert named(found, name) == Check("packages", name, True, metadata.version(name), required=True)
    assert metadata.version("weasyprint") in named(found, "PDF").says


def test_pango_version_is_written_as_pango_writes_it(found: list[Check]) -> None:
    pango = system.shared_library("pango-1.0", 0)
    assert pango is not None
    pango.pango_version_string.restype = ctypes.c_char_p
    told = pango.pango_version_string().decode()
    assert named(found, "PDF").says.endswith(f"Pango {told}")


def test_the_processor_has_a_name(found: list[Check]) -> None:
    cpu = named(found, "cpu")
    assert cpu.present
    assert cpu.says.split(",")[0].strip()


def test_a_package_below_its_floor_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, jinja2="3.1.5")
    check = named(list(doctor._packages()), "jinja2")
    assert check == Check(
        "packages", "jinja2", False, "3.1.5, but >=3.1.6 is needed", "pip install 'jinja2>=3.1.6'", required=True
    )


def test_a_package_that_is_not_there_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, weasyprint=None)
    checks = list(doctor._packages())
    assert [check.name for check in lacking(checks)] == ["weasyprint"]
    assert named(checks, "weasyprint").remedy == "pip install 'weasyprint>=70'"


def test_a_local_build_satisfies_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, torch="2.13.0+cpu")
    assert named(list(doctor._packages()), "torch").present


def test_an_extra_lists_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, hypothesis=None, pikepdf="1.0")
    extra = named(list(doctor._extras()), "dev")
    assert (extra.name, extra.present, extra.required) == ("dev", False, False)
    assert extra.says == "lacks hypothesis, pikepdf"
    assert extra.remedy == "pip install 'explanation-reporter[dev]'"


def test_a_checkout_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    (check,) = doctor._packages()
    assert not check.present
    assert list(doctor._extras()) == []


def test_absent_pango_is_in_the_way_of_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> object:
        raise MissingDependency("a PDF needs Pango", remedy=system.remedy([system.PANGO]))

    monkeypatch.setattr(system, "weasyprint", absent)
    checks = list(doctor._printing())
    assert [check.name for check in lacking(checks)] == ["PDF"]
    lines = text(checks).splitlines()
    assert lines[-1] == "Reports lack: PDF."
    assert any(line.endswith(f"→ {system.remedy([system.PANGO])}") for line in lines)


def test_absent_fonts_are_told_but_are_not_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "font_families", lambda pattern="": [])
    checks = list(doctor._fonts())
    assert [check.present for check in checks] == [False, False]
    assert all("install" in check.remedy for check in checks)
    assert lacking(checks) == []


def test_the_chinese_face_named_is_a_plain_simplified_one(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = ["A Sans JP", "B Mono SC", "B Sans SC", "C Serif SC"]
    monkeypatch.setattr(system, "font_families", lambda pattern="": faces)
    assert list(doctor._fonts())[-1].says == "B Sans SC, of 4 that have Chinese characters"


def test_torch_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (check,) = doctor._devices()
    assert (check.name, check.present, check.required) == ("torch", False, True)


def test_accelerators_are_named_and_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
    monkeypatch.setattr(doctor, "_trouble", lambda device: "" if device.index == 0 else "cannot be used: too old")
    checks = [check for check in doctor._devices() if check.name.startswith("cuda")]
    assert [(check.name, check.present, check.says) for check in checks] == [
        ("cuda:0", True, "Card 0; models run here unless --device says otherwise"),
        ("cuda:1", False, "Card 1; cannot be used: too old"),
    ]
    assert "--device cpu" in checks[1].remedy
    assert lacking(checks) == []


def test_one_device_is_where_models_run(found: list[Check]) -> None:
    from reporter.loading import choose_device

    (chosen,) = [check.name for check in found if "models run here" in check.says]
    assert chosen.partition(":")[0] == choose_device().type


def test_a_device_is_tried_with_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    assert doctor._trouble(torch.device("cpu")) == ""

    def refuse(*shape: int, device: object) -> object:
        raise RuntimeError("no kernel image\nand more")

    monkeypatch.setattr(torch, "ones", refuse)
    assert doctor._trouble(torch.device("cpu")) == "cannot be used: no kernel image"
    answer = SimpleNamespace(sum=lambda: SimpleNamespace(item=lambda: 2.0))
    monkeypatch.setattr(torch, "ones", lambda *shape, device: answer)
    assert doctor._trouble(torch.device("cpu")) == "computes wrongly"


def test_the_text_names_every_check_once_under_its_topic() -> None:
    checks = [
        Check("devices", "cpu", True, "a processor", required=True),
        Check("fonts", "Inter", False, "absent", "install it"),
    ]
    assert text(checks).splitlines() == [
        "devices",
        "  yes  cpu    a processor",
        "fonts",
        "  no   Inter  absent",
        "              → install it",
        "Everything that reports need is here.",
    ]
