"""The numbers of the decisions in a folder, for whoever writes about them: python -m benchmarks.prose.sheet FOLDER."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from benchmarks.prose.corpus import explanation_from


def main() -> None:
    """Print every decision with its features by rank."""
    for path in sorted(Path(sys.argv[1]).glob("*.toml")):
        explanation = explanation_from(tomllib.loads(path.read_text(encoding="utf-8")))
        prediction = explanation.prediction
        print(f"\n## {path.name}: {prediction.label}, score {prediction.score}")
        for outcome in prediction.outcomes:
            print(f"   {outcome.label}: {outcome.probability}, at the baseline {outcome.baseline_score}")
        for f in explanation.features:
            way = "towards" if f.attribution > 0 else "away from"
            named = prediction.explained.label
            place = "" if f.percentile is None else f"higher than {f.percentile:.0%} of the reference rows"
            print(
                f"{f.rank:2} {f.id} = {f.value} (usual {f.baseline}), {f.attribution:+g} {way} {named}; "
                f"{f.share:.1%} of all influence, {f.side_share:.1%} of its side; {place}"
            )


if __name__ == "__main__":
    main()
