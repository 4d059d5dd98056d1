"""Every report of every sample side by side, so that a change of look is seen at a glance: `make gallery`.

For each sample, language, audience and format a file; an index of them; and contact sheets, pictures with all of them
in small. Explanations are computed once for a sample and kept; pictures of pages need Chromium, those of PDFs pdftoppm.
"""

from __future__ import annotations

import html
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

os.environ.setdefault("SOURCE_DATE_EPOCH", "1700000000")  # two galleries of one state are the same

from reporter.errors import ReporterError
from reporter.language import languages
from reporter.narrators.templated import audiences
from reporter.plugins import FORMATS
from reporter.report import Report
from tests.samples import IDS, explained

HOST = (
    '<!doctype html><html lang="{0}"><meta charset="utf-8"><title>{1}</title><body style="font:16px serif">{2}</body>'
)
TILE = 300  # points: width of a picture in a contact sheet
TALLEST = 900  # points: what is longer is cut
PER_ROW = 6
GAP = 12
PDF_SCALE = 36  # points an inch
# How pages are looked at: width, theme, and whether for every audience or for experts alone, who see most.
VIEWS = {
    "page-light": (1000, "light", True),
    "page-dark": (1000, "dark", False),
    "page-phone": (360, "light", False),
    "fragment": (1000, "light", False),
}


@dataclass
class Gallery:
    """What was made, where, and what could not be."""

    folder: Path
    files: dict[tuple[str, str, str], dict[str, Path]] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)  # name → picture, or why there is none
    problems: list[str] = field(default_factory=list)


def reports(folder: Path, problems: list[str]) -> Iterator[tuple[tuple[str, str, str], Report]]:
    """Every sample told in every language to everybody."""
    for sample in IDS:
        explanation = explained(sample, folder)
        for language in languages():
            for audience in audiences(language):
                try:
                    yield (sample, language, audience), explanation.report(language=language, audience=audience)
                except ReporterError as error:
                    problems.append(f"{sample}, {language}, {audience}: {error}")


def render(report: Report, folder: Path, stem: str) -> dict[str, Path]:
    """The report in every format, as files."""
    made = {}
    for name in FORMATS.names():
        form = FORMATS.load(name)
        path = folder / f"{stem}{'.fragment' if name == 'fragment' else ''}{form.suffix}"
        content = report.render(name)
        if name == "fragment":
            content = HOST.format(report.facts.language.code, html.escape(stem), content.decode()).encode()
        path.write_bytes(content)
        made[name] = path
    return made


# Contact sheets


def shots(gallery: Gallery) -> Iterator[tuple[str, dict[str, Image.Image]]]:
    """For each way to look at a page: a picture of every one."""
    from tests.browser import Browser

    with tempfile.TemporaryDirectory() as empty:
        browser = Browser(Path(empty))
        try:
            for name, (width, theme, everybody) in VIEWS.items():
                form = "fragment" if name == "fragment" else "page"
                pictures = {}
                with browser.view(width, TALLEST * width // TILE, color_scheme=theme) as view:
                    for key, made in gallery.files.items():
                        if everybody or key[2] == "expert":
                            view.open(made[form].resolve().as_uri())
                            pictures[" ".join(key)] = _seen(view)
                yield name, pictures
        finally:
            browser.close()


def _seen(view: Any) -> Image.Image:
    """What stands in the window, which is as high as a picture in a contact sheet may be."""
    taken: bytes = view.do(lambda page: page.screenshot(type="jpeg", quality=85))
    return Image.open(io.BytesIO(taken)).convert("RGB")


def sheets_of_paper(made: Path) -> list[Image.Image]:
    """The pages of a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(PDF_SCALE), "-png", str(made), f"{folder}/p"], check=True)
        return [Image.open(io.BytesIO(path.read_bytes())).convert("RGB") for path in sorted(Path(folder).iterdir())]


def strip(pages: list[Image.Image]) -> Image.Image:
    """Pages side by side."""
    found = Image.new("RGB", (sum(p.width + 4 for p in pages), max(p.height for p in pages)), "#8a8f94")
    x = 0
    for page in pages:
        found.paste(page, (x, 0))
        x += page.width + 4
    return found


def sheet(pictures: dict[str, Image.Image], width: int, per_row: int) -> Image.Image:
    """Pictures in rows, each under its name."""
    tiles = {}
    for name, picture in pictures.items():
        small = picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.LANCZOS)
        tiles[name] = small.crop((0, 0, width, min(small.height, TALLEST)))
    return laid_out(tiles, width, per_row)


def laid_out(tiles: dict[str, Image.Image], width: int, per_row: int) -> Image.Image:
    names = list(tiles)
    rows = [names[i : i + per_row] for i in range(0, len(names), per_row)]
    heights = [max(tiles[name].height for name in row) + 2 * GAP + 12 for row in rows]
    found = Image.new("RGB", (per_row * (width + GAP) + GAP, sum(heights) + GAP), "#c9cdd1")
    draw, y = ImageDraw.Draw(found), GAP
    for row, height in zip(rows, heights, strict=True):
        for place, name in enumerate(row):
            x = GAP + place * (width + GAP)
            draw.text((x, y), name, fill="#1b2126")
            found.paste(tiles[name], (x, y + 14))
        y += height
    return found


def ready() -> bool:
    """Whether pictures of everything can be made here."""
    from tests.browser import executable

    return bool(executable() and shutil.which("pdftoppm"))


def contact(gallery: Gallery) -> None:
    """The contact sheets; where what draws them is absent, why."""
    from tests.browser import executable

    if executable():
        for name, pictures in shots(gallery):
            kept(gallery, name, sheet(pictures, TILE if "phone" not in name else TILE // 2, PER_ROW))
    else:
        for name in VIEWS:
            gallery.sheets[name] = "no picture: Chromium is not here; run `.ci/setup browser`"
    if shutil.which("pdftoppm"):
        pages = {" ".join(key): strip(sheets_of_paper(made["pdf"])) for key, made in gallery.files.items()}
        kept(gallery, "pdf", laid_out(pages, max((each.width for each in pages.values()), default=1), 2))
    else:
        gallery.sheets["pdf"] = "no picture: pdftoppm is not here; on Debian: apt install poppler-utils"


def kept(gallery: Gallery, name: str, picture: Image.Image) -> None:
    picture.quantize(256).save(gallery.folder / f"contact-{name}.png", optimize=True)
    gallery.sheets[name] = f"contact-{name}.png"


# The index


def index(gallery: Gallery) -> str:
    """A page with a row for each report and the contact sheets."""
    rows = "\n".join(
        f"<tr><th scope=row>{sample}<td>{language}<td>{audience}"
        + "".join(
            f'<td><a href="{path.name}">{name}</a> <small>{path.stat().st_size / 1000:.0f} kB</small>'
            for name, path in made.items()
        )
        for (sample, language, audience), made in gallery.files.items()
    )
    sheets = "\n".join(
        f'<li>{name}: <a href="{told}"><img src="{told}" alt="contact sheet: {name}" width=300></a>'
        if told.endswith(".png")
        else f"<li>{name}: {html.escape(told)}"
        for name, told in gallery.sheets.items()
    )
    problems = "".join(f"<li>{html.escape(each)}" for each in gallery.problems)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gallery of reports</title>
<style>body{{font:16px system-ui;margin:2rem}} td,th{{padding:.2rem .8rem .2rem 0;text-align:left}}</style>
<h1>Every sample, in every language, for everybody</h1>
{f"<h2>Could not be told</h2><ul>{problems}</ul>" if problems else ""}
<table><tbody>
{rows}
</tbody></table>
<h2>Contact sheets</h2>
<ul>
{sheets}
</ul>
"""


def make(folder: Path, samples: Iterable[str] = ()) -> Gallery:
    """Write the gallery; `samples`: only these."""
    folder.mkdir(parents=True, exist_ok=True)
    kept_in = folder / "explanations"
    kept_in.mkdir(exist_ok=True)
    gallery = Gallery(folder)
    only = set(samples)
    for key, report in reports(kept_in, gallery.problems):
        if not only or key[0] in only:
            gallery.files[key] = render(report, folder, "-".join(key))
    contact(gallery)
    (folder / "index.html").write_text(index(gallery), encoding="utf-8")
    return gallery


if __name__ == "__main__":
    done = make(Path(sys.argv[1] if len(sys.argv) > 1 else "out/gallery"), sys.argv[2:])
    for problem in done.problems:
        sys.stderr.write(f"gallery: {problem}\n")
    sys.stdout.write(f"Gallery: {done.folder / 'index.html'}, {len(done.files)} reports\n")
    sys.exit(1 if done.problems else 0)
