"""The explanation itself, which `render`, `verify` and an audit read back, and what was told of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from reporter.facts import Facts
    from reporter.narrative import Drafting, Narrative, Sentence
    from reporter.report import Report


@dataclass(frozen=True)
class Json:
    """Versioned JSON of the explanation, with each sentence told, its verdict and the facts it rests on.

    Reading it back takes the explanation alone; the prose is told again from it.
    """

    name: ClassVar[str] = "json"
    suffix: ClassVar[str] = ".json"
    media_type: ClassVar[str] = "application/json"
    description: ClassVar[str] = "the explanation with all its numbers, to be read back, and what was told of it"

    def render(self, report: Report) -> bytes:
        content = json.loads(report.explanation.to_json())
        content["narrative"] = _narrative(report.narrative)
        content["facts"] = _facts(report.narrative, report.facts)
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _narrative(narrative: Narrative) -> dict[str, Any]:
    """Sections → paragraphs → sentences, and those that were withheld."""
    return {
        "language": narrative.language,
        "audience": narrative.audience,
        "narrator": narrative.narrator,
        **({"drafting": _drafting(narrative.drafting)} if narrative.drafting else {}),
        "sections": [
            {"name": section.name, "paragraphs": [[_sentence(s) for s in part] for part in section.paragraphs]}
            for section in narrative.sections
        ],
        "withheld": [_sentence(sentence) for sentence in narrative.withheld],
    }


def _drafting(drafting: Drafting) -> dict[str, Any]:
    """How a narrator that writes sentence by sentence fared."""
    told = {name: value for name, value in asdict(drafting).items() if name != "problem"}
    return {**told, "written": drafting.written, "replaced": drafting.replaced}


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "verdict": sentence.verdict,
        "facts": list(sentence.facts),
        "reasons": list(sentence.reasons),
        "narrator": sentence.narrator,
    }


def _facts(narrative: Narrative, facts: Facts) -> dict[str, Any]:
    """Every fact that a sentence rests on, by its id."""
    cited = dict.fromkeys(fact for sentence in narrative.sentences for fact in sentence.facts)
    return {
        fact.id: {"kind": fact.kind, "about": fact.about, "value": fact.value, "text": fact.text}
        for fact in map(facts.get, cited)
        if fact is not None
    }
