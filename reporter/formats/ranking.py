"""The ranked features as a table shows them: every text from the facts, and where its marks stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from reporter.facts import Facts, FeatureFacts
from reporter.formats.wording import Wording
from reporter.rounding import score_decimals
from reporter.templating import capital

MOST_ROWS = 120  # of the table of all features: a page of a long text must stay one that opens at once
NARROW = 5  # characters of the narrowest column, so that its heading fits


@dataclass(frozen=True)
class Row:
    """One feature. Empty texts mean there is nothing to say."""

    id: str
    rank: int
    name: str
    description: str
    value: str
    baseline: str
    range: str
    above: str  # "94%": higher than that share of the reference rows
    extent: str  # share of the picture or recording that it covers
    share: str
    interval: str
    score: str
    side: str  # "towards malignant", for whoever sees no bar
    direction: str  # towards, away, none
    notes: tuple[str, ...]
    place: float | None  # of the mark on the strip, percent of its width
    length: float  # of the bar, percent of the axis, which has two sides where there are directions


@dataclass(frozen=True)
class Legend:
    """What the two sides mean and how much lies on each; without directions there is only `strength`."""

    towards: str = ""
    away: str = ""
    scale: str = ""
    strength: str = ""


@dataclass(frozen=True)
class Ranking:
    """The strongest features, the sum of the others, and all features for the annex."""

    LONG: ClassVar[int] = 24  # characters from which a value may be broken over several lines
    caption: str
    caption_all: str
    top: tuple[Row, ...]
    rest: str  # "The other 20 features"; empty when all are shown
    rest_score: str
    legend: Legend
    directed: bool  # whether bars have two sides; without them, shares stand in place of scores
    all: tuple[Row, ...]  # as many as a reader may want to check; the JSON form has every one
    more: str  # how many are left out of `all`; empty when none is
    widths: Mapping[str, int]  # column → characters it must hold, for a page that does not measure its cells
    heading: str  # of the features: "Feature", "Word", "Region"
    extent: str  # heading of what they cover; empty where they cover nothing
    valued: bool  # whether any feature has a value beside its name
    placed: bool  # whether any feature has a place among reference rows
    baselined: bool  # whether any feature has a baseline value
    ranged: bool
    intervals: bool


def ranking_of(facts: Facts, wording: Wording, most: int = MOST_ROWS) -> Ranking:
    """The table of the features, strongest first; `most`: rows before the others are one."""
    longest = max((abs(feature.attribution) for feature in facts.features), default=0.0)
    # A heat map may draw on a longer scale, so that several reports can be compared; never on a shorter one.
    bars = facts.explanation.heatmap("bars")
    scale = max(longest, bars.scale if bars else 0.0) or 1.0
    directed = not wording.strength
    rows = tuple(_row(feature, facts, wording, scale if directed else scale / 2) for feature in facts.features)
    count = min(int(facts["top.count"].value), most)
    words = wording["ranking"]
    return Ranking(
        caption=_caption(facts, wording, count),
        caption_all=_caption_all(
            facts, wording, valued=any(row.value for row in rows), baselined=any(row.baseline for row in rows)
        ),
        top=rows[:count],
        rest=_rest(facts, wording, count),
        rest_score=_rest_score(facts, count) if directed else "",
        directed=directed,
        legend=_legend(facts, wording),
        all=rows[:MOST_ROWS],
        more=wording["attributions"]["more"].format(
            count=facts.language.number(len(rows) - MOST_ROWS, 0), parts=facts.parts["many"]
        )
        if len(rows) > MOST_ROWS
        else "",
        widths={
            name: _width(getattr(row, name) for row in rows)
            for name in ("value", "baseline", "range", "interval", "score")
        },
        heading=capital(facts.parts["one"]),
        extent=words["extent"].format(whole=facts.parts["whole"]) if any(row.extent for row in rows) else "",
        valued=any(row.value for row in rows),
        placed=any(row.above for row in rows),
        baselined=any(row.baseline for row in rows),
        ranged=any(row.range for row in rows),
        intervals=any(row.interval for row in rows),
    )


def _width(texts: Iterable[str]) -> int:
    """The longest text, within what a column can be; longer ones take several lines."""
    return max(NARROW, *(min(len(text), Ranking.LONG) for text in texts))


def _row(feature: FeatureFacts, facts: Facts, wording: Wording, scale: float) -> Row:
    notes = wording["notes"]
    low, high = feature.interval
    bottom, top = feature.range
    words = wording["attributions"]
    told = {"missing": feature.missing, "out_of_range": feature.out_of_range, "protected": feature.protected}
    placed = feature.above and feature.percentile_value is not None
    return Row(
        id=feature.id,
        rank=feature.rank,
        name=wording.label(feature.name),
        description=feature.description,
        value=wording.bare(feature.value),
        baseline=wording.bare(feature.baseline),
        range=words["span"].format(low=bottom, high=top) if bottom else "",
        above=feature.above,
        extent=feature.extent,
        share=feature.share,
        interval=low if low == high else words["from_to"].format(low=low, high=high),
        score=feature.score.removeprefix("+") if wording.strength else feature.score,
        side=wording.side(feature.direction, "side").format(name=wording.bare(facts.target.name)),
        direction="strength" if wording.strength else feature.direction,
        notes=tuple(notes[name] for name, holds in told.items() if holds),
        place=round(100 * feature.percentile_value, 1) if placed and feature.percentile_value is not None else None,
        length=round(50 * abs(feature.attribution) / scale, 1),
    )


def _caption(facts: Facts, wording: Wording, count: int) -> str:
    words = wording["ranking"]
    told = {**words, **wording.strength}
    if count == len(facts.features):
        frame = told[{1: "caption_one", 2: "caption_two"}.get(len(facts.features), "caption_all")]
    else:
        frame = told["caption"]
    against = wording.against()
    return str(
        frame.format(
            count=facts.language.count(count),
            part=facts.parts["one"],
            parts=facts.parts["many"],
            what=words["what"][wording.task],
            against=words["against"].format(against=against) if against else "",
        )
    )


def _caption_all(facts: Facts, wording: Wording, *, valued: bool, baselined: bool) -> str:
    words = wording["attributions"]
    shown = words["with_baseline" if baselined else "with_value"] if valued else ""
    return str(words["caption"].format(part=facts.parts["one"], with_value=shown))


def _rest(facts: Facts, wording: Wording, count: int) -> str:
    left = len(facts.features) - count
    if not left:
        return ""
    words = wording["ranking"]
    one, many = facts.parts["one"], facts.parts["many"]
    frame = words["rest_one"] if left == 1 else words["rest"]
    return str(frame.format(count=facts.language.count(left), part=one, parts=many))


def _rest_score(facts: Facts, count: int) -> str:
    """What the features without a row of their own add up to."""
    decimals = score_decimals(max((abs(feature.attribution) for feature in facts.features), default=0.0))
    left = facts.features[count:]
    return facts.language.signed(sum(feature.attribution for feature in left), decimals) if left else ""


def _legend(facts: Facts, wording: Wording) -> Legend:
    def side(direction: str) -> str:
        weight = facts.text(f"{direction}.weight")
        return wording.side(direction, "long").format(name=wording.bare(facts.target.name), weight=weight)

    if wording.strength:
        return Legend(strength=wording.strong("legend"))
    return Legend(side("towards"), side("away"), wording.scale())
