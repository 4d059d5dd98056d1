"""Turns of phrase in Chinese of which every word is known: directions, places, comparisons, sizes, in many wordings.

Each family is tried on decisions with an outcome that people wish for, one that they do not, one that is neither, and
amounts of money and of time: the wording that is true must not be contradicted, its opposite must be.
"""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.verification import verify
from reporter.words import Words

Row = tuple[str, str, float | str, str, float | str, float]  # name, what it is called, value, unit, usual, attribution


def _explained(rows: list[Row], **decision: object) -> Explanation:
    units = {row[0]: row[3] for row in rows if row[3]}
    if unit := decision.pop("unit", ""):
        units[str(decision["value_name"])] = str(unit)
    return Explanation.from_values(
        [row[0] for row in rows],
        [row[2] for row in rows],
        [row[5] for row in rows],
        baseline=[row[4] for row in rows],
        units=units,
        words={row[0]: Words(name=row[1]) for row in rows if row[1]},
        language="zh",
        **decision,  # type: ignore[arg-type]
    )


ADMISSION = _explained(
    [
        ("written", "笔试成绩", 88.0, "分", 75.0, 1.2),
        ("cross", "跨专业", "是", "", "否", -0.7),
        ("research", "科研经历", "有", "", "无", 0.6),
        ("interview", "面试得分", 72.0, "分", 80.0, -0.5),
        ("letters", "推荐信数量", 3.0, "封", 2.0, 0.1),
    ],
    prediction={"录取": 0.64, "不录取": 0.36},
)
WARD = _explained(
    [
        ("age", "", 78.0, "岁", 66.0, 0.75),
        ("visits", "随访次数", 3.0, "次", 1.0, -0.65),
        ("hb", "", 92.0, "克/升", 125.0, 0.6),
        ("gait", "步行速度", 0.9, "米/秒", 1.0, 0.05),
    ],
    prediction={"高风险": 0.58, "低风险": 0.42},
)
BIRD = _explained(
    [
        ("wing", "翼展", 95.0, "厘米", 80.0, 0.8),
        ("leg", "腿色", "黑", "", "黄", 0.62),
        ("weight", "体重", 460.0, "克", 600.0, -0.45),
        ("depth", "水深", 22.0, "厘米", 12.0, -0.3),
    ],
    prediction={"白鹭": 0.6, "夜鹭": 0.27, "池鹭": 0.13},
)
CAR = _explained(
    [
        ("age", "车龄", 3.0, "年", 6.0, 2.1),
        ("km", "行驶里程", 4.2, "万公里", 8.0, 1.3),
        ("crash", "事故记录", "有", "", "无", -0.9),
        ("cc", "发动机排量", 1.5, "升", 2.0, -0.6),
    ],
    prediction=12.6,
    output=12.6,
    value_name="成交价",
    unit="万元",
    baseline_output=10.2,
)
DELIVERY = _explained(
    [
        ("dist", "配送距离", 5.2, "公里", 2.8, 7.0),
        ("rain_mm", "", 12.0, "毫米", 0.0, 5.0),
        ("cook", "出餐等待", 6.0, "分钟", 10.0, -3.2),
        ("rider", "骑手经验", 30.0, "个月", 12.0, -2.4),
    ],
    prediction=46.0,
    output=46.0,
    value_name="送达用时",
    unit="分钟",
    baseline_output=34.0,
)

# What is true, and what is not.
PAIRS = [
    (BIRD, "翼展把结果往白鹭推。", "翼展把结果往白鹭的反方向推。"),
    (BIRD, "体重对白鹭的贡献为负。", "体重对白鹭的贡献为正。"),
    (BIRD, "从翼展来看，更像白鹭。", "从翼展来看，不太像白鹭。"),
    (BIRD, "水深与白鹭的结论相左。", "水深与白鹭的结论一致。"),
    (BIRD, "受体重影响，白鹭的概率走低。", "受体重影响，白鹭的概率走高。"),
    (BIRD, "翼展95厘米，模型据此上调了白鹭的可能。", "水深22厘米，模型据此上调了白鹭的可能。"),
    (BIRD, "腿色为黑。", "腿色为黄。"),
    (ADMISSION, "面试得分是不录取的理由。", "面试得分是录取的理由。"),
    (ADMISSION, "科研经历→录取", "科研经历→不录取"),
    (ADMISSION, "笔试成绩，这一点进一步强化了模型对“录取”的判断。", "跨专业，这一点进一步强化了模型对“录取”的判断。"),
    (ADMISSION, "一方面，笔试成绩、科研经历支持录取。", "一方面，笔试成绩、面试得分支持录取。"),
    (ADMISSION, "笔试成绩支持录取，科研经历也是。", "笔试成绩支持录取，面试得分也是。"),
    (ADMISSION, "既有支持录取的笔试成绩，也有支持不录取的跨专业。", "既有支持录取的跨专业，也有支持不录取的笔试成绩。"),
    (ADMISSION, "支持录取的因素：笔试成绩、科研经历；支持不录取的因素：跨专业。", "支持录取的因素：笔试成绩、跨专业。"),
    (ADMISSION, "模型倾向于录取。", "模型倾向于不录取。"),
    (ADMISSION, "笔试成绩是个亮点。", "笔试成绩是个短板。"),
    (ADMISSION, "美中不足的是面试得分。", "美中不足的是笔试成绩。"),
    (WARD, "年龄对结果有不利影响。", "随访次数对结果有不利影响。"),
    (WARD, "血红蛋白偏低，推高了风险。", "血红蛋白偏低，拉低了风险。"),
    (WARD, "随访多，方向为降低风险。", "随访多，方向为提高风险。"),
    (CAR, "车龄让车更值钱。", "车龄让车不值钱了。"),
    (CAR, "发动机排量贡献了-0.6万元。", "发动机排量贡献了+0.6万元。"),
    (CAR, "事故记录使成交价下浮0.9万元。", "事故记录使成交价上浮0.9万元。"),
    (CAR, "推高成交价的是车龄和行驶里程。", "推高成交价的是车龄和发动机排量。"),
    (DELIVERY, "骑手经验让配送更快。", "骑手经验让配送更慢。"),
    (DELIVERY, "降雨量拖慢了进度。", "降雨量缩短了时间。"),
    (DELIVERY, "出餐等待6分钟，把时间缩短了。", "出餐等待6分钟，把时间拖长了。"),
    # places
    (BIRD, "起决定作用的是翼展。", "起决定作用的是水深。"),
    (BIRD, "排名第二的腿色不如翼展。", "排名第二的水深不如翼展。"),
    (BIRD, "模型最看重的是翼展。", "模型最看重的是体重。"),
    (CAR, "第二名：行驶里程。", "第二名：发动机排量。"),
    (CAR, "重要性排名：\n① 车龄\n② 行驶里程\n③ 事故记录", "重要性排名：\n① 车龄\n② 发动机排量\n③ 行驶里程"),
    # comparisons
    (BIRD, "与水深相比，翼展的影响更大。", "与翼展相比，水深的影响更大。"),
    (BIRD, "水深没有翼展重要。", "翼展没有水深重要。"),
    (WARD, "步行速度没啥用。", "年龄没啥用。"),
    # values against what is usual
    (DELIVERY, "骑手经验由常见的12个月增至30个月。", "骑手经验由常见的12个月减至30个月。"),
    (DELIVERY, "出餐等待6分钟，快于通常的10分钟。", "出餐等待6分钟，慢于通常的10分钟。"),
    (ADMISSION, "面试得分72分，平时80分，低了一截。", "面试得分72分，平时80分，高出一截。"),
    (ADMISSION, "面试得分比平均的80分少。", "面试得分比平均的80分多。"),
    (CAR, "较平均水平10.2万元上浮2.4万元。", "较平均水平10.2万元下浮2.4万元。"),
    # all, none and only
    (ADMISSION, "有因素支持不录取。", "没有任何因素支持不录取。"),
    (ADMISSION, "有因素支持不录取。", "五项因素全部支持录取。"),
    (ADMISSION, "笔试成绩支持录取。", "唯一支持录取的是科研经历。"),
    # columns with English names
    (WARD, "患者78岁，年纪大，支持高风险。", "患者年纪大，支持低风险。"),
    (DELIVERY, "雨势大，增加了用时。", "雨势大，缩短了用时。"),
]


@pytest.mark.parametrize(("decision", "true", "wrong"), PAIRS, ids=[true for _, true, _ in PAIRS])
def test_a_turn_and_its_opposite(decision: Explanation, true: str, wrong: str) -> None:
    said = [claim.reason for claim in verify(true, decision, "zh").claims if claim.verdict == "contradicted"]
    assert said == []
    assert "contradicted" in {claim.verdict for claim in verify(wrong, decision, "zh").claims}


DOUBTFUL = [
    (BIRD, "坏的信号里，水深最重。"),  # of a side that is not told
    (BIRD, "这两点都指向白鹭。"),
    (ADMISSION, "没有哪一个比笔试成绩更重要。"),
    (ADMISSION, "让模型犹豫的不是跨专业。"),
    (ADMISSION, "不是跨专业，而是笔试成绩支持录取。"),
    (WARD, "把年龄当回事的，是占收入近六成的那些人。"),
    (CAR, "比第二位的行驶里程2.1还要大。"),
    (DELIVERY, "一年内零投诉。"),
    (DELIVERY, "配送距离缩短了2公里。"),
]


@pytest.mark.parametrize(("decision", "text"), DOUBTFUL, ids=[text for _, text in DOUBTFUL])
def test_what_may_be_meant_otherwise_is_not_contradicted(decision: Explanation, text: str) -> None:
    assert "contradicted" not in {claim.verdict for claim in verify(text, decision, "zh").claims}


def _match() -> Facts:
    """Talk goes on, with 55%; one column is counted in 个, as features are."""
    return facts_of(
        Explanation.from_values(
            ["共同爱好", "年龄差", "异地"],
            [3.0, 2.0, "否"],
            [0.6, 0.3, -0.4],
            prediction={"继续聊": 0.55, "结束": 0.45},
            class_names=["结束", "继续聊"],
            units={"共同爱好": "个", "年龄差": "岁"},
        ),
        "zh",
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("判断为“继续聊”，概率五成半。", False),
        ("判断为“继续聊”，概率七成半。", True),
        ("三个变量里两个有利于“继续聊”，一个不利。", False),
        ("共同爱好3个，有利于“继续聊”。", False),
        ("共同爱好8个，有利于“继续聊”。", True),
    ],
)
def test_halves_of_tenths_and_counted_columns(text: str, wrong: bool) -> None:
    verdicts = {sentence.verdict for sentence in verify(text, _match()).sentences}
    assert ("contradicted" in verdicts) is wrong
