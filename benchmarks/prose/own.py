"""Our own narratives: true ones must all pass the check, damaged ones must not.

Explanations of tables, pictures, texts, sequences and symbols, none of them a sample's, are told in every language for
every audience. Each narrative is read as it is, then with one damage at a time (tests/mutations.py, tests/chinese.py).
"""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reporter.explanation import Explanation
from reporter.facts import Facts, facts_of
from reporter.narrative import Draft
from reporter.narrators.templated import TemplatedNarrator, audiences
from reporter.verification import verify
from tests import chinese, mutations
from tests.parts import a_part
from tests.strategies import an_explanation

LANGUAGES = ("en", "zh")
FIRST = 20_000  # seeds that no test uses
ENOUGH, WANTED = 2000, 0.995  # true narratives read; share of the damages that must be noticed
_MOST_EXAMPLES = 20


@dataclass
class Count:
    """What became of the narratives and mutants of one language."""

    narratives: int = 0
    alarms: list[str] = field(default_factory=list)  # sentences of true narratives that did not pass
    made: Counter[str] = field(default_factory=Counter)  # by kind of damage, those that are no longer true
    caught: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)  # by the reason why they are still true

    def add(self, other: Count) -> None:
        self.narratives += other.narratives
        self.alarms += other.alarms
        self.missed += other.missed
        for name in ("made", "caught", "left_out"):
            getattr(self, name).update(getattr(other, name))


def an_instance(seed: int) -> Explanation:
    """A table for every other seed; a picture, a text, a sequence or symbols for those between."""
    return an_explanation(seed) if seed % 2 == 0 else a_part(seed // 2)


def measured(seeds: int, damaged: int, processes: int) -> dict[str, Count]:
    """By language: `seeds` explanations told and read, the first `damaged` of them also with damages."""
    jobs = [(FIRST + seed, seed < damaged) for seed in range(seeds)]
    found = {code: Count() for code in LANGUAGES}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for counts in pool.imap_unordered(_counted, jobs, chunksize=4):
            for code, count in counts.items():
                found[code].add(count)
    return found


def _counted(job: tuple[int, bool]) -> dict[str, Count]:
    seed, damage = job
    explanation = an_instance(seed)
    counts = {}
    for code in LANGUAGES:
        facts, count = facts_of(explanation, code), Count()
        for audience in audiences(code):
            draft = dict(TemplatedNarrator().narrate(facts, audience))
            narrative = verify(draft, facts, published=True, audience=audience)
            count.narratives += 1
            count.alarms += [f"{code} {seed} {audience}: {s.text} ({'; '.join(s.reasons)})" for s in narrative.failures]
            count.alarms += [f"{code} {seed} {audience}: leaves out {fact}" for fact in narrative.missing]
            for kind, damaged, shown, why in _mutants(code, draft, facts, seed) if damage else ():
                if why:
                    count.left_out[why] += 1
                    continue
                count.made[kind] += 1
                if verify(damaged, facts, published=True, audience=audience).supported:
                    count.missed.append(f"{code} {seed} {audience}, {kind}: {shown}")
                else:
                    count.caught[kind] += 1
        counts[code] = count
    return counts


def _mutants(code: str, draft: Draft, facts: Facts, seed: int, most: int = 3) -> Iterator[tuple[str, Draft, str, str]]:
    """Kind, damaged draft, what was done, and why it is still true (empty where it is not)."""
    rng = random.Random(seed)
    if code == "zh":
        for kind, damaged, shown, true in chinese.mutants(draft, facts, rng, most):
            yield kind, damaged, shown, "the words still hold" if true else ""
    else:
        for mutant in mutations.mutants(dict(draft), facts, rng, most):
            yield mutant.kind, mutant.draft, f"{mutant.before} → {mutant.after}", mutant.still_true


def report(found: dict[str, Count]) -> bool:
    """Print the figures by language and kind; whether all limits are met."""
    for code, count in found.items():
        print(f"\n{code}: {count.narratives} true narratives, {len(count.alarms)} false alarms")
        for line in count.alarms[:_MOST_EXAMPLES]:
            print(f"  {line}")
        for kind, made in count.made.items():
            print(f"  {kind:32}{count.caught[kind]:6} of {made:6}  {count.caught[kind] / made:7.2%}")
        made, caught = sum(count.made.values()), sum(count.caught.values())
        print(f"  {'all damages':32}{caught:6} of {made:6}  {caught / made:7.2%}")
        for line in count.missed[:_MOST_EXAMPLES]:
            print(f"  missed: {line}")
        for why, many in count.left_out.items():
            print(f"  left out, still true: {many} ({why})")
    narratives = sum(count.narratives for count in found.values())
    alarms = sum(len(count.alarms) for count in found.values())
    kinds_met = all(sum(c.caught.values()) >= WANTED * sum(c.made.values()) for c in found.values())
    return narratives >= ENOUGH and not alarms and kinds_met
