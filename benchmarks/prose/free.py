"""How well the verifier reads what other people write: python -m benchmarks.prose.free FOLDER [--show].

A true text is judged right when none of its sentences is called contradicted; one with an error when the sentence that
holds it is, and no other. A feature that was made up may be left unverified.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.prose.corpus import Text, texts_in
from reporter.facts import facts_of
from reporter.narrative import Narrative, Sentence, Verdict
from reporter.verification import verify

_ENOUGH: dict[str, tuple[Verdict, ...]] = {"invented": ("contradicted", "unverified")}  # else it must be contradicted
_FOUND: tuple[Verdict, ...] = ("contradicted",)


@dataclass(frozen=True)
class Judged:
    """A text and what the verifier made of it."""

    text: Text
    narrative: Narrative

    @property
    def wrong(self) -> tuple[Sentence, ...]:
        """The sentences that hold the error; a list or a clause that was read apart holds it where any of them does."""
        wanted = _plain(self.text.wrong)
        return tuple(s for s in self.narrative.sentences if wanted and _overlaps(wanted, _plain(s.text)))

    @property
    def true(self) -> tuple[Sentence, ...]:
        """The sentences that hold no error."""
        wrong = {id(sentence) for sentence in self.wrong}
        return tuple(s for s in self.narrative.sentences if id(s) not in wrong)

    @property
    def alarms(self) -> tuple[Sentence, ...]:
        """True sentences that were called contradicted."""
        return tuple(s for s in self.true if s.verdict == "contradicted")

    @property
    def caught(self) -> bool:
        """Whether the error was found where it stands."""
        return any(s.verdict in _ENOUGH.get(self.text.error, _FOUND) for s in self.wrong)

    @property
    def right(self) -> bool:
        """Whether the text as a whole was judged right."""
        return not self.alarms and (not self.text.error or self.caught)


@dataclass(frozen=True)
class Score:
    """What was measured on a set of texts."""

    judged: tuple[Judged, ...]

    @property
    def right(self) -> float:
        return _share(each.right for each in self.judged)

    @property
    def alarms(self) -> float:
        """Share of the true sentences that were called contradicted."""
        return _share(s.verdict == "contradicted" for each in self.judged for s in each.true)

    @property
    def decided(self) -> float:
        """Share of the sentences that state something of which every statement was decided."""
        told = [s for each in self.judged for s in each.narrative.sentences if s.verdict != "neutral"]
        return _share(s.verdict != "unverified" for s in told)

    @property
    def coverage(self) -> float:
        """Mean share of the values, directions and ranks of the features mentioned that could be read."""
        known = [c for each in self.judged if (c := each.narrative.coverage) is not None]
        return sum(known) / len(known) if known else 0.0

    @property
    def kinds(self) -> dict[str, tuple[int, int]]:
        """Kind of error → how many were caught, of how many."""
        found: dict[str, tuple[int, int]] = {}
        for each in self.judged:
            if each.text.error:
                caught, all_ = found.get(each.text.error, (0, 0))
                found[each.text.error] = caught + each.caught, all_ + 1
        return dict(sorted(found.items()))

    def lines(self) -> Iterable[str]:
        """The figures, one per line."""
        wrong = sum(bool(each.text.error) for each in self.judged)
        yield f"texts                  {len(self.judged):6} ({wrong} with an error)"
        yield f"right verdicts         {self.right:6.1%}"
        yield f"true ones contradicted {self.alarms:6.1%} of {sum(len(j.true) for j in self.judged)} sentences"
        yield f"decided                {self.decided:6.1%} of the sentences that state something"
        yield f"coverage               {self.coverage:6.1%}"
        for kind, (caught, all_) in self.kinds.items():
            yield f"  {kind:<20} {caught / all_:6.1%} ({caught} of {all_})"


def judged(texts: Iterable[Text]) -> Score:
    """What the verifier makes of texts; the facts of a decision are worked out once for all texts about it."""
    found: list[Judged] = []
    for (_, language), about in groupby(texts, key=lambda text: (id(text.explanation), text.language)):
        same = list(about)
        facts = facts_of(same[0].explanation, language)
        found += [Judged(each, verify(each.text, facts)) for each in same]
    return Score(tuple(found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of a folder, by language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="print the texts that are judged wrong")
    parser.add_argument("--half", choices=("a", "b"), help="only the texts about half of the decisions")
    options = parser.parse_args(arguments)
    texts = [t for t in texts_in(options.folder) if options.half in (None, _half(t))]
    score = judged(texts)
    for tongue in sorted({each.text.language for each in score.judged}):
        own = Score(tuple(each for each in score.judged if each.text.language == tongue))
        print(f"\n{tongue}")
        print("\n".join(own.lines()))
        if options.show:
            print("\n".join(line for each in own.judged for line in _misses(each)))


def _half(text: Text) -> str:
    """Which half a text is in: all about one decision are in the same, whatever else the folder holds."""
    return "ab"[zlib.crc32(" ".join(f.id for f in text.explanation.features).encode()) % 2]


def _misses(each: Judged) -> Iterable[str]:
    """What went wrong in a text."""
    for sentence in each.alarms:
        yield f"\n[{each.text.id}] true, but called contradicted: {sentence.text}"
        yield from (f"    {claim.kind}: {claim.reason}" for claim in sentence.claims if claim.verdict == "contradicted")
    if each.text.error and not each.caught:
        yield f"\n[{each.text.id}] {each.text.error}, not caught: {each.text.wrong}"
        for sentence in each.wrong:
            yield from (f"    {c.kind} {c.verdict}: {c.reason}" for c in sentence.claims)


def _plain(text: str) -> str:
    return " ".join(text.split()).strip("-*•– ")


def _overlaps(wanted: str, shown: str) -> bool:
    return bool(shown) and (wanted in shown or shown in wanted)


def _share(of: Iterable[bool]) -> float:
    found = list(of)
    return sum(found) / len(found) if found else 0.0


if __name__ == "__main__":
    main()
