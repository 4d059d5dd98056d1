"""A text with its words shaded by how far each moved the score, told apart without colour too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporter.facts import Facts, FeatureFacts
from reporter.formats.figure import Figure
from reporter.formats.wording import Wording
from reporter.heatmap import Piece, Shading

if TYPE_CHECKING:
    from markupsafe import Markup

STEPS = 4  # of strength; what is weaker than half of the first is not shaded
NUMBERED = 5  # words that show their rank
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
TOLD = 3  # words of each side that the alternative text names


@dataclass(frozen=True)
class _Shade:
    """How a word is drawn: the side it is on, how strongly from 1 to STEPS, and its rank where that is shown."""

    side: str
    step: int
    rank: int


def drawn(heat: Shading, facts: Facts, wording: Wording) -> Figure:
    """The figure of a text: blue and underlined towards, orange and dashed away, deeper where stronger."""
    shades = _shades(heat, facts)
    words = wording["figure"]["words"]
    unsure = "unreliable" in facts.situations
    return Figure(
        kind="words",
        html=_html(heat, shades, facts, wording),
        caption=str(words["unsure"])
        if unsure
        else wording.strong("words")
        if wording.strength
        else str(words["caption"]),
        alt=_alt(shades, facts, wording),
        text=_marked(heat, shades, facts, wording),
    )


def _shades(heat: Shading, facts: Facts) -> dict[str, _Shade]:
    """Feature id → how it is drawn; what is too weak to see is left out."""
    scale = max([heat.scale, *(abs(facts.feature(piece.feature).attribution) for piece in heat.pieces)])
    found, sided = {}, facts.explanation.provenance.directed
    for feature in (facts.feature(piece.feature) for piece in heat.pieces):
        strength = abs(feature.attribution) / scale if scale else 0.0
        if (sided and feature.direction == "none") or strength < 1 / (2 * STEPS):
            continue
        rank = feature.rank if feature.rank <= NUMBERED and not feature.small else 0
        found[feature.id] = _Shade(
            feature.direction if sided else "strength", min(STEPS, math.ceil(strength * STEPS)), rank
        )
    return found


# On a page


def _html(heat: Shading, shades: dict[str, _Shade], facts: Facts, wording: Wording) -> Markup:
    from markupsafe import Markup, escape

    def shaded(shade: _Shade, text: str) -> Markup:
        rank = Markup("<sup>{}</sup>").format(shade.rank) if shade.rank else Markup("")
        kind = shade.side[0]
        return Markup('<mark class="rx-{}{}">{}{}</mark>').format(kind, shade.step, escape(text), rank)

    inside = Markup("").join(
        shaded(shade, text) if shade else escape(text) for text, shade in _runs(heat, heat.pieces, shades)
    )
    legend = Markup(" ").join(
        Markup("<span>{} {}</span>").format(shaded(_Shade(side, STEPS - 1, 0), word), said)
        for side, word, said in _legend(facts, wording)
    )
    return Markup(
        '<p class="rx-x">{alt}</p>\n<p class="rx-text" dir="auto">{inside}</p>\n'
        '<p class="rx-legend" aria-hidden="true">{legend} <span>{ranks}</span></p>'
    ).format(alt=_alt(shades, facts, wording), inside=inside, legend=legend, ranks=wording["figure"]["words"]["deeper"])


def _runs(heat: Shading, pieces: tuple[Piece, ...], shades: dict[str, _Shade]) -> list[tuple[str, _Shade | None]]:
    """The text cut where shading begins and ends; what no reader sees in it is shown as such."""
    found: list[tuple[str, _Shade | None]] = []
    done = 0
    for piece in pieces:
        shade = shades.get(piece.feature)
        if shade is not None:
            found += [(heat.text[done : piece.start], None), (heat.text[piece.start : piece.end], shade)]
            done = piece.end
    found.append((heat.text[done:], None))
    return [(_seen(text), shade) for text, shade in found if text]


def _seen(text: str) -> str:
    """Line breaks stay; control characters, which no page may hold, become a sign for what cannot be shown."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" or ord(c) > 0x9F else "\ufffd" for c in lines)


def _legend(facts: Facts, wording: Wording) -> list[tuple[str, str, str]]:
    """Side, the word that shows how it is drawn, and what that means."""
    name, words = wording.bare(facts.target.name), wording["figure"]["words"]
    if wording.strength:
        return [("strength", str(words["towards_sample"]), wording.strong("legend"))]
    return [
        (side, str(words[f"{side}_sample"]), wording.side(side, "side").format(name=name))
        for side in ("towards", "away")
    ]


# In words


def _alt(shades: dict[str, _Shade], facts: Facts, wording: Wording) -> str:
    """What the figure shows, for whoever does not see it: which words are shaded on each side, strongest first."""
    words, name = wording["figure"]["words"], wording.bare(facts.target.name)
    if "unreliable" in facts.situations:
        return str(words["alt_unsure"])
    count = len(facts.features)
    told = [str(words["alt_one" if count == 1 else "alt"]).format(count=facts.language.count(count))]
    if wording.strength:
        strongest = [f for f in facts.features if f.id in shades]
        return facts.language.fit(" ".join([*told, wording.strong("shaded", **_listed(strongest, facts, wording))]))
    for side in ("towards", "away"):
        strongest = [f for f in facts.features if f.id in shades and f.direction == side]
        frame = words["alt_side" if strongest else "alt_none"]
        listed = _listed(strongest, facts, wording)
        told.append(str(frame).format(side=wording.side(side, "side").format(name=name), **listed))
    return facts.language.fit(" ".join(told))


def _listed(strongest: list[FeatureFacts], facts: Facts, wording: Wording) -> dict[str, str]:
    """The first of them by name, and how many more there are."""
    rest = len(strongest) - TOLD
    if rest <= 1:
        return {"words": facts.language.join([_named(f, wording) for f in strongest]), "more": ""}
    more = str(wording["figure"]["words"]["alt_more"]).format(count=facts.language.count(rest))
    comma = str(wording["document"]["comma"])
    return {"words": comma.join(_named(f, wording) for f in strongest[:TOLD]), "more": more}


def _named(feature: FeatureFacts, wording: Wording) -> str:
    if wording.strength:
        return wording.strong("item", name=feature.name, share=feature.share)
    return str(wording["figure"]["words"]["alt_word"]).format(word=feature.name, share=feature.share)


def _marked(heat: Shading, shades: dict[str, _Shade], facts: Facts, wording: Wording) -> str:
    """The text in plain signs: the strongest words marked by side and rank."""
    words = wording["figure"]["words"]
    text = ""
    for part, shade in _runs(heat, heat.pieces, shades):
        if shade is None or not shade.rank:
            text += part
            continue
        text += str(words["away_plain" if shade.side == "away" else "towards_plain"]).format(
            word=part, rank=str(shade.rank).translate(RAISED)
        )
    key = [
        str(words["away_plain" if side == "away" else "towards_plain"]).format(word=said, rank="").strip()
        for side, _, said in _legend(facts, wording)
    ]
    return str(words["text"].format(text=text.strip(), key=facts.language.join(key), ranks=words["ranks"]))
