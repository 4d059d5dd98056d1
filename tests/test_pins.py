"""The pinned packages go with the oldest Python that the README names: that of Debian 12."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.specifiers import SpecifierSet

PINS = Path(__file__).parent.parent / ".ci/pins.txt"
OLDEST = "3.11.2"


def test_every_pinned_package_can_be_installed_there() -> None:
    pinned = re.findall(r"^([\w.-]+)==(\S+)$", PINS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(pinned) > 80
    told = {name: distribution(name).metadata for name, _ in pinned}
    wanted = {name: each["Requires-Python"] for name, each in told.items() if "Requires-Python" in each}
    assert len(wanted) > 60
    assert {name: python for name, python in wanted.items() if OLDEST not in SpecifierSet(python)} == {}
