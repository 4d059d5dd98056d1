"""All that is promised of the prose, measured: `make prose`, or `python -m benchmarks.prose [PART …]`. The parts:

    own      true narratives of ours are never refused, damaged ones are noticed (own.py)
    free     what other people write is judged right (free.py). texts/first was used while the reader was made;
             texts/last was opened when it was done
    quality  how our narratives read (quality.py)
    lm       what language models write and what of it is published (narrators.py)

Exits 1 when a limit is missed, and says which.
"""

from __future__ import annotations

import sys
from statistics import fmean

from benchmarks.prose import free, narrators, own, quality
from benchmarks.prose.corpus import TEXTS, texts_in
from tests.faulty_narrators import FAULTS

NARRATIVES, DAMAGED = 350, 60  # explanations told to three audiences in two languages; those that are damaged as well
STORIES = 220
SHIPPED, FAULTY = 500, 100
PROCESSES = 2
RIGHT, ALARMS, FLIPPED = 0.92, 0.02, 0.90  # of texts by others: judged right; true sentences contradicted; flips found


def _own() -> bool:
    return own.report(own.measured(NARRATIVES, DAMAGED, PROCESSES))


def _free() -> bool:
    met = True
    for folder in sorted(path for path in TEXTS.iterdir() if path.is_dir()):
        score = free.judged(texts_in(folder))
        for language in sorted({each.text.language for each in score.judged}):
            part = free.Score(tuple(each for each in score.judged if each.text.language == language))
            print(f"\n{folder.name}, {language}", *part.lines(), sep="\n")
        caught, flipped = score.kinds["direction"]
        met &= score.right >= RIGHT and score.alarms <= ALARMS and caught >= FLIPPED * flipped
    return met


def _quality() -> bool:
    found = {audience: quality.measured(STORIES, audience) for audience in quality.STORY}
    print(*quality.table(found), sep="\n")
    return all(
        least <= fmean(float(getattr(each, name)) for each in told) <= most
        for audience, told in found.items()
        for name in ("words", "dist2", "ttr", "causes", "grade", "openings", "untrue", "missing")
        for least, most in [quality.limits(audience, name)]
    )


def _lm() -> bool:
    found = narrators.measured({"shipped": SHIPPED, **dict.fromkeys((*FAULTS, "memory"), FAULTY)})
    print(*narrators.report(found), sep="\n")
    return all(each.safe for name, each in found.items() if each.narratives or name == "shipped")


PARTS = {"own": _own, "free": _free, "quality": _quality, "lm": _lm}


def main() -> None:
    """Measure the parts asked for, or all."""
    asked = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in asked if name not in PARTS]:
        sys.exit(f"no part called {unknown[0]!r}; there are {', '.join(PARTS)}")
    missed = []
    for name in asked:
        print(f"\n== {name}")
        if not PARTS[name]():
            missed.append(name)
    print("\nAll limits are met." if not missed else f"\nLimits are missed in: {', '.join(missed)}.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
