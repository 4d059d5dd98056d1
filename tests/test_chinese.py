"""Chinese: every narrative verifies and reads as Chinese is written; damaged ones are caught; no English is left."""

from __future__ import annotations

import random
import re
import string
import tomllib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.grade import Score
from reporter.language import language
from reporter.narrative import Draft
from reporter.narrators.templated import TemplatedNarrator, audiences
from reporter.plugins import FORMATS, METHODS
from reporter.rounding import Rounding
from reporter.telling import tell
from reporter.templating import templates_folder
from reporter.verification import verify
from reporter.verification.text.wording import wording
from tests.chinese import mutants
from tests.parts import a_part
from tests.strategies import an_explanation

CHINESE, ENGLISH = language("zh"), language("en")
WIDE = "\u3400-\u9fff"
SEEDS = range(120)
DAMAGED = range(1000, 1024)


def an_instance(seed: int) -> Explanation:
    """Tables for even seeds; pictures, texts, sequences and symbols for odd ones."""
    return an_explanation(seed) if seed % 2 == 0 else a_part(seed // 2)


def narratives(explanation: Explanation) -> list[tuple[str, Facts, Draft]]:
    facts = facts_of(explanation, "zh")
    return [(audience, facts, TemplatedNarrator().narrate(facts, audience)) for audience in audiences("zh")]


# Every narrative


@pytest.mark.parametrize("seed", SEEDS)
def test_every_narrative_verifies(seed: int) -> None:
    for audience, facts, draft in narratives(an_instance(seed)):
        judged = verify(draft, facts, published=True, audience=audience)
        assert not judged.missing
        assert [(s.text, s.reasons) for s in judged.failures] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_marks_and_spaces_are_those_of_chinese(seed: int) -> None:
    for _, facts, draft in narratives(an_instance(seed)):
        names = sorted(
            {f.name for f in facts.features}
            | {c.name for c in facts.classes}
            | {w.name for w in facts.groups.values()},
            key=len,
            reverse=True,
        )
        for text in draft.values():
            own = text
            for name in names:  # what data hold is shown as it is
                own = own.replace(name, _stand_in(name))
            own = re.sub("“[^”]*”", "甲", own)
            assert not re.search(rf"[{WIDE}] +[{WIDE}，。；：、（）]|[，。；：、（）] +\S|  ", own), own
            assert not re.search(rf"[{WIDE}][,;:!?()]|[,;:!?()][{WIDE}]", own), own
            assert own.endswith("。"), own
            assert "。。" not in own
            assert "，。" not in own


def _stand_in(name: str) -> str:
    """A short name with the same first and last kind of letter."""
    return "".join("甲" if re.match(f"[{WIDE}“”（）]", letter) else "A" for letter in (name[0], name[-1]))


def test_two_instances_in_one_situation_do_not_read_alike() -> None:
    frames = ("最支持", "分量最重的是", "的首要依据是", "使预测值升高最多的是", "又占", "还占", "与之相反", "另一方面")
    met = Counter[str]()
    for seed in range(200):
        draft = TemplatedNarrator().narrate(facts_of(an_explanation(seed), "zh"), "expert")
        met.update(frame for frame in frames if frame in draft.get("why", ""))
    assert set(met) == set(frames)


def test_names_that_the_templates_write_themselves_stand_in_quotation_marks() -> None:
    written = [run for run in CHINESE._written.splitlines() if len(run) > 3]
    rng = random.Random(0)
    names = []
    for _ in range(60):
        run = rng.choice(written)
        start = rng.randrange(len(run) - 1)
        names.append(run[start : start + rng.choice((1, 2, 3, 4))])
    for seed in range(0, len(names), 3):
        for audience, facts, draft in narratives(an_explanation(seed, tuple(dict.fromkeys(names[seed : seed + 3])))):
            assert not verify(draft, facts, published=True, audience=audience).failures


# Damaged narratives


def _caught(draft: Draft, facts: Facts, audience: str) -> bool:
    judged = verify(draft, facts, published=True, audience=audience)
    return bool(judged.failures or judged.missing)


def test_damaged_narratives_are_caught() -> None:
    made, caught = Counter[str](), Counter[str]()
    missed = []
    for seed in DAMAGED:
        rng = random.Random(seed)
        for audience, facts, draft in narratives(an_instance(seed)):
            for kind, damaged, shown, true in mutants(draft, facts, rng, most=3):
                if true:
                    continue
                made[kind] += 1
                if _caught(damaged, facts, audience):
                    caught[kind] += 1
                else:
                    missed.append((seed, audience, kind, shown))
    assert sum(made.values()) > 1000
    assert sum(caught.values()) >= 0.995 * sum(made.values()), missed
    for kind, count in made.items():
        assert caught[kind] >= 0.97 * count, (kind, missed)


def test_one_wrong_digit_points_at_its_sentence() -> None:
    audience, facts, draft = narratives(an_explanation(4))[0]
    headline = draft["headline"]
    wrong = {**draft, "headline": re.sub(r"\d", lambda d: str((int(d[0]) + 1) % 10), headline, count=1)}
    judged = verify(wrong, facts, published=True, audience=audience)
    assert [s.text for s in judged.failures] == [wrong["headline"]]


# Texts of others


@pytest.fixture(scope="module")
def a_case() -> Explanation:
    return Explanation.from_values(
        ["年龄", "收入", "负债率", "工龄"],
        [34.0, 12_640.0, 0.42, 3.0],
        [0.5, 1.2, -0.9, 0.04],
        prediction={"批准": 0.82, "拒绝": 0.18},
        class_names=["批准", "拒绝"],
        units={"年龄": "岁", "收入": "元"},
    )


@pytest.mark.parametrize(
    "text",
    [
        "模型认为应当批准，批准的概率约为 82%。",
        "收入是最重要的因素。",
        "收入支持批准，负债率不利于批准。",
        "年龄为 34 岁，收入 1.26 万元。",
        "收入和年龄都支持批准。",
        "收入约占四成五的影响。",
        "负债率的影响大于年龄。",
        "工龄几乎没有影响。",
        "收入占全部影响的近一半。",
        "批准的概率为百分之八十二。",
        "负债率降低了批准的可能性。",
    ],
)
def test_true_sentences_of_others_are_never_contradicted(a_case: Explanation, text: str) -> None:
    judged = verify(text, a_case, "zh")
    assert all(s.verdict != "contradicted" for s in judged.sentences), [s.reasons for s in judged.sentences]


@pytest.mark.parametrize(
    "text",
    [
        "模型判断结果为拒绝。",
        "批准的概率为 28%。",
        "负债率是最重要的因素。",
        "收入不利于批准。",
        "负债率提高了批准的概率。",
        "年龄为 43 岁。",
        "收入为 2.26 万元。",
        "收入和负债率都支持批准。",
        "年龄的影响大于收入。",
        "收入占全部影响的百分之十二。",
        "收入几乎没有影响。",
    ],
)
def test_false_sentences_of_others_are_contradicted(a_case: Explanation, text: str) -> None:
    assert verify(text, a_case, "zh").sentences[0].verdict == "contradicted"


@pytest.fixture(scope="module")
def a_car() -> Explanation:
    return Explanation.from_values(
        ["里程", "车龄", "排量", "品牌", "事故次数", "颜色"],
        [8.6, 5.0, 2.0, "丰田", 1.0, "白色"],
        [-1.8, -2.4, 0.9, 1.5, -0.7, 0.1],
        prediction=9.8,
        value_name="二手车价格",
        output=9.8,
        baseline_output=12.2,
        units={"里程": "万公里", "车龄": "年", "排量": "升", "事故次数": "次", "二手车价格": "万元"},
        baseline=[6.0, 3.0, 1.6, "大众", 0.0, "黑色"],
        language="zh",
    )


TRUE_OF_THE_CAR = (
    "模型估价9.8万元，比典型车低2.4万元。", "车龄5年，压低了2.4万元，是最主要的原因。", "里程8.6万公里，扣了1.8万。",
    "排量2.0升，使价格上升9000元。", "颜色几乎没有影响。", "车龄和里程合计拉低4.2万元。", "车龄的影响比里程大。",
    "品牌和排量抬高了估价，但抵不过车龄和里程。", "里程高于常见的6万公里。", "这车估到九万八。", "最拉低价格的是车龄。",
    "拉低价格的有三项：车龄、里程和事故次数。", "车龄比平均多两年。",
    "由于车龄较长、里程偏高，价格低于基准的12.2万元。",
    "排量对价格有正面影响。", "事故让车价少了七千块。", "车龄排在第一位，里程第二。", "里程的作用比颜色大得多。",
)  # fmt: skip
FALSE_OF_THE_CAR = (
    "模型估价8.9万元。", "车龄抬高了价格。", "里程使价格上升1.8万元。", "品牌拉低了1.5万元。", "排量是影响最大的因素。",
    "颜色的影响比品牌大。", "里程低于常见水平。", "事故次数使价格上涨。", "品牌对价格有负面影响。", "里程扣了2.8万。",
    "车龄和里程都推高了价格。", "颜色是最重要的因素。", "典型车的价格为15万元。", "影响最小的是车龄。",
    "排在首位的是排量。",
)  # fmt: skip


@pytest.mark.parametrize("text", TRUE_OF_THE_CAR)
def test_true_sentences_about_a_value_are_never_contradicted(a_car: Explanation, text: str) -> None:
    judged = verify(text, a_car, "zh")
    assert all(s.verdict != "contradicted" for s in judged.sentences), [s.reasons for s in judged.sentences]


@pytest.mark.parametrize("text", FALSE_OF_THE_CAR)
def test_false_sentences_about_a_value_are_contradicted(a_car: Explanation, text: str) -> None:
    assert verify(text, a_car, "zh").sentences[0].verdict == "contradicted"


@pytest.mark.parametrize("text", FALSE_OF_THE_CAR)
def test_reasons_of_the_check_are_told_in_chinese(a_car: Explanation, text: str) -> None:
    for sentence in verify(text, a_car, "zh").sentences:
        for reason in sentence.reasons:
            told = re.sub(r"（[\w., ]+）$", "", reason)  # the facts keep their ids
            assert not re.search("[a-z]{3}", told), reason


@pytest.mark.parametrize(
    "text", ["今天天气很好。", "如果收入更低，结果可能是拒绝。", "贫穷导致拒绝。", "鞋码支持批准。"]
)
def test_what_no_fact_decides_is_left_open(a_case: Explanation, text: str) -> None:
    assert verify(text, a_case, "zh").sentences[0].verdict == "unverified"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一百", 100), ("一百二十", 120), ("三十五", 35), ("一万二千", 12_000), ("十一", 11), ("百分之三十", 0.3),
        ("百分之三点五", 0.035), ("三分之一", 1 / 3), ("近一半", 0.5), ("约三成", 0.3), ("八成五", 0.85),
        ("五千六", 5600), ("一千零二", 1002), ("四万五", 45_000),
        ("21.45 万", 214_500), ("1.2 亿", 1.2e8),
    ],
)  # fmt: skip
def test_numbers_in_characters(text: str, value: float) -> None:
    assert wording("zh").notation.read(text).value == pytest.approx(value)


@pytest.mark.parametrize("text", ["二零二四", "三四", "百分之"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert wording("zh").notation.read(text).value != wording("zh").notation.read(text).value


# What the folder holds


def test_ratios_stand_in_sentences_as_the_lexicon_has_them() -> None:
    beside = wording("zh").meanings["beside"]
    bounds = {tuple(row) for row in beside.values()}
    assert bounds == {(row["from"], row["to"]) for row in CHINESE.lexicon["ratios"] if row["to"] <= 1.05}


def _leaves(words: Any, path: str = "") -> dict[str, str]:
    if not isinstance(words, dict):
        return {path: words}
    return {key: leaf for name, inner in words.items() for key, leaf in _leaves(inner, f"{path}.{name}").items()}


def test_no_words_ask_for_what_is_not_given() -> None:
    given, asked = _leaves(ENGLISH.words), _leaves(CHINESE.words)
    always = {"one", "many", "whole", "part", "parts", "name"}
    for key, words in asked.items():
        if isinstance(words, str):
            places = {place for _, place, _, _ in string.Formatter().parse(words) if place}
            known = {place for _, place, _, _ in string.Formatter().parse(given[key]) if place}
            assert places <= known | always, key


def test_words_are_chinese() -> None:
    for key, words in _leaves(CHINESE.words).items():
        if key != ".method.hash" and len(re.sub(r"\{\w+\}|\W", "", words)) > 1:
            assert re.search(f"[{WIDE}]", words), key


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (214_530, 0, "21.45 万"),
        (1e5, 0, "10 万"),
        (99_999, 0, "99,999"),
        (12_640, 0, "12,640"),
        (52_000, 0, "52,000"),
        (60_000, 0, "6 万"),
        (9000, 0, "9,000"),
        (2.1e9, 0, "21 亿"),
        (-3e6, 0, "−300 万"),
    ],
)
def test_large_amounts_are_counted_in_steps_of_ten_thousand(value: float, decimals: int, text: str) -> None:
    assert CHINESE.compact(value, decimals) == text
    assert wording("zh").notation.read(text).agrees(value)
    assert "万" not in ENGLISH.compact(value, decimals)


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("概率 为 94.6% 。", "概率为 94.6%。"),
        ("依据 是 纹理", "依据是纹理"),
        ("the model 判定 为 A", "the model 判定为 A"),
        ("（ 3 项 ） “ 甲 ”", "（3 项）“甲”"),
    ],
)
def test_spaces_stand_beside_latin_and_digits_alone(text: str, fitted: str) -> None:
    assert CHINESE.fit(text) == fitted
    assert ENGLISH.fit(text) == text


@pytest.mark.parametrize(("unit", "told"), [("$", "52,000 美元"), ("years", "52,000 年"), ("mmHg", "52,000 mmHg")])
def test_units_are_those_of_chinese(unit: str, told: str) -> None:
    assert Rounding(CHINESE).value(52_000.0, unit, 0, {}) == told


def test_a_change_of_a_percentage_is_counted_in_points() -> None:
    assert Rounding(CHINESE).amount(3.0, "%") == "3 个百分点"
    assert Rounding(ENGLISH).amount(3.0, "%") == "3%"
    assert wording("zh").same_unit("个百分点", "%")


@pytest.mark.parametrize(
    ("name", "told"), [("Approved", "“Approved”"), ("x1", "“x1”"), ("C反应蛋白", "C反应蛋白"), ("面积", "面积")]
)
def test_names_in_other_letters_stand_in_quotation_marks(name: str, told: str) -> None:
    assert Rounding(CHINESE).name(name) == told


def test_a_unit_may_be_a_word_that_the_templates_count_with() -> None:
    explanation = replace(
        Explanation.from_values(
            ["逾期次数", "年收入"],
            [5.0, 4800.0],
            [1.6, -0.4],
            prediction={"拒绝": 0.9, "批准": 0.1},
            class_names=["拒绝", "批准"],
            units={"逾期次数": "次"},
        ),
        scores=(Score("stability", 0.97, {"first": 97, "repeats": 100, "firm": 1}),),
    )
    for audience, facts, draft in narratives(explanation):
        judged = verify(draft, facts, published=True, audience=audience)
        assert not judged.failures
        assert audience != "expert" or "重复 100 次，逾期次数有 97 次居首" in draft["trust"]


def test_methods_have_chinese_names_with_their_term_in_the_card() -> None:
    for method in METHODS.names():
        called = CHINESE.method(method)
        assert re.search(f"[{WIDE}]", called), method
        assert ENGLISH.method(method) == method.replace("-", " ")
    report = tell(
        replace(an_explanation(4), provenance=replace(an_explanation(4).provenance, method="lime")), language="zh"
    )
    assert "LIME 法（lime）" in FORMATS.load("markdown")().render(report).decode()


def test_reasons_have_frames_whose_places_are_those_of_the_english() -> None:
    frames = tomllib.loads((templates_folder() / "narrative" / "zh" / "reasons.toml").read_text("utf-8"))["frames"]
    for english, chinese in frames.items():
        assert set(re.findall(r"{(\w+)}", chinese)) <= set(re.findall(r"{(\w+)}", english)), english
    assert CHINESE.reason("says 28%, the fact is 82% (probability.a)") == "文中为 28%，事实为 82%（probability.a）"
    assert CHINESE.reason("unheard of") == "unheard of"
    assert ENGLISH.reason("there is only one feature") == "there is only one feature"


def test_lists_instances_and_units() -> None:
    assert [CHINESE.join(items) for items in (["甲"], ["甲", "乙"], ["A", "乙", "C"])] == ["甲", "甲和乙", "A、乙和 C"]
    assert CHINESE.numbered("样本", "41") == "41 号样本"
    assert Rounding(CHINESE).value(63.0, "岁", 0, {}) == "63 岁"
    assert Rounding(CHINESE).value(214_530.0, "元", 0, {}) == "21.45 万元"
    assert CHINESE.date("2026-11-21") == "2026年11月21日"


# The whole report


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6, 7, 9])
@pytest.mark.parametrize("name", ["page", "fragment", "markdown"])
def test_nothing_of_the_english_report_is_left(seed: int, name: str) -> None:
    report = tell(an_instance(seed), language="zh")
    shown = FORMATS.load(name)().render(report).decode()
    if name != "markdown":
        assert 'lang="zh"' in shown
        shown = re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)
    for key, words in _leaves(ENGLISH.words).items():
        if len(words) > 8 and "{" not in words and re.search("[a-z]{4}", words):
            assert words not in shown, key
    for words in (CHINESE.words["sections"]["method"], CHINESE.words["sections"]["attributions"]):
        assert words in shown or name == "markdown"
