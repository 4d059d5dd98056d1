"""Explains PyTorch models in words people can trust.

    explanation = reporter.explain(model, inputs, reference=training_inputs, feature_names=names)
    explanation.report().to_pdf("report.pdf")

Public names load on first use, so that importing this package is instant and brings no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reporter.auditing.run import audit
    from reporter.errors import ReporterError
    from reporter.explanation import Explanation
    from reporter.narrative import Narrative
    from reporter.pipeline import explain
    from reporter.report import Report
    from reporter.study import Study, read_study
    from reporter.verification import verify
    from reporter.words import Words

__version__ = "0.4.0"

__all__ = [
    "Explanation",
    "Narrative",
    "Report",
    "ReporterError",
    "Study",
    "Words",
    "audit",
    "explain",
    "read_study",
    "verify",
]

_HOMES = {
    "Explanation": "reporter.explanation",
    "Narrative": "reporter.narrative",
    "Report": "reporter.report",
    "ReporterError": "reporter.errors",
    "Study": "reporter.study",
    "Words": "reporter.words",
    "audit": "reporter.auditing.run",
    "explain": "reporter.pipeline",
    "read_study": "reporter.study",
    "verify": "reporter.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'reporter' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
