"""The explanation itself: what `render`, `verify` and an audit read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from reporter.report import Report


@dataclass(frozen=True)
class Json:
    """Versioned JSON of the explanation and nothing else: the prose is told again from it."""

    name: ClassVar[str] = "json"
    suffix: ClassVar[str] = ".json"
    media_type: ClassVar[str] = "application/json"
    description: ClassVar[str] = "the explanation with all its numbers, to be read back"

    def render(self, report: Report) -> bytes:
        return report.explanation.to_json().encode()
