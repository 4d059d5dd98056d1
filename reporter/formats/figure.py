"""Figures: what a report draws beside its table. One drawer a kind of heat map; none of them asks for the modality."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reporter.formats.wording import Wording

if TYPE_CHECKING:
    from markupsafe import Markup

    from reporter.facts import Facts

# Kind of heat map → the function that draws it, imported when there is one. Bars are the table's.
DRAWERS = {
    "words": "reporter.formats.shading:drawn",
    "raster": "reporter.formats.raster:drawn",
    "spans": "reporter.formats.spans:drawn",
}


@dataclass(frozen=True)
class Figure:
    """One figure, ready for every format."""

    kind: str
    html: Markup  # what stands inside <figure>, the same on a page, in a fragment and on paper
    caption: str
    alt: str  # what it shows, in sentences made from the facts, for whoever does not see it
    text: str  # the same for a format without pictures; plain, not escaped


def figures_of(facts: Facts, wording: Wording) -> tuple[Figure, ...]:
    """The figures of an explanation, in the order of its heat maps."""
    found = []
    for heat in facts.explanation.heatmaps:
        if heat.kind in DRAWERS:
            module, _, name = DRAWERS[heat.kind].partition(":")
            drawn: Any = getattr(import_module(module), name)
            found.append(drawn(heat, facts, wording))
    return tuple(found)
