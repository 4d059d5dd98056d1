"""Chinese prose damaged in known ways, to see whether the verifier notices; the English of it is in mutations.py."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

from reporter.facts import Facts
from reporter.narrative import Draft
from reporter.verification import verify
from reporter.words import words_in

Edit = tuple[str, int, int, str]  # section, start, end, what takes its place
Damage = Callable[[Draft, Facts, random.Random], Iterator[Edit]]

DIRECTIONS = {
    "不支持": "支持", "支持": "不支持", "升高": "降低", "降低": "升高", "增加": "减少", "减少": "增加",
    "抬高": "拉低", "拉低": "抬高", "相反方向": "相同方向", "反向依据": "正向依据",
}  # fmt: skip
COMPARISONS = {
    "高于": "低于", "低于": "高于", "接近": "远离", "超过支持依据": "不到支持依据", "不超过": "超过", "超出": "符合",
    "更快": "更慢", "并不比": "比", "并不优于": "优于", "中间水平": "最高水平",
}  # fmt: skip
RANKS = {
    "首要": "次要", "主要依据": "次要依据", "其次是": "首先是", "随后是": "首先是", "最主要": "最次要",
    "影响最大": "影响最小",
    "最多的": "最少的", "最支持": "最不支持", "主要是": "不是", "首先是": "最后是",
    "居首": "居末",
    "居次": "居首", "再次是": "首先是", "始终居首": "从未居首", "分量最重": "分量最轻",
    "首位": "末位", "主要原因": "次要原因", "次选类别": "首选类别",
}  # fmt: skip
COUNTS = {
    "一项": "两项", "两项": "三项", "三项": "五项", "四项": "两项", "五项": "四项", "六项": "七项", "七项": "六项",
    "十项": "九项",
    "都指向": "半数指向",
    "一个": "两个", "两个": "三个", "三个": "四个", "四个": "三个", "一半": "三分之一", "三分之一": "一半",
    "四分之一": "三分之二",
    "三分之二": "四分之一", "十分之一": "十分之九", "没有一": "有一", "全部反向": "部分反向", "没有哪": "有一",
    "均未": "均已",
    "第二位": "第三位", "第三位": "第二位", "万": "亿",
}  # fmt: skip
CAVEATS = {
    "不可靠": "可靠", "不给出": "给出", "总和吻合": "总和不符", "总和不符": "总和吻合", "大致吻合": "完全吻合",
    "并不稳定": "稳定",
    "次序稳定": "次序不稳定", "首位稳定": "首位不稳定", "可能变动": "不会变动", "不稳定": "稳定",
    "部分一致": "完全一致",
    "结果一致": "结果不一致", "结果不一致": "结果一致", "与此相符": "与此不符", "与此不符": "与此相符",
    "部分相符": "完全相符",
    "并非现实": "正是现实", "不受影响": "大受影响", "尚未确定": "已经确定", "优势微弱": "优势明显",
    "相互抵消": "相互加强",
    "不值一提": "值得一提", "缺失": "已测得", "受保护属性": "普通属性", "并未选择": "正好选择", "误导": "帮助",
    "判定相同": "判定不同",
    "不足以推翻": "足以推翻",
    "旗鼓相当": "相差悬殊", "不等于": "等于", "只有一": "不止一",
    "仍为": "变为", "通过了": "未通过", "尚未检验": "已经检验", "改判": "仍判",
    "仍会判": "会改判",
    "仅供参考": "完全可靠",
}  # fmt: skip
NEGATED = (
    "支持", "使预测值", "占全部", "判定为", "是", "有", "占", "来自", "通过了", "抬高", "拉低", "被判为",
)  # fmt: skip
INVENTED = (
    "它每天抽三十支烟。", "天气很好。", "模型是公平的。", "其他因素都不重要。", "这些数据核对过两次。",
    "明年也会如此。", "医生们同意这一点。",
    "三分之一的数据已被删除。", "这些依据就是现实中的原因。", "预测是确定无疑的。", "这是最强的依据。",
    "该样本最为典型。",
)  # fmt: skip
TOTALS = {
    "主要原因": "全部原因", "主要依据": "全部依据", "首要依据": "唯一依据", "最支持": "唯一支持",
    "其中主要是": "全都是",
    "最主要的是": "仅有的是", "没有哪": "每一", "影响最大的": "全部", "有两项指向": "都指向", "有一项指向": "都指向",
}  # fmt: skip
UNITS = ("公斤", "公里", "kWh", "欧元", "分钟", "岁")
MADE_UP = ("月相", "鞋码", "平均幸福度", "泽塔系数")


def _swapped(table: dict[str, str]) -> Damage:
    longest = sorted(table, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest)))

    def damage(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
        for section, text in draft.items():
            for found in pattern.finditer(text):
                yield section, found.start(), found.end(), table[found[0]]

    return damage


def digits(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """One digit of a number becomes another."""
    for section, text in draft.items():
        for found in re.finditer(r"\d", text):
            yield section, found.start(), found.end(), rng.choice([d for d in "0123456789" if d != found[0]])


def signs(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A number changes its sign."""
    for section, text in draft.items():
        for found in re.finditer(r"(?<![\w.,+−])−?\d[\d,.]*", text):
            minus = found[0].startswith("−")
            if minus or not re.fullmatch(r"[0,.]+", found[0]):
                yield section, found.start(), found.start() + minus, "" if minus else "−"


def units(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A unit becomes another."""
    known = {facts.language.unit(f.unit) for f in facts.features if f.unit and f.unit != "%"}
    for section, text in draft.items():
        for unit in sorted(known, key=len, reverse=True):
            for found in re.finditer(rf"(?<=\d) ?{re.escape(unit)}(?![A-Za-z/²])", text):
                yield section, found.start(), found.end(), " " + rng.choice([u for u in UNITS if u != unit])


def probabilities(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """The probability of the outcome becomes another."""
    for section, text in draft.items():
        for found in re.finditer(r"(?<=概率)(?:仅?为)? ?(?:超过 |不足 )?\d[\d.]*%", text):
            yield section, found.start(), found.end(), f"为 {rng.randrange(3, 98)}.{rng.randrange(10)}%"


def caveats(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A sentence that no telling may leave out is taken away."""
    judged = verify(draft, facts, published=True)
    told = Counter(fact for sentence in judged.sentences for fact in set(sentence.facts))
    for sentence in judged.sentences:
        if any(fact in facts.required and told[fact] == 1 for fact in sentence.facts):
            for section, text in draft.items():
                if (start := text.find(sentence.text)) >= 0:
                    yield section, start, start + len(sentence.text), ""


def _named(draft: Draft, names: dict[str, str]) -> Iterator[tuple[str, int, int, str]]:
    """Where the draft holds one of these names, the longest first."""
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    for section, text in draft.items():
        for found in pattern.finditer(text):
            before, behind = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
            if not (before.isascii() and before.isalnum()) and not (behind.isascii() and behind.isalnum()):
                yield section, found.start(), found.end(), names[found[0]]


def features(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A feature is exchanged for another."""
    if len(facts.features) > 1:
        for section, start, end, own in _named(draft, {f.name: f.id for f in facts.features}):
            yield section, start, end, rng.choice([f.name for f in facts.features if f.id != own])


def made_up(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A feature is exchanged for one that does not exist."""
    for section, start, end, _ in _named(draft, {f.name: f.id for f in facts.features}):
        yield section, start, end, rng.choice(MADE_UP)


def classes(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A class is exchanged for another."""
    if not facts.regression:
        for section, start, end, own in _named(draft, {c.name: c.id for c in facts.classes}):
            yield section, start, end, rng.choice([c.name for c in facts.classes if c.id != own])


def phrases(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """The words for a high value become those for a low one."""
    for shown, raw in zip(facts.features, facts.explanation.features, strict=True):
        words = words_in(raw.words, facts.language.code, raw.id)
        other = words.low if shown.phrase == words.high else words.high
        if shown.phrase and other:
            for section, start, end, _ in _named(draft, {shown.phrase: shown.id}):
                yield section, start, end, other


def negations(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """What is said is denied."""
    for section, text in draft.items():
        for found in re.finditer("|".join(NEGATED), text):
            if text[found.start() - 1 : found.start()] not in ("不", "没", "只", "但"):
                denied = "没" if found[0] == "有" else "并未" if found[0].endswith(("了", "值")) else "不"
                yield section, found.start(), found.start(), denied


def invented(draft: Draft, facts: Facts, rng: random.Random) -> Iterator[Edit]:
    """A sentence is added that no fact knows."""
    for section, text in draft.items():
        for found in re.finditer(r"(?<=。)", text):
            yield section, found.start(), found.end(), rng.choice(INVENTED)


DAMAGES: dict[str, Damage] = {
    "digit changed": digits,
    "sign changed": signs,
    "unit changed": units,
    "probability changed": probabilities,
    "direction flipped": _swapped(DIRECTIONS),
    "comparison reversed": _swapped(COMPARISONS),
    "rank changed": _swapped(RANKS),
    "count or fraction changed": _swapped(COUNTS),
    "all for most": _swapped(TOTALS),
    "caveat turned": _swapped(CAVEATS),
    "caveat removed": caveats,
    "feature exchanged": features,
    "feature made up": made_up,
    "class exchanged": classes,
    "high for low": phrases,
    "negation added": negations,
    "sentence invented": invented,
}


def still_true(kind: str, text: str, start: int, end: int, other: str, facts: Facts) -> bool:
    """Whether the text still holds although it was changed."""
    before, behind, gone = text[max(0, start - 20) : start], text[end : end + 40], text[start:end]
    if kind == "count or fraction changed":
        return before.endswith("位列影响最大的")  # what is among the first two is among the first four
    if kind == "direction flipped":
        sums = re.search("使预测值升高的各项合计 (.+?)，使其降低的各项合计 (.+?)[，。]", text)
        return sums is not None and sums[1] == sums[2] and sums.start() <= start < sums.end()
    if kind == "class exchanged":
        return before.rstrip().endswith(("不支持", "同样支持"))  # that class's own attributions say so
    if kind == "digit changed":
        return text[start - 2 : start] == "0." and behind.startswith("%") and other == "0" and "不超过" in before
    if kind == "feature exchanged":
        by_name = {f.name: f for f in facts.features}
        own, put = by_name.get(gone), by_name.get(other)
        if own is None or put is None:
            return False
        plain = behind.lstrip().startswith(("不支持", "同样支持")) and own.direction == put.direction
        missing = behind.lstrip().startswith("缺失，叙述中不给出") and put.missing and not put.value
        return plain or missing or (own.attribution == put.attribution and not behind.startswith("（"))
    return False


def mutants(draft: Draft, facts: Facts, rng: random.Random, most: int) -> Iterator[tuple[str, Draft, str, bool]]:
    """Up to `most` mutants of each kind: the kind, the damaged draft, what was done, and whether it is true."""
    for kind, damage in DAMAGES.items():
        edits = list(damage(draft, facts, rng))
        for section, start, end, other in rng.sample(edits, min(most, len(edits))):
            text = draft[section]
            if text[start:end] == other:
                continue
            shown = f"{text[max(0, start - 30) : start]}[{text[start:end]}→{other}]{text[end : end + 30]}"
            true = still_true(kind, text, start, end, other, facts)
            yield kind, {**draft, section: text[:start] + other + text[end:]}, shown, true
