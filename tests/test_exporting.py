"""A folder of one's own: written out, told and checked like ours, in a language of its own, from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reporter.cli import main
from reporter.errors import OutputError, OwnTemplateError, UnknownName
from reporter.explanation import Explanation
from reporter.exporting import described, export, overridable, proof
from reporter.language import language, languages
from reporter.narrators.templated import audiences
from reporter.templating import CAME_ALONG, templates_folder, templates_in, using
from tests.reports import decision

FORMATS = ("page", "fragment", "markdown")


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return decision(12)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(folder)
    return folder


def test_all_is_written_but_what_a_text_is_checked_by(exported: Path) -> None:
    names = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert names == {*overridable(), "README.md"}
    assert {"look.toml", "report/body.html.j2", "report/report.md.j2", "narrative/en/expert.j2"} <= names
    assert not [name for name in names if name.endswith(("claims.toml", "lexicon.toml"))]


def test_the_readme_speaks_of_what_there_is() -> None:
    readme = (templates_folder() / "README.md").read_text("utf-8")
    for name in ("look.toml", "report/page.html.j2", "report/fragment.html.j2", "report/body.html.j2"):
        assert name in readme
        assert name in overridable()


def test_nothing_is_written_over_unless_asked(exported: Path) -> None:
    changed = exported / "look.toml"
    before = changed.read_text("utf-8")
    changed.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"holds look\.toml.* more; choose an empty folder, or add --force"):
        export(exported)
    assert changed.read_text("utf-8") == "# mine\n"
    export(exported, force=True)
    assert changed.read_text("utf-8") == before


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_was_written_out_tells_and_shows_the_same(code: str, exported: Path, explanation: Explanation) -> None:
    for audience in audiences(code):
        ours = explanation.report(language=code, audience=audience)
        theirs = explanation.report(language=code, audience=audience, templates=exported)
        assert theirs.narrative == ours.narrative
        assert [theirs.render(name) for name in FORMATS] == [ours.render(name) for name in FORMATS]


def test_a_narrative_of_ones_own_is_told_and_checked(tmp_path: Path, explanation: Explanation) -> None:
    folder = tmp_path / "narrative" / "en"
    folder.mkdir(parents=True)
    (folder / "board.j2").write_text(
        '{% import "narrative/en/expert.j2" as expert with context %}\n'
        '{% set sections = ["headline", "lead", "why", "trust", "limits"] %}\n'
        "{% macro headline() %}{{ expert.headline() }}{% endmacro %}\n"
        "{% macro lead() %}{{ expert.lead() }} The probability of malignant is 12.3%.{% endmacro %}\n"
        "{% macro why() %}{{ expert.why() }}{% endmacro %}\n"
        "{% macro trust() %}{{ expert.trust() }}{% endmacro %}\n"
        "{% macro limits() %}{{ expert.limits() }}{% endmacro %}\n",
        encoding="utf-8",
    )
    with using(templates_in(tmp_path)):
        assert "board" in audiences("en")
    report = explanation.report(audience="board", templates=tmp_path)
    assert report.headline
    assert "12.3" not in report.text
    assert ["12.3%" in sentence.text for sentence in report.narrative.withheld] == [True]
    with pytest.raises(UnknownName, match="no audience called 'board'"):
        explanation.report(audience="board")


def test_words_are_changed_one_by_one(tmp_path: Path, explanation: Explanation) -> None:
    (tmp_path / "narrative" / "en").mkdir(parents=True)
    words = tmp_path / "narrative" / "en" / "words.toml"
    words.write_text('[sections]\nwhy = "Our reasons"\n', encoding="utf-8")
    ours, theirs = explanation.report(), explanation.report(templates=tmp_path)
    assert theirs.to_html() == ours.to_html().replace(">Why<", ">Our reasons<")
    # The same report in another dress, and back in ours.
    assert ours.to_html(templates=tmp_path) == theirs.to_html()
    assert ours.to_html() != theirs.to_html()
    for wrong in ('why = "{count:>99999}"', 'why = "{count.__class__}"', "why = 3"):
        words.write_text(f"[sections]\n{wrong}\n", encoding="utf-8")
        with pytest.raises(OwnTemplateError, match=r"^narrative/en/words\.toml: why = "):
            explanation.report(templates=tmp_path)


def test_a_third_language_is_a_folder(tmp_path: Path, explanation: Explanation) -> None:
    shutil.copytree(templates_folder() / "narrative" / "en", tmp_path / "narrative" / "nl")
    for path in (tmp_path / "narrative" / "nl").iterdir():
        path.write_text(path.read_text("utf-8").replace("narrative/en/", "narrative/nl/"), encoding="utf-8")
    with using(templates_in(tmp_path)):
        assert set(languages()) == {"en", "zh", "nl"}
        assert audiences("nl") == audiences("en")
        assert language("nl").templates.folder == tmp_path.resolve()
    report = explanation.report(language="nl", templates=tmp_path)
    assert report.narrative.supported
    assert 'lang="nl"' in report.to_html()
    assert report.to_pdf().startswith(b"%PDF")
    assert "nl" not in languages()
    with pytest.raises(UnknownName, match="no language called 'nl'"):
        explanation.report(language="nl")


@pytest.mark.parametrize("name", ["claims.toml", "lexicon.toml", "others.toml"])
def test_what_a_text_is_checked_by_stays_as_it_is(name: str, tmp_path: Path, explanation: Explanation) -> None:
    folder = tmp_path / "narrative" / "en"
    folder.mkdir(parents=True)
    content = (templates_folder() / "narrative" / "en" / name).read_text("utf-8")
    (folder / name).write_text(content, encoding="utf-8")
    templates_in(tmp_path)  # the same as ours does no harm
    (folder / name).write_text(f"{content}\n# more\n", encoding="utf-8")
    with pytest.raises(OwnTemplateError, match=rf"narrative/en/{name} is what a text is checked by"):
        explanation.report(templates=tmp_path)


def test_a_change_is_seen_in_the_same_process(tmp_path: Path, explanation: Explanation) -> None:
    (tmp_path / "look.toml").write_text('legal = "one"', encoding="utf-8")
    assert ">one<" in explanation.report(templates=tmp_path).to_html()
    (tmp_path / "look.toml").write_text('legal = "three"', encoding="utf-8")
    assert ">three<" in explanation.report(templates=tmp_path).to_html()


def test_each_file_is_said_to_do_something(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    for name in ("look.toml", "report/body.html.j2", "report/bodi.html.j2", "logo.svg"):
        (tmp_path / name).write_text("", encoding="utf-8")
    said = dict(described(templates_in(tmp_path)))
    assert said["look.toml"] == "key by key over ours"
    assert said["report/body.html.j2"] == "in place of ours"
    assert said["report/bodi.html.j2"].endswith("is report/body.html.j2 meant?")
    assert set(dict(described(CAME_ALONG))) == set(overridable())


def test_mistakes_are_told_before_long_work(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "body.html.j2").write_text("\n{% endif %}", encoding="utf-8")
    with pytest.raises(OwnTemplateError, match=r"^report/body\.html\.j2, line 2: "):
        proof(templates_in(tmp_path))


# On the command line


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


def test_the_command_line_renders_with_a_folder(
    tmp_path: Path, explanation: Explanation, capsys: pytest.CaptureFixture[str]
) -> None:
    stored, own, page = tmp_path / "explanation.json", tmp_path / "own", tmp_path / "page.html"
    explanation.to_json(stored)
    assert run("templates", "--export", own) == 0
    assert run("templates", "--export", own) == 2
    assert "add --force" in capsys.readouterr().err
    (own / "look.toml").write_text('legal = "Confidential"', encoding="utf-8")
    assert run("render", stored, "--templates", own, "-o", page) == 0
    assert ">Confidential<" in page.read_text("utf-8")
    assert run("templates", "--templates", own) == 0
    assert "key by key over ours" in capsys.readouterr().out
    (own / "look.toml").write_text('[colours]\nink = "#eeeeee"', encoding="utf-8")
    page.unlink()
    assert run("render", stored, "--templates", own, "-o", page) == 2
    assert "4.5:1" in capsys.readouterr().err
    assert not page.exists()
    assert run("templates") == 0
    assert "report/body.html.j2" in capsys.readouterr().out


def test_a_study_is_explained_with_a_folder_only_if_it_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "samples/diabetes", "--templates", "samples/none") == 2
    assert "samples/none is no folder" in capsys.readouterr().err
