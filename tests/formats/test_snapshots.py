"""What a report shows is what was agreed on; see tests/snapshot.py."""

from __future__ import annotations

from functools import cache

import pytest

from tests.snapshot import FOLDER, plain, shown

NAMES = sorted(path.name for path in FOLDER.iterdir())


@cache
def pages() -> dict[str, str]:
    return shown()


def test_every_page_has_its_snapshot() -> None:
    assert set(NAMES) == set(pages())


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_what_it_did(name: str) -> None:
    agreed = (FOLDER / name).read_text("utf-8")
    assert pages()[name] == agreed, "after a look at it: make snapshots"


def test_what_differs_by_machine_is_left_out_and_nothing_else() -> None:
    page = pages()["three-features.html"]
    assert "<style>…</style>" in page
    assert "base64" not in pages()["image.html"]
    assert "[PNG " in pages()["image.html"]
    assert plain("<p>a</p><p>b</p>") == "<p>a</p>\n<p>b</p>\n"
