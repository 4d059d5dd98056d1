"""The gallery: a file for each report in each format, an index that leads to all, and pictures or why none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reporter.plugins import FORMATS
from tests import gallery
from tests.markup import named, parsed, text_of
from tests.reports import decision


@pytest.fixture
def _one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "IDS", {"made-by-hand": "41"})
    monkeypatch.setattr(gallery, "explained", lambda _name, _folder: decision(4))
    monkeypatch.setattr(gallery, "audiences", lambda _code: ("expert",))


@pytest.mark.slow
@pytest.mark.usefixtures("_one_sample")
def test_everything_is_there_and_the_index_leads_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.browser.executable", lambda: None)
    monkeypatch.setattr("tests.gallery.shutil.which", lambda _name: None)
    made = gallery.make(tmp_path / "gallery")
    assert made.problems == []
    assert set(made.files) == {("made-by-hand", "en", "expert"), ("made-by-hand", "zh", "expert")}
    index = parsed((made.folder / "index.html").read_text("utf-8"))
    links = {link.get("href", "") for link in named(index, "a")}
    assert links == {path.name for files in made.files.values() for path in files.values()}
    assert all((made.folder / link).stat().st_size for link in links)
    assert len(links) == 2 * len(FORMATS.names())
    said = text_of(index)
    assert "Chromium is not here" in said
    assert "pdftoppm is not here" in said


@pytest.mark.slow
@pytest.mark.usefixtures("_one_sample")
def test_contact_sheets_hold_a_picture_of_each(tmp_path: Path) -> None:
    if not gallery.ready():
        pytest.skip("no Chromium or no pdftoppm here")
    made = gallery.make(tmp_path / "gallery")
    assert set(made.sheets) == {*gallery.VIEWS, "pdf"}
    for picture in made.sheets.values():
        with Image.open(made.folder / picture) as sheet:
            assert sheet.width >= 300
            assert len(sheet.convert("RGB").resize((60, 60)).getcolors(3600) or ()) > 10


def test_what_is_not_told_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = gallery.Gallery(tmp_path, problems=["a, en, expert: it does not hold <here>"])
    assert "it does not hold &lt;here&gt;" in gallery.index(made)
