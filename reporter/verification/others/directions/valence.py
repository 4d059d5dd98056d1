"""Valence: whether an outcome is one that people wish for ("approved", "healthy") or not ("declined", "failure").

"Helps", "a plus", "against the applicant" speak of what is good for whom it is about; which way that pushes the score
depends on the outcome. The words stand in `[valence]` of others.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from reporter.fact import Direction, Facts
from reporter.verification.judges.judgement import OPPOSITE
from reporter.verification.text.mentions import tokens
from reporter.verification.text.wording import wording


def good_side(facts: Facts) -> Direction | None:
    """The side that is good for whom it is about, seen from the explained outcome; None when nobody can tell."""
    data: Mapping[str, Sequence[str]] = wording(facts.language.code).data.get("valence", {})
    target = facts.target
    own = _valence((target.name, *target.aliases, target.id), facts.language.code)
    if own is None and len(facts.classes) == 2 and data:
        other = next(c for c in facts.classes if c.id != target.id)
        turned = _valence((other.name, *other.aliases, other.id), facts.language.code)
        own = None if turned is None else not turned
    if own is None:
        return None
    return "towards" if own else OPPOSITE["towards"]


@lru_cache(maxsize=256)
def _valence(names: tuple[str, ...], code: str) -> bool | None:
    """Whether names are of something good (True) or bad (False)."""
    words = wording(code)
    data: Mapping[str, Sequence[str]] = words.data.get("valence", {})
    spaced = words.spaced
    entries = [(word, good) for good, key in ((False, "bad"), (True, "good")) for word in data.get(key, ())]
    for name in names:
        said = " ".join(token.norm for token in tokens(name))
        for word, good in sorted(entries, key=lambda entry: -len(entry[0])):  # "low risk" goes before "risk"
            if not spaced:
                if word in name:  # 不再入院 is no 再入院
                    return good is not name[: name.index(word)].endswith(tuple(data.get("not", ())))
                continue
            stem = word.removesuffix("~")
            denied = " " not in word and any(t in data.get("not", ()) for t in said.split())
            if any(t == word or (stem != word and t.startswith(stem)) for t in said.split()):
                return good is not denied
            if " " in word and " ".join(t.norm for t in tokens(stem)) in said:
                return good
    return None
