"""The default narrator: sentences from the templates of a language, chosen by what the facts say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from reporter.errors import UnknownName
from reporter.facts import Facts
from reporter.templating import Templates, current, prose_environment

if TYPE_CHECKING:
    from jinja2 import Template

    from reporter.narrative import Draft

PARAGRAPH = "\x1e"  # a control character no name can hold (rounding.py removes them), so it cannot be forged
_SHARED = ("phrases", "reasons")  # templates that are not audiences


@dataclass(frozen=True)
class TemplatedNarrator:
    """Writes from templates/narrative/<language>/<audience>.j2; same facts, same text.

    A template sets `sections` and has one macro for each; a macro that writes nothing leaves its section out. Frames
    vary by a hash of the explanation, so that two instances in one situation do not read alike and one instance
    always reads the same.
    """

    name: ClassVar[str] = "templated"
    description: ClassVar[str] = "sentences from templates, chosen by the situation; offline, deterministic"
    seed: int = 0

    def narrate(self, facts: Facts, audience: str) -> Draft:
        """The draft for one audience. Raises UnknownName when the language has no template for it."""
        template = audience_template(facts.language.code, audience)
        module: Any = template.make_module(
            {
                "f": facts,
                "pick": _Picker(f"{self.seed}:{facts.explanation.instance}:{_content(facts)}"),
                "par": PARAGRAPH,
            }
        )
        drafted = {name: facts.language.fit(tidy(str(getattr(module, name)()))) for name in module.sections}
        return {name: text for name, text in drafted.items() if text}


def audience_template(code: str, audience: str) -> Template:
    """The template of an audience in a language. Raises UnknownName with those there are."""
    known = audiences(code)
    if audience not in known:
        raise UnknownName("audience", audience, known)
    return prose_environment().get_template(f"narrative/{code}/{audience}.j2")


def audiences(code: str) -> tuple[str, ...]:
    """Audiences a language has templates for."""
    return _audiences(code, current())


@lru_cache
def _audiences(code: str, templates: Templates) -> tuple[str, ...]:
    stems = (name.removesuffix(".j2") for name in templates.names(f"narrative/{code}") if name.endswith(".j2"))
    return tuple(stem for stem in stems if stem not in _SHARED)


def tidy(text: str) -> str:
    """What a template left behind, as paragraphs: white space folded, none before a stop or inside a bracket."""
    folded = (re.sub(r"\s+", " ", part).strip() for part in text.split(PARAGRAPH))
    paragraphs = [re.sub(r" +([,.;:!?)])", r"\1", part).replace("( ", "(") for part in folded if part]
    return "\n\n".join(paragraphs)


class _Picker:
    """Chooses among wordings by a hash of the explanation and the place, never at random."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def __call__(self, place: str, options: Sequence[Any]) -> Any:
        digest = hashlib.sha256(f"{self.seed}:{place}".encode()).digest()
        return options[int.from_bytes(digest[:4], "big") % len(options)]


def _content(facts: Facts) -> str:
    """What tells one explanation from another of the same id."""
    return ";".join(f"{feature.id}={feature.score}" for feature in facts.features[:5])
