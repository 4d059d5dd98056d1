"""Findings in sentences: every kind has one in every language, filled without gaps, numbers as a person reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from reporter.errors import OwnTemplateError, UnknownName
from reporter.finding import Finding
from reporter.language import language, languages
from reporter.noticing import HOW, called, told
from reporter.plugins import CHECKS
from reporter.templating import templates_in, using
from tests.checks.overviews import SCENES

FOUND = [
    (name, kind, finding)
    for name, scenes in SCENES.items()
    for kind, scene in scenes.items()
    for finding in CHECKS.load(name)().compare(scene())
    if finding.kind == kind
]


def frames(code: str) -> dict[str, dict[str, str]]:
    return language(code).templates.toml(f"narrative/{code}/findings.toml")


@pytest.mark.parametrize("code", languages())
def test_every_kind_has_a_sentence_and_every_sentence_a_kind(code: str) -> None:
    for name in CHECKS.built_in:
        assert set(frames(code)[name]) == set(SCENES[name]), name


@pytest.mark.parametrize("code", languages())
def test_languages_say_the_same_things(code: str) -> None:
    english, own = frames("en"), frames(code)
    assert {table: set(own[table]) for table in own} == {table: set(english[table]) for table in english}
    for name in CHECKS.built_in:
        for kind, sentence in own[name].items():
            assert places(sentence) == places(english[name][kind]), (name, kind)


def places(sentence: str | dict[str, str]) -> set[tuple[str, str]]:
    texts = sentence.values() if isinstance(sentence, dict) else [sentence]
    return {
        (place, how or "") for text in texts for _, place, how, _ in Formatter().parse(text)
        if place is not None and (place, how) != ("count", "whole")
    }  # fmt: skip


@pytest.mark.parametrize("code", languages())
def test_sentences_fill_without_gaps(code: str) -> None:
    for name, kind, finding in FOUND:
        text = told(finding, code)
        assert not re.search(r"[{}]|  |None|nan| [,.;]|\(\)|（）|“”", text), (name, kind, text)
        assert text.endswith((".", "”", "。")), text
        assert not re.search(r"\d\.\d{4}", text), text
        if code == "en":
            assert not text[0].islower()
        else:
            assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]|[a-z]{3} [a-z]{3}", re.sub("“.*?”", "", text)), text


@pytest.mark.parametrize("code", languages())
def test_different_kinds_read_differently(code: str) -> None:
    texts = [told(finding, code) for _, kind, finding in FOUND if kind != "more"]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("scene", "code", "text"),
    [
        (
            ("performance", "accuracy"), "en",
            ("Accuracy fell from 90.0% to 80.0%, by 10.0 percentage points "
             "(95% interval 6.9 to 13.1; 1,000 rows with labels)."),
        ),
        (
            ("performance", "accuracy"), "zh",
            "准确率由 90.0% 降至 80.0%，下降 10.0 个百分点（95% 区间：6.9 至 13.1 个百分点；有标签的数据 1,000 行）。",
        ),
        (
            ("inputs", "numbers"), "en",
            ("The values of annual income have shifted: on average 26.5 k€ with a spread of 10.2 k€, in the "
             "reference run 20 k€ with a spread of 11 k€ (PSI 0.31, KS distance 0.25)."),
        ),
        (
            ("inputs", "numbers"), "zh",
            ("年收入的分布发生变化：平均为 26.5 千欧元，标准差为 10.2 千欧元；参照运行中平均为 20 千欧元，"
             "标准差为 11 千欧元（PSI 为 0.31，KS 距离为 0.25）。"),
        ),
        (
            ("predictions", "towards"), "en",
            ("The probability of creditworthy is distributed differently: on average 65.0%, in the reference run "
             "50.0% (PSI 0.31, KS distance 0.25)."),
        ),
        (("inputs", "more"), "en", "35 more columns have shifted, 40 in all."),
        (
            ("narrative", "outcome"), "en",
            ("For the watched instance 41 the model now says not creditworthy; it said creditworthy. "
             "The report now says: “The outcome is bad.”"),
        ),
        (
            ("narrative", "outcome"), "zh",
            "对持续关注的 41 号样本，模型现在判为信用不佳，此前判为信用良好。报告现在写道：“结果为 bad。”",
        ),
        (
            ("signs", "along_away"), "en",
            ("Higher values of annual income now push away from creditworthy; in the reference run they pushed "
             "towards it (rank 1, 30% of all influence)."),
        ),
    ],
)  # fmt: skip
def test_sentences_as_they_read(scene: tuple[str, str], code: str, text: str) -> None:
    finding = next(finding for name, kind, finding in FOUND if (name, kind) == scene)
    assert told(finding, code) == text


def test_one_is_told_otherwise_than_many() -> None:
    more = Finding("inputs", "more", "warning", values={"count": 1, "all": 6})
    assert told(more, "en") == "One more column has shifted."
    assert "37" in told(replace(more, values={"count": 37, "all": 42}), "en")


@pytest.mark.parametrize("code", languages())
def test_a_check_of_ones_own_is_told_as_far_as_it_can_be(code: str) -> None:
    text = told(Finding("mine", "something", "warning"), code)
    assert text
    assert told(Finding("inputs", "never heard of", "warning"), code) == text


def test_names_from_the_data_are_never_filled_in_themselves() -> None:
    finding = Finding("columns", "gone", "critical", subject="{kind:text} {name.real}")
    assert "{kind:text} {name.real}" in told(finding, "en")


def test_forms_are_all_used() -> None:
    used = {how for name in CHECKS.built_in for sentence in frames("en")[name].values() for _, how in places(sentence)}
    assert used | {"whole", "count", "number"} == set(HOW) | {"whole", "count", "number"}


@pytest.mark.parametrize("sentence", ["{nothing:text}", "{before:loudly}", "{before.real:text}", "{before"])
def test_a_sentence_of_ones_own_that_does_not_fit_is_refused_by_name(tmp_path: Path, sentence: str) -> None:
    place = tmp_path / "narrative" / "en"
    place.mkdir(parents=True)
    (place / "findings.toml").write_text(f'[performance]\naccuracy = "{sentence}"\n')
    finding = next(finding for name, kind, finding in FOUND if (name, kind) == ("performance", "accuracy"))
    with using(templates_in(tmp_path)), pytest.raises(OwnTemplateError, match=r"findings\.toml"):
        told(finding, "en")


def test_a_sentence_of_ones_own_takes_its_place(tmp_path: Path) -> None:
    place = tmp_path / "narrative" / "en"
    place.mkdir(parents=True)
    (place / "findings.toml").write_text('[performance]\naccuracy = "worse: {after:percent}"\n')
    finding = next(finding for name, kind, finding in FOUND if (name, kind) == ("performance", "accuracy"))
    with using(templates_in(tmp_path)):
        assert told(finding, "en") == "Worse: 80.0%"
        assert called("performance", "en") == "quality"


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(UnknownName):
        told(Finding("inputs", "new", "info"), "xx")
