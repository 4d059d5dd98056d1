"""Pages as they were last agreed on, in tests/snapshots/: a change of what a report shows is seen in review.

`make snapshots` writes them again. They hold what stands between the tags; style sheets and scripts are reviewed where
they are written, and pictures are named by their size, since not every machine compresses alike.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path

from PIL import Image

from reporter.facts import facts_of
from reporter.formats.page import html_of
from reporter.report import Report
from tests.parts import a_part
from tests.reports import decision, everything, told

FOLDER = Path(__file__).parent / "snapshots"
KINDS = ("three features", "eleven features", "a value", "unreliable", "nothing known", "contradicted")
_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def shown() -> dict[str, str]:
    """File name → page, in the form that is compared."""
    known = everything()
    found = {f"{kind.replace(' ', '-')}.html": known[kind].to_html() for kind in KINDS}
    for number, modality in enumerate(("image", "text", "sequence")):
        found[f"{modality}.html"] = told(a_part(number, modality)).to_html()
    report = known["three features"]
    found["three-features.fragment.html"] = report.to_html(fragment=True)
    found["three-features.paper.html"] = html_of(report, "paper")
    found["three-features.md"] = report.to_markdown()
    found["three-features.zh.html"] = Report(facts_of(decision(3), "zh"), report.narrative).to_html()
    return {name: plain(text) for name, text in found.items()}


def plain(text: str) -> str:
    """Without style and script, pictures by their size, one tag a line."""
    text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1…\3", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-…", text)
    text = _PICTURE.sub(lambda found: f"[{_size(found[1])}]", text)
    text = re.sub(r">\s*<", ">\n<", text) if "<" in text[:20] else text
    return re.sub(r"\n{2,}", "\n", text) + "\n" if "<" in text[:20] else text


def _size(content: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        return f"{picture.format} {picture.width} × {picture.height}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    pages = shown()
    for old in FOLDER.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, page in pages.items():
        (FOLDER / name).write_text(page, encoding="utf-8")
    sys.stdout.write(f"Wrote {len(pages)} pages to {FOLDER}; look at what changed: git diff {FOLDER}\n")
