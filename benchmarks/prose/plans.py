"""What a language model would be given: every prompt of `python -m benchmarks.prose.plans EXPLANATION.json en expert`.

Behind each prompt stands the plan itself as an answer, which is the templated sentence again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from reporter.explanation import Explanation
from reporter.planning import plan_of
from reporter.slots import Plan, prompt
from reporter.telling import tell


def plans(explanation: Explanation, language: str, audience: str) -> Iterator[Plan]:
    """The plans of a templated narrative, in order, each with the one before."""
    report = tell(explanation, language=language, audience=audience)
    before = None
    for sentence in report.narrative.sentences:
        plan = plan_of(sentence, report.facts)
        before = plan.following(before, audience) if plan else None
        if before:
            yield before


def main(path: str, language: str = "en", audience: str = "expert") -> None:
    """Print them."""
    for plan in plans(Explanation.from_json(Path(path)), language, audience):
        print(prompt(plan), plan.frame, end="\n\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
