"""Storing: what is written is read back equal, and nothing damaged, foreign or newer is let through."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter import explanation as module
from reporter.errors import ExplanationError
from reporter.explanation import VERSION, Array, Explanation, json_schema
from reporter.storing import refuse_unstorable
from tests.explanations import TRUSTED, explained
from tests.strategies import explanations

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
SCHEMA = Path(module.__file__).with_name("explanation.schema.json")


def content(explanation: Explanation) -> dict[str, Any]:
    return dict(json.loads(explanation.to_json()))


def read(changed: dict[str, Any]) -> Explanation:
    return Explanation.from_json(json.dumps(changed))


@given(explanations())
@settings(max_examples=60)
def test_an_explanation_is_read_back_equal(explanation: Explanation) -> None:
    text = explanation.to_json()
    again = Explanation.from_json(text)
    assert again == explanation
    assert again.to_json() == text
    VALIDATOR.validate(json.loads(text))


@pytest.mark.parametrize("value", [-0.0, 1e-300, 5e-324, 1e12, 1e300, 0.1 + 0.2, 3.0, float(2**53)])
def test_numbers_are_read_back_to_the_last_bit(value: float) -> None:
    found = Explanation.from_json(explained([value], 12.5, values=[value], baseline=[value]).to_json())
    told = found.features[0]
    for number in (told.attribution, told.value, told.baseline):
        assert isinstance(number, float)
        assert number == value
        assert math.copysign(1, number) == math.copysign(1, value)


@pytest.mark.parametrize("text", ["12", "1e5", "nan", "null", "true", "", " ", "年龄", "\u0000", "\u2028", "😀", '"{}'])
def test_text_stays_text(text: str) -> None:
    given_text = explained([1.0], values=[text], instance=text, title=text)
    again = Explanation.from_json(given_text.to_json())
    assert again.features[0].value == text
    assert again == given_text


def test_the_published_schema_is_the_one_in_force() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), (
        "the stored form has changed: write json_schema() to reporter/explanation.schema.json, "
        "and raise VERSION when older files would no longer be read the same way"
    )


@pytest.mark.parametrize("missing", ["version", "instance", "features", "prediction"])
def test_the_schema_asks_for_what_cannot_be_done_without(missing: str) -> None:
    stored = content(explained([1.0, -1.0], scores=TRUSTED))
    assert VALIDATOR.is_valid(stored)
    del stored[missing]
    assert not VALIDATOR.is_valid(stored)
    with pytest.raises(ExplanationError):
        read(stored)


def test_the_schema_refuses_a_version_it_does_not_describe() -> None:
    stored = content(explained([1.0]))
    assert not VALIDATOR.is_valid({**stored, "version": VERSION + 1})


def test_what_an_older_file_leaves_out_has_its_default() -> None:
    stored = content(explained([1.0, -0.5], reference=[[0, 0], [1, 2]]))
    for each in stored["features"]:
        del each["ties"]
    assert [f.ties for f in read(stored).features] == [0.0, 0.0]


def test_what_a_newer_file_adds_is_left_alone() -> None:
    stored = content(explained([1.0]))
    assert read({**stored, "surprise": 1}) == explained([1.0])


# Files that are none, or not whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{" * 100_000, "is not JSON"),
        ('{"version": ' + "[" * 100_000, "is not JSON"),
        ('{"version": ' + "9" * 10_000 + "}", "is not JSON"),
        ("{}", "is not a stored explanation: it has no version"),
        ('{"version": "1"}', "it has no version"),
        ('{"version": true}', "it has no version"),
        ('{"version": null}', "it has no version"),
        ('{"version": 0}', "is damaged at version: 0 is none"),
        ('{"version": 99}', "has version 99; this reporter reads up to 1; upgrade it"),
        ('{"version": 1}', "is damaged at instance: Field required; explain again"),
    ],
)
def test_what_is_no_explanation_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ExplanationError) as caught:
        Explanation.from_json(text)
    assert str(caught.value).startswith("the text given ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[1, 2]", "it has no version"),
        (b"", "is not JSON"),
        (b"\xff\xfe{}", "not UTF-8 text"),
        (b"%PDF-1.7 \xe2\xe3", "not UTF-8 text"),
        (b"a,b\n1,2\n", "is not JSON"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(raw)
    for source in (raw, path, str(path)):
        with pytest.raises(ExplanationError, match=said):
            Explanation.from_json(source)


def test_bytes_that_are_damaged_are_not_patched_up() -> None:
    damaged = explained([1.0], title="naïve").to_json().encode().replace("ï".encode(), b"\xef")
    with pytest.raises(ExplanationError, match="not UTF-8 text"):
        Explanation.from_json(damaged)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    text = "\ufeff" + explained([1.0]).to_json()
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    for source in (text, text.encode(), path):
        assert Explanation.from_json(source) == explained([1.0])


@pytest.mark.parametrize("name", ["missing.json", "", "x" * 300, "a\0b"])
def test_a_path_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExplanationError, match="cannot read"):
        Explanation.from_json(str(tmp_path / name) if name else tmp_path)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused_with_their_place(literal: str) -> None:
    text = explained([1.0, -0.5]).to_json().replace('"attribution": -0.5', f'"attribution": {literal}')
    with pytest.raises(ExplanationError, match=r"explanation.features\[1\].attribution is (nan|inf|-inf)"):
        Explanation.from_json(text)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("features", 0, "attribution"), "a lot", "damaged at features.0.attribution"),
        (("features", 0, "kind"), "colour", "damaged at features.0.kind"),
        (("features", 0, "value"), [1], "damaged at features.0.value"),
        (("features",), {}, "damaged at features"),
        (("prediction",), None, "damaged at prediction"),
        (("prediction", "task"), "ranking", "damaged at prediction.task"),
        (("grade", "level"), "excellent", "damaged at grade.level"),
        (("card",), [], "damaged at card"),
        (("features",), [], "it has no features"),
        (("features", 1, "id"), "alpha", "two features have one id"),
        (("features", 1, "rank"), 3, "the features are not in the order of their ranks"),
        (("prediction", "index"), 2, "the prediction is none of its outcomes"),
        (("prediction", "target"), -1, "the prediction is none of its outcomes"),
        (("prediction", "outcomes"), [], "the prediction is none of its outcomes"),
        (("arrays", 0, "shape"), [3, 3], "an array has not its own shape"),
    ],
    ids=lambda given: given[:40] if isinstance(given, str) else None,
)
def test_a_file_changed_by_hand_is_refused_with_the_place(place: tuple[Any, ...], value: Any, said: str) -> None:
    stored = content(explained([1.0, -0.5]))
    inner: Any = stored
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ExplanationError) as caught:
        read(stored)
    assert said in str(caught.value)
    assert str(caught.value).endswith("explain again")


@given(st.data())
@settings(max_examples=150)
def test_any_damage_is_an_error_of_ours_or_none(data: st.DataObject) -> None:
    """A stored explanation with one value replaced by anything is refused, or can still be stored."""
    stored = content(explained([1.0, -0.5], scores=TRUSTED, reference=[[0, 0], [1, 2]]))
    inner: Any = stored
    while isinstance(inner, (dict, list)) and inner:
        keys = sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], (dict, list)) or not inner[key] or data.draw(st.integers(0, 4)) == 0:
            inner[key] = data.draw(st.sampled_from([None, "x", -1, 10**30, 0.5, [], {}, True, "\ud800", [[]]]))
            break
        inner = inner[key]
    with suppress(ExplanationError):
        read(stored).to_json()


# Numbers that are not finite


@dataclass(frozen=True)
class Nested:
    things: tuple[dict[str, list[Any]], ...]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_number_that_is_not_finite_is_named_however_deep(bad: float) -> None:
    with pytest.raises(ExplanationError, match=r"^it.things\[1\].b\[0\]\[2\] is (nan|inf|-inf); finite numbers"):
        refuse_unstorable(Nested(({"a": [1.0]}, {"b": [(1, 2.0, bad)]})), "it")
    refuse_unstorable(Nested(({"a": [1.0, 10**400, True, "nan", None]},)), "it")


def test_half_a_character_is_refused_before_anything_is_written() -> None:
    for given_text in (explained([1.0]), explained([1.0], values=["red"])):
        stored = content(given_text)
        stored["instance"] = "\ud800"
        with pytest.raises(ExplanationError, match=r"explanation\.instance holds half a character"):
            read(stored)
    with pytest.raises(ExplanationError, match=r"features\[0\].id holds half a character"):
        explained([1.0], names=["\udc80"])


def test_an_explanation_with_such_a_number_cannot_be_made() -> None:
    fine = explained([1.0, -0.5])
    with pytest.raises(ExplanationError, match=r"explanation.arrays\[0\].values\[1\] is nan"):
        replace(fine, arrays=(Array((1, 2), (0.0, math.nan)),))
