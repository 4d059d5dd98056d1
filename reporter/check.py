"""What a check is: the contract of checks/. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from reporter.comparison import Comparison
from reporter.finding import Finding, Severity


class Check(Protocol):
    """One question an audit asks every night. A frozen dataclass; its fields are its settings.

    Thresholds follow from noise: `alpha` is the chance per night that it speaks up although nothing has changed,
    whatever the number of columns, features or slices it looks at. What is certain but too small to matter is not
    told: each check has a smallest effect besides.
    """

    name: ClassVar[str]
    description: ClassVar[str]

    @property
    def severity(self) -> Severity:
        """Of its findings, unless they are of another by their nature; a field of the dataclass."""
        ...

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """What is worth saying of tonight; nothing without a reference run, where one is needed."""
        ...
