"""Versions: of the packages a run's numbers come from, without importing them. No torch."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = {"reporter": "explanation-reporter", "torch": "torch", "captum": "captum", "numpy": "numpy"}


def versions() -> dict[str, str]:
    """Package → version."""
    found = {"python": platform.python_version()}
    for name, package in PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
