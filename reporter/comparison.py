"""Comparison: tonight beside the reference run, and beside the nights before; what checks look at. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.overview import Overview


@dataclass(frozen=True)
class Comparison:
    """The overview of tonight, that of the reference run, and those of earlier nights, latest first."""

    after: Overview
    before: Overview | None = None
    history: tuple[Overview, ...] = ()
