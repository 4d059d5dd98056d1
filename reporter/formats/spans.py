"""A sequence with the stretches that moved the score: curves over time, or a row of symbols (letters.py)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from reporter.errors import ExplanationError
from reporter.facts import Facts, FeatureFacts
from reporter.formats.figure import Figure
from reporter.formats.letters import blocks_of, marked
from reporter.formats.wording import Wording
from reporter.heatmap import Channel, Spans, Stretch
from reporter.language import decimals_for
from reporter.look import look
from reporter.naming import channel_name
from reporter.rounding import printable
from reporter.templating import capital, report_environment
from reporter.words import words_in

LANES = 6  # channels drawn; of more, those that moved the score most
COLUMNS = 300  # of a curve: each keeps its highest and its lowest point
STRIP = 300  # columns of the strip that shows every point
FAINT = 0.01  # of the scale: less is not drawn
WIDTH, HEIGHT, EDGE = 820, 100, 2  # of a curve, and the room above and below it for the width of its line
HALF = 16  # of the height of its strip
WHOLE = 0.9  # of the axis: a stretch as long as that is not shaded
TICKS = 8  # on the axis, at most
APART = 3.6  # percent of the width between two numbers


@dataclass(frozen=True)
class Band:
    """A stretch as it lies on the axis, in percent of its width."""

    left: float
    width: float
    whole: bool  # it covers all of the axis, and need not be shaded
    direction: str
    label: str  # its rank
    at: float  # where the label stands: in the middle, but away from its neighbours


@dataclass(frozen=True)
class Lane:
    """One channel."""

    name: str
    unit: str
    top: str  # highest and lowest value
    bottom: str
    curve: str  # path data
    towards: str  # of the strip: path data
    away: str
    zero: float | None  # where the value 0 lies, in percent from the top; None when it is not in sight
    bands: tuple[Band, ...]
    labelled: bool  # whether the numbers of the bands stand above this lane


def drawn(heat: Spans, facts: Facts, wording: Wording) -> Figure:
    """The figure of a sequence; towards is blue and up, away is orange, hatched and down."""
    _check(heat)
    sided = not wording.strength
    heat = heat if sided else _unsigned(heat)
    shown = _shown(heat)
    template = report_environment().get_template("report/spans.html.j2")
    alt = _alt(heat, facts, wording, shown)
    blocks, positions = blocks_of(heat, facts) if heat.symbols else ((), 0)
    html = template.render(
        look=look(),
        alt=alt,
        lanes=() if heat.symbols else tuple(_lanes(heat, facts, shown)),
        ticks=() if heat.symbols else _ticks(heat, facts),
        blocks=blocks,
        size=(WIDTH, HEIGHT, EDGE, HALF),
        unit=printable(heat.unit),
        legend=_legend(heat, facts, wording),
        unsure="unreliable" in facts.situations,
        sided=sided,
        whole=capital(facts.parts["whole"]),
    )
    from markupsafe import Markup

    return Figure(
        kind="spans",
        html=Markup(html),  # noqa: S704 - the template escapes
        caption=_caption(heat, wording, facts, len(shown), positions),
        alt=alt,
        text=f"{marked(heat, facts)} {alt}" if heat.symbols else alt,
    )


def _check(heat: Spans) -> None:
    """Raises ExplanationError for a heat map, read from a file perhaps, whose parts do not fit together."""
    length = len(heat.channels[0].attributions) if heat.channels else 0
    named = {"", *(channel.id for channel in heat.channels)}
    if heat.symbols:
        fits = len(heat.channels) == 1 and length == len(heat.symbols)
    else:
        fits = all(len(each.values) == len(each.attributions) == length for each in heat.channels)
    inside = all(0 <= each.first <= each.last < length and each.channel in named for each in heat.stretches)
    if not (length and fits and inside and heat.step > 0):
        raise ExplanationError("the heat map of the sequence does not fit together", remedy="explain again")


def _unsigned(heat: Spans) -> Spans:
    """The same without signs, for attributions that have no direction."""
    plain = (replace(each, attributions=tuple(map(abs, each.attributions))) for each in heat.channels)
    return replace(heat, channels=tuple(plain))


def _shown(heat: Spans) -> list[Channel]:
    """The channels to draw: all, or those that moved the score most, in their own order."""
    if len(heat.channels) <= LANES:
        return list(heat.channels)
    inside = {channel.id: 0.0 for channel in heat.channels}
    for channel in heat.channels:
        for stretch in heat.stretches:
            if stretch.channel in ("", channel.id):
                inside[channel.id] += sum(abs(a) for a in channel.attributions[stretch.first : stretch.last + 1])
    strongest = sorted(inside, key=lambda each: -inside[each])[:LANES]
    return [channel for channel in heat.channels if channel.id in strongest]


# Curves


def _lanes(heat: Spans, facts: Facts, shown: Sequence[Channel]) -> Iterable[Lane]:
    together: dict[str, list[float]] = {channel.id: _columns(channel.attributions) for channel in shown}
    scale = max((abs(value) for column in together.values() for value in column), default=0.0)
    tongue = facts.language
    for number, channel in enumerate(shown):
        low, high = min(channel.values), max(channel.values)
        decimals = min(3, decimals_for(high - low, 2))
        spread = (high - low) or 1.0
        named = len(heat.channels) > 1 or not channel.id.startswith("channel_")
        yield Lane(
            name=channel_name(channel.id, facts.explanation.groups, tongue) if named else "",
            unit=_unit(channel, facts),
            top=tongue.number(high, decimals),
            bottom=tongue.number(low, decimals),
            curve=_curve(channel.values, low, spread),
            towards=_strip(together[channel.id], scale, 1),
            away=_strip(together[channel.id], scale, -1),
            zero=round(100 * (HEIGHT * high / spread + EDGE) / (HEIGHT + 2 * EDGE), 1) if low < 0 < high else None,
            bands=tuple(_bands(heat, facts, [s for s in heat.stretches if s.channel in ("", channel.id)])),
            labelled=number == 0 or any(s.channel == channel.id for s in heat.stretches),
        )


def _unit(channel: Channel, facts: Facts) -> str:
    return printable(words_in(facts.explanation.groups.get(channel.id, {}), facts.language.code).unit)


def _curve(values: Sequence[float], low: float, spread: float) -> str:
    """Path data; of many points each column keeps its first extreme and then its second."""
    count = len(values)
    kept: list[int] = list(range(count))
    if count > 2 * COLUMNS:
        kept = []
        for column in range(COLUMNS):
            part = range(column * count // COLUMNS, (column + 1) * count // COLUMNS)
            kept += sorted({min(part, key=values.__getitem__), max(part, key=values.__getitem__)})
    # A point stands in the middle of its own share of the width, so that stretches and curves meet.
    places = [f"{_short(WIDTH * (i + 0.5) / count)} {_short(HEIGHT * (1 - (values[i] - low) / spread))}" for i in kept]
    return f"M0 {places[0].split()[1]}H{WIDTH}" if count == 1 else "M" + "L".join(places)


def _columns(attributions: Sequence[float]) -> list[float]:
    """What was attributed to each column of the strip, per point, so that columns of any width compare."""
    count, columns = len(attributions), min(STRIP, len(attributions))
    edges = [i * count // columns for i in range(columns + 1)]
    return [math.fsum(attributions[a:b]) / (b - a) for a, b in pairwise(edges)]


def _strip(columns: Sequence[float], scale: float, sign: int) -> str:
    """Path data of one direction: steps from the middle line, each run of neighbours one shape."""
    if not scale:
        return ""
    step, parts, before = WIDTH / len(columns), [], ""
    for number, value in enumerate(columns):
        size = sign * value / scale
        height = _short(HALF * (1 - sign * size)) if size >= FAINT else ""
        if height != before:
            end = f"H{_short(number * step)}" if before else ""
            begin = ("" if before else f"M{_short(number * step)} {HALF}") + f"V{height}" if height else ""
            parts.append(end + (begin or f"V{HALF}z"))
            before = height
    return "".join(parts) + (f"H{WIDTH}V{HALF}z" if before else "")


def _bands(heat: Spans, facts: Facts, stretches: Sequence[Stretch]) -> Iterable[Band]:
    points = max(len(channel.attributions) for channel in heat.channels)
    ordered = sorted(stretches, key=lambda each: (each.first, each.last))
    middles = [100 * (each.first + each.last + 1) / 2 / points for each in ordered]
    for each, at in zip(ordered, _apart(middles), strict=True):
        feature = facts.feature(each.feature)
        yield Band(
            left=round(100 * each.first / points, 2),
            width=round(100 * (each.last + 1 - each.first) / points, 2),
            whole=each.last + 1 - each.first >= WHOLE * points,
            direction=feature.direction,
            label=str(feature.rank),
            at=round(at, 2),
        )


def _apart(places: Sequence[float]) -> list[float]:
    """The same places, those too near to one another moved apart and kept inside."""
    found = list(places)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + APART)
    limit = 100 - APART / 2
    for i in range(len(found) - 1, -1, -1):
        found[i] = min(found[i], limit)
        limit = found[i] - APART
    return found


def _ticks(heat: Spans, facts: Facts) -> tuple[tuple[float, str], ...]:
    """Round times on the axis: where each stands in percent, and what it says."""
    points = max(len(channel.attributions) for channel in heat.channels)
    length = points * heat.step
    rough = length / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(each for each in (1, 2, 5, 10) if each * power >= rough * (1 - 1e-9))
    step = max(step, 1.0) if not heat.unit else step
    first = math.ceil(heat.start / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    found = []
    for number in range(first, first + TICKS + 2):
        # A point stands in the middle of its share, half a step from where it begins.
        place = 100 * (number * step - heat.start + heat.step / 2) / length
        if place <= 100:
            found.append((round(place, 2), facts.language.number(number * step, decimals)))
    return tuple(found)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


# In words


def _sides(facts: Facts, wording: Wording) -> dict[str, str]:
    name = wording.bare(facts.target.name)
    return {side: wording.side(side, "side").format(name=name) for side in ("towards", "away")}


def _caption(heat: Spans, wording: Wording, facts: Facts, lanes: int, positions: int) -> str:
    words, whole = wording["figure"]["spans"], facts.parts["whole"]
    kind = "symbols" if heat.symbols else "curves"
    if "unreliable" in facts.situations:
        return str(words[f"{kind}_unsure"]).format(whole=whole)
    what = wording["ranking"]["what"][wording.task]
    form = "symbols_value" if heat.symbols and facts.regression else kind
    if wording.strength:
        told = [wording.strong(kind)]
    else:
        told = [str(words[form]).format(whole=whole, what=what, **_sides(facts, wording))]
    if lanes < len(heat.channels):
        told.append(str(words["hidden"]).format(shown=lanes, count=len(heat.channels)))
    if heat.symbols and positions < len(heat.symbols):
        told.append(str(words["cut"]).format(shown=positions, count=len(heat.symbols)))
    return str(words["separator"]).join(told)


def _legend(heat: Spans, facts: Facts, wording: Wording) -> dict[str, str]:
    words, sides = wording["figure"]["spans"], _sides(facts, wording)
    if wording.strength:
        return {"strength": wording.strong("legend"), "strip": "", "ranks": str(words["ranks"])}
    strip = "" if heat.symbols else str(words["strip_value" if facts.regression else "strip"]).format(**sides)
    return {**sides, "strip": strip, "ranks": str(words["ranks"])}


def _alt(heat: Spans, facts: Facts, wording: Wording, shown: Sequence[Channel]) -> str:
    """What the figure shows, in sentences: what is drawn, which stretches push which way, and what is left."""
    words = wording["figure"]["spans"]
    if "unreliable" in facts.situations:
        return str(words["alt_unsure"]).format(whole=facts.parts["whole"])
    told = [_drawn_words(heat, facts, wording, shown)]
    marked_ids = {each.feature for each in heat.stretches}
    features = [f for f in facts.features if f.id in marked_ids]
    if wording.strength:
        marked_first = facts.language.join([_item(f, wording) for f in features])
        rest = [f for f in facts.features if f.id not in marked_ids and not f.small]
        told += [wording.strong("marked", list=marked_first)] if features else []
        told += [wording.strong("rest", name=capital(f.name), share=f.share) for f in rest]
        return facts.language.fit(" ".join(told))
    for side, said in _sides(facts, wording).items():
        same = [f for f in features if f.direction == side]
        items = facts.language.join([_item(f, wording) for f in same])
        told.append(str(words["alt_side" if same else "alt_none"]).format(side=said, list=items))
    left = [f for f in facts.features if f.id not in marked_ids and f.direction != "none"]
    for feature in left:
        side = _sides(facts, wording)[feature.direction]
        told.append(str(words["alt_rest"]).format(name=capital(feature.name), share=feature.share, side=side))
    return facts.language.fit(" ".join(told))


def _item(feature: FeatureFacts, wording: Wording) -> str:
    if wording.strength:
        return wording.strong("item", name=feature.name, share=feature.share)
    return str(wording["figure"]["spans"]["alt_item"]).format(name=feature.name, share=feature.share)


def _drawn_words(heat: Spans, facts: Facts, wording: Wording, shown: Sequence[Channel]) -> str:
    words, tongue, whole = wording["figure"]["spans"], facts.language, facts.parts["whole"]
    if heat.symbols:
        return str(words["alt_symbols"]).format(whole=whole, count=tongue.number(len(heat.symbols), 0))
    decimals = min(3, decimals_for(heat.step, 1))
    points = max(len(c.attributions) for c in heat.channels)
    # Of a sequence that was thinned out for drawing, the last stretch ends where the sequence does.
    spans = [f.span[1] for f in facts.explanation.features if f.span]
    ends = (heat.start, max([heat.start + (points - 1) * heat.step, *spans]))
    first, last = (wording.rounding.value(each, printable(heat.unit), decimals, {}) for each in ends)
    if len(shown) == 1:
        return str(words["alt_curve"]).format(whole=whole, first=first, last=last)
    names = tongue.join([channel_name(c.id, facts.explanation.groups, tongue) for c in shown])
    return str(words["alt_curves"]).format(whole=whole, first=first, last=last, names=names)
