"""A look of one's own: what it changes, and what it may not be."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from reporter.errors import OwnTemplateError, ReporterError
from reporter.look import LARGEST_LOGO, Look, contrast, look_of
from reporter.report import Report
from reporter.templating import CAME_ALONG, templates_in
from tests.markup import classed, named, parsed, text_of
from tests.reports import HOSTILE, decision, told

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def png(width: int, height: int) -> bytes:
    kept = io.BytesIO()
    Image.new("1", (width, height)).save(kept, "PNG")
    return kept.getvalue()


def own(folder: Path, toml: str, **files: bytes) -> Look:
    (folder / "look.toml").write_text(toml, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return look_of(templates_in(folder))


@pytest.fixture(scope="module")
def report() -> Report:
    return told(decision(4))


def test_what_came_along_can_be_read_in_both_themes() -> None:
    colours = look_of(CAME_ALONG).colours
    for name in ("ink", "soft", "towards", "away"):
        for theme in (0, 1):
            assert contrast(colours[name][theme], colours["paper"][theme]) >= 4.5
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the example of WCAG's authors


def test_one_key_changes_one_thing(tmp_path: Path) -> None:
    changed, came = own(tmp_path, '[colours]\ntowards = ["#0b6b3a", "#7fd3a0"]'), look_of(CAME_ALONG)
    assert changed.colours["towards"] == ("#0b6b3a", "#7fd3a0")
    assert {**changed.colours, "towards": came.colours["towards"]} == came.colours
    assert changed.typeface == came.typeface


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            '[colours]\nink = "#777777"',
            r"colours\.ink #777777 differs from the paper #ffffff on light paper by only 4\.5:1",
        ),
        ('[colours]\ntowards = ["#1f5f8b", "#1f5f8b"]', r"paper #14181c in the dark by only 2\.\d:1; 4\.5:1 or more"),
        ('[colours]\npaper = "#808080"', r"differs from the paper #808080"),
        ('[colours]\nink = "black"', r"colours\.ink = 'black'; a colour as"),
        ('[colours]\nink = "#000;}body{display:none"', r"a colour as"),
        ('[colours]\ninc = "#000"', r"no setting of look\.toml called 'colours\.inc'; did you mean 'colours\.ink'"),
        ('headr = "x"', r"did you mean 'header'"),
        ("header = 3", r"header = '3'; a text of up to"),
        (f'legal = "{"x" * 2001}"', r"a text of up to"),
        ('typeface = ["Georgia;}*{display:none}"]', r"names of typefaces"),
        ("colours = 3", r"a table, \[colours\]"),
        ("header = ", r"look\.toml: "),
        ('[logo]\nfile = "none.svg"\nalt = "x"', r"there is no logo none\.svg"),
        ('[logo]\nfile = "../../../etc/hostname"\nalt = "x"', r"there is no logo"),
        ('[logo]\nfile = "a.svg"', r"the logo has no alt"),
        ('[logo]\nfile = "a.svg"\nalt = "x"\nheight = 99', r"logo\.height = 99; 0\.5 to 12"),
        ('[logo]\nfile = "script.svg"\nalt = "x"', r"without scripts"),
        ('[logo]\nfile = "entity.svg"\nalt = "x"', r"without scripts"),
        ('[logo]\nfile = "outside.svg"\nalt = "x"', r"without scripts"),
        ('[logo]\nfile = "large.png"\nalt = "x"', rf"{LARGEST_LOGO}: it is in every report"),
        ('[logo]\nfile = "wide.png"\nalt = "x"', r"4001 × 1 points; 4000 a side"),
        ('[logo]\nfile = "gif.png"\nalt = "x"', r"a PNG, or an SVG"),
    ],
)
def test_what_cannot_be_drawn_or_read_is_refused_in_one_line(toml: str, said: str, tmp_path: Path) -> None:
    files = {
        "a_svg": SVG.encode(),
        "script_svg": SVG.replace("<path", "<script>1</script><path").encode(),
        "entity_svg": f'<!DOCTYPE svg [<!ENTITY a "b">]>{SVG}'.encode(),
        "outside_svg": SVG.replace("<path", '<image href="http://localhost:9/x.png"/><path').encode(),
        "large_png": b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_LOGO),
        "wide_png": png(4001, 1),
        "gif_png": b"GIF89a",
    }
    with pytest.raises(ReporterError, match=said) as caught:
        own(tmp_path, toml, **files)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "content"), [("a_svg", SVG.encode()), ("a_png", png(20, 10))])
def test_a_logo_is_in_the_page_itself_with_what_it_shows(
    name: str, content: bytes, tmp_path: Path, report: Report
) -> None:
    own(tmp_path, f'[logo]\nfile = "{name.replace("_", ".")}"\nalt = "Example & Co"', **{name: content})
    (image,) = named(parsed(report.to_html(templates=tmp_path)), "img")
    assert image.get("alt") == "Example & Co"
    assert base64.b64decode(image.get("src", "").partition("base64,")[2]) == content
    assert report.to_pdf(templates=tmp_path).startswith(b"%PDF")
    assert not named(parsed(report.render("fragment", templates=tmp_path).decode()), "img")


def test_texts_are_around_the_report_in_its_language(tmp_path: Path, report: Report) -> None:
    own(tmp_path, 'header = "Head"\nfooter = { en = "Foot", zh = "脚" }\nlegal = "Law"')
    page = parsed(report.to_html(templates=tmp_path))
    assert [text_of(each) for name in ("rx-brand", "rx-legal", "rx-footer") for each in classed(page, name)] == [
        "Head",
        "Law",
        "Foot",
    ]
    assert "Law" in report.render("fragment", templates=tmp_path).decode()
    assert report.to_markdown(templates=tmp_path).rstrip().endswith("Law")


def test_hostile_texts_stay_texts(tmp_path: Path, report: Report, caplog: pytest.LogCaptureFixture) -> None:
    text = " ".join(HOSTILE)[:1900].replace("\\", "").replace('"', "'").replace("\n", " ").replace("\r", " ")
    text = "".join(letter for letter in text if letter.isprintable())
    own(tmp_path, f'header = "{text}"\nfooter = "{text}"\nlegal = "{text}"')
    page = parsed(report.to_html(templates=tmp_path))
    assert len(named(page, "style")) == 1
    assert not [each for each in named(page, "script") if "alert" in (each.text or "")]
    assert text_of(classed(page, "rx-legal")[0]) == " ".join(text.split())
    assert report.to_pdf(templates=tmp_path).startswith(b"%PDF")
    assert [record.getMessage() for record in caplog.records] == []


def test_colours_reach_every_figure(tmp_path: Path, report: Report) -> None:
    own(tmp_path, '[colours]\ntowards = ["#0b6b3a", "#7fd3a0"]\naway = ["#8a1f6b", "#e59ad0"]')
    for made in (report.to_html(templates=tmp_path), report.render("fragment", templates=tmp_path).decode()):
        assert "#0b6b3a" in made
        for old in ("#1f5f8b", "#74b4df", "#ad4d16", "#e79c68", "%23ad4d16"):
            assert old not in made


def test_a_folder_that_is_none_is_said_to_be(tmp_path: Path, report: Report) -> None:
    with pytest.raises(OwnTemplateError, match=r"is no folder; `reporter templates --export DIR` writes one"):
        report.to_html(templates=tmp_path / "none")
