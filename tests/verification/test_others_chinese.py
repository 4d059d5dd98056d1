"""What others write in Chinese: families of wording, each with a sentence that is true and one that is not.

The rooms behind them read only languages that do not set words apart: measuring, ordering, tallies, proportions,
presence, framing.
"""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.verification import verify
from reporter.words import Words


def _explained(rows: list[tuple[str, str, float | str, str, float | str, float]], **decision: object) -> Explanation:
    """One decision; a row: name, what it is called, value, unit, what is usual, attribution."""
    units = {row[0]: row[3] for row in rows if row[3]}
    if unit := decision.pop("unit", ""):
        units[str(decision["value_name"])] = str(unit)
    return Explanation.from_values(
        [row[0] for row in rows],
        [row[2] for row in rows],
        [row[5] for row in rows],
        baseline=[row[4] for row in rows],
        units=units,
        words={row[0]: Words(name=row[1].split("|")[0], aliases=tuple(row[1].split("|")[1:])) for row in rows},
        language="zh",
        **decision,  # type: ignore[arg-type]
    )


LOAN = _explained(
    [
        ("income", "月收入|收入", 8500.0, "元", 12000.0, 0.5),
        ("dti", "负债率", 62.0, "%", 40.0, 0.9),
        ("cards", "信用卡张数", 7.0, "张", 3.0, 0.3),
        ("years", "工作年限|工龄", 6.0, "年", 4.0, -0.4),
        ("late", "逾期次数|逾期", 3.0, "次", 0.0, 1.1),
        ("house", "名下房产|房产", "有", "", "无", -0.6),
        ("age", "年龄", 29.0, "岁", 35.0, 0.1),
        ("queries", "近期查询次数|征信查询", 2.0, "次", 4.0, -0.2),
    ],
    prediction={"违约": 0.68, "正常还款": 0.32},
    class_names=["正常还款", "违约"],
)
RENT = _explained(
    [
        ("area", "建筑面积|面积", 92.0, "平方米", 75.0, 620.0),
        ("subway", "距地铁站距离|地铁距离", 0.4, "公里", 1.2, 350.0),
        ("floor", "楼层", 18.0, "层", 9.0, 90.0),
        ("deco", "装修程度|装修", "精装", "", "简装", 280.0),
        ("age", "楼龄|房龄", 22.0, "年", 12.0, -340.0),
        ("noise", "临街噪音|噪音", 68.0, "分贝", 58.0, -180.0),
        ("lift", "有无电梯|电梯", "有", "", "有", 40.0),
        ("orient", "朝向", "北", "", "南", -160.0),
    ],
    prediction=5300.0,
    output=5300.0,
    value_name="月租金",
    unit="元",
    baseline_output=4600.0,
)

TRUE = [
    (LOAN, "逾期三次是最大的扣分项,其次是负债率。"),
    (LOAN, "名下有房,给他加了不少分。"),
    (LOAN, "工龄六年,比一般人长两年,算是利好。"),
    (LOAN, "系统给出的违约概率接近七成。"),
    (LOAN, "正常还款的把握只有三成出头。"),
    (LOAN, "月收入八千五,低于常见的一万二,对他不利。"),
    (LOAN, "收入偏低,把违约风险往上推了一把。"),
    (LOAN, "帮他说话的有三项:房产、工龄、征信查询。"),
    (LOAN, "年龄的影响可以忽略不计。"),
    (LOAN, "负债率的分量仅次于逾期,排第二。"),
    (LOAN, "房产排第三,方向和前两个相反。"),
    (LOAN, "逾期与负债率合计占了将近一半的影响。"),
    (LOAN, "信用卡有七张,多于一般人的三张,略微增加违约可能。"),
    (LOAN, "近期查询次数2次,只有平常的一半。"),
    (LOAN, "查询次数并不多,这点反而有好处。"),
    (LOAN, "虽然有房有工龄,但挡不住逾期和负债的拖累。"),
    (LOAN, "若没有那三次逾期,结果也许不同。"),
    (LOAN, "他之所以被判违约,主要怪逾期记录。"),
    (LOAN, "负债率高达62%,比常值高出22个百分点。"),
    (LOAN, "逾期、负债率、收入、信用卡张数和年龄都在往违约那边推。"),
    (LOAN, "五项不利,三项有利。"),
    (LOAN, "拉低违约风险的主力是房产。"),
    (LOAN, "逾期次数的作用比房产大得多。"),
    (LOAN, "负债率的影响大约是收入的两倍。"),
    (LOAN, "唯一能让人松口气的,是他有房、工龄长、查询少。"),
    (LOAN, "年龄29岁,在各项中影响最小。"),
    (LOAN, "最不利的一条是逾期,最有利的一条是房产。"),
    (LOAN, "模型并没有把他判为正常还款。"),
    (LOAN, "前两名是逾期和负债率,第三是房产。"),
    (LOAN, "加重违约嫌疑的,头一条就是逾期三次。"),
    (LOAN, "降低风险方面,房产贡献最大,工龄次之,查询次数再次之。"),
    (LOAN, "他没有因为年龄被扣多少分。"),
    (LOAN, "有房产,这在一定程度上抵消了风险。"),
    (LOAN, "有房,所以风险被拉低了一些。"),
    (LOAN, "查得少也算加分。"),
    (LOAN, "拒绝他的理由很简单:欠得多、还得晚。"),
    (LOAN, "违约和正常还款大致是七三开。"),
    (LOAN, "他违约的可能性是正常还款的两倍多。"),
    (LOAN, "逾期比通常多3次,这一项推得最狠。"),
    (LOAN, "工作年限和房产都指向正常还款。"),
    (LOAN, "前者支持,后者不支持。"),
    (LOAN, "收入和负债率同向,都不利。"),
    (LOAN, "首要因素是逾期(3次),第二是负债率(62%),第三是房产,第四是月收入。"),
    (LOAN, "不利:\n- 逾期3次\n- 负债率62%\n有利:\n- 房产 有\n- 工龄6年"),
    (LOAN, "推向违约:\n1) 逾期次数 3次\n2) 负债率 62%\n推向正常还款:\n1) 房产 有\n2) 工作年限 6年"),
    (LOAN, "【减分】\n逾期、负债率\n【加分】\n房产、工龄"),
    (LOAN, "减分项:逾期、负债率;加分项:房产、工龄"),
    (LOAN, "负债率62%,是通常水平的一倍半。"),
    (LOAN, "逾期的影响约为房产的两倍。"),
    (LOAN, "房产的作用大约是逾期的一半。"),
    (LOAN, "信用卡有7张,是一般人的两倍多。"),
    (LOAN, "逾期一项就占了全部影响的四分之一强。"),
    (LOAN, "负债率占了两成多。"),
    (LOAN, "逾期和房产一正一负。"),
    (LOAN, "逾期和房产方向相反。"),
    (RENT, "模型给这套房估了5300块一个月，比同类平均的4600高700。"),
    (RENT, "面积大是最值钱的一点，92平，多租620块。"),
    (RENT, "离地铁近，才400米，加了350。"),
    (RENT, "精装修添了280元。"),
    (RENT, "房龄22年，偏老，减了340，是减得最多的一项。"),
    (RENT, "朝北，少160。"),
    (RENT, "临街有点吵，68分贝，比正常高10分贝，又压了180。"),
    (RENT, "有电梯，加40，聊胜于无。"),
    (RENT, "加价五项，减价三项。"),
    (RENT, "加价项按大小排：面积、地铁、装修、楼层、电梯。"),
    (RENT, "面积对租金的拉动作用是装修的两倍还多。"),
    (RENT, "老房子、朝北、临街吵，这三样把价钱拽了下来。"),
    (RENT, "房龄和噪音合计压低520元。"),
    (RENT, "减分项里房龄占了一半。"),
    (RENT, "租金高于均值约15%。"),
    (RENT, "地铁的作用仅次于面积。"),
    (RENT, "楼层18层，比一般的9层高，略微加价。"),
    (RENT, "房龄比地铁的影响略小一点。"),
    (RENT, "装修和楼层分别贡献280元和90元。"),
    (RENT, "朝向（北）-160，噪音 -180，房龄 -340。"),
    (RENT, "房龄22年，通常为12年，拉低340元。"),
    (RENT, "别看房子老，靠着面积和地铁，租金还是高出平均一截。"),
    (RENT, "最大的三个因素依次是面积、地铁距离、楼龄。"),
    (RENT, "倘若换成朝南，租金会再高一些。"),
    (RENT, "5300这个数不算便宜。"),
    (RENT, "影响最弱的是电梯。"),
    (RENT, "正面的有面积、地铁、装修、楼层和电梯，负面的有楼龄、噪音和朝向。"),
]
WRONG = [
    (LOAN, "负债率是最大的扣分项,其次是逾期。"),
    (LOAN, "名下有房,反而拖了他的后腿。"),
    (LOAN, "工龄六年,比一般人短两年。"),
    (LOAN, "系统给出的违约概率不到五成。"),
    (LOAN, "月收入八千五,高于常见的一万二。"),
    (LOAN, "收入偏低,反倒降低了违约风险。"),
    (LOAN, "帮他说话的有三项:房产、逾期、征信查询。"),
    (LOAN, "逾期的影响可以忽略不计。"),
    (LOAN, "房产的分量仅次于逾期,排第二。"),
    (LOAN, "逾期与负债率合计占了不到三成的影响。"),
    (LOAN, "信用卡只有七张,少于一般人的三张。"),
    (LOAN, "查询次数偏多,是个减分项。"),
    (LOAN, "他之所以被判违约,主要怪工作年限太短。"),
    (LOAN, "负债率高达62%,比常值高出32个百分点。"),
    (LOAN, "逾期、负债率、收入、工作年限和年龄都在往违约那边推。"),
    (LOAN, "六项不利,两项有利。"),
    (LOAN, "拉低违约风险的主力是工作年限。"),
    (LOAN, "房产的作用比逾期次数大得多。"),
    (LOAN, "近期查询次数在各项中影响最小。"),
    (LOAN, "最不利的一条是负债率,最有利的一条是房产。"),
    (LOAN, "模型并没有把他判为违约。"),
    (LOAN, "前两名是逾期和房产,第三是负债率。"),
    (LOAN, "降低风险方面,工龄贡献最大,房产次之,查询次数再次之。"),
    (LOAN, "没有房产,这也抬高了风险。"),
    (LOAN, "逾期比通常多3次,这一项推得最轻。"),
    (LOAN, "工作年限和房产都指向违约。"),
    (LOAN, "收入和房产同向,都不利。"),
    (LOAN, "首要因素是逾期(3次),第二是负债率(62%),第三是月收入,第四是房产。"),
    (LOAN, "推向违约:\n1) 逾期次数 3次\n2) 房产 有\n推向正常还款:\n1) 工作年限 6年"),
    (LOAN, "减分项:逾期、负债率、房产;加分项:工龄"),
    (LOAN, "负债率62%,是通常水平的三倍。"),
    (LOAN, "逾期的影响约为房产的五倍。"),
    (LOAN, "信用卡有7张,不到一般人的一半。"),
    (LOAN, "逾期一项就占了全部影响的六成。"),
    (LOAN, "逾期和负债率一正一负。"),
    (LOAN, "逾期和负债率方向相反。"),
    (RENT, "模型给这套房估了5300块一个月，比同类平均的4600低700。"),
    (RENT, "模型给这套房估了3500块一个月。"),
    (RENT, "面积大是最值钱的一点，92平，少租620块。"),
    (RENT, "面积大是最值钱的一点，82平，多租620块。"),
    (RENT, "离地铁远，加了350。"),
    (RENT, "精装修扣了280元。"),
    (RENT, "噪音68分贝，减了180，是减得最多的一项。"),
    (RENT, "临街有点吵，68分贝，比正常高20分贝，又压了180。"),
    (RENT, "没电梯，扣40，聊胜于无。"),
    (RENT, "加价四项，减价四项。"),
    (RENT, "面积对租金的拉动作用不到装修的一半。"),
    (RENT, "租金高于均值约35%。"),
    (RENT, "装修的作用仅次于面积。"),
    (RENT, "楼层18层，比一般的9层低，略微加价。"),
    (RENT, "房龄比面积的影响还大。"),
    (RENT, "装修和楼层分别贡献90元和280元。"),
    (RENT, "朝向（北）+160，噪音 -180，房龄 -340。"),
    (RENT, "最大的三个因素依次是面积、楼龄、地铁距离。"),
    (RENT, "影响最弱的是楼层。"),
    (RENT, "正面的有面积、地铁、装修、楼层和朝向，负面的有楼龄、噪音和电梯。"),
]


@pytest.mark.parametrize(("decision", "text"), TRUE, ids=[text for _, text in TRUE])
def test_what_is_true_is_not_contradicted(decision: Explanation, text: str) -> None:
    narrative = verify(text, decision, "zh")
    assert [claim.reason for claim in narrative.claims if claim.verdict == "contradicted"] == []


@pytest.mark.parametrize(("decision", "text"), WRONG, ids=[text for _, text in WRONG])
def test_what_is_wrong_is_contradicted(decision: Explanation, text: str) -> None:
    narrative = verify(text, decision, "zh")
    assert "contradicted" in {claim.verdict for claim in narrative.claims}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("楼龄二十多年。", True),
        ("面积九十多平方米。", True),
        ("面积八十多平方米。", False),
        ("月租金预计5千3。", True),
        ("月租金预计4千3。", False),
    ],
)
def test_numbers_in_characters(text: str, holds: bool) -> None:
    verdicts = {claim.verdict for claim in verify(text, RENT, "zh").claims}
    assert ("contradicted" not in verdicts) is holds
