"""The figure of a sequence: what it says, what it draws, on the page, in a fragment and on paper."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pikepdf
import pytest

from reporter.errors import ExplanationError
from reporter.explanation import Explanation
from reporter.feature import Feature, ranked
from reporter.formats.figure import Figure, figures_of
from reporter.formats.fragment import Fragment
from reporter.formats.letters import MOST, blocks_of
from reporter.formats.markdown import Markdown
from reporter.formats.page import Page
from reporter.formats.pdf import Pdf
from reporter.formats.spans import COLUMNS, HALF, HEIGHT, LANES, WIDTH
from reporter.formats.wording import Wording
from reporter.grade import Score
from reporter.heatmap import Channel, Spans, Stretch
from reporter.words import Words
from tests.formats.test_pdf import elements
from tests.reports import BAD, GOOD, HOSTILE, decision, told

POINTS = 200
STRETCHES = (Stretch("s1", "", 50, 79), Stretch("s2", "", 150, 159))


def sequence(heat: Spans, scores: Sequence[Score] = GOOD, **said: Any) -> Explanation:
    """An explanation whose features are the stretches of a heat map, and the rest."""
    base = decision(len(heat.stretches) + 1, placed=False, scores=scores, **said)
    features = []
    left = sum(sum(channel.attributions) for channel in heat.channels)
    for stretch in heat.stretches:
        own = [c for c in heat.channels if stretch.channel in ("", c.id)]
        weight = sum(sum(c.attributions[stretch.first : stretch.last + 1]) for c in own)
        left -= weight
        features.append(
            Feature(
                stretch.feature,
                weight,
                0,
                0,
                0,
                value=heat.symbols[stretch.first : stretch.last + 1] or None,
                kind="span",
                span=(heat.start + stretch.first * heat.step, heat.start + stretch.last * heat.step),
                channel=stretch.channel,
            )
        )
    features.append(Feature("rest", left, 0, 0, 0, kind="span"))
    return replace(base, modality="sequence", features=ranked(features), heatmaps=(heat,))


def curves(count: int = 2, points: int = POINTS, stretches: tuple[Stretch, ...] = STRETCHES) -> Spans:
    """Channels that were attributed 1 in the first stretch, −0.5 in the second, a little elsewhere."""
    attributions = [0.001] * points
    attributions[50:80], attributions[150:160] = [1.0] * 30, [-0.5] * 10
    values = tuple(((i * 7) % 50 - 20) / 10 for i in range(points))
    channels = tuple(Channel(f"lead-{i + 1}", values, tuple(attributions)) for i in range(count))
    return Spans(channels, stretches, 0.0, 0.01, "s", 1.0)


def symbols(text: str, *stretches: tuple[int, int, float]) -> Spans:
    attributions = [0.0] * len(text)
    for first, last, weight in stretches:
        attributions[first : last + 1] = [weight] * (last - first + 1)
    found = tuple(Stretch(f"s{i}", "", first, last) for i, (first, last, _) in enumerate(stretches, 1))
    return Spans((Channel("", (), tuple(attributions)),), found, 1.0, 1.0, "", 1.0, text)


LETTERS = symbols("ACGT" * 10, (10, 14, 1.0), (30, 31, -0.5))


def figure(heat: Spans, **said: Any) -> Figure:
    facts = told(sequence(heat, **said)).facts
    (found,) = figures_of(facts, Wording(facts))
    return found


def paths(html: str, kind: str) -> list[str]:
    return re.findall(rf'<path class="rx-is-{kind}" d="([^"]*)"', html)


# In words


def test_the_alternative_text_says_what_the_curves_show() -> None:
    alt = figure(curves()).alt
    assert alt.startswith("Curves of lead-1 and lead-2, from 0.00 s to 1.99 s.")
    assert "Marked towards malignant: the stretch from 0.50 s to 0.79 s (85% of all influence)." in alt
    assert "Marked away from malignant: the stretch from 1.50 s to 1.59 s (14% of all influence)." in alt
    assert "The rest of the recording has under 1% of all influence, towards malignant." in alt


def test_the_alternative_text_says_what_the_symbols_show() -> None:
    found = figure(LETTERS)
    assert found.alt.startswith("A sequence of 40 symbols.")
    assert "the stretch GTACG (positions 11 to 15) (83% of all influence)" in found.alt
    assert found.text.startswith("ACGTACGTAC «GTACG»1 TACGTACGTACGTAC [−GT]2 ACGTACGT ")


def test_a_side_without_stretches_is_told() -> None:
    alone = curves(1, stretches=STRETCHES[:1])
    assert "Nothing is marked away from malignant." in figure(alone).alt
    assert figure(alone).alt.startswith("One curve, the recording from 0.00 s to 1.99 s.")


def test_an_unreliable_explanation_gives_no_reasons() -> None:
    for heat in (curves(), LETTERS):
        found = figure(heat, scores=BAD)
        assert "the marks give no reasons" in found.alt
        assert "stretch from" not in found.alt
        assert "no reasons" in found.caption
        assert "#1f5f8b" not in found.html
        assert "#ad4d16" not in found.html


def test_a_value_goes_up_and_down() -> None:
    found = figure(curves(), classes=0)
    assert "Marked up: the stretch" in found.alt
    assert "strip: upwards what raised it" in found.html
    assert "upwards where it raised it" in figure(LETTERS, classes=0).caption


# What is drawn


def test_bands_lie_where_their_stretches_are() -> None:
    html = figure(curves()).html
    bands = re.findall(r'<i class="rx-band rx-is-(\w+)" style="left:([\d.]+)%;width:([\d.]+)%">', html)
    assert bands == [("towards", "25.0", "15.0"), ("away", "75.0", "5.0")] * 2
    # Over all channels: the numbers stand above the first alone.
    assert re.findall(r'<b class="rx-tag rx-is-(\w+)" style="left:([\d.]+)%">(\d)</b>', html) == [
        ("towards", "32.5", "1"),
        ("away", "77.5", "2"),
    ]


def test_a_band_of_one_channel_stands_in_its_lane() -> None:
    heat = curves(3, stretches=(Stretch("s1", "lead-2", 50, 79),))
    lanes = figure(heat).html.split('<div class="rx-lane">')[1:]
    assert ["rx-band" in lane for lane in lanes] == [False, True, False]
    assert "rx-tag" in lanes[1]


def test_the_strip_goes_up_towards_and_down_away() -> None:
    html = figure(curves(1)).html
    (up,), (down,) = paths(html, "towards"), paths(html, "away")
    assert up == f"M{WIDTH / 4:g} {HALF}V0H{WIDTH * 0.4:g}V{HALF}z"
    assert down == f"M{WIDTH * 0.75:g} {HALF}V{HALF * 1.5:g}H{WIDTH * 0.8:g}V{HALF}z"


def test_the_curve_reaches_its_highest_and_lowest_point() -> None:
    html = figure(curves(1)).html
    (curve,) = re.findall(r'<svg class="rx-curve"[^>]*><title>[^<]*</title><path d="M([^"]*)"', html)
    heights = [float(point.split()[1]) for point in curve.split("L")]
    assert len(heights) == POINTS
    assert (min(heights), max(heights)) == (0, HEIGHT)
    assert ">2.9<" in html
    assert ">−2.0<" in html


def test_a_long_curve_keeps_its_peaks_in_few_points() -> None:
    values = [0.0] * 5000
    values[3217] = 9.0
    heat = Spans((Channel("a", tuple(values), (0.1,) * 5000),), (), 0.0, 1.0, "s", 0.1)
    (curve,) = re.findall(r'<svg class="rx-curve"[^>]*><title>[^<]*</title><path d="M([^"]*)"', figure(heat).html)
    points = [tuple(map(float, point.split())) for point in curve.split("L")]
    assert len(points) <= 2 * COLUMNS
    place, height = min(points, key=lambda p: p[1])
    assert height == 0
    assert place == pytest.approx(WIDTH * 3217.5 / 5000, abs=0.1)


def test_of_many_channels_the_strongest_are_drawn() -> None:
    heat = curves(12)
    heat = replace(
        heat,
        channels=tuple(replace(c, attributions=(0.0,) * POINTS) if i < 2 else c for i, c in enumerate(heat.channels)),
    )
    found = figure(heat)
    assert found.html.count('class="rx-lane"') == LANES
    assert "lead-1<" not in found.html
    assert found.caption.endswith("drawn are 6 of 12 channels, those that moved it most")


def test_labels_of_neighbours_do_not_overlap() -> None:
    heat = curves(1, stretches=tuple(Stretch(f"s{i}", "", 190 + 2 * i, 190 + 2 * i) for i in range(1, 5)))
    places = [float(p) for p in re.findall(r'rx-tag[^"]*" style="left:([\d.]+)%', figure(heat).html)]
    assert all(b - a > 3 for a, b in pairwise(places))
    assert max(places) < 100


@pytest.mark.parametrize(
    ("points", "start", "step", "unit", "ticks"),
    [
        (200, 0.0, 0.01, "s", ["0.0", "0.5", "1.0", "1.5"]),
        (400, 0.0, 0.01, "s", ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5"]),
        (3, 1.0, 1.0, "", ["1", "2", "3"]),
        (90, 7.0, 20.0, "min", ["500", "1,000", "1,500"]),
    ],
)
def test_the_axis_has_round_times(points: int, start: float, step: float, unit: str, ticks: list[str]) -> None:
    heat = Spans((Channel("a", (1.0,) * points, (0.1,) * points),), (), start, step, unit, 0.1)
    html = figure(heat).html
    assert re.findall(r'<span style="left:[\d.]+%">([^<]*)</span>', html) == ticks
    assert (f'<span class="rx-last">{unit}</span>' in html) == bool(unit)


# Symbols


def test_letters_are_as_tall_as_they_moved_the_score() -> None:
    facts = told(sequence(LETTERS)).facts
    blocks, count = blocks_of(LETTERS, facts)
    assert (len(blocks), count) == (4, 40)
    letters = [letter for block in blocks for letter in block.letters]
    assert "".join(letter.symbol for letter in letters) == "GTACGGT"
    assert [letter.side for letter in letters] == ["towards"] * 5 + ["away"] * 2
    assert letters[-1].scale == pytest.approx(letters[0].scale / 2, abs=0.01)
    assert "".join(symbol for block in blocks for symbol, _, _ in block.plain) == LETTERS.symbols
    assert [block.position for block in blocks] == [10, 20, 30, 40]
    assert [line.label for block in blocks for line in block.lines] == ["1", "2"]


def test_of_a_long_sequence_the_surroundings_of_stretches_are_drawn() -> None:
    heat = symbols("ACGT" * 500, (1000, 1007, 1.0), (1500, 1507, 0.5))
    facts = told(sequence(heat)).facts
    blocks, count = blocks_of(heat, facts)
    assert count <= MOST
    assert [block.position - 10 for block in blocks if block.gap] == [980, 1480]
    assert figure(heat).caption.endswith(f"drawn are {count} of 2000 positions, around the marked stretches")
    assert len(figure(heat).text) < 500


def test_a_sequence_that_nothing_moved_is_drawn() -> None:
    found = figure(symbols("ACGT" * 3, (0, 2, 0.0)))
    assert "Nothing is marked towards malignant." in found.alt
    assert found.html.count("<svg") == 2


# Everywhere


@pytest.mark.parametrize("heat", [curves(), LETTERS], ids=["curves", "symbols"])
def test_every_format_draws_it(heat: Spans) -> None:
    report = told(sequence(heat))
    found = figure(heat)
    page, fragment = Page().render(report).decode(), Fragment().render(report).decode()
    for html in (page, fragment):
        assert '<figure class="rx-figure rx-spans">' in html
        assert found.html in html
        assert re.search(r"\.rx(:not\(#rx#rx\))? \.rx-plot\{", html)
    assert Pdf().render(report).startswith(b"%PDF-")
    assert "0.79 s" in Markdown().render(report).decode() or "«GTACG»" in Markdown().render(report).decode()


def test_pages_stay_small() -> None:
    noise = tuple(((i * 7919) % 1000) / 1000 - 0.5 for i in range(2000))
    heat = Spans(tuple(Channel(f"c{i}", noise, noise) for i in range(12)), STRETCHES, 0.0, 0.01, "s", 0.5)
    assert len(figure(curves(2)).html) < 12_000
    assert len(figure(heat).html) < 150_000


def test_hostile_names_and_symbols_are_escaped() -> None:
    text = "<b>&\"'x"
    assert '<b>&"' not in figure(symbols(text, (0, 2, 1.0))).html.replace('<b class="rx', "")
    heat = replace(curves(), unit=HOSTILE[0])
    groups = {"lead-1": {"en": Words(name=HOSTILE[1], unit=HOSTILE[0])}}
    facts = told(replace(sequence(heat), groups=groups)).facts
    (found,) = figures_of(facts, Wording(facts))
    assert "<script" not in found.html
    assert "<img" not in found.html


@pytest.mark.parametrize(
    "broken",
    [
        replace(curves(), channels=()),
        replace(curves(), step=0.0),
        replace(curves(), stretches=(Stretch("s1", "", 0, POINTS),)),
        replace(LETTERS, symbols="ACG"),
        replace(curves(), channels=(Channel("a", (1.0,), (1.0, 2.0)),), stretches=()),
    ],
)
def test_a_heat_map_that_does_not_fit_together_is_refused(broken: Spans) -> None:
    facts = told(replace(sequence(curves()), heatmaps=(curves(),))).facts
    with pytest.raises(ExplanationError, match="fit together"):
        figures_of(replace(facts, explanation=replace(facts.explanation, heatmaps=(broken,))), Wording(facts))


@pytest.mark.parametrize("heat", [curves(), LETTERS], ids=["curves", "symbols"])
def test_on_paper_every_drawing_has_an_alternate_text(heat: Spans) -> None:
    with pikepdf.open(io.BytesIO(told(sequence(heat)).to_pdf())) as pdf:
        figures = [element for _, element in elements(pdf) if element.S == "/Figure"]
        assert len(figures) > 1
        assert all(str(each.Alt) for each in figures)
