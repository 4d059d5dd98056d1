"""What is present on this machine and what a report still lacks: devices, printing, fonts, packages, extras.

`examine` looks and returns data; `text` writes it for a terminal. Every absent thing comes with its remedy.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from reporter import system
from reporter.errors import MissingDependency, first_line

if TYPE_CHECKING:
    import torch
    from packaging.requirements import Requirement

DISTRIBUTION = "explanation-reporter"


@dataclass(frozen=True)
class Check:
    """One thing looked for."""

    topic: str  # checks of one topic stand together
    name: str
    present: bool
    says: str  # what it is and in which version, or what its absence means
    remedy: str = ""  # what to type, where it is absent and something can be done
    required: bool = False  # reports cannot be made without it


def examine() -> list[Check]:
    """Looks for everything a report can use. Imports torch and WeasyPrint: takes seconds."""
    return [*_machine(), *_devices(), *_printing(), *_fonts(), *_packages(), *_extras()]


def lacking(checks: Iterable[Check]) -> list[Check]:
    """The checks that stand in the way of a report."""
    return [check for check in checks if check.required and not check.present]


def text(checks: Iterable[Check]) -> str:
    """The checks as lines under their topics, and last whether reports can be made."""
    all_checks = list(checks)
    width = max((len(check.name) for check in all_checks), default=0)
    lines: list[str] = []
    for topic, group in groupby(all_checks, key=lambda check: check.topic):
        lines.append(topic)
        for check in group:
            lines.append(f"  {'yes' if check.present else 'no '}  {check.name:<{width}}  {check.says}")
            if check.remedy:
                lines.append(f"       {'':<{width}}  → {check.remedy}")
    absent = lacking(all_checks)
    names = ", ".join(check.name for check in absent)
    lines.append(f"Reports lack: {names}." if absent else "Everything that reports need is here.")
    return "\n".join(lines)


def _machine() -> Iterator[Check]:
    yield Check("machine", "Python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _devices() -> Iterator[Check]:
    """The processor and each accelerator that torch knows, tried with a small sum; which one a model runs on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Check("devices", "torch", False, f"cannot be imported: {first_line(error)}", "pip install torch", True)
        return
    from reporter.loading import choose_device

    first = torch.device(choose_device().type, 0)
    found = [(torch.device("cpu", 0), f"{_processor()}, {torch.get_num_threads()} threads"), *_accelerators()]
    for device, name in found:
        says = f"{name}; models run here unless --device says otherwise" if device == first else name
        problem = _trouble(device)
        label = "cpu" if device.type == "cpu" else str(device)
        remedy = "give --device cpu, or install a build of torch that supports it" if problem else ""
        yield Check("devices", label, not problem, f"{says}; {problem}" if problem else says, remedy, label == "cpu")
    for kind in ("cuda", "mps", "xpu"):
        if kind not in {device.type for device, _ in found}:
            yield Check("devices", kind, False, f"none that torch {torch.__version__} can use")


def _accelerators() -> Iterator[tuple[torch.device, str]]:
    """Each accelerator with its name."""
    from torch import backends, cuda, device, xpu

    if cuda.is_available():
        yield from ((device("cuda", index), cuda.get_device_name(index)) for index in range(cuda.device_count()))
    if backends.mps.is_available():
        yield device("mps", 0), "Apple GPU"
    if xpu.is_available():
        yield from ((device("xpu", index), xpu.get_device_name(index)) for index in range(xpu.device_count()))


def _trouble(device: torch.device) -> str:
    """Why a sum on the device fails, or nothing: a device can be listed and not be usable by this build of torch."""
    import torch

    try:
        return "" if torch.ones(3, device=device).sum().item() == 3 else "computes wrongly"
    except RuntimeError as error:
        return f"cannot be used: {first_line(error)}"


def _processor() -> str:
    """The processor's name as the system tells it."""
    with_names = Path("/proc/cpuinfo")
    if with_names.is_file():
        for line in with_names.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or f"{os.cpu_count()} cores"


def _printing() -> Iterator[Check]:
    """What a PDF needs, by doing what WeasyPrint does."""
    try:
        weasyprint = system.weasyprint()
    except MissingDependency as error:
        yield Check("printing", "PDF", False, error.problem, error.remedy, required=True)
    else:
        from weasyprint.text.ffi import pango

        version = int(pango.pango_version())
        numbers = f"{version // 10000}.{version // 100 % 100}.{version % 100}"
        yield Check("printing", "PDF", True, f"WeasyPrint {weasyprint.__version__}, Pango {numbers}", required=True)
    yield _part("printing", system.HARFBUZZ_SUBSET, "fonts are subset quickly")


def _fonts() -> Iterator[Check]:
    """The face reports are designed for, and one that has Chinese characters."""
    yield _part("fonts", system.LATIN_FACE, "the face reports are designed for")
    families = system.font_families(system.CJK_FACE.fonts)
    plain = [family for family in families if "Serif" not in family and "Mono" not in family]
    chosen = next((family for family in plain if family.endswith("SC")), (plain or families or [""])[0])
    yield _part("fonts", system.CJK_FACE, f"{chosen}, of {len(families)} that have Chinese characters")


def _part(topic: str, part: system.Part, says: str) -> Check:
    if part.present:
        return Check(topic, part.name, True, says, required=part.required)
    return Check(topic, part.name, False, f"absent: {part.without}", system.remedy([part]), part.required)


def _packages() -> Iterator[Check]:
    """The packages that the distribution declares, against the versions it asks for."""
    try:
        requirements = _requirements()
    except metadata.PackageNotFoundError:
        yield Check("packages", DISTRIBUTION, False, "is not installed, only found", f"pip install {DISTRIBUTION}")
        return
    yield Check("packages", DISTRIBUTION, True, metadata.version(DISTRIBUTION), required=True)
    for requirement in requirements:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def _package(requirement: Requirement) -> Check:
    wanted = str(requirement.specifier)
    remedy = f"pip install '{requirement.name}{wanted}'"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Check("packages", requirement.name, False, f"absent; {wanted} is needed", remedy, required=True)
    if requirement.specifier.contains(version, prereleases=True):
        return Check("packages", requirement.name, True, version, required=True)
    return Check("packages", requirement.name, False, f"{version}, but {wanted} is needed", remedy, required=True)


def _extras() -> Iterator[Check]:
    """Each optional extra that the distribution declares: present when all its packages are."""
    try:
        requirements, names = _requirements(), metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return
    for name in names:
        wanted = [each for each in requirements if each.marker and each.marker.evaluate({"extra": name})]
        absent = [check.name for check in map(_package, wanted) if not check.present]
        remedy = f"pip install '{DISTRIBUTION}[{name}]'" if absent else ""
        yield Check("extras", name, not absent, f"lacks {', '.join(absent)}" if absent else "complete", remedy)


def _requirements() -> list[Requirement]:
    from packaging.requirements import Requirement

    return [Requirement(line) for line in metadata.requires(DISTRIBUTION) or []]
