"""Where all features push the same way, what is said of the strongest, of sides and of places breaks nothing."""

from __future__ import annotations

import pytest

from reporter.explanation import Explanation
from reporter.facts import facts_of
from reporter.verification import verify

SAID = {
    "en": (
        "Income and age are the strongest of all.",
        "Age and tenure matter most, income least.",
        "The two strongest features against it are tenure and age.",
        "Tenure is the only one that speaks against it, and all others support it.",
        "Income comes first, followed by age and tenure.",
    ),
    "zh": ("收入和年龄影响最大。", "反对的因素里，年龄和工龄排在最前。", "收入第一，年龄第二，工龄第三。"),
}
NAMES = {"en": ["income", "age", "tenure"], "zh": ["收入", "年龄", "工龄"]}


@pytest.mark.parametrize("sign", [1.0, -1.0, 0.0])
@pytest.mark.parametrize("language", list(SAID))
def test_one_side_may_be_empty(language: str, sign: float) -> None:
    explanation = Explanation.from_values(
        NAMES[language],
        [10.0, 41.0, 3.0],
        [0.9 * sign, 0.5 * sign, 0.2 * sign],
        prediction={"yes": 0.7, "no": 0.3},
        class_names=["no", "yes"],
    )
    facts = facts_of(explanation, language)
    for text in SAID[language]:
        assert verify(text, facts).sentences
