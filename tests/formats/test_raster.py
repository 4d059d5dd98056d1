"""The figure of a picture: what it says, what it draws, on the page, in a fragment and on paper."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pikepdf
import pytest
from PIL import Image

from reporter.errors import ExplanationError
from reporter.explanation import Explanation
from reporter.feature import ranked
from reporter.formats.figure import Figure, figures_of
from reporter.formats.fragment import Fragment
from reporter.formats.markdown import Markdown
from reporter.formats.page import Page
from reporter.formats.pdf import Pdf
from reporter.formats.raster import overlay
from reporter.formats.wording import Wording
from reporter.grade import grade_of
from reporter.heatmap import Area, Raster
from reporter.picture import portrait
from reporter.regions import Regions, areas, grid
from tests.formats.test_pdf import elements
from tests.markup import classed, named, parsed, text_of
from tests.reports import BAD, HOSTILE, decision, told

SIDE = 9
VALUES = np.zeros((SIDE, SIDE))
VALUES[3:6, 3:6] = 1.0
VALUES[:3, :3] = -0.5
VALUES[0, 8] = 0.1
GREY = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE, 1)


def picture(
    values: np.ndarray[Any, Any] = VALUES,
    regions: Regions | None = None,
    seen: np.ndarray[Any, Any] = GREY,
    **said: Any,
) -> Explanation:
    """An explanation of a picture with these attributions."""
    regions = regions or grid(*values.shape)
    base = decision(len(regions.ids), names=regions.ids, placed=False, **said)
    sums = np.bincount(regions.labels.reshape(-1), weights=values.reshape(-1), minlength=len(regions.ids))
    plain = {f.id: replace(f, kind="region", value=None, baseline=None, words={}) for f in base.features}
    features = ranked(replace(plain[i], attribution=float(s)) for i, s in zip(regions.ids, sums, strict=True))
    heat = Raster(
        width=values.shape[1],
        height=values.shape[0],
        values=tuple(values.reshape(-1).tolist()),
        picture=portrait(seen),
        areas=areas(regions),
        scale=float(np.abs(values).max()),
        half=0.06,
    )
    return replace(base, modality="image", features=features, heatmaps=(*base.heatmaps[:0], heat))


@cache
def figure(kind: str = "plain") -> Figure:
    kinds: dict[str, Callable[[], Explanation]] = {
        "plain": picture,
        "unreliable": lambda: picture(scores=BAD),
        "value": lambda: picture(classes=0),
        "nothing": lambda: picture(VALUES * 0),
    }
    facts = told(kinds[kind]()).facts
    (found,) = figures_of(facts, Wording(facts))
    return found


def images(html: str) -> list[Image.Image]:
    root = parsed(html)
    sources = [image.get("src", "").removeprefix("data:image/png;base64,") for image in named(root, "img")]
    return [Image.open(io.BytesIO(base64.b64decode(source))) for source in sources]


# What it says


def test_who_does_not_see_it_learns_what_it_shows() -> None:
    alt = figure().alt
    assert "score towards malignant are filled" in alt
    assert "1. the centre, 66% of all influence, towards malignant; 2. the upper left, 33%" in alt
    assert "away from malignant" in alt
    assert "6% of the picture" in alt
    assert "small" not in alt
    assert "the upper right" not in alt  # too small to mention
    assert figure().text in alt


def test_a_value_goes_up_and_down() -> None:
    found = figure("value")
    assert "moved the prediction up and which down" in found.caption
    assert "the centre, 66% of all influence, up" in found.alt


def test_an_unreliable_one_names_no_region_and_has_no_colours() -> None:
    found = figure("unreliable")
    assert "gives no reasons" in found.alt
    assert "6%" not in found.caption + found.alt
    assert "centre" not in found.alt + found.text + found.html
    assert not classed(parsed(found.html), "rx-rank")
    (_, drawn) = images(found.html)
    array = np.asarray(drawn.convert("RGB")).astype(int)
    assert int(np.abs(array - array[:, :, :1]).max()) <= 1


def test_where_nothing_is_attributed_nothing_stands_out() -> None:
    found = figure("nothing")
    assert "No region stands out." in found.alt
    assert "full strength" not in found.html


# What it draws


def test_the_original_stands_beside_the_map_with_the_same_shape() -> None:
    original, drawn = images(figure().html)
    factor = original.width // SIDE
    assert np.array_equal(np.asarray(original)[::factor, ::factor], np.round(GREY[:, :, 0] * 255))
    assert original.width / original.height == drawn.width / drawn.height
    assert len({image.get("alt") for image in named(parsed(figure().html), "img")}) == 2
    assert all(image.get("alt") for image in named(parsed(figure().html), "img"))


def test_regions_are_outlined_and_the_strongest_numbered() -> None:
    root = parsed(figure().html)
    assert len(classed(root, "rx-area")) == 9
    (centre, upper_left) = (e for rank in "12" for e in classed(root, "rx-strong") if text_of(e) == rank)
    assert centre.get("style") == "left:33.333%;top:33.333%;width:33.333%;height:33.333%"
    assert upper_left.get("style", "").startswith("left:0%;top:0%")
    legend = text_of(classed(root, "rx-legend")[0])
    assert "towards malignant" in legend
    assert "1the centre 2the upper left" in legend
    assert "full strength: 1" in legend


@pytest.mark.parametrize(
    ("height", "width", "stacked", "widest"), [(8, 40, True, None), (40, 8, False, 4.4), (9, 9, False, 22.0)]
)
def test_long_pictures_are_stacked_and_tall_ones_narrow(
    height: int, width: int, stacked: bool, widest: float | None
) -> None:
    seen = np.full((height, width, 1), 0.5, dtype=np.float32)
    facts = told(picture(np.ones((height, width)), seen=seen)).facts
    (found,) = figures_of(facts, Wording(facts))
    assert ("rx-stacked" in found.html) is stacked
    assert (f"max-width:{widest}em" in found.html) is (widest is not None)


def test_segments_get_their_own_border_in_the_map() -> None:
    rows, columns = np.indices((SIDE, SIDE)) - 4
    labels = (rows**2 + columns**2 > 9).astype(np.int64)
    made = picture(np.where(labels, 0.0, 1.0), Regions(("blob", "around"), labels[None]))
    facts = told(made).facts
    (found,) = figures_of(facts, Wording(facts))
    root = parsed(found.html)
    assert not classed(root, "rx-area")
    assert [text_of(place) for place in classed(root, "rx-place")] == ["1"]
    drawn = np.asarray(images(found.html)[1].convert("L")).astype(int)
    cell = drawn.shape[0] // SIDE
    edge, inside = drawn[4 * cell + cell // 2, cell : cell + 3], drawn[4 * cell + cell // 2, 3 * cell]
    assert edge.min() < 60 < inside


GREYS = Image.new("L", (90, 90), 128).convert("RGB")


def luminance(image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(image.convert("L")).astype(float)


def test_signs_are_told_by_colour_and_without_it() -> None:
    values = np.array([[1.0, -1.0], [0.0, 0.5]])
    array = np.asarray(overlay(GREYS, values, 1.0)).astype(int)
    middle = array.shape[0] // 2
    towards, away = array[:middle, :middle], array[:middle, middle:]
    neutral, weak = array[middle:, :middle], array[middle:, middle:]
    assert (towards[..., 2] > towards[..., 0] + 40).all()  # blue
    assert (away[..., 0] > away[..., 2]).all()  # orange
    assert int(np.ptp(neutral, axis=2).max()) <= 1  # grey
    grey = luminance(overlay(GREYS, values, 1.0))
    filled, hatched = grey[:middle, :middle], grey[:middle, middle:]
    assert filled.std() < 1  # even
    assert hatched.std() > 20  # stripes
    assert filled.mean() < weak.mean() < neutral.mean()


def test_equal_steps_of_strength_look_equal() -> None:
    steps = np.linspace(0, 1, 6)[None]
    grey = luminance(overlay(Image.new("RGB", (240, 40), (128, 128, 128)), steps, 1.0))
    levels = grey[0, 20 :: grey.shape[1] // 6][:6]
    drops = -np.diff(levels)
    assert drops.min() > 0
    assert drops.max() / drops.min() < 1.6


def test_nothing_is_stronger_than_full_and_nothing_at_all_is_grey() -> None:
    one = np.asarray(overlay(GREYS, np.array([[1.0]]), 1.0))
    assert np.array_equal(one, np.asarray(overlay(GREYS, np.array([[50.0]]), 1.0)))
    none = np.asarray(overlay(GREYS, np.array([[0.0]]), 0.0)).astype(int)
    assert int(np.ptp(none, axis=2).max()) <= 1


# On the page, in a fragment, on paper


def test_the_page_shows_it_small_and_reaches_for_nothing() -> None:
    html = Page().render(told(picture())).decode()
    root = parsed(html)
    (shown,) = classed(root, "rx-raster")
    assert named(shown, "figcaption")
    assert len(html.encode()) <= 80_000
    assert all(image.get("src", "").startswith("data:image/png;base64,") for image in named(root, "img"))
    assert ".rx .rx-pictures" in html


def test_a_photograph_stays_within_bounds() -> None:
    noise = np.random.default_rng(0).random((256, 256, 3)).astype(np.float32)
    values = np.random.default_rng(1).normal(size=(64, 64))
    html = Page().render(told(picture(values, grid(64, 64), noise))).decode()
    assert len(html.encode()) <= 450_000  # noise is the worst there is: no PNG makes it smaller


def test_a_fragment_holds_the_same_figure() -> None:
    root = parsed(Fragment().render(told(picture())).decode())
    (shown,) = classed(root, "rx-raster")
    assert [image.get("alt") for image in named(shown, "img")][1] == figure().alt


def test_markdown_says_it_in_words() -> None:
    text = Markdown().render(told(picture())).decode()
    assert "The strongest regions" in text
    assert "base64" not in text


def test_on_paper_both_pictures_have_alternate_texts(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        content = Pdf().render(told(picture()))
    assert [record.getMessage() for record in caplog.records] == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        alts = [str(element.Alt) for _, element in elements(pdf) if element.S == "/Figure"]
    assert alts == ["The picture as it was given", figure().alt]


def test_hostile_names_do_nothing() -> None:
    regions = Regions(HOSTILE[:4], np.arange(4).repeat(9).reshape(1, 6, 6) % 4)
    made = picture(np.ones((6, 6)), regions)
    root = parsed(Page().render(told(made)).decode())
    assert len(named(root, "script")) == 1  # ours: see test_script.py
    assert len(named(root, "img")) == 2


# What was stored may be damaged


@pytest.mark.parametrize("stored", ["", "!!!", base64.b64encode(b"nothing").decode(), "AAAA"])
def test_a_damaged_picture_is_told_in_one_line(stored: str) -> None:
    made = picture()
    heat = made.heatmaps[0]
    assert isinstance(heat, Raster)
    facts = told(replace(made, heatmaps=(replace(heat, picture=stored),))).facts
    with pytest.raises(ExplanationError, match="the stored picture is damaged"):
        figures_of(facts, Wording(facts))


def test_a_stored_picture_too_large_or_cells_that_do_not_fit_are_refused() -> None:
    made = picture()
    heat = made.heatmaps[0]
    assert isinstance(heat, Raster)
    buffer = io.BytesIO()
    Image.new("L", (3000, 3000)).save(buffer, "PNG")
    large = base64.b64encode(buffer.getvalue()).decode()
    for wrong in (replace(heat, picture=large), replace(heat, width=8)):
        facts = told(replace(made, heatmaps=(wrong,))).facts
        with pytest.raises(ExplanationError, match=r"3000|81 values"):
            figures_of(facts, Wording(facts))


def test_areas_outside_of_the_picture_stay_within() -> None:
    made = picture()
    heat = made.heatmaps[0]
    assert isinstance(heat, Raster)
    facts = told(replace(made, heatmaps=(replace(heat, areas=(Area("centre", -5, -1, 9, 2),)),))).facts
    (found,) = figures_of(facts, Wording(facts))
    (box,) = classed(parsed(found.html), "rx-area")
    assert box.get("style") == "left:0%;top:0%;width:100%;height:100%"


def test_the_grade_of_the_test_is_what_it_says() -> None:
    assert grade_of(BAD).level == "unreliable"
