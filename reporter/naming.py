"""Naming: what words of a text, regions of a picture and stretches of a sequence are called in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reporter.explanation import Explanation, Feature
from reporter.heatmap import Raster, Shading, Spans
from reporter.language import Language, decimals_for
from reporter.rounding import Rounding, printable
from reporter.words import Words, words_in

MOST_QUOTED = 80  # characters of a word or phrase that a sentence quotes
PARTS = ("word", "region", "span")  # kinds that are named by where they stand


def parts_key(explanation: Explanation) -> str:
    """The row of the lexicon's [parts] that names the features: the modality, or "symbols"."""
    spans = explanation.heatmap("spans")
    symbols = isinstance(spans, Spans) and bool(spans.symbols)
    return "symbols" if symbols else explanation.modality


def part_names(explanation: Explanation, tongue: Language) -> dict[str, str]:
    """Id → name of every word, region and stretch. Where a study gives a name, that is it."""
    write = Rounding(tongue)
    parts = [feature for feature in explanation.features if feature.kind in PARTS]
    given = {f.id: words_in(f.words, tongue.code).name for f in parts}
    named = {identifier: name for identifier, name in given.items() if name}
    words = _word_names([f for f in parts if f.kind == "word" and f.id not in named], write)
    found = {}
    for feature in parts:
        if feature.id in words:
            found[feature.id] = words[feature.id]
        elif feature.id not in named:
            found[feature.id] = _place_name(feature, explanation, tongue)
    regions = {f.id for f in parts if f.kind == "region"}
    told = write.names(named, regions)
    own = {key: _with_article(name, tongue) if key in regions else name for key, name in told.items()}
    # What is left says nothing of where it stands, or says it twice: ids tell it apart.
    return {**own, **_apart(found, str(tongue.lexicon["quoting"]["apart"]))}


def _with_article(name: str, tongue: Language) -> str:
    """A region's name as it stands in a sentence: "the upper bowl"."""
    places = tongue.lexicon["places"]
    has_one = name.casefold().startswith(tuple(places["articles"]))
    return name if has_one else str(places["region"]).format(name=name)


def quoted(text: str, tongue: Language) -> str:
    """Words of a text in quotation marks, on one line, long ones cut; they cannot close the quotation."""
    opening, closing = tongue.lexicon["quoting"]["pair"]
    clean = printable(text)
    if len(clean) > MOST_QUOTED:
        clean = clean[: MOST_QUOTED - 1].rstrip() + "…"
    for mark in (opening, closing, '"'):
        clean = clean.replace(mark, "'")
    return f"{opening}{clean}{closing}"


def _word_names(words: list[Feature], write: Rounding) -> dict[str, str]:
    """Words in quotation marks; one that stands in the text several times is counted through."""
    tongue = write.tongue
    ordered = sorted((f for f in words if isinstance(f.value, str)), key=lambda f: f.span or (0.0, 0.0))
    often, met = Counter(str(f.value).casefold() for f in ordered), Counter[str]()
    found = {}
    for feature in ordered:
        word = str(feature.value)
        met[word.casefold()] += 1
        name = quoted(word, tongue)
        if often[word.casefold()] > 1:
            ordinal = tongue.ordinal(met[word.casefold()])
            name = str(tongue.lexicon["places"]["again"]).format(ordinal=ordinal, word=name)
        found[feature.id] = name
    return found


def _place_name(feature: Feature, explanation: Explanation, tongue: Language) -> str:
    places, whole = tongue.lexicon["places"], tongue.lexicon["parts"][parts_key(explanation)]["whole"]
    if feature.id == "rest":
        return tongue.fit(str(places["rest"]).format(whole=whole))
    if feature.kind == "region":
        return str(tongue.lexicon["regions"].get(feature.id) or printable(words_in({}, "", feature.id).name))
    if feature.span is None:
        return printable(words_in({}, "", feature.id).name)
    name = _stretch_name(feature, feature.span, explanation, tongue)
    if not feature.channel:
        return name
    channel = Rounding(tongue).name(channel_name(feature.channel, explanation.groups, tongue))
    return tongue.fit(str(places["channel"]).format(place=name, channel=channel))


def _stretch_name(feature: Feature, span: tuple[float, float], explanation: Explanation, tongue: Language) -> str:
    places, spans = tongue.lexicon["places"], explanation.heatmap("spans")
    step, unit = (spans.step, spans.unit) if isinstance(spans, Spans) else (1.0, "")
    decimals = min(3, decimals_for(step, 1))
    first, last = (Rounding(tongue).value(each, unit, decimals, {}) for each in span)
    if isinstance(feature.value, str) and feature.value:
        frame = places["symbol"] if span[0] == span[1] else places["symbols"]
        shown = feature.value if len(feature.value) <= MOST_QUOTED else feature.value[: MOST_QUOTED - 1] + "…"
        return tongue.fit(str(frame).format(symbols=printable(shown), first=first, last=last))
    return tongue.fit(str(places["moment" if first == last else "stretch"]).format(first=first, last=last))


def channel_name(channel: str, groups: Mapping[str, dict[str, Words]], tongue: Language) -> str:
    """What a channel of a sequence is called."""
    return printable(words_in(groups.get(channel, {}), tongue.code, channel).name)


def _apart(names: dict[str, str], frame: str) -> dict[str, str]:
    often = Counter(name.casefold() for name in names.values())
    return {key: frame.format(name=name, id=key) if often[name.casefold()] > 1 else name for key, name in names.items()}


def extents(explanation: Explanation) -> dict[str, float]:
    """Id → share of the picture or recording that a feature covers, 0 to 1; words have none."""
    found: dict[str, Any] = {}
    raster, spans = explanation.heatmap("raster"), explanation.heatmap("spans")
    if isinstance(raster, Raster):
        for area in raster.areas:
            size = (area.right - area.left) * (area.bottom - area.top)
            found[area.feature] = found.get(area.feature, 0.0) + size
    if isinstance(spans, Spans):
        length = len(spans.symbols) or max((len(c.attributions) for c in spans.channels), default=0)
        for stretch in spans.stretches:
            found[stretch.feature] = found.get(stretch.feature, 0.0) + (stretch.last - stretch.first + 1) / length
    return {key: share for key, share in found.items() if 0 < share < 1}


def phrases(explanation: Explanation, tongue: Language) -> dict[str, tuple[tuple[str, ...], str]]:
    """Phrase id → the words of it and how it is quoted: neighbouring words of some weight that push the same way."""
    shading = explanation.heatmap("words")
    if not isinstance(shading, Shading):
        return {}
    features = {f.id: f for f in explanation.features}
    pieces = [piece for piece in shading.pieces if piece.feature in features]
    runs: list[list[int]] = []
    for place, piece in enumerate(pieces):
        feature = features[piece.feature]
        before = features[pieces[runs[-1][-1]].feature] if runs and runs[-1][-1] == place - 1 else None
        if feature.share < PHRASE_SHARE:
            continue
        near = before is not None and shading.text[pieces[place - 1].end : piece.start].strip(" \t-–'’") == ""
        if before is not None and near and (before.attribution > 0) == (feature.attribution > 0):
            runs[-1].append(place)
        else:
            runs.append([place])
    found = {}
    for run in runs:
        if 1 < len(run) <= MOST_WORDS:
            ids = tuple(pieces[place].feature for place in run)
            text = shading.text[pieces[run[0]].start : pieces[run[-1]].end]
            found["+".join(ids)] = (ids, quoted(text, tongue))
    return found


PHRASE_SHARE = 0.04  # of all influence: a word with less makes no phrase with its neighbour
MOST_WORDS = 5  # of a phrase; a longer run is told word by word
