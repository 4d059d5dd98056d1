"""Finding libraries and fonts, and the advice where they are absent."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.system import CJK_FACE, HARFBUZZ_SUBSET, LATIN_FACE, PANGO, font_families, missing, remedy
from reporter.system import shared_library as library


def test_libraries_that_a_pdf_needs_are_found() -> None:
    assert PANGO.present
    assert missing([PANGO]) == []


def test_a_library_or_font_that_is_nowhere_is_missing() -> None:
    no_library = replace(PANGO, libraries=(*PANGO.libraries, ("reporter-has-no-such-library", 0)))
    no_font = replace(LATIN_FACE, fonts=":family=Reporter Has No Such Face")
    assert missing([PANGO, no_library, no_font]) == [no_library, no_font]
    assert library("reporter-has-no-such-library", 0) is None


def test_without_fontconfig_there_are_no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.system.shared_library", lambda name, version: None)
    assert font_families() == []
    assert not CJK_FACE.present


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="needs fc-list to compare with")
def test_families_are_those_that_fc_list_names() -> None:
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout
    assert font_families() == sorted({line.split(",")[0] for line in listed.splitlines()})


def test_a_pattern_narrows_the_families() -> None:
    everything = font_families()
    one = everything[0]
    assert font_families(f":family={one}") == [one]
    assert set(font_families(":lang=zh-cn")) < set(everything)


def test_the_remedy_is_one_line_for_three_platforms() -> None:
    assert remedy([PANGO, LATIN_FACE]) == (
        "install on Debian `apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-inter`, "
        "on Fedora `dnf install pango rsms-inter-fonts`, on macOS `brew install pango font-inter`"
    )


def test_a_platform_that_brings_a_part_is_not_named() -> None:
    assert "macOS" not in remedy([CJK_FACE])


BROKEN = """
print("WeasyPrint could not import some external libraries.")
raise OSError("cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared object file.  Additionally, …")
"""
SUBSET_ABSENT = """
import warnings
warnings.warn("HarfBuzz-Subset will be required by future versions of WeasyPrint.", category=DeprecationWarning)
"""


def import_in_its_place(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Runs `system.weasyprint()` in a fresh process where WeasyPrint's source is `source`; warnings are errors."""
    (folder / "weasyprint.py").write_text(source, encoding="utf-8")
    script = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from reporter.errors import ReporterError\n"
        "from reporter.system import weasyprint\n"
        "try: print(weasyprint().__name__)\n"
        "except ReporterError as error: print(type(error).__name__, error)\n"
    )
    return subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)


def test_an_absent_library_is_one_line_and_the_banner_is_not_shown(tmp_path: Path) -> None:
    run = import_in_its_place(tmp_path, BROKEN)
    expected = f"MissingDependency a PDF needs Pango: cannot load library 'libpango-1.0-0'; {remedy([PANGO])}\n"
    assert (run.stdout, run.stderr) == (expected, "")


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    run = import_in_its_place(tmp_path, "import reporter_has_no_such_package")
    assert "the package 'reporter_has_no_such_package'" in run.stdout
    assert "pip install reporter_has_no_such_package" in run.stdout


def test_absence_of_harfbuzz_subset_is_no_obstacle(tmp_path: Path) -> None:
    run = import_in_its_place(tmp_path, SUBSET_ABSENT)
    assert (run.stdout, run.stderr) == ("weasyprint\n", "")
    assert not HARFBUZZ_SUBSET.required
