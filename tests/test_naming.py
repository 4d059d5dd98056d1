"""Words, regions and stretches by name, and the phrases they make."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reporter.explanation import Array, Channel, Explanation, Feature, Piece, Shading, Spans, Stretch, bars, ranked
from reporter.language import language
from reporter.naming import MOST_QUOTED, extents, part_names, phrases, quoted
from reporter.prediction import Outcome, Prediction
from reporter.words import Words
from tests.parts import a_part

EN = language("en")


def of(features: list[Feature], *heatmaps: Shading | Spans, modality: str = "text") -> Explanation:
    ordered = ranked(features)
    said = Prediction("classification", "logit", (Outcome("no", 0, 0.1), Outcome("yes", 1, 0.9)), 1, 1)
    array = Array((1, len(features)), tuple(f.attribution for f in features))
    return Explanation("1", modality, ordered, said, (array,), (bars(ordered), *heatmaps))


def text(told: str, weights: dict[str, float]) -> Explanation:
    """A text whose words have these attributions, in order of their first place not yet taken."""
    features, pieces, at = [], [], 0
    for number, (word, weight) in enumerate(weights.items(), 1):
        start = told.index(word.rstrip("_"), at)
        at = start + len(word.rstrip("_"))
        features.append(Feature(f"w{number}", weight, 0, 0, 0, kind="word", value=told[start:at], span=(start, at)))
        pieces.append(Piece(f"w{number}", start, at))
    return of(features, Shading(told, tuple(pieces), 1.0))


def test_a_word_is_quoted_and_counted_where_it_repeats() -> None:
    names = part_names(text("refund my Refund now", {"refund": 0.5, "my": 0.1, "Refund": 0.4, "now": 0.2}), EN)
    assert names == {"w1": "the first “refund”", "w2": "“my”", "w3": "the second “Refund”", "w4": "“now”"}


@pytest.mark.parametrize("hostile", ["a”b", "x\ny", '"', "“", "\u202eabc", "w" * 500])
def test_no_word_closes_its_quotation(hostile: str) -> None:
    shown = quoted(hostile, EN)
    assert shown[0] == "“"
    assert shown[-1] == "”"
    assert not set('“”\n"') & set(shown[1:-1])
    assert len(shown) <= MOST_QUOTED + 2


def test_neighbours_that_push_one_way_are_a_phrase() -> None:
    found = phrases(text("I was charged twice, not refunded", {"charged": 0.5, "twice": 0.4, "not": 0.3}), EN)
    assert found == {"w1+w2": (("w1", "w2"), "“charged twice”")}  # the comma ends it


def test_a_phrase_needs_weight_and_one_direction() -> None:
    assert not phrases(text("charged twice", {"charged": 0.5, "twice": -0.4}), EN)
    assert not phrases(text("charged twice", {"charged": 0.99, "twice": 0.01}), EN)
    long = {f"a{i}": 0.2 for i in range(9)}
    assert not phrases(text(" ".join(long), long), EN)


def spans(*features: Feature, step: float = 0.01, unit: str = "s", symbols: str = "") -> Explanation:
    stretches = tuple(Stretch(f.id, f.channel, i * 10, i * 10 + 9) for i, f in enumerate(features) if f.id != "rest")
    drawn = Spans((Channel("", (), (0.0,) * 100),), stretches, 0.0, step, unit, 1.0, symbols)
    return of(list(features), drawn, modality="sequence")


def stretch(identifier: str, first: float, last: float, **more: str) -> Feature:
    return Feature(identifier, 1.0, 0, 0, 0, kind="span", span=(first, last), **more)  # type: ignore[arg-type]


def test_a_stretch_is_named_by_its_time_and_channel() -> None:
    given = spans(stretch("s1", 3.1, 3.4, channel="ii"), Feature("rest", 0.1, 0, 0, 0, kind="span"))
    given = replace(given, groups={"ii": {"en": Words(name="lead II")}})
    assert part_names(given, EN) == {
        "s1": "the stretch from 3.10 s to 3.40 s in lead II",
        "rest": "the rest of the recording",
    }
    assert extents(given) == {"s1": 0.1}


def test_symbols_are_named_by_position() -> None:
    given = spans(
        stretch("s1", 41, 46, value="GTAAGT"), stretch("s2", 7, 7, value="C"), step=1.0, unit="", symbols="A" * 100
    )
    names = part_names(given, EN)
    assert names == {"s1": "the stretch GTAAGT (positions 41 to 46)", "s2": "the C at position 7"}


def test_regions_have_an_article() -> None:
    given = [
        Feature("upper-left", 1.0, 0, 0, 0, kind="region"),
        Feature("bowl", 0.5, 0, 0, 0, kind="region", words={"en": Words(name="upper bowl")}),
        Feature("open", 0.4, 0, 0, 0, kind="region", words={"en": Words(name="the open side")}),
        Feature("segment_3", 0.3, 0, 0, 0, kind="region"),
    ]
    names = part_names(of(given, modality="image"), EN)
    assert names == {
        "upper-left": "the upper left",
        "bowl": "the upper bowl",
        "open": "the open side",
        "segment_3": "segment 3",
    }


@pytest.mark.parametrize("seed", range(60))
def test_no_two_parts_have_one_name(seed: int) -> None:
    names = part_names(a_part(seed), EN)
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all(name.strip() and "\n" not in name for name in names.values())
