"""The report's own words in one language, and the few phrases that depend on what is being told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reporter.explanation import Explanation
from reporter.facts import Facts
from reporter.rounding import Rounding
from reporter.templating import capital
from reporter.words import words_in


@dataclass(frozen=True)
class Wording:
    """Words of templates/narrative/<language>/words.toml, by table: `wording["sections"]["why"]`."""

    facts: Facts

    def __getitem__(self, table: str) -> Any:
        return self.facts.language.words[table]

    @property
    def explanation(self) -> Explanation:
        return self.facts.explanation

    @property
    def rounding(self) -> Rounding:
        """How numbers are written, for the few that only a report shows."""
        return Rounding(self.facts.language)

    @property
    def task(self) -> str:
        return self.explanation.prediction.task

    def bare(self, text: str) -> str:
        """A name without the quotation marks that set it off in a sentence; a table needs none."""
        opening, closing = self.facts.language.lexicon["quoting"]["pair"]
        inner = text.removeprefix(opening).removesuffix(closing)
        return inner if len(text) - len(inner) == 2 and opening not in inner else text

    def label(self, name: str) -> str:
        """The name of a feature as a table begins with it: no quotation marks, no article."""
        shown = self.bare(name)
        if shown != name and self.facts.modality == "text":
            return shown  # a word of a text keeps its own form
        articles = tuple(self.facts.language.lexicon["places"]["articles"])
        if self.facts.modality != "tabular" and shown.casefold().startswith(articles):
            shown = shown.split(" ", 1)[1]
        return capital(shown)

    def title(self, text: str) -> str:
        """A name as a label of its own begins."""
        return capital(self.bare(text))

    def joined(self, parts: list[str]) -> str:
        """Parts of a label, set apart by a dot; empty ones are left out."""
        return str(self["document"]["separator"]).join(part for part in parts if part)

    def yes_or_no(self, value: bool) -> str:
        """A truth value in a word."""
        return str(self["facts"]["yes" if value else "no"])

    @property
    def strength(self) -> dict[str, str]:
        """The words for attributions that have no direction, or are a view of the model; empty for all others."""
        kind = next((each for each in ("view", "undirected") if each in self.facts.situations), "")
        return dict(self["strength"][kind]) if kind else {}

    def strong(self, key: str, /, **given: Any) -> str:
        """A phrase of `strength`, filled in."""
        what = self["ranking"]["what"][self.task]
        return str(self.strength[key].format(**{**self.facts.parts, "what": what, **given}))

    def side(self, direction: str, form: str) -> str:
        """The words of one side of the axis: "towards", or "up" for a value."""
        return str(self["sides"][self.task][direction][form])

    def rows(self) -> str:
        """The reference rows as they are counted: "455 reference samples"."""
        words, count = self["reference"], self.facts.text("reference.rows")
        if not count:
            return str(words["unknown"])
        frame = words["named"] if self.facts.card.instances else words["plain"]
        return str(frame.format(count=count, instances=self.facts.card.instances))

    def against(self) -> str:
        """What the attributions were measured against; empty when that is not known."""
        return self._baseline("against") if self.baseline_known else ""

    def baseline(self) -> str:
        """What the baseline is: "median of 455 reference samples"."""
        return self._baseline("baselines") if self.baseline_known else ""

    def _baseline(self, table: str) -> str:
        name = self.explanation.provenance.baseline.name
        words = self[table]
        return str(words.get(name, words["own"]).format(rows=self.rows()))

    @property
    def baseline_known(self) -> bool:
        """Attributions computed elsewhere may come without a word about what they were measured against."""
        return self.explanation.provenance.baseline.name not in ("unstated", "none")

    def method(self, name: str) -> str:
        """What a method is called, with the term of the field behind it where the language has a name of its own."""
        own, term = self["methods"].get(name), name.replace("-", " ")
        called = self.facts.language.method(name)
        if own or called == term:
            return str(own or called)
        return str(self["method"]["named"].format(name=called, term=term))

    def scale(self) -> str:
        """What a score is counted in."""
        words, kind = self["scale"], self.explanation.prediction.score_kind
        if kind != "value":
            return str(words[kind])
        unit = words_in(self.explanation.prediction.explained.words, self.facts.language.code).unit
        return str(words["value"].format(unit=unit) if unit else words["unitless"])
