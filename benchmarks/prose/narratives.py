"""Ten decisions of the samples told in full, in samples/narratives: python -m benchmarks.prose.narratives [DIR].

They are told from the explanations stored beside them; those of DIR, just computed, take the place of these first.
`make narratives` does both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from reporter.explanation import Explanation
from reporter.telling import tell

FOLDER = Path(__file__).parent.parent.parent / "samples" / "narratives"
STORED = FOLDER / "explanations"
# Which sample is told in which language to whom.
TOLD = (
    ("breast-cancer", "en", "expert"),
    ("breast-cancer", "en", "decision-maker"),
    ("breast-cancer", "zh", "affected"),
    ("diabetes", "en", "affected"),
    ("diabetes", "zh", "expert"),
    ("digits", "zh", "decision-maker"),
    ("tickets", "en", "expert"),
    ("heartbeats", "zh", "expert"),
    ("heartbeats", "en", "decision-maker"),
    ("splice", "en", "expert"),
)


def texts() -> Iterator[tuple[str, str]]:
    """Name of the file → the narrative as it is told today."""
    for sample, language, audience in TOLD:
        explanation = Explanation.from_json(STORED / f"{sample}.json")
        narrative = tell(explanation, language=language, audience=audience).narrative
        title = f"# {sample}, {explanation.instance}: {language}, {audience}"
        parts = (f"## {section.name}\n\n{section.text}" for section in narrative.sections)
        yield f"{sample}.{language}.{audience}.md", "\n\n".join((title, *parts)) + "\n"


def main() -> None:
    """Write them all, and take away what is no longer told."""
    for path in Path(sys.argv[1]).glob("*.json") if len(sys.argv) > 1 else ():
        STORED.mkdir(parents=True, exist_ok=True)
        (STORED / path.name).write_text(Explanation.from_json(path).to_json() + "\n", encoding="utf-8")
    kept = dict(texts())
    for path in FOLDER.glob("*.md"):
        if path.name not in kept:
            path.unlink()
    for name, text in kept.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
