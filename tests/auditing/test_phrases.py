"""How audits word things: moments, sizes, directions, and words of one's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reporter.auditing.report.phrases import direction, phrases
from reporter.errors import OwnTemplateError, UnknownName
from reporter.overview import Overview, Quality
from reporter.templating import templates_folder, templates_in, using
from reporter.words import Words


def flat(words: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    read = {
        code: dict(flat(tomllib.loads((templates_folder() / f"narrative/{code}/audit.toml").read_text("utf-8"))))
        for code in ("en", "zh")
    }
    assert set(read["en"]) == set(read["zh"])
    for key, text in read["en"].items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", read["zh"][key])), key


def test_every_word_is_used() -> None:
    """What no module and no template names is left over."""
    folder = Path(__file__).parents[2]
    sources = [*(folder / "reporter").rglob("*.py"), *(folder / "templates/report").glob("*.j2")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    words = tomllib.loads((templates_folder() / "narrative/en/audit.toml").read_text("utf-8"))
    names = {key.rpartition(".")[2] for key, _ in flat(words)}
    # Those whose name is put together from parts, or is that of a metric or a state.
    made = {f"{way}_{kind}" for way in ("higher", "lower", "either", "towards", "away") for kind in ("class", "value")}
    made |= {"completeness", "deletion", "stability", "agreement"}
    unused = {name for name in names - made if not re.search(rf"""["'.]{name}\b""", text)}
    assert unused == set()


def test_moments_are_told_in_the_time_zone_of_the_audit() -> None:
    slot = datetime(2026, 11, 21, 1, tzinfo=UTC)
    assert phrases("en", "Europe/Berlin").moment(slot) == "November 21, 2026, 02:00"
    assert phrases("zh", "Asia/Shanghai").moment(slot.isoformat()) == "2026年11月21日 09:00"
    assert phrases("en", "Europe/Berlin").stamp(slot) == "2026-11-21 02:00"


def test_the_hour_that_is_there_twice_says_which() -> None:
    say = phrases("en", "Europe/Berlin")
    first, second = (datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1))
    assert (say.stamp(first), say.stamp(second)) == ("2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100")


@pytest.mark.parametrize(("seconds", "text"), [
    (0.42, "0.42 s"), (38.4, "38 s"), (99, "99 s"), (150, "2.5 min"), (5400, "90 min"), (7200, "2 h"),
])  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert phrases("en").seconds(seconds) == text


def test_sizes() -> None:
    assert [phrases("en").size(size) for size in (900, 96_000, 412_000_000)] == ["0.9 kB", "96 kB", "412 MB"]


@pytest.mark.parametrize(("along", "mean", "text"), [
    (0.9, 0.1, "higher values push towards malignant"),
    (-0.9, 0.1, "lower values push towards malignant"),
    (0.1, 0.1, "pushes towards malignant and away from it"),
    (None, 0.1, "mostly towards malignant"),
    (None, -0.1, "mostly away from malignant"),
    (None, 0.0, "pushes towards malignant and away from it"),
])  # fmt: skip
def test_directions(along: float | None, mean: float, text: str) -> None:
    now = Overview("a", "", towards="m", classes={"m": 1}, class_words={"m": {"en": Words("malignant")}})
    assert direction(phrases("en"), now, mean, along) == text


def test_directions_of_values_and_of_predicted_classes() -> None:
    value = Overview("a", "", quality=Quality("regression", 10, 1.0, 1.0))
    assert direction(phrases("en"), value, 0.1, 0.9) == "higher values raise it"
    assert direction(phrases("en"), value, 0.1, -0.9) == "lower values raise it"
    predicted = Overview("a", "", classes={"m": 1})
    assert direction(phrases("en"), predicted, 0.1, 0.9) == "higher values push towards the predicted class"


def test_words_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "narrative" / "en" / "audit.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[site]\ntitle = "Nights of {name}"\n')
    with using(templates_in(tmp_path)):
        assert phrases("en")("site", "title", name="x") == "Nights of x"
        assert phrases("en")("site", "runs") == "Runs"
    own.write_text('[site]\ntitle = "Nights of {nobody}"\n')
    with using(templates_in(tmp_path)), pytest.raises(OwnTemplateError, match="names what is not there; name"):
        phrases("en")("site", "title", name="x")
    for wrong in ('"{name.__class__}"', '"{name!r:>10}"', '"{"', "3"):
        own.write_text(f"[site]\ntitle = {wrong}\n")
        with using(templates_in(tmp_path)), pytest.raises(OwnTemplateError, match=r"narrative/en/audit\.toml: title"):
            phrases("en")("site", "title", name="x")


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(UnknownName, match="no language called 'xx'"):
        phrases("xx")
